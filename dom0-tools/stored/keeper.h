/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/keeper.h
 *
 * Keeps the journal in a file, on a file system in memory: it has to outlive the daemon, not the machine, so
 * nothing is ever synchronised. A file is a snapshot and what happened since. When that has grown to twice the
 * snapshot, a new file is written beside it and takes its place by a rename; so the cost of a snapshot is shared by
 * as many bytes of records. A file of another boot is not read.
 *
 * When there is no room for a new file beside the old one, the old one grows on. When a record cannot be written (the file system
 * is full) the file is worth nothing, for a stale state would be worse than none: a new one is tried beside it, then in its
 * place, and when neither goes, the daemon goes on without; from then on it tries again every KEEPER_RETRY_S seconds.
 */
#ifndef SOCLE_STORED_KEEPER_H
#define SOCLE_STORED_KEEPER_H

#include "libsocle/error.h"
#include "stored/journal.h"
#include "stored/store.h"

#define KEEPER_RETRY_S 10
/* A journal smaller than this is not worth a new file. */
#ifndef KEEPER_ROUND_MIN	/* its test wants to see many */
#define KEEPER_ROUND_MIN (1u << 20)
#endif

struct keeper {
	struct store *store;
	struct journal journal;
	char path[256];
	char boot_id[40];
	int fd;			/* -1: nothing is kept at present */
	uint64_t round_bytes;	/* journal.bytes at which the next file is due */
	bool late;		/* a round was due, and there was no room for it */
	int64_t retry_at;	/* monotonic seconds; 0: it is kept */
};

/* The store as the file has it, or a fresh one (*found). -1 when there is no memory for it. */
int keeper_load(struct keeper *k, struct store *s, const char *path, const struct domain_ops *ops, void *ops_ctx,
		bool *found, struct socle_error *e);
/* From now on every change is kept. */
void keeper_begin(struct keeper *k);
/* Once a round of the loop. */
void keeper_round(struct keeper *k);
/* The file stays, for the successor. */
void keeper_end(struct keeper *k);

#endif /* SOCLE_STORED_KEEPER_H */
