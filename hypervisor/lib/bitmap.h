/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bitmaps of 64-bit words under the caller's lock (asm/atomic.h has the atomic kind). Sizes and numbers are
 * in bits; a search that finds nothing returns the size.
 */
#ifndef SOCLE_LIB_BITMAP_H
#define SOCLE_LIB_BITMAP_H

#include <stdbool.h>
#include <stdint.h>

#define BITMAP_WORDS(bits) (((bits) + 63) / 64)

static inline bool bitmap_test(const uint64_t *map, uint64_t nr)
{
	return map[nr / 64] >> (nr % 64) & 1;
}

static inline void bitmap_set(uint64_t *map, uint64_t nr)
{
	map[nr / 64] |= 1ULL << (nr % 64);
}

static inline void bitmap_clear(uint64_t *map, uint64_t nr)
{
	map[nr / 64] &= ~(1ULL << (nr % 64));
}

static inline bool bitmap_test_and_set(uint64_t *map, uint64_t nr)
{
	bool was = bitmap_test(map, nr);

	bitmap_set(map, nr);
	return was;
}

static inline bool bitmap_test_and_clear(uint64_t *map, uint64_t nr)
{
	bool was = bitmap_test(map, nr);

	bitmap_clear(map, nr);
	return was;
}

/* First bit >= from that is set (clear, for _zero), or size. */
static inline uint64_t bitmap_find_from(const uint64_t *map, uint64_t size, uint64_t from, uint64_t invert)
{
	uint64_t word;

	while (from < size) {
		word = (map[from / 64] ^ invert) >> (from % 64);
		if (word) {
			from += (uint64_t)__builtin_ctzll(word);
			return from < size ? from : size;
		}
		from = (from / 64 + 1) * 64;
	}
	return size;
}

static inline uint64_t bitmap_next(const uint64_t *map, uint64_t size, uint64_t from)
{
	return bitmap_find_from(map, size, from, 0);
}

static inline uint64_t bitmap_next_zero(const uint64_t *map, uint64_t size, uint64_t from)
{
	return bitmap_find_from(map, size, from, ~0ULL);
}

static inline uint64_t bitmap_first(const uint64_t *map, uint64_t size)
{
	return bitmap_next(map, size, 0);
}

static inline uint64_t bitmap_first_zero(const uint64_t *map, uint64_t size)
{
	return bitmap_next_zero(map, size, 0);
}

/* Number of the lowest (highest) set bit; x must not be 0. */
static inline unsigned int bit_lowest(uint64_t x)
{
	return (unsigned int)__builtin_ctzll(x);
}

static inline unsigned int bit_highest(uint64_t x)
{
	return 63u - (unsigned int)__builtin_clzll(x);
}

#endif
