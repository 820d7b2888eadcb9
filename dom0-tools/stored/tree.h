/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/tree.h
 *
 * The store's tree, persistent in the functional sense: whoever holds a reference to a root sees
 * that version for ever. A change copies only the nodes on the way from the root to the changed
 * one, and only those that somebody else still refers to; without snapshots it works in place.
 * Hence a snapshot (tree_fork) costs one counter, and two versions share all that is equal.
 * Consequence used by the transactions: a subtree is unchanged between two versions if both have
 * the very same node there.
 *
 * Each node carries three generations, drawn from one clock: of its value, its permissions and
 * its list of children. A node that is removed and made again has new ones.
 *
 * Paths given to this module are absolute and valid (path_is_valid): "/" or "/a/b", no trailing
 * slash. Functions change the tree completely or not at all; errors are negative errno values.
 * A write keeps readers' node pointers valid only as long as they hold a reference.
 */
#ifndef SOCLE_STORED_TREE_H
#define SOCLE_STORED_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stored/perm.h"

enum tree_aspect { TREE_VALUE, TREE_PERMS, TREE_CHILDREN, TREE_ASPECTS };

/* Immutable, counted bytes. */
struct tree_blob {
	unsigned refs;
	uint32_t len;
	char bytes[];
};

struct tree_node {
	unsigned refs;
	unsigned n_children, room;	/* used and allocated entries of children */
	struct tree_node **children;	/* sorted by name */
	uint64_t gen[TREE_ASPECTS];
	struct tree_blob *value;	/* NULL: empty */
	struct perm_list *perms;
	uint16_t name_len;
	char name[];
};

/* Told of every node that comes (+1) or goes (-1), by its owner. */
struct tree_account {
	void (*add)(void *ctx, uint16_t owner, int delta);
	void *ctx;
};

struct tree {
	struct tree_node *root;
	uint64_t *clock;
	struct tree_account account;
};

struct tree_blob *tree_blob_new(const void *bytes, size_t len);
struct tree_blob *tree_blob_get(struct tree_blob *b);
void tree_blob_put(struct tree_blob *b);

struct tree_node *tree_node_get(struct tree_node *node);
void tree_node_put(struct tree_node *node);

/* A tree with nothing but its root. */
int tree_init(struct tree *t, uint64_t *clock, struct perm_list *perms,
	      struct tree_account account);
/* dst becomes another version that starts equal to src. */
void tree_fork(struct tree *dst, const struct tree *src, struct tree_account account);
void tree_fini(struct tree *t);

/* The node, or NULL. */
const struct tree_node *tree_find(const struct tree_node *root, const char *path);
/* The deepest existing node on the way; *len: length of its path. */
const struct tree_node *tree_find_nearest(const struct tree_node *root, const char *path,
					  size_t *len);
const struct tree_node *tree_child(const struct tree_node *node, const char *name, size_t len);
/* Length of the path of the parent of path[0..len-1] (1 for the root's children). */
size_t tree_parent_len(const char *path, size_t len);
/* How many nodes a write to path would create. */
unsigned tree_count_missing(const struct tree_node *root, const char *path);

/*
 * Sets the value, or with value NULL only makes sure that the node exists. Missing nodes are
 * created with their parent's permissions; owner >= 0 replaces the owner in those.
 */
int tree_write(struct tree *t, const char *path, struct tree_blob *value, int owner);
int tree_mkdir(struct tree *t, const char *path, int owner);
/* -ENOENT when absent, -EINVAL for the root. */
int tree_rm(struct tree *t, const char *path);
int tree_set_perms(struct tree *t, const char *path, struct perm_list *perms);

#endif /* SOCLE_STORED_TREE_H */
