/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The router's core between two links that are lists of frames: forwarding, neighbours, answers, errors, cutting, the filter, and
 * frames that were damaged at random. Every frame that leaves is parsed again: its lengths and checksums have to be right.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "guests/router/config.h"
#include "net/checksum.h"
#include "net/wire.h"
#include "suite.h"

#define SECOND 1000000000UL

static struct router *r;
static struct sent {
	unsigned int interface;
	uint32_t len;
	struct net_offload o;
	uint8_t *frame;
} sent[128];
static unsigned int nr_sent;

static const struct net_mac host[2] = { { { 2, 0, 0, 0, 0, 0xa0 } }, { { 2, 0, 0, 0, 0, 0xb0 } } };
static const struct net_mac own[2] = { { { 2, 0, 0, 0, 0, 0xa1 } }, { { 2, 0, 0, 0, 0, 0xb1 } } };

static bool output(void *arg, unsigned int interface, const struct net_piece *piece, unsigned int nr, uint32_t len, const struct net_offload *o)
{
	struct sent *s = &sent[nr_sent++];
	struct net_packet p;
	uint32_t at = 0;

	ck_assert_ptr_eq(arg, r);
	ck_assert_uint_lt(nr_sent, 128);
	*s = (struct sent){ interface, len, *o, malloc(len) };
	for (unsigned int i = 0; i < nr; at += piece[i++].len)
		memcpy(s->frame + at, piece[i].data, piece[i].len);
	ck_assert_uint_eq(at, len);
	ck_assert(net_packet_parse(&p, s->frame, len, len));
	ck_assert(o->gso == NET_GSO_NONE ? len - ETH_HEADER <= r->interface[interface].mtu : o->gso_size);
	if (p.ip4 || p.ip6)
		ck_assert_uint_eq(p.end, len);
	ck_assert_mem_eq(s->frame + ETH_SRC, own[interface].b, 6);
	return true;
}

static void forget(void)
{
	while (nr_sent)
		free(sent[--nr_sent].frame);
}

static struct net_prefix prefix(const char *text)
{
	struct net_prefix p;

	ck_assert(net_prefix_parse(text, &p));
	return p;
}

static struct net_addr addr(const char *text)
{
	struct net_addr a;

	ck_assert(net_addr_parse(text, &a));
	return a;
}

static void setup(void)
{
	r = calloc(1, sizeof(*r));
	r->output = output;
	r->arg = r;
	r->filter.allow = true;
	for (unsigned int i = 0; i < 2; i++) {
		struct router_interface *f = &r->interface[i];

		f->mac = own[i];
		f->mtu = 1500;
		f->up = true;
		f->terms = (struct net_terms){ .queues = 1, .tx_sg = true, .tx_gso4 = true, .tx_gso6 = true, .tx_csum6 = true };
		f->addr[0] = prefix(i ? "10.0.1.1/24" : "10.0.0.1/24");
		f->addr[1] = prefix(i ? "fd01::1/64" : "fd00::1/64");
		f->nr_addrs = 2;
		router_add_link_local(r, i);
	}
	r->route[0] = (struct router_route){ prefix("10.9.0.0/16"), addr("10.0.1.9"), 1 };
	r->nr_routes = 1;
}

static void teardown(void)
{
	forget();
	free(r);
}

/* The neighbours are known. */
static void know(void)
{
	const struct { unsigned int i; const char *a; } all[] = {
		{ 0, "10.0.0.2" }, { 1, "10.0.1.2" }, { 1, "10.0.1.9" }, { 0, "fd00::2" }, { 1, "fd01::2" },
	};

	for (size_t k = 0; k < sizeof(all) / sizeof(all[0]); k++) {
		struct net_addr a = addr(all[k].a);

		neigh_heard(&r->neigh, all[k].i, &a, &host[all[k].i], SECOND, true);
	}
}

struct frame {
	uint8_t b[65536];
	uint32_t len;
	struct net_packet p;
};

