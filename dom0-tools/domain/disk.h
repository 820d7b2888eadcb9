/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/disk.h
 *
 * A guest's disks before they are attached: the files behind them.
 */
#ifndef SOCLE_DOMAIN_DISK_H
#define SOCLE_DOMAIN_DISK_H

#include "domain/config.h"
#include "domain/context.h"

/*
 * Is the file there, of the right kind, openable, and not written by another guest?  Touches
 * nothing.  The store is asked only when ctx->store is open.
 */
int disk_check(struct domain_ctx *ctx, const struct domain_disk *disk, struct socle_error *e);
int disks_check(struct domain_ctx *ctx, const struct domain_config *cfg, struct socle_error *e);

#endif /* SOCLE_DOMAIN_DISK_H */
