/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hypervisor/domain/dom0_layout.c
 *
 * The start-of-day layout of a PV guest; dom0_layout.h describes it.
 *
 * Two regions of virtual memory are mapped: the initial one (from VIRT_BASE) and, apart from it, the
 * P2M list. Both are described by the same struct, and one function yields any table of either: a
 * table of level n covers 512 units of the level below, so an entry is filled exactly if its unit
 * lies in the region, and the unit's distance from the region's first is the number of the table or
 * page it points to.
 */
#include <stddef.h>
#include <string.h>

#include <abi/errno.h>

#include "dom0_layout.h"

#define PAGE_BITS	12
#define PAGE_BYTES	(UINT64_C(1) << PAGE_BITS)
#define ENTRY_BITS	9	/* 512 entries a table */
#define L4_SHIFT	39	/* bits below an L4 entry's reach; each level down has 9 fewer */

/* The mapping ends on this boundary, at least this far behind the stack (pv-abi 1.4). */
#define MAPPED_ALIGN	(UINT64_C(4) << 20)
#define MAPPED_SLACK	(UINT64_C(512) << 10)

/* L4 slots 256..271 (pv-abi 1.10). */
#define HV_START	UINT64_C(0xffff800000000000)
#define HV_END		UINT64_C(0xffff880000000000)
#define LOW_HALF_END	UINT64_C(0x0000800000000000)

/* Keeps all sums far from wrapping: 16 TiB of guest, 64 GiB of initrd. */
#define MAX_PAGES	(UINT64_C(1) << 32)
#define MAX_INITRD	(UINT64_C(1) << 36)

/* Entry bits (SDM vol. 3, 4.5): present, writable, user, accessed, dirty. */
#define TABLE_FLAGS	UINT64_C(0x67)
#define LEAF_RW_FLAGS	UINT64_C(0x27)
#define LEAF_RO_FLAGS	UINT64_C(0x25)

/* A mapped stretch of VA: [start, end) shows frames from first_pfn on, by tables from pt_index on. */
struct region {
	uint64_t start, end;
	uint64_t first_pfn;
	uint64_t pt_index;
};

/* Units of 1 << shift bytes that the region touches. */
static uint64_t nr_units(const struct region *r, unsigned int shift)
{
	return ((r->end - 1) >> shift) - (r->start >> shift) + 1;
}

/* Tables below the L4: as many L3 as 512 GiB units, and so on down. */
static uint64_t nr_tables(const struct region *r)
{
	return nr_units(r, L4_SHIFT) + nr_units(r, L4_SHIFT - ENTRY_BITS) +
	       nr_units(r, L4_SHIFT - 2 * ENTRY_BITS);
}

static int fail(int err, const char **why, const char *reason)
{
	*why = reason;
	return -err;
}

/* A guest may have it mapped: canonical, in one half, clear of the hypervisor. */
static bool guest_may_map(const struct region *r)
{
	if (r->end <= r->start)
		return false;
	return r->end <= LOW_HALF_END || r->start >= HV_END;
}

static uint64_t pages_of(uint64_t bytes)
{
	return (bytes + PAGE_BYTES - 1) >> PAGE_BITS;
}

static struct pv_range take(uint64_t *next, uint64_t nr)
{
	struct pv_range r = { *next, nr };

	*next += nr;
	return r;
}

/*
 * Page tables and stack close the initial mapping, whose size decides the number of tables. It only
 * grows with that number and settles within a few rounds: one more table maps 512 more pages.
 */
static void place_tables(struct pv_layout *l, uint64_t next)
{
	struct region r = { .start = l->virt_base };
	uint64_t nr = 0, need;

	for (;;) {
		r.end = pv_layout_va(l, next + nr + 1) + MAPPED_SLACK;
		r.end = (r.end + MAPPED_ALIGN - 1) & ~(MAPPED_ALIGN - 1);
		need = 1 + nr_tables(&r);
		if (need <= nr)
			break;
		nr = need;
	}
	l->pt = take(&next, nr);
	l->stack = take(&next, 1);
	l->mapped_end = (r.end - r.start) >> PAGE_BITS;
}

