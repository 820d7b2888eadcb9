/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/nodes.h
 *
 * A guest's nodes in the store, laid out as stock Linux frontends and Xen's tools expect them.
 */
#ifndef SOCLE_DOMAIN_NODES_H
#define SOCLE_DOMAIN_NODES_H

#include "domain/build.h"

/* The guest's tree, in one transaction; domid exists, has no tree yet. */
int nodes_create(struct domain_ctx *ctx, uint16_t domid, const struct domain_config *cfg,
		 struct socle_error *e);

/* What only is known after the build: the two rings.  Then the store daemon is told of the guest.
 */
int nodes_introduce(struct domain_ctx *ctx, uint16_t domid, const struct domain_config *cfg,
		    const struct build_result *built, struct socle_error *e);

/*
 * Frontend and backend nodes of one device, its configuration with them.  -1 with DOMAIN_E_EXISTS when the guest has a device of
 * that number.  A disk's path is real, without symbolic links; physical is "MAJOR:MINOR" in hexadecimal digits for the kernel's
 * backend, else NULL.
 */
int nodes_add_disk(struct domain_ctx *ctx, uint16_t domid, const struct domain_disk *disk, const char *physical,
		   struct socle_error *e);
int nodes_add_card(struct domain_ctx *ctx, uint16_t domid, const struct domain_card *card, struct socle_error *e);

/* Both ends of a device; missing nodes are fine. */
struct device_ref;
void nodes_remove_device(struct domain_ctx *ctx, uint16_t domid, const struct device_ref *ref);

/* How many nodes a guest has before it adds its own. */
unsigned int nodes_count(const struct domain_config *cfg);

/* Everything of the guest out of the store; missing nodes are fine.  0 or the first -errno. */
int nodes_remove(struct domain_ctx *ctx, uint16_t domid);

#endif /* SOCLE_DOMAIN_NODES_H */
