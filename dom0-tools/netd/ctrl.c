/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/netd/ctrl.c
 *
 * See ctrl.h.
 */
#include "netd/ctrl.h"

#include <assert.h>

static_assert(sizeof(struct xen_netif_ctrl_request) == 16 && sizeof(struct xen_netif_ctrl_response) == 12, "entries");

void net_ctrl_reply(const struct xen_netif_ctrl_request *q, struct xen_netif_ctrl_response *a)
{
	*a = (struct xen_netif_ctrl_response){ .id = q->id, .type = q->type, .status = XEN_NETIF_CTRL_STATUS_NOT_SUPPORTED };
	if (q->type == XEN_NETIF_CTRL_TYPE_SET_HASH_ALGORITHM) {
		if (q->data[0] == XEN_NETIF_CTRL_HASH_ALGORITHM_NONE)
			a->status = XEN_NETIF_CTRL_STATUS_SUCCESS;
		else if (q->data[0] != XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ)
			a->status = XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER;
	}
}

bool net_ctrl_serve(struct net_ring *r, bool *more)
{
	struct xen_netif_ctrl_response a;
	struct xen_netif_ctrl_request q;
	bool notify;

	for (uint32_t n = net_ring_waiting(r); n; n--) {
		net_ring_read(r, r->at->req_cons, &q);
		net_ctrl_reply(&q, &a);
		__atomic_store_n(&r->at->req_cons, r->at->req_cons + 1, __ATOMIC_RELEASE);
		net_ring_write(r, r->at->rsp_prod, &a, sizeof(a));
		__atomic_store_n(&r->at->rsp_prod, r->at->rsp_prod + 1, __ATOMIC_RELEASE);
	}
	notify = net_ring_push(r);
	*more = net_ring_rearm(r, 1);
	return notify;
}

/*
 * An answer has id and type where its request had them, and a status where the algorithm was: read as a request again it gets
 * the same answer (none: success, 0; Toeplitz: not supported, 1; others: invalid, 2).  So it does not matter when it ended.
 */
void net_ctrl_resume(struct net_index *at)
{
	at->req_cons = at->rsp_prod;
}
