/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_plan.c
 *
 * What a description costs, as far as it tells that itself.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/adjust.h"
#include "domain/plan.h"
#include "suite.h"

static struct domain_config *parse(const char *devices, unsigned int vcpus)
{
	static struct diag_list diags;
	struct domain_config *cfg;
	char text[2048];

	snprintf(text, sizeof(text), "<domain type='xen'><name>x</name><memory unit='MiB'>64</memory><vcpu>%u</vcpu><os><type>linux</type>"
		 "<kernel>/bin/sh</kernel></os><devices>%s</devices></domain>", vcpus, devices);
	cfg = domain_config_parse("test.xml", text, strlen(text), &diags);
	ck_assert_msg(cfg != NULL, "%s", diags.kept ? diags.item[0].text : "?");
	return cfg;
}

#define DISK(dev, more) "<disk type='file'><source file='/nonexistent/" dev ".img'/><target dev='" dev "'/>" more "</disk>"
#define CARD(br, more)  "<interface type='bridge'><source bridge='" br "'/>" more "</interface>"

START_TEST(the_least)
{
	struct domain_config *cfg = parse("", 1);
	struct plan p;

	plan_price(cfg, &p);
	ck_assert_uint_eq(p.start, 65536);
	ck_assert_uint_eq(p.ports, 1);
	ck_assert_uint_eq(p.grants, 1);
	ck_assert_uint_eq(p.processes, 1);
	ck_assert_uint_eq(p.nr_files, 1);
	ck_assert(p.file[0].has_size && p.file[0].bytes > 0 && !p.file[0].writes);
	ck_assert_uint_eq(p.nr_bridges, 0);
	ck_assert_uint_gt(p.nodes, 20);
	domain_config_free(cfg);
}
END_TEST

START_TEST(devices_cost)
{
	struct domain_config *least = parse("", 2), *cfg;
	struct plan p, q;

	plan_price(least, &p);
	cfg = parse(DISK("xvda", "") DISK("xvdb", "<readonly/>") CARD("br0", "") CARD("br0", "<driver queues='3'/>") CARD("br1", "")
		    "<interface type='ethernet'/><console type='pty'/>", 2);
	plan_price(cfg, &q);
	ck_assert_uint_eq(q.ports, p.ports + 1 + 2 * 2 + 2 * (1 + 3 + 1 + 1));
	ck_assert_uint_eq(q.processes, 1 + 2 + 4);
	ck_assert_uint_eq(q.nr_files, 3);
	ck_assert(q.file[1].writes && !q.file[2].writes && !q.file[1].has_size);
	ck_assert_uint_eq(q.nr_bridges, 2);
	ck_assert_str_eq(q.bridge[0].name, "br0");
	ck_assert_uint_eq(q.bridge[0].cards, 2);
	ck_assert(!q.bridge[0].exists);
	ck_assert_uint_gt(q.nodes, p.nodes + 6 * 10);
	domain_config_free(cfg);
	domain_config_free(least);
}
END_TEST

/* As many as there can be fit. */
START_TEST(the_most)
{
	static char devices[16384], text[20000];
	static struct diag_list diags;
	struct domain_config *cfg;
	struct plan p;

	for (unsigned int i = 0; i < DOMAIN_DISKS_MAX; i++)
		sprintf(devices + strlen(devices), "<disk type='file'><source file='/d%u'/><target dev='xvd%c'/></disk>", i, 'a' + (char)i);
	for (unsigned int i = 0; i < DOMAIN_CARDS_MAX; i++)
		sprintf(devices + strlen(devices), "<interface type='bridge'><source bridge='b%u'/><driver queues='8'/></interface>", i);
	snprintf(text, sizeof(text), "<domain type='xen'><name>x</name><memory unit='MiB'>64</memory><vcpu>32</vcpu><os><type>linux</type>"
		 "<kernel>/k</kernel><initrd>/i</initrd></os><devices>%s<console type='pty'/></devices></domain>", devices);
	cfg = domain_config_parse("test.xml", text, strlen(text), &diags);
	ck_assert_msg(cfg != NULL, "%s", diags.kept ? diags.item[0].text : "?");
	plan_price(cfg, &p);
	ck_assert_uint_eq(p.nr_files, PLAN_FILES_MAX);
	ck_assert_uint_eq(p.nr_bridges, DOMAIN_CARDS_MAX);
	ck_assert_uint_eq(p.ports, 2 + 16 * 8 + 8 * 16);
	domain_config_free(cfg);
}
END_TEST

/* What a guest needs grows with what it was made for, and is never more than that. */
START_TEST(starving)
{
	uint64_t last = 0;

	for (uint64_t max = 4096; max < UINT64_C(1) << 40; max += max / 3) {
		uint64_t floor = memory_floor(max);

		ck_assert_uint_le(floor, max);
		ck_assert_uint_ge(floor, last);
		ck_assert(max <= 24576 || floor > max / 56);
		last = floor;
	}
	ck_assert_uint_eq(memory_floor(4096), 4096);
	ck_assert_uint_lt(memory_floor(262144), 65536);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("plan");
	TCase *t = tcase_create("plan");

	tcase_add_test(t, the_least);
	tcase_add_test(t, devices_cost);
	tcase_add_test(t, the_most);
	tcase_add_test(t, starving);
	suite_add_tcase(s, t);
	return suite_run(s);
}
