/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Atomic operations on memory that other CPUs or guests change at the same time. All are full barriers but
 * the plain loads and stores of READ_ONCE()/WRITE_ONCE(). Bit operations take a bit number relative to the
 * pointer, so the caller must have bounded it.
 */
#ifndef SOCLE_ASM_ATOMIC_H
#define SOCLE_ASM_ATOMIC_H

#include <stdbool.h>
#include <stdint.h>

/* All return the value found; the exchange took place when that equals old_val. */
#define DEFINE_CMPXCHG(bits) \
static inline uint##bits##_t cmpxchg##bits(volatile void *ptr, uint##bits##_t old_val, uint##bits##_t new_val) \
{ \
	__atomic_compare_exchange_n((volatile uint##bits##_t *)ptr, &old_val, new_val, false, \
				    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
	return old_val; \
}
DEFINE_CMPXCHG(8)
DEFINE_CMPXCHG(16)
DEFINE_CMPXCHG(32)
DEFINE_CMPXCHG(64)
#undef DEFINE_CMPXCHG

#define xchg(ptr, v) __atomic_exchange_n(ptr, v, __ATOMIC_SEQ_CST)
#define atomic_load(ptr) __atomic_load_n(ptr, __ATOMIC_ACQUIRE)
#define atomic_store(ptr, v) __atomic_store_n(ptr, v, __ATOMIC_RELEASE)
/* Return the new value. */
#define atomic_add(ptr, n) __atomic_add_fetch(ptr, n, __ATOMIC_SEQ_CST)
#define atomic_sub(ptr, n) __atomic_sub_fetch(ptr, n, __ATOMIC_SEQ_CST)
#define atomic_inc(ptr) atomic_add(ptr, 1)
#define atomic_dec(ptr) atomic_sub(ptr, 1)
#define atomic_or(ptr, bits) __atomic_or_fetch(ptr, bits, __ATOMIC_SEQ_CST)
#define atomic_and(ptr, bits) __atomic_and_fetch(ptr, bits, __ATOMIC_SEQ_CST)

static inline bool test_bit(uint64_t nr, const volatile void *addr)
{
	return ((const volatile uint8_t *)addr)[nr / 8] >> (nr % 8) & 1;
}

/* The bit string instructions with a memory operand address whole words: 32-bit ones here, so that a bitmap
 * of 4 * n bytes is never touched beyond its end. */
static inline bool test_and_set_bit(uint64_t nr, volatile void *addr)
{
	volatile uint32_t *word = (volatile uint32_t *)addr + nr / 32;
	uint32_t bit = 1u << (nr % 32);

	return __atomic_fetch_or(word, bit, __ATOMIC_SEQ_CST) & bit;
}

static inline bool test_and_clear_bit(uint64_t nr, volatile void *addr)
{
	volatile uint32_t *word = (volatile uint32_t *)addr + nr / 32;
	uint32_t bit = 1u << (nr % 32);

	return __atomic_fetch_and(word, ~bit, __ATOMIC_SEQ_CST) & bit;
}

static inline void set_bit(uint64_t nr, volatile void *addr)
{
	(void)test_and_set_bit(nr, addr);
}

static inline void clear_bit(uint64_t nr, volatile void *addr)
{
	(void)test_and_clear_bit(nr, addr);
}

#endif
