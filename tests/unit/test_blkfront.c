/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The disk driver as it is, on a kit of the host (kit_host.h), against a backend that serves, one that is started again, and
 * ones that lie. Whatever happens: each I/O is answered once, nothing that the backend was not given is touched, and in the end every
 * page, grant and port has come back.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <abi/errno.h>
#include <abi/io/xenbus.h>
#include "block/blkfront.h"
#include "blk_backend.h"
#include "kit/grant.h"
#include "kit/kit.h"
#include "kit/loop.h"
#include "kit/memory.h"
#include "kit_host.h"
#include "suite.h"

static struct blkfront *disk;
static size_t pages_before, jobs_pages;
static uint32_t grants_before;

static void open_disk(unsigned int order, unsigned int queues, unsigned int segments, bool persistent)
{
	struct blkfront_options o = { .queues = queues, .ring_order = order, .segments = segments };

	host_start();
	pages_before = host_pages_free();
	grants_before = host_grants_free();
	backend_start(order, queues, segments, persistent);
	host_turn = backend_turn;
	ck_assert_int_eq(blkfront_open(&disk, 0, &o, 10 * KIT_SECOND), 0);
}

/* Closed, with nothing of it left. */
static void close_disk(void)
{
	blkfront_close(disk);
	backend_unmap();
	ck_assert_uint_eq(kit_grants_kept(), 0);
	ck_assert_uint_eq(host_grants_free(), grants_before);
	ck_assert_uint_eq(host_pages_free() + jobs_pages, pages_before);
	ck_assert_uint_eq(host_ports_open(), 0);
}

static int run(enum blk_op op, uint64_t sector, void *data, uint64_t bytes)
{
	struct blk_io io = { .op = op, .sector = sector, .data = data, .bytes = bytes };

	return blkfront_run(disk, &io);
}

START_TEST(it_connects_with_what_both_can)
{
	for (unsigned int order = 0; order < 3; order++)
		for (unsigned int queues = 1; queues < 4; queues++) {
			open_disk(order, queues, 64, order == 1);
			ck_assert_uint_eq(blkfront_facts(disk)->queues, queues);
			ck_assert_uint_eq(blkfront_facts(disk)->depth, queues * (32U << order));
			ck_assert_uint_eq(blkfront_facts(disk)->segments, 64);
			ck_assert_uint_eq(blkfront_facts(disk)->sectors, DISK_SECTORS);
			ck_assert_int_eq(blkfront_facts(disk)->persistent, order == 1);
			ck_assert_str_eq(host_store_get(FRONT_NODE "/state"), "4");
			close_disk();
			ck_assert_str_eq(host_store_get(FRONT_NODE "/state"), "6");
		}
}
END_TEST

/* Of any length and place, by granted pages and by copies; parts of pages beside the data stay as they are. */
START_TEST(what_is_written_is_read)
{
	for (int persistent = 0; persistent < 2; persistent++) {
		uint8_t *buf, *back, model[DISK_SECTORS * 512];

		open_disk(0, 1, 64, persistent);
		buf = kit_page_alloc(65);
		back = kit_page_alloc(65);
		memset(model, 0, sizeof(model));
		srand(9);
		for (int i = 0; i < 400; i++) {
			uint64_t bytes = (1 + (uint64_t)rand() % 512) * 512, sector = (uint64_t)rand() % (DISK_SECTORS - 512);
			size_t at = (size_t)(rand() % 8) * 512;

			for (size_t k = 0; k < bytes; k++)
				buf[at + k] = (uint8_t)(k / 512 * 7 + (size_t)i);
			ck_assert_int_eq(run(BLK_WRITE, sector, buf + at, bytes), 0);
			memcpy(model + sector * 512, buf + at, bytes);
			memset(back, 0xee, 65 * 4096);
			at = (size_t)(rand() % 8) * 512;
			ck_assert_int_eq(run(BLK_READ, sector, back + at, bytes), 0);
			ck_assert(!memcmp(back + at, model + sector * 512, bytes));
			ck_assert(at == 0 || back[at - 1] == 0xee);
			ck_assert(back[at + bytes] == 0xee);
		}
		ck_assert(!memcmp(model, backend.disk, sizeof(model)));
		ck_assert_uint_eq(backend.bad, 0);
		kit_page_free(buf, 65);
		kit_page_free(back, 65);
		close_disk();
	}
}
END_TEST

