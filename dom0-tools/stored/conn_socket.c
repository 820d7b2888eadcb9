/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/conn_socket.c
 *
 * See conn_socket.h. Sockets are non-blocking. A client has at most REQUESTS_PER_ROUND requests
 * served in one round; poll() reports the rest again. Output is tried at once, what the socket
 * does not take waits for POLLOUT.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "stored/conn_socket.h"
#include "stored/log.h"
#include "stored/request.h"

#define REQUESTS_PER_ROUND 16
#define BACKLOG            64
#define CLIENTS_MAX        1000

struct conn_socket {
	struct conn conn;
	struct conn_socket *next;
	int fd;
};

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
	set->listener = fd;
	return 0;
}

void conn_socket_fill(const struct conn_socket_set *set, struct pollfd *fds)
{
	const char *bytes;

	for (const struct conn_socket *c = set->first; c; c = c->next, fds++) {
		fds->fd = c->fd;
		fds->events = 0;
		fds->revents = 0;
		if (conn_can_serve(&c->conn))
			fds->events |= POLLIN;
		if (conn_out_peek(&c->conn, &bytes))
			fds->events |= POLLOUT;
	}
	fds->fd = set->n < CLIENTS_MAX ? set->listener : -1;
	fds->events = POLLIN;
	fds->revents = 0;
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

static void serve(struct conn_socket *c, short revents)
{
	unsigned budget = REQUESTS_PER_ROUND;

	if (revents & POLLOUT)
		flush(c);
	/* An end of the connection shows as a read of nothing, after the last requests. */
	if (revents & (POLLIN | POLLHUP | POLLERR))
		while (budget-- && conn_can_serve(&c->conn) && serve_one(c))
			flush(c);
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
	c = calloc(1, sizeof(*c));
	if (!c) {
		log_error("no memory for a new client");
		close(fd);
		return;
	}
	conn_init(&c->conn, set->store, 0, true);
	snprintf(c->conn.name, sizeof(c->conn.name), "socket %d", fd);
	c->fd = fd;
	c->next = set->first;
	set->first = c;
	set->n++;
}

static void reap(struct conn_socket_set *set)
{
	struct conn_socket **p = &set->first, *c;

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
}

void conn_socket_round(struct conn_socket_set *set, const struct pollfd *fds, unsigned n)
{
	struct conn_socket *c = set->first;

	for (unsigned i = 0; i + 1 < n && c; i++, c = c->next)
		if (fds[i].revents && !c->conn.closed)
			serve(c, fds[i].revents);
	if (fds[n - 1].revents & POLLIN)
		accept_client(set);
	/* Events that these requests caused for other clients. */
	for (c = set->first; c; c = c->next)
		flush(c);
	reap(set);
}

void conn_socket_close_all(struct conn_socket_set *set)
{
	for (struct conn_socket *c = set->first; c; c = c->next)
		conn_close(&c->conn);
	reap(set);
	if (set->listener >= 0)
		close(set->listener);
	set->listener = -1;
}
