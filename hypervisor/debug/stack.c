/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Depth of the stacks, see stack.h. A CPU's block is cpu/cpu.h's: four pages of exception stacks, the main stack above
 * them, struct cpu_info at the top. An overflow of the main stack would run into the exception stacks without a
 * fault, so the margin is what catches it.
 */
#include "cpu/cpu.h"
#include "cpu/smp.h"
#include "debug/log.h"
#include "debug/stack.h"
#include "lib/util.h"

#define PAINT		0x5ac1e57ac45ac1e5UL
#define PAGE_BYTES	4096u
#define EXCEPTION_STACKS (NR_STACKS - 1)
#define SELF		512u		/* what the painter may be using itself, with those it calls */

static uint64_t block_of(const struct cpu_info *ci)
{
	return (uint64_t)ci & ~(uint64_t)(CPU_STACK_SIZE - 1);
}

static uint64_t stack_begin(const struct cpu_info *ci, unsigned int stack)
{
	return block_of(ci) + (stack ? stack - 1 : EXCEPTION_STACKS) * PAGE_BYTES;
}

uint32_t stack_size(unsigned int stack)
{
	return stack ? PAGE_BYTES : (uint32_t)(CPU_STACK_SIZE - EXCEPTION_STACKS * PAGE_BYTES - sizeof(struct cpu_info));
}

void stack_paint(void)
{
	uint64_t end = ROUND_DOWN((uint64_t)__builtin_frame_address(0) - SELF, sizeof(uint64_t));

	for (uint64_t at = block_of(this_cpu()); at < end; at += sizeof(uint64_t))
		*(volatile uint64_t *)at = PAINT;
}

uint32_t stack_used(unsigned int cpu, unsigned int stack)
{
	uint64_t begin = stack_begin(smp_cpu_info(cpu), stack);
	uint32_t size = stack_size(stack), clean = 0;

	while (clean < size && READ_ONCE(*(const uint64_t *)(begin + clean)) == PAINT)
		clean += (uint32_t)sizeof(uint64_t);
	return size - clean;
}

#ifdef SOCLE_DEBUG
void stack_check(void)
{
	uint64_t begin = stack_begin(this_cpu(), 0);

	/* A few words of it: a frame that skips them all would have to be larger than any we have. */
	for (uint32_t i = 0; i < STACK_MARGIN; i += 128)
		if (unlikely(*(const uint64_t *)(begin + STACK_MARGIN - sizeof(uint64_t) - i) != PAINT))
			panic("stack of CPU %u: %u of %u bytes used", this_cpu()->cpu, stack_used(this_cpu()->cpu, 0),
			      stack_size(0));
}
#endif
