/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_blk_engine.c
 *
 * The disk engine whole, with io_uring and a real file, for a guest that is made here (blk_front.h): each operation, limits, errors
 * of the file, and guests that lie.
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "blk_back.h"
#include "suite.h"

#define DATA_PAGE 256u   /* pages from here on are for data */
#define LIST_PAGE 200u

static void begin(uint32_t queues, unsigned int order, bool persistent)
{
	front_new(queues, order);
	back_disk_make();
	back_make(persistent, false);
}

/* --- requests -------------------------------------------------------------------------------- */

static uint64_t ask_indirect(uint8_t op, uint64_t sector, uint32_t segs, uint32_t first_page)
{
	struct blkif_request_indirect in = { .operation = BLKIF_OP_INDIRECT, .indirect_op = op,
					     .nr_segments = (uint16_t)segs, .id = front->next_id++,
					     .sector_number = sector, .indirect_grefs = { LIST_PAGE } };
	struct blkif_request_segment *list = (void *)front_page(LIST_PAGE);
	struct blkif_request rq = { 0 };

	for (uint32_t i = 0; i < segs; i++)
		list[i] = (struct blkif_request_segment){ .gref = first_page + i, .last_sect = 7 };
	memcpy(&rq, &in, sizeof(in));
	ck_assert(front_send(0, &rq));
	return in.id;
}

static uint64_t ask_discard(uint64_t sector, uint64_t sectors, uint8_t flag)
{
	struct blkif_request_discard in = { .operation = BLKIF_OP_DISCARD, .flag = flag, .id = front->next_id++,
					    .sector_number = sector, .nr_sectors = sectors };
	struct blkif_request rq = { 0 };

	memcpy(&rq, &in, sizeof(in));
	ck_assert(front_send(0, &rq));
	return in.id;
}

static void fill(uint32_t page, uint32_t n, unsigned int seed)
{
	for (uint32_t i = 0; i < n * FRONT_PAGE; i++)
		front_page(page)[i] = (uint8_t)((i * 31 + seed + (i >> 12)) ^ seed >> 3);
}

static void want(uint64_t id, int16_t status)
{
	ck_assert_msg(front->answers[id] == 1, "request %lu has %u answers", (unsigned long)id, front->answers[id]);
	ck_assert_int_eq(front->status[id], status);
}

/* --- operations ------------------------------------------------------------------------------ */

/* What is written is read again, in all sizes, by both ways to the guest's pages and by the lesser ways to the file. */
START_TEST(data_come_back)
{
	static const uint32_t sizes[] = { 1, 5, 11 };
	bool persistent = _i & 1;

	begin(1, 0, persistent);
	if (_i & 2) {
		back.file.fixed = false;       /* no memory may be locked */
		back.file.offset_align = 4096; /* and direct I/O is choosy: these go through the page cache */
	}
	for (int i = 0; i < 3; i++) {
		uint64_t id;

		fill(DATA_PAGE, sizes[i], (unsigned int)i + 1);
		id = back_ask(0, BLKIF_OP_WRITE, (uint64_t)i * 1000 + (_i & 2 ? 1 : 0), sizes[i], DATA_PAGE);
		back_work();
		want(id, BLKIF_RSP_OKAY);
		id = back_ask(0, BLKIF_OP_READ, (uint64_t)i * 1000 + (_i & 2 ? 1 : 0), sizes[i], DATA_PAGE + 100);
		back_work();
		want(id, BLKIF_RSP_OKAY);
		ck_assert_mem_eq(front_page(DATA_PAGE), front_page(DATA_PAGE + 100), sizes[i] * FRONT_PAGE);
	}
	ck_assert_uint_eq(back.engine.stats.reads, 3);
	ck_assert_uint_eq(back.engine.stats.write_bytes, 17 * 4096);
	ck_assert((front->copies == 0) == persistent);
	ck_assert_uint_gt(front->events[0], 0);
	back_end();
}
END_TEST

START_TEST(indirect_data_come_back)
{
	uint64_t id;

	begin(1, 0, _i & 1);
	fill(DATA_PAGE, BLK_SEGS_MAX, 9);
	id = ask_indirect(BLKIF_OP_WRITE, 8, BLK_SEGS_MAX, DATA_PAGE);
	back_work();
	want(id, BLKIF_RSP_OKAY);
	id = ask_indirect(BLKIF_OP_READ, 8, BLK_SEGS_MAX, DATA_PAGE + BLK_SEGS_MAX);
	back_work();
	want(id, BLKIF_RSP_OKAY);
	ck_assert_mem_eq(front_page(DATA_PAGE), front_page(DATA_PAGE + BLK_SEGS_MAX), BLK_SEGS_MAX * FRONT_PAGE);
	/* Not one more than was offered. */
	id = ask_indirect(BLKIF_OP_READ, 8, BLK_SEGS_MAX + 1, DATA_PAGE);
	back_work();
	want(id, BLKIF_RSP_ERROR);
	back_end();
}
END_TEST

