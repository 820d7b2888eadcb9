/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/netd/log.c
 *
 * See log.h.
 */
#include "netd/log.h"

#include <stdarg.h>
#include <stdio.h>

#define ALL_UP_TO 10u

static unsigned int log_domid, log_devid;

void net_log_init(unsigned int domid, unsigned int devid)
{
	log_domid = domid;
	log_devid = devid;
}

static void line(const char *fmt, va_list args, uint64_t count)
{
	char text[512];

	vsnprintf(text, sizeof(text), fmt, args);
	fprintf(stderr, "netd: domain %u, card %u: %s", log_domid, log_devid, text);
	if (count > ALL_UP_TO)
		fprintf(stderr, " (number %llu of this kind)", (unsigned long long)count);
	fputc('\n', stderr);
}

void net_log(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	line(fmt, args, 0);
	va_end(args);
}

void net_log_counted(uint64_t count, const char *fmt, ...)
{
	va_list args;

	if (count > ALL_UP_TO && (count & (count - 1)))
		return;
	va_start(args, fmt);
	line(fmt, args, count);
	va_end(args);
}
