/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/store_world.h
 *
 * A store that writes down what happens to it: a journal in memory, guests without rings, a local client, and the store as text.
 */
#ifndef SOCLE_TESTS_STORE_WORLD_H
#define SOCLE_TESTS_STORE_WORLD_H

#include <stddef.h>
#include <stdint.h>

#include "stored/journal.h"
#include "stored/replay.h"
#include "stored/store.h"

#define WORLD_BOOT   "this-boot"
#define WORLD_GUESTS 4u

struct store_world {
	char *stream;		/* the journal */
	size_t stream_len, stream_room;
	int sink_result;	/* of a disk that is full */
	int attach_result;	/* of a ring that cannot be had */
	struct journal journal;
	struct store store;
	struct conn *ctl;	/* the local client */
	enum domain_state states[WORLD_GUESTS + 1];
	struct domain_handle handles[WORLD_GUESTS + 1];
	unsigned rejoined;	/* rings that were had again */
	unsigned ringless;	/* the guest whose ring is not, or 0 */
};

extern struct store_world world;

/* Fixtures: domain 0 and the guests are introduced, and all of it stands in the stream. */
void world_begin(void);
void world_end(void);

/* A sink for a journal: the stream. */
int world_sink(void *ctx, const void *bytes, size_t len);
/* The first n bytes of the stream as a store; world_free() ends it. */
void world_restart(struct store *s, size_t n, struct replay_result *r);
/* One with nothing in it. */
void world_empty(struct store *s);
void world_free(struct store *s);
/* All of a store that a restart must keep, for free(). */
char *world_dump(struct store *s);

/* A request to the store; words with '|' for NUL, and the last NUL is not sent when the text ends with '~'. */
__attribute__((format(printf, 4, 5)))
void world_ask(struct conn *c, uint32_t type, uint32_t tx, const char *fmt, ...);
/* So many bytes of what waits to be sent are sent. */
void world_take(struct conn *c, size_t most);
/* NULL: it is not introduced, or has no ring. */
struct conn *world_guest(unsigned d);

#endif
