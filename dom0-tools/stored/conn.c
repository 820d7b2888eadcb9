/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/conn.c
 *
 * See conn.h. The output queue is a plain list in sending order; what is counted per message is
 * whether it is a reply or an event, for the two have different limits and different fates when
 * the peer does not read.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stored/conn.h"
#include "stored/log.h"
#include "stored/store.h"
#include "stored/txn.h"
#include "stored/watch.h"

void conn_init(struct conn *c, struct store *store, uint16_t domid, bool privileged)
{
	memset(c, 0, sizeof(*c));
	c->store = store;
	c->who.domid = domid;
	c->who.privileged = privileged;
	c->out_tail = &c->out_head;
	snprintf(c->name, sizeof(c->name), "domain %u", domid);
	c->next = store->conns;
	if (c->next)
		c->next->prev = c;
	store->conns = c;
}

/* An entry of the journal about this connection, unless it dies with the daemon. */
static void keep(struct conn *c, struct journal_entry e)
{
	if (!c->durable)
		return;
	e.domid = c->who.domid;
	e.cons = c->cons;
	e.prod = c->prod;
	journal_add(c->store->journal, &e);
}

void conn_end_txns(struct conn *c)
{
	struct txn *t;

	while ((t = c->txns)) {
		c->txns = t->next;
		txn_free(t);
	}
	c->n_txns = 0;
}

static void drop_input(struct conn *c)
{
	wire_in_reset(&c->in);
	c->in_kept = 0;
}

void conn_reset(struct conn *c)
{
	struct wire_out *out;

	watch_remove_all(&c->store->watches, c);
	conn_end_txns(c);
	while ((out = c->out_head)) {
		c->out_head = out->next;
		free(out);
	}
	c->out_tail = &c->out_head;
	c->replies = c->events = 0;
	c->event_bytes = 0;
	c->lost_events = 0;
	c->broken = 0;
	drop_input(c);
	keep(c, (struct journal_entry){ .kind = JOURNAL_RESET });
}

void conn_break(struct conn *c, unsigned error)
{
	c->broken = error;
	keep(c, (struct journal_entry){ .kind = JOURNAL_BROKEN, .id = error });
}

void conn_request_done(struct conn *c)
{
	drop_input(c);
	keep(c, (struct journal_entry){ .kind = JOURNAL_RING });
}

void conn_keep_part(struct conn *c)
{
	/* Header and body lie one behind the other. */
	const char *bytes = (const char *)&c->in + offsetof(struct wire_in, hdr);

	if (!c->durable || c->in.have == c->in_kept)
		return;
	keep(c, (struct journal_entry){ .kind = JOURNAL_PART, .data = bytes + c->in_kept,
					.len = c->in.have - c->in_kept });
	c->in_kept = c->in.have;
}

void conn_close(struct conn *c)
{
	if (c->closed)
		return;
	conn_reset(c);
	c->closed = true;
	if (c->prev)
		c->prev->next = c->next;
	else
		c->store->conns = c->next;
	if (c->next)
		c->next->prev = c->prev;
	if (c->wake)
		c->wake(c);
}

bool conn_can_serve(const struct conn *c)
{
	return !c->closed && c->replies < CONN_REPLIES_MAX;
}

static void enqueue(struct conn *c, struct wire_out *out)
{
	keep(c, (struct journal_entry){ .kind = JOURNAL_OUT, .data = out->bytes, .len = out->size });
	*c->out_tail = out;
	c->out_tail = &out->next;
	if (out->event) {
		c->events++;
		c->event_bytes += out->size;
	} else {
		c->replies++;
	}
	if (c->wake)
		c->wake(c);
}

void conn_reply(struct conn *c, struct wire_out *out)
{
	if (c->closed) {
		free(out);
		return;
	}
	if (!out) {
		log_error("%s: no memory for a reply; connection ended", c->name);
		conn_close(c);
		return;
	}
	enqueue(c, out);
}

static bool events_full(const struct conn *c)
{
	if (c->who.privileged)
		return c->events >= CONN_PRIV_EVENTS_MAX ||
		       c->event_bytes >= CONN_PRIV_EVENT_BYTES_MAX;
	return c->events >= CONN_EVENTS_MAX || c->event_bytes >= CONN_EVENT_BYTES_MAX;
}

