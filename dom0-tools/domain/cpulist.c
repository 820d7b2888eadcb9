/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/cpulist.c
 *
 * Sets of CPUs as people write them; see cpulist.h.
 */
#include "domain/cpulist.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

bool cpulist_has(const struct cpulist *l, unsigned int cpu)
{
	return cpu < CPULIST_MAX && l->bits[cpu / 8] >> cpu % 8 & 1;
}

/* A number below CPULIST_MAX, and where it ends; NULL when there is none. */
static const char *number(const char *p, unsigned int *n)
{
	if (!isdigit((unsigned char)*p))
		return NULL;
	for (*n = 0; isdigit((unsigned char)*p); p++) {
		*n = *n * 10 + (unsigned int)(*p - '0');
		if (*n >= CPULIST_MAX)
			return NULL;
	}
	return p;
}

int cpulist_parse(const char *text, struct cpulist *out)
{
	const char *p = text;

	if (strcmp(text, "all") == 0) {
		memset(out->bits, 0xff, sizeof(out->bits));
		return 0;
	}
	memset(out->bits, 0, sizeof(out->bits));
	for (;;) {
		unsigned int first, last;

		p = number(p, &first);
		last = first;
		if (p && *p == '-')
			p = number(p + 1, &last);
		if (!p || last < first)
			return -1;
		for (unsigned int n = first; n <= last; n++)
			out->bits[n / 8] |= (uint8_t)(1u << n % 8);
		if (!*p)
			return 0;
		if (*p++ != ',')
			return -1;
	}
}

void cpulist_format(const struct cpulist *l, unsigned int nr_cpus, char *out, size_t size)
{
	unsigned int here = 0;
	size_t len = 0;

	for (unsigned int n = 0; n < nr_cpus; n++)
		here += cpulist_has(l, n);
	snprintf(out, size, here == nr_cpus ? "all" : "none");
	if (here == nr_cpus || !here)
		return;
	for (unsigned int n = 0, end; n < nr_cpus && len < size; n = end + 1) {
		end = n;
		if (!cpulist_has(l, n))
			continue;
		while (end + 1 < nr_cpus && cpulist_has(l, end + 1))
			end++;
		len += (size_t)snprintf(out + len, size - len, end > n ? "%s%u-%u" : "%s%u",
					len ? "," : "", n, end);
	}
}
