/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/report.c
 *
 * How a command says that it failed, and how it is stopped.
 */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>

#include "domain/codes.h"
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

enum exit_code exit_code_of(int error_code)
{
	switch (error_code) {
	case DOMAIN_E_CONFIG:
		return EXIT_CONFIG;
	case DOMAIN_E_NOT_FOUND:
		return EXIT_NOT_FOUND;
	case DOMAIN_E_EXISTS:
		return EXIT_EXISTS;
	case DOMAIN_E_NO_MEMORY:
		return EXIT_NO_MEMORY;
	case DOMAIN_E_NO_DAEMON:
		return EXIT_NO_DAEMON;
	case DOMAIN_E_BACKEND:
		return EXIT_BACKEND;
	case DOMAIN_E_INTERRUPTED:
		return EXIT_INTERRUPTED;
	default:
		return EXIT_FAILED;
	}
}

int report(const char *verb, const char *who, const struct socle_error *e)
{
	fflush(stdout);
	if (who)
		fprintf(stderr, "socle: cannot %s '%s': %s\n", verb, who, e->text);
	else
		fprintf(stderr, "socle: cannot %s: %s\n", verb, e->text);
	return exit_code_of(e->code);
}

int usage_error(const struct command *cmd, const char *fmt, ...)
{
	va_list ap;

	fputs("socle: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	if (cmd)
		usage_print(cmd, stderr);
	else
		fputs("see 'socle help'\n", stderr);
	return EXIT_USAGE;
}
