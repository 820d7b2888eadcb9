/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/replay.c
 *
 * See replay.h: a store out of a stream. One table of kinds. An entry that means nothing here (a watch
 * of a domain that is not introduced) is counted and left out: one lost watch is less than a lost store.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stored/log.h"
#include "stored/replay.h"
#include "stored/txn.h"

static int tree_op(struct store *s, const struct journal_entry *e, enum txn_op_kind kind)
{
	struct perm_list *perms = NULL;
	struct tree_blob *value = NULL;
	char path[XENSTORE_ABS_PATH_MAX];
	size_t strip;
	int ret;

	if (e->path[0] != '/' || path_resolve(0, e->path, path, &strip) || e->number < -1 ||
	    e->number >= (int)PERM_DOMID_END)
		return -EINVAL;
	if (kind == TXN_OP_SET_PERMS && !(perms = journal_perms(e)))
		return -EINVAL;
	if (kind == TXN_OP_WRITE && !(value = tree_blob_new(e->data, e->len)))
		return -ENOMEM;
	ret = txn_op_run(&s->tree, kind, path, value, perms, e->number);
	tree_blob_put(value);
	perm_list_put(perms);
	return ret;
}

static int on_write(struct store *s, const struct journal_entry *e)
{
	return tree_op(s, e, TXN_OP_WRITE);
}

static int on_mkdir(struct store *s, const struct journal_entry *e)
{
	return tree_op(s, e, TXN_OP_MKDIR);
}

static int on_rm(struct store *s, const struct journal_entry *e)
{
	return tree_op(s, e, TXN_OP_RM);
}

static int on_set_perms(struct store *s, const struct journal_entry *e)
{
	return tree_op(s, e, TXN_OP_SET_PERMS);
}

static int on_special(struct store *s, const struct journal_entry *e)
{
	struct perm_list *perms = e->number >= 0 && e->number < SPECIALS ? journal_perms(e) : NULL;

	if (!perms)
		return -EINVAL;
	perm_list_put(s->special[e->number]);
	s->special[e->number] = perms;
	return 0;
}

static int on_quota(struct store *s, const struct journal_entry *e)
{
	return quota_set(&s->quota, e->path, e->id) ? 0 : -EINVAL;
}

/* The connection that an entry is about. */
static struct conn *conn_of(struct store *s, const struct journal_entry *e)
{
	struct domain *d = domain_find(s, e->domid);

	return d ? d->conn : NULL;
}

static int on_release(struct store *s, const struct journal_entry *e)
{
	struct domain **p = &s->domains, *d;

	while (*p && (*p)->domid != e->domid)
		p = &(*p)->next;
	d = *p;
	if (!d)
		return -EINVAL;
	*p = d->next;
	if (d->conn)
		s->ops->detach(s->ops_ctx, d->conn);
	free(d);
	return 0;
}

static int on_domain(struct store *s, const struct journal_entry *e)
{
	struct domain *d;

	if (!s->ops || e->domid >= PERM_DOMID_END || e->len != sizeof(d->handle))
		return -EINVAL;
	/* Introduced with other values: the old connection has been reset before. */
	on_release(s, e);
	d = calloc(1, sizeof(*d));
	if (!d)
		return -ENOMEM;
	if (e->number && !(d->conn = s->ops->restore(s->ops_ctx, e->domid))) {
		free(d);
		return -ENOMEM;
	}
	d->domid = e->domid;
	d->gfn = e->big;
	d->port = e->id;
	memcpy(&d->handle, e->data, sizeof(d->handle));
	d->next = s->domains;
	s->domains = d;
	if (d->conn) {
		d->conn->cons = e->cons;
		d->conn->prod = e->prod;
	}
	return 0;
}

static int on_shutdown(struct store *s, const struct journal_entry *e)
{
	struct domain *d = domain_find(s, e->domid);

	if (!d)
		return -EINVAL;
	d->shutdown = e->number != 0;
	return 0;
}

static int on_target(struct store *s, const struct journal_entry *e)
{
	struct conn *c = conn_of(s, e);

	if (!c || e->number < -1 || e->number >= (int)PERM_DOMID_END)
		return -EINVAL;
	domain_set_target(s, c, e->number);
	return 0;
}

static int on_ring(struct store *s, const struct journal_entry *e)
{
	struct conn *c = conn_of(s, e);

	if (!c)
		return -EINVAL;
	conn_request_done(c);
	c->cons = e->cons;
	return conn_restore_sent(c, e->prod);
}

