/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/netd/headers.h
 *
 * Where the headers of a frame are.  The frame is a private copy, its content anybody's: nothing is believed about a
 * length before it is compared with what is there.  Pure.
 */
#ifndef SOCLE_NETD_HEADERS_H
#define SOCLE_NETD_HEADERS_H

#include <stdbool.h>
#include <stdint.h>

enum { ETHER_HEADER = 14, ETHERTYPE_IP4 = 0x0800, ETHERTYPE_ADDRESS = 0x0806, ETHERTYPE_IP6 = 0x86dd, ETHERTYPE_TAG = 0x8100,
       ETHERTYPE_STAG = 0x88a8 };
enum { PROTO_HOP = 0, PROTO_ICMP4 = 1, PROTO_TCP = 6, PROTO_UDP = 17, PROTO_ROUTING = 43, PROTO_FRAGMENT = 44, PROTO_AH = 51,
       PROTO_ICMP6 = 58, PROTO_NONE = 59, PROTO_OPTIONS = 60, PROTO_MOBILITY = 135 };

struct net_headers {
	uint16_t ethertype;     /* behind tags */
	uint8_t tags;           /* 0, 1 or 2 VLAN tags */
	uint8_t ip;             /* 4, 6, or 0 when it is neither or its header is not whole */
	uint8_t proto;          /* the last one found: behind IPv6's extension headers */
	bool fragment;          /* of a larger packet */
	bool later_fragment;    /* and not the first: l4 is data */
	bool l4_found;          /* the header chain is whole, and l4 lies within the frame */
	uint32_t l3, l4, end;   /* offsets from the frame's begin; end is the IP packet's, at most the frame's */
};

/* False when not even the Ethernet header is whole. */
bool net_headers_find(const uint8_t *frame, uint32_t len, struct net_headers *h);

static inline uint16_t net_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

#endif /* SOCLE_NETD_HEADERS_H */
