/* SPDX-License-Identifier: BSD-2-Clause */
/* See timers.h: a sorted list, since a guest has a handful. Timers that are due at one time run in the order they were added. */
#include <stddef.h>
#include "kit/timers.h"

void kit_timers_remove(struct kit_timers *l, struct kit_timer *t)
{
	struct kit_timer **link = &l->first;

	if (!t->armed)
		return;
	while (*link != t)
		link = &(*link)->next;
	*link = t->next;
	t->armed = false;
}

void kit_timers_add(struct kit_timers *l, struct kit_timer *t, uint64_t due)
{
	struct kit_timer **link = &l->first;

	kit_timers_remove(l, t);
	while (*link && (*link)->due <= due)
		link = &(*link)->next;
	t->due = due;
	t->next = *link;
	t->armed = true;
	*link = t;
}

/* How many are due is counted first: a timer that starts itself again, for now, has its turn in the next run. */
uint64_t kit_timers_run(struct kit_timers *l, uint64_t now, bool *any)
{
	struct kit_timer *t;
	unsigned int n = 0;

	for (t = l->first; t && t->due <= now; t = t->next)
		n++;
	while (n-- && (t = l->first) && t->due <= now) {
		l->first = t->next;
		t->armed = false;
		t->fn(t->arg);
		*any = true;
	}
	return l->first ? l->first->due : 0;
}
