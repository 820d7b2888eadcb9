/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/quota.c
 *
 * See quota.h. One table holds names and defaults; the limits can be changed at run time.
 */
#include <string.h>

#include "stored/quota.h"

static const struct { const char *name; uint32_t limit; } kinds[QUOTA_KINDS] = {
	[QUOTA_NODES]      = { "nodes", 1000 },
	[QUOTA_ENTRY_SIZE] = { "entry-size", 2048 },
	[QUOTA_WATCHES]    = { "watches", 128 },
	[QUOTA_TXNS]       = { "transactions", 10 },
	[QUOTA_TXN_NODES]  = { "transaction-nodes", 1024 },
	[QUOTA_PERMS]      = { "permissions", 5 },
};

void quota_init(struct quota *q)
{
	memset(q, 0, sizeof(*q));
	for (unsigned i = 0; i < QUOTA_KINDS; i++)
		q->limit[i] = kinds[i].limit;
}

const char *quota_name(enum quota_kind kind)
{
	return kinds[kind].name;
}

bool quota_set(struct quota *q, const char *name, uint32_t limit)
{
	for (unsigned i = 0; i < QUOTA_KINDS; i++) {
		if (!strcmp(kinds[i].name, name)) {
			q->limit[i] = limit;
			return true;
		}
	}
	return false;
}

bool quota_exceeds(const struct quota *q, const struct perm_who *who, enum quota_kind kind,
		   uint64_t amount)
{
	return !who->privileged && amount > q->limit[kind];
}

void quota_add_nodes(void *ctx, uint16_t owner, int delta)
{
	struct quota *q = ctx;

	if (owner < PERM_DOMID_END)
		q->nodes[owner] += (uint32_t)delta;
}
