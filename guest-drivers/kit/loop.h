/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The loop that a guest lives in: events, timers and tasks of one vCPU, one after the other. Everything that drivers call back
 * is called from here. Each vCPU has a loop of its own and may run it; a callback must not run it again.
 */
#ifndef SOCLE_KIT_LOOP_H
#define SOCLE_KIT_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include "kit/events.h"
#include "kit/timers.h"

#define KIT_SECOND	1000000000UL	/* system time is in nanoseconds */
#define KIT_FOREVER	0UL

void kit_timer_start(struct kit_timer *t, uint64_t due);
void kit_timer_stop(struct kit_timer *t);

/* To be called once, soon, by the loop of this vCPU. Adding what waits already is nothing. */
struct kit_task {
	void (*fn)(void *arg);
	void *arg;
	struct kit_task *next;
	bool waits;
};
void kit_task_add(struct kit_task *t);
void kit_task_remove(struct kit_task *t);	/* nothing if it does not wait; by the vCPU that added it */

/* Does what there is to do; with nothing, sleeps until there is, or until a time. */
void kit_loop_once(uint64_t until);
/* Until done(arg) is true. False: the time came first. */
bool kit_loop_until(bool (*done)(void *arg), void *arg, uint64_t until);
/* For good, or until kit_loop_stop() is called on this vCPU. On the first vCPU, shutdown requests are obeyed (life.h). */
void kit_loop(void);
void kit_loop_stop(void);
/* The clock has jumped by so much: what is due moves with it. */
void kit_loop_shift(uint64_t ns);

#endif
