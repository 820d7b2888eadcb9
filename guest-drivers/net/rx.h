/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames from the backend: buffers posted, and the frames that come back in them.
 *
 * Answers come in the order of the posts, one for each, so the buffer of an answer follows from its place in the ring; its id
 * has to say the same. A slot of extra information takes a buffer's place and leaves the buffer unused. A frame is taken
 * when all of its slots are there, and not before: half a frame stays in the ring and is read anew.
 *
 * What breaks the ring: ids out of order, data outside of the page, more slots than a frame may have, extra information that is
 * unknown, twice or not asked for, flags that were not asked for, a negative count. A frame that the backend itself reports as
 * failed is dropped and costs its buffers only.
 *
 * A buffer's id is its place in the ring, 0 to NET_RX_BUFFERS - 1; the caller keeps a page and a grant for each.
 */
#ifndef SOCLE_NET_RX_H
#define SOCLE_NET_RX_H

#include <abi/io/netif.h>
#include "net/offload.h"
#include "kit/ring.h"

/* A header of its own before the pages of the largest frame. */
#define NET_RX_PARTS_MAX	(XEN_NETIF_NR_SLOTS_MIN + 1)
#define NET_RX_EXTRAS_MAX	(XEN_NETIF_EXTRA_TYPE_MAX - 1)
#define NET_RX_BUFFERS		NET_RX_RING_ENTRIES_1PAGE
#define NET_RX_SLOTS_MAX	(NET_RX_PARTS_MAX + NET_RX_EXTRAS_MAX)

struct net_rx {
	struct kit_ring ring;
	const char *broken;		/* what the backend did; NULL as long as it behaves */
	uint32_t nr_half;		/* slots of a frame that is not whole yet, at the last look */
	bool gso4, gso6;		/* asked for */
};

struct net_rx_part {
	uint16_t id, offset, len;
};

struct net_rx_frame {
	uint32_t len;
	uint16_t first_id, nr_slots;	/* the buffers that came back, those of extra slots included */
	uint16_t nr_parts;		/* 0: the backend reports a failure, or sent nothing */
	struct net_rx_part part[NET_RX_PARTS_MAX];
	struct net_offload offload;
};

void net_rx_init(struct net_rx *r, void *page);

/* The id that the next post will have; there is one while kit_ring_room() says so. */
static inline uint16_t net_rx_id(const struct net_rx *r)
{
	return (uint16_t)(r->ring.req_prod % NET_RX_BUFFERS);
}
void net_rx_post(struct net_rx *r, uint32_t gref);

/* Takes one frame. False: no whole one is there, or the ring is broken. */
bool net_rx_take(struct net_rx *r, struct net_rx_frame *f);

/* Asks for an event when more is there than net_rx_take() saw last. True when there is already. */
bool net_rx_rearm(struct net_rx *r);

#endif
