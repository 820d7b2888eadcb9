/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/device/supervisor.h
 *
 * The supervisor of one guest's devices, as a part of its owner's poll loop (domain/watch.c).  There is one a guest: it holds
 * the lock /run/socle/N/supervisor.  Whatever it knows stands in the store and under /run/socle/N, so a new one goes on where
 * one that was killed stopped: workers end with their supervisor and leave the rings to their successors.
 */
#ifndef SOCLE_DEVICE_SUPERVISOR_H
#define SOCLE_DEVICE_SUPERVISOR_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "libsocle/error.h"
#include "libsocle/store.h"

#define SUPERVISOR_FDS_MAX 80u

struct supervisor;
struct device_line;

struct supervisor_options {
	uint16_t domid;
	const char *run_dir;  /* of the guest: /run/socle/N; made when it is missing */
	const char *log_dir;
	const char *name;     /* of the guest: its workers' logs are called by it */
	const char *disk_program, *card_program; /* NULL: where they are installed */
	void (*say)(void *arg, const char *text);                    /* about itself */
	void (*device_say)(void *arg, const struct device_line *l);  /* about a device */
	int (*rename)(void *arg, const char *name, struct socle_error *e); /* somebody asks for it; NULL: cannot be */
	bool (*port_is_ours)(void *arg, uint32_t port); /* is this event channel of the guest's one to us? */
	void *arg;
};

/* NULL with EBUSY when the guest has one already, or with another error. */
struct supervisor *supervisor_open(const struct supervisor_options *o, struct socle_error *e);

/* Release every device, in order, and end.  NULL is allowed. */
void supervisor_close(struct supervisor *s);

/* The owner's connection to the store: a new one, or NULL when it is lost.  Devices that run go on without. */
void supervisor_store(struct supervisor *s, struct socle_store *store);

/* A watch event of that connection; those that are not the supervisor's are ignored. */
void supervisor_event(struct supervisor *s, const char *path, const char *token);

/* What to poll for, and for how long at most (-1: no need to wake up by itself). */
unsigned int supervisor_poll(const struct supervisor *s, struct pollfd fds[SUPERVISOR_FDS_MAX]);
int supervisor_timeout(const struct supervisor *s);

/* Do what there is to do; after events and after each poll. */
void supervisor_work(struct supervisor *s);

#endif /* SOCLE_DEVICE_SUPERVISOR_H */
