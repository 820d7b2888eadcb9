/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A frontend's side of a shared I/O ring (pv-abi 9.1), under a backend that may write anything anywhere at any time:
 *  - our indices are private; what stands in the page is published, never read back;
 *  - the backend's index is read once a step, and one that claims more answers than there are requests marks the ring
 *    broken for good;
 *  - an answer is copied out once, in whole words, and only the copy is looked at.
 * Whether an answer belongs to a request that is out is for the driver to say, by its table of requests.
 *
 * Pure, and not locked: one vCPU owns a ring. Entries are multiples of 4 bytes.
 */
#ifndef SOCLE_KIT_RING_H
#define SOCLE_KIT_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <abi/io/ring.h>

/* Entries are structures of narrower fields to whoever writes and reads them, and whole words here. */
typedef uint32_t __attribute__((may_alias)) kit_ring_word;

struct kit_ring {
	struct sring_header *shared;	/* hostile */
	uint8_t *slots;			/* hostile */
	uint32_t size;			/* a power of two */
	uint32_t entry;			/* bytes */
	uint32_t req_prod;		/* next request to write */
	uint32_t req_pushed;		/* requests the backend was told about */
	uint32_t rsp_cons;		/* next answer to take */
	bool broken;
};

/* A ring in pages that are all zero and that the backend has not seen yet. */
static inline void kit_ring_init(struct kit_ring *r, void *pages, size_t bytes, uint32_t entry)
{
	uint32_t fit = (uint32_t)((bytes - XEN_RING_HEADER_SIZE) / entry);

	*r = (struct kit_ring){ .shared = pages, .slots = (uint8_t *)pages + XEN_RING_HEADER_SIZE, .entry = entry, .size = 1 };
	while (r->size * 2 <= fit)
		r->size *= 2;
	r->shared->req_event = r->shared->rsp_event = 1;
}

/* How many more requests fit: a slot is free again when its answer was taken. */
static inline uint32_t kit_ring_room(const struct kit_ring *r)
{
	return r->broken ? 0 : r->size - (r->req_prod - r->rsp_cons);
}

/* Requests that were pushed and not answered. */
static inline uint32_t kit_ring_out(const struct kit_ring *r)
{
	return r->req_pushed - r->rsp_cons;
}

static inline volatile kit_ring_word *kit_ring_slot(const struct kit_ring *r, uint32_t index)
{
	return (volatile kit_ring_word *)(r->slots + (size_t)(index & (r->size - 1)) * r->entry);
}

/* Writes a request of one entry; there must be room. The backend sees it after kit_ring_push(). */
static inline void kit_ring_put(struct kit_ring *r, const void *request)
{
	volatile kit_ring_word *to = kit_ring_slot(r, r->req_prod++);

	for (uint32_t i = 0; i < r->entry / 4; i++)
		to[i] = ((const kit_ring_word *)request)[i];
}

/* Publishes the requests. True when the backend wants an event. */
static inline bool kit_ring_push(struct kit_ring *r)
{
	uint32_t old = r->req_pushed, event;

	if (old == r->req_prod)
		return false;
	r->req_pushed = r->req_prod;
	/* Release: the requests are in their slots before the index covers them. */
	__atomic_store_n(&r->shared->req_prod, r->req_prod, __ATOMIC_RELEASE);
	/* Pairs with the backend's fence between setting req_event and its last look at req_prod. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	event = __atomic_load_n(&r->shared->req_event, __ATOMIC_RELAXED);
	return r->req_prod - event < r->req_prod - old;
}

/* 1: an answer of so many bytes (a multiple of 4, one entry at most) was copied; 0: none is there; -1: the ring is broken. */
static inline int kit_ring_get(struct kit_ring *r, void *answer, uint32_t bytes)
{
	uint32_t prod = __atomic_load_n(&r->shared->rsp_prod, __ATOMIC_ACQUIRE);
	volatile kit_ring_word *from;

	if (r->broken || prod - r->rsp_cons > r->req_pushed - r->rsp_cons) {
		r->broken = true;
		return -1;
	}
	if (prod == r->rsp_cons)
		return 0;
	from = kit_ring_slot(r, r->rsp_cons++);
	for (uint32_t i = 0; i < bytes / 4; i++)
		((kit_ring_word *)answer)[i] = from[i];
	return 1;
}

/* Asks for an event with the n-th answer from now on. True when that answer is there already. */
static inline bool kit_ring_rearm(struct kit_ring *r, uint32_t n)
{
	if (r->broken)
		return false;
	__atomic_store_n(&r->shared->rsp_event, r->rsp_cons + n, __ATOMIC_RELAXED);
	/* Pairs with the backend's fence between publishing rsp_prod and reading rsp_event. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return __atomic_load_n(&r->shared->rsp_prod, __ATOMIC_RELAXED) - r->rsp_cons >= n;
}

#endif
