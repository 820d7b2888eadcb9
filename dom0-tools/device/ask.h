/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/device/ask.h
 *
 * What the command line asks of a guest's supervisor directly, because the store is no place for it: counters, a capture to a
 * descriptor, and to let all devices go.  One struct ask over /run/socle/N/ask, one struct ask_answer back; root only.
 */
#ifndef SOCLE_DEVICE_ASK_H
#define SOCLE_DEVICE_ASK_H

#include <stdbool.h>
#include <stdint.h>

#include "device/control.h"
#include "libsocle/error.h"

#define ASK_VERSION 2u

#define ASK_NAME_MAX 72u

enum ask_what {
	ASK_STATS = 1,
	ASK_CAPTURE, /* with one descriptor; it lasts as long as the connection */
	ASK_END,     /* every device is released: the guest is being taken away */
	ASK_RENAME,  /* the guest is called otherwise from now on */
};

struct ask {
	uint32_t version, what;
	uint32_t cls, devid; /* enum device_class */
	char name[ASK_NAME_MAX]; /* RENAME */
};

struct ask_answer {
	uint32_t version;
	int32_t error;   /* errno, with its text; 0: done */
	char text[CTL_TEXT_MAX];
	struct ctl_stats stats;
	uint32_t restarts;
	int32_t pid;     /* of the worker; 0: none */
	uint32_t linked;
};

/* "/run/socle/N/ask"; dir is the guest's. */
#define ASK_SOCKET "ask"

/* The supervisor's end: a listening socket, or -1. */
int ask_listen(const char *dir, struct socle_error *e);
/* Take a question from a connection that was just accepted: its descriptor in *fd, or -1.  False: it is none. */
bool ask_take(int conn, struct ask *q, int *fd);
void ask_reply(int conn, const struct ask_answer *a);

/*
 * The tools' end.  The connection, with the answer in a, or -1: DOMAIN's supervisor is not there (ECONNREFUSED, ENOENT), or
 * what it says.  fd goes with the question unless it is -1.  Close the connection when done.
 */
int ask_send(const char *dir, const struct ask *q, int fd, struct ask_answer *a, unsigned int ms, struct socle_error *e);

#endif /* SOCLE_DEVICE_ASK_H */
