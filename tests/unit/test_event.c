/* SPDX-License-Identifier: BSD-2-Clause */
/* Events and acts: moments, lines and back, the file that many append to, what people and journald get of it. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "domain/event.h"
#include "domain/linefile.h"
#include "domain/record.h"
#include "domain/utf8.h"
#include "libsocle/stamp.h"
#include "socle/eventtext.h"
#include "socle/journal.h"
#include "suite.h"

static char dir[] = "/tmp/socle-event-XXXXXX", path[64], old_path[72];

static void begin(void)
{
	strcpy(dir, "/tmp/socle-event-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/events", dir);
	snprintf(old_path, sizeof(old_path), "%s.1", path);
}

static void end(void)
{
	unlink(path);
	unlink(old_path);
	rmdir(dir);
}

/* --- moments ------------------------------------------------------------------------------------- */

START_TEST(stamps_are_those_of_the_library)
{
	for (uint64_t s = 0; s < UINT64_C(253402300800); s += 86400 * 17 + 4711) {
		char ours[STAMP_BYTES], theirs[80], whole[96];
		time_t t = (time_t)s;
		uint64_t back = 0;
		struct tm tm;

		gmtime_r(&t, &tm);
		strftime(theirs, sizeof(theirs), "%Y-%m-%dT%H:%M:%S", &tm);
		snprintf(whole, sizeof(whole), "%s.%03uZ", theirs, (unsigned int)(s % 1000));
		stamp_format(ours, s * 1000 + s % 1000);
		ck_assert_str_eq(ours, whole);
		ck_assert_uint_eq(stamp_read(ours, strlen(ours), &back), STAMP_BYTES - 1);
		ck_assert_uint_eq(back, s * 1000 + s % 1000);
	}
}
END_TEST

START_TEST(stamps_have_a_last_one)
{
	char text[STAMP_BYTES];

	stamp_format(text, UINT64_MAX);
	ck_assert_str_eq(text, "9999-12-31T23:59:59.999Z");
}
END_TEST

static const struct { const char *text; size_t length; uint64_t ms; } stamps[] = {
	{ "1970-01-01T00:00:00Z", 20, 0 },
	{ "1970-01-01T00:00:00.001Z x", 24, 1 },
	{ "2000-02-29T23:59:59.999Z", 24, UINT64_C(951868799999) },
	{ "1900-02-29T00:00:00Z", 0, 0 },
	{ "2001-02-29T00:00:00Z", 0, 0 },
	{ "2001-04-31T00:00:00Z", 0, 0 },
	{ "2001-13-01T00:00:00Z", 0, 0 },
	{ "2001-00-01T00:00:00Z", 0, 0 },
	{ "2001-01-00T00:00:00Z", 0, 0 },
	{ "2001-01-01T24:00:00Z", 0, 0 },
	{ "2001-01-01T00:60:00Z", 0, 0 },
	{ "2001-01-01T00:00:60Z", 0, 0 },
	{ "2001-01-01T00:00:00.1Z", 0, 0 },
	{ "2001-01-01 00:00:00Z", 0, 0 },
	{ "2001-01-01T00:00:00", 0, 0 },
	{ "2001-01-01T00:00:00+", 0, 0 },
	{ "", 0, 0 },
};

START_TEST(stamps_are_read_or_refused)
{
	uint64_t ms = 0;

	ck_assert_uint_eq(stamp_read(stamps[_i].text, strlen(stamps[_i].text), &ms), stamps[_i].length);
	if (stamps[_i].length)
		ck_assert_uint_eq(ms, stamps[_i].ms);
	for (size_t n = 0; n < stamps[_i].length; n++)
		ck_assert_uint_eq(stamp_read(stamps[_i].text, n, &ms), 0);
}
END_TEST

/* --- lines --------------------------------------------------------------------------------------- */

static struct record parsed(const char *text, char buf[4096])
{
	struct record r;

	snprintf(buf, 4096, "%s", text);
	buf[strcspn(buf, "\n")] = '\0';
	ck_assert_msg(record_parse(&r, buf), "%s", text);
	return r;
}

