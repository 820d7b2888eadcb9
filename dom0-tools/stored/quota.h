/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/quota.h
 *
 * How much an unprivileged domain may make the store keep. Nodes are counted per owner over the
 * live tree; watches and transactions are counted by their connection, the rest is a limit on
 * one item. Privileged connections are not limited. The defaults of nodes, entry size, watches
 * and transactions are those that guests know from elsewhere (ABI page 8.1).
 */
#ifndef SOCLE_STORED_QUOTA_H
#define SOCLE_STORED_QUOTA_H

#include <stdbool.h>
#include <stdint.h>

#include "stored/perm.h"

enum quota_kind {
	QUOTA_NODES,		/* nodes owned */
	QUOTA_ENTRY_SIZE,	/* bytes of one value */
	QUOTA_WATCHES,
	QUOTA_TXNS,		/* open at one time */
	QUOTA_TXN_NODES,	/* paths one transaction touches */
	QUOTA_PERMS,		/* entries of one permission list */
	QUOTA_KINDS
};

struct quota {
	uint32_t limit[QUOTA_KINDS];
	uint32_t nodes[PERM_DOMID_END];	/* owned, by domain */
};

void quota_init(struct quota *q);
const char *quota_name(enum quota_kind kind);
bool quota_set(struct quota *q, const char *name, uint32_t limit);
bool quota_exceeds(const struct quota *q, const struct perm_who *who, enum quota_kind kind,
		   uint64_t amount);
/* Signature of struct tree_account's add; ctx is the struct quota. */
void quota_add_nodes(void *ctx, uint16_t owner, int delta);

#endif /* SOCLE_STORED_QUOTA_H */
