/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/req_node.c
 *
 * Requests on nodes, alone or in a transaction. Rules of access:
 *  - reading (value, list of children, permissions) needs read on the node;
 *  - writing and removing need write on the node; creating needs write on the nearest existing
 *    ancestor; a node made by an unprivileged domain is owned by it;
 *  - setting permissions needs ownership, and only a privileged peer may give a node away;
 *  - a missing node is reported as such only to those who have the right in question on the
 *    nearest existing ancestor; others get EACCES and learn nothing.
 * In a transaction everything a decision rested upon is noted, see txn.h.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "stored/request.h"

static struct tree *tree_of(struct request *r)
{
	return r->txn ? &r->txn->tree : &r->store->tree;
}

static int note(struct request *r, size_t len, unsigned mask)
{
	if (!r->txn)
		return 0;
	if (request_over_quota(r, QUOTA_TXN_NODES, r->txn->n_access + 1))
		return -ENOSPC;
	return txn_note(r->txn, r->path, len, mask | TXN_PERMS);
}

/* A missing node: every missing level, and the permissions of the one that exists. */
static int note_missing(struct request *r, size_t existing)
{
	size_t len = strlen(r->path);
	int ret = 0;

	if (!r->txn)
		return 0;
	for (; !ret && len > existing; len = tree_parent_len(r->path, len))
		ret = note(r, len, 0);
	return ret ? ret : note(r, existing, 0);
}

/*
 * The node at r->path if the peer has the rights `need` on it. -ENOENT (with the rights on the
 * nearest existing ancestor), -EACCES, or the error of noting it.
 */
static int find_node(struct request *r, unsigned mask, unsigned need,
		     const struct tree_node **node)
{
	size_t len;
	const struct tree_node *near = tree_find_nearest(tree_of(r)->root, r->path, &len);
	bool exists = !r->path[len];
	int ret = exists ? note(r, len, mask) : note_missing(r, len);

	if (ret)
		return ret;
	if ((perm_of(near->perms, &r->conn->who) & need) != need)
		return -EACCES;
	*node = near;
	return exists ? 0 : -ENOENT;
}

/* Path argument, nothing behind it, node readable. */
static int find_to_read(struct request *r, unsigned mask, const struct tree_node **node)
{
	int ret = request_path(r);

	if (!ret && !request_args_end(r))
		ret = -EINVAL;
	return ret ? ret : find_node(r, mask, PERM_READ, node);
}

int req_read(struct request *r)
{
	const struct tree_node *node;
	int ret = find_to_read(r, TXN_VALUE, &node);

	if (ret)
		return ret;
	if (node->value)
		request_reply(r, node->value->bytes, node->value->len);
	else
		request_reply(r, NULL, 0);
	return 0;
}

int req_directory(struct request *r)
{
	const struct tree_node *node;
	char *out = r->store->scratch;
	size_t len = 0;
	int ret = find_to_read(r, TXN_CHILDREN, &node);

	if (ret)
		return ret;
	for (unsigned i = 0; i < node->n_children; i++) {
		size_t n = (size_t)node->children[i]->name_len + 1;

		if (n > XENSTORE_PAYLOAD_MAX - len)
			return -E2BIG;
		memcpy(out + len, node->children[i]->name, n);
		len += n;
	}
	request_reply(r, out, len);
	return 0;
}

/* Names from byte `offset` of the whole list on; the last part ends with an empty name. */
int req_directory_part(struct request *r)
{
	const struct tree_node *node;
	char *out = r->store->scratch;
	size_t len, at = 0;
	uint64_t offset;
	unsigned i = 0;
	int ret = request_path(r);

	if (ret || !wire_args_number(&r->args, UINT32_MAX, &offset) || !request_args_end(r))
		return -EINVAL;
	ret = find_node(r, TXN_CHILDREN, PERM_READ, &node);
	if (ret)
		return ret;
	while (i < node->n_children && at < offset)
		at += (size_t)node->children[i++]->name_len + 1;
	if (i < node->n_children && at != offset)
		return -EINVAL;
	len = (size_t)snprintf(out, 24, "%llu",
			       (unsigned long long)node->gen[TREE_CHILDREN]) + 1;
	for (; i < node->n_children; i++) {
		size_t n = (size_t)node->children[i]->name_len + 1;

		/* One byte stays free for the end mark. */
		if (n > XENSTORE_PAYLOAD_MAX - 1 - len)
			break;
		memcpy(out + len, node->children[i]->name, n);
		len += n;
	}
	if (i == node->n_children)
		out[len++] = '\0';
	request_reply(r, out, len);
	return 0;
}

static int reply_perms(struct request *r, const struct perm_list *perms)
{
	char *out = r->store->scratch;
	size_t len = 0;

	for (unsigned i = 0; i < perms->n; i++) {
		if (len + PERM_TEXT_MAX > XENSTORE_PAYLOAD_MAX)
			return -E2BIG;
		len += perm_format(&perms->p[i], out + len) + 1;
	}
	request_reply(r, out, len);
	return 0;
}

int req_get_perms(struct request *r)
{
	const struct tree_node *node;
	int special = r->args.left && !r->args.next[r->args.left - 1] ?
		      path_special(r->args.next) : -1;
	int ret;

	if (special >= 0) {
		if (!(perm_of(r->store->special[special], &r->conn->who) & PERM_READ))
			return -EACCES;
		return reply_perms(r, r->store->special[special]);
	}
	ret = find_to_read(r, TXN_PERMS, &node);
	return ret ? ret : reply_perms(r, node->perms);
}

