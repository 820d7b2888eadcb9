/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who runs on each CPU: the run queues, waking and sleeping, the context switch. The order itself is fair.c's, the
 * choice of the CPU balance.c's.
 *
 * A vCPU is runnable when nothing holds it: it has a context, is online, neither blocked nor polling, and neither it nor
 * its domain is paused. Flags change first, then sched_wake() or sched_sleep() make the queue agree; both
 * may be called when nothing changed. A vCPU belongs to the queue of vcpu.cpu and is in it, or running, or neither; its
 * scheduling state is under that queue's lock, and it changes queues only while it does not run.
 *
 * sched_run() is reached only from the way back to a guest (cpu/exit.c), when all that the guest can see is in
 * guest_regs. There is one stack a CPU, so a switch is an exchange of data: save the old one's registers, segments and
 * extended state; load the new one's page tables, descriptor tables and state. The queue's "running" says who was
 * chosen; vcpu.running stays true until the registers are saved and the CPU has left its tables, which happens after the lock is
 * dropped. Until then the vCPU can be chosen again by its own CPU only.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <abi/errno.h>
#include <abi/vcpu.h>
#include "asm/atomic.h"
#include "asm/barrier.h"
#include "asm/msr.h"
#include "boot/cmdline.h"
#include "cpu/cpu.h"
#include "cpu/smp.h"
#include "debug/log.h"
#include "domain/domain.h"
#include "evtchn/evtchn.h"
#include "lib/bitmap.h"
#include "lib/list.h"
#include "lib/lock.h"
#include "lib/util.h"
#include "mm/mm.h"
#include "pv/pv.h"
#include "pv/vectors.h"
#include "sched/fair.h"
#include "sched/internal.h"
#include "sched/sched.h"
#include "time/clock.h"
#include "time/timer.h"

#define SLICE_DEFAULT_US	5000u
#define RATELIMIT_DEFAULT_US	1000u
#define RATELIMIT_MAX_US	500000u		/* the longest that pv-abi's tools accept */

static struct runqueue queues[MAX_CPUS];
static uint32_t ratelimit_us = RATELIMIT_DEFAULT_US;

struct runqueue *sched_queue(unsigned int cpu)
{
	return &queues[cpu];
}

/* The queue v belongs to, locked. */
static struct runqueue *lock_queue_of(const struct vcpu *v)
{
	for (;;) {
		struct runqueue *rq = &queues[READ_ONCE(v->cpu)];

		spin_lock(&rq->lock);
		if (rq == &queues[READ_ONCE(v->cpu)])
			return rq;
		spin_unlock(&rq->lock);
	}
}

struct spinlock *sched_lock_vcpu(const struct vcpu *v)
{
	return &lock_queue_of(v)->lock;
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
	return v->initialised && v->online && !READ_ONCE(v->blocked) && !READ_ONCE(v->polling) &&
	       !READ_ONCE(v->pause_count) && !READ_ONCE(v->domain->pause_count);
}

/* ---- the queue ----------------------------------------------------------------------------------- */

void sched_reschedule(const struct runqueue *rq)
{
	smp_raise_work(rq->cpu, WORK_RESCHED);
}

static void slice_over(void *arg)
{
	sched_reschedule(arg);
}

uint64_t sched_slice_ns(void)
{
	return (options.sched_slice_us ? options.sched_slice_us : SLICE_DEFAULT_US) * 1000UL;
}

static bool should_queue(const struct runqueue *rq, const struct vcpu *v)
{
	return !v->idle && rq->running != v && !v->sched.fair.queued && sched_runnable(v);
}

void sched_wake(struct vcpu *v)
{
	struct runqueue *rq = lock_queue_of(v), *to;

	/* Its registers are in memory: any CPU may have it. */
	if (should_queue(rq, v) && !atomic_load(&v->running)) {
		to = balance_place(v);
		if (to != rq) {
			WRITE_ONCE(v->cpu, to->cpu);
			spin_unlock(&rq->lock);
			rq = lock_queue_of(v);
		}
	}
	if (should_queue(rq, v))
		queue_add_woken(rq, v, system_time());
	spin_unlock(&rq->lock);
}

