/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/device/ask.c
 *
 * See ask.h.  Both ends are root's, so they are believed; but neither waits for the other without a bound.
 */
#include "device/ask.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define QUESTION_MS 1000

static int address_fill(struct sockaddr_un *sa, const char *dir)
{
	*sa = (struct sockaddr_un){ .sun_family = AF_UNIX };
	return snprintf(sa->sun_path, sizeof(sa->sun_path), "%s/" ASK_SOCKET, dir) < (int)sizeof(sa->sun_path) ? 0 : -1;
}

int ask_listen(const char *dir, struct socle_error *e)
{
	struct sockaddr_un sa;
	int fd = address_fill(&sa, dir) ? -1 : socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return socle_fail(e, errno, "cannot make a socket in '%s': %s", dir, strerror(errno));
	unlink(sa.sun_path); /* whoever had it before does not live any more: we hold the lock */
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) || chmod(sa.sun_path, 0600) || listen(fd, 8)) {
		socle_fail(e, errno, "cannot listen at '%s': %s", sa.sun_path, strerror(errno));
		close(fd);
		return -1;
	}
	return fd;
}

static bool is_readable(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, ms) > 0;
}

/* Every descriptor that came along is ours now, wanted or not: the first is given out, the others are closed. */
static int descriptors_take(struct msghdr *h)
{
	int first = -1, fd;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t at = CMSG_LEN(0); at + sizeof(fd) <= c->cmsg_len; at += sizeof(fd)) {
			memcpy(&fd, (const char *)c + at, sizeof(fd));
			if (first < 0)
				first = fd;
			else
				close(fd);
		}
	}
	return first;
}

bool ask_take(int conn, struct ask *q, int *fd)
{
	union {
		char room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} u;
	struct iovec iov = { .iov_base = q, .iov_len = sizeof(*q) };
	struct msghdr h = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &u, .msg_controllen = sizeof(u) };
	struct ucred who;
	socklen_t len = sizeof(who);
	ssize_t n;

	*fd = -1;
	if (getsockopt(conn, SOL_SOCKET, SO_PEERCRED, &who, &len) || who.uid != geteuid() || !is_readable(conn, QUESTION_MS))
		return false;
	n = recvmsg(conn, &h, MSG_CMSG_CLOEXEC);
	if (n < 0)
		return false;
	*fd = descriptors_take(&h);
	if (n == (ssize_t)sizeof(*q) && !(h.msg_flags & MSG_TRUNC) && q->version == ASK_VERSION)
		return true;
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	return false;
}

void ask_reply(int conn, const struct ask_answer *a)
{
	/* A tool that has gone away meanwhile needs no answer. */
	if (send(conn, a, sizeof(*a), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return;
}

static int question_send(int conn, const struct ask *q, int fd)
{
	union {
		char room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} u = { .room = { 0 } };
	struct iovec iov = { .iov_base = (void *)(uintptr_t)q, .iov_len = sizeof(*q) };
	struct msghdr h = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (fd >= 0) {
		h.msg_control = u.room;
		h.msg_controllen = sizeof(u.room);
		CMSG_FIRSTHDR(&h)->cmsg_level = SOL_SOCKET;
		CMSG_FIRSTHDR(&h)->cmsg_type = SCM_RIGHTS;
		CMSG_FIRSTHDR(&h)->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&h)), &fd, sizeof(int));
	}
	return sendmsg(conn, &h, MSG_NOSIGNAL) == (ssize_t)sizeof(*q) ? 0 : -1;
}

int ask_send(const char *dir, const struct ask *q, int fd, struct ask_answer *a, unsigned int ms, struct socle_error *e)
{
	struct ask versioned = *q;
	struct sockaddr_un sa;
	int conn = address_fill(&sa, dir) ? -1 : socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	versioned.version = ASK_VERSION;
	if (conn < 0 || connect(conn, (struct sockaddr *)&sa, sizeof(sa)) || question_send(conn, &versioned, fd)) {
		socle_fail_id(e, errno, "no-supervisor",
			      "its supervisor is not there: %s; 'socle supervise' starts one", strerror(errno));
	} else if (!is_readable(conn, (int)ms)) {
		socle_fail_id(e, ETIMEDOUT, "no-supervisor", "its supervisor did not answer within %u ms", ms);
	} else if (recv(conn, a, sizeof(*a), 0) != (ssize_t)sizeof(*a) || a->version != ASK_VERSION) {
		socle_fail_id(e, EPROTO, "no-supervisor", "its supervisor ended, or is of another version");
	} else if (a->error) {
		a->text[sizeof(a->text) - 1] = '\0';
		socle_fail_packed(e, a->error, a->text);
	} else {
		return conn;
	}
	if (conn >= 0)
		close(conn);
	return -1;
}
