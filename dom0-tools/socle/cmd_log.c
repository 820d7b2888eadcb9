/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/cmd_log.c
 *
 * socle log, the files about one guest: what its watcher saw and what its console printed.  The
 * files outlive the guest, so only the form of the name is checked, not whether such a guest runs.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/config.h"
#include "domain/console.h"
#include "domain/json.h"
#include "domain/names.h"
#include "socle/cmd.h"

static void line_json(const char *from, const char *line, size_t len)
{
	struct json j;

	json_begin(&j, stdout);
	json_object(&j, NULL);
	json_text(&j, "from", from);
	json_text_n(&j, "text", line, len);
	json_end(&j);
}

/* Copy a file to stdout, as it is or (from given) each line as one of JSON; 0, or errno. */
static int file_show(const char *path, const char *from)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t n;
	FILE *f = fopen(path, "re");
	int err = 0;

	if (!f)
		return errno;
	while ((n = getline(&line, &room, f)) > 0) {
		if (from)
			line_json(from, line, (size_t)n - (line[n - 1] == '\n'));
		else
			fwrite(line, 1, (size_t)n, stdout);
	}
	if (ferror(f))
		err = EIO;
	free(line);
	fclose(f);
	return err;
}

int cmd_log(const struct invocation *inv)
{
	const char *name = inv->args[0];
	char events[256], console[256];
	struct socle_error err;
	int r, c = 0;

	if (strchr(name, '/') || name[0] == '.' || strlen(name) > DOMAIN_NAME_MAX)
		return usage_error(inv->cmd, "'%.80s' is not a guest's name", name);
	snprintf(events, sizeof(events), SOCLE_LOG_DIR "/%s.log", name);
	console_log_path(name, console, sizeof(console));
	r = file_show(events, flag_given(inv, "json") ? "events" : NULL);
	if (!flag_given(inv, "events"))
		c = file_show(console, flag_given(inv, "json") ? "console" : NULL);
	if (r == ENOENT && (flag_given(inv, "events") || c == ENOENT)) {
		socle_fail_id(&err, ESRCH, "no-log", "there is neither '%s' nor a console log", events);
		return report("show the log of", name, &err);
	}
	if ((r && r != ENOENT) || (c && c != ENOENT)) {
		socle_fail(&err, r ? r : c, "%s", strerror(r ? r : c));
		return report("show the log of", name, &err);
	}
	return EXIT_OK;
}
