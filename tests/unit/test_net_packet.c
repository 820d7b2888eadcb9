/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses, checksums and headers of net/: texts both ways against the C library, sums against a slow one, headers cut at every
 * byte. Frames are heap blocks of exactly their size.
 */
#include <arpa/inet.h>
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "net/addr.h"
#include "net/checksum.h"
#include "net/packet.h"
#include "net/wire.h"
#include "suite.h"

START_TEST(addresses_as_the_library_reads_them)
{
	const char *texts[] = {
		"0.0.0.0", "10.1.2.3", "255.255.255.255", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.4 ", "", "1..2.3",
		"::", "::1", "1::", "fe80::1", "2001:db8::8:800:200c:417a", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
		"1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1::2::3", ":::", ":1", "1:", "12345::", "::ffff:1.2.3.4", "::1.2.3.4",
		"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:7:1.2.3.4", "fe80::g", "::1.2.3", "::1.2.3.4:5", "FE80::ABCD", "1:2:3:4::5:6:7:8",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct net_addr a;
		uint8_t b4[4], b6[16];
		bool four = inet_pton(AF_INET, texts[i], b4) == 1, six = inet_pton(AF_INET6, texts[i], b6) == 1;

		/* The library takes a gap for no group at all; RFC 4291 wants one. */
		if (!strcmp(texts[i], "1:2:3:4::5:6:7:8"))
			six = false;
		ck_assert_msg(net_addr_parse(texts[i], &a) == (four || six), "\"%s\"", texts[i]);
		if (four) {
			ck_assert(net_addr_is_ip4(&a));
			ck_assert_mem_eq(net_addr_as_ip4(&a), b4, 4);
		} else if (six) {
			ck_assert_mem_eq(a.b, b6, 16);
		}
	}
}
END_TEST

START_TEST(addresses_are_printed_as_the_library_does)
{
	srand(1);
	for (int i = 0; i < 20000; i++) {
		char want[INET6_ADDRSTRLEN], got[NET_ADDR_TEXT];
		struct net_addr a, again;

		for (int k = 0; k < 16; k += 2) {
			int r = rand();

			a.b[k] = r & 8 ? (uint8_t)(r >> 8) : 0;
			a.b[k + 1] = r & 4 ? (uint8_t)(r >> 16) : 0;
		}
		a.b[0] |= 0x20;	/* what begins with zeros may be printed as IPv4 */
		net_addr_print(got, &a);
		ck_assert_str_eq(got, inet_ntop(AF_INET6, a.b, want, sizeof(want)));
		ck_assert(net_addr_parse(got, &again));
		ck_assert(net_addr_equal(&a, &again));
	}
}
END_TEST

START_TEST(prefixes)
{
	struct net_prefix p;
	struct net_addr a;

	ck_assert(net_prefix_parse("10.1.0.0/15", &p));
	ck_assert_uint_eq(p.bits, 96 + 15);
	ck_assert(net_addr_parse("10.0.255.255", &a) && net_prefix_has(&p, &a));
	ck_assert(net_addr_parse("10.2.0.0", &a) && !net_prefix_has(&p, &a));
	ck_assert(net_prefix_parse("0.0.0.0/0", &p) && net_prefix_has(&p, &a));
	ck_assert(net_addr_parse("::1", &a) && !net_prefix_has(&p, &a));
	ck_assert(net_prefix_parse("::/0", &p) && net_prefix_has(&p, &a));
	ck_assert(net_prefix_parse("2001:db8::/33", &p));
	ck_assert(net_addr_parse("2001:db8:7fff::", &a) && net_prefix_has(&p, &a));
	ck_assert(net_addr_parse("2001:db8:8000::", &a) && !net_prefix_has(&p, &a));
	ck_assert(net_prefix_parse("1.2.3.4", &p) && p.bits == 128);
	ck_assert(!net_prefix_parse("1.2.3.4/33", &p));
	ck_assert(!net_prefix_parse("::/129", &p));
	ck_assert(!net_prefix_parse("1.2.3.4/", &p));
	ck_assert(!net_prefix_parse("1.2.3.4/8x", &p));
}
END_TEST

START_TEST(hardware_addresses)
{
	const uint8_t want[] = { 0, 0x16, 0x3e, 0xab, 0xcd, 0xef };
	struct net_mac m;

	ck_assert(net_mac_parse("00:16:3e:AB:cd:ef", &m));
	ck_assert_mem_eq(m.b, want, 6);
	ck_assert(!net_mac_parse("00:16:3e:ab:cd", &m));
	ck_assert(!net_mac_parse("00:16:3e:ab:cd:ef:00", &m));
	ck_assert(!net_mac_parse("00:16:3e:ab:cd:1ef", &m));
	ck_assert(!net_mac_parse("", &m));
}
END_TEST

static uint16_t slow_sum(const uint8_t *p, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i++) {
		sum += i & 1 ? p[i] : (uint32_t)p[i] << 8;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)sum;
}

