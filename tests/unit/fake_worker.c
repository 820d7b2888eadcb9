/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/fake_worker.c
 *
 * A worker for the tests of its supervisor.  It answers as blkd or netd would, without a guest, and appends what it was told
 * to the file $FAKE_TRACE, a line a message.  $FAKE_MANNER says how it misbehaves, and $FAKE_WHAT with which question:
 *
 *   refuse      FAILED with a reason        silent     no answer         die      it ends instead
 *   short       half a datagram             version    another version   seq      another question's number
 *   what        an answer that is none      noise      bytes             late     its answer twice
 *   broken      BROKEN before its answer    controls   a reason with control characters and no end
 *   talk        5 MiB to its log
 *   poor        FAILED for want of memory
 *   descriptors more descriptors than anybody wants
 */
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "device/control.h"

#define CONTROL 3

static const char *const names[] = {
	[CTL_SETUP] = "SETUP", [CTL_CONNECT] = "CONNECT", [CTL_DISCONNECT] = "DISCONNECT", [CTL_STOP] = "STOP",
	[CTL_LIMITS] = "LIMITS", [CTL_RESIZE] = "RESIZE", [CTL_CAPTURE] = "CAPTURE", [CTL_STATS] = "STATS",
	[CTL_REFUSE] = "REFUSE",
};

__attribute__((format(printf, 1, 2)))
static void trace(const char *fmt, ...)
{
	const char *path = getenv("FAKE_TRACE");
	int fd = path ? open(path, O_WRONLY | O_CREAT | O_APPEND, 0600) : -1;
	va_list ap;

	if (fd < 0)
		return;
	va_start(ap, fmt);
	vdprintf(fd, fmt, ap);
	va_end(ap);
	close(fd);
}

static uint64_t sectors = 2048;

static void setup_trace(const struct ctl_setup *s, unsigned int fds)
{
	trace("SETUP domid=%u devid=%u uid=%u fds=%u", s->domid, s->devid, s->uid, fds);
	for (int i = 0; i < CTL_LIMIT_COUNT; i++)
		if (s->limit[i].rate)
			trace(" limit%d=%llu/%llu", i, (unsigned long long)s->limit[i].rate,
			      (unsigned long long)s->limit[i].burst);
	trace(" readonly=%d discard=%d sector=%u\n", s->disk.readonly, s->disk.can_discard, s->disk.sector_size);
	if (s->disk.sectors)
		sectors = s->disk.sectors;
}

static void connect_trace(const struct ctl_connect *c)
{
	trace("CONNECT resume=%d queues=%u pages=%u ref=%u port=%u persistent=%d\n", c->resume, c->queues, c->disk.ring_pages,
	      c->disk.queue[0].ref[0], c->disk.queue[0].port, c->disk.persistent);
}

static void question_trace(const struct ctl_msg *q, unsigned int fds)
{
	if (q->what == CTL_SETUP)
		setup_trace(&q->setup, fds);
	else if (q->what == CTL_CONNECT)
		connect_trace(&q->connect);
	else if (q->what == CTL_LIMITS)
		trace("LIMITS %llu/%llu\n", (unsigned long long)q->limit[CTL_LIMIT_TOTAL_BYTES].rate,
		      (unsigned long long)q->limit[CTL_LIMIT_TOTAL_BYTES].burst);
	else if (q->what == CTL_CAPTURE)
		trace("CAPTURE %d fds=%u\n", q->capture, fds);
	else if (q->what == CTL_REFUSE)
		trace("REFUSE %d\n", q->at_once);
	else
		trace("%s\n", names[q->what]);
}

static void answer_send(const struct ctl_msg *a, size_t len, const int *fds, unsigned int n)
{
	union {
		char room[CMSG_SPACE(sizeof(int) * 4)];
		struct cmsghdr align;
	} u;
	struct iovec iov = { .iov_base = (void *)(uintptr_t)a, .iov_len = len };
	struct msghdr h = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (n) {
		memset(&u, 0, sizeof(u));
		h.msg_control = u.room;
		h.msg_controllen = CMSG_SPACE(sizeof(int) * n);
		CMSG_FIRSTHDR(&h)->cmsg_level = SOL_SOCKET;
		CMSG_FIRSTHDR(&h)->cmsg_type = SCM_RIGHTS;
		CMSG_FIRSTHDR(&h)->cmsg_len = CMSG_LEN(sizeof(int) * n);
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&h)), fds, sizeof(int) * n);
	}
	if (sendmsg(CONTROL, &h, MSG_NOSIGNAL) < 0)
		_exit(4);
}

