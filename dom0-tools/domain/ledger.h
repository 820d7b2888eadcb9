/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/ledger.h
 *
 * Whose the machine's memory is, in pages: what the hypervisor counts piece by piece (SOCLE_OP_frames), added up.  All kinds of
 * all domains together are the machine's RAM, to the page.
 */
#ifndef SOCLE_DOMAIN_LEDGER_H
#define SOCLE_DOMAIN_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <socle/op.h>

#include "libsocle/error.h"
#include "libsocle/hypercall.h"

struct ledger_domain {
	uint32_t domid;
	uint64_t frames;  /* its own, page tables among them */
	uint64_t tables;  /* of these, in use as page tables */
	uint64_t shared;  /* the hypervisor's that it sees */
	uint64_t held;    /* the hypervisor's that are kept for it */
	uint32_t grants;  /* of its pages, that others use through grants */
};

struct ledger {
	uint64_t total;
	uint64_t kind[SOCLE_FRAMES_KINDS]; /* of all domains together */
	struct ledger_domain *domain;      /* by id */
	size_t nr;
};

/* 0, or -1 with the error; to be freed in both cases. */
int ledger_read(struct ledger *l, struct socle_hv *hv, struct socle_error *e);
void ledger_free(struct ledger *l);

/* Pure: one piece, and at the end. */
bool ledger_add(struct ledger *l, const struct socle_frames *f); /* false: no memory */
void ledger_finish(struct ledger *l);
uint64_t ledger_sum(const struct ledger *l);

/* All that the hypervisor has for itself: neither a domain's, nor kept for one, nor free. */
uint64_t ledger_hypervisor(const struct ledger *l);

#endif /* SOCLE_DOMAIN_LEDGER_H */
