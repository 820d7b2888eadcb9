/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_blk_nbd.c
 *
 * A disk behind nbdkit, over a pair of sockets.  Skipped where nbdkit is not installed.
 */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "device/log.h"
#include "blkd/nbd.h"
#include "suite.h"

#define SIZE_MIB 4u

static struct blk_nbd nbd;
static pid_t server;

void log_line(const char *fmt, ...)
{
	(void)fmt;
}

void log_counted(uint64_t count, const char *fmt, ...)
{
	(void)count;
	(void)fmt;
}

/* argv of nbdkit after "nbdkit -s". */
static int server_start(const char *a, const char *b, const char *c, const char *d)
{
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	server = fork();
	ck_assert_int_ge(server, 0);
	if (!server) {
		dup2(fds[1], 0);
		dup2(fds[1], 1);
		execlp("nbdkit", "nbdkit", "-s", a, b, c, d, NULL);
		_exit(127);
	}
	close(fds[1]);
	return fds[0];
}

static void server_end(void)
{
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
}

static void begin(void)
{
	struct blk_nbd_wants w = { .export = "", .can_discard = true, .sector_size = 512 };
	struct socle_error e;
	int fd = server_start("memory", "size=4M", NULL, NULL);

	ck_assert_msg(!blk_nbd_open(&nbd, fd, &w, &e), "%s", e.text);
}

static void start(uint32_t tag, enum blk_kind kind, uint64_t offset, uint64_t len, uint8_t *buf)
{
	struct blk_io io = { .tag = tag, .kind = kind, .offset = offset, .len = len, .buf = buf };

	nbd.image.ops->start(&nbd.image, &io);
}

/* Until n ended: the errors by tag. */
static uint32_t finish(uint32_t n, int error[BLK_SLOTS])
{
	struct blk_done done[BLK_SLOTS];
	uint32_t got = 0;

	while (got < n && !nbd.image.lost) {
		uint32_t now = nbd.image.ops->reap(&nbd.image, done, BLK_SLOTS);
		struct pollfd p = nbd.image.ops->waits_for(&nbd.image);

		for (uint32_t i = 0; i < now; i++)
			error[done[i].tag] = done[i].error;
		got += now;
		if (got < n && !nbd.image.lost)
			ck_assert_int_gt(poll(&p, 1, 20000), 0);
	}
	return got;
}

START_TEST(data_come_back)
{
	uint8_t *a = malloc(1 << 20), *b = malloc(1 << 20);
	int error[BLK_SLOTS];
	uint64_t sectors;

	begin();
	ck_assert_int_eq(nbd.image.ops->measure(&nbd.image, &sectors), 0);
	ck_assert_uint_eq(sectors, SIZE_MIB * 2048);
	for (size_t i = 0; i < 1 << 20; i++)
		a[i] = (uint8_t)(i * 7 + (i >> 9));
	memset(error, 0xff, sizeof(error));
	/* Many at a time, of all sizes. */
	for (uint32_t i = 0; i < 100; i++)
		start(i, BLK_WRITE, i * 8192, i % 2 ? 8192 : 512, a + i * 8192);
	ck_assert_uint_eq(finish(100, error), 100);
	start(0, BLK_FLUSH, 0, 0, NULL);
	ck_assert_uint_eq(finish(1, error), 1);
	for (uint32_t i = 0; i < 100; i++)
		start(i, BLK_READ, i * 8192, i % 2 ? 8192 : 512, b + i * 8192);
	ck_assert_uint_eq(finish(100, error), 100);
	for (uint32_t i = 0; i < 100; i++) {
		ck_assert_int_eq(error[i], 0);
		ck_assert_mem_eq(a + i * 8192, b + i * 8192, i % 2 ? 8192 : 512);
	}
	start(5, BLK_DISCARD, 0, 1 << 20, NULL);
	ck_assert_uint_eq(finish(1, error), 1);
	start(6, BLK_READ, 0, 4096, b);
	ck_assert_uint_eq(finish(1, error), 1);
	ck_assert_int_eq(error[5] | error[6], 0);
	for (size_t i = 0; i < 4096; i++)
		ck_assert_msg(!b[i], "byte %zu was not discarded", i);
	nbd.image.ops->close(&nbd.image);
	server_end();
	free(a);
	free(b);
}
END_TEST

START_TEST(errors_are_of_the_request)
{
	struct blk_nbd_wants w = { .export = "", .sector_size = 512 };
	uint8_t buf[4096] = { 0 };
	int error[BLK_SLOTS];
	struct socle_error e;
	int fd = server_start("--filter=error", "memory", "size=4M", "error-pread-rate=100%");

	ck_assert_msg(!blk_nbd_open(&nbd, fd, &w, &e), "%s", e.text);
	start(1, BLK_READ, (uint64_t)SIZE_MIB << 20, 4096, buf); /* beyond the end */
	start(2, BLK_READ, 0, 4096, buf);
	start(3, BLK_WRITE, 0, 4096, buf);
	ck_assert_uint_eq(finish(3, error), 3);
	ck_assert_int_ne(error[1], 0);
	ck_assert_int_eq(error[2], EIO);
	ck_assert_int_eq(error[3], 0);
	ck_assert(!nbd.image.lost);
	nbd.image.ops->close(&nbd.image);
	server_end();
}
END_TEST

/* What was under way with a server that died is not reported, neither as done nor as failed. */
START_TEST(a_lost_server_is_no_error_of_requests)
{
	uint8_t *buf = calloc(1, 1 << 20);
	int error[BLK_SLOTS];

	begin();
	kill(server, SIGSTOP);
	for (uint32_t i = 0; i < 8; i++)
		start(i, BLK_WRITE, 0, 1 << 17, buf);
	server_end();
	ck_assert_uint_eq(finish(8, error), 0);
	ck_assert(nbd.image.lost);
	nbd.image.ops->close(&nbd.image);
	free(buf);
}
END_TEST

START_TEST(servers_that_do_not_fit)
{
	struct blk_nbd_wants w = { .export = "", .sector_size = 512 };
	struct socle_error e;
	int fd = server_start("-r", "memory", "size=4M", NULL);

	ck_assert_int_eq(blk_nbd_open(&nbd, fd, &w, &e), -1);
	ck_assert_int_eq(e.code, EROFS);
	server_end();
	fd = server_start("memory", "size=4M", NULL, NULL);
	server_end();
	ck_assert_int_eq(blk_nbd_open(&nbd, fd, &w, &e), -1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("blk_nbd");
	TCase *t = tcase_create("nbd");

	if (system("nbdkit --version >/dev/null 2>&1"))
		return 77;
	signal(SIGPIPE, SIG_IGN);
	tcase_add_test(t, data_come_back);
	tcase_add_test(t, errors_are_of_the_request);
	tcase_add_test(t, a_lost_server_is_no_error_of_requests);
	tcase_add_test(t, servers_that_do_not_fit);
	suite_add_tcase(s, t);
	return suite_run(s);
}
