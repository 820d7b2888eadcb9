/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/memory.h
 *
 * A new guest's memory: which machine frame stands behind each of its pfns, and writing to it.
 */
#ifndef SOCLE_DOMAIN_MEMORY_H
#define SOCLE_DOMAIN_MEMORY_H

#include "domain/context.h"

#define GUEST_PAGE 4096u

struct guest_memory {
	uint16_t domid;
	uint64_t nr_pages;
	uint64_t *mfn; /* nr_pages of them, by pfn */
};

/* How the next allocation call covers pfns from `done` on: as 2 MiB pieces while they fit. */
struct extent_batch {
	unsigned int order; /* 9 or 0 */
	uint64_t nr;        /* extents in this call, 0 at the end */
};

#define EXTENTS_MAX 4096u

/*
 * Pure: large extents first, at most EXTENTS_MAX a call.  Once a large one has been refused
 * (small_only), single pages.
 */
struct extent_batch extent_next(uint64_t nr_pages, uint64_t done, bool small_only);

/* Allocate all of the guest's memory.  On failure the domain keeps what it got (destroy it). */
int guest_memory_populate(struct domain_ctx *ctx, struct guest_memory *m, uint16_t domid,
			  uint64_t nr_pages, struct socle_error *e);
void guest_memory_free(struct guest_memory *m);

/*
 * Call fill() with guest pages mapped, piece by piece: [pfn, pfn + nr).  index counts pages from
 * the first.  A non-zero result of fill() ends the walk and is returned.
 */
int guest_memory_walk(struct domain_ctx *ctx, const struct guest_memory *m, uint64_t pfn,
		      uint64_t nr,
		      int (*fill)(void *arg, void *page, uint64_t index, uint64_t count,
				  struct socle_error *e),
		      void *arg, struct socle_error *e);

#endif /* SOCLE_DOMAIN_MEMORY_H */
