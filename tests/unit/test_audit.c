/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The audit of all frames, unmodified, in the machine of mm_host/: a good machine has no faults, counted in one pass or
 * in several, and each kind of mistake is found and told.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <check.h>
#include "debug/log.h"
#include "debug/stack.h"
#include "domctl/audit.h"
#include "irq/pirq.h"
#include "mm_host/harness.h"
#include "sched/sched.h"
#include "time/clock.h"
#include "suite.h"

static char text[16384];
static unsigned int busy_rounds;	/* how often the vCPU of domain 1 is still found running */
static mfn_t table, data;

/* ---- what the audit calls beyond the harness ---- */

struct domain *domain_get_next(domid_t from)
{
	for (int i = 0; i < 2; i++)
		if (test_dom[i]->id >= from) {
			domain_ref(test_dom[i]);
			return test_dom[i];
		}
	return NULL;
}

void domain_unpause(struct domain *d) { d->pause_count--; }
void sched_sleep(struct vcpu *v) { v->running = v->domain == test_dom[1] && busy_rounds; }
struct page *pirq_eoi_page(const struct domain *d) { (void)d; return NULL; }
uint32_t stack_size(unsigned int stack) { (void)stack; return 16384; }
uint32_t stack_used(unsigned int cpu, unsigned int stack) { (void)cpu; (void)stack; return 1000; }
uint64_t system_time(void) { return 0; }

/* While domain 2 is being freed nobody finds it, but it still owns a page. */
static struct domain *freed;
static mfn_t freed_page;
static unsigned int freeing_rounds;
static uint32_t reaps;

bool domain_reaping_none(uint32_t *begun)
{
	if (freeing_rounds && !--freeing_rounds) {
		struct page *pg = mfn_to_page(freed_page);

		ck_assert_ptr_eq(pg->owner, freed);
		pg->owner = NULL;
		pg->count = 0;
		reaps++;
	}
	*begun = reaps;
	return !freeing_rounds;
}

static void capture(const char *line)
{
	size_t n = strlen(text);

	snprintf(text + n, sizeof(text) - n, "%s", line);
}

/* ---- the machine ---- */

static void setup(void)
{
	struct mmuext_op op = { .cmd = MMUEXT_PIN_L1_TABLE };

	machine_reset();
	busy_rounds = 0;
	as_domain(1);
	data = new_page(1);
	table = new_page(1);
	memset(words(table), 0, PAGE_SIZE);
	words(table)[0] = data << PAGE_SHIFT | PTE_P | PTE_RW | PTE_US;
	words(table)[511] = data << PAGE_SHIFT | PTE_P | PTE_US;
	op.arg1.mfn = table;
	ck_assert_int_eq(hcall(__HYPERVISOR_mmuext_op, (uint64_t)&op, 1, 0, DOMID_SELF, NULL), 0);
	as_domain(0);
	test_print = capture;
}

static const char *audit(void)
{
	uint64_t at = 0;
	unsigned int steps = 0;

	text[0] = '\0';
	while (audit_step(&at)) {
		ck_assert_uint_lt(++steps, 100000);
		if (busy_rounds && !--busy_rounds)
			test_dom[1]->vcpu[0]->running = false;
		/* Nobody may be left out or paused twice. */
		ck_assert_uint_le(test_dom[0]->pause_count, 1);
		ck_assert_uint_le(test_dom[1]->pause_count, 1);
	}
	ck_assert_uint_eq(test_dom[0]->pause_count, 0);
	ck_assert_uint_eq(test_dom[1]->pause_count, 0);
	ck_assert_uint_eq(test_dom[0]->refs, test_dom[0]->tot_pages ? 2 : 1);
	return text;
}

static void finds(const char *what)
{
	const char *said = audit();

	ck_assert_msg(strstr(said, what), "nothing says '%s' in:\n%s", what, said);
	ck_assert_msg(!strstr(said, " 0 faults"), "it calls that no fault:\n%s", said);
}

static void finds_nothing(void)
{
	const char *said = audit();

	ck_assert_msg(strstr(said, "2 domains: 0 faults\n") && !strstr(said, "FAULT"), "%s", said);
}

START_TEST(test_good)
{
	setup();
	finds_nothing();
	finds_nothing();
}
END_TEST

START_TEST(test_waits_for_vcpus)
{
	setup();
	busy_rounds = 50;
	finds_nothing();
	ck_assert_uint_eq(busy_rounds, 0);
}
END_TEST