/* A packet from host 0 with so many bytes of data, its checksums right. */
static struct frame *make(const char *src, const char *dst, uint8_t proto, uint32_t data)
{
	struct frame *f = calloc(1, sizeof(*f));
	struct net_addr s = addr(src), d = addr(dst);
	bool four = net_addr_is_ip4(&s);
	uint8_t *ip = f->b + ETH_HEADER, *up = ip + (four ? IP4_HEADER : IP6_HEADER);
	uint32_t upper = (proto == PROTO_TCP ? TCP_HEADER : 8) + data;

	memcpy(f->b + ETH_DST, own[0].b, 6);
	memcpy(f->b + ETH_SRC, host[0].b, 6);
	net_put16(f->b + ETH_TYPE, four ? ETH_TYPE_IP4 : ETH_TYPE_IP6);
	if (four) {
		ip[0] = 0x45;
		net_put16(ip + IP4_TOTAL, IP4_HEADER + upper);
		net_put16(ip + IP4_ID, 77);
		ip[IP4_TTL] = 9;
		ip[IP4_PROTO] = proto;
		memcpy(ip + IP4_SRC, net_addr_as_ip4(&s), 4);
		memcpy(ip + IP4_DST, net_addr_as_ip4(&d), 4);
		net_put16(ip + IP4_SUM, (uint16_t)~net_sum_fold(net_sum_add(0, ip, 20)));
	} else {
		ip[0] = 0x60;
		net_put16(ip + IP6_LENGTH, upper);
		ip[IP6_NEXT] = proto;
		ip[IP6_HOPS] = 9;
		memcpy(ip + IP6_SRC, s.b, 16);
		memcpy(ip + IP6_DST, d.b, 16);
	}
	for (uint32_t i = 0; i < upper; i++)
		up[i] = (uint8_t)(i * 11 + 3);
	if (proto == PROTO_TCP)
		up[TCP_OFFSET] = 0x50;
	f->len = (uint32_t)(up - f->b) + upper;
	ck_assert(net_packet_parse(&f->p, f->b, f->len, f->len));
	net_checksum_fill(&f->p, f->b);
	return f;
}

static void resum(struct frame *f)
{
	uint8_t *ip = f->b + ETH_HEADER;

	if (f->p.ip4) {
		net_put16(ip + IP4_SUM, 0);
		net_put16(ip + IP4_SUM, (uint16_t)~net_sum_fold(net_sum_add(0, ip, (ip[0] & 15u) * 4)));
	}
	ck_assert(net_packet_parse(&f->p, f->b, f->len, f->len));
	net_checksum_fill(&f->p, f->b);
}

/* Gives a frame to the router in pieces as a backend would: a heap block each. */
static void give_at(const struct frame *f, unsigned int interface, const struct net_offload *o, uint64_t now)
{
	struct net_piece piece[24] = { { NULL, 0 } };
	unsigned int nr = 0;

	for (uint32_t at = 0; at < f->len; nr++) {
		uint32_t n = nr ? 4096 : 700;

		if (n > f->len - at)
			n = f->len - at;
		piece[nr] = (struct net_piece){ memcpy(malloc(n), f->b + at, n), n };
		at += n;
	}
	router_input(r, interface, piece, nr, f->len, o, now);
	while (nr)
		free((void *)piece[--nr].data);
}

static void give(const struct frame *f)
{
	const struct net_offload plain = { .gso = NET_GSO_NONE };

	give_at(f, 0, &plain, SECOND);
}

static struct net_packet parsed(const struct sent *s)
{
	struct net_packet p;

	ck_assert(net_packet_parse(&p, s->frame, s->len, s->len));
	return p;
}

START_TEST(packets_go_on)
{
	const char *ends[][2] = { { "10.0.0.2", "10.0.1.2" }, { "10.0.0.2", "10.9.8.7" }, { "fd00::2", "fd01::2" } };

	know();
	for (int i = 0; i < 3; i++) {
		struct frame *f = make(ends[i][0], ends[i][1], PROTO_UDP, 900);
		struct net_packet p;

		give(f);
		ck_assert_uint_eq(nr_sent, 1);
		ck_assert_uint_eq(sent[0].interface, 1);
		ck_assert_mem_eq(sent[0].frame + ETH_DST, host[1].b, 6);
		ck_assert_uint_eq(sent[0].len, f->len);
		p = parsed(&sent[0]);
		ck_assert(net_checksum_good(&p, sent[0].frame));
		/* All but MACs, hops and the header's sum is as it was. */
		f->b[14 + (p.ip4 ? IP4_TTL : IP6_HOPS)]--;
		resum(f);
		ck_assert_mem_eq(sent[0].frame + 14, f->b + 14, f->len - 14);
		free(f);
		forget();
	}
	ck_assert_uint_eq(r->forwarded, 3);
}
END_TEST

