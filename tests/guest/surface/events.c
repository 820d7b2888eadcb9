/* SPDX-License-Identifier: BSD-2-Clause */
/* event_channel_op, in both delivery modes. */
#include <abi/event_channel.h>
#include "surface.h"

static uint8_t control[PAGE_SIZE] PAGE_ALIGNED;
static uint32_t words[1024] PAGE_ALIGNED;

static long ev(unsigned int cmd, void *arg)
{
	return hypercall2(__HYPERVISOR_event_channel_op, cmd, arg);
}

static long close_port(uint32_t port)
{
	struct evtchn_close c = { .port = port };

	return ev(EVTCHNOP_close, &c);
}

static long status(uint16_t dom, uint32_t port, struct evtchn_status *s)
{
	*s = (struct evtchn_status){ .dom = dom, .port = port };
	return ev(EVTCHNOP_status, s);
}

static void interdomain(void)
{
	struct evtchn_alloc_unbound a = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
	struct evtchn_bind_interdomain b = { .remote_dom = NOBODY };
	struct evtchn_bind_vcpu v;
	struct evtchn_status s;

	CHECK_EQ(ev(EVTCHNOP_alloc_unbound, &a), 0, "alloc_unbound");
	CHECK_EQ(status(DOMID_SELF, a.port, &s), 0, "status");
	CHECK_EQ(s.status, EVTCHNSTAT_unbound, "unbound");
	CHECK_EQ(s.u.unbound.dom, 0, "for dom0");
	CHECK_EQ(status(0, a.port, &s), 0, "status by id");
	CHECK_EQ(status(NOBODY, a.port, &s), -XEN_ESRCH, "status of nobody's");
	CHECK_EQ(status(DOMID_SELF, 1 << 20, &s), -XEN_EINVAL, "status of no port");
	CHECK_EQ(ev(EVTCHNOP_bind_interdomain, &b), -XEN_ESRCH, "bind_interdomain to nobody");
	b = (struct evtchn_bind_interdomain){ .remote_dom = DOMID_SELF, .remote_port = 1 << 20 };
	CHECK_EQ(ev(EVTCHNOP_bind_interdomain, &b), -XEN_EINVAL, "bind_interdomain to no port");
	b.remote_port = a.port;
	CHECK_EQ(ev(EVTCHNOP_bind_interdomain, &b), 0, "bind_interdomain");
	CHECK_EQ(ev(EVTCHNOP_bind_interdomain, &b), -XEN_EINVAL, "bind_interdomain twice");
	CHECK_EQ(status(DOMID_SELF, b.local_port, &s), 0, "status");
	CHECK_EQ(s.status, EVTCHNSTAT_interdomain, "interdomain");
	CHECK_EQ(s.u.interdomain.port, a.port, "with its peer");
	v = (struct evtchn_bind_vcpu){ .port = b.local_port, .vcpu = 0 };
	CHECK_EQ(ev(EVTCHNOP_bind_vcpu, &v), 0, "bind_vcpu");
	v.vcpu = 77;
	CHECK_EQ(ev(EVTCHNOP_bind_vcpu, &v), -XEN_ENOENT, "bind_vcpu to none");
	v = (struct evtchn_bind_vcpu){ .port = 1 << 20 };
	CHECK_EQ(ev(EVTCHNOP_bind_vcpu, &v), -XEN_EINVAL, "bind_vcpu of no port");
	CHECK_EQ(close_port(b.local_port), 0, "close");
	CHECK_EQ(status(DOMID_SELF, a.port, &s), 0, "status of the peer");
	CHECK_EQ(s.status, EVTCHNSTAT_unbound, "unbound again");
	CHECK_EQ(close_port(a.port), 0, "close of the peer");
	CHECK_EQ(close_port(a.port), -XEN_EINVAL, "close twice");
	CHECK_EQ(close_port(0), -XEN_EINVAL, "close of port 0");
	CHECK_EQ(status(DOMID_SELF, a.port, &s), 0, "status of a closed port");
	CHECK_EQ(s.status, EVTCHNSTAT_closed, "closed");
	CHECK_EQ(status(DOMID_SELF, 0, &s), 0, "status of port 0");
	a.dom = NOBODY;
	CHECK_EQ(ev(EVTCHNOP_alloc_unbound, &a), -XEN_ESRCH, "alloc_unbound for nobody");
	a = (struct evtchn_alloc_unbound){ .dom = DOMID_SELF, .remote_dom = NOBODY };
	CHECK_EQ(ev(EVTCHNOP_alloc_unbound, &a), 0, "alloc_unbound for a domain yet to come");
	CHECK_EQ(close_port(a.port), 0, "close");
}

