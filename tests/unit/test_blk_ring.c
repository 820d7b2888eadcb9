/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_blk_ring.c
 *
 * The block ring against a polite and a hostile frontend: order, wrap, exactly one answer each,
 * events asked for and not, indices that lie.  The memory around the ring is poisoned by the
 * sanitizer (it is a heap block of exactly the ring's size), so a slot outside of it is found.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "blkd/ring.h"
#include "suite.h"

#define PAGE 4096u

struct front {
	struct sring_header *shared;
	uint8_t *slots;
	uint32_t size, req_prod, rsp_cons;
};

static struct front front_make(unsigned int order, uint32_t start)
{
	struct front f = { .size = 32u << order };

	f.shared = aligned_alloc(PAGE, PAGE << order);
	memset(f.shared, 0xa5, PAGE << order);
	f.slots = (uint8_t *)f.shared + XEN_RING_HEADER_SIZE;
	f.shared->req_prod = f.shared->rsp_prod = f.req_prod = f.rsp_cons = start;
	f.shared->req_event = f.shared->rsp_event = start + 1;
	return f;
}

/* The backend's journal, and the entries of requests that are out, in the order of taking. */
static struct blk_journal journal;
static uint32_t out[BLK_SLOTS];
static unsigned int nr_out;

static bool attach(struct blk_ring *r, const struct front *f, unsigned int order)
{
	uint32_t start = blk_ring_start(f->shared);

	nr_out = 0;
	blk_journal_begin(&journal, 1, blk_ring_size(order), &start);
	return blk_ring_attach(r, f->shared, order, &journal, 0);
}

static int take(struct blk_ring *r)
{
	uint32_t entry = 0;
	int got;

	while (journal.entry[entry].state == JOURNAL_TAKEN)
		ck_assert_uint_lt(++entry, BLK_SLOTS);
	got = blk_ring_take(r, entry, 0);
	if (got == 1)
		out[nr_out++] = entry;
	return got;
}

static uint64_t last_id(void)
{
	return journal.entry[out[nr_out - 1]].raw.id;
}

/* Answer the i-th of those that are out. */
static void answer(struct blk_ring *r, unsigned int i, int16_t status)
{
	blk_ring_answer(r, out[i], BLKIF_OP_READ, status);
	memmove(&out[i], &out[i + 1], (--nr_out - i) * sizeof(out[0]));
}

static void front_ask(struct front *f, uint64_t id)
{
	struct blkif_request rq = { .operation = BLKIF_OP_READ, .nr_segments = 1, .id = id };

	memcpy(f->slots + (f->req_prod & (f->size - 1)) * sizeof(rq), &rq, sizeof(rq));
	f->shared->req_prod = ++f->req_prod;
}

static struct blkif_response front_get(struct front *f)
{
	struct blkif_response rsp;

	ck_assert_uint_ne(f->rsp_cons, f->shared->rsp_prod);
	memcpy(&rsp, f->slots + (f->rsp_cons & (f->size - 1)) * sizeof(struct blkif_request), sizeof(rsp));
	f->rsp_cons++;
	return rsp;
}

START_TEST(sizes_follow_the_order)
{
	const uint32_t want[] = { 32, 64, 128, 256, 512 };

	for (unsigned int order = 0; order <= BLK_RING_ORDER_MAX; order++) {
		struct front f = front_make(order, 0);
		struct blk_ring r;

		ck_assert(attach(&r, &f, order));
		ck_assert_uint_eq(r.size, want[order]);
		free(f.shared);
	}
}
END_TEST

/* Through all slots and through the end of 32-bit indices. */
START_TEST(requests_and_answers_wrap)
{
	for (unsigned int order = 0; order <= BLK_RING_ORDER_MAX; order++) {
		struct front f = front_make(order, UINT32_MAX - 50);
		struct blk_ring r;

		ck_assert(attach(&r, &f, order));
		for (uint64_t id = 0; id < 1500; id += 7) {
			for (uint64_t k = 0; k < 7; k++)
				front_ask(&f, id + k);
			for (uint64_t k = 0; k < 7; k++) {
				ck_assert_int_eq(take(&r), 1);
				ck_assert_uint_eq(last_id(), id + k);
			}
			ck_assert_int_eq(take(&r), 0);
			/* Answers may come in any order. */
			while (nr_out)
				answer(&r, nr_out - 1, BLKIF_RSP_OKAY);
			blk_ring_push(&r);
			for (uint64_t k = 7; k-- > 0;)
				ck_assert_uint_eq(front_get(&f).id, id + k);
		}
		free(f.shared);
	}
}
END_TEST

START_TEST(a_full_ring_is_no_error)
{
	struct front f = front_make(0, 17);
	struct blk_ring r;

	ck_assert(attach(&r, &f, 0));
	for (uint64_t id = 0; id < 32; id++)
		front_ask(&f, id);
	for (uint64_t id = 0; id < 32; id++)
		ck_assert_int_eq(take(&r), 1);
	ck_assert_int_eq(take(&r), 0);
	while (nr_out)
		answer(&r, 0, BLKIF_RSP_ERROR);
	ck_assert(blk_ring_push(&r));
	ck_assert_int_eq(front_get(&f).status, BLKIF_RSP_ERROR);
	free(f.shared);
}
END_TEST

START_TEST(events_only_where_asked_for)
{
	struct front f = front_make(0, 0);
	struct blk_ring r;

	ck_assert(attach(&r, &f, 0));
	ck_assert(!blk_ring_push(&r));
	for (uint64_t id = 0; id < 4; id++) {
		front_ask(&f, id);
		ck_assert_int_eq(take(&r), 1);
	}
	f.shared->rsp_event = 3;
	answer(&r, 0, 0);
	ck_assert(!blk_ring_push(&r));
	answer(&r, 0, 0);
	ck_assert(!blk_ring_push(&r));
	answer(&r, 0, 0);
	ck_assert(blk_ring_push(&r));
	answer(&r, 0, 0);
	ck_assert(!blk_ring_push(&r));
	ck_assert(!blk_ring_rearm(&r));
	ck_assert_uint_eq(f.shared->req_event, 5);
	front_ask(&f, 4);
	ck_assert(blk_ring_rearm(&r));
	free(f.shared);
}
END_TEST

START_TEST(more_requests_than_slots_break_it)
{
	struct front f = front_make(0, 0);
	struct blk_ring r;

	ck_assert(attach(&r, &f, 0));
	f.shared->req_prod = 33;
	ck_assert_int_eq(take(&r), -1);
	ck_assert(r.broken);
	f.shared->req_prod = 1;
	ck_assert_int_eq(take(&r), -1);
	ck_assert(!blk_ring_rearm(&r));
	free(f.shared);
}
END_TEST

/* A producer index that goes back below what was taken. */
START_TEST(a_rewound_producer_breaks_it)
{
	struct front f = front_make(0, 0);
	struct blk_ring r;

	ck_assert(attach(&r, &f, 0));
	f.shared->req_prod = 5;
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(take(&r), 1);
	f.shared->req_prod = 2;
	ck_assert_int_eq(take(&r), -1);
	free(f.shared);
}
END_TEST

/* Ours are never read back from the page. */
START_TEST(shared_answers_index_is_not_trusted)
{
	struct front f = front_make(0, 0);
	struct blk_ring r;

	ck_assert(attach(&r, &f, 0));
	for (int i = 0; i < 100; i++) {
		front_ask(&f, (uint64_t)i);
		f.shared->rsp_prod = (uint32_t)rand();
		ck_assert_int_eq(take(&r), 1);
		answer(&r, 0, 0);
		blk_ring_push(&r);
		ck_assert_uint_eq(f.shared->rsp_prod, (uint32_t)i + 1);
	}
	free(f.shared);
}
END_TEST

START_TEST(attach_takes_over_and_refuses_nonsense)
{
	struct front f = front_make(0, 100);
	struct blk_ring r;

	front_ask(&f, 7);
	ck_assert(attach(&r, &f, 0));
	ck_assert_int_eq(take(&r), 1);
	ck_assert_uint_eq(last_id(), 7);
	f.shared->rsp_prod = 200;
	ck_assert(!attach(&r, &f, 0));
	ck_assert_int_eq(take(&r), -1);
	free(f.shared);
}
END_TEST

/* A second backend goes on where the journal is, whatever the page says. */
START_TEST(a_successor_goes_by_the_journal)
{
	const uint64_t left[] = { 0, 1, 3, 4 };
	struct front f = front_make(0, UINT32_MAX - 2);
	struct blk_ring r, s;

	ck_assert(attach(&r, &f, 0));
	for (uint64_t id = 0; id < 5; id++)
		front_ask(&f, id);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(take(&r), 1);
	answer(&r, 2, 0);
	f.shared->rsp_prod = 12345;
	ck_assert(blk_journal_settle(&journal, 1, 32));
	ck_assert(blk_ring_attach(&s, f.shared, 0, &journal, 0));
	blk_ring_publish(&s);
	ck_assert_uint_eq(f.shared->rsp_prod, UINT32_MAX - 1);
	ck_assert_uint_eq(front_get(&f).id, 2);
	ck_assert_int_eq(take(&s), 1);
	ck_assert_uint_eq(last_id(), 4);
	while (nr_out)
		answer(&s, 0, 0);
	blk_ring_push(&s);
	for (int i = 0; i < 4; i++)
		ck_assert_uint_eq(front_get(&f).id, left[i]);
	free(f.shared);
}
END_TEST

/* All of the page at random before each step: nothing may go wrong but the guest's own I/O. */
START_TEST(random_pages_do_no_harm)
{
	srand(1);
	for (int round = 0; round < 3000; round++) {
		unsigned int order = (unsigned int)rand() % (BLK_RING_ORDER_MAX + 1);
		struct front f = front_make(order, (uint32_t)rand());
		struct blk_ring r;

		attach(&r, &f, order);
		for (int i = 0; i < 40; i++) {
			for (size_t k = 0; k < 16; k++)
				((uint8_t *)f.shared)[k] = (uint8_t)rand();
			if (rand() % 4)
				f.shared->req_prod = (uint32_t)journal.queue[0].req_cons + (uint32_t)rand() % 3;
			take(&r);
			if (nr_out && rand() % 2)
				answer(&r, (unsigned int)rand() % nr_out, 0);
			blk_ring_push(&r);
			blk_ring_rearm(&r);
			ck_assert_uint_le(journal.queue[0].req_cons - journal.queue[0].rsp_prod, r.size);
		}
		free(f.shared);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("blk_ring");
	TCase *t = tcase_create("ring");

	tcase_add_test(t, sizes_follow_the_order);
	tcase_add_test(t, requests_and_answers_wrap);
	tcase_add_test(t, a_full_ring_is_no_error);
	tcase_add_test(t, events_only_where_asked_for);
	tcase_add_test(t, more_requests_than_slots_break_it);
	tcase_add_test(t, a_rewound_producer_breaks_it);
	tcase_add_test(t, shared_answers_index_is_not_trusted);
	tcase_add_test(t, attach_takes_over_and_refuses_nonsense);
	tcase_add_test(t, a_successor_goes_by_the_journal);
	tcase_add_test(t, random_pages_do_no_harm);
	suite_add_tcase(s, t);
	return suite_run(s);
}
