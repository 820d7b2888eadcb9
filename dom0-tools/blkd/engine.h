/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/blkd/engine.h
 *
 * From ring entries to finished I/O and back.  A fixed number of slots, each with its own buffer,
 * bounds memory and work: while all slots are busy, requests stay in the guest's ring.
 *
 *   ring -> decode -> (list page) -> copy in -> io_uring -> copy out -> answer -> event
 *
 * A flush is started when every write that was taken before it has ended; later requests do not wait
 * for it.  Each taken request ends in exactly one answer, also when the disk fails.
 */
#ifndef SOCLE_BLKD_ENGINE_H
#define SOCLE_BLKD_ENGINE_H

#include <liburing.h>
#include <stdbool.h>
#include <stdint.h>

#include "blkd/copy.h"
#include "blkd/disk.h"
#include "blkd/request.h"
#include "blkd/ring.h"
#include "libsocle/error.h"

#define BLK_SLOTS 64u

enum blk_slot_state { SLOT_FREE, SLOT_TAKEN, SLOT_WAITING, SLOT_RUNNING, SLOT_DONE };

struct blk_slot {
	enum blk_slot_state state;
	struct blk_request rq;
	uint8_t *buf;      /* BLK_BYTES_MAX, page-aligned */
	uint64_t seq;      /* order of arrival */
	uint64_t done;     /* bytes of a read or write that are through */
	bool buffered;     /* must go through the page cache */
	bool failed;       /* a copy of its data failed */
	int error;         /* of the disk, errno > 0 */
	int16_t status;    /* its answer, once SLOT_DONE */
};

struct blk_engine {
	struct blk_disk *disk;
	struct blk_limits limits;
	struct blk_copy copy;
	struct blk_ring *ring;   /* NULL while no frontend is connected */
	struct io_uring uring;
	int event_fd;            /* readable when I/O completed */
	void *buffers;
	uint64_t next_seq, answered, errors, refused;
	unsigned int running;
	struct blk_slot slot[BLK_SLOTS];
};

/* 0 or -1 with the error filled in. */
int blk_engine_init(struct blk_engine *e, struct blk_disk *disk, int gnttab_fd, uint16_t domid,
		    struct socle_error *err);
void blk_engine_fini(struct blk_engine *e);

/*
 * Answer what has completed and take new requests, at most as many as there are slots.  *notify is
 * set when the guest wants an event.  True when there is more to do right away.
 */
bool blk_engine_step(struct blk_engine *e, bool *notify);

/* Take nothing more, wait until every taken request is answered. */
void blk_engine_drain(struct blk_engine *e, bool *notify);

#endif /* SOCLE_BLKD_ENGINE_H */
