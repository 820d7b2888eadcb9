/* SPDX-License-Identifier: BSD-2-Clause */
/* A console's log (dom0-tools/consoled/logfile.c), and the moments beside it. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "consoled/logfile.h"
#include "libsocle/logname.h"
#include "libsocle/stamp.h"
#include "suite.h"

static struct logfile l;
static char dir[] = "/tmp/socle-conlog-XXXXXX";

static const char *path_of(const char *name, const char *suffix)
{
	static char path[4][96];
	static unsigned int n;

	n = (n + 1) % 4;
	snprintf(path[n], sizeof(path[n]), "%s/console-%s.log%s", dir, name, suffix);
	return path[n];
}

static const char *file(const char *suffix)
{
	return path_of("web", suffix);
}

static const char *other(const char *suffix)
{
	return path_of("wob", suffix);
}

static void begin(void)
{
	strcpy(dir, "/tmp/socle-conlog-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	logfile_open(&l, dir, "web");
	ck_assert_int_ge(l.fd, 0);
}

static void end(void)
{
	logfile_close(&l);
	unlink(file(""));
	unlink(file(".1"));
	unlink(file(".times"));
	unlink(file(".1.times"));
	unlink(other(""));
	unlink(other(".1"));
	unlink(other(".times"));
	unlink(other(".1.times"));
	rmdir(dir);
}

static void say(const char *text, uint64_t ms)
{
	logfile_write(&l, text, strlen(text), ms);
}

static char *content(const char *path)
{
	static char text[4096];
	FILE *f = fopen(path, "re");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	if (f)
		fclose(f);
	text[n] = '\0';
	return text;
}

static off_t size(const char *path)
{
	struct stat st;

	return stat(path, &st) ? -1 : st.st_size;
}

START_TEST(the_log_is_what_the_guest_printed)
{
	say("Hello\r\nwor", 1000);
	say("ld\r\n", 3000);
	ck_assert_str_eq(content(file("")), "Hello\r\nworld\r\n");
	ck_assert_str_eq(content(file(".times")), "0 1970-01-01T00:00:01.000Z\n10 1970-01-01T00:00:03.000Z\n");
}
END_TEST

/* Little that comes soon has the moment of what was before it; much, and what comes later, has its own. */
START_TEST(moments_are_thinned_out)
{
	char much[TIMES_GAP_BYTES + 1];

	memset(much, 'x', TIMES_GAP_BYTES);
	much[TIMES_GAP_BYTES] = '\0';
	say(much, 1000);
	say("a", 1005);  /* soon */
	say("b", 1020);  /* not soon, and after much */
	say("c", 1900);  /* after little */
	say("d", 2020);  /* a second is a second */
	say("e", 1500);  /* the clock was set back */
	ck_assert_str_eq(content(file(".times")), "0 1970-01-01T00:00:01.000Z\n65 1970-01-01T00:00:01.020Z\n"
			 "67 1970-01-01T00:00:02.020Z\n68 1970-01-01T00:00:01.500Z\n");
}
END_TEST

START_TEST(both_are_renamed_at_the_limit)
{
	static char big[LOG_LIMIT];

	memset(big, 'x', sizeof(big) - 1);
	say(big, 1000);
	ck_assert_int_eq(size(file(".1")), -1);
	say("end\n", 3000);
	ck_assert_int_eq(size(file(".1")), LOG_LIMIT + 3);
	say("new\n", 3001);
	ck_assert_str_eq(content(file("")), "new\n");
	ck_assert_str_eq(content(file(".times")), "0 1970-01-01T00:00:03.001Z\n");
	ck_assert_str_eq(content(file(".1.times")), "0 1970-01-01T00:00:01.000Z\n1048575 1970-01-01T00:00:03.000Z\n");
}
END_TEST

/* A byte a second for days: the moments are longer than the log, and bounded as well. */
START_TEST(moments_do_not_fill_the_disk)
{
	for (uint64_t s = 0; s < 100000; s++)
		say("x", s * 1000 + 1);
	ck_assert_int_le(size(file(".times")), TIMES_LIMIT);
	ck_assert_int_ge(size(file(".1.times")), TIMES_LIMIT);
	ck_assert_int_le(size(file(".1.times")), TIMES_LIMIT + 64);
}
END_TEST

START_TEST(a_new_daemon_goes_on)
{
	say("one\n", 1000);
	logfile_close(&l);
	logfile_open(&l, dir, "web");
	say("two\n", 1001);
	ck_assert_str_eq(content(file(".times")), "0 1970-01-01T00:00:01.000Z\n4 1970-01-01T00:00:01.001Z\n");
}
END_TEST

START_TEST(moments_of_a_log_that_was_removed_go)
{
	say("one\n", 1000);
	logfile_close(&l);
	unlink(file(""));
	logfile_open(&l, dir, "web");
	say("two\n", 2000);
	ck_assert_str_eq(content(file("")), "two\n");
	ck_assert_str_eq(content(file(".times")), "0 1970-01-01T00:00:02.000Z\n");
}
END_TEST

