/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/req_watch.c
 *
 * WATCH, UNWATCH, RESET_WATCHES. A watch may be set on what does not exist or may not be read:
 * the right to know is tested when something happens. It fires once when it has been set.
 */
#include <errno.h>
#include <string.h>

#include "stored/request.h"

static int watch_path(struct request *r, const char *arg)
{
	if (!arg)
		return -EINVAL;
	if (path_special(arg) >= 0) {
		strcpy(r->path, arg);
		r->strip = 0;
		return 0;
	}
	return path_resolve(r->conn->who.domid, arg, r->path, &r->strip);
}

static void fire_first(struct request *r)
{
	/* Without memory for the reply the connection has ended, and the watch with it. */
	if (!r->conn->closed)
		conn_event(r->conn, r->watch, watch_shown(r->watch, r->watch->path));
}

int req_watch(struct request *r)
{
	int ret = watch_path(r, wire_args_next(&r->args));
	const char *token = wire_args_next(&r->args);
	uint64_t depth;
	int levels = -1;

	if (ret || !token || strlen(token) > WATCH_TOKEN_MAX)
		return -EINVAL;
	if (!request_args_end(r)) {
		/* No path is deeper than its length. */
		if (!wire_args_number(&r->args, XENSTORE_ABS_PATH_MAX, &depth) ||
		    !request_args_end(r))
			return -EINVAL;
		levels = (int)depth;
	}
	if (request_over_quota(r, QUOTA_WATCHES, r->conn->n_watches + 1))
		return -ENOSPC;
	ret = watch_add(&r->store->watches, r->conn, r->path, r->strip, token, levels, &r->watch);
	if (!ret)
		watch_keep(r->store->journal, r->watch);
	r->after = fire_first;
	return ret;
}

static void keep(struct request *r, enum journal_kind kind, const char *token)
{
	const struct journal_entry e = { .kind = kind, .domid = r->conn->who.domid, .path = r->path, .token = token };

	if (r->conn->durable)
		journal_add(r->store->journal, &e);
}

int req_unwatch(struct request *r)
{
	int ret = watch_path(r, wire_args_next(&r->args));
	const char *token = wire_args_next(&r->args);

	if (ret || !token || !request_args_end(r))
		return -EINVAL;
	ret = watch_remove(&r->store->watches, r->conn, r->path, token);
	if (!ret)
		keep(r, JOURNAL_UNWATCH, token);
	return ret;
}

/* What a guest sends first of all: it may be the second kernel of this domain. */
int req_reset_watches(struct request *r)
{
	watch_remove_all(&r->store->watches, r->conn);
	conn_end_txns(r->conn);
	r->txn = NULL;
	keep(r, JOURNAL_UNWATCH_ALL, "");
	return 0;
}
