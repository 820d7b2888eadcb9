/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/linefile.c
 *
 * See linefile.h.
 */
#include "domain/linefile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* The folder of logs is made by the first who writes there.  Where that fails, open() says what is wrong. */
static void folder_make(const char *path)
{
	char folder[256];
	const char *slash = strrchr(path, '/');

	if (!slash || slash == path || (size_t)(slash - path) >= sizeof(folder))
		return;
	memcpy(folder, path, (size_t)(slash - path));
	folder[slash - path] = '\0';
	if (mkdir(folder, 0755))
		return;
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

int line_append(const char *path, const char *line, off_t limit, struct socle_error *e)
{
	struct stat st = { 0 };
	int fd, r;

	folder_make(path);
	fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (fd < 0 || fstat(fd, &st)) {
		r = -errno;
	} else {
		r = write_line(fd, line, is_cut(fd, st.st_size));
		if (!r && st.st_size + (off_t)strlen(line) > limit)
			rotate(fd, path);
	}
	if (fd >= 0)
		close(fd);
	return r ? socle_fail(e, -r, "cannot write '%s': %s", path, strerror(-r)) : 0;
}

/* --- reading ----------------------------------------------------------------------------------- */

static int read_open(const char *path)
{
	return open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
}

bool line_reader_open(struct line_reader *r, const char *path)
{
	char old[LINE_PATH_MAX + 2];

	*r = (struct line_reader){ .old_fd = -1 };
	if (snprintf(r->path, sizeof(r->path), "%s", path) >= (int)sizeof(r->path)) {
		r->fd = -1;
		errno = ENAMETOOLONG;
		return false;
	}
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
static char *line_take(struct line_reader *r)
{
	char *begin, *end;

	do {
		begin = r->buf + r->begin;
		r->at = r->base + r->begin;
		r->of_old = r->old_fd >= 0;
		end = r->used > r->begin ? memchr(begin, '\n', r->used - r->begin) : NULL;
		if (!end)
			return NULL;
		r->begin = (size_t)(end + 1 - r->buf);
	} while (end == begin);
	*end = '\0';
	return begin;
}

/* More of a file behind what is in the buffer; false when there is no more, or no memory. */
static bool more(struct line_reader *r, int fd)
{
	ssize_t n;

	if (r->begin) {
		memmove(r->buf, r->buf + r->begin, r->used - r->begin);
		r->used -= r->begin;
		r->base += r->begin;
		r->begin = 0;
	}
	if (r->room - r->used < 4096 || !r->room) {
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
static void old_end(struct line_reader *r)
{
	close(r->old_fd);
	r->old_fd = -1;
	r->used = r->begin = 0;
	r->base = 0;
}

/* The file of that name is another one now, and this was the second time that the end of the one before was reached. */
static bool turn_over(struct line_reader *r)
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
	r->base = 0;
	r->turns++;
	r->fd = read_open(r->path);
	return r->fd >= 0;
}

char *line_reader_next(struct line_reader *r)
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

char *line_reader_rest(struct line_reader *r)
{
	char *rest = r->buf + r->begin;

	if (r->old_fd >= 0 || r->used == r->begin || r->used == r->room)
		return NULL;
	r->buf[r->used] = '\0';
	r->at = r->base + r->begin;
	r->begin = r->used;
	return rest;
}

void line_reader_close(struct line_reader *r)
{
	if (r->old_fd >= 0)
		close(r->old_fd);
	if (r->fd >= 0)
		close(r->fd);
	free(r->buf);
	*r = (struct line_reader){ .old_fd = -1, .fd = -1 };
}
