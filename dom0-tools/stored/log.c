/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/log.c
 *
 * One line per message, prefixed with the daemon's name on stderr; syslog adds its own prefix.
 * Nothing here allocates, so that running out of memory can still be reported.
 */
#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>

#include "stored/log.h"

static bool verbose_on;
static bool syslog_on;
static bool quiet_on;

void log_set_verbose(bool verbose)
{
	verbose_on = verbose;
}

void log_set_quiet(bool quiet)
{
	quiet_on = quiet;
}

void log_use_syslog(void)
{
	openlog("stored", LOG_PID | LOG_NDELAY, LOG_DAEMON);
	syslog_on = true;
}

__attribute__((format(printf, 2, 0)))
static void emit(int level, const char *fmt, va_list ap)
{
	char line[1024];

	if (quiet_on && level != LOG_ERR)
		return;
	vsnprintf(line, sizeof(line), fmt, ap);
	if (syslog_on)
		syslog(level, "%s", line);
	else
		fprintf(stderr, "stored: %s\n", line);
}

void log_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit(LOG_ERR, fmt, ap);
	va_end(ap);
}

void log_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit(LOG_WARNING, fmt, ap);
	va_end(ap);
}

void log_info(const char *fmt, ...)
{
	va_list ap;

	/* A start without problems says nothing on the terminal. */
	if (!verbose_on && !syslog_on)
		return;
	va_start(ap, fmt);
	emit(LOG_INFO, fmt, ap);
	va_end(ap);
}

void log_debug(const char *fmt, ...)
{
	va_list ap;

	if (!verbose_on)
		return;
	va_start(ap, fmt);
	emit(LOG_DEBUG, fmt, ap);
	va_end(ap);
}

void log_limited(struct log_limit *limit, const char *fmt, ...)
{
	struct timespec now;
	va_list ap;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!limit->lines || now.tv_sec - limit->start >= LOG_LIMIT_SECONDS) {
		if (limit->dropped)
			log_warn("%lu messages of the kind that follows were not logged",
				 limit->dropped);
		limit->start = now.tv_sec;
		limit->lines = 0;
		limit->dropped = 0;
	}
	if (limit->lines >= LOG_LIMIT_LINES) {
		limit->dropped++;
		return;
	}
	limit->lines++;
	va_start(ap, fmt);
	emit(LOG_WARNING, fmt, ap);
	va_end(ap);
}
