/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The scheduler on several CPUs (queue.c, balance.c, fair.c of hypervisor/sched, unmodified) in a simulated machine: time
 * goes by in steps of 100 us; a CPU chooses anew when its slice ends or somebody asks it to. What is checked is
 * what domains get: shares by weight, no idle CPU beside one that waits, affinity, a sleeper's latency.
 */
#include <check.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/smp.h"
#include "sched/internal.h"
#include "suite.h"

#define STEP	UINT64_C(100000)
#define SECOND	UINT64_C(1000000000)
#define MAX_SIM_CPUS 8
#define MAX_SIM_VCPUS 40

static struct runqueue queues[MAX_SIM_CPUS];
static struct vcpu idle[MAX_SIM_CPUS], vcpus[MAX_SIM_VCPUS];
static struct domain domains[MAX_SIM_VCPUS];
static uint64_t ran[MAX_SIM_VCPUS], now, idle_while_waiting;
static bool asked[MAX_SIM_CPUS];
static unsigned int nr_cpus, nr_vcpus;

/* ---- what the modules use ---- */

unsigned int smp_nr_cpus(void) { return nr_cpus; }
struct runqueue *sched_queue(unsigned int cpu) { return &queues[cpu]; }
uint64_t sched_slice_ns(void) { return 5000000; }
uint32_t sched_ratelimit_us(void) { return 1000; }
void sched_reschedule(const struct runqueue *rq) { asked[rq->cpu] = true; }
bool sched_runnable(const struct vcpu *v) { return !v->blocked; }
void runstate_update(struct vcpu *v, int state) { v->runstate.state = state; }
int runstate_of_waiting(const struct vcpu *v) { return v->blocked ? RUNSTATE_blocked : RUNSTATE_runnable; }
void runstate_count_wait(struct vcpu *v, uint64_t at) { (void)v, (void)at; }
bool timer_active(const struct timer *t) { return t->active; }
void timer_set(struct timer *t, uint64_t expires) { t->active = true; t->expires = expires; }
void timer_stop(struct timer *t) { t->active = false; }

/* ---- the machine ---- */

static void machine(unsigned int cpus)
{
	memset(queues, 0, sizeof(queues));
	memset(idle, 0, sizeof(idle));
	memset(asked, 0, sizeof(asked));
	nr_cpus = cpus;
	nr_vcpus = 0;
	now = SECOND;
	idle_while_waiting = 0;
	for (unsigned int i = 0; i < cpus; i++) {
		queues[i].cpu = i;
		fair_queue_init(&queues[i].fair);
		idle[i].idle = idle[i].running = true;
		idle[i].cpu = i;
		queues[i].idle = queues[i].running = &idle[i];
		balance_set_idle(i, true);
	}
	for (unsigned int i = cpus; i < MAX_SIM_CPUS; i++)
		balance_set_idle(i, false);
}

/* As sched_wake(). */
static void wake(struct vcpu *v)
{
	v->blocked = false;
	if (v->running || v->sched.fair.queued)
		return;
	v->cpu = balance_place(v)->cpu;
	queue_add_woken(&queues[v->cpu], v, now);
}

static unsigned int add(uint16_t weight, uint64_t hard)
{
	unsigned int i = nr_vcpus++;
	struct vcpu *v = &vcpus[i];

	memset(v, 0, sizeof(*v));
	memset(&domains[i], 0, sizeof(domains[i]));
	fair_group_init(&domains[i].sched);
	fair_group_set(&domains[i].sched, weight, 0, now);
	v->domain = &domains[i];
	fair_entity_init(&v->sched.fair, &domains[i].sched);
	v->sched.hard[0] = v->sched.soft[0] = hard;
	v->cpu = (unsigned int)__builtin_ctzll(hard);
	ran[i] = 0;
	wake(v);
	return i;
}

/* As sched_run(): the registers are saved before anybody else runs. */
static void run_cpu(unsigned int cpu)
{
	struct runqueue *rq = &queues[cpu];
	struct vcpu *prev = rq->running, *next;
	int taker;

	asked[cpu] = false;
	next = queue_choose(rq, now);
	if (next != prev)
		prev->running = false;
	taker = rq->waiting ? balance_offer(rq, now) : -1;
	if (taker >= 0)
		asked[taker] = true;
}

static void simulate(uint64_t ns)
{
	bool waits, idles;

	for (uint64_t end = now + ns; now < end; now += STEP) {
		for (unsigned int c = 0; c < nr_cpus; c++) {
			struct timer *slice = &queues[c].slice;

			if (slice->active && slice->expires <= now) {
				slice->active = false;
				asked[c] = true;
			}
			if (asked[c])
				run_cpu(c);
		}
		waits = idles = false;
		for (unsigned int c = 0; c < nr_cpus; c++) {
			struct vcpu *v = queues[c].running;

			waits |= queues[c].waiting;
			idles |= v->idle;
			if (!v->idle)
				ran[v - vcpus] += STEP;
		}
		idle_while_waiting += waits && idles;
	}
}

