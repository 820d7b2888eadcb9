/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/libsocle/store.h
 *
 * Client of the store daemon: synchronous calls over its Unix socket /run/xenstored/socket, or over
 * the kernel's /dev/xen/xenbus where the socket is missing.  One request is outstanding at a time.
 * Watch events that arrive while an answer is awaited are queued and handed out by
 * socle_store_next_event(); therefore drain the queue before polling the file descriptor.
 *
 * When the daemon dies under a call, the call waits for its successor (SOCLE_STORE_PATIENCE_MS), sets the watches again,
 * which makes each of them fire, and asks once more; the caller sees a pause.  A transaction that was open goes on as
 * if nothing had happened, with reads from outside of it, and its end says -EAGAIN, unless the daemon had committed it
 * already.  A connection of socle_store_open_now() does not wait: it is lost, as one is on which the patience ran out.
 *
 * tx is 0 outside a transaction.  Functions return 0 (or as told) or -errno; after -EIO, -EPIPE or
 * -ECONNRESET the connection is dead and must be closed.  A socle_store belongs to one thread.
 */
#ifndef SOCLE_LIBSOCLE_STORE_H
#define SOCLE_LIBSOCLE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libsocle/error.h"

struct socle_store;

#define SOCLE_STORE_PATIENCE_MS 20000
/* For a daemon that is just being restarted: less, for a mistaken command is to fail soon. */
#define SOCLE_STORE_OPEN_MS 5000

struct socle_store *socle_store_open(struct socle_error *e);
/* For those who have a loop, and more to do in it than to wait. */
struct socle_store *socle_store_open_now(struct socle_error *e);
/* How long its calls wait for a successor of the daemon; 0: not at all. */
void socle_store_set_patience(struct socle_store *st, int ms);
void socle_store_close(struct socle_store *st); /* NULL is allowed */
/* The same number as long as the handle lives. */
int socle_store_fd(const struct socle_store *st);
/* The connection has broken: what could not be read since may be there all the same. */
bool socle_store_lost(const struct socle_store *st);

/* malloc'ed and NUL-terminated; len (may be NULL) is without that NUL.  NULL with errno set. */
char *socle_store_read(struct socle_store *st, uint32_t tx, const char *path, size_t *len);
/* Read a decimal or 0x number: 0, -ENOENT, -EINVAL when it is not one, other -errno. */
int socle_store_read_u64(struct socle_store *st, uint32_t tx, const char *path, uint64_t *out);

int socle_store_write(struct socle_store *st, uint32_t tx, const char *path, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
int socle_store_write_raw(struct socle_store *st, uint32_t tx, const char *path, const void *data,
			  size_t len);
int socle_store_mkdir(struct socle_store *st, uint32_t tx, const char *path);
int socle_store_rm(struct socle_store *st, uint32_t tx, const char *path);

/* Names of the children, *n of them, in one malloc'ed block (free the return value only). */
char **socle_store_dir(struct socle_store *st, uint32_t tx, const char *path, unsigned int *n);

/* perms: "n0" (owner 0, others nothing), "r5" (domain 5 reads) ... the first names the owner. */
int socle_store_set_perms(struct socle_store *st, uint32_t tx, const char *path,
			  const char *const *perms, unsigned int n);

int socle_store_watch(struct socle_store *st, const char *path, const char *token);
int socle_store_unwatch(struct socle_store *st, const char *path, const char *token);
/* 1 and malloc'ed strings, 0 when nothing is waiting (never blocks), -errno. */
int socle_store_next_event(struct socle_store *st, char **path, char **token);
/*
 * Hand over all events that came with answers, and a bunch at most of those that the daemon still has: so a peer that writes
 * without end keeps nobody here, and fills no memory either.  take() asks the store nothing.  How many, or -errno after
 * the last one.
 */
int socle_store_take_events(struct socle_store *st, unsigned int bunch,
			    void (*take)(void *arg, const char *path, const char *token), void *arg);

int socle_store_tx_start(struct socle_store *st, uint32_t *tx);
/* 0; -EAGAIN when a commit met a conflict and the whole transaction has to be done again. */
int socle_store_tx_end(struct socle_store *st, uint32_t tx, bool abort);

/* What an administrator asks the daemon itself (docs/stored.md, CONTROL): its words; malloc'ed text, or NULL with errno set. */
char *socle_store_control(struct socle_store *st, const char *const *words, unsigned int n);

int socle_store_introduce(struct socle_store *st, uint16_t domid, uint64_t mfn, uint32_t port);
int socle_store_release(struct socle_store *st, uint16_t domid);

#endif /* SOCLE_LIBSOCLE_STORE_H */
