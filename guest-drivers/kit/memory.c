/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See memory.h. What is free in the boot region follows from its layout (pv-abi 1.4): all below the image, all behind the boot
 * stack. Further memory is mapped by whole L1 tables: a table is filled while it is an ordinary page, made read-only, and
 * hung into its L2 by one update, which is when the hypervisor looks at all of its entries.
 */
#include "kit/internal.h"
#include "kit/kit.h"
#include "kit/lock.h"
#include "kit/memory.h"
#include "kit/pages.h"

#define TABLE_PAGES	512UL
#define TABLE_FLAGS	(PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)
#define LEAF_FLAGS	(PTE_P | PTE_RW | PTE_A | PTE_D)
#define BATCH_TABLES	16
#define RESERVE		3	/* an L1, and an L2 and an L3 where a new one begins */

/* The last 2 MiB of the first GiB, which one L2 table maps with the boot region. */
#define WINDOW_BASE	(KIT_VIRT_BASE + KIT_LOW_PAGES * PAGE_SIZE)

static struct kit_pages pages;
static struct kit_lock lock;
static size_t mapped;		/* pfns below it have addresses */
static unsigned int window_used;

/* The end of what the builder mapped: the first address without an L1 table. */
static size_t boot_end(size_t from)
{
	uint64_t *l2e;

	for (from &= -TABLE_PAGES; from < KIT_LOW_PAGES; from += TABLE_PAGES) {
		l2e = kit_walk(kit_pfn_to_va(from), 2);
		if (!l2e || !(*l2e & PTE_P))
			break;
	}
	return from < kit_start_info->nr_pages ? from : kit_start_info->nr_pages;
}

/* The map of free pages lies at pfn 0, below the image. */
static void start(void)
{
	size_t image = kit_va_to_pfn(kit_image_start), used = kit_va_to_pfn((void *)(kit_entry_rsp + PAGE_SIZE - 1));
	size_t own = (kit_pages_words(kit_start_info->nr_pages) * 8 + PAGE_SIZE - 1) / PAGE_SIZE;

	if (own > image)
		kit_bail("%lu pages are more than the kit can keep account of", kit_start_info->nr_pages);
	mapped = boot_end(used);
	kit_pages_init(&pages, kit_pfn_to_va(0), kit_start_info->nr_pages);
	kit_pages_give(&pages, own, image - own);
	kit_pages_give(&pages, used, mapped - used);
}

/* Makes a filled page the table behind va's entry of the level. */
static bool hang(const void *va, unsigned int level, void *table)
{
	uint64_t *entry = kit_walk(va, level), at = kit_va_to_maddr(entry);

	return !kit_make_readonly(table) && !kit_mmu_update(at, kit_va_to_mfn(table) << 12 | TABLE_FLAGS);
}

/* A table, from as low as can be: those of a batch lie together and leave long runs of pages between batches. */
static void *take(void)
{
	size_t next = pages.next, pfn;
	void *page;

	pages.next = 0;
	pfn = kit_pages_take(&pages, 1);
	pages.next = next;
	page = pfn == KIT_PAGES_NONE ? NULL : kit_pfn_to_va(pfn);
	return page ? memset(page, 0, PAGE_SIZE) : NULL;
}

/* Tables down to the level above L1 for va, so that an L1 can be hung there. */
static bool reach(const void *va)
{
	for (unsigned int level = 4; level > 2; level--) {
		void *table;

		if (*kit_walk(va, level) & PTE_P)
			continue;
		table = take();
		if (!table || !hang(va, level, table))
			return false;
	}
	return true;
}

/* Maps what the next L1 table reaches. */
static bool map_table(void)
{
	size_t end = mapped + TABLE_PAGES < pages.nr ? mapped + TABLE_PAGES : pages.nr;
	const uint64_t *p2m = (const uint64_t *)kit_start_info->mfn_list;
	uint64_t *table;

	if (!reach(kit_pfn_to_va(mapped)))
		return false;
	table = take();
	if (!table)
		return false;
	for (size_t pfn = mapped; pfn < end; pfn++)
		table[pfn % TABLE_PAGES] = p2m[pfn] << 12 | LEAF_FLAGS;
	if (!hang(kit_pfn_to_va(mapped), 2, table))
		return false;
	kit_pages_give(&pages, mapped, end - mapped);
	mapped = end;
	return true;
}

static bool grow(void)
{
	size_t before = mapped;

	for (unsigned int i = 0; i < BATCH_TABLES && mapped < pages.nr; i++)
		if (!map_table())
			break;
	return mapped > before;
}

void *kit_page_alloc(size_t n)
{
	size_t pfn;

	kit_lock(&lock);
	if (!pages.bits)
		start();
	/* The last pages of the mapped are kept for mapping more. */
	while (pages.nr_free < n + RESERVE && mapped < pages.nr && grow())
		;
	while ((pfn = kit_pages_take(&pages, n)) == KIT_PAGES_NONE && mapped < pages.nr && grow())
		;
	kit_unlock(&lock);
	return pfn == KIT_PAGES_NONE ? NULL : memset(kit_pfn_to_va(pfn), 0, n * PAGE_SIZE);
}

void kit_page_free(void *va, size_t n)
{
	bool good;

	if (!va)
		return;
	kit_lock(&lock);
	good = (uint64_t)va % PAGE_SIZE == 0 && kit_pages_give(&pages, kit_va_to_pfn(va), n);
	kit_unlock(&lock);
	if (!good)
		kit_bail("kit_page_free(%p, %lu): free already, or no page", va, n);
}

size_t kit_pages_left(void)
{
	size_t n;

	kit_lock(&lock);
	if (!pages.bits)
		start();
	n = pages.nr_free + (pages.nr - mapped);
	kit_unlock(&lock);
	return n;
}

int kit_window_remap(void *window, const uint64_t *frames, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		int rc = kit_set_pte((uint8_t *)window + i * PAGE_SIZE, frames ? frames[i] << 12 | LEAF_FLAGS : 0);

		if (rc)
			return rc;
	}
	return 0;
}

static bool window_ready(void)
{
	void *table = window_used ? NULL : kit_page_alloc(1);

	return window_used || (table && hang((void *)WINDOW_BASE, 2, table));
}

void *kit_window_reserve(unsigned int n)
{
	uint8_t *window = NULL;

	if (!window_ready())
		return NULL;
	kit_lock(&lock);
	if (n <= TABLE_PAGES - window_used) {
		window = (uint8_t *)WINDOW_BASE + window_used * PAGE_SIZE;
		window_used += n;
	}
	kit_unlock(&lock);
	return window;
}
