/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/libsocle/store_wire.c
 *
 * The store client's transport: connect, send one request, collect its answer.  The protocol is
 * synchronous except for watch events, which the server may put between any two messages; they are
 * copied to a list here.  A request is at most one page (the protocol's limit), so the receive
 * buffer has a fixed size and a longer length field means a broken peer.  After a transport error
 * the stream position is unknown: the handle is marked dead and every later call fails the same
 * way.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "libsocle/store_internal.h"

#define SOCKET_PATH "/run/xenstored/socket"
#define DEVICE_PATH "/dev/xen/xenbus"
#define STATE_PATH "/run/socle/stored/journal"
#define CONNECT_PAUSE_MS 20
#define ANSWER_MS 30000 /* a live daemon answers in milliseconds */

static int socket_connect(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	memcpy(addr.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr))) {
		int err = errno;

		close(fd);
		return -err;
	}
	if (fcntl(fd, F_SETFL, O_NONBLOCK)) {
		close(fd);
		return -EIO;
	}
	return fd;
}

/*
 * In the control domain the daemon runs here and has its socket; the kernel's device would accept
 * requests without a daemon and leave them unanswered.
 */
static bool is_control_domain(void)
{
	char line[64] = "";
	FILE *f = fopen("/proc/xen/capabilities", "re");

	if (!f)
		return false;
	if (!fgets(line, sizeof(line), f))
		line[0] = '\0';
	fclose(f);
	return strstr(line, "control_d") != NULL;
}

/* A daemon that was here and left its state is coming back, or was stopped for good. */
static bool may_come_back(int err)
{
	return (err == -ENOENT || err == -ECONNREFUSED) && access(STATE_PATH, F_OK) == 0;
}

int store_wire_connect(bool *is_socket, int wait_ms, struct socle_error *e)
{
	const struct timespec pause = { .tv_nsec = CONNECT_PAUSE_MS * 1000000 };
	const char *path = secure_getenv("SOCLE_STORE_SOCKET");
	int fd = socket_connect(path ? path : SOCKET_PATH);

	for (; fd < 0 && wait_ms > 0 && !path && may_come_back(fd); wait_ms -= CONNECT_PAUSE_MS) {
		nanosleep(&pause, NULL);
		fd = socket_connect(SOCKET_PATH);
	}
	*is_socket = true;
	if (fd >= 0)
		return fd;
	if (fd == -EACCES)
		return socle_fail_id(e, EACCES, "not-root", "cannot connect to the store at %s: permission denied "
				  "(root is needed)", path ? path : SOCKET_PATH);
	if (!path && !is_control_domain()) {
		*is_socket = false;
		fd = open(DEVICE_PATH, O_RDWR | O_CLOEXEC | O_NONBLOCK);
		if (fd >= 0)
			return fd;
	}
	return socle_fail_id(e, ENOTCONN, "no-stored", "the store daemon is not running (nobody answers at %s); "
			  "start stored", path ? path : SOCKET_PATH);
}

static int wait_ready(struct socle_store *st, short events)
{
	struct pollfd pfd = { .fd = st->fd, .events = events };
	int r;

	do
		r = poll(&pfd, 1, ANSWER_MS);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return -errno;
	return r ? 0 : -ETIMEDOUT;
}

static int send_all(struct socle_store *st, const void *data, size_t len)
{
	const char *p = data;

	while (len) {
		ssize_t r = st->is_socket ? send(st->fd, p, len, MSG_NOSIGNAL) :
					    write(st->fd, p, len);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0 && errno != EAGAIN)
			return -errno;
		if (r < 0) {
			int w = wait_ready(st, POLLOUT);

			if (w < 0)
				return w;
			continue;
		}
		p += r;
		len -= (size_t)r;
	}
	return 0;
}

/* 1: a whole message is in st->rx; 0: not yet; -errno. */
static int receive_some(struct socle_store *st)
{
	struct xsd_sockmsg hdr;

	for (;;) {
		size_t want = sizeof(hdr);
		ssize_t r;

		if (st->have >= sizeof(hdr)) {
			memcpy(&hdr, st->rx, sizeof(hdr));
			if (hdr.len > XENSTORE_PAYLOAD_MAX)
				return -EPROTO;
			want += hdr.len;
			if (st->have == want)
				return 1;
		}
		r = read(st->fd, st->rx + st->have, want - st->have);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return errno == EAGAIN ? 0 : -errno;
		if (r == 0)
			return -ECONNRESET;
		st->have += (size_t)r;
	}
}

/* Move the watch event in st->rx to the list. */
static int event_queue(struct socle_store *st, size_t len)
{
	const char *body = st->rx + sizeof(struct xsd_sockmsg);
	const char *nul = memchr(body, '\0', len);
	struct store_event *ev;

	if (!nul || len < 2 || body[len - 1] != '\0' || nul == body + len - 1)
		return -EPROTO;
	ev = malloc(sizeof(*ev));
	if (!ev)
		return -ENOMEM;
	ev->path = strdup(body);
	ev->token = strdup(nul + 1);
	ev->next = NULL;
	if (!ev->path || !ev->token) {
		free(ev->path);
		free(ev->token);
		free(ev);
		return -ENOMEM;
	}
	*st->events_tail = ev;
	st->events_tail = &ev->next;
	return 0;
}

