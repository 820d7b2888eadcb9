/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See queue.h. A send buffer is granted at its first use and stays so; a lent page is granted for one frame. A receive buffer stays
 * granted as long as what comes in it is copied; when it is handed on in place, its grant is ended first. A backend that has a
 * page mapped after it has answered breaks the rules of the protocol.
 */
#include "kit/grant.h"
#include "kit/kit.h"
#include "kit/memory.h"
#include "net/queue.h"

#define ROUND	64	/* frames taken before others have their turn */

static uint16_t backend(const struct net_queue *q)
{
	return q->card->dev.backend_id;
}

/* A page of our own that the backend may reach; nothing to be done if it is there already. */
static int buffer_grant(struct net_queue *q, struct net_buffer *b, bool readonly)
{
	int ref;

	if (!b->page)
		b->page = kit_page_alloc(1);
	if (!b->page)
		return -XEN_ENOMEM;
	if (b->ref)
		return 0;
	ref = kit_grant(backend(q), b->page, readonly);
	if (ref < 0)
		return ref;
	b->ref = (uint32_t)ref;
	return 0;
}

static void buffer_free(struct net_buffer *b)
{
	if (b->ref)
		kit_grant_end_page(b->ref, b->page);
	else
		kit_page_free(b->page, 1);
	*b = (struct net_buffer){ NULL, 0 };
}

/* ---- transmit ---- */

static void push(void *arg)
{
	struct net_queue *q = arg;

	if (kit_ring_push(&q->tx.ring))
		kit_send((uint32_t)q->tx_port);
}

/* A lent page comes back; false if the backend still has it mapped. */
static bool lent_end(struct net_queue *q, uint16_t id)
{
	void *cookie = q->cookie[id];

	if (!q->lent[id])
		return true;
	if (kit_grant_end(q->lent[id]))
		return false;
	q->lent[id] = 0;
	q->cookie[id] = NULL;
	if (cookie)
		q->card->ops->returned(q->card, cookie);
	return true;
}

static void reap(struct net_queue *q)
{
	struct net_counters *n = &q->card->count;
	struct net_tx_done done;

	while (net_tx_take(&q->tx, &done)) {
		if (done.status != NETIF_RSP_OKAY)
			n->tx_failed++;
		if (!lent_end(q, done.id)) {
			net_card_fault(q->card, "the backend keeps a page mapped that it has sent");
			return;
		}
	}
	if (q->tx.broken)
		net_card_fault(q->card, q->tx.broken);
}

/* Answers are wanted when half of them are there, so that a busy queue has few events. */
static void reap_all(struct net_queue *q)
{
	do {
		reap(q);
	} while (!q->card->fault && kit_ring_rearm(&q->tx.ring, kit_ring_out(&q->tx.ring) / 2 + 1));
	if (q->wants_room && !q->card->fault && net_tx_fits(&q->tx, NET_TX_PARTS_MAX, &(struct net_offload){ .gso = NET_GSO_TCP4 })) {
		q->wants_room = false;
		if (q->card->ops->room)
			q->card->ops->room(q->card, q->nr);
	}
}

/* Is there a place for so many parts, now or after a look at the answers? */
static bool make_room(struct net_queue *q, unsigned int nr_parts, const struct net_offload *o)
{
	if (!net_tx_fits(&q->tx, nr_parts, o))
		reap(q);
	if (q->card->fault)
		return false;
	if (net_tx_fits(&q->tx, nr_parts, o))
		return true;
	q->card->count.tx_full++;
	q->wants_room = true;
	/* An event with the next answer: the asker waits for it. What is there by now will be found by the task. */
	push(q);
	if (kit_ring_rearm(&q->tx.ring, 1))
		kit_task_add(&q->poll);
	return false;
}

static int put(struct net_queue *q, const struct net_tx_part *part, unsigned int n, uint32_t len, const struct net_offload *o)
{
	if (!net_tx_put(&q->tx, part, n, o))
		return -XEN_EINVAL;
	q->card->count.tx_frames++;
	q->card->count.tx_bytes += len;
	kit_task_add(&q->push);
	return 0;
}

