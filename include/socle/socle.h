/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * include/socle/socle.h
 *
 * libsocle: for programs that manage guests of a Socle host.  They run in the control domain, as root.  Manual pages:
 * libsocle(3) and those that it names; what stays the same from version to version: docs/libsocle.md.
 *
 * Everything that is handed out is the library's until it is given back by the function named for it; everything that is
 * handed in stays the caller's.  A handle is used by one thread at a time, several handles by several threads at once.
 */
#ifndef SOCLE_SOCLE_SOCLE_H
#define SOCLE_SOCLE_SOCLE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Functions that return int return 0 or more when they did their work, and the negative of one of these when they did not.  The
 * numbers are the exit codes of socle(8).
 */
enum socle_code {
	SOCLE_OK            = 0,
	SOCLE_E_FAILED      = 1,  /* for a reason that has no code of its own */
	SOCLE_E_USAGE       = 2,  /* an argument cannot be right */
	SOCLE_E_CONFIG      = 3,  /* a description, or a file that it names, is wrong */
	SOCLE_E_NOT_FOUND   = 4,
	SOCLE_E_EXISTS      = 5,  /* name, UUID or disk are in use */
	SOCLE_E_NO_MEMORY   = 6,
	SOCLE_E_NO_DAEMON   = 7,  /* the store or console daemon does not run */
	SOCLE_E_BACKEND     = 8,  /* what serves a disk or card failed */
	SOCLE_E_INTERRUPTED = 9,  /* socle_interrupt() */
	SOCLE_E_NOT_RUNNING = 10,
	SOCLE_E_BUSY        = 11,
	SOCLE_E_REFUSED     = 12, /* by the hypervisor */
	SOCLE_E_TIMEOUT     = 13,
	SOCLE_E_PARTIAL     = 14  /* a part was done and a part was not */
};

/* --- handles and errors: socle_open(3), socle_error(3) ------------------------------------------- */

struct socle;

struct socle *socle_open(void);      /* NULL: no memory.  Connections are made when they are needed. */
void socle_close(struct socle *s);   /* NULL is allowed */
const char *socle_version(void);     /* of the library, "0.1.0" */

/* Of the function that failed last with this handle; valid until the next one is called. */
int socle_error_code(const struct socle *s);         /* enum socle_code */
const char *socle_error_id(const struct socle *s);   /* "name-taken": the same from version to version, for `socle explain` */
const char *socle_error_text(const struct socle *s); /* for people: what failed, why, what to do */

/* What is wrong with a description, after SOCLE_E_CONFIG; none when a fault is not one of the text. */
struct socle_fault {
	uint32_t size;         /* of this structure, as the library knows it */
	uint32_t line, column; /* 0: unknown */
	const char *text;
};
size_t socle_fault_count(const struct socle *s);
const struct socle_fault *socle_fault(const struct socle *s, size_t n); /* NULL: there are fewer */

/* The function that this handle is in, or the next one, ends soon with SOCLE_E_INTERRUPTED.  From any thread, and from a signal handler. */
void socle_interrupt(struct socle *s);

/* --- guests: socle_guest(3) ---------------------------------------------------------------------- */

enum socle_state {
	SOCLE_STATE_OFF,        /* there is only its definition */
	SOCLE_STATE_STARTING,
	SOCLE_STATE_RUNNING,    /* or waiting for something to do */
	SOCLE_STATE_PAUSED,
	SOCLE_STATE_ENDED,      /* it ended, and its domain is still there */
	SOCLE_STATE_CRASHED,    /* likewise */
	SOCLE_STATE_REBOOTING,  /* between two domains */
	SOCLE_STATE_ENDING,     /* it is being taken away */
	SOCLE_STATE_BROKEN      /* its definition cannot be read */
};

struct socle_guest {
	uint32_t size;          /* of this structure, as the library knows it; fields may be added at its end */
	int32_t domid;          /* -1: it has no domain now */
	enum socle_state state;
	uint32_t vcpus;         /* that are online */
	const char *name;
	const char *uuid;       /* "" while it is not known */
	uint64_t memory_kib, max_memory_kib;
	uint64_t cpu_ns;        /* processor time that it has used */
};

#define SOCLE_ALL 1u /* also those that are off */

/* All of them, as an array that ends with NULL, in *list: how many.  The control domain is number 0. */
int socle_guests(struct socle *s, unsigned int flags, struct socle_guest ***list);
void socle_guests_free(struct socle_guest **list);  /* NULL is allowed */

/* One; who is a name, a UUID or the number of a domain.  NULL with the error. */
struct socle_guest *socle_guest(struct socle *s, const char *who);
void socle_guest_free(struct socle_guest *g);       /* NULL is allowed */

const char *socle_state_name(enum socle_state state); /* "running" */

/* The description that it was made from, or its definition when it is off; for free(3).  NULL with the error. */
char *socle_description(struct socle *s, const char *who);

/* --- making guests: socle_create(3) -------------------------------------------------------------- */

int socle_validate(struct socle *s, const char *xml, size_t len);
int socle_create(struct socle *s, const char *xml, size_t len); /* the number of the new domain */
int socle_define(struct socle *s, const char *xml, size_t len);
int socle_undefine(struct socle *s, const char *name);
int socle_rename(struct socle *s, const char *name, const char *to);
int socle_start(struct socle *s, const char *name);             /* the number of the new domain */

/* --- guests that run: socle_shutdown(3) ---------------------------------------------------------- */

/* Ask its kernel; seconds 0: do not wait until it has. */
int socle_shutdown(struct socle *s, const char *who, unsigned int seconds);
int socle_reboot(struct socle *s, const char *who, unsigned int seconds);
int socle_destroy(struct socle *s, const char *who);
int socle_pause(struct socle *s, const char *who);
int socle_unpause(struct socle *s, const char *who);

/* Until it is SOCLE_STATE_OFF, _RUNNING or _REBOOTING; seconds 0: without a limit. */
int socle_wait(struct socle *s, const char *who, enum socle_state state, unsigned int seconds);

/* --- devices and console: socle_attach(3), socle_console(3) -------------------------------------- */

#define SOCLE_FORCE 1u /* without asking the guest */

/* A <disk> or an <interface>: 0 for a disk, the card's number for an interface. */
int socle_attach(struct socle *s, const char *who, const char *xml, size_t len);
/* A disk by its target ("xvdb"), a card by its number ("0"); seconds 0: as long as usual. */
int socle_detach(struct socle *s, const char *who, const char *device, unsigned int flags, unsigned int seconds);

/* A stream socket with what the console prints, and what it reads; for close(2). */
int socle_console(struct socle *s, const char *who);

/* --- what happens: socle_events(3) --------------------------------------------------------------- */

struct socle_events;

#define SOCLE_PAST 1u /* also what has happened before */

struct socle_events *socle_events_open(struct socle *s, unsigned int flags); /* NULL with the error */
void socle_events_close(struct socle_events *ev);                           /* NULL is allowed */
/* Readable when there may be more: for poll(2), and for nothing else. */
int socle_events_fd(const struct socle_events *ev);
/* A JSON object, valid until the next call; NULL: no more now.  Take all that there are before waiting. */
const char *socle_events_next(struct socle_events *ev);

#ifdef __cplusplus
}
#endif

#endif /* SOCLE_SOCLE_SOCLE_H */
