/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/watch.h
 *
 * Watches: who wants to be told of which path. The index hashes watched paths, so that a change
 * looks up only its own path and the path's ancestors; the removal of a subtree also looks up
 * each removed node. A watch with depth d is told only of changes at most d levels below it.
 * A watcher is told of a node that it may read, or whose parent it may read, now or before
 * the change.
 */
#ifndef SOCLE_STORED_WATCH_H
#define SOCLE_STORED_WATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "stored/conn.h"
#include "stored/journal.h"
#include "stored/tree.h"

#define WATCH_BUCKETS   1024
/* Longest token such that the longest path and it fit into one event. */
#define WATCH_TOKEN_MAX 1000

struct watch {
	struct watch *hash_next;
	struct watch *conn_next;
	struct conn *conn;
	int depth;		/* -1: any */
	bool missed;		/* an event was not queued */
	size_t strip;		/* bytes of the absolute path that the watcher did not write */
	char *token;
	char path[];		/* absolute, or a special one */
};

struct watch_index {
	struct watch *bucket[WATCH_BUCKETS];
};

/* -EEXIST, -ENOMEM. The path is absolute; strip bytes of it are left out in events. */
int watch_add(struct watch_index *ix, struct conn *c, const char *path, size_t strip,
	      const char *token, int depth, struct watch **out);
int watch_remove(struct watch_index *ix, struct conn *c, const char *path, const char *token);
void watch_remove_all(struct watch_index *ix, struct conn *c);

/*
 * Tells the watchers of path, a node of the tree, and of its ancestors. `before` is the tree
 * before the change or NULL when the permissions were the same; removed: also those who watch
 * what was below path in `before`.
 */
void watch_fire(struct watch_index *ix, const struct tree_node *before,
		const struct tree_node *after, const char *path, bool removed);
/* Tells the watchers of a special path who may read it. */
void watch_fire_special(struct watch_index *ix, const struct perm_list *perms, const char *path);
/* An entry of the journal about a watch of a durable connection. */
void watch_keep(struct journal *j, const struct watch *w);
struct watch *watch_find(struct watch_index *ix, const struct conn *c, const char *path, const char *token);
/* The path as the watcher wrote it. */
const char *watch_shown(const struct watch *w, const char *path);

#endif /* SOCLE_STORED_WATCH_H */
