/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/libsocle/logname.c
 *
 * See logname.h.
 */
#include "libsocle/logname.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_MOST 512

static int rest_copy(int to, int from)
{
	char room[16384];
	ssize_t n, put;

	while ((n = read(from, room, sizeof(room))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		for (ssize_t done = 0; done < n; done += put) {
			put = write(to, room + done, (size_t)(n - done));
			if (put < 0 && errno == EINTR)
				put = 0;
			else if (put <= 0)
				return put < 0 ? -errno : -ENOSPC;
		}
	}
	return 0;
}

static int append(const char *path, int from)
{
	int to = open(path, O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC), r;
	struct stat was;

	if (to < 0 || fstat(to, &was)) {
		r = -errno;
	} else {
		r = rest_copy(to, from);
		if (r && ftruncate(to, was.st_size))
			r = -errno;	/* it ends with a part of what is still in the other */
	}
	if (to >= 0)
		close(to);
	return r;
}

int log_join(const char *to, const char *from)
{
	int fd, r;

	if (access(to, F_OK) && errno == ENOENT)
		return rename(from, to) && errno != ENOENT ? -errno : 0;
	fd = open(from, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	r = append(to, fd);
	close(fd);
	if (!r && unlink(from))
		r = -errno;
	return r;
}

int log_rename(const char *from, const char *to, int (*join)(const char *to, const char *from))
{
	char older[PATH_MOST], older_to[PATH_MOST];
	int r;

	if (snprintf(older, sizeof(older), "%s.1", from) >= (int)sizeof(older) ||
	    snprintf(older_to, sizeof(older_to), "%s.1", to) >= (int)sizeof(older_to))
		return -ENAMETOOLONG;
	r = join(older_to, to);
	if (!r)
		r = join(older_to, older);
	return r ? r : rename(from, to) && errno != ENOENT ? -errno : 0;
}
