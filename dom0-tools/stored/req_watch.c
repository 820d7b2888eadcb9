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
	if (quota_exceeds(&r->store->quota, &r->conn->who, QUOTA_WATCHES, r->conn->n_watches + 1))
		return -ENOSPC;
	ret = watch_add(&r->store->watches, r->conn, r->path, r->strip, token, levels, &r->watch);
	r->after = fire_first;
	return ret;
}

int req_unwatch(struct request *r)
{
	int ret = watch_path(r, wire_args_next(&r->args));
	const char *token = wire_args_next(&r->args);

	if (ret || !token || !request_args_end(r))
		return -EINVAL;
	return watch_remove(&r->store->watches, r->conn, r->path, token);
}

/* What a guest sends first of all: it may be the second kernel of this domain. */
int req_reset_watches(struct request *r)
{
	struct txn *t;

	watch_remove_all(&r->store->watches, r->conn);
	while ((t = r->conn->txns)) {
		r->conn->txns = t->next;
		txn_free(t);
	}
	r->conn->n_txns = 0;
	r->txn = NULL;
	return 0;
}
