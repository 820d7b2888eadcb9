/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/blkd/ring.h
 *
 * The backend's side of a block ring (pv-abi 9.1, 9.2): 1 to 16 pages in which the guest puts
 * requests and we put answers.  The guest can write all of it at any time, therefore:
 *  - our indices are private, in the journal; the shared ones are only published, never read back;
 *  - the guest's producer index is read once a step, and one that claims more outstanding requests
 *    than the ring has slots marks the ring broken for good;
 *  - a request is copied out once, into the journal, and only the copy is looked at.
 * Each request that was taken is answered exactly once; a slot is overwritten by an answer only when
 * its request was copied, because answers never outnumber taken requests (asserted here).
 *
 * Pure: no I/O, no allocation.  Not locked; one thread owns a ring.
 */
#ifndef SOCLE_BLKD_RING_H
#define SOCLE_BLKD_RING_H

#include <stdbool.h>
#include <stdint.h>

#include <abi/io/blkif.h>
#include <abi/io/ring.h>

#include "blkd/journal.h"

#define BLK_RING_ORDER_MAX 4u

struct blk_ring {
	struct sring_header *shared; /* hostile */
	uint8_t *slots;              /* hostile */
	struct blk_journal *journal;
	uint32_t queue;              /* which one of the journal's */
	uint32_t size;               /* a power of two */
	uint64_t rsp_pushed;         /* answers the guest was told about */
	bool broken;
};

/* Requests that fit a ring of 2^order pages. */
uint32_t blk_ring_size(unsigned int order);

/* Where a backend that has no memory of a ring starts: behind the last answer. */
uint32_t blk_ring_start(const void *pages);

/*
 * Attach to a mapped ring of 2^order pages, at the place where the journal is.  False when the guest's
 * indices make no sense.
 */
bool blk_ring_attach(struct blk_ring *r, void *pages, unsigned int order, struct blk_journal *j, uint32_t queue);

/* Requests that the guest has put there and that were not taken; 0 as well when its indices make no sense. */
uint32_t blk_ring_waiting(const struct blk_ring *r);

/* 1: a request was taken into the journal's entry; 0: none is waiting; -1: the ring is broken. */
int blk_ring_take(struct blk_ring *r, uint32_t entry, uint64_t order);

/* Answer the entry's request and free it; seen by the guest after blk_ring_push(). */
void blk_ring_answer(struct blk_ring *r, uint32_t entry, uint8_t operation, int16_t status);

/* Publish the answers.  True when the guest asked for an event. */
bool blk_ring_push(struct blk_ring *r);

/* Publish them again: a predecessor may have been killed before it did. */
void blk_ring_publish(struct blk_ring *r);

/* Ask for an event with the next request.  True when one is waiting already. */
bool blk_ring_rearm(struct blk_ring *r);

#endif /* SOCLE_BLKD_RING_H */
