/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/libsocle/notify.c
 *
 * See notify.h.
 */
#include "libsocle/notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void socle_notify(const char *state)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	const char *path = secure_getenv("NOTIFY_SOCKET");
	size_t len = path ? strlen(path) : 0;
	int fd;

	if (len < 2 || len >= sizeof(addr.sun_path) || (path[0] != '/' && path[0] != '@'))
		return;
	memcpy(addr.sun_path, path, len);
	/* The name of an abstract socket begins with a NUL. */
	if (path[0] == '@')
		addr.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&addr,
	       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (path[0] == '/')));
	close(fd);
}

/* A positive decimal number, or 0. */
static int64_t number(const char *text)
{
	char *end;
	long long n = text ? strtoll(text, &end, 10) : 0;

	return text && *text && !*end && n > 0 ? n : 0;
}

void socle_watchdog_init(struct socle_watchdog *w)
{
	const char *pid = secure_getenv("WATCHDOG_PID");

	w->period_ms = number(secure_getenv("WATCHDOG_USEC")) / 2000;
	/* Meant for another process, whose environment was inherited. */
	if (pid && number(pid) != getpid())
		w->period_ms = 0;
	w->next_ms = now_ms() + w->period_ms;
}

int socle_watchdog_timeout(const struct socle_watchdog *w)
{
	int64_t left = w->next_ms - now_ms();

	if (!w->period_ms)
		return -1;
	return left < 0 ? 0 : (int)left;
}

void socle_watchdog_turn(struct socle_watchdog *w)
{
	int64_t now = now_ms();

	if (!w->period_ms || now < w->next_ms)
		return;
	w->next_ms = now + w->period_ms;
	socle_notify("WATCHDOG=1");
}
