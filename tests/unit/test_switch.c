/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The context switch (hypervisor/sched/core.c, unmodified): what a CPU still uses when it says that a vCPU does not run any
 * more. Others act on that word at once: they take the vCPU's tables apart, or run it elsewhere.
 */
#include <check.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "asm/atomic.h"
#include "boot/cmdline.h"
#include "cpu/cpu.h"
#include "cpu/smp.h"
#include "debug/log.h"
#include "domain/domain.h"
#include "evtchn/evtchn.h"
#include "mm/mm.h"
#include "pv/pv.h"
#include "sched/fair.h"
#include "sched/internal.h"
#include "sched/sched.h"
#include "time/clock.h"
#include "time/timer.h"
#include "suite.h"

__thread struct cpu_info test_cpu;
__thread struct vcpu *test_current;
struct options options;
struct domain *dom_idle;

static struct domain domain, idle_domain;
static struct vcpu vcpu[2];
static struct vcpu *chosen;
static const struct vcpu *root_of, *descriptors_of;	/* whose tables the CPU uses */
static bool saved;
static unsigned int loads;
static bool forbidden;		/* CPU 0, for vCPU 1 */
static unsigned int relaxed;
static int woken_on = -1;	/* the CPU whose queue somebody was put into last */

/* Nobody whose tables are in use may be said not to run. */
static void look(void)
{
	ck_assert(!root_of || atomic_load(&root_of->running));
	ck_assert(!descriptors_of || atomic_load(&descriptors_of->running));
}

/* ---- the CPU ---- */

void mm_load_vcpu(struct vcpu *v)
{
	look();
	root_of = v;
}

void desc_leave_window(void) { }
void domain_ref(struct domain *d) { (void)d; }
void domain_put(struct domain *d) { (void)d; }

void desc_load_vcpu(struct vcpu *v)
{
	look();
	descriptors_of = v;
}

void pv_context_save(struct vcpu *v)
{
	look();
	ck_assert_ptr_eq(root_of, v);
	saved = true;
}

void xstate_save(struct vcpu *v) { ck_assert(v->running); }
void xstate_restore(struct vcpu *v) { ck_assert_ptr_eq(root_of, v); }

void pv_context_load(struct vcpu *v)
{
	look();
	ck_assert_ptr_eq(root_of, v);
	ck_assert_ptr_eq(descriptors_of, v);
	loads++;
}

void sched_with_kernel_tables(struct vcpu *v, void (*fn)(struct vcpu *))
{
	look();
	fn(v);
}

/* ---- the rest of the scheduler ---- */

struct vcpu *queue_choose(struct runqueue *rq, uint64_t now)
{
	(void)now;
	rq->running = chosen;
	chosen->running = true;
	saved = false;
	return chosen;
}

/* cpu 0 may be forbidden. */
bool balance_allowed(const struct vcpu *v, unsigned int cpu)
{
	(void)v;
	return cpu != 0 || !forbidden;
}

/* Who is placed is free by then. */
struct runqueue *balance_place(const struct vcpu *v)
{
	look();
	ck_assert(!v->running && saved);
	return sched_queue(forbidden ? 1 : v->cpu);
}

/* The other CPU, which saves the registers of vCPU 1, comes a step further. */
void smp_relax(void)
{
	if (relaxed++ == 3) {
		saved = true;
		atomic_store(&vcpu[1].running, false);
	}
}

