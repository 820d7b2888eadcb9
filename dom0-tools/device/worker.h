/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/device/worker.h
 *
 * One worker process (`blkd` or `netd`) as its supervisor sees it: started, asked, listened to, ended.  It faces a guest and
 * may have been taken over by it, so nothing that it says is believed unchecked, no wait for it is without a bound, and its
 * silence is its end.
 */
#ifndef SOCLE_DEVICE_WORKER_H
#define SOCLE_DEVICE_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "device/control.h"
#include "libsocle/error.h"

#define WORKER_CONTROL_FD 3
/* What may be asked of a worker's disk or tap takes no longer unless the host is in trouble. */
#define WORKER_ANSWER_MS  30000u

struct worker {
	pid_t pid;  /* 0: none */
	int pidfd;  /* readable when it has ended */
	int ctl;
	int log;    /* what it writes to */
	uint64_t seq;
	bool broken; /* it said BROKEN: the guest's protocol, not the worker, is at fault */
	bool talkative; /* it wrote more to its log than a guest can make an honest one write */
	char why[CTL_TEXT_MAX];
};

/* Of its log, bytes; flood.h bounds what is said there, but not what a worker does that its guest has taken over. */
#define WORKER_LOG_MAX (4u << 20)

/* What earlier workers said stays in front, up to so much; more is renamed to LOG.1 when a worker starts. */
#define WORKER_LOG_KEPT (1u << 20)

#define WORKER_NONE ((struct worker){ .pidfd = -1, .ctl = -1, .log = -1 })

/*
 * Run `program --control 3` with stderr in the file log (made anew, never through a symbolic link).  w is WORKER_NONE before.
 * It is alive until worker_end(), dead or not.
 */
int worker_start(struct worker *w, const char *program, const char *log, struct socle_error *e);

/*
 * Ask and wait.  q->what and its member are the caller's; fds[0..n) go with it and stay the caller's.  0 with the answer's
 * member in a (DONE, or STATS to STATS); -1 when it refused (its own words), did not answer in time or spoke nonsense: then
 * w->ctl is closed, and all that is left is worker_end().
 */
int worker_ask(struct worker *w, struct ctl_msg *q, const int *fds, unsigned int n, struct ctl_msg *a, unsigned int ms,
	       struct socle_error *e);

/* Take in what it says unasked.  False when it is of no use any more: it ended, closed its socket, spoke nonsense, or too much. */
bool worker_listen(struct worker *w);

/* Orderly (STOP, and some time) or at once; it is gone when this returns, and w is WORKER_NONE. */
void worker_end(struct worker *w, bool orderly);

/* Where a program of ours stands: beside this one, in the sbin next to its bin (a tree that was moved whole), or as configured. */
const char *worker_program(const char *name, char *buf, size_t size);

/*
 * When may a device's worker be started again?  At once the first time, later and later while they die young, and after
 * WORKER_LIVES_SHORT such deaths in a row never.
 */
#define WORKER_LIVES_SHORT 10u
#define WORKER_YOUNG_MS    1000u

struct worker_luck {
	unsigned int short_lives;
};

/* It died at this age: milliseconds to wait, or -1. */
int worker_luck_try(struct worker_luck *l, uint64_t age_ms);

/* A worker's words for people: cut, and only printable ASCII. */
void worker_text_clean(char text[CTL_TEXT_MAX]);

#endif /* SOCLE_DEVICE_WORKER_H */