START_TEST(flush_barrier_and_discard)
{
	uint64_t w, b, f, r, d, s;

	begin(2, 1, false);
	fill(DATA_PAGE, 2, 3);
	fill(DATA_PAGE + 2, 2, 4);
	w = back_ask(0, BLKIF_OP_WRITE, 0, 2, DATA_PAGE);
	b = back_ask(0, BLKIF_OP_WRITE_BARRIER, 0, 2, DATA_PAGE + 2);
	r = back_ask(0, BLKIF_OP_READ, 0, 2, DATA_PAGE + 4);
	f = back_ask(1, BLKIF_OP_FLUSH_DISKCACHE, 0, 0, 0);
	back_work();
	want(w, BLKIF_RSP_OKAY);
	want(b, BLKIF_RSP_OKAY);
	want(f, BLKIF_RSP_OKAY);
	want(r, BLKIF_RSP_OKAY);
	/* The read stood behind the barrier, and that behind the write. */
	ck_assert_mem_eq(front_page(DATA_PAGE + 2), front_page(DATA_PAGE + 4), 2 * FRONT_PAGE);
	b = back_ask(1, BLKIF_OP_WRITE_BARRIER, 0, 0, 0);
	r = back_ask(1, BLKIF_OP_READ, 0, 1, DATA_PAGE);
	d = ask_discard(0, 16, 0);
	s = ask_discard(0, 16, BLKIF_DISCARD_SECURE);
	back_work();
	want(b, BLKIF_RSP_OKAY);
	want(r, BLKIF_RSP_OKAY);
	want(d, BLKIF_RSP_OKAY);
	want(s, BLKIF_RSP_EOPNOTSUPP);
	r = back_ask(0, BLKIF_OP_READ, 8, 1, DATA_PAGE);
	back_work();
	want(r, BLKIF_RSP_OKAY);
	for (uint32_t i = 0; i < FRONT_PAGE; i++)
		ck_assert_msg(!front_page(DATA_PAGE)[i], "byte %u was not discarded", i);
	back_end();
}
END_TEST

/* More requests than slots, in all rings: they wait in the rings, and all are answered. */
START_TEST(more_requests_than_slots)
{
	uint32_t n = 0;

	begin(BLK_QUEUES_MAX, 2, true);
	for (uint32_t q = 0; q < BLK_QUEUES_MAX; q++)
		for (uint32_t i = 0; i < front->size; i++, n++)
			back_ask(q, i % 3 ? BLKIF_OP_READ : BLKIF_OP_WRITE, n * 8, 1, DATA_PAGE + n);
	ck_assert_uint_gt(n, BLK_SLOTS);
	back_work();
	for (uint32_t i = 0; i < n; i++)
		want(i, BLKIF_RSP_OKAY);
	back_end();
}
END_TEST

/* Large requests want more buffer pages than there are. */
START_TEST(more_data_than_buffers)
{
	begin(1, 4, false);
	for (uint32_t i = 0; i < 40; i++)
		ask_indirect(BLKIF_OP_WRITE, i * 8, BLK_SEGS_MAX, DATA_PAGE);
	back_work();
	for (uint32_t i = 0; i < 40; i++)
		want(i, BLKIF_RSP_OKAY);
	for (uint32_t i = 0; i < BLK_ARENA_PAGES / 64; i++)
		ck_assert_uint_eq(back.engine.arena.used[i], 0);
	back_end();
}
END_TEST

/* A frontend that promised persistent pages and whose pages cannot be mapped. */
START_TEST(unmappable_pages_are_copied)
{
	uint64_t id;

	begin(1, 0, true);
	front->refuse_maps = true;
	for (int i = 0; i < 20; i++) {
		id = back_ask(0, BLKIF_OP_WRITE, 0, 3, DATA_PAGE);
		back_work();
		want(id, BLKIF_RSP_OKAY);
	}
	ck_assert_uint_lt(front->maps, 15); /* it is not tried for ever */
	back_end();
}
END_TEST

/* --- limits ---------------------------------------------------------------------------------- */

