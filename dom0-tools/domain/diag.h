/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/diag.h
 *
 * A list of complaints about one file, each with its place: collected while reading, sorted and
 * printed at the end, so that a user sees all that is wrong in one go.  The list is bounded; a
 * file with more errors than that says so in the last line.  If memory runs out while collecting,
 * entries are counted but not kept: the list is never empty after an error.
 */
#ifndef SOCLE_DOMAIN_DIAG_H
#define SOCLE_DOMAIN_DIAG_H

#include <stddef.h>
#include <stdio.h>

#define DIAG_MAX 100u

struct diag {
	unsigned int line, column; /* 0 = unknown */
	unsigned int order;        /* of being added, to keep the sort stable */
	char *text;
};

struct diag_list {
	size_t count; /* of those added, which may be more than kept */
	size_t kept;
	struct diag item[DIAG_MAX];
};

void diag_add(struct diag_list *list, unsigned int line, unsigned int column, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* By place; those of one place in the order in which they were found. */
void diag_sort(struct diag_list *list);

/* "file:line:column: text", one a line, by place. */
void diag_print(struct diag_list *list, const char *file, FILE *out);

void diag_clear(struct diag_list *list);

/*
 * The candidate nearest to word by edit distance when it is near enough to be a slip of the
 * fingers, else NULL.  candidates ends with NULL.
 */
const char *diag_suggest(const char *word, const char *const *candidates);

#endif /* SOCLE_DOMAIN_DIAG_H */
