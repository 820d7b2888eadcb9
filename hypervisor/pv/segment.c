/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guests' descriptor tables. Each vCPU has a window of hypervisor addresses that GDTR and LDTR point at: pages 0-13
 * show the guest's GDT frames, page 14 the CPU's own descriptors (cpu/desc.c), pages 16-31 the LDT.
 *
 * A frame in a window holds a page reference and the type seg_desc, which excludes write access by the guest, so that
 * its descriptors stay as pv_desc_fix() approved them. GDT frames are taken at once. LDT pages are given
 * by virtual address and taken when the CPU first touches them: its access faults in the window.
 *
 * Window entries are writable for the CPU alone (supervisor), which sets "accessed" bits in descriptors.
 * Called by the owning vCPU, or while it is paused or being built. The type is taken under the mm_lock, because the
 * frame may be a page table that another vCPU is just giving up; it is given back without.
 */
#include "asm/atomic.h"
#include "cpu/cpu.h"
#include "domain/domain.h"
#include "hypercall/hypercall.h"
#include "lib/util.h"
#include "mm/mm.h"
#include "pv/internal.h"
#include "pv/pv.h"
#include "pv/vectors.h"

#define DESCS_PER_PAGE 512
#define GDT_PAGES FIRST_RESERVED_GDT_PAGE
#define LDT_PAGES 16
#define LDT_WINDOW_FIRST 16
#define MAX_LDT_ENTRIES 8192

/* Present, writable, accessed, dirty, supervisor (SDM vol. 3, 4.5). */
#define WINDOW_PTE 0x63ul
#define WINDOW_PTE_RO 0x21ul
#define PTE_PRESENT 1ul
#define PTE_ADDR 0x000ffffffffff000ul

static uint64_t window_pte(mfn_t mfn)
{
	return mfn << PAGE_SHIFT | WINDOW_PTE;
}

/* Stands in unused pages of the GDT windows: selectors there find "not present" and fault properly. */
static uint64_t zero_pte(void)
{
	static void *zero_page;		/* a: set once */
	void *page = atomic_load(&zero_page);

	if (!page) {
		page = hv_alloc_pages(0);
		if (page && cmpxchg64(&zero_page, 0, (uint64_t)page)) {
			hv_free_pages(page, 0);
			page = atomic_load(&zero_page);
		}
	}
	return page ? virt_to_mfn(page) << PAGE_SHIFT | WINDOW_PTE_RO : 0;
}

static uint64_t window_va(const struct vcpu *v)
{
	return PERDOMAIN_VIRT + ((uint64_t)v->id << PERDOMAIN_VCPU_SHIFT);
}

/* The mm_lock is held. */
static struct page *desc_page_get(struct domain *d, mfn_t mfn)
{
	struct page *pg;

	if (!mfn_is_ram(mfn))
		return NULL;
	pg = mfn_to_page(mfn);
	return page_get_and_type_settled(pg, d, PGT_seg_desc) ? NULL : pg;
}

static void gdt_drop(const mfn_t *mfns, unsigned int n)
{
	while (n--)
		page_put_and_type(mfn_to_page(mfns[n]));
}

/* All of them, or none and false. */
static bool gdt_take(struct domain *d, const mfn_t *mfns, unsigned int n)
{
	unsigned int i;

	spin_lock(&d->mm_lock);
	for (i = 0; i < n && desc_page_get(d, mfns[i]); i++)
		;
	spin_unlock(&d->mm_lock);
	if (i < n)
		gdt_drop(mfns, i);
	return i == n;
}

int pv_set_gdt(struct vcpu *v, const uint64_t *mfns, unsigned int entries)
{
	unsigned int n = DIV_ROUND_UP(entries, DESCS_PER_PAGE), old = DIV_ROUND_UP(v->pv.gdt_ents, DESCS_PER_PAGE), i;

	if (entries > FIRST_RESERVED_GDT_ENTRY)
		return refuse(-XEN_EINVAL, "%u GDT entries, at most %u", entries, FIRST_RESERVED_GDT_ENTRY);
	if (!gdt_take(v->domain, mfns, n))
		return refuse(-XEN_EINVAL, "a frame of %lx.. cannot be a GDT page", n ? mfns[0] : 0);
	for (i = 0; i < GDT_PAGES; i++)
		perdomain_set_pte(v, i, i < n ? window_pte(mfns[i]) : zero_pte());
	if (v == current)
		tlb_flush_local();
	gdt_drop(v->pv.gdt_mfn, old);
	for (i = 0; i < n; i++)
		v->pv.gdt_mfn[i] = mfns[i];
	v->pv.gdt_ents = entries;
	return 0;
}

bool pv_ldt_args_ok(uint64_t base, uint64_t ents)
{
	if (!ents)
		return true;
	return ents <= MAX_LDT_ENTRIES && !(base & ~PAGE_MASK) && guest_range_ok(base, ents * 8);
}

