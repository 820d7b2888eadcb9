/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The page allocator: buddies of order 0 to 18 (1 GiB) for the hypervisor and the domains.
 *
 * Free blocks hang in lists by order and by zone, the bit width of their frame numbers: a request for
 * at most n address bits looks at zones up to n - 12 only. All requests look at the highest zone first,
 * which spares low memory for those who need it. A block never spans zones, since it is aligned to its size and frame 0
 * is never free.
 *
 * A claim promises a domain pages before it takes them: others are refused what is promised.
 *
 * Locks: palloc_lock for the lists, the PG_FREE flags and claims; d->page_lock (outer) for a domain's counters and
 * list. Pages are zeroed when they are handed out, after tlb_sync(): nobody can still write to them. The stamp of a
 * free block's first page is the latest of all its pages.
 */
#include <string.h>
#include "debug/log.h"
#include "domain/domain.h"
#include "lib/bitmap.h"
#include "lib/lock.h"
#include "lib/util.h"
#include "mm/internal.h"

#define NR_ZONES (52 - PAGE_SHIFT + 1)

static struct list_head free_list[NR_ZONES][PALLOC_MAX_ORDER + 1];
static uint32_t zone_orders[NR_ZONES];	/* bit o: free_list[zone][o] is not empty */
static uint64_t free_pages, claimed_pages;
static uint64_t zone_pages[NR_ZONES];	/* free_pages by zone */
static struct spinlock palloc_lock = SPINLOCK_INIT(RANK_PALLOC);

static unsigned int zone_of(mfn_t mfn)
{
	return mfn ? bit_highest(mfn) + 1 : 0;
}

void palloc_init(void)
{
	for (unsigned int z = 0; z < NR_ZONES; z++) {
		for (unsigned int o = 0; o <= PALLOC_MAX_ORDER; o++)
			list_init(&free_list[z][o]);
		zone_orders[z] = 0;
		zone_pages[z] = 0;
	}
	free_pages = 0;
	claimed_pages = 0;
}

static void block_insert(mfn_t mfn, unsigned int order)
{
	struct page *pg = mfn_to_page(mfn);

	pg->flags |= PG_FREE;
	pg->order = order;
	list_add(&pg->list, &free_list[zone_of(mfn)][order]);
	zone_orders[zone_of(mfn)] |= 1u << order;
	zone_pages[zone_of(mfn)] += 1UL << order;
}

static void block_remove(struct page *pg)
{
	unsigned int zone = zone_of(page_to_mfn(pg));

	pg->flags &= ~PG_FREE;
	list_del(&pg->list);
	zone_pages[zone] -= 1UL << pg->order;
	if (list_empty(&free_list[zone][pg->order]))
		zone_orders[zone] &= ~(1u << pg->order);
}

static void free_locked(mfn_t mfn, unsigned int order)
{
	uint64_t stamp = mfn_to_page(mfn)->stamp;

	BUG_ON(mfn_to_page(mfn)->flags & PG_FREE);
	free_pages += 1UL << order;
	for (; order < PALLOC_MAX_ORDER; order++) {
		mfn_t buddy = mfn ^ (1UL << order);
		struct page *pg;

		if (!mfn_is_ram(buddy))
			break;
		pg = mfn_to_page(buddy);
		if (!(pg->flags & PG_FREE) || pg->order != order)
			break;
		block_remove(pg);
		stamp = MAX(stamp, pg->stamp);
		mfn &= ~(1UL << order);
	}
	mfn_to_page(mfn)->stamp = stamp;
	block_insert(mfn, order);
}

void palloc_put(struct page *pg, unsigned int order)
{
	spin_lock(&palloc_lock);
	free_locked(page_to_mfn(pg), order);
	spin_unlock(&palloc_lock);
}

void palloc_add(mfn_t first, mfn_t end)
{
	unsigned int order;

	if (!first)
		first = 1;
	while (first < end) {
		order = MIN(bit_lowest(first), (unsigned int)PALLOC_MAX_ORDER);
		while (first + (1UL << order) > end)
			order--;
		palloc_put(mfn_to_page(first), order);
		first += 1UL << order;
	}
}

static struct page *take_locked(unsigned int order, unsigned int top_zone)
{
	for (int z = (int)top_zone; z >= 0; z--) {
		unsigned int o = order;
		struct page *pg;

		if (!(zone_orders[z] >> order))
			continue;
		o += bit_lowest(zone_orders[z] >> order);
		pg = list_first(&free_list[z][o], struct page, list);
		block_remove(pg);
		/* Keep the upper half, give the lower ones back: low frames stay for narrow requests. */
		while (o > order) {
			o--;
			block_insert(page_to_mfn(pg), o);
			pg[1UL << o].stamp = pg->stamp;
			pg += 1UL << o;
		}
		free_pages -= 1UL << order;
		return pg;
	}
	return NULL;
}

struct page *palloc_get(unsigned int order, unsigned int addr_bits)
{
	unsigned int top = NR_ZONES - 1;
	struct page *pg;

	if (order > PALLOC_MAX_ORDER || (addr_bits && addr_bits <= PAGE_SHIFT))
		return NULL;
	if (addr_bits && addr_bits - PAGE_SHIFT < top)
		top = addr_bits - PAGE_SHIFT;
	spin_lock(&palloc_lock);
	pg = take_locked(order, top);
	spin_unlock(&palloc_lock);
	if (pg)
		tlb_sync(pg->stamp);
	return pg;
}