static int check_request(const struct pv_layout_request *req, const char **why)
{
	const struct elf_image *img = req->image;

	if (req->nr_pages == 0 || req->nr_pages > MAX_PAGES)
		return fail(XEN_EINVAL, why, "the memory size is zero or above 16 TiB");
	if (req->initrd_len > MAX_INITRD)
		return fail(XEN_EINVAL, why, "the initrd is larger than 64 GiB");
	if (img->hv_start_low != ELF_NOTE_ABSENT && img->hv_start_low > HV_START)
		return fail(XEN_EINVAL, why, "the kernel wants the hypervisor at another address");
	if (img->p2m_base != ELF_NOTE_ABSENT && (img->p2m_base & (PAGE_BYTES - 1)))
		return fail(XEN_EINVAL, why, "the kernel's note INIT_P2M is not page aligned");
	return 0;
}

static struct region initial_region(const struct pv_layout *l)
{
	return (struct region){
		.start = l->virt_base, .end = pv_layout_va(l, l->mapped_end),
		.first_pfn = 0, .pt_index = 1,
	};
}

static struct region p2m_region(const struct pv_layout *l)
{
	return (struct region){
		.start = l->p2m_va, .end = l->p2m_va + (l->p2m.nr << PAGE_BITS),
		.first_pfn = l->p2m.pfn, .pt_index = l->pt.nr,
	};
}

/* The P2M list behind everything else, with page tables of its own. */
static int place_p2m_apart(struct pv_layout *l, uint64_t base, uint64_t *next, const char **why)
{
	struct region ini = initial_region(l), r;

	l->p2m_separate = true;
	l->p2m_va = base;
	l->p2m = take(next, pages_of(l->nr_pages * sizeof(uint64_t)));
	r = p2m_region(l);
	if (!guest_may_map(&r))
		return fail(XEN_EINVAL, why, "the kernel's note INIT_P2M is not a guest address");
	if (r.start >> L4_SHIFT <= (ini.end - 1) >> L4_SHIFT &&
	    ini.start >> L4_SHIFT <= (r.end - 1) >> L4_SHIFT)
		return fail(XEN_EINVAL, why,
			    "the kernel's note INIT_P2M is within 512 GiB of its VIRT_BASE");
	l->p2m_pt = take(next, nr_tables(&r));
	return 0;
}

/* What lies below the page tables; returns the next free pfn. */
static uint64_t place_lower(const struct pv_layout_request *req, struct pv_layout *l)
{
	const struct elf_image *img = req->image;
	uint64_t next = pages_of(img->pend - img->paddr_offset);

	l->kernel.pfn = (img->pstart - img->paddr_offset) >> PAGE_BITS;
	l->kernel.nr = next - l->kernel.pfn;
	if (!img->mod_start_pfn && req->initrd_len) {
		l->initrd = take(&next, pages_of(req->initrd_len));
		l->mod_start = pv_layout_va(l, l->initrd.pfn);
	}
	if (img->p2m_base == ELF_NOTE_ABSENT) {
		l->p2m = take(&next, pages_of(l->nr_pages * sizeof(uint64_t)));
		l->p2m_va = pv_layout_va(l, l->p2m.pfn);
	}
	l->start_info = take(&next, 1);
	if (req->store_and_console) {
		l->store = take(&next, 1);
		l->console = take(&next, 1);
	}
	return next;
}

int pv_layout_compute(const struct pv_layout_request *req, struct pv_layout *out, const char **why)
{
	const struct elf_image *img = req->image;
	struct region ini;
	uint64_t next;
	int err;

	err = check_request(req, why);
	if (err)
		return err;
	memset(out, 0, sizeof(*out));
	out->virt_base = img->virt_base;
	out->nr_pages = req->nr_pages;

	next = place_lower(req, out);
	if (next >= req->nr_pages)
		return fail(XEN_ENOMEM, why, "not enough memory for the kernel");
	/* Tables add less than a hundredth, slack and alignment less than three times the latter. */
	if (~UINT64_C(0) - out->virt_base < ((next + next / 64) << PAGE_BITS) + 3 * MAPPED_ALIGN)
		return fail(XEN_EINVAL, why, "the kernel's VIRT_BASE leaves no room for it");
	place_tables(out, next);
	ini = initial_region(out);
	if (!guest_may_map(&ini))
		return fail(XEN_EINVAL, why, "the kernel's VIRT_BASE is not a guest address");

	next = out->mapped_end;
	if (img->mod_start_pfn && req->initrd_len) {
		out->initrd = take(&next, pages_of(req->initrd_len));
		out->mod_start = out->initrd.pfn;
		out->mod_is_pfn = true;
	}
	if (img->p2m_base != ELF_NOTE_ABSENT) {
		err = place_p2m_apart(out, img->p2m_base, &next, why);
		if (err)
			return err;
	}
	out->used_end = next;
	if (next > req->nr_pages)
		return fail(XEN_ENOMEM, why,
			    "not enough memory for the kernel, its initrd and its first page tables");
	return 0;
}

