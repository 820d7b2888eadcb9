/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/record.h
 *
 * A line of JSON as the tools write it to their logs, read back: one object whose values are texts, numbers, words (true, false,
 * null) or arrays of texts.  What is not such a line is refused, so a line that a full disk has cut does no harm.  Pure; no
 * memory is taken: texts are decoded in place, in the line.
 */
#ifndef SOCLE_DOMAIN_RECORD_H
#define SOCLE_DOMAIN_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#define RECORD_FIELDS 24u

enum record_kind { RECORD_TEXT, RECORD_NUMBER, RECORD_WORD, RECORD_LIST };

struct record {
	size_t nr;
	struct {
		enum record_kind kind;
		const char *key, *text; /* an array's texts with a blank between two */
	} field[RECORD_FIELDS];
};

/* line is NUL-terminated, without its end, and is written over.  False: it is no such object. */
bool record_parse(struct record *r, char *line);

/* A text, a number's digits or an array; NULL when there is no such field, or a null. */
const char *record_get(const struct record *r, const char *key);

#endif /* SOCLE_DOMAIN_RECORD_H */
