/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory: frames, types, allocation, page tables, guest copies. The contract of the whole folder.
 *
 * Every RAM frame has a struct page: owner, reference count, type and type count (pv-abi 4.1). Page-table
 * safety rests on the rules of mm/type.c. Counts are changed with atomic compare-exchange, so that other
 * CPUs may come later; trees of page tables of one domain are changed under d->mm_lock.
 */
#ifndef SOCLE_MM_MM_H
#define SOCLE_MM_MM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "asm/nospec.h"
#include "asm/guest.h"	/* copy_from_guest(), copy_to_guest() */
#include "lib/list.h"
#include "mm/layout.h"

struct domain;
struct vcpu;

#define PAGE_SHIFT 12
#define PAGE_SIZE 4096UL
#define PAGE_MASK (~(PAGE_SIZE - 1))
typedef uint64_t mfn_t;			/* machine frame number */
#define INVALID_MFN (~0UL)
#define INVALID_M2P_ENTRY (~0UL)

/* ---- frames: mm/frame.c ------------------------------------------------------------------------- */
struct page {
	uint64_t count;			/* a: PGC_allocated | PGC_xen_heap | references */
	uint64_t type;			/* a: PGT_type | flags | type count */
	struct domain *owner;		/* NULL: free or the hypervisor's own */
	struct list_head list;		/* free list, owner's page list (p: d->page_lock), or grow_list */
	uint32_t cursor;		/* next entry of a partly validated table (owner's mm_lock); pages that wait, grow.c */
	uint32_t order;			/* free block's order (palloc lock); slab class, page count of a large object (heap) */
	uint32_t flags;			/* PG_* below; those of the allocators change under their locks */
	uint32_t in_use;		/* slab: objects handed out (heap lock); other pages of ours: hv_charge(), the domain's id + 1 */
	union {
		void *slab_free;	/* slab: first free object (heap lock) */
		uint64_t stamp;		/* others: when the last reference of a type or any went, mm/tlb.c; 0 never */
	};
};					/* 64 bytes, asserted */

#define PG_RAM		(1u << 0)	/* I after boot: memory that may have an owner */
#define PG_FREE		(1u << 1)	/* first page of a free block (palloc lock) */
#define PG_SLAB		(1u << 2)	/* small objects (heap lock) */
#define PG_LARGE	(1u << 3)	/* first page of a large object (heap lock) */
#define PG_BOOT		(1u << 4)	/* loaded by the boot loader, not given to the allocator yet */
#define PG_M2P		(1u << 5)	/* I after boot: piece of the M2P, belongs to DOMID_XEN */

#define PGC_allocated	(1UL << 63)	/* the owner's own reference */
#define PGC_xen_heap	(1UL << 62)	/* hypervisor memory shared with a guest: never given to the guest allocator */
#define PGC_count_mask	((1UL << 48) - 1)

#define PGT_shift	60
#define PGT_none	(0UL << PGT_shift)
#define PGT_l1		(1UL << PGT_shift)
#define PGT_l2		(2UL << PGT_shift)
#define PGT_l3		(3UL << PGT_shift)
#define PGT_l4		(4UL << PGT_shift)
#define PGT_seg_desc	(5UL << PGT_shift)
#define PGT_writable	(7UL << PGT_shift)
#define PGT_type_mask	(15UL << PGT_shift)
#define PGT_pinned	(1UL << 59)
#define PGT_validated	(1UL << 58)
#define PGT_partial	(1UL << 57)
#define PGT_count_mask	((1UL << 48) - 1)

extern uint64_t max_page;		/* highest RAM mfn + 1 */
extern uint64_t total_pages;		/* RAM pages of the machine */
extern uint64_t ram_pages;		/* those that have an entry: mfn_is_ram() */

static inline void *maddr_to_virt(uint64_t maddr) { return (void *)(DIRECTMAP_VIRT + maddr); }
static inline uint64_t virt_to_maddr(const void *p) { return (uint64_t)p - DIRECTMAP_VIRT; }	/* direct-map pointers only */
static inline void *mfn_to_virt(mfn_t mfn) { return maddr_to_virt(mfn << PAGE_SHIFT); }
static inline mfn_t virt_to_mfn(const void *p) { return virt_to_maddr(p) >> PAGE_SHIFT; }
static inline struct page *mfn_to_page(mfn_t mfn) { return (struct page *)FRAMETABLE_VIRT + mfn; }
static inline mfn_t page_to_mfn(const struct page *pg) { return (mfn_t)(pg - (struct page *)FRAMETABLE_VIRT); }
static inline void *page_to_virt(const struct page *pg) { return mfn_to_virt(page_to_mfn(pg)); }
static inline struct page *virt_to_page(const void *p) { return mfn_to_page(virt_to_mfn(p)); }
/* May have an owner: false for MMIO, holes, reserved, the first MiB. Frame-table entries exist for chunks with RAM only. */
#define FRAME_CHUNK_SHIFT 15		/* frames a chunk: 2 MiB of 64-byte entries */
extern uint64_t frame_chunk_map[];
/* Its page, by a number that speculation cannot take beyond the table; NULL if it is no RAM. */
static inline struct page *mfn_to_ram(mfn_t mfn)
{
	mfn_t safe = nospec_index(mfn, max_page), chunk = safe >> FRAME_CHUNK_SHIFT;
	struct page *pg = mfn_to_page(safe);

	return mfn < max_page && (frame_chunk_map[chunk / 64] >> (chunk % 64) & 1) && (pg->flags & PG_RAM) ? pg : NULL;
}
static inline bool mfn_is_ram(mfn_t mfn) { return mfn_to_ram(mfn) != NULL; }
struct domain *page_owner(const struct page *pg);	/* the owner; dom_xen for the M2P */