/* ---- many at once ---- */

struct job { struct blk_io io; uint8_t *page; int done, status; };

static struct job jobs[200];

static void job_done(struct blk_io *io, int status)
{
	struct job *j = io->arg;

	j->done++;
	j->status = status;
}

static void jobs_make(unsigned int n, enum blk_op op)
{
	for (unsigned int i = 0; i < n; i++) {
		jobs[i] = (struct job){ .page = kit_page_alloc(1) };
		jobs_pages++;
		memset(jobs[i].page, (int)i, 4096);
		jobs[i].io = (struct blk_io){ .op = op, .sector = i * 8, .data = jobs[i].page, .bytes = 4096, .done = job_done,
					      .arg = &jobs[i] };
	}
}

static void jobs_free(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (!jobs[i].io.lost) {
			kit_page_free(jobs[i].page, 1);
			jobs_pages--;
		}
}

static void turns(unsigned int n)
{
	while (n--)
		kit_loop_once(kit_time() + 1000);
}

static unsigned int submit_all(unsigned int n)
{
	unsigned int i = 0;

	while (i < n && !blkfront_submit(disk, i, &jobs[i].io))
		i++;
	return i;
}

START_TEST(a_full_queue_says_so_and_empties)
{
	open_disk(0, 2, 11, false);
	jobs_make(100, BLK_WRITE);
	ck_assert_uint_eq(submit_all(100), 64);
	ck_assert_int_eq(blkfront_submit(disk, 0, &jobs[64].io), -XEN_EAGAIN);
	turns(5);
	for (unsigned int i = 0; i < 64; i++)
		ck_assert(jobs[i].done == 1 && !jobs[i].status);
	ck_assert_uint_eq(backend.served, 64);
	for (unsigned int i = 0; i < 64; i++)
		ck_assert_int_eq(backend.disk[i * 4096], (int)i);
	jobs_free(100);
	close_disk();
}
END_TEST

START_TEST(flush_and_discard_reach_the_backend)
{
	uint8_t *page;

	open_disk(0, 1, 11, false);
	page = kit_page_alloc(1);
	memset(page, 1, 4096);
	ck_assert_int_eq(run(BLK_WRITE, 8, page, 4096), 0);
	ck_assert_int_eq(run(BLK_FLUSH, 0, NULL, 0), 0);
	ck_assert_uint_eq(backend.flushes, 1);
	ck_assert_int_eq(run(BLK_DISCARD, 0, NULL, 64 * 512), 0);
	ck_assert_uint_eq(backend.discards, 1);
	ck_assert_int_eq(run(BLK_READ, 8, page, 4096), 0);
	ck_assert_int_eq(page[0], 0);
	kit_page_free(page, 1);
	close_disk();
}
END_TEST

START_TEST(io_that_the_disk_does_not_have_is_refused)
{
	uint8_t *buf;

	open_disk(0, 1, 11, false);
	buf = kit_page_alloc(12);
	ck_assert_int_eq(run(BLK_READ, DISK_SECTORS, buf, 512), -XEN_EINVAL);
	ck_assert_int_eq(run(BLK_READ, DISK_SECTORS - 1, buf, 1024), -XEN_EINVAL);
	ck_assert_int_eq(run(BLK_READ, ~0UL, buf, 512), -XEN_EINVAL);
	ck_assert_int_eq(run(BLK_READ, 0, buf, 0), -XEN_EINVAL);
	ck_assert_int_eq(run(BLK_READ, 0, buf, 100), -XEN_EINVAL);
	ck_assert_int_eq(run(BLK_READ, 0, buf + 100, 512), -XEN_EINVAL);
	ck_assert_int_eq(run(BLK_READ, 0, buf, 12 * 4096), -XEN_EINVAL);
	ck_assert_int_eq(run(BLK_READ, 0, buf, 11 * 4096), 0);
	ck_assert_uint_eq(backend.served, 1);
	kit_page_free(buf, 12);
	close_disk();
}
END_TEST

