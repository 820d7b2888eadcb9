/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/blkd/engine.h
 *
 * From ring entries to finished I/O and back.  A fixed number of slots and of buffer pages bounds memory and work:
 * while all slots are busy, requests stay in the guest's rings.  Slot i keeps its request in entry i of the journal.
 *
 *   ring -> journal -> decode -> (list page) -> limits, buffer -> copy in -> image -> copy out -> answer -> event
 *
 *   FREE -> WAITING    taken; for its list, for limits, a buffer, or for what it must not overtake
 *        -> RUNNING    in the image's hands
 *        -> DONE       to be answered
 *
 * Waiting requests start in the order of arrival, but a read does not wait for a limit of writes nor the reverse, and
 * a flush waits for all writes that were taken before it, alone.  Behind a barrier nothing is taken from its ring until
 * it is answered.  Each taken request ends in exactly one answer, also when the image fails.
 *
 * Each call does a bounded amount of work.  One thread.
 */
#ifndef SOCLE_BLKD_ENGINE_H
#define SOCLE_BLKD_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "blkd/arena.h"
#include "blkd/copy.h"
#include "blkd/grants.h"
#include "blkd/guest.h"
#include "blkd/image.h"
#include "blkd/journal.h"
#include "blkd/request.h"
#include "blkd/ring.h"
#include "blkd/throttle.h"
#include "libsocle/error.h"

#define BLK_RING_PAGES_MAX (1u << BLK_RING_ORDER_MAX)

enum blk_slot_state { SLOT_FREE, SLOT_WAITING, SLOT_RUNNING, SLOT_DONE };

struct blk_slot {
	enum blk_slot_state state;
	struct blk_request rq;
	uint64_t order;    /* of arrival, over all queues */
	uint8_t *buf;
	uint32_t page;     /* of the arena; valid while buf is not NULL */
	uint32_t phase;    /* of a barrier */
	bool throttled;    /* was counted */
	bool failed;       /* a copy of its list or data failed */
	int16_t status;    /* its answer, once SLOT_DONE */
};

struct blk_queue {
	struct blk_ring ring;
	void *pages;
	uint32_t nr_pages;
	int port;
	bool held;         /* by a barrier */
	uint32_t last;     /* requests that are served still; counts once the engine is closing */
};

/* Where the frontend's rings are. */
struct blk_rings {
	uint32_t queues, pages; /* pages of each: a power of two */
	bool persistent;
	struct {
		uint32_t ref[BLK_RING_PAGES_MAX];
		uint32_t port;
	} queue[BLK_QUEUES_MAX];
};

struct blk_engine {
	struct blk_image *image;
	struct blk_guest *guest;
	struct blk_journal *journal;
	struct blk_limits limits;
	struct blk_throttle throttle;
	struct blk_copy copy;
	struct blk_grants grants;
	struct blk_arena arena;
	uint8_t *memory;           /* BLK_ARENA_PAGES pages */
	struct blk_queue queue[BLK_QUEUES_MAX];
	uint32_t queues;           /* 0: not connected */
	uint32_t next_queue;       /* whose turn it is */
	uint64_t next_order;
	uint32_t busy;             /* slots that are not free */
	uint32_t waiting[BLK_SLOTS], nr_waiting; /* in order of arrival */
	uint64_t wake;             /* nanoseconds until a limit lets something pass; 0: none waits for that */
	bool draining;             /* take nothing but what is served still, and do not wait for limits */
	bool closing;              /* requests behind the last of their queue are refused */
	bool gone;                 /* the image is out of it, for good: all requests are refused */
	bool broken;               /* the guest's indices make no sense */
	struct ctl_stats stats;
	struct blk_slot slot[BLK_SLOTS];
	struct blkif_request_segment list[BLK_SLOTS][BLK_SEGS_MAX];
};

/* The buffers of an engine and its image; NULL with errno set. */
uint8_t *blk_engine_memory(void);

/* image NULL: there is none, and all requests are refused. */
void blk_engine_init(struct blk_engine *e, struct blk_image *image, struct blk_guest *guest, struct blk_journal *journal,
		     uint8_t *memory, const struct blk_limits *limits);

/*
 * Map the rings, bind the ports.  With resume they are live, and what the journal has is done first.  0, or -1 with the
 * error filled in and nothing mapped.
 */
int blk_engine_connect(struct blk_engine *e, const struct blk_rings *rings, bool resume, struct socle_error *err);

/* The journal's entry is a request that a predecessor took: it is this engine's now. (connect.c) */
void blk_engine_resume(struct blk_engine *e, uint32_t entry);

/* Answer what has ended, take and start what is new.  True when there is more to do right away. */
bool blk_engine_step(struct blk_engine *e, uint64_t now);

/*
 * The disk leaves the guest.  What stands in its rings now is served still; what comes later is answered with an error, for
 * frontends that say that they have closed and go on sending.  At once: all of it is, and what the image has in its hands
 * too; nothing can be connected after that, because the buffers may still be written to.
 */
void blk_engine_close(struct blk_engine *e, bool at_once);

/* Take nothing more but what is served still; when this is true, every request that was taken is answered. */
bool blk_engine_drain(struct blk_engine *e, uint64_t now);

/* Unmap all, after blk_engine_drain(). */
void blk_engine_disconnect(struct blk_engine *e);

#endif /* SOCLE_BLKD_ENGINE_H */
