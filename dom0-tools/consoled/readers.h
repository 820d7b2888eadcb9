/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/consoled/readers.h
 *
 * Those who look at one console: a listening Unix socket and its clients. What the guest prints goes
 * to all of them and into a scrollback that a new client gets first. A client that does not read keeps
 * the latest QUEUE_SIZE bytes and loses older ones; it never makes anybody wait.
 */
#ifndef SOCLE_CONSOLED_READERS_H
#define SOCLE_CONSOLED_READERS_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#define READERS_MAX 16
#define SCROLLBACK  65536
#define QUEUE_SIZE  131072

/* A byte queue that keeps the latest bytes. */
struct tail {
	char *data;
	size_t size, start, used;
};

struct reader {
	int fd;             /* -1 = free */
	bool deaf;          /* has hung up */
	struct tail out;
};

struct readers {
	int listener;
	char path[108];
	struct tail scrollback;
	struct reader reader[READERS_MAX];
};

/* 0 or -errno, said on stderr. */
int readers_open(struct readers *r, const char *dir, unsigned int domid);
void readers_close(struct readers *r);
void readers_output(struct readers *r, const char *data, size_t len);
/* Fills pollfd entries (READERS_MAX + 1 at most); the number used. */
size_t readers_poll(const struct readers *r, struct pollfd *p);
/* Serves what poll() said. Bytes that clients typed go to buf; their number. */
size_t readers_serve(struct readers *r, const struct pollfd *p, size_t n, char *buf, size_t cap);
/* Last chance for queued output before the end; does not wait. */
void readers_flush(struct readers *r);

void tail_add(struct tail *t, const char *data, size_t len);

#endif
