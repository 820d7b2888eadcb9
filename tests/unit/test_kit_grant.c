/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kit's grant table beside a hypervisor that sets and clears the bits of use: no reference is given out twice, none that
 * is in use comes back, none of the reserved ones is touched.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "kit/grant_table.h"
#include "suite.h"

#define FRAME 512

static struct grant_entry_v1 entries[2 * FRAME];
static struct kit_grant_table t;

static void table_make(void)
{
	memset(entries, 0, sizeof(entries));
	entries[0] = (struct grant_entry_v1){ GTF_permit_access, 0, 77 };
	kit_grant_table_init(&t, entries);
	free(kit_grant_table_extend(&t, FRAME, calloc(FRAME, sizeof(uint32_t))));
}

START_TEST(references_are_unique_and_not_reserved)
{
	bool out[FRAME] = { false };

	table_make();
	for (unsigned int i = 0; i < FRAME - GNTTAB_NR_RESERVED_ENTRIES; i++) {
		uint32_t ref = kit_grant_table_take(&t, 3, 1000 + i, i % 2);

		ck_assert_uint_ge(ref, GNTTAB_NR_RESERVED_ENTRIES);
		ck_assert_uint_lt(ref, FRAME);
		ck_assert(!out[ref]);
		out[ref] = true;
		ck_assert_uint_eq(entries[ref].flags, i % 2 ? GTF_permit_access | GTF_readonly : GTF_permit_access);
		ck_assert_uint_eq(entries[ref].domid, 3);
		ck_assert_uint_eq(entries[ref].frame, 1000 + i);
	}
	ck_assert_uint_eq(kit_grant_table_take(&t, 3, 1, false), KIT_GRANT_NONE);
	ck_assert_uint_eq(entries[0].frame, 77);
	free(t.next);
}
END_TEST

START_TEST(what_is_mapped_cannot_be_ended)
{
	uint32_t ref;

	table_make();
	ref = kit_grant_table_take(&t, 0, 5, false);
	entries[ref].flags |= GTF_reading;
	ck_assert(kit_grant_table_busy(&t, ref));
	ck_assert(!kit_grant_table_end(&t, ref));
	entries[ref].flags |= GTF_writing;
	ck_assert(!kit_grant_table_end(&t, ref));
	entries[ref].flags &= (uint16_t)~(GTF_reading | GTF_writing);
	ck_assert(!kit_grant_table_busy(&t, ref));
	ck_assert(kit_grant_table_end(&t, ref));
	ck_assert_uint_eq(entries[ref].flags, 0);
	ck_assert(!kit_grant_table_end(&t, ref));
	free(t.next);
}
END_TEST

START_TEST(what_was_not_taken_cannot_be_ended)
{
	table_make();
	ck_assert(!kit_grant_table_end(&t, 0));
	ck_assert(!kit_grant_table_end(&t, 1));
	ck_assert(!kit_grant_table_end(&t, FRAME - 1));
	ck_assert(!kit_grant_table_end(&t, FRAME));
	ck_assert(!kit_grant_table_end(&t, UINT32_MAX));
	ck_assert_uint_eq(entries[0].flags, GTF_permit_access);
	free(t.next);
}
END_TEST

START_TEST(a_table_grows_with_references_out)
{
	uint32_t ref, refs[FRAME];
	unsigned int n = 0;

	table_make();
	while ((ref = kit_grant_table_take(&t, 1, n, false)) != KIT_GRANT_NONE)
		refs[n++] = ref;
	free(kit_grant_table_extend(&t, 2 * FRAME, calloc(2 * FRAME, sizeof(uint32_t))));
	ck_assert_uint_eq(t.nr_free, FRAME);
	ck_assert_uint_ge(kit_grant_table_take(&t, 1, 9, false), FRAME);
	while (n)
		ck_assert(kit_grant_table_end(&t, refs[--n]));
	ck_assert_uint_eq(t.nr_free, 2 * FRAME - 1 - GNTTAB_NR_RESERVED_ENTRIES);
	free(t.next);
}
END_TEST

START_TEST(a_random_life_loses_none)
{
	uint32_t out[FRAME];
	unsigned int n = 0;

	table_make();
	srand(3);
	for (int step = 0; step < 100000; step++) {
		if (rand() % 2) {
			uint32_t ref = kit_grant_table_take(&t, 1, 1, false);

			if (ref != KIT_GRANT_NONE)
				out[n++] = ref;
		} else if (n) {
			unsigned int i = (unsigned int)rand() % n;
			bool mapped = rand() % 3 == 0;

			entries[out[i]].flags = (uint16_t)(GTF_permit_access | (mapped ? GTF_reading : 0));
			ck_assert_int_eq(kit_grant_table_end(&t, out[i]), !mapped);
			if (!mapped)
				out[i] = out[--n];
		}
		ck_assert_uint_eq(t.nr_free + n, FRAME - GNTTAB_NR_RESERVED_ENTRIES);
	}
	free(t.next);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("kit_grant");
	TCase *tc = tcase_create("grant");

	tcase_add_test(tc, references_are_unique_and_not_reserved);
	tcase_add_test(tc, what_is_mapped_cannot_be_ended);
	tcase_add_test(tc, what_was_not_taken_cannot_be_ended);
	tcase_add_test(tc, a_table_grows_with_references_out);
	tcase_add_test(tc, a_random_life_loses_none);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
