/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/timeline.h
 *
 * Lines of several logs in the order of their moments.  A line without a moment has that of the line before it in its log, and
 * stays behind it.  Pure.
 */
#ifndef SOCLE_DOMAIN_TIMELINE_H
#define SOCLE_DOMAIN_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct timeline_line {
	uint64_t ms;      /* since 1970; 0: not known, before all others */
	size_t number;    /* in the order of coming */
	const char *from; /* not owned */
	char *text;
};

struct timeline {
	struct timeline_line *line;
	size_t nr, room;
};

/* A copy of the text is kept.  False: no memory. */
bool timeline_add(struct timeline *t, uint64_t ms, const char *from, const char *text);

/* By moment; those of one moment as they came. */
void timeline_sort(struct timeline *t);

/* Forget the lines. */
void timeline_clear(struct timeline *t);

/* A line of a console's moments, "OFFSET STAMP" (consoled/logfile.h); false: it is none. */
bool moments_line(const char *line, uint64_t *at, uint64_t *ms);

#endif /* SOCLE_DOMAIN_TIMELINE_H */
