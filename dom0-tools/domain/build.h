/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/build.h
 *
 * Filling a new, empty domain: memory, kernel, initrd, P2M list, page tables, start-of-day page,
 * the first vCPU, and the two pages and event channels that it talks to dom0 through.
 */
#ifndef SOCLE_DOMAIN_BUILD_H
#define SOCLE_DOMAIN_BUILD_H

#include "domain/config.h"
#include "domain/context.h"
#include "domain/kernel.h"

struct build_result {
	uint64_t store_mfn, console_mfn; /* console_mfn is 0 when the guest has none */
	uint32_t store_port, console_port; /* the guest's, waiting for dom0 to connect */
};

/*
 * domid is paused, has its vCPUs allocated and nothing else.  On failure the domain is in an
 * undefined state and fit only to be destroyed.
 */
int domain_build(struct domain_ctx *ctx, uint16_t domid, const struct domain_config *cfg,
		 const struct kernel *kernel, struct build_result *out, struct socle_error *e);

#endif /* SOCLE_DOMAIN_BUILD_H */
