/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/blkd/grants.c
 *
 * See grants.h.  A hash table with linear probing from which nothing is removed singly: so a search ends at the
 * first empty slot.
 */
#include "blkd/grants.h"

#include <string.h>

#include "device/log.h"

#define PAGE          4096u
#define FAILURES_MAX  8u /* then it is not tried again: each costs two calls of the kernel */

static uint32_t slot_of(const struct blk_grants *g, uint32_t ref)
{
	uint32_t i = ref * 2654435761u >> (32 - BLK_GRANTS_BITS);

	while (g->page[i] && g->ref[i] != ref)
		i = (i + 1) & (BLK_GRANTS_SLOTS - 1);
	return i;
}

uint8_t *blk_grants_find(const struct blk_grants *g, uint32_t ref)
{
	return g->on ? g->page[slot_of(g, ref)] : NULL;
}

static void chunk_add(struct blk_grants *g, uint8_t *pages, const uint32_t *refs, uint32_t n)
{
	g->chunk[g->chunks++] = (struct blk_grant_chunk){ pages, n };
	g->mapped += n;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t slot = slot_of(g, refs[i]);

		g->ref[slot] = refs[i];
		g->page[slot] = pages + (size_t)i * PAGE;
	}
}

static bool is_among(const uint32_t *refs, uint32_t n, uint32_t ref)
{
	for (uint32_t i = 0; i < n; i++)
		if (refs[i] == ref)
			return true;
	return false;
}

void blk_grants_map(struct blk_grants *g, const struct blk_seg *segs, uint32_t n)
{
	uint32_t refs[BLK_SEGS_MAX], missing = 0;
	uint8_t *pages;

	if (!g->on || g->failures >= FAILURES_MAX)
		return;
	for (uint32_t i = 0; i < n && g->mapped + missing < BLK_GRANTS_MAX; i++)
		if (!blk_grants_find(g, segs[i].gref) && !is_among(refs, missing, segs[i].gref))
			refs[missing++] = segs[i].gref;
	if (!missing)
		return;
	pages = blk_guest_map(g->guest, refs, missing);
	if (!pages) {
		g->failures++;
		log_counted(++g->all_failures, "persistent pages cannot be mapped: %m; they are copied");
		return;
	}
	g->failures = 0;
	chunk_add(g, pages, refs, missing);
}

void blk_grants_drop(struct blk_grants *g)
{
	for (uint32_t i = 0; i < g->chunks; i++) {
		int r = blk_guest_unmap(g->guest, g->chunk[i].pages, g->chunk[i].n);

		if (r)
			log_line("cannot unmap persistent pages: %s", strerror(-r));
	}
	memset(g->page, 0, sizeof(g->page));
	g->mapped = g->chunks = g->failures = 0;
	g->on = false;
}
