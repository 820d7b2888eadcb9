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
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void reopen(struct logfile *l)
{
	struct stat st;

	l->fd = open(l->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (l->fd < 0)
		fprintf(stderr, "consoled: cannot write %s: %s; this console is not logged\n", l->path, strerror(errno));
	l->size = l->fd >= 0 && fstat(l->fd, &st) == 0 ? (size_t)st.st_size : 0;
}

void logfile_open(struct logfile *l, const char *dir, const char *name)
{
	snprintf(l->path, sizeof(l->path), "%s/console-%s.log", dir, strchr(name, '/') ? "unnamed" : name);
	reopen(l);
}

static void rotate(struct logfile *l)
{
	char old[sizeof(l->path) + 2];

	snprintf(old, sizeof(old), "%s.1", l->path);
	close(l->fd);
	if (rename(l->path, old))
		fprintf(stderr, "consoled: cannot rename %s: %s\n", l->path, strerror(errno));
	reopen(l);
}

void logfile_write(struct logfile *l, const char *data, size_t len)
{
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
	if (l->fd >= 0 && l->size >= LOG_LIMIT)
		rotate(l);
}

void logfile_close(struct logfile *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}
