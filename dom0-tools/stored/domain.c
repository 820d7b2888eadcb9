/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/domain.c
 *
 * The table of introduced domains (declared in store.h). A domain is
 *	introduced -> [shutdown: watchers of @releaseDomain told once, RESUME takes it back]
 *	-> released, by request or because the hypervisor has none such (or a dying one).
 * Domain ids are used again: when a domain goes, so do the nodes it owns, its entries in the
 * permissions of others and its place as somebody's target; its successor inherits nothing.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stored/log.h"
#include "stored/store.h"
#include "stored/txn.h"

struct domain *domain_find(struct store *s, uint16_t domid)
{
	struct domain *d = s->domains;

	while (d && d->domid != domid)
		d = d->next;
	return d;
}

void domain_fire(struct store *s, enum path_special which)
{
	watch_fire_special(&s->watches, s->special[which],
			   which == SPECIAL_INTRODUCE ? PATH_INTRODUCE : PATH_RELEASE);
}

void domain_keep(const struct domain *d, struct journal *j)
{
	const struct conn *c = d->conn;
	const struct journal_entry e = {
		.kind = JOURNAL_DOMAIN, .domid = d->domid, .big = d->gfn, .id = d->port, .number = c != NULL,
		.cons = c ? c->cons : 0, .prod = c ? conn_out_begin(c) : 0, .data = &d->handle, .len = sizeof(d->handle),
	};

	journal_add(j, &e);
}

void domain_set_shutdown(struct store *s, struct domain *d, bool shutdown)
{
	const struct journal_entry e = { .kind = JOURNAL_SHUTDOWN, .domid = d->domid, .number = shutdown };

	d->shutdown = shutdown;
	journal_add(s->journal, &e);
}

void domain_set_target(struct store *s, struct conn *c, int target)
{
	const struct journal_entry e = { .kind = JOURNAL_TARGET, .domid = c->who.domid, .number = target };

	c->who.has_target = target >= 0;
	c->who.target = target >= 0 ? (uint16_t)target : 0;
	if (c->durable)
		journal_add(s->journal, &e);
}

int domain_introduce(struct store *s, uint16_t domid, uint64_t gfn, uint32_t port)
{
	struct domain *d = domain_find(s, domid);
	struct conn *conn;
	int ret;

	if (!s->ops)
		return -ENOSYS;
	/* One whose ring could not be had, or whose connection has ended, is connected by it. */
	if (d && d->conn && !d->conn->closed && d->gfn == gfn && d->port == port)
		return 0;
	if (d && domid == 0)
		return -EINVAL;
	if (!d && !(d = calloc(1, sizeof(*d))))
		return -ENOMEM;
	if (d->conn) {
		/* The old port may be the very one to bind again. */
		s->ops->detach(s->ops_ctx, d->conn);
		d->conn = NULL;
		d->port = 0;
	}
	ret = s->ops->attach(s->ops_ctx, domid, gfn, port, &conn);
	if (ret && !domain_find(s, domid)) {
		free(d);
		return ret;
	}
	if (ret) {
		/* It lives, and keeps its nodes; it has no store until somebody introduces it once more. */
		d->shutdown = false;
		domain_keep(d, s->journal);
		return ret;
	}
	if (!domain_find(s, domid)) {
		d->next = s->domains;
		s->domains = d;
	}
	d->domid = domid;
	d->gfn = gfn;
	d->port = port;
	d->shutdown = false;
	d->conn = conn;
	d->handle = s->ops->handle ? s->ops->handle(s->ops_ctx, domid) : (struct domain_handle){ { 0 } };
	domain_keep(d, s->journal);
	log_info("domain %u introduced (port %u)", domid, port);
	return 0;
}

/* What a walk over the tree as it was needs to take a domain out of the tree as it is. */
struct scrub {
	struct store *s;
	struct tree_node *before;
	uint16_t domid;
	char path[XENSTORE_ABS_PATH_MAX];
};

static void scrub_perms(struct scrub *k, const struct tree_node *node)
{
	struct perm_list *perms = perm_list_without(node->perms, k->domid);

	if (!perms || tree_set_perms(&k->s->tree, k->path, perms))
		log_error("no memory to take domain %u out of the permissions of %s", k->domid,
			  k->path);
	else
		txn_op_keep(k->s->journal, TXN_OP_SET_PERMS, k->path, NULL, perms, -1);
	perm_list_put(perms);
}

/* node is at k->path, whose length is len (0 for the root, while it is visited). */
static void scrub_node(struct scrub *k, const struct tree_node *node, size_t len)
{
	struct store *s = k->s;

	if (len && node->perms->p[0].domid == k->domid) {
		if (tree_rm(&s->tree, k->path)) {
			log_error("no memory to remove %s of dead domain %u", k->path, k->domid);
			return;
		}
		txn_op_keep(s->journal, TXN_OP_RM, k->path, NULL, NULL, -1);
		watch_fire(&s->watches, k->before, s->tree.root, k->path, true);
		return;
	}
	if (perm_list_names(node->perms, k->domid)) {
		if (!len)
			strcpy(k->path, "/");
		scrub_perms(k, node);
	}
	for (unsigned i = 0; i < node->n_children; i++) {
		const struct tree_node *c = node->children[i];

		k->path[len] = '/';
		memcpy(k->path + len + 1, c->name, (size_t)c->name_len + 1);
		scrub_node(k, c, len + 1 + c->name_len);
	}
	k->path[len] = '\0';
}

static void scrub_domain(struct store *s, uint16_t domid)
{
	struct scrub k = { .s = s, .before = tree_node_get(s->tree.root), .domid = domid };

	scrub_node(&k, k.before, 0);
	tree_node_put(k.before);
	for (unsigned i = 0; i < SPECIALS; i++) {
		struct perm_list *perms = perm_list_without(s->special[i], domid);

		if (perms) {
			perm_list_put(s->special[i]);
			s->special[i] = perms;
			journal_add_perms(s->journal, &(struct journal_entry){ .kind = JOURNAL_SPECIAL, .number = (int)i },
					  perms);
		}
	}
	for (struct conn *c = s->conns; c; c = c->next)
		if (c->who.has_target && c->who.target == domid)
			domain_set_target(s, c, -1);
}

void domain_release(struct store *s, struct domain *d)
{
	const struct journal_entry gone = { .kind = JOURNAL_RELEASE, .domid = d->domid };
	struct domain **p = &s->domains;

	while (*p != d)
		p = &(*p)->next;
	*p = d->next;
	if (d->conn)
		s->ops->detach(s->ops_ctx, d->conn);
	journal_add(s->journal, &gone);
	scrub_domain(s, d->domid);
	log_info("domain %u released", d->domid);
	free(d);
}

void domain_scan(struct store *s)
{
	struct domain *d, *next;
	bool tell = false;

	for (d = s->domains; d; d = next) {
		enum domain_state state;

		next = d->next;
		if (d->domid == 0)
			continue;
		state = s->ops->state(s->ops_ctx, d->domid);
		if (state == DOMAIN_GONE) {
			domain_release(s, d);
			tell = true;
		} else if (state == DOMAIN_SHUTDOWN && !d->shutdown) {
			domain_set_shutdown(s, d, true);
			tell = true;
		}
	}
	if (tell)
		domain_fire(s, SPECIAL_RELEASE);
	store_commit(s);
}
