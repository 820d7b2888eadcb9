/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_dom0_layout.c
 *
 * The start-of-day layout (hypervisor/domain/dom0_layout.c): the figures of a real kernel, the order
 * without the notes MOD_START_PFN and INIT_P2M, and for many shapes the page tables themselves, walked
 * as the processor would: each VA of the two mappings reaches the right frame, no piece overlaps
 * another, page tables are mapped read-only, everything else is not mapped.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <abi/errno.h>

#include "../../hypervisor/domain/dom0_layout.h"
#include "suite.h"

#define FRAME_SKEW	UINT64_C(0x12345)	/* mfn = pfn + this, so that mixing them shows */

static struct elf_image img;
static struct pv_layout l;
static const char *why;

/* What Debian's 6.1 kernel says of itself. */
static void linux_image(void)
{
	img = (struct elf_image){
		.virt_base = UINT64_C(0xffffffff80000000), .p2m_base = UINT64_C(0x8000000000),
		.hypercall_page = ELF_NOTE_ABSENT, .hv_start_low = UINT64_C(0xffff800000000000),
		.pstart = 0x1000000, .pend = 0x4a00000, .mod_start_pfn = true,
	};
}

static int compute(uint64_t nr_pages, uint64_t initrd_len, bool domu)
{
	struct pv_layout_request req = {
		.image = &img, .nr_pages = nr_pages, .initrd_len = initrd_len,
		.store_and_console = domu,
	};
	int err;

	why = NULL;
	err = pv_layout_compute(&req, &l, &why);
	ck_assert((err == 0) == (why == NULL));
	return err;
}

static uint64_t skewed(void *ctx, uint64_t pfn)
{
	const uint64_t *limit = ctx;

	ck_assert_uint_lt(pfn, *limit);
	return pfn + FRAME_SKEW;
}

static uint64_t (*tables)[512];

static void fill_all(void)
{
	uint64_t i, nr = pv_layout_nr_tables(&l);

	tables = calloc(nr, sizeof(*tables));
	ck_assert_ptr_nonnull(tables);
	for (i = 0; i < nr; i++)
		pv_layout_fill_table(&l, i, skewed, &l.nr_pages, tables[i]);
}

/* The table that an entry points to. */
static const uint64_t *table_at(uint64_t entry)
{
	uint64_t pfn = (entry >> 12 & ((UINT64_C(1) << 40) - 1)) - FRAME_SKEW, i;

	ck_assert_uint_eq(entry & 0xfff, 0x67);
	for (i = 0; i < pv_layout_nr_tables(&l); i++)
		if (pv_layout_table_pfn(&l, i) == pfn)
			return tables[i];
	ck_abort_msg("an entry points to pfn %lx, which is no table", (unsigned long)pfn);
	return NULL;
}

/* The L1 entry for va, or 0. */
static uint64_t walk(uint64_t va)
{
	const uint64_t *t = tables[0];
	unsigned int shift;

	for (shift = 39; shift > 12; shift -= 9) {
		uint64_t e = t[va >> shift & 511];

		if (e == 0)
			return 0;
		t = table_at(e);
	}
	return t[va >> 12 & 511];
}

static bool is_table_pfn(uint64_t pfn)
{
	return (pfn >= l.pt.pfn && pfn < l.pt.pfn + l.pt.nr) ||
	       (pfn >= l.p2m_pt.pfn && pfn < l.p2m_pt.pfn + l.p2m_pt.nr);
}

static void check_pieces(void)
{
	const struct pv_range *r[] = {
		&l.kernel, &l.initrd, &l.p2m, &l.p2m_pt, &l.start_info, &l.store, &l.console, &l.pt,
		&l.stack,
	};
	size_t i, j;

	for (i = 0; i < sizeof(r) / sizeof(r[0]); i++) {
		ck_assert_uint_le(r[i]->pfn + r[i]->nr, l.used_end);
		for (j = 0; j < i; j++)
			ck_assert(!r[i]->nr || !r[j]->nr || r[i]->pfn + r[i]->nr <= r[j]->pfn ||
				  r[j]->pfn + r[j]->nr <= r[i]->pfn);
	}
	ck_assert_uint_le(l.used_end, l.nr_pages);
	ck_assert_uint_le(l.mapped_end, l.used_end);
	ck_assert_uint_eq(pv_layout_va(&l, l.mapped_end) & ((4u << 20) - 1), 0);
	ck_assert_uint_ge(l.mapped_end, l.stack.pfn + 1 + 128);
}

static void check_tables(void)
{
	uint64_t pfn, i, leaves = 0, want = l.mapped_end + (l.p2m_separate ? l.p2m.nr : 0);
	unsigned int slot;

	fill_all();
	for (pfn = 0; pfn < l.mapped_end; pfn++)
		ck_assert_uint_eq(walk(pv_layout_va(&l, pfn)),
				  (pfn + FRAME_SKEW) << 12 | (is_table_pfn(pfn) ? 0x25 : 0x27));
	for (i = 0; l.p2m_separate && i < l.p2m.nr; i++)
		ck_assert_uint_eq(walk(l.p2m_va + (i << 12)), (l.p2m.pfn + i + FRAME_SKEW) << 12 | 0x27);
	/* Count what is there, so that there is nothing else. */
	for (i = 1; i < pv_layout_nr_tables(&l); i++)
		for (slot = 0; slot < 512; slot++)
			leaves += (tables[i][slot] & 0x47) == 0x7 || (tables[i][slot] & 0x47) == 0x5;
	ck_assert_uint_eq(leaves, want);
	for (slot = 256; slot < 272; slot++)
		ck_assert_uint_eq(tables[0][slot], 0);
	free(tables);
}

