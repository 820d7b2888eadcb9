/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See events.h. Handlers are few, ports may be many: a byte a port says which handler is its own.
 */
#include <abi/event_channel.h>
#include <abi/sched.h>
#include <abi/vcpu.h>
#include "kit/event_fifo.h"
#include "kit/events.h"
#include "kit/kit.h"
#include "kit/lock.h"
#include "kit/memory.h"

#define PORTS		EVTCHN_2L_NR_CHANNELS
#define CONTROL_STRIDE	128U	/* a control block has 72 bytes */

struct handler {
	uint32_t port;		/* 0: free */
	unsigned int vcpu;
	void (*fn)(void *arg);
	void *arg;
};

static struct handler handlers[KIT_PORTS_MAX + 1];	/* the first is nobody's */
static uint8_t handler_of[PORTS];
static struct kit_lock lock;

static bool fifo;
static uint8_t *control;
static uint32_t *words[PORTS / KIT_FIFO_WORDS];
static struct kit_fifo queues[KIT_MAX_VCPUS];

/* ---- handlers ---- */

static bool call(uint32_t port)
{
	const struct handler *h = port < PORTS ? &handlers[handler_of[port]] : &handlers[0];

	if (!h->fn)
		return false;
	h->fn(h->arg);
	return true;
}

/* Makes sure that there are words for a port. */
static int fifo_reach(uint32_t port)
{
	struct evtchn_expand_array op;
	uint32_t *page;
	int rc;

	while (port >= queues[0].nr_ports) {
		page = kit_page_alloc(1);
		if (!page)
			return -XEN_ENOMEM;
		op.array_gfn = kit_va_to_mfn(page);
		words[queues[0].nr_ports / KIT_FIFO_WORDS] = page;
		rc = (int)kit_evtchn(EVTCHNOP_expand_array, &op);
		if (rc)
			return rc;
		for (unsigned int v = 0; v < KIT_MAX_VCPUS; v++)
			queues[v].nr_ports += KIT_FIFO_WORDS;
	}
	return 0;
}

static int add(uint32_t port, void (*fn)(void *), void *arg)
{
	unsigned int i = 1;
	int rc;

	if (port == 0 || port >= PORTS)
		return -XEN_ENOSPC;
	if (handler_of[port])
		return -XEN_EEXIST;
	while (i <= KIT_PORTS_MAX && handlers[i].port)
		i++;
	if (i > KIT_PORTS_MAX)
		return -XEN_ENOSPC;
	rc = fifo ? fifo_reach(port) : 0;
	if (rc)
		return rc;
	handlers[i] = (struct handler){ port, kit_vcpu_id(), fn, arg };
	/* Release: another vCPU that finds the handler finds it whole. */
	__atomic_store_n(&handler_of[port], (uint8_t)i, __ATOMIC_RELEASE);
	return 0;
}

int kit_listen(uint32_t port, void (*fn)(void *arg), void *arg)
{
	struct evtchn_bind_vcpu bind = { .port = port, .vcpu = kit_vcpu_id() };
	int rc;

	kit_lock(&lock);
	rc = add(port, fn, arg);
	kit_unlock(&lock);
	/* Ports of one vCPU (its IPIs, its timer) refuse to be moved, and need not be. */
	if (!rc && bind.vcpu)
		kit_evtchn(EVTCHNOP_bind_vcpu, &bind);
	return rc;
}

void kit_unlisten(uint32_t port)
{
	unsigned int i;

	kit_lock(&lock);
	if (port < PORTS && handler_of[port]) {
		i = handler_of[port];
		__atomic_store_n(&handler_of[port], 0, __ATOMIC_RELEASE);
		handlers[i] = (struct handler){ 0 };
	}
	kit_unlock(&lock);
}

int kit_port_open(uint16_t domid)
{
	struct evtchn_alloc_unbound op = { .dom = DOMID_SELF, .remote_dom = domid };
	int rc = (int)kit_evtchn(EVTCHNOP_alloc_unbound, &op);

	return rc ? rc : (int)op.port;
}

void kit_port_close(uint32_t port)
{
	struct evtchn_close op = { .port = port };

	kit_unlisten(port);
	kit_evtchn(EVTCHNOP_close, &op);
}

/* ---- what is pending ---- */

/* Another vCPU's port may stand in the same word; its own selector leads it there. */
static bool mine(uint32_t port, unsigned int vcpu)
{
	return !handler_of[port] || handlers[handler_of[port]].vcpu == vcpu;
}