static bool in_range(const struct pv_range *r, uint64_t pfn)
{
	return pfn >= r->pfn && pfn - r->pfn < r->nr;
}

struct filler {
	const struct pv_layout *l;
	uint64_t (*mfn_of)(void *ctx, uint64_t pfn);
	void *ctx;
	uint64_t *entry;
};

/* Page-table pages are mapped read-only wherever they appear: a writable one could not be pinned. */
static uint64_t leaf_flags(const struct pv_layout *l, uint64_t pfn)
{
	return in_range(&l->pt, pfn) || in_range(&l->p2m_pt, pfn) ? LEAF_RO_FLAGS : LEAF_RW_FLAGS;
}

/*
 * Entries of the number-th table whose entries reach 1 << shift bytes each. Tables of the level
 * below start at table index child; for the last level (shift 12) the entries are pages.
 */
static void fill_level(const struct filler *f, const struct region *r, unsigned int shift,
		       uint64_t number, uint64_t child)
{
	uint64_t first = r->start >> shift, last = (r->end - 1) >> shift;
	uint64_t unit = ((r->start >> (shift + ENTRY_BITS)) + number) << ENTRY_BITS;
	unsigned int slot;

	for (slot = 0; slot < 1u << ENTRY_BITS; slot++, unit++) {
		uint64_t pfn, flags = TABLE_FLAGS;

		if (unit < first || unit > last)
			continue;
		if (shift == PAGE_BITS) {
			pfn = r->first_pfn + (unit - first);
			flags = leaf_flags(f->l, pfn);
		} else {
			pfn = pv_layout_table_pfn(f->l, child + (unit - first));
		}
		f->entry[slot] = f->mfn_of(f->ctx, pfn) << PAGE_BITS | flags;
	}
}

/* One table below the L4, by its number inside the region. */
static void fill_region_table(const struct filler *f, const struct region *r, uint64_t number)
{
	unsigned int shift = L4_SHIFT;
	uint64_t level_index = r->pt_index;

	/* Skip whole levels: L3 tables first, then L2, then L1. */
	while (number >= nr_units(r, shift)) {
		number -= nr_units(r, shift);
		level_index += nr_units(r, shift);
		shift -= ENTRY_BITS;
	}
	fill_level(f, r, shift - ENTRY_BITS, number, level_index + nr_units(r, shift));
}

void pv_layout_fill_table(const struct pv_layout *l, uint64_t index,
			  uint64_t (*mfn_of)(void *ctx, uint64_t pfn), void *ctx,
			  uint64_t entry[512])
{
	struct filler f = { l, mfn_of, ctx, entry };
	struct region ini = initial_region(l), p2m = p2m_region(l);

	memset(entry, 0, PAGE_BYTES);
	if (index == 0) {
		uint64_t i;

		for (i = 0; i < nr_units(&ini, L4_SHIFT); i++)
			entry[((ini.start >> L4_SHIFT) + i) & 511] =
				mfn_of(ctx, pv_layout_table_pfn(l, ini.pt_index + i)) << PAGE_BITS |
				TABLE_FLAGS;
		for (i = 0; l->p2m_pt.nr && i < nr_units(&p2m, L4_SHIFT); i++)
			entry[((p2m.start >> L4_SHIFT) + i) & 511] =
				mfn_of(ctx, pv_layout_table_pfn(l, p2m.pt_index + i)) << PAGE_BITS |
				TABLE_FLAGS;
	} else if (index < l->pt.nr) {
		fill_region_table(&f, &ini, index - 1);
	} else {
		fill_region_table(&f, &p2m, index - l->pt.nr);
	}
}
