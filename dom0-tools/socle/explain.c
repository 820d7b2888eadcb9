/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/explain.c
 *
 * Reading the catalog of errors, and socle explain.
 */
#include "socle/explain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/codes.h"
#include "domain/diag.h"
#include "domain/json.h"
#include "socle/cmd.h"

#define IDS_MAX 256

static void take(char *out, size_t size, const char *from, size_t len)
{
	snprintf(out, size, "%.*s", (int)(len < size ? len : size - 1), from);
}

/* A line of an entry's body, without its tab. */
static void body_take(struct explanation *out, const char *line, size_t len)
{
	if (strncmp(line, "Why: ", 5) == 0)
		take(out->why, sizeof(out->why), line + 5, len - 5);
	else if (strncmp(line, "Do: ", 4) == 0)
		take(out->todo, sizeof(out->todo), line + 4, len - 4);
	else
		take(out->what, sizeof(out->what), line, len);
}

bool explain_next(const char **at, struct explanation *out)
{
	bool found = false;

	*out = (struct explanation){ .id = "" };
	for (const char *p = *at; *p; p = *at) {
		size_t len = strcspn(p, "\n"), id = strcspn(p, ":\n");
		bool head = len && *p != '#' && *p != '\t';

		if (head && found)
			return true;
		if (head && p[id] == ':') {
			take(out->id, sizeof(out->id), p, id);
			take(out->exits, sizeof(out->exits), p + id + 1 + strspn(p + id + 1, " "),
			     len - id - 1 - strspn(p + id + 1, " "));
			found = true;
		} else if (*p == '\t' && found) {
			body_take(out, p + 1, len - 1);
		}
		*at = p + len + (p[len] == '\n');
	}
	return found;
}

static void entry_json(struct json *j, const struct explanation *x)
{
	json_object(j, NULL);
	json_text(j, "id", x->id);
	json_array(j, "exit_codes");
	for (const char *p = x->exits; *p; p += strcspn(p, ","), p += *p == ',')
		json_uint(j, NULL, strtoul(p, NULL, 10));
	json_end(j);
	json_text(j, "what", x->what);
	json_text(j, "why", x->why);
	json_text(j, "do", x->todo);
	json_end(j);
}

static void entry_print(const struct explanation *x, bool json)
{
	struct json j;

	json_begin(&j, stdout);
	if (json)
		entry_json(&j, x);
	else
		printf("%s (exit code %s)\n\n%s\n\nWhy: %s\n\nWhat to do: %s\n", x->id, x->exits, x->what, x->why, x->todo);
}

static int one_print(const char *id, bool json)
{
	static char ids[IDS_MAX][SOCLE_ID_MAX];
	const char *names[IDS_MAX + 1] = { NULL }, *at = explain_text, *guess;
	struct socle_error err = { 0 };
	struct explanation x;

	for (size_t n = 0; n < IDS_MAX && explain_next(&at, &x); n++) {
		if (strcmp(x.id, id) == 0) {
			entry_print(&x, json);
			return EXIT_OK;
		}
		names[n] = strcpy(ids[n], x.id);
	}
	guess = diag_suggest(id, names);
	socle_fail_id(&err, DOMAIN_E_NOT_FOUND, "no-such-id", "there is no such error%s%s%s", guess ? "; did you mean '" : "",
		      guess ? guess : "; 'socle explain' lists them", guess ? "'?" : "");
	return report("explain", id, &err);
}

/* An identifier as a message prints it is taken with its brackets. */
static void brackets_strip(const char *word, char *out, size_t size)
{
	size_t len = strlen(word);

	if (len > 2 && word[0] == '[' && word[len - 1] == ']')
		take(out, size, word + 1, len - 2);
	else
		take(out, size, word, len);
}

static void all_print(bool json)
{
	const char *at = explain_text;
	struct explanation x;
	struct json j;

	json_begin(&j, stdout);
	if (json)
		json_rows(&j, NULL);
	while (explain_next(&at, &x)) {
		if (json)
			entry_json(&j, &x);
		else
			printf("%-20s %5s  %s\n", x.id, x.exits, x.what);
	}
	if (json)
		json_end(&j);
}

int cmd_explain(const struct invocation *inv)
{
	bool json = flag_given(inv, "json");
	char id[64];

	if (arg_at(inv, 0)) {
		brackets_strip(arg_at(inv, 0), id, sizeof(id));
		return one_print(id, json);
	}
	all_print(json);
	return EXIT_OK;
}
