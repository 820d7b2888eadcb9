/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/extent.c
 *
 * How a guest's memory is asked for, piece by piece; pure, see memory.h.
 */
#include "domain/memory.h"

#define LARGE_ORDER 9u
#define LARGE_PAGES (UINT64_C(1) << LARGE_ORDER)

struct extent_batch extent_next(uint64_t nr_pages, uint64_t done, bool small_only)
{
	uint64_t left = nr_pages - done;
	struct extent_batch b = { .order = 0, .nr = left };

	if (!small_only && left >= LARGE_PAGES) {
		b.order = LARGE_ORDER;
		b.nr = left / LARGE_PAGES;
	}
	if (b.nr > EXTENTS_MAX)
		b.nr = EXTENTS_MAX;
	return b;
}
