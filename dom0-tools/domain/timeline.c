/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/timeline.c
 *
 * See timeline.h.
 */
#include "domain/timeline.h"

#include <stdlib.h>
#include <string.h>

#include "libsocle/stamp.h"

bool timeline_add(struct timeline *t, uint64_t ms, const char *from, const char *text)
{
	if (t->nr == t->room) {
		size_t room = t->room ? 2 * t->room : 256;
		struct timeline_line *more = reallocarray(t->line, room, sizeof(*more));

		if (!more)
			return false;
		t->line = more;
		t->room = room;
	}
	t->line[t->nr] = (struct timeline_line){ .ms = ms, .number = t->nr, .from = from, .text = strdup(text) };
	if (!t->line[t->nr].text)
		return false;
	t->nr++;
	return true;
}

static int compare(const void *a, const void *b)
{
	const struct timeline_line *x = a, *y = b;

	if (x->ms != y->ms)
		return x->ms < y->ms ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

void timeline_sort(struct timeline *t)
{
	if (t->nr)
		qsort(t->line, t->nr, sizeof(*t->line), compare);
}

void timeline_clear(struct timeline *t)
{
	for (size_t i = 0; i < t->nr; i++)
		free(t->line[i].text);
	free(t->line);
	*t = (struct timeline){ .nr = 0 };
}

bool moments_line(const char *line, uint64_t *at, uint64_t *ms)
{
	char *end;

	if (*line < '0' || *line > '9')
		return false;
	*at = strtoull(line, &end, 10);
	return *end == ' ' && stamp_read(end + 1, strlen(end + 1), ms) > 0;
}
