/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/event.h
 *
 * What happened to guests, and what administrators did: a line of JSON each in one file (linefile.h), appended by whoever knows
 * of it.
 */
#ifndef SOCLE_DOMAIN_EVENT_H
#define SOCLE_DOMAIN_EVENT_H

#include <stdint.h>

#define EVENTS_LIMIT (8u << 20)

/* Names of what can happen to a guest, for the schema and the documentation; docs/administration.md tells what they mean. */
#define EVENT_MADE        "made"
#define EVENT_RUNNING     "running"
#define EVENT_PAUSED      "paused"
#define EVENT_UNPAUSED    "unpaused"
#define EVENT_CRASHED     "crashed"
#define EVENT_SHUTDOWN    "shutdown"
#define EVENT_REBOOTING   "rebooting"
#define EVENT_KEPT        "kept"
#define EVENT_FAILED      "failed"
#define EVENT_GONE        "gone"
#define EVENT_SUPERVISED  "supervised"
#define EVENT_RENAMED     "renamed"
#define EVENT_LIMITS      "limits-changed"
#define EVENT_DEVICE_ATTACHED  "device-attached"
#define EVENT_DEVICE_DETACHED  "device-detached"
#define EVENT_DEVICE_FAILED    "device-failed"
#define EVENT_DEVICE_RESTARTED "device-restarted"
#define EVENT_DEVICE_RESIZED   "device-resized"

/* Strings may be NULL where it says so. */
struct event {
	uint64_t ms;        /* since 1970 */
	const char *what;   /* EVENT_* */
	const char *name;
	const char *uuid;   /* or NULL */
	uint16_t domid;     /* 0: it has none */
	const char *device; /* "disk xvda", "card 0"; or NULL */
	const char *reason; /* of an end, in a word or two; or NULL */
	const char *text;   /* for people; or NULL */
};

struct act {
	uint64_t ms;         /* when it was over */
	const char *command; /* "disk attach" */
	char *const *args;   /* the words after it */
	int nr_args;
	const char *user;    /* who it was: of the login, of sudo, or else of the uid */
	unsigned int uid;
	const char *sudo;    /* $SUDO_USER, or NULL */
	const char *login;   /* name of the user who logged in (audit's loginuid), or NULL */
	int pid;
	const char *name;    /* of the guest, or NULL */
	const char *uuid;    /* or NULL */
	uint16_t domid;
	int exit;
	const char *error;   /* identifier, or NULL */
	double took_ms;
};

/* malloc'ed line with its end, NULL without memory.  Pure. */
char *event_line(const struct event *e);
char *act_line(const struct act *a);

/* Where they are: $SOCLE_EVENTS, or /var/log/socle/events. */
const char *events_path(void);

/* Something happened to a guest now; what cannot be written is lost.  ms is filled in. */
void event_tell(struct event e);

#endif /* SOCLE_DOMAIN_EVENT_H */
