/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/netd/ctrl.h
 *
 * The control ring: a frontend's wishes about how its frames are spread over queues, and static grants.  The tap spreads by
 * a hash of its own, so the only algorithm here is NONE; everything else is answered as not supported, which the protocol
 * provides for.  Pure.
 */
#ifndef SOCLE_NETD_CTRL_H
#define SOCLE_NETD_CTRL_H

#include "netd/ring.h"

void net_ctrl_reply(const struct xen_netif_ctrl_request *q, struct xen_netif_ctrl_response *a);

/* Answer what waits, *more when something came meanwhile.  True when the guest asked for an event. */
bool net_ctrl_serve(struct net_ring *r, bool *more);

/* A killed process may have taken a request and not answered it: it is to be taken again.  Before the ring is attached. */
void net_ctrl_resume(struct net_index *at);

#endif /* SOCLE_NETD_CTRL_H */