START_TEST(sectors_of_4096_bytes_are_kept_to)
{
	struct blkfront_options o = { .queues = 1 };
	uint8_t *buf;

	host_start();
	pages_before = host_pages_free();
	grants_before = host_grants_free();
	backend_start(0, 1, 11, false);
	host_store_set(BACKEND_NODE "/sector-size", "4096");
	host_store_set(BACKEND_NODE "/info", "4");
	host_turn = backend_turn;
	ck_assert_int_eq(blkfront_open(&disk, 0, &o, 10 * KIT_SECOND), 0);
	buf = kit_page_alloc(1);
	ck_assert_int_eq(run(BLK_READ, 8, buf, 512), -XEN_EINVAL);
	ck_assert_int_eq(run(BLK_READ, 1, buf, 4096), -XEN_EINVAL);
	ck_assert_int_eq(run(BLK_READ, 8, buf, 4096), 0);
	ck_assert(blkfront_facts(disk)->readonly);
	ck_assert_int_eq(run(BLK_WRITE, 8, buf, 4096), -XEN_EINVAL);
	kit_page_free(buf, 1);
	close_disk();
}
END_TEST

static unsigned int resizes;

static void on_resize(struct blkfront *b, void *arg)
{
	ck_assert_ptr_eq(arg, &resizes);
	resizes++;
	ck_assert_uint_eq(blkfront_facts(b)->sectors, 1000);
}

START_TEST(a_new_size_is_told)
{
	struct blkfront_options o = { .resized = on_resize, .arg = &resizes };

	host_start();
	backend_start(0, 1, 0, false);
	host_turn = backend_turn;
	ck_assert_int_eq(blkfront_open(&disk, 0, &o, 10 * KIT_SECOND), 0);
	host_store_set(BACKEND_NODE "/sectors", "1000");
	backend_state(XenbusStateConnected);
	turns(3);
	backend_state(XenbusStateConnected);
	turns(3);
	ck_assert_uint_eq(resizes, 1);
	blkfront_close(disk);
}
END_TEST

/* ---- backends that come and go ---- */

START_TEST(what_was_out_is_asked_of_the_next_backend)
{
	for (int persistent = 0; persistent < 2; persistent++) {
		open_disk(0, 2, 11, persistent);
		jobs_make(40, BLK_WRITE);
		backend.hold = true;
		ck_assert_uint_eq(submit_all(40), 40);
		turns(3);
		/* It says goodbye, ends, and another one begins. */
		backend_state(XenbusStateClosing);
		turns(3);
		ck_assert_str_eq(host_store_get(FRONT_NODE "/state"), "6");
		backend_unmap();
		ck_assert_int_eq(blkfront_submit(disk, 0, &jobs[0].io), -XEN_EAGAIN);
		backend_start(0, 1, 11, !persistent);
		for (int i = 0; i < 40; i++)
			ck_assert_int_eq(jobs[i].done, 0);
		turns(20);
		for (int i = 0; i < 40; i++) {
			ck_assert(jobs[i].done == 1 && !jobs[i].status && !jobs[i].io.lost);
			ck_assert_int_eq(backend.disk[i * 4096], i);
		}
		ck_assert_uint_eq(backend.served, 40);
		jobs_free(40);
		close_disk();
	}
}
END_TEST

/* It was killed: it comes back without a word. */
START_TEST(a_backend_that_starts_without_a_word_is_taken_up)
{
	open_disk(1, 1, 32, true);
	jobs_make(60, BLK_READ);
	backend.hold = true;
	ck_assert_uint_eq(submit_all(60), 60);
	turns(3);
	backend_unmap();
	backend_start(1, 1, 32, true);
	turns(20);
	for (int i = 0; i < 60; i++)
		ck_assert(jobs[i].done == 1 && !jobs[i].status);
	jobs_free(60);
	close_disk();
}
END_TEST

START_TEST(a_device_that_is_taken_away_answers_with_errors)
{
	open_disk(0, 1, 11, false);
	jobs_make(10, BLK_READ);
	backend.hold = true;
	submit_all(10);
	turns(2);
	host_store_set(BACKEND_NODE "/online", "0");
	backend_state(XenbusStateClosing);
	turns(5);
	for (int i = 0; i < 10; i++)
		ck_assert(jobs[i].done == 1 && jobs[i].status == -XEN_EIO);
	ck_assert_int_eq(blkfront_submit(disk, 0, &jobs[0].io), -XEN_EIO);
	ck_assert_str_eq(host_store_get(FRONT_NODE "/state"), "6");
	jobs_free(10);
	close_disk();
}
END_TEST

static int refusals[8];

