/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/req_txn.c
 *
 * Start and end of transactions. The events of a commit are those of its changes, in order.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "stored/log.h"
#include "stored/request.h"

static bool id_in_use(const struct conn *c, uint32_t id)
{
	for (const struct txn *t = c->txns; t; t = t->next)
		if (t->id == id)
			return true;
	return false;
}

/*
 * Local clients draw from one counter that survives a restart, so that an id names one transaction and a client that
 * did not hear of its commit can ask for it.
 */
static uint32_t id_next(struct request *r)
{
	struct conn *c = r->conn;
	uint32_t *last = c->durable ? &c->next_txn : &r->store->last_txn;

	do
		++*last;
	while (*last == 0 || id_in_use(c, *last));
	return *last;
}

static void keep(struct request *r, enum journal_kind kind, uint32_t id)
{
	const struct journal_entry e = { .kind = r->conn->durable ? kind : JOURNAL_TXN_ID, .domid = r->conn->who.domid,
					 .id = id };

	if (r->conn->durable || kind == JOURNAL_TXN)
		journal_add(r->store->journal, &e);
}

int req_transaction_start(struct request *r)
{
	struct conn *c = r->conn;
	char text[12];
	struct txn *t;

	if (r->txn)
		return -EBUSY;		/* they do not nest */
	if (request_over_quota(r, QUOTA_TXNS, c->n_txns + 1))
		return -ENOSPC;
	t = txn_new(id_next(r), &r->store->tree);
	if (!t)
		return -ENOMEM;
	keep(r, JOURNAL_TXN, t->id);
	t->next = c->txns;
	c->txns = t;
	c->n_txns++;
	request_reply(r, text, (size_t)snprintf(text, sizeof(text), "%u", t->id) + 1);
	return 0;
}

static void fire_commit(struct request *r)
{
	for (const struct txn_op *op = r->done->ops; op; op = op->next)
		watch_fire(&r->store->watches, r->before, r->store->tree.root, op->path,
			   op->kind == TXN_OP_RM);
}

static void unlink_txn(struct conn *c, struct txn *t)
{
	struct txn **p = &c->txns;

	while (*p != t)
		p = &(*p)->next;
	*p = t->next;
	c->n_txns--;
}

static void keep_commit(struct request *r)
{
	for (const struct txn_op *op = r->done->ops; op; op = op->next)
		txn_op_keep(r->store->journal, op->kind, op->path, op->value, op->perms, op->owner);
	if (!r->conn->durable)
		store_note_commit(r->store, r->done->id);
}

int req_transaction_end(struct request *r)
{
	const char *arg = wire_args_next(&r->args);
	int ret;

	if (!arg || (strcmp(arg, "T") && strcmp(arg, "F")))
		return -EINVAL;
	if (!r->txn)
		return -ENOENT;
	/* Whatever comes of it, it has ended. */
	unlink_txn(r->conn, r->txn);
	keep(r, JOURNAL_TXN_END, r->txn->id);
	r->done = r->txn;
	if (arg[0] == 'F')
		return 0;
	ret = txn_commit(r->done, &r->store->tree, &r->store->quota, &r->conn->who, &r->before);
	r->after = fire_commit;
	if (ret == -ENOSPC)
		log_limited(&r->conn->log, "%s may not commit: quota nodes is %u", r->conn->name,
			    r->store->quota.limit[QUOTA_NODES]);
	if (!ret)
		keep_commit(r);
	return ret;
}
