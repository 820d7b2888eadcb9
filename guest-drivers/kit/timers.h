/* SPDX-License-Identifier: BSD-2-Clause */
/* Timers in the order in which they are due. Pure; one vCPU owns a list. */
#ifndef SOCLE_KIT_TIMERS_H
#define SOCLE_KIT_TIMERS_H

#include <stdbool.h>
#include <stdint.h>

struct kit_timer {
	void (*fn)(void *arg);
	void *arg;
	uint64_t due;		/* system time, ns */
	struct kit_timer *next;
	bool armed;
};

struct kit_timers { struct kit_timer *first; };

void kit_timers_add(struct kit_timers *l, struct kit_timer *t, uint64_t due);	/* moves one that is armed */
void kit_timers_remove(struct kit_timers *l, struct kit_timer *t);		/* nothing if it is not armed */
/* Calls what is due at `now`, and not what these calls add. Returns when the next is due; 0 for never. */
uint64_t kit_timers_run(struct kit_timers *l, uint64_t now, bool *any);

#endif
