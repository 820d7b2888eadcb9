/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/convert/xlcfg.c
 *
 * See xlcfg.h.  One pass over the text, one character ahead.  A line ends a pair except inside a list; ";" does so as well; "#"
 * begins a comment wherever it does not stand in a string.
 */
#include "convert/xlcfg.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define KEY_MAX  64u
#define KEYS_MAX 1000u /* xl knows some two hundred */

struct scanner {
	const char *p, *end;
	unsigned int keys;
	unsigned int line, column;
	struct xl_file *file;
	struct xl_item **tail;
	struct diag_list *diags;
};

/* --- characters -------------------------------------------------------------------------------- */

/* The end is a NUL, which stands nowhere else (xl_parse()). */
static char peek(const struct scanner *s)
{
	return s->p < s->end ? *s->p : '\0';
}

static char take(struct scanner *s)
{
	char c = peek(s);

	if (s->p < s->end)
		s->p++;
	if (c == '\n') {
		s->line++;
		s->column = 1;
	} else if (((unsigned char)c & 0xc0) != 0x80) {
		s->column++; /* characters of UTF-8, not bytes */
	}
	return c;
}

/* White space and comments; line ends only inside a list. */
static void skip(struct scanner *s, bool lines)
{
	for (;;) {
		char c = peek(s);

		if (c == '#')
			while (s->p < s->end && peek(s) != '\n')
				take(s);
		else if (c == ' ' || c == '\t' || c == '\r' || (lines && c == '\n'))
			take(s);
		else
			return;
	}
}

static void line_leave(struct scanner *s)
{
	while (s->p < s->end && peek(s) != '\n')
		take(s);
}

static size_t line_rest(const struct scanner *s)
{
	const char *end = memchr(s->p, '\n', (size_t)(s->end - s->p));

	return (size_t)((end ? end : s->end) - s->p);
}

static bool is_key_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* --- values ------------------------------------------------------------------------------------ */

static void value_free(struct xl_value *v)
{
	while (v) {
		struct xl_value *next = v->next;

		value_free(v->first); /* as deep as lists may be: XL_DEPTH_MAX */
		free(v->text);
		free(v);
		v = next;
	}
}

static struct xl_value *value_new(const struct scanner *s, enum xl_kind kind)
{
	struct xl_value *v = calloc(1, sizeof(*v));

	if (!v) {
		diag_add(s->diags, 0, 0, "out of memory");
		return NULL;
	}
	v->kind = kind;
	v->line = s->line;
	v->column = s->column;
	return v;
}

static unsigned int digit(char c)
{
	return isdigit((unsigned char)c) ? (unsigned int)(c - '0') : (unsigned int)(tolower((unsigned char)c) - 'a') + 10;
}

/* Up to that many digits behind a backslash; none of them is refused by whoever looks at the character. */
static char coded(struct scanner *s, unsigned int base, unsigned int most)
{
	unsigned int n = 0;

	while (most-- && isxdigit((unsigned char)peek(s)) && digit(peek(s)) < base)
		n = n * base + digit(take(s));
	return (char)n;
}

/* The character that follows a backslash; those of C, any other stands for itself. */
static char escaped(struct scanner *s)
{
	static const char names[] = "abfnrtv", values[] = "\a\b\f\n\r\t\v";
	const char *known;

	if (peek(s) >= '0' && peek(s) <= '7')
		return coded(s, 8, 3);
	if (peek(s) == 'x') {
		take(s);
		return coded(s, 16, 2);
	}
	known = peek(s) ? strchr(names, peek(s)) : NULL;
	if (!known)
		return take(s);
	take(s);
	return values[known - names];
}

static struct xl_value *string_read(struct scanner *s)
{
	struct xl_value *v = value_new(s, XL_STRING);
	char quote = take(s), *out = v ? malloc(line_rest(s) + 1) : NULL, *shorter;
	bool zero = false;
	size_t n = 0;

