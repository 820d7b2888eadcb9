/* SPDX-License-Identifier: BSD-2-Clause */
/* The ledger of memory: pieces added up, by kind and by domain. */
#include <check.h>
#include <stdlib.h>

#include "domain/ledger.h"
#include "suite.h"

START_TEST(pieces_add_up)
{
	struct socle_frames f = { .total_pages = 1000, .nr_rows = 5, .row = {
		{ 3, SOCLE_FRAMES_DOMAIN, 100 }, { SOCLE_FRAMES_NOBODY, SOCLE_FRAMES_FREE, 400 }, { 3, SOCLE_FRAMES_TABLE, 20 },
		{ 0, SOCLE_FRAMES_DOMAIN, 300 }, { SOCLE_FRAMES_NOBODY, SOCLE_FRAMES_OTHER, 150 } } };
	struct ledger l = { .nr = 0 };

	ck_assert(ledger_add(&l, &f));
	f = (struct socle_frames){ .total_pages = 1000, .nr_rows = 6, .row = {
		{ 3, SOCLE_FRAMES_SHARED, 2 }, { 3, SOCLE_FRAMES_HELD, 5 }, { 3, SOCLE_FRAMES_DOMAIN, 1 },
		/* What was counted as something else is taken off. */
		{ SOCLE_FRAMES_NOBODY, SOCLE_FRAMES_TABLES, 90 }, { SOCLE_FRAMES_NOBODY, SOCLE_FRAMES_OTHER, (uint64_t)-90 },
		{ SOCLE_FRAMES_NOBODY, SOCLE_FRAMES_FIRMWARE, 22 } } };
	ck_assert(ledger_add(&l, &f));
	ledger_finish(&l);
	ck_assert_uint_eq(l.total, 1000);
	ck_assert_uint_eq(ledger_sum(&l), 1000);
	ck_assert_uint_eq(ledger_hypervisor(&l), 150);
	ck_assert_uint_eq(l.kind[SOCLE_FRAMES_OTHER], 60);
	ck_assert_uint_eq(l.nr, 2);
	ck_assert_uint_eq(l.domain[0].domid, 0);
	ck_assert_uint_eq(l.domain[0].frames, 300);
	ck_assert_uint_eq(l.domain[1].frames, 121);
	ck_assert_uint_eq(l.domain[1].tables, 20);
	ck_assert_uint_eq(l.domain[1].shared, 2);
	ck_assert_uint_eq(l.domain[1].held, 5);
	ledger_free(&l);
}
END_TEST

/* A newer hypervisor may tell of a kind that is not known here: its pages are not lost from the sum. */
START_TEST(an_unknown_kind_is_counted)
{
	struct socle_frames f = { .total_pages = 7, .nr_rows = 1, .row = { { SOCLE_FRAMES_NOBODY, 99, 7 } } };
	struct ledger l = { .nr = 0 };

	ck_assert(ledger_add(&l, &f));
	ck_assert_uint_eq(ledger_sum(&l), 7);
	f.nr_rows = 1000; /* nonsense is not followed beyond the rows that there are */
	ck_assert(ledger_add(&l, &f));
	ledger_free(&l);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ledger");
	TCase *t = tcase_create("ledger");

	tcase_add_test(t, pieces_add_up);
	tcase_add_test(t, an_unknown_kind_is_counted);
	suite_add_tcase(s, t);
	return suite_run(s);
}
