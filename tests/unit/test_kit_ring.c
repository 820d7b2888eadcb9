/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kit's side of a ring against a polite backend, which is the same discipline from the other side, and against one that
 * writes what it likes. Rings are heap blocks of exactly their size.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "kit/ring.h"
#include "suite.h"

#define ENTRY 112

struct request { uint32_t word[ENTRY / 4]; };

static struct sring_header *page;
static struct kit_ring ring;

static void ring_make(size_t bytes)
{
	page = aligned_alloc(4096, bytes);
	memset(page, 0, bytes);
	kit_ring_init(&ring, page, bytes, ENTRY);
}

static void answer(uint32_t index, uint32_t value)
{
	memcpy((uint8_t *)page + 64 + (index & (ring.size - 1)) * ENTRY, &value, 4);
}

START_TEST(sizes_are_those_of_the_abi)
{
	static const struct { size_t bytes; uint32_t entry, size; } want[] = {
		{ 4096, 112, 32 }, { 8192, 112, 64 }, { 65536, 112, 512 }, { 4096, 12, 256 }, { 4096, 8, 256 }, { 4096, 16, 128 },
	};

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		page = aligned_alloc(4096, want[i].bytes);
		kit_ring_init(&ring, page, want[i].bytes, want[i].entry);
		ck_assert_uint_eq(ring.size, want[i].size);
		ck_assert_uint_eq(kit_ring_room(&ring), want[i].size);
		ck_assert_uint_eq(page->req_event, 1);
		free(page);
	}
}
END_TEST

START_TEST(answers_come_in_order_through_the_wrap)
{
	uint32_t cons = 0, got;

	ring_make(4096);
	ring.req_prod = ring.req_pushed = ring.rsp_cons = cons = page->rsp_prod = page->req_prod = UINT32_MAX - 40;
	for (uint32_t i = 0; i < 500; i += 5) {
		for (uint32_t k = 0; k < 5; k++)
			kit_ring_put(&ring, &(struct request){ { i + k } });
		kit_ring_push(&ring);
		ck_assert_uint_eq(page->req_prod, ring.req_prod);
		for (uint32_t k = 0; k < 5; k++) {
			memcpy(&got, (uint8_t *)page + 64 + (cons & 31) * ENTRY, 4);
			ck_assert_uint_eq(got, i + k);
			answer(cons++, 1000 + i + k);
		}
		page->rsp_prod = cons;
		ck_assert_uint_eq(kit_ring_out(&ring), 5);
		for (uint32_t k = 0; k < 5; k++) {
			ck_assert_int_eq(kit_ring_get(&ring, &got, 4), 1);
			ck_assert_uint_eq(got, 1000 + i + k);
		}
		ck_assert_int_eq(kit_ring_get(&ring, &got, 4), 0);
	}
	free(page);
}
END_TEST

START_TEST(room_is_what_is_not_out)
{
	uint32_t got;

	ring_make(4096);
	for (uint32_t i = 0; i < 32; i++) {
		ck_assert_uint_eq(kit_ring_room(&ring), 32 - i);
		kit_ring_put(&ring, &(struct request){ { i } });
	}
	ck_assert_uint_eq(kit_ring_room(&ring), 0);
	kit_ring_push(&ring);
	page->rsp_prod = 32;
	ck_assert_uint_eq(kit_ring_room(&ring), 0);
	ck_assert_int_eq(kit_ring_get(&ring, &got, 4), 1);
	ck_assert_uint_eq(kit_ring_room(&ring), 1);
	free(page);
}
END_TEST

START_TEST(events_only_where_asked_for)
{
	uint32_t got;

	ring_make(4096);
	ck_assert(!kit_ring_push(&ring));
	page->req_event = 2;
	kit_ring_put(&ring, &(struct request){ { 0 } });
	ck_assert(!kit_ring_push(&ring));
	kit_ring_put(&ring, &(struct request){ { 0 } });
	ck_assert(kit_ring_push(&ring));
	kit_ring_put(&ring, &(struct request){ { 0 } });
	ck_assert(!kit_ring_push(&ring));
	ck_assert(!kit_ring_rearm(&ring, 1));
	ck_assert_uint_eq(page->rsp_event, 1);
	page->rsp_prod = 1;
	ck_assert(kit_ring_rearm(&ring, 1));
	ck_assert(!kit_ring_rearm(&ring, 2));
	ck_assert_int_eq(kit_ring_get(&ring, &got, 4), 1);
	ck_assert(!kit_ring_rearm(&ring, 1));
	ck_assert_uint_eq(page->rsp_event, 2);
	free(page);
}
END_TEST

START_TEST(answers_to_nothing_break_it)
{
	uint32_t got;

	ring_make(4096);
	kit_ring_put(&ring, &(struct request){ { 0 } });
	page->rsp_prod = 1;		/* written, but not pushed */
	ck_assert_int_eq(kit_ring_get(&ring, &got, 4), -1);
	ck_assert(ring.broken);
	kit_ring_push(&ring);
	ck_assert_int_eq(kit_ring_get(&ring, &got, 4), -1);
	ck_assert_uint_eq(kit_ring_room(&ring), 0);
	ck_assert(!kit_ring_rearm(&ring, 1));
	free(page);
}
END_TEST

START_TEST(an_index_that_goes_back_breaks_it)
{
	uint32_t got;

	ring_make(4096);
	for (int i = 0; i < 3; i++)
		kit_ring_put(&ring, &(struct request){ { 0 } });
	kit_ring_push(&ring);
	page->rsp_prod = 2;
	ck_assert_int_eq(kit_ring_get(&ring, &got, 4), 1);
	ck_assert_int_eq(kit_ring_get(&ring, &got, 4), 1);
	page->rsp_prod = 1;
	ck_assert_int_eq(kit_ring_get(&ring, &got, 4), -1);
	free(page);
}
END_TEST

START_TEST(random_pages_do_no_harm)
{
	struct request got;

	srand(4);
	for (int round = 0; round < 2000; round++) {
		size_t bytes = 4096UL << rand() % 3;
		uint32_t put = 0, taken = 0;

		ring_make(bytes);
		for (int step = 0; step < 60; step++) {
			for (size_t k = 0; k < 16; k++)
				((uint8_t *)page)[k] = (uint8_t)rand();
			if (rand() % 4)
				page->rsp_prod = ring.rsp_cons + (uint32_t)rand() % 3;
			for (int k = rand() % 4; k && kit_ring_room(&ring); k--, put++)
				kit_ring_put(&ring, &got);
			kit_ring_push(&ring);
			if (kit_ring_get(&ring, &got, ENTRY) == 1)
				taken++;
			kit_ring_rearm(&ring, 1);
			ck_assert_uint_le(taken, put);
			ck_assert_uint_le(ring.req_prod - ring.rsp_cons, ring.size);
		}
		free(page);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("kit_ring");
	TCase *t = tcase_create("ring");

	tcase_add_test(t, sizes_are_those_of_the_abi);
	tcase_add_test(t, answers_come_in_order_through_the_wrap);
	tcase_add_test(t, room_is_what_is_not_out);
	tcase_add_test(t, events_only_where_asked_for);
	tcase_add_test(t, answers_to_nothing_break_it);
	tcase_add_test(t, an_index_that_goes_back_breaks_it);
	tcase_add_test(t, random_pages_do_no_harm);
	suite_add_tcase(s, t);
	return suite_run(s);
}
