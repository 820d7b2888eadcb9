/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/net_front.h
 *
 * A frontend for the tests of netd: the guest's side of a ring, polite unless told otherwise.  The page is a heap block of
 * exactly its size, so that the sanitizer finds a slot outside of it.
 */
#ifndef SOCLE_TESTS_NET_FRONT_H
#define SOCLE_TESTS_NET_FRONT_H

#include <stdlib.h>
#include <string.h>

#include <abi/io/netif.h>
#include <abi/io/ring.h>

#define FRONT_SLOTS 256u

struct front_ring {
	struct sring_header *shared;
	uint8_t *slots;
	uint32_t slot_size, req_prod, rsp_cons;
};

static inline void front_ring_make(struct front_ring *f, uint32_t slot_size, uint32_t start)
{
	uint8_t *page = aligned_alloc(4096, 4096);

	memset(page, 0xa5, 4096);
	*f = (struct front_ring){
		.shared = (void *)page, .slots = page + XEN_RING_HEADER_SIZE, .slot_size = slot_size, .req_prod = start,
		.rsp_cons = start,
	};
	f->shared->req_prod = f->shared->rsp_prod = start;
	f->shared->req_event = f->shared->rsp_event = start + 1;
}

/* Put an entry without telling. */
static inline void front_put(struct front_ring *f, const void *entry, uint32_t size)
{
	uint8_t *at = f->slots + (f->req_prod & (FRONT_SLOTS - 1)) * f->slot_size;

	memset(at, 0xa5, f->slot_size);
	memcpy(at, entry, size);
	f->req_prod++;
}

static inline void front_publish(struct front_ring *f)
{
	__atomic_store_n(&f->shared->req_prod, f->req_prod, __ATOMIC_RELEASE);
}

/* False: no answer is there. */
static inline int front_get(struct front_ring *f, void *entry, uint32_t size)
{
	if (f->rsp_cons == __atomic_load_n(&f->shared->rsp_prod, __ATOMIC_ACQUIRE))
		return 0;
	memcpy(entry, f->slots + (f->rsp_cons & (FRONT_SLOTS - 1)) * f->slot_size, size);
	f->rsp_cons++;
	return 1;
}

static inline void front_tx(struct front_ring *f, uint16_t id, uint32_t gref, uint16_t offset, uint16_t size, uint16_t flags)
{
	struct netif_tx_request r = { .gref = gref, .offset = offset, .flags = flags, .id = id, .size = size };

	front_put(f, &r, sizeof(r));
}

static inline void front_gso(struct front_ring *f, uint16_t size, uint8_t type, uint8_t flags)
{
	struct netif_extra_info x = { .type = XEN_NETIF_EXTRA_TYPE_GSO, .flags = flags, .u.gso = { .size = size, .type = type } };

	front_put(f, &x, sizeof(x));
}

static inline void front_rx(struct front_ring *f, uint16_t id, uint32_t gref)
{
	struct netif_rx_request r = { .id = id, .gref = gref };

	front_put(f, &r, sizeof(r));
}

#endif /* SOCLE_TESTS_NET_FRONT_H */
