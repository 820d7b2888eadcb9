/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What goes with a frame beside its bytes: what the other end may leave to us, and we to it (pv-abi 9.3).
 */
#ifndef SOCLE_NET_OFFLOAD_H
#define SOCLE_NET_OFFLOAD_H

#include <stdbool.h>
#include <stdint.h>

#define NET_FRAME_MAX	65535u	/* the size field of a request has 16 bits */

/* A frame is one or more of these, its headers in the first. */
struct net_piece {
	const void *data;
	uint32_t len;
};

enum net_gso {
	NET_GSO_NONE,
	NET_GSO_TCP4,
	NET_GSO_TCP6,
};

struct net_offload {
	bool csum_blank;	/* the TCP or UDP checksum field holds the sum of the pseudo header only */
	bool csum_good;		/* somebody we believe has checked the sum; also true for a blank one */
	enum net_gso gso;	/* to be cut into TCP segments; only with csum_blank */
	uint16_t gso_size;	/* bytes of data in each of them */
};

#endif
