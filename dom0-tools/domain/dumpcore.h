/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/dumpcore.h
 *
 * A guest's memory and vCPUs as a file (corefile.h).
 */
#ifndef SOCLE_DOMAIN_DUMPCORE_H
#define SOCLE_DOMAIN_DUMPCORE_H

#include <stdbool.h>

#include "domain/context.h"

/*
 * Write it to path, whole or not at all: beside its place first, and then given its name, if nothing has that.  The guest is
 * paused meanwhile unless live.  Pages of zeros are holes.  0, or -1 with the error.
 */
int dump_core(struct domain_ctx *ctx, uint16_t domid, const char *path, bool live, struct socle_error *e);

#endif /* SOCLE_DOMAIN_DUMPCORE_H */