	while (out && s->p < s->end && peek(s) != quote && peek(s) != '\n') {
		char c = take(s);

		if (c == '\\' && s->p < s->end && peek(s) != '\n')
			c = escaped(s);
		zero |= c == '\0';
		out[n++] = c;
	}
	if (out && peek(s) == quote && !zero) {
		take(s);
		out[n] = '\0';
		shorter = realloc(out, n + 1);
		v->text = shorter ? shorter : out;
		return v;
	}
	if (v)
		diag_add(s->diags, v->line, v->column, !out ? "out of memory" : zero ? "a string cannot hold a character 0" :
			 "the string that begins here has no closing quote on its line");
	free(out);
	value_free(v);
	return NULL;
}

static struct xl_value *number_read(struct scanner *s)
{
	struct xl_value *v = value_new(s, XL_NUMBER);
	const char *start = s->p;
	uint64_t n;

	while (is_key_char(peek(s)))
		take(s);
	if (!v)
		return NULL;
	v->text = strndup(start, (size_t)(s->p - start));
	if (v->text && xl_number(v, &n))
		return v;
	diag_add(s->diags, v->line, v->column, v->text ? "'%.40s' is not a number" : "out of memory%.0s", v->text ? v->text : "");
	value_free(v);
	return NULL;
}

static struct xl_value *value_read(struct scanner *s, unsigned int depth);

static struct xl_value *list_read(struct scanner *s, unsigned int depth)
{
	struct xl_value *list = value_new(s, XL_LIST), **tail = list ? &list->first : NULL;

	take(s);
	while (list) {
		skip(s, true);
		if (peek(s) == ']')
			break;
		*tail = s->p < s->end ? value_read(s, depth + 1) : NULL;
		if (!*tail && s->p < s->end)
			goto broken;
		if (*tail)
			tail = &(*tail)->next;
		skip(s, true);
		if (peek(s) == ']')
			break;
		if (peek(s) != ',') {
			diag_add(s->diags, s->line, s->column, s->p < s->end ? "a ',' or ']' is missing here, in the list that begins at line %u"
				 : "the list that begins at line %u has no ']'", list->line);
			goto broken;
		}
		take(s);
	}
	take(s);
	return list;
broken:
	value_free(list);
	return NULL;
}

static struct xl_value *value_read(struct scanner *s, unsigned int depth)
{
	char c = peek(s);

	if (c == '"' || c == '\'')
		return string_read(s);
	if (isdigit((unsigned char)c))
		return number_read(s);
	if (c == '[' && depth < XL_DEPTH_MAX)
		return list_read(s, depth);
	if (c == '[')
		diag_add(s->diags, s->line, s->column, "lists are nested too deep; %u is the most", XL_DEPTH_MAX);
	else if (s->p == s->end || c == '\n' || c == ';')
		diag_add(s->diags, s->line, s->column, "a value is missing here");
	else
		diag_add(s->diags, s->line, s->column, "this is not a value: it is a string in quotes, a number, or a list in [ ]");
	return NULL;
}

/* --- pairs ------------------------------------------------------------------------------------- */

static struct xl_item *item_find(struct xl_file *f, const char *key)
{
	struct xl_item *i = f->first;

	while (i && strcmp(i->key, key) != 0)
		i = i->next;
	return i;
}

const struct xl_item *xl_find(const struct xl_file *f, const char *key)
{
	return item_find((struct xl_file *)(uintptr_t)f, key);
}

/* A list behind a list, or a string behind a string.  Takes over more. */
static void item_extend(struct scanner *s, struct xl_item *item, struct xl_value *more)
{
	struct xl_value *v = item->value, **tail = &v->first;
	char *both;

	if (v->kind != more->kind || v->kind == XL_NUMBER) {
		diag_add(s->diags, more->line, more->column, "'%s +=' puts a list behind a list or a string behind a string; it has begun as "
			 "something else at line %u", item->key, item->line);
	} else if (v->kind == XL_LIST) {
		while (*tail)
			tail = &(*tail)->next;
		*tail = more->first;
		more->first = NULL;
	} else {
		both = malloc(strlen(v->text) + strlen(more->text) + 1);
		if (both) {
			strcpy(both, v->text);
			strcat(both, more->text);
			free(v->text);
			v->text = both;
		} else {
			diag_add(s->diags, 0, 0, "out of memory");
		}
	}
	value_free(more);
}

