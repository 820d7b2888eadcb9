/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * event_channel_op: decoding. One table row an operation: how many bytes come in, whether they go back out. Handlers
 * see a local copy and answer 0 or the errno of pv-abi 5.1; nothing here touches a guest pointer but the one copy in
 * and the one copy out. The output is written before it is needed only by the guest itself, so a failed copy out
 * leaves a bound port that the guest can still find by EVTCHNOP_status and close.
 */
#include "evtchn/internal.h"
#include "hypercall/hypercall.h"

union evtchn_arg {
	struct evtchn_bind_interdomain bind_interdomain;
	struct evtchn_bind_virq bind_virq;
	struct evtchn_bind_pirq bind_pirq;
	struct evtchn_close close;
	struct evtchn_send send;
	struct evtchn_status status;
	struct evtchn_alloc_unbound alloc_unbound;
	struct evtchn_bind_ipi bind_ipi;
	struct evtchn_bind_vcpu bind_vcpu;
	struct evtchn_unmask unmask;
	struct evtchn_reset reset;
	struct evtchn_init_control init_control;
	struct evtchn_expand_array expand_array;
	struct evtchn_set_priority set_priority;
};

/* The domain an operation names; another one than the caller needs the right to control it. */
static long get_subject(domid_t id, struct domain **d)
{
	*d = domain_get_any(id);
	if (!*d)
		return -XEN_ESRCH;
	if (*d != current->domain && !current->domain->privileged) {
		domain_put(*d);
		return refuse(-XEN_EPERM, "dom%u is not the caller's to command", id);
	}
	return 0;
}

static long op_alloc_unbound(union evtchn_arg *arg)
{
	struct evtchn_alloc_unbound *op = &arg->alloc_unbound;
	struct domain *d;
	struct port *p;
	long rc = get_subject(op->dom, &d);

	if (rc)
		return rc;
	spin_lock(&d->evtchn->lock);
	rc = port_alloc(d, &op->port, &p);
	if (!rc) {
		p->state = PORT_UNBOUND;
		p->u.unbound_for = op->remote_dom == DOMID_SELF ? current->domain->id : op->remote_dom;
	}
	spin_unlock(&d->evtchn->lock);
	domain_put(d);
	return rc;
}

/* Both domains' locks held. */
static long connect_ports(struct domain *d, struct domain *rd, struct evtchn_bind_interdomain *op)
{
	struct port *lp, *rp = port_get(rd, op->remote_port);
	long rc;

	if (rd->evtchn->dying || !rp || rp->state != PORT_UNBOUND || rp->u.unbound_for != d->id)
		return refuse(-XEN_EINVAL, "dom%u port %u does not wait for dom%u", rd->id, op->remote_port, d->id);
	rc = port_alloc(d, &op->local_port, &lp);
	if (rc)
		return rc;
	lp->state = PORT_INTERDOMAIN;
	lp->u.peer.dom = rd;
	lp->u.peer.port = op->remote_port;
	rp->state = PORT_INTERDOMAIN;
	rp->u.peer.dom = d;
	rp->u.peer.port = op->local_port;
	/* The peer may have sent while it was unbound: the binder looks once for itself. */
	port_set_pending(d, op->local_port, lp);
	return 0;
}

static long op_bind_interdomain(union evtchn_arg *arg)
{
	struct evtchn_bind_interdomain *op = &arg->bind_interdomain;
	struct domain *d = current->domain;
	struct domain *rd = domain_get_any(op->remote_dom);
	long rc;

	if (!rd)
		return -XEN_ESRCH;
	if (!rd->evtchn) {
		domain_put(rd);
		return -XEN_EINVAL;
	}
	evtchn_lock_pair(d, rd);
	rc = connect_ports(d, rd, op);
	evtchn_unlock_pair(d, rd);
	domain_put(rd);
	return rc;
}

static bool virq_is_global(uint32_t virq)
{
	return virq != VIRQ_TIMER && virq != VIRQ_DEBUG && virq != VIRQ_XENOPROF && virq != VIRQ_XENPMU;
}

