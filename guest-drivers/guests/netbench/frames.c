/* SPDX-License-Identifier: BSD-2-Clause */
/* See frames.h. The number stands first in the data, in network order. */
#include "guests/netbench/frames.h"
#include "kit/string.h"
#include "net/checksum.h"
#include "net/packet.h"
#include "net/wire.h"

#define IP		ETH_HEADER
#define UPPER		(ETH_HEADER + IP4_HEADER)
#define ECHO_REQUEST	8u
#define ECHO_REPLY	0u
#define TTL		64u

static void put_ip(uint8_t *frame, uint32_t len, const struct frames_end *from, const struct frames_end *to, uint8_t proto)
{
	uint8_t *ip = frame + IP;

	memcpy(frame + ETH_DST, to->mac.b, 6);
	memcpy(frame + ETH_SRC, from->mac.b, 6);
	net_put16(frame + ETH_TYPE, ETH_TYPE_IP4);
	memset(ip, 0, IP4_HEADER);
	ip[0] = 0x45;
	net_put16(ip + IP4_TOTAL, len - IP);
	net_put16(ip + IP4_FRAGMENT, IP4_DONT_FRAGMENT);
	ip[IP4_TTL] = TTL;
	ip[IP4_PROTO] = proto;
	memcpy(ip + IP4_SRC, from->ip, 4);
	memcpy(ip + IP4_DST, to->ip, 4);
	net_put16(ip + IP4_SUM, (uint16_t)~net_sum_fold(net_sum_add(0, ip, IP4_HEADER)));
	for (uint32_t i = FRAME_HEADERS; i < len; i++)
		frame[i] = (uint8_t)i;
}

void frames_udp(uint8_t *frame, uint32_t len, const struct frames_end *from, const struct frames_end *to)
{
	uint8_t *udp = frame + UPPER;

	put_ip(frame, len, from, to, PROTO_UDP);
	net_put16(udp, from->port);
	net_put16(udp + 2, to->port);
	net_put16(udp + UDP_LENGTH, len - UPPER);
	net_put16(udp + UDP_SUM, 0);
}

void frames_echo(uint8_t *frame, uint32_t len, const struct frames_end *from, const struct frames_end *to)
{
	uint8_t *icmp = frame + UPPER;

	put_ip(frame, len, from, to, PROTO_ICMP);
	memset(icmp, 0, ICMP_HEADER);
	icmp[0] = ECHO_REQUEST;
	net_put16(icmp + 4, from->port);
	net_put16(icmp + ICMP_SUM, (uint16_t)~net_sum_fold(net_sum_add(0, icmp, len - UPPER)));
}

void frames_number(uint8_t *frame, uint64_t number)
{
	uint8_t *at = frame + FRAME_HEADERS, *sum = frame + UPPER + ICMP_SUM;

	for (unsigned int i = 0; i < 4; i++) {
		uint16_t word = (uint16_t)(number >> (48 - 16 * i)), old = net_get16(at + 2 * i);

		net_put16(at + 2 * i, word);
		if (frame[IP + IP4_PROTO] == PROTO_ICMP)
			net_put16(sum, net_sum_replace(net_get16(sum), old, word));
	}
}

static uint64_t number_of(const uint8_t *frame)
{
	return (uint64_t)net_get32(frame + FRAME_HEADERS) << 32 | net_get32(frame + FRAME_HEADERS + 4);
}

static void put_arp(uint8_t *frame, uint16_t op, const struct frames_end *from, const struct net_mac *to, const uint8_t ip[4])
{
	uint8_t *arp = frame + ETH_HEADER;
	static const uint8_t kind[6] = { 0, 1, 8, 0, 6, 4 };

	memcpy(frame + ETH_DST, to->b, 6);
	memcpy(frame + ETH_SRC, from->mac.b, 6);
	net_put16(frame + ETH_TYPE, ETH_TYPE_ARP);
	memcpy(arp, kind, sizeof(kind));
	net_put16(arp + ARP_OP, op);
	memcpy(arp + ARP_SHA, from->mac.b, 6);
	memcpy(arp + ARP_SPA, from->ip, 4);
	memcpy(arp + ARP_THA, to->b, 6);
	memcpy(arp + ARP_TPA, ip, 4);
}

uint32_t frames_arp_request(uint8_t *frame, const struct frames_end *from, const uint8_t ip[4])
{
	static const struct net_mac everybody = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };

	put_arp(frame, ARP_REQUEST, from, &everybody, ip);
	return ETH_HEADER + ARP_LENGTH;
}

static enum frames_kind read_arp(uint8_t *frame, uint32_t len, const struct frames_end *us, struct frames_end *from)
{
	const uint8_t *arp = frame + ETH_HEADER;

	if (len < ETH_HEADER + ARP_LENGTH || memcmp(arp, "\x00\x01\x08\x00\x06\x04", 6) || memcmp(arp + ARP_TPA, us->ip, 4))
		return FRAMES_OTHER;
	memcpy(from->mac.b, arp + ARP_SHA, 6);
	memcpy(from->ip, arp + ARP_SPA, 4);
	if (net_get16(arp + ARP_OP) != ARP_REQUEST)
		return FRAMES_ARP_TOLD;
	put_arp(frame, ARP_REPLY, us, &from->mac, from->ip);
	return FRAMES_ARP_ASKED;
}

enum frames_kind frames_read(uint8_t *frame, uint32_t len, const struct frames_end *us, struct frames_end *from, uint64_t *number)
{
	struct net_packet p;

	*number = 0;
	if (!net_packet_parse(&p, frame, len, len))
		return FRAMES_OTHER;
	if (p.type == ETH_TYPE_ARP)
		return read_arp(frame, len, us, from);
	if (!p.ip4 || p.l4 != UPPER || !p.has_l4 || memcmp(frame + IP + IP4_DST, us->ip, 4))
		return FRAMES_OTHER;
	memcpy(from->mac.b, frame + ETH_SRC, 6);
	memcpy(from->ip, frame + IP + IP4_SRC, 4);
	from->port = p.src_port;
	if (p.end >= FRAME_HEADERS + 8)
		*number = number_of(frame);
	if (p.proto == PROTO_UDP)
		return p.dst_port == us->port ? FRAMES_UDP : FRAMES_OTHER;
	if (p.proto == PROTO_ICMP && frame[UPPER] == ECHO_REQUEST)
		return FRAMES_ECHO_REQUEST;
	if (p.proto == PROTO_ICMP && frame[UPPER] == ECHO_REPLY && net_get16(frame + UPPER + 4) == us->port)
		return FRAMES_ECHO_REPLY;
	return FRAMES_OTHER;
}

static void swap(uint8_t *a, uint8_t *b, unsigned int n)
{
	while (n--) {
		uint8_t keep = a[n];

		a[n] = b[n];
		b[n] = keep;
	}
}

/* Sums do not mind the order of what they sum; the type of an echo is the one word that changes. */
void frames_turn(uint8_t *frame, enum frames_kind kind)
{
	uint8_t *upper = frame + UPPER;

	swap(frame + ETH_DST, frame + ETH_SRC, 6);
	swap(frame + IP + IP4_SRC, frame + IP + IP4_DST, 4);
	if (kind == FRAMES_UDP) {
		swap(upper, upper + 2, 2);
	} else {
		upper[0] = ECHO_REPLY;
		net_put16(upper + ICMP_SUM, net_sum_replace(net_get16(upper + ICMP_SUM), ECHO_REQUEST << 8, ECHO_REPLY << 8));
	}
}
