/* SPDX-License-Identifier: BSD-2-Clause */
/* A pairing heap of timers, earliest at the root; an empty heap is NULL. Pure: no locks, no memory. */
#ifndef SOCLE_TIME_TIMER_HEAP_H
#define SOCLE_TIME_TIMER_HEAP_H

#include "time/timer.h"

void timer_heap_add(struct timer **root, struct timer *t);	/* t is in no heap */
void timer_heap_remove(struct timer **root, struct timer *t);	/* t is in this heap */

#endif
