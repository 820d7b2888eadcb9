/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/journal.h
 *
 * What the store must not forget when its process dies, as a stream of records. A record holds all
 * entries that one request (or one other step) caused, with its length and a checksum, so that it
 * counts whole or not at all: what was torn at the stream's end is cut off. Entries tell effects
 * ("this node has this value now", "domain 3 is owed these bytes"), not causes, so doing them again
 * needs neither guests nor luck. Pure: where the bytes go is the sink's matter (keeper.h).
 *
 * The order that everything rests upon: effects are done in memory and added here; the record is
 * written (journal_commit); only then anybody outside can see an effect - an answer, an event, a
 * request's bytes being consumed.
 *
 * Without a journal (NULL) all of these do nothing.
 */
#ifndef SOCLE_STORED_JOURNAL_H
#define SOCLE_STORED_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stored/perm.h"

#define JOURNAL_VERSION 1u
/* Entries of the longest permission list that SET_PERMS takes (req_node.c). */
#define JOURNAL_PERMS_MAX 128u

enum journal_kind {
	JOURNAL_BEGIN = 1,	/* first of a stream: id version, big generation, data boot id */
	JOURNAL_WRITE,		/* path, data value, number owner */
	JOURNAL_MKDIR,		/* path, number owner */
	JOURNAL_RM,		/* path */
	JOURNAL_SET_PERMS,	/* path, data permissions */
	JOURNAL_SPECIAL,	/* number which, data permissions */
	JOURNAL_QUOTA,		/* path name, id limit */
	JOURNAL_DOMAIN,		/* introduced: big frame, id port, number connected, data handle, cons, prod */
	JOURNAL_RELEASE,
	JOURNAL_SHUTDOWN,	/* number 0 or 1 */
	JOURNAL_TARGET,		/* number domain or -1 */
	JOURNAL_RING,		/* a request is done and its bytes are consumed: cons, prod */
	JOURNAL_PART,		/* a part of a request is consumed: cons, prod, data the part */
	JOURNAL_RESET,		/* the connection begins anew: cons, prod */
	JOURNAL_BROKEN,		/* it broke the protocol: id what it was told */
	JOURNAL_OUT,		/* a message waits to be sent: data */
	JOURNAL_WATCH,		/* path, token, number depth, id bytes stripped */
	JOURNAL_UNWATCH,	/* path, token */
	JOURNAL_UNWATCH_ALL,	/* and its transactions */
	JOURNAL_MISSED,		/* path, token: an event was dropped */
	JOURNAL_MADE_UP,	/* path, token: it was told to look again */
	JOURNAL_TXN,		/* id: opened */
	JOURNAL_TXN_END,	/* id */
	JOURNAL_TXN_ID,		/* id: last one given to a local client */
	JOURNAL_COMMITTED,	/* id: a local client's */
	JOURNAL_KINDS
};

/* Which fields mean something depends on the kind; the others are 0 or "". */
struct journal_entry {
	enum journal_kind kind;
	uint16_t domid;
	int32_t number;
	uint32_t id;
	uint32_t cons, prod;	/* ring positions: requests consumed, bytes sent */
	uint64_t big;
	const char *path, *token;	/* NULL: "" */
	const void *data;
	size_t len;
};

struct journal {
	/*
	 * Writes all or fails (-errno); bytes NULL: the record could not be made. When it has failed it has taken
	 * care of the state itself, by another way than this record.
	 */
	int (*write)(void *ctx, const void *bytes, size_t len);
	void *ctx;
	char *buf;		/* the record being built, with room for its head */
	size_t len, room;
	bool failed;		/* no memory for an entry: the record is worth nothing */
	uint64_t records, bytes;	/* written since the stream's beginning */
};

void journal_init(struct journal *j, int (*write)(void *, const void *, size_t), void *ctx);
void journal_fini(struct journal *j);

void journal_add(struct journal *j, const struct journal_entry *e);
/* data: the list in its written form. */
void journal_add_perms(struct journal *j, struct journal_entry *e, const struct perm_list *perms);
/* Writes what was added since the last time, if anything was. 0 or what the sink said. */
int journal_commit(struct journal *j);

/* A stream that is read back. */
struct journal_reader {
	const char *at, *end;		/* of the stream */
	const char *entry, *entries_end;	/* within the present record */
};

void journal_read(struct journal_reader *r, const void *bytes, size_t len);
/*
 * The next entry (which points into the stream), or false at the end: r->at is then the end of the
 * last whole record. A record is looked at as a whole before its first entry is given out.
 */
bool journal_next(struct journal_reader *r, struct journal_entry *e);
/* NULL when the data are no list of permissions, or without memory. */
struct perm_list *journal_perms(const struct journal_entry *e);

#endif /* SOCLE_STORED_JOURNAL_H */
