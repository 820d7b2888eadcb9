/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who runs on this CPU: the run queue, waking and sleeping, the context switch. The order itself is fair.c's.
 *
 * A vCPU is runnable when nothing holds it: it has a context, is online, neither blocked nor polling, and neither it nor
 * its domain is paused. Flags change first, then sched_wake() or sched_sleep() make the queue agree; both
 * may be called when nothing changed. A vCPU is in the queue, or running, or neither.
 *
 * sched_run() is reached only from the way back to a guest (cpu/exit.c), when all that the guest can see is in
 * guest_regs. There is one stack a CPU, so a switch is an exchange of data: save the old one's registers, segments and
 * extended state; load the new one's page tables, descriptor tables and state.
 *
 * A slice's timer is armed only while somebody waits: a guest that is alone is not interrupted.
 * Everything in struct runqueue, and what is marked s in struct vcpu and struct domain, is under its lock.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <abi/errno.h>
#include <abi/vcpu.h>
#include "asm/barrier.h"
#include "asm/msr.h"
#include "boot/cmdline.h"
#include "cpu/cpu.h"
#include "debug/log.h"
#include "domain/domain.h"
#include "evtchn/evtchn.h"
#include "lib/list.h"
#include "lib/lock.h"
#include "lib/util.h"
#include "mm/mm.h"
#include "pv/pv.h"
#include "pv/vectors.h"
#include "sched/fair.h"
#include "sched/sched.h"
#include "time/clock.h"
#include "time/timer.h"

#define SLICE_DEFAULT_US	5000u
#define RATELIMIT_DEFAULT_US	1000u
#define RATELIMIT_MAX_US	500000u		/* the longest that pv-abi's tools accept */

struct runqueue {
	struct spinlock lock;
	struct fair_queue fair;
	struct vcpu *running;		/* never NULL once the CPU is up; may be the idle vCPU */
	struct vcpu *idle;
	struct timer slice;		/* end of a slice, or of a cap's period */
};

static struct runqueue queues[MAX_CPUS];
static unsigned int nr_cpus;
static uint32_t ratelimit_us = RATELIMIT_DEFAULT_US;

static struct runqueue *queue_of(const struct vcpu *v)
{
	return &queues[v->cpu];
}

static struct vcpu *vcpu_of(struct fair_entity *e)
{
	return container_of(e, struct vcpu, sched.fair);
}

unsigned int sched_nr_cpus(void)
{
	return nr_cpus;
}

uint32_t sched_ratelimit_us(void)
{
	return ratelimit_us;
}

int sched_set_ratelimit_us(uint32_t us)
{
	if (us > RATELIMIT_MAX_US)
		return -XEN_EINVAL;
	ratelimit_us = us;
	return 0;
}

bool sched_runnable(const struct vcpu *v)
{
	return v->initialised && v->online && !v->blocked && !v->polling &&
	       !READ_ONCE(v->pause_count) && !READ_ONCE(v->domain->pause_count);
}

/* ---- run states ---------------------------------------------------------------------------------- */

void runstate_update(struct vcpu *v, int state)
{
	uint64_t now = system_time();

	if (v->runstate.state == state)
		return;
	if (now > v->runstate.state_entry_time)
		v->runstate.time[v->runstate.state] += now - v->runstate.state_entry_time;
	v->runstate.state_entry_time = now;
	v->runstate.state = state;
}

static int state_of_waiting(const struct vcpu *v)
{
	if (sched_runnable(v))
		return RUNSTATE_runnable;
	return v->initialised && v->online && (v->blocked || v->polling) ? RUNSTATE_blocked : RUNSTATE_offline;
}

uint64_t sched_cpu_time(const struct vcpu *v)
{
	uint64_t t = v->runstate.time[RUNSTATE_running], entry = v->runstate.state_entry_time, now;

	if (v->runstate.state != RUNSTATE_running)
		return t;
	now = system_time();
	return now > entry ? t + now - entry : t;
}

void sched_with_kernel_tables(struct vcpu *v, void (*fn)(struct vcpu *))
{
	if (v->kernel_mode) {
		fn(v);
		return;
	}
	v->kernel_mode = true;
	mm_load_vcpu(v);
	fn(v);
	v->kernel_mode = false;
	mm_load_vcpu(v);
}

