/* SPDX-License-Identifier: BSD-2-Clause */
/* netbench/frames.h: two ends that build, read and turn each other's frames. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "guests/netbench/frames.h"
#include "net/checksum.h"
#include "net/packet.h"
#include "suite.h"

static const struct frames_end a = { { { 2, 0, 0, 0, 0, 1 } }, { 10, 0, 0, 1 }, 9 };
static const struct frames_end b = { { { 2, 0, 0, 0, 0, 2 } }, { 10, 0, 0, 2 }, 9 };

static bool good(uint8_t *frame, uint32_t len)
{
	struct net_packet p;

	return net_packet_parse(&p, frame, len, len) && net_checksum_good(&p, frame);
}

START_TEST(numbers_travel_and_come_back)
{
	for (uint32_t len = FRAME_MIN; len < 3000; len += 97)
		for (int icmp = 0; icmp < 2; icmp++) {
			uint8_t *f = malloc(len);
			enum frames_kind want = icmp ? FRAMES_ECHO_REQUEST : FRAMES_UDP;
			struct frames_end from;
			uint64_t n;

			(icmp ? frames_echo : frames_udp)(f, len, &a, &b);
			ck_assert(good(f, len));
			for (uint64_t number = 1; number; number <<= 5) {
				frames_number(f, number);
				ck_assert(good(f, len));
				ck_assert_int_eq(frames_read(f, len, &b, &from, &n), want);
				ck_assert_uint_eq(n, number);
			}
			ck_assert_mem_eq(&from.mac, &a.mac, 6);
			ck_assert_mem_eq(from.ip, a.ip, 4);
			ck_assert_int_eq(frames_read(f, len, &a, &from, &n), FRAMES_OTHER);
			frames_turn(f, want);
			ck_assert(good(f, len));
			ck_assert_int_eq(frames_read(f, len, &a, &from, &n), icmp ? FRAMES_ECHO_REPLY : FRAMES_UDP);
			free(f);
		}
}
END_TEST

START_TEST(arp)
{
	uint8_t f[FRAME_MIN] = { 0 };
	struct frames_end from;
	uint64_t n;
	uint32_t len = frames_arp_request(f, &a, b.ip);

	ck_assert_uint_eq(len, 42);
	ck_assert_int_eq(frames_read(f, len, &a, &from, &n), FRAMES_OTHER);
	ck_assert_int_eq(frames_read(f, FRAME_MIN, &b, &from, &n), FRAMES_ARP_ASKED);
	ck_assert_int_eq(frames_read(f, FRAME_MIN, &a, &from, &n), FRAMES_ARP_TOLD);
	ck_assert_mem_eq(&from.mac, &b.mac, 6);
	ck_assert_mem_eq(from.ip, b.ip, 4);
	ck_assert_int_eq(frames_read(f, 41, &a, &from, &n), FRAMES_OTHER);
}
END_TEST

START_TEST(cut_and_damaged_frames)
{
	uint8_t whole[200];

	srand(4);
	frames_echo(whole, sizeof(whole), &a, &b);
	for (int i = 0; i < 20000; i++) {
		uint32_t len = (uint32_t)rand() % (sizeof(whole) + 1);
		uint8_t *f = malloc(len ? len : 1);
		struct frames_end from;
		uint64_t n;

		memcpy(f, whole, len);
		if (len)
			f[(uint32_t)rand() % len] = (uint8_t)rand();
		frames_read(f, len, &b, &from, &n);
		free(f);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("netbench");
	TCase *t = tcase_create("all");

	tcase_add_test(t, numbers_travel_and_come_back);
	tcase_add_test(t, arp);
	tcase_add_test(t, cut_and_damaged_frames);
	suite_add_tcase(s, t);
	return suite_run(s);
}
