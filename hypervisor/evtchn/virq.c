/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtual interrupts. A per-vCPU one (timer, debug) has a port on each vCPU; a global one is bound through vCPU 0 of
 * dom0, though bind_vcpu may move where it notifies. virq_to_port is guarded by the domain's event lock.
 */
#include "debug/keys.h"
#include "evtchn/internal.h"

static void virq_set_pending(struct domain *d, const struct vcpu *v, uint32_t virq)
{
	uint32_t port = v->virq_to_port[virq];
	struct port *p = port ? port_get(d, port) : NULL;

	if (p && p->state == PORT_VIRQ)
		port_set_pending(d, port, p);
}

static void virq_raise(struct domain *d, struct vcpu *v, uint32_t virq)
{
	spin_lock(&d->evtchn->lock);
	virq_set_pending(d, v, virq);
	spin_unlock(&d->evtchn->lock);
}

/* For news that must not wait for a CPU that keeps the lock. */
static bool virq_try_raise(struct domain *d, struct vcpu *v, uint32_t virq)
{
	if (!dump_trylock(&d->evtchn->lock))
		return false;
	virq_set_pending(d, v, virq);
	spin_unlock(&d->evtchn->lock);
	return true;
}

bool virq_try_raise_global(uint32_t virq)
{
	return !dom0 || !dom0->vcpu[0] || !dom0->evtchn || virq_try_raise(dom0, dom0->vcpu[0], virq);
}

void virq_raise_vcpu(struct vcpu *v, uint32_t virq)
{
	virq_raise(v->domain, v, virq);
}

void virq_raise_global(uint32_t virq)
{
	if (dom0 && dom0->vcpu[0] && dom0->evtchn)
		virq_raise(dom0, dom0->vcpu[0], virq);
}