START_TEST(limited_writes_do_not_stop_reads)
{
	struct ctl_bucket limit[CTL_LIMIT_COUNT] = { [CTL_LIMIT_WRITE_OPS] = { 10, 2 } };
	uint64_t first = 0;

	begin(1, 0, false);
	blk_throttle_set(&back.engine.throttle, limit, back.now);
	for (int i = 0; i < 12; i++)
		back_ask(0, BLKIF_OP_WRITE, (uint64_t)i * 8, 1, DATA_PAGE);
	for (int i = 0; i < 12; i++)
		back_ask(0, BLKIF_OP_READ, (uint64_t)i * 8, 1, DATA_PAGE + 1);
	back_work();
	for (uint64_t id = 0; id < 24; id++)
		ck_assert_uint_eq(front->answers[id], id < 2 || id >= 12);
	ck_assert_uint_gt(back.engine.wake, 0);
	ck_assert_uint_le(back.engine.wake, BACK_SECOND / 10);
	ck_assert_uint_eq(back.engine.stats.throttled, 1);
	for (int i = 0; i < 5; i++, back.now += BACK_SECOND / 10)
		back_work();
	for (uint64_t id = 0; id < 12; id++)
		first += front->answers[id];
	ck_assert_uint_eq(first, 2 + 4);
	/* Without the limit the rest goes at once. */
	blk_throttle_set(&back.engine.throttle, (struct ctl_bucket[CTL_LIMIT_COUNT]){ 0 }, back.now);
	back_work();
	for (uint64_t id = 0; id < 24; id++)
		want(id, BLKIF_RSP_OKAY);
	back_end();
}
END_TEST

START_TEST(a_limit_of_both_keeps_the_order)
{
	struct ctl_bucket limit[CTL_LIMIT_COUNT] = { [CTL_LIMIT_TOTAL_BYTES] = { 4096, 8192 } };

	begin(1, 0, false);
	blk_throttle_set(&back.engine.throttle, limit, back.now);
	back_ask(0, BLKIF_OP_READ, 0, 2, DATA_PAGE);
	back_ask(0, BLKIF_OP_WRITE, 0, 2, DATA_PAGE);
	back_ask(0, BLKIF_OP_READ, 0, 1, DATA_PAGE);
	back.now += BACK_SECOND;
	back_work();
	ck_assert(front->answers[0] && !front->answers[1] && !front->answers[2]);
	back.now += BACK_SECOND; /* enough for the last, but it is not its turn */
	back_work();
	ck_assert(!front->answers[1] && !front->answers[2]);
	back.now += BACK_SECOND;
	back_work();
	ck_assert(front->answers[1] && !front->answers[2]);
	back_end(); /* who ends does not wait for limits */
	front_listen(0);
	want(2, BLKIF_RSP_OKAY);
}
END_TEST

/* --- errors ---------------------------------------------------------------------------------- */

/* The file was cut: reads behind its end fail as requests, the others go on, and each is counted. */
START_TEST(errors_of_the_file_are_errors_of_the_request)
{
	uint64_t good, bad, indirect;

	begin(1, 0, false);
	ck_assert_int_eq(ftruncate(back.disk_fd, 100 * 4096), 0);
	good = back_ask(0, BLKIF_OP_READ, 0, 1, DATA_PAGE);
	bad = back_ask(0, BLKIF_OP_READ, 800, 1, DATA_PAGE);
	indirect = ask_indirect(BLKIF_OP_READ, 720, 32, DATA_PAGE); /* ends behind the end */
	back_work();
	want(good, BLKIF_RSP_OKAY);
	want(bad, BLKIF_RSP_ERROR);
	want(indirect, BLKIF_RSP_ERROR);
	ck_assert_uint_eq(back.engine.stats.errors, 2);
	ck_assert_uint_eq(back.engine.stats.reads, 1);
	back_end();
}
END_TEST

START_TEST(pages_that_are_not_granted)
{
	uint64_t w, r, l, m;

	begin(1, 0, _i);
	front->withheld[DATA_PAGE + 1] = true;
	w = back_ask(0, BLKIF_OP_WRITE, 0, 3, DATA_PAGE);
	r = back_ask(0, BLKIF_OP_READ, 0, 3, DATA_PAGE);
	m = back_ask(0, BLKIF_OP_READ, 0, 1, DATA_PAGE);
	front->withheld[LIST_PAGE] = true;
	l = ask_indirect(BLKIF_OP_READ, 0, 3, DATA_PAGE + 2);
	back_work();
	want(w, BLKIF_RSP_ERROR);
	want(r, BLKIF_RSP_ERROR);
	want(m, BLKIF_RSP_OKAY);
	want(l, BLKIF_RSP_ERROR);
	ck_assert_uint_eq(back.engine.stats.refused, 3);
	ck_assert_uint_eq(back.engine.stats.errors, 0);
	back_end();
}
END_TEST

