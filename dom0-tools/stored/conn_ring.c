/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/conn_ring.c
 *
 * See conn_ring.h. A guest is served at most REQUESTS_PER_ROUND requests before the next one has
 * its turn, and none while it leaves its replies in the queue. A guest whose indices or headers
 * break the protocol is told so in its page and not served again until it asks to reconnect;
 * it stays introduced, for its death must still be noticed.
 * Requests are taken and answers given in an order that lets the daemon die at any instruction (docs/stored.md):
 *	read the bytes -> do the request -> journal -> move req_cons -> send the answer -> move rsp_prod
 * What a successor does again, it does with the same bytes at the same places of the page.
 * A connection is freed at the end of a round only: a request may end any connection, also its
 * own.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stored/conn_ring.h"
#include "stored/log.h"
#include "stored/request.h"
#include "stored/ring.h"

#define REQUESTS_PER_ROUND 8

struct conn_ring {
	struct conn conn;
	struct conn_ring_set *set;
	struct conn_ring *next;
	struct conn_ring *ready_next, *fresh_next;
	struct xen_ring ring;
	bool ready, fresh;	/* in the set's lists */
	bool moved;		/* bytes have moved: the peer is to be notified */
};

void conn_ring_init(struct conn_ring_set *set, struct store *store, struct xen *xen)
{
	memset(set, 0, sizeof(*set));
	set->store = store;
	set->xen = xen;
	set->ready_tail = &set->ready;
}

/* Its turn comes in the order in which it asked for it. */
static void make_ready(struct conn_ring *c)
{
	if (c->ready)
		return;
	c->ready = true;
	c->ready_next = NULL;
	*c->set->ready_tail = c;
	c->set->ready_tail = &c->ready_next;
}

static void ring_wake(struct conn *conn)
{
	struct conn_ring *c = (struct conn_ring *)conn;

	if (c->fresh)
		return;
	c->fresh = true;
	c->fresh_next = c->set->fresh;
	c->set->fresh = c;
}

/* A connection without its ring. */
static struct conn_ring *conn_ring_new(struct conn_ring_set *set, uint16_t domid)
{
	struct conn_ring *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	conn_init(&c->conn, set->store, domid, domid == 0);
	c->conn.durable = true;
	c->conn.wake = ring_wake;
	c->set = set;
	c->next = set->first;
	set->first = c;
	return c;
}

