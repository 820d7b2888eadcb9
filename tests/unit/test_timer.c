/* SPDX-License-Identifier: BSD-2-Clause */
/* The timer heap against a plain search: whatever is added and removed, the root is the earliest. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <check.h>
#include "time/timer_heap.h"
#include "suite.h"

#define COUNT 100

static uint64_t earliest(const struct timer *t)
{
	uint64_t best = UINT64_MAX;

	for (int i = 0; i < COUNT; i++)
		if (t[i].active && t[i].expires < best)
			best = t[i].expires;
	return best;
}

START_TEST(test_random)
{
	struct timer t[COUNT] = { 0 }, *root = NULL;

	srand(7);
	for (int round = 0; round < 100000; round++) {
		struct timer *x = &t[rand() % COUNT];

		if (x->active) {
			timer_heap_remove(&root, x);
			ck_assert_ptr_null(x->child);
			ck_assert_ptr_null(x->next);
			ck_assert_ptr_null(x->prev);
		} else {
			x->expires = (uint64_t)rand() % 1000;
			timer_heap_add(&root, x);
		}
		x->active = !x->active;
		ck_assert_uint_eq(root ? root->expires : UINT64_MAX, earliest(t));
	}
}
END_TEST

START_TEST(test_drain_in_order)
{
	struct timer t[COUNT] = { 0 }, *root = NULL, *x;
	uint64_t last = 0;
	int n = 0;

	for (int i = 0; i < COUNT; i++) {
		t[i].expires = (uint64_t)(i * 37 % COUNT);
		timer_heap_add(&root, &t[i]);
	}
	for (; (x = root); n++) {
		ck_assert_uint_ge(x->expires, last);
		last = x->expires;
		timer_heap_remove(&root, x);
	}
	ck_assert_int_eq(n, COUNT);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("timer heap");
	TCase *t = tcase_create("heap");

	tcase_add_test(t, test_random);
	tcase_add_test(t, test_drain_in_order);
	suite_add_tcase(s, t);
	return suite_run(s);
}
