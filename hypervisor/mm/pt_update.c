/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Changing one page-table entry: mmu_update, update_va_mapping, trapped writes, grant mappings (pv-abi 4.5, 4.6, 4.8).
 *
 * Always in this order, under the mm_lock of the table's owner: the new entry is checked and takes its references, it
 * is written once, the old entry gives its references back. Hardware may set accessed and dirty bits at any time
 * between; nothing here depends on them but PRESERVE_AD, which writes with compare-exchange. A change of
 * flags that moves no reference is only written.
 *
 * Nobody is flushed for it: see tlb.c.
 */
#include "asm/atomic.h"
#include "cpu/cpu.h"
#include "domain/domain.h"
#include "hypercall/hypercall.h"
#include "lib/util.h"
#include "mm/internal.h"
#include <abi/grant_table.h>

#define MAX_AD_RETRIES	64

/* Who changes what: fd owns the pages that may be mapped. */
struct update {
	struct domain *owner, *fd;
	uint64_t type;		/* of the table */
	bool preserve_ad;
	bool expect;		/* the entry must still be `expected` */
	uint64_t expected;
};

/* Bits that decide about references; cache bits matter for device frames. */
#define PTE_REF_BITS	(PTE_FRAME | PTE_P | PTE_RW | PTE_CACHE)

/* The write itself. Only accessed and dirty can have changed since old was read, unless the guest has the table
 * writable, which its type excludes. */
static int entry_write(const struct update *u, uint64_t *slot, uint64_t value)
{
	uint64_t seen;

	if (u->expect)
		return cmpxchg64(slot, u->expected, value) == u->expected ? 0 : -XEN_EAGAIN;
	if (!u->preserve_ad) {
		WRITE_ONCE(*slot, value);
		return 0;
	}
	for (unsigned int i = 0; i < MAX_AD_RETRIES; i++) {
		seen = READ_ONCE(*slot);
		if (cmpxchg64(slot, seen, value | (seen & (PTE_A | PTE_D))) == seen)
			return 0;
	}
	return -XEN_EBUSY;
}

/* Drops what an entry held; a large tree is finished by the next operation. */
static void entry_drop(uint64_t type, uint64_t pte)
{
	if (!(pte & PTE_P))
		return;
	if (type == PGT_l1)
		(void)pte_put(type, pte, false);
	else if (mfn_is_ram(pte_mfn(pte)))
		mm_drop_table(current, mfn_to_page(pte_mfn(pte)));
}

static bool flags_only(uint64_t type, uint64_t old, uint64_t value)
{
	uint64_t decisive = type == PGT_l1 ? PTE_REF_BITS : PTE_FRAME | PTE_P;

	return (old & PTE_P) && (value & PTE_P) && !((old ^ value) & decisive);
}

static int update_entry(const struct update *u, uint64_t *slot, uint64_t value)
{
	uint64_t old = u->expect ? u->expected : READ_ONCE(*slot);
	int rc;

	if (flags_only(u->type, old, value)) {
		if (u->type == PGT_l1 ? !pte_l1_flags_ok(u->owner, value) : !pte_table_flags_ok(value))
			return -XEN_EINVAL;
		return entry_write(u, slot, u->type == PGT_l1 ? pte_l1_fix(value) : value | PTE_US);
	}
	rc = pte_get(u->owner, u->fd, u->type, &value);
	if (rc)
		return rc;
	rc = entry_write(u, slot, value);
	entry_drop(u->type, rc ? value : old);
	return rc;
}

/* A store to a page that is no table and can be written: what the guest could do itself. */
static int plain_store(struct page *pg, uint64_t *slot, uint64_t value)
{
	int rc = page_settle_partial(pg);

	if (!rc)
		rc = page_get_type(pg, PGT_writable);
	if (rc)
		return rc == -XEN_ERESTART ? rc : -XEN_EINVAL;
	WRITE_ONCE(*slot, value);
	page_put_type(pg);
	return 0;
}

