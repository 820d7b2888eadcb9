/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/netd/tx.h
 *
 * A guest's transmit slots -> packets, and their answers.
 *
 * A packet is a first slot (its size is the whole packet's), extra slots if it says so, and further slots while each says
 * that more follow (pv-abi 9.3).  All of a packet is published at once; a part is a broken protocol.  What is merely wrong
 * within complete slots (sizes, offsets, unknown extras, too many pieces) is a packet that is answered with an error.
 *
 * Pure.  Answers are given in the order in which packets were taken.
 */
#ifndef SOCLE_NETD_TX_H
#define SOCLE_NETD_TX_H

#include "netd/journal.h"
#include "netd/ring.h"

#define NET_TX_PIECES 18u /* XEN_NETIF_NR_SLOTS_MIN: what every backend must take */
#define NET_FRAME_MIN 14u

struct net_piece {
	uint32_t gref;
	uint16_t offset, size; /* within one page */
};

struct net_packet {
	uint32_t slots;        /* of the ring, extras included */
	uint32_t pieces;
	struct net_piece piece[NET_TX_PIECES];
	uint32_t size;         /* sum of the pieces, 14 to 65535; 0: nothing to send */
	uint16_t flags;        /* NETTXF_* of the first slot */
	uint16_t gso_size;     /* 0: none */
	uint8_t gso_type;
	bool group_add, group_remove;
	uint8_t group[6];
	const char *wrong;     /* NULL, or why it is refused */
};

struct net_tx {
	struct net_ring ring;
	struct net_journal_tx *journal;
};

bool net_tx_attach(struct net_tx *t, void *page, struct net_journal_tx *journal, bool resume);

/* Size of the next packet without taking it: what a limit is asked about.  0: none is waiting. */
uint32_t net_tx_peek(struct net_tx *t);

/* 1: *p was taken; 0: none waits; -1: the ring is broken. */
int net_tx_take(struct net_tx *t, struct net_packet *p);

/* Answer the next `slots` slots (net_packet's) with one status. */
void net_tx_answer(struct net_tx *t, uint32_t slots, int16_t status);

/* How many slots are taken and not answered: after a resumption, what the predecessor owed. */
uint32_t net_tx_owed(const struct net_tx *t);

#endif /* SOCLE_NETD_TX_H */
