/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/xen.h
 *
 * The daemon's hold on Xen: event channels, grants, foreign frames, domain states, and the place
 * where the kernel of domain 0 keeps its own ring. All through libsocle; nothing else in stored
 * knows a device node.
 */
#ifndef SOCLE_STORED_XEN_H
#define SOCLE_STORED_XEN_H

#include <stdint.h>

#include <abi/io/xs_wire.h>

#include "libsocle/error.h"
#include "stored/store.h"

#define XEN_PATIENCE_MS 5000		/* with a predecessor that has not ended, from xen_open() on */
#define XEN_PORT_PATIENCE_MS 1500	/* of that, with one of its ports */

struct xen;

struct xen *xen_open(struct socle_error *e);
void xen_close(struct xen *x);

/* Descriptor that is readable when a port has fired. */
int xen_event_fd(const struct xen *x);
/* The next fired port, unmasked already, or -EAGAIN. */
int xen_event_next(struct xen *x);
void xen_notify(struct xen *x, uint32_t port);
/* The port of VIRQ_DOM_EXC: some domain's state has changed. */
uint32_t xen_exception_port(const struct xen *x);

/* Remote port of the ring of domain 0's kernel. */
int xen_dom0_port(struct xen *x, uint32_t *port, struct socle_error *e);

/* How a ring page was mapped, for its unmapping. */
enum xen_map_kind { XEN_MAP_NONE, XEN_MAP_DOM0, XEN_MAP_GRANT, XEN_MAP_FOREIGN };

struct xen_ring {
	enum xen_map_kind kind;
	struct xenstore_domain_interface *page;
	uint32_t port;			/* local */
};

/*
 * Maps the page and binds the port, or nothing; -errno. A predecessor that was killed lets go of its ports after its lock:
 * a port that cannot be bound is tried again for XEN_PORT_PATIENCE_MS, and until XEN_PATIENCE_MS after xen_open().
 * One that a guest has closed can never be bound, and nobody is served meanwhile; the others must not lose their turn by it.
 */
int xen_ring_open(struct xen *x, uint16_t domid, uint64_t gfn, uint32_t remote_port,
		  struct xen_ring *ring, struct socle_error *e);
void xen_ring_close(struct xen *x, struct xen_ring *ring);

enum domain_state xen_domain_state(struct xen *x, uint16_t domid);
/* Zeroes when it cannot be had. */
struct domain_handle xen_domain_handle(struct xen *x, uint16_t domid);

#endif /* SOCLE_STORED_XEN_H */
