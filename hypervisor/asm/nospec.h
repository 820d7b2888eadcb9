/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bounds that hold under speculation. nospec_mask() is all ones when index < limit and zero otherwise,
 * computed by data flow (compare, subtract with borrow) so that no branch predictor takes part.
 */
#ifndef SOCLE_ASM_NOSPEC_H
#define SOCLE_ASM_NOSPEC_H

#include <stdint.h>

static inline uint64_t nospec_mask(uint64_t index, uint64_t limit)
{
	uint64_t mask;

	__asm__ volatile("cmp %1, %2\n\tsbb %0, %0" : "=r"(mask) : "rm"(limit), "r"(index) : "cc");
	return mask;
}

static inline uint64_t nospec_index(uint64_t index, uint64_t limit)
{
	return index & nospec_mask(index, limit);
}

/* Waits until every earlier instruction, branches included, has completed (SDM vol. 2, LFENCE). */
static inline void nospec_barrier(void)
{
	__asm__ volatile("lfence" ::: "memory");
}

#endif
