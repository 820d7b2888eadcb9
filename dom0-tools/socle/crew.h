/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/crew.h
 *
 * The same done for several guests side by side: a process each, a few at a time.
 */
#ifndef SOCLE_SOCLE_CREW_H
#define SOCLE_SOCLE_CREW_H

#include <stdbool.h>

#include "socle/cmd.h"

#define CREW_MOST 8u

struct crew {
	unsigned int busy;
	unsigned int done, failed; /* of those that have ended */
	int code;                  /* of the first that failed */
	struct { int pid, tag; } member[CREW_MOST];
};

/* Run fn(arg) in a process of its own: its exit code is what fn returns.  -1 when that is not possible; EXIT_FAILED counts then. */
int crew_start(struct crew *c, int tag, int (*fn)(void *arg), void *arg);

bool crew_is_full(const struct crew *c);

/* Wait until one has ended: true with its tag and exit code, false when there is none. */
bool crew_wait(struct crew *c, int *tag, int *code);

/* EXIT_OK, EXIT_PARTIAL when some failed, their code when all did. */
int crew_result(const struct crew *c);

#endif /* SOCLE_SOCLE_CREW_H */
