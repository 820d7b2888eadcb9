/* SPDX-License-Identifier: BSD-2-Clause */
/* See forward.h: from a frame that has come to the interface that it leaves by. */
#include "kit/string.h"
#include "net/checksum.h"
#include "net/wire.h"
#include "guests/router/forward.h"

const char *const router_drop_names[ROUTER_DROPS] = {
	[ROUTER_BAD] = "bad", [ROUTER_NOT_OURS] = "not_ours", [ROUTER_NOT_FORWARDED] = "not_forwarded", [ROUTER_DENIED] = "denied",
	[ROUTER_TTL] = "ttl", [ROUTER_NO_ROUTE] = "no_route", [ROUTER_TOO_BIG] = "too_big", [ROUTER_NO_NEIGHBOUR] = "no_neighbour",
	[ROUTER_NOT_SENT] = "not_sent",
};

void router_drop(struct router_frame *f, enum router_drop why)
{
	f->r->drops[why]++;
}

/* ---- addresses ---- */

static bool is_link_local(const struct net_addr *a)
{
	if (net_addr_is_ip4(a))
		return a->b[12] == 169 && a->b[13] == 254;
	return a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80;
}

static bool is_loopback(const struct net_addr *a)
{
	static const struct net_addr one = { { [15] = 1 } };

	return net_addr_is_ip4(a) ? a->b[12] == 127 : net_addr_equal(a, &one);
}

/* Of the family; not a link-local one if there is another. */
const struct net_addr *router_own_addr(const struct router *r, unsigned int interface, bool ip4)
{
	const struct router_interface *i = &r->interface[interface];
	const struct net_addr *best = NULL;

	for (unsigned int k = 0; k < i->nr_addrs; k++) {
		const struct net_addr *a = &i->addr[k].addr;

		if (net_addr_is_ip4(a) == ip4 && (!best || (is_link_local(best) && !is_link_local(a))))
			best = a;
	}
	return best;
}

bool router_is_own(const struct router *r, const struct net_addr *a)
{
	for (unsigned int i = 0; i < ROUTER_INTERFACES; i++)
		for (unsigned int k = 0; k < r->interface[i].nr_addrs; k++)
			if (net_addr_equal(&r->interface[i].addr[k].addr, a))
				return true;
	return false;
}

void router_add_link_local(struct router *r, unsigned int interface)
{
	struct router_interface *i = &r->interface[interface];
	const uint8_t *m = i->mac.b;
	/* RFC 4291 appendix A: the MAC with 02 turned over and ff:fe in its middle. */
	struct net_addr a = { { 0xfe, 0x80, [8] = (uint8_t)(m[0] ^ 2), m[1], m[2], 0xff, 0xfe, m[3], m[4], m[5] } };

	if (i->nr_addrs < ROUTER_ADDRS_MAX)
		i->addr[i->nr_addrs++] = (struct net_prefix){ a, 64 };
}

/* 255.255.255.255, or the last address of a prefix of ours that has more than two. */
static bool is_broadcast(const struct router *r, const struct net_addr *a)
{
	uint32_t v = net_get32(net_addr_as_ip4(a));

	if (!net_addr_is_ip4(a))
		return false;
	for (unsigned int i = 0; i < ROUTER_INTERFACES && v != 0xffffffff; i++)
		for (unsigned int k = 0; k < r->interface[i].nr_addrs; k++) {
			const struct net_prefix *p = &r->interface[i].addr[k];
			uint32_t host = p->bits > 96 && p->bits < 127 ? 0xffffffffu >> (p->bits - 96) : 0;

			if (host && net_addr_is_ip4(&p->addr) && net_prefix_has(p, a) && (v & host) == host)
				return true;
		}
	return v == 0xffffffff;
}

/* ---- routes ---- */

/* The longest prefix that holds the address; what is on a link before what is behind it. */
static bool find_route(const struct router *r, const struct net_addr *dst, unsigned int *out, struct net_addr *hop)
{
	int best = -1;

	for (unsigned int i = 0; i < ROUTER_INTERFACES; i++)
		for (unsigned int k = 0; k < r->interface[i].nr_addrs; k++) {
			const struct net_prefix *p = &r->interface[i].addr[k];

			if (p->bits > best && net_prefix_has(p, dst) && !is_link_local(&p->addr)) {
				best = p->bits;
				*out = i;
				*hop = *dst;
			}
		}
	for (unsigned int k = 0; k < r->nr_routes; k++) {
		const struct router_route *t = &r->route[k];

		if (t->to.bits > best && net_prefix_has(&t->to, dst) && net_addr_is_ip4(&t->via) == net_addr_is_ip4(dst)) {
			best = t->to.bits;
			*out = t->interface;
			*hop = t->via;
		}
	}
	return best >= 0 && r->interface[*out].up;
}

/* ---- sending ---- */

