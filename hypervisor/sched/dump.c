/* SPDX-License-Identifier: BSD-2-Clause */
/* Run queues for the debug key: who runs, who waits and how far behind or ahead. Waits for no lock. */
#include "cpu/smp.h"
#include "debug/keys.h"
#include "debug/log.h"
#include "sched/internal.h"
#include "time/clock.h"

#define WAITERS_SHOWN 12u

/* Copied under the lock and printed without it: a serial line is slow. */
struct line {
	domid_t domid;
	unsigned int id;
	bool idle;
	int64_t ahead;			/* of the queue's base, in virtual microseconds */
	uint16_t weight, cap;
};

static void fill(struct line *l, const struct runqueue *rq, const struct vcpu *v)
{
	*l = (struct line){ .domid = v->domain->id, .id = v->id, .idle = v->idle,
			    .ahead = (int64_t)(v->sched.fair.vtime - rq->fair.base) / 1000,
			    .weight = v->domain->sched.weight, .cap = v->domain->sched.cap };
}

static void show(const char *what, const struct line *l)
{
	if (l->idle)
		printk("  %s: nobody\n", what);
	else
		printk("  %s: d%uv%u, weight %u, cap %u, %lld us ahead\n", what, l->domid, l->id, l->weight, l->cap,
		       (long long)l->ahead);
}

bool sched_dump(uint64_t *at)
{
	unsigned int cpu = (unsigned int)*at, waiting, n = 0, i;
	struct runqueue *rq = sched_queue(cpu);
	struct line running, line[WAITERS_SHOWN];
	uint64_t now = system_time(), ends = 0;
	struct fair_entity *e;

	if (cpu >= smp_nr_cpus())
		return false;
	++*at;
	if (!dump_trylock(&rq->lock)) {
		printk("CPU %u: (its run queue is locked)\n", cpu);
		return true;
	}
	fill(&running, rq, rq->running);
	waiting = rq->fair.nr;
	if (timer_active(&rq->slice) && rq->slice.expires > now)
		ends = rq->slice.expires - now;
	list_for_each_entry(e, &rq->fair.ready, link)
		if (n < WAITERS_SHOWN)
			fill(&line[n++], rq, vcpu_of(e));
	spin_unlock(&rq->lock);
	printk("CPU %u: %u wait, slice ends in %lu us\n", cpu, waiting, ends / 1000);
	show("runs", &running);
	for (i = 0; i < n; i++)
		show("waits", &line[i]);
	if (waiting > n)
		printk("  and %u more\n", waiting - n);
	return true;
}
