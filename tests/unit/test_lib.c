/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hypervisor's library: strings, formatted text against the C standard's rules, range sets against a plain
 * array of booleans, bitmaps, lists, clamped indices. The string functions under test replace the C library's
 * names in this program.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <check.h>
#include <abi/errno.h>
#include "lib/bitmap.h"
#include "lib/format.h"
#include "lib/list.h"
#include "lib/rangeset.h"
#include "lib/util.h"
#include "suite.h"

/* The hypervisor's heap, here the host's; fail_after counts down to a failure. */
static int fail_after = -1;

void *hv_alloc(size_t size);
void hv_free(void *p);

void *hv_alloc(size_t size)
{
	if (fail_after >= 0 && fail_after-- == 0)
		return NULL;
	return calloc(1, size);
}

void hv_free(void *p)
{
	free(p);
}

START_TEST(test_memory_functions)
{
	char a[64], b[64];

	for (int i = 0; i < 64; i++)
		a[i] = (char)i;
	ck_assert_ptr_eq(memcpy(b, a, 64), b);
	ck_assert_int_eq(memcmp(a, b, 64), 0);
	memmove(b + 3, b, 40);
	for (int i = 0; i < 40; i++)
		ck_assert_int_eq(b[i + 3], i);
	memcpy(b, a, 64);
	memmove(b, b + 3, 40);
	for (int i = 0; i < 40; i++)
		ck_assert_int_eq(b[i], i + 3);
	memset(b, 0xa5, 10);
	ck_assert_int_eq((unsigned char)b[9], 0xa5);
	ck_assert_int_eq(b[10], 13);
	ck_assert_int_lt(memcmp("a", "\xff", 1), 0);
	ck_assert_ptr_null(memchr("abc", 'd', 3));
	ck_assert_ptr_eq(memchr(a, 7, 64), a + 7);
}
END_TEST

START_TEST(test_string_functions)
{
	char b[4];

	ck_assert_uint_eq(strlen(""), 0);
	ck_assert_uint_eq(strnlen("abcdef", 3), 3);
	ck_assert_int_lt(strcmp("a", "b"), 0);
	ck_assert_int_gt(strcmp("ab", "a"), 0);
	ck_assert_int_eq(strncmp("abX", "abY", 2), 0);
	ck_assert_ptr_null(strchr("abc", 'd'));
	ck_assert_uint_eq(strlen(strchr("abc", 0)), 0);
	ck_assert_ptr_null(strstr("abcabd", "abe"));
	ck_assert_int_eq(strcmp(strstr("ababc", "abc"), "abc"), 0);
	ck_assert_int_eq(strcmp(strstr("", ""), ""), 0);
	ck_assert_uint_eq(strlcpy(b, "abcdef", sizeof(b)), 6);
	ck_assert_int_eq(strcmp(b, "abc"), 0);
	ck_assert_uint_eq(strlcpy(b, "x", 0), 1);
}
END_TEST

#define CHECK_FORMAT(expected, ...) do { \
	char out_[128]; \
	int n_ = snprintf(out_, sizeof(out_), __VA_ARGS__); \
	ck_assert_msg(!strcmp(out_, expected), "got \"%s\", want \"%s\"", out_, expected); \
	ck_assert_int_eq(n_, (int)strlen(expected)); \
} while (0)

START_TEST(test_format)
{
	CHECK_FORMAT("a%b", "a%%b");
	CHECK_FORMAT("-5 +5  5", "%d %+d % d", -5, 5, 5);
	CHECK_FORMAT("-9223372036854775808", "%lld", LLONG_MIN);
	CHECK_FORMAT("18446744073709551615", "%llu", ULLONG_MAX);
	CHECK_FORMAT("ff FF 0xff 377", "%x %X %#x %o", 255, 255, 255, 255);
	CHECK_FORMAT("[   42] [42   ] [00042] [-0042]", "[%5d] [%-5d] [%05d] [%05d]", 42, 42, 42, -42);
	CHECK_FORMAT("[  007]", "[%5.3d]", 7);
	CHECK_FORMAT("[]", "[%.0d]", 0);
	CHECK_FORMAT("[  abc] [abc  ] [ab]", "[%5s] [%-5s] [%.2s]", "abc", "abc", "abc");
	CHECK_FORMAT("[   x] [y   ]", "[%*c] [%*c]", 4, 'x', -4, 'y');
	CHECK_FORMAT("00000000deadbeef", "%p", (void *)0xdeadbeef);
	CHECK_FORMAT("ffff -1", "%hx %hhd", (unsigned short)0xffff, (signed char)-1);
	CHECK_FORMAT("123456789012", "%zu", (size_t)123456789012);
	/* "#" of octal was ignored. */
	CHECK_FORMAT("0 017 0017 0", "%#o %#o %#.4o %#.0o", 0, 15, 15, 0);
}
END_TEST

