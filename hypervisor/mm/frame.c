/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames: which exist, who owns them, who counts on them.
 *
 * A page's count is the number of reasons it must not be reused: one for its owner (PGC_allocated), one for each
 * mapping, pin, page-table link, or use by the hypervisor on a guest's behalf. Only the owner's pages can be
 * referenced, and only while the count is not 0, so a free page can not be brought back by a reference. The last
 * reference gives the page to the allocator.
 *
 * A domain with pages holds one reference on itself for all of them: a page that dom0 still maps
 * keeps its dead owner's struct alive.
 *
 * Frame-table entries exist for 128 MiB chunks (2 MiB of entries) that contain RAM; frame_chunk_map says which.
 */
#include <abi/errno.h>
#include "asm/atomic.h"
#include "debug/log.h"
#include "domain/domain.h"
#include "lib/bitmap.h"
#include "lib/util.h"
#include "mm/internal.h"

#define CHUNK_SHIFT	FRAME_CHUNK_SHIFT
#define NR_CHUNKS	(DIRECTMAP_SIZE >> (PAGE_SHIFT + CHUNK_SHIFT))

_Static_assert(sizeof(struct page) == 64, "frame table geometry");

/* References are refused long before the field can wrap (pv-abi 4.1 asks for at least 2^26). */
#define COUNT_LIMIT (PGC_count_mask >> 1)

uint64_t max_page;
uint64_t total_pages;
uint64_t ram_pages;

uint64_t frame_chunk_map[BITMAP_WORDS(NR_CHUNKS)];

void frame_mark_ram(mfn_t first, mfn_t end)
{
	for (mfn_t mfn = first; mfn < end; mfn++) {
		bitmap_set(frame_chunk_map, mfn >> CHUNK_SHIFT);
		ram_pages += !(mfn_to_page(mfn)->flags & PG_RAM);
		mfn_to_page(mfn)->flags |= PG_RAM;
		list_init(&mfn_to_page(mfn)->list);
	}
	if (end > max_page)
		max_page = end;
}

/* A piece of the M2P can be mapped read-only by the privileged: owned by dom_xen, and its one type
 * reference, of no type, keeps it from becoming writable or a table. */
void frame_set_m2p(mfn_t mfn)
{
	struct page *pg = mfn_to_page(mfn);

	pg->flags |= PG_M2P;
	pg->count = PGC_xen_heap | PGC_allocated | 1;
	pg->type = PGT_none | PGT_validated | 1;
}

struct domain *page_owner(const struct page *pg)
{
	return pg->flags & PG_M2P ? dom_xen : READ_ONCE(pg->owner);
}

/* page_owner(pg) == owner, where owner is not NULL; pieces of the M2P have no owner in their entry. */
static inline bool owned_by(const struct page *pg, const struct domain *owner)
{
	return READ_ONCE(pg->owner) == owner || ((pg->flags & PG_M2P) && owner == dom_xen);
}

bool page_get(struct page *pg, struct domain *owner)
{
	uint64_t count = atomic_load(&pg->count), seen;

	if (!owner)
		return false;
	for (;;) {
		if (!(count & PGC_count_mask) || (count & PGC_count_mask) >= COUNT_LIMIT)
			return false;
		if (!owned_by(pg, owner))
			return false;
		seen = cmpxchg64(&pg->count, count, count + 1);
		if (seen == count)
			break;
		count = seen;
	}
	/* The owner may have changed before the count was ours. */
	if (owned_by(pg, owner))
		return true;
	page_put(pg);
	return false;
}

void page_put(struct page *pg)
{
	uint64_t count = atomic_load(&pg->count), seen;

	for (;;) {
		BUG_ON(!(count & PGC_count_mask));
		seen = cmpxchg64(&pg->count, count, count - 1);
		if (seen == count)
			break;
		count = seen;
	}
	if (((count - 1) & PGC_count_mask) == 0)
		page_release(pg);
}

void page_release(struct page *pg)
{
	struct domain *d = pg->owner;
	bool last;

	/* A shared hypervisor page is freed by whoever shared it, once page_unshare() agrees. */
	if (pg->count & PGC_xen_heap)
		return;
	BUG_ON(pg->type & PGT_count_mask);
	BUG_ON(pg->count & PGC_allocated);
	spin_lock(&d->page_lock);
	list_del(&pg->list);
	last = --d->tot_pages == 0;
	spin_unlock(&d->page_lock);
	pg->owner = NULL;
	pg->type = 0;
	pg->stamp = tlb_stamp();
	m2p_set(page_to_mfn(pg), INVALID_M2P_ENTRY);
	palloc_put(pg, 0);
	if (last)
		domain_put(d);
}

bool dom_drop_allocated(struct page *pg)
{
	uint64_t old = __atomic_fetch_and(&pg->count, ~PGC_allocated, __ATOMIC_SEQ_CST);

	if (!(old & PGC_allocated))
		return false;
	page_put(pg);
	return true;
}

void page_share(void *hv_page, struct domain *d, bool writable)
{
	struct page *pg = virt_to_page(hv_page);

	BUG_ON(pg->count & PGC_count_mask);
	pg->owner = d;
	pg->type = (writable ? PGT_writable : PGT_none) | PGT_validated | 1;
	atomic_store(&pg->count, PGC_xen_heap | PGC_allocated | 1);
}

bool page_unshare(void *hv_page, struct domain *d)
{
	struct page *pg = virt_to_page(hv_page);
	uint64_t old;

	BUG_ON(pg->owner != d || !(pg->count & PGC_xen_heap));
	old = __atomic_fetch_and(&pg->count, ~PGC_allocated, __ATOMIC_SEQ_CST);
	if (old & PGC_allocated) {
		atomic_dec(&pg->type);
		page_put(pg);
	}
	if (atomic_load(&pg->count) & PGC_count_mask)
		return false;
	pg->owner = NULL;
	pg->type = 0;
	pg->count = 0;
	pg->stamp = tlb_stamp();
	m2p_set(page_to_mfn(pg), INVALID_M2P_ENTRY);
	return true;
}
