/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/blkd/arena.c
 *
 * See arena.h.
 */
#include "blkd/arena.h"

#include <assert.h>
#include <stdbool.h>

static bool is_used(const struct blk_arena *a, uint32_t page)
{
	return a->used[page / 64] >> page % 64 & 1;
}

static void mark(struct blk_arena *a, uint32_t first, uint32_t n, bool used)
{
	for (uint32_t i = first; i < first + n; i++) {
		assert(is_used(a, i) != used);
		a->used[i / 64] ^= (uint64_t)1 << i % 64;
	}
}

static int region_find(const struct blk_arena *a, uint32_t region, uint32_t n)
{
	uint32_t first = region * BLK_REGION_PAGES, end = first + BLK_REGION_PAGES, run = 0;

	for (uint32_t i = first; i < end; i++) {
		if (i % 64 == 0 && a->used[i / 64] == UINT64_MAX) {
			run = 0;
			i += 63;
			continue;
		}
		run = is_used(a, i) ? 0 : run + 1;
		if (run == n)
			return (int)(i + 1 - n);
	}
	return -1;
}

int blk_arena_alloc(struct blk_arena *a, uint32_t n)
{
	int first = -1;

	assert(n && n <= BLK_REGION_PAGES);
	for (uint32_t region = 0; region < BLK_REGIONS && first < 0; region++)
		first = region_find(a, region, n);
	if (first >= 0)
		mark(a, (uint32_t)first, n, true);
	return first;
}

void blk_arena_free(struct blk_arena *a, uint32_t first, uint32_t n)
{
	mark(a, first, n, false);
}
