/* SPDX-License-Identifier: BSD-2-Clause */
/* See loop.h. */
#include "kit/kit.h"
#include "kit/life.h"
#include "kit/loop.h"

static struct loop {
	struct kit_timers timers;
	struct kit_task *tasks;		/* of the next round, the last added first */
	struct kit_task *round;		/* of this one, in order */
	bool stop;
} loops[KIT_MAX_VCPUS];

static struct loop *mine(void)
{
	return &loops[kit_vcpu_id()];
}

void kit_timer_start(struct kit_timer *t, uint64_t due)
{
	kit_timers_add(&mine()->timers, t, due);
}

void kit_timer_stop(struct kit_timer *t)
{
	kit_timers_remove(&mine()->timers, t);
}

void kit_task_add(struct kit_task *t)
{
	struct loop *l = mine();

	if (t->waits)
		return;
	t->waits = true;
	t->next = l->tasks;
	l->tasks = t;
}

static bool unlink(struct kit_task **link, struct kit_task *t)
{
	while (*link && *link != t)
		link = &(*link)->next;
	if (!*link)
		return false;
	*link = t->next;
	return true;
}

void kit_task_remove(struct kit_task *t)
{
	struct loop *l = mine();

	if (t->waits && (unlink(&l->tasks, t) || unlink(&l->round, t)))
		t->waits = false;
}

/* Tasks that tasks add have their turn in the next round; a task may remove any other, so each is looked up when it is due. */
static bool run_tasks(struct loop *l)
{
	struct kit_task *t;
	bool any = l->tasks;

	while ((t = l->tasks)) {
		l->tasks = t->next;
		t->next = l->round;
		l->round = t;
	}
	while ((t = l->round)) {
		l->round = t->next;
		t->waits = false;
		t->fn(t->arg);
	}
	return any;
}

void kit_loop_once(uint64_t until)
{
	struct loop *l = mine();
	bool any = kit_events_dispatch();
	uint64_t next = kit_timers_run(&l->timers, kit_time(), &any);

	any |= run_tasks(l);
	if (any || l->tasks)
		return;
	if (!next || (until && until < next))
		next = until;
	if (!next || next > kit_time())
		kit_events_wait(next);
}

bool kit_loop_until(bool (*done)(void *arg), void *arg, uint64_t until)
{
	while (!done(arg)) {
		if (until && kit_time() >= until)
			return false;
		kit_loop_once(until);
	}
	return true;
}

void kit_loop_stop(void)
{
	mine()->stop = true;
}

void kit_loop(void)
{
	struct loop *l = mine();

	if (kit_vcpu_id() == 0)
		kit_life_start();
	for (l->stop = false; !l->stop;)
		kit_loop_once(KIT_FOREVER);
}

void kit_loop_shift(uint64_t ns)
{
	for (struct kit_timer *t = mine()->timers.first; t; t = t->next)
		t->due += ns;
}
