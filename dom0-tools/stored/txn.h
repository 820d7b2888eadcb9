/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/txn.h
 *
 * A transaction: a fork of the live tree taken at its start, in which its owner reads and writes
 * undisturbed; the set of paths it touched, each with what it looked at; and the log of its
 * changes. At commit every touched path is compared between the fork's origin and the live tree:
 * if what was looked at is still the same, replaying the log on the live tree gives just what
 * the owner saw, and it is done; otherwise the commit is refused (-EAGAIN) and nothing happens.
 * Writers of other nodes, even siblings of a created one, do not disturb it.
 *
 * What a transaction looked at is not kept when the daemon dies. One that was open then is doomed:
 * its owner goes on with it on a fork of the tree as it is now, and at its end hears -EAGAIN.
 */
#ifndef SOCLE_STORED_TXN_H
#define SOCLE_STORED_TXN_H

#include <stdbool.h>
#include <stdint.h>

#include "stored/journal.h"
#include "stored/quota.h"
#include "stored/tree.h"

/* What of a node was looked at; existence always counts. */
#define TXN_VALUE    (1u << TREE_VALUE)
#define TXN_PERMS    (1u << TREE_PERMS)
#define TXN_CHILDREN (1u << TREE_CHILDREN)
#define TXN_SUBTREE  (1u << TREE_ASPECTS)	/* all of it and below */

#define TXN_BUCKETS 64

enum txn_op_kind { TXN_OP_WRITE, TXN_OP_MKDIR, TXN_OP_RM, TXN_OP_SET_PERMS };

/* One change, for the replay and for the watches. */
struct txn_op {
	struct txn_op *next;
	enum txn_op_kind kind;
	int owner;
	struct tree_blob *value;
	struct perm_list *perms;
	char path[];
};

struct txn_access {
	struct txn_access *next;
	unsigned mask;
	char path[];
};

/* Nodes gained or lost by owner. */
struct txn_usage {
	unsigned n, room;
	bool failed;			/* ran out of memory: the sums are not complete */
	struct { uint16_t owner; int delta; } *v;
};

struct txn {
	struct txn *next;
	uint32_t id;
	bool doomed;			/* opened before a restart: can only end in vain */
	struct tree_node *base;		/* the live root at the start */
	struct tree tree;		/* what the owner sees */
	struct txn_usage usage;
	struct txn_op *ops, **ops_tail;
	unsigned n_ops, n_access;
	struct txn_access *access[TXN_BUCKETS];
};

void txn_usage_add(void *ctx, uint16_t owner, int delta);
int txn_usage_of(const struct txn_usage *u, uint16_t owner);
void txn_usage_fini(struct txn_usage *u);

struct txn *txn_new(uint32_t id, const struct tree *live);
void txn_free(struct txn *t);

/* Notes that path[0..len-1] was looked at. */
int txn_note(struct txn *t, const char *path, size_t len, unsigned mask);
/* Applies a change to the fork and logs it; the arguments not used by the kind are NULL or -1. */
int txn_apply(struct txn *t, enum txn_op_kind kind, const char *path, struct tree_blob *value,
	      struct perm_list *perms, int owner);

bool txn_conflicts(const struct txn *t, const struct tree_node *live);
/*
 * All or nothing. On success *before is the live root as it was (the caller puts it).
 * -EAGAIN: conflict; -ENOSPC: who would own too many nodes; -ENOMEM.
 */
int txn_commit(struct txn *t, struct tree *live, const struct quota *quota,
	       const struct perm_who *who, struct tree_node **before);

/* An entry of the journal about a change of the live tree. */
void txn_op_keep(struct journal *j, enum txn_op_kind kind, const char *path, const struct tree_blob *value,
		 const struct perm_list *perms, int owner);
/* One change on any tree: shared by the live path, the fork and the replay. */
int txn_op_run(struct tree *tree, enum txn_op_kind kind, const char *path,
	       struct tree_blob *value, struct perm_list *perms, int owner);

#endif /* SOCLE_STORED_TXN_H */
