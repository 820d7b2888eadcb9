/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames on their way to the backend: the transmit ring and the table of ids that are out.
 *
 * Each part of a frame takes a slot with an id; a frame to be segmented takes one slot more, for what it is. An id is out from
 * net_tx_put() until the backend answers it, once. An answer for an id that is not out breaks the ring for good, and so do
 * answers without an id that nobody waits for, and what kit/ring.h refuses. Ids may come back in any order.
 *
 * The caller owns the pages and grants behind the ids: it looks with net_tx_id() which ids the next frame will have.
 */
#ifndef SOCLE_NET_TX_H
#define SOCLE_NET_TX_H

#include <abi/io/netif.h>
#include "net/offload.h"
#include "kit/ring.h"

/* Parts of one frame that every backend must take (pv-abi 9.3). */
#define NET_TX_PARTS_MAX	XEN_NETIF_NR_SLOTS_MIN
#define NET_TX_IDS		NET_TX_RING_ENTRIES_1PAGE

struct net_tx {
	struct kit_ring ring;
	const char *broken;			/* what the backend did; NULL as long as it behaves */
	uint16_t free_at, nr_free;		/* ids that are not out, a circle */
	uint16_t free[NET_TX_IDS];
	bool out[NET_TX_IDS];
	uint32_t nr_extra_out;			/* slots without an id that were not answered yet */
};

struct net_tx_part {
	uint32_t gref;
	uint16_t offset, len;
};

struct net_tx_done {
	uint16_t id;
	int16_t status;				/* NETIF_RSP_* */
};

void net_tx_init(struct net_tx *t, void *page);

/* Whether a frame of so many parts has a place now. */
bool net_tx_fits(const struct net_tx *t, unsigned int nr_parts, const struct net_offload *o);

/* The id that the i-th part of the next frame will have. */
static inline uint16_t net_tx_id(const struct net_tx *t, unsigned int i)
{
	return t->free[(t->free_at + i) % NET_TX_IDS];
}

/*
 * Writes a frame's requests. False, and nothing is written, if the frame is none: no or too many parts, a part that is empty or
 * leaves its page, more than NET_FRAME_MAX bytes, segments without a size or without csum_blank, no place, a broken ring.
 */
bool net_tx_put(struct net_tx *t, const struct net_tx_part *part, unsigned int nr_parts, const struct net_offload *o);

/* Takes one answer. False: none is there, or the ring is broken. */
bool net_tx_take(struct net_tx *t, struct net_tx_done *done);

#endif
