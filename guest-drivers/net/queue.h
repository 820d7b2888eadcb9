/* SPDX-License-Identifier: BSD-2-Clause */
/* One pair of rings of a card (card.h), with its buffers, grants and event channels. For the driver's own files. */
#ifndef SOCLE_NET_QUEUE_H
#define SOCLE_NET_QUEUE_H

#include "net/card.h"
#include "net/rx.h"
#include "net/tx.h"

/* A part up to this long is copied and its buffer stays granted; a longer one is taken out of the backend's reach instead. */
#define NET_COPY_MAX	1536u

struct net_buffer {
	uint8_t *page;
	uint32_t ref;			/* 0: not granted */
};

struct net_queue {
	struct net_card *card;
	unsigned int nr;
	struct net_buffer tx_ring, rx_ring;	/* the pages of the rings */
	int tx_port, rx_port;			/* the same one unless split; negative: none */
	struct net_tx tx;
	struct net_rx rx;
	struct net_buffer tx_buf[NET_TX_IDS], rx_buf[NET_RX_BUFFERS];
	uint32_t lent[NET_TX_IDS];		/* reference of a lent page in this slot, or 0 */
	void *cookie[NET_TX_IDS];		/* of a lent frame, with its last slot */
	bool wants_room;
	struct kit_task push, poll;
	uint8_t bounce[NET_RX_PARTS_MAX][NET_COPY_MAX];
};

int net_queue_open(struct net_queue **out, struct net_card *c, unsigned int nr);
void net_queue_close(struct net_queue *q);	/* NULL is nothing */
void net_queue_start(struct net_queue *q);	/* the backend is connected */
int net_queue_send(struct net_queue *q, const struct net_piece *piece, unsigned int nr, uint32_t len, const struct net_offload *o);
int net_queue_lend(struct net_queue *q, const struct net_piece *piece, unsigned int nr, const struct net_offload *o, void *cookie);

/* The backend broke the rules; the card is given up when the loop has its turn. */
void net_card_fault(struct net_card *c, const char *why);

#endif
