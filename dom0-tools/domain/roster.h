/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/roster.h
 *
 * All domains of the host, and the guests that have none just now.
 */
#ifndef SOCLE_DOMAIN_ROSTER_H
#define SOCLE_DOMAIN_ROSTER_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/config.h"
#include "domain/context.h"

struct roster_row {
	int domid;            /* -1: none */
	char name[DOMAIN_NAME_MAX + 1], uuid[37];
	const char *state;    /* a word, which stays valid */
	uint64_t kib, max_kib;
	unsigned int vcpus;
	uint64_t cpu_ns;
};

/*
 * Tell of each domain in the order of their numbers, of guests between two domains, and (all) of definitions whose guests are
 * off.  ctx->hv is open; ctx->store may be NULL.  fn ends it by not returning 0, which is returned; -1 with the error.
 */
int roster_each(struct domain_ctx *ctx, bool all, int (*fn)(void *arg, const struct roster_row *r), void *arg, struct socle_error *e);

/* What a domain does at this moment, in a word. */
const char *domain_state_word(const struct xen_domctl_getdomaininfo *info);

#endif /* SOCLE_DOMAIN_ROSTER_H */
