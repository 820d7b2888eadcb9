/* SPDX-License-Identifier: BSD-2-Clause */
/* What a card and its backend agree on, out of what either can (pv-abi 8.5). Pure. */
#ifndef SOCLE_NET_TERMS_H
#define SOCLE_NET_TERMS_H

#include <stdbool.h>
#include "net/offload.h"

#define NET_QUEUES_MAX	8u

/* The backend's keys; those that are missing are 0. */
struct net_offer {
	bool rx_copy, sg, gso4, gso6, csum6, split;
	unsigned int max_queues;	/* 0: it has never heard of queues */
};

struct net_wish {
	unsigned int queues;		/* 0 is taken for 1 */
	bool no_gso;			/* frames that are to be cut into segments are not wanted from the backend */
	bool no_csum;			/* nor frames without checksums */
};

struct net_terms {
	unsigned int queues;
	bool say_queues;		/* their number has to be written */
	bool split;			/* an event channel for each direction */
	bool tx_sg, tx_gso4, tx_gso6, tx_csum6;
	bool rx_gso4, rx_gso6, rx_csum;
};

/* False: with this backend there is nothing to agree on; it would have to exchange pages. */
bool net_terms_make(struct net_terms *t, const struct net_offer *offer, const struct net_wish *wish);

/* May the backend be given a frame like this one? */
bool net_terms_allow(const struct net_terms *t, uint32_t len, const struct net_offload *o, bool ip6);

#endif
