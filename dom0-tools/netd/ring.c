/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/netd/ring.c
 *
 * See ring.h.  push() and rearm() each publish their own index and then read the peer's, and the peer does the mirror
 * image; the full fence between the two makes it impossible that both miss each other.
 */
#include "netd/ring.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

static_assert(sizeof(struct sring_header) == XEN_RING_HEADER_SIZE, "ring head");
static_assert(sizeof(struct netif_tx_request) == 12 && sizeof(struct netif_rx_response) == 8, "ring entries");

static uint32_t index_load(const uint32_t *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

/* pv-abi 9.1: the largest power of two of entries that fits behind the head. */
static uint32_t slots_in_page(uint32_t slot_size)
{
	uint32_t fit = (NET_RING_PAGE - XEN_RING_HEADER_SIZE) / slot_size, n = 1;

	while (n * 2 <= fit)
		n *= 2;
	return n;
}

bool net_ring_attach(struct net_ring *r, void *page, uint32_t slot_size, struct net_index *at, bool resume)
{
	struct sring_header *shared = page;
	uint32_t rsp = index_load(&shared->rsp_prod);

	*r = (struct net_ring){
		.shared = shared, .slots = (uint8_t *)page + XEN_RING_HEADER_SIZE, .at = at,
		.slot_size = slot_size, .size = slots_in_page(slot_size), .pushed = rsp,
	};
	if (!resume)
		*at = (struct net_index){ .req_cons = rsp, .rsp_prod = rsp };
	r->broken = at->req_cons - at->rsp_prod > r->size || index_load(&shared->req_prod) - at->rsp_prod > r->size;
	return !r->broken;
}

uint32_t net_ring_waiting(struct net_ring *r)
{
	uint32_t prod = index_load(&r->shared->req_prod);

	if (r->broken || prod - r->at->rsp_prod > r->size ||
	    prod - r->at->rsp_prod < r->at->req_cons - r->at->rsp_prod) {
		r->broken = true;
		return 0;
	}
	return prod - r->at->req_cons;
}

static uint8_t *slot_at(const struct net_ring *r, uint32_t index)
{
	return r->slots + (size_t)(index & (r->size - 1)) * r->slot_size;
}

void net_ring_read(const struct net_ring *r, uint32_t index, void *to)
{
	const volatile uint32_t *from = (const volatile uint32_t *)slot_at(r, index);
	uint32_t word;

	for (uint32_t i = 0; i < r->slot_size / sizeof(word); i++) {
		word = from[i];
		memcpy((uint8_t *)to + i * sizeof(word), &word, sizeof(word));
	}
}

void net_ring_write(struct net_ring *r, uint32_t index, const void *from, uint32_t size)
{
	assert(size <= r->slot_size && index - r->at->rsp_prod < r->at->req_cons - r->at->rsp_prod);
	memcpy(slot_at(r, index), from, size);
}

bool net_ring_push(struct net_ring *r)
{
	uint32_t old = r->pushed, event;

	if (old == r->at->rsp_prod)
		return false;
	r->pushed = r->at->rsp_prod;
	/* Release: the answers are in their slots before the index covers them. */
	__atomic_store_n(&r->shared->rsp_prod, r->pushed, __ATOMIC_RELEASE);
	/* Pairs with the frontend's fence between setting rsp_event and its last look at rsp_prod. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	event = index_load(&r->shared->rsp_event);
	return r->pushed - event < r->pushed - old;
}

bool net_ring_rearm(struct net_ring *r, uint32_t wanted)
{
	if (r->broken)
		return false;
	__atomic_store_n(&r->shared->req_event, r->at->req_cons + wanted, __ATOMIC_RELAXED);
	/* Pairs with the frontend's fence between publishing req_prod and reading req_event. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return net_ring_waiting(r) >= wanted;
}