static int on_part(struct store *s, const struct journal_entry *e)
{
	struct conn *c = conn_of(s, e);

	if (!c || conn_restore_part(c, e->data, e->len))
		return -EINVAL;
	c->cons = e->cons;
	return conn_restore_sent(c, e->prod);
}

static int on_reset(struct store *s, const struct journal_entry *e)
{
	struct conn *c = conn_of(s, e);

	if (!c)
		return -EINVAL;
	conn_reset(c);
	c->cons = e->cons;
	c->prod = e->prod;
	return 0;
}

static int on_broken(struct store *s, const struct journal_entry *e)
{
	struct conn *c = conn_of(s, e);

	if (!c)
		return -EINVAL;
	c->broken = e->id;
	return 0;
}

static int on_out(struct store *s, const struct journal_entry *e)
{
	struct conn *c = conn_of(s, e);

	return c ? conn_restore_out(c, e->data, e->len) : -EINVAL;
}

static int on_watch(struct store *s, const struct journal_entry *e)
{
	struct conn *c = conn_of(s, e);
	char path[XENSTORE_ABS_PATH_MAX];
	struct watch *w;
	size_t strip;

	if (!c || strlen(e->token) > WATCH_TOKEN_MAX || e->id > strlen(e->path) || e->number < -1 ||
	    (path_special(e->path) < 0 && (e->path[0] != '/' || path_resolve(0, e->path, path, &strip))))
		return -EINVAL;
	return watch_add(&s->watches, c, e->path, e->id, e->token, e->number, &w);
}

static int on_unwatch(struct store *s, const struct journal_entry *e)
{
	struct conn *c = conn_of(s, e);

	return c ? watch_remove(&s->watches, c, e->path, e->token) : -EINVAL;
}

static int on_unwatch_all(struct store *s, const struct journal_entry *e)
{
	struct conn *c = conn_of(s, e);

	if (!c)
		return -EINVAL;
	watch_remove_all(&s->watches, c);
	conn_end_txns(c);
	return 0;
}

static int on_missed(struct store *s, const struct journal_entry *e)
{
	struct conn *c = conn_of(s, e);
	struct watch *w = c ? watch_find(&s->watches, c, e->path, e->token) : NULL;

	if (!w)
		return -EINVAL;
	conn_restore_missed(c, w, e->kind == JOURNAL_MISSED);
	return 0;
}

/* Its fork is made at the end, of the tree as it is then. */
static int on_txn(struct store *s, const struct journal_entry *e)
{
	struct conn *c = conn_of(s, e);
	struct txn *t;

	if (!c || !e->id)
		return -EINVAL;
	t = txn_new(e->id, &s->tree);
	if (!t)
		return -ENOMEM;
	t->doomed = true;
	t->next = c->txns;
	c->txns = t;
	c->n_txns++;
	c->next_txn = e->id;
	return 0;
}

static int on_txn_end(struct store *s, const struct journal_entry *e)
{
	struct conn *c = conn_of(s, e);
	struct txn **p = c ? &c->txns : NULL, *t;

	while (p && *p && (*p)->id != e->id)
		p = &(*p)->next;
	if (!p || !*p)
		return -EINVAL;
	t = *p;
	*p = t->next;
	c->n_txns--;
	txn_free(t);
	return 0;
}

static int on_txn_id(struct store *s, const struct journal_entry *e)
{
	s->last_txn = e->id;
	return 0;
}

static int on_committed(struct store *s, const struct journal_entry *e)
{
	store_note_commit(s, e->id);
	return 0;
}

static int on_begin(struct store *s, const struct journal_entry *e)
{
	(void)s, (void)e;
	return -EINVAL;		/* a second one */
}