/* Copies the pieces into the buffers of the next ids, whole pages of them. */
static int fill(struct net_queue *q, const struct net_piece *piece, uint32_t len, struct net_tx_part *part)
{
	uint32_t done = 0, in_piece = 0;

	for (unsigned int i = 0; done < len; i++) {
		struct net_buffer *b = &q->tx_buf[net_tx_id(&q->tx, i)];
		uint32_t n = len - done < PAGE_SIZE ? len - done : PAGE_SIZE;
		int rc = buffer_grant(q, b, true);

		if (rc)
			return rc;
		part[i] = (struct net_tx_part){ b->ref, 0, (uint16_t)n };
		for (uint32_t at = 0; at < n;) {
			uint32_t some = piece->len - in_piece < n - at ? piece->len - in_piece : n - at;

			memcpy(b->page + at, (const uint8_t *)piece->data + in_piece, some);
			at += some;
			in_piece += some;
			if (in_piece == piece->len) {
				piece++;
				in_piece = 0;
			}
		}
		done += n;
	}
	return 0;
}

int net_queue_send(struct net_queue *q, const struct net_piece *piece, unsigned int nr, uint32_t len, const struct net_offload *o)
{
	struct net_tx_part part[NET_TX_PARTS_MAX];
	unsigned int n = (len + PAGE_SIZE - 1) / PAGE_SIZE;
	int rc;

	(void)nr;
	if (!make_room(q, n, o))
		return q->card->fault ? -XEN_ENODEV : -XEN_EAGAIN;
	rc = fill(q, piece, len, part);
	return rc ? rc : put(q, part, n, len, o);
}

/* Pages of the pieces, in order; 0 if there are too many. */
static unsigned int pages_of(const struct net_piece *piece, unsigned int nr, struct net_piece *page)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < nr; i++)
		for (uint32_t at = 0; at < piece[i].len;) {
			const uint8_t *p = (const uint8_t *)piece[i].data + at;
			uint32_t rest = (uint32_t)(PAGE_SIZE - (uint64_t)p % PAGE_SIZE);

			if (n == NET_TX_PARTS_MAX)
				return 0;
			page[n].data = p;
			page[n].len = rest < piece[i].len - at ? rest : piece[i].len - at;
			at += page[n++].len;
		}
	return n;
}

int net_queue_lend(struct net_queue *q, const struct net_piece *piece, unsigned int nr, const struct net_offload *o, void *cookie)
{
	struct net_piece page[NET_TX_PARTS_MAX];
	struct net_tx_part part[NET_TX_PARTS_MAX];
	unsigned int n = pages_of(piece, nr, page), i;
	uint16_t ids[NET_TX_PARTS_MAX];
	uint32_t len = 0;
	int ref = 0;

	if (!n)
		return -XEN_E2BIG;
	if (!make_room(q, n, o))
		return q->card->fault ? -XEN_ENODEV : -XEN_EAGAIN;
	for (i = 0; i < n; i++) {
		ref = kit_grant(backend(q), page[i].data, true);
		if (ref < 0)
			break;
		ids[i] = net_tx_id(&q->tx, i);
		part[i] = (struct net_tx_part){ (uint32_t)ref, (uint16_t)((uint64_t)page[i].data % PAGE_SIZE), (uint16_t)page[i].len };
		len += page[i].len;
	}
	if (ref >= 0)
		ref = put(q, part, n, len, o);
	for (unsigned int k = 0; k < i; k++) {
		if (ref)
			kit_grant_end(part[k].gref);	/* nobody has heard of it */
		else
			q->lent[ids[k]] = part[k].gref;
	}
	if (!ref)
		q->cookie[ids[n - 1]] = cookie;
	return ref;
}

/* ---- receive ---- */

static void post(struct net_queue *q)
{
	while (kit_ring_room(&q->rx.ring)) {
		struct net_buffer *b = &q->rx_buf[net_rx_id(&q->rx)];

		if (buffer_grant(q, b, false))
			break;	/* those that are posted have to do */
		net_rx_post(&q->rx, b->ref);
	}
	if (kit_ring_push(&q->rx.ring))
		kit_send((uint32_t)q->rx_port);
}

/* Takes the parts of a frame out of the backend's reach. */
static bool secure(struct net_queue *q, const struct net_rx_frame *f, struct net_piece *piece)
{
	for (unsigned int i = 0; i < f->nr_parts; i++) {
		const struct net_rx_part *p = &f->part[i];
		struct net_buffer *b = &q->rx_buf[p->id];

		piece[i].len = p->len;
		if (p->len <= NET_COPY_MAX) {
			piece[i].data = memcpy(q->bounce[i], b->page + p->offset, p->len);
			continue;
		}
		if (kit_grant_end(b->ref)) {
			net_card_fault(q->card, "the backend keeps a buffer mapped that it has filled");
			return false;
		}
		b->ref = 0;
		piece[i].data = b->page + p->offset;
	}
	return true;
}