START_TEST(test_waits_for_reaping)
{
	static struct domain gone;
	struct page *pg;

	setup();
	freed = &gone;
	freed_page = virt_to_mfn(hv_alloc_pages(0));
	pg = mfn_to_page(freed_page);
	pg->owner = freed;
	pg->count = 1;
	freeing_rounds = 5;
	finds_nothing();
	ck_assert_uint_eq(freeing_rounds, 0);
	ck_assert_ptr_null(pg->owner);
}
END_TEST

/* No two pages that lie together are free: the counters of all frames have no room in one piece. */
START_TEST(test_several_passes)
{
	static void *page[TEST_FRAMES];
	unsigned int n = 0, i;

	setup();
	while ((page[n] = hv_alloc_pages(0)) != NULL)
		n++;
	ck_assert_uint_gt(n, 100);
	for (i = 0; i < n; i++)
		if (virt_to_mfn(page[i]) % 2)
			hv_free_pages(page[i], 0);
	finds_nothing();
	mfn_to_page(data)->count++;
	finds("references and");
	mfn_to_page(data)->count--;
	finds_nothing();
}
END_TEST

START_TEST(test_no_memory)
{
	setup();
	while (hv_alloc_pages(0))
		;
	ck_assert_ptr_nonnull(strstr(audit(), "no memory for the counters"));
}
END_TEST

START_TEST(test_counts)
{
	setup();
	mfn_to_page(data)->count++;
	finds("references and");
	mfn_to_page(data)->count -= 2;
	finds("references and");
	mfn_to_page(data)->count++;
	mfn_to_page(data)->type++;
	finds("of the type exist");
	mfn_to_page(data)->type--;
	mfn_to_page(table)->type &= ~PGT_pinned;
	finds("references and");
	mfn_to_page(table)->type |= PGT_pinned;
	test_dom[1]->tot_pages++;
	finds("domain 1: has 2 pages, is charged for 3");
	test_dom[1]->tot_pages--;
	finds_nothing();
}
END_TEST

/* What a hole in the checks of entries would lead to. */
START_TEST(test_entries)
{
	uint64_t *entry;

	setup();
	entry = &words(table)[7];
	*entry = table << PAGE_SHIFT | PTE_P | PTE_RW | PTE_US;
	finds("leads to a frame of type");
	*entry = data << PAGE_SHIFT | PTE_P;
	finds("is a supervisor entry");
	*entry = 0;
	mfn_to_page(table)->type &= ~PGT_validated;
	finds("neither valid nor on the way");
	mfn_to_page(table)->type |= PGT_validated;
	finds_nothing();
}
END_TEST

/* One that the audit's own memory does not come from: inside the largest free block, away from its ends. */
static struct page *free_page(void)
{
	struct page *best = NULL;

	for (mfn_t m = FIRST_RAM; m < TEST_FRAMES; m++) {
		struct page *pg = mfn_to_page(m);

		if (pg->flags & PG_FREE && (!best || pg->order > best->order))
			best = pg;
	}
	ck_assert(best && best->order >= 5);
	return best + 3 * (1u << best->order) / 8;
}

START_TEST(test_owners)
{
	struct domain *owner, gone = { .id = 77 };
	struct page *pg;

	setup();
	pg = mfn_to_page(data);
	owner = pg->owner;
	pg->owner = &gone;
	finds("no such owner");
	pg->owner = owner;
	pg = free_page();
	pg->owner = test_dom[0];
	finds("is free, but has an owner");
	pg->owner = NULL;
	finds_nothing();
}
END_TEST

START_TEST(test_descriptors)
{
	mfn_t mfn;

	setup();
	mfn = new_page(1);
	memset(words(mfn), 0, PAGE_SIZE);
	ck_assert_int_eq(page_get_and_type(mfn_to_page(mfn), test_dom[1], PGT_seg_desc), 0);
	words(mfn)[3] = 0x00af9b000000ffff;	/* code of ring 0 */
	finds("descriptor 3:");
	words(mfn)[3] = 0;
	/* The test's own hold on the page is one that nobody can explain. */
	finds("references and");
	page_put_and_type(mfn_to_page(mfn));
	finds_nothing();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("audit of frames");
	TCase *tc = tcase_create("all");

	tcase_add_test(tc, test_good);
	tcase_add_test(tc, test_waits_for_vcpus);
	tcase_add_test(tc, test_waits_for_reaping);
	tcase_add_test(tc, test_several_passes);
	tcase_add_test(tc, test_no_memory);
	tcase_add_test(tc, test_counts);
	tcase_add_test(tc, test_entries);
	tcase_add_test(tc, test_owners);
	tcase_add_test(tc, test_descriptors);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
