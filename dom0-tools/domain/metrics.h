/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/metrics.h
 *
 * Counters of the host and its guests in Prometheus' text format (version 0.0.4): families with HELP and TYPE, samples with
 * labels.  metrics_write() is pure.
 */
#ifndef SOCLE_DOMAIN_METRICS_H
#define SOCLE_DOMAIN_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <socle/op.h>

#include "device/device.h"
#include "domain/context.h"

struct metrics_domain {
	uint32_t domid;
	char name[80], uuid[37];
	const char *state;
	unsigned int vcpus;
	uint64_t memory_bytes, max_memory_bytes;
	uint64_t run_ns, wait_ns;
	uint64_t waits[SOCLE_WAIT_BUCKETS];
};

struct metrics_device {
	uint32_t domid;
	char name[80];   /* of its guest */
	enum device_class cls;
	char dev[16];    /* "xvda", or a card's number */
	uint32_t restarts;
	struct ctl_stats stats;
};

struct metrics {
	unsigned int cpus;
	uint64_t total_bytes, free_bytes;
	struct metrics_domain *domain;
	size_t nr_domains;
	struct metrics_device *device;
	size_t nr_devices;
};

void metrics_write(const struct metrics *m, FILE *out);

/* state_word: what a domain does, in a word.  0, or -1 with the error; to be freed in both cases. */
int metrics_read(struct metrics *m, struct domain_ctx *ctx, const char *(*state_word)(const struct xen_domctl_getdomaininfo *),
		 struct socle_error *e);
void metrics_free(struct metrics *m);

#endif /* SOCLE_DOMAIN_METRICS_H */