static void misbehave(const char *manner, struct ctl_msg *a)
{
	struct ctl_msg broken = { .version = CTL_VERSION, .what = CTL_BROKEN, .done.text = "its ring makes no sense" };
	int three[] = { 0, 1, 2 };
	size_t len = sizeof(*a);

	if (!strcmp(manner, "silent"))
		return;
	if (!strcmp(manner, "talk")) {
		static char words[1 << 20];

		for (int i = 0; i < 5; i++)
			if (write(STDERR_FILENO, words, sizeof(words)) < 0)
				_exit(5);
	}
	if (!strcmp(manner, "die"))
		_exit(9);
	if (!strcmp(manner, "refuse")) {
		a->what = CTL_FAILED;
		a->done.error = 28;
		strcpy(a->done.text, "the image is full");
	}
	if (!strcmp(manner, "poor")) {
		a->what = CTL_FAILED;
		a->done.error = 12;
		strcpy(a->done.text, "no memory for buffers");
	}
	if (!strcmp(manner, "controls")) {
		a->what = CTL_FAILED;
		memset(a->done.text, '\n', sizeof(a->done.text));
		memcpy(a->done.text, "\033[2Jgone", 8);
	}
	if (!strcmp(manner, "short"))
		len /= 2;
	if (!strcmp(manner, "version"))
		a->version++;
	if (!strcmp(manner, "seq"))
		a->seq++;
	if (!strcmp(manner, "what"))
		a->what = CTL_SETUP;
	if (!strcmp(manner, "noise"))
		memset(a, 0xa5, sizeof(*a));
	if (!strcmp(manner, "broken") || !strcmp(manner, "late"))
		answer_send(!strcmp(manner, "late") ? a : &broken, len, NULL, 0);
	answer_send(a, len, three, !strcmp(manner, "descriptors") ? 3 : 0);
}

/* Take a question; the number of descriptors that came with it, which are closed. -1 at the end. */
static int question_take(struct ctl_msg *q)
{
	union {
		char room[CMSG_SPACE(sizeof(int) * CTL_FDS_MAX)];
		struct cmsghdr align;
	} u;
	struct iovec iov = { .iov_base = q, .iov_len = sizeof(*q) };
	struct msghdr h = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &u, .msg_controllen = sizeof(u) };
	static int held[64];
	static int nr_held;
	int n = 0;

	if (recvmsg(CONTROL, &h, 0) != (ssize_t)sizeof(*q))
		return -1;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&h); c; c = CMSG_NXTHDR(&h, c)) {
		n = (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		/* Kept, as a worker keeps them: the locks on journal and image are in them. */
		for (int i = 0; i < n && nr_held < 64; i++)
			memcpy(&held[nr_held++], CMSG_DATA(c) + i * (int)sizeof(int), sizeof(int));
	}
	return n;
}

int main(void)
{
	const char *manner = getenv("FAKE_MANNER"), *what = getenv("FAKE_WHAT");
	struct ctl_msg q;
	int fds;

	trace("start\n");
	fprintf(stderr, "fake worker %d\n", (int)getpid());
	while ((fds = question_take(&q)) >= 0) {
		struct ctl_msg a = { .version = CTL_VERSION, .what = CTL_DONE, .seq = q.seq };

		if (q.what < CTL_SETUP || q.what > CTL_REFUSE)
			return 5;
		question_trace(&q, (unsigned int)fds);
		if (q.what == CTL_RESIZE)
			sectors *= 2;
		if (q.what == CTL_STATS) {
			a.what = CTL_STATS;
			a.stats.reads = 7;
		} else {
			a.done.sectors = sectors;
		}
		if (manner && (!what || !strcmp(what, names[q.what])))
			misbehave(manner, &a);
		else
			answer_send(&a, sizeof(a), NULL, 0);
		if (q.what == CTL_STOP)
			return 0;
	}
	trace("end\n");
	return 0;
}