START_TEST(an_event_comes_back)
{
	struct event e = { .ms = 1, .what = EVENT_CRASHED, .name = "web", .uuid = "u-1", .domid = 7, .device = "disk xvda",
			   .reason = "cr\"ash\\ed", .text = "ein Wort\n\x1b[31m \xc3\xa4 \xff" };
	char *line = event_line(&e), buf[4096];
	struct record r = parsed(line, buf);

	ck_assert_str_eq(record_get(&r, "time"), "1970-01-01T00:00:00.001Z");
	ck_assert_str_eq(record_get(&r, "event"), "crashed");
	ck_assert_str_eq(record_get(&r, "name"), "web");
	ck_assert_str_eq(record_get(&r, "id"), "7");
	ck_assert_str_eq(record_get(&r, "device"), "disk xvda");
	ck_assert_str_eq(record_get(&r, "reason"), "cr\"ash\\ed");
	ck_assert_str_eq(record_get(&r, "text"), "ein Wort\n\x1b[31m \xc3\xa4 \xef\xbf\xbd");
	free(line);
	e = (struct event){ .what = EVENT_GONE, .name = "web" };
	line = event_line(&e);
	ck_assert_str_eq(line, "{ \"time\": \"1970-01-01T00:00:00.000Z\", \"event\": \"gone\", \"name\": \"web\", \"uuid\": null, \"id\": null }\n");
	r = parsed(line, buf);
	ck_assert_ptr_null(record_get(&r, "uuid"));
	ck_assert_ptr_null(record_get(&r, "id"));
	ck_assert_ptr_null(record_get(&r, "text"));
	free(line);
}
END_TEST

static char *words[] = { (char *)(uintptr_t)"web", (char *)(uintptr_t)"xv\"db", (char *)(uintptr_t)"" };

static struct act an_act(void)
{
	return (struct act){ .ms = 2, .command = "disk attach", .args = words, .nr_args = 3, .user = "alice", .uid = 0, .sudo = "alice",
			     .pid = 12, .name = "web", .domid = 3, .exit = 5, .error = "disk-taken", .took_ms = 12.4 };
}

START_TEST(an_act_comes_back)
{
	struct act a = an_act();
	char *line = act_line(&a), buf[4096];
	struct record r = parsed(line, buf);

	ck_assert_str_eq(record_get(&r, "event"), "act");
	ck_assert_str_eq(record_get(&r, "args"), "web xv\"db ");
	ck_assert_str_eq(record_get(&r, "command"), "disk attach");
	ck_assert_str_eq(record_get(&r, "exit"), "5");
	ck_assert_str_eq(record_get(&r, "error"), "disk-taken");
	ck_assert_str_eq(record_get(&r, "took_ms"), "12.400");
	ck_assert_ptr_null(record_get(&r, "login"));
	free(line);
}
END_TEST

static const char *const garbage[] = {
	"", "{", "}", "[]", "{}x", "{ \"a\" }", "{ \"a\": }", "{ \"a\": 1", "{ \"a\": 1, }", "{ \"a\": \"b }", "{ \"a\": \"\\x\" }", "{ \"a\": \"\\u12\" }",
	"{ \"a\": \"\\ud800\" }", "{ \"a\": [ 1 ] }", "{ \"a\": [ \"b\" }", "{ \"a\": [ \"b\", ] }", "{ \"a\": {} }", "{ \"a\": nil }", "{ a: 1 }", "{ \"a\": 1 } { }",
	"{ \"a\": \"\t\" }", "{ \"a\": \"b\\\" }",
};

START_TEST(garbage_is_refused)
{
	char buf[256];
	struct record r;

	snprintf(buf, sizeof(buf), "%s", garbage[_i]);
	ck_assert_msg(!record_parse(&r, buf), "%s", garbage[_i]);
}
END_TEST

/* A full disk may cut a line anywhere, and the next may follow it at once. */
START_TEST(a_cut_line_is_refused)
{
	struct act a = an_act();
	char *line = act_line(&a);
	struct record r;

	for (size_t n = 0; n + 1 < strlen(line); n++) {
		char *cut = strndup(line, n), *joined;

		ck_assert(n == strlen(line) - 1 || !record_parse(&r, cut));
		free(cut);
		ck_assert_int_gt(asprintf(&joined, "%.*s%s", (int)n, line, line), 0);
		joined[strlen(joined) - 1] = '\0';
		ck_assert(n == 0 || !record_parse(&r, joined));
		free(joined);
	}
	free(line);
}
END_TEST

START_TEST(too_many_fields_are_refused)
{
	char text[RECORD_FIELDS * 8 + 16] = "{";
	struct record r;

	for (unsigned int i = 0; i <= RECORD_FIELDS; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s\"a\":1", i ? "," : "");
	strcat(text, "}");
	ck_assert(!record_parse(&r, text));
}
END_TEST

/* --- the file ------------------------------------------------------------------------------------ */

static unsigned int lines_count(struct line_reader *r)
{
	unsigned int n = 0;

	while (line_reader_next(r))
		n++;
	return n;
}