/* As load makers do: every answer is followed by the next request. */
static void ask_again(struct blk_io *io, int status)
{
	struct job *j = io->arg;

	j->status = status;
	if (j->done++ < 1000)
		refusals[j - jobs] = blkfront_submit(disk, 0, io);
}

/* Found with blkbench: the answers of a device that was taken away were given while it still counted as there. */
START_TEST(who_asks_again_when_the_device_goes_is_refused)
{
	open_disk(0, 1, 11, _i & 1);
	jobs_make(8, BLK_READ);
	for (int i = 0; i < 8; i++)
		jobs[i].io.done = ask_again;
	submit_all(8);
	turns(4);
	ck_assert_int_eq(refusals[0], 0);
	backend.hold = true;
	turns(4);
	if (_i < 2)
		host_store_set(BACKEND_NODE "/online", "0");
	if (_i < 4)
		backend_state(XenbusStateClosing);
	turns(5);
	if (_i >= 4)
		backend.queue[0].shared->rsp_prod += 1000, host_event(backend.queue[0].port);
	turns(2);
	if (_i < 2 || _i >= 4)
		for (int i = 0; i < 8; i++)
			ck_assert(jobs[i].status == -XEN_EIO && refusals[i] == -XEN_EIO);
	close_disk();
	for (int i = 0; i < 8; i++)
		ck_assert(jobs[i].status == -XEN_EIO && refusals[i] == -XEN_EIO);
	jobs_free(8);
}
END_TEST

/* Stopped for an upgrade that never comes, then removed. */
START_TEST(what_waits_for_a_backend_is_answered_when_none_comes)
{
	open_disk(0, 1, 11, false);
	jobs_make(10, BLK_WRITE);
	backend.hold = true;
	submit_all(10);
	turns(2);
	backend_state(XenbusStateClosed);
	turns(5);
	backend_unmap();
	ck_assert_int_eq(jobs[0].done, 0);
	host_store_remove(BACKEND_NODE "/online");
	host_store_remove(BACKEND_NODE "/state");
	host_watches_fire();
	turns(5);
	for (int i = 0; i < 10; i++)
		ck_assert(jobs[i].done == 1 && jobs[i].status == -XEN_EIO);
	jobs_free(10);
	close_disk();
}
END_TEST

/* Found by fuzzing: nobody told those who waited. */
START_TEST(what_waits_for_a_backend_is_answered_at_the_close)
{
	open_disk(0, 1, 11, false);
	jobs_make(10, BLK_WRITE);
	backend.hold = true;
	submit_all(10);
	turns(2);
	backend_state(XenbusStateClosed);
	turns(5);
	ck_assert_int_eq(jobs[0].done, 0);
	close_disk();
	for (int i = 0; i < 10; i++)
		ck_assert(jobs[i].done == 1 && jobs[i].status == -XEN_EIO);
	jobs_free(10);
}
END_TEST

/* ---- backends that lie ---- */

static bool forge_id(struct backend_queue *q, struct blkif_response *rsp)
{
	(void)q;
	rsp->id += 100;
	return true;
}

static bool forge_use(struct backend_queue *q, struct blkif_response *rsp)
{
	(void)q;
	rsp->id += 1UL << 16;
	return true;
}

static bool forge_far(struct backend_queue *q, struct blkif_response *rsp)
{
	(void)q;
	rsp->id = ~0UL;
	return true;
}

static bool forge_operation(struct backend_queue *q, struct blkif_response *rsp)
{
	(void)q;
	rsp->operation = BLKIF_OP_WRITE;
	return true;
}

static bool answer_twice(struct backend_queue *q, struct blkif_response *rsp)
{
	backend_push(q, rsp);
	return true;
}

static bool run_index(struct backend_queue *q, struct blkif_response *rsp)
{
	(void)rsp;
	q->shared->rsp_prod = q->rsp_prod + 1000;
	host_event(q->port);
	return false;
}

static bool keep_page(struct backend_queue *q, struct blkif_response *rsp)
{
	(void)q;
	(void)rsp;
	for (uint32_t ref = 0; ref < HOST_REFS; ref++)
		if (host_grants[ref].flags & GTF_permit_access)
			host_grants[ref].flags |= GTF_reading;
	return true;
}

static bool (*const lies[])(struct backend_queue *q, struct blkif_response *rsp) = {
	forge_id, forge_use, forge_far, forge_operation, answer_twice, run_index, keep_page,
};

