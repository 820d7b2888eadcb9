/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/netd/offload.h
 *
 * What a frame lets others do for it, in netif's words and in the tap's (struct virtio_net_hdr): checksums that are not
 * filled in, segments that are not cut yet.  netif says only that it is so, the tap wants to know where; so the frame's
 * headers are found here, in the private copy.  Pure.
 */
#ifndef SOCLE_NETD_OFFLOAD_H
#define SOCLE_NETD_OFFLOAD_H

#include <linux/virtio_net.h>
#include <stdbool.h>
#include <stdint.h>

#include "netd/headers.h"
#include "netd/rx.h"
#include "netd/tx.h"

#define NET_TAP_HEADER 10u /* sizeof(struct virtio_net_hdr): what net_tap_open() asked for */

/*
 * A guest's frame for the tap.  The headers are found already.  A packet of segments whose checksum the guest claims to have
 * filled in has it emptied, since each segment gets its own.  NULL, or why the frame is refused.
 */
const char *net_offload_to_tap(const struct net_packet *p, uint8_t *frame, const struct net_headers *h,
			       struct virtio_net_hdr *out);

/* What a frontend can take beside plain frames. */
struct net_offload_caps {
	bool csum4, csum6, gso4, gso6;
};

/*
 * The tap's frame for a guest.  What the tap was told never to leave to the guest, it does not; a checksum that it leaves and
 * this guest cannot fill in (IPv6's only, say) is filled in here.  False: it cannot be passed on.
 */
bool net_offload_to_guest(const struct virtio_net_hdr *v, uint8_t *frame, uint32_t len,
			  const struct net_offload_caps *caps, struct net_rx_frame *out);

/* The argument of TUNSETOFFLOAD. */
unsigned int net_offload_tap_flags(const struct net_offload_caps *caps);

#endif /* SOCLE_NETD_OFFLOAD_H */