START_TEST(padding_stays_behind)
{
	struct frame *f = make("10.0.0.2", "10.0.1.2", PROTO_UDP, 1);

	know();
	f->len = 60;
	give(f);
	ck_assert_uint_eq(nr_sent, 1);
	ck_assert_uint_eq(sent[0].len, 14 + 20 + 8 + 1);
	free(f);
}
END_TEST

START_TEST(neighbours_are_asked_for)
{
	struct frame *f = make("10.0.0.2", "10.0.1.2", PROTO_UDP, 100), *arp = calloc(1, sizeof(*arp));
	uint8_t *a = arp->b + 14;

	give(f);
	ck_assert_uint_eq(nr_sent, 1);		/* the question */
	ck_assert_uint_eq(net_get16(sent[0].frame + ETH_TYPE), ETH_TYPE_ARP);
	ck_assert_uint_eq(net_get16(sent[0].frame + 14 + ARP_OP), ARP_REQUEST);
	ck_assert_mem_eq(sent[0].frame + 14 + ARP_TPA, "\x0a\x00\x01\x02", 4);
	ck_assert_mem_eq(sent[0].frame + 14 + ARP_SPA, "\x0a\x00\x01\x01", 4);
	give(f);
	ck_assert_uint_eq(nr_sent, 1);		/* not so soon again */
	forget();

	memcpy(arp->b + ETH_DST, own[1].b, 6);
	memcpy(arp->b + ETH_SRC, host[1].b, 6);
	net_put16(arp->b + ETH_TYPE, ETH_TYPE_ARP);
	memcpy(a, "\x00\x01\x08\x00\x06\x04\x00\x02", 8);
	memcpy(a + ARP_SHA, host[1].b, 6);
	memcpy(a + ARP_SPA, "\x0a\x00\x01\x02", 4);
	memcpy(a + ARP_TPA, "\x0a\x00\x01\x01", 4);
	arp->len = 60;
	give_at(arp, 1, &(struct net_offload){ 0 }, 2 * SECOND);
	ck_assert_uint_eq(nr_sent, 1);		/* the frame that waited; the one before it is lost */
	ck_assert_uint_eq(sent[0].len, f->len);
	ck_assert_mem_eq(sent[0].frame + ETH_DST, host[1].b, 6);
	ck_assert_uint_eq(r->neigh.lost, 1);
	free(f);
	free(arp);
}
END_TEST

START_TEST(neighbours_are_given_up)
{
	struct frame *f = make("10.0.0.2", "10.0.1.2", PROTO_UDP, 100);
	const struct net_offload plain = { .gso = NET_GSO_NONE };

	know();
	r->neigh.entry[1].used = false;
	for (unsigned int i = 0; i < NEIGH_TRIES; i++)
		give_at(f, 0, &plain, (2 + i) * SECOND);
	ck_assert_uint_eq(nr_sent, NEIGH_TRIES);
	forget();
	give_at(f, 0, &plain, 9 * SECOND);
	ck_assert_uint_eq(nr_sent, 1);
	ck_assert_uint_eq(sent[0].interface, 0);
	ck_assert_uint_eq(net_get16(sent[0].frame + 34), 3 << 8 | 1);
	ck_assert_uint_eq(r->drops[ROUTER_NO_NEIGHBOUR], 1);
	forget();
	/* What only waits is asked for by the clock. */
	give_at(f, 0, &plain, 20 * SECOND);
	for (unsigned int i = 0; i < 10; i++)
		router_tick(r, (21 + i) * SECOND);
	ck_assert_uint_eq(nr_sent, NEIGH_TRIES);
	free(f);
}
END_TEST

