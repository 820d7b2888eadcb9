/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/log.h
 *
 * Where the daemon's messages go: stderr until it has left the terminal, syslog afterwards.
 * Text that comes from a guest is never used as a format and is cut by the caller.
 */
#ifndef SOCLE_STORED_LOG_H
#define SOCLE_STORED_LOG_H

#include <stdbool.h>
#include <time.h>

/* Debug lines are written only when verbose. */
void log_set_verbose(bool verbose);
/* From now on to syslog instead of stderr. */
void log_use_syslog(void);
/* No output at all below an error; used by the unit tests. */
void log_set_quiet(bool quiet);

void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Lines that a peer can cause at will: at most LOG_LIMIT_LINES in LOG_LIMIT_SECONDS each. */
#define LOG_LIMIT_LINES   10
#define LOG_LIMIT_SECONDS 60

struct log_limit {
	time_t start;		/* of the present interval, monotonic seconds */
	unsigned lines;
	unsigned long dropped;
};

void log_limited(struct log_limit *limit, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* SOCLE_STORED_LOG_H */