static void virqs_and_ipis(void)
{
	struct evtchn_bind_virq q = { .virq = NR_VIRQS };
	struct evtchn_bind_ipi i = { .vcpu = 77 };
	struct evtchn_bind_pirq p = { .pirq = 100000 };
	struct evtchn_bind_vcpu v;
	struct evtchn_status s;
	static const uint8_t global[] = { VIRQ_CONSOLE, VIRQ_DOM_EXC, VIRQ_TBUF, 5, VIRQ_DEBUGGER, VIRQ_CON_RING, VIRQ_PCPU_STATE,
					  VIRQ_MEM_EVENT, VIRQ_ARGO, VIRQ_ENOMEM, VIRQ_ARCH_0, VIRQ_ARCH_7 };
	static const uint8_t local[] = { VIRQ_TIMER, VIRQ_DEBUG, VIRQ_XENOPROF, VIRQ_XENPMU };

	CHECK_EQ(ev(EVTCHNOP_bind_virq, &q), -XEN_EINVAL, "bind_virq of none");
	for (unsigned int n = 0; n < sizeof(global); n++) {
		q = (struct evtchn_bind_virq){ .virq = global[n], .vcpu = 1 };
		CHECK_EQ(ev(EVTCHNOP_bind_virq, &q), -XEN_EINVAL, "bind_virq, global, on vCPU 1");
		q.vcpu = 0;
		CHECK_EQ(ev(EVTCHNOP_bind_virq, &q), 0, "bind_virq, global");
		v = (struct evtchn_bind_vcpu){ .port = q.port };
		CHECK_EQ(ev(EVTCHNOP_bind_vcpu, &v), 0, "bind_vcpu of it");
		CHECK_EQ(close_port(q.port), 0, "close");
	}
	for (unsigned int n = 0; n < sizeof(local); n++) {
		q = (struct evtchn_bind_virq){ .virq = local[n], .vcpu = 77 };
		CHECK_EQ(ev(EVTCHNOP_bind_virq, &q), -XEN_ENOENT, "bind_virq on no vCPU");
		q.vcpu = 0;
		CHECK_EQ(ev(EVTCHNOP_bind_virq, &q), 0, "bind_virq");
		v = (struct evtchn_bind_vcpu){ .port = q.port };
		CHECK_EQ(ev(EVTCHNOP_bind_vcpu, &v), -XEN_EINVAL, "bind_vcpu of it");
		CHECK_EQ(ev(EVTCHNOP_bind_virq, &q), -XEN_EEXIST, "bind_virq twice");
		CHECK_EQ(ev(EVTCHNOP_send, &v), -XEN_EINVAL, "send to it");
		CHECK_EQ(status(DOMID_SELF, q.port, &s), 0, "status");
		CHECK_EQ(s.u.virq, local[n], "its number");
		CHECK_EQ(close_port(q.port), 0, "close");
	}
	CHECK_EQ(ev(EVTCHNOP_bind_ipi, &i), -XEN_ENOENT, "bind_ipi on no vCPU");
	i.vcpu = 0;
	CHECK_EQ(ev(EVTCHNOP_bind_ipi, &i), 0, "bind_ipi");
	v = (struct evtchn_bind_vcpu){ .port = i.port };
	CHECK_EQ(ev(EVTCHNOP_bind_vcpu, &v), -XEN_EINVAL, "bind_vcpu of it");
	CHECK_EQ(ev(EVTCHNOP_send, &v), 0, "send");
	CHECK(kit_shared_info->evtchn_pending[v.port / 64] >> v.port % 64 & 1, "is pending");
	CHECK_EQ(ev(EVTCHNOP_unmask, &v), 0, "unmask");
	CHECK_EQ(close_port(i.port), 0, "close");
	CHECK_EQ(ev(EVTCHNOP_bind_pirq, &p), -XEN_EINVAL, "bind_pirq of none");
	p = (struct evtchn_bind_pirq){ .pirq = 5 };
	CHECK_DIFFERS(ev(EVTCHNOP_bind_pirq, &p), -XEN_EINVAL, -XEN_EPERM, "bind_pirq that is not mapped");
	v.port = 1 << 20;
	CHECK_EQ(ev(EVTCHNOP_send, &v), -XEN_EINVAL, "send to no port");
	CHECK_EQ(ev(EVTCHNOP_unmask, &v), -XEN_EINVAL, "unmask of no port");
}

