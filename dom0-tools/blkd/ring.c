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

#include "blkd/store.h"

#define PAGE 4096u

static_assert(sizeof(struct sring_header) == XEN_RING_HEADER_SIZE, "ring head");
static_assert(sizeof(struct blkif_request) == 112, "ring entry");
static_assert(sizeof(struct blkif_response) == 16, "answer");

static uint32_t index_load(const uint32_t *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

/* pv-abi 9.1: the largest power of two of entries that fits behind the head. */
uint32_t blk_ring_size(unsigned int order)
{
	uint32_t fit = ((PAGE << order) - XEN_RING_HEADER_SIZE) / sizeof(struct blkif_request), n = 1;

	while (n * 2 <= fit)
		n *= 2;
	return n;
}

uint32_t blk_ring_start(const void *pages)
{
	return index_load(&((const struct sring_header *)pages)->rsp_prod);
}

static struct blk_journal_queue *indices(const struct blk_ring *r)
{
	return &r->journal->queue[r->queue];
}

static uint8_t *slot_at(const struct blk_ring *r, uint64_t index)
{
	return r->slots + (size_t)(index & (r->size - 1)) * sizeof(struct blkif_request);
}

/* Does the guest's producer index stand between what we took and what the ring can hold? */
static bool producer_is_sane(const struct blk_ring *r, uint32_t prod)
{
	const struct blk_journal_queue *q = indices(r);
	uint32_t out = prod - (uint32_t)q->rsp_prod;

	return out <= r->size && out >= (uint32_t)(q->req_cons - q->rsp_prod);
}

bool blk_ring_attach(struct blk_ring *r, void *pages, unsigned int order, struct blk_journal *j, uint32_t queue)
{
	struct sring_header *shared = pages;

	*r = (struct blk_ring){
		.shared = shared, .slots = (uint8_t *)pages + XEN_RING_HEADER_SIZE, .journal = j,
		.queue = queue, .size = blk_ring_size(order), .rsp_pushed = j->queue[queue].rsp_prod,
	};
	r->broken = !producer_is_sane(r, index_load(&shared->req_prod));
	return !r->broken;
}

uint32_t blk_ring_waiting(const struct blk_ring *r)
{
	uint32_t prod = index_load(&r->shared->req_prod);

	return r->broken || !producer_is_sane(r, prod) ? 0 : prod - (uint32_t)indices(r)->req_cons;
}

int blk_ring_take(struct blk_ring *r, uint32_t entry, uint64_t order)
{
	uint32_t prod = index_load(&r->shared->req_prod);
	uint64_t words[sizeof(struct blkif_request) / 8], at = indices(r)->req_cons;
	const volatile uint64_t *from = (const volatile uint64_t *)slot_at(r, at);

	if (r->broken || !producer_is_sane(r, prod)) {
		r->broken = true;
		return -1;
	}
	if (prod == (uint32_t)at)
		return 0;
	for (size_t i = 0; i < sizeof(words) / 8; i++)
		words[i] = from[i];
	memcpy(&r->journal->entry[entry].raw, words, sizeof(words));
	blk_journal_take(r->journal, entry, r->queue, order);
	return 1;
}

void blk_ring_answer(struct blk_ring *r, uint32_t entry, uint8_t operation, int16_t status)
{
	const struct blk_journal_queue *q = indices(r);
	struct blkif_response rsp = { .id = r->journal->entry[entry].raw.id, .operation = operation, .status = status };
	uint64_t words[2], *to = (uint64_t *)slot_at(r, q->rsp_prod);

	assert(q->rsp_prod != q->req_cons);
	memcpy(words, &rsp, sizeof(words));
	store64(&to[0], words[0]);
	store64(&to[1], words[1]);
	blk_journal_answer(r->journal, entry);
}

void blk_ring_publish(struct blk_ring *r)
{
	r->rsp_pushed = indices(r)->rsp_prod;
	/* Release: the answers are in their slots before the index covers them. */
	store32(&r->shared->rsp_prod, (uint32_t)r->rsp_pushed);
}

bool blk_ring_push(struct blk_ring *r)
{
	uint32_t old = (uint32_t)r->rsp_pushed, now = (uint32_t)indices(r)->rsp_prod, event;

	if (old == now)
		return false;
	blk_ring_publish(r);
	/* Pairs with the frontend's fence between setting rsp_event and its last look at rsp_prod. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	event = index_load(&r->shared->rsp_event);
	return now - event < now - old;
}

bool blk_ring_rearm(struct blk_ring *r)
{
	uint32_t cons = (uint32_t)indices(r)->req_cons;

	if (r->broken)
		return false;
	__atomic_store_n(&r->shared->req_event, cons + 1, __ATOMIC_RELAXED);
	/* Pairs with the frontend's fence between publishing req_prod and reading req_event. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return index_load(&r->shared->req_prod) != cons;
}
