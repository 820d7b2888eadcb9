/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fair share (hypervisor/sched/fair.c): order, credit of sleepers, weights, caps, yielding; and shares measured in a
 * simulated machine with one CPU, whose loop does what hypervisor/sched/core.c does.
 */
#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sched/fair.h"
#include "suite.h"

#define MS UINT64_C(1000000)
#define SLICE (5 * MS)

static struct fair_queue q;
static struct fair_group groups[8];
static struct fair_entity ents[8];

static void setup(void)
{
	fair_queue_init(&q);
	for (unsigned int i = 0; i < 8; i++) {
		fair_group_init(&groups[i]);
		fair_entity_init(&ents[i], &groups[i]);
	}
}

static struct fair_entity *pick(uint64_t now)
{
	uint64_t again;

	return fair_pick(&q, now, &again);
}

START_TEST(test_empty)
{
	uint64_t again = 1;

	ck_assert_ptr_null(fair_pick(&q, 0, &again));
	ck_assert_uint_eq(again, 0);
}
END_TEST

START_TEST(test_order_and_ties)
{
	ents[0].vtime = 30;
	ents[1].vtime = 10;
	ents[2].vtime = 20;
	ents[3].vtime = 10;
	for (int i = 0; i < 4; i++)
		fair_insert(&q, &ents[i], false);
	ck_assert_uint_eq(q.nr, 4);
	ck_assert_ptr_eq(pick(0), &ents[1]);
	ck_assert_ptr_eq(pick(0), &ents[3]);
	ck_assert_ptr_eq(pick(0), &ents[2]);
	ck_assert_ptr_eq(pick(0), &ents[0]);
	ck_assert_uint_eq(q.nr, 0);
	ck_assert(!ents[0].queued);
}
END_TEST

START_TEST(test_order_across_wrap)
{
	ents[0].vtime = 5;			/* after the wrap: later */
	ents[1].vtime = UINT64_MAX - 5;
	q.base = UINT64_MAX - 100;
	fair_insert(&q, &ents[0], false);
	fair_insert(&q, &ents[1], false);
	ck_assert_ptr_eq(pick(0), &ents[1]);
	ck_assert_ptr_eq(pick(0), &ents[0]);
}
END_TEST

START_TEST(test_remove_twice)
{
	fair_insert(&q, &ents[0], false);
	fair_remove(&q, &ents[0]);
	fair_remove(&q, &ents[0]);
	ck_assert_uint_eq(q.nr, 0);
	ck_assert_ptr_null(pick(0));
}
END_TEST

START_TEST(test_sleeper_credit_is_bounded)
{
	ents[0].vtime = 10000 * MS;
	fair_advance(&q, &ents[0]);
	fair_insert(&q, &ents[1], true);	/* slept since the beginning */
	ck_assert_uint_eq(ents[1].vtime, 10000 * MS - FAIR_WAKE_CREDIT);
	ck_assert(fair_preempts(&ents[1], &ents[0], MS, 0));
	fair_charge(&ents[1], FAIR_WAKE_CREDIT, 0);
	ck_assert(!fair_preempts(&ents[1], &ents[0], MS, 0));
}
END_TEST

START_TEST(test_short_sleep_gives_nothing)
{
	ents[0].vtime = 100 * MS;
	fair_advance(&q, &ents[0]);
	ents[1].vtime = 101 * MS;
	fair_insert(&q, &ents[1], true);
	ck_assert_uint_eq(ents[1].vtime, 101 * MS);
	ck_assert(!fair_preempts(&ents[1], &ents[0], 0, 0));
}
END_TEST

START_TEST(test_weight_scales_vtime)
{
	groups[0].weight = 512;
	groups[1].weight = 128;
	fair_charge(&ents[0], 8 * MS, 0);
	fair_charge(&ents[1], 8 * MS, 0);
	ck_assert_uint_eq(ents[0].vtime, 4 * MS);
	ck_assert_uint_eq(ents[1].vtime, 16 * MS);
}
END_TEST

START_TEST(test_yield_lets_first_go)
{
	ents[0].vtime = 10;
	ents[1].vtime = 50;
	ents[2].vtime = 70;
	fair_insert(&q, &ents[1], false);
	fair_insert(&q, &ents[2], false);
	fair_yield(&q, &ents[0]);
	fair_insert(&q, &ents[0], false);
	ck_assert_ptr_eq(pick(0), &ents[1]);
	ck_assert_ptr_eq(pick(0), &ents[0]);
	ck_assert_ptr_eq(pick(0), &ents[2]);
}
END_TEST