bool router_emit(struct router *r, unsigned int interface, const uint8_t *frame, uint32_t len)
{
	const struct net_offload plain = { .gso = NET_GSO_NONE };
	struct net_piece piece = { frame, len };

	return r->interface[interface].up && r->output(r->arg, interface, &piece, 1, len, &plain);
}

uint8_t *router_straighten(struct router_frame *f)
{
	static uint8_t straight[NET_FRAME_MAX];
	uint32_t at = f->given;

	memcpy(straight, f->head, f->given);
	for (unsigned int i = 0; i < f->nr_rest; at += f->rest[i++].len)
		memcpy(straight + at, f->rest[i].data, f->rest[i].len);
	return straight;
}

/* Waits for its neighbour, as a whole frame of its own: checksums are made now. Segments are too long for that. */
static void hold(struct router_frame *f, unsigned int out, struct neigh *n)
{
	uint8_t *whole;

	if (f->len > NEIGH_HOLD_MAX || f->offload.gso != NET_GSO_NONE || f->len - f->p.l3 > f->r->interface[out].mtu) {
		f->r->neigh.lost++;
		return;
	}
	whole = router_straighten(f);
	if (f->offload.csum_blank)
		net_checksum_fill(&f->p, whole);
	memcpy(whole + ETH_SRC, f->r->interface[out].mac.b, 6);
	f->r->neigh.lost += n->held > 0;
	n->held = 0;
	neigh_hold(&f->r->neigh, n, whole, f->len);
}

static void hand_on(struct router_frame *f, unsigned int out, const struct net_addr *hop)
{
	struct neigh *n;
	bool ask;

	switch (neigh_want(&f->r->neigh, out, hop, f->now, &n, &ask)) {
	case NEIGH_KNOWN:
		if (router_send(f, out, &n->mac))
			f->r->forwarded++;
		else
			router_drop(f, ROUTER_NOT_SENT);
		break;
	case NEIGH_WAIT:
		hold(f, out, n);
		break;
	case NEIGH_NOBODY:
		router_drop(f, ROUTER_NO_NEIGHBOUR);
		router_error(f, ROUTER_ERROR_NO_HOST, 0);
		break;
	}
	if (ask)
		router_ask(f->r, out, hop);
}

/* ---- forwarding ---- */

static bool last_hop(const struct router_frame *f)
{
	return f->head[f->p.l3 + (f->p.ip4 ? IP4_TTL : IP6_HOPS)] <= 1;
}

static void count_hop(struct router_frame *f)
{
	uint8_t *ip = f->head + f->p.l3;
	uint16_t before;

	if (f->p.ip6) {
		ip[IP6_HOPS]--;
		return;
	}
	before = net_get16(ip + IP4_TTL);
	ip[IP4_TTL]--;
	net_put16(ip + IP4_SUM, net_sum_replace(net_get16(ip + IP4_SUM), before, net_get16(ip + IP4_TTL)));
}

/* Is it too long for the link, and may not be cut? */
static bool too_big(const struct router_frame *f, uint32_t mtu)
{
	const uint8_t *ip = f->head + f->p.l3;

	if (f->offload.gso != NET_GSO_NONE)
		return f->p.l4 - f->p.l3 + (f->head[f->p.l4 + TCP_OFFSET] >> 4) * 4u + f->offload.gso_size > mtu;
	return f->p.end - f->p.l3 > mtu && (f->p.ip6 || net_get16(ip + IP4_FRAGMENT) & IP4_DONT_FRAGMENT);
}

static void forward(struct router_frame *f)
{
	struct router *r = f->r;
	struct net_addr hop = f->dst;
	unsigned int out = 0;

	if (!find_route(r, &f->dst, &out, &hop)) {
		router_drop(f, ROUTER_NO_ROUTE);
		router_error(f, ROUTER_ERROR_NO_ROUTE, 0);
	} else if (!filter_allows(&r->filter, &f->p, &f->src, &f->dst, f->in, out)) {
		router_drop(f, ROUTER_DENIED);
	} else if (last_hop(f)) {
		router_drop(f, ROUTER_TTL);
		router_error(f, ROUTER_ERROR_TTL, 0);
	} else if (too_big(f, r->interface[out].mtu)) {
		router_drop(f, ROUTER_TOO_BIG);
		router_error(f, ROUTER_ERROR_TOO_BIG, r->interface[out].mtu);
	} else {
		count_hop(f);
		hand_on(f, out, &hop);
	}
}

static void read_addrs(struct router_frame *f)
{
	const uint8_t *ip = f->head + f->p.l3;

	if (f->p.ip4) {
		f->src = net_addr_ip4(ip + IP4_SRC);
		f->dst = net_addr_ip4(ip + IP4_DST);
	} else {
		memcpy(f->src.b, ip + IP6_SRC, 16);
		memcpy(f->dst.b, ip + IP6_DST, 16);
	}
}