bool page_get(struct page *pg, struct domain *owner);	/* reference if owned by owner and live; false else (also on overflow) */
void page_put(struct page *pg);				/* last one frees to the allocator */

/* ---- types: mm/type.c --------------------------------------------------------------------------- */
/* Takes one type reference, validating the page if its type count was 0. 0, -XEN_EBUSY (other type in use), -XEN_EINVAL
 * (contents refused), -XEN_ERESTART (preempted; state kept, call again). The caller holds a page reference. */
int page_get_type(struct page *pg, uint64_t type);
void page_put_type(struct page *pg);
int page_get_and_type(struct page *pg, struct domain *owner, uint64_t type);	/* both, or none and -XEN_EINVAL/-EBUSY */
/* The same at the beginning of an operation, under the owner's mm_lock: what stopped on the way to another type is undone. */
int page_get_and_type_settled(struct page *pg, struct domain *owner, uint64_t type);
void page_put_and_type(struct page *pg);
/* As page_put_type(), but a long teardown may stop: -XEN_ERESTART, the reference is still held, call again. */
int page_put_type_preemptible(struct page *pg);
int page_put_and_type_preemptible(struct page *pg);

/* ---- allocation: mm/palloc.c, mm/heap.c ---------------------------------------------------------- */
void *hv_alloc_pages(unsigned int order);	/* zeroed, direct-map pointer, or NULL */
void hv_free_pages(void *p, unsigned int order);
void *hv_alloc(size_t size);			/* zeroed small or large object, 16-byte aligned, or NULL */
void hv_free(void *p);				/* NULL is fine */
/* The hypervisor's pages from p on, of hv_alloc_pages(order) or a large object, are kept for d: for the ledger. Small objects
 * share their pages with those of others, and are nobody's; NULL is fine. */
void hv_charge(void *p, unsigned int order, const struct domain *d);
/* Piece by piece, whose each page of RAM is: mm/ledger.c, socle/op.h. */
struct socle_frames;
void mm_ledger(struct socle_frames *f);
/* Piece by piece, the pages of d, with the pfns that it gave them. */
struct socle_pages;
void mm_pages_of(const struct domain *d, struct socle_pages *p);
/* Pages for a domain: zeroed, owner set, one allocated reference each, linked in d->page_list, d->tot_pages raised.
 * addr_bits 0 = any. NULL when out of memory or over d->max_pages. */
struct page *dom_alloc_pages(struct domain *d, unsigned int order, unsigned int addr_bits);
/* The same with what was in them: only for dom0, which may map all memory anyway. */
struct page *dom_alloc_dirty_pages(struct domain *d, unsigned int order);
/* Drops the allocated reference of one page (decrease_reservation, teardown). False if it was not set. */
bool dom_drop_allocated(struct page *pg);
uint64_t palloc_free_pages(void);
uint64_t palloc_free_above(unsigned int addr_bits);
/* XENMEM_claim_pages: promises d a total of pages (0 = no promise any more). 0, -XEN_ENOMEM, -XEN_EINVAL. */
int dom_claim_pages(struct domain *d, uint64_t pages);

/* Makes a hypervisor page readable/writable by a guest (shared_info, grant frames); undone by unshare. */
void page_share(void *hv_page, struct domain *d, bool writable);
/* Retract: false while the guest still holds references (teardown retries). */
bool page_unshare(void *hv_page, struct domain *d);

/* ---- machine-to-physical: mm/space.c -------------------------------------------------------------- */
void m2p_set(mfn_t mfn, uint64_t pfn);
uint64_t m2p_get(mfn_t mfn);
mfn_t m2p_chunk_mfn(unsigned int index);	/* mfn of the index-th 2 MiB piece of the M2P, INVALID_MFN for holes */

