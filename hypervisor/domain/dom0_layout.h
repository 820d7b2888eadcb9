/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hypervisor/domain/dom0_layout.h
 *
 * Where each start-of-day piece of a PV guest lies, and what its first page tables contain.
 *
 * Pure arithmetic over pseudo-physical frame numbers (pfns), used by the hypervisor for dom0 and by
 * dom0's domain builder for every other guest. pv_layout_compute() decides the places;
 * pv_layout_fill_table() then yields the page tables one by one, as the 512 entries of the table with
 * the given index, so that the caller only needs a way to write one page of the guest.
 *
 * The initial mapping is linear: pfn n is seen at virt_base + n * 4096, from pfn 0 to mapped_end.
 * Inside it, from below: kernel, [initrd], [P2M list], start_info, [store and console page], page
 * tables, boot stack, slack. A kernel with the notes MOD_START_PFN and INIT_P2M gets initrd and P2M
 * list after mapped_end instead: the initrd unmapped, the P2M list mapped at p2m_base by page tables
 * of its own, which follow the list.
 *
 * Tables are numbered: 0 is the L4, then the L3, L2 and L1 tables of the initial mapping (nr_pt in
 * all), then L3, L2 and L1 of the P2M mapping (nr_p2m_pt). Bottom-up order for writing is not
 * needed: nothing is a page table before it is pinned.
 */
#ifndef SOCLE_DOMAIN_DOM0_LAYOUT_H
#define SOCLE_DOMAIN_DOM0_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "elf.h"

struct pv_layout_request {
	const struct elf_image *image;
	uint64_t nr_pages;		/* pfns the guest starts with: 0 .. nr_pages-1 */
	uint64_t initrd_len;		/* bytes, 0 = none */
	bool store_and_console;		/* domU: a page each for xenstore and console rings */
};

struct pv_range {
	uint64_t pfn;
	uint64_t nr;
};

struct pv_layout {
	uint64_t virt_base;
	uint64_t nr_pages;
	struct pv_range kernel;		/* pages the image covers */
	struct pv_range initrd;		/* nr = 0 without */
	struct pv_range p2m;		/* the list itself: nr_pages entries of 8 bytes */
	struct pv_range p2m_pt;		/* page tables of the P2M mapping; nr = 0 if mapped linearly */
	struct pv_range start_info;	/* one page */
	struct pv_range store;		/* nr = 0 for dom0 */
	struct pv_range console;	/* nr = 0 for dom0 */
	struct pv_range pt;		/* initial page tables; pt.pfn is the L4 */
	struct pv_range stack;		/* one page; the stack pointer starts at its end */
	uint64_t mapped_end;		/* pfns below are mapped linearly; 4 MiB aligned VA */
	uint64_t used_end;		/* first pfn above everything placed */
	/* values for start_info and the first vCPU */
	uint64_t p2m_va;
	uint64_t mod_start;		/* VA or pfn, see mod_is_pfn; 0 without initrd */
	bool mod_is_pfn;
	bool p2m_separate;		/* report p2m and p2m_pt as first_p2m_pfn / nr_p2m_frames */
};

/* VA of a pfn inside the initial mapping. */
static inline uint64_t pv_layout_va(const struct pv_layout *l, uint64_t pfn)
{
	return l->virt_base + (pfn << 12);
}

/* 0, or -XEN_EINVAL (addresses no guest can have), -XEN_ENOMEM (nr_pages is too small). */
int pv_layout_compute(const struct pv_layout_request *req, struct pv_layout *out, const char **why);

static inline uint64_t pv_layout_nr_tables(const struct pv_layout *l)
{
	return l->pt.nr + l->p2m_pt.nr;
}

/* The pfn that holds table number index. */
static inline uint64_t pv_layout_table_pfn(const struct pv_layout *l, uint64_t index)
{
	return index < l->pt.nr ? l->pt.pfn + index : l->p2m_pt.pfn + (index - l->pt.nr);
}

/*
 * The contents of table number index. mfn_of() translates a pfn. Slots 256..271 of the L4 stay zero:
 * they are the hypervisor's. Leaves are writable except those that map a page table.
 */
void pv_layout_fill_table(const struct pv_layout *l, uint64_t index,
			  uint64_t (*mfn_of)(void *ctx, uint64_t pfn), void *ctx,
			  uint64_t entry[512]);

#endif /* SOCLE_DOMAIN_DOM0_LAYOUT_H */