void sched_sleep(struct vcpu *v)
{
	struct runqueue *rq = lock_queue_of(v);

	if (rq->running == v) {
		sched_reschedule(rq);
	} else if (!v->idle && !sched_runnable(v)) {
		/* Somebody may have made it runnable again, and has queued it, before we came. */
		if (v->sched.fair.queued) {
			fair_remove(&rq->fair, &v->sched.fair);
			sched_publish_hints(rq, system_time());
		}
		runstate_update(v, runstate_of_waiting(v));
	}
	spin_unlock(&rq->lock);
}

void sched_sleep_sync(struct vcpu *v)
{
	sched_sleep(v);
	while (v != current && atomic_load(&v->running))
		smp_relax();
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
	vtime_switched_in(v);
	sched_publish_runstate(v);
}

static void tables_load(struct vcpu *v)
{
	current = v;
	desc_leave_window();
	mm_load_vcpu(v);
	desc_load_vcpu(v);
}

/* Everything that is written to v's own memory is written through its kernel's tables, before those of its user mode
 * are loaded. */
static void context_load(struct vcpu *v)
{
	unsigned int cpu = this_cpu()->cpu;

	if (v->idle)
		return;
	*guest_regs() = v->regs;
	sched_with_kernel_tables(v, publish_in);
	xstate_restore(v);
	pv_context_load(v);
	if (v->sched.last_cpu == cpu)
		return;
	v->sched.last_cpu = cpu;
	vtime_vcpu_moved(v);
	timer_bring(&v->poll_timer);
}

/*
 * As soon as prev does not run, others may take its root away, and with it the entries that map the hypervisor, or run it
 * on another CPU, whose descriptors then stand in its window. So this CPU is off its tables by then.
 */
static void switch_to(struct vcpu *prev, struct vcpu *next)
{
	struct domain *d = prev->domain;
	bool leaves;

	context_save(prev);
	tables_load(next);
	/* It was not allowed to stay when it was put out; whether it is by now does not matter. */
	leaves = !prev->idle && sched_runnable(prev) && !READ_ONCE(prev->sched.fair.queued);
	if (leaves)
		domain_ref(d);		/* once it does not run it could be freed */
	atomic_store(&prev->running, false);
	if (leaves) {
		sched_wake(prev);
		domain_put(d);
	}
	context_load(next);
}

