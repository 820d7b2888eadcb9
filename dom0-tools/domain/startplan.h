/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/startplan.h
 *
 * In which order guests start with the host, and stop with it.  Pure.
 *
 * Those of one order go side by side, each when those that it comes after have started; a higher order begins when the lower ones
 * have started or failed.  Who comes after one that did not start is left off.
 */
#ifndef SOCLE_DOMAIN_STARTPLAN_H
#define SOCLE_DOMAIN_STARTPLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "domain/config.h"

#define START_AFTER_MAX 16u
#define START_ORDER_MAX 9999u

enum start_state { START_WAITS, START_BUSY, START_DONE, START_FAILED, START_LEFT };

struct start_item {
	char name[DOMAIN_NAME_MAX + 1];
	unsigned int order;
	unsigned int rank;   /* its order, or that of one that comes after it: startplan_sort() */
	unsigned int nr_after;
	char after[START_AFTER_MAX][DOMAIN_NAME_MAX + 1];
	enum start_state state;
	const char *missing; /* of one that was left off: whom it came after */
	int tag;             /* the caller's */
};

/* Lines "order N" and "after NAME"; false when there is another. */
bool start_item_read(struct start_item *s, const char *text);
void start_item_write(const struct start_item *s, char *out, size_t size);
#define START_TEXT_MAX (16u + START_AFTER_MAX * (DOMAIN_NAME_MAX + 8u))

/*
 * By rank, then by name.  Whoever is to start before another has at most that one's order, whatever was written, so that nobody
 * waits for one that waits for him.
 */
void startplan_sort(struct start_item *item, size_t nr);

/* One that comes after itself, by whatever way; NULL when there is none. */
const struct start_item *startplan_ring(const struct start_item *item, size_t nr);

/*
 * The next that may start now: its index, with state BUSY; -1 when there is none (the caller waits for a busy one, or all is
 * done).  Those that cannot start any more become LEFT.
 */
int startplan_next(struct start_item *item, size_t nr);

/* The next that may stop now: none that comes after it, and none of a higher rank, is WAITS or BUSY.  As above. */
int stopplan_next(struct start_item *item, size_t nr);

#endif /* SOCLE_DOMAIN_STARTPLAN_H */
