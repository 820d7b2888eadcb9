/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_net_frames.c
 *
 * What netd makes of the content of frames: where headers are, checksums and segments in both languages, whose name a guest
 * speaks in, and captures.  Every frame is also given cut at each length, in a heap block of exactly that length.
 */
#include <arpa/inet.h>
#include <check.h>
#include <linux/if_tun.h>

#include "net_frame.h"
#include "netd/filter.h"
#include "netd/offload.h"
#include "netd/pcapng.h"
#include "suite.h"

static struct frame f;

/* --- offload --------------------------------------------------------------------------------- */

static const char *to_tap(uint16_t flags, uint16_t gso_size, uint8_t gso_type, struct virtio_net_hdr *v)
{
	struct net_packet p = { .size = f.len, .flags = flags, .gso_size = gso_size, .gso_type = gso_type };
	struct net_headers h;

	ck_assert(net_headers_find(f.data, f.len, &h));
	return net_offload_to_tap(&p, f.data, &h, v);
}

static void frame_tcp(uint8_t version, uint32_t payload)
{
	if (version == 4)
		frame_ip4(&f, 5, 6, 20 + payload);
	else
		frame_ipv6(&f, frame_ip6, 6, 20 + payload);
	f.data[f.len - payload - 20 + 12] = 5 << 4;
}

START_TEST(plain_frames_stay_plain)
{
	struct virtio_net_hdr v;

	frame_tcp(4, 100);
	ck_assert_ptr_null(to_tap(0, 0, 0, &v));
	ck_assert(!v.flags && !v.gso_type);
	ck_assert_ptr_null(to_tap(NETTXF_data_validated, 0, 0, &v));
	ck_assert_uint_eq(v.flags, VIRTIO_NET_HDR_F_DATA_VALID);
	frame_ether(&f, 0x88b5);
	ck_assert_ptr_null(to_tap(0, 0, 0, &v));
}
END_TEST

