/* SPDX-License-Identifier: BSD-2-Clause */
/* The log of a guest: lines in the order of their moments, moments beside a console's log, whom the hypervisor's lines are about. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/hvline.h"
#include "domain/timeline.h"
#include "suite.h"

START_TEST(lines_are_in_order_of_time_and_of_coming)
{
	struct timeline t = { .nr = 0 };
	char text[16];

	for (unsigned int i = 0; i < 600; i++) {
		snprintf(text, sizeof(text), "%u", i);
		ck_assert(timeline_add(&t, i % 3 == 0 ? 0 : 1000 - i % 7, "x", text));
	}
	timeline_sort(&t);
	ck_assert_uint_eq(t.nr, 600);
	for (size_t i = 1; i < t.nr; i++) {
		const struct timeline_line *a = &t.line[i - 1], *b = &t.line[i];

		ck_assert(a->ms < b->ms || (a->ms == b->ms && atoi(a->text) < atoi(b->text)));
	}
	timeline_clear(&t);
	timeline_sort(&t);
	ck_assert_uint_eq(t.nr, 0);
}
END_TEST

static const struct { const char *line; bool ok; uint64_t at, ms; } moments[] = {
	{ "0 1970-01-01T00:00:00.001Z\n", true, 0, 1 },
	{ "1048576 1970-01-01T00:00:01.000Z", true, 1048576, 1000 },
	{ "12", false, 0, 0 }, { "", false, 0, 0 }, { "x 1970-01-01T00:00:00.001Z", false, 0, 0 }, { "-1 1970-01-01T00:00:00.001Z", false, 0, 0 },
	{ "1 yesterday", false, 0, 0 }, { "1  1970-01-01T00:00:00.001Z", false, 0, 0 },
};

START_TEST(moments_are_read_or_refused)
{
	uint64_t at, ms;

	ck_assert(moments_line(moments[_i].line, &at, &ms) == moments[_i].ok);
	if (!moments[_i].ok)
		return;
	ck_assert_uint_eq(at, moments[_i].at);
	ck_assert_uint_eq(ms, moments[_i].ms);
}
END_TEST

static const struct { const char *line; int domain; const char *text; } lines[] = {
	{ "(hv) d3v0: mmu_update: no such frame (-22)", 3, "d3v0: mmu_update: no such frame (-22)" },
	{ "(hv) Domain 12 crashed on vCPU 0: no", 12, "Domain 12 crashed on vCPU 0: no" },
	{ "(hv) Domain 12: its watchdog has expired", 12, "Domain 12: its watchdog has expired" },
	{ "(hv) grant: domain 65535: 1 table frames", 65535, "grant: domain 65535: 1 table frames" },
	{ "(hv) grant: domain 65536: 1 table frames", -1, NULL },
	{ "(hv) domain 3: live", -1, NULL }, /* what a debug key lists */
	{ "(hv) d3: x", -1, NULL }, { "(hv) dv", -1, NULL }, { "(hv) d", -1, NULL }, { "(hv) ", -1, NULL }, { "(hv)", -1, NULL },
	{ "(hv) Domain 3", -1, NULL }, { "(hv) Domain  3: x", -1, NULL }, { "d3v0: x", -1, NULL }, { "", -1, NULL },
};

START_TEST(lines_of_the_hypervisor_have_a_domain_or_none)
{
	const char *text = NULL, *line = lines[_i].line;
	char *exact = malloc(strlen(line) + 1); /* not terminated: what is read beyond is found */

	memcpy(exact, line, strlen(line) + 1);
	exact = realloc(exact, strlen(line) ? strlen(line) : 1);
	ck_assert_int_eq(hvline_domain(exact, strlen(line), &text), lines[_i].domain);
	if (lines[_i].domain >= 0)
		ck_assert_mem_eq(text, lines[_i].text, strlen(lines[_i].text));
	free(exact);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("timeline");
	TCase *t = tcase_create("timeline");

	tcase_add_test(t, lines_are_in_order_of_time_and_of_coming);
	tcase_add_loop_test(t, moments_are_read_or_refused, 0, sizeof(moments) / sizeof(moments[0]));
	tcase_add_loop_test(t, lines_of_the_hypervisor_have_a_domain_or_none, 0, sizeof(lines) / sizeof(lines[0]));
	suite_add_tcase(s, t);
	return suite_run(s);
}
