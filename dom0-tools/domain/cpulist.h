/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/cpulist.h
 *
 * Sets of CPUs as people write them: "0-3,6", or "all".
 */
#ifndef SOCLE_DOMAIN_CPULIST_H
#define SOCLE_DOMAIN_CPULIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CPULIST_MAX   256u
#define CPULIST_BYTES (CPULIST_MAX / 8)

struct cpulist {
	uint8_t bits[CPULIST_BYTES]; /* CPU n is bit n % 8 of byte n / 8 */
};

bool cpulist_has(const struct cpulist *l, unsigned int cpu);

/* 0, or -1 when the text is no list: empty, backwards, beyond CPULIST_MAX, or anything else. */
int cpulist_parse(const char *text, struct cpulist *out);

/* As short as can be; "all" when every CPU below nr_cpus is in it, "none" when none is. */
void cpulist_format(const struct cpulist *l, unsigned int nr_cpus, char *out, size_t size);

#endif /* SOCLE_DOMAIN_CPULIST_H */
