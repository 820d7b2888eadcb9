/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shared inside mm/: page-table entries, the steps of validation, boot memory. Entry bits are those of SDM vol. 3,
 * table 4-20; bit 52 is the ABI's mark of a guest-kernel page (pv-abi 4.2).
 */
#ifndef SOCLE_MM_INTERNAL_H
#define SOCLE_MM_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>
#include <abi/errno.h>
#include "mm/mm.h"

#define PTE_P		(1UL << 0)
#define PTE_RW		(1UL << 1)
#define PTE_US		(1UL << 2)
#define PTE_PWT		(1UL << 3)
#define PTE_PCD		(1UL << 4)
#define PTE_A		(1UL << 5)
#define PTE_D		(1UL << 6)
#define PTE_PAT		(1UL << 7)	/* last level */
#define PTE_PSE		(1UL << 7)	/* others */
#define PTE_G		(1UL << 8)
#define PTE_GUEST_KERNEL (1UL << 52)
#define PTE_NX		(1UL << 63)
#define PTE_FRAME	0x000ffffffffff000UL
#define PTE_AVAIL	0x7ff0000000000e00UL	/* bits 9-11 and 52-62 */
#define PTE_CACHE	(PTE_PWT | PTE_PCD | PTE_PAT)

#define PT_ENTRIES	512

static inline mfn_t pte_mfn(uint64_t pte)
{
	return (pte & PTE_FRAME) >> PAGE_SHIFT;
}

static inline unsigned int pt_index(uint64_t va, unsigned int level)
{
	return (unsigned int)(va >> (PAGE_SHIFT + 9 * (level - 1))) & (PT_ENTRIES - 1);
}

static inline bool slot_is_hypervisor(unsigned int i)
{
	return i >= HV_SLOT_FIRST && i <= HV_SLOT_LAST;
}

static inline bool type_is_table(uint64_t type)
{
	return type >= PGT_l1 && type <= PGT_l4;
}

/* ---- pt_entry.c: one entry ------------------------------------------------------------------------------------- */
/* Checks *pte as an entry of a table of type in owner's tree, mapping pages of fd, and takes its references. On
 * success *pte is what is to be stored. 0 or errno; -XEN_ERESTART: nothing taken, call again. */
int pte_get(struct domain *owner, struct domain *fd, uint64_t type, uint64_t *pte);
/* Drops them. -XEN_ERESTART (only if preemptible): still held, call again. */
int pte_put(uint64_t type, uint64_t pte, bool preemptible);
/* The stored form of a permitted last-level entry (user bit, guest-kernel mark). */
uint64_t pte_l1_fix(uint64_t pte);
bool pte_l1_flags_ok(const struct domain *owner, uint64_t pte);
bool pte_table_flags_ok(uint64_t pte);
/* Device frames that nobody may write (NULL: none); platform code fills it. */
struct rangeset;
extern struct rangeset *mmio_read_only;

/* ---- frame.c ------------------------------------------------------------------------------------------------------- */
void frame_mark_ram(mfn_t first, mfn_t end);	/* boot: frame-table entries exist and are zero */
void frame_set_m2p(mfn_t mfn);
void page_release(struct page *pg);		/* count has reached 0 */

/* ---- type.c --------------------------------------------------------------------------------------------------------- */
/* Undoes what an abandoned validation left. The owner's mm_lock is held. 0 or -XEN_ERESTART. */
int page_settle_partial(struct page *pg);

/* ---- palloc.c ------------------------------------------------------------------------------------------------------- */
#define PALLOC_MAX_ORDER 18
void palloc_init(void);
void palloc_add(mfn_t first, mfn_t end);	/* frames become free */
struct page *palloc_get(unsigned int order, unsigned int addr_bits);	/* not zeroed; NULL */
void palloc_put(struct page *pg, unsigned int order);
uint64_t palloc_free_from(mfn_t mfn);		/* free pages from this one on, up to the end of its block; 0: it is not free */
void claim_release(struct domain *d);
/* Accounts n pages to d, which it is about to adopt; false: it may not have them. Under d->page_lock. */
bool dom_charge(struct domain *d, uint64_t n);
void dom_discharge(struct domain *d, uint64_t n);	/* d does not get them; the caller holds a reference on it */
/* Makes d the owner of n pages from pg on; the caller accounts for them. Under d->page_lock. */
void dom_adopt(struct domain *d, struct page *pg, uint64_t n);

