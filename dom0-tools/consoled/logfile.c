/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/consoled/logfile.c
 *
 * See logfile.h. A full disk or a missing folder costs the log, never the console: it is said once on
 * stderr, and the guest goes on.
 */
#include "consoled/logfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libsocle/logname.h"
#include "libsocle/stamp.h"

#define SUFFIX_MAX 16

static void path_with(char out[LOG_PATH_MAX + SUFFIX_MAX], const struct logfile *l, const char *suffix)
{
	snprintf(out, LOG_PATH_MAX + SUFFIX_MAX, "%s%s", l->path, suffix);
}

static size_t size_of(int fd)
{
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 ? (size_t)st.st_size : 0;
}

/* Moments of a log that somebody removed are moments of nothing. */
static void times_open(struct logfile *l)
{
	char path[sizeof(l->path) + SUFFIX_MAX];

	path_with(path, l, ".times");
	l->times_fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | (l->size ? 0 : O_TRUNC), 0640);
	l->times_size = size_of(l->times_fd);
	l->timed_at = 0;
	l->timed_ms = 0;
}

static void reopen(struct logfile *l)
{
	l->fd = open(l->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (l->fd < 0)
		fprintf(stderr, "consoled: cannot write %s: %s; this console is not logged\n", l->path, strerror(errno));
	l->size = size_of(l->fd);
	times_open(l);
}

static void path_make(struct logfile *l, const char *dir, const char *name)
{
	snprintf(l->path, sizeof(l->path), "%s/console-%s.log", dir, strchr(name, '/') ? "unnamed" : name);
}

void logfile_open(struct logfile *l, const char *dir, const char *name)
{
	path_make(l, dir, name);
	reopen(l);
}

bool logfile_is(const struct logfile *l, const char *dir, const char *name)
{
	struct logfile other;

	path_make(&other, dir, name);
	return strcmp(other.path, l->path) == 0;
}

static void times_path(char out[LOG_PATH_MAX + SUFFIX_MAX], const char *log)
{
	snprintf(out, LOG_PATH_MAX + SUFFIX_MAX, "%s.times", log);
}

static size_t size_at(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? (size_t)st.st_size : 0;
}

/* Lines "OFFSET STAMP" of a log that begins so far behind the other's beginning now. */
static void times_join(const char *to, const char *from, size_t shift)
{
	FILE *in = fopen(from, "re"), *out = in ? fopen(to, "ae") : NULL;
	char line[STAMP_BYTES + 24], *end;
	bool bad;

	if (!in)
		return;
	while (out && fgets(line, sizeof(line), in)) {
		size_t at = strtoull(line, &end, 10);

		fprintf(out, "%zu%s", at + shift, end);
	}
	bad = !out || ferror(out);
	if (out)
		bad |= fclose(out) != 0;
	fclose(in);
	if (bad)
		fprintf(stderr, "consoled: cannot write %s: %s; these moments are lost\n", to, strerror(errno));
	unlink(from);
}

/* log_join() for a log and its moments. */
static int join(const char *to, const char *from)
{
	char to_times[LOG_PATH_MAX + SUFFIX_MAX], from_times[LOG_PATH_MAX + SUFFIX_MAX];
	size_t shift = size_at(to);
	int r = access(from, F_OK) ? -errno : log_join(to, from);

	if (r)
		return r == -ENOENT ? 0 : r;
	times_path(to_times, to);
	times_path(from_times, from);
	if (!shift)
		unlink(to_times);
	times_join(to_times, from_times, shift);
	return 0;
}

void logfile_rename(struct logfile *l, const char *dir, const char *name)
{
	char from[LOG_PATH_MAX + SUFFIX_MAX], to[LOG_PATH_MAX + SUFFIX_MAX];
	struct logfile was = *l;
	int r;

	if (logfile_is(l, dir, name))
		return;
	path_make(l, dir, name);
	r = log_rename(was.path, l->path, join);
	if (r) {
		fprintf(stderr, "consoled: cannot rename %s to %s: %s\n", was.path, l->path, strerror(-r));
		memcpy(l->path, was.path, sizeof(l->path));
		return;
	}
	times_path(from, was.path);
	times_path(to, l->path);
	if (rename(from, to) && errno != ENOENT)
		fprintf(stderr, "consoled: cannot rename %s: %s\n", from, strerror(errno));
}

static void rename_to(const struct logfile *l, const char *from, const char *to)
{
	char old[sizeof(l->path) + SUFFIX_MAX], new[sizeof(l->path) + SUFFIX_MAX];

	path_with(old, l, from);
	path_with(new, l, to);
	if (rename(old, new))
		fprintf(stderr, "consoled: cannot rename %s: %s\n", old, strerror(errno));
}

static void rotate(struct logfile *l)
{
	logfile_close(l);
	rename_to(l, "", ".1");
	rename_to(l, ".times", ".1.times");
	reopen(l);
}

static bool time_is_due(const struct logfile *l, uint64_t ms)
{
	if (!l->timed_ms || ms < l->timed_ms || ms - l->timed_ms >= 1000)
		return true;
	return ms - l->timed_ms >= TIMES_GAP_MS && l->size - l->timed_at >= TIMES_GAP_BYTES;
}

/* What is written next begins here, and came then.  A failure costs the moment: the log is whole without. */
static void time_note(struct logfile *l, uint64_t ms)
{
	char stamp[STAMP_BYTES], line[STAMP_BYTES + 24];
	ssize_t n;

	if (l->times_fd < 0 || !time_is_due(l, ms))
		return;
	stamp_format(stamp, ms);
	snprintf(line, sizeof(line), "%zu %s\n", l->size, stamp);
	n = write(l->times_fd, line, strlen(line));
	if (n < 0)
		return;
	l->times_size += (size_t)n;
	l->timed_at = l->size;
	l->timed_ms = ms;
}

void logfile_write(struct logfile *l, const char *data, size_t len, uint64_t ms)
{
	if (l->fd >= 0 && len)
		time_note(l, ms);
	while (l->fd >= 0 && len) {
		ssize_t n = write(l->fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			fprintf(stderr, "consoled: cannot write %s: %s; this console is not logged\n", l->path, strerror(errno));
			logfile_close(l);
			return;
		}
		data += n;
		len -= (size_t)n;
		l->size += (size_t)n;
	}
	if (l->fd >= 0 && (l->size >= LOG_LIMIT || l->times_size >= TIMES_LIMIT))
		rotate(l);
}

void logfile_close(struct logfile *l)
{
	if (l->fd >= 0)
		close(l->fd);
	if (l->times_fd >= 0)
		close(l->times_fd);
	l->fd = l->times_fd = -1;
}