START_TEST(a_lie_breaks_the_device_and_nothing_else)
{
	unsigned int lost = 0;

	open_disk(0, 1, 11, false);
	jobs_make(8, BLK_READ);
	backend.answer = lies[_i];
	backend.stubborn = lies[_i] == keep_page;
	submit_all(8);
	turns(10);
	ck_assert_str_ne(blkfront_error(disk), "");
	ck_assert_str_eq(host_store_get(FRONT_NODE "/error"), blkfront_error(disk));
	for (int i = 0; i < 8; i++) {
		ck_assert_int_eq(jobs[i].done, 1);
		lost += jobs[i].io.lost;
		/* Answers that came before the lie, or were true, may stand. */
		ck_assert(jobs[i].status == 0 || jobs[i].status == -XEN_EIO);
	}
	ck_assert_int_eq(jobs[0].status, -XEN_EIO);
	ck_assert(lies[_i] == keep_page ? lost > 0 : true);
	ck_assert_int_eq(blkfront_submit(disk, 0, &jobs[0].io), -XEN_EIO);
	/* What the backend keeps is not used again before it lets go. */
	for (int i = 0; i < 8; i++)
		if (jobs[i].io.lost)
			ck_assert_uint_gt(kit_grants_kept(), 0);
	backend_unmap();
	for (int i = 0; i < 8; i++)
		jobs[i].io.lost = false;
	jobs_free(8);
	close_disk();
}
END_TEST

/* Silence is for whoever waits, and only while a backend is there: its successor may take its time. */
START_TEST(a_backend_that_answers_nothing_has_failed)
{
	struct blkfront_options o = { .segments = 11, .patience = 5 };
	uint64_t begin;

	host_start();
	pages_before = host_pages_free();
	grants_before = host_grants_free();
	backend_start(0, 1, 11, false);
	host_turn = backend_turn;
	ck_assert_int_eq(blkfront_open(&disk, 0, &o, 10 * KIT_SECOND), 0);
	jobs_make(4, BLK_READ);
	submit_all(2);
	turns(10);
	ck_assert(jobs[0].done == 1 && jobs[1].done == 1 && !jobs[0].status);
	/* Nothing is asked of it for long. */
	for (begin = kit_time(); kit_time() < begin + 60 * KIT_SECOND;)
		kit_loop_once(begin + 60 * KIT_SECOND);
	ck_assert_str_eq(blkfront_error(disk), "");
	host_turn = NULL;
	jobs[0].done = 0;
	submit_all(2);
	for (begin = kit_time(); kit_time() < begin + 4 * KIT_SECOND;)
		kit_loop_once(begin + 4 * KIT_SECOND);
	ck_assert_int_eq(jobs[0].done, 0);
	for (begin = kit_time(); kit_time() < begin + 7 * KIT_SECOND;)
		kit_loop_once(begin + 7 * KIT_SECOND);
	ck_assert_int_eq(jobs[0].done, 1);
	ck_assert_int_eq(jobs[0].status, -XEN_EIO);
	ck_assert_str_eq(blkfront_error(disk), "its backend has answered nothing for 5 s");
	jobs_free(4);
	close_disk();
}
END_TEST

START_TEST(errors_are_of_that_io_only)
{
	open_disk(0, 1, 11, false);
	jobs_make(3, BLK_READ);
	backend.sectors = 8;	/* less than it says */
	submit_all(3);
	turns(5);
	ck_assert(jobs[0].status == 0 && jobs[1].status == -XEN_EIO && jobs[2].status == -XEN_EIO);
	ck_assert_str_eq(blkfront_error(disk), "");
	jobs_free(3);
	close_disk();
}
END_TEST

static unsigned int state_reads, state_lies;

int __real_kit_store_number(uint32_t tx, const char *path, uint64_t *value);
int __wrap_kit_store_number(uint32_t tx, const char *path, uint64_t *value);

int __wrap_kit_store_number(uint32_t tx, const char *path, uint64_t *value)
{
	size_t n = strlen(path);

	if (!state_lies || n < 6 || strcmp(path + n - 6, "/state"))
		return __real_kit_store_number(tx, path, value);
	state_lies--;
	*value = state_reads++ % 2 ? XenbusStateInitWait : XenbusStateInitialising;
	return 0;
}

