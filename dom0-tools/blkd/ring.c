/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/blkd/ring.c
 *
 * See ring.h.  Two orders matter beside acquire and release of the indices: push() and rearm() each
 * publish their own index and then read the peer's, and the peer does the mirror image; the full
 * fence between the two makes it impossible that both miss each other.
 */
#include "blkd/ring.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#define PAGE 4096u

static_assert(sizeof(struct sring_header) == XEN_RING_HEADER_SIZE, "ring head");
static_assert(sizeof(struct blkif_request) == 112, "ring entry");

static uint32_t index_load(const uint32_t *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

/* pv-abi 9.1: the largest power of two of entries that fits behind the head. */
static uint32_t slots_in(uint32_t bytes)
{
	uint32_t fit = (bytes - XEN_RING_HEADER_SIZE) / sizeof(struct blkif_request), n = 1;

	while (n * 2 <= fit)
		n *= 2;
	return n;
}

static uint8_t *slot_at(const struct blk_ring *r, uint32_t index)
{
	return r->slots + (size_t)(index & (r->size - 1)) * sizeof(struct blkif_request);
}

bool blk_ring_attach(struct blk_ring *r, void *pages, unsigned int order)
{
	struct sring_header *shared = pages;
	uint32_t rsp = index_load(&shared->rsp_prod), req = index_load(&shared->req_prod);

	*r = (struct blk_ring){
		.shared = shared, .slots = (uint8_t *)pages + XEN_RING_HEADER_SIZE,
		.size = slots_in(PAGE << order), .req_cons = rsp, .rsp_prod = rsp, .rsp_pushed = rsp,
	};
	r->broken = req - rsp > r->size;
	return !r->broken;
}

int blk_ring_take(struct blk_ring *r, struct blkif_request *out)
{
	uint32_t prod = index_load(&r->shared->req_prod);
	uint64_t words[sizeof(*out) / 8];
	const volatile uint64_t *from;

	if (r->broken || prod - r->rsp_prod > r->size ||
	    prod - r->rsp_prod < r->req_cons - r->rsp_prod) {
		r->broken = true;
		return -1;
	}
	if (prod == r->req_cons)
		return 0;
	from = (const volatile uint64_t *)slot_at(r, r->req_cons);
	for (size_t i = 0; i < sizeof(words) / 8; i++)
		words[i] = from[i];
	memcpy(out, words, sizeof(*out));
	r->req_cons++;
	return 1;
}

void blk_ring_answer(struct blk_ring *r, uint64_t id, uint8_t operation, int16_t status)
{
	struct blkif_response rsp = { .id = id, .operation = operation, .status = status };

	assert(r->rsp_prod != r->req_cons);
	memcpy(slot_at(r, r->rsp_prod), &rsp, sizeof(rsp));
	r->rsp_prod++;
}

bool blk_ring_push(struct blk_ring *r)
{
	uint32_t old = r->rsp_pushed, event;

	if (old == r->rsp_prod)
		return false;
	r->rsp_pushed = r->rsp_prod;
	/* Release: the answers are in their slots before the index covers them. */
	__atomic_store_n(&r->shared->rsp_prod, r->rsp_prod, __ATOMIC_RELEASE);
	/* Pairs with the frontend's fence between setting rsp_event and its last look at rsp_prod. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	event = index_load(&r->shared->rsp_event);
	return r->rsp_prod - event < r->rsp_prod - old;
}

bool blk_ring_rearm(struct blk_ring *r)
{
	if (r->broken)
		return false;
	__atomic_store_n(&r->shared->req_event, r->req_cons + 1, __ATOMIC_RELAXED);
	/* Pairs with the frontend's fence between publishing req_prod and reading req_event. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return index_load(&r->shared->req_prod) != r->req_cons;
}
