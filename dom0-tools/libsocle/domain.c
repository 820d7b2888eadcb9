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
