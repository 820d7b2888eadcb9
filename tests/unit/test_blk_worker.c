/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_blk_worker.c
 *
 * The program blkd as its supervisor starts it, on a host without guests: what it answers, and that nothing it does inside its
 * sandbox is forbidden there.  Grants and events come from /dev/null, so rings cannot be connected.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "worker_talk.h"
#include "suite.h"

#define SOME_UID 61234u
#define SECTORS  2048u

static int image, other_journal; /* the last one: the journal, opened once more */

static void worker_start(void)
{
	char path[] = "blk-worker-XXXXXX";

	image = mkstemp(path);
	ck_assert_int_ge(image, 0);
	unlink(path);
	ck_assert_int_eq(ftruncate(image, SECTORS * 512), 0);
	program_start("dom0-tools/blkd/blkd");
}

static int worker_wait(void)
{
	close(image);
	return program_wait();
}

static struct ctl_msg setup_of(uint64_t sectors)
{
	return (struct ctl_msg){ .what = CTL_SETUP, .setup = {
		.domid = 7, .devid = 51712, .uid = geteuid() ? geteuid() : SOME_UID,
		.disk = { .sectors = sectors, .sector_size = 512, .physical_sector_size = 512, .can_discard = true } } };
}

/* gntdev, evtchn, journal, image if there is to be one */
static void setup(struct ctl_msg *q, struct ctl_msg *a)
{
	char path[] = "blk-journal-XXXXXX";
	int fds[4] = { open("/dev/null", O_RDWR), open("/dev/null", O_RDWR | O_NONBLOCK), mkstemp(path), dup(image) };

	other_journal = open(path, O_RDWR | O_CLOEXEC);
	unlink(path);
	ck_assert_int_eq(flock(fds[2], LOCK_EX), 0);
	ask(q, fds, q->setup.disk.none ? 3 : 4, a);
	for (int i = 0; i < 4; i++)
		close(fds[i]);
}

START_TEST(one_without_an_image_has_no_size)
{
	struct ctl_msg q = setup_of(0), a;
	int status;

	worker_start();
	q.setup.disk.none = true;
	setup(&q, &a);
	ck_assert_msg(a.what == CTL_DONE, "%s", a.done.text);
	ck_assert_uint_eq(a.done.sectors, 0);
	ck_assert_uint_eq(simply(CTL_RESIZE, &a), CTL_FAILED);
	ck_assert_uint_eq(simply(CTL_REFUSE, &a), CTL_DONE);
	ck_assert_uint_eq(simply(CTL_DISCONNECT, &a), CTL_DONE);
	ck_assert_uint_eq(simply(CTL_STOP, &a), CTL_DONE);
	status = worker_wait();
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", status);
}
END_TEST

START_TEST(it_answers_and_ends)
{
	struct ctl_msg q = setup_of(SECTORS), a;
	int status;

	worker_start();
	setup(&q, &a);
	ck_assert_msg(a.what == CTL_DONE, "%s", a.done.text);
	ck_assert_uint_eq(a.done.sectors, SECTORS);
	/* Its supervisor has closed the journal; the lock has to stay as long as the worker is there. */
	ck_assert_int_eq(flock(other_journal, LOCK_EX | LOCK_NB), -1);
	ck_assert_int_eq(errno, EWOULDBLOCK);
	/* But no descriptor, which could be written to: a file system in the memory of the host. */
	ck_assert(geteuid() || program_has_open(image));
	ck_assert(geteuid() || !program_has_open(other_journal));
	ck_assert_uint_eq(simply(CTL_STATS, &a), CTL_STATS);
	ck_assert_uint_eq(a.stats.reads, 0);
	ck_assert_uint_eq(simply(CTL_LIMITS, &a), CTL_DONE);
	ck_assert_int_eq(ftruncate(image, 4096 * 512), 0);
	ck_assert_uint_eq(simply(CTL_RESIZE, &a), CTL_DONE);
	ck_assert_uint_eq(a.done.sectors, 4096);
	q = (struct ctl_msg){ .what = CTL_CONNECT, .connect = { .queues = 1, .disk = { .ring_pages = 1 } } };
	ask(&q, NULL, 0, &a);
	ck_assert_uint_eq(a.what, CTL_FAILED);
	ck_assert_uint_ne(a.done.error, 0);
	ck_assert_uint_eq(simply(CTL_CAPTURE, &a), CTL_FAILED);
	ck_assert_uint_eq(simply(CTL_SETUP, &a), CTL_FAILED);
	ck_assert_uint_eq(simply(CTL_DISCONNECT, &a), CTL_DONE);
	ck_assert_uint_eq(simply(CTL_STOP, &a), CTL_DONE);
	status = worker_wait();
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", status);
	ck_assert_int_eq(flock(other_journal, LOCK_EX | LOCK_NB), 0);
}
END_TEST

