/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lock-order checks of debug builds. Each CPU remembers the locks it holds in the order it took them; a new
 * one must have a higher rank than all of them (or an equal one, if taken as nested). The console's lock is
 * exempt, since a panic about any other lock has to print.
 */
#include <stddef.h>
#include "lib/lock.h"

#ifdef SOCLE_DEBUG
#include "cpu/cpu.h"
#include "debug/log.h"

#define MAX_HELD 16

static struct held {
	unsigned int count;
	const struct spinlock *lock[MAX_HELD];
} held[MAX_CPUS];

static struct held *my_held(void)
{
	return &held[this_cpu()->cpu % MAX_CPUS];
}

static bool is_unchecked(const struct spinlock *l)
{
	return l->rank == RANK_NONE || l->rank == RANK_CONSOLE;
}

void lock_check_acquire(const struct spinlock *l, bool nested)
{
	struct held *h = my_held();

	if (is_unchecked(l))
		return;
	for (unsigned int i = 0; i < h->count; i++) {
		if (h->lock[i] == l)
			panic("lock %p (rank %u) taken twice by one CPU", (const void *)l, l->rank);
		if (h->lock[i]->rank > l->rank || (h->lock[i]->rank == l->rank && !nested))
			panic("lock order: rank %u wanted while rank %u is held", l->rank, h->lock[i]->rank);
	}
	if (h->count == MAX_HELD)
		panic("one CPU holds more than %u locks", MAX_HELD);
	h->lock[h->count++] = l;
}

void lock_check_release(const struct spinlock *l)
{
	struct held *h = my_held();

	if (is_unchecked(l))
		return;
	for (unsigned int i = h->count; i-- > 0;) {
		if (h->lock[i] != l)
			continue;
		h->count--;
		for (; i < h->count; i++)
			h->lock[i] = h->lock[i + 1];
		return;
	}
	panic("lock %p (rank %u) released by a CPU that does not hold it", (const void *)l, l->rank);
}

const struct spinlock *lock_held(unsigned int cpu, unsigned int nth)
{
	const struct held *h = &held[cpu % MAX_CPUS];

	return nth < MAX_HELD && nth < h->count ? h->lock[nth] : NULL;
}
#endif