START_TEST(test_format_truncation)
{
	char b[4] = "zzz";

	ck_assert_int_eq(snprintf(b, sizeof(b), "%s", "abcdef"), 6);
	ck_assert_int_eq(strcmp(b, "abc"), 0);
	ck_assert_int_eq(snprintf(NULL, 0, "%d", 1234), 4);
	b[0] = 'q';
	ck_assert_int_eq(snprintf(b, 1, "x"), 1);
	ck_assert_int_eq(b[0], 0);
}
END_TEST

#define SPAN 200

static void check_against_model(const struct rangeset *r, const bool *model)
{
	uint64_t first, last, previous = 0;

	for (unsigned int i = 0; i < SPAN; i++)
		ck_assert_int_eq(rangeset_contains(r, i), model[i]);
	for (unsigned int i = 0; rangeset_get(r, i, &first, &last); i++) {
		ck_assert_uint_le(first, last);
		/* Sorted, and at least one number between neighbours. */
		if (i)
			ck_assert_uint_gt(first, previous + 1);
		previous = last;
	}
}

START_TEST(test_rangeset_model)
{
	struct rangeset *r = rangeset_new();
	bool model[SPAN] = { false };

	srand(1);
	for (int round = 0; round < 5000; round++) {
		unsigned int a = (unsigned int)rand() % SPAN, b = (unsigned int)rand() % SPAN;
		unsigned int first = MIN(a, b), last = MIN(MAX(a, b), first + 20);
		bool add = rand() & 1, all = true, any = false;

		for (unsigned int i = first; i <= last; i++) {
			all &= model[i];
			any |= model[i];
		}
		ck_assert_int_eq(rangeset_contains_range(r, first, last), all);
		ck_assert_int_eq(rangeset_overlaps(r, first, last), any);
		ck_assert_int_eq(add ? rangeset_add(r, first, last) : rangeset_remove(r, first, last), 0);
		for (unsigned int i = first; i <= last; i++)
			model[i] = add;
		check_against_model(r, model);
	}
	rangeset_free(r);
}
END_TEST

START_TEST(test_rangeset_edges)
{
	struct rangeset *r = rangeset_new();

	ck_assert(!rangeset_contains(NULL, 0));
	ck_assert(rangeset_is_empty(NULL) && rangeset_is_empty(r));
	ck_assert_int_eq(rangeset_add(r, 5, 4), -XEN_EINVAL);
	ck_assert_int_eq(rangeset_add(r, UINT64_MAX, UINT64_MAX), 0);
	ck_assert_int_eq(rangeset_add(r, 0, 0), 0);
	ck_assert(!rangeset_contains(r, 1));
	ck_assert_int_eq(rangeset_add(r, 0, UINT64_MAX), 0);
	ck_assert(rangeset_contains_range(r, 0, UINT64_MAX) && !rangeset_is_empty(r));
	ck_assert_int_eq(rangeset_remove(r, 0, UINT64_MAX), 0);
	ck_assert(rangeset_is_empty(r));
	ck_assert(!rangeset_overlaps(r, 0, UINT64_MAX));
	/* No memory: nothing changes. */
	ck_assert_int_eq(rangeset_add(r, 10, 20), 0);
	fail_after = 0;
	ck_assert_int_eq(rangeset_remove(r, 12, 13), -XEN_ENOMEM);
	fail_after = 0;
	ck_assert_int_eq(rangeset_add(r, 30, 31), -XEN_ENOMEM);
	fail_after = -1;
	ck_assert(rangeset_contains_range(r, 10, 20));
	ck_assert(!rangeset_contains(r, 30));
	rangeset_free(r);
}
END_TEST

