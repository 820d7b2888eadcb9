/* SPDX-License-Identifier: BSD-2-Clause */
/* kit/histogram.h: quantiles against a sorted list of the same values, the ends of the range, merging, the JSON text. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "kit/histogram.h"
#include "suite.h"

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

START_TEST(quantiles_are_near_the_sorted_list)
{
	enum { N = 20000 };
	static uint64_t list[N];
	struct kit_histogram *h = calloc(1, sizeof(*h));
	const uint32_t ppm[] = { 1, 1000, 500000, 900000, 990000, 999000, 1000000 };
	uint64_t seed = 88172645463325252UL;

	for (int i = 0; i < N; i++) {
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		list[i] = seed >> (24 + seed % 40);
		kit_histogram_add(h, list[i]);
	}
	qsort(list, N, sizeof(list[0]), by_value);
	for (size_t i = 0; i < sizeof(ppm) / sizeof(ppm[0]); i++) {
		uint64_t place = ((uint64_t)N * ppm[i] + 999999) / 1000000, want = list[place - 1];
		uint64_t got = kit_histogram_quantile(h, ppm[i]);

		ck_assert_uint_ge(got, want);
		ck_assert_uint_le(got - want, want / 16);
	}
	ck_assert_uint_eq(h->min, list[0]);
	ck_assert_uint_eq(h->max, list[N - 1]);
	free(h);
}
END_TEST

START_TEST(ends_of_the_range)
{
	struct kit_histogram *h = calloc(1, sizeof(*h));

	ck_assert_uint_eq(kit_histogram_quantile(h, 500000), 0);
	kit_histogram_add(h, 0);
	ck_assert_uint_eq(kit_histogram_quantile(h, 1), 0);
	ck_assert_uint_eq(kit_histogram_quantile(h, 1000000), 0);
	kit_histogram_add(h, UINT64_MAX);
	ck_assert_uint_eq(h->bucket[KIT_HISTOGRAM_BUCKETS - 1], 1);
	ck_assert_uint_eq(kit_histogram_quantile(h, 1000000), UINT64_MAX);
	/* Each power of two and its neighbours are in buckets that begin no later. */
	for (unsigned int bit = 0; bit < 64; bit++) {
		memset(h, 0, sizeof(*h));
		kit_histogram_add(h, 1UL << bit);
		ck_assert_uint_eq(kit_histogram_quantile(h, 500000), 1UL << bit);
	}
	free(h);
}
END_TEST

static void append(void *arg, const char *text)
{
	strcat(arg, text);
}

START_TEST(merged_and_printed)
{
	struct kit_histogram *a = calloc(1, sizeof(*a)), *b = calloc(1, sizeof(*b));
	char text[1024] = "";

	kit_histogram_json(a, append, text);
	ck_assert_str_eq(text, "{\"count\":0,\"min\":0,\"mean\":0,\"p50\":0,\"p90\":0,\"p99\":0,\"p999\":0,\"max\":0,\"buckets\":[]}");
	kit_histogram_add(b, 7);
	kit_histogram_add(b, 33);
	kit_histogram_merge(a, b);
	kit_histogram_add(b, 3);
	kit_histogram_merge(a, b);
	text[0] = '\0';
	kit_histogram_json(a, append, text);
	ck_assert_str_eq(text, "{\"count\":5,\"min\":3,\"mean\":16,\"p50\":7,\"p90\":33,\"p99\":33,\"p999\":33,\"max\":33,"
			       "\"buckets\":[[3,1],[7,2],[32,2]]}");
	free(a);
	free(b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("histogram");
	TCase *t = tcase_create("all");

	tcase_add_test(t, quantiles_are_near_the_sorted_list);
	tcase_add_test(t, ends_of_the_range);
	tcase_add_test(t, merged_and_printed);
	suite_add_tcase(s, t);
	return suite_run(s);
}
