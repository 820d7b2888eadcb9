/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/ring.c
 *
 * See ring.h. Order: the producer writes bytes, then its index (release); the consumer reads the
 * index (acquire), then the bytes, then publishes its own index, so that bytes are not
 * overwritten while they are read. After publishing there is a full fence, which pairs with the
 * one in the peer: of the two sides, at least one sees the other's new index, so neither waits
 * for an event that the other thought unnecessary.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "stored/ring.h"

static uint32_t load(const uint32_t *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static void publish(uint32_t *p, uint32_t v)
{
	__atomic_store_n(p, v, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* The part of [at, at + len) up to the ring's end. */
static size_t first_part(uint32_t at, size_t len)
{
	size_t room = XENSTORE_RING_SIZE - at % XENSTORE_RING_SIZE;

	return len < room ? len : room;
}

int ring_read(struct xenstore_domain_interface *page, uint32_t *cons, void *dst, size_t len)
{
	uint32_t avail = load(&page->req_prod) - *cons;
	size_t n;

	if (avail > XENSTORE_RING_SIZE)
		return -EPROTO;
	if (len > avail)
		len = avail;
	if (!len)
		return 0;
	n = first_part(*cons, len);
	memcpy(dst, page->req + *cons % XENSTORE_RING_SIZE, n);
	memcpy((char *)dst + n, page->req, len - n);
	*cons += (uint32_t)len;
	return (int)len;
}

void ring_consumed(struct xenstore_domain_interface *page, uint32_t cons)
{
	publish(&page->req_cons, cons);
}

int ring_write(struct xenstore_domain_interface *page, uint32_t *prod, const void *src, size_t len)
{
	uint32_t used = *prod - load(&page->rsp_cons);
	size_t n;

	if (used > XENSTORE_RING_SIZE)
		return -EPROTO;
	if (len > XENSTORE_RING_SIZE - used)
		len = XENSTORE_RING_SIZE - used;
	if (!len)
		return 0;
	n = first_part(*prod, len);
	memcpy(page->rsp + *prod % XENSTORE_RING_SIZE, src, n);
	memcpy(page->rsp, (const char *)src + n, len - n);
	*prod += (uint32_t)len;
	publish(&page->rsp_prod, *prod);
	return (int)len;
}

void ring_indices(struct xenstore_domain_interface *page, uint32_t *cons, uint32_t *prod)
{
	*cons = load(&page->req_cons);
	*prod = load(&page->rsp_prod);
}

int ring_reconnect_wanted(struct xenstore_domain_interface *page)
{
	return load(&page->connection) == XENSTORE_RECONNECT;
}

void ring_reconnect(struct xenstore_domain_interface *page)
{
	publish(&page->req_cons, 0);
	publish(&page->req_prod, 0);
	publish(&page->rsp_cons, 0);
	publish(&page->rsp_prod, 0);
	publish(&page->error, XENSTORE_ERROR_NONE);
	publish(&page->connection, XENSTORE_CONNECTED);
}

void ring_announce(struct xenstore_domain_interface *page)
{
	publish(&page->server_features,
		XENSTORE_SERVER_FEATURE_RECONNECTION | XENSTORE_SERVER_FEATURE_ERROR);
	publish(&page->error, XENSTORE_ERROR_NONE);
	publish(&page->connection, XENSTORE_CONNECTED);
}

/* A wish to reconnect that came while nobody was there stays. */
void ring_announce_again(struct xenstore_domain_interface *page, unsigned error)
{
	publish(&page->server_features,
		XENSTORE_SERVER_FEATURE_RECONNECTION | XENSTORE_SERVER_FEATURE_ERROR);
	publish(&page->error, error);
}

void ring_fail(struct xenstore_domain_interface *page, unsigned error)
{
	publish(&page->error, error);
}