START_TEST(neighbour_discovery)
{
	struct frame *f = make("fd00::2", "fd01::2", PROTO_UDP, 100), *n = make("fd01::2", "fd01::1", PROTO_ICMP6, 24);
	const struct net_offload plain = { .gso = NET_GSO_NONE };
	struct net_packet p;

	give(f);
	ck_assert_uint_eq(nr_sent, 1);
	ck_assert_mem_eq(sent[0].frame, "\x33\x33\xff\x00\x00\x02", 6);
	p = parsed(&sent[0]);
	ck_assert(net_checksum_good(&p, sent[0].frame));
	ck_assert_uint_eq(sent[0].frame[54], 135);
	ck_assert_uint_eq(sent[0].frame[14 + IP6_HOPS], 255);
	ck_assert_mem_eq(sent[0].frame + 54 + 24, "\x01\x01", 2);
	ck_assert_mem_eq(sent[0].frame + 54 + 26, own[1].b, 6);
	forget();
	/* An advertisement that comes from afar is nothing. */
	memcpy(n->b, own[1].b, 6);
	memcpy(n->b + 6, host[1].b, 6);
	memset(n->b + 54, 0, 32);
	n->b[54] = 136;
	memcpy(n->b + 54 + 8, n->b + 14 + IP6_SRC, 16);
	n->b[54 + 24] = 2, n->b[54 + 25] = 1;
	memcpy(n->b + 54 + 26, host[1].b, 6);
	n->b[14 + IP6_HOPS] = 254;
	give_at(n, 1, &plain, SECOND);
	ck_assert_uint_eq(nr_sent, 0);
	n->b[14 + IP6_HOPS] = 255;
	give_at(n, 1, &plain, SECOND);
	ck_assert_uint_eq(nr_sent, 1);
	ck_assert_mem_eq(sent[0].frame, host[1].b, 6);
	ck_assert_uint_eq(sent[0].len, f->len);
	forget();
	/* And a question for us. */
	n->b[54] = 135;
	memcpy(n->b + 54 + 8, r->interface[1].addr[1].addr.b, 16);
	n->b[54 + 24] = 1;
	give_at(n, 1, &plain, SECOND);
	ck_assert_uint_eq(nr_sent, 1);
	ck_assert_uint_eq(sent[0].frame[54], 136);
	ck_assert_uint_eq(net_get32(sent[0].frame + 58), 0xe0000000);
	p = parsed(&sent[0]);
	ck_assert(net_checksum_good(&p, sent[0].frame));
	free(f);
	free(n);
}
END_TEST

START_TEST(echo_is_answered)
{
	const char *to[] = { "10.0.0.1", "10.0.1.1", "fd00::1", "fd01::1" };

	for (int i = 0; i < 4; i++) {
		bool four = i < 2;
		struct frame *f = make(four ? "10.0.0.2" : "fd00::2", to[i], four ? PROTO_ICMP : PROTO_ICMP6, 1000);
		struct net_packet p;

		f->b[f->p.l4] = four ? 8 : 128;
		f->b[f->p.l4 + 1] = 0;
		resum(f);
		give(f);
		ck_assert_uint_eq(nr_sent, 1);
		ck_assert_uint_eq(sent[0].interface, 0);
		ck_assert_uint_eq(sent[0].len, f->len);
		p = parsed(&sent[0]);
		ck_assert(net_checksum_good(&p, sent[0].frame));
		ck_assert_uint_eq(sent[0].frame[p.l4], four ? 0 : 129);
		ck_assert_mem_eq(sent[0].frame + p.l4 + 4, f->b + p.l4 + 4, 1004);
		forget();
		f->b[f->len - 1] ^= 1;		/* a sum that is wrong */
		give(f);
		ck_assert_uint_eq(nr_sent, 0);
		free(f);
	}
}
END_TEST