static void bad_pointers(void)
{
	static const uint8_t all[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13 };

	for (unsigned int n = 0; n < sizeof(all); n++)
		CHECK_EQ(ev(all[n], (void *)BAD_POINTER), -XEN_EFAULT, "event_channel_op, bad pointer");
	CHECK_EQ(ev(15, control), -XEN_ENOSYS, "event_channel_op 15");
	CHECK_EQ(ev(99, control), -XEN_ENOSYS, "event_channel_op 99");
}

static void fifo(void)
{
	struct evtchn_init_control c = { .control_gfn = kit_va_to_mfn(control) };
	struct evtchn_expand_array e = { .array_gfn = kit_va_to_mfn(words) };
	struct evtchn_set_priority p = { .port = 1 << 20 };
	struct evtchn_bind_ipi i = { .vcpu = 0 };
	struct evtchn_reset r = { .dom = NOBODY };

	CHECK_EQ(ev(EVTCHNOP_bind_ipi, &i), 0, "bind_ipi");
	p = (struct evtchn_set_priority){ .port = i.port, .priority = 3 };
	CHECK_EQ(ev(EVTCHNOP_set_priority, &p), -XEN_ENOSYS, "set_priority with bitmaps");
	CHECK_EQ(ev(EVTCHNOP_expand_array, &e), -XEN_EOPNOTSUPP, "expand_array with bitmaps");
	c.vcpu = 77;
	CHECK_EQ(ev(EVTCHNOP_init_control, &c), -XEN_ENOENT, "init_control of no vCPU");
	c.vcpu = 0;
	c.offset = PAGE_SIZE - 64;
	CHECK_EQ(ev(EVTCHNOP_init_control, &c), -XEN_EINVAL, "init_control over the page's end");
	c.offset = 4;
	CHECK_EQ(ev(EVTCHNOP_init_control, &c), -XEN_EINVAL, "init_control not aligned");
	c.offset = 0;
	c.control_gfn = 0xffffffffffUL;
	CHECK_EQ(ev(EVTCHNOP_init_control, &c), -XEN_EINVAL, "init_control in no page");
	c.control_gfn = kit_va_to_mfn(control);
	CHECK_EQ(ev(EVTCHNOP_init_control, &c), 0, "init_control");
	CHECK_EQ(c.link_bits, 17, "bits of a link");
	CHECK_EQ(ev(EVTCHNOP_init_control, &c), -XEN_EINVAL, "init_control twice");
	e.array_gfn = 0xffffffffffUL;
	CHECK_EQ(ev(EVTCHNOP_expand_array, &e), -XEN_EINVAL, "expand_array by no page");
	e.array_gfn = kit_va_to_mfn(words);
	CHECK_EQ(ev(EVTCHNOP_expand_array, &e), 0, "expand_array");
	CHECK_EQ(ev(EVTCHNOP_set_priority, &p), 0, "set_priority");
	p.priority = 16;
	CHECK_EQ(ev(EVTCHNOP_set_priority, &p), -XEN_EINVAL, "set_priority 16");
	p = (struct evtchn_set_priority){ .port = 1 << 20 };
	CHECK_EQ(ev(EVTCHNOP_set_priority, &p), -XEN_EINVAL, "set_priority of no port");
	CHECK_EQ(ev(EVTCHNOP_send, &i.port), 0, "send");
	CHECK(words[i.port] >> EVTCHN_FIFO_PENDING & 1, "is pending");
	CHECK_EQ(((struct evtchn_fifo_control_block *)control)->head[3], i.port, "in the queue of its priority");
	CHECK_EQ(((struct evtchn_fifo_control_block *)control)->ready, 1 << 3, "which is ready");
	CHECK_EQ(ev(EVTCHNOP_reset, &r), -XEN_ESRCH, "reset of nobody");
	r.dom = DOMID_SELF;
	CHECK_EQ(ev(EVTCHNOP_reset, &r), 0, "reset");
	CHECK_EQ(close_port(i.port), -XEN_EINVAL, "close after it");
	CHECK_EQ(ev(EVTCHNOP_expand_array, &e), -XEN_EOPNOTSUPP, "bitmaps again");
}

void surface_events(void)
{
	interdomain();
	virqs_and_ipis();
	bad_pointers();
	fifo();
}
