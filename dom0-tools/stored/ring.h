/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/ring.h
 *
 * The daemon's side of the store's ring page (ABI page 8.1): two byte rings with free-running
 * indices in memory that the peer can change at any time. Each index is read once per call into
 * a local and refused when producer and consumer are more than a ring apart. Pure.
 */
#ifndef SOCLE_STORED_RING_H
#define SOCLE_STORED_RING_H

#include <stddef.h>

#include <abi/io/xs_wire.h>

/* Bytes moved (0: ring empty or full), -EPROTO when the peer's indices make no sense. */
int ring_read(struct xenstore_domain_interface *page, void *dst, size_t len);
int ring_write(struct xenstore_domain_interface *page, const void *src, size_t len);
/* The peer asked for a fresh start: both rings are emptied and the request is granted. */
int ring_reconnect_wanted(struct xenstore_domain_interface *page);
void ring_reconnect(struct xenstore_domain_interface *page);
/* Announces what we can do, after the page was mapped. */
void ring_announce(struct xenstore_domain_interface *page);
/* Tells the peer why it is not served any more (XENSTORE_ERROR_*). */
void ring_fail(struct xenstore_domain_interface *page, unsigned error);

#endif /* SOCLE_STORED_RING_H */
