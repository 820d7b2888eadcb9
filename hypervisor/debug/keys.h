/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Debug keys: each prints a part of the hypervisor's state into the log. They come from the serial console or from
 * dom0's sysctl. The table is domctl/dump.c's, which stands above all that it prints.
 */
#ifndef SOCLE_DEBUG_KEYS_H
#define SOCLE_DEBUG_KEYS_H

#include <stdbool.h>
#include <stdint.h>
#include "cpu/smp.h"
#include "lib/lock.h"

struct debug_key {
	char key;
	const char *what;
	/* Prints one piece, of a few lines, and moves *at, which begins at 0; true while more is left. It must not wait
	 * for a lock, because the CPU that holds it may be the one that is looked for: dump_trylock(). */
	bool (*piece)(uint64_t *at);
	bool alone;			/* not part of '*' */
};

extern const struct debug_key debug_keys[];
extern const unsigned int nr_debug_keys;

/* To be run soon, on the way back to a guest. False: too many wait. May be called from an interrupt. */
bool debug_key_press(char key);
/* exit.c, on WORK_DEBUG: news of the log, pieces of dumps. */
void debug_run_work(void);

/* A lock that is held for a moment is waited for, one that a CPU will not let go is not. */
#define DUMP_LOCK_TRIES 100000u
static inline bool dump_trylock(struct spinlock *l)
{
	for (unsigned int i = 0; i < DUMP_LOCK_TRIES; i++) {
		if (spin_trylock(l))
			return true;
		smp_relax();
	}
	return false;
}

#endif