static long op_bind_virq(union evtchn_arg *arg)
{
	struct evtchn_bind_virq *op = &arg->bind_virq;
	struct domain *d = current->domain;
	struct port *p;
	unsigned int virq;
	struct vcpu *v;
	long rc;

	if (!idx_clamp(op->virq, NR_VIRQS, &virq))
		return refuse(-XEN_EINVAL, "no virq %u", op->virq);
	if (virq_is_global(virq) && op->vcpu != 0)
		return refuse(-XEN_EINVAL, "global virq %u is bound on vCPU 0 only", virq);
	v = vcpu_get(d, op->vcpu);
	if (!v)
		return -XEN_ENOENT;
	spin_lock(&d->evtchn->lock);
	if (v->virq_to_port[virq])
		rc = -XEN_EEXIST;
	else
		rc = port_alloc(d, &op->port, &p);
	if (!rc) {
		p->state = PORT_VIRQ;
		p->vcpu = v->id;
		p->u.virq = virq;
		v->virq_to_port[virq] = op->port;
	}
	spin_unlock(&d->evtchn->lock);
	return rc;
}

static long op_bind_ipi(union evtchn_arg *arg)
{
	struct evtchn_bind_ipi *op = &arg->bind_ipi;
	struct domain *d = current->domain;
	struct vcpu *v = vcpu_get(d, op->vcpu);
	struct port *p;
	long rc;

	if (!v)
		return -XEN_ENOENT;
	spin_lock(&d->evtchn->lock);
	rc = port_alloc(d, &op->port, &p);
	if (!rc) {
		p->state = PORT_IPI;
		p->vcpu = v->id;
	}
	spin_unlock(&d->evtchn->lock);
	return rc;
}

static long op_bind_pirq(union evtchn_arg *arg)
{
	struct evtchn_bind_pirq *op = &arg->bind_pirq;
	struct domain *d = current->domain;
	struct port *p;
	long rc;

	/* A domain without any has no permission for one. */
	if (op->pirq >= pirq_limit(d))
		return pirq_limit(d) ? -XEN_EINVAL : -XEN_EPERM;
	spin_lock(&d->evtchn->lock);
	rc = port_alloc(d, &op->port, &p);
	if (!rc) {
		/* The line may fire as soon as it is bound; the port is complete by then. */
		p->state = PORT_PIRQ;
		p->u.pirq = op->pirq;
		rc = pirq_bind(d, op->pirq, op->flags, op->port);
		if (rc)
			port_free(d, op->port, p);
	}
	spin_unlock(&d->evtchn->lock);
	return rc;
}

static long op_close(union evtchn_arg *arg)
{
	return port_close(current->domain, arg->close.port);
}

/* With both ends' locks held, as the peer's state decides. */
static long send_interdomain(struct domain *d, uint32_t port)
{
	struct domain *rd;
	struct port *p = port_get(d, port), *rp;

	rd = p->u.peer.dom;
	domain_ref(rd);
	spin_unlock(&d->evtchn->lock);
	evtchn_lock_pair(d, rd);
	/* REVALIDATE: closed meanwhile means there is nobody to tell, as for an unbound port. */
	if (p->state == PORT_INTERDOMAIN && p->u.peer.dom == rd) {
		rp = port_get(rd, p->u.peer.port);
		port_set_pending(rd, p->u.peer.port, rp);
	}
	evtchn_unlock_pair(d, rd);
	domain_put(rd);
	return 0;
}

static long op_send(union evtchn_arg *arg)
{
	struct domain *d = current->domain;
	uint32_t port = arg->send.port;
	struct port *p;
	long rc = 0;

	spin_lock(&d->evtchn->lock);
	p = port_get(d, port);
	if (p && p->state == PORT_INTERDOMAIN)
		return send_interdomain(d, port);
	if (p && p->state == PORT_IPI)
		port_set_pending(d, port, p);
	else if (!p || p->state != PORT_UNBOUND)
		rc = -XEN_EINVAL;
	spin_unlock(&d->evtchn->lock);
	return rc;
}

static void fill_status(const struct port *p, struct evtchn_status *op)
{
	op->status = p->state;
	op->vcpu = p->state == PORT_FREE ? 0 : p->vcpu;
	switch (p->state) {
	case PORT_UNBOUND:
		op->u.unbound.dom = p->u.unbound_for;
		break;
	case PORT_INTERDOMAIN:
		op->u.interdomain.dom = p->u.peer.dom->id;
		op->u.interdomain.port = p->u.peer.port;
		break;
	case PORT_PIRQ:
		op->u.pirq = p->u.pirq;
		break;
	case PORT_VIRQ:
		op->u.virq = p->u.virq;
		break;
	}
}

