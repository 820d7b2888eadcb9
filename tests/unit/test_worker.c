/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_worker.c
 *
 * A supervisor's side of one worker (dom0-tools/device/worker.c) against a fake one that does its work, refuses, falls silent,
 * dies and lies: each ends in an answer or an error within its time, and never in a process, zombie or descriptor too many.
 */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "device/worker.h"
#include "suite.h"

static char program[512], dir[] = "/tmp/socle-worker-XXXXXX", log_path[64];

static int descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static struct worker started(const char *manner)
{
	struct worker w = WORKER_NONE;
	struct socle_error e = { 0 };

	if (manner)
		setenv("FAKE_MANNER", manner, 1);
	else
		unsetenv("FAKE_MANNER");
	unsetenv("FAKE_TRACE");
	ck_assert_msg(worker_start(&w, program, log_path, &e) == 0, "%s", e.text);
	return w;
}

static int ask(struct worker *w, uint32_t what, unsigned int ms, struct ctl_msg *a, struct socle_error *e)
{
	struct ctl_msg q = { .what = what };

	return worker_ask(w, &q, NULL, 0, a, ms, e);
}

START_TEST(a_worker_works_and_ends)
{
	int before = descriptors(), fds[2] = { 0, 1 };
	struct worker w = started(NULL);
	struct ctl_msg q = { .what = CTL_SETUP, .setup.disk.sectors = 640 }, a;
	struct socle_error e = { 0 };
	pid_t pid = w.pid;

	ck_assert_msg(worker_ask(&w, &q, fds, 2, &a, 20000, &e) == 0, "%s", e.text);
	ck_assert_uint_eq(a.done.sectors, 640);
	ck_assert_int_eq(ask(&w, CTL_STATS, 20000, &a, &e), 0);
	ck_assert_uint_eq(a.stats.reads, 7);
	ck_assert(worker_listen(&w));
	worker_end(&w, true);
	ck_assert_int_eq(w.pid, 0);
	ck_assert_int_eq(kill(pid, 0), -1);
	ck_assert_int_eq(descriptors(), before);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
}
END_TEST

START_TEST(its_log_is_no_link)
{
	char target[96];
	struct stat sb;
	struct worker w;
	int fd;

	snprintf(target, sizeof(target), "%s/precious", dir);
	fd = open(target, O_CREAT | O_WRONLY, 0600);
	ck_assert_int_eq(write(fd, "gold", 4), 4);
	close(fd);
	unlink(log_path);
	ck_assert_int_eq(symlink(target, log_path), 0);
	w = started(NULL);
	worker_end(&w, true);
	ck_assert_int_eq(stat(target, &sb), 0);
	ck_assert_int_eq(sb.st_size, 4);
	ck_assert_int_eq(lstat(log_path, &sb), 0);
	ck_assert(S_ISREG(sb.st_mode) && sb.st_size > 0);
	unlink(target);
}
END_TEST

START_TEST(what_an_earlier_one_said_stays_up_to_a_size)
{
	char old[80];
	struct stat sb;
	struct worker w;
	off_t first;

	snprintf(old, sizeof(old), "%s.1", log_path);
	unlink(log_path);
	w = started(NULL);
	worker_end(&w, true);
	ck_assert_int_eq(stat(log_path, &sb), 0);
	first = sb.st_size;
	w = started(NULL);
	worker_end(&w, true);
	ck_assert_int_eq(stat(log_path, &sb), 0);
	ck_assert_int_eq(sb.st_size, 2 * first);
	ck_assert_int_eq(stat(old, &sb), -1);
	ck_assert_int_eq(truncate(log_path, WORKER_LOG_KEPT + 1), 0);
	w = started(NULL);
	worker_end(&w, true);
	ck_assert_int_eq(stat(log_path, &sb), 0);
	ck_assert_int_eq(sb.st_size, first);
	ck_assert_int_eq(stat(old, &sb), 0);
	ck_assert_int_eq(sb.st_size, WORKER_LOG_KEPT + 1);
	unlink(old);
}
END_TEST