/*
 * What value refers to may be a table whose validation has stopped and that is wanted as something else now. That is undone
 * before anything is known of the entry: the half made table may be all that holds the table which the entry is in.
 */
static __attribute__((noinline)) int settle_stopped(struct domain *owner, struct page *pg)
{
	int rc;

	if (!page_get(pg, owner))
		return 0;
	rc = page_settle_partial(pg);
	page_put(pg);
	return rc;
}

/* type: of the table that the entry is in. */
static inline int settle_target(struct domain *owner, struct domain *fd, uint64_t type, uint64_t value)
{
	uint64_t decisive = type == PGT_l1 ? PTE_P | PTE_RW : PTE_P, word;
	struct page *pg;

	if ((value & decisive) != decisive || fd != owner)
		return 0;
	pg = mfn_to_ram(pte_mfn(value));
	if (!pg)
		return 0;
	word = atomic_load(&pg->type);
	if (!(word & PGT_partial) || (type != PGT_l1 && (word & PGT_type_mask) == type - PGT_l1))
		return 0;
	return settle_stopped(owner, pg);
}

/* u->type is filled in from the page. The caller holds u->owner's mm_lock. */
static int update_at(struct update *u, uint64_t maddr, uint64_t value)
{
	struct page *pg = mfn_to_page(maddr >> PAGE_SHIFT);
	uint64_t *slot = maddr_to_virt(maddr), word = atomic_load(&pg->type);

	if (type_is_table(word & PGT_type_mask) && (word & PGT_count_mask)) {
		int rc = settle_target(u->owner, u->fd, word & PGT_type_mask, value);

		if (rc)
			return rc;
		word = atomic_load(&pg->type);
	}
	u->type = word & PGT_type_mask;
	if (!(word & PGT_count_mask) || !type_is_table(u->type))
		return plain_store(pg, slot, value);
	if (!(word & PGT_validated))
		return -XEN_EBUSY;
	if (u->type != PGT_l1 && u->fd != u->owner)
		return -XEN_EINVAL;
	if (u->type == PGT_l4 && slot_is_hypervisor((maddr & (PAGE_SIZE - 1)) / sizeof(uint64_t)))
		return -XEN_EINVAL;
	return update_entry(u, slot, value);
}

/* ---- mmu_update ---------------------------------------------------------------------------------------------- */

/* The page of the table that the last request changed: the next one is likely to name it too. The reference is ours. */
struct held_table {
	struct page *page;		/* NULL: none */
};

static void release_table(struct held_table *held)
{
	if (held->page)
		page_put(held->page);
	held->page = NULL;
}

static bool hold_table(struct held_table *held, struct domain *owner, mfn_t mfn)
{
	struct page *pg = mfn_to_ram(mfn);

	if (!pg)
		return false;
	if (pg == held->page)
		return true;
	release_table(held);
	if (!page_get(pg, owner))
		return false;
	held->page = pg;
	return true;
}

static int do_pt_request(struct domain *owner, struct domain *fd, const struct mmu_update *req, struct held_table *held)
{
	struct update u = { .owner = owner, .fd = fd,
			    .preserve_ad = (req->ptr & 3) == MMU_PT_UPDATE_PRESERVE_AD };
	uint64_t maddr = req->ptr & ~3UL;
	int rc;

	/* The commands have three bits, of which two are in use. */
	if (maddr & 7)
		return -XEN_ENOSYS;
	if (!hold_table(held, owner, maddr >> PAGE_SHIFT))
		return -XEN_EINVAL;
	spin_lock(&owner->mm_lock);
	rc = update_at(&u, maddr, req->val);
	spin_unlock(&owner->mm_lock);
	return rc;
}

static int do_m2p_request(struct domain *fd, const struct mmu_update *req)
{
	mfn_t mfn = (req->ptr & ~3UL) >> PAGE_SHIFT;

	if (!mfn_is_ram(mfn) || !page_get(mfn_to_page(mfn), fd))
		return -XEN_EINVAL;
	m2p_set(mfn, req->val);
	page_put(mfn_to_page(mfn));
	return 0;
}

