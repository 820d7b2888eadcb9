/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_reserve.c
 *
 * Reservations of names: real files, real locks, many processes.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "domain/codes.h"
#include "domain/reserve.h"
#include "suite.h"

static char dir[64];
static bool alive; /* what the hypervisor would say */
static const uint8_t uuid_a[16] = { 0xaa }, uuid_b[16] = { 0xbb };
#define TEXT_A "aa000000-0000-0000-0000-000000000000"

static bool lives(void *arg, const struct reserve_line *l)
{
	(void)arg;
	return l->domid && alive;
}

static const struct reserve_place place = { .dir = dir, .lives = lives };

static void setup(void)
{
	strcpy(dir, "/tmp/test_reserve.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	alive = false;
}

static void teardown(void)
{
	char cmd[96];

	snprintf(cmd, sizeof(cmd), "rm -r %s", dir);
	ck_assert_int_eq(system(cmd), 0);
}

static unsigned int files(void)
{
	char cmd[96];
	unsigned int n = 999;
	FILE *f;

	snprintf(cmd, sizeof(cmd), "ls -A %s | wc -l", dir);
	f = popen(cmd, "r");
	ck_assert_int_eq(fscanf(f, "%u", &n), 1);
	pclose(f);
	return n;
}

static void nap(unsigned int ms)
{
	struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };

	nanosleep(&ts, NULL);
}

static int take(struct reserve *r, const char *name, const uint8_t *uuid, struct socle_error *e)
{
	*e = (struct socle_error){ 0 };
	return reserve_take(r, &place, name, uuid, 0, e);
}

START_TEST(taken_once)
{
	struct socle_error e;
	struct reserve r, other;
	struct reserve_line l;
	bool held;

	ck_assert_int_eq(take(&r, "web", uuid_a, &e), 0);
	ck_assert_int_eq(reserve_look(dir, "web", &l, &held), 0);
	ck_assert(held && l.state == RESERVE_STARTING && l.domid == 0);
	ck_assert_str_eq(l.uuid, TEXT_A);
	ck_assert_int_eq(take(&other, "web", uuid_b, &e), -1);
	ck_assert_int_eq(e.code, DOMAIN_E_EXISTS);
	ck_assert_ptr_nonnull(strstr(e.text, "a guest of this name is starting"));
	reserve_say(&r, RESERVE_RUNNING, 7);
	ck_assert_int_eq(reserve_look(dir, TEXT_A, &l, &held), 0);
	ck_assert(held && l.state == RESERVE_RUNNING && l.domid == 7);
	ck_assert_str_eq(l.name, "web");
	alive = true;
	ck_assert_int_eq(take(&other, "web2", uuid_a, &e), -1);
	ck_assert_int_eq(e.code, DOMAIN_E_EXISTS);
	ck_assert_ptr_nonnull(strstr(e.text, "its UUID " TEXT_A " is that of 'web' (domain 7)"));
	/* What was refused has not kept the name. */
	ck_assert_int_eq(take(&other, "web2", uuid_b, &e), 0);
	reserve_release(&other);
	reserve_release(&r);
	ck_assert_uint_eq(files(), 0);
}
END_TEST

START_TEST(name_like_a_uuid)
{
	struct socle_error e;
	struct reserve r, other;

	ck_assert_int_eq(take(&r, TEXT_A, uuid_a, &e), 0); /* its own: nobody is in its own way */
	ck_assert_int_eq(take(&other, "web", uuid_a, &e), -1);
	reserve_release(&r);
	ck_assert_int_eq(take(&r, "web", uuid_a, &e), 0);
	ck_assert_int_eq(take(&other, TEXT_A, uuid_b, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "its name is the UUID of 'web'"));
	reserve_release(&r);
	ck_assert_uint_eq(files(), 0);
}
END_TEST

/* Readers find it by its new name, others may have the old one, and the UUID stays its. */
START_TEST(another_name)
{
	struct reserve r, other;
	struct reserve_line l;
	struct socle_error e;
	bool held;

	ck_assert_int_eq(take(&r, "web", uuid_a, &e), 0);
	other = r; /* as the creator has it, who says so */
	reserve_say(&other, RESERVE_RUNNING, 7);
	ck_assert_int_eq(take(&other, "db", uuid_b, &e), 0);
	ck_assert_int_eq(reserve_rename(&r, &place, "db", &e), -1);
	ck_assert_int_eq(e.code, EEXIST);
	ck_assert_str_eq(r.line.name, "web");
	ck_assert_int_eq(reserve_rename(&r, &place, "a/b", &e), -1);
	ck_assert_int_eq(reserve_rename(&r, &place, TEXT_A, &e), -1);
	reserve_release(&other);
	ck_assert_int_eq(reserve_rename(&r, &place, "db", &e), 0);
	ck_assert_int_eq(reserve_look(dir, "db", &l, &held), 0);
	ck_assert(held && l.state == RESERVE_RUNNING && l.domid == 7);
	ck_assert_str_eq(l.name, "db");
	ck_assert_int_eq(reserve_look(dir, TEXT_A, &l, &held), 0);
	ck_assert(held);
	ck_assert_str_eq(l.name, "db");
	ck_assert_int_eq(reserve_look(dir, "web", &l, &held), -ENOENT);
	ck_assert_int_eq(take(&other, "web", uuid_b, &e), 0);
	reserve_release(&other);
	ck_assert_uint_eq(files(), 2);
	reserve_release(&r);
	ck_assert_uint_eq(files(), 0);
	/* One that is called as its UUID has one file, and two with another name. */
	ck_assert_int_eq(take(&r, TEXT_A, uuid_a, &e), 0);
	ck_assert_int_eq(reserve_rename(&r, &place, "web", &e), 0);
	ck_assert_uint_eq(files(), 2);
	ck_assert_int_eq(reserve_look(dir, TEXT_A, &l, &held), 0);
	ck_assert(held);
	reserve_release(&r);
	ck_assert_uint_eq(files(), 0);
}
END_TEST

