/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_blk_journal.c
 *
 * A backend that dies.  Its stores go through this file's store32() and store64(), which leave by a jump when their number
 * is up: so it is "killed" after each store of a long run in turn, and again while its successor settles the journal, any
 * number of times.  A polite frontend with several rings watches: each request is answered once, with the right id, and
 * what was answered had been carried out.
 *
 * Then journals that a hostile predecessor left: none is accepted that breaks the invariant.
 */
#include <check.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "blkd/ring.h"
#include "blkd/store.h"
#include "suite.h"

/* check's own assertions cost a system call each. */
#define MUST(cond, ...) do { if (!(cond)) ck_abort_msg(__VA_ARGS__); } while (0)

#define PAGE    4096u
#define QUEUES  3u
#define IDS     4000u

/* --- stores that kill ------------------------------------------------------------------------ */

static jmp_buf grave;
static int64_t stores_left; /* < 0: for ever */

static void store_count(void)
{
	if (stores_left >= 0 && stores_left-- == 0) {
		stores_left = -1;
		longjmp(grave, 1);
	}
}

/* Before: the process died ahead of this store. */
void store32(uint32_t *to, uint32_t value)
{
	store_count();
	*(volatile uint32_t *)to = value;
}

void store64(uint64_t *to, uint64_t value)
{
	store_count();
	*(volatile uint64_t *)to = value;
}

/* --- frontend -------------------------------------------------------------------------------- */

static uint8_t *pages[QUEUES];
static uint32_t req_prod[QUEUES], rsp_cons[QUEUES];
static uint8_t sent[IDS], done[IDS], answered[IDS];
static uint32_t out_there[QUEUES], next_id;

static struct sring_header *head(uint32_t q)
{
	return (struct sring_header *)pages[q];
}

static uint8_t *slot(uint32_t q, uint32_t index)
{
	return pages[q] + XEN_RING_HEADER_SIZE + (index & 31) * sizeof(struct blkif_request);
}

static void front_start(uint32_t start)
{
	next_id = 0;
	memset(sent, 0, sizeof(sent));
	memset(done, 0, sizeof(done));
	memset(answered, 0, sizeof(answered));
	for (uint32_t q = 0; q < QUEUES; q++) {
		if (!pages[q])
			pages[q] = aligned_alloc(PAGE, PAGE);
		memset(pages[q], 0x5a, PAGE);
		req_prod[q] = rsp_cons[q] = head(q)->req_prod = head(q)->rsp_prod = start + q * 7;
		out_there[q] = 0;
	}
}

static void front_send(uint32_t q)
{
	struct blkif_request rq = { .operation = BLKIF_OP_WRITE, .id = next_id };

	if (out_there[q] == 32 || next_id == IDS)
		return;
	sent[next_id++] = 1;
	memcpy(slot(q, req_prod[q]), &rq, sizeof(rq));
	head(q)->req_prod = ++req_prod[q];
	out_there[q]++;
}

static void front_listen(uint32_t q)
{
	struct blkif_response rsp;

	while (rsp_cons[q] != head(q)->rsp_prod) {
		MUST(out_there[q] > 0, "an answer to nothing");
		memcpy(&rsp, slot(q, rsp_cons[q]), sizeof(rsp));
		/* It is the frontend's again: nothing of it may matter to anybody any more. */
		memset(slot(q, rsp_cons[q]++), 0xee, sizeof(struct blkif_request));
		MUST(rsp.id < next_id, "an answer to nobody");
		MUST(!answered[rsp.id], "request %lu was answered twice", (unsigned long)rsp.id);
		MUST(done[rsp.id], "request %lu was answered and not done", (unsigned long)rsp.id);
		answered[rsp.id] = 1;
		out_there[q]--;
	}
}

/* --- backend --------------------------------------------------------------------------------- */

static struct blk_journal journal;
static struct blk_ring ring[QUEUES];
static uint32_t mine[BLK_SLOTS], nr_mine; /* what this backend remembers: lost with it */

static uint32_t entry_free(void)
{
	uint32_t i = 0;

	while (journal.entry[i].state == JOURNAL_TAKEN)
		MUST(++i < BLK_SLOTS, "no entry is free");
	return i;
}

static void back_round(void)
{
	static uint64_t order;

	for (uint32_t q = 0; q < QUEUES; q++) {
		for (int i = rand() % 4; i > 0; i--) {
			uint32_t entry = entry_free();
			int got = blk_ring_take(&ring[q], entry, order++);

			MUST(got >= 0, "the ring is broken");
			if (got)
				mine[nr_mine++] = entry;
		}
	}
	for (int i = rand() % 8; i > 0 && nr_mine; i--) {
		uint32_t at = (uint32_t)rand() % nr_mine, entry = mine[at];

		done[journal.entry[entry].raw.id] = 1;
		mine[at] = mine[--nr_mine];
		blk_ring_answer(&ring[journal.entry[entry].queue], entry, BLKIF_OP_WRITE, 0);
	}
	for (uint32_t q = 0; q < QUEUES; q++)
		blk_ring_push(&ring[q]);
}

