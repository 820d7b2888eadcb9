/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/ring.h
 *
 * The daemon's side of the store's ring page (ABI page 8.1): two byte rings with free-running
 * indices in memory that the peer can change at any time. Our own two indices are kept by the caller,
 * and those in the page are only written; each of the peer's is read once per call into a local and
 * refused when producer and consumer are more than a ring apart. Pure.
 */
#ifndef SOCLE_STORED_RING_H
#define SOCLE_STORED_RING_H

#include <stddef.h>
#include <stdint.h>

#include <abi/io/xs_wire.h>

/* Bytes moved (0: ring empty or full), -EPROTO when the peer's indices make no sense. */
/* The bytes stay the ring's until ring_consumed(). */
int ring_read(struct xenstore_domain_interface *page, uint32_t *cons, void *dst, size_t len);
void ring_consumed(struct xenstore_domain_interface *page, uint32_t cons);
int ring_write(struct xenstore_domain_interface *page, uint32_t *prod, const void *src, size_t len);
/* Our indices as they stand in the page, which a predecessor may have written. */
void ring_indices(struct xenstore_domain_interface *page, uint32_t *cons, uint32_t *prod);
/* The peer asked for a fresh start: both rings are emptied and the request is granted. */
int ring_reconnect_wanted(struct xenstore_domain_interface *page);
void ring_reconnect(struct xenstore_domain_interface *page);
/* Announces what we can do, after the page was mapped; to one that has been served already: ring_announce_again. */
void ring_announce(struct xenstore_domain_interface *page);
void ring_announce_again(struct xenstore_domain_interface *page, unsigned error);
/* Tells the peer why it is not served any more (XENSTORE_ERROR_*). */
void ring_fail(struct xenstore_domain_interface *page, unsigned error);

#endif /* SOCLE_STORED_RING_H */
