/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Per-CPU timers in a pairing heap: the earliest is the root; arming is one comparison, removal merges the
 * children pairwise. The local APIC is programmed for the root whenever the root changes. A timer stays on
 * the CPU that armed it last; stopping it from elsewhere takes that CPU's lock.
 */
#include <stddef.h>
#include "cpu/cpu.h"
#include "irq/irq.h"
#include "lib/lock.h"
#include "time/clock.h"
#include "time/timer.h"

static struct timer_queue {
	struct spinlock lock;
	struct timer *root;
} queues[MAX_CPUS];

/* Both are roots or NULL; the later becomes the first child of the earlier. */
static struct timer *merge(struct timer *a, struct timer *b)
{
	struct timer *swap;

	if (!a || !b)
		return a ? a : b;
	if (b->expires < a->expires) {
		swap = a;
		a = b;
		b = swap;
	}
	b->prev = a;
	b->next = a->child;
	if (a->child)
		a->child->prev = b;
	a->child = b;
	return a;
}

/* A list of siblings becomes one heap: pairs left to right onto a stack, then the stack merged. */
static struct timer *merge_siblings(struct timer *first)
{
	struct timer *stack = NULL, *heap = NULL;

	while (first) {
		struct timer *a = first, *b = a->next;

		first = b ? b->next : NULL;
		a->next = a->prev = NULL;
		if (b)
			b->next = b->prev = NULL;
		a = merge(a, b);
		a->next = stack;
		stack = a;
	}
	while (stack) {
		struct timer *a = stack;

		stack = a->next;
		a->next = NULL;
		heap = merge(heap, a);
	}
	return heap;
}

static void queue_remove(struct timer_queue *q, struct timer *t)
{
	struct timer *rest = merge_siblings(t->child);

	if (q->root == t) {
		q->root = rest;
	} else {
		if (t->prev->child == t)
			t->prev->child = t->next;
		else
			t->prev->next = t->next;
		if (t->next)
			t->next->prev = t->prev;
		q->root = merge(q->root, rest);
	}
	t->child = t->next = t->prev = NULL;
	t->active = false;
}

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
		queue_remove(q, t);
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
	q->root = merge(q->root, t);
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
		queue_remove(q, t);
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
