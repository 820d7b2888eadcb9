/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Small things that every module uses. Nothing here has state.
 *
 * idx_clamp() is the one way to use a number chosen by a guest as an array index: it answers whether the
 * number is in range and gives a copy that is in range even when the CPU speculates past the answer. Do not
 * use the raw number afterwards.
 */
#ifndef SOCLE_LIB_UTIL_H
#define SOCLE_LIB_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "asm/nospec.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b) ({ __typeof__(a) min_a_ = (a); __typeof__(b) min_b_ = (b); min_a_ < min_b_ ? min_a_ : min_b_; })
#define MAX(a, b) ({ __typeof__(a) max_a_ = (a); __typeof__(b) max_b_ = (b); max_a_ > max_b_ ? max_a_ : max_b_; })
/* n must be a power of two. */
#define ROUND_UP(x, n) (((x) + ((__typeof__(x))(n) - 1)) & ~((__typeof__(x))(n) - 1))
#define ROUND_DOWN(x, n) ((x) & ~((__typeof__(x))(n) - 1))
#define DIV_ROUND_UP(x, n) (((x) + (n) - 1) / (n))
#ifndef container_of
#define container_of(ptr, type, member) ((type *)((char *)(ptr) - offsetof(type, member)))
#endif

/* One access of exactly this width, neither repeated nor split by the compiler: for memory shared with guests. */
#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) ((void)(*(volatile __typeof__(x) *)&(x) = (v)))

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

static inline bool idx_clamp(uint64_t raw, uint64_t limit, unsigned int *out)
{
	bool ok = raw < limit;

	*out = ok ? (unsigned int)(raw & nospec_mask(raw, limit)) : 0;
	return ok;
}

#endif
