/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What compilers call for a division of 128 bits. The compiler's own library has it too, built to use the red zone below the
 * stack, which a guest's kernel does not have.
 */
#include <stdint.h>

typedef unsigned __int128 u128;

u128 __udivti3(u128 a, u128 b);

/* high:low / b, with high < b, so that the quotient fits (SDM vol. 2, DIV). */
static uint64_t divide(uint64_t high, uint64_t low, uint64_t b, uint64_t *rest)
{
	__asm__("divq %2" : "+d"(high), "+a"(low) : "r"(b) : "cc");
	*rest = high;
	return low;
}

u128 __udivti3(u128 a, u128 b)
{
	uint64_t high = (uint64_t)(a >> 64), rest;
	u128 q = 0;

	if (b >> 64 == 0) {
		q = (u128)(high / (uint64_t)b) << 64;
		return q | divide(high % (uint64_t)b, (uint64_t)a, (uint64_t)b, &rest);
	}
	/* The quotient is below 2^64: a bit at a time. */
	for (int i = __builtin_clzl((uint64_t)(b >> 64)); i >= 0; i--)
		if (b << i <= a) {
			a -= b << i;
			q |= (u128)1 << i;
		}
	return q;
}
