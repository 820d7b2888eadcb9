/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fair share: the order in which vCPUs run. Pure; the lock of the run queue that owns the objects is held by the
 * caller, and all times are nanoseconds given by him.
 *
 * Each vCPU has a virtual time that advances while it runs, slower the higher its domain's weight. The queue is
 * ordered by it and the lowest runs. Whoever slept comes back at most FAIR_WAKE_CREDIT behind the others: enough to
 * run at once, not enough to take revenge for a long sleep.
 *
 * A cap limits a domain to a share of one CPU: each FAIR_CAP_PERIOD it may run cap percent of it; then its vCPUs stay
 * queued but are passed over until the period ends. What was run beyond the limit counts against the next period.
 */
#ifndef SOCLE_SCHED_FAIR_H
#define SOCLE_SCHED_FAIR_H

#include <stdbool.h>
#include <stdint.h>
#include "lib/list.h"

#define FAIR_WEIGHT_DEFAULT	256u
#define FAIR_WAKE_CREDIT	5000000u	/* 5 ms */
#define FAIR_CAP_PERIOD		10000000u	/* 10 ms */

/* A domain's share. */
struct fair_group {
	uint16_t weight;		/* 1..65535 */
	uint16_t cap;			/* percent of one CPU, 0 = none */
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
/* Should e take the CPU from running, which leads by at least margin? */
bool fair_preempts(const struct fair_entity *e, const struct fair_entity *running, uint64_t margin, uint64_t now);
/* Nanoseconds the group may still run in this period, ~0 without a cap. */
uint64_t fair_budget(const struct fair_group *g, uint64_t now);

#endif
