/* SPDX-License-Identifier: BSD-2-Clause */
/* The CPUID instruction. */
#ifndef SOCLE_ASM_CPUID_H
#define SOCLE_ASM_CPUID_H

#include <stdint.h>
#include "cpu/cpu.h"

static inline struct cpuid_regs cpuid_count(uint32_t leaf, uint32_t subleaf)
{
	struct cpuid_regs r;

	__asm__ volatile("cpuid" : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d) : "a"(leaf), "c"(subleaf));
	return r;
}

static inline struct cpuid_regs cpuid(uint32_t leaf)
{
	return cpuid_count(leaf, 0);
}

#endif
