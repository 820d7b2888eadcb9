/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames as they are on a wire: offsets and numbers of Ethernet, ARP, IPv4, IPv6, ICMP, UDP and TCP (IEEE 802.3, RFC 826, 791, 8200,
 * 792, 4443, 4861, 768, 9293), and access to numbers in network order at any address. */
#ifndef SOCLE_NET_WIRE_H
#define SOCLE_NET_WIRE_H

#include <stddef.h>
#include <stdint.h>

#define ETH_HEADER		14u
#define ETH_DST			0u
#define ETH_SRC			6u
#define ETH_TYPE		12u
#define ETH_TYPE_IP4		0x0800u
#define ETH_TYPE_ARP		0x0806u
#define ETH_TYPE_IP6		0x86ddu

/* From the start of the ARP packet. */
#define ARP_LENGTH		28u
#define ARP_OP			6u
#define ARP_SHA			8u
#define ARP_SPA			14u
#define ARP_THA			18u
#define ARP_TPA			24u
#define ARP_REQUEST		1u
#define ARP_REPLY		2u

/* From the start of the IP packet. */
#define IP4_HEADER		20u
#define IP4_TOTAL		2u
#define IP4_ID			4u
#define IP4_FRAGMENT		6u	/* flags and offset */
#define IP4_DONT_FRAGMENT	0x4000u
#define IP4_MORE_FRAGMENTS	0x2000u
#define IP4_OFFSET_MASK		0x1fffu
#define IP4_TTL			8u
#define IP4_PROTO		9u
#define IP4_SUM			10u
#define IP4_SRC			12u
#define IP4_DST			16u

#define IP6_HEADER		40u
#define IP6_LENGTH		4u
#define IP6_NEXT		6u
#define IP6_HOPS		7u
#define IP6_SRC			8u
#define IP6_DST			24u

#define PROTO_HOPOPTS		0u
#define PROTO_ICMP		1u
#define PROTO_TCP		6u
#define PROTO_UDP		17u
#define PROTO_ROUTING		43u
#define PROTO_FRAGMENT		44u
#define PROTO_AH		51u
#define PROTO_ICMP6		58u
#define PROTO_NONE		59u
#define PROTO_DSTOPTS		60u

/* From the start of the upper header. */
#define TCP_HEADER		20u
#define TCP_SEQ			4u
#define TCP_OFFSET		12u
#define TCP_BITS		13u
#define TCP_SUM			16u
#define UDP_HEADER		8u
#define UDP_LENGTH		4u
#define UDP_SUM			6u
#define ICMP_HEADER		8u
#define ICMP_SUM		2u

static inline uint16_t net_get16(const void *at)
{
	const uint8_t *p = at;

	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t net_get32(const void *at)
{
	const uint8_t *p = at;

	return (uint32_t)net_get16(p) << 16 | net_get16(p + 2);
}

static inline void net_put16(void *at, uint32_t v)
{
	uint8_t *p = at;

	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void net_put32(void *at, uint32_t v)
{
	net_put16(at, v >> 16);
	net_put16((uint8_t *)at + 2, v);
}

#endif