static void expect_error(struct frame *f, uint16_t want4, uint16_t want6, uint32_t word)
{
	struct net_packet p;

	give(f);
	ck_assert_uint_eq(nr_sent, 1);
	ck_assert_uint_eq(sent[0].interface, 0);
	p = parsed(&sent[0]);
	ck_assert(net_checksum_good(&p, sent[0].frame));
	ck_assert_uint_eq(net_get16(sent[0].frame + p.l4), p.ip4 ? want4 : want6);
	ck_assert_uint_eq(net_get32(sent[0].frame + p.l4 + 4), word);
	ck_assert_mem_eq(sent[0].frame + p.l4 + 8, f->b + 14, sent[0].len - p.l4 - 8);
	ck_assert_mem_eq(sent[0].frame, host[0].b, 6);
	forget();
}

START_TEST(errors_are_reported)
{
	struct frame *four = make("10.0.0.2", "10.0.1.2", PROTO_UDP, 1400), *six = make("fd00::2", "fd01::2", PROTO_UDP, 1400), *f;

	know();
	four->b[14 + IP4_TTL] = 1;
	resum(four);
	expect_error(four, 11 << 8, 0, 0);
	six->b[14 + IP6_HOPS] = 1;
	expect_error(six, 0, 3 << 8, 0);
	four->b[14 + IP4_TTL] = six->b[14 + IP6_HOPS] = 9;
	net_put16(four->b + 14 + IP4_FRAGMENT, IP4_DONT_FRAGMENT);
	resum(four);
	r->interface[1].mtu = 1280;
	expect_error(four, 3 << 8 | 4, 0, 1280);
	expect_error(six, 0, 2 << 8, 1280);
	f = make("10.0.0.2", "192.0.2.1", PROTO_UDP, 10);
	expect_error(f, 3 << 8, 0, 0);
	free(f);
	f = make("fd00::2", "fd99::1", PROTO_UDP, 10);
	expect_error(f, 0, 1 << 8, 0);
	/* The number in a second is limited. */
	for (int i = 0; i < 120; i++) {
		give(f);
		forget();
	}
	ck_assert_uint_eq(r->errors, 100);
	free(f);
	/* No error about an error. */
	f = make("10.0.0.2", "192.0.2.1", PROTO_ICMP, 10);
	f->b[34] = 3;
	resum(f);
	give_at(f, 0, &(struct net_offload){ 0 }, 9 * SECOND);
	ck_assert_uint_eq(nr_sent, 0);
	free(f);
	free(four);
	free(six);
}
END_TEST

START_TEST(what_is_not_forwarded)
{
	const char *ends[][2] = {
		{ "10.0.1.1", "10.0.1.2" }, { "127.0.0.1", "10.0.1.2" }, { "224.0.0.1", "10.0.1.2" }, { "0.0.0.0", "10.0.1.2" },
		{ "10.0.0.255", "10.0.1.2" }, { "10.0.0.2", "255.255.255.255" }, { "10.0.0.2", "10.0.1.255" }, { "10.0.0.2", "224.0.0.5" },
		{ "10.0.0.2", "127.0.0.1" }, { "169.254.1.1", "10.0.1.2" }, { "fe80::2", "fd01::2" }, { "fd00::2", "fe80::9" },
		{ "fd00::2", "ff02::5" }, { "ff02::1", "fd01::2" }, { "::1", "fd01::2" }, { "::", "fd01::2" },
	};

	know();
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct frame *f = make(ends[i][0], ends[i][1], PROTO_UDP, 10);

		give(f);
		ck_assert_msg(nr_sent == 0, "%s to %s", ends[i][0], ends[i][1]);
		free(f);
	}
	struct frame *f = make("10.0.0.2", "10.0.1.2", PROTO_UDP, 10);

	memset(f->b, 0xff, 6);		/* said to everybody on the link */
	give(f);
	memcpy(f->b, host[1].b, 6);	/* or to somebody else */
	give(f);
	ck_assert_uint_eq(nr_sent, 0);
	ck_assert_uint_eq(r->drops[ROUTER_NOT_OURS], 1);
	free(f);
}
END_TEST

