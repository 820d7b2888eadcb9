/* SPDX-License-Identifier: BSD-2-Clause */
/* The writer of JSON: layout, escapes, and bytes that are no text. */
#include <check.h>
#include <locale.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "domain/json.h"
#include "suite.h"

static struct json j;
static char *text;
static size_t size;

static void begin(void)
{
	free(text);
	text = NULL;
	json_begin(&j, open_memstream(&text, &size));
}

static const char *done(void)
{
	fclose(j.out);
	return text;
}

START_TEST(test_layout)
{
	begin();
	json_object(&j, NULL);
	json_uint(&j, "a", UINT64_MAX);
	json_int(&j, "b", INT64_MIN);
	json_bool(&j, "c", true);
	json_text(&j, "d", NULL);
	json_real(&j, "e", 1.25, 1);
	json_hex(&j, "f", 0x1f);
	json_array(&j, "g");
	json_uint(&j, NULL, 1);
	json_text(&j, NULL, "x");
	json_object(&j, NULL);
	json_end(&j);
	json_end(&j);
	json_end(&j);
	ck_assert_str_eq(done(), "{ \"a\": 18446744073709551615, \"b\": -9223372036854775808, \"c\": true, \"d\": null, \"e\": 1.2, "
				 "\"f\": \"0x1f\", \"g\": [ 1, \"x\", {} ] }\n");
}
END_TEST

START_TEST(test_rows)
{
	begin();
	json_rows(&j, NULL);
	json_end(&j);
	ck_assert_str_eq(done(), "[]\n");
	begin();
	json_rows(&j, NULL);
	for (int i = 0; i < 2; i++) {
		json_object(&j, NULL);
		json_int(&j, "n", i);
		json_end(&j);
	}
	json_end(&j);
	ck_assert_str_eq(done(), "[\n  { \"n\": 0 },\n  { \"n\": 1 }\n]\n");
}
END_TEST

/* JSON has no word for what is no number. */
START_TEST(test_no_numbers)
{
	begin();
	json_array(&j, NULL);
	json_real(&j, NULL, NAN, 3);
	json_real(&j, NULL, INFINITY, 3);
	json_real(&j, NULL, -0.5, 3);
	json_end(&j);
	ck_assert_str_eq(done(), "[ null, null, -0.500 ]\n");
}
END_TEST

static const char *of(const char *s, size_t len)
{
	begin();
	json_text_n(&j, NULL, s, len);
	return done();
}

START_TEST(test_escapes)
{
	ck_assert_str_eq(of("a\"b\\c/", 6), "\"a\\\"b\\\\c/\"");
	ck_assert_str_eq(of("\0\1\t\n\r\x1f\x7f", 7), "\"\\u0000\\u0001\\u0009\\n\\u000d\\u001f\\u007f\"");
	ck_assert_str_eq(of("", 0), "\"\"");
}
END_TEST

START_TEST(test_utf8)
{
	const struct { const char *in, *out; } t[] = {
		{ "\xc3\xa9", "\"\xc3\xa9\"" },                         /* e acute */
		{ "\xe2\x82\xac", "\"\xe2\x82\xac\"" },                 /* euro */
		{ "\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\"" },         /* outside the first plane */
		{ "\xf4\x8f\xbf\xbf", "\"\xf4\x8f\xbf\xbf\"" },         /* the last one there is */
		{ "\xff", "\"\\ufffd\"" },
		{ "\x80" "a", "\"\\ufffda\"" },                         /* a tail without a head */
		{ "\xc3", "\"\\ufffd\"" },                              /* a head without its tail */
		{ "\xc3" "a", "\"\\ufffda\"" },
		{ "\xe2\x82", "\"\\ufffd\\ufffd\"" },
		{ "\xc0\xaf", "\"\\ufffd\\ufffd\"" },                   /* longer than need be */
		{ "\xe0\x80\x80", "\"\\ufffd\\ufffd\\ufffd\"" },
		{ "\xf0\x80\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"" },
		{ "\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"" },        /* half of a UTF-16 pair */
		{ "\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"" }, /* beyond the last */
		{ "\xf5\x80\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		ck_assert_str_eq(of(t[i].in, strlen(t[i].in)), t[i].out);
}
END_TEST

/* Whatever the bytes are, what comes out is UTF-8 to the C library as well, without control characters. */
START_TEST(test_any_bytes)
{
	unsigned char in[64];

	ck_assert_ptr_nonnull(setlocale(LC_CTYPE, "C.UTF-8"));
	ck_assert_uint_eq(mbstowcs(NULL, "\xed\xa0\x80", 0), (size_t)-1);
	srand(1);
	for (int round = 0; round < 1000; round++) {
		size_t len = (size_t)rand() % sizeof(in);
		bool clean = true;
		const char *out;

		for (size_t i = 0; i < len; i++)
			in[i] = (unsigned char)(rand() % 3 ? 0x80 | rand() : rand());
		out = of((const char *)in, len);
		for (const char *p = out; *p; p++)
			clean = clean && (unsigned char)*p >= 0x20 && *p != 0x7f;
		ck_assert(clean && mbstowcs(NULL, out, 0) != (size_t)-1);
	}
}
END_TEST

START_TEST(test_key_outside_an_object_is_our_defect)
{
	begin();
	json_array(&j, NULL);
	json_uint(&j, "key", 1); /* aborts */
}
END_TEST

int main(void)
{
	Suite *s = suite_create("json");
	TCase *tc = tcase_create("json");

	tcase_add_test(tc, test_layout);
	tcase_add_test(tc, test_rows);
	tcase_add_test(tc, test_no_numbers);
	tcase_add_test(tc, test_escapes);
	tcase_add_test(tc, test_utf8);
	tcase_add_test(tc, test_any_bytes);
	tcase_add_test_raise_signal(tc, test_key_outside_an_object_is_our_defect, SIGABRT);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
