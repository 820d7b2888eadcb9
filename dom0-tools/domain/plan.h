/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/plan.h
 *
 * What making a guest would take: the way of domain_launch() up to the point where something would be made.
 */
#ifndef SOCLE_DOMAIN_PLAN_H
#define SOCLE_DOMAIN_PLAN_H

#include "domain/config.h"
#include "domain/context.h"

#define PLAN_OVERHEAD_KIB 1024u /* vCPUs, grant and event tables of a guest in the hypervisor, rounded up */
#define PLAN_FILES_MAX    (2u + DOMAIN_DISKS_MAX)

struct plan_file {
	const char *what;      /* "kernel", "initrd", a disk's target; path is the description's */
	const char *path;
	bool writes;
	bool has_size;
	uint64_t bytes;
};

struct plan_bridge {
	const char *name;
	bool exists;           /* else it is made */
	unsigned int cards;
};

struct plan {
	/* Memory in KiB: what the guest gets, of which for what it is made; and what the hypervisor needs besides. */
	uint64_t start, max, overhead, free;
	uint64_t kernel, initrd, p2m, tables;
	unsigned int ports;      /* event channels between the guest and dom0, at most */
	unsigned int grants;     /* pages of the guest that dom0 has for rings, at most; those of I/O come and go */
	unsigned int nodes;      /* in the store, before the guest adds its own */
	unsigned int processes;  /* in dom0 */
	unsigned int nr_files, nr_bridges;
	struct plan_file file[PLAN_FILES_MAX];
	struct plan_bridge bridge[DOMAIN_CARDS_MAX];
};

/*
 * All that can be found wrong without making anything, files first; then the price.  -1 with what creating it would fail with.
 */
int domain_plan(struct domain_ctx *ctx, struct domain_config *cfg, struct plan *out, struct socle_error *e);

/* The part of the price that follows from the description alone. */
void plan_price(const struct domain_config *cfg, struct plan *out);

#endif /* SOCLE_DOMAIN_PLAN_H */
