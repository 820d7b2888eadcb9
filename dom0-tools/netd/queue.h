/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/netd/queue.h
 *
 * One pair of rings of a card and the tap's queue behind it.  Steps are bounded: a step handles at most NET_ROUND frames and
 * says whether there is more, so no guest keeps the others' cards, nor its supervisor, waiting.
 *
 *   guest -> tap   peek, limit, take, copy in, find headers, filter, translate, write, answer
 *   tap -> guest   read, translate, place, copy out, answer; a frame for which there are no buffers is held, and the tap is
 *                  not read until there are: the kernel's own queue fills and drops, as a card's does
 */
#ifndef SOCLE_NETD_QUEUE_H
#define SOCLE_NETD_QUEUE_H

#include "netd/batch.h"
#include "netd/rx.h"
#include "netd/tx.h"

#define NET_ROUND 64u

struct net_card;

struct net_queue {
	struct net_card *card;
	struct net_tx tx;
	struct net_rx rx;
	void *tx_page, *rx_page;
	int tx_port, rx_port;       /* local; -1: none; equal when the guest has one for both */
	int tap;
	bool tap_ready;             /* it may have frames: poll() said so, or the last step did not come to their end */
	bool no_buffers;            /* what is held waits for the guest */
	struct net_rx_frame held;
	uint8_t *held_data;         /* NET_FRAME_ROOM bytes, page-aligned */
};

/* Each: true when there is more to do now. */
bool net_queue_from_guest(struct net_queue *q);
bool net_queue_to_guest(struct net_queue *q);

/* Answer what a predecessor had taken: those frames are lost, or were sent. */
void net_queue_settle(struct net_queue *q);

/* Throw away what waits in the tap for a guest that was not there. */
void net_queue_drain(struct net_queue *q);

#endif /* SOCLE_NETD_QUEUE_H */
