/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/request.c
 *
 * See request.h: the table of request types and the one way through it. At its end all that the
 * request did, the answer and the events among it, is written to the journal as one record.
 */
#include <errno.h>
#include <string.h>

#include "stored/log.h"
#include "stored/request.h"

struct request_row {
	const char *name;
	int (*handler)(struct request *r);
	bool privileged;
	bool changes;		/* nodes: in a doomed transaction it does not matter whether it could */
};

static int refuse(struct request *r)
{
	(void)r;
	return -ENOSYS;
}

/* 32 rows, so that a masked type always has one; what is not a request is refused. */
#define NO_REQUEST 20
static const struct request_row rows[32] = {
	[XS_WATCH_EVENT ... XS_ERROR]  = { "unknown", refuse, false, false },
	[NO_REQUEST]                   = { "unknown", refuse, false, false },
	[XS_TYPE_COUNT ... 31]         = { "unknown", refuse, false, false },
	[XS_CONTROL]              = { "CONTROL", req_control, true, false },
	[XS_DIRECTORY]            = { "DIRECTORY", req_directory, false, false },
	[XS_READ]                 = { "READ", req_read, false, false },
	[XS_GET_PERMS]            = { "GET_PERMS", req_get_perms, false, false },
	[XS_WATCH]                = { "WATCH", req_watch, false, false },
	[XS_UNWATCH]              = { "UNWATCH", req_unwatch, false, false },
	[XS_TRANSACTION_START]    = { "TRANSACTION_START", req_transaction_start, false, false },
	[XS_TRANSACTION_END]      = { "TRANSACTION_END", req_transaction_end, false, false },
	[XS_INTRODUCE]            = { "INTRODUCE", req_introduce, true, false },
	[XS_RELEASE]              = { "RELEASE", req_release, true, false },
	[XS_GET_DOMAIN_PATH]      = { "GET_DOMAIN_PATH", req_get_domain_path, false, false },
	[XS_WRITE]                = { "WRITE", req_write, false, true },
	[XS_MKDIR]                = { "MKDIR", req_mkdir, false, true },
	[XS_RM]                   = { "RM", req_rm, false, true },
	[XS_SET_PERMS]            = { "SET_PERMS", req_set_perms, false, true },
	[XS_IS_DOMAIN_INTRODUCED] = { "IS_DOMAIN_INTRODUCED", req_is_domain_introduced, false, false },
	[XS_RESUME]               = { "RESUME", req_resume, true, false },
	[XS_SET_TARGET]           = { "SET_TARGET", req_set_target, true, false },
	[XS_RESET_WATCHES]        = { "RESET_WATCHES", req_reset_watches, false, false },
	[XS_DIRECTORY_PART]       = { "DIRECTORY_PART", req_directory_part, false, false },
};

int request_path(struct request *r)
{
	const char *arg = wire_args_next(&r->args);

	return arg ? path_resolve(r->conn->who.domid, arg, r->path, &r->strip) : -EINVAL;
}

bool request_args_end(const struct request *r)
{
	return r->args.left == 0;
}

void request_reply(struct request *r, const void *body, size_t len)
{
	if (len && body != r->store->scratch)
		memcpy(r->store->scratch, body, len);
	r->reply_len = len;
	r->reply_empty = len == 0;
}

bool request_over_quota(struct request *r, enum quota_kind kind, uint64_t amount)
{
	if (!quota_exceeds(&r->store->quota, &r->conn->who, kind, amount))
		return false;
	log_limited(&r->conn->log, "%s is refused %s: quota %s is %u, this makes %llu", r->conn->name,
		    r->path[0] ? r->path : "a request", quota_name(kind), r->store->quota.limit[kind],
		    (unsigned long long)amount);
	return true;
}

static struct txn *find_txn(struct conn *c, uint32_t id)
{
	struct txn *t = c->txns;

	while (t && t->id != id)
		t = t->next;
	return t;
}

static int run(struct request *r, const struct request_row *row)
{
	int ret;

	if (row->privileged && !r->conn->who.privileged)
		return -EACCES;
	if (r->hdr.tx_id) {
		r->txn = find_txn(r->conn, r->hdr.tx_id);
		if (!r->txn)
			return -ENOENT;
	}
	ret = row->handler(r);
	/* What it built upon may have been lost with the transaction; its end tells. */
	if (ret && ret != -EINVAL && ret != -ENOMEM && row->changes && r->txn && r->txn->doomed)
		ret = 0;
	return ret;
}

static void send_reply(struct request *r, int ret)
{
	struct wire_out *out;

	if (ret)
		out = wire_error_new(&r->hdr, -ret);
	else if (r->reply_len || r->reply_empty)
		out = wire_out_new(r->hdr.type, r->hdr.req_id, r->hdr.tx_id, r->store->scratch,
				   r->reply_len);
	else
		out = wire_out_new(r->hdr.type, r->hdr.req_id, r->hdr.tx_id, "OK", 3);
	conn_reply(r->conn, out);
}

void request_handle(struct store *s, struct conn *c)
{
	struct request r = { .store = s, .conn = c, .hdr = c->in.hdr };
	const struct request_row *row;
	int ret;

	row = &rows[(r.hdr.type < 32 ? r.hdr.type : NO_REQUEST) & 31];
	r.args = (struct wire_args){ c->in.body, r.hdr.len };
	ret = run(&r, row);
	log_debug("%s: %s%s%s tx %u -> %s", c->name, row->name, r.path[0] ? " " : "", r.path,
		  r.hdr.tx_id, ret ? wire_error_name(-ret) : "OK");
	conn_request_done(c);
	send_reply(&r, ret);
	if (!ret && r.after)
		r.after(&r);
	tree_node_put(r.before);
	if (r.done)
		txn_free(r.done);
	store_commit(s);
}
