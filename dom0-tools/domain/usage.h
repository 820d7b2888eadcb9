/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/usage.h
 *
 * What domains did with their time between two looks.  Pure.
 */
#ifndef SOCLE_DOMAIN_USAGE_H
#define SOCLE_DOMAIN_USAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A domain at one moment; times are sums over its vCPUs. */
struct usage {
	uint32_t domid;
	uint8_t uuid[16];
	char name[65];
	const char *state;    /* a word */
	unsigned int vcpus;   /* online */
	uint64_t memory_kib;
	uint64_t now_ns, run_ns, wait_ns;
	double cpu, wait;     /* percent of one CPU since the look before: usage_compare() */
};

enum usage_order { USAGE_BY_CPU, USAGE_BY_WAIT, USAGE_BY_MEMORY, USAGE_BY_NAME, USAGE_BY_ID };

/* "cpu", "wait", "memory", "name", "id"; false for anything else. */
bool usage_order_read(const char *word, enum usage_order *out);

/* Fill in the percentages of now from then.  A domain that is new has none yet. */
void usage_compare(struct usage *now, size_t nr_now, const struct usage *then, size_t nr_then);

/* Highest first, or names and ids ascending; equals by id. */
void usage_sort(struct usage *u, size_t nr, enum usage_order order);

#endif /* SOCLE_DOMAIN_USAGE_H */