/* One whose state is another at each look: the guest has other things to do as well. */
START_TEST(a_backend_that_turns_round_and_round_keeps_nobody)
{
	open_disk(0, 1, 11, false);
	state_lies = 10000;
	state_reads = 0;
	host_watches_fire();
	kit_loop_once(0);
	ck_assert_uint_ge(state_reads, 2);
	ck_assert_uint_le(state_reads, 16);
	state_lies = 0;
	/* What it is in the end counts. */
	host_watches_fire();
	turns(10);
	close_disk();
}
END_TEST

START_TEST(sizes_that_make_no_sense_are_no_disk)
{
	static const struct { const char *key, *value; } wrong[] = {
		{ "sector-size", "0" }, { "sector-size", "513" }, { "sector-size", "8192" }, { "sector-size", "1048576" },
	};
	struct blkfront_options o = { .queues = 1 };

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char path[128];

		host_start();
		pages_before = host_pages_free();
		backend_start(0, 1, 0, false);
		snprintf(path, sizeof(path), BACKEND_NODE "/%s", wrong[i].key);
		host_store_set(path, "%s", wrong[i].value);
		host_turn = backend_turn;
		ck_assert_int_eq(blkfront_open(&disk, 0, &o, kit_time() + KIT_SECOND), -XEN_EIO);
		backend_unmap();
		ck_assert_uint_eq(kit_grants_kept(), 0);
		ck_assert_uint_eq(host_pages_free(), pages_before);
	}
}
END_TEST

START_TEST(features_beyond_all_bounds_do_no_harm)
{
	struct blkfront_options o = { .queues = 100, .ring_order = 100, .segments = 100000 };

	host_start();
	pages_before = host_pages_free();
	grants_before = host_grants_free();
	backend_start(4, 4294967295U, 4294967295U, true);
	host_turn = backend_turn;
	ck_assert_int_eq(blkfront_open(&disk, 0, &o, 10 * KIT_SECOND), 0);
	ck_assert_uint_eq(blkfront_facts(disk)->queues, 8);
	ck_assert_uint_eq(blkfront_facts(disk)->segments, 256);
	close_disk();
}
END_TEST

START_TEST(no_disk_is_no_disk)
{
	host_start();
	ck_assert_int_eq(blkfront_open(&disk, 0, NULL, KIT_SECOND), -XEN_ENOENT);
	backend_start(0, 1, 0, false);
	host_turn = NULL;	/* nobody answers */
	ck_assert_int_eq(blkfront_open(&disk, 0, NULL, kit_time() + KIT_SECOND), -XEN_ETIMEDOUT);
	ck_assert_int_eq(blkfront_open(&disk, 1, NULL, KIT_SECOND), -XEN_ENOENT);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("blkfront");
	TCase *t = tcase_create("blkfront");

	tcase_add_test(t, it_connects_with_what_both_can);
	tcase_add_test(t, what_is_written_is_read);
	tcase_add_test(t, a_full_queue_says_so_and_empties);
	tcase_add_test(t, flush_and_discard_reach_the_backend);
	tcase_add_test(t, io_that_the_disk_does_not_have_is_refused);
	tcase_add_test(t, sectors_of_4096_bytes_are_kept_to);
	tcase_add_test(t, a_new_size_is_told);
	tcase_add_test(t, what_was_out_is_asked_of_the_next_backend);
	tcase_add_test(t, a_backend_that_starts_without_a_word_is_taken_up);
	tcase_add_test(t, a_device_that_is_taken_away_answers_with_errors);
	tcase_add_loop_test(t, who_asks_again_when_the_device_goes_is_refused, 0, 6);
	tcase_add_test(t, what_waits_for_a_backend_is_answered_when_none_comes);
	tcase_add_test(t, what_waits_for_a_backend_is_answered_at_the_close);
	tcase_add_loop_test(t, a_lie_breaks_the_device_and_nothing_else, 0, sizeof(lies) / sizeof(lies[0]));
	tcase_add_test(t, a_backend_that_answers_nothing_has_failed);
	tcase_add_test(t, errors_are_of_that_io_only);
	tcase_add_test(t, a_backend_that_turns_round_and_round_keeps_nobody);
	tcase_add_test(t, sizes_that_make_no_sense_are_no_disk);
	tcase_add_test(t, features_beyond_all_bounds_do_no_harm);
	tcase_add_test(t, no_disk_is_no_disk);
	suite_add_tcase(s, t);
	return suite_run(s);
}
