/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/device/bucket.c
 *
 * See bucket.h.  Products of two 64-bit numbers are unsigned and have 128 bits: none can overflow; what
 * flows in is cut to the burst before it is added.
 */
#include "device/bucket.h"

#define SECOND 1000000000ull

static __int128 full(const struct bucket *b)
{
	return (__int128)b->burst * SECOND;
}

static void fill(struct bucket *b, uint64_t now)
{
	uint64_t passed = now > b->at ? now - b->at : 0;
	unsigned __int128 in = (unsigned __int128)passed * b->rate;

	if (b->level >= full(b) || in >= (unsigned __int128)(full(b) - b->level))
		b->level = full(b);
	else
		b->level += (__int128)in;
	b->at += passed;
}

uint64_t bucket_burst_default(uint64_t rate)
{
	return rate / 10 ? rate / 10 : 1;
}

void bucket_set(struct bucket *b, uint64_t rate, uint64_t burst, uint64_t now)
{
	if (b->rate)
		fill(b, now);
	b->burst = burst ? burst : bucket_burst_default(rate);
	if (!b->rate || b->level > full(b))
		b->level = full(b);
	b->rate = rate;
	b->at = now;
}

uint64_t bucket_wait(struct bucket *b, uint64_t n, uint64_t now)
{
	unsigned __int128 missing, wait;
	__int128 want;

	if (!b->rate)
		return 0;
	fill(b, now);
	want = (__int128)(n < b->burst ? n : b->burst) * SECOND;
	if (b->level >= want)
		return 0;
	missing = (unsigned __int128)(want - b->level);
	wait = (missing + b->rate - 1) / b->rate;
	return wait > UINT64_MAX ? UINT64_MAX : (uint64_t)wait;
}

void bucket_take(struct bucket *b, uint64_t n, uint64_t now)
{
	if (!b->rate)
		return;
	fill(b, now);
	b->level -= (__int128)n * SECOND;
}
