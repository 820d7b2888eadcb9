/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_api.c
 *
 * libsocle, with shell scripts in the place of the program that it runs: what they are given, and what becomes of what they say.
 */
#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <socle/socle.h>

#include "suite.h"

static char dir[] = "/tmp/socle-api-XXXXXX", program[64], notes[64];
static struct socle *s;

/* The program is this, and notes what it got. */
static void program_is(const char *script)
{
	FILE *f = fopen(program, "we");

	ck_assert_ptr_nonnull(f);
	fprintf(f, "#!/bin/sh\nfor a; do printf '<%%s>' \"$a\"; done >%s\n%s\n", notes, script);
	fclose(f);
	ck_assert_int_eq(chmod(program, 0700), 0);
}

static void got(const char *words)
{
	char line[512] = "";
	FILE *f = fopen(notes, "re");

	ck_assert_ptr_nonnull(f);
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), f));
	fclose(f);
	ck_assert_str_eq(line, words);
}

static void setup(void)
{
	strcpy(dir, "/tmp/socle-api-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(program, sizeof(program), "%s/socle", dir);
	snprintf(notes, sizeof(notes), "%s/notes", dir);
	setenv("SOCLE_PROGRAM", program, 1);
	setenv("SOCLE_GUESTS", dir, 1);
	s = socle_open();
	ck_assert_ptr_nonnull(s);
}

static void teardown(void)
{
	socle_close(s);
	unlink(program);
	unlink(notes);
	rmdir(dir);
}

static void fails(int r, int code, const char *id, const char *text)
{
	ck_assert_int_eq(r, -code);
	ck_assert_int_eq(socle_error_code(s), code);
	ck_assert_str_eq(socle_error_id(s), id);
	ck_assert_msg(strstr(socle_error_text(s), text) != NULL, "'%s'", socle_error_text(s));
}

static void works(int r, int want, const char *words)
{
	ck_assert_msg(r == want, "%d: %s", r, socle_error_text(s));
	ck_assert_int_eq(socle_error_code(s), SOCLE_OK);
	ck_assert_str_eq(socle_error_text(s), "");
	got(words);
}

static const char good[] = "<domain type='xen'><name>x</name><memory>65536</memory><os><type>linux</type><kernel>/k</kernel></os></domain>";
static const char disk[] = "<?xml version='1.0'?><disk type='file'><source file='/a'/><target dev='xvdb'/></disk>";
static const char card[] = "<interface type='ethernet'/>";

START_TEST(words)
{
	program_is("");
	works(socle_destroy(s, "web"), 0, "<destroy><--><web>");
	works(socle_destroy(s, "--all"), 0, "<destroy><--><--all>");
	works(socle_pause(s, "a b'$x`"), 0, "<pause><--><a b'$x`>");
	works(socle_unpause(s, "7"), 0, "<unpause><--><7>");
	works(socle_undefine(s, "web"), 0, "<undefine><--><web>");
	works(socle_rename(s, "a", "b"), 0, "<rename><--><a><b>");
	works(socle_shutdown(s, "web", 0), 0, "<shutdown><--><web>");
	works(socle_shutdown(s, "web", 9), 0, "<shutdown><--wait><--timeout=9><--><web>");
	works(socle_reboot(s, "web", 0), 0, "<reboot><--><web>");
	works(socle_detach(s, "web", "xvdb", 0, 0), 0, "<disk><detach><--><web><xvdb>");
	works(socle_detach(s, "web", "12", SOCLE_FORCE, 5), 0, "<net><detach><--force><--timeout=5><--><web><12>");
	works(socle_attach(s, "web", disk, strlen(disk)), 0, "<disk><attach><--><web></proc/self/fd/3>");
}
END_TEST

START_TEST(numbers)
{
	program_is("echo '{\"name\": \"x\", \"uuid\": \"u\", \"id\": 42, \"phases\": []}'");
	works(socle_create(s, good, strlen(good)), 42, "<create><--json><--></proc/self/fd/3>");
	works(socle_start(s, "x"), 42, "<start><--json><--><x>");
	program_is("echo '{\"card\": 3}'");
	works(socle_attach(s, "web", card, strlen(card)), 3, "<net><attach><--json><--><web></proc/self/fd/3>");
	program_is("echo nonsense");
	fails(socle_start(s, "x"), SOCLE_E_PARTIAL, "no-program", "of another version");
	program_is("echo '{\"id\": 99999}'");
	fails(socle_start(s, "x"), SOCLE_E_PARTIAL, "no-program", "of another version");
}
END_TEST

START_TEST(description)
{
	/* It comes whole, as a regular file that can be read again. */
	program_is("for f; do :; done; [ -f \"$f\" ] && cmp -s \"$f\" \"$f\" && [ \"$(head -c 7 \"$f\")\" = '<domain' ] && [ $(wc -c <\"$f\") = $SIZE ]");
	char size[16];

	snprintf(size, sizeof(size), "%zu", strlen(good));
	setenv("SIZE", size, 1);
	works(socle_define(s, good, strlen(good)), 0, "<define><--></proc/self/fd/3>");
	ck_assert_int_eq(socle_validate(s, good, strlen(good)), 0);
	/* What is wrong with it is found before anything runs. */
	unlink(notes);
	fails(socle_create(s, "<domain/>", 9), SOCLE_E_CONFIG, "bad-description", "has errors");
	ck_assert_uint_eq(socle_fault_count(s), 4);
	ck_assert_uint_eq(socle_fault(s, 0)->line, 1);
	ck_assert_uint_eq(socle_fault(s, 0)->size, sizeof(struct socle_fault));
	ck_assert_ptr_null(socle_fault(s, 4));
	fails(socle_attach(s, "x", "<disk/>", 7), SOCLE_E_CONFIG, "bad-description", "has errors");
	fails(socle_attach(s, "x", "", 0), SOCLE_E_CONFIG, "bad-description", "has errors");
	fails(socle_define(s, "", 0), SOCLE_E_CONFIG, "bad-description", "has errors");
	ck_assert_int_ne(access(notes, F_OK), 0);
	/* And forgotten with the next. */
	ck_assert_int_eq(socle_validate(s, good, strlen(good)), 0);
	ck_assert_uint_eq(socle_fault_count(s), 0);
}
END_TEST

START_TEST(failures)
{
	program_is("echo 'socle: a warning [x]' >&2; echo 'socle: cannot destroy: \"web\": because [of-this]' >&2; echo more >&2; exit 11");
	fails(socle_destroy(s, "web"), SOCLE_E_BUSY, "of-this", "cannot destroy: \"web\": because");
	ck_assert_ptr_null(strstr(socle_error_text(s), "[of-this]"));
	program_is("echo 'socle: only a warning [x]' >&2");
	ck_assert_int_eq(socle_destroy(s, "web"), 0);
	program_is("exit 5");
	fails(socle_destroy(s, "web"), SOCLE_E_EXISTS, "failed", "without a message");
	program_is("kill -9 $$");
	fails(socle_destroy(s, "web"), SOCLE_E_FAILED, "no-program", "ended by signal 9");
	/* More than there is room for: the end of the one, the beginning of the other. */
	program_is("echo '{\"id\": 7'; yes 0123456789 | head -c 1000000; yes abc | head -c 1000000 >&2; echo 'socle: x [y-z]' >&2; exit $CODE");
	setenv("CODE", "13", 1);
	fails(socle_start(s, "web"), SOCLE_E_TIMEOUT, "y-z", "x");
	setenv("CODE", "0", 1);
	ck_assert_int_eq(socle_start(s, "web"), 7);
	setenv("SOCLE_PROGRAM", "/nonexistent/socle", 1);
	fails(socle_destroy(s, "web"), SOCLE_E_FAILED, "no-program", "'/nonexistent/socle': No such file");
}
END_TEST

START_TEST(misuse)
{
	program_is("");
	fails(socle_destroy(s, NULL), SOCLE_E_USAGE, "usage", "its name is missing");
	fails(socle_destroy(s, ""), SOCLE_E_USAGE, "usage", "its name is missing");
	fails(socle_rename(s, "a", NULL), SOCLE_E_USAGE, "usage", "new name");
	fails(socle_create(s, NULL, 5), SOCLE_E_USAGE, "usage", "a description is missing");
	fails(socle_attach(s, "x", NULL, 5), SOCLE_E_USAGE, "usage", "a description is missing");
	fails(socle_detach(s, "x", NULL, 0, 0), SOCLE_E_USAGE, "usage", "which device");
	fails(socle_detach(s, "x", "xvda", 8, 0), SOCLE_E_USAGE, "usage", "flag");
	fails(socle_wait(s, "x", SOCLE_STATE_PAUSED, 0), SOCLE_E_USAGE, "usage", "waited for");
	fails(socle_console(s, NULL), SOCLE_E_USAGE, "usage", "its name is missing");
	ck_assert_ptr_null(socle_guest(s, NULL));
	ck_assert_ptr_null(socle_description(s, ""));
	ck_assert_int_eq(socle_error_code(s), SOCLE_E_USAGE);
	ck_assert_int_ne(access(notes, F_OK), 0);
	socle_close(NULL);
	socle_guest_free(NULL);
	socle_guests_free(NULL);
}
END_TEST

/*
 * A caller without standard descriptors, with blocked and ignored signals, gives the program none of that.  (glibc has two signals
 * of its own, 32 and 33, which posix_spawn() leaves ignored.)
 */
START_TEST(surroundings)
{
	sigset_t all;

	program_is("[ \"$(ls /proc/self/fd | tr '\\n' ' ')\" = '0 1 2 3 ' ] && echo ok >&1 && [ -z \"$(cat)\" ] && "
		   "[ \"$(sed -n 's/^Sig\\(Blk\\|Ign\\):\\t//p' /proc/$$/status | sed 's/180000000$//' | tr -d '0\\n')\" = '' ] || exit 1; kill -TERM $$; exit 3");
	(void)open("/dev/null", O_RDONLY); /* without close-on-exec */
	sigfillset(&all);
	signal(SIGTERM, SIG_IGN);
	sigprocmask(SIG_SETMASK, &all, NULL);
	close(0);
	close(1);
	close(2);
	fails(socle_destroy(s, "web"), SOCLE_E_FAILED, "no-program", "ended by signal 15");
}
END_TEST

START_TEST(children)
{
	program_is("exit 0");
	signal(SIGCHLD, SIG_IGN);
	fails(socle_destroy(s, "web"), SOCLE_E_PARTIAL, "no-program", "ignores SIGCHLD");
}
END_TEST

static void on_alarm(int sig)
{
	(void)sig;
	socle_interrupt(s);
}

START_TEST(interrupting)
{
	/* The program hears it, and says what it does then. */
	program_is("trap 'echo \"socle: cannot create: interrupted [interrupted]\" >&2; exit 9' TERM; while :; do sleep 0.05; done");
	signal(SIGALRM, on_alarm);
	ualarm(200000, 0);
	fails(socle_destroy(s, "web"), SOCLE_E_INTERRUPTED, "interrupted", "cannot create: interrupted");
	/* It was for that one. */
	program_is("sleep 0.3");
	ck_assert_int_eq(socle_destroy(s, "web"), 0);
	/* Before a function is called, for the next one. */
	program_is("trap 'echo \"socle: x [interrupted]\" >&2; exit 9' TERM; while :; do sleep 0.05; done");
	socle_interrupt(s);
	fails(socle_destroy(s, "web"), SOCLE_E_INTERRUPTED, "interrupted", ""); /* perhaps before its first line */
}
END_TEST

static void *many(void *arg)
{
	struct socle *mine = socle_open();

	for (int i = 0; i < 50; i++) {
		if (socle_destroy(mine, "web") != -SOCLE_E_BUSY || strcmp(socle_error_id(mine), "of-this") != 0 ||
		    socle_validate(mine, "<domain type='xen'><nmae/></domain>", 35) != -SOCLE_E_CONFIG || socle_fault_count(mine) != 4 ||
		    !strstr(socle_fault(mine, 3)->text, "did you mean <name>?"))
			*(int *)arg = 1;
	}
	socle_close(mine);
	return NULL;
}

START_TEST(threads)
{
	pthread_t t[4];
	int bad[4] = { 0 };

	program_is("echo 'socle: x [of-this]' >&2; exit 11");
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&t[i], NULL, many, &bad[i]), 0);
	for (int i = 0; i < 4; i++) {
		pthread_join(t[i], NULL);
		ck_assert_int_eq(bad[i], 0);
	}
}
END_TEST