static bool dispatch_word(unsigned int word, unsigned int vcpu)
{
	uint64_t *pending = &kit_shared_info->evtchn_pending[word];
	uint64_t ready = __atomic_load_n(pending, __ATOMIC_SEQ_CST) &
		~__atomic_load_n(&kit_shared_info->evtchn_mask[word], __ATOMIC_SEQ_CST);
	bool any = false;

	for (; ready; ready &= ready - 1) {
		uint32_t bit = (uint32_t)__builtin_ctzl(ready), port = word * 64 + bit;

		if (mine(port, vcpu) && __atomic_fetch_and(pending, ~(1UL << bit), __ATOMIC_SEQ_CST) >> bit & 1)
			any |= call(port);
	}
	return any;
}

static bool dispatch_two_level(unsigned int vcpu)
{
	uint64_t selected = __atomic_exchange_n(&kit_vcpu_info()->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
	bool any = false;

	for (; selected; selected &= selected - 1)
		any |= dispatch_word((unsigned int)__builtin_ctzl(selected), vcpu);
	return any;
}

/* As many at a time as can be out: who sends without end does not keep the loop from its timers. */
static bool dispatch_fifo(unsigned int vcpu)
{
	uint32_t port;
	bool any = false;

	for (unsigned int n = 0; n < KIT_PORTS_MAX && (port = kit_fifo_next(&queues[vcpu])); n++)
		any |= call(port);
	return any;
}

bool kit_events_dispatch(void)
{
	struct vcpu_info *info = kit_vcpu_info();
	unsigned int vcpu = kit_vcpu_id();

	if (fifo && queues[vcpu].ready)
		return dispatch_fifo(vcpu);
	if (!__atomic_load_n(&info->evtchn_upcall_pending, __ATOMIC_ACQUIRE))
		return false;
	__atomic_store_n(&info->evtchn_upcall_pending, 0, __ATOMIC_SEQ_CST);
	return fifo ? dispatch_fifo(vcpu) : dispatch_two_level(vcpu);
}

/* ---- sleep ---- */

static void poll(const uint32_t *ports, uint32_t n, uint64_t until)
{
	struct sched_poll op = { .ports = (uint64_t)ports, .nr_ports = n, .timeout = until };

	hypercall2(__HYPERVISOR_sched_op, SCHEDOP_poll, &op);
}

void kit_events_wait(uint64_t until)
{
	uint32_t ports[KIT_PORTS_MAX], n = 0;
	unsigned int vcpu = kit_vcpu_id();

	for (unsigned int i = 1; i <= KIT_PORTS_MAX; i++)
		if (handlers[i].port && handlers[i].vcpu == vcpu)
			ports[n++] = handlers[i].port;
	poll(ports, n, until);
}

void kit_port_wait(uint32_t port, uint64_t until)
{
	poll(&port, 1, until);
}

void kit_port_clear(uint32_t port)
{
	if (!fifo)
		__atomic_fetch_and(&kit_shared_info->evtchn_pending[port / 64], ~(1UL << port % 64), __ATOMIC_SEQ_CST);
	else if (port < queues[0].nr_ports)
		kit_fifo_clear(&queues[0], port);
}

static void upcall(struct kit_frame *f)
{
	(void)f;
	kit_events_dispatch();
}

void kit_events_init(void)
{
	kit_event_handler(upcall);
}

/* ---- FIFO ---- */

static int fifo_control(void)
{
	for (unsigned int v = 0; v < KIT_MAX_VCPUS; v++) {
		struct evtchn_init_control op = { .control_gfn = kit_va_to_mfn(control), .offset = v * CONTROL_STRIDE, .vcpu = v };
		int rc = (int)kit_evtchn(EVTCHNOP_init_control, &op);

		if (rc == -XEN_ENOENT && v)
			return 0;
		if (rc)
			return rc;
		queues[v] = (struct kit_fifo){
			.control = (struct evtchn_fifo_control_block *)(control + v * CONTROL_STRIDE), .pages = words,
		};
	}
	return 0;
}

int kit_events_fifo(void)
{
	int rc;

	if (fifo)
		return 0;
	if (!control && !(control = kit_page_alloc(1)))
		return -XEN_ENOMEM;
	rc = fifo_control();
	if (rc)
		return rc;
	fifo = true;
	for (unsigned int i = 1; i <= KIT_PORTS_MAX && !rc; i++)
		rc = handlers[i].port ? fifo_reach(handlers[i].port) : 0;
	return rc;
}

bool kit_events_are_fifo(void)
{
	return fifo;
}

void kit_events_resume(void)
{
	memset(handlers, 0, sizeof(handlers));
	memset(handler_of, 0, sizeof(handler_of));
	if (!fifo)
		return;
	for (unsigned int i = 0; i < PORTS / KIT_FIFO_WORDS; i++) {
		kit_page_free(words[i], 1);
		words[i] = NULL;
	}
	memset(control, 0, PAGE_SIZE);
	if (fifo_control())
		kit_bail("no FIFO events after a resume");
}
