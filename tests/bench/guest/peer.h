/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Small domains made by a bare dom0 out of itself: a peer is a copy of the running kernel's image at the same addresses,
 * with page tables of its own and an entry point for each vCPU. It starts with what the globals of its maker held at that
 * moment; from then on only its page `peer_page` is common to both, and events.
 *
 * Only domctl, memory_op and mmu_update are needed, so the same code makes domains on Socle and on Xen.
 */
#ifndef SOCLE_BENCH_PEER_H
#define SOCLE_BENCH_PEER_H

#include <abi/domctl.h>
#include "guest/bench.h"

#define PEER_PAGES	512U		/* the largest image, with its page tables */
#define PEER_VCPUS	2U

typedef void (*peer_entry_fn)(void);

struct peer {
	uint16_t id;
	unsigned int nr_pages;
	uint64_t mfn[PEER_PAGES];	/* of the image, page by page, then of the page tables */
};

/* A page of the image that maker and peer both write: in the peer it is this, in the maker peer_map()'s result. */
extern uint8_t peer_page[PAGE_SIZE];

/* Makes a domain of nr vCPUs, all of them online once it is unpaused. */
void peer_create(struct peer *p, const peer_entry_fn *entry, unsigned int nr);
void peer_unpause(const struct peer *p);
void peer_destroy(const struct peer *p);
/* The machine frame behind one of the peer's addresses, a page of the image. */
uint64_t peer_mfn(const struct peer *p, const void *va);
/* Shows a page of the peer, or any frame that is its own, at a page of ours; kit_make_writable() brings back ours. */
void peer_map_frame(const struct peer *p, uint64_t mfn, void *at);
void peer_map(const struct peer *p, const void *va, void *at);
/* A channel between both: the peer's end is returned, ours is stored. */
uint32_t peer_connect(const struct peer *p, uint32_t *local_port);
long peer_domctl(const struct peer *p, struct xen_domctl *op, uint32_t cmd);

/* To be called first in a peer: its shared_info is mapped, its traps are the kit's. */
void peer_start(void);

#endif
