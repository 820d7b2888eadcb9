/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_console_ring.c
 *
 * The console page against a polite and a hostile guest: bytes in order through wraps of ring and
 * index, full rings, indices that claim more than a ring holds, and random ones.  The page is a heap
 * block of exactly its size, so the sanitizer sees any byte outside.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "consoled/ring.h"
#include "suite.h"

static struct xencons_interface *page_make(uint32_t start)
{
	struct xencons_interface *p = calloc(1, sizeof(*p));

	p->in_cons = p->in_prod = p->out_cons = p->out_prod = start;
	return p;
}

static size_t take(struct xencons_interface *p, char *buf, size_t cap, bool *bad)
{
	uint32_t taken;
	size_t n = ring_take(p, buf, cap, &taken, bad);

	ring_release(p, taken);
	return n;
}

static void guest_print(struct xencons_interface *p, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		p->out[p->out_prod++ % XENCONS_OUT_RING_SIZE] = text[i];
}

START_TEST(output_keeps_its_order)
{
	struct xencons_interface *p = page_make(UINT32_MAX - 3000);
	char in[256], out[256];
	bool bad = false;

	for (int round = 0; round < 100; round++) {
		size_t len = (size_t)(round * 37 % 200) + 1;

		for (size_t i = 0; i < len; i++)
			in[i] = (char)(round + (int)i);
		guest_print(p, in, len);
		ck_assert_uint_eq(take(p, out, sizeof(out), &bad), len);
		ck_assert_mem_eq(in, out, len);
		ck_assert_uint_eq(p->out_cons, p->out_prod);
	}
	ck_assert_uint_eq(take(p, out, sizeof(out), &bad), 0);
	ck_assert(!bad);
	free(p);
}
END_TEST

START_TEST(output_is_taken_in_parts)
{
	struct xencons_interface *p = page_make(1000);
	char all[XENCONS_OUT_RING_SIZE], part[300];
	bool bad = false;
	size_t got = 0, n;

	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (char)(i * 7);
	guest_print(p, all, sizeof(all));
	while ((n = take(p, part, sizeof(part), &bad)) > 0) {
		ck_assert_mem_eq(part, all + got, n);
		got += n;
	}
	ck_assert_uint_eq(got, sizeof(all));
	ck_assert(!bad);
	free(p);
}
END_TEST

/* One that dies before it has let them go: its successor takes the same bytes. */
START_TEST(output_is_not_lost_with_its_taker)
{
	struct xencons_interface *p = page_make(UINT32_MAX - 3);
	char out[16];
	bool bad = false;
	uint32_t taken;

	guest_print(p, "a line\n", 7);
	ck_assert_uint_eq(ring_take(p, out, sizeof(out), &taken, &bad), 7);
	ck_assert_uint_eq(ring_take(p, out, sizeof(out), &taken, &bad), 7);
	ck_assert_mem_eq(out, "a line\n", 7);
	ring_release(p, taken);
	ck_assert_uint_eq(ring_take(p, out, sizeof(out), &taken, &bad), 0);
	ck_assert(!bad);
	free(p);
}
END_TEST

START_TEST(input_stops_when_full)
{
	struct xencons_interface *p = page_make(UINT32_MAX - 10);
	char text[2000];
	bool bad = false;

	memset(text, 'x', sizeof(text));
	ck_assert_uint_eq(ring_give(p, text, sizeof(text), &bad), XENCONS_IN_RING_SIZE);
	ck_assert_uint_eq(ring_give(p, text, sizeof(text), &bad), 0);
	p->in_cons += 5;
	ck_assert_uint_eq(ring_give(p, "abcdefgh", 8, &bad), 5);
	ck_assert_int_eq(p->in[(p->in_prod - 1) % XENCONS_IN_RING_SIZE], 'e');
	ck_assert(!bad);
	free(p);
}
END_TEST

START_TEST(wild_output_indices_lose_only_their_own)
{
	const uint32_t wild[] = { XENCONS_OUT_RING_SIZE + 1, 0x80000000, UINT32_MAX };
	char out[16];

	for (size_t i = 0; i < sizeof(wild) / sizeof(wild[0]); i++) {
		struct xencons_interface *p = page_make(0);
		bool bad = false;

		p->out_prod = wild[i];
		ck_assert_uint_eq(take(p, out, sizeof(out), &bad), 0);
		ck_assert(bad);
		bad = false;
		guest_print(p, "again", 5);
		ck_assert_uint_eq(take(p, out, sizeof(out), &bad), 5);
		ck_assert_mem_eq(out, "again", 5);
		ck_assert(!bad);
		free(p);
	}
}
END_TEST

START_TEST(wild_input_indices_are_overwritten)
{
	struct xencons_interface *p = page_make(0);
	bool bad = false;

	p->in_prod = 5000;
	ck_assert_uint_eq(ring_give(p, "hello", 5, &bad), 5);
	ck_assert(bad);
	ck_assert_uint_eq(p->in_prod - p->in_cons, 5);
	ck_assert_mem_eq(p->in, "hello", 5);
	free(p);
}
END_TEST

START_TEST(random_indices_do_no_harm)
{
	struct xencons_interface *p = page_make(0);
	char buf[4096] = { 0 };

	srand(3);
	for (int i = 0; i < 20000; i++) {
		bool bad = false;

		p->in_cons = (uint32_t)rand() * 3;
		p->in_prod = rand() % 2 ? p->in_cons + (uint32_t)rand() % 1100 : (uint32_t)rand() * 3;
		p->out_cons = (uint32_t)rand() * 3;
		p->out_prod = rand() % 2 ? p->out_cons + (uint32_t)rand() % 2100 : (uint32_t)rand() * 3;
		ck_assert_uint_le(take(p, buf, sizeof(buf), &bad), XENCONS_OUT_RING_SIZE);
		ck_assert_uint_le(ring_give(p, buf, sizeof(buf), &bad), XENCONS_IN_RING_SIZE);
		ck_assert_uint_le(p->in_prod - p->in_cons, XENCONS_IN_RING_SIZE);
		ck_assert_uint_le(p->out_prod - p->out_cons, XENCONS_OUT_RING_SIZE);
	}
	free(p);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("console_ring");
	TCase *t = tcase_create("ring");

	tcase_add_test(t, output_keeps_its_order);
	tcase_add_test(t, output_is_taken_in_parts);
	tcase_add_test(t, output_is_not_lost_with_its_taker);
	tcase_add_test(t, input_stops_when_full);
	tcase_add_test(t, wild_output_indices_lose_only_their_own);
	tcase_add_test(t, wild_input_indices_are_overwritten);
	tcase_add_test(t, random_indices_do_no_harm);
	suite_add_tcase(s, t);
	return suite_run(s);
}
