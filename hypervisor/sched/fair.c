/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ordering policy described in fair.h. Virtual times are compared by their signed difference, so that they may
 * wrap. The queue is a list: a host has tens of vCPUs a CPU, and most insertions end near one of its ends.
 */
#include "sched/fair.h"

static bool earlier(uint64_t a, uint64_t b)
{
	return (int64_t)(a - b) < 0;
}

static uint64_t allowance(const struct fair_group *g)
{
	return (uint64_t)FAIR_CAP_PERIOD / 100 * g->cap;
}

/* What counts as used at now: each period that has passed pays back one allowance. */
static uint64_t used_at(const struct fair_group *g, uint64_t now)
{
	uint64_t passed, back;

	if (now <= g->period_start)
		return g->used;
	passed = (now - g->period_start) / FAIR_CAP_PERIOD;
	back = passed * allowance(g);
	return g->used > back ? g->used - back : 0;
}

/* End of the first period that leaves the group something to run. */
static uint64_t next_budget(const struct fair_group *g, uint64_t now)
{
	uint64_t passed = now > g->period_start ? (now - g->period_start) / FAIR_CAP_PERIOD : 0;
	uint64_t debt = used_at(g, now), periods = debt / allowance(g);

	return g->period_start + (passed + (periods ? periods : 1)) * FAIR_CAP_PERIOD;
}

uint64_t fair_budget(const struct fair_group *g, uint64_t now)
{
	uint64_t used;

	if (!g->cap)
		return ~UINT64_C(0);
	used = used_at(g, now);
	return used < allowance(g) ? allowance(g) - used : 0;
}

void fair_queue_init(struct fair_queue *q)
{
	list_init(&q->ready);
	q->base = 0;
	q->nr = 0;
}

void fair_group_init(struct fair_group *g)
{
	g->weight = FAIR_WEIGHT_DEFAULT;
	g->cap = 0;
	g->period_start = 0;
	g->used = 0;
}

void fair_entity_init(struct fair_entity *e, struct fair_group *g)
{
	list_init(&e->link);
	e->group = g;
	e->vtime = 0;
	e->queued = false;
}

void fair_charge(struct fair_entity *e, uint64_t ran, uint64_t now)
{
	struct fair_group *g = e->group;

	e->vtime += ran * FAIR_WEIGHT_DEFAULT / (g->weight ? g->weight : 1);
	if (!g->cap)
		return;
	g->used = used_at(g, now) + ran;
	if (now > g->period_start)
		g->period_start = now - (now - g->period_start) % FAIR_CAP_PERIOD;
}

void fair_advance(struct fair_queue *q, const struct fair_entity *running)
{
	uint64_t lowest = running->vtime;

	if (q->nr) {
		const struct fair_entity *first = list_entry(q->ready.next, const struct fair_entity, link);

		if (earlier(first->vtime, lowest))
			lowest = first->vtime;
	}
	if (earlier(q->base, lowest))
		q->base = lowest;
}

void fair_insert(struct fair_queue *q, struct fair_entity *e, bool woken)
{
	uint64_t floor = q->base - FAIR_WAKE_CREDIT;
	struct list_head *at;

	if (woken && earlier(e->vtime, floor))
		e->vtime = floor;
	for (at = q->ready.prev; at != &q->ready; at = at->prev)
		if (!earlier(e->vtime, list_entry(at, struct fair_entity, link)->vtime))
			break;
	list_add(&e->link, at);
	e->queued = true;
	q->nr++;
}

void fair_remove(struct fair_queue *q, struct fair_entity *e)
{
	if (!e->queued)
		return;
	list_del(&e->link);
	e->queued = false;
	q->nr--;
}

void fair_yield(const struct fair_queue *q, struct fair_entity *e)
{
	const struct fair_entity *first;

	if (list_empty(&q->ready))
		return;
	first = list_entry(q->ready.next, const struct fair_entity, link);
	if (earlier(e->vtime, first->vtime))
		e->vtime = first->vtime;
}

struct fair_entity *fair_pick(struct fair_queue *q, uint64_t now, uint64_t *again)
{
	struct fair_entity *e;

	*again = 0;
	list_for_each_entry(e, &q->ready, link) {
		if (fair_budget(e->group, now)) {
			fair_remove(q, e);
			fair_advance(q, e);
			return e;
		}
		if (!*again || next_budget(e->group, now) < *again)
			*again = next_budget(e->group, now);
	}
	return NULL;
}

bool fair_preempts(const struct fair_entity *e, const struct fair_entity *running, uint64_t margin, uint64_t now)
{
	return fair_budget(e->group, now) && earlier(e->vtime + margin, running->vtime);
}
