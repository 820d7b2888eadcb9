/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/eventtext.c
 *
 * See eventtext.h.
 */
#include "socle/eventtext.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/utf8.h"

struct text {
	char *out;
	size_t size, used;
};

__attribute__((format(printf, 2, 3)))
static void add(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->out + t->used, t->size - t->used, fmt, ap);
	va_end(ap);
	if (n > 0)
		t->used = t->used + (size_t)n < t->size ? t->used + (size_t)n : t->size - 1;
}

static const char *get(const struct record *r, const char *key, const char *otherwise)
{
	const char *text = record_get(r, key);

	return text ? text : otherwise;
}

static void act_words(struct text *t, const struct record *r)
{
	const char *args = get(r, "args", ""), *error = record_get(r, "error"), *code = get(r, "exit", "?");

	add(t, "%s: socle %s%s%s: ", get(r, "user", "?"), get(r, "command", "?"), *args ? " " : "", args);
	if (strcmp(code, "0") == 0)
		add(t, "done");
	else if (error)
		add(t, "%s (exit code %s)", error, code);
	else
		add(t, "exit code %s", code);
	add(t, " in %.0f ms", strtod(get(r, "took_ms", "0"), NULL));
}

static void guest_words(struct text *t, const struct record *r)
{
	static const char *const more[] = { "reason", "text" };
	const char *device = record_get(r, "device");

	add(t, "%s", get(r, "event", "?"));
	if (device)
		add(t, " %s", device);
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++)
		if (record_get(r, more[i]))
			add(t, ": %s", record_get(r, more[i]));
}

static void words(struct text *t, const struct record *r)
{
	if (strcmp(get(r, "event", "?"), "act") == 0)
		act_words(t, r);
	else
		guest_words(t, r);
	/* Terminals obey what stands in texts, and guests have a part in some. */
	utf8_make_plain(t->out);
}

void event_words(const struct record *r, char *out, size_t size)
{
	struct text t = { .out = out, .size = size };

	*out = '\0';
	words(&t, r);
}

void event_text(const struct record *r, char *out, size_t size)
{
	struct text t = { .out = out, .size = size };
	char who[80];

	*out = '\0';
	if (record_get(r, "id"))
		snprintf(who, sizeof(who), "%.64s(%.8s)", get(r, "name", "-"), record_get(r, "id"));
	else
		snprintf(who, sizeof(who), "%.64s", get(r, "name", "-"));
	add(&t, "%s  %-20s  ", get(r, "time", "?"), who);
	words(&t, r);
}
