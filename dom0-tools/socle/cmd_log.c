/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/cmd_log.c
 *
 * socle log: all that is known of one guest, in the order of time: what happened to it, what administrators did to it, what the
 * hypervisor said about it, what its console printed, and what the workers of its devices said.  The files outlive the guest, so
 * only the form of the name is checked, not whether such a guest runs.
 *
 * All lines are taken in and sorted; who follows does so with what came within a step.
 */
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "domain/config.h"
#include "domain/console.h"
#include "domain/event.h"
#include "domain/guestlog.h"
#include "domain/json.h"
#include "domain/linefile.h"
#include "domain/names.h"
#include "domain/record.h"
#include "domain/timeline.h"
#include "domain/utf8.h"
#include "libsocle/stamp.h"
#include "socle/cmd.h"
#include "socle/eventtext.h"

#define SOURCES_MAX 40u /* a guest has at most as many devices as its supervisor serves */
#define STEP_MS     200
#define HYPERVISOR  "hypervisor: "

struct source {
	const char *from;
	struct line_reader lines;
	uint64_t ms;             /* of the line before */
	/* A console's moments stand beside it. */
	bool has_moments;
	FILE *moments;           /* of the file that the last line was of */
	unsigned int file;       /* which that was: 0 is the older one */
	uint64_t next_at, next_ms;
	bool next;               /* a moment that was read, and begins further on */
};

struct journey {
	const char *name;
	struct source source[SOURCES_MAX];
	size_t nr;
	bool json, no_memory;
	struct timeline lines;
};

/* --- one line ---------------------------------------------------------------------------------- */

static void line_print(struct timeline_line *l, bool json)
{
	char stamp[STAMP_BYTES] = "-";
	struct json j;

	if (l->ms)
		stamp_format(stamp, l->ms);
	if (!json) {
		/* What a guest prints may be orders to a terminal. */
		utf8_make_plain(l->text);
		printf("%-24s  %-10s  %s\n", stamp, l->from, l->text);
		return;
	}
	json_begin(&j, stdout);
	json_object(&j, NULL);
	json_text(&j, "time", l->ms ? stamp : NULL);
	json_text(&j, "from", l->from);
	json_text(&j, "text", l->text);
	json_end(&j);
}

static void keep(struct journey *t, const struct source *s, const char *from, const char *text)
{
	t->no_memory |= !timeline_add(&t->lines, s->ms, from, text);
}

/* --- moments of a console ------------------------------------------------------------------------ */

static void moments_open(struct source *s, unsigned int file)
{
	char path[LINE_PATH_MAX + 16];

	if (s->moments)
		fclose(s->moments);
	snprintf(path, sizeof(path), "%s%s.times", s->lines.path, file ? "" : ".1");
	s->moments = fopen(path, "re");
	s->file = file;
	s->next = false;
}

/* The next one; a line that is being written comes later. */
static bool moment_read(struct source *s)
{
	char line[64];
	long before;

	if (!s->moments)
		return false;
	clearerr(s->moments);
	while ((before = ftell(s->moments)) >= 0 && fgets(line, sizeof(line), s->moments)) {
		if (!strchr(line, '\n') && feof(s->moments)) {
			fseek(s->moments, before, SEEK_SET);
			return false;
		}
		if (moments_line(line, &s->next_at, &s->next_ms))
			return true;
	}
	return false;
}

static void moment_find(struct source *s)
{
	unsigned int file = s->lines.of_old ? 0 : 1 + s->lines.turns;

	if (!s->moments || s->file != file)
		moments_open(s, file);
	while (s->next || (s->next = moment_read(s))) {
		if (s->next_at > s->lines.at)
			return;
		s->ms = s->next_ms;
		s->next = false;
	}
}

/* --- lines of each kind ---------------------------------------------------------------------------- */

static void console_take(struct journey *t, struct source *s, char *line)
{
	size_t n = strlen(line);

	moment_find(s);
	while (n && line[n - 1] == '\r')
		line[--n] = '\0';
	keep(t, s, s->from, line);
}

/* An act of the events; what else is there about the guest stands in its own log. */
static void act_take(struct journey *t, struct source *s, char *line)
{
	char text[4096];
	struct record r;
	const char *name;

	if (!record_parse(&r, line) || !record_get(&r, "event") || strcmp(record_get(&r, "event"), "act") != 0)
		return;
	name = record_get(&r, "name");
	if (!name || strcmp(name, t->name) != 0 || !record_get(&r, "time") ||
	    !stamp_read(record_get(&r, "time"), strlen(record_get(&r, "time")), &s->ms))
		return;
	event_words(&r, text, sizeof(text));
	keep(t, s, s->from, text);
}

/* A line that begins with its moment. */
static void stamped_take(struct journey *t, struct source *s, char *line)
{
	size_t n = stamp_read(line, strlen(line), &s->ms);

	line += n ? n + (line[n] == ' ') : 0;
	if (strncmp(line, HYPERVISOR, sizeof(HYPERVISOR) - 1) == 0)
		keep(t, s, "hypervisor", line + sizeof(HYPERVISOR) - 1);
	else
		keep(t, s, s->from, line);
}

static void line_take(struct journey *t, struct source *s, char *line)
{
	if (s->has_moments)
		console_take(t, s, line);
	else if (strcmp(s->from, "act") == 0)
		act_take(t, s, line);
	else
		stamped_take(t, s, line);
}

