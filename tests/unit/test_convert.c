/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_convert.c
 *
 * The syntax of xl's files, value by value, and that nothing of them is lost in silence.  What becomes of whole files is
 * in tests/cli/convert.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "convert/convert.h"
#include "convert/internal.h"
#include "convert/xlcfg.h"
#include "suite.h"

static struct diag_list diags;
static struct xl_file file;

static void parse(const char *text)
{
	xl_parse(text, strlen(text), &file, &diags);
}

static void done(void)
{
	xl_free(&file);
	diag_clear(&diags);
}

static const struct xl_value *value(const char *key)
{
	const struct xl_item *i = xl_find(&file, key);

	ck_assert_msg(i != NULL, "'%s' is not there: %s", key, diags.kept ? diags.item[0].text : "without a word");
	return i->value;
}

static void complains(const char *text, unsigned int line, unsigned int column, const char *words)
{
	parse(text);
	ck_assert_msg(diags.count == 1, "'%s' has %zu complaints", text, diags.count);
	ck_assert_msg(strstr(diags.item[0].text, words) != NULL, "'%s': %s", text, diags.item[0].text);
	ck_assert_uint_eq(diags.item[0].line, line);
	ck_assert_uint_eq(diags.item[0].column, column);
	done();
}

START_TEST(strings)
{
	parse("a='it''s'");
	ck_assert_uint_eq(diags.count, 1); /* two strings in a row are none */
	done();
	parse("a = \"it's\"; b='say \"x\"' # 'c'\nc=\"#;[\"\r\n\td = '\\x41\\102\\n\\t\\\\\\'\\q'\n_e1=''");
	ck_assert_uint_eq(diags.count, 0);
	ck_assert_str_eq(value("a")->text, "it's");
	ck_assert_str_eq(value("b")->text, "say \"x\"");
	ck_assert_str_eq(value("c")->text, "#;[");
	ck_assert_str_eq(value("d")->text, "AB\n\t\\'q");
	ck_assert_str_eq(value("_e1")->text, "");
	ck_assert_uint_eq(value("d")->line, 3);
	ck_assert_uint_eq(value("d")->column, 6);
	done();
	complains("a = 'b", 1, 5, "no closing quote");
	complains("a = 'b\\", 1, 5, "no closing quote");
	complains("\n a = 'b\nc=1", 2, 6, "no closing quote");
	complains("a = '\\0'", 1, 5, "a character 0");
	complains("a = '\\x'", 1, 5, "a character 0");
	complains("a = \"\xc3\xa9\" x", 1, 9, "the end of the line");
}
END_TEST

START_TEST(numbers)
{
	uint64_t n = 0;

	parse("a=10;b=0x1F\nc = 010 ; d = '12'; e = 'x'; f=[1]; g = 0");
	ck_assert_uint_eq(diags.count, 0);
	ck_assert(xl_number(value("a"), &n) && n == 10);
	ck_assert(xl_number(value("b"), &n) && n == 31);
	ck_assert(xl_number(value("c"), &n) && n == 8);
	ck_assert(xl_number(value("d"), &n) && n == 12);
	ck_assert(!xl_number(value("e"), &n));
	ck_assert(!xl_number(value("f"), &n));
	ck_assert(xl_is_nothing(value("g")) && !xl_is_nothing(value("a")) && !xl_is_nothing(value("f")));
	done();
	complains("a = 08", 1, 5, "'08' is not a number");
	complains("a = 18446744073709551616", 1, 5, "is not a number");
	complains("a = -1", 1, 5, "this is not a value");
}
END_TEST

START_TEST(lists)
{
	const struct xl_value *v;

	parse("a = [ 'x', [ 1,\n # a comment, with ]\n 'y' ], ] ; b=[]\nc=[\n]");
	ck_assert_uint_eq(diags.count, 0);
	v = value("a")->first;
	ck_assert_str_eq(v->text, "x");
	ck_assert_int_eq(v->next->kind, XL_LIST);
	ck_assert_str_eq(v->next->first->next->text, "y");
	ck_assert_uint_eq(v->next->first->next->line, 3);
	ck_assert_ptr_null(v->next->next);
	ck_assert(xl_is_nothing(value("b")) && xl_is_nothing(value("c")));
	done();
	complains("a = [ 'x'\n", 2, 1, "the list that begins at line 1 has no ']'");
	complains("a = [ 'x',", 1, 11, "the list that begins at line 1 has no ']'");
	complains("a = [ 'x' 'y' ]", 1, 11, "a ',' or ']' is missing here");
	complains("a = [[[[[[[[[", 1, 13, "too deep");
	complains("a = [ , ]", 1, 7, "this is not a value");
}
END_TEST

START_TEST(adding)
{
	parse("a = [ 'x' ]\na += [ 'y', 'z' ]\ns='1'; s += '2'\nnew += [ 'n' ]");
	ck_assert_uint_eq(diags.count, 0);
	ck_assert_str_eq(value("a")->first->next->next->text, "z");
	ck_assert_str_eq(value("s")->text, "12");
	ck_assert_str_eq(value("new")->first->text, "n");
	done();
	complains("a = 1\na += 2", 2, 6, "has begun as something else at line 1");
	complains("a = 'x'\na += [ 'y' ]", 2, 6, "has begun as something else at line 1");
	complains("a = 1\n\na = 2", 3, 1, "given twice (first at line 1)");
	complains("a + 1", 1, 1, "is not followed by '='");
}
END_TEST

/* Each key on its own either is in the description, or is complained about. */
START_TEST(no_key_is_lost)
{
	for (unsigned int n = 0; refused_name(n); n++) {
		const struct xl_refused *r = refused_find(refused_name(n));
		struct conversion made;
		char text[256];

		snprintf(text, sizeof(text), "name='x'\nmemory=64\nkernel='/k'\n%s = '17'\n", r->name);
		xl_convert("x", text, strlen(text), &made, &diags);
		ck_assert_msg(made.losses == 1 && !made.faults && diags.count == 1 && diags.item[0].line == 4, "'%s' is lost", r->name);
		ck_assert_msg(strstr(diags.item[0].text, r->name) && strstr(diags.item[0].text, r->why), "%s", diags.item[0].text);
		ck_assert_ptr_nonnull(made.xml);
		ck_assert_ptr_null(strstr(made.xml, "17"));
		for (unsigned int k = 0; k < n; k++)
			ck_assert_msg(strcmp(refused_name(k), r->name) != 0, "'%s' stands twice", r->name);
		free(made.xml);
		diag_clear(&diags);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("convert");
	TCase *tc = tcase_create("convert");

	tcase_add_test(tc, strings);
	tcase_add_test(tc, numbers);
	tcase_add_test(tc, lists);
	tcase_add_test(tc, adding);
	tcase_add_test(tc, no_key_is_lost);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