static long op_status(union evtchn_arg *arg)
{
	struct evtchn_status *op = &arg->status;
	struct domain *d;
	struct port *p;
	long rc = get_subject(op->dom, &d);

	if (rc)
		return rc;
	spin_lock(&d->evtchn->lock);
	p = port_get(d, op->port);
	if (p)
		fill_status(p, op);
	spin_unlock(&d->evtchn->lock);
	domain_put(d);
	return p ? 0 : -XEN_EINVAL;
}

static long op_bind_vcpu(union evtchn_arg *arg)
{
	struct evtchn_bind_vcpu *op = &arg->bind_vcpu;
	struct domain *d = current->domain;
	struct vcpu *v = vcpu_get(d, op->vcpu);
	struct port *p;
	long rc = 0;

	if (!v)
		return -XEN_ENOENT;
	spin_lock(&d->evtchn->lock);
	p = port_get(d, op->port);
	if (p && (p->state == PORT_UNBOUND || p->state == PORT_INTERDOMAIN || p->state == PORT_PIRQ ||
		  (p->state == PORT_VIRQ && virq_is_global(p->u.virq))))
		p->vcpu = v->id;
	else
		rc = -XEN_EINVAL;
	spin_unlock(&d->evtchn->lock);
	return rc;
}

static long op_unmask(union evtchn_arg *arg)
{
	struct domain *d = current->domain;
	struct port *p;

	spin_lock(&d->evtchn->lock);
	p = port_get(d, arg->unmask.port);
	if (p)
		d->evtchn->delivery->unmask(d, arg->unmask.port, p);
	spin_unlock(&d->evtchn->lock);
	return p ? 0 : -XEN_EINVAL;
}

static long op_reset(union evtchn_arg *arg)
{
	struct domain *d;
	long rc = get_subject(arg->reset.dom, &d);

	if (rc)
		return rc;
	/* Another domain's ports may only vanish while none of its vCPUs can be using them. */
	if (d != current->domain && !d->controller_pause)
		rc = refuse(-XEN_EINVAL, "dom%u is not paused", d->id);
	else
		rc = evtchn_reset(d);
	domain_put(d);
	return rc;
}

static long op_init_control(union evtchn_arg *arg)
{
	return fifo_init_control(current->domain, &arg->init_control);
}

static long op_expand_array(union evtchn_arg *arg)
{
	return fifo_expand_array(current->domain, arg->expand_array.array_gfn);
}

static long op_set_priority(union evtchn_arg *arg)
{
	struct domain *d = current->domain;
	struct port *p;
	long rc = -XEN_EINVAL;

	spin_lock(&d->evtchn->lock);
	p = port_get(d, arg->set_priority.port);
	if (p)
		rc = d->evtchn->delivery->set_priority(p, arg->set_priority.priority);
	spin_unlock(&d->evtchn->lock);
	return rc;
}

#define OP(name, out) [EVTCHNOP_##name] = { op_##name, sizeof(struct evtchn_##name), out }

static const struct evtchn_op {
	long (*fn)(union evtchn_arg *arg);
	uint8_t size;
	bool out;
} evtchn_ops[16] = {
	OP(bind_interdomain, true),
	OP(bind_virq, true),
	OP(bind_pirq, true),
	OP(close, false),
	OP(send, false),
	OP(status, true),
	OP(alloc_unbound, true),
	OP(bind_ipi, true),
	OP(bind_vcpu, false),
	OP(unmask, false),
	OP(reset, false),
	OP(init_control, true),
	OP(expand_array, false),
	OP(set_priority, false),
};

long do_event_channel_op(uint64_t cmd, uint64_t arg)
{
	const struct evtchn_op *op = &evtchn_ops[cmd % ARRAY_SIZE(evtchn_ops)];
	union evtchn_arg local = { 0 };
	long rc;

	if (cmd >= ARRAY_SIZE(evtchn_ops) || !op->fn)
		return -XEN_ENOSYS;
	if (copy_from_guest(&local, arg, op->size))
		return -XEN_EFAULT;
	rc = op->fn(&local);
	if (rc == -XEN_ERESTART)
		return hypercall_continue(__HYPERVISOR_event_channel_op, 2, cmd, arg, 0, 0, 0);
	if (!rc && op->out && copy_to_guest(arg, &local, op->size))
		rc = -XEN_EFAULT;
	return rc;
}
