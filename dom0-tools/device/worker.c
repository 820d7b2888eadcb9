/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/device/worker.c
 *
 * See worker.h.  The process is waited for through its pidfd; it is our child, so its id cannot be another's before we have
 * waited.  Descriptors that a worker sends are dropped by the kernel, since no room is given for them.
 */
#include "device/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STOP_MS       10000u
#define WORDS_A_ROUND 16u
#define BACKOFF_MS    10u

extern char **environ;

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

const char *worker_program(const char *name, char *buf, size_t size)
{
	static const char *const beside[] = { "", "/../sbin", "/../blkd", "/../netd" };
	char self[256];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	self[n > 0 ? n : 0] = '\0';
	slash = strrchr(self, '/');
	if (slash)
		*slash = '\0';
	for (unsigned int i = 0; slash && i < sizeof(beside) / sizeof(beside[0]); i++) {
		int len = snprintf(buf, size, "%s%s/%s", self, beside[i], name);

		if (len > 0 && (size_t)len < size && access(buf, X_OK) == 0)
			return buf;
	}
	snprintf(buf, size, SOCLE_SBINDIR "/%s", name);
	return buf;
}

/* Run it with the socket as descriptor 3 and nothing else of ours; the process id, or -errno. */
static int process_start(const char *program, int log, int ctl)
{
	char *argv[] = { (char *)(uintptr_t)program, "--control", "3", NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none, all;
	pid_t pid;
	int r;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, log, STDERR_FILENO);
	posix_spawn_file_actions_adddup2(&actions, ctl, WORKER_CONTROL_FD);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addclosefrom_np(&actions, WORKER_CONTROL_FD + 1);
	posix_spawnattr_init(&attr);
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	/* A Ctrl-C at a terminal is not for it. */
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	r = posix_spawn(&pid, program, &actions, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return r ? -r : pid;
}

/* What an earlier worker said stays, up to a size. */
static int log_open(const char *path)
{
	char old[256];
	struct stat sb = { 0 };
	int fd;

	if (lstat(path, &sb) == 0 && !S_ISREG(sb.st_mode))
		unlink(path); /* somebody's symbolic link */
	else if (sb.st_size > (off_t)WORKER_LOG_KEPT && snprintf(old, sizeof(old), "%s.1", path) < (int)sizeof(old))
		rename(path, old);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0640);
	return fd >= 0 ? fd : open("/dev/null", O_WRONLY | O_CLOEXEC);
}

int worker_start(struct worker *w, const char *program, const char *log, struct socle_error *e)
{
	int pair[2], log_fd, pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return socle_fail(e, errno, "cannot make a socket for '%s': %s", program, strerror(errno));
	log_fd = log_open(log);
	pid = log_fd < 0 ? -errno : process_start(program, log_fd, pair[1]);
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		if (log_fd >= 0)
			close(log_fd);
		return socle_fail(e, -pid, "cannot run '%s': %s", program, strerror(-pid));
	}
	*w = (struct worker){ .pid = pid, .ctl = pair[0], .log = log_fd };
	w->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	fcntl(w->ctl, F_SETFL, O_NONBLOCK);
	if (w->pidfd >= 0)
		return 0;
	socle_fail(e, errno, "cannot watch '%s': %s", program, strerror(errno));
	worker_end(w, false);
	return -1;
}

static void deaf(struct worker *w)
{
	if (w->ctl >= 0)
		close(w->ctl);
	w->ctl = -1;
}

static int words_send(struct worker *w, const struct ctl_msg *m, const int *fds, unsigned int n)
{
	union {
		char room[CMSG_SPACE(sizeof(int) * CTL_FDS_MAX)];
		struct cmsghdr align;
	} u;
	struct iovec iov = { .iov_base = (void *)(uintptr_t)m, .iov_len = sizeof(*m) };
	struct msghdr h = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (n > CTL_FDS_MAX)
		return -EINVAL;
	if (n) {
		memset(&u, 0, sizeof(u));
		h.msg_control = u.room;
		h.msg_controllen = CMSG_SPACE(sizeof(int) * n);
		CMSG_FIRSTHDR(&h)->cmsg_level = SOL_SOCKET;
		CMSG_FIRSTHDR(&h)->cmsg_type = SCM_RIGHTS;
		CMSG_FIRSTHDR(&h)->cmsg_len = CMSG_LEN(sizeof(int) * n);
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&h)), fds, sizeof(int) * n);
	}
	return sendmsg(w->ctl, &h, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)sizeof(*m) ? 0 : -errno;
}