static int set_port(struct conn_ring_set *set, uint32_t port, struct conn_ring *c)
{
	uint32_t n = set->n_ports ? set->n_ports : 64;
	struct conn_ring **grown;

	while (n <= port)
		n *= 2;
	if (n != set->n_ports) {
		grown = realloc(set->by_port, n * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		memset(grown + set->n_ports, 0, (n - set->n_ports) * sizeof(*grown));
		set->by_port = grown;
		set->n_ports = n;
	}
	set->by_port[port] = c;
	return 0;
}

static int ring_attach(void *ctx, uint16_t domid, uint64_t gfn, uint32_t port, struct conn **out)
{
	struct conn_ring_set *set = ctx;
	struct socle_error error = { 0 };
	struct xen_ring ring;
	struct conn_ring *c;
	int ret = xen_ring_open(set->xen, domid, gfn, port, &ring, &error);

	if (ret) {
		log_error("%s", error.text);
		return ret;
	}
	c = conn_ring_new(set, domid);
	if (!c || set_port(set, ring.port, c)) {
		xen_ring_close(set->xen, &ring);
		if (c)
			conn_close(&c->conn);
		return -ENOMEM;
	}
	c->ring = ring;
	ring_indices(ring.page, &c->conn.cons, &c->conn.prod);
	make_ready(c);	/* what was sent before we were here */
	ring_announce(ring.page);
	/* The kernel of domain 0 waits for a first event to know that we are here. */
	xen_notify(set->xen, ring.port);
	*out = &c->conn;
	return 0;
}

static void give_up(struct conn_ring *c, unsigned error, const char *what)
{
	log_limited(&c->conn.log, "%s broke the store protocol (%s): not served any more",
		    c->conn.name, what);
	conn_reset(&c->conn);
	conn_break(&c->conn, error);
	store_commit(c->conn.store);
	ring_fail(c->ring.page, error);
}

static void ring_detach(void *ctx, struct conn *conn)
{
	struct conn_ring_set *set = ctx;
	struct conn_ring *c = (struct conn_ring *)conn;

	conn_close(conn);
	if (c->ring.kind == XEN_MAP_NONE)
		return;
	set->by_port[c->ring.port] = NULL;
	xen_ring_close(set->xen, &c->ring);
}

static enum domain_state ring_state(void *ctx, uint16_t domid)
{
	struct conn_ring_set *set = ctx;

	return xen_domain_state(set->xen, domid);
}

static struct domain_handle ring_handle(void *ctx, uint16_t domid)
{
	struct conn_ring_set *set = ctx;

	return xen_domain_handle(set->xen, domid);
}

static struct conn *ring_restore(void *ctx, uint16_t domid)
{
	struct conn_ring *c = conn_ring_new(ctx, domid);

	return c ? &c->conn : NULL;
}

/*
 * The page is as our predecessor left it. How far it consumed is what the journal says: it may have died before it told
 * the page. How much it sent is what the page says: the bytes before that index may be gone from it already.
 */
static int ring_rejoin(void *ctx, struct conn *conn, uint64_t gfn, uint32_t port)
{
	struct conn_ring_set *set = ctx;
	struct conn_ring *c = (struct conn_ring *)conn;
	struct socle_error error = { 0 };
	uint32_t cons, prod;
	int ret = xen_ring_open(set->xen, conn->who.domid, gfn, port, &c->ring, &error);

	if (ret) {
		log_error("%s", error.text);
		return ret;
	}
	ret = set_port(set, c->ring.port, c);
	if (ret) {
		xen_ring_close(set->xen, &c->ring);
		return ret;
	}
	ring_indices(c->ring.page, &cons, &prod);
	if (ring_reconnect_wanted(c->ring.page))
		ring_announce_again(c->ring.page, conn->broken);
	else if (!conn->broken && conn_restore_sent(conn, prod))
		give_up(c, XENSTORE_ERROR_RINGIDX, "response ring indices");
	else
		ring_announce_again(c->ring.page, conn->broken);
	ring_consumed(c->ring.page, conn->cons);
	make_ready(c);
	xen_notify(set->xen, c->ring.port);
	return 0;
}

const struct domain_ops conn_ring_domain_ops = {
	.attach = ring_attach,
	.detach = ring_detach,
	.state = ring_state,
	.handle = ring_handle,
	.restore = ring_restore,
	.rejoin = ring_rejoin,
};

void conn_ring_event(struct conn_ring_set *set, uint32_t port)
{
	if (port < set->n_ports && set->by_port[port])
		make_ready(set->by_port[port]);
}

/* Sends what fits. */
static void flush(struct conn_ring *c)
{
	const char *bytes;
	uint32_t prod;
	size_t len;
	int n;

	while (!c->conn.broken && (len = conn_out_peek(&c->conn, &bytes)) > 0) {
		prod = c->conn.prod;
		n = ring_write(c->ring.page, &prod, bytes, len);
		if (n < 0)
			give_up(c, XENSTORE_ERROR_RINGIDX, "response ring indices");
		if (n <= 0)
			return;
		c->moved = true;
		conn_out_advance(&c->conn, (size_t)n);
		/* The last message may have made room for events that had been dropped. */
		store_commit(c->conn.store);
	}
}

/* What was read is safe: the peer may use its place again. */
static void consumed(struct conn_ring *c)
{
	ring_consumed(c->ring.page, c->conn.cons);
	c->moved = true;
}

/*
 * A message that is not whole yet may be longer than the ring: its first part makes room for the rest. True when our index
 * has moved: a peer that wrote on before it saw that has not signalled, for it saw a ring that was not empty. So the
 * ring is looked at once more.
 */
static bool consume_part(struct conn_ring *c)
{
	if (c->conn.in.have == c->conn.in_kept)
		return false;
	conn_keep_part(&c->conn);
	store_commit(c->conn.store);
	consumed(c);
	return true;
}

/* One message, if it is whole; false when there is nothing more to do now. */
static bool serve_one(struct conn_ring *c)
{
	size_t want;
	void *dst;
	int n;

	while ((want = wire_in_want(&c->conn.in, &dst)) > 0) {
		n = ring_read(c->ring.page, &c->conn.cons, dst, want);
		if (n < 0) {
			give_up(c, XENSTORE_ERROR_RINGIDX, "request ring indices");
			return false;
		}
		if (n == 0 && !consume_part(c))
			return false;
		if (wire_in_advance(&c->conn.in, (size_t)n)) {
			give_up(c, XENSTORE_ERROR_PROTO, "message too long");
			return false;
		}
	}
	request_handle(c->conn.store, &c->conn);
	if (c->ring.kind != XEN_MAP_NONE)
		consumed(c);
	return true;
}

static void reconnect(struct conn_ring *c)
{
	log_limited(&c->conn.log, "%s reconnects", c->conn.name);
	c->conn.cons = c->conn.prod = 0;
	conn_reset(&c->conn);
	store_commit(c->conn.store);
	ring_reconnect(c->ring.page);
	c->moved = true;
}

static void serve(struct conn_ring_set *set, struct conn_ring *c)
{
	unsigned budget = REQUESTS_PER_ROUND;

	c->moved = false;
	if (ring_reconnect_wanted(c->ring.page))
		reconnect(c);
	flush(c);
	while (!c->conn.broken && budget && conn_can_serve(&c->conn) && serve_one(c)) {
		budget--;
		if (c->ring.kind != XEN_MAP_NONE)
			flush(c);
	}
	if (c->ring.kind == XEN_MAP_NONE)
		return;
	if (!c->conn.broken && budget == 0 && conn_can_serve(&c->conn))
		make_ready(c);
	if (c->moved || c->conn.broken)
		xen_notify(set->xen, c->ring.port);
}

/* The lists without those that are about to be freed. */
static void lists_clean(struct conn_ring_set *set)
{
	struct conn_ring **p, *c;

	for (p = &set->ready; (c = *p);) {
		if (c->conn.closed)
			*p = c->ready_next;
		else
			p = &c->ready_next;
	}
	set->ready_tail = p;
	for (p = &set->fresh; (c = *p);) {
		if (c->conn.closed)
			*p = c->fresh_next;
		else
			p = &c->fresh_next;
	}
}

static void reap(struct conn_ring_set *set)
{
	struct conn_ring **p = &set->first, *c;

	lists_clean(set);
	set->any_closed = false;
	while ((c = *p)) {
		struct domain *d;

		if (!c->conn.closed) {
			p = &c->next;
			continue;
		}
		*p = c->next;
		d = domain_find(set->store, c->conn.who.domid);
		if (d && d->conn == &c->conn)
			d->conn = NULL;
		if (c->ring.kind != XEN_MAP_NONE) {
			set->by_port[c->ring.port] = NULL;
			xen_ring_close(set->xen, &c->ring);
		}
		free(c);
	}
}

/* Whatever was queued for it, by its own requests or by the changes of others. */
static void deliver(struct conn_ring_set *set, struct conn_ring *c)
{
	bool could_serve = conn_can_serve(&c->conn);

	c->moved = false;
	flush(c);
	/* It has taken replies: requests that had to wait are looked at again. */
	if (!could_serve && conn_can_serve(&c->conn))
		make_ready(c);
	if (c->moved || c->conn.broken)
		xen_notify(set->xen, c->ring.port);
}

static void serve_ready(struct conn_ring_set *set)
{
	struct conn_ring *list = set->ready, *c;

	/* Who is not done goes to the new list's end. */
	set->ready = NULL;
	set->ready_tail = &set->ready;
	while ((c = list)) {
		list = c->ready_next;
		c->ready = false;
		if (!c->conn.closed)
			serve(set, c);
	}
}

static void deliver_fresh(struct conn_ring_set *set)
{
	struct conn_ring *list = set->fresh, *c;

	set->fresh = NULL;
	while ((c = list)) {
		list = c->fresh_next;
		c->fresh = false;
		if (c->conn.closed)
			set->any_closed = true;
		else if (c->ring.kind != XEN_MAP_NONE)
			deliver(set, c);
	}
}

bool conn_ring_round(struct conn_ring_set *set)
{
	serve_ready(set);
	deliver_fresh(set);
	if (set->any_closed)
		reap(set);
	return set->ready != NULL;
}

void conn_ring_close_all(struct conn_ring_set *set)
{
	for (struct conn_ring *c = set->first; c; c = c->next)
		ring_detach(set, &c->conn);
	reap(set);
	free(set->by_port);
	set->by_port = NULL;
	set->n_ports = 0;
}
