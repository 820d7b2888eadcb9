/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_blk_killed.c
 *
 * The disk engine (blk_back.h) in a process that is killed under load, again and again.
 */
#include <check.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "blk_back.h"
#include "suite.h"

#define DATA_PAGE 256u /* pages from here on are for data */

#define BLOCKS 512u /* of a page; one request each at a time */
#define IDLE   UINT32_MAX

struct block {
	uint32_t id;          /* of the request that is out, or IDLE */
	uint8_t op;
	uint32_t version;     /* what is on the disk when nothing is out */
};

static struct block block[BLOCKS];

static void page_write(uint32_t b, uint32_t version)
{
	uint32_t *w = (uint32_t *)front_page(DATA_PAGE + b);

	for (uint32_t i = 0; i < FRONT_PAGE / 4; i++)
		w[i] = version ? version * 1000003u + b * 7 + i : 0;
}

static void page_check(const uint32_t *w, uint32_t b, uint32_t version)
{
	for (uint32_t i = 0; i < FRONT_PAGE / 4; i++)
		ck_assert_msg(w[i] == (version ? version * 1000003u + b * 7 + i : 0), "block %u, word %u: %x is not version %u",
			      b, i, w[i], version);
}

static void block_ask(uint32_t b)
{
	uint8_t op = rand() % 3 ? BLKIF_OP_WRITE : BLKIF_OP_READ;
	uint32_t q = b % front->queues;

	if (front->queue[q].out == front->size || front->next_id == FRONT_IDS)
		return;
	if (op == BLKIF_OP_WRITE)
		page_write(b, ++block[b].version);
	else
		memset(front_page(DATA_PAGE + b), 0xcc, FRONT_PAGE);
	block[b].op = op;
	block[b].id = (uint32_t)back_ask(q, op, b * 8, 1, DATA_PAGE + b);
}

static void block_see(uint32_t b)
{
	uint32_t id = block[b].id;

	if (id == IDLE || !front->answers[id])
		return;
	ck_assert_int_eq(front->status[id], BLKIF_RSP_OKAY);
	if (block[b].op == BLKIF_OP_READ)
		page_check((uint32_t *)front_page(DATA_PAGE + b), b, block[b].version);
	block[b].id = IDLE;
}

/* The frontend for a while. */
static void front_run(unsigned int ms, bool more)
{
	struct timespec t, pause = { .tv_nsec = 50000 };
	uint64_t end;

	clock_gettime(CLOCK_MONOTONIC, &t);
	end = (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000 + ms;
	do {
		uint32_t out = 0;

		for (uint32_t q = 0; q < front->queues; q++)
			front_listen(q);
		for (uint32_t b = 0; b < BLOCKS; b++) {
			block_see(b);
			if (more && block[b].id == IDLE && rand() % 8 == 0)
				block_ask(b);
			out += block[b].id != IDLE;
		}
		if (!more && !out)
			return;
		nanosleep(&pause, NULL);
		clock_gettime(CLOCK_MONOTONIC, &t);
	} while ((uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000 < end);
	ck_assert_msg(more, "requests are left without an answer");
}

static void __attribute__((noreturn)) worker(bool resume, bool persistent)
{
	back_make(persistent, resume);
	for (;;) {
		struct pollfd p = back.file.image.ops->waits_for(&back.file.image);

		if (!blk_engine_step(&back.engine, back.now))
			poll(&p, 1, 1);
	}
}

/*
 * Killed at random moments, with several rings; the next one goes on.  No answer is lost or given twice, what is read is what
 * was written last, and so is the file in the end.
 */
START_TEST(a_killed_worker_is_not_noticed)
{
	uint32_t *buf = malloc(FRONT_PAGE);
	pid_t pid;
	int status;

	srand((unsigned int)_i);
	front_new(4, 0);
	back_disk_make();
	for (uint32_t b = 0; b < BLOCKS; b++)
		block[b] = (struct block){ .id = IDLE };
	for (int life = 0; life < 25; life++) {
		pid = fork();
		ck_assert_int_ge(pid, 0);
		if (!pid)
			worker(life > 0, _i & 1);
		if (life == 0)
			front_run(20, false); /* it may not be killed before it was connected */
		front_run(life == 24 ? 20000 : (unsigned int)rand() % 60, life < 24);
		kill(pid, SIGKILL);
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "the worker ended by itself: %x", status);
	}
	ck_assert_uint_gt(front->next_id, 500);
	for (uint32_t b = 0; b < BLOCKS; b++) {
		ck_assert_int_eq(pread(back.disk_fd, buf, FRONT_PAGE, b * FRONT_PAGE), FRONT_PAGE);
		page_check(buf, b, block[b].version);
	}
	for (uint32_t id = 0; id < front->next_id; id++)
		if (front->answers[id] != 1)
			ck_abort_msg("request %u has %u answers", id, front->answers[id]);
	free(buf);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("blk_killed");
	TCase *t = tcase_create("killed");

	tcase_set_timeout(t, 60); /* a bound against hanging */
	tcase_add_loop_test(t, a_killed_worker_is_not_noticed, 0, 2);
	suite_add_tcase(s, t);
	return suite_run(s);
}
