/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/usage.c
 *
 * What domains did with their time between two looks; see usage.h.
 */
#include "domain/usage.h"

#include <stdlib.h>
#include <string.h>

bool usage_order_read(const char *word, enum usage_order *out)
{
	static const char *const words[] = {
		[USAGE_BY_CPU] = "cpu", [USAGE_BY_WAIT] = "wait", [USAGE_BY_MEMORY] = "memory",
		[USAGE_BY_NAME] = "name", [USAGE_BY_ID] = "id",
	};

	for (unsigned int i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(word, words[i]) == 0) {
			*out = (enum usage_order)i;
			return true;
		}
	return false;
}

/* Ids are used again: a domain is the same while its UUID is, and while its times do not fall. */
static const struct usage *same_of(const struct usage *u, const struct usage *then, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (then[i].domid == u->domid &&
		    memcmp(then[i].uuid, u->uuid, sizeof(u->uuid)) == 0 &&
		    then[i].run_ns <= u->run_ns && then[i].wait_ns <= u->wait_ns)
			return &then[i];
	return NULL;
}

void usage_compare(struct usage *now, size_t nr_now, const struct usage *then, size_t nr_then)
{
	for (size_t i = 0; i < nr_now; i++) {
		const struct usage *old = same_of(&now[i], then, nr_then);
		double span = old && now[i].now_ns > old->now_ns
				      ? (double)(now[i].now_ns - old->now_ns) : 0;

		now[i].cpu = span > 0 ? 100 * (double)(now[i].run_ns - old->run_ns) / span : 0;
		now[i].wait = span > 0 ? 100 * (double)(now[i].wait_ns - old->wait_ns) / span : 0;
	}
}

static int by_number(double a, double b)
{
	return (b > a) - (b < a);
}

static enum usage_order sort_order; /* qsort() hands no argument on; one thread sorts */

static int compare(const void *a, const void *b)
{
	const struct usage *x = a, *y = b;
	int r = 0;

	switch (sort_order) {
	case USAGE_BY_CPU:
		r = by_number(x->cpu, y->cpu);
		break;
	case USAGE_BY_WAIT:
		r = by_number(x->wait, y->wait);
		break;
	case USAGE_BY_MEMORY:
		r = by_number((double)x->memory_kib, (double)y->memory_kib);
		break;
	case USAGE_BY_NAME:
		r = strcmp(x->name, y->name);
		break;
	case USAGE_BY_ID:
		break;
	}
	return r ? r : (x->domid > y->domid) - (x->domid < y->domid);
}

void usage_sort(struct usage *u, size_t nr, enum usage_order order)
{
	sort_order = order;
	qsort(u, nr, sizeof(*u), compare);
}
