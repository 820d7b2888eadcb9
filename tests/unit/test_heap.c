/* SPDX-License-Identifier: BSD-2-Clause */
/* Objects of all sizes: zeroed, aligned, disjoint, given back whole. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "mm_host/harness.h"
#include "suite.h"

#define MAX_OBJECTS 150

static struct { uint8_t *p; size_t size; uint8_t fill; } object[MAX_OBJECTS];
static unsigned int nr;

static bool all_bytes(const uint8_t *p, size_t n, uint8_t fill)
{
	while (n--)
		if (*p++ != fill)
			return false;
	return true;
}

static void check_and_free(unsigned int i)
{
	ck_assert(all_bytes(object[i].p, object[i].size, object[i].fill));
	hv_free(object[i].p);
	object[i] = object[--nr];
}

static size_t random_size(void)
{
	switch (rnd(4)) {
	case 0:
		return rnd(64);
	case 1:
		return rnd(2049);
	case 2:
		return 2040 + rnd(20);
	default:
		return rnd(5 * PAGE_SIZE);
	}
}

START_TEST(test_random)
{
	uint64_t before;

	machine_reset();
	rnd_seed((uint64_t)_i + 3);
	before = palloc_free_pages();
	for (int step = 0; step < 5000; step++) {
		size_t size = random_size();
		uint8_t *p;

		if (nr && (nr == MAX_OBJECTS || rnd(2))) {
			check_and_free(rnd(nr));
			continue;
		}
		p = hv_alloc(size);
		if (!p)
			continue;
		ck_assert_uint_eq((uint64_t)p & 15, 0);
		ck_assert(all_bytes(p, size, 0));
		object[nr].p = p;
		object[nr].size = size;
		object[nr].fill = (uint8_t)rnd(256);
		memset(p, object[nr].fill, size);
		nr++;
	}
	while (nr)
		check_and_free(0);
	/* No empty slab stays: a domain's death gives back all that its life took. */
	ck_assert_uint_eq(palloc_free_pages(), before);
}
END_TEST

START_TEST(test_edges)
{
	machine_reset();
	hv_free(NULL);
	ck_assert_ptr_null(hv_alloc(~0UL));
	ck_assert_ptr_null(hv_alloc((size_t)TEST_FRAMES * PAGE_SIZE));
	ck_assert_ptr_nonnull(hv_alloc(0));
}
END_TEST

START_TEST(test_foreign_free)
{
	machine_reset();
	hv_free(words(new_page(1)));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("heap");
	TCase *tc = tcase_create("heap");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_random, 0, 4);
	tcase_add_test(tc, test_edges);
	tcase_add_test_raise_signal(tc, test_foreign_free, 6);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