static void fire_change(struct request *r)
{
	watch_fire(&r->store->watches, r->before, r->store->tree.root, r->path, r->removed);
}

/* The change itself, to the transaction or to the live tree. */
static int change(struct request *r, enum txn_op_kind kind, struct tree_blob *value,
		  struct perm_list *perms)
{
	int owner = r->conn->who.privileged ? -1 : r->conn->who.domid;
	int ret;

	if (r->txn && request_over_quota(r, QUOTA_TXN_NODES, r->txn->n_ops + 1))
		return -ENOSPC;
	if (r->txn)
		return txn_apply(r->txn, kind, r->path, value, perms, owner);
	/* Who could read a node before it goes or changes hands is told of that. */
	if (kind == TXN_OP_RM || kind == TXN_OP_SET_PERMS)
		r->before = tree_node_get(r->store->tree.root);
	ret = txn_op_run(&r->store->tree, kind, r->path, value, perms, owner);
	if (!ret)
		txn_op_keep(r->store->journal, kind, r->path, value, perms, owner);
	r->removed = kind == TXN_OP_RM;
	r->after = fire_change;
	return ret;
}

/* May the peer own so many nodes more? */
static int check_node_quota(struct request *r, unsigned more)
{
	const struct perm_who *who = &r->conn->who;
	int64_t owned;

	if (who->privileged)
		return 0;
	owned = r->store->quota.nodes[who->domid];
	if (r->txn)
		owned += txn_usage_of(&r->txn->usage, who->domid);
	owned += more;
	return owned > 0 && request_over_quota(r, QUOTA_NODES, (uint64_t)owned) ? -ENOSPC : 0;
}

/* The node exists or can be made: 0, or 1 when it is missing. */
static int find_to_write(struct request *r)
{
	const struct tree_node *node;
	int ret = find_node(r, 0, PERM_WRITE, &node);

	if (ret != -ENOENT)
		return ret;
	ret = check_node_quota(r, tree_count_missing(tree_of(r)->root, r->path));
	return ret ? ret : 1;
}

int req_write(struct request *r)
{
	struct tree_blob *value;
	int ret = request_path(r);

	if (ret)
		return ret;
	if (request_over_quota(r, QUOTA_ENTRY_SIZE, r->args.left))
		return -ENOSPC;
	ret = find_to_write(r);
	if (ret < 0)
		return ret;
	value = tree_blob_new(r->args.next, r->args.left);
	if (!value)
		return -ENOMEM;
	ret = change(r, TXN_OP_WRITE, value, NULL);
	tree_blob_put(value);
	return ret;
}

int req_mkdir(struct request *r)
{
	int ret = request_path(r);

	if (!ret && !request_args_end(r))
		ret = -EINVAL;
	if (ret)
		return ret;
	ret = find_to_write(r);
	return ret > 0 ? change(r, TXN_OP_MKDIR, NULL, NULL) : ret;
}

int req_rm(struct request *r)
{
	const struct tree_node *node;
	size_t len;
	int ret = request_path(r);

	if (ret || !request_args_end(r) || !strcmp(r->path, "/"))
		return -EINVAL;
	ret = find_node(r, TXN_SUBTREE, PERM_WRITE, &node);
	if (ret == -ENOENT) {
		/* Nothing to do if only the last name is missing. */
		tree_find_nearest(tree_of(r)->root, r->path, &len);
		return len == tree_parent_len(r->path, strlen(r->path)) ? 0 : -ENOENT;
	}
	return ret ? ret : change(r, TXN_OP_RM, NULL, NULL);
}

/* The rest of the arguments as a list of permissions. */
static int parse_perms(struct request *r, struct perm_list **out)
{
	struct perm list[JOURNAL_PERMS_MAX];
	unsigned n = 0;

	while (!request_args_end(r)) {
		const char *text = wire_args_next(&r->args);

		if (!text || n == sizeof(list) / sizeof(list[0]) || !perm_parse(text, &list[n]))
			return -EINVAL;
		n++;
	}
	if (!n)
		return -EINVAL;
	if (request_over_quota(r, QUOTA_PERMS, n))
		return -ENOSPC;
	*out = perm_list_new(list, n);
	return *out ? 0 : -ENOMEM;
}

static int set_special_perms(struct request *r, int special)
{
	struct perm_list *perms;
	int ret;

	if (!r->conn->who.privileged)
		return -EACCES;
	wire_args_next(&r->args);
	ret = parse_perms(r, &perms);
	if (ret)
		return ret;
	perm_list_put(r->store->special[special]);
	r->store->special[special] = perms;
	journal_add_perms(r->store->journal, &(struct journal_entry){ .kind = JOURNAL_SPECIAL, .number = special },
			  perms);
	return 0;
}

int req_set_perms(struct request *r)
{
	const struct tree_node *node;
	struct perm_list *perms;
	int special = memchr(r->args.next, '\0', r->args.left) ? path_special(r->args.next) : -1;
	int ret;

	if (special >= 0)
		return set_special_perms(r, special);
	ret = request_path(r);
	if (ret)
		return ret;
	ret = parse_perms(r, &perms);
	if (ret)
		return ret;
	ret = find_node(r, 0, PERM_WRITE | PERM_OWNER, &node);
	if (!ret && !r->conn->who.privileged &&
	    perms->p[0].domid != node->perms->p[0].domid)
		ret = -EPERM;
	if (!ret)
		ret = change(r, TXN_OP_SET_PERMS, NULL, perms);
	perm_list_put(perms);
	return ret;
}
