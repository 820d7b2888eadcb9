/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Giving memory to domains and taking it back: increase_reservation, populate_physmap, decrease_reservation.
 *
 * The result is the number of extents done, even when the next one was refused: callers take it as a partial
 * success. A preempted call continues with that number in the command's upper bits.
 */
#include "cpu/cpu.h"
#include "domain/domain.h"
#include "hypercall/hypercall.h"
#include "lib/util.h"
#include "mm/internal.h"

/* pv-abi 2.4: orders that a guest and the control domain may ask for. */
#define GUEST_MAX_ORDER 9
#define EXTENT_LIMIT	(~0UL >> XENMEM_CMD_SHIFT)

unsigned int reserve_max_order(const struct domain *caller)
{
	return caller->privileged ? PALLOC_MAX_ORDER : GUEST_MAX_ORDER;
}

static void free_extent(struct page *pg, unsigned int order)
{
	for (uint64_t i = 0; i < 1UL << order; i++)
		(void)dom_drop_allocated(pg + i);
}

static bool increase_one(struct domain *d, const struct xen_memory_reservation *r, uint64_t i, bool physmap)
{
	uint64_t slot = r->extent_start + i * sizeof(uint64_t), gpfn = 0;
	struct page *pg;
	mfn_t mfn;

	if (physmap && copy_from_guest(&gpfn, slot, sizeof(gpfn)))
		return false;
	pg = dom_alloc_pages(d, r->extent_order, r->mem_flags & 0xff);
	if (!pg)
		return false;
	mfn = page_to_mfn(pg);
	if ((physmap || r->extent_start) && copy_to_guest(slot, &mfn, sizeof(mfn))) {
		free_extent(pg, r->extent_order);
		return false;
	}
	if (physmap)
		for (uint64_t j = 0; j < 1UL << r->extent_order; j++)
			m2p_set(mfn + j, gpfn + j);
	return true;
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

static bool decrease_one(struct domain *d, const struct xen_memory_reservation *r, uint64_t i)
{
	uint64_t mfn;

	if (copy_from_guest(&mfn, r->extent_start + i * sizeof(mfn), sizeof(mfn)))
		return false;
	for (uint64_t j = 0; j < 1UL << r->extent_order; j++)
		if (!release_page(d, mfn + j))
			return false;
	return true;
}

static bool do_extent(struct domain *d, unsigned int cmd, const struct xen_memory_reservation *r, uint64_t i)
{
	if (cmd == XENMEM_decrease_reservation)
		return decrease_one(d, r, i);
	return increase_one(d, r, i, cmd == XENMEM_populate_physmap);
}

long reserve_op(unsigned int cmd, uint64_t start, uint64_t arg)
{
	struct xen_memory_reservation r;
	struct domain *d;
	uint64_t i;
	long rc;

	/* Whatever is refused, the result is a count: what was done before it. */
	if (copy_from_guest(&r, arg, sizeof(r)))
		return (long)start;
	if (r.nr_extents > EXTENT_LIMIT || start > r.nr_extents)
		return (long)start;
	if (r.extent_order > reserve_max_order(current->domain) || (r.mem_flags & XENMEMF_populate_on_demand))
		return (long)start;
	rc = memop_domain_get(r.domid, &d);
	if (rc) {
		(void)refuse(rc, "domain %u", r.domid);
		return (long)start;
	}
	for (i = start; i < r.nr_extents; i++) {
		if (i > start && preempt_check()) {
			domain_put(d);
			return memop_continue(cmd, i, arg);
		}
		if (!do_extent(d, cmd, &r, i))
			break;
	}
	if (i < r.nr_extents)
		(void)refuse((long)i, "command %u for domain %u stops after %lu of %lu extents", cmd, r.domid, i, r.nr_extents);
	domain_put(d);
	return (long)i;
}
