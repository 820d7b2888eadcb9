/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_notify.c
 *
 * What a daemon tells its manager: over a socket with a path and over an abstract one, to nobody, and the watchdog's rhythm.
 */
#include <check.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "libsocle/notify.h"
#include "suite.h"

static char dir[] = "/tmp/socle-notify-XXXXXX";
static char path[64];
static int fd;

static void listen_at(const char *name)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	memcpy(addr.sun_path, name, strlen(name) + 1);
	if (name[0] == '@')
		addr.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&addr,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name) + (name[0] == '/'))), 0);
	setenv("NOTIFY_SOCKET", name, 1);
}

static void setup(void)
{
	strcpy(dir + sizeof(dir) - 7, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/notify", dir);
	unsetenv("WATCHDOG_PID");
	unsetenv("WATCHDOG_USEC");
	unsetenv("NOTIFY_SOCKET");
	fd = -1;
}

static void teardown(void)
{
	close(fd);
	unlink(path);
	rmdir(dir);
}

static const char *heard(void)
{
	static char text[64];
	ssize_t n = recv(fd, text, sizeof(text) - 1, 0);

	if (n < 0)
		return NULL;
	text[n] = '\0';
	return text;
}

START_TEST(a_path)
{
	listen_at(path);
	socle_notify("READY=1");
	ck_assert_str_eq(heard(), "READY=1");
	ck_assert_ptr_null(heard());
}
END_TEST

START_TEST(an_abstract_name)
{
	char name[64];

	snprintf(name, sizeof(name), "@socle-notify-%d", (int)getpid());
	listen_at(name);
	socle_notify("STOPPING=1");
	ck_assert_str_eq(heard(), "STOPPING=1");
}
END_TEST

START_TEST(nobody)
{
	socle_notify("READY=1");
	setenv("NOTIFY_SOCKET", "relative", 1);
	socle_notify("READY=1");
	setenv("NOTIFY_SOCKET", "/nowhere/at/all", 1);
	socle_notify("READY=1");
	listen_at(path);
	ck_assert_ptr_null(heard());
}
END_TEST

START_TEST(a_watchdog)
{
	struct socle_watchdog w;
	char pid[16];

	listen_at(path);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("WATCHDOG_PID", pid, 1);
	setenv("WATCHDOG_USEC", "200000", 1);
	socle_watchdog_init(&w);
	ck_assert_int_eq(w.period_ms, 100);
	ck_assert_int_le(socle_watchdog_timeout(&w), 100);
	socle_watchdog_turn(&w);
	/* Not before its time. */
	ck_assert(w.next_ms && (!heard() || socle_watchdog_timeout(&w) >= 0));
	usleep(110000);
	ck_assert_int_eq(socle_watchdog_timeout(&w), 0);
	socle_watchdog_turn(&w);
	ck_assert_str_eq(heard(), "WATCHDOG=1");
	socle_watchdog_turn(&w);
	ck_assert_int_ge(socle_watchdog_timeout(&w), 0);
}
END_TEST

START_TEST(no_watchdog)
{
	static const char *const bad[] = { "", "0", "-5", "12x", "x" };
	struct socle_watchdog w;

	listen_at(path);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		setenv("WATCHDOG_USEC", bad[i], 1);
		socle_watchdog_init(&w);
		ck_assert_int_eq(socle_watchdog_timeout(&w), -1);
		socle_watchdog_turn(&w);
	}
	setenv("WATCHDOG_USEC", "2000", 1);
	setenv("WATCHDOG_PID", "1", 1);	/* somebody else's */
	socle_watchdog_init(&w);
	ck_assert_int_eq(socle_watchdog_timeout(&w), -1);
	ck_assert_ptr_null(heard());
}
END_TEST

int main(void)
{
	Suite *s = suite_create("notify");
	TCase *tc = tcase_create("notify");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_path);
	tcase_add_test(tc, an_abstract_name);
	tcase_add_test(tc, nobody);
	tcase_add_test(tc, a_watchdog);
	tcase_add_test(tc, no_watchdog);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
