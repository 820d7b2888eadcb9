/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/convert/internal.h
 *
 * What the parts of the converter share: complaints of two kinds, and writing XML that remembers which line of the source each
 * of its lines comes from.
 */
#ifndef SOCLE_CONVERT_INTERNAL_H
#define SOCLE_CONVERT_INTERNAL_H

#include <stdbool.h>
#include <stdio.h>

#include "convert/convert.h"
#include "convert/xlcfg.h"

struct convert {
	const struct xl_file *file;
	struct diag_list *diags;
	struct conversion *result;
	FILE *out;
	unsigned int *line_of, nr_lines, room; /* line_of[n]: where line n + 1 of the XML comes from */
};

/* The file is wrong here. */
__attribute__((format(printf, 4, 5)))
void convert_fault(struct convert *c, unsigned int line, unsigned int column, const char *fmt, ...);

/* The file is right, but a description cannot say this. */
__attribute__((format(printf, 4, 5)))
void convert_loss(struct convert *c, unsigned int line, unsigned int column, const char *fmt, ...);

/* A string that says all of one device, and complaints about it that quote the string. */
struct device {
	struct convert *c;
	const struct xl_value *v;
	const char *kind;     /* "disk" */
	bool whole;           /* one loss, and the device cannot be had at all */
	bool bad;             /* nothing is to be written of it */
};
__attribute__((format(printf, 2, 3)))
void device_fault(struct device *d, const char *fmt, ...);
__attribute__((format(printf, 2, 3)))
void device_loss(struct device *d, const char *fmt, ...);

/* A piece of a line; name='value' with a blank before it; the rest of the line, with its end. */
void write_piece(struct convert *c, const char *piece);
void write_attribute(struct convert *c, const char *name, const char *value);
void write_line(struct convert *c, unsigned int from, const char *piece);

/* "<name>text</name>" on a line of its own; before is what stands in front of it. */
void write_element(struct convert *c, unsigned int from, const char *before, const char *name, const char *text);

/* A string that is not in a list; NULL after a complaint. */
const char *convert_string(struct convert *c, const struct xl_item *i);

/* The value of each string of a list; other values are complained about. */
void convert_each(struct convert *c, const struct xl_item *i, void (*fn)(struct convert *c, const struct xl_value *v));

/*
 * "key=value,..." and bare words with commas between: *rest moves on, blanks around are cut off in place.  NULL at the end.
 */
char *part_next(char **rest);
char *trimmed(char *s);

void convert_disk(struct convert *c, const struct xl_value *v);
void convert_card(struct convert *c, const struct xl_value *v);

/*
 * A key that a description has no words for: why, and what to do instead ("%s" stands for the value).  NULL: it is no key that
 * is known.  strict: 0 asks for something as well.
 */
struct xl_refused {
	const char *name, *why, *instead;
	bool strict;
};
const struct xl_refused *refused_find(const char *key);
/* The n-th of them, for guesses; NULL after the last. */
const char *refused_name(unsigned int n);

#endif /* SOCLE_CONVERT_INTERNAL_H */
