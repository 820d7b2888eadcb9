/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/conn_socket.c
 *
 * See conn_socket.h. Sockets are non-blocking. A client has at most REQUESTS_PER_ROUND requests
 * served in one round; epoll reports the rest again. Output is tried at once, what the socket
 * does not take waits for EPOLLOUT. A round looks only at clients with something to do: each guest's
 * watcher is one, and mostly silent.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "stored/conn_socket.h"
#include "stored/log.h"
#include "stored/request.h"

#define REQUESTS_PER_ROUND 16
#define BACKLOG            64
/* A watcher for each guest, and the tools. */
#define CLIENTS_MAX        8192u
#define EVENTS_A_ROUND     64

struct conn_socket {
	struct conn conn;
	struct conn_socket_set *set;
	struct conn_socket *next, *fresh_next;
	bool fresh;
	int fd;
	uint32_t waits_for;	/* EPOLLIN, EPOLLOUT as epoll knows it */
};

void conn_socket_init(struct conn_socket_set *set, struct store *store)
{
	memset(set, 0, sizeof(*set));
	set->store = store;
	set->listener = set->epoll = -1;
}

static void socket_wake(struct conn *conn)
{
	struct conn_socket *c = (struct conn_socket *)conn;

	if (c->fresh)
		return;
	c->fresh = true;
	c->fresh_next = c->set->fresh;
	c->set->fresh = c;
}

/* The soft limit is made for programs that use select(). */
static void descriptors_allow(void)
{
	struct rlimit l;

	if (!getrlimit(RLIMIT_NOFILE, &l) && l.rlim_cur < l.rlim_max) {
		l.rlim_cur = l.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &l))
			log_warn("cannot raise the number of clients: %s", strerror(errno));
	}
}

/* New clients are taken while there is room for them. */
static int listener_watch(struct conn_socket_set *set, int op)
{
	struct epoll_event ev = { .events = set->n < CLIENTS_MAX ? EPOLLIN : 0 };

	return epoll_ctl(set->epoll, op, set->listener, &ev);
}

/*
 * The socket gets its name when it listens: whoever sees it is answered.  The rename takes the place of a predecessor's in the same
 * step.
 */
int conn_socket_listen(struct conn_socket_set *set, const char *path, struct socle_error *e)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	mode_t mask;
	int fd, n, ret;

	n = snprintf(addr.sun_path, sizeof(addr.sun_path), "%s.new", path);
	if (n < 0 || (size_t)n >= sizeof(addr.sun_path))
		return socle_fail(e, ENAMETOOLONG, "socket path is longer than %zu characters: %s",
				  sizeof(addr.sun_path) - sizeof(".new"), path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return socle_fail(e, errno, "cannot make a socket: %s", strerror(errno));
	if (unlink(addr.sun_path) && errno != ENOENT) {
		ret = socle_fail(e, errno, "cannot remove the old socket %s: %s", addr.sun_path, strerror(errno));
		close(fd);
		return ret;
	}
	mask = umask(0177);
	ret = bind(fd, (struct sockaddr *)&addr, sizeof(addr));
	umask(mask);
	if (ret || listen(fd, BACKLOG) || rename(addr.sun_path, path)) {
		ret = socle_fail(e, errno, "cannot listen on %s: %s", path, strerror(errno));
		unlink(addr.sun_path);
		close(fd);
		return ret;
	}
	descriptors_allow();
	set->listener = fd;
	set->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (set->epoll < 0 || listener_watch(set, EPOLL_CTL_ADD))
		return socle_fail(e, errno, "cannot wait for clients: %s", strerror(errno));
	return 0;
}

static void flush(struct conn_socket *c)
{
	const char *bytes;
	size_t len;
	ssize_t n;

	while ((len = conn_out_peek(&c->conn, &bytes)) > 0) {
		n = send(c->fd, bytes, len, MSG_NOSIGNAL);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n < 0) {
			conn_close(&c->conn);
			return;
		}
		conn_out_advance(&c->conn, (size_t)n);
	}
}