START_TEST(many_append_at_once)
{
	struct line_reader r;
	struct socle_error e;

	for (unsigned int p = 0; p < 8; p++) {
		if (fork())
			continue;
		for (unsigned int i = 0; i < 200; i++) {
			struct event ev = { .ms = i, .what = EVENT_MADE, .name = "web", .domid = (uint16_t)(p + 1) };
			char *line = event_line(&ev);

			if (line_append(path, line, EVENTS_LIMIT, &e))
				_exit(1);
			free(line);
		}
		_exit(0);
	}
	for (unsigned int p = 0; p < 8; p++) {
		int status;

		ck_assert_int_gt(wait(&status), 0);
		ck_assert_int_eq(status, 0);
	}
	ck_assert(line_reader_open(&r, path));
	ck_assert_uint_eq(lines_count(&r), 1600);
	line_reader_close(&r);
}
END_TEST

static void fill(off_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	static const char line[] = "{ \"old\": 1 }\n";

	ck_assert_int_eq(write(fd, line, sizeof(line) - 1), sizeof(line) - 1);
	ck_assert_int_eq(ftruncate(fd, size), 0);
	ck_assert_int_eq(write(fd, "\n", 1), 1);
	close(fd);
}

START_TEST(a_long_file_is_renamed_and_nothing_is_lost)
{
	struct line_reader r, late;
	struct socle_error e;
	struct stat st;

	ck_assert(!line_reader_open(&r, path));
	ck_assert_ptr_null(line_reader_next(&r));
	ck_assert_int_eq(line_append(path, "{ \"n\": 1 }\n", EVENTS_LIMIT, &e), 0);
	ck_assert_str_eq(line_reader_next(&r), "{ \"n\": 1 }");
	ck_assert_ptr_null(line_reader_next(&r));
	fill(EVENTS_LIMIT);
	ck_assert_str_eq(line_reader_next(&r), "{ \"old\": 1 }");
	ck_assert_int_eq(line_append(path, "{ \"n\": 2 }\n", EVENTS_LIMIT, &e), 0); /* this one finds it too long */
	ck_assert_int_eq(stat(path, &st), -1);
	ck_assert_int_eq(stat(old_path, &st), 0);
	ck_assert_int_eq(line_append(path, "{ \"n\": 3 }\n", EVENTS_LIMIT, &e), 0);
	ck_assert_ptr_nonnull(line_reader_next(&r)); /* the hole that fill() made */
	ck_assert_str_eq(line_reader_next(&r), "{ \"n\": 2 }");
	ck_assert_ptr_null(line_reader_next(&r)); /* one more look at the old one */
	ck_assert_str_eq(line_reader_next(&r), "{ \"n\": 3 }");
	ck_assert_ptr_null(line_reader_next(&r));
	ck_assert(line_reader_open(&late, path));
	ck_assert_uint_eq(lines_count(&late), 5);
	line_reader_close(&late);
	line_reader_close(&r);
}
END_TEST

/* What a full disk cut costs that line, not the next. */
START_TEST(a_line_after_a_cut_one_is_whole)
{
	struct line_reader r;
	struct socle_error e;
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	ck_assert_int_eq(write(fd, "{ \"cu", 5), 5);
	close(fd);
	ck_assert_int_eq(line_append(path, "{ \"n\": 1 }\n", EVENTS_LIMIT, &e), 0);
	ck_assert(line_reader_open(&r, path));
	ck_assert_str_eq(line_reader_next(&r), "{ \"cu");
	ck_assert_str_eq(line_reader_next(&r), "{ \"n\": 1 }");
	line_reader_close(&r);
}
END_TEST

START_TEST(a_full_disk_is_an_error)
{
	struct rlimit none = { 4, 4 };
	struct socle_error e = { 0 };
	int status;

	if (fork() == 0) {
		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &none);
		if (!line_append(path, "{ \"n\": 1 }\n", EVENTS_LIMIT, &e) || e.code != ENOSPC)
			_exit(1);
		if (!line_append(path, "{ \"n\": 1 }\n", EVENTS_LIMIT, &e) || e.code != EFBIG)
			_exit(2);
		_exit(0);
	}
	wait(&status);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(line_append("/proc/none/x", "{}\n", EVENTS_LIMIT, &e), -1);
	ck_assert_int_eq(e.code, ENOENT);
}
END_TEST

START_TEST(a_link_is_not_followed)
{
	struct socle_error e = { 0 };

	ck_assert_int_eq(symlink("/dev/null", path), 0);
	ck_assert_int_eq(line_append(path, "{}\n", EVENTS_LIMIT, &e), -1);
	ck_assert_int_eq(e.code, ELOOP);
}
END_TEST

