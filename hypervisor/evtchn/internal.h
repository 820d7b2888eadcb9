/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside of evtchn/: the port table, and the contract of a delivery backend.
 *
 * Every field of struct domain_evtchn and struct port is guarded by domain_evtchn.lock of the owning domain, but for
 * the words shared with the guest, which are only touched with atomic operations. Where a port and its peer are
 * looked at together both domains' locks are held, taken in address order by evtchn_lock_pair().
 */
#ifndef SOCLE_EVTCHN_INTERNAL_H
#define SOCLE_EVTCHN_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>
#include <abi/errno.h>
#include <abi/event_channel.h>
#include <abi/xen.h>
#include "domain/domain.h"
#include "evtchn/evtchn.h"
#include "lib/lock.h"
#include "lib/util.h"

#define PORTS_PER_BUCKET	128u
#define NR_BUCKETS		(EVTCHN_FIFO_NR_CHANNELS / PORTS_PER_BUCKET)
#define FIFO_WORDS_PER_PAGE	1024u
#define FIFO_MAX_PAGES		(EVTCHN_FIFO_NR_CHANNELS / FIFO_WORDS_PER_PAGE)

/* Values are the ABI's EVTCHNSTAT_*, so that status needs no translation. */
enum evtchn_state {
	PORT_FREE = EVTCHNSTAT_closed,
	PORT_UNBOUND = EVTCHNSTAT_unbound,
	PORT_INTERDOMAIN = EVTCHNSTAT_interdomain,
	PORT_PIRQ = EVTCHNSTAT_pirq,
	PORT_VIRQ = EVTCHNSTAT_virq,
	PORT_IPI = EVTCHNSTAT_ipi,
};

struct port {
	uint8_t state;			/* enum evtchn_state */
	uint8_t priority;		/* FIFO queue for the next link */
	uint8_t last_priority;		/* FIFO: queue of the last link */
	bool parked;			/* FIFO: pending, but its event word does not exist yet */
	uint32_t vcpu;			/* who is notified */
	uint32_t last_vcpu;		/* FIFO: vCPU of the last link */
	union {
		domid_t unbound_for;			/* PORT_UNBOUND: who may connect */
		struct { struct domain *dom; uint32_t port; } peer;	/* PORT_INTERDOMAIN */
		uint32_t pirq;				/* PORT_PIRQ */
		uint32_t virq;				/* PORT_VIRQ */
	} u;
};

/* FIFO state of one vCPU: the control block in the guest's page, and our ends of its queues. */
struct fifo_vcpu {
	struct page *page;			/* referenced and writable-typed; NULL = not registered */
	struct evtchn_fifo_control_block *block;
	uint32_t tail[EVTCHN_FIFO_MAX_QUEUES];
};

struct fifo_domain {
	struct page *array[FIFO_MAX_PAGES];	/* referenced and writable-typed */
	unsigned int nr_pages;
	struct fifo_vcpu vcpu[MAX_VCPUS_PER_DOMAIN];
};

/*
 * A delivery backend. All are called with the domain's event lock held; none sleeps or fails. set_pending returns
 * true when the event was not pending before, so that pollers are woken.
 */
struct delivery {
	unsigned int max_ports;
	bool (*set_pending)(struct domain *d, uint32_t port, struct port *p);
	void (*clear_pending)(struct domain *d, uint32_t port);
	void (*unmask)(struct domain *d, uint32_t port, struct port *p);
	bool (*is_pending)(struct domain *d, uint32_t port);
	int (*set_priority)(struct port *p, uint32_t priority);
};

struct domain_evtchn {
	struct spinlock lock;
	bool dying;
	const struct delivery *delivery;
	struct fifo_domain *fifo;		/* NULL in 2-level mode */
	struct port *bucket[NR_BUCKETS];
	uint32_t nr_ports;			/* ports whose bucket exists */
	uint32_t lowest_free;			/* no port from 1 to below it is free */
	uint32_t nr_open;			/* ports that are not free */
	uint32_t reset_cursor;			/* where EVTCHNOP_reset goes on */
	uint32_t teardown_cursor;		/* the same for the domain's end, under its teardown lock */
};

extern const struct delivery delivery_2l, delivery_fifo;

/* The port's slot, or NULL when beyond the table (index clamped against speculation). Lock held. */
struct port *port_get(struct domain *d, uint32_t port);
/* Lowest free port, its bucket allocated; 0 and *p set, -XEN_ENOSPC or -XEN_ENOMEM. Lock held. */
int port_alloc(struct domain *d, uint32_t *port, struct port **p);
void port_free(struct domain *d, uint32_t port, struct port *p);
/* Closes whatever the port is; takes the locks itself. 0, -XEN_EINVAL for a free or unknown port. */
int port_close(struct domain *d, uint32_t port);

void evtchn_lock_pair(struct domain *a, struct domain *b);
void evtchn_unlock_pair(struct domain *a, struct domain *b);

/* notify.c; lock of d held */
void port_set_pending(struct domain *d, uint32_t port, struct port *p);
void vcpu_mark_upcall(struct vcpu *v);

/* fifo.c; lock of d held by fifo_fini only. Each errno as in pv-abi 5.1. */
int fifo_init_control(struct domain *d, struct evtchn_init_control *op);
int fifo_expand_array(struct domain *d, uint64_t gfn);
void fifo_fini(struct domain *d);
int evtchn_reset(struct domain *d);	/* 0 or -XEN_ERESTART */

#endif