/* One message, if it is whole; false when there is nothing more to do now. */
static bool serve_one(struct conn_socket *c)
{
	size_t want;
	void *dst;
	ssize_t n;

	while ((want = wire_in_want(&c->conn.in, &dst)) > 0) {
		n = recv(c->fd, dst, want, 0);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return false;
		if (n <= 0) {
			conn_close(&c->conn);
			return false;
		}
		if (wire_in_advance(&c->conn.in, (size_t)n)) {
			log_warn("%s: message of %u bytes is longer than the protocol allows; "
				 "connection ended", c->conn.name, c->conn.in.hdr.len);
			conn_close(&c->conn);
			return false;
		}
	}
	request_handle(c->conn.store, &c->conn);
	return true;
}

static void serve(struct conn_socket *c, uint32_t events)
{
	unsigned budget = REQUESTS_PER_ROUND;

	if (events & EPOLLOUT)
		flush(c);
	/* An end of the connection shows as a read of nothing, after the last requests. */
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		while (budget-- && conn_can_serve(&c->conn) && serve_one(c))
			flush(c);
	socket_wake(&c->conn);
}

/* What it waits for now. */
static void interest(struct conn_socket *c)
{
	struct epoll_event ev = { .data.ptr = c };
	const char *bytes;

	if (conn_can_serve(&c->conn))
		ev.events |= EPOLLIN;
	if (conn_out_peek(&c->conn, &bytes))
		ev.events |= EPOLLOUT;
	if (ev.events == c->waits_for)
		return;
	if (epoll_ctl(c->set->epoll, EPOLL_CTL_MOD, c->fd, &ev)) {
		log_error("%s: cannot wait for it: %s", c->conn.name, strerror(errno));
		conn_close(&c->conn);
	}
	c->waits_for = ev.events;
}

static struct conn_socket *client_new(struct conn_socket_set *set, int fd)
{
	struct conn_socket *c = calloc(1, sizeof(*c));
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };

	if (c && epoll_ctl(set->epoll, EPOLL_CTL_ADD, fd, &ev)) {
		free(c);
		return NULL;
	}
	return c;
}

static void accept_client(struct conn_socket_set *set)
{
	int fd = accept4(set->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct conn_socket *c;

	if (fd < 0) {
		if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR)
			log_error("cannot accept a client: %s", strerror(errno));
		return;
	}
	c = client_new(set, fd);
	if (!c) {
		log_error("no memory for a new client");
		close(fd);
		return;
	}
	conn_init(&c->conn, set->store, 0, true);
	snprintf(c->conn.name, sizeof(c->conn.name), "socket %d", fd);
	c->conn.wake = socket_wake;
	c->set = set;
	c->fd = fd;
	c->waits_for = EPOLLIN;
	c->next = set->first;
	set->first = c;
	if (++set->n == CLIENTS_MAX)
		listener_watch(set, EPOLL_CTL_MOD);
}

static void reap(struct conn_socket_set *set)
{
	struct conn_socket **p = &set->first, *c;
	bool was_full = set->n >= CLIENTS_MAX;

	set->any_closed = false;
	while ((c = *p)) {
		if (!c->conn.closed) {
			p = &c->next;
			continue;
		}
		*p = c->next;
		set->n--;
		close(c->fd);
		free(c);
	}
	if (was_full && set->n < CLIENTS_MAX && set->listener >= 0)
		listener_watch(set, EPOLL_CTL_MOD);
}

void conn_socket_serve(struct conn_socket_set *set)
{
	struct epoll_event ev[EVENTS_A_ROUND];
	int n = epoll_wait(set->epoll, ev, EVENTS_A_ROUND, 0);

	for (int i = 0; i < n; i++) {
		struct conn_socket *c = ev[i].data.ptr;

		if (!c)
			accept_client(set);
		else if (!c->conn.closed)
			serve(c, ev[i].events);
	}
}

void conn_socket_flush(struct conn_socket_set *set)
{
	struct conn_socket *c;

	/* A connection that is closed meanwhile comes to the list's head again, and is only noted then. */
	while ((c = set->fresh)) {
		set->fresh = c->fresh_next;
		c->fresh = false;
		if (!c->conn.closed)
			flush(c);
		if (!c->conn.closed)
			interest(c);
		set->any_closed |= c->conn.closed;
	}
	if (set->any_closed)
		reap(set);
}

void conn_socket_close_all(struct conn_socket_set *set)
{
	for (struct conn_socket *c = set->first; c; c = c->next)
		conn_close(&c->conn);
	conn_socket_flush(set);
	if (set->epoll >= 0)
		close(set->epoll);
	if (set->listener >= 0)
		close(set->listener);
	set->listener = set->epoll = -1;
}
