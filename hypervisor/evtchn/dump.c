/* SPDX-License-Identifier: BSD-2-Clause */
/* Event channels for the debug key: every port that is in use. Waits for no lock. */
#include "debug/keys.h"
#include "debug/log.h"
#include "evtchn/internal.h"

#define PORTS_A_PIECE 8u

/* What a line says, copied under the lock and printed without it: a serial line is slow. */
struct line {
	uint32_t port, vcpu, number;	/* number: of the domain or the interrupt */
	uint32_t peer_port;
	uint8_t state;
	bool pending;
};

static void fill(struct line *l, struct domain *d, uint32_t n, const struct port *p)
{
	*l = (struct line){ .port = n, .vcpu = p->vcpu, .state = p->state,
			    .pending = d->evtchn->delivery->is_pending(d, n) };
	switch (p->state) {
	case PORT_UNBOUND:
		l->number = p->u.unbound_for;
		break;
	case PORT_INTERDOMAIN:
		l->number = p->u.peer.dom->id;
		l->peer_port = p->u.peer.port;
		break;
	case PORT_PIRQ:
		l->number = p->u.pirq;
		break;
	case PORT_VIRQ:
		l->number = p->u.virq;
		break;
	}
}

static void show(const struct line *l)
{
	const char *pending = l->pending ? ", pending" : "";

	switch (l->state) {
	case PORT_UNBOUND:
		printk("  %4u: unbound, for domain %u%s\n", l->port, l->number, pending);
		break;
	case PORT_INTERDOMAIN:
		printk("  %4u: vCPU %u, to domain %u port %u%s\n", l->port, l->vcpu, l->number, l->peer_port, pending);
		break;
	case PORT_PIRQ:
		printk("  %4u: vCPU %u, interrupt %u%s\n", l->port, l->vcpu, l->number, pending);
		break;
	case PORT_VIRQ:
		printk("  %4u: vCPU %u, virtual interrupt %u%s\n", l->port, l->vcpu, l->number, pending);
		break;
	default:
		printk("  %4u: vCPU %u, between vCPUs%s\n", l->port, l->vcpu, pending);
		break;
	}
}

bool evtchn_dump(struct domain *d, uint32_t *at)
{
	struct domain_evtchn *e = d->evtchn;
	struct line line[PORTS_A_PIECE];
	uint32_t first = *at, end, i, n = 0;

	if (!dump_trylock(&e->lock)) {
		printk("domain %u: (its event channels are locked)\n", d->id);
		return false;
	}
	end = e->nr_ports;
	for (; *at < end && n < PORTS_A_PIECE; ++*at) {
		const struct port *p = port_get(d, *at);

		if (p && p->state != PORT_FREE)
			fill(&line[n++], d, *at, p);
	}
	spin_unlock(&e->lock);
	if (!first)
		printk("domain %u: %s, room for %u ports\n", d->id, e->fifo ? "FIFO" : "2-level", end);
	for (i = 0; i < n; i++)
		show(&line[i]);
	return *at < end;
}