START_TEST(test_cap_passes_over_and_returns)
{
	uint64_t again;

	groups[0].cap = 50;			/* 5 ms of each 10 */
	ck_assert_uint_eq(fair_budget(&groups[0], 0), 5 * MS);
	fair_charge(&ents[0], 5 * MS, 5 * MS);
	ck_assert_uint_eq(fair_budget(&groups[0], 5 * MS), 0);
	fair_insert(&q, &ents[0], false);
	ck_assert_ptr_null(fair_pick(&q, 6 * MS, &again));
	ck_assert_uint_eq(again, 10 * MS);
	ck_assert_ptr_eq(fair_pick(&q, again, &again), &ents[0]);
}
END_TEST

START_TEST(test_cap_overdraft_is_paid_back)
{
	uint64_t again;

	groups[0].cap = 10;			/* 1 ms of each 10 */
	fair_charge(&ents[0], 5 * MS, 5 * MS / 2);	/* five periods' worth */
	fair_insert(&q, &ents[0], false);
	ck_assert_ptr_null(fair_pick(&q, 3 * MS, &again));
	ck_assert_uint_eq(again, 50 * MS);
	ck_assert_uint_eq(fair_budget(&groups[0], again - 1), 0);
	ck_assert_uint_gt(fair_budget(&groups[0], again), 0);
}
END_TEST

START_TEST(test_uncapped_runs_past_capped)
{
	groups[0].cap = 1;
	fair_charge(&ents[0], MS, MS);
	ents[0].vtime = 0;
	ents[1].vtime = 1000;
	fair_insert(&q, &ents[0], false);
	fair_insert(&q, &ents[1], false);
	ck_assert_ptr_eq(pick(2 * MS), &ents[1]);
	ck_assert(!fair_preempts(&ents[0], &ents[1], 0, 2 * MS));
}
END_TEST

/* One CPU, n vCPUs that never sleep, for the given time. run[] gets what each one had. */
static void simulate(unsigned int n, uint64_t until, uint64_t run[])
{
	struct fair_entity *e = NULL;
	uint64_t now = 0, again, len;

	memset(run, 0, n * sizeof(run[0]));
	for (unsigned int i = 0; i < n; i++)
		fair_insert(&q, &ents[i], true);
	while (now < until) {
		e = fair_pick(&q, now, &again);
		if (!e) {
			ck_assert_uint_gt(again, now);
			now = again;
			continue;
		}
		len = fair_budget(e->group, now);
		len = len < SLICE ? len : SLICE;
		now += len;
		run[e - ents] += len;
		fair_charge(e, len, now);
		fair_advance(&q, e);
		fair_insert(&q, e, false);
	}
}

START_TEST(test_shares_follow_weights)
{
	uint64_t run[3];

	groups[0].weight = 256;
	groups[1].weight = 512;
	groups[2].weight = 256;
	simulate(3, 10000 * MS, run);
	ck_assert_uint_le(llabs((long long)(run[0] - 2500 * MS)), (long long)(20 * MS));
	ck_assert_uint_le(llabs((long long)(run[1] - 5000 * MS)), (long long)(20 * MS));
	ck_assert_uint_le(llabs((long long)(run[2] - 2500 * MS)), (long long)(20 * MS));
}
END_TEST

START_TEST(test_cap_holds_alone_and_in_company)
{
	uint64_t run[2];

	groups[0].cap = 30;
	simulate(1, 10000 * MS, run);
	ck_assert_uint_le(llabs((long long)(run[0] - 3000 * MS)), (long long)(20 * MS));
	setup();
	groups[0].cap = 30;
	simulate(2, 10000 * MS, run);
	ck_assert_uint_le(run[0], 3020 * MS);
	ck_assert_uint_ge(run[0], 2900 * MS);
	ck_assert_uint_ge(run[1], 6900 * MS);
}
END_TEST

START_TEST(test_nobody_starves)
{
	uint64_t run[8];

	groups[0].weight = 65535;
	groups[7].weight = 1;
	simulate(8, 20000 * MS, run);
	for (int i = 0; i < 8; i++)
		ck_assert_uint_gt(run[i], 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sched");
	TCase *t = tcase_create("fair");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, test_empty);
	tcase_add_test(t, test_order_and_ties);
	tcase_add_test(t, test_order_across_wrap);
	tcase_add_test(t, test_remove_twice);
	tcase_add_test(t, test_sleeper_credit_is_bounded);
	tcase_add_test(t, test_short_sleep_gives_nothing);
	tcase_add_test(t, test_weight_scales_vtime);
	tcase_add_test(t, test_yield_lets_first_go);
	tcase_add_test(t, test_cap_passes_over_and_returns);
	tcase_add_test(t, test_cap_overdraft_is_paid_back);
	tcase_add_test(t, test_uncapped_runs_past_capped);
	tcase_add_test(t, test_shares_follow_weights);
	tcase_add_test(t, test_cap_holds_alone_and_in_company);
	tcase_add_test(t, test_nobody_starves);
	suite_add_tcase(s, t);
	return suite_run(s);
}