/* --- for people, and for journald ----------------------------------------------------------------- */

START_TEST(people_read_words)
{
	struct act a = an_act();
	struct event e = { .ms = 1, .what = EVENT_DEVICE_FAILED, .name = "web", .domid = 3, .device = "disk xvda",
			   .text = "a\x1b[31mb \xc2\x9b" "2J \x9b" "2J \xc3\xa4" };
	char *line = act_line(&a), buf[4096], out[256], little[20];
	struct record r = parsed(line, buf);

	event_text(&r, out, sizeof(out));
	ck_assert_str_eq(out, "1970-01-01T00:00:00.002Z  web(3)                alice: socle disk attach web xv\"db : disk-taken (exit code 5) in 12 ms");
	event_text(&r, little, sizeof(little));
	ck_assert_str_eq(little, "1970-01-01T00:00:00");
	free(line);
	a.exit = 0;
	a.error = NULL;
	line = act_line(&a);
	r = parsed(line, buf);
	event_words(&r, out, sizeof(out));
	ck_assert_str_eq(out, "alice: socle disk attach web xv\"db : done in 12 ms");
	free(line);
	line = event_line(&e);
	r = parsed(line, buf);
	event_words(&r, out, sizeof(out));
	ck_assert_str_eq(out, "device-failed disk xvda: a?[31mb ?2J \xef\xbf\xbd" "2J \xc3\xa4");
	free(line);
}
END_TEST

/* A defect: the controls of one byte above ASCII's (C1), which some terminals obey, went through "socle log" and "socle events". */
START_TEST(no_order_reaches_a_terminal)
{
	char text[] = "\x9b" "2J\t\xc3\xa4\x7f\xc2\x9d" "0;x\x07 \xe2\x82\xac \xc2\xa0|\xc3";

	utf8_make_plain(text);
	ck_assert_str_eq(text, "?2J\t\xc3\xa4??0;x? \xe2\x82\xac \xc2\xa0|?");
}
END_TEST

START_TEST(journald_gets_fields)
{
	static struct journal_entry e;
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	static char big[sizeof(e.data)];
	char got[512];
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ssize_t n;

	memset(&e, 0, sizeof(e));
	journal_field(&e, "MESSAGE", "one line");
	journal_field(&e, "LINES", "a\nbc");
	journal_fieldf(&e, "NUMBER", "%d", 42);
	memset(big, 'x', sizeof(big) - 1);
	ck_assert(!e.full);
	journal_field(&e, "BIG", big);
	ck_assert(e.full);
	ck_assert(!journal_send(path, &e));
	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert(journal_send(path, &e));
	n = recv(fd, got, sizeof(got), MSG_DONTWAIT);
	ck_assert_int_eq(n, 17 + 6 + 8 + 5 + 10);
	ck_assert_mem_eq(got, "MESSAGE=one line\nLINES\n\4\0\0\0\0\0\0\0a\nbc\nNUMBER=42\n", (size_t)n);
	close(fd);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("event");
	TCase *pure = tcase_create("pure"), *file = tcase_create("file");

	tcase_add_test(pure, stamps_are_those_of_the_library);
	tcase_add_test(pure, stamps_have_a_last_one);
	tcase_add_loop_test(pure, stamps_are_read_or_refused, 0, sizeof(stamps) / sizeof(stamps[0]));
	tcase_add_test(pure, an_event_comes_back);
	tcase_add_test(pure, an_act_comes_back);
	tcase_add_loop_test(pure, garbage_is_refused, 0, sizeof(garbage) / sizeof(garbage[0]));
	tcase_add_test(pure, a_cut_line_is_refused);
	tcase_add_test(pure, too_many_fields_are_refused);
	tcase_add_test(pure, people_read_words);
	tcase_add_test(pure, no_order_reaches_a_terminal);
	tcase_add_checked_fixture(file, begin, end);
	tcase_add_test(file, many_append_at_once);
	tcase_add_test(file, a_long_file_is_renamed_and_nothing_is_lost);
	tcase_add_test(file, a_line_after_a_cut_one_is_whole);
	tcase_add_test(file, a_full_disk_is_an_error);
	tcase_add_test(file, a_link_is_not_followed);
	tcase_add_test(file, journald_gets_fields);
	tcase_set_timeout(file, 60);
	suite_add_tcase(s, pure);
	suite_add_tcase(s, file);
	return suite_run(s);
}