START_TEST(files_follow_the_name)
{
	say("one\n", 1000);
	logfile_rename(&l, dir, "web"); /* the same: nothing happens */
	logfile_rename(&l, dir, "wob");
	say("two\n", 5000);
	ck_assert_int_eq(size(file("")), -1);
	ck_assert_int_eq(size(file(".times")), -1);
	ck_assert_str_eq(content(other("")), "one\ntwo\n");
	ck_assert_str_eq(content(other(".times")), "0 1970-01-01T00:00:01.000Z\n4 1970-01-01T00:00:05.000Z\n");
	ck_assert_int_eq(size(other(".1")), -1);
	logfile_rename(&l, dir, "web");
	ck_assert_int_eq(size(file("")), 8);
}
END_TEST

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	ck_assert_int_eq(fclose(f), 0);
}

/* All that both names had is there afterwards, the earlier guest's first, and each line has its moment. */
START_TEST(an_earlier_guest_of_the_name_keeps_its_log)
{
	put(other(".1"), "a\n");
	put(other(".1.times"), "0 1970-01-01T00:00:01.000Z\n");
	put(other(""), "b\n");
	put(other(".times"), "0 1970-01-01T00:00:02.000Z\n");
	put(file(".1"), "c\nd\n");
	put(file(".1.times"), "0 1970-01-01T00:00:03.000Z\n2 1970-01-01T00:00:04.000Z\n");
	say("e\n", 5000);
	logfile_rename(&l, dir, "wob");
	say("f\n", 6000);
	ck_assert_str_eq(content(other(".1")), "a\nb\nc\nd\n");
	ck_assert_str_eq(content(other(".1.times")), "0 1970-01-01T00:00:01.000Z\n2 1970-01-01T00:00:02.000Z\n4 1970-01-01T00:00:03.000Z\n"
			 "6 1970-01-01T00:00:04.000Z\n");
	ck_assert_str_eq(content(other("")), "e\nf\n");
	ck_assert_str_eq(content(other(".times")), "0 1970-01-01T00:00:05.000Z\n2 1970-01-01T00:00:06.000Z\n");
	ck_assert_int_eq(size(file("")), -1);
	ck_assert_int_eq(size(file(".1")), -1);
	ck_assert_int_eq(size(file(".times")), -1);
	ck_assert_int_eq(size(file(".1.times")), -1);
}
END_TEST

/* Moments that belong to nothing are not taken for those of what comes in their place. */
START_TEST(stale_moments_are_not_taken_over)
{
	put(other(".1.times"), "0 1970-01-01T00:00:01.000Z\n");
	put(other(""), "b\n");
	put(other(".times"), "0 1970-01-01T00:00:02.000Z\n");
	say("e\n", 5000);
	logfile_rename(&l, dir, "wob");
	ck_assert_str_eq(content(other(".1")), "b\n");
	ck_assert_str_eq(content(other(".1.times")), "0 1970-01-01T00:00:02.000Z\n");
}
END_TEST

/* What cannot be put before this one's log keeps its place, and so does this one's. */
START_TEST(a_rename_that_fails_loses_nothing)
{
	say("one\n", 1000);
	put(other(""), "b\n");
	ck_assert_int_eq(mkdir(other(".1"), 0700), 0);
	logfile_rename(&l, dir, "wob");
	say("two\n", 5000);
	ck_assert_str_eq(content(other("")), "b\n");
	ck_assert_str_eq(content(file("")), "one\ntwo\n");
	ck_assert_int_eq(rmdir(other(".1")), 0);
	logfile_rename(&l, dir, "wob");
	ck_assert_str_eq(content(other(".1")), "b\n");
	ck_assert_str_eq(content(other("")), "one\ntwo\n");
}
END_TEST

/* A guest's own log and those of its devices have no moments beside them. */
START_TEST(other_logs_are_renamed_likewise)
{
	put(file(""), "new\n");
	put(file(".1"), "less new\n");
	put(other(""), "old\n");
	ck_assert_int_eq(log_rename(file(""), other(""), log_join), 0);
	ck_assert_str_eq(content(other("")), "new\n");
	ck_assert_str_eq(content(other(".1")), "old\nless new\n");
	ck_assert_int_eq(log_rename(file(""), other(""), log_join), 0); /* of nothing */
	ck_assert_int_eq(log_join(other(".1"), file(".1")), 0);
	ck_assert_str_eq(content(other(".1")), "old\nless new\nnew\n");
}
END_TEST

START_TEST(without_moments_there_is_a_log)
{
	logfile_close(&l);
	unlink(file(".times"));
	ck_assert_int_eq(mkdir(file(".times"), 0700), 0);
	logfile_open(&l, dir, "web");
	say("one\n", 1000);
	ck_assert_str_eq(content(file("")), "one\n");
	rmdir(file(".times"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("console_log");
	TCase *t = tcase_create("console_log");

	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, the_log_is_what_the_guest_printed);
	tcase_add_test(t, moments_are_thinned_out);
	tcase_add_test(t, both_are_renamed_at_the_limit);
	tcase_add_test(t, moments_do_not_fill_the_disk);
	tcase_add_test(t, a_new_daemon_goes_on);
	tcase_add_test(t, moments_of_a_log_that_was_removed_go);
	tcase_add_test(t, files_follow_the_name);
	tcase_add_test(t, an_earlier_guest_of_the_name_keeps_its_log);
	tcase_add_test(t, stale_moments_are_not_taken_over);
	tcase_add_test(t, a_rename_that_fails_loses_nothing);
	tcase_add_test(t, other_logs_are_renamed_likewise);
	tcase_add_test(t, without_moments_there_is_a_log);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	return suite_run(s);
}
