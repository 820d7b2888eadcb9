/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/life.h
 *
 * Birth and death of a guest.
 */
#ifndef SOCLE_DOMAIN_LIFE_H
#define SOCLE_DOMAIN_LIFE_H

#include "domain/config.h"
#include "domain/context.h"

/*
 * What can be found wrong without the hypervisor, and is what users get wrong: the files that are named.  Fills in the UUID and
 * addresses of cards.
 */
int domain_check_files(struct domain_config *cfg, struct socle_error *e);

/*
 * Everything that can be found wrong without making anything: kernel, initrd, disks, name, UUID,
 * free memory, daemons.  ctx is opened as far as needed.
 */
int domain_precheck(struct domain_ctx *ctx, struct domain_config *cfg, struct socle_error *e);

/* Give a description without a UUID one. */
void domain_uuid_fill(struct domain_config *cfg);

/*
 * Make a guest, ready to run but paused.  All or nothing: on failure nothing of it is left.
 * The name is reserved (ctx->reserve); that and ctx->guard_fd are told as soon as there is a domain.
 */
int domain_create(struct domain_ctx *ctx, struct domain_config *cfg, uint16_t *domid,
		  struct socle_error *e);

/* Let it run, and look at it for its first moments: a guest that dies in them is an error. */
int domain_start(struct domain_ctx *ctx, uint16_t domid, struct socle_error *e);

/*
 * Take away a guest with all that belongs to it, whatever state it is in, and wait until the
 * hypervisor has its memory back.  Safe to repeat.  With ctx->store closed only the hypervisor's
 * part is done.
 */
int domain_teardown(struct domain_ctx *ctx, uint16_t domid, struct socle_error *e);

/* The same for a guest of others: until its watcher has given up its name as well. */
int domain_destroy(struct domain_ctx *ctx, uint16_t domid, struct socle_error *e);

/* "shut down", "crashed" ... of getdomaininfo's flags; NULL while it runs. */
const char *domain_end_name(uint32_t flags);

#endif /* SOCLE_DOMAIN_LIFE_H */
