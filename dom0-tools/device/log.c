/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/device/log.c
 *
 * See log.h.
 */
#include "device/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "device/flood.h"
#include "libsocle/stamp.h"

#define ALL_UP_TO 10u

static const char *log_program = "worker", *log_device = "device";
static unsigned int log_domid, log_devid;

void log_init(const char *program, const char *device, unsigned int domid, unsigned int devid)
{
	log_program = program;
	log_device = device;
	log_domid = domid;
	log_devid = devid;
}

static void write_head(void)
{
	char stamp[STAMP_BYTES];

	stamp_format(stamp, stamp_now());
	fprintf(stderr, "%s %s: domain %u, %s %u: ", stamp, log_program, log_domid, log_device, log_devid);
}

static bool may_write(void)
{
	static struct flood flood;
	struct timespec t;
	uint64_t unsaid;

	clock_gettime(CLOCK_MONOTONIC, &t);
	if (!flood_passes(&flood, (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec, &unsaid))
		return false;
	if (!unsaid)
		return true;
	write_head();
	fprintf(stderr, "%llu lines are left out\n", (unsigned long long)unsaid);
	return true;
}

static void write_line(const char *fmt, va_list args, uint64_t count)
{
	char text[512];

	if (!may_write())
		return;
	vsnprintf(text, sizeof(text), fmt, args);
	write_head();
	fputs(text, stderr);
	if (count > ALL_UP_TO)
		fprintf(stderr, " (number %llu of this kind)", (unsigned long long)count);
	fputc('\n', stderr);
}

void log_line(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	write_line(fmt, args, 0);
	va_end(args);
}

void log_counted(uint64_t count, const char *fmt, ...)
{
	va_list args;

	if (count > ALL_UP_TO && (count & (count - 1)))
		return;
	va_start(args, fmt);
	write_line(fmt, args, count);
	va_end(args);
}