START_TEST(long_packets_become_fragments)
{
	struct frame *f = make("10.0.0.2", "10.0.1.2", PROTO_UDP, 1400);
	uint8_t back[2000];
	uint32_t seen = 0;

	know();
	r->interface[1].mtu = 576;
	give(f);
	ck_assert_uint_eq(nr_sent, 3);
	for (unsigned int i = 0; i < nr_sent; i++) {
		const uint8_t *ip = sent[i].frame + 14;
		uint32_t at = (net_get16(ip + IP4_FRAGMENT) & IP4_OFFSET_MASK) * 8u, n = sent[i].len - 34;

		ck_assert_uint_eq(at, seen);
		ck_assert_int_eq(!!(net_get16(ip + IP4_FRAGMENT) & IP4_MORE_FRAGMENTS), i < 2);
		ck_assert_uint_eq(net_get16(ip + IP4_ID), 77);
		memcpy(back + at, sent[i].frame + 34, n);
		seen += n;
	}
	ck_assert_uint_eq(seen, f->len - 34);
	ck_assert_mem_eq(back, f->b + 34, seen);
	free(f);
}
END_TEST

START_TEST(blank_checksums)
{
	const struct net_offload blank = { .csum_blank = true, .csum_good = true };
	struct frame *f = make("fd00::2", "fd01::2", PROTO_TCP, 1000);
	struct net_packet p;

	know();
	net_checksum_blank(&f->p, f->b);
	give_at(f, 0, &blank, SECOND);
	ck_assert_uint_eq(nr_sent, 1);
	ck_assert(sent[0].o.csum_blank);
	ck_assert_mem_eq(sent[0].frame + 54, f->b + 54, f->len - 54);
	forget();
	r->interface[1].terms.tx_csum6 = false;
	give_at(f, 0, &blank, SECOND);
	ck_assert_uint_eq(nr_sent, 1);
	ck_assert(!sent[0].o.csum_blank);
	p = parsed(&sent[0]);
	ck_assert(net_checksum_good(&p, sent[0].frame));
	free(f);
}
END_TEST

START_TEST(segments)
{
	const struct net_offload tso = { .csum_blank = true, .csum_good = true, .gso = NET_GSO_TCP4, .gso_size = 1448 };
	struct frame *f = make("10.0.0.2", "10.0.1.2", PROTO_TCP, 30000);
	uint32_t seq = net_get32(f->b + 34 + TCP_SEQ), seen = 0;

	know();
	f->b[34 + TCP_BITS] = 0x99;	/* CWR, ACK, PSH, FIN */
	net_checksum_blank(&f->p, f->b);
	give_at(f, 0, &tso, SECOND);
	ck_assert_uint_eq(nr_sent, 1);
	ck_assert_int_eq(sent[0].o.gso, NET_GSO_TCP4);
	ck_assert_uint_eq(sent[0].len, f->len);
	forget();
	r->interface[1].terms.tx_gso4 = false;
	give_at(f, 0, &tso, SECOND);
	ck_assert_uint_eq(nr_sent, (30000 + 1447) / 1448);
	for (unsigned int i = 0; i < nr_sent; i++) {
		struct net_packet p = parsed(&sent[i]);
		const uint8_t *tcp = sent[i].frame + p.l4;
		bool last = i + 1 == nr_sent;

		ck_assert(net_checksum_good(&p, sent[i].frame));
		ck_assert_uint_eq(net_get32(tcp + TCP_SEQ), seq + seen);
		ck_assert_uint_eq(tcp[TCP_BITS], 0x10 | (i ? 0 : 0x80) | (last ? 9 : 0));
		ck_assert_uint_eq(net_get16(sent[i].frame + 14 + IP4_ID), 77 + i);
		ck_assert_mem_eq(tcp + 20, f->b + 54 + seen, sent[i].len - 54);
		seen += sent[i].len - 54;
	}
	ck_assert_uint_eq(seen, 30000);
	forget();
	/* Segments that are too long for the link. */
	r->interface[1].mtu = 1400;
	give_at(f, 0, &tso, SECOND);
	ck_assert_uint_eq(nr_sent, 1);
	ck_assert_uint_eq(net_get16(sent[0].frame + 34), 3 << 8 | 4);
	free(f);
}
END_TEST