START_TEST(a_checksums_place_is_found)
{
	struct virtio_net_hdr v;

	frame_tcp(4, 100);
	ck_assert_ptr_null(to_tap(NETTXF_csum_blank | NETTXF_data_validated, 0, 0, &v));
	ck_assert_uint_eq(v.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
	ck_assert_uint_eq(v.csum_start, 34);
	ck_assert_uint_eq(v.csum_offset, 16);
	frame_ip4(&f, 5, 17, 8);
	ck_assert_ptr_null(to_tap(NETTXF_csum_blank, 0, 0, &v));
	ck_assert_uint_eq(v.csum_offset, 6);
	frame_ipv6(&f, frame_ip6, 0, 8 + 8 + 20);
	f.data[54] = 60; /* hop-by-hop, then destination options, then TCP */
	f.data[55] = f.data[63] = 0;
	f.data[62] = 6;
	ck_assert_ptr_null(to_tap(NETTXF_csum_blank, 0, 0, &v));
	ck_assert_uint_eq(v.csum_start, 70);
	frame_tcp(4, 10);
	frame_tag(&f, 5);
	ck_assert_ptr_null(to_tap(NETTXF_csum_blank, 0, 0, &v));
	ck_assert_uint_eq(v.csum_start, 38);
}
END_TEST

START_TEST(checksums_of_other_things_are_refused)
{
	struct virtio_net_hdr v;

	frame_ip4(&f, 5, 1, 100);
	ck_assert_ptr_nonnull(to_tap(NETTXF_csum_blank, 0, 0, &v));
	frame_ip4(&f, 5, 6, 19); /* not whole */
	ck_assert_ptr_nonnull(to_tap(NETTXF_csum_blank, 0, 0, &v));
	frame_tcp(4, 100);
	f.data[20] = 0x20; /* more fragments */
	ck_assert_ptr_nonnull(to_tap(NETTXF_csum_blank, 0, 0, &v));
	frame_tcp(4, 100);
	f.data[14] = 0x4f; /* options beyond the end are no options */
	f.data[16] = 0;
	f.data[17] = 40;
	ck_assert_ptr_nonnull(to_tap(NETTXF_csum_blank, 0, 0, &v));
	frame_tcp(4, 100);
	f.len--; /* shorter than IP says */
	ck_assert_ptr_nonnull(to_tap(NETTXF_csum_blank, 0, 0, &v));
	frame_ether(&f, 0x88b5);
	ck_assert_ptr_nonnull(to_tap(NETTXF_csum_blank, 0, 0, &v));
}
END_TEST

START_TEST(segments_are_described)
{
	struct virtio_net_hdr v;

	frame_tcp(4, 30000);
	ck_assert_ptr_null(to_tap(NETTXF_csum_blank, 1448, XEN_NETIF_GSO_TYPE_TCPV4, &v));
	ck_assert_uint_eq(v.gso_type, VIRTIO_NET_HDR_GSO_TCPV4);
	ck_assert_uint_eq(v.gso_size, 1448);
	ck_assert_uint_eq(v.hdr_len, 54);
	ck_assert_uint_eq(v.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
	ck_assert_ptr_nonnull(to_tap(NETTXF_csum_blank, 1448, XEN_NETIF_GSO_TYPE_TCPV6, &v));
	frame_tcp(6, 30000);
	f.data[54 + 12] = 8 << 4;
	ck_assert_ptr_null(to_tap(NETTXF_csum_blank, 1400, XEN_NETIF_GSO_TYPE_TCPV6, &v));
	ck_assert_uint_eq(v.gso_type, VIRTIO_NET_HDR_GSO_TCPV6);
	ck_assert_uint_eq(v.hdr_len, 14 + 40 + 32);
	ck_assert_ptr_nonnull(to_tap(NETTXF_csum_blank, 65500, XEN_NETIF_GSO_TYPE_TCPV6, &v));
	f.data[54 + 12] = 4 << 4;
	ck_assert_ptr_nonnull(to_tap(NETTXF_csum_blank, 1400, XEN_NETIF_GSO_TYPE_TCPV6, &v));
	frame_ip4(&f, 5, 17, 3000);
	ck_assert_ptr_nonnull(to_tap(NETTXF_csum_blank, 1400, XEN_NETIF_GSO_TYPE_TCPV4, &v));
	frame_tcp(4, 0);
	f.data[34 + 12] = 15 << 4; /* a header longer than the packet */
	ck_assert_ptr_nonnull(to_tap(NETTXF_csum_blank, 1400, XEN_NETIF_GSO_TYPE_TCPV4, &v));
}
END_TEST

/* A frontend that fills in a sum although segments are to be cut: the pseudo header's takes its place. */
START_TEST(segments_get_checksums_of_their_own)
{
	struct virtio_net_hdr v;

	for (uint8_t version = 4; version <= 6; version += 2) {
		uint32_t l4 = version == 4 ? 34 : 54;

		frame_tcp(version, 5000);
		ck_assert_ptr_null(to_tap(0, 1000, version == 4 ? 1 : 2, &v));
		ck_assert_uint_eq(v.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
		ck_assert_uint_eq(frame_get16(f.data + l4 + 16), frame_pseudo(&f, 14, l4));
	}
}
END_TEST

static bool to_guest(const struct virtio_net_hdr *v, const struct net_offload_caps *caps, struct net_rx_frame *out)
{
	return net_offload_to_guest(v, f.data, f.len, caps, out);
}

START_TEST(the_taps_words_for_a_guest)
{
	const struct net_offload_caps all = { true, true, true, true }, none = { false };
	struct virtio_net_hdr v = { 0 };
	struct net_rx_frame r;

	frame_tcp(4, 1000);
	ck_assert(to_guest(&v, &none, &r));
	ck_assert(!r.blank && !r.validated && !r.gso_size && r.len == f.len);
	v.flags = VIRTIO_NET_HDR_F_DATA_VALID;
	ck_assert(to_guest(&v, &none, &r));
	ck_assert(!r.blank && r.validated);
	v = (struct virtio_net_hdr){ .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 34, .csum_offset = 16,
				     .gso_type = VIRTIO_NET_HDR_GSO_TCPV4 | VIRTIO_NET_HDR_GSO_ECN, .gso_size = 500 };
	ck_assert(to_guest(&v, &all, &r));
	ck_assert(r.blank && r.validated && r.gso_size == 500 && r.gso_type == XEN_NETIF_GSO_TYPE_TCPV4);
	ck_assert(!to_guest(&v, &none, &r));
	v.gso_type = VIRTIO_NET_HDR_GSO_UDP;
	ck_assert(!to_guest(&v, &all, &r));
	/* What was not asked for by the one version of IP, the other did not ask for either. */
	v.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
	ck_assert(to_guest(&v, &(struct net_offload_caps){ .csum4 = true, .gso4 = true }, &r));
	ck_assert(!to_guest(&v, &(struct net_offload_caps){ .csum4 = true, .csum6 = true, .gso6 = true }, &r));
	v.gso_size = 0;
	ck_assert(!to_guest(&v, &all, &r));
	ck_assert_uint_eq(net_offload_tap_flags(&none), 0);
	ck_assert_uint_eq(net_offload_tap_flags(&(struct net_offload_caps){ .csum4 = true }), TUN_F_CSUM);
	ck_assert_uint_eq(net_offload_tap_flags(&(struct net_offload_caps){ .csum6 = true }), TUN_F_CSUM);
	ck_assert_uint_eq(net_offload_tap_flags(&(struct net_offload_caps){ .gso4 = true, .gso6 = true }), 0);
	ck_assert_uint_eq(net_offload_tap_flags(&(struct net_offload_caps){ .csum6 = true, .gso6 = true }),
			  TUN_F_CSUM | TUN_F_TSO6 | TUN_F_TSO_ECN);
	ck_assert_uint_eq(net_offload_tap_flags(&all), TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN);
}
END_TEST

START_TEST(checksums_that_a_guest_cannot_fill_in_are_filled_in)
{
	const struct net_offload_caps only4 = { .csum4 = true }, all = { true, true, true, true };
	struct virtio_net_hdr v = { .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 54, .csum_offset = 16 };
	struct net_rx_frame r;

	for (uint32_t payload = 0; payload < 5; payload++) { /* odd and even */
		frame_tcp(6, payload);
		frame_put16(f.data + 70, frame_pseudo(&f, 14, 54));
		ck_assert(to_guest(&v, &only4, &r));
		ck_assert(!r.blank);
		ck_assert_uint_eq(frame_l4_sum(&f, 14, 54), 0xffff);
	}
	frame_tcp(4, 100); /* behind a tag, where frontends do not look */
	frame_put16(f.data + 50, frame_pseudo(&f, 14, 34));
	frame_tag(&f, 7);
	v.csum_start = 38;
	ck_assert(to_guest(&v, &all, &r));
	ck_assert(!r.blank);
	ck_assert_uint_eq(frame_l4_sum(&f, 18, 38), 0xffff);
	v.csum_start = 5000;
	ck_assert(!to_guest(&v, &all, &r));
	v.csum_start = (uint16_t)(f.len - 17);
	ck_assert(!to_guest(&v, &all, &r));
}
END_TEST

/* --- the sender's name ----------------------------------------------------------------------- */

static struct net_filter filter;

static void filter_setup(bool mac, bool ip)
{
	struct ctl_setup_net s = { .filter_mac = mac, .filter_ip = ip, .mac = FRAME_MAC, .nr_ip4 = 2, .nr_ip6 = 1,
				   .ip6 = { FRAME_IP6 } };

	s.ip4[0] = htonl(0x0a000005);
	s.ip4[1] = htonl(0x0a000006);
	ck_assert(net_filter_set(&filter, &s));
}

static const char *judge(void)
{
	uint8_t *exact = malloc(f.len ? f.len : 1);
	const char *why = "no frame";
	struct net_headers h;

	memcpy(exact, f.data, f.len);
	if (net_headers_find(exact, f.len, &h))
		why = net_filter_check(&filter, exact, f.len, &h);
	free(exact);
	return why;
}

#define PASSES() ck_assert_msg(!judge(), "dropped: %s", judge())
#define DROPPED(words) do { \
	const char *why_ = judge(); \
	ck_assert_msg(why_, "passed"); \
	ck_assert_msg(strstr(why_, words), "'%s' is not in: %s", words, why_); \
} while (0)

/* However it is cut, what is not whole does not pass for its own sender's. */
static void dropped_when_cut(uint32_t from)
{
	uint32_t whole = f.len;

	for (f.len = from; f.len < whole; f.len++)
		ck_assert_msg(judge(), "cut to %u it passes", f.len);
}

START_TEST(ethernet_addresses)
{
	filter_setup(true, false);
	frame_ether(&f, 0x88b5);
	f.len = 60;
	PASSES();
	f.data[11] ^= 1;
	DROPPED("another Ethernet address");
	filter_setup(false, false);
	PASSES();
	frame_ip4(&f, 77, 6, 20);
	PASSES();
	filter_setup(true, false);
	PASSES();
}
END_TEST

static void frame_arp(uint8_t operation, const uint8_t mac[6], uint8_t a)
{
	uint8_t *p = f.data + 14;

	frame_ether(&f, 0x0806);
	memcpy(p, (uint8_t[]){ 0, 1, 8, 0, 6, 4, 0, operation }, 8);
	memcpy(p + 8, mac, 6);
	if (a)
		memcpy(p + 14, (uint8_t[]){ 10, 0, 0, a }, 4);
	memcpy(p + 24, (uint8_t[]){ 10, 0, 0, 99 }, 4);
	f.len = 42;
}

START_TEST(arp)
{
	const uint8_t other[6] = { 2, 0, 0, 0, 0, 9 };

	filter_setup(true, true);
	frame_arp(1, frame_mac, 5);
	PASSES();
	dropped_when_cut(0);
	frame_arp(2, frame_mac, 6);
	PASSES();
	frame_arp(1, frame_mac, 0); /* is it free? */
	PASSES();
	frame_arp(2, frame_mac, 1);
	DROPPED("another IPv4 address");
	frame_arp(2, other, 5);
	DROPPED("another Ethernet address");
	frame_arp(1, frame_mac, 5);
	f.data[14 + 4] = 8;
	DROPPED("unknown kind");
	filter_setup(true, false);
	frame_arp(2, frame_mac, 1);
	PASSES();
	frame_arp(2, other, 1);
	DROPPED("another Ethernet address");
}
END_TEST

START_TEST(ipv4_sources)
{
	filter_setup(true, true);
	frame_ip4(&f, 5, 6, 40);
	PASSES();
	dropped_when_cut(0);
	frame_ip4(&f, 6, 1, 40);
	PASSES();
	frame_ip4(&f, 7, 6, 40);
	DROPPED("another IPv4 address");
	frame_ip4(&f, 5, 6, 40);
	f.data[14] = 0x65;
	DROPPED("not whole");
	frame_ip4(&f, 5, 17, 300); /* from nobody: DHCP only */
	memset(f.data + 26, 0, 4);
	DROPPED("another IPv4 address");
	frame_put16(f.data + 34, 68);
	frame_put16(f.data + 36, 67);
	PASSES();
	f.data[21] = 1; /* a later fragment has no ports */
	DROPPED("another IPv4 address");
	frame_ip4(&f, 5, 6, 40);
	frame_tag(&f, 3);
	DROPPED("VLAN");
	frame_ether(&f, 0x8035); /* RARP */
	f.len = 60;
	DROPPED("neither");
	frame_ether(&f, 38); /* a length: a bridge's spanning tree */
	f.len = 60;
	DROPPED("neither");
}
END_TEST

START_TEST(ipv6_sources)
{
	uint8_t other[16] = FRAME_IP6;

	filter_setup(true, true);
	frame_ipv6(&f, frame_ip6, 6, 40);
	PASSES();
	dropped_when_cut(0);
	frame_ipv6(&f, frame_local, 6, 40);
	PASSES();
	other[15]++;
	frame_ipv6(&f, other, 6, 40);
	DROPPED("another IPv6 address");
	memcpy(other, frame_local, 16);
	other[15]++;
	frame_ipv6(&f, other, 6, 40);
	DROPPED("another IPv6 address");
	frame_ipv6(&f, frame_nobody6, 6, 40);
	DROPPED("no IPv6 address");
	frame_ipv6(&f, frame_ip6, 0, 8); /* a chain that does not end within the packet */
	f.data[54] = 0;
	f.data[55] = 5;
	DROPPED("not whole");
}
END_TEST

/* ICMPv6 of a type, with `target` and one option naming `mac`. */
static void frame_discovery(const uint8_t source[16], uint8_t type, const uint8_t target[16], uint8_t option, const uint8_t mac[6])
{
	uint32_t head = type == 133 ? 8 : 24;
	uint8_t *p = f.data + 54;

	frame_ipv6(&f, source, 58, head + (option ? 8 : 0));
	memset(p, 0, head + 8);
	p[0] = type;
	if (type != 133)
		memcpy(p + 8, target, 16);
	if (option) {
		p[head] = option;
		p[head + 1] = 1;
		memcpy(p + head + 2, mac, 6);
	}
}

START_TEST(neighbour_discovery)
{
	const uint8_t thief[6] = { 2, 0, 0, 0, 0, 9 };
	uint8_t router[16] = { 0xfe, 0x80, [15] = 1 };

	filter_setup(true, true);
	frame_discovery(frame_local, 135, router, 1, frame_mac);
	PASSES();
	dropped_when_cut(0);
	frame_discovery(frame_local, 135, router, 1, thief);
	DROPPED("another Ethernet address");
	frame_discovery(frame_nobody6, 135, frame_local, 0, NULL); /* is my link-local address free? */
	PASSES();
	frame_discovery(frame_nobody6, 135, frame_ip6, 0, NULL);
	PASSES();
	frame_discovery(frame_nobody6, 135, router, 0, NULL); /* to keep it from the router */
	DROPPED("another's IPv6 address");
	frame_discovery(frame_nobody6, 135, frame_local, 1, frame_mac);
	DROPPED("of nobody");
	frame_discovery(frame_ip6, 136, frame_ip6, 2, frame_mac);
	PASSES();
	dropped_when_cut(0);
	frame_discovery(frame_ip6, 136, frame_ip6, 0, NULL); /* options there need not be */
	PASSES();
	frame_put16(f.data + 18, 23); /* but all of the target */
	DROPPED("another IPv6 address");
	frame_discovery(frame_ip6, 136, frame_nobody6, 2, frame_mac);
	DROPPED("another IPv6 address");
	frame_discovery(frame_ip6, 136, router, 2, frame_mac);
	DROPPED("another IPv6 address");
	frame_discovery(frame_ip6, 136, frame_ip6, 2, thief);
	DROPPED("another Ethernet address");
	frame_discovery(frame_ip6, 136, frame_ip6, 2, frame_mac);
	f.data[54 + 25] = 0; /* an option of no length */
	DROPPED("wrong options");
	frame_discovery(frame_local, 134, router, 0, NULL);
	DROPPED("router");
	frame_discovery(frame_local, 137, router, 0, NULL);
	DROPPED("router");
	frame_discovery(frame_local, 133, router, 1, frame_mac);
	PASSES();
	frame_discovery(frame_nobody6, 133, router, 0, NULL);
	PASSES();
	frame_ipv6(&f, frame_nobody6, 58, 28);
	f.data[54] = 143; /* groups are joined before there is an address */
	PASSES();
	f.data[54] = 128;
	DROPPED("no IPv6 address");
	frame_ipv6(&f, frame_ip6, 58, 28);
	f.data[54] = 128; /* ping */
	PASSES();
}
END_TEST

START_TEST(discovery_does_not_hide)
{
	filter_setup(true, true);
	for (uint8_t type = 132; type <= 138; type++) {
		frame_ipv6(&f, frame_ip6, 44, 8 + 24);
		memset(f.data + 54, 0, 32);
		f.data[54] = 58;
		f.data[57] = 1;
		f.data[62] = type;
		ck_assert_msg((type > 132 && type < 138) == (judge() != NULL), "type %u", type);
	}
	frame_ipv6(&f, frame_ip6, 60, 8 + 24); /* behind destination options */
	memset(f.data + 54, 0, 32);
	f.data[54] = 58;
	f.data[62] = 134;
	DROPPED("router");
	frame_ipv6(&f, frame_ip6, 44, 8 + 24); /* in the first of two fragments */
	memset(f.data + 54, 0, 32);
	f.data[54] = 58;
	f.data[57] = 1;
	f.data[62] = 136;
	DROPPED("in fragments");
	f.data[62] = 128;
	PASSES();
	f.data[57] = 9; /* a later one */
	f.data[62] = 136;
	PASSES();
	frame_ipv6(&f, frame_ip6, 44, 8 + 8); /* the first fragment ends before the kind of message is named */
	memset(f.data + 54, 0, 16);
	f.data[54] = 60;
	f.data[57] = 1;
	f.data[62] = 58;
	DROPPED("in fragments");
	f.data[63] = 9;
	DROPPED("not whole");
}
END_TEST

START_TEST(too_many_addresses_are_refused)
{
	struct ctl_setup_net s = { .nr_ip4 = 9 };

	ck_assert(!net_filter_set(&filter, &s));
	s = (struct ctl_setup_net){ .nr_ip6 = 9 };
	ck_assert(!net_filter_set(&filter, &s));
	s = (struct ctl_setup_net){ .nr_ip4 = 8, .nr_ip6 = 8 };
	ck_assert(net_filter_set(&filter, &s));
}
END_TEST

/* --- captures -------------------------------------------------------------------------------- */

static uint32_t word(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return v;
}

/* Walks whole blocks; returns how many are of packets. */
static uint32_t blocks_check(const uint8_t *p, size_t n, uint64_t *dropped)
{
	uint32_t packets = 0;

	while (n) {
		uint32_t len;

		ck_assert_uint_ge(n, 12);
		len = word(p + 4);
		ck_assert(len % 4 == 0 && len >= 12 && len <= n);
		ck_assert_uint_eq(word(p + len - 4), len);
		if (word(p) == 6) {
			const uint8_t *options = p + 28 + (word(p + 20) + 3) / 4 * 4;

			packets++;
			ck_assert_uint_eq(word(p + 20), word(p + 24));
			ck_assert_uint_eq(word(options), 2 | 4 << 16);
			if (word(options + 8) == (4 | 8 << 16))
				memcpy(dropped, options + 12, 8);
		}
		p += len;
		n -= len;
	}
	return packets;
}

START_TEST(a_capture_can_be_read)
{
	static struct pcapng p;
	uint8_t frame[61] = { 1, 2, 3 };
	uint64_t dropped = 0;
	const void *data;
	const uint8_t *b;
	size_t n;

	pcapng_begin(&p, "vif3.0");
	pcapng_frame(&p, PCAPNG_FROM_GUEST, frame, sizeof(frame), 0x123456789abcdefull);
	n = pcapng_pending(&p, &data);
	b = data;
	ck_assert_uint_eq(blocks_check(b, n, &dropped), 1);
	ck_assert_uint_eq(word(b), 0x0a0d0d0a);
	ck_assert_uint_eq(word(b + 8), 0x1a2b3c4d);
	ck_assert_uint_eq(word(b + 28), 1);
	ck_assert_uint_eq(b[28 + 8], 1); /* Ethernet */
	b += 28 + word(b + 32);
	ck_assert_uint_eq(word(b + 12), 0x1234567);
	ck_assert_uint_eq(word(b + 16), 0x89abcdef);
	ck_assert_mem_eq(b + 28, frame, sizeof(frame));
	ck_assert_uint_eq(word(b + 28 + 64 + 4), PCAPNG_FROM_GUEST);
	pcapng_written(&p, n);
	ck_assert_uint_eq(pcapng_pending(&p, &data), 0);
}
END_TEST

START_TEST(a_slow_reader_loses_whole_frames)
{
	static struct pcapng p;
	static uint8_t frame[9000], file[8 * PCAPNG_ROOM];
	uint64_t dropped = 0, lost = 0;
	uint32_t sent = 0, packets;
	size_t size = 0, n;
	const void *data;

	pcapng_begin(&p, "vif3.0");
	for (; sent < 300; sent++) {
		pcapng_frame(&p, PCAPNG_TO_GUEST, frame, 60 + sent * 29, sent);
		n = pcapng_pending(&p, &data);
		if (n > 3000 && sent % 2)
			n = 3000; /* in the middle of a block */
		else if (sent % 2 == 0)
			n = 0;
		memcpy(file + size, data, n);
		size += n;
		pcapng_written(&p, n);
	}
	ck_assert_uint_gt(p.lost, 0);
	n = pcapng_pending(&p, &data);
	memcpy(file + size, data, n);
	size += n;
	pcapng_written(&p, n);
	lost = p.lost;
	pcapng_frame(&p, PCAPNG_TO_GUEST, frame, 60, 1);
	n = pcapng_pending(&p, &data);
	memcpy(file + size, data, n);
	packets = blocks_check(file, size + n, &dropped);
	ck_assert_uint_eq(packets + lost, sent + 1);
	ck_assert_uint_gt(dropped, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("net_frames");
	TCase *t = tcase_create("all");

	tcase_add_test(t, plain_frames_stay_plain);
	tcase_add_test(t, a_checksums_place_is_found);
	tcase_add_test(t, checksums_of_other_things_are_refused);
	tcase_add_test(t, segments_are_described);
	tcase_add_test(t, segments_get_checksums_of_their_own);
	tcase_add_test(t, the_taps_words_for_a_guest);
	tcase_add_test(t, checksums_that_a_guest_cannot_fill_in_are_filled_in);
	tcase_add_test(t, ethernet_addresses);
	tcase_add_test(t, arp);
	tcase_add_test(t, ipv4_sources);
	tcase_add_test(t, ipv6_sources);
	tcase_add_test(t, neighbour_discovery);
	tcase_add_test(t, discovery_does_not_hide);
	tcase_add_test(t, too_many_addresses_are_refused);
	tcase_add_test(t, a_capture_can_be_read);
	tcase_add_test(t, a_slow_reader_loses_whole_frames);
	suite_add_tcase(s, t);
	return suite_run(s);
}
