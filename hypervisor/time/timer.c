/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Per-CPU timers, each CPU's in a heap whose root is the earliest (timer_heap.c). The local APIC is programmed for
 * the root whenever the root changes.
 *
 * A timer belongs to the queue of timer.cpu, active or not, and all its fields are under that queue's lock; it changes
 * queues under both locks. So any CPU may arm or stop any timer at any moment. A function runs without the lock: its
 * timer may be armed again meanwhile, even run elsewhere.
 */
#include <stddef.h>
#include "asm/atomic.h"
#include "cpu/cpu.h"
#include "cpu/smp.h"
#include "debug/keys.h"
#include "irq/irq.h"
#include "lib/lock.h"
#include "lib/util.h"
#include "time/clock.h"
#include "time/timer.h"
#include "time/timer_heap.h"

static struct timer_queue {
	struct spinlock lock;
	struct timer *root;
	struct timer *serving;		/* a: the one whose function runs */
} queues[MAX_CPUS];

static void queue_program(const struct timer_queue *q)
{
	if (!q->root)
		apic_timer_stop();
	/* Due already: no need for the hardware to say so. */
	else if (q->root->expires <= system_time())
		cpu_raise_work(WORK_TIMER);
	else
		apic_timer_set(q->root->expires);
}

void timer_init(struct timer *t, void (*fn)(void *), void *arg)
{
	*t = (struct timer){ .fn = fn, .arg = arg };
}

bool timer_active(const struct timer *t)
{
	return READ_ONCE(t->active);
}

/* The queue t belongs to, locked. */
static struct timer_queue *lock_queue(const struct timer *t)
{
	for (;;) {
		struct timer_queue *q = &queues[READ_ONCE(t->cpu)];

		spin_lock(&q->lock);
		if (q == &queues[READ_ONCE(t->cpu)])
			return q;
		spin_unlock(&q->lock);
	}
}

/* The same, and this CPU's queue as well. */
static struct timer_queue *lock_queue_and(const struct timer *t, struct timer_queue *mine)
{
	for (;;) {
		struct timer_queue *q = &queues[READ_ONCE(t->cpu)];

		spin_lock(q < mine ? &q->lock : &mine->lock);
		if (q != mine)
			spin_lock_nested(q < mine ? &mine->lock : &q->lock);
		if (q == &queues[READ_ONCE(t->cpu)])
			return q;
		if (q != mine)
			spin_unlock(&q->lock);
		spin_unlock(&mine->lock);
	}
}

/* Another CPU's hardware fires once in vain when its root goes; our own is set right. */
static void remove_locked(struct timer_queue *q, struct timer *t)
{
	bool was_root = q->root == t;

	if (!t->active)
		return;
	timer_heap_remove(&q->root, t);
	t->active = false;
	if (was_root && q == &queues[this_cpu()->cpu])
		queue_program(q);
}

static void add_locked(struct timer_queue *mine, struct timer *t, uint64_t expires_ns)
{
	t->cpu = this_cpu()->cpu;
	t->expires = expires_ns;
	t->active = true;
	timer_heap_add(&mine->root, t);
	if (mine->root == t)
		queue_program(mine);
}

void timer_stop(struct timer *t)
{
	struct timer_queue *q = lock_queue(t);

	remove_locked(q, t);
	spin_unlock(&q->lock);
}

void timer_set(struct timer *t, uint64_t expires_ns)
{
	struct timer_queue *mine = &queues[this_cpu()->cpu], *q = lock_queue_and(t, mine);

	if (t->active)
		timer_heap_remove(&q->root, t);
	add_locked(mine, t, expires_ns);
	if (q != mine)
		spin_unlock(&q->lock);
	spin_unlock(&mine->lock);
}

void timer_bring(struct timer *t)
{
	struct timer_queue *mine = &queues[this_cpu()->cpu], *q;

	if (!timer_active(t) || READ_ONCE(t->cpu) == this_cpu()->cpu)
		return;
	q = lock_queue_and(t, mine);
	if (t->active && q != mine) {
		timer_heap_remove(&q->root, t);
		add_locked(mine, t, t->expires);
	}
	if (q != mine)
		spin_unlock(&q->lock);
	spin_unlock(&mine->lock);
}

static bool is_served_elsewhere(const struct timer *t)
{
	for (unsigned int cpu = 0; cpu < smp_nr_cpus(); cpu++)
		if (cpu != this_cpu()->cpu && atomic_load(&queues[cpu].serving) == t)
			return true;
	return false;
}

void timer_kill(struct timer *t)
{
	do {
		timer_stop(t);
		while (is_served_elsewhere(t))
			smp_relax();
	} while (timer_active(t));
}

void timer_run_expired(void)
{
	struct timer_queue *q = &queues[this_cpu()->cpu];
	uint64_t now = system_time();
	struct timer *t;

	spin_lock(&q->lock);
	while ((t = q->root) != NULL && t->expires <= now) {
		timer_heap_remove(&q->root, t);
		t->active = false;
		atomic_store(&q->serving, t);
		spin_unlock(&q->lock);
		t->fn(t->arg);
		atomic_store(&q->serving, NULL);
		spin_lock(&q->lock);
	}
	queue_program(q);
	spin_unlock(&q->lock);
}

bool timer_queue_trylock(unsigned int cpu, const struct timer **root)
{
	if (!dump_trylock(&queues[cpu].lock))
		return false;
	*root = queues[cpu].root;
	return true;
}

void timer_queue_unlock(unsigned int cpu)
{
	spin_unlock(&queues[cpu].lock);
}

void timer_interrupt(void)
{
	cpu_raise_work(WORK_TIMER);
}

void timer_boot_init(void)
{
	for (unsigned int i = 0; i < MAX_CPUS; i++)
		spin_init(&queues[i].lock, RANK_TIMER);
	apic_timer_calibrate();
}
