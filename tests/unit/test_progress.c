/* SPDX-License-Identifier: BSD-2-Clause */
/* The line about what takes long: with a clock of the test's, into a file; and with the real thread on a real terminal. */
#include <check.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#include "domain/context.h"
#include "socle/progress.h"
#include "suite.h"

#define S UINT64_C(1000000000)
#define M (UINT64_C(1) << 20)

static struct progress p;
static struct work w;
static int fd;
static char text[8192];
static off_t read_to;

static void begin(const char *title)
{
	w = (struct work){ .step = NULL };
	fd = memfd_create("line", 0);
	ck_assert_int_ge(fd, 0);
	read_to = 0;
	progress_init(&p, title, &w, fd, 100 * S);
}

/* What was written since the last look. */
static const char *news(void)
{
	ssize_t n = pread(fd, text, sizeof(text) - 1, read_to);

	ck_assert_int_ge(n, 0);
	text[n] = '\0';
	read_to += n;
	return text;
}

static const char *at(uint64_t ms, unsigned int columns)
{
	progress_tick(&p, columns, 100 * S + ms * 1000000);
	return news();
}

START_TEST(test_what_is_short_is_not_shown)
{
	begin("create 'web'");
	ck_assert_str_eq(at(0, 80), "");
	ck_assert_str_eq(at(999, 80), "");
	progress_wipe(&p);
	ck_assert_str_eq(news(), "");
	ck_assert_str_eq(at(1000, 80), "\rcreate 'web'  1 s\033[K");
	progress_wipe(&p);
	ck_assert_str_eq(news(), "\r\033[K");
	progress_wipe(&p);
	ck_assert_str_eq(news(), "");
}
END_TEST

START_TEST(test_rate_and_rest)
{
	begin("create 'web'");
	work_step(&w, "memory", WORK_BYTES, 1024 * M);
	at(0, 120);
	work_done(&w, 128 * M);
	ck_assert_str_eq(at(1000, 120), "\rcreate 'web': memory [===>                          ]  12 %  128 MiB of 1.0 GiB, 128 MiB/s, "
					"7 s left\033[K");
	work_done(&w, 256 * M);
	ck_assert_ptr_nonnull(strstr(at(2000, 120), "256 MiB of 1.0 GiB, 128 MiB/s, 6 s left"));
	/* It slows down: the rate follows, but does not jump. */
	work_done(&w, 272 * M);
	ck_assert_ptr_nonnull(strstr(at(3000, 120), "272 MiB of 1.0 GiB, 94 MiB/s, 8 s left"));
	/* A pause: the rate of before goes down further, and is never below none. */
	for (uint64_t ms = 4000; ms < 90000; ms += 1000)
		at(ms, 120);
	ck_assert_ptr_null(strstr(at(90000, 120), "-"));
	work_done(&w, 1024 * M);
	ck_assert_ptr_nonnull(strstr(at(91000, 120), "] 100 %  1.0 GiB of 1.0 GiB, "));
	ck_assert_ptr_null(strstr(text, "left"));
	/* The next step begins anew. */
	work_step(&w, "initrd", WORK_BYTES, 10 * M);
	ck_assert_str_eq(at(91200, 120), "\rcreate 'web': initrd [>                             ]   0 %  0 B of 10 MiB\033[K");
}
END_TEST

START_TEST(test_waits)
{
	begin("shut down 'web'");
	work_step(&w, "waits for its end", WORK_MS, 90000);
	at(0, 100);
	work_done(&w, 45000);
	ck_assert_str_eq(at(45000, 100), "\rshut down 'web': waits for its end [===============>              ]  50 %  45 s of 1:30 min"
					 "\033[K");
	/* Later than the limit is not more than all of it. */
	work_done(&w, 95000);
	ck_assert_ptr_nonnull(strstr(at(95000, 100), "] 100 %  1:35 min of 1:30 min"));
}
END_TEST

START_TEST(test_guests)
{
	begin("shut down all");
	work_step(&w, NULL, WORK_GUESTS, 8);
	at(0, 80);
	work_done(&w, 2);
	ck_assert_str_eq(at(2000, 80), "\rshut down all [=======>                      ]  25 %  2 of 8 guests\033[K");
}
END_TEST

START_TEST(test_steps_that_tell_nothing)
{
	begin("create 'web'");
	at(0, 80);
	work_step(&w, "unpack kernel", WORK_BYTES, 0);
	at(500, 80);
	ck_assert_str_eq(at(4600, 80), "\rcreate 'web': unpack kernel  4 s\033[K");
	/* How much there will be is not known: no bar, but a rate. */
	work_step(&w, "frames", WORK_BYTES, 0);
	at(5000, 80);
	work_done(&w, 5 * M);
	ck_assert_str_eq(at(6000, 80), "\rcreate 'web': frames  5.0 MiB, 5.0 MiB/s\033[K");
}
END_TEST

