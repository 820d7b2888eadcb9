/* SPDX-License-Identifier: BSD-2-Clause */
/* Large extents, given and taken with a stop after every piece: at each stop all pages are accounted for. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "lib/util.h"
#include "mm_host/harness.h"
#include "suite.h"

#define ORDER 8u
#define PAGES (1ul << ORDER)
#define PFN 0x100000ul

static uint64_t list[8], all;
static unsigned int stops;

static struct domain *d;	/* test_dom[1] */

static struct xen_memory_reservation reservation(uint64_t n, unsigned int order)
{
	return (struct xen_memory_reservation){ (uint64_t)list, n, order, 0, 1, { 0 } };
}

static long reserve_between(unsigned int cmd, uint64_t n, unsigned int order, void (*between)(void))
{
	struct xen_memory_reservation r = reservation(n, order);

	return hcall(__HYPERVISOR_memory_op, cmd, (uint64_t)&r, 0, 0, between);
}

/* What d owns and waits for is what it is charged for, and with what is free it is all there is. */
static void account(void)
{
	uint64_t owned = 0, had = 0;

	for (const struct list_head *e = d->page_list.next; e != &d->page_list; e = e->next) {
		const struct page *pg = list_entry(e, struct page, list);

		ck_assert_ptr_eq(pg->owner, d);
		had++;
	}
	for (const struct list_head *e = d->drain_list.next; e != &d->drain_list; e = e->next)
		had++;
	for (mfn_t m = FIRST_RAM; m < TEST_FRAMES; m++)
		owned += mfn_to_page(m)->owner == d && !(mfn_to_page(m)->count & PGC_xen_heap);
	ck_assert_uint_eq(had, owned);
	ck_assert_uint_eq(d->tot_pages, owned + grow_waiting(d));
	ck_assert_uint_le(d->tot_pages, d->max_pages);
	ck_assert_uint_eq(palloc_free_pages() + d->tot_pages, all);
	ck_assert_uint_eq(d->refs, d->tot_pages ? 2 : 1);
	check_counts(NULL, NULL);
}

static void stop(void)
{
	stops++;
	account();
}

static void begin(void)
{
	struct page *dirty[2];

	machine_reset();
	d = test_dom[1];
	d->max_pages = TEST_FRAMES;
	all = palloc_free_pages();
	for (unsigned int i = 0; i < 2; i++) {
		dirty[i] = palloc_get(ORDER, 0);
		memset(page_to_virt(dirty[i]), 0xa5, PAGES * PAGE_SIZE);
	}
	for (unsigned int i = 0; i < 2; i++)
		palloc_put(dirty[i], ORDER);
	stops = 0;
	for (unsigned int i = 0; i < ARRAY_SIZE(list); i++)
		list[i] = PFN + i * PAGES;
	test_preempt_percent = 100;
}

static void has_extent(mfn_t mfn, uint64_t pfn, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++) {
		ck_assert_ptr_eq(mfn_to_page(mfn + i)->owner, d);
		ck_assert_uint_eq(mfn_to_page(mfn + i)->count, PGC_allocated | 1);
		ck_assert_uint_eq(m2p_get(mfn + i), pfn == INVALID_M2P_ENTRY ? pfn : pfn + i);
		for (unsigned int w = 0; w < 512; w++)
			ck_assert_uint_eq(words(mfn + i)[w], 0);
	}
}

static void destroy(void)
{
	d->life = DOMAIN_DYING;
	while (mm_domain_relinquish(d))
		account();
	account();
	ck_assert_uint_eq(d->tot_pages, 0);
	ck_assert_uint_eq(palloc_free_pages(), all);
	for (mfn_t m = FIRST_RAM; m < TEST_FRAMES; m++)
		ck_assert_uint_eq(m2p_get(m), INVALID_M2P_ENTRY);
}

START_TEST(test_given)
{
	begin();
	ck_assert_int_eq(reserve_between(XENMEM_populate_physmap, 2, ORDER, stop), 2);
	ck_assert_uint_eq(stops, 2 * (PAGES / 16 - 1));
	for (unsigned int i = 0; i < 2; i++)
		has_extent(list[i], PFN + i * PAGES, PAGES);
	ck_assert_uint_eq(list[2], PFN + 2 * PAGES);
	ck_assert_int_eq(reserve_between(XENMEM_increase_reservation, 1, 5, stop), 1);
	has_extent(list[0], INVALID_M2P_ENTRY, 32);
	account();
	destroy();
}
END_TEST

START_TEST(test_taken)
{
	mfn_t mfn;

	begin();
	ck_assert_int_eq(reserve_between(XENMEM_populate_physmap, 1, ORDER, stop), 1);
	mfn = list[0];
	/* One page that somebody looks at stays; one that is gone ends the count. */
	ck_assert(page_get(mfn_to_page(mfn + 7), d));
	stops = 0;
	test_preempt_percent = 100;
	ck_assert_int_eq(reserve_between(XENMEM_decrease_reservation, 1, ORDER, NULL), 1);
	ck_assert_uint_eq(d->tot_pages, 1);
	page_put(mfn_to_page(mfn + 7));
	ck_assert_uint_eq(palloc_free_pages(), all);
	list[0] = PFN;
	ck_assert_int_eq(reserve_between(XENMEM_populate_physmap, 1, ORDER, stop), 1);
	mfn = list[0];
	list[0] += 99;
	ck_assert_int_eq(reserve_between(XENMEM_decrease_reservation, 1, 0, stop), 1);
	list[0] = mfn;
	stops = 0;
	ck_assert_int_eq(reserve_between(XENMEM_decrease_reservation, 1, ORDER, stop), 0);
	ck_assert_uint_eq(stops, 99 / 16);
	ck_assert_uint_eq(d->tot_pages, PAGES - 100);
	account();
	destroy();
}
END_TEST

