/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/netd/xen.c
 *
 * See xen.h.
 */
#include "netd/xen.h"

#include <errno.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <abi/linux/evtchn.h>

#include "libsocle/evtchn.h"
#include "libsocle/gnttab.h"

struct xen {
	struct net_io io;
	struct socle_gnttab *gt;
	struct socle_evtchn *ec;
	uint16_t domid;
};

const unsigned long net_xen_ioctls[] = {
	IOCTL_GNTDEV_MAP_GRANT_REF, IOCTL_GNTDEV_UNMAP_GRANT_REF, IOCTL_GNTDEV_GET_OFFSET_FOR_VADDR, IOCTL_GNTDEV_GRANT_COPY,
	IOCTL_EVTCHN_BIND_INTERDOMAIN, IOCTL_EVTCHN_UNBIND, IOCTL_EVTCHN_NOTIFY, TUNSETOFFLOAD, TUNSETQUEUE,
};
const size_t net_xen_nr_ioctls = sizeof(net_xen_ioctls) / sizeof(net_xen_ioctls[0]);

static void *map(void *context, uint32_t ref)
{
	struct xen *x = context;

	return socle_gnttab_map(x->gt, x->domid, &ref, 1, PROT_READ | PROT_WRITE);
}

static void unmap(void *context, void *page)
{
	struct xen *x = context;

	(void)socle_gnttab_unmap(x->gt, page, 1);
}

static void copy(void *context, struct ioctl_gntdev_grant_copy_segment *segment, uint32_t n)
{
	struct ioctl_gntdev_grant_copy arg = { .count = n, .segments = (uintptr_t)segment };
	struct xen *x = context;

	for (uint32_t i = 0; i < n; i++) {
		segment[i].status = GNTST_general_error;
		if (segment[i].flags & GNTCOPY_source_gref)
			segment[i].source.foreign.domid = x->domid;
		else
			segment[i].dest.foreign.domid = x->domid;
	}
	if (n && ioctl(socle_gnttab_fd(x->gt), IOCTL_GNTDEV_GRANT_COPY, &arg) < 0)
		for (uint32_t i = 0; i < n; i++)
			segment[i].status = GNTST_general_error;
}

static int bind_port(void *context, uint32_t port)
{
	struct xen *x = context;

	return socle_evtchn_bind_interdomain(x->ec, x->domid, port);
}

static void unbind_port(void *context, uint32_t port)
{
	struct xen *x = context;

	(void)socle_evtchn_unbind(x->ec, port);
}

static void notify(void *context, uint32_t port)
{
	struct xen *x = context;

	(void)socle_evtchn_notify(x->ec, port);
}

static int pending(void *context)
{
	struct xen *x = context;
	int port = socle_evtchn_pending(x->ec);

	if (port >= 0)
		(void)socle_evtchn_unmask(x->ec, (uint32_t)port);
	return port;
}

static int tap_offload(void *context, int tap, unsigned int flags)
{
	(void)context;
	return ioctl(tap, TUNSETOFFLOAD, (unsigned long)flags) ? -errno : 0;
}

/* EINVAL: it is so already. */
static int tap_queue(void *context, int tap, bool on)
{
	struct ifreq want = { .ifr_flags = on ? IFF_ATTACH_QUEUE : IFF_DETACH_QUEUE };

	(void)context;
	return ioctl(tap, TUNSETQUEUE, &want) && errno != EINVAL ? -errno : 0;
}

struct net_io *net_xen_open(int gntdev_fd, int evtchn_fd, uint16_t domid, struct socle_error *e)
{
	struct xen *x = calloc(1, sizeof(*x));

	if (!x) {
		socle_fail(e, ENOMEM, "out of memory");
		return NULL;
	}
	x->gt = socle_gnttab_adopt(gntdev_fd, e);
	x->ec = socle_evtchn_adopt(evtchn_fd, e);
	if (!x->gt || !x->ec) {
		socle_gnttab_close(x->gt);
		socle_evtchn_close(x->ec);
		free(x);
		return NULL;
	}
	x->domid = domid;
	x->io = (struct net_io){
		.context = x, .map = map, .unmap = unmap, .copy = copy, .bind = bind_port, .unbind = unbind_port,
		.notify = notify, .pending = pending, .tap_offload = tap_offload, .tap_queue = tap_queue,
	};
	return &x->io;
}
