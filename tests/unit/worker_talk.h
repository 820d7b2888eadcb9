/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/worker_talk.h
 *
 * A worker's program (blkd, netd) as its supervisor runs it: started with one end of a socket, asked, waited for.
 */
#ifndef SOCLE_TESTS_WORKER_TALK_H
#define SOCLE_TESTS_WORKER_TALK_H

#include <check.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "device/control.h"

static int ctl;
static pid_t pid;
static uint64_t seq;

static inline void program_start(const char *path)
{
	int sv[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (!pid) {
		char number[16];

		snprintf(number, sizeof(number), "%d", dup(sv[1]));
		execl(path, strrchr(path, '/') + 1, "--control", number, NULL);
		_exit(127);
	}
	close(sv[1]);
	ctl = sv[0];
}

/* Its supervisor goes; the status that it ends with. */
static inline int program_wait(void)
{
	int status;

	close(ctl);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

static inline void ask(struct ctl_msg *q, const int *fds, size_t n, struct ctl_msg *a)
{
	_Alignas(struct cmsghdr) char room[CMSG_SPACE(16 * sizeof(int))] = { 0 };
	struct iovec v = { q, sizeof(*q) };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
	struct cmsghdr *c;

	q->version = CTL_VERSION;
	q->seq = ++seq;
	if (n) {
		m.msg_control = room;
		m.msg_controllen = CMSG_SPACE(n * sizeof(int));
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(n * sizeof(int));
		memcpy(CMSG_DATA(c), fds, n * sizeof(int));
	}
	ck_assert_int_eq(sendmsg(ctl, &m, MSG_NOSIGNAL), sizeof(*q));
	ck_assert_msg(recv(ctl, a, sizeof(*a), 0) == sizeof(*a), "no answer to question %u", q->what);
	ck_assert_uint_eq(a->seq, q->seq);
}

static inline uint32_t simply(uint32_t what, struct ctl_msg *a)
{
	struct ctl_msg q = { .what = what };

	ask(&q, NULL, 0, a);
	return a->what;
}

/* Has it a descriptor of this file?  Only root may look. */
static inline bool program_has_open(int fd)
{
	char path[320];
	struct stat want, is;
	bool found = false;
	DIR *d;

	ck_assert_int_eq(fstat(fd, &want), 0);
	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	d = opendir(path);
	ck_assert_msg(d != NULL, "cannot look at %s", path);
	for (struct dirent *de; (de = readdir(d));) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%s", pid, de->d_name);
		found |= stat(path, &is) == 0 && is.st_dev == want.st_dev && is.st_ino == want.st_ino;
	}
	closedir(d);
	return found;
}

#endif /* SOCLE_TESTS_WORKER_TALK_H */
