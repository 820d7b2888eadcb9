/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/tree.c
 *
 * See tree.h. The one rule that keeps old versions intact: a node may be changed only when its
 * count is 1 and all its ancestors have just been found (or made) to be the only ones too;
 * slot_own() gives exactly that, and every change descends through it. A failure half way leaves
 * clones that are equal to their originals, which no reader can tell apart.
 * Recursion depth is bounded by the length of a path (XENSTORE_ABS_PATH_MAX / 2 levels).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stored/tree.h"

struct tree_blob *tree_blob_new(const void *bytes, size_t len)
{
	struct tree_blob *b = malloc(sizeof(*b) + len);

	if (!b)
		return NULL;
	b->refs = 1;
	b->len = (uint32_t)len;
	if (len)
		memcpy(b->bytes, bytes, len);
	return b;
}

struct tree_blob *tree_blob_get(struct tree_blob *b)
{
	if (b)
		b->refs++;
	return b;
}

void tree_blob_put(struct tree_blob *b)
{
	if (b && --b->refs == 0)
		free(b);
}

struct tree_node *tree_node_get(struct tree_node *node)
{
	node->refs++;
	return node;
}

void tree_node_put(struct tree_node *node)
{
	if (!node || --node->refs)
		return;
	for (unsigned i = 0; i < node->n_children; i++)
		tree_node_put(node->children[i]);
	free(node->children);
	tree_blob_put(node->value);
	perm_list_put(node->perms);
	free(node);
}

/* Takes its own reference to perms. */
static struct tree_node *node_new(struct tree *t, const char *name, size_t len,
				  struct perm_list *perms)
{
	struct tree_node *node = calloc(1, sizeof(*node) + len + 1);

	if (!node)
		return NULL;
	node->refs = 1;
	node->name_len = (uint16_t)len;
	memcpy(node->name, name, len);
	node->perms = perm_list_get(perms);
	for (unsigned i = 0; i < TREE_ASPECTS; i++)
		node->gen[i] = ++*t->clock;
	return node;
}

static struct tree_node *node_clone(const struct tree_node *old)
{
	struct tree_node *node = malloc(sizeof(*node) + old->name_len + 1);

	if (!node)
		return NULL;
	memcpy(node, old, sizeof(*node) + old->name_len + 1);
	node->refs = 1;
	node->room = old->n_children;
	node->children = NULL;
	if (node->room) {
		node->children = malloc(node->room * sizeof(*node->children));
		if (!node->children) {
			free(node);
			return NULL;
		}
	}
	for (unsigned i = 0; i < old->n_children; i++)
		node->children[i] = tree_node_get(old->children[i]);
	tree_blob_get(node->value);
	perm_list_get(node->perms);
	return node;
}

/* Makes the node in this slot ours alone; the slot's owner is already ours. */
static int slot_own(struct tree_node **slot)
{
	struct tree_node *copy;

	if ((*slot)->refs == 1)
		return 0;
	copy = node_clone(*slot);
	if (!copy)
		return -ENOMEM;
	tree_node_put(*slot);
	*slot = copy;
	return 0;
}

/* Index of the child, or of the place where it would be inserted. */
static bool child_index(const struct tree_node *node, const char *name, size_t len, unsigned *at)
{
	unsigned lo = 0, hi = node->n_children;

	while (lo < hi) {
		unsigned mid = lo + (hi - lo) / 2;
		const struct tree_node *c = node->children[mid];
		size_t common = c->name_len < len ? c->name_len : len;
		int order = memcmp(c->name, name, common);

		if (order == 0 && c->name_len == len) {
			*at = mid;
			return true;
		}
		if (order < 0 || (order == 0 && c->name_len < len))
			lo = mid + 1;
		else
			hi = mid;
	}
	*at = lo;
	return false;
}

const struct tree_node *tree_child(const struct tree_node *node, const char *name, size_t len)
{
	unsigned at;

	return child_index(node, name, len, &at) ? node->children[at] : NULL;
}

/* Steps *p over the next component; false at the end of the path. */
static bool next_name(const char **p, const char **name, size_t *len)
{
	const char *s = *p;

	while (*s == '/')
		s++;
	if (!*s)
		return false;
	*name = s;
	*len = strcspn(s, "/");
	*p = s + *len;
	return true;
}

const struct tree_node *tree_find_nearest(const struct tree_node *root, const char *path,
					  size_t *len)
{
	const struct tree_node *node = root, *child;
	const char *p = path, *name;
	size_t n;

	*len = 1;
	while (next_name(&p, &name, &n)) {
		child = tree_child(node, name, n);
		if (!child)
			break;
		node = child;
		*len = (size_t)(name + n - path);
	}
	return node;
}

const struct tree_node *tree_find(const struct tree_node *root, const char *path)
{
	size_t len;
	const struct tree_node *node = tree_find_nearest(root, path, &len);

	return path[len] == '\0' ? node : NULL;
}

size_t tree_parent_len(const char *path, size_t len)
{
	while (len > 1 && path[len - 1] != '/')
		len--;
	return len > 1 ? len - 1 : 1;
}

unsigned tree_count_missing(const struct tree_node *root, const char *path)
{
	unsigned missing = 0;
	const char *p, *name;
	size_t len;

	tree_find_nearest(root, path, &len);
	p = path + len;
	while (next_name(&p, &name, &len))
		missing++;
	return missing;
}

static void account_subtree(const struct tree *t, const struct tree_node *node, int delta)
{
	t->account.add(t->account.ctx, node->perms->p[0].domid, delta);
	for (unsigned i = 0; i < node->n_children; i++)
		account_subtree(t, node->children[i], delta);
}

