/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/netd/journal.h
 *
 * What a killed netd leaves to its successor: a file of /run, mapped shared, so its memory is as it was at the last
 * instruction.  It is not a second copy of the state but the only one: rings keep their private indices here, and every
 * request that was taken.  Only one process has it at a time.
 *
 * Order of stores (docs/devices.md), each after the one before:
 *   take:    the request's words into tx.id[] or rx.request[], then req_cons
 *   answer:  the ring's slots, then rsp_prod here, then the shared rsp_prod
 * A successor therefore answers what is between rsp_prod and req_cons of the transmit ring (those frames may be lost, as on
 * a wire), keeps what is there of the receive ring, and publishes rsp_prod; an answer that is written twice is the same one.
 */
#ifndef SOCLE_NETD_JOURNAL_H
#define SOCLE_NETD_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "device/control.h"
#include "netd/multicast.h"
#include "netd/ring.h"

#define NET_JOURNAL_MAGIC 0x736f636c6e657431ull

struct net_journal_tx {
	struct net_index at;
	uint16_t id[NET_TX_RING_ENTRIES_1PAGE];   /* of the request at each slot */
	uint8_t extra[NET_TX_RING_ENTRIES_1PAGE]; /* it is no request, but what belongs to one */
};

struct net_journal_rx {
	struct net_index at;
	struct netif_rx_request request[NET_RX_RING_ENTRIES_1PAGE];
};

struct net_journal {
	uint64_t magic;
	uint32_t size;             /* of this structure: another version's journal is not resumed */
	uint32_t connected;        /* the rest is meant; written last on connect, first on disconnect */
	struct ctl_connect with;   /* what it was connected to, to compare when resuming */
	struct net_index ctrl;
	struct net_multicast multicast;
	struct {
		struct net_journal_tx tx;
		struct net_journal_rx rx;
	} queue[CTL_QUEUES_MAX];
};

/* Is this what a successor can go on from, with these rings? */
bool net_journal_fits(const struct net_journal *j, const struct ctl_connect *c);

/* Begin anew; after that the rings are attached, and then net_journal_commit(). */
void net_journal_begin(struct net_journal *j, const struct ctl_connect *c);
void net_journal_commit(struct net_journal *j);
void net_journal_end(struct net_journal *j);

#endif /* SOCLE_NETD_JOURNAL_H */
