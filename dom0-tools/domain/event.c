/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/event.c
 *
 * See event.h.  Writers do not wait for each other: O_APPEND keeps lines whole.  Only a full disk cuts one; the next that is
 * written then begins with an end of line, so that no more than the cut one is lost.
 */
#include "domain/event.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "domain/json.h"
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

/* The stream of open_memstream() ends here; *text is the line then, or NULL. */
static char *line_done(struct json *j, char **text)
{
	bool bad;

	json_end(j);
	bad = ferror(j->out);
	if (fclose(j->out) || bad) {
		free(*text);
		*text = NULL;
	}
	return *text;
}

char *event_line(const struct event *e)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	struct json j;

	if (!f)
		return NULL;
	json_begin(&j, f);
	head_write(&j, e->ms, e->what, e->name, e->uuid, e->domid);
	if (e->device)
		json_text(&j, "device", e->device);
	if (e->reason)
		text_write(&j, "reason", e->reason);
	if (e->text)
		text_write(&j, "text", e->text);
	return line_done(&j, &text);
}

char *act_line(const struct act *a)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	struct json j;

	if (!f)
		return NULL;
	json_begin(&j, f);
	head_write(&j, a->ms, "act", a->name, a->uuid, a->domid);
	json_text(&j, "user", a->user);
	json_uint(&j, "uid", a->uid);
	json_text(&j, "sudo", a->sudo);
	json_text(&j, "login", a->login);
	json_int(&j, "pid", a->pid);
	json_text(&j, "command", a->command);
	json_array(&j, "args");
	for (int i = 0; i < a->nr_args; i++)
		text_write(&j, NULL, a->args[i]);
	json_end(&j);
	json_int(&j, "exit", a->exit);
	json_text(&j, "error", a->error && *a->error ? a->error : NULL);
	json_real(&j, "took_ms", a->took_ms, 3);
	return line_done(&j, &text);
}

/* --- the file ---------------------------------------------------------------------------------- */

const char *events_path(void)
{
	const char *path = getenv("SOCLE_EVENTS");

	return path && *path ? path : SOCLE_LOG_DIR "/events";
}

static bool is_file_of(int fd, const char *path)
{
	struct stat open_file, there;

	return fstat(fd, &open_file) == 0 && lstat(path, &there) == 0 && open_file.st_dev == there.st_dev &&
	       open_file.st_ino == there.st_ino;
}

/* Many may find it too long at once: the first renames it, to the others it is not the file of that name any more. */
static void rotate(int fd, const char *path)
{
	char old[300];

	if (snprintf(old, sizeof(old), "%s.1", path) >= (int)sizeof(old))
		return;
	while (flock(fd, LOCK_EX) && errno == EINTR)
		;
	if (is_file_of(fd, path) && rename(path, old))
		return; /* it goes on growing until somebody can */
	flock(fd, LOCK_UN);
}

/*
 * Does the file end inside a line that a full disk has cut?  Or that somebody writes at this moment, as the file's size may grow
 * while he does: that leaves an empty line.
 */
static bool is_cut(int fd, off_t size)
{
	char last = '\n';

	return size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n';
}

static int write_line(int fd, const char *line, bool after_cut)
{
	size_t len = strlen(line);
	char *whole = malloc(len + 2);
	ssize_t n;

	if (!whole)
		return -ENOMEM;
	whole[0] = '\n';
	memcpy(whole + after_cut, line, len + 1);
	len += after_cut;
	do
		n = write(fd, whole, len);
	while (n < 0 && errno == EINTR);
	free(whole);
	return n == (ssize_t)len ? 0 : n < 0 ? -errno : -ENOSPC;
}

