/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/guestlog.c
 *
 * See guestlog.h.
 */
#include "domain/guestlog.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "domain/names.h"

static void log_open(struct guestlog *l)
{
	char path[sizeof(SOCLE_LOG_DIR) + DOMAIN_NAME_MAX + 8];

	dir_ensure(SOCLE_LOG_DIR, 0755, NULL);
	snprintf(path, sizeof(path), SOCLE_LOG_DIR "/%s.log", l->name);
	l->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
}

void guestlog_say(struct guestlog *l, uint16_t domid, const char *fmt, ...)
{
	char line[1400], stamp[32];
	time_t now = time(NULL);
	struct tm tm;
	va_list ap;
	int n, m;

	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &tm);
	n = snprintf(line, sizeof(line), "%s domain %u: ", stamp, domid);
	va_start(ap, fmt);
	m = vsnprintf(line + n, sizeof(line) - (size_t)n - 1, fmt, ap);
	va_end(ap);
	n = m < 0 || (size_t)(n + m) > sizeof(line) - 2 ? (int)sizeof(line) - 2 : n + m;
	line[n++] = '\n';
	if (l->fd < 0)
		log_open(l);
	if (l->fd >= 0 && write(l->fd, line, (size_t)n) < 0) {
		close(l->fd);
		l->fd = -1; /* a full disk must not end the watch */
	}
}
