/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The port table. States and who moves them:
 *
 *   free ------ alloc_unbound ----> unbound --- peer's bind_interdomain ---> interdomain
 *   free ------ bind_interdomain, bind_virq, bind_ipi, bind_pirq ----------> that kind
 *   interdomain -- the peer closes, or its domain dies --------------------> unbound (for the peer's domain)
 *   any but free -- close, reset, death of the owner ----------------------> free
 *
 * Buckets of ports are allocated as the table grows and stay until the domain is freed, so a struct port never moves.
 * An interdomain port points at its peer's domain without a reference: the peer's death closes its own end first,
 * which cuts the pointer under both locks.
 */
#include "evtchn/internal.h"
#include "hypercall/hypercall.h"

#define TEARDOWN_BATCH 256

void evtchn_lock_pair(struct domain *a, struct domain *b)
{
	struct domain *first = a < b ? a : b, *second = a < b ? b : a;

	spin_lock(&first->evtchn->lock);
	if (first != second)
		spin_lock_nested(&second->evtchn->lock);
}

void evtchn_unlock_pair(struct domain *a, struct domain *b)
{
	if (a != b)
		spin_unlock(&(a < b ? b : a)->evtchn->lock);
	spin_unlock(&(a < b ? a : b)->evtchn->lock);
}

struct port *port_get(struct domain *d, uint32_t port)
{
	struct domain_evtchn *e = d->evtchn;
	unsigned int index;

	/* A reset from FIFO leaves a table that is larger than the bitmap it returns to. */
	if (!idx_clamp(port, MIN(e->nr_ports, e->delivery->max_ports), &index))
		return NULL;
	return &e->bucket[index / PORTS_PER_BUCKET][index % PORTS_PER_BUCKET];
}

static int bucket_add(struct domain_evtchn *e)
{
	struct port *bucket = hv_alloc(PORTS_PER_BUCKET * sizeof(*bucket));

	if (!bucket)
		return -XEN_ENOMEM;
	e->bucket[e->nr_ports / PORTS_PER_BUCKET] = bucket;
	e->nr_ports += PORTS_PER_BUCKET;
	return 0;
}

int port_alloc(struct domain *d, uint32_t *port, struct port **p)
{
	struct domain_evtchn *e = d->evtchn;
	uint32_t limit = MIN(d->max_evtchn_port, e->delivery->max_ports - 1);
	int rc;

	if (e->dying)
		return -XEN_EINVAL;
	for (uint32_t n = 1; n <= limit; n++) {
		if (n >= e->nr_ports) {
			rc = bucket_add(e);
			if (rc)
				return rc;
		}
		*p = port_get(d, n);
		if ((*p)->state == PORT_FREE) {
			**p = (struct port){ .priority = EVTCHN_FIFO_PRIORITY_DEFAULT,
					     .last_priority = EVTCHN_FIFO_PRIORITY_DEFAULT };
			*port = n;
			return 0;
		}
	}
	return -XEN_ENOSPC;
}

void port_free(struct domain *d, uint32_t port, struct port *p)
{
	d->evtchn->delivery->clear_pending(d, port);
	p->state = PORT_FREE;
}

/* Locks so that the port and, if it has one, its peer are stable. Returns the other domain locked, or NULL. */
static struct domain *port_lock(struct domain *d, uint32_t port, struct port **p)
{
	struct domain *other;

	for (;;) {
		spin_lock(&d->evtchn->lock);
		*p = port_get(d, port);
		if (!*p || (*p)->state != PORT_INTERDOMAIN || (*p)->u.peer.dom == d)
			return NULL;
		other = (*p)->u.peer.dom;
		domain_ref(other);
		spin_unlock(&d->evtchn->lock);
		evtchn_lock_pair(d, other);
		/* REVALIDATE: the port may have been closed or bound again between the locks. */
		if ((*p)->state == PORT_INTERDOMAIN && (*p)->u.peer.dom == other)
			return other;
		evtchn_unlock_pair(d, other);
		domain_put(other);
	}
}

static void port_unlock(struct domain *d, struct domain *other)
{
	if (!other) {
		spin_unlock(&d->evtchn->lock);
		return;
	}
	evtchn_unlock_pair(d, other);
	domain_put(other);
}

static void close_peer(struct domain *d, const struct port *p)
{
	struct port *peer = port_get(p->u.peer.dom, p->u.peer.port);

	peer->state = PORT_UNBOUND;
	peer->u.unbound_for = d->id;
}

static void close_virq(struct domain *d, uint32_t port, const struct port *p)
{
	for (unsigned int i = 0; i < d->max_vcpus; i++)
		if (d->vcpu[i] && d->vcpu[i]->virq_to_port[p->u.virq] == port)
			d->vcpu[i]->virq_to_port[p->u.virq] = 0;
}

int port_close(struct domain *d, uint32_t port)
{
	struct domain *other;
	struct port *p;
	int rc = 0;

	other = port_lock(d, port, &p);
	if (!p || p->state == PORT_FREE) {
		rc = -XEN_EINVAL;
	} else {
		if (p->state == PORT_INTERDOMAIN)
			close_peer(d, p);
		else if (p->state == PORT_VIRQ)
			close_virq(d, port, p);
		else if (p->state == PORT_PIRQ)
			pirq_unbind(d, p->u.pirq);
		port_free(d, port, p);
	}
	port_unlock(d, other);
	return rc;
}

int evtchn_domain_init(struct domain *d)
{
	struct domain_evtchn *e = hv_alloc(sizeof(*e));

	if (!e)
		return -XEN_ENOMEM;
	spin_init(&e->lock, RANK_EVTCHN);
	e->delivery = &delivery_2l;
	d->evtchn = e;
	return 0;
}

/* Closes a bounded number of ports a call; the cursor makes it resumable. */
int evtchn_relinquish(struct domain *d)
{
	struct domain_evtchn *e = d->evtchn;
	unsigned int done = 0;

	if (!e)
		return 0;
	spin_lock(&e->lock);
	e->dying = true;
	spin_unlock(&e->lock);
	for (; e->teardown_cursor < e->nr_ports; e->teardown_cursor++) {
		port_close(d, e->teardown_cursor);
		if (++done % TEARDOWN_BATCH == 0 && preempt_check()) {
			e->teardown_cursor++;
			return -XEN_ERESTART;
		}
	}
	spin_lock(&e->lock);
	fifo_fini(d);
	spin_unlock(&e->lock);
	return 0;
}

/* Resumable: what is closed already is passed over quickly. */
int evtchn_reset(struct domain *d)
{
	uint32_t nr = d->evtchn->nr_ports;
	unsigned int done = 0;

	for (uint32_t port = 1; port < nr; port++)
		if (!port_close(d, port) && ++done % TEARDOWN_BATCH == 0 && preempt_check())
			return -XEN_ERESTART;
	spin_lock(&d->evtchn->lock);
	fifo_fini(d);
	spin_unlock(&d->evtchn->lock);
	return 0;
}

void evtchn_domain_fini(struct domain *d)
{
	struct domain_evtchn *e = d->evtchn;

	if (!e)
		return;
	fifo_fini(d);
	for (uint32_t i = 0; i < e->nr_ports / PORTS_PER_BUCKET; i++)
		hv_free(e->bucket[i]);
	d->evtchn = NULL;
	hv_free(e);
}

void evtchn_vcpu_fini(struct vcpu *v)
{
	struct domain_evtchn *e = v->domain->evtchn;

	if (!e)
		return;
	spin_lock(&e->lock);
	for (unsigned int i = 0; i < NR_VIRQS; i++)
		v->virq_to_port[i] = 0;
	spin_unlock(&e->lock);
}
