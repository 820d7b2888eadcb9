/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared inside sched/: the run queue of a CPU, and how vCPUs get from one to another (balance.c). */
#ifndef SOCLE_SCHED_INTERNAL_H
#define SOCLE_SCHED_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>
#include "domain/domain.h"
#include "lib/lock.h"
#include "sched/fair.h"
#include "sched/sched.h"
#include "time/timer.h"

/*
 * Everything is under lock, but for what others read to find work: waiting, waiting_vtime and lead are hints, written
 * under the lock and read without it.
 */
struct runqueue {
	struct spinlock lock;
	unsigned int cpu;		/* I */
	struct fair_queue fair;		/* those who wait */
	struct vcpu *running;		/* chosen; never NULL once the CPU is up, may be the idle vCPU */
	struct vcpu *idle;		/* I */
	struct timer slice;		/* end of a slice, or of a cap's period */
	bool waiting;			/* somebody waits who may run */
	uint64_t waiting_vtime;		/* of the first of them */
	int64_t lead;			/* how far running is ahead of the queue's base; very low when idle */
};

struct runqueue *sched_queue(unsigned int cpu);
static inline struct vcpu *vcpu_of(struct fair_entity *e)
{
	return container_of(e, struct vcpu, sched.fair);
}

uint64_t sched_slice_ns(void);
/* The CPU of the queue chooses anew soon. */
void sched_reschedule(const struct runqueue *rq);

/* ---- queue.c: queue lock held ---- */
/* Accounts the running vCPU's time up to now. */
void sched_charge(struct runqueue *rq, uint64_t now);
/* Brings the hints up to date. */
void sched_publish_hints(struct runqueue *rq, uint64_t now);
/* v, which belongs to rq and slept, waits; the CPU chooses anew if v should run at once. */
void queue_add_woken(struct runqueue *rq, struct vcpu *v, uint64_t now);
/* Called by rq's CPU: ends the turn of the running vCPU and begins that of the returned one, which may be the same. */
struct vcpu *queue_choose(struct runqueue *rq, uint64_t now);

/* ---- runstate.c: under the lock of the vCPU's queue ---- */
void runstate_update(struct vcpu *v, int state);
int runstate_of_waiting(const struct vcpu *v);
/* v, which waited, is about to run. */
void runstate_count_wait(struct vcpu *v, uint64_t now);

/* ---- balance.c ---- */
bool balance_allowed(const struct vcpu *v, unsigned int cpu);
/* Where a woken vCPU, which is in no queue, should wait. Its own queue's lock is held. */
struct runqueue *balance_place(const struct vcpu *v);
/* Called by rq's CPU, lock held: takes the vCPU that should run here rather than best (NULL: nobody here), out of another
 * queue. It belongs to rq then, but is in no queue. NULL: stay with best. */
struct fair_entity *balance_steal(struct runqueue *rq, const struct fair_entity *best, uint64_t now);
/* e is to run on rq's CPU and nobody else waits there: fair_lift() with regard to those who wait elsewhere. */
void balance_lift(const struct runqueue *rq, struct fair_entity *e);
/* Called by rq's CPU, lock held: the CPU that should come and take what waits here, or -1. */
int balance_offer(struct runqueue *rq, uint64_t now);
void balance_set_idle(unsigned int cpu, bool idle);

#endif
