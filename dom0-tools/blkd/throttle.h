/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/blkd/throttle.h
 *
 * The limits of one disk: bytes and operations a second, for reads, for writes and for both together.  A flush and a
 * discard are writes of no bytes.  Pure.
 */
#ifndef SOCLE_BLKD_THROTTLE_H
#define SOCLE_BLKD_THROTTLE_H

#include <stdbool.h>
#include <stdint.h>

#include "device/bucket.h"
#include "device/control.h"

struct blk_throttle {
	struct bucket bucket[CTL_LIMIT_COUNT];
};

void blk_throttle_set(struct blk_throttle *t, const struct ctl_bucket *limit, uint64_t now);

/* 0, or after how many nanoseconds to ask again. *all: whoever comes behind must wait as well, whatever it does. */
uint64_t blk_throttle_wait(struct blk_throttle *t, bool write, uint64_t bytes, uint64_t now, bool *all);
void blk_throttle_take(struct blk_throttle *t, bool write, uint64_t bytes, uint64_t now);

#endif /* SOCLE_BLKD_THROTTLE_H */
