/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The router's core under frames of any content, in pieces, with any claims about checksums and segments. What it sends has headers
 * that are right, fits the link, comes from its own MAC, and was not sent with features that the other side does not have.
 * Frames begin as good ones as often as not, since few random bytes make an IP header.
 */
#include "guests/router/config.h"
#include "net/checksum.h"
#include "net/wire.h"
#include "fuzz.h"

#define SECOND 1000000000UL

static struct router r;

static bool output(void *arg, unsigned int interface, const struct net_piece *piece, unsigned int nr, uint32_t len, const struct net_offload *o)
{
	const struct router_interface *i = &r.interface[interface];
	uint8_t *frame = malloc(len ? len : 1);
	struct net_packet p;
	uint32_t at = 0;

	(void)arg;
	CLAIM(frame && interface < ROUTER_INTERFACES && len <= NET_FRAME_MAX);
	for (unsigned int k = 0; k < nr; at += piece[k++].len)
		memcpy(frame + at, piece[k].data, piece[k].len);
	CLAIM(at == len && piece[0].len >= ETH_HEADER);
	CLAIM(net_packet_parse(&p, frame, len, len));
	CLAIM(p.type == ETH_TYPE_ARP || p.end == len);
	CLAIM(o->gso != NET_GSO_NONE || len - ETH_HEADER <= i->mtu);
	CLAIM(net_terms_allow(&i->terms, len, o, p.ip6));
	CLAIM(!memcmp(frame + ETH_SRC, i->mac.b, 6));
	free(frame);
	return true;
}

static struct net_addr addr(const char *text)
{
	struct net_addr a;

	CLAIM(net_addr_parse(text, &a));
	return a;
}

static void start(uint8_t how)
{
	char *words[] = { "router", "if0=10.0.0.1/24,fd00::1/64", "if1=10.0.1.1/24,fd01::1/64", "route=10.9.0.0/16,10.0.1.9",
			  "rule=deny,proto=tcp,dport=81", "rule=allow,proto=udp,sport=1-5000,src=10.0.0.0/25" };
	const struct { unsigned int i; const char *a; } known[] = { { 1, "10.0.1.2" }, { 1, "fd01::2" }, { 0, "10.0.0.2" } };
	const struct net_mac mac = { { 2, 0, 0, 0, 0, 9 } };
	struct router_options o;
	const char *word, *why;

	memset(&r, 0, sizeof(r));
	r.output = output;
	CLAIM(router_config_read(&r, &o, 6, words, &word, &why));
	for (unsigned int i = 0; i < ROUTER_INTERFACES; i++) {
		r.interface[i].mac = (struct net_mac){ { 2, 0, 0, 0, 0, (uint8_t)(i + 1) } };
		r.interface[i].mtu = how & 1 ? 576 : 1500;
		r.interface[i].up = true;
		r.interface[i].terms = (struct net_terms){ .tx_sg = how & 2, .tx_gso4 = how & 4, .tx_gso6 = how & 8, .tx_csum6 = how & 16 };
		router_add_link_local(&r, i);
	}
	for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++) {
		struct net_addr a = addr(known[k].a);

		neigh_heard(&r.neigh, known[k].i, &a, &mac, SECOND, true);
	}
}

/* A frame that is good so far, of the kind that the byte says. */
static void template(uint8_t *f, uint32_t len, unsigned int interface, uint8_t kind)
{
	static const uint8_t protos[] = { PROTO_TCP, PROTO_UDP, PROTO_ICMP, PROTO_ICMP6, PROTO_FRAGMENT, PROTO_HOPOPTS };
	struct net_addr src = addr(kind & 1 ? "fd00::2" : "10.0.0.2"), dst = addr(kind & 1 ? kind & 2 ? "fd00::1" : "fd01::2" : kind & 2 ? "10.0.0.1" : "10.0.1.2");
	uint8_t head[54] = { 0 };

	memcpy(head, r.interface[interface].mac.b, 6);
	net_put16(head + ETH_TYPE, kind & 128 ? ETH_TYPE_ARP : kind & 1 ? ETH_TYPE_IP6 : ETH_TYPE_IP4);
	if (kind & 128) {
		memcpy(head + 14, "\x00\x01\x08\x00\x06\x04\x00\x01", 8);
		memcpy(head + 14 + ARP_SPA, "\x0a\x00\x00\x05", 4);
		memcpy(head + 14 + ARP_TPA, "\x0a\x00\x00\x01", 4);
	} else if (kind & 1) {
		head[14] = 0x60;
		net_put16(head + 14 + IP6_LENGTH, len - 54);
		head[14 + IP6_NEXT] = protos[(kind >> 2) % 6];
		head[14 + IP6_HOPS] = kind & 64 ? 255 : 3;
		memcpy(head + 14 + IP6_SRC, src.b, 16);
		memcpy(head + 14 + IP6_DST, dst.b, 16);
	} else {
		head[14] = 0x45;
		net_put16(head + 14 + IP4_TOTAL, len - 14);
		head[14 + IP4_TTL] = kind & 64 ? 1 : 9;
		head[14 + IP4_PROTO] = protos[(kind >> 2) % 4];
		memcpy(head + 14 + IP4_SRC, net_addr_as_ip4(&src), 4);
		memcpy(head + 14 + IP4_DST, net_addr_as_ip4(&dst), 4);
		net_put16(head + 14 + IP4_SUM, (uint16_t)~net_sum_fold(net_sum_add(0, head + 14, 20)));
	}
	memcpy(f, head, kind & 1 ? 54 : 34);
}

static void give(struct input *in, uint64_t now)
{
	uint8_t how = input_u8(in), kind = input_u8(in);
	uint32_t len = input_u16(in) % 3000, cut = input_u8(in) * 8u;
	struct net_offload o = { .csum_blank = how & 2, .csum_good = how & 4, .gso = (how >> 3) % 3, .gso_size = input_u16(in) % 2000 };
	uint8_t *f, *first, *second;

	if (how & 32 && len < 60)
		len = 60;
	f = input_block(in, len);
	if (how & 32)
		template(f, len, how & 1, kind);
	for (unsigned int n = how >> 6; n && len; n--) {
		uint32_t at = input_u8(in);

		f[at % len] = input_u8(in);
	}
	if (cut > len || cut < ETH_HEADER)
		cut = len;
	first = malloc(cut + 1);
	second = malloc(len - cut + 1);
	memcpy(first, f, cut);
	memcpy(second, f + cut, len - cut);
	router_input(&r, how & 1, (struct net_piece[]){ { first, cut }, { second, len - cut } }, cut < len ? 2 : 1, len, &o, now);
	free(f);
	free(first);
	free(second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	uint64_t now = SECOND;

	start(input_u8(&in));
	while (in.left) {
		uint8_t pause = input_u8(&in);

		give(&in, now);
		if (pause & 1) {
			now += pause * (SECOND / 8);
			router_tick(&r, now);
		}
	}
	return 0;
}