static int do_request(struct domain *owner, struct domain *fd, const struct mmu_update *req, struct held_table *held)
{
	return (req->ptr & 3) == MMU_MACHPHYS_UPDATE ? do_m2p_request(fd, req) : do_pt_request(owner, fd, req, held);
}

/* Requests are short, but for those that free a tree, which old_table tells: the clock is read every eighth time. */
static bool batch_should_stop(uint32_t done)
{
	return current->old_table || (done % 8 == 7 && preempt_check());
}

/* Table owner and page owner from fd (pv-abi 4.5); both are referenced. */
static int resolve_domains(uint64_t fd, struct domain **owner, struct domain **page_dom)
{
	uint32_t owner_id = (uint32_t)fd >> 16;
	int rc = owner_id ? foreign_domain_get((uint16_t)(owner_id - 1), owner)
			  : foreign_domain_get(DOMID_SELF, owner);

	if (rc)
		return rc;
	/* System domains have no tables. */
	if ((*owner)->system)
		rc = -XEN_ESRCH;
	else
		rc = foreign_domain_get((uint16_t)fd, page_dom);
	if (rc)
		domain_put(*owner);
	return rc;
}

/* As on Xen, a count that can not be stored is not worth an error: what it would count has happened. */
void mmu_report_done(uint64_t pdone, bool continued, uint32_t n)
{
	uint32_t done = 0;

	if (!pdone || (continued && copy_from_guest(&done, pdone, sizeof(done))))
		return;
	done += n;
	(void)copy_to_guest(pdone, &done, sizeof(done));
}

long do_mmu_update(uint64_t req, uint64_t count, uint64_t done, uint64_t fd)
{
	uint32_t n = (uint32_t)count & ~MMU_PREEMPTED, i;
	bool continued = (uint32_t)count & MMU_PREEMPTED;
	struct domain *owner, *page_dom;
	struct held_table held = { NULL };
	struct mmu_update u = { 0 };
	int rc;

	if (mm_finish_old_table(current))
		return hypercall_continue(__HYPERVISOR_mmu_update, 4, req, count, done, fd, 0);
	rc = resolve_domains(fd, &owner, &page_dom);
	if (rc) {
		mmu_report_done(done, continued, 0);
		return refuse(rc, "mmu_update for domains %lx", fd);
	}
	for (i = 0; i < n && !rc; i++) {
		if (batch_should_stop(i))
			rc = -XEN_ERESTART;
		else if (copy_from_guest(&u, req + (uint64_t)i * sizeof(u), sizeof(u)))
			rc = -XEN_EFAULT;
		else
			rc = do_request(owner, page_dom, &u, &held);
		if (rc)
			break;
	}
	release_table(&held);
	domain_put(page_dom);
	domain_put(owner);
	if (!rc && current->old_table)
		rc = -XEN_ERESTART;
	mmu_report_done(done, continued, i);
	if (rc == -XEN_ERESTART)
		return hypercall_continue(__HYPERVISOR_mmu_update, 4, req + (uint64_t)i * sizeof(u),
					  (n - i) | MMU_PREEMPTED, done, fd, 0);
	return rc ? refuse(rc, "request %u: ptr %lx val %lx fd %lx", i, u.ptr, u.val, fd) : 0;
}

/* ---- update_va_mapping ------------------------------------------------------------------------------------------- */

static int va_flush(uint64_t va, uint64_t flags)
{
	uint64_t target = flags & ~(uint64_t)UVMF_FLUSHTYPE_MASK, mask[VCPU_MASK_WORDS];
	unsigned int kind = flags & UVMF_FLUSHTYPE_MASK;
	struct domain *d = current->domain;

	if (kind != UVMF_TLB_FLUSH && kind != UVMF_INVLPG)
		return 0;
	if (target == UVMF_ALL) {
		tlb_flush_domain(d);
	} else if (target != UVMF_LOCAL) {
		if (vcpu_mask_get(d, target, mask))
			return -XEN_EFAULT;
		tlb_flush_vcpus(d, mask);
	} else if (kind == UVMF_INVLPG) {
		tlb_flush_va_local(va);
	} else {
		tlb_flush_local();
	}
	return 0;
}