/* --- sources ------------------------------------------------------------------------------------- */

/* One that is not there may come, when somebody follows; true when it is there. */
static bool source_add(struct journey *t, const char *from, const char *path)
{
	struct source *s = &t->source[t->nr];

	if (t->nr == SOURCES_MAX)
		return false;
	*s = (struct source){ .from = from, .has_moments = strcmp(from, "console") == 0 };
	t->nr++;
	return line_reader_open(&s->lines, path);
}

/* "blkd-NAME-51712.log" of this name: another name may begin so, and go on with digits and '-' only before the last number. */
static bool is_workers_log(const char *file, const char *program, const char *name)
{
	size_t p = strlen(program), n = strlen(name), digits;

	if (strncmp(file, program, p) != 0 || file[p] != '-' || strncmp(file + p + 1, name, n) != 0 || file[p + 1 + n] != '-')
		return false;
	file += p + n + 2;
	digits = strspn(file, "0123456789");
	return digits && strcmp(file + digits, ".log") == 0;
}

static bool is_known(const struct journey *t, const char *path)
{
	for (size_t i = 0; i < t->nr; i++)
		if (strcmp(t->source[i].lines.path, path) == 0)
			return true;
	return false;
}

/* Those that came since the last look as well. */
static bool workers_add(struct journey *t)
{
	static const char *const programs[] = { "blkd", "netd" };
	DIR *d = opendir(SOCLE_LOG_DIR);
	bool any = false;

	for (struct dirent *de; d && (de = readdir(d));)
		for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
			char path[sizeof(SOCLE_LOG_DIR) + sizeof(de->d_name)];

			snprintf(path, sizeof(path), SOCLE_LOG_DIR "/%s", de->d_name);
			if (is_workers_log(de->d_name, programs[i], t->name) && !is_known(t, path))
				any |= source_add(t, programs[i], path);
		}
	if (d)
		closedir(d);
	return any;
}

/* False when there is nothing of such a guest. */
static bool sources_open(struct journey *t, bool only_events)
{
	char path[LINE_PATH_MAX];
	bool any;

	guestlog_path(t->name, path, sizeof(path));
	any = source_add(t, "events", path);
	source_add(t, "act", events_path());
	if (only_events)
		return any;
	console_log_path(t->name, path, sizeof(path));
	any |= source_add(t, "console", path);
	any |= workers_add(t);
	return any;
}

static void sources_close(struct journey *t)
{
	for (size_t i = 0; i < t->nr; i++) {
		line_reader_close(&t->source[i].lines);
		if (t->source[i].moments)
			fclose(t->source[i].moments);
	}
	timeline_clear(&t->lines);
}

/* All that there is now.  What has no end yet counts only when nobody waits for it. */
static void sources_read(struct journey *t, bool to_the_end)
{
	char *line;

	for (size_t i = 0; i < t->nr; i++) {
		struct source *s = &t->source[i];

		while ((line = line_reader_next(&s->lines)))
			line_take(t, s, line);
		if (to_the_end && s->has_moments && (line = line_reader_rest(&s->lines)))
			line_take(t, s, line);
	}
}

static void lines_print(struct journey *t)
{
	timeline_sort(&t->lines);
	for (size_t i = 0; i < t->lines.nr; i++)
		line_print(&t->lines.line[i], t->json);
	timeline_clear(&t->lines);
}

/* Sleep; nobody who reads our output any more ends it all. */
static void news_wait(void)
{
	struct pollfd pfd = { .fd = STDOUT_FILENO };

	if (poll(&pfd, 1, STEP_MS) > 0 && pfd.revents)
		stop_asked = 1;
}

static void follow(struct journey *t, bool only_events)
{
	stop_catch();
	while (!fflush(stdout) && !stop_asked) {
		news_wait();
		if (!only_events)
			workers_add(t);
		sources_read(t, false);
		lines_print(t);
	}
}

int cmd_log(const struct invocation *inv)
{
	bool only_events = flag_given(inv, "events"), follows = flag_given(inv, "follow"), any;
	const char *name = inv->args[0];
	struct socle_error err = { 0 };
	struct journey *t;
	int r;

	if (strchr(name, '/') || name[0] == '.' || strlen(name) > DOMAIN_NAME_MAX)
		return usage_error(inv->cmd, "'%.80s' is not a guest's name", name);
	t = calloc(1, sizeof(*t));
	if (!t) {
		socle_fail_id(&err, ENOMEM, "dom0-memory", "out of memory");
		return report("show the log of", name, &err);
	}
	t->name = name;
	t->json = flag_given(inv, "json");
	any = sources_open(t, only_events);
	if (any || follows) {
		sources_read(t, !follows);
		lines_print(t);
	}
	if (follows)
		follow(t, only_events);
	r = !any && !follows ? socle_fail_id(&err, ESRCH, "no-log", "there is neither '" SOCLE_LOG_DIR "/%s.log' nor a log of its "
					     "console", name) :
	    t->no_memory ? socle_fail_id(&err, ENOMEM, "dom0-memory", "out of memory") : 0;
	sources_close(t);
	free(t);
	return r ? report("show the log of", name, &err) : EXIT_OK;
}
