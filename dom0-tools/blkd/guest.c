/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/blkd/guest.c
 *
 * See guest.h: the real one, by Linux's gntdev and evtchn devices.
 */
#include "blkd/guest.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

void *blk_guest_map(struct blk_guest *g, const uint32_t *refs, size_t n)
{
	return socle_gnttab_map(g->gt, g->domid, refs, n, PROT_READ | PROT_WRITE);
}

int blk_guest_unmap(struct blk_guest *g, void *p, size_t n)
{
	return socle_gnttab_unmap(g->gt, p, n);
}

int blk_guest_copy(struct blk_guest *g, struct ioctl_gntdev_grant_copy_segment *piece, uint32_t n)
{
	struct ioctl_gntdev_grant_copy arg = { .count = n, .segments = (uintptr_t)piece };

	return ioctl(socle_gnttab_fd(g->gt), IOCTL_GNTDEV_GRANT_COPY, &arg) < 0 ? -errno : 0;
}

int blk_guest_bind(struct blk_guest *g, uint32_t remote_port)
{
	return socle_evtchn_bind_interdomain(g->ec, g->domid, remote_port);
}

void blk_guest_unbind(struct blk_guest *g, uint32_t port)
{
	socle_evtchn_unbind(g->ec, port);
}

void blk_guest_notify(struct blk_guest *g, uint32_t port)
{
	socle_evtchn_notify(g->ec, port);
}
