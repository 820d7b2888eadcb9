/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The run queue of one CPU: who joins it, whom the CPU runs next and until when. Nothing here knows registers or page
 * tables, so tests/unit/test_balance.c runs it for many CPUs at once. All under the queue's lock.
 *
 * A slice's timer is armed only while somebody waits: a guest that is alone is not interrupted. Whoever wants to know how
 * far such a one has come charges him first.
 */
#include <stdbool.h>
#include <stdint.h>
#include <abi/vcpu.h>
#include "asm/atomic.h"
#include "cpu/smp.h"
#include "domain/domain.h"
#include "lib/util.h"
#include "sched/fair.h"
#include "sched/internal.h"
#include "sched/sched.h"
#include "time/timer.h"

#define LEAD_OF_IDLE INT64_MIN

void sched_publish_hints(struct runqueue *rq, uint64_t now)
{
	const struct fair_entity *e = rq->fair.nr ? fair_first(&rq->fair, now) : NULL;

	if (e)
		WRITE_ONCE(rq->waiting_vtime, e->vtime);
	WRITE_ONCE(rq->waiting, e != NULL);
	WRITE_ONCE(rq->lead, rq->running->idle ? LEAD_OF_IDLE
					       : (int64_t)(rq->running->sched.fair.vtime - rq->fair.base));
}

void sched_charge(struct runqueue *rq, uint64_t now)
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
		uint64_t run = rq->fair.nr ? MIN(budget, sched_slice_ns()) : budget;

		if (run != ~0UL && (!at || now + run < at))
			at = now + run;
	}
	if (at)
		timer_set(&rq->slice, at);
	else if (timer_active(&rq->slice))
		timer_stop(&rq->slice);
}

void queue_add_woken(struct runqueue *rq, struct vcpu *v, uint64_t now)
{
	sched_charge(rq, now);
	fair_adopt(&rq->fair, &v->sched.fair);
	fair_insert(&rq->fair, &v->sched.fair, true);
	runstate_update(v, RUNSTATE_runnable);
	sched_publish_hints(rq, now);
	if (rq->running->idle ||
	    fair_preempts(&v->sched.fair, &rq->running->sched.fair, sched_ratelimit_us() * 1000UL, now))
		sched_reschedule(rq);
	else if (!timer_active(&rq->slice) || rq->slice.expires > now + sched_slice_ns())
		timer_set(&rq->slice, now + sched_slice_ns());
}

/* The one whom fair shares want here: of this queue, or another's. Taken out of it; NULL: nobody. */
static struct fair_entity *pick(struct runqueue *rq, uint64_t now, uint64_t *again)
{
	struct fair_entity *e = fair_pick(&rq->fair, now, again), *other;

	if (smp_nr_cpus() == 1)
		return e;
	other = balance_steal(rq, e, now);
	if (other) {
		if (e)
			fair_insert(&rq->fair, e, false);
		return other;
	}
	if (e && !rq->fair.nr)
		balance_lift(rq, e);
	return e;
}

struct vcpu *queue_choose(struct runqueue *rq, uint64_t now)
{
	struct vcpu *prev = rq->running, *next;
	struct fair_entity *e;
	uint64_t again;

	sched_charge(rq, now);
	/* One that must leave this CPU finds its place when it is saved: sched_run(). */
	if (!prev->idle && sched_runnable(prev) && balance_allowed(prev, rq->cpu)) {
		if (prev->sched.yielded)
			fair_yield(&rq->fair, &prev->sched.fair);
		fair_insert(&rq->fair, &prev->sched.fair, false);
	}
	prev->sched.yielded = false;
	e = pick(rq, now, &again);
	next = e ? vcpu_of(e) : rq->idle;
	next->sched.charged = now;
	rq->running = next;
	if (next != prev) {
		runstate_update(prev, prev->idle ? RUNSTATE_runnable : runstate_of_waiting(prev));
		runstate_count_wait(next, now);
		runstate_update(next, RUNSTATE_running);
		atomic_store(&next->running, true);
	}
	balance_set_idle(rq->cpu, next->idle);
	sched_publish_hints(rq, now);
	arm_slice(rq, now, again);
	return next;
}
