/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/journal.c
 *
 * See journal.h.
 */
#include "socle/journal.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void put(struct journal_entry *e, const void *p, size_t len)
{
	memcpy(e->data + e->used, p, len);
	e->used += len;
}

void journal_field(struct journal_entry *e, const char *name, const char *value)
{
	size_t n = strlen(name), len = strlen(value);
	uint8_t length[8];

	if (n + len + sizeof(length) + 2 > sizeof(e->data) - e->used) {
		e->full = true;
		return;
	}
	put(e, name, n);
	if (!strchr(value, '\n')) {
		put(e, "=", 1);
	} else {
		for (unsigned int i = 0; i < sizeof(length); i++)
			length[i] = (uint8_t)((uint64_t)len >> 8 * i);
		put(e, "\n", 1);
		put(e, length, sizeof(length));
	}
	put(e, value, len);
	put(e, "\n", 1);
}

void journal_fieldf(struct journal_entry *e, const char *name, const char *fmt, ...)
{
	char value[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	journal_field(e, name, value);
}

const char *journal_path(void)
{
	const char *path = getenv("SOCLE_JOURNAL");

	return path && *path ? path : "/run/systemd/journal/socket";
}

bool journal_send(const char *path, const struct journal_entry *e)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd;
	bool sent;

	if (snprintf(to.sun_path, sizeof(to.sun_path), "%s", path) >= (int)sizeof(to.sun_path))
		return false;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	sent = sendto(fd, e->data, e->used, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)&to, sizeof(to)) ==
	       (ssize_t)e->used;
	close(fd);
	return sent;
}