int store_wire_pump(struct socle_store *st)
{
	struct xsd_sockmsg hdr;
	int r;

	if (st->dead)
		return st->dead;
	r = receive_some(st);
	if (r == 1) {
		memcpy(&hdr, st->rx, sizeof(hdr));
		if (hdr.type != XS_WATCH_EVENT)
			return 1;
		st->have = 0;
		r = event_queue(st, hdr.len);
	}
	if (r < 0)
		st->dead = r;
	return r;
}

/* Check the message in st->rx as the answer to the last request; its body ends up in *body. */
static int answer_take(struct socle_store *st, uint32_t type, char **body, size_t *len)
{
	struct xsd_sockmsg hdr;

	memcpy(&hdr, st->rx, sizeof(hdr));
	st->have = 0;
	if (hdr.req_id != st->req_id || (hdr.type != type && hdr.type != XS_ERROR))
		return st->dead = -EPROTO;
	st->rx[sizeof(hdr) + hdr.len] = '\0';
	if (hdr.type == XS_ERROR)
		return -store_wire_errno(st->rx + sizeof(hdr));
	if (!body)
		return 0;
	*body = malloc(hdr.len + 1u);
	if (!*body)
		return -ENOMEM;
	memcpy(*body, st->rx + sizeof(hdr), hdr.len + 1u);
	*len = hdr.len;
	return 0;
}

bool store_wire_is_loss(int r)
{
	return r == -ECONNRESET || r == -EPIPE || r == -ENOTCONN || r == -ECONNREFUSED || r == -ENOENT;
}

/* One try at a connection in the place of the old one. */
static int connect_again(struct socle_store *st)
{
	const char *path = secure_getenv("SOCLE_STORE_SOCKET");
	int fd = socket_connect(path ? path : SOCKET_PATH), r = 0;

	if (fd < 0)
		return fd;
	if (dup3(fd, st->fd, O_CLOEXEC) < 0)
		r = -errno;
	close(fd);
	st->have = 0;
	st->dead = r;
	for (const struct store_watch *w = st->watches; w && !r; w = w->next) {
		struct iovec parts[2] = {
			{ .iov_base = w->path, .iov_len = strlen(w->path) + 1 },
			{ .iov_base = w->token, .iov_len = strlen(w->token) + 1 },
		};

		r = store_wire_once(st, XS_WATCH, 0, parts, 2, NULL, NULL);
	}
	return r;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int store_wire_reconnect(struct socle_store *st)
{
	const struct timespec pause = { .tv_nsec = CONNECT_PAUSE_MS * 1000000 };
	int64_t end = now_ms() + st->patience_ms;
	int r = -ECONNRESET;

	if (!st->is_socket || st->patience_ms <= 0)
		return r;
	for (unsigned int i = 0; i < STORE_TXS_MAX; i++)
		st->tx[i].lost |= st->tx[i].id != 0;
	while ((r = connect_again(st)) != 0 && (store_wire_is_loss(r) || r == -EAGAIN) && now_ms() < end)
		nanosleep(&pause, NULL);
	if (r)
		st->dead = -ECONNRESET;
	return st->dead;
}

int store_wire_once(struct socle_store *st, uint32_t type, uint32_t tx, const struct iovec *parts,
		    unsigned int n, char **body, size_t *len)
{
	struct xsd_sockmsg hdr = { .type = type, .req_id = ++st->req_id, .tx_id = tx };
	char msg[sizeof(hdr) + XENSTORE_PAYLOAD_MAX];
	size_t used = sizeof(hdr);
	int r;

	if (st->dead)
		return st->dead;
	for (unsigned int i = 0; i < n; i++) {
		if (parts[i].iov_len > sizeof(msg) - used)
			return -E2BIG;
		if (parts[i].iov_len)
			memcpy(msg + used, parts[i].iov_base, parts[i].iov_len);
		used += parts[i].iov_len;
	}
	hdr.len = (uint32_t)(used - sizeof(hdr));
	memcpy(msg, &hdr, sizeof(hdr));
	r = send_all(st, msg, used);
	/* An event that was queued may be followed by the answer: only wait when nothing is left.
	 */
	while (r == 0 && (r = store_wire_pump(st)) == 0)
		r = wait_ready(st, POLLIN);
	if (r < 0)
		return st->dead = r;
	return answer_take(st, type, body, len);
}

int store_wire_errno(const char *name)
{
	static const struct {
		const char *name;
		int code;
	} table[] = {
		{ "EINVAL", EINVAL }, { "EACCES", EACCES }, { "EEXIST", EEXIST },
		{ "EISDIR", EISDIR }, { "ENOENT", ENOENT }, { "ENOMEM", ENOMEM },
		{ "ENOSPC", ENOSPC }, { "EIO", EIO }, { "ENOTEMPTY", ENOTEMPTY },
		{ "ENOSYS", ENOSYS }, { "EROFS", EROFS }, { "EBUSY", EBUSY },
		{ "EAGAIN", EAGAIN }, { "EISCONN", EISCONN }, { "E2BIG", E2BIG },
		{ "EPERM", EPERM },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strcmp(name, table[i].name) == 0)
			return table[i].code;
	return EIO;
}
