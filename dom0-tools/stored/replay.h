/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/replay.h
 *
 * The store and its journal: all of the store as entries (a snapshot, with which every stream
 * begins), and a store made of a stream again. Pure.
 *
 *	replay(old stream) -> replay_rejoin (rings are mapped, what was sent meanwhile is seen)
 *	-> snapshot (the new stream) -> from here on the journal is written
 *
 * Until the snapshot has taken the place of the old stream, nothing that was done to the pages says more
 * than the old stream did; so dying in between costs nothing.
 */
#ifndef SOCLE_STORED_REPLAY_H
#define SOCLE_STORED_REPLAY_H

#include "stored/journal.h"
#include "stored/store.h"

/* Every boot begins with an empty store. */
#define REPLAY_OTHER_BOOT "it is of another boot"

struct replay_result {
	size_t good;			/* bytes of the stream that were whole records */
	unsigned long entries, senseless;
	const char *refused;		/* why the stream is not for us, or NULL */
};

/*
 * Into a store of store_init_empty(). boot_id: a stream of another one is refused. 0 (also for an
 * empty or a refused stream, with nothing done) or -ENOMEM.
 */
int replay(struct store *s, const void *stream, size_t len, const char *boot_id, struct replay_result *result);
/*
 * Every domain gets its ring page back; those that have died meanwhile are released. dom0_port: of the ring of the
 * control domain's kernel. -errno when that one cannot be had.
 */
int replay_rejoin(struct store *s, uint32_t dom0_port);
/* One record a step; what the sink says about the last one. */
int snapshot_write(struct store *s, struct journal *j, const char *boot_id);

#endif /* SOCLE_STORED_REPLAY_H */
