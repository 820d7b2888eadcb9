/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * FIFO delivery (pv-abi 5.3): one event word a port in an array of guest pages, linked into one queue per vCPU and
 * priority; the control block holds the queues' heads and a word of ready bits. We own the tails; the guest consumes
 * from the heads. Every word is shared with a guest that may write anything at any time, so:
 *
 *   - a link read back is never followed; the tail is ours and is range-checked by construction (a port number that
 *     we put there);
 *   - compare-exchange loops on a word are bounded, then give up on linking behind it and start a new queue head,
 *     which costs a misbehaving guest its own events only.
 *
 * Setting an event: PENDING; if it was neither MASKED nor LINKED, append it: write its number into the LINK field of
 * the tail while that is still LINKED, else make it the head. The guest is told through READY when a queue became
 * non-empty.
 */
#include "debug/log.h"
#include "evtchn/internal.h"
#include "hypercall/hypercall.h"
#include "mm/mm.h"
#include "sched/sched.h"

#define BIT(n) (1u << (n))
#define LINK_TRIES 5

/* Word of a port, or NULL while the guest has not supplied its page. */
static uint32_t *fifo_word(struct domain *d, uint32_t port)
{
	const struct fifo_domain *f = d->evtchn->fifo;
	unsigned int index;

	if (!idx_clamp(port / FIFO_WORDS_PER_PAGE, f->nr_pages, &index))
		return NULL;
	return (uint32_t *)page_to_virt(f->array[index]) + port % FIFO_WORDS_PER_PAGE;
}

