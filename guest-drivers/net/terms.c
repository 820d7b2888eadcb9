/* SPDX-License-Identifier: BSD-2-Clause */
/* See terms.h. Segments need scatter and gather; a backend that offers the one without the other is not believed. */
#include "net/terms.h"

#define PAGE 4096u

bool net_terms_make(struct net_terms *t, const struct net_offer *offer, const struct net_wish *wish)
{
	unsigned int queues = wish->queues ? wish->queues : 1;

	if (!offer->rx_copy)
		return false;
	if (queues > NET_QUEUES_MAX)
		queues = NET_QUEUES_MAX;
	if (queues > offer->max_queues)
		queues = offer->max_queues ? offer->max_queues : 1;
	*t = (struct net_terms){
		.queues = queues, .say_queues = offer->max_queues > 0, .split = offer->split,
		.tx_sg = offer->sg, .tx_gso4 = offer->sg && offer->gso4,
		.tx_gso6 = offer->sg && offer->gso6 && offer->csum6, .tx_csum6 = offer->csum6,
		.rx_gso4 = !wish->no_gso && !wish->no_csum, .rx_gso6 = !wish->no_gso && !wish->no_csum, .rx_csum = !wish->no_csum,
	};
	return true;
}

bool net_terms_allow(const struct net_terms *t, uint32_t len, const struct net_offload *o, bool ip6)
{
	if (len > NET_FRAME_MAX || (len > PAGE && !t->tx_sg))
		return false;
	if (o->csum_blank && ip6 && !t->tx_csum6)
		return false;
	return o->gso == NET_GSO_NONE || (o->gso == NET_GSO_TCP4 ? t->tx_gso4 : t->tx_gso6);
}
