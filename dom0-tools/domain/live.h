/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/live.h
 *
 * A guest as it is now, to be compared with a description (change.h), and changing it.
 */
#ifndef SOCLE_DOMAIN_LIVE_H
#define SOCLE_DOMAIN_LIVE_H

#include "domain/change.h"
#include "domain/context.h"

/*
 * The description that a running guest was made from, with the devices it has now; of one that is off (*domid 0), its definition.
 * NULL with the error.
 */
struct domain_config *live_description(struct domain_ctx *ctx, const char *name, uint16_t *domid, struct socle_error *e);

/* Make a description comparable with a guest that runs: links and networks are resolved, addresses filled in. */
int live_settle(struct domain_config *to, const struct domain_config *now, struct socle_error *e);

/* Do one live change to the domain. */
int live_change(struct domain_ctx *ctx, uint16_t domid, const struct domain_config *now, const struct domain_config *to,
		const struct change *c, unsigned int ms, struct socle_error *e);

#endif /* SOCLE_DOMAIN_LIVE_H */
