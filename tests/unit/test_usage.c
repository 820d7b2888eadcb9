/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists of CPUs, and what is computed from two looks at the domains. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "domain/cpulist.h"
#include "domain/usage.h"
#include "suite.h"

static const char *round_trip(const char *text, unsigned int nr_cpus)
{
	static char out[512];
	struct cpulist l;

	if (cpulist_parse(text, &l))
		return "refused";
	cpulist_format(&l, nr_cpus, out, sizeof(out));
	return out;
}

START_TEST(test_lists)
{
	ck_assert_str_eq(round_trip("0", 4), "0");
	ck_assert_str_eq(round_trip("0-3", 4), "all");
	ck_assert_str_eq(round_trip("0-3", 8), "0-3");
	ck_assert_str_eq(round_trip("3,1,0", 8), "0-1,3");
	ck_assert_str_eq(round_trip("1-2,2-5,7", 8), "1-5,7");
	ck_assert_str_eq(round_trip("all", 256), "all");
	ck_assert_str_eq(round_trip("255", 256), "255");
	ck_assert_str_eq(round_trip("200", 8), "none");
}
END_TEST

START_TEST(test_no_lists)
{
	static const char *const bad[] = { "", ",", "1,", ",1", "-1", "1-", "3-1", "256", "0-256", "1 ", " 1", "1,,2",
					   "0x1", "ALL", "all,1", "4294967297", "1-2-3" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(strcmp(round_trip(bad[i], 256), "refused") == 0, "'%s' is taken", bad[i]);
}
END_TEST

START_TEST(test_short_buffer)
{
	struct cpulist l;
	char out[8];

	ck_assert_int_eq(cpulist_parse("0,2,4,6,8,10,12,14", &l), 0);
	cpulist_format(&l, 256, out, sizeof(out));
	ck_assert_str_eq(out, "0,2,4,6");
}
END_TEST

static struct usage at(uint32_t domid, uint8_t uuid, uint64_t now, uint64_t run, uint64_t wait)
{
	struct usage u = { .domid = domid, .now_ns = now, .run_ns = run, .wait_ns = wait };

	u.uuid[0] = uuid;
	return u;
}

START_TEST(test_percent)
{
	struct usage then[2] = { at(0, 1, 1000, 100, 0), at(5, 2, 1000, 0, 500) };
	struct usage now[2] = { at(0, 1, 3000, 1100, 0), at(5, 2, 3000, 4000, 1000) };

	usage_compare(now, 2, then, 2);
	ck_assert_double_eq_tol(now[0].cpu, 50, 0.001);
	ck_assert_double_eq_tol(now[0].wait, 0, 0.001);
	ck_assert_double_eq_tol(now[1].cpu, 200, 0.001);	/* two vCPUs */
	ck_assert_double_eq_tol(now[1].wait, 25, 0.001);
}
END_TEST

/* A new domain, one whose id was another's before, one looked at twice at one moment: nothing is known yet. */
START_TEST(test_unknown)
{
	struct usage then[3] = { at(1, 1, 1000, 500, 0), at(2, 2, 1000, 500, 0), at(3, 3, 1000, 500, 0) };
	struct usage now[4] = { at(1, 9, 2000, 900, 0), at(2, 2, 2000, 100, 0), at(3, 3, 1000, 900, 0), at(4, 4, 2000, 9, 9) };

	usage_compare(now, 4, then, 3);
	for (int i = 0; i < 4; i++) {
		ck_assert_double_eq(now[i].cpu, 0);
		ck_assert_double_eq(now[i].wait, 0);
	}
}
END_TEST

START_TEST(test_order)
{
	struct usage u[3] = { { .domid = 3, .name = "b", .cpu = 10, .memory_kib = 5 },
			      { .domid = 1, .name = "c", .cpu = 10, .memory_kib = 50, .wait = 1 },
			      { .domid = 2, .name = "a", .cpu = 90, .memory_kib = 7 } };
	enum usage_order order;

	usage_sort(u, 3, USAGE_BY_CPU);
	ck_assert(u[0].domid == 2 && u[1].domid == 1 && u[2].domid == 3);
	usage_sort(u, 3, USAGE_BY_NAME);
	ck_assert(u[0].domid == 2 && u[1].domid == 3 && u[2].domid == 1);
	usage_sort(u, 3, USAGE_BY_MEMORY);
	ck_assert(u[0].domid == 1 && u[1].domid == 2 && u[2].domid == 3);
	usage_sort(u, 3, USAGE_BY_WAIT);
	ck_assert(u[0].domid == 1);
	usage_sort(u, 3, USAGE_BY_ID);
	ck_assert(u[0].domid == 1 && u[1].domid == 2 && u[2].domid == 3);
	ck_assert(usage_order_read("memory", &order) && order == USAGE_BY_MEMORY);
	ck_assert(!usage_order_read("mem", &order) && !usage_order_read("", &order));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("lists of CPUs, use of time");
	TCase *tc = tcase_create("all");

	tcase_add_test(tc, test_lists);
	tcase_add_test(tc, test_no_lists);
	tcase_add_test(tc, test_short_buffer);
	tcase_add_test(tc, test_percent);
	tcase_add_test(tc, test_unknown);
	tcase_add_test(tc, test_order);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