static void deliver(struct net_queue *q, const struct net_rx_frame *f)
{
	struct net_card *c = q->card;
	struct net_piece piece[NET_RX_PARTS_MAX];

	if (!f->nr_parts) {
		c->count.rx_failed++;
		return;
	}
	if (!secure(q, f, piece))
		return;
	c->count.rx_frames++;
	c->count.rx_bytes += f->len;
	c->ops->received(c, q->nr, piece, f->nr_parts, f->len, &f->offload);
}

static void receive(struct net_queue *q)
{
	struct net_rx_frame f;
	unsigned int n = 0;

	do {
		while (n < ROUND && !q->card->fault && net_rx_take(&q->rx, &f)) {
			deliver(q, &f);
			n++;
		}
		if (q->rx.broken)
			net_card_fault(q->card, q->rx.broken);
		if (q->card->fault)
			return;
		post(q);
		if (n == ROUND) {
			kit_task_add(&q->poll);
			return;
		}
	} while (net_rx_rearm(&q->rx));
}

/* ---- both ---- */

static void poll(void *arg)
{
	struct net_queue *q = arg;

	if (!q->card->up || q->card->fault)
		return;
	reap_all(q);
	if (!q->card->fault)
		receive(q);
}

/* Events of either direction; one of nothing is cheap. */
static void on_event(void *arg)
{
	poll(arg);
}

static int port_open(struct net_queue *q)
{
	int port = kit_port_open(backend(q)), rc;

	if (port < 0)
		return port;
	rc = kit_listen((uint32_t)port, on_event, q);
	if (!rc)
		return port;
	kit_port_close((uint32_t)port);
	return rc;
}

static int open_all(struct net_queue *q)
{
	int rc = buffer_grant(q, &q->tx_ring, false);

	if (!rc)
		rc = buffer_grant(q, &q->rx_ring, false);
	if (rc)
		return rc;
	net_tx_init(&q->tx, q->tx_ring.page);
	net_rx_init(&q->rx, q->rx_ring.page);
	q->rx.gso4 = q->card->terms.rx_gso4;
	q->rx.gso6 = q->card->terms.rx_gso6;
	q->tx_port = port_open(q);
	q->rx_port = q->tx_port >= 0 && q->card->terms.split ? port_open(q) : q->tx_port;
	return q->rx_port < 0 ? q->rx_port : 0;
}

int net_queue_open(struct net_queue **out, struct net_card *c, unsigned int nr)
{
	struct net_queue *q = kit_calloc(1, sizeof(*q));
	int rc;

	if (!q)
		return -XEN_ENOMEM;
	q->card = c;
	q->nr = nr;
	q->tx_port = q->rx_port = -1;
	q->push = (struct kit_task){ .fn = push, .arg = q };
	q->poll = (struct kit_task){ .fn = poll, .arg = q };
	rc = open_all(q);
	if (rc) {
		net_queue_close(q);
		return rc;
	}
	*out = q;
	return 0;
}

void net_queue_close(struct net_queue *q)
{
	if (!q)
		return;
	if (q->tx_port >= 0)
		kit_port_close((uint32_t)q->tx_port);
	if (q->rx_port >= 0 && q->rx_port != q->tx_port)
		kit_port_close((uint32_t)q->rx_port);
	kit_task_remove(&q->push);
	kit_task_remove(&q->poll);
	buffer_free(&q->tx_ring);
	buffer_free(&q->rx_ring);
	for (uint16_t id = 0; id < NET_TX_IDS; id++) {
		/* A page that is still mapped is its owner's loss; the reference comes back when the backend lets go. */
		if (!lent_end(q, id))
			kit_grant_end_page(q->lent[id], NULL);
		buffer_free(&q->tx_buf[id]);
	}
	for (unsigned int id = 0; id < NET_RX_BUFFERS; id++)
		buffer_free(&q->rx_buf[id]);
	kit_free(q);
}

void net_queue_start(struct net_queue *q)
{
	post(q);
	kit_task_add(&q->poll);
}
