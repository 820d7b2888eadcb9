/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is for the router itself (forward.h): ARP, neighbour discovery, echo; and what it says of its own accord: questions for
 * neighbours, errors. Answers go back to the neighbour that the frame came from.
 */
#include "kit/string.h"
#include "net/checksum.h"
#include "net/wire.h"
#include "guests/router/forward.h"

#define HOPS			64u
#define ND_HOPS			255u
#define ICMP_ECHO		8u
#define ICMP_ECHO_REPLY		0u
#define ICMP_UNREACHABLE	3u
#define ICMP_TIME_EXCEEDED	11u
#define ICMP6_UNREACHABLE	1u
#define ICMP6_TOO_BIG		2u
#define ICMP6_TIME_EXCEEDED	3u
#define ICMP6_INFORMATION	128u	/* types below are errors */
#define ICMP6_ECHO		128u
#define ICMP6_ECHO_REPLY	129u
#define ICMP6_SOLICITATION	135u
#define ICMP6_ADVERTISEMENT	136u
#define ND_LENGTH		24u
#define ND_TARGET		8u
#define ND_OPTION_SOURCE	1u
#define ND_OPTION_TARGET	2u

#define ERRORS_A_SECOND		100u

static const uint8_t everybody[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

static void put_eth(uint8_t *frame, const uint8_t *dst, const struct net_mac *src, uint16_t type)
{
	memcpy(frame + ETH_DST, dst, 6);
	memcpy(frame + ETH_SRC, src->b, 6);
	net_put16(frame + ETH_TYPE, type);
}

/* Headers for a packet of ours with so many bytes behind the IP header. */
static uint8_t *put_ip(struct router *r, uint8_t *frame, const struct net_addr *src, const struct net_addr *dst, uint8_t proto, uint8_t hops,
		       uint32_t length)
{
	uint8_t *ip = frame + ETH_HEADER;

	if (!net_addr_is_ip4(src)) {
		memset(ip, 0, IP6_HEADER);
		ip[0] = 0x60;
		net_put16(ip + IP6_LENGTH, length);
		ip[IP6_NEXT] = proto;
		ip[IP6_HOPS] = hops;
		memcpy(ip + IP6_SRC, src->b, 16);
		memcpy(ip + IP6_DST, dst->b, 16);
		return ip + IP6_HEADER;
	}
	memset(ip, 0, IP4_HEADER);
	ip[0] = 0x45;
	net_put16(ip + IP4_TOTAL, IP4_HEADER + length);
	net_put16(ip + IP4_ID, ++r->ip_id);
	ip[IP4_TTL] = hops;
	ip[IP4_PROTO] = proto;
	memcpy(ip + IP4_SRC, net_addr_as_ip4(src), 4);
	memcpy(ip + IP4_DST, net_addr_as_ip4(dst), 4);
	net_put16(ip + IP4_SUM, (uint16_t)~net_sum_fold(net_sum_add(0, ip, IP4_HEADER)));
	return ip + IP4_HEADER;
}

/* Sums a frame that was made here, and sends it. */
static bool finish(struct router *r, unsigned int interface, uint8_t *frame, uint32_t len)
{
	struct net_packet p;

	if (!net_packet_parse(&p, frame, len, len))
		return false;
	net_checksum_fill(&p, frame);
	return router_emit(r, interface, frame, len);
}

/* The frame that waits for a neighbour goes. */
static void release(struct router *r, struct neigh *n)
{
	if (!n || !n->held)
		return;
	memcpy(n->frame + ETH_DST, n->mac.b, 6);
	if (router_emit(r, n->interface, n->frame, n->held))
		r->forwarded++;
	else
		r->drops[ROUTER_NOT_SENT]++;
	n->held = 0;
}

/* Is it an address of this link, and nobody's of ours? */
static bool is_neighbour(const struct router *r, unsigned int interface, const struct net_addr *a)
{
	const struct router_interface *i = &r->interface[interface];

	for (unsigned int k = 0; k < i->nr_addrs; k++)
		if (net_prefix_has(&i->addr[k], a))
			return !router_is_own(r, a);
	return false;
}

static bool is_mine(const struct router *r, unsigned int interface, const struct net_addr *a)
{
	const struct router_interface *i = &r->interface[interface];

	for (unsigned int k = 0; k < i->nr_addrs; k++)
		if (net_addr_equal(&i->addr[k].addr, a))
			return true;
	return false;
}

/* ---- ARP ---- */

static void arp_send(struct router *r, unsigned int interface, uint16_t op, const uint8_t *to, const uint8_t *spa, const uint8_t *tpa)
{
	uint8_t frame[ETH_HEADER + ARP_LENGTH] = { 0 }, *arp = frame + ETH_HEADER;
	static const uint8_t kind[6] = { 0, 1, 8, 0, 6, 4 };	/* Ethernet, IPv4, and the lengths of their addresses */

	put_eth(frame, to, &r->interface[interface].mac, ETH_TYPE_ARP);
	memcpy(arp, kind, sizeof(kind));
	net_put16(arp + ARP_OP, op);
	memcpy(arp + ARP_SHA, r->interface[interface].mac.b, 6);
	memcpy(arp + ARP_SPA, spa, 4);
	if (op == ARP_REPLY)
		memcpy(arp + ARP_THA, to, 6);
	memcpy(arp + ARP_TPA, tpa, 4);
	router_emit(r, interface, frame, sizeof(frame));
}

void router_arp(struct router_frame *f)
{
	const uint8_t *arp = f->head + ETH_HEADER;
	struct net_addr sender, target;
	struct net_mac mac;
	bool for_us;

	if (f->given < ETH_HEADER + ARP_LENGTH || memcmp(arp, "\x00\x01\x08\x00\x06\x04", 6) || (arp[ARP_SHA] & 1)) {
		router_drop(f, ROUTER_BAD);
		return;
	}
	sender = net_addr_ip4(arp + ARP_SPA);
	target = net_addr_ip4(arp + ARP_TPA);
	memcpy(mac.b, arp + ARP_SHA, 6);
	for_us = is_mine(f->r, f->in, &target);
	/* Who asks for us will be answered, and mostly talks to us next. */
	if (is_neighbour(f->r, f->in, &sender))
		release(f->r, neigh_heard(&f->r->neigh, f->in, &sender, &mac, f->now, for_us && net_get16(arp + ARP_OP) == ARP_REQUEST));
	if (for_us && net_get16(arp + ARP_OP) == ARP_REQUEST) {
		f->r->answered++;
		arp_send(f->r, f->in, ARP_REPLY, arp + ARP_SHA, arp + ARP_TPA, arp + ARP_SPA);
	}
}

/* ---- neighbour discovery ---- */

/* A solicitation to the group of the target, or an advertisement. */
static void nd_send(struct router *r, unsigned int interface, uint8_t type, const uint8_t *mac, const struct net_addr *src,
		    const struct net_addr *dst, const struct net_addr *target, uint32_t flags)
{
	uint8_t frame[ETH_HEADER + IP6_HEADER + ND_LENGTH + 8] = { 0 }, *nd;

	put_eth(frame, mac, &r->interface[interface].mac, ETH_TYPE_IP6);
	nd = put_ip(r, frame, src, dst, PROTO_ICMP6, ND_HOPS, ND_LENGTH + 8);
	nd[0] = type;
	net_put32(nd + 4, flags);
	memcpy(nd + ND_TARGET, target->b, 16);
	nd[ND_LENGTH] = type == ICMP6_SOLICITATION ? ND_OPTION_SOURCE : ND_OPTION_TARGET;
	nd[ND_LENGTH + 1] = 1;
	memcpy(nd + ND_LENGTH + 2, r->interface[interface].mac.b, 6);
	finish(r, interface, frame, sizeof(frame));
}

/* The hardware address in an option of a kind. */
static bool nd_option(const struct router_frame *f, uint8_t kind, struct net_mac *mac)
{
	const uint8_t *at = f->head + f->p.l4 + ND_LENGTH, *end = f->head + f->given;

	while (end - at >= 8 && at[1]) {
		if (at[0] == kind && at[1] == 1) {
			memcpy(mac->b, at + 2, 6);
			return !(mac->b[0] & 1);
		}
		if (end - at < at[1] * 8)
			break;
		at += at[1] * 8;
	}
	return false;
}

static void nd_input(struct router_frame *f, uint8_t type)
{
	static const struct net_addr all_nodes = { { 0xff, 2, [15] = 1 } };
	const uint8_t *nd = f->head + f->p.l4;
	bool known_sender = !net_addr_is_zero(&f->src);
	struct net_addr target;
	struct net_mac mac;

	/* From this link only: a router would have counted the hop (RFC 4861 section 7.1). */
	if (f->head[f->p.l3 + IP6_HOPS] != ND_HOPS || f->given < f->p.l4 + ND_LENGTH || nd[1]) {
		router_drop(f, ROUTER_BAD);
		return;
	}
	memcpy(target.b, nd + ND_TARGET, 16);
	if (type == ICMP6_ADVERTISEMENT) {
		if (is_neighbour(f->r, f->in, &target) && nd_option(f, ND_OPTION_TARGET, &mac))
			release(f->r, neigh_heard(&f->r->neigh, f->in, &target, &mac, f->now, false));
		return;
	}
	if (!is_mine(f->r, f->in, &target))
		return;
	if (known_sender && is_neighbour(f->r, f->in, &f->src) && nd_option(f, ND_OPTION_SOURCE, &mac))
		release(f->r, neigh_heard(&f->r->neigh, f->in, &f->src, &mac, f->now, true));
	f->r->answered++;
	/* Router, override; solicited if there is somebody to tell. */
	if (known_sender)
		nd_send(f->r, f->in, ICMP6_ADVERTISEMENT, f->head + ETH_SRC, &target, &f->src, &target, 0xe0000000);
	else
		nd_send(f->r, f->in, ICMP6_ADVERTISEMENT, (const uint8_t[]){ 0x33, 0x33, 0, 0, 0, 1 }, &target, &all_nodes, &target, 0xa0000000);
}

void router_ask(struct router *r, unsigned int interface, const struct net_addr *a)
{
	const struct net_addr *own = router_own_addr(r, interface, net_addr_is_ip4(a));

	if (!own)
		return;
	if (net_addr_is_ip4(a)) {
		arp_send(r, interface, ARP_REQUEST, everybody, net_addr_as_ip4(own), net_addr_as_ip4(a));
	} else {
		/* The solicited-node group of the address, and the group's MAC (RFC 4291 section 2.7.1, RFC 2464 section 7). */
		struct net_addr group = { { 0xff, 2, [11] = 1, 0xff, a->b[13], a->b[14], a->b[15] } };
		uint8_t mac[6] = { 0x33, 0x33, 0xff, a->b[13], a->b[14], a->b[15] };

		nd_send(r, interface, ICMP6_SOLICITATION, mac, own, &group, a, 0);
	}
}

/* ---- echo ---- */

static void echo(struct router_frame *f)
{
	uint8_t *frame = router_straighten(f), *ip = frame + f->p.l3, swap[16];
	uint32_t size = f->p.ip4 ? 4 : 16, src = f->p.ip4 ? IP4_SRC : IP6_SRC, dst = f->p.ip4 ? IP4_DST : IP6_DST;

	if (f->offload.csum_blank || (!f->offload.csum_good && !net_checksum_good(&f->p, frame))) {
		router_drop(f, ROUTER_BAD);
		return;
	}
	memcpy(frame + ETH_DST, f->head + ETH_SRC, 6);
	memcpy(frame + ETH_SRC, f->r->interface[f->in].mac.b, 6);
	memcpy(swap, ip + src, size);
	memcpy(ip + src, ip + dst, size);
	memcpy(ip + dst, swap, size);
	frame[f->p.l4] = f->p.ip4 ? ICMP_ECHO_REPLY : ICMP6_ECHO_REPLY;
	if (f->p.ip6) {
		ip[IP6_HOPS] = HOPS;
	} else {
		ip[IP4_TTL] = HOPS;
		net_put16(ip + IP4_SUM, 0);
		net_put16(ip + IP4_SUM, (uint16_t)~net_sum_fold(net_sum_add(0, ip, (ip[0] & 15u) * 4)));
	}
	f->r->answered++;
	finish(f->r, f->in, frame, f->len);
}

void router_own(struct router_frame *f)
{
	uint8_t type = f->p.has_l4 ? f->head[f->p.l4] : 0;
	bool mine = router_is_own(f->r, &f->dst);

	if (!f->p.has_l4)
		return;
	if (mine && !net_addr_is_zero(&f->src) && ((f->p.ip4 && f->p.proto == PROTO_ICMP && type == ICMP_ECHO) ||
						    (f->p.ip6 && f->p.proto == PROTO_ICMP6 && type == ICMP6_ECHO)))
		echo(f);
	else if (f->p.ip6 && f->p.proto == PROTO_ICMP6 && (type == ICMP6_SOLICITATION || type == ICMP6_ADVERTISEMENT))
		nd_input(f, type);
}

/* ---- errors ---- */

static bool error_allowed(struct router_frame *f)
{
	struct router *r = f->r;
	uint8_t type;

	if ((f->p.fragment && !f->p.first_fragment) || net_addr_is_zero(&f->src))
		return false;
	if (f->p.proto == PROTO_ICMP || f->p.proto == PROTO_ICMP6) {
		/* No error about an error, or about what may be one. */
		if (!f->p.has_l4)
			return false;
		type = f->head[f->p.l4];
		if (f->p.ip4 ? type != ICMP_ECHO && type != ICMP_ECHO_REPLY : type < ICMP6_INFORMATION)
			return false;
	}
	if (f->now - r->error_at >= NEIGH_SECOND || !r->error_at) {
		r->error_at = f->now ? f->now : 1;
		r->error_tokens = ERRORS_A_SECOND;
	}
	if (!r->error_tokens)
		return false;
	r->error_tokens--;
	return true;
}

static uint16_t type_and_code(enum router_error what, bool ip4)
{
	switch (what) {
	case ROUTER_ERROR_NO_ROUTE: return ip4 ? ICMP_UNREACHABLE << 8 : ICMP6_UNREACHABLE << 8;
	case ROUTER_ERROR_NO_HOST: return ip4 ? ICMP_UNREACHABLE << 8 | 1 : ICMP6_UNREACHABLE << 8 | 3;
	case ROUTER_ERROR_TTL: return ip4 ? ICMP_TIME_EXCEEDED << 8 : ICMP6_TIME_EXCEEDED << 8;
	default: return ip4 ? ICMP_UNREACHABLE << 8 | 4 : ICMP6_TOO_BIG << 8;
	}
}

void router_error(struct router_frame *f, enum router_error what, uint32_t mtu)
{
	const struct net_addr *own = router_own_addr(f->r, f->in, f->p.ip4);
	uint8_t frame[ETH_HEADER + IP6_HEADER + ICMP_HEADER + ROUTER_HEAD_MAX] = { 0 }, *icmp;
	uint32_t quoted = f->given - f->p.l3;
	struct net_mac to;

	if (!own || !error_allowed(f))
		return;
	memcpy(to.b, f->head + ETH_SRC, 6);
	put_eth(frame, to.b, &f->r->interface[f->in].mac, f->p.type);
	icmp = put_ip(f->r, frame, own, &f->src, f->p.ip4 ? PROTO_ICMP : PROTO_ICMP6, HOPS, ICMP_HEADER + quoted);
	net_put16(icmp, type_and_code(what, f->p.ip4));
	if (f->p.ip4)
		net_put16(icmp + 6, mtu);	/* RFC 1191: the lower half of the word */
	else
		net_put32(icmp + 4, mtu);
	memcpy(icmp + ICMP_HEADER, f->head + f->p.l3, quoted);
	f->r->errors++;
	finish(f->r, f->in, frame, (uint32_t)(icmp - frame) + ICMP_HEADER + quoted);
}
