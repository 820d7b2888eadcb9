/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pairing heap: arming is one comparison, removal merges the children pairwise, which costs a logarithm on
 * average. The links are in the timers, so nothing can run out. A node outside any heap has no links.
 */
#include <stddef.h>
#include "time/timer_heap.h"

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

void timer_heap_add(struct timer **root, struct timer *t)
{
	t->child = t->next = t->prev = NULL;
	*root = merge(*root, t);
}

void timer_heap_remove(struct timer **root, struct timer *t)
{
	struct timer *rest = merge_siblings(t->child);

	if (*root == t) {
		*root = rest;
	} else {
		if (t->prev->child == t)
			t->prev->child = t->next;
		else
			t->prev->next = t->next;
		if (t->next)
			t->next->prev = t->prev;
		*root = merge(*root, rest);
	}
	t->child = t->next = t->prev = NULL;
}
