/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/guestlog.c
 *
 * See guestlog.h.
 */
#include "domain/guestlog.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "domain/linefile.h"
#include "domain/names.h"
#include "libsocle/stamp.h"

#define LIMIT (1 << 20)

void guestlog_path(const char *name, char *out, size_t size)
{
	snprintf(out, size, SOCLE_LOG_DIR "/%s.log", name);
}

/* A text may have ends of lines: then it is several lines to a reader, of which the first has the moment. */
static void line_put(const char *name, uint64_t ms, const char *whose, const char *text)
{
	char path[sizeof(SOCLE_LOG_DIR) + DOMAIN_NAME_MAX + 8], line[1400], stamp[STAMP_BYTES];
	int n;

	stamp_format(stamp, ms);
	n = snprintf(line, sizeof(line) - 1, "%s %s: %s", stamp, whose, text);
	if (n > (int)sizeof(line) - 2)
		n = (int)sizeof(line) - 2;
	strcpy(line + n, "\n");
	guestlog_path(name, path, sizeof(path));
	line_append(path, line, LIMIT, NULL);
}

void guestlog_say(const char *name, uint16_t domid, const char *fmt, ...)
{
	char text[1300], whose[24];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	snprintf(whose, sizeof(whose), "domain %u", domid);
	line_put(name, stamp_now(), whose, text);
}

void guestlog_hypervisor(const char *name, uint64_t ms, const char *text)
{
	line_put(name, ms, "hypervisor", text);
}
