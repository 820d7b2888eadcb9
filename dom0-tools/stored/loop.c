/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/loop.c
 *
 * See loop.h. A round is: wait (not at all while some ring has work left), take a bounded number
 * of events, serve the sockets, serve the rings, send the sockets what all that made. Whatever one of them leaves over is
 * reported again by epoll or remembered by the ring set, so nobody can hold the loop.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "libsocle/notify.h"
#include "stored/log.h"
#include "stored/loop.h"

#define EVENTS_PER_ROUND 64

enum { FD_SIGNAL, FD_EVENT, FD_CLIENTS, FDS };

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
	struct pollfd fds[FDS] = {
		[FD_SIGNAL] = { .fd = l->signal_fd, .events = POLLIN },
		[FD_EVENT] = { .fd = l->rings ? xen_event_fd(l->rings->xen) : -1, .events = POLLIN },
		[FD_CLIENTS] = { .fd = l->sockets->epoll, .events = POLLIN },
	};
	struct socle_watchdog watchdog;
	bool busy = l->rings != NULL;

	socle_watchdog_init(&watchdog);
	for (;;) {
		if (poll(fds, FDS, busy ? 0 : timeout_ms(l, &watchdog)) < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		if (fds[FD_SIGNAL].revents && asked_to_stop(l->signal_fd))
			return 0;
		if (fds[FD_EVENT].revents)
			take_events(l);
		if (fds[FD_CLIENTS].revents)
			conn_socket_serve(l->sockets);
		busy = l->rings && conn_ring_round(l->rings);
		conn_socket_flush(l->sockets);
		if (l->keeper)
			keeper_round(l->keeper);
		socle_watchdog_turn(&watchdog);
	}
}
