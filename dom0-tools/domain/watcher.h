/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/watcher.h
 *
 * What watch.c and adopt.c share: a watcher and the process it lives in.
 */
#ifndef SOCLE_DOMAIN_WATCHER_H
#define SOCLE_DOMAIN_WATCHER_H

#include <sys/types.h>

#include "device/supervisor.h"
#include "domain/context.h"
#include "domain/guestlog.h"
#include "domain/reserve.h"
#include "domain/rundir.h"
#include "libsocle/hvlog.h"

struct watcher {
	struct domain_ctx ctx;
	struct domain_config *cfg;
	struct reserve reserve;     /* its name and UUID are this process's until the guest is gone for good */
	uint16_t domid;
	bool watching;              /* the store's watch is set */
	bool kept;                  /* the guest is dead and stays, as its description says */
	bool paused;                /* as was told last */
	struct socle_hvlog hvlog;   /* the hypervisor's messages, followed; without a buffer until it begins */
	unsigned int restarts;
	uint64_t window_begin_ns;
	bool sup_knows;             /* the supervisor has this connection to the store */
	struct supervisor *sup;     /* from the birth of a domain to its end */
	int go_fd;                  /* from the creator; -1 when it has let the guest go */
	pid_t creator;              /* of a restart, our child; else 0 */
	char *argv0;
};

#define watcher_say(w, ...) guestlog_say((w)->cfg->name, (w)->domid, __VA_ARGS__)

/* Leave everything behind but its reservation and one descriptor. */
void watcher_detach(const struct watcher *w, int keep);

/* An event of its guest; device, reason and text may be NULL. */
void watcher_tell(const struct watcher *w, const char *what, const char *device, const char *reason, const char *text);

/* What its supervisor says, into the guest's log; and of a device what is an event as well. */
struct device_line;
void watcher_say_text(void *arg, const char *text);
void watcher_say_device(void *arg, const struct device_line *l);

/* It is called otherwise from now on: reservation, store, logs, description.  An "int (*rename)" of its supervisor. */
int watcher_rename(void *arg, const char *name, struct socle_error *e);

/* The description goes where a successor finds it. */
void watcher_description_keep(struct watcher *w);

/* What the hypervisor said about the domain since the last call goes into the guest's log. */
void watcher_hear(struct watcher *w);
void watcher_hear_end(struct watcher *w);

/* Supervise the devices of its domain. */
int watcher_supervise(struct watcher *w, struct socle_error *e);

__attribute__((noreturn))
void watcher_run(struct watcher *w);

#endif /* SOCLE_DOMAIN_WATCHER_H */
