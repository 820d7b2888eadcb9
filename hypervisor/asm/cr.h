/* SPDX-License-Identifier: BSD-2-Clause */
/* Control, debug and table registers (SDM vol. 3, 2.5). Names say the bit; users say why. */
#ifndef SOCLE_ASM_CR_H
#define SOCLE_ASM_CR_H

#include <stdint.h>

#define CR0_PE	(1u << 0)
#define CR0_MP	(1u << 1)
#define CR0_EM	(1u << 2)
#define CR0_TS	(1u << 3)
#define CR0_ET	(1u << 4)
#define CR0_NE	(1u << 5)
#define CR0_WP	(1u << 16)
#define CR0_AM	(1u << 18)
#define CR0_NW	(1u << 29)
#define CR0_CD	(1u << 30)
#define CR0_PG	(1u << 31)

#define CR4_VME		(1u << 0)
#define CR4_PVI		(1u << 1)
#define CR4_TSD		(1u << 2)
#define CR4_DE		(1u << 3)
#define CR4_PSE		(1u << 4)
#define CR4_PAE		(1u << 5)
#define CR4_MCE		(1u << 6)
#define CR4_PGE		(1u << 7)
#define CR4_PCE		(1u << 8)
#define CR4_OSFXSR	(1u << 9)
#define CR4_OSXMMEXCPT	(1u << 10)
#define CR4_UMIP	(1u << 11)
#define CR4_FSGSBASE	(1u << 16)
#define CR4_PCIDE	(1u << 17)
#define CR4_OSXSAVE	(1u << 18)
#define CR4_SMEP	(1u << 20)
#define CR4_SMAP	(1u << 21)

#define DEFINE_CR(n) \
static inline uint64_t read_cr##n(void) \
{ \
	uint64_t v; \
	__asm__ volatile("mov %%cr" #n ", %0" : "=r"(v) : : "memory"); \
	return v; \
} \
static inline void write_cr##n(uint64_t v) \
{ \
	__asm__ volatile("mov %0, %%cr" #n : : "r"(v) : "memory"); \
}
DEFINE_CR(0)
DEFINE_CR(2)
DEFINE_CR(3)
DEFINE_CR(4)
#undef DEFINE_CR

#define DEFINE_DR(n) \
static inline uint64_t read_dr##n(void) \
{ \
	uint64_t v; \
	__asm__ volatile("mov %%dr" #n ", %0" : "=r"(v)); \
	return v; \
} \
static inline void write_dr##n(uint64_t v) \
{ \
	__asm__ volatile("mov %0, %%dr" #n : : "r"(v)); \
}
DEFINE_DR(0)
DEFINE_DR(1)
DEFINE_DR(2)
DEFINE_DR(3)
DEFINE_DR(6)
DEFINE_DR(7)
#undef DEFINE_DR

static inline void clts(void)
{
	__asm__ volatile("clts" ::: "memory");
}

static inline void stts(void)
{
	write_cr0(read_cr0() | CR0_TS);
}

/* CR4.OSXSAVE must be set. */
static inline void xsetbv(uint32_t index, uint64_t v)
{
	__asm__ volatile("xsetbv" : : "c"(index), "a"((uint32_t)v), "d"((uint32_t)(v >> 32)) : "memory");
}

static inline uint64_t xgetbv(uint32_t index)
{
	uint32_t lo, hi;

	__asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(index));
	return (uint64_t)hi << 32 | lo;
}

static inline void invlpg(uint64_t va)
{
	__asm__ volatile("invlpg (%0)" : : "r"(va) : "memory");
}

/* The cache line of p, written back and dropped. */
static inline void clflush(volatile void *p)
{
	__asm__ volatile("clflush %0" : "+m"(*(volatile char *)p));
}

static inline void wbinvd(void)
{
	__asm__ volatile("wbinvd" ::: "memory");
}

/* Operand of LGDT and LIDT. */
struct table_ptr {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

static inline void lgdt(const struct table_ptr *p)
{
	__asm__ volatile("lgdt %0" : : "m"(*p));
}

static inline void lidt(const struct table_ptr *p)
{
	__asm__ volatile("lidt %0" : : "m"(*p));
}

static inline void lldt(uint16_t sel)
{
	__asm__ volatile("lldt %w0" : : "r"(sel) : "memory");
}

static inline void ltr(uint16_t sel)
{
	__asm__ volatile("ltr %w0" : : "r"(sel) : "memory");
}

static inline void irq_disable(void)
{
	__asm__ volatile("cli" ::: "memory");
}

static inline void __attribute__((noreturn)) cpu_stop(void)
{
	for (;;)
		__asm__ volatile("cli\n\thlt" ::: "memory");
}

/* STI opens the window only after the next instruction, so no interrupt is lost between the two (SDM vol. 2). */
static inline void irq_enable_and_halt(void)
{
	__asm__ volatile("sti\n\thlt\n\tcli" ::: "memory");
}

#endif