void worker_text_clean(char text[CTL_TEXT_MAX])
{
	text[CTL_TEXT_MAX - 1] = '\0';
	for (char *p = text; *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
}

enum heard { HEARD_NOTHING, HEARD_ANSWER, HEARD_BROKEN, HEARD_NONSENSE, HEARD_END };

/* One datagram, if there is one.  seq: that of the answer which is awaited, 0 when none is. */
static enum heard words_take(struct worker *w, uint64_t seq, bool stats, struct ctl_msg *m)
{
	struct iovec iov = { .iov_base = m, .iov_len = sizeof(*m) };
	struct msghdr h = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n = recvmsg(w->ctl, &h, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return HEARD_NOTHING;
	if (n <= 0)
		return HEARD_END;
	if (n != (ssize_t)sizeof(*m) || (h.msg_flags & MSG_TRUNC) || m->version != CTL_VERSION)
		return HEARD_NONSENSE;
	if (m->what == CTL_DONE || m->what == CTL_FAILED || m->what == CTL_BROKEN)
		worker_text_clean(m->done.text);
	if (m->what == CTL_BROKEN && m->seq == 0)
		return HEARD_BROKEN;
	if (!seq || m->seq != seq)
		return HEARD_NONSENSE;
	if (m->what == CTL_FAILED || m->what == (stats ? CTL_STATS : CTL_DONE))
		return HEARD_ANSWER;
	return HEARD_NONSENSE;
}

static void broken_note(struct worker *w, const struct ctl_msg *m)
{
	if (!w->broken)
		memcpy(w->why, m->done.text, sizeof(w->why));
	w->broken = true;
}

/* Its answer within the time, or why there is none. */
static enum heard answer_wait(struct worker *w, const struct ctl_msg *q, struct ctl_msg *a, uint64_t end)
{
	for (;;) {
		struct pollfd p[] = { { .fd = w->ctl, .events = POLLIN }, { .fd = w->pidfd, .events = POLLIN } };
		uint64_t now = now_ms();
		enum heard h;

		if (now >= end)
			return HEARD_NOTHING;
		if (poll(p, 2, (int)(end - now)) < 0 && errno != EINTR)
			return HEARD_END;
		h = words_take(w, q->seq, q->what == CTL_STATS, a);
		if (h == HEARD_BROKEN)
			broken_note(w, a);
		else if (h != HEARD_NOTHING)
			return h;
		else if (p[1].revents)
			return HEARD_END;
	}
}

int worker_ask(struct worker *w, struct ctl_msg *q, const int *fds, unsigned int n, struct ctl_msg *a, unsigned int ms,
	       struct socle_error *e)
{
	enum heard h;
	int r;

	if (w->ctl < 0)
		return socle_fail(e, ESRCH, "its worker is not there");
	q->version = CTL_VERSION;
	q->seq = ++w->seq;
	r = words_send(w, q, fds, n);
	h = r ? HEARD_END : answer_wait(w, q, a, now_ms() + ms);
	if (h == HEARD_ANSWER && a->what != CTL_FAILED)
		return 0;
	if (h == HEARD_ANSWER)
		return socle_fail(e, a->done.error > 0 && a->done.error < 4096 ? (int)a->done.error : EIO, "%s",
				  a->done.text[0] ? a->done.text : "its worker did not say why");
	deaf(w);
	if (h == HEARD_NOTHING)
		return socle_fail(e, ETIMEDOUT, "its worker did not answer within %u ms", ms);
	if (h == HEARD_NONSENSE)
		return socle_fail(e, EPROTO, "its worker's answer makes no sense");
	return socle_fail(e, EPIPE, "its worker ended%s%s", r ? ": " : "", r ? strerror(-r) : "");
}

static bool log_is_full(const struct worker *w)
{
	struct stat sb;

	return w->log >= 0 && fstat(w->log, &sb) == 0 && sb.st_size > (off_t)WORKER_LOG_MAX;
}

bool worker_listen(struct worker *w)
{
	struct pollfd p = { .fd = w->pidfd, .events = POLLIN };

	for (unsigned int i = 0; w->ctl >= 0 && i < WORDS_A_ROUND; i++) {
		struct ctl_msg m;
		enum heard h = words_take(w, 0, false, &m);

		if (h == HEARD_NOTHING)
			break;
		if (h == HEARD_BROKEN)
			broken_note(w, &m);
		else
			deaf(w);
	}
	w->talkative = log_is_full(w);
	if (w->talkative)
		deaf(w);
	return w->ctl >= 0 && poll(&p, 1, 0) == 0;
}

static bool ended_within(const struct worker *w, unsigned int ms)
{
	uint64_t end = now_ms() + ms, now;

	while ((now = now_ms()) < end) {
		struct pollfd p = { .fd = w->pidfd, .events = POLLIN };

		if (poll(&p, 1, (int)(end - now)) > 0)
			return true;
	}
	return false;
}

void worker_end(struct worker *w, bool orderly)
{
	struct ctl_msg q = { .what = CTL_STOP }, a;
	bool ended = false;

	if (!w->pid)
		return;
	if (orderly && w->ctl >= 0 && worker_ask(w, &q, NULL, 0, &a, STOP_MS, NULL) == 0)
		ended = ended_within(w, STOP_MS);
	if (!ended)
		kill(w->pid, SIGKILL);
	/* A dead process that its disk holds fast must not hold us; it still has its locks, so nobody takes its place. */
	if (!ended)
		ended_within(w, STOP_MS);
	waitpid(w->pid, NULL, WNOHANG);
	deaf(w);
	if (w->pidfd >= 0)
		close(w->pidfd);
	if (w->log >= 0)
		close(w->log);
	*w = WORKER_NONE;
}

int worker_luck_try(struct worker_luck *l, uint64_t age_ms)
{
	if (age_ms >= WORKER_YOUNG_MS)
		l->short_lives = 0;
	if (l->short_lives >= WORKER_LIVES_SHORT)
		return -1;
	return l->short_lives++ ? (int)(BACKOFF_MS << (l->short_lives - 1)) : 0;
}
