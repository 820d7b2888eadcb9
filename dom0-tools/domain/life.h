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
#include "domain/kernel.h"

/*
 * What can be found wrong without the hypervisor, and is what users get wrong: files and bridges that are named.  Fills in the UUID and
 * addresses of cards.
 */
int domain_check_files(struct domain_config *cfg, struct socle_error *e);

/*
 * That, and all else that can be found wrong without making anything: disks in use, free memory, daemons, and last the kernel, which
 * is loaded then (kernel_unload()).  ctx is opened as far as needed; the name is reserved.
 */
int domain_check(struct domain_ctx *ctx, struct domain_config *cfg, struct kernel *kernel, struct socle_error *e);

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