/* Replaces the LINK field of a still LINKED word. False: the guest unlinked it, or will not leave it alone. */
static bool word_set_link(uint32_t *word, uint32_t port)
{
	uint32_t old = __atomic_load_n(word, __ATOMIC_SEQ_CST);

	for (int i = 0; i < LINK_TRIES && (old & BIT(EVTCHN_FIFO_LINKED)); i++) {
		uint32_t new = (old & ~(BIT(EVTCHN_FIFO_BUSY) | EVTCHN_FIFO_LINK_MASK)) | port;

		if (__atomic_compare_exchange_n(word, &old, new, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			return true;
		/* BUSY asks the guest not to change MASKED until we are through. */
		if (i == 0)
			old = __atomic_or_fetch(word, BIT(EVTCHN_FIFO_BUSY), __ATOMIC_SEQ_CST);
	}
	__atomic_and_fetch(word, ~BIT(EVTCHN_FIFO_BUSY), __ATOMIC_SEQ_CST);
	return false;
}

/* Appends the port to its vCPU's queue. */
static void fifo_link(struct domain *d, uint32_t port, struct port *p)
{
	struct fifo_domain *f = d->evtchn->fifo;
	struct fifo_vcpu *fv = &f->vcpu[p->vcpu];
	struct fifo_vcpu *last = &f->vcpu[p->last_vcpu];
	uint32_t *tail_word, tail;
	bool linked = false;

	/* A port that moves must not stay the tail that others would be linked behind. */
	if ((p->last_vcpu != p->vcpu || p->last_priority != p->priority) && last->tail[p->last_priority] == port)
		last->tail[p->last_priority] = 0;
	p->last_vcpu = p->vcpu;
	p->last_priority = p->priority;

	tail = fv->tail[p->priority];
	if (tail && tail != port) {
		tail_word = fifo_word(d, tail);
		linked = tail_word && word_set_link(tail_word, port);
	}
	if (!linked)
		__atomic_store_n(&fv->block->head[p->priority], port, __ATOMIC_SEQ_CST);
	fv->tail[p->priority] = port;
	if (!linked && !(__atomic_fetch_or(&fv->block->ready, BIT(p->priority), __ATOMIC_SEQ_CST) & BIT(p->priority)))
		vcpu_mark_upcall(d->vcpu[p->vcpu]);
}

static bool fifo_set_pending(struct domain *d, uint32_t port, struct port *p)
{
	uint32_t *word = fifo_word(d, port);
	uint32_t old;

	if (!word) {
		bool was = p->parked;

		p->parked = true;
		return !was;
	}
	if (!d->vcpu[p->vcpu] || !d->evtchn->fifo->vcpu[p->vcpu].block) {
		log_guest("event lost: port %u is bound to vCPU %u, which has no FIFO control block\n", port, p->vcpu);
		return false;
	}
	old = __atomic_fetch_or(word, BIT(EVTCHN_FIFO_PENDING), __ATOMIC_SEQ_CST);
	if (!(old & BIT(EVTCHN_FIFO_MASKED)) &&
	    !(__atomic_fetch_or(word, BIT(EVTCHN_FIFO_LINKED), __ATOMIC_SEQ_CST) & BIT(EVTCHN_FIFO_LINKED)))
		fifo_link(d, port, p);
	return !(old & BIT(EVTCHN_FIFO_PENDING));
}

/* The word stays linked if it was: the guest's consumer skips it, as nothing is pending in it. */
static void fifo_clear_pending(struct domain *d, uint32_t port)
{
	uint32_t *word = fifo_word(d, port);
	struct port *p = port_get(d, port);

	if (word)
		__atomic_and_fetch(word, ~BIT(EVTCHN_FIFO_PENDING), __ATOMIC_SEQ_CST);
	else if (p)
		p->parked = false;
}

static void fifo_unmask(struct domain *d, uint32_t port, struct port *p)
{
	uint32_t *word = fifo_word(d, port);

	if (!word)
		return;
	if (__atomic_and_fetch(word, ~BIT(EVTCHN_FIFO_MASKED), __ATOMIC_SEQ_CST) & BIT(EVTCHN_FIFO_PENDING))
		fifo_set_pending(d, port, p);
}

static bool fifo_is_pending(struct domain *d, uint32_t port)
{
	const uint32_t *word = fifo_word(d, port);

	return word && (__atomic_load_n(word, __ATOMIC_SEQ_CST) & BIT(EVTCHN_FIFO_PENDING));
}

static int fifo_set_priority(struct port *p, uint32_t priority)
{
	if (priority > EVTCHN_FIFO_PRIORITY_MIN)
		return -XEN_EINVAL;
	p->priority = (uint8_t)priority;
	return 0;
}

const struct delivery delivery_fifo = {
	.max_ports = EVTCHN_FIFO_NR_CHANNELS,
	.set_pending = fifo_set_pending,
	.clear_pending = fifo_clear_pending,
	.unmask = fifo_unmask,
	.is_pending = fifo_is_pending,
	.set_priority = fifo_set_priority,
};

/* First control block: the domain changes over. Events pending in the bitmap wait for their array page. */
static int fifo_switch(struct domain *d)
{
	struct domain_evtchn *e = d->evtchn;
	struct fifo_domain *f = hv_alloc(sizeof(*f));

	if (!f)
		return -XEN_ENOMEM;
	hv_charge(f, 0, d);
	for (uint32_t port = 1; port < e->nr_ports; port++) {
		struct port *p = port_get(d, port);

		p->parked = p->state != PORT_FREE && port < EVTCHN_2L_NR_CHANNELS &&
			    delivery_2l.is_pending(d, port);
	}
	e->fifo = f;
	e->delivery = &delivery_fifo;
	return 0;
}

/* A page of the guest that we write: referenced, and of writable type as long as we hold it. */
static int fifo_take_page(struct domain *d, uint64_t gfn, struct page **out)
{
	if (!mfn_is_ram(gfn))
		return -XEN_EINVAL;
	*out = mfn_to_page(gfn);
	return page_get_and_type(*out, d, PGT_writable) ? -XEN_EINVAL : 0;
}

int fifo_init_control(struct domain *d, struct evtchn_init_control *op)
{
	struct domain_evtchn *e = d->evtchn;
	struct fifo_vcpu *fv;
	struct page *page;
	int rc;

	if (!vcpu_get(d, op->vcpu))
		return -XEN_ENOENT;
	if (op->offset % 8 || op->offset > PAGE_SIZE - sizeof(struct evtchn_fifo_control_block))
		return -XEN_EINVAL;
	rc = fifo_take_page(d, op->control_gfn, &page);
	if (rc)
		return rc;
	spin_lock(&e->lock);
	if (e->dying)
		rc = -XEN_EINVAL;
	if (!rc && !e->fifo)
		rc = fifo_switch(d);
	if (!rc && e->fifo->vcpu[op->vcpu].page)
		rc = -XEN_EINVAL;
	if (!rc) {
		fv = &e->fifo->vcpu[op->vcpu];
		fv->page = page;
		fv->block = (void *)((char *)page_to_virt(page) + op->offset);
	}
	spin_unlock(&e->lock);
	if (rc)
		page_put_and_type(page);
	op->link_bits = EVTCHN_FIFO_LINK_BITS;
	return rc;
}

int fifo_expand_array(struct domain *d, uint64_t gfn)
{
	struct domain_evtchn *e = d->evtchn;
	struct page *page;
	uint32_t first;
	int rc;

	rc = fifo_take_page(d, gfn, &page);
	if (rc)
		return rc;
	spin_lock(&e->lock);
	if (e->dying || !e->fifo)
		rc = -XEN_EOPNOTSUPP;
	else if (e->fifo->nr_pages >= FIFO_MAX_PAGES)
		rc = -XEN_ENOSPC;
	if (!rc) {
		first = e->fifo->nr_pages * FIFO_WORDS_PER_PAGE;
		e->fifo->array[e->fifo->nr_pages++] = page;
		for (uint32_t port = first; port < first + FIFO_WORDS_PER_PAGE && port < e->nr_ports; port++) {
			struct port *p = port_get(d, port);

			if (p->parked) {
				p->parked = false;
				fifo_set_pending(d, port, p);
			}
		}
	}
	spin_unlock(&e->lock);
	if (rc)
		page_put_and_type(page);
	return rc;
}

void fifo_fini(struct domain *d)
{
	struct fifo_domain *f = d->evtchn->fifo;

	if (!f)
		return;
	d->evtchn->fifo = NULL;
	d->evtchn->delivery = &delivery_2l;
	for (unsigned int i = 0; i < f->nr_pages; i++)
		page_put_and_type(f->array[i]);
	for (unsigned int i = 0; i < MAX_VCPUS_PER_DOMAIN; i++)
		if (f->vcpu[i].page)
			page_put_and_type(f->vcpu[i].page);
	hv_free(f);
}
