/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/convert/write.c
 *
 * XML whose lines remember where they come from.  All text is escaped, so that a line of the source is never more than one line of
 * the XML than is written here.
 */
#include <stdlib.h>
#include <string.h>

#include "convert/internal.h"

void write_piece(struct convert *c, const char *piece)
{
	fputs(piece, c->out);
}

static void text(struct convert *c, const char *s)
{
	for (; *s; s++) {
		switch (*s) {
		case '&':
			fputs("&amp;", c->out);
			break;
		case '<':
			fputs("&lt;", c->out);
			break;
		case '>':
			fputs("&gt;", c->out);
			break;
		case '\'':
			fputs("&apos;", c->out);
			break;
		case '\t':
		case '\n':
		case '\r':
			fprintf(c->out, "&#%d;", *s);
			break;
		default:
			putc(*s, c->out);
		}
	}
}

void write_attribute(struct convert *c, const char *name, const char *value)
{
	fprintf(c->out, " %s='", name);
	text(c, value);
	putc('\'', c->out);
}

void write_line(struct convert *c, unsigned int from, const char *piece)
{
	if (c->nr_lines == c->room) {
		unsigned int room = c->room ? 2 * c->room : 64;
		unsigned int *more = realloc(c->line_of, room * sizeof(*more));

		if (!more) {
			convert_fault(c, 0, 0, "out of memory");
			return;
		}
		c->line_of = more;
		c->room = room;
	}
	c->line_of[c->nr_lines++] = from;
	fprintf(c->out, "%s\n", piece);
}

void write_element(struct convert *c, unsigned int from, const char *before, const char *name, const char *inside)
{
	char end[64];

	snprintf(end, sizeof(end), "</%s>", name);
	fprintf(c->out, "%s<%s>", before, name);
	text(c, inside);
	write_line(c, from, end);
}