static void back_succeed(void)
{
	MUST(blk_journal_settle(&journal, QUEUES, 32), "refused");
	nr_mine = 0;
	for (uint32_t i = 0; i < BLK_SLOTS; i++)
		if (journal.entry[i].state == JOURNAL_TAKEN)
			mine[nr_mine++] = i;
	for (uint32_t q = 0; q < QUEUES; q++) {
		MUST(blk_ring_attach(&ring[q], pages[q], 0, &journal, q), "not attached");
		blk_ring_publish(&ring[q]);
	}
}

static void rounds(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		for (uint32_t q = 0; q < QUEUES; q++) {
			if (rand() % 2)
				front_send(q);
			front_listen(q);
		}
		back_round();
	}
}

static void all_must_be_answered(void)
{
	stores_left = -1;
	for (int i = 0; i < 1000 && (i < 20 || nr_mine); i++) {
		back_round();
		for (uint32_t q = 0; q < QUEUES; q++)
			front_listen(q);
	}
	for (uint32_t id = 0; id < next_id; id++)
		MUST(answered[id], "request %u was never answered", id);
	for (uint32_t q = 0; q < QUEUES; q++)
		MUST(!out_there[q], "some are out");
}

static void world_begin(unsigned int seed)
{
	uint32_t start[QUEUES];

	srand(seed);
	stores_left = -1;
	front_start(UINT32_MAX - 20);
	for (uint32_t q = 0; q < QUEUES; q++)
		start[q] = blk_ring_start(pages[q]);
	blk_journal_begin(&journal, QUEUES, 32, start);
	back_succeed();
}

/* Killed before the first store, the second, ... of the same run; the successor finishes. */
START_TEST(killed_at_every_store)
{
	volatile int64_t kill = 0;
	volatile bool finished = false;

	for (; !finished; kill++) {
		world_begin(7);
		if (!setjmp(grave)) {
			stores_left = kill;
			rounds(40);
			finished = stores_left > 0;
			stores_left = -1;
		} else {
			back_succeed();
		}
		all_must_be_answered();
	}
	ck_assert_int_gt(kill, 500);
}
END_TEST

/* The successor is killed while it settles, too, and so is its successor. */
START_TEST(killed_again_and_again)
{
	for (volatile unsigned int seed = 0; seed < 100; seed++) {
		volatile unsigned int deaths = 0;

		world_begin(seed);
		while (deaths < 60) {
			if (setjmp(grave))
				deaths++;
			stores_left = rand() % 40;
			back_succeed();
			rounds(20);
		}
		stores_left = -1;
		back_succeed();
		all_must_be_answered();
	}
}
END_TEST

/* --- journals of others ---------------------------------------------------------------------- */

START_TEST(an_empty_file_is_no_journal)
{
	static struct blk_journal none;

	ck_assert(!blk_journal_settle(&none, 1, 32));
	ck_assert(!blk_journal_is_idle(&none));
	world_begin(1);
	ck_assert(!blk_journal_is_idle(&journal));
	ck_assert(!blk_journal_settle(&journal, QUEUES + 1, 32));
	ck_assert(!blk_journal_settle(&journal, QUEUES, 64));
	blk_journal_end(&journal);
	ck_assert(!blk_journal_settle(&journal, QUEUES, 32));
	ck_assert(blk_journal_is_idle(&journal));
}
END_TEST

/* Fields at random: what is accepted has as many taken entries in each queue as its indices say. */
START_TEST(a_damaged_journal_is_refused_or_whole)
{
	unsigned int accepted = 0;

	for (unsigned int round = 0; round < 20000; round++) {
		if (round % 50 == 0) {
			world_begin(round);
			rounds(30);
		}
		for (int i = rand() % 3; i >= 0; i--) {
			struct blk_journal_entry *e = &journal.entry[rand() % 20];
			uint64_t *const wide[] = { &e->index, &e->answered_at, &journal.queue[rand() % 3].req_cons,
						   &journal.queue[rand() % 3].rsp_prod };

			if (rand() % 2)
				*wide[rand() % 4] += (uint64_t)(rand() % 5) - 2;
			else if (rand() % 2)
				e->state = (uint32_t)rand() % 3;
			else
				e->queue = (uint32_t)rand() % 5;
		}
		if (!blk_journal_settle(&journal, QUEUES, 32))
			continue;
		accepted++;
		for (uint32_t q = 0; q < QUEUES; q++) {
			uint64_t out = journal.queue[q].req_cons - journal.queue[q].rsp_prod;
			uint32_t taken = 0;

			for (uint32_t i = 0; i < BLK_SLOTS; i++)
				taken += journal.entry[i].state == JOURNAL_TAKEN && journal.entry[i].queue == q;
			MUST(taken == out && out <= 32, "%u taken, %lu out", taken, (unsigned long)out);
		}
	}
	ck_assert_uint_gt(accepted, 10);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("blk_journal");
	TCase *t = tcase_create("journal");

	tcase_add_test(t, killed_at_every_store);
	tcase_add_test(t, killed_again_and_again);
	tcase_add_test(t, an_empty_file_is_no_journal);
	tcase_add_test(t, a_damaged_journal_is_refused_or_whole);
	suite_add_tcase(s, t);
	return suite_run(s);
}