static long update_va(uint64_t va, uint64_t pte, uint64_t flags, struct domain *fd)
{
	struct vcpu *v = current;
	struct update u = { .owner = v->domain, .fd = fd, .type = PGT_l1 };
	uint64_t *slot;
	int rc;

	spin_lock(&v->domain->mm_lock);
	/* Before the walk, which could end in a table that is none any more. */
	rc = settle_target(u.owner, fd, PGT_l1, pte);
	if (!rc) {
		slot = walk_l1_slot(v, va);
		rc = slot ? update_entry(&u, slot, pte) : -XEN_EINVAL;
	}
	spin_unlock(&v->domain->mm_lock);
	return rc ? rc : va_flush(va, flags);
}

long do_update_va_mapping(uint64_t va, uint64_t pte, uint64_t flags)
{
	long rc;

	if (mm_finish_old_table(current))
		return hypercall_continue(__HYPERVISOR_update_va_mapping, 3, va, pte, flags, 0, 0);
	rc = update_va(va, pte, flags, current->domain);
	if (rc == -XEN_ERESTART)
		return hypercall_continue(__HYPERVISOR_update_va_mapping, 3, va, pte, flags, 0, 0);
	return rc ? refuse(rc, "va %lx pte %lx flags %lx", va, pte, flags) : 0;
}

long do_update_va_mapping_otherdomain(uint64_t va, uint64_t pte, uint64_t flags, uint64_t domid)
{
	const unsigned int nr = __HYPERVISOR_update_va_mapping_otherdomain;
	struct domain *fd;
	long rc;

	if (mm_finish_old_table(current))
		return hypercall_continue(nr, 4, va, pte, flags, domid, 0);
	rc = foreign_domain_get((uint16_t)domid, &fd);
	if (rc)
		return refuse(rc, "domain %lu", domid);
	rc = update_va(va, pte, flags, fd);
	domain_put(fd);
	if (rc == -XEN_ERESTART)
		return hypercall_continue(nr, 4, va, pte, flags, domid, 0);
	return rc ? refuse(rc, "va %lx pte %lx flags %lx of domain %lu", va, pte, flags, domid) : 0;
}

/* ---- trapped writes ---------------------------------------------------------------------------------------------- */

bool pt_write_is_emulated(struct vcpu *v, uint64_t maddr)
{
	const struct page *pg;
	uint64_t word;

	if (!mfn_is_ram(maddr >> PAGE_SHIFT))
		return false;
	pg = mfn_to_page(maddr >> PAGE_SHIFT);
	word = atomic_load(&pg->type);
	return page_owner(pg) == v->domain && (word & PGT_type_mask) == PGT_l1 && (word & PGT_count_mask) &&
	       (word & PGT_validated);
}

bool pt_read_entry(struct vcpu *v, uint64_t pte_maddr, uint64_t *pte)
{
	bool ok;

	spin_lock(&v->domain->mm_lock);
	ok = pt_write_is_emulated(v, pte_maddr);
	if (ok)
		*pte = READ_ONCE(*(uint64_t *)maddr_to_virt(pte_maddr));
	spin_unlock(&v->domain->mm_lock);
	return ok;
}

int pt_emulated_write(struct vcpu *v, uint64_t pte_maddr, uint64_t old, uint64_t new_val)
{
	struct update u = { .owner = v->domain, .fd = v->domain, .type = PGT_l1, .expect = true, .expected = old };
	int rc = -XEN_EINVAL;

	if (pte_maddr & 7)
		return rc;
	spin_lock(&v->domain->mm_lock);
	rc = settle_target(u.owner, u.fd, PGT_l1, new_val);
	if (!rc && !pt_write_is_emulated(v, pte_maddr))
		rc = -XEN_EINVAL;
	if (!rc)
		rc = READ_ONCE(*(uint64_t *)maddr_to_virt(pte_maddr)) == old
			? update_entry(&u, maddr_to_virt(pte_maddr), new_val) : -XEN_EAGAIN;
	spin_unlock(&v->domain->mm_lock);
	return rc;
}