/* Characters on the screen: all but the sequences that move and colour. */
static size_t visible(const char *s)
{
	size_t n = 0;

	for (; *s; s++) {
		if (*s == '\033') {
			s += strcspn(s, "mK");
			continue;
		}
		n += *s != '\r';
	}
	return n;
}

/* On any width the line is shorter than the screen: one that wraps could not be wiped. */
START_TEST(test_widths)
{
	for (unsigned int colour = 0; colour < 2; colour++) {
		begin("create 'a-guest-with-a-name-of-some-length'");
		p.colour = colour;
		work_step(&w, "memory", WORK_BYTES, 1024 * M);
		at(0, 80);
		work_done(&w, 512 * M);
		for (unsigned int columns = 0; columns < 250; columns++) {
			at(1000 + columns, columns);
			ck_assert_msg(visible(text) < (columns > 2 ? columns : 2), "%u columns: %zu: %s", columns, visible(text), text);
			/* The bar goes first, when there is no room for it. */
			ck_assert(columns > 70 || !strstr(text, "=="));
			ck_assert(columns < 120 || strstr(text, "=="));
		}
		ck_assert_int_eq(strstr(text, "\033[32m") != NULL, colour);
		ck_assert_int_eq(strstr(text, "\033[0m]") != NULL, colour);
	}
}
END_TEST

START_TEST(test_environment)
{
	int tty, master;

	ck_assert_int_eq(openpty(&master, &tty, NULL, NULL, NULL), 0);
	setenv("TERM", "xterm", 1);
	ck_assert(progress_possible(tty));
	setenv("TERM", "dumb", 1);
	ck_assert(!progress_possible(tty));
	unsetenv("TERM");
	ck_assert(!progress_possible(tty));
	setenv("TERM", "xterm", 1);
	begin("x");
	ck_assert(!progress_possible(fd));
	unsetenv("NO_COLOR");
	ck_assert(colour_wanted());
	setenv("NO_COLOR", "", 1); /* no-color.org: only when not empty */
	ck_assert(colour_wanted());
	setenv("NO_COLOR", "0", 1);
	ck_assert(!colour_wanted());
}
END_TEST

/* Off a terminal there is no line, and no thread. */
START_TEST(test_off_a_terminal)
{
	int saved = dup(STDERR_FILENO);

	begin("x");
	dup2(fd, STDERR_FILENO);
	progress_begin(&p, "create 'web'", &w);
	p.begin_ns -= 5 * S;
	sleep_ms(300);
	progress_end(&p);
	dup2(saved, STDERR_FILENO);
	ck_assert_str_eq(news(), "");
}
END_TEST

/* The real thread on a real terminal: it draws, wipes, and leaves the terminal's settings alone. */
START_TEST(test_on_a_terminal)
{
	struct winsize size = { .ws_row = 24, .ws_col = 100 };
	int tty, master, saved = dup(STDERR_FILENO);
	struct termios before = { .c_iflag = 0 }, after = { .c_iflag = 0 };
	size_t n = 0;

	setenv("TERM", "xterm", 1);
	setenv("NO_COLOR", "1", 1);
	ck_assert_int_eq(openpty(&master, &tty, NULL, NULL, &size), 0);
	tcgetattr(tty, &before);
	dup2(tty, STDERR_FILENO);
	w = (struct work){ .step = NULL };
	work_step(&w, "memory", WORK_BYTES, 100 * M);
	progress_begin(&p, "create 'web'", &w);
	work_done(&w, 50 * M);
	while (n < sizeof(text) - 1 && !memmem(text, n, "] ", 2)) /* a line comes when a second has passed */
		n += (size_t)read(master, text + n, sizeof(text) - 1 - n);
	progress_end(&p);
	dup2(saved, STDERR_FILENO);
	tcgetattr(tty, &after);
	n += (size_t)read(master, text + n, sizeof(text) - 1 - n);
	text[n] = '\0';
	ck_assert_msg(strncmp(text, "\rcreate 'web': memory [===============>", 37) == 0, "%s", text);
	ck_assert_msg(n > 4 && strcmp(text + n - 4, "\r\033[K") == 0, "%s", text);
	ck_assert_int_eq(memcmp(&before, &after, sizeof(before)), 0);
	progress_end(&p); /* once more does nothing */
}
END_TEST

int main(void)
{
	Suite *s = suite_create("progress");
	TCase *tc = tcase_create("progress");

	tcase_add_test(tc, test_what_is_short_is_not_shown);
	tcase_add_test(tc, test_rate_and_rest);
	tcase_add_test(tc, test_waits);
	tcase_add_test(tc, test_guests);
	tcase_add_test(tc, test_steps_that_tell_nothing);
	tcase_add_test(tc, test_widths);
	tcase_add_test(tc, test_environment);
	tcase_add_test(tc, test_off_a_terminal);
	tcase_add_test(tc, test_on_a_terminal);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
