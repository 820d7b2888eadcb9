/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/netd/tx.c
 *
 * See tx.h.
 */
#include "netd/tx.h"

#include <assert.h>
#include <string.h>

#define SLOT(index) ((index) & (NET_TX_RING_ENTRIES_1PAGE - 1))

/* One slot: a request, or what describes one. */
union tx_slot {
	struct netif_tx_request request;
	struct netif_extra_info extra;
	uint8_t bytes[sizeof(struct netif_tx_request)];
};

struct walk {
	struct net_tx *tx;
	uint32_t waiting, used;
};

bool net_tx_attach(struct net_tx *t, void *page, struct net_journal_tx *journal, bool resume)
{
	t->journal = journal;
	return net_ring_attach(&t->ring, page, sizeof(struct netif_tx_request), &journal->at, resume) &&
	       t->ring.size == NET_TX_RING_ENTRIES_1PAGE;
}

uint32_t net_tx_peek(struct net_tx *t)
{
	union tx_slot s;

	if (!net_ring_waiting(&t->ring))
		return 0;
	net_ring_read(&t->ring, t->ring.at->req_cons, &s);
	return s.request.size ? s.request.size : 1;
}

/* The next slot, noted in the journal.  False: the guest published a part of a packet. */
static bool slot_next(struct walk *w, union tx_slot *s, bool is_extra)
{
	uint32_t index = w->tx->ring.at->req_cons + w->used;

	if (w->used == w->waiting)
		return false;
	net_ring_read(&w->tx->ring, index, s);
	w->tx->journal->id[SLOT(index)] = is_extra ? 0 : s->request.id;
	w->tx->journal->extra[SLOT(index)] = is_extra;
	w->used++;
	return true;
}

static void wrong(struct net_packet *p, const char *why)
{
	if (!p->wrong)
		p->wrong = why;
}

static void extra_read(struct net_packet *p, const struct netif_extra_info *x)
{
	switch (x->type) {
	case XEN_NETIF_EXTRA_TYPE_GSO:
		p->gso_type = x->u.gso.type;
		p->gso_size = x->u.gso.size;
		if (!p->gso_size || (p->gso_type != XEN_NETIF_GSO_TYPE_TCPV4 && p->gso_type != XEN_NETIF_GSO_TYPE_TCPV6))
			wrong(p, "segmentation of an unknown kind, or into nothing");
		break;
	case XEN_NETIF_EXTRA_TYPE_MCAST_ADD:
	case XEN_NETIF_EXTRA_TYPE_MCAST_DEL:
		p->group_add = x->type == XEN_NETIF_EXTRA_TYPE_MCAST_ADD;
		p->group_remove = !p->group_add;
		memcpy(p->group, x->u.mcast.addr, sizeof(p->group));
		break;
	case XEN_NETIF_EXTRA_TYPE_HASH:
		break; /* of use to those who queue by it */
	default:
		wrong(p, "an extra slot of an unknown type");
	}
}

static bool extras_take(struct walk *w, struct net_packet *p)
{
	union tx_slot s;

	do {
		if (!slot_next(w, &s, true))
			return false;
		extra_read(p, &s.extra);
	} while (s.extra.flags & XEN_NETIF_EXTRA_FLAG_MORE);
	return true;
}

static void piece_add(struct net_packet *p, const struct netif_tx_request *r, uint32_t size)
{
	if (p->pieces == NET_TX_PIECES) {
		wrong(p, "more than 18 slots");
	} else if (r->offset > NET_RING_PAGE || size > NET_RING_PAGE - r->offset) {
		wrong(p, "a slot that goes beyond its page");
	} else if (size) {
		p->piece[p->pieces++] = (struct net_piece){ .gref = r->gref, .offset = r->offset, .size = (uint16_t)size };
	}
}

/* The pieces behind the first, whose own size is what they leave of the whole: so it is checked last. */
static bool pieces_take(struct walk *w, struct net_packet *p, const struct netif_tx_request *first)
{
	uint32_t rest = first->size;
	union tx_slot s;

	p->pieces = 1;
	for (uint16_t flags = first->flags; flags & NETTXF_more_data; flags = s.request.flags) {
		if (!slot_next(w, &s, false))
			return false;
		if (s.request.size > rest)
			wrong(p, "slots that are larger than the packet");
		else
			rest -= s.request.size;
		piece_add(p, &s.request, s.request.size);
	}
	if (!rest || first->offset > NET_RING_PAGE || rest > NET_RING_PAGE - first->offset)
		wrong(p, "a first slot that is empty or goes beyond its page");
	p->piece[0] = (struct net_piece){ .gref = first->gref, .offset = first->offset, .size = (uint16_t)rest };
	p->size = first->size;
	if (p->size < NET_FRAME_MIN)
		wrong(p, "a frame without a header");
	return true;
}

int net_tx_take(struct net_tx *t, struct net_packet *p)
{
	struct walk w = { .tx = t, .waiting = net_ring_waiting(&t->ring) };
	union tx_slot first;

	memset(p, 0, sizeof(*p));
	if (t->ring.broken)
		return -1;
	if (!slot_next(&w, &first, false))
		return 0;
	p->flags = first.request.flags;
	if (p->flags & NETTXF_extra_info && !extras_take(&w, p))
		goto partial;
	/* A request that changes groups carries no frame, whatever its slot says. */
	if (!p->group_add && !p->group_remove && !pieces_take(&w, p, &first.request))
		goto partial;
	p->slots = w.used;
	if (p->wrong)
		p->size = p->pieces = 0;
	/* Release: the journal's words about these slots come before the index that covers them. */
	__atomic_store_n(&t->ring.at->req_cons, t->ring.at->req_cons + w.used, __ATOMIC_RELEASE);
	return 1;
partial:
	t->ring.broken = true;
	return -1;
}

void net_tx_answer(struct net_tx *t, uint32_t slots, int16_t status)
{
	uint32_t at = t->ring.at->rsp_prod;

	assert(slots <= net_tx_owed(t));
	for (uint32_t i = 0; i < slots; i++) {
		bool extra = t->journal->extra[SLOT(at + i)];
		struct netif_tx_response rsp = {
			.id = t->journal->id[SLOT(at + i)], .status = extra ? NETIF_RSP_NULL : status,
		};

		net_ring_write(&t->ring, at + i, &rsp, sizeof(rsp));
	}
	/* Release: an answer that counts is written. */
	__atomic_store_n(&t->ring.at->rsp_prod, at + slots, __ATOMIC_RELEASE);
}

uint32_t net_tx_owed(const struct net_tx *t)
{
	return t->ring.at->req_cons - t->ring.at->rsp_prod;
}
