/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/report.c
 *
 * How a command says that it failed, and how it is stopped.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>

#include "domain/codes.h"
#include "domain/json.h"
#include "socle/cmd.h"

volatile sig_atomic_t stop_asked;

static void on_signal(int sig)
{
	(void)sig;
	stop_asked = 1;
}

void stop_catch(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigemptyset(&sa.sa_mask);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	signal(SIGPIPE, SIG_IGN); /* a peer that went away shows as an error of write() */
}

const char *exit_code_text(unsigned int code)
{
	static const char *const texts[] = {
		[EXIT_OK] = "Done.",
		[EXIT_FAILED] = "Failed, for a reason that has no code of its own.",
		[EXIT_USAGE] = "Misuse of the command line.",
		[EXIT_CONFIG] = "The description is wrong, or a file that it names is missing or unusable.",
		[EXIT_NOT_FOUND] = "No such guest, or device.",
		[EXIT_EXISTS] = "Name, UUID or disk is in use by another guest.",
		[EXIT_NO_MEMORY] = "Not enough free memory.",
		[EXIT_NO_DAEMON] = "The store daemon or the console daemon is not running.",
		[EXIT_BACKEND] = "The backend of a disk or card failed.",
		[EXIT_INTERRUPTED] = "Interrupted by Ctrl-C, SIGTERM or SIGHUP.",
		[EXIT_NOT_RUNNING] = "The guest does not run.",
		[EXIT_BUSY] = "Busy: somebody else works on the same thing.",
		[EXIT_REFUSED] = "The hypervisor refused.",
		[EXIT_TIMEOUT] = "A time limit passed.",
		[EXIT_PARTIAL] = "A part was done and a part was not.",
	};

	return code < sizeof(texts) / sizeof(texts[0]) ? texts[code] : NULL;
}

static char last_id[SOCLE_ID_MAX];

const char *reported_id(void)
{
	return *last_id ? last_id : NULL;
}

static bool over_line;

void report_over_line(void)
{
	over_line = true;
}

static void begin(void)
{
	fflush(stdout);
	if (over_line)
		fputs("\r\033[K", stderr);
}

int report(const char *verb, const char *who, const struct socle_error *e)
{
	begin();
	snprintf(last_id, sizeof(last_id), "%s", error_id(e));
	if (who)
		fprintf(stderr, "socle: cannot %s '%s': %s [%s]\n", verb, who, e->text, error_id(e));
	else
		fprintf(stderr, "socle: cannot %s: %s [%s]\n", verb, e->text, error_id(e));
	return exit_code_of(e->code);
}

int partly_done(struct socle_error *e, const char *done)
{
	return socle_fail_id(e, DOMAIN_E_PARTIAL, "partial", "%s, but then: %s", done, e->text);
}

void warn_error(const char *what, const struct socle_error *e)
{
	begin();
	fprintf(stderr, "socle: %s: %s [%s]\n", what, e->text, error_id(e));
}

void warn_id(const char *id, const char *fmt, ...)
{
	va_list ap;

	begin();
	snprintf(last_id, sizeof(last_id), "%s", id);
	fputs("socle: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, " [%s]\n", id);
}

void number_print(const struct invocation *inv, const char *key, uint64_t n)
{
	struct json j;

	if (!flag_given(inv, "json")) {
		printf("%" PRIu64 "\n", n);
		return;
	}
	json_begin(&j, stdout);
	json_object(&j, NULL);
	json_uint(&j, key, n);
	json_end(&j);
}

int usage_error(const struct command *cmd, const char *fmt, ...)
{
	va_list ap;

	fputs("socle: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputs(" [usage]\n", stderr);
	if (cmd)
		usage_print(cmd, stderr);
	else
		fputs("see 'socle help'\n", stderr);
	return EXIT_USAGE;
}