/* The file system of its log is everybody's. */
START_TEST(one_that_fills_its_log_is_of_no_use)
{
	struct worker w = started("talk");
	struct socle_error e = { 0 };
	struct ctl_msg a;

	ck_assert(worker_listen(&w));
	ck_assert_int_eq(ask(&w, CTL_LIMITS, 20000, &a, &e), 0);
	ck_assert(!worker_listen(&w));
	ck_assert(w.talkative);
	worker_end(&w, true);
}
END_TEST

START_TEST(a_refusal_has_its_words)
{
	struct worker w = started("refuse");
	struct socle_error e = { 0 };
	struct ctl_msg a;

	ck_assert_int_eq(ask(&w, CTL_SETUP, 20000, &a, &e), -1);
	ck_assert_str_eq(e.text, "the image is full");
	ck_assert_int_eq(e.code, 28);
	ck_assert_int_eq(ask(&w, CTL_SETUP, 20000, &a, &e), -1); /* it may be asked again */
	ck_assert_int_ge(w.ctl, 0);
	worker_end(&w, true);
}
END_TEST

START_TEST(control_characters_do_not_get_through)
{
	struct worker w = started("controls");
	struct socle_error e = { 0 };
	struct ctl_msg a;

	ck_assert_int_eq(ask(&w, CTL_SETUP, 20000, &a, &e), -1);
	ck_assert_ptr_null(strpbrk(e.text, "\n\033"));
	ck_assert_uint_le(strlen(e.text), CTL_TEXT_MAX);
	worker_end(&w, false);
}
END_TEST

static const char *const liars[] = { "short", "version", "seq", "what", "noise", "die" };

START_TEST(nonsense_ends_the_talk)
{
	int before = descriptors();
	struct worker w = started(liars[_i]);
	struct socle_error e = { 0 };
	struct ctl_msg a;

	ck_assert_int_eq(ask(&w, CTL_SETUP, 20000, &a, &e), -1);
	ck_assert_int_lt(w.ctl, 0);
	ck_assert(!worker_listen(&w));
	ck_assert_int_eq(ask(&w, CTL_STATS, 20000, &a, &e), -1);
	ck_assert_str_eq(e.text, "its worker is not there");
	worker_end(&w, true);
	ck_assert_int_eq(descriptors(), before);
}
END_TEST

START_TEST(silence_has_a_bound)
{
	struct worker w = started("silent");
	struct socle_error e = { 0 };
	struct ctl_msg a;

	ck_assert_int_eq(ask(&w, CTL_CONNECT, 100, &a, &e), -1);
	ck_assert_int_eq(e.code, ETIMEDOUT);
	worker_end(&w, true); /* STOP is not possible any more: it is killed */
	ck_assert_int_eq(w.pid, 0);
}
END_TEST

START_TEST(a_stopped_process_can_be_ended)
{
	struct worker w = started(NULL);
	struct socle_error e = { 0 };
	struct ctl_msg a;

	kill(w.pid, SIGSTOP);
	ck_assert_int_eq(ask(&w, CTL_STATS, 50, &a, &e), -1);
	worker_end(&w, false);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
}
END_TEST

START_TEST(a_broken_guest_is_told_apart)
{
	struct worker w = started("broken");
	struct socle_error e = { 0 };
	struct ctl_msg a;

	ck_assert_msg(ask(&w, CTL_CONNECT, 20000, &a, &e) == 0, "%s", e.text);
	ck_assert(w.broken);
	ck_assert_str_eq(w.why, "its ring makes no sense");
	worker_end(&w, false);
}
END_TEST

