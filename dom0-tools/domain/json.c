/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/json.c
 *
 * See json.h.
 */
#include "domain/json.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "domain/utf8.h"

static void string_write(FILE *out, const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text;

	putc('"', out);
	while (len) {
		size_t n = utf8_sequence(p, len);

		if (!n)
			fputs("\\ufffd", out);
		else if (*p == '"' || *p == '\\')
			fprintf(out, "\\%c", *p);
		else if (*p == '\n')
			fputs("\\n", out);
		else if (*p < 0x20 || *p == 0x7f)
			fprintf(out, "\\u%04x", *p);
		else
			fwrite(p, 1, n, out);
		n = n ? n : 1;
		p += n;
		len -= n;
	}
	putc('"', out);
}

/* What stands before a value: the comma after the one before it, its place, its key. */
static void value_begin(struct json *j, const char *key)
{
	assert(!j->depth || (j->level[j->depth - 1].end == '}') == (key != NULL));
	if (j->depth) {
		if (j->level[j->depth - 1].filled)
			putc(',', j->out);
		fputs(j->level[j->depth - 1].rows ? "\n  " : " ", j->out);
		j->level[j->depth - 1].filled = true;
	}
	if (key) {
		string_write(j->out, key, strlen(key));
		fputs(": ", j->out);
	}
}

static void open_with(struct json *j, const char *key, char begin, char end, bool rows)
{
	value_begin(j, key);
	assert(j->depth < JSON_DEPTH_MAX);
	putc(begin, j->out);
	j->level[j->depth].end = end;
	j->level[j->depth].rows = rows;
	j->level[j->depth].filled = false;
	j->depth++;
}

void json_begin(struct json *j, FILE *out)
{
	*j = (struct json){ .out = out };
}

void json_object(struct json *j, const char *key)
{
	open_with(j, key, '{', '}', false);
}

void json_array(struct json *j, const char *key)
{
	open_with(j, key, '[', ']', false);
}

void json_rows(struct json *j, const char *key)
{
	open_with(j, key, '[', ']', true);
}

void json_end(struct json *j)
{
	assert(j->depth);
	j->depth--;
	if (j->level[j->depth].filled)
		putc(j->level[j->depth].rows ? '\n' : ' ', j->out);
	putc(j->level[j->depth].end, j->out);
	if (!j->depth)
		putc('\n', j->out);
}

void json_text_n(struct json *j, const char *key, const char *text, size_t len)
{
	value_begin(j, key);
	string_write(j->out, text, len);
}

void json_text(struct json *j, const char *key, const char *text)
{
	if (text) {
		json_text_n(j, key, text, strlen(text));
	} else {
		value_begin(j, key);
		fputs("null", j->out);
	}
}

void json_uint(struct json *j, const char *key, uint64_t n)
{
	value_begin(j, key);
	fprintf(j->out, "%" PRIu64, n);
}

void json_int(struct json *j, const char *key, int64_t n)
{
	value_begin(j, key);
	fprintf(j->out, "%" PRId64, n);
}

void json_real(struct json *j, const char *key, double n, unsigned int decimals)
{
	value_begin(j, key);
	if (isfinite(n))
		fprintf(j->out, "%.*f", (int)decimals, n);
	else
		fputs("null", j->out);
}

void json_bool(struct json *j, const char *key, bool b)
{
	value_begin(j, key);
	fputs(b ? "true" : "false", j->out);
}

void json_hex(struct json *j, const char *key, uint64_t n)
{
	value_begin(j, key);
	fprintf(j->out, "\"0x%" PRIx64 "\"", n);
}
