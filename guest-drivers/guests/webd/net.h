/* SPDX-License-Identifier: BSD-2-Clause */
/* lwIP on a card of the kit's: the guest's first network interface, its addresses, the clock. */
#ifndef SOCLE_GUESTS_WEBD_NET_H
#define SOCLE_GUESTS_WEBD_NET_H

#include <stdint.h>
#include "net/card.h"

struct webd_net_config {
	bool dhcp;
	struct net_prefix ip4;		/* unless dhcp */
	struct net_addr gateway4;	/* 0.0.0.0: none */
	struct net_prefix ip6;		/* ::: none but those that lwIP makes itself */
};

/* Opens card 0 and brings the interface up with it. A negative errno, said on the console. */
int webd_net_start(const struct webd_net_config *config);
const struct net_card *webd_net_card(void);
uint32_t webd_random(void);

#endif
