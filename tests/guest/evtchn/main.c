/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Event channels of one domain with itself (pv-abi 5): each operation and its errors, delivery through the callback,
 * masks, polling, the 2-level bitmap; then the same ports after the change to FIFO.
 */
#include <abi/event_channel.h>
#include <abi/sched.h>
#include "kit/kit.h"

static unsigned int upcalls;
static uint32_t fifo_array[1024] PAGE_ALIGNED;
static uint8_t fifo_control[PAGE_SIZE] PAGE_ALIGNED;

static long evtchn(unsigned int cmd, void *arg)
{
	return hypercall2(__HYPERVISOR_event_channel_op, cmd, arg);
}

static void upcall(struct kit_frame *f)
{
	(void)f;
	upcalls++;
	__atomic_store_n(&kit_vcpu_info()->evtchn_upcall_pending, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&kit_vcpu_info()->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
}

static bool pending(uint32_t port)
{
	return kit_shared_info->evtchn_pending[port / 64] >> (port % 64) & 1;
}

static void clear(uint32_t port)
{
	__atomic_fetch_and(&kit_shared_info->evtchn_pending[port / 64], ~(1UL << port % 64), __ATOMIC_SEQ_CST);
	__atomic_store_n(&kit_vcpu_info()->evtchn_upcall_pending, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&kit_vcpu_info()->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
}

static void mask(uint32_t port)
{
	__atomic_fetch_or(&kit_shared_info->evtchn_mask[port / 64], 1UL << port % 64, __ATOMIC_SEQ_CST);
}

static long status_of(uint32_t port, struct evtchn_status *s)
{
	*s = (struct evtchn_status){ .dom = DOMID_SELF, .port = port };
	return evtchn(EVTCHNOP_status, s);
}

static uint32_t test_binding(void)
{
	struct evtchn_alloc_unbound alloc = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
	struct evtchn_bind_interdomain bind = { .remote_dom = DOMID_SELF };
	struct evtchn_send send;
	struct evtchn_status s;

	CHECK_EQ(evtchn(EVTCHNOP_alloc_unbound, &alloc), 0, "alloc_unbound");
	CHECK(alloc.port > 0, "port 0 is never given");
	CHECK(status_of(alloc.port, &s) == 0 && s.status == EVTCHNSTAT_unbound && s.u.unbound.dom == 0, "it is unbound for dom0");
	send.port = alloc.port;
	CHECK_EQ(evtchn(EVTCHNOP_send, &send), 0, "send to an unbound port is silent");
	bind.remote_port = alloc.port;
	CHECK_EQ(evtchn(EVTCHNOP_bind_interdomain, &bind), 0, "bind_interdomain");
	CHECK(pending(bind.local_port), "the binder's port is pending at once");
	clear(bind.local_port);
	CHECK_EQ(evtchn(EVTCHNOP_bind_interdomain, &bind), -XEN_EINVAL, "bind to a bound port");
	CHECK(status_of(alloc.port, &s) == 0 && s.status == EVTCHNSTAT_interdomain && s.u.interdomain.port == bind.local_port,
	      "both ends know each other");
	send.port = bind.local_port;
	CHECK_EQ(evtchn(EVTCHNOP_send, &send), 0, "send");
	CHECK(pending(alloc.port) && !pending(bind.local_port), "arrives at the other end only");
	clear(alloc.port);
	bind.remote_dom = 1234;
	CHECK_EQ(evtchn(EVTCHNOP_bind_interdomain, &bind), -XEN_ESRCH, "bind to a domain that is not");
	alloc.dom = 1234;
	CHECK_EQ(evtchn(EVTCHNOP_alloc_unbound, &alloc), -XEN_ESRCH, "alloc_unbound in a domain that is not");
	return send.port;
}

static void test_errors(uint32_t port)
{
	struct evtchn_bind_virq virq = { .virq = 99 };
	struct evtchn_bind_ipi ipi = { .vcpu = 77 };
	struct evtchn_bind_vcpu move = { .port = port, .vcpu = 77 };
	struct evtchn_bind_pirq pirq = { .pirq = 1U << 20 };
	struct evtchn_close close = { .port = 4095 };
	struct evtchn_send send = { .port = 4095 };
	struct evtchn_unmask unmask = { .port = 1U << 30 };
	struct evtchn_status s;

	CHECK_EQ(evtchn(EVTCHNOP_bind_virq, &virq), -XEN_EINVAL, "virq 99");
	virq = (struct evtchn_bind_virq){ .virq = VIRQ_DOM_EXC, .vcpu = 1 };
	CHECK(evtchn(EVTCHNOP_bind_virq, &virq) < 0, "a global virq on vCPU 1");
	virq = (struct evtchn_bind_virq){ .virq = VIRQ_TIMER, .vcpu = 77 };
	CHECK_EQ(evtchn(EVTCHNOP_bind_virq, &virq), -XEN_ENOENT, "a virq on vCPU 77");
	CHECK_EQ(evtchn(EVTCHNOP_bind_ipi, &ipi), -XEN_ENOENT, "an IPI to vCPU 77");
	CHECK_EQ(evtchn(EVTCHNOP_bind_vcpu, &move), -XEN_ENOENT, "bind_vcpu to vCPU 77");
	CHECK_EQ(evtchn(EVTCHNOP_bind_pirq, &pirq), -XEN_EINVAL, "pirq 2^20");
	CHECK_EQ(evtchn(EVTCHNOP_close, &close), -XEN_EINVAL, "close of a free port");
	CHECK_EQ(evtchn(EVTCHNOP_send, &send), -XEN_EINVAL, "send to a free port");
	CHECK_EQ(evtchn(EVTCHNOP_unmask, &unmask), -XEN_EINVAL, "unmask of port 2^30");
	CHECK_EQ(status_of(1U << 31, &s), -XEN_EINVAL, "status of port 2^31");
	CHECK_EQ(evtchn(EVTCHNOP_send, (void *)0xffff830000000000UL), -XEN_EFAULT, "argument in the hypervisor");
}

static void test_delivery(void)
{
	struct evtchn_bind_ipi ipi = { .vcpu = 0 };
	struct evtchn_send send;
	struct evtchn_unmask unmask;
	struct evtchn_bind_vcpu move;
	struct evtchn_close close;

	CHECK_EQ(evtchn(EVTCHNOP_bind_ipi, &ipi), 0, "bind_ipi");
	move = (struct evtchn_bind_vcpu){ .port = ipi.port, .vcpu = 0 };
	CHECK_EQ(evtchn(EVTCHNOP_bind_vcpu, &move), -XEN_EINVAL, "an IPI cannot be moved");
	send.port = unmask.port = close.port = ipi.port;
	kit_events_enable();
	upcalls = 0;
	CHECK_EQ(evtchn(EVTCHNOP_send, &send), 0, "send IPI");
	CHECK_EQ(upcalls, 1, "the callback ran before the hypercall returned");
	CHECK(kit_vcpu_info()->evtchn_upcall_mask == 0, "and the mask is restored");
	evtchn(EVTCHNOP_send, &send);
	CHECK_EQ(upcalls, 1, "a port that is pending already gives no second upcall");
	clear(ipi.port);
	mask(ipi.port);
	evtchn(EVTCHNOP_send, &send);
	CHECK(upcalls == 1 && pending(ipi.port), "a masked port is pending without upcall");
	CHECK_EQ(evtchn(EVTCHNOP_unmask, &unmask), 0, "unmask");
	CHECK_EQ(upcalls, 2, "brings the upcall");
	clear(ipi.port);
	kit_events_disable();
	evtchn(EVTCHNOP_send, &send);
	CHECK_EQ(upcalls, 2, "a vCPU that masks upcalls gets none");
	kit_events_enable();
	CHECK_EQ(upcalls, 3, "until it looks");
	clear(ipi.port);
	CHECK_EQ(evtchn(EVTCHNOP_close, &close), 0, "close");
	CHECK_EQ(evtchn(EVTCHNOP_close, &close), -XEN_EINVAL, "close twice");
}

static void test_poll(void)
{
	struct evtchn_bind_ipi ipi = { .vcpu = 0 };
	struct evtchn_send send;
	struct sched_poll poll;
	uint32_t port;
	uint64_t before;

	evtchn(EVTCHNOP_bind_ipi, &ipi);
	port = send.port = ipi.port;
	mask(port);
	evtchn(EVTCHNOP_send, &send);
	poll = (struct sched_poll){ .ports = (uint64_t)&port, .nr_ports = 1 };
	CHECK_EQ(hypercall2(__HYPERVISOR_sched_op, SCHEDOP_poll, &poll), 0, "poll of a pending masked port returns");
	clear(port);
	kit_events_disable();
	before = kit_vcpu_info()->time.system_time;
	poll.timeout = before + 1;
	CHECK_EQ(hypercall2(__HYPERVISOR_sched_op, SCHEDOP_poll, &poll), 0, "poll with a timeout that has passed returns");
	kit_events_enable();
}

static void test_close_peer(void)
{
	struct evtchn_alloc_unbound alloc = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
	struct evtchn_bind_interdomain bind = { .remote_dom = DOMID_SELF };
	struct evtchn_close close;
	struct evtchn_status s;

	evtchn(EVTCHNOP_alloc_unbound, &alloc);
	bind.remote_port = alloc.port;
	evtchn(EVTCHNOP_bind_interdomain, &bind);
	clear(bind.local_port);
	close.port = bind.local_port;
	CHECK_EQ(evtchn(EVTCHNOP_close, &close), 0, "close one end");
	CHECK(status_of(alloc.port, &s) == 0 && s.status == EVTCHNSTAT_unbound, "the other is unbound again");
	CHECK_EQ(evtchn(EVTCHNOP_bind_interdomain, &bind), 0, "and can be bound again");
}

static void test_many(void)
{
	struct evtchn_alloc_unbound alloc;
	struct evtchn_close close;
	unsigned int n = 0;

	for (; n < 600; n++) {
		alloc = (struct evtchn_alloc_unbound){ .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
		if (evtchn(EVTCHNOP_alloc_unbound, &alloc))
			break;
	}
	CHECK_EQ(n, 600, "600 ports");
	for (close.port = alloc.port; n; n--, close.port--)
		if (evtchn(EVTCHNOP_close, &close))
			break;
	CHECK_EQ(n, 0, "closed again");
}

static void test_fifo(void)
{
	struct evtchn_init_control init = { .control_gfn = kit_va_to_mfn(fifo_control), .offset = PAGE_SIZE - 64 };
	struct evtchn_expand_array expand = { .array_gfn = kit_va_to_mfn(fifo_array) };
	struct evtchn_fifo_control_block *cb = (void *)(fifo_control + 128);
	struct evtchn_bind_ipi ipi = { .vcpu = 0 }, second = { .vcpu = 0 };
	struct evtchn_set_priority prio;
	struct evtchn_send send;

	evtchn(EVTCHNOP_bind_ipi, &ipi);
	prio = (struct evtchn_set_priority){ .port = ipi.port, .priority = 3 };
	CHECK_EQ(evtchn(EVTCHNOP_set_priority, &prio), -XEN_ENOSYS, "priorities need FIFO");
	CHECK_EQ(evtchn(EVTCHNOP_expand_array, &expand), -XEN_EOPNOTSUPP, "and so does the array");
	CHECK_EQ(evtchn(EVTCHNOP_init_control, &init), -XEN_EINVAL, "a control block across the page's end");
	init.offset = 128, init.vcpu = 77;
	CHECK_EQ(evtchn(EVTCHNOP_init_control, &init), -XEN_ENOENT, "for vCPU 77");
	init.vcpu = 0;
	CHECK_EQ(evtchn(EVTCHNOP_init_control, &init), 0, "init_control");
	CHECK_EQ(init.link_bits, 17, "link bits");
	CHECK_EQ(evtchn(EVTCHNOP_init_control, &init), -XEN_EINVAL, "twice");
	CHECK_EQ(evtchn(EVTCHNOP_expand_array, &expand), 0, "expand_array");
	prio.priority = 16;
	CHECK_EQ(evtchn(EVTCHNOP_set_priority, &prio), -XEN_EINVAL, "priority 16");
	prio.priority = 3;
	CHECK_EQ(evtchn(EVTCHNOP_set_priority, &prio), 0, "priority 3");
	evtchn(EVTCHNOP_bind_ipi, &second);
	prio = (struct evtchn_set_priority){ .port = second.port, .priority = 3 };
	evtchn(EVTCHNOP_set_priority, &prio);

	upcalls = 0;
	send.port = ipi.port;
	CHECK_EQ(evtchn(EVTCHNOP_send, &send), 0, "send");
	CHECK(upcalls == 1 && cb->ready & 1U << 3 && cb->head[3] == ipi.port, "ready, and head of its queue");
	CHECK(fifo_array[ipi.port] >> EVTCHN_FIFO_PENDING & 1 && fifo_array[ipi.port] >> EVTCHN_FIFO_LINKED & 1, "pending and linked");
	send.port = second.port;
	evtchn(EVTCHNOP_send, &send);
	CHECK_EQ(fifo_array[ipi.port] & EVTCHN_FIFO_LINK_MASK, second.port, "the second is linked behind the first");
	CHECK_EQ(upcalls, 1, "without another upcall");

	/* Consume both; then mask, send, unmask. */
	cb->ready = 0, cb->head[3] = 0;
	fifo_array[ipi.port] = 0;
	fifo_array[second.port] = 1U << EVTCHN_FIFO_MASKED;
	evtchn(EVTCHNOP_send, &send);
	CHECK(upcalls == 1 && fifo_array[second.port] >> EVTCHN_FIFO_PENDING & 1, "masked: pending only");
	CHECK(!(fifo_array[second.port] >> EVTCHN_FIFO_LINKED & 1), "not linked");
	CHECK_EQ(evtchn(EVTCHNOP_unmask, &(struct evtchn_unmask){ .port = second.port }), 0, "unmask");
	CHECK_EQ(upcalls, 2, "brings it");

	/* A guest that scribbles over its queue harms itself only. */
	for (unsigned int i = 0; i < 1024; i++)
		fifo_array[i] = 0xffffffff;
	cb->head[3] = 0x1ffff, cb->ready = 0;
	for (int i = 0; i < 8; i++)
		evtchn(EVTCHNOP_send, &send);
	memset(fifo_array, 0, sizeof(fifo_array));
	CHECK_EQ(evtchn(EVTCHNOP_send, &send), 0, "still alive after garbage in the array");
}

/* Back to the bitmap, which is smaller than the table of ports has become: what lies beyond it is no port any more. */
static void test_reset(void)
{
	struct evtchn_alloc_unbound alloc = { 0 };
	struct evtchn_reset reset = { .dom = DOMID_SELF };
	struct sched_poll poll;
	struct evtchn_status s;
	uint32_t port;
	long rc;

	while (alloc.port < 4400) {
		alloc = (struct evtchn_alloc_unbound){ .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
		if (evtchn(EVTCHNOP_alloc_unbound, &alloc))
			break;
	}
	port = alloc.port;
	CHECK_EQ(port, 4400, "FIFO has more than 4096 ports");
	CHECK_EQ(evtchn(EVTCHNOP_reset, &reset), 0, "reset");
	/* Xen still knows the port, as one that is closed; we do not. Neither may touch the bitmap for it. */
	rc = evtchn(EVTCHNOP_unmask, &(struct evtchn_unmask){ .port = port });
	CHECK(rc == -XEN_EINVAL || rc == 0, "unmask of a port beyond the bitmap: %ld", rc);
	rc = status_of(port, &s);
	CHECK(rc == -XEN_EINVAL || (rc == 0 && s.status == EVTCHNSTAT_closed), "and its status: %ld", rc);
	poll = (struct sched_poll){ .ports = (uint64_t)&port, .nr_ports = 1, .timeout = 1 };
	rc = hypercall2(__HYPERVISOR_sched_op, SCHEDOP_poll, &poll);
	CHECK(rc == -XEN_EINVAL || rc == 0, "and a poll: %ld", rc);
	CHECK(evtchn(EVTCHNOP_alloc_unbound, &alloc) == 0 && alloc.port < 4096, "a new port is inside");
}

void kit_main(struct start_info *si)
{
	uint32_t port;

	(void)si;
	kit_map_shared_info();
	kit_traps_init();
	kit_event_handler(upcall);
	port = test_binding();
	test_errors(port);
	test_delivery();
	test_poll();
	test_close_peer();
	test_many();
	test_fifo();
	test_reset();
	tap_done();
}
