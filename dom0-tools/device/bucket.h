/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/device/bucket.h
 *
 * A token bucket: `rate` units flow in each second, at most `burst` of them are kept.  Something of n units
 * may pass when n are there, or the whole burst if n is more than that: then the bucket goes into debt, so
 * that large pieces pass too and the rate holds over time.
 *
 * Pure: the caller says what time it is (nanoseconds of one clock that does not go back).  Amounts are counted
 * in billionths of a unit, hence exactly.
 */
#ifndef SOCLE_DEVICE_BUCKET_H
#define SOCLE_DEVICE_BUCKET_H

#include <stdint.h>

struct bucket {
	uint64_t rate, burst; /* rate 0: no limit */
	__int128 level;       /* in 1/1e9 units; negative: debt */
	uint64_t at;          /* when level was right */
};

/* The burst that a rate has when none is named: a tenth of a second's worth, at least 1. */
uint64_t bucket_burst_default(uint64_t rate);

/*
 * Another rate and burst (0: the default), also while it is in use: what was saved is kept up to the new
 * burst, and so is the debt.  A bucket that had no limit begins full.
 */
void bucket_set(struct bucket *b, uint64_t rate, uint64_t burst, uint64_t now);

/* 0 when n units may pass now; else after how many nanoseconds to ask again. Takes nothing. */
uint64_t bucket_wait(struct bucket *b, uint64_t n, uint64_t now);

/* n units pass, whether or not that was allowed. */
void bucket_take(struct bucket *b, uint64_t n, uint64_t now);

#endif /* SOCLE_DEVICE_BUCKET_H */
