/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A network card of the guest (device/vif/N): frames out, frames in, and what the backend may compute for us.
 *
 * The backend is another domain and not trusted. What it writes into rings is checked (tx.h, rx.h); received bytes are out of its
 * reach before they are handed on, so they do not change while they are read. A backend that breaks the rules loses the
 * card: kit_device_fail() says why, link() tells the guest, and the guest lives on. A backend that is started again is
 * connected to anew; frames that were under way are lost, as on a wire.
 *
 * The functions belong to the first vCPU, like all of xenbus.h. Callbacks come from the loop.
 */
#ifndef SOCLE_NET_CARD_H
#define SOCLE_NET_CARD_H

#include "kit/xenbus.h"
#include "net/addr.h"
#include "net/offload.h"
#include "net/terms.h"

struct net_card;
struct net_queue;

struct net_card_ops {
	/* A frame has come. Its pieces are the guest's own until the call returns. May call net_send(). */
	void (*received)(struct net_card *c, unsigned int queue, const struct net_piece *piece, unsigned int nr, uint32_t len,
			 const struct net_offload *o);
	/* The card can be used, or cannot any more. May be NULL. */
	void (*link)(struct net_card *c, bool up);
	/* There is room again in a queue that net_send() found full. May be NULL. */
	void (*room)(struct net_card *c, unsigned int queue);
	/* A frame of net_lend() is no longer used. NULL if none is ever sent so. */
	void (*returned)(struct net_card *c, void *cookie);
};

struct net_counters {
	uint64_t tx_frames, tx_bytes, tx_failed;	/* failed: says the backend */
	uint64_t rx_frames, rx_bytes, rx_failed;
	uint64_t tx_full;				/* times that a queue was full */
};

struct net_card {
	struct kit_device dev;
	const struct net_card_ops *ops;
	void *arg;			/* the guest's */
	struct net_wish wish;		/* to be set before net_card_open() */
	struct net_terms terms;
	struct net_mac mac;
	unsigned int mtu;
	bool up;
	struct net_counters count;
	struct net_queue *queue[NET_QUEUES_MAX];
	const char *fault;		/* the backend's, until the card is given up for it */
	struct kit_task give_up;
};

/* Until the guest has an n-th card, which may be attached after its start. -XEN_ETIMEDOUT: the time came first. */
int net_card_await(unsigned int n, uint64_t until);
/* The n-th card of the guest. -XEN_ENOENT: it has not so many. The card can be used when link() says so. */
int net_card_open(struct net_card *c, unsigned int n, const struct net_card_ops *ops, void *arg);
void net_card_close(struct net_card *c);

/*
 * Sends a frame, of which a copy is made. It goes out when the loop has its turn, with others. -XEN_EAGAIN: the queue is full,
 * room() will be called; -XEN_ENODEV: the card is down; -XEN_EOPNOTSUPP: the backend does not take such a frame;
 * -XEN_EINVAL: it is none.
 */
int net_send(struct net_card *c, unsigned int queue, const struct net_piece *piece, unsigned int nr, const struct net_offload *o);

/*
 * The same without a copy: the pages that hold the pieces are shown to the backend, and must not change until returned() is called
 * with the cookie, which is not NULL. -XEN_E2BIG: the pieces lie in more than NET_TX_PARTS_MAX pages. When the card goes
 * down while the backend has a page mapped, that frame is never returned: its memory is not the guest's alone any more.
 */
int net_lend(struct net_card *c, unsigned int queue, const struct net_piece *piece, unsigned int nr, const struct net_offload *o,
	     void *cookie);

#endif