int balance_offer(struct runqueue *rq, uint64_t now) { (void)rq, (void)now; return -1; }
void balance_set_idle(unsigned int cpu, bool idle) { (void)cpu, (void)idle; }
void queue_add_woken(struct runqueue *rq, struct vcpu *v, uint64_t now)
{
	(void)now;
	ck_assert(!v->running || !forbidden);
	woken_on = (int)rq->cpu;
	v->sched.fair.queued = true;
}
void sched_publish_hints(struct runqueue *rq, uint64_t now) { (void)rq, (void)now; }
void sched_publish_runstate(struct vcpu *v) { ck_assert_ptr_eq(root_of, v); }
uint64_t sched_cpu_time(const struct vcpu *v) { (void)v; return 0; }
void runstate_update(struct vcpu *v, int state) { (void)v, (void)state; }
int runstate_of_waiting(const struct vcpu *v) { (void)v; return 0; }
void runstate_count_wait(struct vcpu *v, uint64_t now) { (void)v, (void)now; }
void fair_entity_init(struct fair_entity *e, struct fair_group *g) { (void)e, (void)g; }
void fair_queue_init(struct fair_queue *q) { (void)q; }
void fair_remove(struct fair_queue *q, struct fair_entity *e) { (void)q, e->queued = false; }
void fair_group_set(struct fair_group *g, uint16_t weight, uint16_t cap, uint64_t now) { (void)g, (void)weight, (void)cap, (void)now; }

/* ---- others ---- */

void *hv_alloc(size_t n) { return calloc(1, n); }
void panic(const char *fmt, ...) { ck_abort_msg("%s", fmt); }
uint64_t system_time(void) { return 0; }
void timer_init(struct timer *t, void (*fn)(void *), void *arg) { (void)t, (void)fn, (void)arg; }
void timer_stop(struct timer *t) { (void)t; }
void timer_kill(struct timer *t) { (void)t; }
void timer_bring(struct timer *t) { (void)t; }
void vtime_init_cpu(void) {}
void vtime_switched_in(struct vcpu *v) { ck_assert_ptr_eq(root_of, v); }
void vtime_vcpu_moved(struct vcpu *v) { (void)v; }
bool evtchn_upcall_pending(const struct vcpu *v) { (void)v; return false; }
unsigned int smp_nr_cpus(void) { return forbidden ? 2 : 1; }
void test_raise_work(uint32_t bits) { (void)bits; }
void smp_kick(unsigned int cpu) { (void)cpu; }
void smp_raise_work(unsigned int cpu, uint32_t bits) { (void)cpu, (void)bits; }

static void setup(void)
{
	dom_idle = &idle_domain;
	domain.max_vcpus = 2;
	sched_init();
	root_of = descriptors_of = current;
	for (unsigned int i = 0; i < 2; i++) {
		vcpu[i].id = i;
		vcpu[i].domain = &domain;
		vcpu[i].kernel_mode = true;
		vcpu[i].runstate_va = 0x1000;
	}
}

static void run(struct vcpu *v)
{
	struct vcpu *before = current;

	chosen = v;
	sched_run();
	look();
	ck_assert_ptr_eq(current, v);
	ck_assert_ptr_eq(root_of, v);
	ck_assert_ptr_eq(descriptors_of, v);
	ck_assert(before == v || !before->running);
	ck_assert(before == v || before->idle || saved);
}

START_TEST(test_free_only_off_its_tables)
{
	struct vcpu *idle = current;

	run(&vcpu[0]);
	run(&vcpu[1]);
	run(&vcpu[1]);
	run(idle);
	run(&vcpu[0]);
	ck_assert_uint_eq(loads, 3);
}
END_TEST

/* vCPU 1 has been put out on CPU 0, is queued there, and its registers are being saved when it may not run there any more. */
START_TEST(test_affinity_while_saved)
{
	const uint64_t other[MAX_CPUS / 64] = { 2 };
	struct vcpu *v = &vcpu[1];

	v->initialised = v->online = true;
	v->running = true;
	v->sched.fair.queued = true;
	forbidden = true;
	sched_queue(1)->cpu = 1;
	ck_assert_int_eq(sched_set_affinity(v, other, NULL), 0);
	ck_assert_uint_gt(relaxed, 3);
	ck_assert_int_eq(woken_on, 1);
	ck_assert_uint_eq(v->cpu, 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("switch");
	TCase *tc = tcase_create("switch");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, test_free_only_off_its_tables);
	tcase_add_test(tc, test_affinity_while_saved);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
