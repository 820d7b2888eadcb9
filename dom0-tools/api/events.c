/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/api/events.c
 *
 * What happens on the host, line by line as it is written to the file of events (docs/administration.md), and a descriptor that says
 * when to look.  The folder is watched for another file of that name, the file for being longer; what has been looked at before
 * the watch was set is looked at again.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "api/internal.h"
#include "domain/event.h"
#include "domain/linefile.h"

/* From a rename until nobody writes to the file that was renamed: the time that opening and writing take, with room. */
#define TURN_MS 50

struct socle_events {
	struct line_reader reader;
	int fd;    /* of inotify */
	int watch; /* of the file; -1: there is none */
};

static void folder_of(const char *path, char out[LINE_PATH_MAX])
{
	char *slash;

	strcpy(out, path);
	slash = strrchr(out, '/');
	if (slash)
		slash[slash == out] = '\0';
}

/* The file of that name is the one that is watched. */
static void file_watch(struct socle_events *ev)
{
	int watch = inotify_add_watch(ev->fd, ev->reader.path, IN_MODIFY);

	if (ev->watch >= 0 && watch != ev->watch)
		inotify_rm_watch(ev->fd, ev->watch);
	ev->watch = watch;
}

/* True when something had been told. */
static bool drain(struct socle_events *ev)
{
	char room[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	bool told = false;

	while (read(ev->fd, room, sizeof(room)) > 0)
		told = true;
	return told;
}

API struct socle_events *socle_events_open(struct socle *s, unsigned int flags)
{
	struct socle_events *ev;
	char folder[LINE_PATH_MAX];
	const char *path = events_path();

	api_begin(s);
	if (flags & ~SOCLE_PAST || strlen(path) >= LINE_PATH_MAX || *path != '/') {
		api_misuse(s, flags & ~SOCLE_PAST ? "there is no such flag" : "$SOCLE_EVENTS is not an absolute path");
		return NULL;
	}
	ev = calloc(1, sizeof(*ev));
	if (!ev) {
		api_end(s, socle_fail(&s->error, ENOMEM, "out of memory"));
		return NULL;
	}
	folder_of(path, folder);
	(void)mkdir(folder, 0755); /* inotify_add_watch() says what is wrong */
	ev->watch = -1;
	ev->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (ev->fd < 0 || inotify_add_watch(ev->fd, folder, IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_ONLYDIR) < 0) {
		socle_fail_id(&s->error, errno, "no-events", "'%s' cannot be watched for events: %s", folder, strerror(errno));
		api_end(s, -1);
		if (ev->fd >= 0)
			close(ev->fd);
		free(ev);
		return NULL;
	}
	line_reader_open(&ev->reader, path);
	file_watch(ev);
	while (!(flags & SOCLE_PAST) && line_reader_next(&ev->reader))
		;
	return ev;
}

API int socle_events_fd(const struct socle_events *ev)
{
	return ev->fd;
}

API const char *socle_events_next(struct socle_events *ev)
{
	for (;;) {
		char *line = line_reader_next(&ev->reader);

		if (line)
			return line;
		if (ev->reader.renamed) {
			struct timespec ts = { .tv_nsec = TURN_MS * 1000000 };

			nanosleep(&ts, NULL);
		} else if (!drain(ev)) {
			return NULL;
		}
		file_watch(ev);
	}
}

API void socle_events_close(struct socle_events *ev)
{
	if (!ev)
		return;
	line_reader_close(&ev->reader);
	close(ev->fd);
	free(ev);
}
