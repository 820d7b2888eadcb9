/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Blocks of pages given to a domain, of any order, without holding the CPU.
 *
 * A small block is zeroed and adopted at once. A large one is charged to the domain when it is given (max_pages, claim,
 * tot_pages), and from then on nothing can be refused any more; then it waits in the domain's grow_list and is zeroed and
 * adopted a piece at a time. A page that waits has no reference, so nobody can use it. Whoever changes the
 * domain's reservation finishes first what waits, his own or not: so a call that was preempted may go on on any vCPU, and
 * one that never goes on leaves nothing worse than pages that the domain pays for and has not got. The end of the domain gives
 * them back.
 *
 * A block hangs in the list by its first page and is adopted from its end: page.cursor counts the pages that wait, and
 * the first page's M2P entry holds its pfn already (INVALID_M2P_ENTRY: it is to have none).
 *
 * Locks: d->grow_lock for the list and for a piece in work, so that there is none when teardown looks; inside it
 * d->page_lock.
 */
#include <string.h>
#include "cpu/cpu.h"
#include "domain/domain.h"
#include "lib/util.h"
#include "mm/internal.h"

#define PIECE (1UL << GROW_AT_ONCE)

static void m2p_set_run(mfn_t mfn, uint64_t pfn, uint64_t n)
{
	for (uint64_t i = 0; pfn != INVALID_M2P_ENTRY && i < n; i++)
		m2p_set(mfn + i, pfn + i);
}

static bool give_small(struct domain *d, struct page *pg, unsigned int order, uint64_t pfn)
{
	bool ok;

	memset(page_to_virt(pg), 0, PAGE_SIZE << order);
	spin_lock(&d->page_lock);
	ok = dom_charge(d, 1UL << order);
	if (ok) {
		m2p_set_run(page_to_mfn(pg), pfn, 1UL << order);
		dom_adopt(d, pg, 1UL << order);
	}
	spin_unlock(&d->page_lock);
	return ok;
}

bool grow_give(struct domain *d, struct page *pg, unsigned int order, uint64_t pfn)
{
	bool ok;

	if (order <= GROW_AT_ONCE)
		return give_small(d, pg, order, pfn);
	spin_lock(&d->grow_lock);
	spin_lock(&d->page_lock);
	ok = dom_charge(d, 1UL << order);
	spin_unlock(&d->page_lock);
	if (ok) {
		pg->cursor = 1u << order;
		m2p_set(page_to_mfn(pg), pfn);
		list_add_tail(&pg->list, &d->grow_list);
	}
	spin_unlock(&d->grow_lock);
	return ok;
}

/* The last piece of a block. False: the domain takes nothing any more, teardown has the rest. */
static bool adopt_piece(struct domain *d, struct page *head)
{
	uint32_t left = head->cursor - PIECE;
	struct page *pg = head + left;
	uint64_t pfn = m2p_get(page_to_mfn(head));
	bool ok;

	memset(page_to_virt(pg), 0, PAGE_SIZE * PIECE);
	spin_lock(&d->page_lock);
	ok = !domain_is_dying(d);
	if (ok) {
		head->cursor = left;
		if (!left)
			list_del(&head->list);
		if (pfn != INVALID_M2P_ENTRY)
			m2p_set_run(page_to_mfn(pg), pfn + left, PIECE);
		dom_adopt(d, pg, PIECE);
	}
	spin_unlock(&d->page_lock);
	return ok;
}

int grow_finish(struct domain *d)
{
	bool more;

	for (;;) {
		spin_lock(&d->grow_lock);
		more = !list_empty(&d->grow_list) && adopt_piece(d, list_first(&d->grow_list, struct page, list)) &&
		       !list_empty(&d->grow_list);
		spin_unlock(&d->grow_lock);
		if (!more)
			return 0;
		if (preempt_check())
			return -XEN_ERESTART;
	}
}

uint64_t grow_waiting(const struct domain *d)
{
	uint64_t n = 0;

	for (const struct list_head *e = d->grow_list.next; e != &d->grow_list; e = e->next)
		n += list_entry(e, struct page, list)->cursor;
	return n;
}

void grow_abandon(struct domain *d)
{
	spin_lock(&d->grow_lock);
	while (!list_empty(&d->grow_list)) {
		struct page *pg = list_first(&d->grow_list, struct page, list);
		uint64_t left = pg->cursor;

		list_del(&pg->list);
		pg->cursor = 0;
		m2p_set(page_to_mfn(pg), INVALID_M2P_ENTRY);
		palloc_add(page_to_mfn(pg), page_to_mfn(pg) + left);
		dom_discharge(d, left);
	}
	spin_unlock(&d->grow_lock);
}
