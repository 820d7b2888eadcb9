/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * XENMEM_exchange: the caller's pages against new ones of another shape or place.
 *
 * The work is cut into chunks, the larger of an input and an output extent. For each chunk: its pages are taken out of
 * the domain (they must have no reference but the owner's and no type), new extents are allocated, the pfns they are to
 * have are read; if any of this fails the pages are put back and the chunk did not happen. Only
 * then does the domain get the new pages and the allocator the old. Chunks done stay done: nr_exchanged counts them.
 */
#include <string.h>
#include "asm/atomic.h"
#include "cpu/cpu.h"
#include "domain/domain.h"
#include "hypercall/hypercall.h"
#include "lib/util.h"
#include "mm/internal.h"

/* A chunk is done in one go: 2 MiB are what a CPU may be held for, and the most that kernels ask for at once. */
#define MAX_ORDER 9

struct chunk {
	struct domain *d;
	const struct xen_memory_exchange *x;
	uint64_t in_per_chunk, out_per_chunk;	/* extents */
	struct list_head stolen, fresh;		/* fresh: first pages of extents */
	uint64_t done;				/* chunks that happened */
};

/* Takes a page away from its owner if nobody else refers to it. */
static bool page_steal(struct domain *d, mfn_t mfn, struct list_head *to)
{
	struct page *pg;

	if (!mfn_is_ram(mfn))
		return false;
	pg = mfn_to_page(mfn);
	if (!page_get(pg, d))
		return false;
	spin_lock(&d->page_lock);
	if ((pg->type & (PGT_count_mask | PGT_partial)) || cmpxchg64(&pg->count, PGC_allocated | 2, 0) != (PGC_allocated | 2)) {
		spin_unlock(&d->page_lock);
		page_put(pg);
		return false;
	}
	list_del(&pg->list);
	list_add_tail(&pg->list, to);
	spin_unlock(&d->page_lock);
	return true;
}

static int chunk_steal(struct chunk *c, uint64_t first)
{
	uint64_t mfn;

	for (uint64_t i = first; i < first + c->in_per_chunk; i++) {
		if (copy_from_guest(&mfn, c->x->in.extent_start + i * sizeof(mfn), sizeof(mfn)))
			return -XEN_EFAULT;
		for (uint64_t j = 0; j < 1UL << c->x->in.extent_order; j++)
			if (!page_steal(c->d, mfn + j, &c->stolen))
				return -XEN_EINVAL;
	}
	return 0;
}

static int chunk_allocate(struct chunk *c)
{
	unsigned int order = c->x->out.extent_order;
	struct page *pg;

	for (uint64_t i = 0; i < c->out_per_chunk; i++) {
		pg = palloc_get(order, c->x->out.mem_flags & 0xff);
		if (!pg)
			return -XEN_ENOMEM;
		memset(page_to_virt(pg), 0, PAGE_SIZE << order);
		list_add_tail(&pg->list, &c->fresh);
	}
	return 0;
}

static void chunk_undo(struct chunk *c)
{
	while (!list_empty(&c->fresh)) {
		struct page *pg = list_first(&c->fresh, struct page, list);

		list_del(&pg->list);
		palloc_put(pg, c->x->out.extent_order);
	}
	spin_lock(&c->d->page_lock);
	while (!list_empty(&c->stolen)) {
		struct page *pg = list_first(&c->stolen, struct page, list);

		list_del(&pg->list);
		list_add_tail(&pg->list, &c->d->page_list);
		atomic_store(&pg->count, PGC_allocated | 1);
	}
	spin_unlock(&c->d->page_lock);
}

/* Nothing fails any more, but that the guest may not see all frame numbers. */
static int chunk_commit(struct chunk *c, uint64_t first)
{
	unsigned int order = c->x->out.extent_order;
	uint64_t slot = c->x->out.extent_start + first * sizeof(uint64_t), gpfn;
	int rc = 0;

	while (!list_empty(&c->stolen)) {
		struct page *pg = list_first(&c->stolen, struct page, list);

		list_del(&pg->list);
		pg->owner = NULL;
		pg->type = 0;
		pg->stamp = tlb_stamp();	/* a read-only mapping may have gone without one */
		m2p_set(page_to_mfn(pg), INVALID_M2P_ENTRY);
		palloc_put(pg, 0);
	}
	while (!list_empty(&c->fresh)) {
		struct page *pg = list_first(&c->fresh, struct page, list);
		mfn_t mfn = page_to_mfn(pg);

		list_del(&pg->list);
		gpfn = INVALID_M2P_ENTRY;
		if (copy_from_guest(&gpfn, slot, sizeof(gpfn)))
			rc = -XEN_EFAULT;
		/* While it is nobody's: as soon as the domain has it, another vCPU may give it away. */
		for (uint64_t j = 0; !rc && j < 1UL << order; j++)
			m2p_set(mfn + j, gpfn + j);
		spin_lock(&c->d->page_lock);
		dom_adopt(c->d, pg, 1UL << order);
		spin_unlock(&c->d->page_lock);
		if (copy_to_guest(slot, &mfn, sizeof(mfn)))
			rc = -XEN_EFAULT;
		slot += sizeof(uint64_t);
	}
	return rc;
}

static int chunk_exchange(struct chunk *c, uint64_t n)
{
	uint64_t probe;
	int rc;

	list_init(&c->stolen);
	list_init(&c->fresh);
	rc = c->d->life >= DOMAIN_DYING ? -XEN_EINVAL : chunk_steal(c, n * c->in_per_chunk);
	if (!rc)
		rc = chunk_allocate(c);
	if (!rc && copy_from_guest(&probe, c->x->out.extent_start + n * c->out_per_chunk * sizeof(probe), sizeof(probe)))
		rc = -XEN_EFAULT;
	if (!rc) {
		c->done++;
		return chunk_commit(c, n * c->out_per_chunk);
	}
	chunk_undo(c);
	return rc;
}

static long exchange_check(const struct xen_memory_exchange *x)
{
	struct domain *d;

	if (x->in.extent_order > MAX_ORDER || x->out.extent_order > MAX_ORDER)
		return -XEN_EPERM;
	if (x->in.nr_extents > ~0UL >> 24 || x->out.nr_extents > ~0UL >> 24 ||
	    x->in.nr_extents << x->in.extent_order != x->out.nr_extents << x->out.extent_order)
		return -XEN_EINVAL;
	if (x->in.domid != x->out.domid)
		return -XEN_EINVAL;
	if (x->in.domid == DOMID_SELF || x->in.domid == current->domain->id)
		return 0;
	d = domain_get(x->in.domid);
	if (!d)
		return -XEN_ESRCH;
	domain_put(d);
	return -XEN_EPERM;	/* everybody exchanges their own */
}

long reserve_exchange(uint64_t start, uint64_t arg)
{
	uint64_t count_at = arg + offsetof(struct xen_memory_exchange, nr_exchanged), chunks, i;
	struct xen_memory_exchange x;
	struct chunk c = { .d = current->domain, .x = &x };
	unsigned int big;
	long rc;

	if (copy_from_guest(&x, arg, sizeof(x)))
		return -XEN_EFAULT;
	rc = exchange_check(&x);
	if (rc || (!start && x.nr_exchanged))
		return refuse(rc ? rc : -XEN_EINVAL, "exchange of %lu extents of order %u for order %u", x.in.nr_extents,
			      x.in.extent_order, x.out.extent_order);
	big = MAX(x.in.extent_order, x.out.extent_order);
	c.in_per_chunk = 1UL << (big - x.in.extent_order);
	c.out_per_chunk = 1UL << (big - x.out.extent_order);
	chunks = x.in.nr_extents / c.in_per_chunk;
	if (chunks * c.in_per_chunk != x.in.nr_extents || start > chunks)
		return -XEN_EINVAL;
	for (i = start; i < chunks && !rc; i++) {
		if (i > start && preempt_check())
			break;
		rc = chunk_exchange(&c, i);
	}
	x.nr_exchanged = (start + c.done) * c.in_per_chunk;
	if (copy_to_guest(count_at, &x.nr_exchanged, sizeof(x.nr_exchanged)))
		rc = rc ? rc : -XEN_EFAULT;
	if (rc)
		return refuse(rc, "exchange stops after %lu of %lu extents", x.nr_exchanged, x.in.nr_extents);
	return i < chunks ? memop_continue(XENMEM_exchange, i, arg) : 0;
}
