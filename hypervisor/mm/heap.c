/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Objects of the hypervisor. Up to 2048 bytes they come from slabs: a page cut into equal pieces, free
 * pieces linked through their first word, page bookkeeping in struct page, so that objects keep the natural alignment
 * (16 bytes at least). A slab without users is freed at once, so that what a
 * domain cost comes back to the byte with its death. Larger objects take whole
 * pages; what the buddy's power of two exceeds goes back at once.
 *
 * hv_free() tells the kinds apart by the page's flags, and panics on what it did not give out.
 */
#include <string.h>
#include "debug/log.h"
#include "lib/lock.h"
#include "lib/util.h"
#include "mm/internal.h"

static const uint16_t class_size[] = {
	16, 32, 48, 64, 96, 128, 192, 256, 336, 512, 672, 1024, 1360, 2048
};
#define NR_CLASSES ARRAY_SIZE(class_size)

struct class {
	struct list_head partial;	/* slabs with a free object */
};

static struct class classes[NR_CLASSES];
static bool ready;
static struct spinlock heap_lock = SPINLOCK_INIT(RANK_HEAP);

static void heap_init(void)
{
	for (unsigned int i = 0; i < NR_CLASSES; i++)
		list_init(&classes[i].partial);
	ready = true;
}

static struct page *slab_new(unsigned int c)
{
	struct page *pg = palloc_get(0, 0);
	char *base;
	void *next = NULL;

	if (!pg)
		return NULL;
	base = page_to_virt(pg);
	for (unsigned int off = 0; off + class_size[c] <= PAGE_SIZE; off += class_size[c]) {
		*(void **)(base + off) = next;
		next = base + off;
	}
	pg->flags |= PG_SLAB;
	pg->order = c;
	pg->in_use = 0;
	pg->slab_free = next;
	list_add(&pg->list, &classes[c].partial);
	return pg;
}

static void *slab_alloc(unsigned int c)
{
	struct page *pg;
	void *p = NULL;

	spin_lock(&heap_lock);
	if (!ready)
		heap_init();
	pg = list_empty(&classes[c].partial) ? slab_new(c) : list_first(&classes[c].partial, struct page, list);
	if (pg) {
		p = pg->slab_free;
		pg->slab_free = *(void **)p;
		pg->in_use++;
		if (!pg->slab_free)
			list_del(&pg->list);
	}
	spin_unlock(&heap_lock);
	if (p)
		memset(p, 0, class_size[c]);
	return p;
}

static void slab_free(struct page *pg, void *p)
{
	unsigned int c = pg->order;
	uint64_t misplaced = ((uint64_t)p & (PAGE_SIZE - 1)) % class_size[c];
	bool release;

	spin_lock(&heap_lock);
	BUG_ON(!pg->in_use || misplaced);
	if (!pg->slab_free)
		list_add(&pg->list, &classes[c].partial);
	*(void **)p = pg->slab_free;
	pg->slab_free = p;
	release = !--pg->in_use;
	if (release) {
		list_del(&pg->list);
		pg->flags &= ~PG_SLAB;
		pg->stamp = 0;		/* no guest has ever mapped it */
	}
	spin_unlock(&heap_lock);
	if (release)
		palloc_put(pg, 0);
}

static void *large_alloc(size_t size)
{
	uint64_t pages = DIV_ROUND_UP(size, PAGE_SIZE), i;
	unsigned int order = 0;
	struct page *pg;

	while ((1UL << order) < pages)
		order++;
	pg = palloc_get(order, 0);
	if (!pg)
		return NULL;
	for (i = pages; i < 1UL << order; i++)
		palloc_put(pg + i, 0);
	pg->flags |= PG_LARGE;
	pg->order = (uint32_t)pages;
	pg->in_use = 0;
	memset(page_to_virt(pg), 0, pages * PAGE_SIZE);
	return page_to_virt(pg);
}

static void large_free(struct page *pg)
{
	uint64_t pages = pg->order;

	pg->flags &= ~PG_LARGE;
	for (uint64_t i = 0; i < pages; i++)
		palloc_put(pg + i, 0);
}

void *hv_alloc(size_t size)
{
	if (size > PAGE_SIZE << PALLOC_MAX_ORDER)
		return NULL;
	for (unsigned int c = 0; c < NR_CLASSES; c++)
		if (size <= class_size[c])
			return slab_alloc(c);
	return large_alloc(size);
}

void hv_free(void *p)
{
	struct page *pg;

	if (!p)
		return;
	pg = virt_to_page(p);
	if (pg->flags & PG_SLAB) {
		slab_free(pg, p);
		return;
	}
	BUG_ON(!(pg->flags & PG_LARGE) || (uint64_t)p & (PAGE_SIZE - 1));
	large_free(pg);
}
