/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/conn.c
 *
 * See conn.h. The output queue is a plain list in sending order; what is counted per message is
 * whether it is a reply or an event, for the two have different limits and different fates when
 * the peer does not read.
 */
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

void conn_reset(struct conn *c)
{
	struct wire_out *out;
	struct txn *t;

	watch_remove_all(&c->store->watches, c);
	while ((t = c->txns)) {
		c->txns = t->next;
		txn_free(t);
	}
	c->n_txns = 0;
	while ((out = c->out_head)) {
		c->out_head = out->next;
		free(out);
	}
	c->out_tail = &c->out_head;
	c->replies = c->events = 0;
	c->event_bytes = 0;
	wire_in_reset(&c->in);
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
}

bool conn_can_serve(const struct conn *c)
{
	return !c->closed && c->replies < CONN_REPLIES_MAX;
}

static void enqueue(struct conn *c, struct wire_out *out)
{
	*c->out_tail = out;
	c->out_tail = &out->next;
	if (out->event) {
		c->events++;
		c->event_bytes += out->size;
	} else {
		c->replies++;
	}
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

void conn_out_advance(struct conn *c, size_t n)
{
	struct wire_out *out = c->out_head;

	out->sent += n;
	if (out->sent < out->size)
		return;
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
	if (c->lost_events && !c->out_head)
		make_up_missed(c);
}
