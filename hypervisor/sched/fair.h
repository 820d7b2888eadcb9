/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fair share: the order in which vCPUs run. Pure; the lock of the run queue that owns the objects is held by the
 * caller, and all times are nanoseconds given by him. A group with a cap has a lock of its own, since its members may
 * be in several queues.
 *
 * Each vCPU has a virtual time that advances while it runs, slower the higher its domain's weight. The queue is
 * ordered by it and the lowest runs. Whoever slept comes back at most FAIR_WAKE_CREDIT behind the others: enough to
 * run at once, not enough to take revenge for a long sleep.
 *
 * Each CPU has a queue. Virtual times of different queues drift apart where nothing can move between them (a vCPU that is
 * nailed to its CPU), so they are compared and carried over only within FAIR_LAG: fair_adopt(), fair_lift().
 *
 * A cap limits a domain to a share of one CPU: each FAIR_CAP_PERIOD it may run cap percent of it; then its vCPUs stay
 * queued but are passed over until the period ends. What was run beyond the limit counts against the next period.
 */
#ifndef SOCLE_SCHED_FAIR_H
#define SOCLE_SCHED_FAIR_H

#include <stdbool.h>
#include <stdint.h>
#include "lib/list.h"
#include "lib/lock.h"

#define FAIR_WEIGHT_DEFAULT	256u
#define FAIR_WAKE_CREDIT	5000000u	/* 5 ms */
#define FAIR_CAP_PERIOD		10000000u	/* 10 ms */
#define FAIR_LAG		50000000u	/* 50 ms */

/* A domain's share. */
struct fair_group {
	uint16_t weight;		/* 1..65535 */
	uint16_t cap;			/* percent of one CPU, 0 = none */
	struct spinlock lock;		/* period_start, used, while there is a cap */
	uint64_t period_start;
	uint64_t used;			/* ns of this period, overdraft included */
};

struct fair_entity {
	struct list_head link;
	struct fair_group *group;
	uint64_t vtime;
	bool queued;
};

struct fair_queue {
	struct list_head ready;		/* ascending vtime; equals in order of arrival */
	uint64_t base;			/* never falls: the lowest vtime of those that run or wait */
	unsigned int nr;
};

void fair_queue_init(struct fair_queue *q);
void fair_group_init(struct fair_group *g);
void fair_entity_init(struct fair_entity *e, struct fair_group *g);

/* Accounts ran ns of real time that end at now. */
void fair_charge(struct fair_entity *e, uint64_t ran, uint64_t now);
/* Tells the queue how far its CPU's running one has come: what a sleeper's credit is measured from. */
void fair_advance(struct fair_queue *q, const struct fair_entity *running);
/* Queue it: woken when it was asleep, not when it was merely preempted. */
void fair_insert(struct fair_queue *q, struct fair_entity *e, bool woken);
void fair_remove(struct fair_queue *q, struct fair_entity *e);
/* Makes e come after the first one that is queued now. */
void fair_yield(const struct fair_queue *q, struct fair_entity *e);
/* Takes out the one to run, or NULL. *again: when to ask anew because a cap's period ends, 0 = no need. */
struct fair_entity *fair_pick(struct fair_queue *q, uint64_t now, uint64_t *again);
/* Takes out the first one that has budget and that ok() wants, or NULL. */
struct fair_entity *fair_pick_if(struct fair_queue *q, uint64_t now, bool (*ok)(const struct fair_entity *, const void *),
				 const void *arg);
/* The first one that may run, left where it is, or NULL. */
struct fair_entity *fair_first(const struct fair_queue *q, uint64_t now);
/* e comes from another queue: its virtual time is carried over as far as it means something here. */
void fair_adopt(const struct fair_queue *q, struct fair_entity *e);
/* e runs alone while somebody with virtual time other waits elsewhere: what e is owed beyond FAIR_LAG is forgotten, since
 * more than a CPU it can not use. */
void fair_lift(struct fair_entity *e, uint64_t other);
/* Changes a group's share. A new cap starts a new period. */
void fair_group_set(struct fair_group *g, uint16_t weight, uint16_t cap, uint64_t now);
/* Is the virtual time a before b? */
static inline bool fair_earlier(uint64_t a, uint64_t b)
{
	return (int64_t)(a - b) < 0;
}
/* Should e take the CPU from running, which leads by at least margin? */
bool fair_preempts(const struct fair_entity *e, const struct fair_entity *running, uint64_t margin, uint64_t now);
/* Nanoseconds the group may still run in this period, ~0 without a cap. */
uint64_t fair_budget(struct fair_group *g, uint64_t now);

#endif