static int (*const handlers[JOURNAL_KINDS])(struct store *s, const struct journal_entry *e) = {
	[0] = on_begin,
	[JOURNAL_BEGIN] = on_begin,
	[JOURNAL_WRITE] = on_write,
	[JOURNAL_MKDIR] = on_mkdir,
	[JOURNAL_RM] = on_rm,
	[JOURNAL_SET_PERMS] = on_set_perms,
	[JOURNAL_SPECIAL] = on_special,
	[JOURNAL_QUOTA] = on_quota,
	[JOURNAL_DOMAIN] = on_domain,
	[JOURNAL_RELEASE] = on_release,
	[JOURNAL_SHUTDOWN] = on_shutdown,
	[JOURNAL_TARGET] = on_target,
	[JOURNAL_RING] = on_ring,
	[JOURNAL_PART] = on_part,
	[JOURNAL_RESET] = on_reset,
	[JOURNAL_BROKEN] = on_broken,
	[JOURNAL_OUT] = on_out,
	[JOURNAL_WATCH] = on_watch,
	[JOURNAL_UNWATCH] = on_unwatch,
	[JOURNAL_UNWATCH_ALL] = on_unwatch_all,
	[JOURNAL_MISSED] = on_missed,
	[JOURNAL_MADE_UP] = on_missed,
	[JOURNAL_TXN] = on_txn,
	[JOURNAL_TXN_END] = on_txn_end,
	[JOURNAL_TXN_ID] = on_txn_id,
	[JOURNAL_COMMITTED] = on_committed,
};

/* NULL when the stream begins as ours do. */
static const char *look_at_begin(const struct journal_entry *e, const char *boot_id)
{
	if (e->kind != JOURNAL_BEGIN)
		return "it does not begin as a journal does";
	if (e->id != JOURNAL_VERSION)
		return "another version of stored wrote it";
	if (e->len != strlen(boot_id) || memcmp(e->data, boot_id, e->len))
		return REPLAY_OTHER_BOOT;
	return NULL;
}

/* Transactions see the tree that there is, not a part of the way to it. */
static int forks_renew(struct store *s)
{
	struct txn *t, *fresh, **p;

	for (struct conn *c = s->conns; c; c = c->next) {
		for (p = &c->txns; (t = *p); p = &fresh->next) {
			fresh = txn_new(t->id, &s->tree);
			if (!fresh)
				return -ENOMEM;
			fresh->doomed = true;
			fresh->next = t->next;
			*p = fresh;
			txn_free(t);
		}
	}
	return 0;
}

int replay(struct store *s, const void *stream, size_t len, const char *boot_id, struct replay_result *result)
{
	struct journal *kept = s->journal;
	struct journal_reader r;
	struct journal_entry e;
	int ret = 0;

	*result = (struct replay_result){ 0 };
	journal_read(&r, stream, len);
	if (!journal_next(&r, &e)) {
		result->refused = len ? "it does not begin as a journal does" : NULL;
		return 0;
	}
	result->refused = look_at_begin(&e, boot_id);
	if (result->refused)
		return 0;
	s->journal = NULL;
	s->generation = e.big + 1;
	/* Generations of nodes are larger than all that have been seen before. */
	s->clock = s->generation << 40;
	while (ret != -ENOMEM && journal_next(&r, &e)) {
		ret = handlers[e.kind](s, &e);
		result->entries++;
		result->senseless += ret != 0;
	}
	result->good = (size_t)(r.at - (const char *)stream);
	s->journal = kept;
	return ret == -ENOMEM ? ret : forks_renew(s);
}

/* Dead, or dead long enough for another one to have its id. */
static bool is_gone(struct store *s, const struct domain *d)
{
	static const struct domain_handle unknown;
	struct domain_handle now;

	if (d->domid == 0)
		return false;
	if (s->ops->state(s->ops_ctx, d->domid) == DOMAIN_GONE)
		return true;
	now = s->ops->handle(s->ops_ctx, d->domid);
	return memcmp(&now, &unknown, sizeof(now)) && memcmp(&d->handle, &unknown, sizeof(now)) &&
	       memcmp(&now, &d->handle, sizeof(now));
}

int replay_rejoin(struct store *s, uint32_t dom0_port)
{
	struct domain *d, *next;
	bool gone = false;
	int ret;

	for (d = s->domains; d; d = next) {
		next = d->next;
		if (is_gone(s, d)) {
			domain_release(s, d);
			gone = true;
			continue;
		}
		if (d->domid == 0)
			d->port = dom0_port;
		ret = d->conn ? s->ops->rejoin(s->ops_ctx, d->conn, d->gfn, d->port) : 0;
		if (ret && d->domid == 0)
			return ret;
		if (ret) {
			log_error("domain %u: its ring cannot be had again (%s); it cannot use the store", d->domid, strerror(-ret));
			s->ops->detach(s->ops_ctx, d->conn);
			d->conn = NULL;
		} else if (d->conn) {
			conn_restored(d->conn);
		}
	}
	if (gone)
		domain_fire(s, SPECIAL_RELEASE);
	return 0;
}