static bool asks(const char *rule, const char *src, const char *dst, uint8_t proto, uint16_t fragment)
{
	struct frame *f = make(src, dst, proto, 100);
	struct filter filter = { .nr = 1 };
	struct net_addr s = addr(src), d = addr(dst);
	const char *why;
	bool allowed;

	ck_assert(filter_rule_parse(rule, &filter.rule[0], &why));
	filter.allow = !filter.rule[0].allow;
	net_put16(f->b + f->p.l4, 1234);
	net_put16(f->b + f->p.l4 + 2, 80);
	if (f->p.ip4)
		net_put16(f->b + 14 + IP4_FRAGMENT, fragment);
	resum(f);
	allowed = filter_allows(&filter, &f->p, &s, &d, 0, 1);
	ck_assert_uint_eq(filter.rule[0].packets + filter.packets, 1);
	ck_assert_uint_eq(filter.rule[0].bytes + filter.bytes, f->len - 14);
	ck_assert_int_eq(filter.rule[0].packets, allowed == filter.rule[0].allow);
	free(f);
	return allowed == filter.rule[0].allow;	/* it matched */
}

START_TEST(rules_match)
{
	const char *a = "10.0.0.2", *b = "10.0.1.2";

	ck_assert(asks("deny", a, b, PROTO_UDP, 0));
	ck_assert(asks("deny,in=0,out=1", a, b, PROTO_UDP, 0));
	ck_assert(!asks("deny,in=1", a, b, PROTO_UDP, 0));
	ck_assert(!asks("deny,out=0", a, b, PROTO_UDP, 0));
	ck_assert(asks("allow,proto=udp", a, b, PROTO_UDP, 0));
	ck_assert(!asks("allow,proto=tcp", a, b, PROTO_UDP, 0));
	ck_assert(asks("allow,proto=17,src=10.0.0.0/24,dst=10.0.1.2", a, b, PROTO_UDP, 0));
	ck_assert(!asks("allow,dst=10.0.1.3", a, b, PROTO_UDP, 0));
	ck_assert(!asks("allow,src=fd00::/8", a, b, PROTO_UDP, 0));
	ck_assert(asks("allow,src=fd00::/8", "fd00::2", "fd01::2", PROTO_TCP, 0));
	ck_assert(asks("deny,dport=80", a, b, PROTO_TCP, 0));
	ck_assert(asks("deny,dport=1-100,sport=1234", a, b, PROTO_TCP, 0));
	ck_assert(!asks("deny,dport=81-100", a, b, PROTO_TCP, 0));
	ck_assert(!asks("deny,dport=80", a, b, PROTO_ICMP, 0));
	/* Later fragments: ports are not known. A denial holds, an allowance does not. */
	ck_assert(asks("deny,dport=80", a, b, PROTO_TCP, 100));
	ck_assert(!asks("allow,dport=80", a, b, PROTO_TCP, 100));
	ck_assert(asks("allow,dport=80", a, b, PROTO_TCP, IP4_MORE_FRAGMENTS));
}
END_TEST

START_TEST(rules_that_are_none)
{
	const char *const bad[] = {
		"", "drop", "deny,", "deny,tcp", "deny,proto=igmp", "deny,proto=256", "deny,src=10.0.0.0/33", "deny,dport=65536", "deny,dport=9-8",
		"deny,dport=", "deny,in=2", "deny,color=red", "deny,,in=0", "allow,src=",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct filter_rule rule;
		const char *why = NULL;

		if (!strcmp(bad[i], "deny,")) {	/* a comma too many at the end is no word */
			ck_assert(filter_rule_parse(bad[i], &rule, &why));
			continue;
		}
		ck_assert_msg(!filter_rule_parse(bad[i], &rule, &why), "\"%s\"", bad[i]);
		ck_assert(why >= bad[i] && why <= bad[i] + strlen(bad[i]));
	}
}
END_TEST

