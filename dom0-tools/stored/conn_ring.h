/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/conn_ring.h
 *
 * Connections over ring pages: the kernel of domain 0 and the guests. The set knows all of them,
 * finds them by local port and frees them when their round is over. A round looks only at those
 * with something to do, so it costs the same with a thousand guests.
 */
#ifndef SOCLE_STORED_CONN_RING_H
#define SOCLE_STORED_CONN_RING_H

#include <stdbool.h>
#include <stdint.h>

#include "stored/store.h"
#include "stored/xen.h"

struct conn_ring;

struct conn_ring_set {
	struct store *store;
	struct xen *xen;
	struct conn_ring *first;
	struct conn_ring **by_port;
	uint32_t n_ports;
	struct conn_ring *ready, **ready_tail;	/* may have sent something */
	struct conn_ring *fresh;		/* output waits, or closed */
	bool any_closed;
};

extern const struct domain_ops conn_ring_domain_ops;	/* ctx: struct conn_ring_set */

void conn_ring_init(struct conn_ring_set *set, struct store *store, struct xen *xen);
/* An event came in for this port. */
void conn_ring_event(struct conn_ring_set *set, uint32_t port);
/* Serves every connection with work once; true if some has work left. */
bool conn_ring_round(struct conn_ring_set *set);
void conn_ring_close_all(struct conn_ring_set *set);

#endif /* SOCLE_STORED_CONN_RING_H */