static void event_lost(struct conn *c, struct watch *w)
{
	if (c->lost_events++ == 0)
		log_limited(&c->log, "%s does not read its watch events (%u wait): further ones "
			    "are dropped", c->name, c->events);
	if (!w->missed) {
		w->missed = true;
		c->missed++;
		keep(c, (struct journal_entry){ .kind = JOURNAL_MISSED, .path = w->path, .token = w->token });
	}
}

void conn_event(struct conn *c, struct watch *w, const char *path)
{
	struct wire_out *out;

	if (c->closed)
		return;
	out = events_full(c) ? NULL : wire_event_new(path, w->token);
	if (out)
		enqueue(c, out);
	else
		event_lost(c, w);
}

/* The queue has drained: one event for each watch that missed some. */
static void make_up_missed(struct conn *c)
{
	log_limited(&c->log, "%s reads again; %lu watch events were dropped", c->name,
		    c->lost_events);
	c->lost_events = 0;
	for (struct watch *w = c->watches; w && c->missed; w = w->conn_next) {
		if (!w->missed)
			continue;
		w->missed = false;
		c->missed--;
		keep(c, (struct journal_entry){ .kind = JOURNAL_MADE_UP, .path = w->path, .token = w->token });
		conn_event(c, w, watch_shown(w, w->path));
		if (w->missed)
			break;		/* full again: the rest stays marked */
	}
}

size_t conn_out_peek(const struct conn *c, const char **bytes)
{
	const struct wire_out *out = c->out_head;

	if (!out)
		return 0;
	*bytes = out->bytes + out->sent;
	return out->size - out->sent;
}

/* n bytes of the first message are sent; true when that was all of it. */
static bool sent(struct conn *c, size_t n)
{
	struct wire_out *out = c->out_head;

	c->prod += (uint32_t)n;
	out->sent += n;
	if (out->sent < out->size)
		return false;
	c->out_head = out->next;
	if (!c->out_head)
		c->out_tail = &c->out_head;
	if (out->event) {
		c->events--;
		c->event_bytes -= out->size;
	} else {
		c->replies--;
	}
	free(out);
	return true;
}

void conn_out_advance(struct conn *c, size_t n)
{
	if (sent(c, n) && c->lost_events && !c->out_head)
		make_up_missed(c);
}

uint32_t conn_out_begin(const struct conn *c)
{
	return c->prod - (c->out_head ? (uint32_t)c->out_head->sent : 0);
}

int conn_restore_out(struct conn *c, const void *bytes, size_t len)
{
	struct xsd_sockmsg hdr;
	struct wire_out *out;

	if (len < sizeof(hdr) || len > sizeof(hdr) + XENSTORE_PAYLOAD_MAX)
		return -EINVAL;
	memcpy(&hdr, bytes, sizeof(hdr));
	if (hdr.len != len - sizeof(hdr))
		return -EINVAL;
	out = wire_out_new(hdr.type, hdr.req_id, hdr.tx_id, (const char *)bytes + sizeof(hdr), hdr.len);
	if (!out)
		return -ENOMEM;
	enqueue(c, out);
	return 0;
}

int conn_restore_sent(struct conn *c, uint32_t prod)
{
	uint32_t left = prod - c->prod;
	const char *bytes;
	size_t n;

	while (left) {
		n = conn_out_peek(c, &bytes);
		if (!n)
			return -EPROTO;
		if (n > left)
			n = left;
		sent(c, n);
		left -= (uint32_t)n;
	}
	return 0;
}

int conn_restore_part(struct conn *c, const void *bytes, size_t len)
{
	const char *from = bytes;
	size_t n;
	void *to;

	for (; len; from += n, len -= n) {
		n = wire_in_want(&c->in, &to);
		if (!n)
			return -EINVAL;
		if (n > len)
			n = len;
		memcpy(to, from, n);
		if (wire_in_advance(&c->in, n))
			return -EINVAL;
	}
	c->in_kept = c->in.have;
	return 0;
}

void conn_restore_missed(struct conn *c, struct watch *w, bool missed)
{
	if (w->missed == missed)
		return;
	w->missed = missed;
	if (missed)
		c->missed++;
	else
		c->missed--;
	c->lost_events = c->missed;
}

void conn_restored(struct conn *c)
{
	if (c->lost_events && !c->out_head)
		make_up_missed(c);
}