/* v is current. With the assist runstate_update_flag a reader on another vCPU sees when a copy is under way. */
void sched_publish_runstate(struct vcpu *v)
{
	struct vcpu_runstate_info copy = v->runstate;
	uint64_t entry_va = v->runstate_va + offsetof(struct vcpu_runstate_info, state_entry_time);
	bool flag = v->domain->vm_assist & (1u << VMASST_TYPE_runstate_update_flag);

	if (!v->runstate_va)
		return;
	if (flag) {
		copy.state_entry_time |= XEN_RUNSTATE_UPDATE;
		if (copy_to_guest(entry_va, &copy.state_entry_time, sizeof(copy.state_entry_time)))
			return;
		smp_wmb();
	}
	/* An area that is not mapped now is the guest's own loss: it is written again at the next switch. */
	if (copy_to_guest(v->runstate_va, &copy, sizeof(copy)) || !flag)
		return;
	smp_wmb();
	copy.state_entry_time &= ~XEN_RUNSTATE_UPDATE;
	(void)copy_to_guest(entry_va, &copy.state_entry_time, sizeof(copy.state_entry_time));
}

/* ---- the queue ----------------------------------------------------------------------------------- */

/* Runs on the queue's CPU; elsewhere it would be an interrupt to that CPU. */
static void reschedule(const struct runqueue *rq)
{
	if (rq == &queues[this_cpu()->cpu])
		cpu_raise_work(WORK_RESCHED);
}

static void slice_over(void *arg)
{
	reschedule(arg);
}

static uint64_t slice_ns(void)
{
	return (options.sched_slice_us ? options.sched_slice_us : SLICE_DEFAULT_US) * 1000UL;
}

static void charge(struct runqueue *rq, uint64_t now)
{
	struct vcpu *v = rq->running;

	if (!v->idle && now > v->sched.charged) {
		fair_charge(&v->sched.fair, now - v->sched.charged, now);
		fair_advance(&rq->fair, &v->sched.fair);
	}
	v->sched.charged = now;
}

/* Ends the running vCPU's turn when its slice, its cap's budget or another one's pause by a cap ends. */
static void arm_slice(struct runqueue *rq, uint64_t now, uint64_t again)
{
	struct vcpu *v = rq->running;
	uint64_t at = again;

	if (!v->idle) {
		uint64_t budget = fair_budget(&v->domain->sched, now);
		uint64_t run = rq->fair.nr ? MIN(budget, slice_ns()) : budget;

		if (run != ~0UL && (!at || now + run < at))
			at = now + run;
	}
	if (at)
		timer_set(&rq->slice, at);
	else
		timer_stop(&rq->slice);
}

void sched_wake(struct vcpu *v)
{
	struct runqueue *rq = queue_of(v);
	uint64_t now = system_time();

	spin_lock(&rq->lock);
	if (!v->idle && !v->running && !v->sched.fair.queued && sched_runnable(v)) {
		charge(rq, now);
		fair_insert(&rq->fair, &v->sched.fair, true);
		runstate_update(v, RUNSTATE_runnable);
		if (rq->running->idle ||
		    fair_preempts(&v->sched.fair, &rq->running->sched.fair, ratelimit_us * 1000UL, now))
			reschedule(rq);
		else if (!timer_active(&rq->slice) || rq->slice.expires > now + slice_ns())
			timer_set(&rq->slice, now + slice_ns());
	}
	spin_unlock(&rq->lock);
}

void sched_sleep(struct vcpu *v)
{
	struct runqueue *rq = queue_of(v);

	spin_lock(&rq->lock);
	fair_remove(&rq->fair, &v->sched.fair);
	if (v->running)
		reschedule(rq);
	else if (!v->idle)
		runstate_update(v, state_of_waiting(v));
	spin_unlock(&rq->lock);
}

void sched_sleep_sync(struct vcpu *v)
{
	sched_sleep(v);
	while (v != current && __atomic_load_n(&v->running, __ATOMIC_ACQUIRE))
		cpu_relax();
}

/* ---- the switch ---------------------------------------------------------------------------------- */

/* Others of its domain may look whether v runs; when there are none, nobody can. */
static void publish_out(struct vcpu *v)
{
	if (v->runstate_va && v->domain->max_vcpus > 1)
		sched_with_kernel_tables(v, sched_publish_runstate);
}

static void context_save(struct vcpu *v)
{
	if (v->idle)
		return;
	publish_out(v);
	v->regs = *guest_regs();
	pv_context_save(v);
	xstate_save(v);
}

static void publish_in(struct vcpu *v)
{
	vtime_update(v);
	sched_publish_runstate(v);
}

/* Everything that is written to v's own memory is written through its kernel's tables, before those of its user mode
 * are loaded. */
static void context_load(struct vcpu *v)
{
	current = v;
	mm_load_vcpu(v);
	desc_load_vcpu(v);
	if (v->idle)
		return;
	*guest_regs() = v->regs;
	sched_with_kernel_tables(v, publish_in);
	xstate_restore(v);
	pv_context_load(v);
}

static struct vcpu *choose(struct runqueue *rq, uint64_t now)
{
	struct vcpu *prev = rq->running, *next;
	struct fair_entity *e;
	uint64_t again;

