/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address spaces at run time: M2P, device mappings, the per-domain slot, root tables of vCPUs, walks.
 *
 * A vCPU runs directly on the guest's own root tables, one for its kernel and one for its user mode. Each holds a
 * reference and a level-4 type reference, and carries the hypervisor's slots since its validation. CR3 is loaded
 * with the new root before the old one is dropped.
 *
 * Dropping a root can take long. What is not finished is left at v->old_table, and v's next memory operation
 * goes on with it before it does anything else; the table may be another domain's. Roots and old_table belong to v (or
 * whoever has paused it); trees change under their domain's mm_lock, and are walked under it: a table that leaves the
 * tree may be another domain's memory a moment later.
 */
#include <string.h>
#include "asm/cr.h"
#include "cpu/cpu.h"
#include "debug/log.h"
#include "domain/domain.h"
#include "lib/bitmap.h"
#include "lib/util.h"
#include "mm/internal.h"
#include "mm/space.h"
#include "pv/pv.h"

#define HV_TABLE	(PTE_P | PTE_RW | PTE_A)
#define M2P_CHUNK_SHIFT	18		/* frames a 2 MiB piece of the M2P */
#define NR_M2P_CHUNKS	(DIRECTMAP_SIZE >> (PAGE_SHIFT + M2P_CHUNK_SHIFT))

/* ---- machine to physical ------------------------------------------------------------------------------- */

static uint32_t m2p_chunk[NR_M2P_CHUNKS];	/* first frame; 0: hole */
_Static_assert(DIRECTMAP_SIZE >> PAGE_SHIFT <= UINT32_MAX, "a frame's number fits");

void m2p_chunk_add(unsigned int index, mfn_t mfn)
{
	m2p_chunk[index] = (uint32_t)mfn;
}

mfn_t m2p_chunk_mfn(unsigned int index)
{
	unsigned int i;

	return idx_clamp(index, NR_M2P_CHUNKS, &i) && m2p_chunk[i] ? m2p_chunk[i] : INVALID_MFN;
}

void m2p_set(mfn_t mfn, uint64_t pfn)
{
	WRITE_ONCE(((uint64_t *)RW_M2P_VIRT)[mfn], pfn);
}

uint64_t m2p_get(mfn_t mfn)
{
	return mfn_is_ram(mfn) ? READ_ONCE(((uint64_t *)RW_M2P_VIRT)[mfn]) : INVALID_M2P_ENTRY;
}

/* ---- devices ---------------------------------------------------------------------------------------------- */

static struct spinlock ioremap_lock = SPINLOCK_INIT(RANK_HEAP);
static uint64_t ioremap_next = FIXMAP_VIRT;	/* under it, and the tables of that part of idle_l4 */

/* d: whose it is; NULL: ours. */
static uint64_t *table_below(uint64_t *slot, const struct domain *d)
{
	void *table;

	if (!(*slot & PTE_P)) {
		table = hv_alloc_pages(0);
		if (!table)
			return NULL;
		if (d)
			hv_charge(table, 0, d);
		*slot = virt_to_maddr(table) | HV_TABLE;
	}
	return maddr_to_virt(*slot & PTE_FRAME);
}

/* The last-level slot of a hypervisor address, making tables; NULL without memory. */
static uint64_t *hv_l1_slot(uint64_t va)
{
	uint64_t *table = idle_l4;

	for (unsigned int level = 4; level > 1; level--) {
		table = table_below(&table[pt_index(va, level)], NULL);
		if (!table)
			return NULL;
	}
	return &table[pt_index(va, 1)];
}

/* Entries only ever come, so that no TLB has to hear of it. */
void *ioremap(uint64_t maddr, size_t len)
{
	uint64_t first = ROUND_DOWN(maddr, PAGE_SIZE), end = ROUND_UP(maddr + len, PAGE_SIZE), at, va;
	uint64_t *slot = NULL;

	spin_lock(&ioremap_lock);
	va = ioremap_next;
	ioremap_next += end - first;
	for (at = first; at < end; at += PAGE_SIZE) {
		slot = hv_l1_slot(va + at - first);
		if (!slot)
			break;
		*slot = at | PTE_P | PTE_RW | PTE_PCD | PTE_PWT | PTE_A | PTE_D | PTE_NX;
	}
	spin_unlock(&ioremap_lock);
	return slot ? (void *)(va + (maddr & (PAGE_SIZE - 1))) : NULL;
}

/* ---- the per-domain slot ------------------------------------------------------------------------------------ */

int mm_domain_init(struct domain *d)
{
	list_init(&d->page_list);
	list_init(&d->drain_list);
	list_init(&d->grow_list);
	spin_init(&d->page_lock, RANK_PAGE);
	spin_init(&d->grow_lock, RANK_GROW);
	spin_init(&d->mm_lock, RANK_MM);
	d->perdomain_l3 = hv_alloc_pages(0);
	if (!d->perdomain_l3)
		return -XEN_ENOMEM;
	hv_charge(d->perdomain_l3, 0, d);
	d->perdomain_l3_mfn = virt_to_mfn(d->perdomain_l3);
	return 0;
}

