/* SPDX-License-Identifier: BSD-2-Clause */
/* The kit's printf beside the host's, and numbers read from text. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "kit/string.h"
#include "suite.h"

#define SAME(...) do { \
	char ours_[80], theirs_[80]; \
	int n_ = kit_snprintf(ours_, sizeof(ours_), __VA_ARGS__), m_ = snprintf(theirs_, sizeof(theirs_), __VA_ARGS__); \
	ck_assert_str_eq(ours_, theirs_); \
	ck_assert_int_eq(n_, m_); \
} while (0)

START_TEST(it_prints_what_printf_prints)
{
	SAME("plain %% text");
	SAME("%d %i %d %d", 0, -1, 2147483647, -2147483647 - 1);
	SAME("%u %x %X", 4294967295u, 0xdeadbeefu, 0xdeadbeefu);
	SAME("%ld %lu %lx %lld %zu", -9223372036854775807L - 1, ~0UL, ~0UL, -5LL, (size_t)77);
	SAME("[%5d] [%-5d] [%05d] [%05d]", 42, 42, 42, -42);
	SAME("[%8x] [%08x] [%-8x]", 0xabcu, 0xabcu, 0xabcu);
	SAME("[%s] [%10s] [%-10s] [%.2s] [%.*s] [%*s]", "abc", "abc", "abc", "abc", 1, "abc", 6, "abc");
	SAME("%c%c [%3c] [%-3c]", 'a', 'b', 'c', 'd');
	SAME("%hhu %hu %hhd %hd", 300, 70000, 200, 40000);
	SAME("%p", (void *)0x1234);
}
END_TEST

START_TEST(a_small_buffer_gets_the_beginning)
{
	char b[8] = "xxxxxxx";

	ck_assert_int_eq(kit_snprintf(b, 4, "%d", 123456), 6);
	ck_assert_str_eq(b, "123");
	ck_assert_int_eq(b[4], 'x');
	ck_assert_int_eq(kit_snprintf(NULL, 0, "%s", "abc"), 3);
}
END_TEST

START_TEST(numbers_are_digits_and_nothing_else)
{
	uint64_t v = 7;

	ck_assert(kit_parse_number("0", &v) && v == 0);
	ck_assert(kit_parse_number("18446744073709551615", &v) && v == UINT64_MAX);
	v = 7;
	ck_assert(!kit_parse_number("18446744073709551616", &v));
	ck_assert(!kit_parse_number("", &v) && !kit_parse_number("-1", &v) && !kit_parse_number(" 1", &v) && !kit_parse_number("1x", &v));
	ck_assert_uint_eq(v, 7);
	ck_assert(kit_parse_size("4K", &v) && v == 4096);
	ck_assert(kit_parse_size("3G", &v) && v == 3UL << 30);
	ck_assert(kit_parse_size("12", &v) && v == 12);
	ck_assert(!kit_parse_size("4k", &v) && !kit_parse_size("4KB", &v) && !kit_parse_size("K", &v));
	ck_assert(!kit_parse_size("18446744073709551615K", &v));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("kit_format");
	TCase *t = tcase_create("format");

	tcase_add_test(t, it_prints_what_printf_prints);
	tcase_add_test(t, a_small_buffer_gets_the_beginning);
	tcase_add_test(t, numbers_are_digits_and_nothing_else);
	suite_add_tcase(s, t);
	return suite_run(s);
}
