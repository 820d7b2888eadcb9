/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hypervisor/pv/desc_fix.c: which descriptors a guest may have. Expected values follow from SDM vol. 3, 3.4.5
 * and 5.8.3.1; the property at the end is the one that safety rests on.
 */
#include <check.h>
#include <stdlib.h>
#include "pv/pv.h"
#include "suite.h"

#define P (1ull << 47)
#define S (1ull << 44)
#define DPL(n) ((uint64_t)(n) << 45)
#define TYPE(n) ((uint64_t)(n) << 40)
#define SEL(n) ((uint64_t)(n) << 16)

static uint64_t fixed(uint64_t d)
{
	ck_assert(pv_desc_fix(&d));
	return d;
}

static void refused(uint64_t d)
{
	uint64_t before = d;

	ck_assert(!pv_desc_fix(&d));
	ck_assert_uint_eq(d, before);
}

START_TEST(absent_is_kept)
{
	ck_assert_uint_eq(fixed(0), 0);
	ck_assert_uint_eq(fixed(TYPE(9) | 0x1234), TYPE(9) | 0x1234);
	ck_assert_uint_eq(fixed(S | TYPE(11)), S | TYPE(11));
}
END_TEST

START_TEST(code_and_data_go_to_ring3)
{
	/* Linux's kernel code and data, and user data */
	ck_assert_uint_eq(fixed(0x00af9b000000ffffull), 0x00affb000000ffffull);
	ck_assert_uint_eq(fixed(0x00cf93000000ffffull), 0x00cff3000000ffffull);
	ck_assert_uint_eq(fixed(0x00cff3000000ffffull), 0x00cff3000000ffffull);
}
END_TEST

START_TEST(system_descriptors_are_refused)
{
	unsigned int type;

	for (type = 1; type < 16; type++)
		if (type != 12)
			refused(P | TYPE(type) | SEL(0x10));
	ck_assert_uint_eq(fixed(P), P);
}
END_TEST

START_TEST(call_gates)
{
	uint64_t gate = P | TYPE(12) | SEL(0x10) | 0x1000;

	ck_assert_uint_eq(fixed(gate), gate);
	ck_assert_uint_eq(fixed(gate | DPL(3)), gate | SEL(3));
	/* fixed twice: the remembered privilege stays */
	ck_assert_uint_eq(fixed(fixed(gate | DPL(2))), gate | SEL(2));
	ck_assert(pv_desc_fix(&(uint64_t){ P | TYPE(12) | SEL(0xe033) }));
	ck_assert(pv_desc_fix(&(uint64_t){ P | TYPE(12) | SEL(0x7) }));
	refused(P | TYPE(12) | SEL(0xe008));
	refused(P | TYPE(12) | SEL(0xe00b));
	refused(P | TYPE(12) | SEL(0xe010) | DPL(3));
	refused(P | TYPE(12) | SEL(0xf000));
}
END_TEST

START_TEST(nothing_accepted_is_privileged)
{
	unsigned int i;

	srandom(1);
	for (i = 0; i < 2000000; i++) {
		uint64_t d = (uint64_t)random() << 42 ^ (uint64_t)random() << 21 ^ (uint64_t)random(), again;

		if (!pv_desc_fix(&d) || !(d & P))
			continue;
		if (d & S)
			ck_assert_uint_eq(d >> 45 & 3, 3);
		else
			ck_assert((d >> 40 & 15) == 0 || ((d >> 40 & 15) == 12 && !(d >> 45 & 3)));
		again = d;
		ck_assert(pv_desc_fix(&again));
		ck_assert_uint_eq(again, d);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("desc");
	TCase *tc = tcase_create("desc");

	tcase_add_test(tc, absent_is_kept);
	tcase_add_test(tc, code_and_data_go_to_ring3);
	tcase_add_test(tc, system_descriptors_are_refused);
	tcase_add_test(tc, call_gates);
	tcase_add_test(tc, nothing_accepted_is_privileged);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
