/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mmuext_op: pinning, roots, flushes (pv-abi 4.7).
 *
 * A pin is one reference and one type reference that belong to the page's PGT_pinned bit. Whoever clears the bit drops
 * them, so unpinning and teardown can not both do so. Long work continues: a stopped validation leaves its state in the
 * page and the operation is tried again; a stopped unpin goes to vcpu.old_table, after which the operation counts
 * as done.
 *
 * A guest flushes what its own view needs, on its own vCPUs only: tlb.c sees to the rest.
 */
#include <string.h>
#include "asm/atomic.h"
#include "asm/cr.h"
#include "cpu/cpu.h"
#include "domain/domain.h"
#include "hypercall/hypercall.h"
#include "lib/util.h"
#include "mm/internal.h"
#include "pv/pv.h"

static int pin(struct domain *pg_owner, mfn_t mfn, uint64_t type)
{
	struct page *pg;
	int rc;

	if (!mfn_is_ram(mfn))
		return -XEN_EINVAL;
	pg = mfn_to_page(mfn);
	spin_lock(&pg_owner->mm_lock);
	rc = pg_owner->life >= DOMAIN_DYING ? -XEN_EINVAL : page_get_and_type_settled(pg, pg_owner, type);
	if (!rc && (__atomic_fetch_or(&pg->type, PGT_pinned, __ATOMIC_SEQ_CST) & PGT_pinned)) {
		page_put_and_type(pg);
		rc = -XEN_EINVAL;
	}
	spin_unlock(&pg_owner->mm_lock);
	return rc && rc != -XEN_ERESTART ? -XEN_EINVAL : rc;
}

static int unpin(struct domain *pg_owner, mfn_t mfn)
{
	struct page *pg;
	int rc = -XEN_EINVAL;

	if (!mfn_is_ram(mfn))
		return rc;
	pg = mfn_to_page(mfn);
	if (!page_get(pg, pg_owner))
		return rc;
	spin_lock(&pg_owner->mm_lock);
	if (__atomic_fetch_and(&pg->type, ~PGT_pinned, __ATOMIC_SEQ_CST) & PGT_pinned) {
		mm_drop_table(current, pg);
		rc = 0;
	}
	spin_unlock(&pg_owner->mm_lock);
	page_put(pg);
	return rc;
}

_Static_assert(VCPU_MASK_WORDS * 64 == MAX_VCPUS_PER_DOMAIN, "a bit a vCPU");

int vcpu_mask_get(const struct domain *d, uint64_t gva, uint64_t mask[VCPU_MASK_WORDS])
{
	memset(mask, 0, VCPU_MASK_WORDS * sizeof(mask[0]));
	/* Whole bytes; bits beyond the last vCPU name nobody. */
	return copy_from_guest(mask, gva, DIV_ROUND_UP(d->max_vcpus, 8u));
}

static int flush_multi(struct domain *d, uint64_t gva)
{
	uint64_t mask[VCPU_MASK_WORDS];

	if (vcpu_mask_get(d, gva, mask))
		return -XEN_EINVAL;	/* sic: pv-abi's errno of an operation, not of the list */
	tlb_flush_vcpus(d, mask);
	return 0;
}

/* Elsewhere one address is as costly as all: the interrupt is what counts. */
static int flush_op(struct domain *d, const struct mmuext_op *op)
{
	switch (op->cmd) {
	case MMUEXT_TLB_FLUSH_LOCAL:
		tlb_flush_local();
		return 0;
	case MMUEXT_INVLPG_LOCAL:
		if (guest_range_ok(op->arg1.linear_addr, 1))
			tlb_flush_va_local(op->arg1.linear_addr);
		return 0;
	case MMUEXT_TLB_FLUSH_MULTI:
	case MMUEXT_INVLPG_MULTI:
		return flush_multi(d, op->arg2.vcpumask);
	default:
		tlb_flush_domain(d);
		return 0;
	}
}

static int cache_op(const struct domain *d, uint32_t cmd)
{
	if (!domain_has_devices(d))
		return cmd == MMUEXT_FLUSH_CACHE ? -XEN_EACCES : -XEN_EINVAL;
	wbinvd();
	return 0;
}

static int writable_page_get(struct domain *d, mfn_t mfn, struct page **out)
{
	if (!mfn_is_ram(mfn))
		return -XEN_EINVAL;
	*out = mfn_to_page(mfn);
	return page_get_and_type(*out, d, PGT_writable);
}

static int clear_page_op(struct domain *d, const struct mmuext_op *op)
{
	struct page *pg;
	int rc = writable_page_get(d, op->arg1.mfn, &pg);

	if (rc)
		return rc == -XEN_ERESTART ? rc : -XEN_EINVAL;
	memset(page_to_virt(pg), 0, PAGE_SIZE);
	page_put_and_type(pg);
	return 0;
}

