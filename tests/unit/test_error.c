/* SPDX-License-Identifier: BSD-2-Clause */
/* Errors of the tools: codes, identifiers, context, and the catalog that explains them. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "domain/codes.h"
#include "socle/cmd.h"
#include "socle/explain.h"
#include "suite.h"

START_TEST(test_identifiers)
{
	struct socle_error e = { 0 };

	ck_assert_int_eq(socle_fail_id(&e, DOMAIN_E_EXISTS, "name-taken", "a guest %d", 7), -1);
	ck_assert_str_eq(error_id(&e), "name-taken");
	ck_assert_str_eq(e.text, "a guest 7");
	socle_wrap(&e, "disk %s", "xvda");
	ck_assert_str_eq(error_id(&e), "name-taken");
	ck_assert_str_eq(e.text, "disk xvda: a guest 7");
	/* A later failure does not keep the identifier of an earlier one. */
	socle_fail(&e, DOMAIN_E_TIMEOUT, "too late");
	ck_assert_str_eq(error_id(&e), "timeout");
	socle_fail(&e, ENXIO, "what");
	ck_assert_str_eq(error_id(&e), "failed");
	ck_assert_int_eq(socle_fail_id(NULL, 1, "x", "y"), -1);
	/* Too long a one is cut, and the object may be its own argument. */
	socle_fail_id(&e, 1, "a-word-that-is-longer-than-the-room-for-it", "%s again", e.text);
	ck_assert_uint_eq(strlen(e.id), SOCLE_ID_MAX - 1);
	ck_assert_str_eq(e.text, "what again");
}
END_TEST

START_TEST(test_refusals)
{
	const struct { int answer, code; const char *id, *text; enum exit_code exit; } t[] = {
		{ -ESRCH, ESRCH, "guest-gone", "no 7: the domain is gone", EXIT_NOT_FOUND },
		{ -ENOMEM, ENOMEM, "no-memory", "no 7: not enough free memory", EXIT_NO_MEMORY },
		{ -EPERM, SOCLE_REFUSED, "hypervisor-refused", "no 7: Operation not permitted", EXIT_REFUSED },
		{ -EINVAL, SOCLE_REFUSED, "hypervisor-refused", "no 7: Invalid argument", EXIT_REFUSED },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct socle_error e = { 0 };

		ck_assert_int_eq(socle_refused(&e, t[i].answer, "no %d", 7), -1);
		ck_assert_int_eq(e.code, t[i].code);
		ck_assert_str_eq(error_id(&e), t[i].id);
		ck_assert_str_eq(e.text, t[i].text);
		ck_assert_int_eq(exit_code_of(e.code), t[i].exit);
	}
	ck_assert_int_eq(socle_refused(NULL, -EPERM, "x"), -1);
}
END_TEST

/* Each kind has an exit code of its own, as docs/cli.md promises. */
START_TEST(test_exit_codes)
{
	static const int codes[] = { 0, ENXIO, DOMAIN_E_CONFIG, DOMAIN_E_NOT_FOUND, DOMAIN_E_EXISTS, DOMAIN_E_NO_MEMORY,
				     DOMAIN_E_NO_DAEMON, DOMAIN_E_BACKEND, DOMAIN_E_INTERRUPTED, DOMAIN_E_NOT_RUNNING,
				     DOMAIN_E_BUSY, DOMAIN_E_REFUSED, DOMAIN_E_TIMEOUT, DOMAIN_E_PARTIAL };

	for (int i = 1; i < (int)(sizeof(codes) / sizeof(codes[0])); i++)
		ck_assert_int_eq(exit_code_of(codes[i]), i == 1 ? EXIT_FAILED : i + 1);
	ck_assert_int_eq(exit_code_of(0), EXIT_FAILED);
}
END_TEST

START_TEST(test_part)
{
	struct socle_error e = { 0 };

	socle_fail_id(&e, DOMAIN_E_TIMEOUT, "no-supervisor", "nobody answers");
	ck_assert_int_eq(partly_done(&e, "the file is larger"), -1);
	ck_assert_str_eq(e.text, "the file is larger, but then: nobody answers");
	ck_assert_str_eq(error_id(&e), "partial");
	ck_assert_int_eq(exit_code_of(e.code), EXIT_PARTIAL);
}
END_TEST

