/* SPDX-License-Identifier: BSD-2-Clause */
/* See rx.h. */
#include "kit/string.h"
#include "net/rx.h"

#define PAGE		4096u
#define KNOWN_FLAGS	(NETRXF_data_validated | NETRXF_csum_blank | NETRXF_more_data | NETRXF_extra_info)

_Static_assert(XEN_RING_HEADER_SIZE + NET_RX_BUFFERS * sizeof(struct netif_rx_request) <= PAGE, "a page holds the ring");
_Static_assert(sizeof(struct netif_rx_response) == 8 && sizeof(struct netif_extra_info) == 8, "an entry is two words");

/* A frame while its slots are read. */
struct reader {
	struct net_rx *rx;
	struct net_rx_frame *f;
	uint32_t at, end;		/* slots of the ring */
	unsigned int nr_data;
	uint32_t seen_extras;		/* bit n: type n */
	bool failed;
};

void net_rx_init(struct net_rx *r, void *page)
{
	memset(r, 0, sizeof(*r));
	kit_ring_init(&r->ring, page, PAGE, sizeof(struct netif_rx_request));
}

void net_rx_post(struct net_rx *r, uint32_t gref)
{
	struct netif_rx_request rq = { .id = net_rx_id(r), .gref = gref };

	kit_ring_put(&r->ring, &rq);
}

static bool refuse(struct reader *r, const char *why)
{
	if (!r->rx->broken)
		r->rx->broken = why;
	return false;
}

/* The next entry, read once. False when it is not there yet. */
static bool next_entry(struct reader *r, void *entry)
{
	volatile kit_ring_word *slot = kit_ring_slot(&r->rx->ring, r->at);
	uint32_t words[2];

	if (r->at == r->end)
		return false;
	words[0] = slot[0];
	words[1] = slot[1];
	memcpy(entry, words, sizeof(words));
	r->at++;
	return true;
}

static bool set_gso(struct reader *r, const struct netif_extra_info *x)
{
	struct net_offload *o = &r->f->offload;

	if (x->u.gso.type == XEN_NETIF_GSO_TYPE_TCPV4 && r->rx->gso4)
		o->gso = NET_GSO_TCP4;
	else if (x->u.gso.type == XEN_NETIF_GSO_TYPE_TCPV6 && r->rx->gso6)
		o->gso = NET_GSO_TCP6;
	else
		return refuse(r, "the backend sent segments of a kind that was not asked for");
	o->gso_size = x->u.gso.size;
	return o->gso_size ? true : refuse(r, "the backend sent segments of no size");
}

static bool read_extras(struct reader *r)
{
	struct netif_extra_info x;

	do {
		if (!next_entry(r, &x))
			return false;
		if (x.type == XEN_NETIF_EXTRA_TYPE_NONE || x.type >= XEN_NETIF_EXTRA_TYPE_MAX)
			return refuse(r, "the backend sent extra information of no known type");
		if (r->seen_extras >> x.type & 1)
			return refuse(r, "the backend sent one type of extra information twice");
		r->seen_extras |= 1u << x.type;
		if (x.type == XEN_NETIF_EXTRA_TYPE_GSO && !set_gso(r, &x))
			return false;
	} while (x.flags & XEN_NETIF_EXTRA_FLAG_MORE);
	return true;
}

static bool add_part(struct reader *r, uint16_t id, const struct netif_rx_response *rsp)
{
	struct net_rx_frame *f = r->f;

	if (rsp->status < 0) {
		r->failed = true;
		return true;
	}
	if (rsp->offset > PAGE || (uint32_t)rsp->status > PAGE - rsp->offset)
		return refuse(r, "the backend sent data outside of the page");
	if (!rsp->status)
		return true;
	f->part[f->nr_parts++] = (struct net_rx_part){ id, rsp->offset, (uint16_t)rsp->status };
	f->len += (uint32_t)rsp->status;
	return true;
}

/* One slot of data; *more is set when another one belongs to the frame. */
static bool read_slot(struct reader *r, bool *more)
{
	uint16_t id = (uint16_t)(r->at % NET_RX_BUFFERS);
	struct netif_rx_response rsp;

	if (!next_entry(r, &rsp))
		return false;
	if (rsp.id != id)
		return refuse(r, "the backend answered a buffer out of its turn");
	if (rsp.flags & ~KNOWN_FLAGS)
		return refuse(r, "the backend set a flag that was not asked for");
	if (++r->nr_data > NET_RX_PARTS_MAX)
		return refuse(r, "the backend sent a frame of too many slots");
	if (r->nr_data == 1) {
		r->f->offload.csum_blank = rsp.flags & NETRXF_csum_blank;
		r->f->offload.csum_good = rsp.flags & (NETRXF_csum_blank | NETRXF_data_validated);
	}
	if (!add_part(r, id, &rsp))
		return false;
	*more = rsp.flags & NETRXF_more_data;
	return rsp.flags & NETRXF_extra_info ? read_extras(r) : true;
}

static bool read_frame(struct reader *r)
{
	bool more;

	do {
		if (!read_slot(r, &more))
			return false;
	} while (more);
	if (r->f->len > NET_FRAME_MAX)
		return refuse(r, "the backend sent a frame that is too long");
	return true;
}

/* How many answers wait, read once; none when the ring is broken or breaks here. */
static uint32_t answers(struct net_rx *rx)
{
	uint32_t waiting = __atomic_load_n(&rx->ring.shared->rsp_prod, __ATOMIC_ACQUIRE) - rx->ring.rsp_cons;

	if (waiting > kit_ring_out(&rx->ring) && !rx->broken)
		rx->broken = "the backend's index is beyond what was asked";
	return rx->broken ? 0 : waiting;
}

bool net_rx_take(struct net_rx *rx, struct net_rx_frame *f)
{
	uint32_t start = rx->ring.rsp_cons;
	struct reader r = { .rx = rx, .f = f, .at = start, .end = start + answers(rx) };

	f->len = 0;
	f->nr_parts = 0;
	f->offload = (struct net_offload){ .gso = NET_GSO_NONE };
	rx->nr_half = r.end - start;
	if (!read_frame(&r))
		return false;
	rx->nr_half = 0;
	if (r.failed)
		f->nr_parts = 0;
	f->first_id = (uint16_t)(start % NET_RX_BUFFERS);
	f->nr_slots = (uint16_t)(r.at - start);
	rx->ring.rsp_cons = r.at;
	return true;
}

bool net_rx_rearm(struct net_rx *rx)
{
	return !rx->broken && kit_ring_rearm(&rx->ring, rx->nr_half + 1);
}
