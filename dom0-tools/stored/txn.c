/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/txn.c
 *
 * See txn.h. The replay works on a fork of the live tree that becomes the live one only when all
 * of it has succeeded, so a failure half way leaves no trace.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stored/txn.h"

void txn_usage_add(void *ctx, uint16_t owner, int delta)
{
	struct txn_usage *u = ctx;
	unsigned room = u->room ? u->room * 2 : 4;
	void *grown;

	for (unsigned i = 0; i < u->n; i++) {
		if (u->v[i].owner == owner) {
			u->v[i].delta += delta;
			return;
		}
	}
	if (u->n == u->room) {
		grown = realloc(u->v, room * sizeof(*u->v));
		if (!grown) {
			u->failed = true;
			return;
		}
		u->v = grown;
		u->room = room;
	}
	u->v[u->n].owner = owner;
	u->v[u->n++].delta = delta;
}

int txn_usage_of(const struct txn_usage *u, uint16_t owner)
{
	for (unsigned i = 0; i < u->n; i++)
		if (u->v[i].owner == owner)
			return u->v[i].delta;
	return 0;
}

void txn_usage_fini(struct txn_usage *u)
{
	free(u->v);
	memset(u, 0, sizeof(*u));
}

struct txn *txn_new(uint32_t id, const struct tree *live)
{
	struct txn *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->id = id;
	t->base = tree_node_get(live->root);
	t->ops_tail = &t->ops;
	tree_fork(&t->tree, live, (struct tree_account){ txn_usage_add, &t->usage });
	return t;
}

static void op_free(struct txn_op *op)
{
	tree_blob_put(op->value);
	perm_list_put(op->perms);
	free(op);
}

void txn_free(struct txn *t)
{
	struct txn_access *a;
	struct txn_op *op;

	while ((op = t->ops)) {
		t->ops = op->next;
		op_free(op);
	}
	for (unsigned i = 0; i < TXN_BUCKETS; i++) {
		while ((a = t->access[i])) {
			t->access[i] = a->next;
			free(a);
		}
	}
	tree_fini(&t->tree);
	tree_node_put(t->base);
	txn_usage_fini(&t->usage);
	free(t);
}

static unsigned bucket_of(const char *path, size_t len)
{
	unsigned h = 5381;

	for (size_t i = 0; i < len; i++)
		h = h * 33 ^ (unsigned char)path[i];
	return h % TXN_BUCKETS;
}

int txn_note(struct txn *t, const char *path, size_t len, unsigned mask)
{
	unsigned b = bucket_of(path, len);
	struct txn_access *a;

	for (a = t->access[b]; a; a = a->next) {
		if (!strncmp(a->path, path, len) && !a->path[len]) {
			a->mask |= mask;
			return 0;
		}
	}
	a = malloc(sizeof(*a) + len + 1);
	if (!a)
		return -ENOMEM;
	a->mask = mask;
	memcpy(a->path, path, len);
	a->path[len] = '\0';
	a->next = t->access[b];
	t->access[b] = a;
	t->n_access++;
	return 0;
}

int txn_op_run(struct tree *tree, enum txn_op_kind kind, const char *path,
	       struct tree_blob *value, struct perm_list *perms, int owner)
{
	switch (kind) {
	case TXN_OP_WRITE:     return tree_write(tree, path, value, owner);
	case TXN_OP_MKDIR:     return tree_mkdir(tree, path, owner);
	case TXN_OP_RM:        return tree_rm(tree, path);
	case TXN_OP_SET_PERMS: return tree_set_perms(tree, path, perms);
	}
	return -EINVAL;
}

void txn_op_keep(struct journal *j, enum txn_op_kind kind, const char *path, const struct tree_blob *value,
		 const struct perm_list *perms, int owner)
{
	static const enum journal_kind kinds[] = {
		[TXN_OP_WRITE] = JOURNAL_WRITE, [TXN_OP_MKDIR] = JOURNAL_MKDIR, [TXN_OP_RM] = JOURNAL_RM,
		[TXN_OP_SET_PERMS] = JOURNAL_SET_PERMS,
	};
	struct journal_entry e = { .kind = kinds[kind], .path = path, .number = owner };

	if (perms) {
		journal_add_perms(j, &e, perms);
		return;
	}
	if (value) {
		e.data = value->bytes;
		e.len = value->len;
	}
	journal_add(j, &e);
}

int txn_apply(struct txn *t, enum txn_op_kind kind, const char *path, struct tree_blob *value,
	      struct perm_list *perms, int owner)
{
	struct txn_op *op = malloc(sizeof(*op) + strlen(path) + 1);
	int ret;

	if (!op)
		return -ENOMEM;
	ret = txn_op_run(&t->tree, kind, path, value, perms, owner);
	if (ret) {
		free(op);
		return ret;
	}
	op->next = NULL;
	op->kind = kind;
	op->owner = owner;
	op->value = tree_blob_get(value);
	op->perms = perms ? perm_list_get(perms) : NULL;
	strcpy(op->path, path);
	*t->ops_tail = op;
	t->ops_tail = &op->next;
	t->n_ops++;
	return 0;
}

static bool access_conflicts(const struct txn_access *a, const struct tree_node *base,
			     const struct tree_node *live)
{
	const struct tree_node *was = tree_find(base, a->path), *is = tree_find(live, a->path);

	if (was == is)
		return false;
	if (!was || !is || (a->mask & TXN_SUBTREE))
		return true;
	for (unsigned i = 0; i < TREE_ASPECTS; i++)
		if ((a->mask & (1u << i)) && was->gen[i] != is->gen[i])
			return true;
	return false;
}

bool txn_conflicts(const struct txn *t, const struct tree_node *live)
{
	if (t->doomed)
		return true;
	if (live == t->base)
		return false;
	for (unsigned i = 0; i < TXN_BUCKETS; i++)
		for (const struct txn_access *a = t->access[i]; a; a = a->next)
			if (access_conflicts(a, t->base, live))
				return true;
	return false;
}

static int replay(struct txn *t, struct tree *work)
{
	int ret;

	for (const struct txn_op *op = t->ops; op; op = op->next) {
		ret = txn_op_run(work, op->kind, op->path, op->value, op->perms, op->owner);
		if (ret)
			return ret;
	}
	return 0;
}

int txn_commit(struct txn *t, struct tree *live, const struct quota *quota,
	       const struct perm_who *who, struct tree_node **before)
{
	struct txn_usage usage = { 0 };
	struct tree work;
	int ret, gain;

	if (txn_conflicts(t, live->root))
		return -EAGAIN;
	tree_fork(&work, live, (struct tree_account){ txn_usage_add, &usage });
	ret = replay(t, &work);
	if (!ret && usage.failed)
		ret = -ENOMEM;
	gain = txn_usage_of(&usage, who->domid);
	if (!ret && gain > 0 && quota_exceeds(quota, who, QUOTA_NODES,
					      (uint64_t)quota->nodes[who->domid] + (unsigned)gain))
		ret = -ENOSPC;
	if (ret) {
		tree_fini(&work);
		txn_usage_fini(&usage);
		return ret;
	}

	/* Commit point. */
	*before = live->root;
	live->root = work.root;
	for (unsigned i = 0; i < usage.n; i++)
		live->account.add(live->account.ctx, usage.v[i].owner, usage.v[i].delta);
	txn_usage_fini(&usage);
	return 0;
}
