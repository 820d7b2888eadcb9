/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/libsocle/stamp.c
 *
 * See stamp.h.  Days are turned into dates by whole eras of 400 years, in years that begin in March: leap days are last then.
 */
#include "libsocle/stamp.h"

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#define DAY_MS      UINT64_C(86400000)
#define ERA_DAYS    146097u
#define EPOCH_DAYS  719468u /* from 0000-03-01 to 1970-01-01 */
#define LAST_MS     UINT64_C(253402300799999) /* 9999-12-31T23:59:59.999Z */

struct date {
	unsigned int year, month, day;
};

static struct date date_of(uint64_t days)
{
	uint64_t d = days + EPOCH_DAYS, era = d / ERA_DAYS;
	unsigned int of_era = (unsigned int)(d % ERA_DAYS);
	unsigned int year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	unsigned int of_year = of_era - (365 * year + year / 4 - year / 100);
	unsigned int march = (5 * of_year + 2) / 153; /* 0 = March */
	unsigned int month = march < 10 ? march + 3 : march - 9;

	return (struct date){ (unsigned int)era * 400 + year + (month <= 2), month, of_year - (153 * march + 2) / 5 + 1 };
}

static uint64_t days_of(struct date d)
{
	unsigned int y = d.year - (d.month <= 2), of_era = y % 400;
	unsigned int of_year = (153 * (d.month > 2 ? d.month - 3 : d.month + 9) + 2) / 5 + d.day - 1;

	return (uint64_t)(y / 400) * ERA_DAYS + of_era * 365 + of_era / 4 - of_era / 100 + of_year - EPOCH_DAYS;
}

void stamp_format(char out[STAMP_BYTES], uint64_t ms)
{
	unsigned int of_day;
	struct date d;

	ms = ms < LAST_MS ? ms : LAST_MS;
	d = date_of(ms / DAY_MS);
	of_day = (unsigned int)(ms % DAY_MS);
	/* The remainders say to the compiler what holds anyway: each number has its width. */
	snprintf(out, STAMP_BYTES, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", d.year % 10000, d.month % 100, d.day % 100,
		 of_day / 3600000 % 100, of_day / 60000 % 60, of_day / 1000 % 60, of_day % 1000);
}

/* So many digits at *p; false when there is something else. */
static bool number(const char **p, const char *end, unsigned int digits, unsigned int *out)
{
	*out = 0;
	for (; digits; digits--, ++*p) {
		if (*p == end || **p < '0' || **p > '9')
			return false;
		*out = *out * 10 + (unsigned int)(**p - '0');
	}
	return true;
}

static bool sign(const char **p, const char *end, char c)
{
	if (*p == end || **p != c)
		return false;
	++*p;
	return true;
}

static bool is_date(struct date d)
{
	struct date back;

	if (d.year < 1970 || d.month < 1 || d.month > 12 || d.day < 1 || d.day > 31)
		return false;
	back = date_of(days_of(d)); /* 30 February becomes another day */
	return back.month == d.month && back.day == d.day;
}

size_t stamp_read(const char *text, size_t len, uint64_t *ms)
{
	const char *p = text, *end = text + len;
	unsigned int hour, minute, second, fraction = 0;
	struct date d;

	if (!number(&p, end, 4, &d.year) || !sign(&p, end, '-') || !number(&p, end, 2, &d.month) || !sign(&p, end, '-') ||
	    !number(&p, end, 2, &d.day) || !sign(&p, end, 'T') || !number(&p, end, 2, &hour) || !sign(&p, end, ':') ||
	    !number(&p, end, 2, &minute) || !sign(&p, end, ':') || !number(&p, end, 2, &second))
		return 0;
	if (sign(&p, end, '.') && !number(&p, end, 3, &fraction))
		return 0;
	if (!sign(&p, end, 'Z') || !is_date(d) || hour > 23 || minute > 59 || second > 59)
		return 0;
	*ms = days_of(d) * DAY_MS + (uint64_t)hour * 3600000 + minute * 60000 + second * 1000 + fraction;
	return (size_t)(p - text);
}

uint64_t stamp_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}
