/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/blkd/throttle.c
 *
 * See throttle.h.
 */
#include "blkd/throttle.h"

void blk_throttle_set(struct blk_throttle *t, const struct ctl_bucket *limit, uint64_t now)
{
	for (int i = 0; i < CTL_LIMIT_COUNT; i++)
		bucket_set(&t->bucket[i], limit[i].rate, limit[i].burst, now);
}

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

uint64_t blk_throttle_wait(struct blk_throttle *t, bool write, uint64_t bytes, uint64_t now, bool *all)
{
	struct bucket *b = t->bucket;
	uint64_t own, total;

	own = later(bucket_wait(&b[write ? CTL_LIMIT_WRITE_BYTES : CTL_LIMIT_READ_BYTES], bytes, now),
		    bucket_wait(&b[write ? CTL_LIMIT_WRITE_OPS : CTL_LIMIT_READ_OPS], 1, now));
	total = later(bucket_wait(&b[CTL_LIMIT_TOTAL_BYTES], bytes, now), bucket_wait(&b[CTL_LIMIT_TOTAL_OPS], 1, now));
	*all = total != 0;
	return later(own, total);
}

void blk_throttle_take(struct blk_throttle *t, bool write, uint64_t bytes, uint64_t now)
{
	struct bucket *b = t->bucket;

	bucket_take(&b[write ? CTL_LIMIT_WRITE_BYTES : CTL_LIMIT_READ_BYTES], bytes, now);
	bucket_take(&b[write ? CTL_LIMIT_WRITE_OPS : CTL_LIMIT_READ_OPS], 1, now);
	bucket_take(&b[CTL_LIMIT_TOTAL_BYTES], bytes, now);
	bucket_take(&b[CTL_LIMIT_TOTAL_OPS], 1, now);
}