/* Requests of random bytes that look a little like requests; rings whose indices lie now and then. */
START_TEST(garbage_does_no_harm)
{
	for (unsigned int seed = 0; seed < 60; seed++) {
		srand(seed);
		begin(1 + seed % BLK_QUEUES_MAX, seed % 3, seed % 2);
		for (int i = 0; i < 60 && !back.engine.broken; i++) {
			uint32_t q = (uint32_t)rand() % front->queues, *words = (uint32_t *)front_page(LIST_PAGE);
			struct front_queue *f = &front->queue[q];

			for (size_t k = 0; k < 40; k++)
				((uint8_t *)front_head(q))[64 + rand() % (int)(front->size * 112)] = (uint8_t)(rand() % 8);
			for (int k = 0; k < 64; k++)
				words[rand() % 1024] = (uint32_t)rand() % 0x10000;
			f->req_prod = (uint32_t)back.journal->queue[q].rsp_prod + (uint32_t)rand() % (front->size + (i > 50));
			if ((uint32_t)(f->req_prod - back.journal->queue[q].req_cons) > front->size)
				f->req_prod = (uint32_t)back.journal->queue[q].req_cons;
			front_head(q)->req_prod = f->req_prod;
			front_head(q)->rsp_prod = (uint32_t)rand();
			blk_engine_step(&back.engine, back.now);
		}
		back_end();
	}
}
END_TEST

START_TEST(lying_indices_end_service)
{
	begin(2, 0, false);
	front_head(1)->req_prod += 1000;
	/* It is told without waiting for another event, which need not come. */
	ck_assert(blk_engine_step(&back.engine, back.now));
	ck_assert(back.engine.broken);
	back_end();
}
END_TEST

/* --- the disk leaves its guest --------------------------------------------------------------- */

/* Linux says that it has closed while its requests are still in the ring, and waits for their answers after that. */
START_TEST(what_the_rings_have_is_served_before_the_disk_goes)
{
	uint64_t w[3], r;

	begin(2, 0, false);
	for (uint32_t i = 0; i < 3; i++) {
		fill(DATA_PAGE + i, 1, i + 1);
		w[i] = back_ask(i % 2, BLKIF_OP_WRITE_BARRIER, i * 8, 1, DATA_PAGE + i);
	}
	blk_engine_close(&back.engine, false);
	r = back_ask(1, BLKIF_OP_READ, 0, 1, DATA_PAGE + 8);
	if (_i)
		back_work();
	while (!blk_engine_drain(&back.engine, back.now))
		;
	for (uint32_t q = 0; q < 2; q++)
		front_listen(q);
	for (uint32_t i = 0; i < 3; i++) {
		uint8_t page[FRONT_PAGE];

		want(w[i], BLKIF_RSP_OKAY);
		ck_assert_int_eq(pread(back.disk_fd, page, FRONT_PAGE, i * FRONT_PAGE), FRONT_PAGE);
		ck_assert_mem_eq(page, front_page(DATA_PAGE + i), FRONT_PAGE);
	}
	/* What came later is refused if there was time for it, and left alone if not. */
	if (_i)
		want(r, BLKIF_RSP_ERROR);
	else
		ck_assert_uint_eq(front->answers[r], 0);
	back_end();
}
END_TEST

START_TEST(a_guest_that_takes_its_requests_back_ends_the_drain)
{
	begin(1, 0, false);
	back_ask(0, BLKIF_OP_READ, 0, 1, DATA_PAGE);
	blk_engine_close(&back.engine, false);
	front_head(0)->req_prod--;
	for (int i = 0; !blk_engine_drain(&back.engine, back.now); i++)
		ck_assert_int_lt(i, 100);
	back_end();
}
END_TEST

static uint32_t stuck_started;
static void stuck_start(struct blk_image *image, const struct blk_io *io) { (void)image; (void)io; stuck_started++; }
static void stuck_kick(struct blk_image *image) { (void)image; }
static uint32_t stuck_reap(struct blk_image *image, struct blk_done *done, uint32_t max) { return image && done && !max; }
static const struct blk_image_ops stuck_ops = { .start = stuck_start, .kick = stuck_kick, .reap = stuck_reap };