/* The figures measured with this kernel under another PV hypervisor (pv-abi 1.4). */
START_TEST(linux_as_measured)
{
	linux_image();
	ck_assert_int_eq(compute(65536, 0x213000, true), 0);
	ck_assert_uint_eq(l.kernel.pfn, 0x1000);
	ck_assert_uint_eq(l.kernel.nr, 0x3a00);
	ck_assert_uint_eq(l.start_info.pfn, 0x4a00);
	ck_assert_uint_eq(l.store.pfn, 0x4a01);
	ck_assert_uint_eq(l.console.pfn, 0x4a02);
	ck_assert_uint_eq(l.pt.pfn, 0x4a03);
	ck_assert_uint_eq(l.pt.nr, 0x29);
	ck_assert_uint_eq(l.stack.pfn, 0x4a2c);
	ck_assert_uint_eq(l.mapped_end, 0x4c00);
	ck_assert_uint_eq(l.initrd.pfn, 0x4c00);
	ck_assert_uint_eq(l.mod_start, 0x4c00);
	ck_assert_uint_eq(l.p2m.pfn, 0x4e13);
	ck_assert_uint_eq(l.p2m.nr, 0x80);
	ck_assert_uint_eq(l.p2m_pt.nr, 3);
	ck_assert_uint_eq(l.p2m_va, UINT64_C(0x8000000000));
	check_pieces();
	check_tables();
}
END_TEST

START_TEST(without_the_modern_notes)
{
	linux_image();
	img.mod_start_pfn = false;
	img.p2m_base = ELF_NOTE_ABSENT;
	ck_assert_int_eq(compute(65536, 0x1234, false), 0);
	ck_assert_uint_eq(l.initrd.pfn, 0x4a00);
	ck_assert_uint_eq(l.mod_start, UINT64_C(0xffffffff84a00000));
	ck_assert(!l.mod_is_pfn);
	ck_assert_uint_eq(l.p2m.pfn, 0x4a02);
	ck_assert_uint_eq(l.p2m_va, UINT64_C(0xffffffff84a02000));
	ck_assert_uint_eq(l.p2m_pt.nr, 0);
	ck_assert(!l.p2m_separate);
	check_pieces();
	check_tables();
}
END_TEST

START_TEST(many_shapes)
{
	unsigned int round;

	srandom(9);
	for (round = 0; round < 40; round++) {
		uint64_t nr = 0x3000 + (uint64_t)random() % 0x60000;

		linux_image();
		img.mod_start_pfn = random() % 2;
		img.pend = img.pstart + ((1 + (uint64_t)random() % 0x800) << 12);
		if (random() % 3 == 0)
			img.p2m_base = ELF_NOTE_ABSENT;
		else if (random() % 2)	/* anywhere, crossing L2 and L3 borders */
			img.p2m_base = UINT64_C(0x100000000000) - ((uint64_t)random() % 0x200 << 12);
		if (random() % 3 == 0)
			img.virt_base = (1 + (uint64_t)random() % 1000) << 12;
		ck_assert_msg(compute(nr, (uint64_t)random() % 0x400000, random() % 2) == 0, "%s", why);
		check_pieces();
		check_tables();
	}
}
END_TEST

START_TEST(refusals)
{
	linux_image();
	ck_assert_int_eq(compute(0, 0, false), -XEN_EINVAL);
	ck_assert_int_eq(compute(UINT64_C(1) << 40, 0, false), -XEN_EINVAL);
	ck_assert_int_eq(compute(65536, UINT64_MAX, false), -XEN_EINVAL);
	ck_assert_int_eq(compute(0x4a00, 0, false), -XEN_ENOMEM);
	ck_assert_int_eq(compute(0x4c00, 0, false), -XEN_ENOMEM);
	ck_assert_int_eq(compute(65536, UINT64_C(256) << 20, false), -XEN_ENOMEM);
	img.virt_base = UINT64_C(0xffff800000000000);
	ck_assert_int_eq(compute(65536, 0, false), -XEN_EINVAL);
	img.virt_base = UINT64_C(0x00007ffffff00000);
	ck_assert_int_eq(compute(65536, 0, false), -XEN_EINVAL);
	img.virt_base = UINT64_C(0xfffffffff8000000);
	ck_assert_int_eq(compute(1 << 20, 0, false), 0);
	img.virt_base = UINT64_C(0xfffffffffb800000);
	ck_assert_int_eq(compute(1 << 20, 0, false), -XEN_EINVAL);
	linux_image();
	img.p2m_base = UINT64_C(0xffff810000000000);
	ck_assert_int_eq(compute(65536, 0, false), -XEN_EINVAL);
	img.p2m_base = UINT64_C(0xfffffffffffff000);
	ck_assert_int_eq(compute(65536, 0, false), -XEN_EINVAL);
	img.p2m_base = UINT64_C(0xffffff8000000000);
	ck_assert_int_eq(compute(65536, 0, false), -XEN_EINVAL);
	img.p2m_base = UINT64_C(0x8000000010);
	ck_assert_int_eq(compute(65536, 0, false), -XEN_EINVAL);
	linux_image();
	img.hv_start_low = UINT64_C(0xffff900000000000);
	ck_assert_int_eq(compute(65536, 0, false), -XEN_EINVAL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("dom0_layout");
	TCase *tc = tcase_create("dom0_layout");

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, linux_as_measured);
	tcase_add_test(tc, without_the_modern_notes);
	tcase_add_test(tc, many_shapes);
	tcase_add_test(tc, refusals);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
