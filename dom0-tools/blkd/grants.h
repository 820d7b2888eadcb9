/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/blkd/grants.h
 *
 * Persistent grants: data pages that the frontend promised to use again and again, mapped when they are first seen and
 * kept until the rings go.  A page that is not mapped, because there are too many or because mapping failed, is copied
 * by the hypervisor as if nothing had been promised; so nothing depends on this table but speed.
 */
#ifndef SOCLE_BLKD_GRANTS_H
#define SOCLE_BLKD_GRANTS_H

#include <stdbool.h>
#include <stdint.h>

#include "blkd/guest.h"
#include "blkd/request.h"

/* Each costs the control domain a page while it is mapped. A ring of 32 with 32 segments each uses 1024 and 32 lists. */
#define BLK_GRANTS_MAX    2048u
#define BLK_GRANTS_BITS   12u /* half empty at least */
#define BLK_GRANTS_SLOTS  (1u << BLK_GRANTS_BITS)

struct blk_grant_chunk {
	void *pages;
	uint32_t n;
};

struct blk_grants {
	struct blk_guest *guest;
	bool on;
	uint32_t mapped, chunks;
	uint32_t failures;        /* in a row */
	uint64_t all_failures;    /* since the worker began */
	uint32_t ref[BLK_GRANTS_SLOTS];
	uint8_t *page[BLK_GRANTS_SLOTS]; /* NULL: slot is empty */
	struct blk_grant_chunk chunk[BLK_GRANTS_MAX];
};

/* The page, if it is mapped; NULL else. */
uint8_t *blk_grants_find(const struct blk_grants *g, uint32_t ref);

/* Map what of these is not mapped yet, if there is room. */
void blk_grants_map(struct blk_grants *g, const struct blk_seg *segs, uint32_t n);

/* Unmap all. */
void blk_grants_drop(struct blk_grants *g);

#endif /* SOCLE_BLKD_GRANTS_H */
