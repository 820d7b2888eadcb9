/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_net_worker.c
 *
 * The program netd as its supervisor starts it, on a host without guests: what it answers, what it becomes, and that nothing it
 * does inside its sandbox is forbidden there.  Grants come from /dev/null, so rings cannot be connected; the tap is a socket.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "worker_talk.h"
#include "suite.h"

#define SOME_UID 61235u
#define QUEUES   2u
#define FDS      (3 + QUEUES)

static int given[FDS];

static void worker_start(void)
{
	program_start("dom0-tools/netd/netd");
}

static void fds_make(void)
{
	char path[] = "net-journal-XXXXXX";
	int pair[2];

	given[0] = open("/dev/null", O_RDWR);
	given[1] = eventfd(0, EFD_NONBLOCK);
	given[2] = mkstemp(path);
	unlink(path);
	for (unsigned int i = 0; i < QUEUES; i++) {
		ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair), 0);
		given[3 + i] = pair[0];
	}
}

static struct ctl_msg setup_of(uint32_t queues)
{
	return (struct ctl_msg){ .what = CTL_SETUP, .setup = {
		.domid = 7, .devid = 1, .uid = geteuid() ? geteuid() : SOME_UID,
		.net = { .queues = queues, .mtu = 1500, .filter_mac = true } } };
}

static bool status_says(const char *line)
{
	char path[64], text[4096];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	fd = open(path, O_RDONLY);
	n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	return strstr(text, line);
}

START_TEST(it_answers_and_ends)
{
	struct ctl_msg q = setup_of(QUEUES), a;
	struct stat journal;
	char begin[4];
	int status, ends[2];

	worker_start();
	fds_make();
	ck_assert_uint_eq(simply(CTL_STATS, &a), CTL_FAILED); /* of what? */
	ask(&q, given, FDS, &a);
	ck_assert_msg(a.what == CTL_DONE, "%s", a.done.text);
	ck_assert_int_eq(fstat(given[2], &journal), 0);
	ck_assert_int_gt(journal.st_size, 4096);
	/* Its map is enough, and a descriptor could be written to: a file system in the memory of the host. */
	ck_assert(geteuid() || program_has_open(given[3]));
	ck_assert(geteuid() || !program_has_open(given[2]));
	ck_assert(status_says("Seccomp:\t2") && status_says("NoNewPrivs:\t1") && status_says("CapEff:\t0000000000000000"));
	ck_assert_uint_eq(simply(CTL_STATS, &a), CTL_STATS);
	ck_assert_uint_eq(a.stats.tx_frames, 0);
	ck_assert_uint_eq(simply(CTL_LIMITS, &a), CTL_DONE);
	ck_assert_uint_eq(simply(CTL_RESIZE, &a), CTL_FAILED);
	q = (struct ctl_msg){ .what = CTL_CONNECT, .connect = { .queues = 1, .net.rx_copy = true } };
	ask(&q, NULL, 0, &a);
	ck_assert_uint_eq(a.what, CTL_FAILED);
	ck_assert_msg(strstr(a.done.text, "cannot map the guest's ring"), "%s", a.done.text);
	ck_assert_int_eq(pipe(ends), 0);
	q = (struct ctl_msg){ .what = CTL_CAPTURE, .capture = true };
	ask(&q, &ends[1], 1, &a);
	ck_assert_uint_eq(a.what, CTL_DONE);
	ck_assert_int_eq(read(ends[0], begin, 4), 4);
	ck_assert_mem_eq(begin, "\x0a\x0d\x0d\x0a", 4);
	close(ends[1]);
	ask(&q, NULL, 0, &a); /* into nothing */
	ck_assert_uint_eq(a.what, CTL_FAILED);
	ck_assert_uint_eq(simply(CTL_CAPTURE, &a), CTL_DONE);
	while ((status = (int)read(ends[0], begin, 4)) > 0)
		;
	ck_assert_int_eq(status, 0); /* and closed */
	ck_assert_uint_eq(simply(CTL_SETUP, &a), CTL_FAILED);
	ck_assert_int_ge(pid, 0);
	status = program_wait();
	ck_assert_msg(WIFEXITED(status), "status %x", status);
}
END_TEST

START_TEST(it_stops_when_told)
{
	struct ctl_msg q = setup_of(QUEUES), a;
	int status;

	worker_start();
	fds_make();
	ask(&q, given, FDS, &a);
	ck_assert_uint_eq(a.what, CTL_DONE);
	ck_assert_uint_eq(simply(CTL_DISCONNECT, &a), CTL_DONE);
	ck_assert_uint_eq(simply(CTL_STOP, &a), CTL_DONE);
	status = program_wait();
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", status);
}
END_TEST

START_TEST(it_ends_with_its_supervisor)
{
	struct ctl_msg q = setup_of(QUEUES), a;
	int status;

	worker_start();
	fds_make();
	ask(&q, given, FDS, &a);
	status = program_wait();
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", status);
}
END_TEST

START_TEST(half_a_setup_is_none)
{
	struct ctl_msg q = setup_of(QUEUES), a;
	int status;

	worker_start();
	fds_make();
	ask(&q, given, FDS - 1, &a);
	ck_assert_uint_eq(a.what, CTL_FAILED);
	ck_assert(strstr(a.done.text, "4 descriptors for 2 queues"));
	status = program_wait();
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 1, "status %x", status);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("net_worker");
	TCase *t = tcase_create("all");

	tcase_add_test(t, it_answers_and_ends);
	tcase_add_test(t, it_stops_when_told);
	tcase_add_test(t, it_ends_with_its_supervisor);
	tcase_add_test(t, half_a_setup_is_none);
	suite_add_tcase(s, t);
	return suite_run(s);
}
