/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/watch.c
 *
 * See watch.h. Events of one change are queued in the order of registration among the watches of
 * one path, and from the changed node upwards.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stored/watch.h"

static unsigned bucket_of(const char *path, size_t len)
{
	unsigned h = 2166136261u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)path[i]) * 16777619u;
	return h % WATCH_BUCKETS;
}

static bool is_path(const struct watch *w, const char *path, size_t len)
{
	return !strncmp(w->path, path, len) && !w->path[len];
}

/* The link in the chain of the index that points to this watch. */
static struct watch **find_link(struct watch_index *ix, const struct conn *c, const char *path,
				const char *token)
{
	size_t len = strlen(path);
	struct watch **p = &ix->bucket[bucket_of(path, len)];

	while (*p && ((*p)->conn != c || !is_path(*p, path, len) || strcmp((*p)->token, token)))
		p = &(*p)->hash_next;
	return p;
}

int watch_add(struct watch_index *ix, struct conn *c, const char *path, size_t strip,
	      const char *token, int depth, struct watch **out)
{
	struct watch **link = find_link(ix, c, path, token);
	struct watch *w;

	if (*link)
		return -EEXIST;
	w = calloc(1, sizeof(*w) + strlen(path) + 1);
	if (!w)
		return -ENOMEM;
	w->token = strdup(token);
	if (!w->token) {
		free(w);
		return -ENOMEM;
	}
	strcpy(w->path, path);
	w->conn = c;
	w->depth = depth;
	w->strip = strip;
	*link = w;		/* the chain's end */
	w->conn_next = c->watches;
	c->watches = w;
	c->n_watches++;
	*out = w;
	return 0;
}

struct watch *watch_find(struct watch_index *ix, const struct conn *c, const char *path, const char *token)
{
	return *find_link(ix, c, path, token);
}

void watch_keep(struct journal *j, const struct watch *w)
{
	const struct journal_entry e = {
		.kind = JOURNAL_WATCH, .domid = w->conn->who.domid, .number = w->depth, .id = (uint32_t)w->strip,
		.path = w->path, .token = w->token,
	};

	if (w->conn->durable)
		journal_add(j, &e);
}

static void watch_free(struct watch *w)
{
	if (w->missed)
		w->conn->missed--;
	w->conn->n_watches--;
	free(w->token);
	free(w);
}

int watch_remove(struct watch_index *ix, struct conn *c, const char *path, const char *token)
{
	struct watch **link = find_link(ix, c, path, token), **p;
	struct watch *w = *link;

	if (!w)
		return -ENOENT;
	for (p = &c->watches; *p != w; p = &(*p)->conn_next)
		;
	*p = w->conn_next;
	*link = w->hash_next;
	watch_free(w);
	return 0;
}

void watch_remove_all(struct watch_index *ix, struct conn *c)
{
	struct watch *w;
	struct watch **p;

	while ((w = c->watches)) {
		for (p = &ix->bucket[bucket_of(w->path, strlen(w->path))]; *p != w;
		     p = &(*p)->hash_next)
			;
		*p = w->hash_next;
		c->watches = w->conn_next;
		watch_free(w);
	}
}

const char *watch_shown(const struct watch *w, const char *path)
{
	return path + w->strip;
}

static bool may_read(const struct conn *c, const struct tree_node *node)
{
	return node && (perm_of(node->perms, &c->who) & PERM_READ);
}

/* May this watcher know of a change of path? */
static bool may_know(const struct conn *c, const struct tree_node *before,
		     const struct tree_node *after, const char *path)
{
	char parent[XENSTORE_ABS_PATH_MAX];
	size_t len = tree_parent_len(path, strlen(path));

	if (c->who.privileged)
		return true;
	if (may_read(c, tree_find(after, path)) ||
	    (before && may_read(c, tree_find(before, path))))
		return true;
	memcpy(parent, path, len);
	parent[len] = '\0';
	return may_read(c, tree_find(after, parent));
}

/* How many levels path is below its first len bytes. */
static int levels_below(const char *path, size_t len)
{
	int levels = 0;

	if (len == 1)
		len = 0;
	if (!strcmp(path, "/"))
		return 0;
	for (const char *p = path + len; *p; p++)
		levels += *p == '/';
	return levels;
}

/* The watches on path[0..len-1] are told of path. */
static void fire_at(struct watch_index *ix, size_t len, const struct tree_node *before,
		    const struct tree_node *after, const char *path)
{
	struct watch *w = ix->bucket[bucket_of(path, len)];

	for (; w; w = w->hash_next) {
		if (!is_path(w, path, len))
			continue;
		if (w->depth >= 0 && levels_below(path, len) > w->depth)
			continue;
		if (may_know(w->conn, before, after, path))
			conn_event(w->conn, w, watch_shown(w, path));
	}
}

/* The watches on each node below `node`, which was at path[0..len-1] and is gone. */
static void fire_removed(struct watch_index *ix, const struct tree_node *node,
			 const struct tree_node *before, const struct tree_node *after,
			 char *path, size_t len)
{
	for (unsigned i = 0; i < node->n_children; i++) {
		const struct tree_node *c = node->children[i];
		size_t end = len + 1 + c->name_len;

		path[len] = '/';
		memcpy(path + len + 1, c->name, c->name_len);
		path[end] = '\0';
		fire_at(ix, end, before, after, path);
		fire_removed(ix, c, before, after, path, end);
	}
	path[len] = '\0';
}

void watch_fire(struct watch_index *ix, const struct tree_node *before,
		const struct tree_node *after, const char *path, bool removed)
{
	const struct tree_node *gone = removed && before ? tree_find(before, path) : NULL;
	char buf[XENSTORE_ABS_PATH_MAX];
	size_t len = strlen(path);

	if (gone) {
		memcpy(buf, path, len + 1);
		fire_removed(ix, gone, before, after, buf, len);
	}
	for (;;) {
		fire_at(ix, len, before, after, path);
		if (len == 1)
			break;
		len = tree_parent_len(path, len);
	}
}

void watch_fire_special(struct watch_index *ix, const struct perm_list *perms, const char *path)
{
	size_t len = strlen(path);
	struct watch *w = ix->bucket[bucket_of(path, len)];

	for (; w; w = w->hash_next)
		if (is_path(w, path, len) && (perm_of(perms, &w->conn->who) & PERM_READ))
			conn_event(w->conn, w, path);
}
