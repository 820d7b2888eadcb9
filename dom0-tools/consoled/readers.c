/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/consoled/readers.c
 *
 * See readers.h. All sockets are non-blocking.
 */
#include "consoled/readers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static bool tail_init(struct tail *t, size_t size)
{
	*t = (struct tail){ .data = malloc(size), .size = size };
	return t->data != NULL;
}

void tail_add(struct tail *t, const char *data, size_t len)
{
	if (len > t->size) {
		data += len - t->size;
		len = t->size;
	}
	if (t->used + len > t->size) {
		size_t drop = t->used + len - t->size;

		t->start = (t->start + drop) % t->size;
		t->used -= drop;
	}
	for (size_t i = 0; i < len; i++)
		t->data[(t->start + t->used + i) % t->size] = data[i];
	t->used += len;
}

int readers_open(struct readers *r, const char *dir, unsigned int domid)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int error;

	for (size_t i = 0; i < READERS_MAX; i++)
		r->reader[i].fd = -1;
	snprintf(r->path, sizeof(r->path), "%s/%u", dir, domid);
	memcpy(address.sun_path, r->path, sizeof(r->path));
	r->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	unlink(r->path);
	if (!tail_init(&r->scrollback, SCROLLBACK))
		error = ENOMEM;
	else if (r->listener < 0 || bind(r->listener, (struct sockaddr *)&address, sizeof(address)) ||
		 chmod(r->path, 0600) || listen(r->listener, READERS_MAX))
		error = errno;
	else
		return 0;
	fprintf(stderr, "consoled: cannot offer %s: %s; this console has a log only\n", r->path, strerror(error));
	if (r->listener >= 0)
		close(r->listener);
	r->listener = -1;
	return -error;
}

static void reader_drop(struct reader *c)
{
	close(c->fd);
	free(c->out.data);
	*c = (struct reader){ .fd = -1 };
}

/* One that has hung up may have typed before: it stays until that is read, and is told nothing more. */
static void reader_write(struct reader *c)
{
	while (c->out.used && !c->deaf) {
		size_t run = c->out.size - c->out.start;
		ssize_t n = send(c->fd, c->out.data + c->out.start, run < c->out.used ? run : c->out.used, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			c->deaf = errno != EAGAIN;
			break;
		}
		c->out.start = (c->out.start + (size_t)n) % c->out.size;
		c->out.used -= (size_t)n;
	}
	if (c->deaf)
		c->out.used = 0;
}

static void reader_accept(struct readers *r)
{
	int fd = accept4(r->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return;
	for (size_t i = 0; i < READERS_MAX; i++) {
		struct reader *c = &r->reader[i];

		if (c->fd >= 0)
			continue;
		if (!tail_init(&c->out, QUEUE_SIZE))
			break;
		c->fd = fd;
		for (size_t k = 0; k < r->scrollback.used; k++)
			tail_add(&c->out, &r->scrollback.data[(r->scrollback.start + k) % r->scrollback.size], 1);
		reader_write(c);
		return;
	}
	close(fd);	/* as many as can be served are connected already */
}

void readers_output(struct readers *r, const char *data, size_t len)
{
	if (!r->scrollback.data)
		return;
	tail_add(&r->scrollback, data, len);
	for (size_t i = 0; i < READERS_MAX; i++) {
		if (r->reader[i].fd < 0)
			continue;
		tail_add(&r->reader[i].out, data, len);
		reader_write(&r->reader[i]);
	}
}

size_t readers_poll(const struct readers *r, struct pollfd *p)
{
	size_t n = 0;

	if (r->listener >= 0)
		p[n++] = (struct pollfd){ .fd = r->listener, .events = POLLIN };
	for (size_t i = 0; i < READERS_MAX; i++)
		if (r->reader[i].fd >= 0)
			p[n++] = (struct pollfd){ .fd = r->reader[i].fd,
						  .events = (short)(POLLIN | (r->reader[i].out.used ? POLLOUT : 0)) };
	return n;
}

/* Typed bytes, or 0; a client that hung up is dropped. */
static size_t reader_read(struct reader *c, char *buf, size_t cap)
{
	ssize_t n = cap ? recv(c->fd, buf, cap, 0) : 0;

	if (n > 0)
		return (size_t)n;
	if (cap && (n == 0 || (errno != EAGAIN && errno != EINTR)))
		reader_drop(c);
	return 0;
}

size_t readers_serve(struct readers *r, const struct pollfd *p, size_t n, char *buf, size_t cap)
{
	size_t typed = 0;

	for (size_t k = 0; k < n; k++) {
		if (!p[k].revents)
			continue;
		if (p[k].fd == r->listener) {
			reader_accept(r);
			continue;
		}
		for (size_t i = 0; i < READERS_MAX; i++) {
			if (r->reader[i].fd != p[k].fd)
				continue;
			if (p[k].revents & POLLOUT)
				reader_write(&r->reader[i]);
			if (r->reader[i].fd >= 0 && (p[k].revents & (POLLIN | POLLHUP | POLLERR)))
				typed += reader_read(&r->reader[i], buf + typed, cap - typed);
			break;
		}
	}
	return typed;
}

void readers_flush(struct readers *r)
{
	for (size_t i = 0; i < READERS_MAX; i++)
		if (r->reader[i].fd >= 0)
			reader_write(&r->reader[i]);
}

void readers_close(struct readers *r)
{
	for (size_t i = 0; i < READERS_MAX; i++)
		if (r->reader[i].fd >= 0)
			reader_drop(&r->reader[i]);
	if (r->listener >= 0) {
		close(r->listener);
		unlink(r->path);
	}
	free(r->scrollback.data);
	r->scrollback.data = NULL;
	r->listener = -1;
}
