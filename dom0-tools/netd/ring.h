/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/netd/ring.h
 *
 * The backend's side of one netif ring of a page (pv-abi 9.1, 9.3).  The guest can write all of it at any time, therefore:
 *  - our indices are private, in the journal; the shared ones are published, never read back;
 *  - the guest's producer index is read once a step, and one that claims more outstanding requests than the ring has
 *    slots marks the ring broken for good;
 *  - a slot is copied out once, and only the copy is looked at.
 * Answers are written in the order of the requests, each over its own request: so what was taken and not answered is
 * between the two indices, and nowhere else.
 *
 * Pure: no I/O, no allocation.  One thread owns a ring.
 */
#ifndef SOCLE_NETD_RING_H
#define SOCLE_NETD_RING_H

#include <stdbool.h>
#include <stdint.h>

#include <abi/io/netif.h>
#include <abi/io/ring.h>

#define NET_RING_PAGE 4096u

/* Private indices; they stand in the journal, and outlive a killed process. */
struct net_index {
	uint32_t req_cons; /* next request to take */
	uint32_t rsp_prod; /* next answer to publish: behind all that are written */
};

struct net_ring {
	struct sring_header *shared; /* hostile */
	uint8_t *slots;              /* hostile */
	struct net_index *at;
	uint32_t slot_size, size;    /* size is a power of two */
	uint32_t pushed;             /* rsp_prod as the guest knows it */
	bool broken;
};

/*
 * Attach to a mapped page.  Not resuming: the private indices start where the ring's answers stand.  Resuming: they go
 * on as they are, and the next push publishes them.  False when the indices make no sense.
 */
bool net_ring_attach(struct net_ring *r, void *page, uint32_t slot_size, struct net_index *at, bool resume);

/* How many requests wait behind req_cons; 0 also when the ring is (or is found) broken. */
uint32_t net_ring_waiting(struct net_ring *r);

/* Copy the slot of a ring index. */
void net_ring_read(const struct net_ring *r, uint32_t index, void *to);
/* Write an answer over it. */
void net_ring_write(struct net_ring *r, uint32_t index, const void *from, uint32_t size);

/* Publish the answers below at->rsp_prod.  True when the guest asked for an event. */
bool net_ring_push(struct net_ring *r);

/* Ask for an event when `wanted` (at least 1) requests wait.  True when they do already. */
bool net_ring_rearm(struct net_ring *r, uint32_t wanted);

#endif /* SOCLE_NETD_RING_H */
