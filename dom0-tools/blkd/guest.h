/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/blkd/guest.h
 *
 * The guest as the disk's worker can reach it: pages that it granted, and its event channels.  Everything else in
 * blkd goes through these few functions, so that tests put a guest of their own in their place.
 */
#ifndef SOCLE_BLKD_GUEST_H
#define SOCLE_BLKD_GUEST_H

#include <stddef.h>
#include <stdint.h>

#include <abi/linux/gntdev.h>

#include "libsocle/evtchn.h"
#include "libsocle/gnttab.h"

struct blk_guest {
	struct socle_gnttab *gt;
	struct socle_evtchn *ec;
	uint16_t domid;
};

/* Pages of the guest, contiguously, for reading and writing; NULL with errno set. Hostile memory. */
void *blk_guest_map(struct blk_guest *g, const uint32_t *refs, size_t n);
/* p and n as they were mapped. 0 or -errno. */
int blk_guest_unmap(struct blk_guest *g, void *p, size_t n);

/* Copies by the hypervisor, each with its own status. 0, or -errno when none was tried. */
int blk_guest_copy(struct blk_guest *g, struct ioctl_gntdev_grant_copy_segment *piece, uint32_t n);

/* A local port, or -errno. */
int blk_guest_bind(struct blk_guest *g, uint32_t remote_port);
void blk_guest_unbind(struct blk_guest *g, uint32_t port);
void blk_guest_notify(struct blk_guest *g, uint32_t port);

#endif /* SOCLE_BLKD_GUEST_H */
