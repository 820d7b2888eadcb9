/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From an event to a running guest: mark the port through the domain's delivery backend, set the vCPU's upcall flag,
 * kick the vCPU, wake those that poll the port.
 */
#include <string.h>
#include <abi/arch-x86_64.h>
#include "asm/atomic.h"
#include "evtchn/internal.h"
#include "sched/sched.h"

void vcpu_mark_upcall(struct vcpu *v)
{
	if (!__atomic_exchange_n(&v->info->evtchn_upcall_pending, 1, __ATOMIC_SEQ_CST))
		vcpu_kick(v);
}

bool evtchn_upcall_pending(const struct vcpu *v)
{
	const struct vcpu_info *info = v->info;

	return __atomic_load_n(&info->evtchn_upcall_pending, __ATOMIC_RELAXED) &&
	       !__atomic_load_n(&info->evtchn_upcall_mask, __ATOMIC_RELAXED);
}

/* SCHEDOP_poll sleeps on ports that may be masked: those vCPUs are woken whatever their masks say. A poller marks itself,
 * then looks at its ports under the lock that is held here: it sees the event, or we see the mark. */
static void wake_pollers(struct domain *d, uint32_t port)
{
	for (unsigned int i = 0; i < d->max_vcpus; i++) {
		struct vcpu *v = atomic_load(&d->vcpu[i]);
		uint32_t single;

		if (!v || !READ_ONCE(v->polling))
			continue;
		single = READ_ONCE(v->poll_port_single);
		if (!single || single == port)
			sched_poll_wake(v);
	}
}

void port_set_pending(struct domain *d, uint32_t port, struct port *p)
{
	if (d->evtchn->delivery->set_pending(d, port, p))
		wake_pollers(d, port);
}

bool evtchn_port_pending(struct domain *d, uint32_t port)
{
	struct domain_evtchn *e = d->evtchn;
	bool pending;

	spin_lock(&e->lock);
	pending = port_get(d, port) && e->delivery->is_pending(d, port);
	spin_unlock(&e->lock);
	return pending;
}

bool evtchn_port_valid(struct domain *d, uint32_t port)
{
	bool valid;

	spin_lock(&d->evtchn->lock);
	valid = port_get(d, port) != NULL;
	spin_unlock(&d->evtchn->lock);
	return valid;
}

void evtchn_raise_pirq(struct domain *d, uint32_t port, uint32_t pirq)
{
	struct port *p;

	spin_lock(&d->evtchn->lock);
	p = port_get(d, port);
	if (p && p->state == PORT_PIRQ && p->u.pirq == pirq)
		port_set_pending(d, port, p);
	spin_unlock(&d->evtchn->lock);
}

/* Whoever sends an event to v holds the lock and reads v->info anew: nobody has the old pointer afterwards. */
void evtchn_vcpu_info_replace(struct vcpu *v, struct vcpu_info *to)
{
	struct domain_evtchn *e = v->domain->evtchn;

	spin_lock(&e->lock);
	__atomic_store_n(&v->info, to, __ATOMIC_RELEASE);
	spin_unlock(&e->lock);
}

/* The guest moved its vcpu_info: whatever was selected in the old one is looked for again (pv-abi 2.5, op 10). */
void evtchn_vcpu_info_move(struct vcpu *v, struct vcpu_info *to)
{
	struct domain_evtchn *e = v->domain->evtchn;

	spin_lock(&e->lock);
	memcpy(to, v->info, sizeof(*to));
	__atomic_store_n(&v->info, to, __ATOMIC_RELEASE);
	__atomic_store_n(&to->evtchn_pending_sel, ~0UL, __ATOMIC_SEQ_CST);
	vcpu_mark_upcall(v);
	spin_unlock(&e->lock);
}
