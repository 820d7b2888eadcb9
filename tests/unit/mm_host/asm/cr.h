/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests: control registers are variables, flushes are counted. */
#ifndef SOCLE_TEST_ASM_CR_H
#define SOCLE_TEST_ASM_CR_H

#include <stdint.h>

#define CR4_PGE (1u << 7)

extern __thread uint64_t test_cr3, test_cr4;
extern unsigned int test_flushes;
extern void (*test_flush_hook)(void);	/* what others see at that moment; may be NULL */

static inline uint64_t read_cr3(void) { return test_cr3; }
static inline void write_cr3(uint64_t v)
{
	test_cr3 = v;
	test_flushes++;
	if (test_flush_hook)
		test_flush_hook();
}
static inline uint64_t read_cr4(void) { return test_cr4; }
static inline void write_cr4(uint64_t v) { test_cr4 = v; }
static inline void invlpg(uint64_t va) { (void)va; }
static inline void wbinvd(void) { }
static inline void clflush(volatile void *p) { (void)p; }

#endif
