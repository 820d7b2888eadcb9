/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/event.c
 *
 * See event.h.
 */
#include "domain/event.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/json.h"
#include "domain/linefile.h"
#include "domain/names.h"
#include "libsocle/stamp.h"

#define TEXT_MAX 2000u /* of one argument or text: who has more to say has a log of its own */

/* --- lines ------------------------------------------------------------------------------------- */

static void head_write(struct json *j, uint64_t ms, const char *what, const char *name, const char *uuid, uint16_t domid)
{
	char stamp[STAMP_BYTES];

	stamp_format(stamp, ms);
	json_object(j, NULL);
	json_text(j, "time", stamp);
	json_text(j, "event", what);
	json_text(j, "name", name);
	json_text(j, "uuid", uuid && *uuid ? uuid : NULL);
	if (domid)
		json_uint(j, "id", domid);
	else
		json_text(j, "id", NULL);
}

static void text_write(struct json *j, const char *key, const char *text)
{
	json_text_n(j, key, text, strnlen(text, TEXT_MAX));
}

/* An object as text, which fill begins; for free().  NULL: no memory. */
static char *line_make(void (*fill)(struct json *j, const void *what), const void *what)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	struct json j;
	bool bad;

	if (!f)
		return NULL;
	json_begin(&j, f);
	fill(&j, what);
	json_end(&j);
	bad = ferror(f);
	if (fclose(f) || bad) {
		free(text);
		return NULL;
	}
	return text;
}

static void event_fill(struct json *j, const void *what)
{
	const struct event *e = what;

	head_write(j, e->ms, e->what, e->name, e->uuid, e->domid);
	if (e->device)
		json_text(j, "device", e->device);
	if (e->reason)
		text_write(j, "reason", e->reason);
	if (e->text)
		text_write(j, "text", e->text);
}

char *event_line(const struct event *e)
{
	return line_make(event_fill, e);
}

static void act_fill(struct json *j, const void *what)
{
	const struct act *a = what;

	head_write(j, a->ms, "act", a->name, a->uuid, a->domid);
	json_text(j, "user", a->user);
	json_uint(j, "uid", a->uid);
	json_text(j, "sudo", a->sudo);
	json_text(j, "login", a->login);
	json_int(j, "pid", a->pid);
	json_text(j, "command", a->command);
	json_array(j, "args");
	for (int i = 0; i < a->nr_args; i++)
		text_write(j, NULL, a->args[i]);
	json_end(j);
	json_int(j, "exit", a->exit);
	json_text(j, "error", a->error && *a->error ? a->error : NULL);
	json_real(j, "took_ms", a->took_ms, 3);
}

char *act_line(const struct act *a)
{
	return line_make(act_fill, a);
}

/* --- the file ---------------------------------------------------------------------------------- */

const char *events_path(void)
{
	const char *path = getenv("SOCLE_EVENTS");

	return path && *path ? path : SOCLE_LOG_DIR "/events";
}

void event_tell(struct event e)
{
	char *line;

	e.ms = stamp_now();
	line = event_line(&e);
	if (line)
		line_append(events_path(), line, EVENTS_LIMIT, NULL);
	free(line);
}
