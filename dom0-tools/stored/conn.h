/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/conn.h
 *
 * A connection as the protocol sees it, whatever carries its bytes: who is at the other end, the
 * message being received, the messages waiting to be sent, its watches and transactions.
 *
 * What a peer can make us keep is bounded. A peer that does not take its replies is not served
 * any more (conn_can_serve) once CONN_REPLIES_MAX wait. Watch events beyond the event limit are
 * not queued: the watch is marked, and once the queue has drained the peer gets one event for
 * the path it watches, so that it learns that it must look again.
 *
 * A durable connection (a ring page's) outlives the daemon: what it holds and what it is owed goes
 * into the store's journal (journal.h), and conn_restore_* build it again.
 *
 * Life: conn_init -> live -> conn_close (watches and transactions are gone, nothing is queued any
 * more, `closed` is set) -> the transport frees it when nobody is working on it.
 */
#ifndef SOCLE_STORED_CONN_H
#define SOCLE_STORED_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stored/log.h"
#include "stored/perm.h"
#include "stored/wire.h"

#define CONN_REPLIES_MAX      8
#define CONN_EVENTS_MAX       1000
#define CONN_EVENT_BYTES_MAX  (256u * 1024)
/* Local clients are trusted but may be stuck. */
#define CONN_PRIV_EVENTS_MAX      65536
#define CONN_PRIV_EVENT_BYTES_MAX (16u * 1024 * 1024)

struct store;
struct watch;
struct txn;

struct conn {
	struct store *store;
	struct conn *next, *prev;	/* all connections of the store */
	char name[24];			/* for messages: "domain 3", "socket 12" */
	struct perm_who who;
	bool closed;
	bool durable;
	/* The carrier is told that output waits, or that it has been closed; NULL: it looks by itself. */
	void (*wake)(struct conn *c);
	struct log_limit log;		/* of what the peer can make us say */

	struct wire_in in;
	struct wire_out *out_head, **out_tail;
	unsigned replies, events;	/* messages waiting */
	size_t event_bytes;

	/*
	 * Positions in the ring page: requests consumed up to `cons`, answers sent up to `prod`. Ours are these; what
	 * stands in the page is for the peer to see.
	 */
	uint32_t cons, prod;
	size_t in_kept;			/* bytes of `in` that the journal has */
	unsigned broken;		/* XENSTORE_ERROR_* that the peer was told: not served */

	struct watch *watches;
	unsigned n_watches;
	unsigned missed;		/* watches with an event that could not be queued */
	unsigned long lost_events;	/* since the queue was last below its limit */

	struct txn *txns;
	unsigned n_txns;
	uint32_t next_txn;
};

void conn_init(struct conn *c, struct store *store, uint16_t domid, bool privileged);
/* Drops what it holds in the store and all queued output. Idempotent. */
void conn_close(struct conn *c);
/* As conn_close, but the connection goes on with a clean slate. */
void conn_reset(struct conn *c);
/* After conn_reset: not served any more, the peer is told why (XENSTORE_ERROR_*). */
void conn_break(struct conn *c, unsigned error);
/* Ends all transactions. */
void conn_end_txns(struct conn *c);
/* The request in c->in has been done. */
void conn_request_done(struct conn *c);
/* The part of a request that has come in since the last time goes to the journal: it may be consumed. */
void conn_keep_part(struct conn *c);

bool conn_can_serve(const struct conn *c);
/* Queues a reply; NULL (no memory) ends the connection, for a reply must never be missing. */
void conn_reply(struct conn *c, struct wire_out *out);
void conn_event(struct conn *c, struct watch *w, const char *path);

/* Next bytes to send, 0 when there are none. */
size_t conn_out_peek(const struct conn *c, const char **bytes);
/* n bytes of what conn_out_peek showed were sent. */
void conn_out_advance(struct conn *c, size_t n);

/* Position in the ring at which the first waiting message begins, of which a part may have been sent. */
uint32_t conn_out_begin(const struct conn *c);

/* --- Reading the journal back, while nothing is written to it. */

/* A message that waits to be sent. 0, -EINVAL when it is none, -ENOMEM. */
int conn_restore_out(struct conn *c, const void *bytes, size_t len);
/* All up to this position of the ring was sent: -EPROTO when that is more than was to be sent. */
int conn_restore_sent(struct conn *c, uint32_t prod);
/* A part of a request; -EINVAL when it is longer than the request. */
int conn_restore_part(struct conn *c, const void *bytes, size_t len);
/* A watch with an event that was dropped (or made up for). */
void conn_restore_missed(struct conn *c, struct watch *w, bool missed);
/* All is read: it goes on. */
void conn_restored(struct conn *c);

#endif /* SOCLE_STORED_CONN_H */