/* ---- grow.c ------------------------------------------------------------------------------------------------------------ */
#define GROW_AT_ONCE 4		/* order of the pieces; no more is zeroed without asking whether to go on */
/* Gives d a block of palloc_get(), with pfns from pfn on (INVALID_M2P_ENTRY: none). False: refused, the block is the caller's.
 * d has all of it after grow_finish(). */
bool grow_give(struct domain *d, struct page *pg, unsigned int order, uint64_t pfn);
int grow_finish(struct domain *d);	/* 0 or -XEN_ERESTART */
uint64_t grow_waiting(const struct domain *d);	/* pages charged and not adopted yet; of a stopped machine */
void grow_abandon(struct domain *d);	/* teardown: what waits goes back to the allocator */

/* ---- bootmem.c ------------------------------------------------------------------------------------------------------- */
void bootmem_init(void);
uint64_t bootmem_alloc(uint64_t size, uint64_t align);	/* zeroed, below 4 GiB; panics */
void bootmem_hand_over(void);			/* the rest to palloc */

/* ---- tlb.c ------------------------------------------------------------------------------------------------------------ */
extern uint64_t tlb_clock;			/* a: tlb.c, and the assembly that writes CR3 */
uint64_t tlb_stamp(void);			/* for a frame to which all entries are gone */
void tlb_sync(uint64_t stamp);			/* after this no CPU uses a translation from before the stamp */
/* Writes CR3. idle: the root has no guest's entries. */
void tlb_load_root(uint64_t maddr, bool idle);

/* ---- space.c ---------------------------------------------------------------------------------------------------------- */
uint64_t *walk_l1_slot(struct vcpu *v, uint64_t va);	/* v's kernel tables, under the mm_lock; NULL if there is no last-level table */
/* Finishes the teardown of a table that an earlier operation of v replaced. 0 or -XEN_ERESTART. */
int mm_finish_old_table(struct vcpu *v);
/* Drops page and type; what is left over goes to v, whose next operation goes on with it. */
void mm_drop_table(struct vcpu *v, struct page *pg);

/* ---- pt_pin.c ---------------------------------------------------------------------------------------------------------- */
/* A guest's bitmap of its vCPUs. 0 or -XEN_EFAULT. */
#define VCPU_MASK_WORDS 2
int vcpu_mask_get(const struct domain *d, uint64_t gva, uint64_t mask[VCPU_MASK_WORDS]);

/* ---- foreign domains: mm_ops.c ------------------------------------------------------------------------------------------ */
/* FD of pv-abi 4.5: referenced domain, -XEN_ESRCH or -XEN_EPERM. */
int foreign_domain_get(uint16_t id, struct domain **out);

/* ---- pt_update.c: batches ------------------------------------------------------------------------------------------------ */
#define MMU_PREEMPTED	(1u << 31)	/* in the count of a continued call (pv-abi 4.5) */
/* Adds n to the count at pdone (0: nobody asked), where a continued call has written before. */
void mmu_report_done(uint64_t pdone, bool continued, uint32_t n);

/* memory_op: reserve.c */
long reserve_op(unsigned int cmd, uint64_t start, uint64_t arg);	/* increase, decrease, populate */
long reserve_exchange(uint64_t start, uint64_t arg);	/* exchange.c */
long memop_continue(unsigned int cmd, uint64_t start, uint64_t arg);
/* DOMID_SELF or, for the privileged, any other. */
int memop_domain_get(uint16_t id, struct domain **out);

#endif
