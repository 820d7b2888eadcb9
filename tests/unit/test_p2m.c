/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_p2m.c
 *
 * How the domain builder asks for memory (dom0-tools/domain/extent.c): whatever the size of the
 * guest and whatever the hypervisor gives, each pfn is asked for once and in order, in large pieces
 * while they fit.  The placement and the page tables themselves are tested in test_dom0_layout.
 */
#include <check.h>
#include <stdlib.h>

#include "domain/memory.h"
#include "suite.h"

START_TEST(test_first_call)
{
	struct extent_batch b;

	b = extent_next(32768, 0, false); /* 128 MiB: 64 large pieces */
	ck_assert_uint_eq(b.order, 9);
	ck_assert_uint_eq(b.nr, 64);
	b = extent_next(511, 0, false);
	ck_assert_uint_eq(b.order, 0);
	ck_assert_uint_eq(b.nr, 511);
	b = extent_next(UINT64_C(1) << 30, 0, false);
	ck_assert_uint_eq(b.order, 9);
	ck_assert_uint_eq(b.nr, EXTENTS_MAX);
	b = extent_next(32768, 0, true);
	ck_assert_uint_eq(b.order, 0);
	ck_assert_uint_eq(b.nr, EXTENTS_MAX);
	b = extent_next(1000, 1000, false);
	ck_assert_uint_eq(b.nr, 0);
}
END_TEST

/* Play the hypervisor, which gives a random part of what is asked. */
START_TEST(test_covers_once)
{
	unsigned int seed = (unsigned int)_i + 1;
	uint64_t total = 1 + (uint64_t)rand_r(&seed) % 100000, done = 0;
	unsigned int calls = 0;
	bool small = false;

	while (done < total) {
		struct extent_batch b = extent_next(total, done, small);
		uint64_t got;

		ck_assert_uint_gt(b.nr, 0);
		ck_assert_uint_le(b.nr, EXTENTS_MAX);
		ck_assert_uint_le(done + (b.nr << b.order), total);
		ck_assert(b.order == 0 || (b.order == 9 && !small));
		got = rand_r(&seed) % 4 ? b.nr : (uint64_t)rand_r(&seed) % (b.nr + 1);
		done += got << b.order;
		if (got < b.nr && b.order == 0 && got == 0)
			got = 1, done++; /* else the guest would be refused */
		if (got < b.nr)
			small = true;
		ck_assert_uint_lt(++calls, 200000);
	}
	ck_assert_uint_eq(done, total);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("p2m");
	TCase *tc = tcase_create("p2m");

	tcase_add_test(tc, test_first_call);
	tcase_add_loop_test(tc, test_covers_once, 0, 200);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
