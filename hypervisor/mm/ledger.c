/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ledger: whose each page of RAM is. A walk over the frame table in pieces; each frame is counted once, as what it is at
 * that moment, so the sum is right whatever changes meanwhile.
 *
 * An owner is looked at only with a reference on one of its pages, which keeps it from being freed. Whether a page lies in
 * a free block is seen from the block's first page, under the allocator's lock. The description of the frames themselves has no
 * entry that tells it apart: those pages are counted by their number, and taken off what is left at the end.
 */
#include <socle/op.h>
#include "asm/atomic.h"
#include "boot/image.h"
#include "domain/domain.h"
#include "lib/bitmap.h"
#include "lib/util.h"
#include "mm/internal.h"

#define FRAMES_A_PIECE	4096u
#define CHUNK_FRAMES	(1UL << FRAME_CHUNK_SHIFT)
#define CHUNK_TABLE	(CHUNK_FRAMES * sizeof(struct page) >> PAGE_SHIFT)	/* pages of the table for a chunk */

/* False: there is no row left. */
static bool row_add(struct socle_frames *f, uint32_t kind, uint32_t domid, uint64_t n)
{
	for (uint32_t i = f->nr_rows; i-- > 0;)
		if (f->row[i].kind == kind && f->row[i].domid == domid) {
			f->row[i].frames += n;
			return true;
		}
	if (f->nr_rows == SOCLE_FRAMES_ROWS)
		return false;
	f->row[f->nr_rows].kind = kind;
	f->row[f->nr_rows].domid = domid;
	f->row[f->nr_rows++].frames = n;
	return true;
}

/* Of a page with an owner; false when it is nobody's by now. */
static bool owned_look(struct page *pg, uint32_t *kind, uint32_t *domid)
{
	struct domain *d = READ_ONCE(pg->owner);
	uint64_t type;

	if (!d || !page_get(pg, d))
		return false;
	type = READ_ONCE(pg->type);
	*domid = d->id;
	*kind = READ_ONCE(pg->count) & PGC_xen_heap ? SOCLE_FRAMES_SHARED
		: type_is_table(type & PGT_type_mask) && (type & PGT_count_mask) ? SOCLE_FRAMES_TABLE : SOCLE_FRAMES_DOMAIN;
	page_put(pg);
	return true;
}

/* The hypervisor's own; how many pages from here on are the same, by what the first says. */
static uint64_t own_look(mfn_t mfn, const struct page *pg, uint32_t *kind, uint32_t *domid)
{
	uint32_t flags = READ_ONCE(pg->flags), held = READ_ONCE(pg->in_use), n = READ_ONCE(pg->order);

	*domid = SOCLE_FRAMES_NOBODY;
	*kind = SOCLE_FRAMES_OTHER;
	if (flags & PG_M2P)
		*kind = SOCLE_FRAMES_M2P;
	else if (flags & PG_BOOT)
		*kind = SOCLE_FRAMES_BOOT;
	else if (flags & PG_SLAB)
		*kind = SOCLE_FRAMES_OBJECTS;
	else if (mfn >= image_to_maddr(__image_start) >> PAGE_SHIFT && mfn < DIV_ROUND_UP(image_to_maddr(__image_end), PAGE_SIZE))
		*kind = SOCLE_FRAMES_IMAGE;
	else if (held) {
		*kind = SOCLE_FRAMES_HELD;
		*domid = held - 1;
	}
	if (!(flags & PG_LARGE) || !n)
		return 1;
	/* It may have been freed this moment, and the number be another's: no further than there are frames. */
	for (uint64_t i = 1; i < n; i++)
		if (!mfn_is_ram(mfn + i))
			return i;
	return n;
}

/* What the frame is; how many from it on are the same. */
static uint64_t frame_look(mfn_t mfn, struct page *pg, uint32_t *kind, uint32_t *domid)
{
	uint64_t n;

	if (!(READ_ONCE(pg->flags) & PG_M2P) && owned_look(pg, kind, domid))
		return 1;
	n = palloc_free_from(mfn);
	if (!n)
		return own_look(mfn, pg, kind, domid);
	*kind = SOCLE_FRAMES_FREE;
	*domid = SOCLE_FRAMES_NOBODY;
	return n;
}

/* The first frame of RAM from mfn on, or max_page. */
static mfn_t ram_from(mfn_t mfn)
{
	while (mfn < max_page && !mfn_is_ram(mfn)) {
		if (bitmap_test(frame_chunk_map, mfn >> FRAME_CHUNK_SHIFT))
			mfn++;
		else
			mfn = ROUND_UP(mfn + 1, CHUNK_FRAMES);
	}
	return MIN(mfn, max_page);
}

/* What stands in no frame's entry: the table of the entries, and RAM that has none. */
static void rest_add(struct socle_frames *f)
{
	uint64_t tables = 0;

	for (mfn_t c = 0; c << FRAME_CHUNK_SHIFT < max_page; c++)
		tables += bitmap_test(frame_chunk_map, c) ? CHUNK_TABLE : 0;
	/* They were counted as OTHER. */
	row_add(f, SOCLE_FRAMES_TABLES, SOCLE_FRAMES_NOBODY, tables);
	row_add(f, SOCLE_FRAMES_OTHER, SOCLE_FRAMES_NOBODY, -tables);
	row_add(f, SOCLE_FRAMES_FIRMWARE, SOCLE_FRAMES_NOBODY, total_pages - ram_pages);
}

void mm_ledger(struct socle_frames *f)
{
	mfn_t mfn = f->next;
	uint32_t kind, domid;

	f->nr_rows = f->_pad0 = 0;
	f->total_pages = total_pages;
	for (unsigned int i = 0; i < FRAMES_A_PIECE && (mfn = ram_from(mfn)) < max_page; i++) {
		uint64_t n = frame_look(mfn, mfn_to_page(mfn), &kind, &domid);

		/* Three rows are left for rest_add(). */
		if (f->nr_rows >= SOCLE_FRAMES_ROWS - 4 || !row_add(f, kind, domid, n))
			break;
		mfn += n;
	}
	f->next = mfn;
	if (ram_from(mfn) < max_page)
		return;
	rest_add(f);
	f->next = SOCLE_FRAMES_END;
}

/* Owners are compared, not looked at; what is no more its page when somebody maps it is refused then. */
void mm_pages_of(const struct domain *d, struct socle_pages *p)
{
	mfn_t mfn = p->next;

	p->nr_rows = 0;
	for (unsigned int i = 0; i < FRAMES_A_PIECE && p->nr_rows < SOCLE_PAGES_ROWS && (mfn = ram_from(mfn)) < max_page; i++, mfn++) {
		const struct page *pg = mfn_to_page(mfn);
		uint64_t pfn = m2p_get(mfn);

		if (READ_ONCE(pg->owner) != d || READ_ONCE(pg->count) & PGC_xen_heap || pfn == INVALID_M2P_ENTRY)
			continue;
		p->row[p->nr_rows].mfn = mfn;
		p->row[p->nr_rows++].pfn = pfn;
	}
	p->next = ram_from(mfn) < max_page ? mfn : SOCLE_FRAMES_END;
}