void sched_run(void)
{
	struct runqueue *rq = &queues[this_cpu()->cpu];
	struct vcpu *prev = rq->running, *next;
	uint64_t now = system_time();
	int taker = -1;

	spin_lock(&rq->lock);
	next = queue_choose(rq, now);
	spin_unlock(&rq->lock);
	if (next != prev)
		switch_to(prev, next);
	if (!READ_ONCE(rq->waiting) || smp_nr_cpus() == 1)
		return;
	spin_lock(&rq->lock);
	taker = balance_offer(rq, now);
	spin_unlock(&rq->lock);
	if (taker >= 0)
		smp_raise_work((unsigned int)taker, WORK_RESCHED);
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

/* A vCPU that runs on this CPU finds the event on its way back, one that waits in the queue finds it when it runs; one
 * that runs elsewhere is interrupted, whatever its mask says: a guest unmasks with a store and then looks with a load, which
 * the CPU may do first. Then neither it nor we would have seen the other's word. */
void vcpu_kick(struct vcpu *v)
{
	unsigned int cpu;

	if (must_be_told(v)) {
		if (__atomic_exchange_n(&v->blocked, false, __ATOMIC_SEQ_CST))
			sched_wake(v);
		sched_poll_wake(v);
	}
	cpu = READ_ONCE(v->cpu);
	if (v != current && atomic_load(&v->running) && cpu != this_cpu()->cpu)
		smp_kick(cpu);
}

void sched_raise_nmi(struct vcpu *v)
{
	/* An exchange, since the word must be out before vcpu_kick() looks whether v runs. */
	(void)xchg(&v->pv.nmi_pending, true);
	vcpu_kick(v);
}

/* ---- beginning and end ----------------------------------------------------------------------------- */

int sched_set_share(struct domain *d, uint16_t weight, uint16_t cap)
{
	unsigned int i;

	if (!weight)
		return -XEN_EINVAL;
	fair_group_set(&d->sched, weight, cap, system_time());
	/* Those that run alone have no slice that ends. */
	for (i = 0; i < d->max_vcpus; i++)
		if (d->vcpu[i] && atomic_load(&d->vcpu[i]->running))
			smp_raise_work(READ_ONCE(d->vcpu[i]->cpu), WORK_RESCHED);
	return 0;
}

/* Takes v from the queue that it may not be in any more. */
static bool leave_queue(struct vcpu *v)
{
	struct runqueue *rq = lock_queue_of(v);
	bool move = v->sched.fair.queued && !balance_allowed(v, rq->cpu);

	if (rq->running == v)
		sched_reschedule(rq);
	if (move) {
		fair_remove(&rq->fair, &v->sched.fair);
		sched_publish_hints(rq, system_time());
	}
	spin_unlock(&rq->lock);
	return move;
}

/* Under the new rules v may have to leave where it is. One whose registers are just being saved there can be placed elsewhere
 * only when they are; if somebody wakes it meanwhile it is in that queue again. */
static void settle_affinity(struct vcpu *v)
{
	while (leave_queue(v)) {
		while (atomic_load(&v->running))
			smp_relax();
		sched_wake(v);
	}
}

static bool has_cpu(const uint64_t *map)
{
	unsigned int n = smp_nr_cpus();

	return bitmap_first(map, n) < n;
}

int sched_set_affinity(struct vcpu *v, const uint64_t *hard, const uint64_t *soft)
{
	struct runqueue *rq;

	if (hard && !has_cpu(hard))
		return -XEN_EINVAL;
	rq = lock_queue_of(v);
	if (hard)
		memcpy(v->sched.hard, hard, sizeof(v->sched.hard));
	if (soft)
		memcpy(v->sched.soft, soft, sizeof(v->sched.soft));
	spin_unlock(&rq->lock);
	settle_affinity(v);
	return 0;
}

void sched_get_affinity(const struct vcpu *v, uint64_t *hard, uint64_t *soft)
{
	struct runqueue *rq = lock_queue_of(v);

	memcpy(hard, v->sched.hard, sizeof(v->sched.hard));
	memcpy(soft, v->sched.soft, sizeof(v->sched.soft));
	spin_unlock(&rq->lock);
}

int sched_nail(struct vcpu *v, int cpu)
{
	if (cpu >= 0 && (unsigned int)cpu >= smp_nr_cpus())
		return -XEN_EINVAL;
	WRITE_ONCE(v->sched.nailed, cpu < 0 ? 0 : (unsigned int)cpu + 1);
	settle_affinity(v);
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
	timer_kill(&v->poll_timer);
	sched_sleep_sync(v);
}

/* What stands in for a guest on a CPU that has none. */
static void idle_init(struct vcpu *idle, unsigned int cpu)
{
	idle->id = cpu;
	idle->cpu = cpu;
	idle->domain = dom_idle;
	idle->idle = true;
	idle->running = true;
	(void)sched_vcpu_init(idle);
	idle->info = &idle->own_info;
	idle->pv.pending_trap = -1;
}

static void queue_init(unsigned int cpu, struct vcpu *idle)
{
	struct runqueue *rq = &queues[cpu];

	spin_init(&rq->lock, RANK_SCHED);
	rq->cpu = cpu;
	fair_queue_init(&rq->fair);
	timer_init(&rq->slice, slice_over, rq);
	idle_init(idle, cpu);
	rq->idle = rq->running = idle;
	sched_publish_hints(rq, 0);
	vtime_init_cpu();
	current = idle;
	balance_set_idle(cpu, true);
}

void sched_init(void)
{
	static struct vcpu idle;	/* the boot CPU's */

	dom_idle->vcpu[0] = &idle;
	dom_idle->max_vcpus = 1;
	queue_init(0, &idle);
}

void sched_init_cpu(void)
{
	struct vcpu *idle = hv_alloc(sizeof(*idle));

	if (!idle)
		panic("no memory for the idle vCPU of CPU %u", this_cpu()->cpu);
	queue_init(this_cpu()->cpu, idle);
}

uint64_t sched_idle_time(unsigned int cpu)
{
	return sched_cpu_time(queues[cpu].idle);
}