START_TEST(sums_are_the_slow_ones)
{
	srand(2);
	for (int i = 0; i < 3000; i++) {
		size_t len = (size_t)rand() % 2000, cut = len ? (size_t)rand() % len & ~1UL : 0, shift = (size_t)rand() % 8;
		uint8_t *block = malloc(len + shift + 1), *p = block + shift;
		uint16_t field, old = (uint16_t)rand(), new = (uint16_t)rand();

		for (size_t k = 0; k < len; k++)
			p[k] = (uint8_t)(rand() >> 4);
		ck_assert_uint_eq(net_sum_fold(net_sum_add(0, p, (uint32_t)len)), slow_sum(p, len));
		ck_assert_uint_eq(net_sum_fold(net_sum_add(net_sum_add(0, p, (uint32_t)cut), p + cut, (uint32_t)(len - cut))), slow_sum(p, len));
		if (len >= 20) {
			net_put16(p, old);
			field = (uint16_t)~slow_sum(p, len);
			net_put16(p, new);
			ck_assert_uint_eq(net_sum_replace(field, old, new) % 0xffff, (uint16_t)~slow_sum(p, len) % 0xffff);
		}
		free(block);
	}
	/* RFC 1071 section 3. */
	ck_assert_uint_eq(net_sum_fold(net_sum_add(0, "\x00\x01\xf2\x03\xf4\xf5\xf6\xf7", 8)), 0xddf2);
}
END_TEST

/* A frame of IPv4 or IPv6 with so much data; everything right but the upper checksum. */
static uint8_t *frame_make(bool six, uint8_t proto, uint32_t data, uint32_t *len)
{
	uint32_t l4 = ETH_HEADER + (six ? IP6_HEADER : IP4_HEADER);
	uint32_t upper = (proto == PROTO_TCP ? TCP_HEADER : 8) + data;
	uint8_t *f = calloc(1, l4 + upper);

	*len = l4 + upper;
	net_put16(f + ETH_TYPE, six ? ETH_TYPE_IP6 : ETH_TYPE_IP4);
	if (six) {
		f[14] = 0x60;
		net_put16(f + 14 + IP6_LENGTH, upper);
		f[14 + IP6_NEXT] = proto;
		f[14 + IP6_HOPS] = 64;
		memset(f + 14 + IP6_SRC, 0x21, 32);
	} else {
		f[14] = 0x45;
		net_put16(f + 14 + IP4_TOTAL, 20 + upper);
		f[14 + IP4_TTL] = 64;
		f[14 + IP4_PROTO] = proto;
		memset(f + 14 + IP4_SRC, 0x0a, 8);
		net_put16(f + 14 + IP4_SUM, (uint16_t)~slow_sum(f + 14, 20));
	}
	for (uint32_t i = 0; i < upper; i++)
		f[l4 + i] = (uint8_t)(i * 37 + 1);
	if (proto == PROTO_UDP)
		net_put16(f + l4 + UDP_LENGTH, upper);
	return f;
}

START_TEST(checksums_of_frames)
{
	const uint8_t protos[] = { PROTO_TCP, PROTO_UDP, PROTO_ICMP, PROTO_ICMP6 };

	for (int six = 0; six < 2; six++)
		for (size_t i = 0; i < sizeof(protos); i++) {
			uint32_t len;
			uint8_t *f = frame_make(six, protos[i], 333, &len);
			struct net_packet p;
			bool ours = protos[i] != (six ? PROTO_ICMP : PROTO_ICMP6);	/* the other family's has none we know */

			ck_assert(net_packet_parse(&p, f, len, len));
			ck_assert(p.has_l4);
			ck_assert_int_eq(net_checksum_good(&p, f), !ours);
			net_checksum_fill(&p, f);
			ck_assert(net_checksum_good(&p, f));
			f[len - 1] ^= 1;
			ck_assert_int_eq(net_checksum_good(&p, f), !ours);
			/* The backend's way: the pseudo header's sum stands in the field, the rest is added. */
			if (protos[i] == PROTO_TCP) {
				uint16_t sum;

				net_checksum_blank(&p, f);
				sum = (uint16_t)~slow_sum(f + p.l4, len - p.l4);
				net_put16(f + p.l4 + TCP_SUM, sum);
				ck_assert(net_checksum_good(&p, f));
			}
			free(f);
		}
}
END_TEST

START_TEST(udp_without_a_sum_is_good)
{
	uint32_t len;
	uint8_t *f = frame_make(false, PROTO_UDP, 10, &len);
	struct net_packet p;

	net_put16(f + 34 + UDP_SUM, 0);
	ck_assert(net_packet_parse(&p, f, len, len));
	ck_assert(net_checksum_good(&p, f));
	free(f);
	f = frame_make(true, PROTO_UDP, 10, &len);
	net_put16(f + 54 + UDP_SUM, 0);
	ck_assert(net_packet_parse(&p, f, len, len));
	ck_assert(!net_checksum_good(&p, f));
	free(f);
}
END_TEST

