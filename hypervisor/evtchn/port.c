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

/* In the order of the locks' addresses, as all pairs of one rank. */
void evtchn_lock_pair(struct domain *a, struct domain *b)
{
	struct domain_evtchn *first = a->evtchn, *second = b->evtchn;

	if (first > second) {
		first = b->evtchn;
		second = a->evtchn;
	}
	spin_lock(&first->lock);
	if (first != second)
		spin_lock_nested(&second->lock);
}

void evtchn_unlock_pair(struct domain *a, struct domain *b)
{
	if (a != b)
		spin_unlock(&b->evtchn->lock);
	spin_unlock(&a->evtchn->lock);
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

static int bucket_add(const struct domain *d, struct domain_evtchn *e)
{
	struct port *bucket = hv_alloc(PORTS_PER_BUCKET * sizeof(*bucket));

	if (!bucket)
		return -XEN_ENOMEM;
	hv_charge(bucket, 0, d);
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
	for (uint32_t n = MAX(e->lowest_free, 1u); n <= limit; n++) {
		if (n >= e->nr_ports) {
			rc = bucket_add(d, e);
			if (rc)
				return rc;
		}
		*p = port_get(d, n);
		if ((*p)->state == PORT_FREE) {
			**p = (struct port){ .priority = EVTCHN_FIFO_PRIORITY_DEFAULT,
					     .last_priority = EVTCHN_FIFO_PRIORITY_DEFAULT };
			e->nr_open++;
			e->lowest_free = n + 1;
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
	d->evtchn->lowest_free = MIN(d->evtchn->lowest_free, port);
	d->evtchn->nr_open--;
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

/* Closes a batch of ports from the cursor on, which all callers share. True: it has come to the end. */
static bool reset_batch(struct domain *d)
{
	struct domain_evtchn *e = d->evtchn;
	uint32_t first, end;
	bool last;

	spin_lock(&e->lock);
	first = MAX(e->reset_cursor, 1u);
	last = e->nr_ports <= first + TEARDOWN_BATCH;
	end = last ? e->nr_ports : first + TEARDOWN_BATCH;
	e->reset_cursor = last ? 0 : end;
	spin_unlock(&e->lock);
	for (uint32_t port = first; port < end; port++)
		(void)port_close(d, port);
	return last;
}

/*
 * Goes on where it stopped when it is called again. The delivery changes back to the bitmap only while no port is open: a
 * port beyond the bitmap would be out of reach, for its peer's end too. If another vCPU has opened one it starts over.
 */
int evtchn_reset(struct domain *d)
{
	struct domain_evtchn *e = d->evtchn;
	int rc = 0;

	while (!reset_batch(d))
		if (preempt_check())
			return -XEN_ERESTART;
	spin_lock(&e->lock);
	if (e->nr_open)
		rc = -XEN_ERESTART;
	else
		fifo_fini(d);
	spin_unlock(&e->lock);
	return rc;
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