static void item_add(struct scanner *s, const char *key, unsigned int line, unsigned int column, struct xl_value *v)
{
	struct xl_item *item = s->keys++ < KEYS_MAX ? calloc(1, sizeof(*item)) : NULL;

	if (s->keys > KEYS_MAX) {
		diag_add(s->diags, line, column, "it has more than %u keys; the rest is not looked at", KEYS_MAX);
		value_free(v);
		s->p = s->end;
		return;
	}
	if (item)
		item->key = strdup(key);
	if (!item || !item->key) {
		diag_add(s->diags, 0, 0, "out of memory");
		free(item);
		value_free(v);
		return;
	}
	item->line = line;
	item->column = column;
	item->value = v;
	*s->tail = item;
	s->tail = &item->next;
}

static bool key_read(struct scanner *s, char key[KEY_MAX])
{
	const char *start = s->p;
	unsigned int column = s->column;
	size_t n;

	while (is_key_char(peek(s)))
		take(s);
	n = (size_t)(s->p - start);
	if (!n || isdigit((unsigned char)*start)) {
		diag_add(s->diags, s->line, column, "a key is expected here, as in KEY=VALUE");
		return false;
	}
	if (n >= KEY_MAX) {
		diag_add(s->diags, s->line, column, "this key has %zu letters; none is that long", n);
		return false;
	}
	memcpy(key, start, n);
	key[n] = '\0';
	return true;
}

static bool pair_read(struct scanner *s)
{
	unsigned int line = s->line, column = s->column;
	struct xl_item *before;
	struct xl_value *v;
	char key[KEY_MAX];
	bool more;

	if (!key_read(s, key))
		return false;
	skip(s, false);
	more = peek(s) == '+';
	if (more)
		take(s);
	if (peek(s) != '=') {
		diag_add(s->diags, line, column, "'%s' is not followed by '='; files for xm that are Python programs cannot be read", key);
		return false;
	}
	take(s);
	skip(s, false);
	v = value_read(s, 0);
	if (!v)
		return false;
	before = item_find(s->file, key);
	if (before && more) {
		item_extend(s, before, v);
	} else if (before) {
		diag_add(s->diags, line, column, "'%s' is given twice (first at line %u); keep one of them", key, before->line);
		value_free(v);
	} else {
		item_add(s, key, line, column, v);
	}
	return true;
}

/* Behind a pair comes a line's end, or ";" and perhaps another. */
static void line_read(struct scanner *s)
{
	while (peek(s) == ';' || (peek(s) != '\n' && s->p < s->end)) {
		if (peek(s) == ';') {
			take(s);
			skip(s, false);
			continue;
		}
		if (!pair_read(s)) {
			line_leave(s);
			return;
		}
		skip(s, false);
		if (peek(s) != ';' && peek(s) != '\n' && s->p < s->end) {
			diag_add(s->diags, s->line, s->column, "the end of the line or ';' is expected here");
			line_leave(s);
		}
	}
}

void xl_parse(const char *text, size_t len, struct xl_file *out, struct diag_list *diags)
{
	struct scanner s = { .p = text, .end = text + len, .line = 1, .column = 1, .file = out, .tail = &out->first, .diags = diags };

	out->first = NULL;
	if (memchr(text, '\0', len)) {
		diag_add(diags, 0, 0, "it is not text: it has characters 0");
		return;
	}
	while (s.p < s.end) {
		skip(&s, true);
		line_read(&s);
	}
}

void xl_free(struct xl_file *f)
{
	while (f->first) {
		struct xl_item *i = f->first;

		f->first = i->next;
		value_free(i->value);
		free(i->key);
		free(i);
	}
}

/* --- what values say --------------------------------------------------------------------------- */

bool xl_number(const struct xl_value *v, uint64_t *out)
{
	char *end;

	if (v->kind == XL_LIST || !isdigit((unsigned char)*v->text))
		return false;
	errno = 0;
	*out = strtoull(v->text, &end, 0);
	return !errno && !*end;
}

bool xl_is_nothing(const struct xl_value *v)
{
	uint64_t n;

	if (v->kind == XL_LIST)
		return !v->first;
	return !*v->text || (xl_number(v, &n) && n == 0);
}
