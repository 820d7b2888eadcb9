/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Per-CPU timers, each CPU's in a heap whose root is the earliest (timer_heap.c). The local APIC is programmed for
 * the root whenever the root changes. A timer stays on the CPU that armed it last; stopping it from elsewhere
 * takes that CPU's lock.
 */
#include <stddef.h>
#include "cpu/cpu.h"
#include "irq/irq.h"
#include "lib/lock.h"
#include "time/clock.h"
#include "time/timer.h"
#include "time/timer_heap.h"

static struct timer_queue {
	struct spinlock lock;
	struct timer *root;
} queues[MAX_CPUS];

static void queue_program(const struct timer_queue *q)
{
	if (q->root)
		apic_timer_set(q->root->expires);
	else
		apic_timer_stop();
}

void timer_init(struct timer *t, void (*fn)(void *), void *arg)
{
	*t = (struct timer){ .fn = fn, .arg = arg };
}

bool timer_active(const struct timer *t)
{
	return t->active;
}

void timer_stop(struct timer *t)
{
	struct timer_queue *q = &queues[t->cpu];
	bool was_root;

	spin_lock(&q->lock);
	if (t->active) {
		was_root = q->root == t;
		timer_heap_remove(&q->root, t);
		t->active = false;
		/* Another CPU's hardware fires once in vain; our own is set right. */
		if (was_root && t->cpu == this_cpu()->cpu)
			queue_program(q);
	}
	spin_unlock(&q->lock);
}

void timer_set(struct timer *t, uint64_t expires_ns)
{
	uint32_t cpu = this_cpu()->cpu;
	struct timer_queue *q = &queues[cpu];

	timer_stop(t);
	spin_lock(&q->lock);
	t->cpu = cpu;
	t->expires = expires_ns;
	t->active = true;
	timer_heap_add(&q->root, t);
	if (q->root == t)
		queue_program(q);
	spin_unlock(&q->lock);
}

void timer_run_expired(void)
{
	struct timer_queue *q = &queues[this_cpu()->cpu];
	uint64_t now = system_time();
	struct timer *t;

	for (;;) {
		spin_lock(&q->lock);
		t = q->root;
		if (!t || t->expires > now)
			break;
		timer_heap_remove(&q->root, t);
		t->active = false;
		spin_unlock(&q->lock);
		t->fn(t->arg);
	}
	queue_program(q);
	spin_unlock(&q->lock);
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