/* The start of a continued call comes from the guest: wherever it points, only pages of the list go. */
START_TEST(test_forged_start)
{
	struct xen_memory_reservation r = reservation(1, ORDER);
	static const uint64_t starts[] = { 1UL << 44, 15UL << 44, 16UL << 44, ~0UL >> 6, 1, 2, 1UL << 44 | 1, (1UL << 44) - 1 };

	begin();
	ck_assert_int_eq(reserve_between(XENMEM_populate_physmap, 1, ORDER, stop), 1);
	for (unsigned int i = 0; i < ARRAY_SIZE(starts); i++) {
		long rc = hcall(__HYPERVISOR_memory_op, XENMEM_decrease_reservation | starts[i] << XENMEM_CMD_SHIFT, (uint64_t)&r, 0,
				0, NULL);

		ck_assert_int_ge(rc, 0);
		account();
		rc = hcall(__HYPERVISOR_memory_op, XENMEM_populate_physmap | starts[i] << XENMEM_CMD_SHIFT, (uint64_t)&r, 0, 0, NULL);
		ck_assert_int_ge(rc, 0);
		account();
	}
	destroy();
}
END_TEST

static unsigned int kill_at;

static void stop_and_kill(void)
{
	stop();
	if (stops == kill_at)
		destroy();
}

START_TEST(test_killed_meanwhile)
{
	kill_at = 1 + 3 * (unsigned int)_i;
	begin();
	(void)reserve_between(XENMEM_populate_physmap, 2, ORDER, stop_and_kill);
	ck_assert_uint_ge(stops, kill_at);
	ck_assert_uint_eq(palloc_free_pages(), all);
	account();
}
END_TEST

static void other_caller(void)
{
	struct xen_memory_reservation r;
	uint64_t mine[1] = { 2 * PFN };

	stop();
	if (stops != 3)
		return;
	test_current = test_dom[0]->vcpu[1];
	r = reservation(1, 6);
	r.extent_start = (uint64_t)mine;
	ck_assert_int_eq(hcall(__HYPERVISOR_memory_op, XENMEM_populate_physmap, (uint64_t)&r, 0, 0, account), 1);
	/* Both are complete: it has finished what it found. */
	has_extent(mine[0], 2 * PFN, 64);
	has_extent(list[0], PFN, PAGES);
	ck_assert_uint_eq(grow_waiting(d), 0);
}

START_TEST(test_second_caller)
{
	begin();
	vcpu_new(test_dom[0]);
	ck_assert_int_eq(reserve_between(XENMEM_populate_physmap, 2, ORDER, other_caller), 2);
	ck_assert_uint_gt(stops, 3);
	has_extent(list[1], PFN + PAGES, PAGES);
	ck_assert_uint_eq(d->tot_pages, 2 * PAGES + 64);
	account();
	destroy();
}
END_TEST

/* A caller that never comes back: the next one finishes it, or the end of the domain gives it back. */
START_TEST(test_left_alone)
{
	struct xen_memory_reservation r = reservation(1, ORDER);

	begin();
	(void)do_memory_op(XENMEM_populate_physmap, (uint64_t)&r);
	ck_assert_uint_eq(grow_waiting(d), PAGES - 16);
	ck_assert_uint_eq(d->tot_pages, PAGES);
	account();
	ck_assert(!page_get(mfn_to_page(list[0]), d));
	if (_i) {
		ck_assert_int_eq(reserve_between(XENMEM_decrease_reservation, 0, 0, stop), 0);
		has_extent(list[0], PFN, PAGES);
	}
	destroy();
}
END_TEST

START_TEST(test_refused)
{
	struct xen_memory_reservation r = reservation(1, ORDER);

	begin();
	d->max_pages = PAGES - 1;
	ck_assert_int_eq(reserve_between(XENMEM_populate_physmap, 1, ORDER, stop), 0);
	ck_assert_uint_eq(list[0], PFN);
	account();
	d->max_pages = 2 * PAGES;
	ck_assert_int_eq(dom_claim_pages(d, PAGES), 0);
	test_guest_start = (uint64_t)&r;
	test_guest_end = (uint64_t)(&r + 1);
	ck_assert_int_eq(hcall(__HYPERVISOR_memory_op, XENMEM_increase_reservation, (uint64_t)&r, 0, 0, stop), 0);
	test_guest_start = test_guest_end = 0;
	ck_assert_uint_eq(d->outstanding, PAGES);
	ck_assert_uint_eq(d->tot_pages, 0);
	account();
	ck_assert_int_eq(reserve_between(XENMEM_populate_physmap, 1, ORDER, stop), 1);
	ck_assert_uint_eq(d->outstanding, 0);
	destroy();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("extents");
	TCase *tc = tcase_create("extents");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_given);
	tcase_add_test(tc, test_taken);
	tcase_add_test(tc, test_forged_start);
	tcase_add_loop_test(tc, test_killed_meanwhile, 0, 10);
	tcase_add_test(tc, test_second_caller);
	tcase_add_loop_test(tc, test_left_alone, 0, 2);
	tcase_add_test(tc, test_refused);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