/* ---- grant mappings ---------------------------------------------------------------------------------------------- */

/*
 * An entry made for a grant owns the page reference (and writable type reference, if it is writable) that the grant code
 * took: a guest that overwrites the entry, or dies, drops them as for any other. pt_grant_unmap() gives them
 * back to the caller instead.
 *
 * host_addr is a virtual address in d's current tables, or with contains_pte the machine address of an entry in one
 * of its level-1 tables. The caller holds d's mm_lock here.
 */
static uint64_t *grant_slot(struct domain *d, uint64_t host_addr, bool contains_pte, struct page **held)
{
	*held = NULL;
	if (!contains_pte)
		return current->domain == d ? walk_l1_slot(current, host_addr) : NULL;
	if ((host_addr & 7) || !mfn_is_ram(host_addr >> PAGE_SHIFT))
		return NULL;
	*held = mfn_to_page(host_addr >> PAGE_SHIFT);
	if (!page_get(*held, d)) {
		*held = NULL;
		return NULL;
	}
	if (!pt_write_is_emulated(current, host_addr) || current->domain != d) {
		page_put(*held);
		*held = NULL;
		return NULL;
	}
	return maddr_to_virt(host_addr);
}

int pt_grant_map(struct domain *d, uint64_t host_addr, bool contains_pte, uint64_t pte)
{
	struct page *held;
	uint64_t *slot;

	spin_lock(&d->mm_lock);
	slot = grant_slot(d, host_addr, contains_pte, &held);
	if (slot) {
		entry_drop(PGT_l1, xchg(slot, pte_l1_fix(pte)));
		if (held)
			page_put(held);
	}
	spin_unlock(&d->mm_lock);
	return slot ? 0 : -XEN_EINVAL;
}

static bool maps(uint64_t pte, mfn_t mfn, bool writable)
{
	return (pte & PTE_P) && pte_mfn(pte) == mfn && !(pte & PTE_RW) == !writable;
}

/* Puts what *from holds (NULL: nothing) into the entry at host_addr, if that maps mfn as named. */
static int grant_entry_set(struct domain *d, uint64_t host_addr, bool contains_pte, mfn_t mfn, bool writable,
			   uint64_t *from)
{
	struct page *held;
	uint64_t *slot = grant_slot(d, host_addr, contains_pte, &held);
	int rc = -XEN_EINVAL;

	/* Moving an entry onto itself would lose its references. */
	if (slot && slot != from && maps(READ_ONCE(*slot), mfn, writable)) {
		/* A moved entry takes the accessed and dirty bits along that are set up to now. */
		WRITE_ONCE(*slot, from ? xchg(from, 0) : 0);
		rc = 0;
	}
	if (held)
		page_put(held);
	return rc;
}

int pt_grant_unmap(struct domain *d, uint64_t host_addr, bool contains_pte, mfn_t mfn, bool writable)
{
	int rc;

	spin_lock(&d->mm_lock);
	rc = grant_entry_set(d, host_addr, contains_pte, mfn, writable, NULL);
	spin_unlock(&d->mm_lock);
	return rc;
}

int pt_grant_replace(struct domain *d, uint64_t host_addr, mfn_t mfn, bool writable, uint64_t new_addr)
{
	uint64_t *from = NULL;
	int rc = -XEN_EINVAL;

	spin_lock(&d->mm_lock);
	if (new_addr && current->domain == d)
		from = walk_l1_slot(current, new_addr);
	if (from || !new_addr)
		rc = grant_entry_set(d, host_addr, false, mfn, writable, from);
	spin_unlock(&d->mm_lock);
	return rc;
}
