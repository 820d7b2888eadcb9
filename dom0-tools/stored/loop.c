/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/loop.c
 *
 * See loop.h. A round is: wait (not at all while some ring has work left), take a bounded number
 * of events, serve the sockets, serve the rings. Whatever one of them leaves over is reported
 * again by poll() or remembered by the ring set, so nobody can hold the loop.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "libsocle/notify.h"
#include "stored/log.h"
#include "stored/loop.h"

#define EVENTS_PER_ROUND 64

enum { FD_SIGNAL, FD_EVENT, FD_FIXED };

struct poll_set {
	struct pollfd *fds;
	unsigned n, room;
};

static int fill(struct loop *l, struct poll_set *set)
{
	unsigned n = FD_FIXED + l->sockets->n + 1;
	struct pollfd *grown;

	if (n > set->room) {
		grown = realloc(set->fds, (size_t)n * 2 * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		set->fds = grown;
		set->room = n * 2;
	}
	set->n = n;
	set->fds[FD_SIGNAL] = (struct pollfd){ .fd = l->signal_fd, .events = POLLIN };
	set->fds[FD_EVENT] = (struct pollfd){ .fd = -1, .events = POLLIN };
	if (l->rings)
		set->fds[FD_EVENT].fd = xen_event_fd(l->rings->xen);
	conn_socket_fill(l->sockets, set->fds + FD_FIXED);
	return 0;
}

static void take_events(struct loop *l)
{
	uint32_t exception = xen_exception_port(l->rings->xen);
	bool scan = false;
	int port;

	for (unsigned i = 0; i < EVENTS_PER_ROUND; i++) {
		port = xen_event_next(l->rings->xen);
		if (port < 0)
			break;
		if ((uint32_t)port == exception)
			scan = true;
		else
			conn_ring_event(l->rings, (uint32_t)port);
	}
	if (scan)
		domain_scan(l->store);
}

static bool asked_to_stop(int fd)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) != sizeof(info))
		return false;
	log_info("ends on signal %u", info.ssi_signo);
	return true;
}

/* How long nothing may happen. */
static int timeout_ms(const struct loop *l, const struct socle_watchdog *w)
{
	int ms = socle_watchdog_timeout(w);

	if (l->keeper && l->keeper->fd < 0 && (ms < 0 || ms > KEEPER_RETRY_S * 1000))
		ms = KEEPER_RETRY_S * 1000;
	return ms;
}

int loop_run(struct loop *l)
{
	struct socle_watchdog watchdog;
	struct poll_set set = { 0 };
	bool busy = l->rings != NULL;
	int ret;

	socle_watchdog_init(&watchdog);
	for (;;) {
		ret = fill(l, &set);
		if (ret)
			break;
		if (poll(set.fds, set.n, busy ? 0 : timeout_ms(l, &watchdog)) < 0) {
			if (errno == EINTR)
				continue;
			ret = -errno;
			break;
		}
		if (set.fds[FD_SIGNAL].revents && asked_to_stop(l->signal_fd))
			break;
		if (set.fds[FD_EVENT].revents)
			take_events(l);
		conn_socket_round(l->sockets, set.fds + FD_FIXED, set.n - FD_FIXED);
		busy = l->rings && conn_ring_round(l->rings);
		if (l->keeper)
			keeper_round(l->keeper);
		socle_watchdog_turn(&watchdog);
	}
	free(set.fds);
	return ret;
}
