/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which CPU. A vCPU belongs to one run queue at a time and changes it in two ways: when it wakes it is placed, and when a
 * CPU chooses it may take one that waits elsewhere.
 *
 * Placing: the CPU it ran on last, if that is idle; else an idle one, preferring its soft affinity; else back to the last
 * one, where its cache is, unless somebody runs there who is in more of a hurry than the one of another CPU.
 *
 * Taking: a CPU compares whom it would run with the first of each other queue, and takes the one that is furthest
 * behind if the difference is more than a slice. So with more vCPUs than CPUs all advance at the same pace, also
 * three on two CPUs. A CPU that leaves somebody waiting tells an idle one, or one that is far ahead (balance_offer):
 * those would not look by themselves.
 *
 * A vCPU whose registers are still in a CPU is not taken. Queue locks are taken one at a time, or the second one only
 * if it is free: no order is needed.
 */
#include "asm/atomic.h"
#include "cpu/cpu.h"
#include "cpu/smp.h"
#include "lib/bitmap.h"
#include "lib/util.h"
#include "sched/internal.h"

static uint64_t idle_cpus[CPU_WORDS];	/* a: hint */

void balance_set_idle(unsigned int cpu, bool idle)
{
	if (idle == bitmap_test(idle_cpus, cpu))
		return;
	if (idle)
		set_bit(cpu, idle_cpus);
	else
		clear_bit(cpu, idle_cpus);
}

bool balance_allowed(const struct vcpu *v, unsigned int cpu)
{
	if (v->sched.nailed)
		return v->sched.nailed == cpu + 1;
	return bitmap_test(v->sched.hard, cpu);
}

/* First idle CPU from the vCPU's last one on that it may use; soft: that it likes. -1: none. */
static int find_idle(const struct vcpu *v, bool soft)
{
	unsigned int n = smp_nr_cpus(), i, cpu;

	for (i = 0; i < n; i++) {
		cpu = (v->cpu + i) % n;
		if (bitmap_test(idle_cpus, cpu) && balance_allowed(v, cpu) && (!soft || bitmap_test(v->sched.soft, cpu)))
			return (int)cpu;
	}
	return -1;
}

/* The CPU that would be given up most easily. */
static unsigned int find_busy(const struct vcpu *v)
{
	unsigned int n = smp_nr_cpus(), i, cpu, best = v->cpu;
	bool found = balance_allowed(v, best);

	/* Somebody who is ahead there yields to one that has slept. */
	if (found && READ_ONCE(sched_queue(best)->lead) >= 0)
		return best;
	for (i = 0; i < n; i++) {
		cpu = (v->cpu + i) % n;
		if (!balance_allowed(v, cpu))
			continue;
		if (found && READ_ONCE(sched_queue(cpu)->lead) <= READ_ONCE(sched_queue(best)->lead))
			continue;
		best = cpu;
		found = true;
	}
	return best;
}

struct runqueue *balance_place(const struct vcpu *v)
{
	int cpu = find_idle(v, true);

	if (cpu < 0)
		cpu = find_idle(v, false);
	if (cpu < 0)
		return sched_queue(find_busy(v));
	/* The next one to wake looks for another; the CPU itself says when it is idle again. */
	balance_set_idle((unsigned int)cpu, false);
	return sched_queue((unsigned int)cpu);
}

static bool may_come(const struct fair_entity *e, const void *arg)
{
	const struct vcpu *v = container_of(e, const struct vcpu, sched.fair);
	const struct runqueue *rq = arg;

	return !atomic_load(&v->running) && balance_allowed(v, rq->cpu);
}

static struct runqueue *find_behind(const struct runqueue *rq, const struct fair_entity *best)
{
	struct runqueue *q, *found = NULL;

	for (unsigned int cpu = 0; cpu < smp_nr_cpus(); cpu++) {
		q = sched_queue(cpu);
		if (q == rq || !READ_ONCE(q->waiting))
			continue;
		if (best && !fair_earlier(q->waiting_vtime + sched_slice_ns(), best->vtime))
			continue;
		if (!found || fair_earlier(q->waiting_vtime, found->waiting_vtime))
			found = q;
	}
	return found;
}

struct fair_entity *balance_steal(struct runqueue *rq, const struct fair_entity *best, uint64_t now)
{
	struct runqueue *from = find_behind(rq, best);
	struct fair_entity *e;

	if (!from || !spin_trylock(&from->lock))
		return NULL;
	e = fair_pick_if(&from->fair, now, may_come, rq);
	if (e) {
		vcpu_of(e)->cpu = rq->cpu;
		sched_publish_hints(from, now);
	}
	spin_unlock(&from->lock);
	if (e)
		fair_adopt(&rq->fair, e);
	return e;
}

void balance_lift(const struct runqueue *rq, struct fair_entity *e)
{
	const struct runqueue *q, *lowest = NULL;

	for (unsigned int cpu = 0; cpu < smp_nr_cpus(); cpu++) {
		q = sched_queue(cpu);
		if (q != rq && READ_ONCE(q->waiting) && (!lowest || fair_earlier(q->waiting_vtime, lowest->waiting_vtime)))
			lowest = q;
	}
	if (lowest)
		fair_lift(e, READ_ONCE(lowest->waiting_vtime));
}

/* Whoever runs alone there is not interrupted, so his time is accounted here. */
static bool is_ahead(struct runqueue *q, const struct fair_entity *e, uint64_t now)
{
	bool ahead;

	if (!spin_trylock(&q->lock))
		return false;
	sched_charge(q, now);
	ahead = !q->running->idle && fair_earlier(e->vtime + sched_slice_ns(), q->running->sched.fair.vtime);
	spin_unlock(&q->lock);
	return ahead;
}

int balance_offer(struct runqueue *rq, uint64_t now)
{
	struct fair_entity *e = rq->fair.nr ? fair_first(&rq->fair, now) : NULL;
	const struct vcpu *v;
	int cpu;

	if (!e)
		return -1;
	v = vcpu_of(e);
	cpu = find_idle(v, false);
	if (cpu >= 0 && (unsigned int)cpu != rq->cpu)
		return cpu;
	for (unsigned int i = 0; i < smp_nr_cpus(); i++) {
		struct runqueue *q = sched_queue(i);

		if (q != rq && !READ_ONCE(q->waiting) && balance_allowed(v, i) && is_ahead(q, e, now))
			return (int)i;
	}
	return -1;
}
