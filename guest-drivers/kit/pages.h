/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which pages are free: one bit a page. Runs of pages are found by looking on from where the last search ended. Pure; not
 * locked: who owns one locks it.
 */
#ifndef SOCLE_KIT_PAGES_H
#define SOCLE_KIT_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KIT_PAGES_NONE	(~0UL)

struct kit_pages {
	uint64_t *bits;		/* 1: free; of nr pages, rounded up to whole words */
	size_t nr, nr_free, next;
};

void kit_pages_init(struct kit_pages *p, uint64_t *bits, size_t nr);	/* none of them free */
static inline size_t kit_pages_words(size_t nr) { return (nr + 63) / 64; }
/* Pages that were not free become free. False, and nothing done, when one was free already or is out of range. */
bool kit_pages_give(struct kit_pages *p, size_t first, size_t n);
/* n consecutive pages, n > 0; KIT_PAGES_NONE when there are none. */
size_t kit_pages_take(struct kit_pages *p, size_t n);

#endif
