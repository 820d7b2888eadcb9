/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/request.h
 *
 * From a whole message to its reply. request_handle() looks the type up in one table, checks
 * privilege and transaction, and calls the handler, which either refuses with an errno and has
 * changed nothing, or has done everything; then the reply is queued, and after it the events
 * that the change causes (so a client sees the answer to its own request first).
 */
#ifndef SOCLE_STORED_REQUEST_H
#define SOCLE_STORED_REQUEST_H

#include "stored/store.h"
#include "stored/txn.h"

struct request {
	struct store *store;
	struct conn *conn;
	struct xsd_sockmsg hdr;
	struct wire_args args;
	struct txn *txn;		/* the one it belongs to, or NULL */

	char path[XENSTORE_ABS_PATH_MAX];
	size_t strip;

	size_t reply_len;		/* bytes in store->scratch; 0: just "OK" */
	bool reply_empty;		/* the reply has no bytes at all */

	/* Set by a handler whose change is to be told; runs after the reply was queued. */
	void (*after)(struct request *r);
	bool removed;
	struct tree_node *before;	/* reference, or NULL */
	struct txn *done;		/* committed; freed afterwards */
	struct watch *watch;
};

/* Handles the message in c->in, which must be whole. */
void request_handle(struct store *s, struct conn *c);

/* Helpers of the handlers. */
int request_path(struct request *r);			/* next argument -> r->path */
bool request_args_end(const struct request *r);
void request_reply(struct request *r, const void *body, size_t len);
/* More than the peer may have: the answer is ENOSPC, and the log names the quota, for the protocol cannot. */
bool request_over_quota(struct request *r, enum quota_kind kind, uint64_t amount);

/* Handlers, by file; all return 0 or -errno. */
int req_directory(struct request *r);			/* req_node.c */
int req_directory_part(struct request *r);
int req_read(struct request *r);
int req_get_perms(struct request *r);
int req_write(struct request *r);
int req_mkdir(struct request *r);
int req_rm(struct request *r);
int req_set_perms(struct request *r);
int req_transaction_start(struct request *r);		/* req_txn.c */
int req_transaction_end(struct request *r);
int req_watch(struct request *r);			/* req_watch.c */
int req_unwatch(struct request *r);
int req_reset_watches(struct request *r);
int req_introduce(struct request *r);			/* req_domain.c */
int req_release(struct request *r);
int req_resume(struct request *r);
int req_set_target(struct request *r);
int req_get_domain_path(struct request *r);
int req_is_domain_introduced(struct request *r);
int req_control(struct request *r);			/* req_control.c */

#endif /* SOCLE_STORED_REQUEST_H */