/* Everybody's share of what all got is within percent of its weight. */
static void check_shares(unsigned int percent)
{
	uint64_t weights = 0, total = 0;

	for (unsigned int i = 0; i < nr_vcpus; i++) {
		weights += domains[i].sched.weight;
		total += ran[i];
	}
	for (unsigned int i = 0; i < nr_vcpus; i++) {
		uint64_t want = total * domains[i].sched.weight / weights;

		ck_assert_msg(llabs((int64_t)(ran[i] - want)) * 100 <= (int64_t)(want * percent),
			      "vCPU %u of weight %u ran %llu ms, its share is %llu ms", i, domains[i].sched.weight,
			      (unsigned long long)(ran[i] / 1000000), (unsigned long long)(want / 1000000));
	}
}

/* ---- the tests ---- */

START_TEST(test_one_each)
{
	machine(4);
	for (int i = 0; i < 4; i++)
		add(256, 0xff);
	simulate(SECOND);
	check_shares(1);
	ck_assert_uint_eq(ran[0] + ran[1] + ran[2] + ran[3], 4 * SECOND);
}
END_TEST

START_TEST(test_three_on_two)
{
	machine(2);
	for (int i = 0; i < 3; i++)
		add(256, 0xff);
	simulate(10 * SECOND);
	check_shares(3);
	ck_assert_uint_eq(idle_while_waiting, 0);
}
END_TEST

/* Whoever ran alone was never charged, looked as if he stood still, and kept his CPU. */
START_TEST(test_who_runs_alone_is_charged)
{
	machine(2);
	add(256, 0xff);
	add(256, 0xff);
	add(512, 0xff);
	add(512, 0xff);
	simulate(10 * SECOND);
	check_shares(3);
}
END_TEST

START_TEST(test_twenty_on_some)
{
	static const uint16_t weight[] = { 128, 256, 384, 512 };

	machine((unsigned int)_i);
	for (unsigned int i = 0; i < 20; i++)
		add(weight[i % 4], 0xff);
	simulate(10 * SECOND);
	check_shares(3);
	ck_assert_uint_lt(idle_while_waiting, 10);
}
END_TEST

/* One that can not use its share gets a whole CPU; the others share the rest by their weights. */
START_TEST(test_more_than_a_cpu_can_not_be_used)
{
	machine(2);
	add(4096, 0xff);
	add(256, 0xff);
	add(512, 0xff);
	simulate(10 * SECOND);
	ck_assert_uint_gt(ran[0], 98 * SECOND / 10);
	ck_assert_uint_gt(ran[2] * 100, ran[1] * 190);
	ck_assert_uint_lt(ran[2] * 100, ran[1] * 210);
}
END_TEST

START_TEST(test_affinity)
{
	machine(2);
	add(256, 1);
	add(512, 1);
	add(1, 2);		/* races ahead in virtual time, and is nobody's business */
	simulate(10 * SECOND);
	ck_assert_uint_eq(ran[2], 10 * SECOND);
	ck_assert_uint_gt(ran[1] * 100, ran[0] * 195);
	ck_assert_uint_lt(ran[1] * 100, ran[0] * 205);
	/* What they did before does not count when they meet. */
	for (int i = 0; i < 3; i++)
		vcpus[i].sched.hard[0] = 3;
	fair_group_set(&domains[2].sched, 256, 0, now);
	memset(ran, 0, sizeof(ran));
	simulate(10 * SECOND);
	check_shares(4);
}
END_TEST

/* One that sleeps most of the time does not wait for the others' slices. */
START_TEST(test_sleeper)
{
	uint64_t worst = 0, since;
	struct vcpu *v;

	machine(2);
	for (int i = 0; i < 19; i++)
		add(256, 0xff);
	v = &vcpus[add(256, 0xff)];
	simulate(SECOND);
	for (int i = 0; i < 500; i++) {
		v->blocked = true;
		for (unsigned int c = 0; c < nr_cpus; c++)
			if (queues[c].running == v)
				asked[c] = true;
		if (v->sched.fair.queued)
			fair_remove(&queues[v->cpu].fair, &v->sched.fair);
		simulate(10000000);
		ck_assert(!v->running && !v->sched.fair.queued);
		wake(v);
		for (since = now; !v->running; )
			simulate(STEP);
		/* At first it pays for the time it was as busy as the others. */
		if (i >= 20 && now - since > worst)
			worst = now - since;
		simulate(300000);
	}
	ck_assert_uint_le(worst, 1000000);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("balance");
	TCase *t = tcase_create("all");

	tcase_add_test(t, test_one_each);
	tcase_add_test(t, test_three_on_two);
	tcase_add_test(t, test_who_runs_alone_is_charged);
	tcase_add_loop_test(t, test_twenty_on_some, 1, MAX_SIM_CPUS + 1);
	tcase_add_test(t, test_more_than_a_cpu_can_not_be_used);
	tcase_add_test(t, test_affinity);
	tcase_add_test(t, test_sleeper);
	suite_add_tcase(s, t);
	return suite_run(s);
}