/* An image that never answers: the guest gets its answers all the same, also for more requests than there are slots. */
START_TEST(a_disk_that_is_taken_away_answers_without_its_image)
{
	struct blk_image stuck = { .ops = &stuck_ops };
	struct socle_error e = { 0 };
	struct blk_rings rings;
	uint32_t n = 0;

	begin(BLK_QUEUES_MAX, 2, false);
	rings = front_rings(false);
	back.engine.image = &stuck;
	for (; n < 2 * BLK_SLOTS; n++)
		back_ask(n % BLK_QUEUES_MAX, n % 5 == 4 ? BLKIF_OP_WRITE_BARRIER : n % 2 ? BLKIF_OP_READ : BLKIF_OP_WRITE, n * 8, 1,
		    DATA_PAGE + n);
	blk_engine_step(&back.engine, back.now);
	ck_assert_uint_gt(stuck_started, 0);
	blk_engine_close(&back.engine, true);
	for (int i = 0; i < 100; i++) {
		blk_engine_step(&back.engine, back.now);
		for (uint32_t q = 0; q < BLK_QUEUES_MAX; q++)
			front_listen(q);
		if (i == 50)
			back_ask(0, BLKIF_OP_FLUSH_DISKCACHE, 0, 0, 0);
	}
	for (uint32_t i = 0; i < n + 1; i++)
		want(i, BLKIF_RSP_ERROR);
	ck_assert(blk_engine_drain(&back.engine, back.now));
	blk_engine_disconnect(&back.engine);
	/* Its buffers may still be written to. */
	ck_assert_int_eq(blk_engine_connect(&back.engine, &rings, false, &e), -1);
	ck_assert_int_eq(e.code, ENODEV);
	back.engine.image = &back.file.image;
	back_end();
}
END_TEST

/* Its image cannot be had any more: what a predecessor took and what comes is refused, by a backend without one. */
START_TEST(a_successor_without_an_image_refuses)
{
	const struct blk_limits limits = { .unit = 1 };
	struct blk_image stuck = { .ops = &stuck_ops };
	struct blk_rings rings;
	struct socle_error e;

	begin(2, 0, false);
	back.engine.image = &stuck;
	for (uint32_t i = 0; i < 8; i++)
		back_ask(i % 2, BLKIF_OP_WRITE, i * 8, 1, DATA_PAGE);
	blk_engine_step(&back.engine, back.now);
	back_ask(1, BLKIF_OP_READ, 0, 1, DATA_PAGE);
	rings = front_rings(false);
	front_held = (struct front_held){ 0 }; /* as a process that is killed */
	blk_engine_init(&back.engine, NULL, &back.guest, back.journal, back.file.memory, &limits);
	ck_assert_msg(!blk_engine_connect(&back.engine, &rings, true, &e), "%s", e.text);
	for (int i = 0; i < 3; i++)
		blk_engine_step(&back.engine, back.now);
	back_ask(0, BLKIF_OP_FLUSH_DISKCACHE, 0, 0, 0);
	for (int i = 0; i < 3; i++)
		blk_engine_step(&back.engine, back.now);
	front_listen(0);
	front_listen(1);
	for (uint64_t id = 0; id < 10; id++)
		want(id, BLKIF_RSP_ERROR);
	ck_assert(blk_engine_drain(&back.engine, back.now));
	blk_engine_disconnect(&back.engine);
	ck_assert_msg(!blk_engine_connect(&back.engine, &rings, false, &e), "%s", e.text);
	back_end();
}
END_TEST

START_TEST(rings_that_were_not_offered)
{
	const uint32_t bad[][2] = { { 0, 1 }, { 9, 1 }, { 1, 0 }, { 1, 3 }, { 1, 32 } };
	struct blk_rings rings;
	struct socle_error e;

	begin(1, 0, false);
	back_work();
	blk_engine_disconnect(&back.engine);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		rings = front_rings(false);
		rings.queues = bad[i][0];
		rings.pages = bad[i][1];
		ck_assert_int_eq(blk_engine_connect(&back.engine, &rings, false, &e), -1);
	}
	rings = front_rings(false);
	rings.queue[0].ref[0] = 0; /* not granted */
	ck_assert_int_eq(blk_engine_connect(&back.engine, &rings, false, &e), -1);
	rings = front_rings(false);
	ck_assert_int_eq(blk_engine_connect(&back.engine, &rings, false, &e), 0);
	back_end();
}
END_TEST

