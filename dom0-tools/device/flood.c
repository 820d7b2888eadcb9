/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/device/flood.c
 *
 * See flood.h.  A line is FLOOD_PAUSE_S units of a bucket into which one flows each second.
 */
#include "device/flood.h"

bool flood_passes(struct flood *f, uint64_t now, uint64_t *unsaid)
{
	if (!f->bucket.rate)
		bucket_set(&f->bucket, 1, FLOOD_LINES * FLOOD_PAUSE_S, now);
	if (bucket_wait(&f->bucket, FLOOD_PAUSE_S, now)) {
		f->unsaid++;
		return false;
	}
	bucket_take(&f->bucket, FLOOD_PAUSE_S, now);
	*unsaid = f->unsaid;
	f->unsaid = 0;
	return true;
}