START_TEST(command_lines)
{
	char *good[] = { "router", "route=0.0.0.0/0,10.0.0.254", "if0=10.0.0.1/24,fd00::1/64", "if1=10.0.1.1/24", "rule=deny,dport=22",
			 "default=deny", "report=5", "route=::/0,fe80::1,1" };
	char *const bad[] = { "if0=10.0.0.1/40", "if0=", "if2=1.2.3.4/8", "route=10.0.0.0/8", "route=10.0.0.0/8,192.0.2.1", "route=::/0,10.0.0.254",
			      "route=10.0.0.0/8,10.0.0.254,2", "rule=perhaps", "default=maybe", "report=x", "nonsense" };
	struct router_options o;
	const char *word, *why;

	memset(r, 0, sizeof(*r));
	ck_assert(router_config_read(r, &o, 8, good, &word, &why));
	ck_assert_uint_eq(r->nr_routes, 2);
	ck_assert_uint_eq(r->route[0].interface, 0);
	ck_assert_uint_eq(r->route[1].interface, 1);
	ck_assert_uint_eq(r->interface[0].nr_addrs, 2);
	ck_assert(!r->filter.allow && r->filter.nr == 1 && o.report == 5);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char *argv[] = { "router", "if0=10.0.0.1/24", "if1=10.0.1.1/24", bad[i] };

		/* An empty list of addresses is none, which is wrong for its interface alone. */
		if (!strcmp(bad[i], "if0="))
			argv[1] = argv[2];
		memset(r, 0, sizeof(*r));
		ck_assert_msg(!router_config_read(r, &o, 4, argv, &word, &why), "\"%s\"", bad[i]);
		ck_assert(word && why);
	}
}
END_TEST

START_TEST(the_filter_decides)
{
	struct frame *f = make("10.0.0.2", "10.0.1.2", PROTO_UDP, 10);
	const char *why;

	know();
	ck_assert(filter_rule_parse("deny,proto=udp", &r->filter.rule[0], &why));
	r->filter.nr = 1;
	give(f);
	ck_assert_uint_eq(nr_sent, 0);
	ck_assert_uint_eq(r->drops[ROUTER_DENIED], 1);
	ck_assert_uint_eq(r->filter.rule[0].packets, 1);
	free(f);
}
END_TEST

START_TEST(damaged_frames_do_no_harm)
{
	const uint8_t protos[] = { PROTO_TCP, PROTO_UDP, PROTO_ICMP, PROTO_ICMP6 };

	srand(5);
	for (int i = 0; i < 6000; i++) {
		bool four = rand() & 1;
		struct frame *f = make(four ? "10.0.0.2" : "fd00::2", four ? "10.0.1.2" : rand() & 1 ? "fd01::2" : "fd00::1",
				       protos[rand() & 3], (uint32_t)rand() % 3000);
		struct net_offload o = { .csum_blank = rand() & 1, .gso = (enum net_gso)(rand() % 3), .gso_size = (uint16_t)(rand() % 2000) };

		if (i % 7 == 0)
			know();
		for (int k = rand() % 4; k--;)
			f->b[rand() % 100] = (uint8_t)rand();
		if (four && rand() & 1) {
			net_put16(f->b + 14 + IP4_SUM, 0);
			net_put16(f->b + 14 + IP4_SUM, (uint16_t)~net_sum_fold(net_sum_add(0, f->b + 14, (f->b[14] & 15u) * 4)));
		}
		if (rand() % 8 == 0)
			f->len = (uint32_t)rand() % f->len + 1;
		give_at(f, (unsigned int)rand() & 1, &o, (uint64_t)i * SECOND / 50);
		forget();
		free(f);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("router");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, packets_go_on);
	tcase_add_test(t, padding_stays_behind);
	tcase_add_test(t, neighbours_are_asked_for);
	tcase_add_test(t, neighbours_are_given_up);
	tcase_add_test(t, neighbour_discovery);
	tcase_add_test(t, echo_is_answered);
	tcase_add_test(t, errors_are_reported);
	tcase_add_test(t, what_is_not_forwarded);
	tcase_add_test(t, long_packets_become_fragments);
	tcase_add_test(t, blank_checksums);
	tcase_add_test(t, segments);
	tcase_add_test(t, rules_match);
	tcase_add_test(t, rules_that_are_none);
	tcase_add_test(t, the_filter_decides);
	tcase_add_test(t, command_lines);
	tcase_add_test(t, damaged_frames_do_no_harm);
	suite_add_tcase(s, t);
	return suite_run(s);
}
