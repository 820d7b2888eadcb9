/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/startplan.c
 *
 * See startplan.h.  A host has some hundred guests at most: everything is looked for by going through all.
 */
#include "domain/startplan.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- a file ------------------------------------------------------------------------------------ */

static bool line_read(struct start_item *s, const char *line)
{
	char word[8], value[DOMAIN_NAME_MAX + 2], rest;
	unsigned long n;
	char *end;

	if (sscanf(line, "%7s %65s %c", word, value, &rest) != 2)
		return false;
	if (strcmp(word, "after") == 0) {
		if (strlen(value) > DOMAIN_NAME_MAX || s->nr_after == START_AFTER_MAX)
			return false;
		strcpy(s->after[s->nr_after++], value);
		return true;
	}
	n = strtoul(value, &end, 10);
	s->order = (unsigned int)n;
	return strcmp(word, "order") == 0 && isdigit((unsigned char)*value) && !*end && n <= START_ORDER_MAX;
}

bool start_item_read(struct start_item *s, const char *text)
{
	s->order = 0;
	s->nr_after = 0;
	while (*text) {
		size_t len = strcspn(text, "\n");
		char line[128];

		if (len >= sizeof(line))
			return false;
		memcpy(line, text, len);
		line[len] = '\0';
		if (len && !line_read(s, line))
			return false;
		text += len + (text[len] == '\n');
	}
	return true;
}

void start_item_write(const struct start_item *s, char *out, size_t size)
{
	int n = snprintf(out, size, "order %u\n", s->order);

	for (unsigned int i = 0; i < s->nr_after && n > 0 && (size_t)n < size; i++)
		n += snprintf(out + n, size - (size_t)n, "after %s\n", s->after[i]);
}

/* --- the order --------------------------------------------------------------------------------- */

static int compare(const void *va, const void *vb)
{
	const struct start_item *a = va, *b = vb;

	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	return strcmp(a->name, b->name);
}

static bool comes_after(const struct start_item *s, const char *name)
{
	for (unsigned int i = 0; i < s->nr_after; i++)
		if (strcmp(s->after[i], name) == 0)
			return true;
	return false;
}

/* Ranks only fall, so this ends, rings or not. */
static void ranks_settle(struct start_item *item, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		item[i].rank = item[i].order;
	for (bool again = true; again;) {
		again = false;
		for (size_t i = 0; i < nr; i++)
			for (size_t k = 0; k < nr; k++)
				if (item[k].rank > item[i].rank && comes_after(&item[i], item[k].name)) {
					item[k].rank = item[i].rank;
					again = true;
				}
	}
}

void startplan_sort(struct start_item *item, size_t nr)
{
	ranks_settle(item, nr);
	qsort(item, nr, sizeof(*item), compare);
}

static const struct start_item *find(const struct start_item *item, size_t nr, const char *name)
{
	for (size_t i = 0; i < nr; i++)
		if (strcmp(item[i].name, name) == 0)
			return &item[i];
	return NULL;
}

/* Take away, again and again, those that come after nobody who is left: what stays is in a ring or behind one. */
const struct start_item *startplan_ring(const struct start_item *item, size_t nr)
{
	bool *gone = calloc(nr + 1, sizeof(*gone)), again = gone != NULL;
	const struct start_item *found = NULL;

	while (again) {
		again = false;
		for (size_t i = 0; i < nr; i++) {
			bool waits = false;

			for (size_t k = 0; k < nr && !gone[i]; k++)
				waits |= !gone[k] && comes_after(&item[i], item[k].name);
			if (!gone[i] && !waits)
				gone[i] = again = true;
		}
	}
	for (size_t i = 0; gone && i < nr && !found; i++)
		if (!gone[i])
			found = &item[i];
	free(gone);
	return found;
}

static bool is_over(enum start_state s)
{
	return s == START_DONE || s == START_FAILED || s == START_LEFT;
}

/* May it start: 1 yes, 0 not yet, -1 never, with s->missing. */
static int may_start(struct start_item *s, const struct start_item *item, size_t nr)
{
	int may = 1;

	for (unsigned int i = 0; i < s->nr_after; i++) {
		const struct start_item *before = find(item, nr, s->after[i]);

		if (!before || before->state == START_FAILED || before->state == START_LEFT) {
			s->missing = s->after[i];
			return -1;
		}
		if (before->state != START_DONE)
			may = 0;
	}
	for (size_t i = 0; i < nr; i++)
		if (item[i].rank < s->rank && !is_over(item[i].state))
			may = 0;
	return may;
}

int startplan_next(struct start_item *item, size_t nr)
{
	for (bool again = true; again;) {
		again = false;
		for (size_t i = 0; i < nr; i++) {
			int may = item[i].state == START_WAITS ? may_start(&item[i], item, nr) : 0;

			if (may > 0) {
				item[i].state = START_BUSY;
				return (int)i;
			}
			if (may < 0) {
				item[i].state = START_LEFT;
				again = true; /* others may wait for it */
			}
		}
	}
	return -1;
}

int stopplan_next(struct start_item *item, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		bool may = item[i].state == START_WAITS;

		for (size_t k = 0; k < nr && may; k++)
			if (!is_over(item[k].state) && (item[k].rank > item[i].rank || comes_after(&item[k], item[i].name)))
				may = false;
		if (may) {
			item[i].state = START_BUSY;
			return (int)i;
		}
	}
	return -1;
}