/* One second-level table (1 GiB) is enough for all vCPUs' windows. */
_Static_assert((uint64_t)MAX_VCPUS_PER_DOMAIN << PERDOMAIN_VCPU_SHIFT <= 1UL << 30, "per-domain slot geometry");

void mm_domain_fini(struct domain *d)
{
	uint64_t *l2;

	if (!d->perdomain_l3)
		return;
	if (d->perdomain_l3[0] & PTE_P) {
		l2 = maddr_to_virt(d->perdomain_l3[0] & PTE_FRAME);
		for (unsigned int i = 0; i < PT_ENTRIES; i++)
			if (l2[i] & PTE_P)
				hv_free_pages(maddr_to_virt(l2[i] & PTE_FRAME), 0);
		hv_free_pages(l2, 0);
	}
	hv_free_pages(d->perdomain_l3, 0);
	d->perdomain_l3 = NULL;
}

static uint64_t *perdomain_slot(struct domain *d, uint64_t va)
{
	uint64_t *table = d->perdomain_l3;

	for (unsigned int level = 3; table && level > 1; level--)
		table = table_below(&table[pt_index(va, level)], d);
	return table ? &table[pt_index(va, 1)] : NULL;
}

static uint64_t window_va(const struct vcpu *v, unsigned int page)
{
	return PERDOMAIN_VIRT + ((uint64_t)v->id << PERDOMAIN_VCPU_SHIFT) + ((uint64_t)page << PAGE_SHIFT);
}

/* A window never straddles last-level tables: 32 pages, aligned. */
int mm_vcpu_init(struct vcpu *v)
{
	return perdomain_slot(v->domain, window_va(v, 0)) ? 0 : -XEN_ENOMEM;
}

void perdomain_set_pte(struct vcpu *v, unsigned int window_page, uint64_t pte)
{
	uint64_t va = window_va(v, window_page), *slot = perdomain_slot(v->domain, va);

	BUG_ON(!slot);
	if (*slot == pte)
		return;
	WRITE_ONCE(*slot, pte);
	if (v == current)
		tlb_flush_va_local(va);
}

void mm_install_hv_slots(struct domain *d, uint64_t *l4)
{
	for (unsigned int i = HV_SLOT_FIRST; i <= HV_SLOT_LAST; i++)
		l4[i] = idle_l4[i];
	l4[PERDOMAIN_SLOT] = d->perdomain_l3_mfn << PAGE_SHIFT | HV_TABLE;
}

/* ---- roots ----------------------------------------------------------------------------------------------------- */

void mm_load_vcpu(struct vcpu *v)
{
	const struct page *root = v->kernel_mode || !v->root_user ? v->root_kernel : v->root_user;

	if (v->idle || !root)
		tlb_load_root(virt_to_maddr(idle_l4), true);
	else
		tlb_load_root(page_to_mfn(root) << PAGE_SHIFT, false);
}

/* Gives back what *root holds. Its reference keeps the page its owner's, and may be the last thing that keeps the owner. */
static int drop_root(struct page **root)
{
	struct page *pg = *root;
	struct domain *owner;
	int rc;

	if (!pg)
		return 0;
	owner = pg->owner;
	domain_ref(owner);
	spin_lock(&owner->mm_lock);
	rc = page_put_and_type_preemptible(pg);
	if (!rc)
		*root = NULL;
	spin_unlock(&owner->mm_lock);
	domain_put(owner);
	return rc;
}

void mm_drop_table(struct vcpu *v, struct page *pg)
{
	/* An idle vCPU (that of the boot) has no next operation. */
	if (v->old_table || v->idle)
		page_put_and_type(pg);
	else if (page_put_and_type_preemptible(pg))
		v->old_table = pg;
}

int mm_finish_old_table(struct vcpu *v)
{
	return drop_root(&v->old_table);
}

static int root_get(struct domain *d, mfn_t mfn, struct page **out)
{
	if (!mfn_is_ram(mfn))
		return -XEN_EINVAL;
	*out = mfn_to_page(mfn);
	return page_get_and_type_settled(*out, d, PGT_l4);
}

static int set_root(struct vcpu *v, struct page **root, mfn_t mfn)
{
	struct page *fresh = NULL, *old = *root;
	int rc = mm_finish_old_table(current);

	if (rc)
		return rc;
	spin_lock(&v->domain->mm_lock);
	if (mfn)
		rc = root_get(v->domain, mfn, &fresh);
	if (!rc) {
		*root = fresh;
		if (v == current)
			mm_load_vcpu(v);
		if (old)
			mm_drop_table(current, old);
	}
	spin_unlock(&v->domain->mm_lock);
	return rc;
}

