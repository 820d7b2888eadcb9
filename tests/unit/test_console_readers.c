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

int main(void)
{
	Suite *s = suite_create("console_readers");
	TCase *t = tcase_create("console_readers");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, output_goes_to_all_and_input_comes_from_all);
	tcase_add_loop_test(t, what_was_typed_before_hanging_up_is_not_lost, 0, 2);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
