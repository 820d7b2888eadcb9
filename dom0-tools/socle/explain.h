/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/explain.h
 *
 * The catalog of errors (explain.txt), which is inside the program so that both are of one age.
 */
#ifndef SOCLE_SOCLE_EXPLAIN_H
#define SOCLE_SOCLE_EXPLAIN_H

#include <stdbool.h>

#include "libsocle/error.h"

extern const char explain_text[];

struct explanation {
	char id[SOCLE_ID_MAX];
	char exits[16];       /* "5,8" */
	char what[256];       /* a sentence */
	char why[512];
	char todo[512];
};

/* The entry at or after *at, which moves behind it; false when there is none any more. */
bool explain_next(const char **at, struct explanation *out);

#endif /* SOCLE_SOCLE_EXPLAIN_H */
