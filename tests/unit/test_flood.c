/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_flood.c
 *
 * Logs of which a guest is the cause: how much goes into them at once, over time, and what is said about the rest.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device/flood.h"
#include "device/log.h"
#include "libsocle/stamp.h"
#include "suite.h"

#define SECOND 1000000000ull
#define DAY    (86400 * SECOND)

START_TEST(some_at_once_then_one_now_and_then)
{
	struct flood f = { 0 };
	uint64_t unsaid = 7, passed = 0;

	for (unsigned int i = 0; i < FLOOD_LINES; i++) {
		ck_assert(flood_passes(&f, 5, &unsaid));
		ck_assert_uint_eq(unsaid, 0);
	}
	for (unsigned int i = 0; i < 50; i++)
		ck_assert(!flood_passes(&f, 5, &unsaid));
	ck_assert(flood_passes(&f, 5 + FLOOD_PAUSE_S * SECOND, &unsaid));
	ck_assert_uint_eq(unsaid, 50);
	/* A day of a thousand tries a second. */
	for (uint64_t t = 100 * SECOND; t < 100 * SECOND + DAY; t += SECOND)
		for (unsigned int i = 0; i < 1000; i++)
			passed += flood_passes(&f, t, &unsaid);
	ck_assert_uint_ge(passed, DAY / SECOND / FLOOD_PAUSE_S - 1);
	ck_assert_uint_le(passed, DAY / SECOND / FLOOD_PAUSE_S + FLOOD_LINES);
}
END_TEST

START_TEST(a_quiet_guest_may_say_much_again)
{
	struct flood f = { 0 };
	uint64_t unsaid;

	for (unsigned int i = 0; i < 2 * FLOOD_LINES; i++)
		(void)flood_passes(&f, 5, &unsaid);
	for (unsigned int i = 0; i < FLOOD_LINES; i++)
		ck_assert(flood_passes(&f, 5 + 30 * DAY, &unsaid));
	ck_assert(!flood_passes(&f, 5 + 30 * DAY, &unsaid));
}
END_TEST

/* log_counted() too: a count that begins anew again and again thins nothing out. */
START_TEST(a_worker_s_log_does_not_grow_at_its_guest_s_will)
{
	char path[] = "/tmp/socle-flood-XXXXXX", line[256];
	int fd = mkstemp(path);
	unsigned int lines = 0;
	uint64_t ms;
	FILE *f;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_ge(dup2(fd, STDERR_FILENO), 0);
	log_init("blkd", "disk", 7, 51712);
	for (unsigned int i = 0; i < 100 * FLOOD_LINES; i++)
		if (i % 2)
			log_line("connected once more");
		else
			log_counted(1, "it failed");
	fflush(stderr);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f)) {
		size_t stamp = stamp_read(line, strlen(line), &ms);

		ck_assert_msg(stamp && !strncmp(line + stamp, " blkd: domain 7, disk 51712: ", 29), "%s", line);
		lines++;
	}
	fclose(f);
	unlink(path);
	ck_assert_uint_ge(lines, FLOOD_LINES);
	ck_assert_uint_le(lines, FLOOD_LINES + 100); /* a slow machine's time passes as well */
}
END_TEST

int main(void)
{
	Suite *s = suite_create("flood");
	TCase *t = tcase_create("flood");

	suite_add_tcase(s, t);
	tcase_add_test(t, some_at_once_then_one_now_and_then);
	tcase_add_test(t, a_quiet_guest_may_say_much_again);
	tcase_add_test(t, a_worker_s_log_does_not_grow_at_its_guest_s_will);
	tcase_set_timeout(t, 120);
	return suite_run(s);
}
