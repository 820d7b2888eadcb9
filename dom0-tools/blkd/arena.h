/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/blkd/arena.h
 *
 * Buffer pages for requests under way: runs of pages, each within one region.  The lowest run that fits is
 * taken, so a disk with little to do stays in its first region, and the others are never touched.
 * Pure: which pages are in use, not the pages.
 */
#ifndef SOCLE_BLKD_ARENA_H
#define SOCLE_BLKD_ARENA_H

#include <stdint.h>

#define BLK_REGIONS      8u
#define BLK_REGION_PAGES 256u /* the largest request */
#define BLK_ARENA_PAGES  (BLK_REGIONS * BLK_REGION_PAGES)

struct blk_arena {
	uint64_t used[BLK_ARENA_PAGES / 64];
};

/* The first page of a run of n, 0 < n <= BLK_REGION_PAGES; -1 when there is none. */
int blk_arena_alloc(struct blk_arena *a, uint32_t n);
void blk_arena_free(struct blk_arena *a, uint32_t first, uint32_t n);

#endif /* SOCLE_BLKD_ARENA_H */
