/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ordering policy described in fair.h. Virtual times are compared by their signed difference, so that they may
 * wrap. The queue is a list: a host has tens of vCPUs a CPU, and most insertions end near one of its ends.
 */
#include "lib/util.h"
#include "sched/fair.h"

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

/* End of the first period that leaves the group something to run; 0 if its cap is gone by now. */
static uint64_t next_budget(struct fair_group *g, uint64_t now)
{
	uint64_t passed, periods, at = 0;

	spin_lock(&g->lock);
	if (g->cap) {
		passed = now > g->period_start ? (now - g->period_start) / FAIR_CAP_PERIOD : 0;
		periods = used_at(g, now) / allowance(g);
		at = g->period_start + (passed + (periods ? periods : 1)) * FAIR_CAP_PERIOD;
	}
	spin_unlock(&g->lock);
	return at;
}

uint64_t fair_budget(struct fair_group *g, uint64_t now)
{
	uint64_t used, allowed;

	if (!g->cap)
		return ~UINT64_C(0);
	spin_lock(&g->lock);
	used = used_at(g, now);
	allowed = allowance(g);
	spin_unlock(&g->lock);
	return used < allowed ? allowed - used : 0;
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
	spin_init(&g->lock, RANK_SHARE);
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
	spin_lock(&g->lock);
	g->used = used_at(g, now) + ran;
	if (now > g->period_start)
		g->period_start = now - (now - g->period_start) % FAIR_CAP_PERIOD;
	spin_unlock(&g->lock);
}

void fair_group_set(struct fair_group *g, uint16_t weight, uint16_t cap, uint64_t now)
{
	spin_lock(&g->lock);
	g->weight = weight;
	if (g->cap != cap) {
		g->cap = cap;
		g->used = 0;
		g->period_start = now;
	}
	spin_unlock(&g->lock);
}

void fair_adopt(const struct fair_queue *q, struct fair_entity *e)
{
	uint64_t low = q->base - FAIR_LAG;
	uint64_t high = q->base + (uint64_t)FAIR_LAG * FAIR_WEIGHT_DEFAULT / MIN(e->group->weight, FAIR_WEIGHT_DEFAULT);

	if (fair_earlier(e->vtime, low))
		e->vtime = low;
	else if (fair_earlier(high, e->vtime))
		e->vtime = high;
}

void fair_lift(struct fair_entity *e, uint64_t other)
{
	uint64_t low = other - FAIR_LAG;

	if (fair_earlier(e->vtime, low))
		e->vtime = low;
}

void fair_advance(struct fair_queue *q, const struct fair_entity *running)
{
	uint64_t lowest = running->vtime;

	if (q->nr) {
		const struct fair_entity *first = list_entry(q->ready.next, const struct fair_entity, link);

		if (fair_earlier(first->vtime, lowest))
			lowest = first->vtime;
	}
	if (fair_earlier(q->base, lowest))
		q->base = lowest;
}

void fair_insert(struct fair_queue *q, struct fair_entity *e, bool woken)
{
	uint64_t floor = q->base - FAIR_WAKE_CREDIT;
	struct list_head *at;

	if (woken && fair_earlier(e->vtime, floor))
		e->vtime = floor;
	for (at = q->ready.prev; at != &q->ready; at = at->prev)
		if (!fair_earlier(e->vtime, list_entry(at, struct fair_entity, link)->vtime))
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
	if (fair_earlier(e->vtime, first->vtime))
		e->vtime = first->vtime;
}

struct fair_entity *fair_pick(struct fair_queue *q, uint64_t now, uint64_t *again)
{
	struct fair_entity *e;
	uint64_t at;

	*again = 0;
	list_for_each_entry(e, &q->ready, link) {
		if (fair_budget(e->group, now)) {
			fair_remove(q, e);
			fair_advance(q, e);
			return e;
		}
		at = next_budget(e->group, now);
		if (!*again || at < *again)
			*again = at ? at : now;
	}
	return NULL;
}

struct fair_entity *fair_pick_if(struct fair_queue *q, uint64_t now, bool (*ok)(const struct fair_entity *, const void *),
				 const void *arg)
{
	struct fair_entity *e;

	list_for_each_entry(e, &q->ready, link) {
		if (!ok(e, arg) || !fair_budget(e->group, now))
			continue;
		fair_remove(q, e);
		return e;
	}
	return NULL;
}

struct fair_entity *fair_first(const struct fair_queue *q, uint64_t now)
{
	struct fair_entity *e;

	list_for_each_entry(e, &q->ready, link)
		if (fair_budget(e->group, now))
			return e;
	return NULL;
}

bool fair_preempts(const struct fair_entity *e, const struct fair_entity *running, uint64_t margin, uint64_t now)
{
	return fair_budget(e->group, now) && fair_earlier(e->vtime + margin, running->vtime);
}
