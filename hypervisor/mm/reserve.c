/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Giving memory to domains and taking it back: increase_reservation, populate_physmap, decrease_reservation.
 *
 * The result is the number of extents done, even when the next one was refused: callers take it as a partial
 * success. A preempted call continues with that number in the command's upper bits. Of an extent that a domain is given,
 * everything that can be refused comes first; the rest is grow.c's. Of one that it gives back the pages go one by one, and
 * the number of those gone stands above that of the extents. Guests can forge these numbers: who does so only
 * leaves extents out.
 */
#include "cpu/cpu.h"
#include "domain/domain.h"
#include "hypercall/hypercall.h"
#include "lib/util.h"
#include "mm/internal.h"

/* pv-abi 2.4: orders that a guest and the control domain may ask for. */
#define GUEST_MAX_ORDER 9
#define EXTENT_LIMIT	(~0UL >> XENMEM_CMD_SHIFT)
/* decrease_reservation: the start's lower bits count extents, the others pieces of the next one. A list of so many entries
 * is as large as either half of the address space. */
#define PIECE		16u
#define PIECE_SHIFT	44

static unsigned int max_order(const struct domain *caller)
{
	return caller->privileged ? PALLOC_MAX_ORDER : GUEST_MAX_ORDER;
}

static bool increase_one(struct domain *d, const struct xen_memory_reservation *r, uint64_t i, bool physmap)
{
	uint64_t slot = r->extent_start + i * sizeof(uint64_t), pfn = INVALID_M2P_ENTRY;
	struct page *pg;
	mfn_t mfn;

	if (physmap && copy_from_guest(&pfn, slot, sizeof(pfn)))
		return false;
	pg = palloc_get(r->extent_order, r->mem_flags & 0xff);
	if (!pg)
		return false;
	mfn = page_to_mfn(pg);
	/* The answer can fail, so it comes before the point of no return. */
	if ((physmap || r->extent_start) && copy_to_guest(slot, &mfn, sizeof(mfn)))
		goto give_back;
	if (grow_give(d, pg, r->extent_order, pfn))
		return true;
	if (physmap)
		(void)copy_to_guest(slot, &pfn, sizeof(pfn));
give_back:
	palloc_put(pg, r->extent_order);
	return false;
}

static bool release_page(struct domain *d, mfn_t mfn)
{
	struct page *pg;
	bool ok;

	if (!mfn_is_ram(mfn))
		return false;
	pg = mfn_to_page(mfn);
	if (!page_get(pg, d))
		return false;
	/* Hypervisor pages that the domain only sees stay what they are. */
	ok = !(pg->count & PGC_xen_heap) && dom_drop_allocated(pg);
	if (ok)
		m2p_set(mfn, INVALID_M2P_ENTRY);
	page_put(pg);
	return ok;
}

/* *piece: the first to go; afterwards where to go on, 0 at the end. */
static bool decrease_one(struct domain *d, const struct xen_memory_reservation *r, uint64_t i, uint64_t *piece)
{
	uint64_t mfn, n = 1UL << r->extent_order;

	if (copy_from_guest(&mfn, r->extent_start + i * sizeof(mfn), sizeof(mfn)))
		return false;
	for (uint64_t j = *piece * PIECE; j < n; j++) {
		if (j % PIECE == 0 && j > *piece * PIECE && preempt_check()) {
			*piece = j / PIECE;
			return true;
		}
		if (!release_page(d, mfn + j))
			return false;
	}
	*piece = 0;
	return true;
}

/* Extents from i on until one is refused; i and piece tell where it stopped. True: to be continued there. */
static bool do_extents(struct domain *d, unsigned int cmd, const struct xen_memory_reservation *r, uint64_t *i, uint64_t *piece)
{
	uint64_t start = *i;

	if (grow_finish(d))
		return true;
	for (; *i < r->nr_extents; ++*i) {
		if (*i > start && preempt_check())
			return true;
		if (cmd == XENMEM_decrease_reservation) {
			if (!decrease_one(d, r, *i, piece))
				return false;
			if (*piece)
				return true;
		} else {
			if (!increase_one(d, r, *i, cmd == XENMEM_populate_physmap))
				return false;
			if (r->extent_order > GROW_AT_ONCE && grow_finish(d)) {
				++*i;
				return true;
			}
		}
	}
	return false;
}

long reserve_op(unsigned int cmd, uint64_t start, uint64_t arg)
{
	struct xen_memory_reservation r;
	uint64_t limit = EXTENT_LIMIT, i = start, piece = 0;
	struct domain *d;
	bool more;
	long rc;

	if (cmd == XENMEM_decrease_reservation) {
		limit = (1UL << PIECE_SHIFT) - 1;
		i = start & limit;
		piece = start >> PIECE_SHIFT;
	}
	/* Whatever is refused, the result is a count: what was done before it. */
	if (copy_from_guest(&r, arg, sizeof(r)))
		return (long)i;
	if (r.nr_extents > limit || i > r.nr_extents)
		return (long)i;
	if (r.extent_order > max_order(current->domain) || (r.mem_flags & XENMEMF_populate_on_demand))
		return (long)i;
	rc = memop_domain_get(r.domid, &d);
	if (rc) {
		(void)refuse(rc, "domain %u", r.domid);
		return (long)i;
	}
	more = do_extents(d, cmd, &r, &i, &piece);
	if (!more && i < r.nr_extents)
		(void)refuse((long)i, "command %u for domain %u stops after %lu of %lu extents", cmd, r.domid, i, r.nr_extents);
	domain_put(d);
	return more ? memop_continue(cmd, i | piece << PIECE_SHIFT, arg) : (long)i;
}