/* --- events -------------------------------------------------------------------------------------- */

static char events[64];

static void append(const char *text)
{
	int fd = open(events, O_WRONLY | O_CREAT | O_APPEND, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static bool more(struct socle_events *ev, int ms)
{
	struct pollfd p = { .fd = socle_events_fd(ev), .events = POLLIN };

	return poll(&p, 1, ms) == 1;
}

/* Waited for, as a program does. */
static void comes(struct socle_events *ev, const char *want)
{
	const char *line;

	for (int tries = 0; !(line = socle_events_next(ev)) && tries < 100; tries++)
		ck_assert_msg(more(ev, 20000), "'%s' does not come", want);
	ck_assert_ptr_nonnull(line);
	ck_assert_str_eq(line, want);
}

static void is_quiet(struct socle_events *ev)
{
	ck_assert_ptr_null(socle_events_next(ev));
	ck_assert(!more(ev, 0));
}

START_TEST(listening)
{
	char old[80];
	struct socle_events *ev, *past;

	snprintf(events, sizeof(events), "%s/log/events", dir);
	setenv("SOCLE_EVENTS", events, 1);
	ev = socle_events_open(s, 0); /* there is no folder yet */
	ck_assert_ptr_nonnull(ev);
	is_quiet(ev);
	append("{1}\n");
	ck_assert(more(ev, 20000));
	comes(ev, "{1}");
	append("{2}\n{3}\n{hal");
	comes(ev, "{2}");
	comes(ev, "{3}");
	is_quiet(ev);
	append("f}\n");
	comes(ev, "{half}");
	/* Another file takes its place, perhaps after a last line. */
	snprintf(old, sizeof(old), "%s.1", events);
	append("{last}\n");
	ck_assert_int_eq(rename(events, old), 0);
	comes(ev, "{last}");
	is_quiet(ev);
	append("{new}\n");
	comes(ev, "{new}");
	append("{newer}\n");
	comes(ev, "{newer}");
	is_quiet(ev);
	past = socle_events_open(s, SOCLE_PAST);
	comes(past, "{1}");
	comes(past, "{2}");
	socle_events_close(past);
	past = socle_events_open(s, 0);
	is_quiet(past);
	append("{both}\n");
	comes(past, "{both}");
	comes(ev, "{both}");
	socle_events_close(past);
	socle_events_close(ev);
	socle_events_close(NULL);
	unlink(events);
	unlink(old);
	*strrchr(events, '/') = '\0';
	rmdir(events);
	ck_assert_ptr_null(socle_events_open(s, 4));
	ck_assert_int_eq(socle_error_code(s), SOCLE_E_USAGE);
	setenv("SOCLE_EVENTS", "/nonexistent/folder/events", 1);
	ck_assert_ptr_null(socle_events_open(s, 0));
	ck_assert_str_eq(socle_error_id(s), "no-events");
}
END_TEST

START_TEST(states)
{
	static const char *const names[] = { "off", "starting", "running", "paused", "ended", "crashed", "rebooting", "ending", "broken" };

	for (int i = SOCLE_STATE_OFF; i <= SOCLE_STATE_BROKEN; i++)
		ck_assert_str_eq(socle_state_name((enum socle_state)i), names[i]);
	ck_assert_str_eq(socle_state_name((enum socle_state)99), "?");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("api");
	TCase *tc = tcase_create("api");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, words);
	tcase_add_test(tc, numbers);
	tcase_add_test(tc, description);
	tcase_add_test(tc, failures);
	tcase_add_test(tc, misuse);
	tcase_add_test(tc, surroundings);
	tcase_add_test(tc, children);
	tcase_add_test(tc, interrupting);
	tcase_add_test(tc, threads);
	tcase_add_test(tc, listening);
	tcase_add_test(tc, states);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
