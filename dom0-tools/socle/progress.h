/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/progress.h
 *
 * One line on a terminal about what takes longer than a second: a bar, how much of how much, how fast, how long still.  It goes
 * to standard error and is wiped away at the end; off a terminal, and on one that cannot go back to a line's beginning
 * (TERM=dumb), there is none.  Colour goes by NO_COLOR (no-color.org).  Nothing of the terminal's state is changed.
 *
 *	progress_begin(&p, "create 'web'", &work);
 *	... work_step(), work_done() ...
 *	progress_end(&p);
 *
 * A thread of its own draws, so that a step that tells nothing is seen to last.  It writes with write() and takes no lock: the
 * process may fork meanwhile.
 */
#ifndef SOCLE_SOCLE_PROGRESS_H
#define SOCLE_SOCLE_PROGRESS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "domain/work.h"

struct progress {
	int fd; /* -1: no line is drawn */
	bool colour;
	char title[80];
	struct work *work;
	uint64_t begin_ns;
	bool drawn;
	/* For the rate: the step it is of, and the moment before. */
	const char *step;
	uint64_t step_ns, last_ns, last_done;
	double rate; /* a second; 0: not known yet */
	pthread_t thread;
	_Atomic bool ending;
};

void progress_begin(struct progress *p, const char *title, struct work *w);
void progress_end(struct progress *p);

/* What progress_begin() does first, and what its thread does again and again; for tests, with a clock of theirs. */
void progress_init(struct progress *p, const char *title, struct work *w, int fd, uint64_t now_ns);
void progress_tick(struct progress *p, unsigned int columns, uint64_t now_ns);
void progress_wipe(struct progress *p);

/* Whether lines are drawn on this descriptor, and whether in colour; by the environment. */
bool progress_possible(int fd);
bool colour_wanted(void);

#endif /* SOCLE_SOCLE_PROGRESS_H */
