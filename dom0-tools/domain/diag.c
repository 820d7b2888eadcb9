/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/diag.c
 *
 * Collecting, sorting and printing complaints, and guessing what a misspelt word was meant to be;
 * see diag.h.
 */
#include "domain/diag.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define WORD_MAX 32u /* longer words get no suggestion */

void diag_add(struct diag_list *list, unsigned int line, unsigned int column, const char *fmt, ...)
{
	struct diag *d;
	va_list ap;
	char *text;
	int n;

	list->count++;
	if (list->kept == DIAG_MAX)
		return;
	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	d = &list->item[list->kept];
	*d = (struct diag){ .line = line, .column = column, .text = text };
	d->order = (unsigned int)list->kept++;
}

static int diag_order(const void *va, const void *vb)
{
	const struct diag *a = va, *b = vb;

	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	if (a->column != b->column)
		return a->column < b->column ? -1 : 1;
	return a->order < b->order ? -1 : 1;
}

void diag_sort(struct diag_list *list)
{
	qsort(list->item, list->kept, sizeof(list->item[0]), diag_order);
}

void diag_print(struct diag_list *list, const char *file, FILE *out)
{
	diag_sort(list);
	for (size_t i = 0; i < list->kept; i++) {
		const struct diag *d = &list->item[i];

		if (d->line && d->column)
			fprintf(out, "%s:%u:%u: %s\n", file, d->line, d->column, d->text);
		else if (d->line)
			fprintf(out, "%s:%u: %s\n", file, d->line, d->text);
		else
			fprintf(out, "%s: %s\n", file, d->text);
	}
	if (list->count > list->kept)
		fprintf(out, "%s: and %zu more errors\n", file, list->count - list->kept);
}

void diag_clear(struct diag_list *list)
{
	for (size_t i = 0; i < list->kept; i++)
		free(list->item[i].text);
	list->count = list->kept = 0;
}

static unsigned int min3(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int m = a < b ? a : b;

	return m < c ? m : c;
}

/*
 * Edit distance where swapping two neighbours counts as one slip; both words fit WORD_MAX.
 * d[i][j] is the distance between the first i and the first j characters.
 */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int d[WORD_MAX + 1][WORD_MAX + 1];
	size_t la = strlen(a), lb = strlen(b);

	for (unsigned int i = 0; i <= la; i++)
		d[i][0] = i;
	for (unsigned int j = 0; j <= lb; j++)
		d[0][j] = j;
	for (size_t i = 1; i <= la; i++) {
		for (size_t j = 1; j <= lb; j++) {
			d[i][j] = min3(d[i - 1][j] + 1, d[i][j - 1] + 1,
				       d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    d[i - 2][j - 2] + 1 < d[i][j])
				d[i][j] = d[i - 2][j - 2] + 1;
		}
	}
	return d[la][lb];
}

const char *diag_suggest(const char *word, const char *const *candidates)
{
	const char *best = NULL;
	size_t len = strlen(word);
	unsigned int best_distance = len <= 3 ? 2 : 3; /* exclusive */

	if (len > WORD_MAX)
		return NULL;
	for (; *candidates; candidates++) {
		unsigned int d;

		if (strlen(*candidates) > WORD_MAX)
			continue;
		d = distance(word, *candidates);
		if (d < best_distance) {
			best_distance = d;
			best = *candidates;
		}
	}
	return best;
}
