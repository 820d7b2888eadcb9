/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/device/answer.c
 *
 * See answer.h.
 */
#include "device/answer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void ctl_fds_close(const int *fds, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		close(fds[i]);
}

static unsigned int fds_take(struct msghdr *m, int fds[CTL_FDS_MAX])
{
	unsigned int n = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (unsigned int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(fds, CMSG_DATA(c), n * sizeof(int));
	}
	return n;
}

int ctl_question(int fd, struct ctl_msg *q, int fds[CTL_FDS_MAX], unsigned int *n)
{
	_Alignas(struct cmsghdr) char room[CMSG_SPACE(CTL_FDS_MAX * sizeof(int))];
	struct iovec v = { q, sizeof(*q) };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof(room) };
	ssize_t r;

	*n = 0;
	do
		r = recvmsg(fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
	*n = fds_take(&m, fds);
	if (r == sizeof(*q) && q->version == CTL_VERSION && !(m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
		return 1;
	ctl_fds_close(fds, *n);
	*n = 0;
	return -1;
}

/* By sendmsg(): send() is the system call sendto, which the sandbox does not know. */
static void say(int fd, struct ctl_msg *a, const struct ctl_msg *q)
{
	struct iovec iov = { .iov_base = a, .iov_len = sizeof(*a) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t r;

	a->version = CTL_VERSION;
	a->seq = q ? q->seq : 0;
	do
		r = sendmsg(fd, &m, MSG_NOSIGNAL);
	while (r < 0 && errno == EINTR);
}

void ctl_done(int fd, const struct ctl_msg *q, uint64_t sectors)
{
	struct ctl_msg a = { .what = CTL_DONE, .done = { .sectors = sectors } };

	say(fd, &a, q);
}

void ctl_failed(int fd, const struct ctl_msg *q, const struct socle_error *e)
{
	struct ctl_msg a = { .what = CTL_FAILED, .done = { .error = (uint32_t)e->code } };

	snprintf(a.done.text, sizeof(a.done.text), "%.*s", (int)sizeof(a.done.text) - 1, e->text);
	say(fd, &a, q);
}

void ctl_stats(int fd, const struct ctl_msg *q, const struct ctl_stats *stats)
{
	struct ctl_msg a = { .what = CTL_STATS, .stats = *stats };

	say(fd, &a, q);
}

void ctl_broken(int fd, const char *why)
{
	struct ctl_msg a = { .what = CTL_BROKEN };

	snprintf(a.done.text, sizeof(a.done.text), "%s", why);
	say(fd, &a, NULL);
}