uint64_t palloc_free_from(mfn_t mfn)
{
	uint64_t n = 0;

	spin_lock(&palloc_lock);
	/* Its block begins at a multiple of the block's size. */
	for (unsigned int o = 0; !n && o <= PALLOC_MAX_ORDER; o++) {
		mfn_t first = mfn & ~((1UL << o) - 1);

		if (mfn_is_ram(first) && mfn_to_page(first)->flags & PG_FREE && mfn_to_page(first)->order >= o)
			n = first + (1UL << mfn_to_page(first)->order) - mfn;
	}
	spin_unlock(&palloc_lock);
	return n;
}

uint64_t palloc_free_pages(void)
{
	return free_pages;
}

/* Of these, those whose addresses have more than so many bits. Read without the lock: for people. */
uint64_t palloc_free_above(unsigned int addr_bits)
{
	uint64_t n = 0;

	for (unsigned int z = addr_bits - PAGE_SHIFT + 1; z < NR_ZONES; z++)
		n += READ_ONCE(zone_pages[z]);
	return n;
}

void *hv_alloc_pages(unsigned int order)
{
	struct page *pg = palloc_get(order, 0);

	if (!pg)
		return NULL;
	memset(page_to_virt(pg), 0, PAGE_SIZE << order);
	for (uint64_t i = 0; i < 1UL << order; i++)
		pg[i].in_use = 0;
	return page_to_virt(pg);
}

void hv_charge(void *p, unsigned int order, const struct domain *d)
{
	struct page *pg = p ? virt_to_page(p) : NULL;

	if (!pg || pg->flags & PG_SLAB)
		return;
	for (uint64_t i = 0; i < 1UL << order; i++)
		pg[i].in_use = d->id + 1u;
}

void hv_free_pages(void *p, unsigned int order)
{
	if (!p)
		return;
	BUG_ON(virt_to_page(p)->count & PGC_count_mask);
	palloc_put(virt_to_page(p), order);
}

/* n pages have left the free lists for d: charges them to its claim. False: what is left is promised to others. */
static bool claim_charge(struct domain *d, uint64_t n)
{
	uint64_t own = MIN(d->outstanding, n);
	bool ok;

	spin_lock(&palloc_lock);
	ok = free_pages >= claimed_pages - own;
	if (ok) {
		claimed_pages -= own;
		d->outstanding -= own;
	}
	spin_unlock(&palloc_lock);
	return ok;
}

bool dom_charge(struct domain *d, uint64_t n)
{
	uint64_t had = d->tot_pages;

	if (d->life >= DOMAIN_DYING || n > d->max_pages || had > d->max_pages - n || !claim_charge(d, n))
		return false;
	d->tot_pages += n;
	/* One reference for all pages, however many; page_release() drops it with the last. */
	if (!had)
		domain_ref(d);
	return true;
}

void dom_discharge(struct domain *d, uint64_t n)
{
	bool last;

	spin_lock(&d->page_lock);
	d->tot_pages -= n;
	last = !d->tot_pages;
	spin_unlock(&d->page_lock);
	if (last)
		domain_put(d);
}

void dom_adopt(struct domain *d, struct page *pg, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++) {
		pg[i].owner = d;
		pg[i].type = 0;
		pg[i].cursor = 0;
		list_add_tail(&pg[i].list, &d->page_list);
		__atomic_store_n(&pg[i].count, PGC_allocated | 1, __ATOMIC_RELEASE);
	}
}

static struct page *dom_alloc(struct domain *d, unsigned int order, unsigned int addr_bits, bool zeroed)
{
	struct page *pg;
	bool ok;

	if (order > PALLOC_MAX_ORDER)
		return NULL;
	pg = palloc_get(order, addr_bits);
	if (!pg)
		return NULL;
	if (zeroed)
		memset(page_to_virt(pg), 0, PAGE_SIZE << order);
	spin_lock(&d->page_lock);
	ok = dom_charge(d, 1UL << order);
	if (ok)
		dom_adopt(d, pg, 1UL << order);
	spin_unlock(&d->page_lock);
	if (ok)
		return pg;
	palloc_put(pg, order);
	return NULL;
}

struct page *dom_alloc_pages(struct domain *d, unsigned int order, unsigned int addr_bits)
{
	return dom_alloc(d, order, addr_bits, true);
}

struct page *dom_alloc_dirty_pages(struct domain *d, unsigned int order)
{
	return dom_alloc(d, order, 0, false);
}

int dom_claim_pages(struct domain *d, uint64_t pages)
{
	uint64_t want = 0;
	int rc = 0;

	spin_lock(&d->page_lock);
	spin_lock(&palloc_lock);
	if (pages) {
		want = pages - MIN(pages, d->tot_pages);
		if (d->outstanding || d->life >= DOMAIN_DYING || pages < d->tot_pages || pages > d->max_pages)
			rc = -XEN_EINVAL;
		else if (want > free_pages - MIN(free_pages, claimed_pages))
			rc = -XEN_ENOMEM;
	}
	if (!rc) {
		claimed_pages += want - d->outstanding;
		d->outstanding = want;
	}
	spin_unlock(&palloc_lock);
	spin_unlock(&d->page_lock);
	return rc;
}

void claim_release(struct domain *d)
{
	(void)dom_claim_pages(d, 0);
}