/* What a header cannot say: who sends from nobody's, everybody's or our address (RFC 1812 section 5.3.7). */
static bool bad_source(const struct router_frame *f)
{
	return net_addr_is_multicast(&f->src) || is_loopback(&f->src) || is_broadcast(f->r, &f->src) || router_is_own(f->r, &f->src) ||
	       (f->p.ip4 && net_addr_is_zero(&f->src)) || (f->p.ip6 && net_addr_is_ip4(&f->src));
}

static bool stays_here(const struct router_frame *f)
{
	return net_addr_is_zero(&f->src) || is_link_local(&f->src) || is_link_local(&f->dst) || is_loopback(&f->dst) ||
	       net_addr_is_zero(&f->dst) || net_addr_is_multicast(&f->dst) || is_broadcast(f->r, &f->dst) ||
	       (f->p.ip6 && net_addr_is_ip4(&f->dst)) || (f->head[ETH_DST] & 1);
}

static void ip_input(struct router_frame *f)
{
	read_addrs(f);
	if (bad_source(f)) {
		router_drop(f, ROUTER_BAD);
	} else if (router_is_own(f->r, &f->dst) || (f->p.ip6 && net_addr_is_multicast(&f->dst))) {
		f->r->local++;
		router_own(f);
	} else if (stays_here(f)) {
		router_drop(f, ROUTER_NOT_FORWARDED);
	} else {
		forward(f);
	}
}

/* Copies the headers, notes where the rest is, and leaves out what follows the IP packet. */
static bool gather(struct router_frame *f, const struct net_piece *piece, unsigned int nr, uint32_t len)
{
	uint32_t left;

	f->given = 0;
	f->nr_rest = 0;
	for (unsigned int i = 0; i < nr; i++) {
		uint32_t n = sizeof(f->head) - f->given < piece[i].len ? (uint32_t)sizeof(f->head) - f->given : piece[i].len;

		memcpy(f->head + f->given, piece[i].data, n);
		f->given += n;
		if (n == piece[i].len)
			continue;
		if (f->nr_rest == ROUTER_PIECES_MAX)
			return false;
		f->rest[f->nr_rest++] = (struct net_piece){ (const uint8_t *)piece[i].data + n, piece[i].len - n };
	}
	if (!net_packet_parse(&f->p, f->head, f->given, len))
		return false;
	f->len = f->p.ip4 || f->p.ip6 ? f->p.end : len;
	if (f->given > f->len)
		f->given = f->len;
	left = f->len - f->given;
	for (unsigned int i = 0; i < f->nr_rest; i++) {
		if (f->rest[i].len >= left) {
			f->rest[i].len = left;
			f->nr_rest = left ? i + 1 : i;
		}
		left -= f->rest[i].len;
	}
	return true;
}

/* Segments are of TCP with all of its header here; their checksum is blank, or is made so. */
static bool check_offload(struct router_frame *f)
{
	struct net_offload *o = &f->offload;

	if (o->gso == NET_GSO_NONE)
		return true;
	if (!f->p.has_l4 || f->p.proto != PROTO_TCP || f->p.ip4 != (o->gso == NET_GSO_TCP4) || !o->gso_size ||
	    f->head[f->p.l4 + TCP_OFFSET] >> 4 < 5 || f->p.l4 + (f->head[f->p.l4 + TCP_OFFSET] >> 4) * 4u > f->given)
		return false;
	if (!o->csum_blank)
		net_checksum_blank(&f->p, f->head);
	o->csum_blank = true;
	return true;
}

void router_input(struct router *r, unsigned int interface, const struct net_piece *piece, unsigned int nr, uint32_t len,
		  const struct net_offload *o, uint64_t now)
{
	struct router_frame f;

	f.r = r;
	f.in = interface;
	f.now = now;
	f.offload = *o;
	if (!gather(&f, piece, nr, len) || !check_offload(&f))
		router_drop(&f, ROUTER_BAD);
	else if (!(f.head[ETH_DST] & 1) && memcmp(f.head + ETH_DST, r->interface[interface].mac.b, 6))
		router_drop(&f, ROUTER_NOT_OURS);
	else if (f.p.type == ETH_TYPE_ARP)
		router_arp(&f);
	else if (f.p.ip4 || f.p.ip6)
		ip_input(&f);
	else
		router_drop(&f, ROUTER_NOT_OURS);
}

static void ask_again(void *arg, const struct neigh *n)
{
	router_ask(arg, n->interface, &n->addr);
}

void router_tick(struct router *r, uint64_t now)
{
	neigh_tick(&r->neigh, now, ask_again, r);
}

void router_link(struct router *r, unsigned int interface, bool up)
{
	r->interface[interface].up = up;
	if (!up)
		neigh_flush(&r->neigh, interface);
}
