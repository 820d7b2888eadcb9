/* SPDX-License-Identifier: BSD-2-Clause */
/* See tx.h. */
#include "kit/string.h"
#include "net/tx.h"

#define PAGE	4096u

_Static_assert(XEN_RING_HEADER_SIZE + NET_TX_IDS * sizeof(struct netif_tx_request) <= PAGE, "a page holds the ring");

void net_tx_init(struct net_tx *t, void *page)
{
	memset(t, 0, sizeof(*t));
	kit_ring_init(&t->ring, page, PAGE, sizeof(struct netif_tx_request));
	t->nr_free = NET_TX_IDS;
	for (uint16_t i = 0; i < NET_TX_IDS; i++)
		t->free[i] = i;
}

static unsigned int slots_of(unsigned int nr_parts, const struct net_offload *o)
{
	return nr_parts + (o->gso != NET_GSO_NONE);
}

bool net_tx_fits(const struct net_tx *t, unsigned int nr_parts, const struct net_offload *o)
{
	return nr_parts <= t->nr_free && slots_of(nr_parts, o) <= kit_ring_room(&t->ring);
}

/* Length of the whole frame; 0 when it is none. */
static uint32_t frame_length(const struct net_tx_part *part, unsigned int nr_parts, const struct net_offload *o)
{
	uint32_t sum = 0;

	if (!nr_parts || nr_parts > NET_TX_PARTS_MAX || o->gso > NET_GSO_TCP6)
		return 0;
	if (o->gso != NET_GSO_NONE && (!o->csum_blank || !o->gso_size))
		return 0;
	for (unsigned int i = 0; i < nr_parts; i++) {
		if (!part[i].len || part[i].offset >= PAGE || part[i].len > PAGE - part[i].offset)
			return 0;
		sum += part[i].len;
	}
	return sum <= NET_FRAME_MAX ? sum : 0;
}

static void put_part(struct net_tx *t, const struct net_tx_part *part, uint16_t size, uint16_t flags)
{
	uint16_t id = net_tx_id(t, 0);
	struct netif_tx_request rq = {
		.gref = part->gref, .offset = part->offset, .flags = flags, .id = id, .size = size,
	};

	t->free_at = (t->free_at + 1) % NET_TX_IDS;
	t->nr_free--;
	t->out[id] = true;
	kit_ring_put(&t->ring, &rq);
}

static void put_gso(struct net_tx *t, const struct net_offload *o)
{
	struct netif_extra_info extra = { .type = XEN_NETIF_EXTRA_TYPE_GSO };
	uint8_t entry[sizeof(struct netif_tx_request)] = { 0 };

	extra.u.gso.type = o->gso == NET_GSO_TCP4 ? XEN_NETIF_GSO_TYPE_TCPV4 : XEN_NETIF_GSO_TYPE_TCPV6;
	extra.u.gso.size = o->gso_size;
	memcpy(entry, &extra, sizeof(extra));
	kit_ring_put(&t->ring, entry);
	t->nr_extra_out++;
}

static uint16_t first_flags(const struct net_offload *o)
{
	uint16_t flags = 0;

	if (o->csum_blank)
		flags |= NETTXF_csum_blank | NETTXF_data_validated;
	else if (o->csum_good)
		flags |= NETTXF_data_validated;
	return o->gso == NET_GSO_NONE ? flags : flags | NETTXF_extra_info;
}

bool net_tx_put(struct net_tx *t, const struct net_tx_part *part, unsigned int nr_parts, const struct net_offload *o)
{
	uint32_t length = frame_length(part, nr_parts, o);

	if (!length || t->broken || !net_tx_fits(t, nr_parts, o))
		return false;
	for (unsigned int i = 0; i < nr_parts; i++) {
		uint16_t flags = i ? 0 : first_flags(o);

		if (i + 1 < nr_parts)
			flags |= NETTXF_more_data;
		put_part(t, &part[i], i ? part[i].len : (uint16_t)length, flags);
		if (!i && o->gso != NET_GSO_NONE)
			put_gso(t, o);
	}
	return true;
}

static bool refuse(struct net_tx *t, const char *why)
{
	if (!t->broken)
		t->broken = why;
	return false;
}

/* The next answer of a slot with an id; slots without one are answered with NULL, in whatever order. */
static int next_answer(struct net_tx *t, struct netif_tx_response *rsp)
{
	int rc;

	while ((rc = kit_ring_get(&t->ring, rsp, sizeof(*rsp))) > 0 && rsp->status == NETIF_RSP_NULL) {
		if (!t->nr_extra_out)
			return refuse(t, "the backend answered an extra slot that is not out");
		t->nr_extra_out--;
	}
	return rc;
}

bool net_tx_take(struct net_tx *t, struct net_tx_done *done)
{
	struct netif_tx_response rsp;
	int rc = t->broken ? 0 : next_answer(t, &rsp);

	if (rc < 0)
		return refuse(t, "the backend's index is beyond what was asked");
	if (!rc)
		return false;
	if (rsp.id >= NET_TX_IDS || !t->out[rsp.id])
		return refuse(t, "the backend answered an id that is not out");
	t->out[rsp.id] = false;
	t->free[(t->free_at + t->nr_free++) % NET_TX_IDS] = rsp.id;
	*done = (struct net_tx_done){ rsp.id, rsp.status };
	return true;
}