/* Whichever ring it fails at: what was mapped and bound before is let go, and nothing else. */
START_TEST(half_a_connection_leaves_nothing)
{
	const struct blk_limits limits = { .sectors = BACK_SECTORS, .unit = 1 };
	struct blk_rings rings;
	struct socle_error e;

	front_new(4, 1);
	back_disk_make();
	ck_assert_msg(!blk_file_open(&back.file, back.disk_fd, back.direct_fd, blk_engine_memory(), true, &e), "%s", e.text);
	blk_engine_init(&back.engine, &back.file.image, &back.guest, back.journal, back.file.memory, &limits);
	for (unsigned int i = 0; i < 4; i++) {
		rings = front_rings(false);
		rings.queue[i].ref[1] = 0; /* not granted */
		ck_assert_int_eq(blk_engine_connect(&back.engine, &rings, false, &e), -1);
		ck_assert(!front_held.pages && !front_held.ports);
		rings = front_rings(false);
		rings.queue[i].port = 77; /* there is none */
		ck_assert_int_eq(blk_engine_connect(&back.engine, &rings, false, &e), -1);
		ck_assert(!front_held.pages && !front_held.ports);
		front_head(i)->req_prod += 1000;
		rings = front_rings(false);
		ck_assert_int_eq(blk_engine_connect(&back.engine, &rings, false, &e), -1);
		ck_assert(!front_held.pages && !front_held.ports);
		front_head(i)->req_prod -= 1000;
	}
	rings = front_rings(false);
	ck_assert_int_eq(blk_engine_connect(&back.engine, &rings, false, &e), 0);
	ck_assert_uint_eq(front_held.pages, 8);
	ck_assert_uint_eq(front_held.ports, 15);
	back_end();
}
END_TEST

/* The ring is no way around a filter of system calls: it opens nothing and works on its own files only. */
START_TEST(the_ring_does_nothing_else)
{
	struct io_uring_sqe *sqe;
	struct io_uring_cqe *cqe;
	char byte;

	begin(1, 0, false);
	for (int i = 0; i < 2; i++) {
		sqe = io_uring_get_sqe(&back.file.uring);
		if (i == 0)
			io_uring_prep_openat(sqe, AT_FDCWD, "/dev/null", O_RDONLY, 0);
		else
			io_uring_prep_read(sqe, back.disk_fd, &byte, 1, 0);
		ck_assert_int_eq(io_uring_submit_and_wait(&back.file.uring, 1), 1);
		ck_assert_int_eq(io_uring_peek_cqe(&back.file.uring, &cqe), 0);
		ck_assert_int_eq(cqe->res, -EACCES);
		io_uring_cqe_seen(&back.file.uring, cqe);
	}
	ck_assert_int_eq(io_uring_register_files_update(&back.file.uring, 0, &back.disk_fd, 1), -EACCES);
	ck_assert_int_eq(io_uring_register_eventfd(&back.file.uring, back.disk_fd), -EACCES);
	back_end();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("blk_engine");
	TCase *t = tcase_create("engine");

	tcase_set_timeout(t, 60); /* a bound against hanging */
	tcase_add_loop_test(t, data_come_back, 0, 4);
	tcase_add_loop_test(t, indirect_data_come_back, 0, 2);
	tcase_add_test(t, flush_barrier_and_discard);
	tcase_add_test(t, more_requests_than_slots);
	tcase_add_test(t, more_data_than_buffers);
	tcase_add_test(t, unmappable_pages_are_copied);
	tcase_add_test(t, limited_writes_do_not_stop_reads);
	tcase_add_test(t, a_limit_of_both_keeps_the_order);
	tcase_add_test(t, errors_of_the_file_are_errors_of_the_request);
	tcase_add_loop_test(t, pages_that_are_not_granted, 0, 2);
	tcase_add_test(t, garbage_does_no_harm);
	tcase_add_test(t, lying_indices_end_service);
	tcase_add_loop_test(t, what_the_rings_have_is_served_before_the_disk_goes, 0, 2);
	tcase_add_test(t, a_guest_that_takes_its_requests_back_ends_the_drain);
	tcase_add_test(t, a_disk_that_is_taken_away_answers_without_its_image);
	tcase_add_test(t, a_successor_without_an_image_refuses);
	tcase_add_test(t, rings_that_were_not_offered);
	tcase_add_test(t, half_a_connection_leaves_nothing);
	tcase_add_test(t, the_ring_does_nothing_else);
	suite_add_tcase(s, t);
	return suite_run(s);
}
