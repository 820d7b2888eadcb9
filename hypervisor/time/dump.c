/* SPDX-License-Identifier: BSD-2-Clause */
/* Timers for the debug key: what is armed on each CPU. Waits for no lock. */
#include <stddef.h>
#include "cpu/smp.h"
#include "debug/keys.h"
#include "debug/log.h"
#include "time/clock.h"
#include "time/timer.h"

#define TIMERS_SHOWN	12u
#define TIMERS_COUNTED	10000u		/* under the lock */

/* The one after t when a heap is walked parents first: its child, or its sibling, or that of a parent. A node's prev is
 * its left sibling, or its parent when it is the first child. */
static const struct timer *walk_next(const struct timer *t)
{
	if (t->child)
		return t->child;
	while (t && !t->next) {
		while (t->prev && t->prev->child != t)
			t = t->prev;
		t = t->prev;
	}
	return t ? t->next : NULL;
}

bool timer_dump(uint64_t *at)
{
	struct { uint64_t expires; void (*fn)(void *); } line[TIMERS_SHOWN];
	unsigned int cpu = (unsigned int)*at, count = 0, i;
	uint64_t now = system_time();
	const struct timer *t;

	if (cpu >= smp_nr_cpus())
		return false;
	++*at;
	if (!timer_queue_trylock(cpu, &t)) {
		printk("CPU %u: (its timers are locked)\n", cpu);
		return true;
	}
	for (; t && count < TIMERS_COUNTED; t = walk_next(t), count++)
		if (count < TIMERS_SHOWN) {
			line[count].expires = t->expires;
			line[count].fn = t->fn;
		}
	timer_queue_unlock(cpu);
	printk("CPU %u: %u timers\n", cpu, count);
	for (i = 0; i < count && i < TIMERS_SHOWN; i++) {
		printk("  in %lld us\n", (long long)(line[i].expires - now) / 1000);
		show_address("    ", (uint64_t)line[i].fn);
	}
	return true;
}