START_TEST(names_that_are_paths)
{
	struct socle_error e;
	struct reserve_line l;
	struct reserve r;
	bool held;

	ck_assert_int_eq(take(&r, "../web", uuid_a, &e), -1);
	ck_assert_int_eq(take(&r, "", uuid_a, &e), -1);
	ck_assert_int_eq(take(&r, ".web", uuid_a, &e), -1);
	ck_assert_int_eq(reserve_look(dir, "../../etc/passwd", &l, &held), -ENOENT);
	ck_assert_int_eq(reserve_look(dir, "nobody", &l, &held), -ENOENT);
	ck_assert_uint_eq(files(), 0);
}
END_TEST

/* The creator goes, the watcher stays; then it is killed. */
START_TEST(the_lock_is_inherited)
{
	struct socle_error e;
	struct reserve r, other;
	struct reserve_line l;
	bool held;
	pid_t pid;

	ck_assert_int_eq(take(&r, "web", uuid_a, &e), 0);
	pid = fork();
	if (pid == 0) {
		pause();
		_exit(0);
	}
	reserve_say(&r, RESERVE_RUNNING, 5);
	reserve_forget(&r);
	alive = true;
	ck_assert_int_eq(take(&other, "web", uuid_b, &e), -1);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	/* Nobody has it locked, but the guest lives: it is still its. */
	ck_assert_int_eq(reserve_look(dir, "web", &l, &held), 0);
	ck_assert(!held && l.domid == 5);
	ck_assert_int_eq(take(&other, "web", uuid_b, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "is running (domain 5)"));
	ck_assert_int_eq(take(&other, "web2", uuid_a, &e), -1);
	/* A new watcher takes it again. */
	ck_assert_int_eq(reserve_adopt(&r, &place, "web", uuid_a, 5, &e), 0);
	ck_assert_int_eq(reserve_look(dir, TEXT_A, &l, &held), 0);
	ck_assert(held && l.state == RESERVE_RUNNING && l.domid == 5);
	ck_assert_int_eq(reserve_adopt(&other, &place, "web", uuid_a, 5, &e), -1);
	ck_assert_int_eq(e.code, EBUSY);
	reserve_forget(&r);
	/* And when the guest is dead, the file reserves nothing. */
	alive = false;
	ck_assert_int_eq(take(&r, "web", uuid_a, &e), 0);
	reserve_release(&r);
	ck_assert_uint_eq(files(), 0);
}
END_TEST

START_TEST(one_that_ends_is_waited_for)
{
	enum reserve_state how[] = { RESERVE_ENDING, RESERVE_RUNNING /* its domain is gone, and it has not noticed */ };

	for (unsigned int i = 0; i < 2; i++) {
		struct socle_error e = { 0 };
		struct reserve r;
		pid_t pid;

		ck_assert_int_eq(take(&r, "web", uuid_a, &e), 0);
		reserve_say(&r, how[i], 5);
		pid = fork();
		if (pid == 0) {
			nap(100);
			reserve_release(&r);
			_exit(0);
		}
		reserve_forget(&r);
		ck_assert_int_eq(take(&r, "web", uuid_b, &e), -1);
		ck_assert_int_eq(reserve_take(&r, &place, "web", uuid_a, 20000, &e), 0);
		waitpid(pid, NULL, 0);
		reserve_release(&r);
	}
	ck_assert_uint_eq(files(), 0);
}
END_TEST

START_TEST(one_that_reboots_is_not_waited_for)
{
	struct socle_error e = { 0 };
	struct reserve r, other;

	ck_assert_int_eq(take(&r, "web", uuid_a, &e), 0);
	reserve_say(&r, RESERVE_REBOOTING, 0);
	ck_assert_int_eq(reserve_take(&other, &place, "web", uuid_b, 1000000, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "is rebooting"));
	ck_assert(!reserve_wait_free(dir, "web", 20));
	reserve_release(&r);
	ck_assert(reserve_wait_free(dir, "web", 0));
}
END_TEST

