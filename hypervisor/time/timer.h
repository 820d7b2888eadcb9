/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Timers: absolute system times at which a function runs. Each CPU keeps its own in a heap threaded through the
 * timers, so arming one never needs memory and never fails. Functions run on WORK_TIMER before the return to a
 * guest (or in the idle loop), interrupts off, no lock held; a function may re-arm or stop any timer.
 */
#ifndef SOCLE_TIME_TIMER_H
#define SOCLE_TIME_TIMER_H

#include <stdbool.h>
#include <stdint.h>

struct timer {
	uint64_t expires;
	void (*fn)(void *);
	void *arg;
	/* Pairing heap: first child, next sibling, and previous sibling or (for a first child) parent. */
	struct timer *child, *next, *prev;
	uint32_t cpu;			/* whose queue it belongs to */
	bool active;
};

void timer_init(struct timer *t, void (*fn)(void *), void *arg);
void timer_set(struct timer *t, uint64_t expires_ns);	/* absolute system time; re-arms; past = soon */
void timer_stop(struct timer *t);			/* its function may still be running on another CPU */
void timer_kill(struct timer *t);			/* stops it for good; its function does not run any more, unless it is the caller */
void timer_bring(struct timer *t);			/* to this CPU, if it is active elsewhere */
bool timer_active(const struct timer *t);
void timer_run_expired(void);				/* exit.c, on WORK_TIMER */
void timer_boot_init(void);
void timer_interrupt(void);				/* local APIC timer vector */
/* For debug keys: the root of a CPU's heap, locked; false if the lock is not to be had. */
bool timer_queue_trylock(unsigned int cpu, const struct timer **root);
void timer_queue_unlock(unsigned int cpu);
/* One piece of a debug key's dump, a CPU; *at begins at 0, true while more is left. Waits for no lock. */
bool timer_dump(uint64_t *at);

#endif
