/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_why.c
 *
 * What a device waits for.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <abi/io/xenbus.h>

#include "domain/why.h"
#include "suite.h"

static const struct {
	struct why_device d;
	const char *says; /* NULL: it waits for nothing */
} cases[] = {
	{ { .front = 4, .back = 4, .supervised = true, .worker = true }, NULL },
	{ { .front = 4, .back = 4, .kernel = true }, NULL },
	{ { .front = 4, .back = 4, .supervised = true }, "its worker is gone" },
	{ { .front = 4, .back = 4, .worker = true }, "supervisor does not run" },
	{ { .front = 1, .back = 2, .supervised = true }, "waits for the guest: its kernel" },
	{ { .front = 1, .back = 1, .supervised = true }, "waits for its backend to open" },
	{ { .front = 1, .back = 1, .kernel = true }, "is its module loaded" },
	{ { .front = 3, .back = 2, .supervised = true }, "to take the guest's rings" },
	{ { .front = 3, .back = 4, .supervised = true }, "waits for the guest to use it" },
	{ { .front = 6, .back = 4, .supervised = true, .worker = true }, "given up by the guest" },
	{ { .front = 4, .back = 5, .supervised = true, .asked_to_go = true }, "waits for the guest to let it go" },
	{ { .front = 6, .back = 5, .supervised = true, .asked_to_go = true }, "to finish what it was given" },
	{ { .front = 4, .back = 5, .asked_to_go = true }, "supervisor does not run" },
	{ { .front = 4 }, "has no backend" },
	{ { .front = 1, .back = 1, .error = "'/x' is locked", .supervised = true }, "'/x' is locked" },
	{ { .front = 4, .back = 4, .error = "", .supervised = true, .worker = true }, NULL },
};

START_TEST(words)
{
	const char *why = why_device(&cases[_i].d);

	if (!cases[_i].says)
		ck_assert_msg(why == NULL, "case %d: '%s'", _i, why);
	else
		ck_assert_msg(why && strstr(why, cases[_i].says), "case %d: '%s', not '%s'", _i, why ? why : "nothing", cases[_i].says);
}
END_TEST

/* Whatever the states are, there is an answer, and only two that serve each other wait for nothing. */
START_TEST(every_state)
{
	for (unsigned int i = 0; i < 9 * 9 * 16; i++) {
		struct why_device d = { .front = i % 9, .back = i / 9 % 9, .kernel = i / 81 & 1, .supervised = i / 162 & 1,
					.asked_to_go = i / 324 & 1, .worker = i / 648 & 1 };

		if (!why_device(&d))
			ck_assert(d.front == XenbusStateConnected && d.back == XenbusStateConnected && !d.asked_to_go &&
				  (d.kernel || (d.supervised && d.worker)));
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("why");
	TCase *t = tcase_create("why");

	tcase_add_loop_test(t, words, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(t, every_state);
	suite_add_tcase(s, t);
	return suite_run(s);
}
