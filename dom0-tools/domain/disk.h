/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/disk.h
 *
 * A guest's disks: the files behind them, and the backend process that serves each.
 */
#ifndef SOCLE_DOMAIN_DISK_H
#define SOCLE_DOMAIN_DISK_H

#include "domain/config.h"
#include "domain/context.h"

/*
 * Are all files there, of the right kind, openable, and not written by another guest?  Touches
 * nothing.  The store is asked only when ctx->store is open.
 */
int disks_check(struct domain_ctx *ctx, const struct domain_config *cfg, struct socle_error *e);

/* Nodes and backend process of each disk. */
int disks_attach(struct domain_ctx *ctx, uint16_t domid, const struct domain_config *cfg,
		 struct socle_error *e);

/* End the backend processes of a guest and wait until they are gone. */
void disks_detach(struct domain_ctx *ctx, uint16_t domid);

#endif /* SOCLE_DOMAIN_DISK_H */
