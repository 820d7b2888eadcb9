/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_console_readers.c
 *
 * Those who look at a guest's console (dom0-tools/consoled/readers.c), over real sockets.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "consoled/readers.h"
#include "suite.h"

static struct readers readers;
static char dir[] = "/tmp/socle-readers-XXXXXX";

static void begin(void)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(readers_open(&readers, dir, 7), 0);
}

static void end(void)
{
	readers_close(&readers);
	rmdir(dir);
	memcpy(dir + sizeof(dir) - 7, "XXXXXX", 6);
}

static int client(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, readers.path);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* Until nothing more happens; what was typed. */
static const char *serve(void)
{
	static char typed[4096];
	size_t used = 0;

	for (int quiet = 0; quiet < 3;) {
		struct pollfd p[READERS_MAX + 1];
		size_t n = readers_poll(&readers, p), got = 0;

		quiet = poll(p, n, 10) > 0 ? 0 : quiet + 1;
		got = readers_serve(&readers, p, n, typed + used, sizeof(typed) - 1 - used);
		used += got;
		ck_assert_uint_lt(used, sizeof(typed) - 1);
	}
	typed[used] = '\0';
	return typed;
}

static int clients(void)
{
	struct pollfd p[READERS_MAX + 1];

	return (int)readers_poll(&readers, p) - 1;
}

START_TEST(output_goes_to_all_and_input_comes_from_all)
{
	int a = client(), b;
	char buf[64];

	readers_output(&readers, "before ", 7);
	serve();
	b = client();
	serve();
	readers_output(&readers, "after", 5);
	ck_assert_int_eq(read(a, buf, sizeof(buf)), 12);
	ck_assert_mem_eq(buf, "before after", 12);
	ck_assert_int_eq(read(b, buf, sizeof(buf)), 12);
	ck_assert_mem_eq(buf, "before after", 12);
	ck_assert_int_eq(write(a, "one", 3), 3);
	ck_assert_str_eq(serve(), "one");
	ck_assert_int_eq(write(b, "two", 3), 3);
	ck_assert_str_eq(serve(), "two");
	close(a);
	serve();
	ck_assert_int_eq(clients(), 1);
	close(b);
	serve();
	ck_assert_int_eq(clients(), 0);
}
END_TEST

/* A busy daemon accepts it when it has gone already, and finds out by telling it what the guest has said so far. */
START_TEST(what_was_typed_before_hanging_up_is_not_lost)
{
	int fd;

	readers_output(&readers, "a prompt", 8);
	fd = client();
	if (_i) {
		serve(); /* accepted in time, but told something later */
		ck_assert_int_eq(clients(), 1);
	}
	ck_assert_int_eq(write(fd, "halt\n", 5), 5);
	close(fd);
	if (_i)
		readers_output(&readers, "more", 4);
	ck_assert_str_eq(serve(), "halt\n");
	ck_assert_int_eq(clients(), 0);
}
END_TEST

/* Numbered lines of 100 bytes each. */
static void lines_print(unsigned int from, unsigned int n)
{
	char line[101];

	for (unsigned int i = from; i < from + n; i++) {
		snprintf(line, sizeof(line), "%08u%91s\n", i, "");
		readers_output(&readers, line, 100);
	}
}

/* All that waits for it; how many bytes, with the first and the last whole line's number. */
static size_t all_read(int fd, unsigned int *first, unsigned int *last)
{
	static char buf[SCROLLBACK + QUEUE_SIZE + 65536];
	size_t used = 0, skip;
	ssize_t n;

	while (serve(), (n = recv(fd, buf + used, sizeof(buf) - used, MSG_DONTWAIT)) > 0)
		used += (size_t)n;
	skip = used % 100; /* of a line whose beginning is lost */
	*first = (unsigned int)strtoul(buf + skip, NULL, 10);
	*last = used >= 100 ? (unsigned int)strtoul(buf + used - 100, NULL, 10) : 0;
	return used;
}

/* Who comes late sees the end of what was, and who was there from the beginning all of it, the first byte as well. */
START_TEST(a_late_reader_has_the_scrollback)
{
	unsigned int first, last;
	int early = client(), late;
	size_t n = 0;

	serve();
	for (unsigned int i = 0; i < 1000; i += 100) {
		lines_print(i, 100);
		n += all_read(early, &first, &last);
		if (!i)
			ck_assert_uint_eq(first, 0);
	}
	ck_assert_uint_eq(n, 100000);
	ck_assert_uint_eq(last, 999);
	late = client();
	ck_assert_uint_eq(all_read(late, &first, &last), SCROLLBACK);
	ck_assert_uint_eq(last, 999);
	ck_assert_uint_eq(first, 1000 - SCROLLBACK / 100);
	lines_print(1000, 1);
	ck_assert_uint_eq(all_read(late, &first, &last), 100);
	ck_assert_uint_eq(first, 1000);
	close(early);
	close(late);
}
END_TEST

/* It loses the oldest bytes of its own, and nobody waits for it. */
START_TEST(a_reader_that_does_not_read_is_in_nobody_s_way)
{
	unsigned int first, last;
	int lazy = client(), eager = client();
	size_t n = 0;

	serve();
	for (unsigned int i = 0; i < 20000; i += 200) {
		lines_print(i, 200);
		n += all_read(eager, &first, &last);
	}
	ck_assert_uint_eq(n, 2000000);
	n = all_read(lazy, &first, &last);
	ck_assert_uint_ge(n, QUEUE_SIZE); /* and what the socket had taken before */
	ck_assert_uint_lt(n, 2000000);
	ck_assert_uint_eq(last, 19999);
	close(lazy);
	close(eager);
}
END_TEST

START_TEST(as_many_as_can_be_served)
{
	int fd[READERS_MAX + 1];
	char c;

	for (unsigned int i = 0; i <= READERS_MAX; i++) {
		fd[i] = client();
		serve();
	}
	ck_assert_int_eq(clients(), READERS_MAX);
	ck_assert_int_eq(read(fd[READERS_MAX], &c, 1), 0);
	readers_output(&readers, "x", 1);
	for (unsigned int i = 0; i < READERS_MAX; i++)
		ck_assert_int_eq(read(fd[i], &c, 1), 1);
	close(fd[0]);
	close(fd[READERS_MAX]);
	serve();
	fd[0] = client(); /* there is a place again */
	serve();
	ck_assert_int_eq(read(fd[0], &c, 1), 1);
	for (unsigned int i = 0; i < READERS_MAX; i++)
		close(fd[i]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("console_readers");
	TCase *t = tcase_create("console_readers");

	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, output_goes_to_all_and_input_comes_from_all);
	tcase_add_test(t, a_late_reader_has_the_scrollback);
	tcase_add_test(t, a_reader_that_does_not_read_is_in_nobody_s_way);
	tcase_add_test(t, as_many_as_can_be_served);
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, what_was_typed_before_hanging_up_is_not_lost, 0, 2);
	suite_add_tcase(s, t);
	return suite_run(s);
}
