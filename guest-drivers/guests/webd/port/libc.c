/* SPDX-License-Identifier: BSD-2-Clause */
/* What lwIP wants of a C library and the kit does not have: strtol, which glibc's atoi() is. Decimal, as atoi's callers need. */
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>

long strtol(const char *restrict text, char **restrict end, int base)
{
	bool minus = *text == '-';
	long v = 0;

	(void)base;
	if (*text == '-' || *text == '+')
		text++;
	for (; *text >= '0' && *text <= '9'; text++)
		if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, *text - '0', &v))
			v = LONG_MAX;
	if (end)
		*end = (char *)text;
	return minus ? -v : v;
}