int events_append(const char *path, const char *line, struct socle_error *e)
{
	struct stat st = { 0 };
	int fd, r;

	if (!line)
		return socle_fail(e, ENOMEM, "out of memory");
	if (strncmp(path, SOCLE_LOG_DIR "/", sizeof(SOCLE_LOG_DIR)) == 0)
		(void)mkdir(SOCLE_LOG_DIR, 0755); /* open() says what is wrong */
	fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (fd < 0 || fstat(fd, &st)) {
		r = -errno;
	} else {
		r = write_line(fd, line, is_cut(fd, st.st_size));
		if (!r && st.st_size + (off_t)strlen(line) > (off_t)EVENTS_LIMIT)
			rotate(fd, path);
	}
	if (fd >= 0)
		close(fd);
	return r ? socle_fail(e, -r, "cannot write '%s': %s", path, strerror(-r)) : 0;
}

void event_tell(struct event e)
{
	char *line;

	e.ms = stamp_now();
	line = event_line(&e);
	events_append(events_path(), line, NULL);
	free(line);
}

/* --- reading ----------------------------------------------------------------------------------- */

static int read_open(const char *path)
{
	return open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
}

bool event_reader_open(struct event_reader *r, const char *path)
{
	char old[300];

	*r = (struct event_reader){ .path = path, .old_fd = -1 };
	/* In this order: a file that is renamed in between is found twice, and not never. */
	r->fd = read_open(path);
	if (snprintf(old, sizeof(old), "%s.1", path) < (int)sizeof(old))
		r->old_fd = read_open(old);
	if (r->old_fd >= 0 && r->fd >= 0 && is_file_of(r->fd, old)) {
		close(r->old_fd);
		r->old_fd = -1;
	}
	return r->fd >= 0 || r->old_fd >= 0;
}

/* A whole line in the buffer; NULL when there is none.  Empty ones are none. */
static char *line_take(struct event_reader *r)
{
	char *begin, *end;

	do {
		begin = r->buf + r->begin;
		end = r->used > r->begin ? memchr(begin, '\n', r->used - r->begin) : NULL;
		if (!end)
			return NULL;
		r->begin = (size_t)(end + 1 - r->buf);
	} while (end == begin);
	*end = '\0';
	return begin;
}

/* More of a file behind what is in the buffer; false when there is no more, or no memory. */
static bool more(struct event_reader *r, int fd)
{
	ssize_t n;

	if (r->begin) {
		memmove(r->buf, r->buf + r->begin, r->used - r->begin);
		r->used -= r->begin;
		r->begin = 0;
	}
	if (r->room - r->used < 4096) {
		char *bigger = realloc(r->buf, r->room + 16384);

		if (!bigger)
			return false;
		r->buf = bigger;
		r->room += 16384;
	}
	do
		n = read(fd, r->buf + r->used, r->room - r->used);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		r->used += (size_t)n;
	return n > 0;
}

/* The end of the older file: a line that was cut there is nobody's beginning. */
static void old_end(struct event_reader *r)
{
	close(r->old_fd);
	r->old_fd = -1;
	r->used = r->begin = 0;
}

/* The file of that name is another one now, and this was the second time that the end of the one before was reached. */
static bool turn_over(struct event_reader *r)
{
	if (r->fd >= 0 && is_file_of(r->fd, r->path))
		return false;
	if (r->fd >= 0 && !r->renamed) {
		r->renamed = true;
		return false;
	}
	r->renamed = false;
	if (r->fd >= 0)
		close(r->fd);
	r->used = r->begin = 0;
	r->fd = read_open(r->path);
	return r->fd >= 0;
}

char *event_reader_next(struct event_reader *r)
{
	for (;;) {
		char *line = line_take(r);

		if (line)
			return line;
		if (r->old_fd >= 0) {
			if (!more(r, r->old_fd))
				old_end(r);
		} else if (r->fd < 0 || !more(r, r->fd)) {
			if (!turn_over(r))
				return NULL;
		}
	}
}

void event_reader_close(struct event_reader *r)
{
	if (r->old_fd >= 0)
		close(r->old_fd);
	if (r->fd >= 0)
		close(r->fd);
	free(r->buf);
	*r = (struct event_reader){ .old_fd = -1, .fd = -1 };
}
