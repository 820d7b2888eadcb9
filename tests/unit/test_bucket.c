/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_bucket.c
 *
 * Token buckets: what passes over time, what a burst is worth, debt of large pieces, changes on the way, ends of
 * the ranges.
 */
#include <check.h>
#include <stdlib.h>

#include "device/bucket.h"
#include "suite.h"

#define SECOND 1000000000ull

START_TEST(no_rate_is_no_limit)
{
	struct bucket b = { 0 };

	bucket_set(&b, 0, 0, 5);
	bucket_take(&b, UINT64_MAX, 5);
	ck_assert_uint_eq(bucket_wait(&b, UINT64_MAX, 5), 0);
}
END_TEST

START_TEST(it_begins_full_and_ends_empty)
{
	struct bucket b = { 0 };

	bucket_set(&b, 100, 10, 7);
	for (int i = 0; i < 10; i++) {
		ck_assert_uint_eq(bucket_wait(&b, 1, 7), 0);
		bucket_take(&b, 1, 7);
	}
	ck_assert_uint_eq(bucket_wait(&b, 1, 7), SECOND / 100);
	ck_assert_uint_eq(bucket_wait(&b, 1, 7 + SECOND / 100 - 1), 1);
	ck_assert_uint_eq(bucket_wait(&b, 1, 7 + SECOND / 100), 0);
}
END_TEST

START_TEST(no_more_than_the_burst_is_saved)
{
	struct bucket b = { 0 };

	bucket_set(&b, 100, 10, 0);
	bucket_take(&b, 10, 0);
	ck_assert_uint_eq(bucket_wait(&b, 10, 3600 * SECOND), 0);
	bucket_take(&b, 10, 3600 * SECOND);
	ck_assert_uint_ne(bucket_wait(&b, 1, 3600 * SECOND), 0);
}
END_TEST

START_TEST(a_piece_above_the_burst_passes_and_is_paid_later)
{
	struct bucket b = { 0 };

	bucket_set(&b, 1000, 10, 0);
	ck_assert_uint_eq(bucket_wait(&b, 1010, 0), 0);
	bucket_take(&b, 1010, 0);
	ck_assert_uint_eq(bucket_wait(&b, 0, 0), SECOND);
	ck_assert_uint_eq(bucket_wait(&b, 10, 0), SECOND + SECOND / 100);
}
END_TEST

/* Whatever the sizes and times of asking: what passed is at most rate * time + burst + the last piece, and not less than the rate. */
START_TEST(the_rate_holds)
{
	srand(3);
	for (int round = 0; round < 200; round++) {
		uint64_t rate = 1 + (uint64_t)rand() % 1000000, burst = 1 + (uint64_t)rand() % 100000;
		uint64_t now = 0, passed = 0, largest = 0;
		struct bucket b = { 0 };

		bucket_set(&b, rate, burst, now);
		for (int i = 0; i < 300; i++) {
			uint64_t n = 1 + (uint64_t)rand() % (2 * burst), wait = bucket_wait(&b, n, now);

			now += wait;
			ck_assert_uint_eq(bucket_wait(&b, n, now), 0);
			bucket_take(&b, n, now);
			passed += n;
			largest = n > largest ? n : largest;
		}
		ck_assert((unsigned __int128)(passed - largest) * SECOND <=
			  (unsigned __int128)now * rate + (unsigned __int128)burst * SECOND);
		ck_assert((unsigned __int128)passed * SECOND + rate * 300 >= (unsigned __int128)now * rate);
	}
}
END_TEST

START_TEST(changes_keep_debt_and_cut_savings)
{
	struct bucket b = { 0 };

	bucket_set(&b, 100, 1000, 0);
	bucket_set(&b, 100, 10, 0);
	ck_assert_uint_eq(bucket_wait(&b, 10, 0), 0);
	bucket_take(&b, 60, 0);	/* 50 in debt */
	bucket_set(&b, 50, 10, 0);
	ck_assert_uint_eq(bucket_wait(&b, 0, 0), SECOND);
	bucket_set(&b, 0, 0, 0);
	ck_assert_uint_eq(bucket_wait(&b, 1, 0), 0);
	bucket_set(&b, 50, 10, 0);
	ck_assert_uint_eq(bucket_wait(&b, 10, 0), 0);
}
END_TEST

START_TEST(the_ends_of_the_ranges)
{
	struct bucket b = { 0 };

	ck_assert_uint_eq(bucket_burst_default(5), 1);
	ck_assert_uint_eq(bucket_burst_default(1000), 100);
	bucket_set(&b, UINT64_MAX, UINT64_MAX, 0);
	bucket_take(&b, UINT64_MAX, 0);
	bucket_take(&b, UINT64_MAX, 0);
	ck_assert_uint_eq(bucket_wait(&b, 0, UINT64_MAX), 0);
	bucket_set(&b, 1, 1, 0);
	bucket_take(&b, UINT64_MAX, 0);
	bucket_take(&b, UINT64_MAX, 0);
	ck_assert_uint_eq(bucket_wait(&b, 1, 0), UINT64_MAX);
	/* A clock that seems to go back gives nothing and takes nothing. */
	bucket_set(&b, 10, 10, SECOND);
	ck_assert_uint_gt(bucket_wait(&b, 1, 0), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("bucket");
	TCase *t = tcase_create("bucket");

	suite_add_tcase(s, t);
	tcase_add_test(t, no_rate_is_no_limit);
	tcase_add_test(t, it_begins_full_and_ends_empty);
	tcase_add_test(t, no_more_than_the_burst_is_saved);
	tcase_add_test(t, a_piece_above_the_burst_passes_and_is_paid_later);
	tcase_add_test(t, the_rate_holds);
	tcase_add_test(t, changes_keep_debt_and_cut_savings);
	tcase_add_test(t, the_ends_of_the_ranges);
	return suite_run(s);
}
