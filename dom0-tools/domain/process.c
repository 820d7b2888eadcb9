/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/process.c
 *
 * See process.h.
 */
#include "domain/process.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "domain/config.h"

#define DESCRIPTORS 1024

void process_leave(void)
{
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGTERM, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	setsid();
	if (fork() != 0)
		_exit(0);
}

static bool is_kept(int fd, const int *keep, size_t nr_keep)
{
	for (size_t i = 0; i < nr_keep; i++)
		if (keep[i] == fd)
			return true;
	return false;
}

void process_close_all(const int *keep, size_t nr_keep)
{
	int null = open("/dev/null", O_RDWR);

	for (int fd = 0; fd < 3 && null >= 0; fd++)
		dup2(null, fd);
	for (int fd = 3; fd < DESCRIPTORS; fd++)
		if (!is_kept(fd, keep, nr_keep))
			close(fd);
}

void process_title(char *argv0, const char *name)
{
	char title[DOMAIN_NAME_MAX + 32];
	size_t room = strlen(argv0);

	snprintf(title, sizeof(title), "socle: watch %s", name);
	prctl(PR_SET_NAME, "socle-watch");
	/* Only the room of the old title may be overwritten. */
	memset(argv0, 0, room);
	strncpy(argv0, title, room);
}
