/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/netd/rx.c
 *
 * See rx.h.
 */
#include "netd/rx.h"

#include <assert.h>
#include <string.h>

#define SLOT(index) ((index) & (NET_RX_RING_ENTRIES_1PAGE - 1))

bool net_rx_attach(struct net_rx *r, void *page, struct net_journal_rx *journal, bool resume)
{
	bool ok;

	r->journal = journal;
	ok = net_ring_attach(&r->ring, page, sizeof(struct netif_rx_request), &journal->at, resume) &&
	     r->ring.size == NET_RX_RING_ENTRIES_1PAGE;
	r->placed = journal->at.rsp_prod;
	return ok;
}

uint32_t net_rx_fetch(struct net_rx *r)
{
	uint32_t n = net_ring_waiting(&r->ring), at = r->ring.at->req_cons;

	for (uint32_t i = 0; i < n; i++)
		net_ring_read(&r->ring, at + i, &r->journal->request[SLOT(at + i)]);
	/* Release: the journal has the requests before the index that covers them. */
	__atomic_store_n(&r->ring.at->req_cons, at + n, __ATOMIC_RELEASE);
	return r->ring.broken ? 0 : at + n - r->placed;
}

uint32_t net_rx_pieces(const struct net_rx_frame *f)
{
	return f->len ? (f->len + NET_RING_PAGE - 1) / NET_RING_PAGE : 1;
}

static uint32_t extras(const struct net_rx_frame *f)
{
	return f->gso_size ? 1 : 0;
}

uint32_t net_rx_slots(const struct net_rx_frame *f)
{
	return net_rx_pieces(f) + extras(f);
}

bool net_rx_place(struct net_rx *r, struct net_rx_frame *f)
{
	uint32_t n = net_rx_slots(f);

	if (r->ring.broken || r->ring.at->req_cons - r->placed < n)
		return false;
	f->base = r->placed;
	r->placed += n;
	return true;
}

/* Extras stand behind the first page's slot. */
static uint32_t slot_of_piece(const struct net_rx_frame *f, uint32_t i)
{
	return f->base + i + (i ? extras(f) : 0);
}

uint32_t net_rx_piece(const struct net_rx *r, const struct net_rx_frame *f, uint32_t i)
{
	return r->journal->request[SLOT(slot_of_piece(f, i))].gref;
}

static void gso_write(struct net_rx *r, const struct net_rx_frame *f)
{
	struct netif_extra_info x = {
		.type = XEN_NETIF_EXTRA_TYPE_GSO, .u.gso = { .size = f->gso_size, .type = f->gso_type },
	};

	net_ring_write(&r->ring, f->base + 1, &x, sizeof(x));
}

void net_rx_answer(struct net_rx *r, const struct net_rx_frame *f, bool ok)
{
	uint32_t pieces = net_rx_pieces(f), left = f->len;

	assert(f->base == r->ring.at->rsp_prod);
	for (uint32_t i = 0; i < pieces; i++) {
		uint32_t at = slot_of_piece(f, i), n = left < NET_RING_PAGE ? left : NET_RING_PAGE;
		struct netif_rx_response rsp = {
			.id = r->journal->request[SLOT(at)].id, .status = ok ? (int16_t)n : NETIF_RSP_ERROR,
		};

		if (i == 0)
			rsp.flags = (f->blank ? NETRXF_csum_blank : 0) | (f->validated ? NETRXF_data_validated : 0) |
				    (f->gso_size ? NETRXF_extra_info : 0);
		if (i + 1 < pieces)
			rsp.flags |= NETRXF_more_data;
		net_ring_write(&r->ring, at, &rsp, sizeof(rsp));
		left -= n;
	}
	if (f->gso_size)
		gso_write(r, f);
	/* Release: an answer that counts is written. */
	__atomic_store_n(&r->ring.at->rsp_prod, f->base + net_rx_slots(f), __ATOMIC_RELEASE);
}