int mm_new_baseptr(struct vcpu *v, mfn_t mfn)
{
	return mfn ? set_root(v, &v->root_kernel, mfn) : -XEN_EINVAL;
}

int mm_new_user_baseptr(struct vcpu *v, mfn_t mfn)
{
	return set_root(v, &v->root_user, mfn);
}

/* ---- walks ------------------------------------------------------------------------------------------------------- */

/* The mm_lock is held. */
uint64_t *walk_l1_slot(struct vcpu *v, uint64_t va)
{
	uint64_t *table, entry;

	if (!v->root_kernel || !guest_range_ok(va, 1))
		return NULL;
	table = page_to_virt(v->root_kernel);
	for (unsigned int level = 4; level > 1; level--) {
		entry = READ_ONCE(table[pt_index(va, level)]);
		/* Checked at validation: a present entry here points at a table of the next level. */
		if (!(entry & PTE_P))
			return NULL;
		table = maddr_to_virt(entry & PTE_FRAME);
	}
	return &table[pt_index(va, 1)];
}

bool mm_walk_l1_locked(struct vcpu *v, uint64_t va, uint64_t *pte)
{
	const uint64_t *slot = walk_l1_slot(v, va);

	if (slot)
		*pte = READ_ONCE(*slot);
	return slot;
}

bool mm_walk_l1(struct vcpu *v, uint64_t va, uint64_t *pte)
{
	bool found;

	spin_lock(&v->domain->mm_lock);
	found = mm_walk_l1_locked(v, va, pte);
	spin_unlock(&v->domain->mm_lock);
	return found;
}

/* ---- the end of a domain -------------------------------------------------------------------------------------------- */

void mm_vcpu_drop_roots(struct vcpu *v)
{
	struct page *kernel = v->root_kernel, *user = v->root_user;

	spin_lock(&v->domain->mm_lock);
	v->root_kernel = v->root_user = NULL;
	if (user)
		mm_drop_table(current, user);
	if (kernel)
		mm_drop_table(current, kernel);
	spin_unlock(&v->domain->mm_lock);
}

int mm_vcpu_relinquish(struct vcpu *v)
{
	int rc = drop_root(&v->old_table);

	if (!rc)
		rc = drop_root(&v->root_user);
	return rc ? rc : drop_root(&v->root_kernel);
}

static int drop_vcpu_tables(struct domain *d)
{
	int rc = 0;

	for (unsigned int i = 0; i < d->max_vcpus && !rc; i++) {
		struct vcpu *v = d->vcpu[i];

		if (!v)
			continue;
		pv_vcpu_relinquish(v);
		rc = mm_vcpu_relinquish(v);
	}
	return rc;
}

/* The caller holds a reference on pg. */
static int drain_page(struct domain *d, struct page *pg)
{
	uint64_t old;
	int rc;

	spin_lock(&d->mm_lock);
	old = __atomic_fetch_and(&pg->type, ~PGT_pinned, __ATOMIC_SEQ_CST);
	rc = old & PGT_pinned ? page_put_and_type_preemptible(pg) : 0;
	if (rc)
		/* The pin's references are not all given back: the pin goes on to stand for them. */
		__atomic_fetch_or(&pg->type, PGT_pinned, __ATOMIC_SEQ_CST);
	else
		rc = page_settle_partial(pg);
	spin_unlock(&d->mm_lock);
	if (!rc)
		(void)dom_drop_allocated(pg);
	return rc;
}

/* Pages wait on drain_list and return to page_list when they have been looked at: those that others still map
 * stay there until the last reference goes. */
static int drain_pages(struct domain *d)
{
	struct page *pg;
	bool held;
	int rc;

	for (;;) {
		spin_lock(&d->page_lock);
		if (list_empty(&d->drain_list)) {
			spin_unlock(&d->page_lock);
			return 0;
		}
		pg = list_first(&d->drain_list, struct page, list);
		list_del(&pg->list);
		list_add_tail(&pg->list, &d->page_list);
		held = page_get(pg, d);
		spin_unlock(&d->page_lock);
		if (!held)
			continue;
		rc = drain_page(d, pg);
		if (rc) {
			spin_lock(&d->page_lock);
			list_del(&pg->list);
			list_add(&pg->list, &d->drain_list);
			spin_unlock(&d->page_lock);
		}
		page_put(pg);
		if (rc)
			return rc;
		if (preempt_check())
			return -XEN_ERESTART;
	}
}

int mm_domain_relinquish(struct domain *d)
{
	int rc = drop_vcpu_tables(d);

	if (rc)
		return rc;
	if (!d->draining) {
		claim_release(d);
		grow_abandon(d);
		spin_lock(&d->page_lock);
		d->draining = true;
		list_append_all(&d->page_list, &d->drain_list);
		spin_unlock(&d->page_lock);
	}
	return drain_pages(d);
}
