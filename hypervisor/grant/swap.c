/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two operations on the caller's own: exchanging two grants that nobody uses, and writing back the caches for a page.
 */
#include "asm/cr.h"
#include "cpu/cpu.h"
#include "grant/internal.h"
#include "lib/util.h"

/* Under the lock nobody begins to use either: what is written is what the guest had in the other at that moment. */
static int16_t swap_locked(struct domain_grant *g, uint32_t ref_a, uint32_t ref_b)
{
	struct active *a = active_get(g, ref_a), *b = active_get(g, ref_b);
	volatile struct grant_entry_v1 *ea, *eb;
	struct grant_entry_v1 kept;

	if (!a || !b)
		return GNTST_bad_gntref;
	if (a == b)
		return GNTST_okay;
	if (a->pins || b->pins)
		return GNTST_eagain;
	ea = grant_entry(g, ref_a);
	eb = grant_entry(g, ref_b);
	kept = (struct grant_entry_v1){ ea->flags, ea->domid, ea->frame };
	ea->domid = eb->domid;
	ea->frame = eb->frame;
	ea->flags = eb->flags;
	eb->domid = kept.domid;
	eb->frame = kept.frame;
	eb->flags = kept.flags;
	return GNTST_okay;
}

void grant_swap_one(struct gnttab_swap_grant_ref *op)
{
	struct domain_grant *g = current->domain->grant;

	spin_lock(&g->lock);
	op->status = swap_locked(g, op->ref_a, op->ref_b);
	spin_unlock(&g->lock);
}

#define CACHE_LINE 64u

/* x86 keeps caches and devices coherent but for pages that are mapped uncached, which only the owner of devices can do. */
long grant_cache_flush_one(const struct gnttab_cache_flush *op)
{
	const uint32_t known = GNTTAB_CACHE_CLEAN | GNTTAB_CACHE_INVAL | GNTTAB_CACHE_SOURCE_GREF;
	struct domain *d = current->domain;
	struct page *pg;

	if (op->op & ~known || op->op & GNTTAB_CACHE_SOURCE_GREF || op->offset >= PAGE_SIZE ||
	    op->length > PAGE_SIZE - op->offset)
		return -XEN_EINVAL;
	if (!op->length || !(op->op & (GNTTAB_CACHE_CLEAN | GNTTAB_CACHE_INVAL)))
		return 0;
	if (!mfn_is_ram(op->a.dev_bus_addr >> PAGE_SHIFT))
		return -XEN_EINVAL;
	pg = mfn_to_page(op->a.dev_bus_addr >> PAGE_SHIFT);
	if (!page_get(pg, d))
		return -XEN_EPERM;
	for (uint32_t i = op->offset & ~(CACHE_LINE - 1); i < (uint32_t)op->offset + op->length; i += CACHE_LINE)
		clflush((char *)page_to_virt(pg) + i);
	page_put(pg);
	return 0;
}