/* ---- address spaces: mm/space.c --------------------------------------------------------------------- */
/* Gives memory of boot modules to the allocator; pages that are not the loader's any more are passed over. */
void mm_release_range(uint64_t maddr, uint64_t len);
void mm_boot_init(void);	/* after bootinfo: direct map, frame table, M2P, allocators; switches to the final page tables */
void *ioremap(uint64_t maddr, size_t len);	/* uncached; never fails at boot (panic), NULL later; valid for ever */
/* mm/firmware.c: a root (a page of hv_alloc_pages()) for firmware that runs at physical addresses. */
int firmware_map(uint64_t *root, uint64_t maddr, uint64_t pages, bool cached, bool code);	/* -XEN_EINVAL, -XEN_ENOMEM */
uint64_t firmware_enter(uint64_t *root);	/* what to leave with; interrupts stay off between */
void firmware_leave(uint64_t cr3);
extern uint64_t *idle_l4;			/* root of the idle vCPUs, has all hypervisor slots */
int mm_domain_init(struct domain *d);		/* per-domain slot tables; 0 or -XEN_ENOMEM */
void mm_domain_fini(struct domain *d);		/* after the last page is gone */
int mm_domain_relinquish(struct domain *d);	/* 0, or -XEN_ERESTART; drops bases, pins, pages; see domain/teardown.c */
int mm_vcpu_init(struct vcpu *v);		/* GDT/LDT window page tables */
void perdomain_set_pte(struct vcpu *v, unsigned int window_page, uint64_t pte);	/* window_page 0..15 GDT, 16..31 LDT */
void mm_install_hv_slots(struct domain *d, uint64_t *l4);
void mm_load_vcpu(struct vcpu *v);		/* writes CR3 for v's current mode (kernel/user), idle_l4 for idle vCPUs */
int mm_new_baseptr(struct vcpu *v, mfn_t mfn);	/* kernel root; takes refs and the L4 type, drops the old; 0, -XEN_EINVAL.. or -XEN_ERESTART */
int mm_new_user_baseptr(struct vcpu *v, mfn_t mfn);	/* 0 = none */
/* Walks v's kernel page tables: the L1 entry's value, false if there is none. Another vCPU may change it at once. */
bool mm_walk_l1(struct vcpu *v, uint64_t va, uint64_t *pte);
bool mm_walk_l1_locked(struct vcpu *v, uint64_t va, uint64_t *pte);	/* the caller holds the mm_lock: it stays so */
/* Gives back v's roots and what its last operation left over. v is paused. 0 or -XEN_ERESTART. */
int mm_vcpu_relinquish(struct vcpu *v);
void mm_vcpu_drop_roots(struct vcpu *v);	/* the roots; what takes long is left to current's next operation */

/* ---- page-table updates used by other modules: mm/pt_update.c ------------------------------------------ */
/* A write to a read-only L1 page by the guest kernel (pv-abi 4.8): validated update of the 8-byte entry at pte_maddr.
 * old is compared (cmpxchg) ; 0, -XEN_EAGAIN if the entry changed, or an errno */
int pt_emulated_write(struct vcpu *v, uint64_t pte_maddr, uint64_t old, uint64_t new_val);
/* Is the page at maddr one whose writes are to be emulated (L1-typed, owned by v's domain)? A hint without the lock. */
bool pt_write_is_emulated(struct vcpu *v, uint64_t maddr);
/* The entry at maddr, as long as it is one of such a page; else false. */
bool pt_read_entry(struct vcpu *v, uint64_t pte_maddr, uint64_t *pte);
/* Grant mappings: put/replace a PTE with refs managed by the grant code. See comments in mm/pt_update.c.
 * flags has GNTMAP_*; pte is the complete new entry without fix-ups; returns 0 or -XEN_EINVAL. */
int pt_grant_map(struct domain *d, uint64_t host_addr, bool contains_pte, uint64_t pte);
/* Clears the entry at host_addr if it maps mfn (and its RW matches writable); 0 or -XEN_EINVAL. */
int pt_grant_unmap(struct domain *d, uint64_t host_addr, bool contains_pte, mfn_t mfn, bool writable);
/* unmap_and_replace: the entry at host_addr (which must map mfn) takes over the one at new_addr (0 = none), which is
 * cleared. The references of the old mapping go to the caller, as in pt_grant_unmap(). */
int pt_grant_replace(struct domain *d, uint64_t host_addr, mfn_t mfn, bool writable, uint64_t new_addr);
/* GDT/LDT page: validates all descriptors by taking PGT_seg_desc; see pv/segment.c for desc_check(). */

/* ---- guest copies: mm/gcopy.c: the only code that touches guest virtual memory ----------------------------- */
/* gva in the current address space; refuses the hypervisor's range and non-canonical addresses. 0 or -XEN_EFAULT
 * (a failed copy may be partial). Guest mode is not changed: kernel tables, which include the user half. */
int clear_guest(uint64_t gva, size_t len);
bool guest_range_ok(uint64_t gva, size_t len);
/* Fetches up to FETCH_LEN instruction bytes at rip, one more than any instruction has; returns the number readable. */
#define FETCH_LEN 16
size_t fetch_guest_insn(uint64_t rip, uint8_t *buf);

/* ---- TLB: mm/tlb.c --------------------------------------------------------------------------------------- */
void tlb_flush_local(void);			/* everything, globals too */
void tlb_flush_va_local(uint64_t va);
/* Empties the TLB of every CPU that runs one of d's vCPUs, or one of those in mask (a bit per vCPU id, CPU order of
 * bits; NULL: all). Done when it returns. Locks may be held: those who wait for them serve us meanwhile. */
void tlb_flush_vcpus(struct domain *d, const uint64_t *mask);
static inline void tlb_flush_domain(struct domain *d) { tlb_flush_vcpus(d, NULL); }

#endif
