/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/blkd/ring.h
 *
 * The backend's side of a block ring (pv-abi 9.1, 9.2): one to four pages in which the guest puts
 * requests and we put answers.  The guest can write all of it at any time, therefore:
 *  - our indices are private; the shared ones are only published, never read back;
 *  - the guest's producer index is read once a step, and one that claims more outstanding requests
 *    than the ring has slots marks the ring broken for good;
 *  - a request is copied out once, and only the copy is looked at.
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

#define BLK_RING_ORDER_MAX 2u

struct blk_ring {
	struct sring_header *shared; /* hostile */
	uint8_t *slots;              /* hostile */
	uint32_t size;               /* a power of two */
	uint32_t req_cons;           /* next request to take */
	uint32_t rsp_prod;           /* next answer to write */
	uint32_t rsp_pushed;         /* answers the guest was told about */
	bool broken;
};

/*
 * Attach to a mapped ring of 2^order pages.  Starts where the last backend stopped answering.  Answers
 * overwrite the slots of requests and come out of order, so what a killed backend had in flight is
 * not all there any more: only a ring without requests in flight is taken over whole.  False when
 * the guest's indices make no sense.
 */
bool blk_ring_attach(struct blk_ring *r, void *pages, unsigned int order);

/* 1: a request was copied to *out; 0: none is waiting; -1: the ring is broken. */
int blk_ring_take(struct blk_ring *r, struct blkif_request *out);

/* Write an answer; seen by the guest after blk_ring_push(). */
void blk_ring_answer(struct blk_ring *r, uint64_t id, uint8_t operation, int16_t status);

/* Publish the answers.  True when the guest asked for an event. */
bool blk_ring_push(struct blk_ring *r);

/* Ask for an event with the next request.  True when one is waiting already. */
bool blk_ring_rearm(struct blk_ring *r);

#endif /* SOCLE_BLKD_RING_H */