START_TEST(headers_are_looked_at_before_they_are_believed)
{
	uint32_t len;
	uint8_t *f = frame_make(false, PROTO_TCP, 100, &len);
	struct net_packet p;

	ck_assert(net_packet_parse(&p, f, len, len));
	ck_assert(p.ip4 && p.has_ports && p.l4 == 34 && p.end == len && !p.fragment);
	f[14] = 0x44;
	ck_assert(!net_packet_parse(&p, f, len, len));
	f[14] = 0x55;
	ck_assert(!net_packet_parse(&p, f, len, len));
	f[14] = 0x4f;		/* options that the frame has, but the sum is wrong */
	ck_assert(!net_packet_parse(&p, f, len, len));
	f[14] = 0x45;
	f[14 + IP4_TTL]--;
	ck_assert(!net_packet_parse(&p, f, len, len));
	f[14 + IP4_TTL]++;
	ck_assert(!net_packet_parse(&p, f, len - 1, len - 1));
	free(f);
	f = frame_make(true, PROTO_TCP, 100, &len);
	ck_assert(net_packet_parse(&p, f, len, len) && p.ip6 && p.l4 == 54);
	ck_assert(!net_packet_parse(&p, f, len - 1, len - 1));
	f[14] = 0x40;
	ck_assert(!net_packet_parse(&p, f, len, len));
	free(f);
}
END_TEST

START_TEST(fragments_have_ports_in_the_first_only)
{
	struct net_packet p;
	uint32_t len;
	uint8_t *f = frame_make(false, PROTO_UDP, 100, &len);

	net_put16(f + 14 + IP4_FRAGMENT, IP4_MORE_FRAGMENTS);
	net_put16(f + 14 + IP4_SUM, 0);
	net_put16(f + 14 + IP4_SUM, (uint16_t)~slow_sum(f + 14, 20));
	ck_assert(net_packet_parse(&p, f, len, len));
	ck_assert(p.fragment && p.first_fragment && p.has_ports && !p.has_l4);
	net_put16(f + 14 + IP4_FRAGMENT, 185);
	net_put16(f + 14 + IP4_SUM, 0);
	net_put16(f + 14 + IP4_SUM, (uint16_t)~slow_sum(f + 14, 20));
	ck_assert(net_packet_parse(&p, f, len, len));
	ck_assert(p.fragment && !p.first_fragment && !p.has_ports && p.proto == PROTO_UDP);
	free(f);

	f = frame_make(true, PROTO_FRAGMENT, 100, &len);	/* 54: fragment header, 62: the upper one */
	f[54] = PROTO_TCP;
	net_put16(f + 56, 1);
	ck_assert(net_packet_parse(&p, f, len, len));
	ck_assert(p.fragment && p.first_fragment && p.has_ports && p.proto == PROTO_TCP && p.l4 == 62);
	net_put16(f + 56, 8 << 3);
	ck_assert(net_packet_parse(&p, f, len, len));
	ck_assert(p.fragment && !p.first_fragment && !p.has_ports && p.proto == PROTO_TCP);
	net_put16(f + 56, 0);	/* an atomic fragment is a whole packet (RFC 6946) */
	ck_assert(net_packet_parse(&p, f, len, len));
	ck_assert(!p.fragment && p.has_l4);
	free(f);
}
END_TEST

START_TEST(extension_headers_are_stepped_over)
{
	struct net_packet p;
	uint32_t len;
	uint8_t *f = frame_make(true, PROTO_HOPOPTS, 100, &len);

	f[54] = PROTO_DSTOPTS, f[55] = 0;
	f[62] = PROTO_AH, f[63] = 1;
	f[70] = PROTO_AH, f[71] = 2;	/* inside of destination options of 16 bytes */
	f[78] = PROTO_UDP, f[79] = 1;
	f[94] = 0;
	ck_assert(net_packet_parse(&p, f, len, len));
	ck_assert_uint_eq(p.proto, PROTO_UDP);
	ck_assert_uint_eq(p.l4, 90);
	/* Cut anywhere: nothing beyond the block is read. */
	for (uint32_t given = 0; given <= len; given++) {
		uint8_t *cut = malloc(given ? given : 1);

		memcpy(cut, f, given);
		ck_assert_int_eq(net_packet_parse(&p, cut, given, len), given >= 54);
		if (given >= 94)
			ck_assert(p.has_ports);
		free(cut);
	}
	f[55] = 255;	/* beyond the packet */
	ck_assert(net_packet_parse(&p, f, len, len));
	ck_assert(!p.has_l4 && !p.has_ports);
	free(f);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("net");
	TCase *t = tcase_create("all");

	tcase_add_test(t, addresses_as_the_library_reads_them);
	tcase_add_test(t, addresses_are_printed_as_the_library_does);
	tcase_add_test(t, prefixes);
	tcase_add_test(t, hardware_addresses);
	tcase_add_test(t, sums_are_the_slow_ones);
	tcase_add_test(t, checksums_of_frames);
	tcase_add_test(t, udp_without_a_sum_is_good);
	tcase_add_test(t, headers_are_looked_at_before_they_are_believed);
	tcase_add_test(t, fragments_have_ports_in_the_first_only);
	tcase_add_test(t, extension_headers_are_stepped_over);
	suite_add_tcase(s, t);
	return suite_run(s);
}