	charge(rq, now);
	if (!prev->idle && sched_runnable(prev)) {
		if (prev->sched.yielded)
			fair_yield(&rq->fair, &prev->sched.fair);
		fair_insert(&rq->fair, &prev->sched.fair, false);
	}
	prev->sched.yielded = false;
	e = fair_pick(&rq->fair, now, &again);
	next = e ? vcpu_of(e) : rq->idle;
	next->sched.charged = now;
	rq->running = next;
	if (next != prev) {
		runstate_update(prev, prev->idle ? RUNSTATE_runnable : state_of_waiting(prev));
		runstate_update(next, RUNSTATE_running);
		next->running = true;
	}
	arm_slice(rq, now, again);
	return next;
}

void sched_run(void)
{
	struct runqueue *rq = &queues[this_cpu()->cpu];
	struct vcpu *prev = rq->running, *next;

	spin_lock(&rq->lock);
	next = choose(rq, system_time());
	spin_unlock(&rq->lock);
	if (next == prev)
		return;
	context_save(prev);
	__atomic_store_n(&prev->running, false, __ATOMIC_RELEASE);
	context_load(next);
}

/* ---- what current asks for ------------------------------------------------------------------------ */

/* Something that v must be told of now: an event it has not masked, or an NMI that it has a handler for. */
static bool must_be_told(const struct vcpu *v)
{
	return evtchn_upcall_pending(v) ||
	       (v->pv.nmi_pending && !v->pv.nmi_masked && v->pv.traps[TRAP_NMI].address);
}

void sched_block(void)
{
	struct vcpu *v = current;

	/* Unmask, mark, then look: an event raised before the mark is seen here, one raised later sees the mark. */
	WRITE_ONCE(v->info->evtchn_upcall_mask, 0);
	WRITE_ONCE(v->blocked, true);
	smp_mb();
	if (must_be_told(v))
		WRITE_ONCE(v->blocked, false);
	else
		cpu_raise_work(WORK_RESCHED);
}

void sched_yield(void)
{
	current->sched.yielded = true;
	cpu_raise_work(WORK_RESCHED);
}

void sched_poll_wake(struct vcpu *v)
{
	if (!__atomic_exchange_n(&v->polling, false, __ATOMIC_SEQ_CST))
		return;
	timer_stop(&v->poll_timer);
	sched_wake(v);
}

/* A vCPU that runs on this CPU finds the event on its way back; one that waits in the queue finds it when it runs. */
void vcpu_kick(struct vcpu *v)
{
	if (!must_be_told(v))
		return;
	if (__atomic_exchange_n(&v->blocked, false, __ATOMIC_SEQ_CST))
		sched_wake(v);
	sched_poll_wake(v);
}

/* ---- beginning and end ----------------------------------------------------------------------------- */

int sched_set_share(struct domain *d, uint16_t weight, uint16_t cap)
{
	struct runqueue *rq = &queues[0];	/* the one run queue there is; others would be locked in turn */

	if (!weight)
		return -XEN_EINVAL;
	spin_lock(&rq->lock);
	d->sched.weight = weight;
	if (d->sched.cap != cap) {
		d->sched.cap = cap;
		d->sched.used = 0;
		d->sched.period_start = system_time();
	}
	spin_unlock(&rq->lock);
	cpu_raise_work(WORK_RESCHED);
	return 0;
}

static void poll_timed_out(void *arg)
{
	sched_poll_wake(arg);
}

int sched_vcpu_init(struct vcpu *v)
{
	fair_entity_init(&v->sched.fair, &v->domain->sched);
	timer_init(&v->poll_timer, poll_timed_out, v);
	memset(v->sched.hard, 0xff, sizeof(v->sched.hard));
	memset(v->sched.soft, 0xff, sizeof(v->sched.soft));
	v->runstate.state = v->idle ? RUNSTATE_running : RUNSTATE_offline;
	v->runstate.state_entry_time = system_time();
	return 0;
}

/* v does not run and will not: its domain is being taken apart. */
void sched_vcpu_fini(struct vcpu *v)
{
	timer_stop(&v->poll_timer);
	sched_sleep_sync(v);
}

void sched_init(void)
{
	static struct vcpu idle;	/* the boot CPU's */
	struct cpu_info *ci = this_cpu();
	struct runqueue *rq = &queues[ci->cpu];

	spin_init(&rq->lock, RANK_SCHED);
	fair_queue_init(&rq->fair);
	timer_init(&rq->slice, slice_over, rq);
	idle.id = ci->cpu;
	idle.cpu = ci->cpu;
	idle.domain = dom_idle;
	idle.idle = true;
	idle.running = true;
	sched_vcpu_init(&idle);
	idle.info = &idle.own_info;
	idle.pv.pending_trap = -1;
	dom_idle->vcpu[ci->cpu] = &idle;
	dom_idle->max_vcpus = ci->cpu + 1;
	rq->idle = rq->running = &idle;
	current = &idle;
	nr_cpus++;
}