static int copy_page_op(struct domain *d, const struct mmuext_op *op)
{
	mfn_t src_mfn = op->arg2.src_mfn;
	struct page *dst, *src;
	int rc;

	if (!mfn_is_ram(src_mfn))
		return -XEN_EINVAL;
	src = mfn_to_page(src_mfn);
	if (!page_get(src, d))
		return -XEN_EINVAL;
	rc = writable_page_get(d, op->arg1.mfn, &dst);
	if (!rc) {
		memmove(page_to_virt(dst), page_to_virt(src), PAGE_SIZE);
		page_put_and_type(dst);
	}
	page_put(src);
	return rc && rc != -XEN_ERESTART ? -XEN_EINVAL : rc;
}

/* Operations on the caller itself. */
static int self_op(struct vcpu *v, const struct mmuext_op *op)
{
	struct domain *d = v->domain;
	int rc;

	switch (op->cmd) {
	case MMUEXT_NEW_BASEPTR:
		rc = mm_new_baseptr(v, op->arg1.mfn);
		return rc && rc != -XEN_ERESTART ? -XEN_EINVAL : rc;
	case MMUEXT_NEW_USER_BASEPTR:
		rc = mm_new_user_baseptr(v, op->arg1.mfn);
		return rc && rc != -XEN_ERESTART ? -XEN_EINVAL : rc;
	case MMUEXT_TLB_FLUSH_LOCAL:
	case MMUEXT_INVLPG_LOCAL:
	case MMUEXT_TLB_FLUSH_MULTI:
	case MMUEXT_INVLPG_MULTI:
	case MMUEXT_TLB_FLUSH_ALL:
	case MMUEXT_INVLPG_ALL:
		return flush_op(d, op);
	case MMUEXT_FLUSH_CACHE:
	case MMUEXT_FLUSH_CACHE_GLOBAL:
		return cache_op(d, op->cmd);
	case MMUEXT_SET_LDT:
		return pv_set_ldt(v, op->arg1.linear_addr, op->arg2.nr_ents);
	case MMUEXT_CLEAR_PAGE:
		return clear_page_op(d, op);
	case MMUEXT_COPY_PAGE:
		return copy_page_op(d, op);
	case MMUEXT_MARK_SUPER:
	case MMUEXT_UNMARK_SUPER:
		return -XEN_EOPNOTSUPP;
	}
	return -XEN_ENOSYS;
}

static int do_op(struct vcpu *v, struct domain *pg_owner, const struct mmuext_op *op)
{
	if (op->cmd <= MMUEXT_PIN_L4_TABLE)
		return pin(pg_owner, op->arg1.mfn, PGT_l1 + op->cmd * PGT_l1);
	if (op->cmd == MMUEXT_UNPIN_TABLE)
		return unpin(pg_owner, op->arg1.mfn);
	return pg_owner == v->domain ? self_op(v, op) : -XEN_EPERM;
}

long do_mmuext_op(uint64_t op, uint64_t count, uint64_t done, uint64_t fd)
{
	uint32_t n = (uint32_t)count & ~MMU_PREEMPTED, i;
	bool continued = (uint32_t)count & MMU_PREEMPTED;
	struct vcpu *v = current;
	struct domain *pg_owner;
	struct mmuext_op o = { 0 };
	int rc;

	if (mm_finish_old_table(v))
		return hypercall_continue(__HYPERVISOR_mmuext_op, 4, op, count, done, fd, 0);
	rc = foreign_domain_get((uint16_t)fd, &pg_owner);
	if (rc) {
		mmu_report_done(done, continued, 0);
		return refuse(rc, "mmuext_op for domain %lu", fd);
	}
	for (i = 0; i < n; i++) {
		if (v->old_table || (i && preempt_check()))
			rc = -XEN_ERESTART;
		else if (copy_from_guest(&o, op + (uint64_t)i * sizeof(o), sizeof(o)))
			rc = -XEN_EFAULT;
		else
			rc = do_op(v, pg_owner, &o);
		if (rc)
			break;
	}
	domain_put(pg_owner);
	if (!rc && v->old_table)
		rc = -XEN_ERESTART;
	mmu_report_done(done, continued, i);
	if (rc == -XEN_ERESTART)
		return hypercall_continue(__HYPERVISOR_mmuext_op, 4, op + (uint64_t)i * sizeof(o),
					  (n - i) | MMU_PREEMPTED, done, fd, 0);
	return rc ? refuse(rc, "operation %u: command %u, %lx, fd %lx", i, o.cmd, o.arg1.mfn, fd) : 0;
}
