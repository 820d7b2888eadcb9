/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared inside grant/: the table, its active entries, the mapper's handles. */
#ifndef SOCLE_GRANT_INTERNAL_H
#define SOCLE_GRANT_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>
#include <abi/errno.h>
#include <abi/grant_table.h>
#include "domain/domain.h"
#include "grant/grant.h"
#include "lib/lock.h"

#define ENTRIES_PER_FRAME (PAGE_SIZE / sizeof(struct grant_entry_v1))

/* What a grant in use is; trusted, unlike the shared entry. */
struct active {
	mfn_t mfn;		/* as the entry said at the first pin */
	uint32_t pins;		/* uses of any kind */
	uint32_t writers;	/* those that may write */
	domid_t domid;		/* who uses it */
};

/* One handle of a mapper. Free: granter NULL. */
struct maptrack {
	struct domain *granter;	/* referenced */
	uint32_t ref;		/* free: next free handle */
	uint32_t flags;		/* GNTMAP_*; device_map and host_map for the parts that still exist */
};

#define TRACKS_PER_FRAME (PAGE_SIZE / sizeof(struct maptrack))

struct domain_grant {
	struct spinlock lock;			/* shared and active entries, their number */
	struct grant_entry_v1 **shared;		/* frames seen by the guest */
	struct active **active;			/* as many */
	uint32_t nr_frames, max_frames;
	struct spinlock map_lock;		/* all below */
	struct maptrack **track;
	uint32_t nr_track_frames, max_track_frames;
	uint32_t free_track;			/* first free handle, NO_TRACK for none */
	uint32_t drain;				/* teardown: next handle to drop */
};

#define NO_TRACK UINT32_MAX

/* table.c */
bool grant_grow(struct domain *d, uint32_t frames);	/* to at least that many; under the lock */
struct active *active_get(struct domain_grant *g, uint32_t ref);	/* NULL if beyond the table; under the lock */
struct grant_entry_v1 *grant_entry(struct domain_grant *g, uint32_t ref);	/* of an active_get() that is not NULL */
/* A use of grant ref of rd by ld: checks, marks and counts. *mfn is the frame. GNTST_*. */
int16_t grant_pin(struct domain *rd, uint32_t ref, const struct domain *ld, bool write, mfn_t *mfn);
void grant_unpin(struct domain *rd, uint32_t ref, bool write);
/* Both, from old to ref: old is given up in any case. */
int16_t grant_repin(struct domain *rd, uint32_t old, uint32_t ref, const struct domain *ld, bool write, mfn_t *mfn);
/* References for one use of a pinned frame of rd. */
static inline bool grant_frame_get(struct domain *rd, mfn_t mfn, bool write)
{
	struct page *pg = mfn_to_ram(mfn);

	if (!pg)
		return false;
	return write ? !page_get_and_type(pg, rd, PGT_writable) : page_get(pg, rd);
}

static inline void grant_frame_put(mfn_t mfn, bool write)
{
	if (write)
		page_put_and_type(mfn_to_page(mfn));
	else
		page_put(mfn_to_page(mfn));
}

/* The other domain of an element: the next element is likely to name it too. */
struct grant_peer {
	struct domain *d;		/* referenced; NULL: none yet */
	domid_t id;			/* as the guest wrote it */
};

/* One end of a copy. It is held until an element names another one: packets are packed into pages. */
struct grant_side {
	struct grant_peer peer;
	bool held, is_ref;
	uint64_t name;			/* as the guest wrote it: a frame, or a reference in the low half */
	mfn_t mfn;
};

struct grant_sides {
	struct grant_side from, to;
};

/* Mappings whose entries are gone but may be in some TLB: their references and marks are still held. */
#define GRANT_BATCH 32
struct grant_batch {
	unsigned int nr;
	struct grant_cleared {
		struct domain *granter;		/* referenced */
		mfn_t mfn;
		uint32_t ref, parts;		/* GNTMAP_device_map, GNTMAP_host_map */
		bool write;
	} cleared[GRANT_BATCH];
};

/* map.c: one array element each */
bool grant_track_grow(struct domain *d, struct domain_grant *g);	/* one more frame of handles; false at the limit or out of memory */
void grant_map_one(struct gnttab_map_grant_ref *op, struct grant_peer *rd);
/* The batch has room; grant_batch_settle() is due before the guest runs again. */
void grant_unmap_one(struct gnttab_unmap_grant_ref *op, struct grant_batch *b);
void grant_unmap_replace_one(struct gnttab_unmap_and_replace *op, struct grant_batch *b);
/* One flush, then gives back what the batch holds. */
void grant_batch_settle(struct grant_batch *b);
static inline void grant_batch_limit(struct grant_batch *b)
{
	if (b->nr == GRANT_BATCH)
		grant_batch_settle(b);
}
void maptrack_fini(struct domain_grant *g);

/* swap.c */
void grant_swap_one(struct gnttab_swap_grant_ref *op);
long grant_cache_flush_one(const struct gnttab_cache_flush *op);	/* 0 or an errno: it has no status */

/* copy.c */
void grant_copy_one(struct gnttab_copy *op, struct grant_sides *s);
void grant_copy_settle(struct grant_sides *s);	/* lets go of both */

/* peer's domain becomes the one that id names; NULL if there is none. It lives until the next id or grant_peer_put(). */
static inline struct domain *grant_peer_get(struct grant_peer *peer, domid_t id)
{
	if (peer->d && peer->id == id)
		return peer->d;
	if (peer->d)
		domain_put(peer->d);
	peer->id = id;
	peer->d = domain_get_any(id);
	return peer->d;
}

static inline void grant_peer_put(struct grant_peer *peer)
{
	if (peer->d)
		domain_put(peer->d);
	peer->d = NULL;
}

#endif
