/* SPDX-License-Identifier: BSD-2-Clause */
/* See packet.h. */
#include "kit/string.h"
#include "net/checksum.h"
#include "net/packet.h"
#include "net/wire.h"

/* What the checksum of a protocol wants to be there, 0 for protocols without one we know. */
static uint32_t header_of(uint8_t proto)
{
	switch (proto) {
	case PROTO_TCP: return TCP_HEADER;
	case PROTO_UDP: return UDP_HEADER;
	case PROTO_ICMP:
	case PROTO_ICMP6: return ICMP_HEADER;
	default: return 0;
	}
}

static void upper(struct net_packet *p, const uint8_t *head, uint32_t given, uint32_t at)
{
	uint32_t limit = given < p->end ? given : p->end, want = header_of(p->proto);

	if ((p->fragment && !p->first_fragment) || at > limit)
		return;
	p->l4 = (uint16_t)at;
	p->has_l4 = !p->fragment && want && limit - at >= want;
	if ((p->proto == PROTO_TCP || p->proto == PROTO_UDP) && limit - at >= 4) {
		p->has_ports = true;
		p->src_port = net_get16(head + at);
		p->dst_port = net_get16(head + at + 2);
	}
}

static bool parse4(struct net_packet *p, const uint8_t *head, uint32_t given, uint32_t frame_len)
{
	const uint8_t *ip = head + ETH_HEADER;
	uint32_t header, total;
	uint16_t frag;

	if (given < ETH_HEADER + IP4_HEADER || ip[0] >> 4 != 4)
		return false;
	header = (ip[0] & 15u) * 4;
	total = net_get16(ip + IP4_TOTAL);
	if (header < IP4_HEADER || header > total || given - ETH_HEADER < header || total > frame_len - ETH_HEADER)
		return false;
	if (net_sum_fold(net_sum_add(0, ip, header)) != 0xffff)
		return false;
	frag = net_get16(ip + IP4_FRAGMENT);
	p->ip4 = true;
	p->end = ETH_HEADER + total;
	p->proto = ip[IP4_PROTO];
	p->fragment = frag & (IP4_MORE_FRAGMENTS | IP4_OFFSET_MASK);
	p->first_fragment = p->fragment && !(frag & IP4_OFFSET_MASK);
	upper(p, head, given, ETH_HEADER + header);
	return true;
}

/* Length of an extension header, 0 when it is none that can be stepped over (RFC 8200 section 4, RFC 4302 section 2.2). */
static uint32_t extension(uint8_t type, const uint8_t *at)
{
	switch (type) {
	case PROTO_HOPOPTS:
	case PROTO_ROUTING:
	case PROTO_DSTOPTS: return (at[1] + 1u) * 8;
	case PROTO_FRAGMENT: return 8;
	case PROTO_AH: return (at[1] + 2u) * 4;
	default: return 0;
	}
}

static bool parse6(struct net_packet *p, const uint8_t *head, uint32_t given, uint32_t frame_len)
{
	uint32_t at = ETH_HEADER + IP6_HEADER, length;
	uint8_t next;

	if (given < at || head[ETH_HEADER] >> 4 != 6)
		return false;
	length = net_get16(head + ETH_HEADER + IP6_LENGTH);
	if (length > frame_len - at)
		return false;
	p->ip6 = true;
	p->end = at + length;
	next = head[ETH_HEADER + IP6_NEXT];
	/* Each step is 8 bytes at least, so the headers given bound it. */
	while (at + 8 <= given && at + 8 <= p->end) {
		uint32_t step = extension(next, head + at);

		if (!step || (p->fragment && !p->first_fragment))
			break;
		if (next == PROTO_FRAGMENT) {
			uint16_t frag = net_get16(head + at + 2);

			p->fragment |= (frag & 0xfff9) != 0;
			p->first_fragment = p->fragment && !(frag & 0xfff8);
		}
		next = head[at];
		at += step;
	}
	p->proto = next;
	upper(p, head, given, at);
	return true;
}

bool net_packet_parse(struct net_packet *p, const uint8_t *head, uint32_t given, uint32_t frame_len)
{
	memset(p, 0, sizeof(*p));
	if (given < ETH_HEADER || given > frame_len)
		return false;
	p->type = net_get16(head + ETH_TYPE);
	p->l3 = ETH_HEADER;
	if (p->type == ETH_TYPE_IP4)
		return parse4(p, head, given, frame_len);
	if (p->type == ETH_TYPE_IP6)
		return parse6(p, head, given, frame_len);
	return true;
}
