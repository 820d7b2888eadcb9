/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/cmd_events.c
 *
 * socle events: what happened to guests and what administrators did, as text or as the lines of JSON that the file has.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "domain/event.h"
#include "domain/linefile.h"
#include "domain/record.h"
#include "socle/cmd.h"
#include "socle/eventtext.h"

#define POLL_MS 200

/* Of this guest, by its name or its UUID; all without one. */
static bool is_wanted(const struct record *r, const char *who)
{
	const char *name = record_get(r, "name"), *uuid = record_get(r, "uuid");

	return !who || (name && strcmp(name, who) == 0) || (uuid && strcasecmp(uuid, who) == 0);
}

/* What is no line of ours was cut, or written by somebody else: it is passed over. */
static void line_print(char *line, const char *who, bool json)
{
	char *copy = strdup(line), text[4096];
	struct record r;

	if (copy && record_parse(&r, copy) && record_get(&r, "time") && record_get(&r, "event") && is_wanted(&r, who)) {
		if (json) {
			puts(line);
		} else {
			event_text(&r, text, sizeof(text));
			puts(text);
		}
	}
	free(copy);
}

/* Sleep; nobody who reads our output any more ends it all. */
static void news_wait(void)
{
	struct pollfd pfd = { .fd = STDOUT_FILENO };

	if (poll(&pfd, 1, POLL_MS) > 0 && pfd.revents)
		stop_asked = 1;
}

int cmd_events(const struct invocation *inv)
{
	bool follow = flag_given(inv, "follow"), json = flag_given(inv, "json");
	const char *who = arg_at(inv, 0), *path = events_path();
	struct line_reader reader;
	struct socle_error err;
	char *line;

	if (!line_reader_open(&reader, path) && errno != ENOENT) {
		socle_fail(&err, errno, "cannot read '%s': %s", path, strerror(errno));
		return report("show the events", NULL, &err);
	}
	if (follow)
		stop_catch();
	do {
		while (!stop_asked && (line = line_reader_next(&reader)))
			line_print(line, who, json);
		if (fflush(stdout))
			break;
		if (follow)
			news_wait();
	} while (follow && !stop_asked);
	line_reader_close(&reader);
	return EXIT_OK;
}