static void ldt_drop(struct vcpu *v)
{
	unsigned int i;

	for (i = 0; i < LDT_PAGES; i++)
		perdomain_set_pte(v, LDT_WINDOW_FIRST + i, 0);
	if (v == current)
		tlb_flush_local();
	for (i = 0; i < LDT_PAGES; i++) {
		if (!(v->pv.ldt_taken & 1u << i))
			continue;
		page_put_and_type(mfn_to_page(v->pv.ldt_mfn[i]));
	}
	v->pv.ldt_taken = 0;
}

int pv_set_ldt(struct vcpu *v, uint64_t base, uint64_t ents)
{
	if (!pv_ldt_args_ok(base, ents))
		return refuse(-XEN_EINVAL, "LDT at %lx with %lu entries", base, ents);
	ldt_drop(v);
	v->pv.ldt_base = ents ? base : 0;
	v->pv.ldt_ents = ents;
	if (v == current)
		desc_load_vcpu(v);
	return 0;
}

/* The page behind a page of the window; NULL if the guest has none there that can be a descriptor page. */
static struct page *ldt_page_get(struct vcpu *v, unsigned int page)
{
	struct page *pg = NULL;
	uint64_t pte;

	spin_lock(&v->domain->mm_lock);
	if (mm_walk_l1_locked(v, v->pv.ldt_base + ((uint64_t)page << PAGE_SHIFT), &pte) && pte & PTE_PRESENT)
		pg = desc_page_get(v->domain, (pte & PTE_ADDR) >> PAGE_SHIFT);
	spin_unlock(&v->domain->mm_lock);
	return pg;
}

/* Faults in the window come from selector loads, and none is done with a lock held. */
bool pv_fill_ldt_window(struct vcpu *v, uint64_t va)
{
	uint64_t start, offset;
	unsigned int page;
	struct page *pg;

	if (!v || v->idle)	/* none at all: a fault during boot */
		return false;
	start = window_va(v) + PERDOMAIN_LDT_OFFSET;
	offset = va - start;
	page = offset >> PAGE_SHIFT;
	if (va < start || offset >= (uint64_t)v->pv.ldt_ents * 8 || v->pv.ldt_taken & 1u << page)
		return false;
	pg = ldt_page_get(v, page);
	if (!pg)
		return false;
	v->pv.ldt_mfn[page] = page_to_mfn(pg);
	v->pv.ldt_taken |= 1u << page;
	perdomain_set_pte(v, LDT_WINDOW_FIRST + page, window_pte(page_to_mfn(pg)));
	return true;
}

/* A fault in the LDT window that could not be satisfied is the guest's: *va becomes its own address. */
bool pv_ldt_fault_va(const struct vcpu *v, uint64_t *va)
{
	uint64_t start = window_va(v) + PERDOMAIN_LDT_OFFSET;

	if (*va < start || *va - start >= LDT_PAGES * PAGE_SIZE)
		return false;
	*va = v->pv.ldt_base + (*va - start);
	return true;
}

int pv_vcpu_init(struct vcpu *v)
{
	uint64_t pte = zero_pte();
	unsigned int i;

	if (!pte)
		return -XEN_ENOMEM;
	for (i = 0; i < GDT_PAGES; i++)
		perdomain_set_pte(v, i, pte);
	perdomain_set_pte(v, GDT_PAGES + 1, pte);
	pv_init_state(v);
	return 0;
}

void pv_vcpu_relinquish(struct vcpu *v)
{
	pv_set_gdt(v, NULL, 0);
	pv_set_ldt(v, 0, 0);
}

long do_set_gdt(uint64_t frames, uint64_t entries)
{
	uint64_t mfns[GDT_PAGES];
	uint32_t n = (uint32_t)entries;

	if (n > FIRST_RESERVED_GDT_ENTRY)
		return refuse(-XEN_EINVAL, "%u entries", n);
	if (copy_from_guest(mfns, frames, DIV_ROUND_UP(n, DESCS_PER_PAGE) * sizeof(mfns[0])))
		return -XEN_EFAULT;
	return pv_set_gdt(current, mfns, n);
}

long do_update_descriptor(uint64_t maddr, uint64_t desc)
{
	struct domain *d = current->domain;
	mfn_t mfn = maddr >> PAGE_SHIFT;
	struct page *pg;
	uint64_t type;
	int rc;

	if (maddr & 7)
		return refuse(-XEN_EINVAL, "address %lx is not aligned", maddr);
	if (!pv_desc_fix(&desc))
		return refuse(-XEN_EINVAL, "descriptor %lx", desc);
	if (!mfn_is_ram(mfn))
		return refuse(-XEN_EINVAL, "no RAM at %lx", maddr);
	pg = mfn_to_page(mfn);
	spin_lock(&d->mm_lock);
	/* Keeps seg_desc if the page has it; any other page must be one the guest could write itself. */
	type = READ_ONCE(pg->type);
	type = (type & PGT_type_mask) == PGT_seg_desc && type & PGT_count_mask ? PGT_seg_desc : PGT_writable;
	rc = page_get_and_type(pg, d, type);
	spin_unlock(&d->mm_lock);
	if (rc)
		return refuse(-XEN_EINVAL, "frame %lx is not the domain's or in other use", mfn);
	__atomic_store_n((uint64_t *)maddr_to_virt(maddr), desc, __ATOMIC_RELEASE);
	page_put_and_type(pg);
	return 0;
}
