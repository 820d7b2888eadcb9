/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A storm of page-table operations, most of them nonsense, on a few pages that refer to each other: entries of all kinds,
 * pins, roots, read-only and writable mappings. Two things must hold. At no time is a page that the hypervisor accepted as
 * a table mapped writable. And when all is taken back, every page is an ordinary one again: no count has gone astray.
 */
#include "kit/kit.h"

#define PAGES	12
#define ROUNDS	40000

static uint64_t pool[PAGES][512] PAGE_ALIGNED;
static bool pinned[PAGES];
static uint64_t mfn[PAGES], seed = 0x9e3779b97f4a7c15UL;
static unsigned int done[8], writable_tables;

static uint64_t rnd(uint64_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % n;
}

static bool is_writable(unsigned int i)
{
	return *kit_walk(pool[i], 1) & PTE_RW;
}

static uint64_t any_frame(void)
{
	switch (rnd(24)) {
	case 0: return 0x200;						/* the hypervisor's */
	case 1: return 1UL << 39;					/* nobody's */
	case 2: return kit_va_to_mfn((void *)kit_start_info->pt_base);	/* a root in use */
	case 3: return PTE_FRAME(*kit_walk(pool, 2));			/* an L1 in use */
	default: return mfn[rnd(PAGES)];
	}
}

/* Page i is meant for a table of level i % 4 + 1; three entries in four are what such a table should hold. */
static uint64_t any_entry(unsigned int i)
{
	uint64_t e = any_frame() << 12 | PTE_P | PTE_US | PTE_A;

	if (rnd(4)) {
		e = mfn[i % 4 ? rnd(PAGES / 4) * 4 + i % 4 - 1 : rnd(PAGES)] << 12 | PTE_P | PTE_US | PTE_A;
		return i % 4 || !rnd(12) ? e | PTE_RW : e;
	}
	switch (rnd(12)) {
	case 0: return 0;
	case 1: return e & ~PTE_P;
	case 2: return e | PTE_PSE;
	case 3: return e | 1UL << (9 + rnd(3)) | PTE_NX;
	case 4: return e | 1UL << rnd(64);
	default: return rnd(2) ? e | PTE_RW : e;
	}
}

/* Few slots, so that operations meet; the last one and those of the hypervisor in a root are among them. */
static unsigned int any_slot(void)
{
	static const unsigned int slots[] = { 0, 1, 2, 3, 255, 256, 271, 511 };

	return slots[rnd(8)];
}

static void step(void)
{
	unsigned int i = (unsigned int)rnd(PAGES), what = (unsigned int)rnd(16);
	uint64_t entry = any_entry(i), level = rnd(4) ? i % 4 : rnd(4);

	if (what < 5) {
		done[0] += !kit_mmu_update((mfn[i] << 12) + any_slot() * 8, entry);
	} else if (what < 7) {
		done[1] += !kit_make_readonly(pool[i]);
	} else if (what == 7) {
		done[2] += !rnd(3) && !kit_make_writable(pool[i]);
	} else if (what < 10) {
		if (is_writable(i))
			pool[i][any_slot()] = entry;
	} else if (what < 13) {
		if (!kit_mmuext(MMUEXT_PIN_L1_TABLE + (unsigned int)level, mfn[i]))
			pinned[i] = true, done[3]++;
	} else if (what < 15) {
		if (!kit_mmuext(MMUEXT_UNPIN_TABLE, mfn[i]))
			pinned[i] = false, done[4]++;
	} else {
		done[5] += !kit_mmuext(MMUEXT_NEW_USER_BASEPTR, rnd(4) ? mfn[i] : 0);
	}
	writable_tables += pinned[i] && is_writable(i);
}

/* Empties all tables. An entry may resist while a table above is in the way, so several passes. */
static unsigned int clean_up(void)
{
	unsigned int left = 0;

	kit_mmuext(MMUEXT_NEW_USER_BASEPTR, 0);
	for (unsigned int i = 0; i < PAGES; i++)
		kit_mmuext(MMUEXT_UNPIN_TABLE, mfn[i]);
	for (int pass = 0; pass < 4; pass++)
		for (unsigned int i = 0; i < PAGES; i++)
			for (unsigned int e = 0; e < 512; e++)
				if (pool[i][e] && !(e >= 256 && e < 272))
					kit_mmu_update((mfn[i] << 12) + e * 8, 0);
	for (unsigned int i = 0; i < PAGES; i++)
		left += kit_make_writable(pool[i]) != 0;
	return left;
}

void kit_main(struct start_info *si)
{
	uint64_t root = kit_va_to_mfn((void *)si->pt_base);
	unsigned int left = 0;

	kit_map_shared_info();
	kit_traps_init();
	for (unsigned int i = 0; i < PAGES; i++)
		mfn[i] = kit_va_to_mfn(pool[i]);
	for (unsigned int storm = 0; storm < 8; storm++) {
		for (unsigned int n = 0; n < ROUNDS / 8; n++)
			step();
		left += clean_up();
		memset(pinned, 0, sizeof(pinned));
		memset(pool, 0, sizeof(pool));
	}
	kit_printf("# done: %u entries, %u read-only, %u writable, %u pins, %u unpins, %u roots\n", done[0], done[1], done[2], done[3],
		   done[4], done[5]);
	CHECK(done[0] && done[1] && done[2] && done[3] && done[4] && done[5], "the storm did something");
	CHECK_EQ(writable_tables, 0, "no pinned table was ever writable");
	CHECK_EQ(left, 0, "all pages are ordinary pages again");
	CHECK_EQ(kit_mmuext(MMUEXT_NEW_BASEPTR, root), 0, "and the kernel's own root is whole");
	tap_done();
}