int tree_init(struct tree *t, uint64_t *clock, struct perm_list *perms,
	      struct tree_account account)
{
	t->clock = clock;
	t->account = account;
	t->root = node_new(t, "", 0, perms);
	if (!t->root)
		return -ENOMEM;
	account_subtree(t, t->root, 1);
	return 0;
}

void tree_fork(struct tree *dst, const struct tree *src, struct tree_account account)
{
	dst->clock = src->clock;
	dst->account = account;
	dst->root = tree_node_get(src->root);
}

void tree_fini(struct tree *t)
{
	tree_node_put(t->root);
	t->root = NULL;
}

/* The existing node at path[0..len-1], made ours; NULL without memory. */
static struct tree_node *own_path(struct tree *t, const char *path, size_t len)
{
	struct tree_node **slot = &t->root;
	const char *p = path, *name;
	unsigned at;
	size_t n;

	if (slot_own(slot))
		return NULL;
	while (p < path + len && next_name(&p, &name, &n) && name < path + len) {
		if (!child_index(*slot, name, n, &at))
			return NULL;
		slot = &(*slot)->children[at];
		if (slot_own(slot))
			return NULL;
	}
	return *slot;
}

static int children_reserve(struct tree_node *node)
{
	unsigned room = node->room ? node->room * 2 : 4;
	struct tree_node **grown;

	if (node->n_children < node->room)
		return 0;
	grown = realloc(node->children, room * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	node->children = grown;
	node->room = room;
	return 0;
}

/* Room must have been reserved; takes over the reference. */
static void child_insert(struct tree *t, struct tree_node *node, struct tree_node *child)
{
	unsigned at;

	child_index(node, child->name, child->name_len, &at);
	memmove(&node->children[at + 1], &node->children[at],
		(node->n_children - at) * sizeof(*node->children));
	node->children[at] = child;
	node->n_children++;
	node->gen[TREE_CHILDREN] = ++*t->clock;
}

/* The chain of new nodes named by rest ("/b/c"): its first node; *last is the deepest. */
static struct tree_node *chain_new(struct tree *t, const char *rest, struct perm_list *perms,
				   struct tree_node **last)
{
	struct tree_node *first = NULL, *node;
	const char *name;
	size_t len;

	*last = NULL;
	while (next_name(&rest, &name, &len)) {
		node = node_new(t, name, len, perms);
		if (!node || (*last && children_reserve(*last))) {
			tree_node_put(node);
			tree_node_put(first);
			return NULL;
		}
		if (*last)
			child_insert(t, *last, node);
		else
			first = node;
		*last = node;
	}
	return first;
}

static int create_below(struct tree *t, const char *path, size_t len, struct tree_blob *value,
			int owner)
{
	struct tree_node *parent = own_path(t, path, len), *first, *last;
	struct perm_list *perms;

	if (!parent || children_reserve(parent))
		return -ENOMEM;
	if (owner >= 0 && parent->perms->p[0].domid != owner)
		perms = perm_list_chown(parent->perms, (uint16_t)owner);
	else
		perms = perm_list_get(parent->perms);
	if (!perms)
		return -ENOMEM;
	first = chain_new(t, path + (len > 1 ? len : 0), perms, &last);
	perm_list_put(perms);
	if (!first)
		return -ENOMEM;
	last->value = tree_blob_get(value);
	child_insert(t, parent, first);
	account_subtree(t, first, 1);
	return 0;
}

int tree_write(struct tree *t, const char *path, struct tree_blob *value, int owner)
{
	struct tree_node *node;
	size_t len;

	tree_find_nearest(t->root, path, &len);
	if (path[len])
		return create_below(t, path, len, value, owner);
	node = own_path(t, path, len);
	if (!node)
		return -ENOMEM;
	tree_blob_get(value);
	tree_blob_put(node->value);
	node->value = value;
	node->gen[TREE_VALUE] = ++*t->clock;
	return 0;
}

int tree_mkdir(struct tree *t, const char *path, int owner)
{
	size_t len;

	tree_find_nearest(t->root, path, &len);
	return path[len] ? create_below(t, path, len, NULL, owner) : 0;
}

int tree_rm(struct tree *t, const char *path)
{
	size_t len = strlen(path), up = tree_parent_len(path, len);
	const char *name = path + (up > 1 ? up + 1 : 1);
	struct tree_node *parent, *node;
	unsigned at;

	if (len == 1)
		return -EINVAL;
	if (!tree_find(t->root, path))
		return -ENOENT;
	parent = own_path(t, path, up);
	if (!parent)
		return -ENOMEM;
	child_index(parent, name, strlen(name), &at);
	node = parent->children[at];
	parent->n_children--;
	memmove(&parent->children[at], &parent->children[at + 1],
		(parent->n_children - at) * sizeof(*parent->children));
	parent->gen[TREE_CHILDREN] = ++*t->clock;
	account_subtree(t, node, -1);
	tree_node_put(node);
	return 0;
}

int tree_set_perms(struct tree *t, const char *path, struct perm_list *perms)
{
	struct tree_node *node;

	if (!tree_find(t->root, path))
		return -ENOENT;
	node = own_path(t, path, strlen(path));
	if (!node)
		return -ENOMEM;
	t->account.add(t->account.ctx, node->perms->p[0].domid, -1);
	t->account.add(t->account.ctx, perms->p[0].domid, 1);
	perm_list_get(perms);
	perm_list_put(node->perms);
	node->perms = perms;
	node->gen[TREE_PERMS] = ++*t->clock;
	return 0;
}
