/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/work.h
 *
 * What is under way, written by whoever does it and read by another thread that shows it.  The three numbers are not of one
 * moment: a reader may see the last amount of one step beside the name of the next, for one picture.
 */
#ifndef SOCLE_DOMAIN_WORK_H
#define SOCLE_DOMAIN_WORK_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum work_unit {
	WORK_BYTES,
	WORK_MS, /* a wait with a limit */
	WORK_GUESTS,
};

struct work {
	_Atomic(const char *) step; /* a literal, or NULL: nothing is known */
	_Atomic uint64_t done, total; /* total 0: how much it will be is not known */
	_Atomic enum work_unit unit;
};

/* All of these take NULL for "nobody looks". */
static inline void work_step(struct work *w, const char *step, enum work_unit unit, uint64_t total)
{
	if (!w)
		return;
	w->done = 0;
	w->total = total;
	w->unit = unit;
	w->step = step;
}

static inline void work_done(struct work *w, uint64_t done)
{
	if (w)
		w->done = done;
}

#endif /* SOCLE_DOMAIN_WORK_H */