START_TEST(an_answer_too_many_is_nonsense)
{
	struct worker w = started("late");
	struct socle_error e = { 0 };
	struct pollfd p;
	struct ctl_msg a;

	ck_assert_int_eq(ask(&w, CTL_SETUP, 20000, &a, &e), 0);
	p = (struct pollfd){ .fd = w.ctl, .events = POLLIN };
	ck_assert_int_eq(poll(&p, 1, 20000), 1);
	ck_assert(!worker_listen(&w));
	worker_end(&w, false);
}
END_TEST

START_TEST(descriptors_of_a_worker_are_dropped)
{
	struct worker w = started("descriptors");
	int before = descriptors();
	struct socle_error e = { 0 };
	struct ctl_msg a;

	for (int i = 0; i < 5; i++)
		ck_assert_msg(ask(&w, CTL_RESIZE, 20000, &a, &e) == 0, "%s", e.text);
	ck_assert_int_eq(descriptors(), before);
	worker_end(&w, false);
}
END_TEST

START_TEST(a_killed_one_is_noticed)
{
	struct worker w = started(NULL);
	struct pollfd p = { .fd = w.pidfd, .events = POLLIN };

	kill(w.pid, SIGKILL);
	ck_assert_int_eq(poll(&p, 1, 20000), 1);
	ck_assert(!worker_listen(&w));
	worker_end(&w, true);
}
END_TEST

START_TEST(no_program_is_an_error)
{
	int before = descriptors();
	struct worker w = WORKER_NONE;
	struct socle_error e = { 0 };

	ck_assert_int_eq(worker_start(&w, "/nonexistent/blkd", log_path, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "/nonexistent/blkd"));
	ck_assert_int_eq(descriptors(), before);
	ck_assert_int_eq(w.pid, 0);
}
END_TEST

START_TEST(luck_runs_out_and_comes_back)
{
	struct worker_luck l = { 0 };
	int last = -1;

	ck_assert_int_eq(worker_luck_try(&l, 0), 0);
	for (unsigned int i = 1; i < WORKER_LIVES_SHORT; i++) {
		int wait = worker_luck_try(&l, 10);

		ck_assert_int_gt(wait, last);
		last = wait;
	}
	ck_assert_int_eq(worker_luck_try(&l, 10), -1);
	ck_assert_int_eq(worker_luck_try(&l, WORKER_YOUNG_MS), 0);
	/* One that is killed every other second is started again for ever. */
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(worker_luck_try(&l, 2000), 0);
}
END_TEST

int main(int argc, char **argv)
{
	Suite *s = suite_create("worker");
	TCase *t = tcase_create("worker");
	int failed;

	(void)argc;
	snprintf(program, sizeof(program), "%.*sfake_worker", (int)(strrchr(argv[0], '/') + 1 - argv[0]), argv[0]);
	if (!mkdtemp(dir))
		return 99;
	snprintf(log_path, sizeof(log_path), "%s/log", dir);
	tcase_add_test(t, a_worker_works_and_ends);
	tcase_add_test(t, its_log_is_no_link);
	tcase_add_test(t, what_an_earlier_one_said_stays_up_to_a_size);
	tcase_add_test(t, one_that_fills_its_log_is_of_no_use);
	tcase_add_test(t, a_refusal_has_its_words);
	tcase_add_test(t, control_characters_do_not_get_through);
	tcase_add_loop_test(t, nonsense_ends_the_talk, 0, sizeof(liars) / sizeof(liars[0]));
	tcase_add_test(t, silence_has_a_bound);
	tcase_add_test(t, a_stopped_process_can_be_ended);
	tcase_add_test(t, a_broken_guest_is_told_apart);
	tcase_add_test(t, an_answer_too_many_is_nonsense);
	tcase_add_test(t, descriptors_of_a_worker_are_dropped);
	tcase_add_test(t, a_killed_one_is_noticed);
	tcase_add_test(t, no_program_is_an_error);
	tcase_add_test(t, luck_runs_out_and_comes_back);
	suite_add_tcase(s, t);
	failed = suite_run(s);
	unlink(log_path);
	rmdir(dir);
	return failed;
}
