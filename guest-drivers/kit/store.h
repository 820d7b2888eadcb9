/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The store: a tree of small texts by which domains tell each other about devices. A path without a leading slash is below the
 * guest's own directory, /local/domain/ITS-ID.
 *
 * Calls wait for their answer; only the store's port is looked at meanwhile. News of watches are noted, and told by the
 * loop (loop.h). All of it belongs to the first vCPU. Results are 0 or a negative errno: what the store says, or
 * -XEN_ENODEV without a store, -XEN_ETIMEDOUT after 20 s, -XEN_EIO when the daemon breaks its ring's rules.
 */
#ifndef SOCLE_KIT_STORE_H
#define SOCLE_KIT_STORE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The first call of any of these connects; a guest that never asks never waits. tx 0 is no transaction. */
int kit_store_read(uint32_t tx, const char *path, char *buf, size_t size);	/* NUL added; -XEN_E2BIG: it does not fit */
int kit_store_number(uint32_t tx, const char *path, uint64_t *value);	/* -XEN_EINVAL: it is no number */
int kit_store_write(uint32_t tx, const char *path, const char *value);
int kit_store_printf(uint32_t tx, const char *path, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int kit_store_remove(uint32_t tx, const char *path);
/* The names below a path, each with its NUL, into buf: how many, or a negative errno. */
int kit_store_list(uint32_t tx, const char *path, char *buf, size_t size);

/* kit_store_end() answers -XEN_EAGAIN when somebody else was quicker; then all of the transaction has to be done again. */
int kit_store_begin(uint32_t *tx);
int kit_store_end(uint32_t tx, bool commit);

/* fn is called once when the watch is set, and after changes at the path and below; several changes may be one call. */
struct kit_watch {
	char path[128];
	void (*fn)(void *arg);
	void *arg;
	uint32_t id;
	bool fired, due;
	struct kit_watch *next;
};
int kit_watch_add(struct kit_watch *w, void (*fn)(void *arg), void *arg, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void kit_watch_remove(struct kit_watch *w);	/* nothing if it is not set */

void kit_store_resume(void);	/* a new ring after a resume; the watches are set again */

#endif