START_TEST(test_bitmap)
{
	uint64_t map[BITMAP_WORDS(130)] = { 0 };

	ck_assert_uint_eq(bitmap_first(map, 130), 130);
	ck_assert_uint_eq(bitmap_first_zero(map, 130), 0);
	bitmap_set(map, 129);
	ck_assert_uint_eq(bitmap_first(map, 130), 129);
	ck_assert_uint_eq(bitmap_first(map, 129), 129);
	ck_assert(!bitmap_test_and_set(map, 64));
	ck_assert(bitmap_test_and_set(map, 64));
	ck_assert_uint_eq(bitmap_next(map, 130, 0), 64);
	ck_assert_uint_eq(bitmap_next(map, 130, 65), 129);
	ck_assert(bitmap_test_and_clear(map, 64));
	ck_assert(!bitmap_test(map, 64));
	for (int i = 0; i < 130; i++)
		bitmap_set(map, (uint64_t)i);
	ck_assert_uint_eq(bitmap_first_zero(map, 130), 130);
	ck_assert_uint_eq(bit_lowest(0x50), 4);
	ck_assert_uint_eq(bit_highest(0x50), 6);
}
END_TEST

START_TEST(test_list)
{
	struct item { int n; struct list_head link; } items[4], *pos, *following;
	struct list_head head, other;
	int sum = 0;

	list_init(&head);
	ck_assert(list_empty(&head));
	for (int i = 0; i < 4; i++) {
		items[i].n = i;
		list_add_tail(&items[i].link, &head);
	}
	ck_assert_int_eq(list_first(&head, struct item, link)->n, 0);
	list_for_each_entry_safe(pos, following, &head, link)
		if (pos->n & 1)
			list_del(&pos->link);
	ck_assert(list_empty(&items[1].link));
	list_for_each_entry(pos, &head, link)
		sum += 10 * sum + pos->n;
	ck_assert_int_eq(sum, 2);
	list_add(&items[3].link, &head);
	ck_assert_int_eq(list_first(&head, struct item, link)->n, 3);
	ck_assert_int_eq(list_last(&head, struct item, link)->n, 2);
	list_init(&other);
	list_append_all(&other, &head);
	ck_assert_int_eq(list_last(&head, struct item, link)->n, 2);
	list_add(&items[1].link, &other);
	list_append_all(&head, &other);
	ck_assert(list_empty(&head));
	sum = 0;
	list_for_each_entry(pos, &other, link)
		sum = 10 * sum + pos->n;
	ck_assert_int_eq(sum, 1302);
	for (pos = list_last(&other, struct item, link), sum = 0; &pos->link != &other; pos = list_entry(pos->link.prev, struct item, link))
		sum = 10 * sum + pos->n;
	ck_assert_int_eq(sum, 2031);
}
END_TEST

START_TEST(test_clamp)
{
	unsigned int out;

	ck_assert(idx_clamp(3, 4, &out));
	ck_assert_uint_eq(out, 3);
	ck_assert(!idx_clamp(4, 4, &out));
	ck_assert_uint_eq(out, 0);
	ck_assert(!idx_clamp(UINT64_MAX, 4, &out));
	ck_assert(!idx_clamp(0, 0, &out));
	ck_assert_uint_eq(nospec_index(5, 5), 0);
	ck_assert_uint_eq(nospec_index(4, 5), 4);
	ck_assert_uint_eq(ROUND_UP(4097ul, 4096), 8192);
	ck_assert_uint_eq(ROUND_DOWN(4097ul, 4096), 4096);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("hypervisor library");
	TCase *t = tcase_create("lib");

	tcase_add_test(t, test_memory_functions);
	tcase_add_test(t, test_string_functions);
	tcase_add_test(t, test_format);
	tcase_add_test(t, test_format_truncation);
	tcase_add_test(t, test_rangeset_model);
	tcase_add_test(t, test_rangeset_edges);
	tcase_add_test(t, test_bitmap);
	tcase_add_test(t, test_list);
	tcase_add_test(t, test_clamp);
	suite_add_tcase(s, t);
	return suite_run(s);
}
