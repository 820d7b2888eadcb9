/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/record.c
 *
 * See record.h.  A decoded text is never longer than it was: an escape of six characters becomes at most three bytes of UTF-8.
 */
#include "domain/record.h"

#include <string.h>

struct reader {
	char *p; /* where the text goes on */
};

static void blanks_skip(struct reader *r)
{
	r->p += strspn(r->p, " \t");
}

static bool take(struct reader *r, char c)
{
	blanks_skip(r);
	if (*r->p != c)
		return false;
	r->p++;
	return true;
}

/* Four digits of base 16 as UTF-8 at *out.  Halves of a pair are not written by our writer, and refused. */
static bool unicode(struct reader *r, char **out)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < 4; i++, r->p++) {
		char c = *r->p;

		if (c >= '0' && c <= '9')
			n = n * 16 + (unsigned int)(c - '0');
		else if (c >= 'a' && c <= 'f')
			n = n * 16 + (unsigned int)(c - 'a') + 10;
		else if (c >= 'A' && c <= 'F')
			n = n * 16 + (unsigned int)(c - 'A') + 10;
		else
			return false;
	}
	if (n >= 0xd800 && n <= 0xdfff)
		return false;
	if (n < 0x80) {
		*(*out)++ = (char)(n ? n : '?'); /* a NUL would end the text */
	} else if (n < 0x800) {
		*(*out)++ = (char)(0xc0 | n >> 6);
		*(*out)++ = (char)(0x80 | (n & 0x3f));
	} else {
		*(*out)++ = (char)(0xe0 | n >> 12);
		*(*out)++ = (char)(0x80 | (n >> 6 & 0x3f));
		*(*out)++ = (char)(0x80 | (n & 0x3f));
	}
	return true;
}

static bool escape(struct reader *r, char **out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *at = *r->p ? strchr(from, *r->p) : NULL;

	if (at) {
		*(*out)++ = to[at - from];
		r->p++;
		return true;
	}
	if (*r->p != 'u')
		return false;
	r->p++;
	return unicode(r, out);
}

/* A text between quotes, decoded to *out, which may be where it stands.  It is not terminated. */
static bool text_take(struct reader *r, char **out)
{
	if (!take(r, '"'))
		return false;
	while (*r->p != '"') {
		if (!*r->p || (unsigned char)*r->p < 0x20)
			return false;
		if (*r->p != '\\') {
			*(*out)++ = *r->p++;
			continue;
		}
		r->p++;
		if (!escape(r, out))
			return false;
	}
	r->p++;
	return true;
}

/* The closing quote has been read already, so there is room for the end. */
static const char *text(struct reader *r)
{
	char *begin, *out;

	blanks_skip(r);
	begin = out = r->p;
	if (!text_take(r, &out))
		return NULL;
	*out = '\0';
	return begin;
}

static const char *list(struct reader *r)
{
	char *begin = r->p, *out = begin;

	r->p++;
	if (take(r, ']')) {
		*begin = '\0';
		return begin;
	}
	do {
		/* The opening quote, at least, was read since. */
		if (out != begin)
			*out++ = ' ';
		if (!text_take(r, &out))
			return NULL;
	} while (take(r, ','));
	if (!take(r, ']'))
		return NULL;
	*out = '\0';
	return begin;
}

/* Digits or a word: up to what ends a value.  It is moved by one, so that its end can be marked. */
static const char *plain(struct reader *r, const char *allowed)
{
	size_t len = strspn(r->p, allowed);
	char *begin = r->p - 1;

	if (!len)
		return NULL;
	memmove(begin, r->p, len);
	begin[len] = '\0';
	r->p += len;
	return begin;
}

static bool is_word(const char *w)
{
	return strcmp(w, "true") == 0 || strcmp(w, "false") == 0 || strcmp(w, "null") == 0;
}

static bool value(struct reader *r, enum record_kind *kind, const char **out)
{
	blanks_skip(r);
	if (*r->p == '"') {
		*kind = RECORD_TEXT;
		*out = text(r);
		return *out != NULL;
	}
	if (*r->p == '[') {
		*kind = RECORD_LIST;
		*out = list(r);
		return *out != NULL;
	}
	*kind = *r->p == '-' || (*r->p >= '0' && *r->p <= '9') ? RECORD_NUMBER : RECORD_WORD;
	*out = plain(r, *kind == RECORD_NUMBER ? "-+.0123456789eE" : "aeflnrstu");
	return *out && (*kind == RECORD_NUMBER || is_word(*out));
}

bool record_parse(struct record *rec, char *line)
{
	struct reader r = { line };

	rec->nr = 0;
	if (!take(&r, '{'))
		return false;
	if (take(&r, '}'))
		return !*r.p;
	do {
		if (rec->nr == RECORD_FIELDS)
			return false;
		rec->field[rec->nr].key = text(&r);
		if (!rec->field[rec->nr].key || !take(&r, ':') ||
		    !value(&r, &rec->field[rec->nr].kind, &rec->field[rec->nr].text))
			return false;
		rec->nr++;
	} while (take(&r, ','));
	return take(&r, '}') && !*r.p;
}

const char *record_get(const struct record *rec, const char *key)
{
	for (size_t i = 0; i < rec->nr; i++) {
		if (strcmp(rec->field[i].key, key) != 0)
			continue;
		return rec->field[i].kind == RECORD_WORD && strcmp(rec->field[i].text, "null") == 0 ? NULL : rec->field[i].text;
	}
	return NULL;
}