static const char *round_trip(const char *text, const char *id, size_t room)
{
	static char packed[2048];
	struct socle_error e = { 0 };

	socle_fail_id(&e, 1, id, "%s", text);
	socle_error_pack(&e, packed, room);
	socle_fail_packed(&e, DOMAIN_E_BACKEND, packed);
	ck_assert_int_eq(e.code, DOMAIN_E_BACKEND);
	snprintf(packed, sizeof(packed), "%s|%s", e.id, e.text);
	return packed;
}

/* An error that goes through the store or a message of one string keeps its identifier. */
START_TEST(test_packed)
{
	static const char *const as_they_are[] = { "", "[", "]", "[x]", " []", "a[x]", "a [X]", "a [x] b", "a [x", "a [x y]",
						   "a [a-word-that-is-longer-than-the-room-for-it]" };

	ck_assert_str_eq(round_trip("no bridge", "no-bridge", 100), "no-bridge|no bridge");
	ck_assert_str_eq(round_trip("no bridge", "", 100), "|no bridge");
	ck_assert_str_eq(round_trip("a [b] c", "x", 100), "x|a [b] c");
	/* The text is cut, not the identifier; where not even that fits, there is only text. */
	ck_assert_str_eq(round_trip("no bridge", "no-bridge", 16), "no-bridge|no ");
	ck_assert_str_eq(round_trip("no bridge", "no-bridge", 12), "|no bridge");
	ck_assert_str_eq(round_trip("no bridge", "no-bridge", 5), "|no b");
	for (size_t i = 0; i < sizeof(as_they_are) / sizeof(as_they_are[0]); i++) {
		struct socle_error e = { 0 };

		ck_assert_int_eq(socle_fail_packed(&e, 1, as_they_are[i]), -1);
		ck_assert_str_eq(e.text, as_they_are[i]);
		ck_assert_str_eq(e.id, "");
	}
}
END_TEST

START_TEST(test_catalog_is_read)
{
	const char *at = "# comment\n\nabc: 5,8\n\tIt is so.\n\tWhy: Because.\n\tDo: Nothing.\n\nz-9: 1\n\tOther.\n\tWhy: W.\n\tDo: D.";
	struct explanation x;

	ck_assert(explain_next(&at, &x));
	ck_assert_str_eq(x.id, "abc");
	ck_assert_str_eq(x.exits, "5,8");
	ck_assert_str_eq(x.what, "It is so.");
	ck_assert_str_eq(x.why, "Because.");
	ck_assert_str_eq(x.todo, "Nothing.");
	ck_assert(explain_next(&at, &x));
	ck_assert_str_eq(x.id, "z-9");
	ck_assert_str_eq(x.todo, "D.");
	ck_assert(!explain_next(&at, &x));
	ck_assert(!explain_next(&at, &x));
	at = "";
	ck_assert(!explain_next(&at, &x));
}
END_TEST

/* Nothing of the real catalog is cut off, and all that a kind of error may say is in it. */
START_TEST(test_real_catalog)
{
	static const int codes[] = { ENXIO, DOMAIN_E_CONFIG, DOMAIN_E_NOT_FOUND, DOMAIN_E_BACKEND, DOMAIN_E_PARTIAL, EACCES, ENOSPC };
	const char *at = explain_text;
	unsigned int n = 0, found = 0;
	struct explanation x;

	while (explain_next(&at, &x)) {
		n++;
		ck_assert_msg(x.what[0] && x.what[strlen(x.what) - 1] == '.', "%s: %s", x.id, x.what);
		ck_assert_msg(x.why[0] && x.why[strlen(x.why) - 1] == '.', "%s: %s", x.id, x.why);
		ck_assert_msg(x.todo[0] && x.todo[strlen(x.todo) - 1] == '.', "%s: %s", x.id, x.todo);
		for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
			struct socle_error e = { .code = codes[i] };

			found += strcmp(error_id(&e), x.id) == 0;
		}
	}
	ck_assert_uint_gt(n, 50);
	ck_assert_uint_eq(found, sizeof(codes) / sizeof(codes[0]));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("error");
	TCase *tc = tcase_create("error");

	tcase_add_test(tc, test_identifiers);
	tcase_add_test(tc, test_refusals);
	tcase_add_test(tc, test_exit_codes);
	tcase_add_test(tc, test_part);
	tcase_add_test(tc, test_packed);
	tcase_add_test(tc, test_catalog_is_read);
	tcase_add_test(tc, test_real_catalog);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
