/* SPDX-License-Identifier: BSD-2-Clause */
/* The page allocator against a map of who owns each frame. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "lib/util.h"
#include "mm_host/harness.h"
#include "suite.h"

#define MAX_BLOCKS 200

static struct { mfn_t mfn; unsigned int order; } block[MAX_BLOCKS];
static unsigned int nr_blocks;
static uint8_t used[TEST_FRAMES];

static void take(mfn_t mfn, unsigned int order)
{
	ck_assert_uint_eq(mfn & ((1UL << order) - 1), 0);
	ck_assert_uint_ge(mfn, FIRST_RAM);
	for (mfn_t m = mfn; m < mfn + (1UL << order); m++) {
		if (m >= TEST_FRAMES || used[m])
			ck_abort_msg("frame %lx handed out twice or not there", m);
		used[m] = 1;
	}
	block[nr_blocks].mfn = mfn;
	block[nr_blocks++].order = order;
}

static void give(unsigned int i)
{
	palloc_put(mfn_to_page(block[i].mfn), block[i].order);
	memset(used + block[i].mfn, 0, 1UL << block[i].order);
	block[i] = block[--nr_blocks];
}

START_TEST(test_random_blocks)
{
	uint64_t before;

	machine_reset();
	rnd_seed((uint64_t)_i + 7);
	before = palloc_free_pages();
	for (int step = 0; step < 10000; step++) {
		uint64_t free_before = palloc_free_pages(), high_before = palloc_free_above(21);
		unsigned int order = rnd(6), bits = rnd(3) ? 0 : 12 + rnd(12);
		struct page *pg;

		if (nr_blocks && (nr_blocks == MAX_BLOCKS || rnd(2))) {
			give(rnd(nr_blocks));
			continue;
		}
		pg = palloc_get(order, bits);
		if (!pg)
			continue;
		take(page_to_mfn(pg), order);
		ck_assert_uint_eq(palloc_free_pages(), free_before - (1UL << order));
		/* 21 bits end at frame 512. */
		ck_assert_uint_eq(palloc_free_above(21), high_before - (page_to_mfn(pg) < 512 ? 0 : 1UL << order));
		if (bits)
			ck_assert_uint_le((page_to_mfn(pg) + (1UL << order)) << PAGE_SHIFT, 1UL << bits);
	}
	while (nr_blocks)
		give(0);
	ck_assert_uint_eq(palloc_free_pages(), before);
	ck_assert_uint_eq(palloc_free_above(PAGE_SHIFT), before);
	/* Everything has merged: frames 256 to 511, which the set-up does not touch, are one block again. */
	ck_assert_ptr_nonnull(palloc_get(8, 21));
}
END_TEST

START_TEST(test_limits)
{
	machine_reset();
	ck_assert_ptr_null(palloc_get(PALLOC_MAX_ORDER + 1, 0));
	ck_assert_ptr_null(palloc_get(10, 0));
	ck_assert_ptr_null(palloc_get(0, 12));
	ck_assert_ptr_null(palloc_get(0, 5));
	ck_assert_ptr_null(palloc_get(0, 18));		/* below frame 64: nothing */
	ck_assert_ptr_nonnull(palloc_get(0, 19));
	test_dom[1]->max_pages = 3;
	ck_assert_ptr_nonnull(dom_alloc_pages(test_dom[1], 1, 0));
	ck_assert_ptr_null(dom_alloc_pages(test_dom[1], 1, 0));
	ck_assert_ptr_nonnull(dom_alloc_pages(test_dom[1], 0, 0));
	ck_assert_ptr_null(dom_alloc_pages(test_dom[1], 0, 0));
	ck_assert_uint_eq(test_dom[1]->tot_pages, 3);
	ck_assert_uint_eq(test_dom[1]->refs, 2);
	test_dom[1]->max_pages = 100;
	test_dom[1]->life = DOMAIN_DYING;
	ck_assert_ptr_null(dom_alloc_pages(test_dom[1], 0, 0));
}
END_TEST

START_TEST(test_zeroed)
{
	struct page *pg;
	uint64_t *p;

	machine_reset();
	pg = dom_alloc_pages(test_dom[1], 0, 0);
	p = page_to_virt(pg);
	memset(p, 0xa5, PAGE_SIZE);
	ck_assert(dom_drop_allocated(pg));
	ck_assert(!(pg->flags & PG_FREE) || !pg->owner);
	pg = dom_alloc_pages(test_dom[0], 0, 0);
	for (unsigned int i = 0; i < 512; i++)
		ck_assert_uint_eq(((uint64_t *)page_to_virt(pg))[i], 0);
}
END_TEST

START_TEST(test_claims)
{
	uint64_t total;

	machine_reset();
	test_dom[0]->max_pages = test_dom[1]->max_pages = TEST_FRAMES;
	total = palloc_free_pages();
	test_dom[1]->max_pages = total;
	ck_assert_int_eq(dom_claim_pages(test_dom[1], total + 1), -XEN_EINVAL);
	test_dom[1]->max_pages = total + 1;
	ck_assert_int_eq(dom_claim_pages(test_dom[1], total + 1), -XEN_ENOMEM);
	ck_assert_int_eq(dom_claim_pages(test_dom[1], total - 1), 0);
	ck_assert_int_eq(dom_claim_pages(test_dom[1], 5), -XEN_EINVAL);
	ck_assert_ptr_nonnull(dom_alloc_pages(test_dom[0], 0, 0));
	ck_assert_ptr_null(dom_alloc_pages(test_dom[0], 0, 0));
	ck_assert_ptr_nonnull(dom_alloc_pages(test_dom[1], 4, 0));
	ck_assert_uint_eq(test_dom[1]->outstanding, total - 17);
	ck_assert_ptr_null(dom_alloc_pages(test_dom[0], 0, 0));
	ck_assert_int_eq(dom_claim_pages(test_dom[1], 0), 0);
	ck_assert_ptr_nonnull(dom_alloc_pages(test_dom[0], 0, 0));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("palloc");
	TCase *tc = tcase_create("palloc");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_random_blocks, 0, 4);
	tcase_add_test(tc, test_limits);
	tcase_add_test(tc, test_zeroed);
	tcase_add_test(tc, test_claims);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
