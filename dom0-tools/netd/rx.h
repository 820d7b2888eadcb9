/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/netd/rx.h
 *
 * Frames for a guest -> its receive buffers.  Each request is the grant of one page; a frame takes as many as it needs,
 * in order, and one more behind the first for each extra slot.  The n-th answer belongs to the n-th request.
 *
 *   net_rx_fetch()    new requests into the journal
 *   net_rx_place()    per frame: its place among them; copies are made to net_rx_piece()
 *   net_rx_answer()   per frame, in the same order; then net_ring_push()
 *
 * Pure.
 */
#ifndef SOCLE_NETD_RX_H
#define SOCLE_NETD_RX_H

#include "netd/journal.h"
#include "netd/ring.h"

struct net_rx_frame {
	uint32_t len;
	bool blank, validated; /* its checksum is to be filled in; is known to be right */
	uint16_t gso_size;     /* 0: none */
	uint8_t gso_type;
	uint32_t base;         /* set by net_rx_place(): the ring's index of its first slot */
};

struct net_rx {
	struct net_ring ring;
	struct net_journal_rx *journal;
	uint32_t placed;       /* index behind the last slot that has a frame */
};

bool net_rx_attach(struct net_rx *r, void *page, struct net_journal_rx *journal, bool resume);

/* Take what the guest offered.  How many buffers are free; 0 also when the ring is broken. */
uint32_t net_rx_fetch(struct net_rx *r);

uint32_t net_rx_pieces(const struct net_rx_frame *f); /* pages of data */
uint32_t net_rx_slots(const struct net_rx_frame *f);  /* with extras */

/* False when there are not buffers enough. */
bool net_rx_place(struct net_rx *r, struct net_rx_frame *f);

/* The grant for the i-th page of a frame that has its place. */
uint32_t net_rx_piece(const struct net_rx *r, const struct net_rx_frame *f, uint32_t i);

/* Not ok: the guest's grants were bad, and it is told so. */
void net_rx_answer(struct net_rx *r, const struct net_rx_frame *f, bool ok);

#endif /* SOCLE_NETD_RX_H */