START_TEST(what_was_left_behind_goes)
{
	struct socle_error e;
	struct reserve r;

	ck_assert_int_eq(take(&r, "web", uuid_a, &e), 0);
	reserve_say(&r, RESERVE_RUNNING, 5);
	reserve_forget(&r);
	ck_assert_uint_eq(files(), 2);
	ck_assert(reserve_wait_free(dir, "web", 0));
	ck_assert(reserve_wait_free(dir, TEXT_A, 0));
	ck_assert_uint_eq(files(), 0);
}
END_TEST

static int count_one(void *arg, const struct reserve_line *l)
{
	char *names = arg;

	strcat(strcat(names, l->name), " ");
	return 0;
}

START_TEST(those_that_are_held)
{
	struct reserve r[3];
	struct socle_error e;
	char names[256] = "";
	uint8_t uuid[16] = { 1 };

	for (unsigned int i = 0; i < 3; i++) {
		char name[8];

		uuid[1] = (uint8_t)i;
		snprintf(name, sizeof(name), "g%u", 3 - i);
		ck_assert_int_eq(take(&r[i], name, uuid, &e), 0);
	}
	reserve_forget(&r[1]);
	reserve_each(dir, count_one, names);
	ck_assert_str_eq(names, "g1 g3 ");
	reserve_release(&r[0]);
	reserve_release(&r[2]);
}
END_TEST

/*
 * Processes take, hold and release one of two names with one of two UUIDs as fast as they can, while others list and wait.  Who
 * has one makes a file that nobody else may have made: two holders at a time would show.
 */
#define RACERS 12
#define ROUNDS 100

static bool alone_begin(const char *what)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s.%s", dir, what);
	fd = open(path, O_CREAT | O_EXCL, 0600);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void alone_end(const char *what)
{
	char path[128];

	snprintf(path, sizeof(path), "%s.%s", dir, what);
	unlink(path);
}

static int race(unsigned int seed, unsigned int rounds)
{
	unsigned int done = 0;

	for (unsigned int tries = 0; done < rounds && tries < 1000000; tries++) {
		unsigned int n = (unsigned int)rand_r(&seed) % 2, u = (unsigned int)rand_r(&seed) % 2;
		const char *name = n ? "one" : "two";
		struct reserve r;
		struct socle_error e;

		if (reserve_take(&r, &place, name, u ? uuid_a : uuid_b, 50, &e)) {
			if (e.code != DOMAIN_E_EXISTS)
				return 2;
			continue;
		}
		if (!alone_begin(name) || !alone_begin(u ? "a" : "b"))
			return 3;
		reserve_say(&r, RESERVE_ENDING, 0);
		alone_end(u ? "a" : "b");
		alone_end(name);
		if (rand_r(&seed) % 16)
			reserve_release(&r);
		else
			reserve_forget(&r); /* killed */
		done++;
	}
	return done == rounds ? 0 : 4;
}

static int look_on(void)
{
	char names[4096];

	for (unsigned int i = 0; i < 500; i++) {
		*names = '\0';
		reserve_each(dir, count_one, names);
		reserve_wait_free(dir, i % 2 ? "one" : TEXT_A, 0);
	}
	return 0;
}

START_TEST(many_at_once)
{
	pid_t pid[RACERS + 2];
	int status;

	for (unsigned int i = 0; i < RACERS + 2; i++) {
		pid[i] = fork();
		if (pid[i] == 0)
			_exit(i < RACERS ? race(i, ROUNDS) : look_on());
	}
	for (unsigned int i = 0; i < RACERS + 2; i++) {
		waitpid(pid[i], &status, 0);
		ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "process %u: status %x", i, status);
	}
}
END_TEST

/* Twenty that want twenty names do not meet. */
START_TEST(twenty_names_at_once)
{
	pid_t pid[20];
	int status;

	for (unsigned int i = 0; i < 20; i++) {
		pid[i] = fork();
		if (pid[i] == 0) {
			uint8_t uuid[16] = { 9, (uint8_t)i };
			struct socle_error e;
			struct reserve r;
			char name[16];

			snprintf(name, sizeof(name), "guest%u", i);
			for (unsigned int k = 0; k < 50; k++) {
				if (take(&r, name, uuid, &e))
					_exit(1);
				reserve_release(&r);
			}
			_exit(0);
		}
	}
	for (unsigned int i = 0; i < 20; i++) {
		waitpid(pid[i], &status, 0);
		ck_assert_int_eq(status, 0);
	}
	ck_assert_uint_eq(files(), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("reserve");
	TCase *t = tcase_create("reserve");

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, taken_once);
	tcase_add_test(t, name_like_a_uuid);
	tcase_add_test(t, another_name);
	tcase_add_test(t, names_that_are_paths);
	tcase_add_test(t, the_lock_is_inherited);
	tcase_add_test(t, one_that_ends_is_waited_for);
	tcase_add_test(t, one_that_reboots_is_not_waited_for);
	tcase_add_test(t, what_was_left_behind_goes);
	tcase_add_test(t, those_that_are_held);
	tcase_add_test(t, many_at_once);
	tcase_add_test(t, twenty_names_at_once);
	suite_add_tcase(s, t);
	return suite_run(s);
}
