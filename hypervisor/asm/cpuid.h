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

/* Family and model from EAX of leaf 1 (SDM vol. 2, CPUID): the extended fields count where the base field is full. */
static inline uint32_t cpuid_family(uint32_t sig)
{
	uint32_t family = sig >> 8 & 0xf;

	return family == 0xf ? family + (sig >> 20 & 0xff) : family;
}

static inline uint32_t cpuid_model(uint32_t sig)
{
	uint32_t family = cpuid_family(sig), model = sig >> 4 & 0xf;

	return family == 6 || family >= 0xf ? model | (sig >> 12 & 0xf0) : model;
}

#endif
