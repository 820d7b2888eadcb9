/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/snapshot.c
 *
 * See replay.h: a store as a stream. Reading it back gives the same tree (but for the nodes'
 * generations), the same watches, and to each ring the same bytes.
 */
#include <stddef.h>
#include <string.h>

#include "stored/replay.h"
#include "stored/txn.h"

struct walk {
	struct journal *j;
	int ret;
	char path[XENSTORE_ABS_PATH_MAX];
};

static void record_end(struct walk *k)
{
	int ret = journal_commit(k->j);

	if (!k->ret)
		k->ret = ret;
}

/* The node is at k->path, whose length is len (0 for the root). */
static void write_node(struct walk *k, const struct tree_node *node, size_t len)
{
	const char *path = len ? k->path : "/";

	if (k->ret)
		return;
	if (len)
		txn_op_keep(k->j, node->value ? TXN_OP_WRITE : TXN_OP_MKDIR, path, node->value, NULL, -1);
	else if (node->value)
		txn_op_keep(k->j, TXN_OP_WRITE, path, node->value, NULL, -1);
	txn_op_keep(k->j, TXN_OP_SET_PERMS, path, NULL, node->perms, -1);
	record_end(k);
	for (unsigned i = 0; i < node->n_children; i++) {
		const struct tree_node *c = node->children[i];

		k->path[len] = '/';
		memcpy(k->path + len + 1, c->name, (size_t)c->name_len + 1);
		write_node(k, c, len + 1 + c->name_len);
	}
	k->path[len] = '\0';
}

static void write_store(struct walk *k, const struct store *s)
{
	unsigned known = s->n_committed < STORE_COMMITS ? s->n_committed : STORE_COMMITS;

	for (int i = 0; i < SPECIALS; i++)
		journal_add_perms(k->j, &(struct journal_entry){ .kind = JOURNAL_SPECIAL, .number = i }, s->special[i]);
	for (unsigned i = 0; i < QUOTA_KINDS; i++)
		journal_add(k->j, &(struct journal_entry){ .kind = JOURNAL_QUOTA, .id = s->quota.limit[i],
							   .path = quota_name((enum quota_kind)i) });
	journal_add(k->j, &(struct journal_entry){ .kind = JOURNAL_TXN_ID, .id = s->last_txn });
	for (unsigned i = s->n_committed - known; i != s->n_committed; i++)
		journal_add(k->j, &(struct journal_entry){ .kind = JOURNAL_COMMITTED,
							   .id = s->committed[i % STORE_COMMITS] });
	record_end(k);
}

static void write_watches(struct walk *k, const struct conn *c)
{
	for (const struct watch *w = c->watches; w; w = w->conn_next) {
		watch_keep(k->j, w);
		if (w->missed)
			journal_add(k->j, &(struct journal_entry){ .kind = JOURNAL_MISSED, .domid = c->who.domid,
								   .path = w->path, .token = w->token });
	}
}

static void write_txns(struct walk *k, const struct conn *c)
{
	for (const struct txn *t = c->txns; t; t = t->next)
		journal_add(k->j, &(struct journal_entry){ .kind = JOURNAL_TXN, .domid = c->who.domid, .id = t->id });
}

static void write_conn(struct walk *k, const struct conn *c)
{
	struct journal_entry e = { .kind = JOURNAL_OUT, .domid = c->who.domid };

	if (c->who.has_target)
		journal_add(k->j, &(struct journal_entry){ .kind = JOURNAL_TARGET, .domid = c->who.domid,
							   .number = c->who.target });
	write_watches(k, c);
	write_txns(k, c);
	for (const struct wire_out *out = c->out_head; out; out = out->next) {
		e.data = out->bytes;
		e.len = out->size;
		journal_add(k->j, &e);
	}
	if (c->in.have)
		journal_add(k->j, &(struct journal_entry){
			.kind = JOURNAL_PART, .domid = c->who.domid, .cons = c->cons, .prod = c->prod, .len = c->in.have,
			.data = (const char *)&c->in + offsetof(struct wire_in, hdr),
		});
	if (c->broken)
		journal_add(k->j, &(struct journal_entry){ .kind = JOURNAL_BROKEN, .domid = c->who.domid, .id = c->broken });
}

static void write_domain(struct walk *k, const struct domain *d)
{
	domain_keep(d, k->j);
	if (d->shutdown)
		journal_add(k->j, &(struct journal_entry){ .kind = JOURNAL_SHUTDOWN, .domid = d->domid, .number = 1 });
	if (d->conn && !d->conn->closed)
		write_conn(k, d->conn);
	record_end(k);
}

int snapshot_write(struct store *s, struct journal *j, const char *boot_id)
{
	struct walk k = { .j = j };

	journal_add(j, &(struct journal_entry){ .kind = JOURNAL_BEGIN, .id = JOURNAL_VERSION, .big = s->generation,
						.data = boot_id, .len = strlen(boot_id) });
	record_end(&k);
	write_store(&k, s);
	write_node(&k, s->tree.root, 0);
	for (const struct domain *d = s->domains; d; d = d->next)
		write_domain(&k, d);
	return k.ret;
}