START_TEST(it_ends_with_its_supervisor)
{
	struct ctl_msg q = setup_of(0), a;
	int status;

	worker_start();
	setup(&q, &a);
	ck_assert_uint_eq(a.done.sectors, SECTORS);
	status = worker_wait();
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", status);
	worker_start();
	status = worker_wait(); /* before it was set up */
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", status);
}
END_TEST

START_TEST(setups_that_cannot_be)
{
	struct ctl_msg q, a;

	for (int i = 0; i < 4; i++) {
		q = setup_of(i == 0 ? SECTORS + 1 : SECTORS);
		if (i == 1)
			q.setup.disk.sector_size = 1024;
		if (i == 2)
			q.setup.disk.has_direct = true; /* and no descriptor for it */
		if (i == 3)
			q.setup.uid = 0;
		worker_start();
		setup(&q, &a);
		ck_assert_msg(a.what == CTL_FAILED && a.done.text[0], "case %d", i);
		worker_wait();
	}
}
END_TEST

/* The program makes way for another one, which speaks with the server and answers in its place. */
START_TEST(a_disk_of_an_nbd_server)
{
	struct ctl_msg q = setup_of(0), a;
	char path[] = "blk-journal-XXXXXX";
	int sv[2], status, fds[4];
	pid_t server;

	if (system("nbdkit --version >/dev/null 2>&1"))
		return;
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv), 0);
	server = fork();
	ck_assert_int_ge(server, 0);
	if (!server) {
		dup2(sv[1], 0);
		dup2(sv[1], 1);
		execlp("nbdkit", "nbdkit", "-s", "memory", "size=3M", NULL);
		_exit(127);
	}
	close(sv[1]);
	worker_start();
	q.setup.disk.nbd = true;
	fds[0] = open("/dev/null", O_RDWR);
	fds[1] = open("/dev/null", O_RDWR | O_NONBLOCK);
	fds[2] = mkstemp(path);
	fds[3] = sv[0];
	unlink(path);
	ask(&q, fds, 4, &a);
	for (int i = 0; i < 4; i++)
		close(fds[i]);
	ck_assert_msg(a.what == CTL_DONE, "%s", a.done.text);
	ck_assert_uint_eq(a.done.sectors, 3 * 2048);
	ck_assert_uint_eq(simply(CTL_STATS, &a), CTL_STATS);
	ck_assert_uint_eq(simply(CTL_RESIZE, &a), CTL_DONE);
	ck_assert_uint_eq(simply(CTL_STOP, &a), CTL_DONE);
	status = worker_wait();
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", status);
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
}
END_TEST

/* Somebody else writes to the image: its lock is in the way until it is let go. */
START_TEST(it_waits_for_the_last_writes)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	struct ctl_msg q = setup_of(SECTORS), a;
	char path[32];
	pid_t other;
	int fd;

	worker_start();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", image);
	fd = open(path, O_RDWR);
	ck_assert_int_eq(fcntl(fd, F_OFD_SETLK, &lock), 0);
	other = fork();
	if (!other) {
		usleep(300000);
		_exit(0); /* the last copy of the descriptor goes here */
	}
	close(fd);
	setup(&q, &a);
	ck_assert_uint_eq(a.what, CTL_DONE);
	ck_assert_int_eq(waitpid(other, NULL, WNOHANG), other);
	worker_wait();
	/* It does not wait for ever: its supervisor may try again. */
	worker_start();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", image);
	fd = open(path, O_RDWR | O_CLOEXEC);
	ck_assert_int_eq(fcntl(fd, F_OFD_SETLK, &lock), 0);
	q = setup_of(SECTORS);
	setup(&q, &a);
	ck_assert_uint_eq(a.what, CTL_FAILED);
	ck_assert_uint_eq(a.done.error, EAGAIN);
	worker_wait();
	close(fd);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("blk_worker");
	TCase *t = tcase_create("worker");

	tcase_add_test(t, it_answers_and_ends);
	tcase_add_test(t, one_without_an_image_has_no_size);
	tcase_add_test(t, it_ends_with_its_supervisor);
	tcase_add_test(t, setups_that_cannot_be);
	tcase_add_test(t, a_disk_of_an_nbd_server);
	tcase_add_test(t, it_waits_for_the_last_writes);
	suite_add_tcase(s, t);
	return suite_run(s);
}
