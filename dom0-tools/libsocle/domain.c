/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/libsocle/domain.c
 *
 * Questions about domains; see domain.h.  The list is walked one domain at a time with the "next
 * higher domain" rule of getdomaininfo, so it needs no buffer and sees each domain at most once.
 */
#include "libsocle/domain.h"

#include <errno.h>
#include <string.h>

#include <abi/event_channel.h>
#include <abi/xen.h>

/* The first existing domain with an id >= domid. */
static int info_at_or_after(struct socle_hv *hv, uint16_t domid,
			    struct xen_domctl_getdomaininfo *out)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_getdomaininfo, .domain = domid };
	int r;

	op.u.getdomaininfo.domain = domid;
	r = socle_domctl(hv, &op);
	if (r == 0)
		*out = op.u.getdomaininfo;
	return r;
}

int socle_domain_info(struct socle_hv *hv, uint16_t domid, struct xen_domctl_getdomaininfo *out)
{
	int r;

	if (domid >= DOMID_FIRST_RESERVED)
		return -ESRCH;
	r = info_at_or_after(hv, domid, out);
	if (r == 0 && out->domain != domid)
		return -ESRCH;
	return r;
}

int socle_domain_list(struct socle_hv *hv, uint16_t first, struct xen_domctl_getdomaininfo *out,
		      size_t max)
{
	uint16_t next = first;
	size_t n = 0;

	while (n < max && next < DOMID_FIRST_RESERVED) {
		int r = info_at_or_after(hv, next, &out[n]);

		if (r == -ESRCH)
			break;
		if (r < 0)
			return r;
		if (out[n].domain < next)
			return -EPROTO; /* would never end */
		next = (uint16_t)(out[n].domain + 1);
		n++;
	}
	return (int)n;
}

bool socle_domain_port_is_ours(struct socle_hv *hv, uint16_t domid, uint32_t port)
{
	struct evtchn_status *q = socle_hbuf_alloc(hv, sizeof(*q));
	bool ours;

	if (!q)
		return false;
	q->dom = domid;
	q->port = port;
	ours = socle_hypercall(hv, __HYPERVISOR_event_channel_op, EVTCHNOP_status, (uintptr_t)q, 0, 0, 0) == 0 &&
	       ((q->status == EVTCHNSTAT_interdomain && q->u.interdomain.dom == 0) ||
		(q->status == EVTCHNSTAT_unbound && q->u.unbound.dom == 0));
	socle_hbuf_free(hv, q, sizeof(*q));
	return ours;
}
