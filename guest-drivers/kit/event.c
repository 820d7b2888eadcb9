/* SPDX-License-Identifier: BSD-2-Clause */
/* 2-level events: an upcall clears and dispatches what is pending for its vCPU. Ports are bound by the tests. */
#include <abi/event_channel.h>
#include "kit/kit.h"

static kit_port_fn handlers[EVTCHN_2L_NR_CHANNELS];

static void dispatch_word(unsigned int word)
{
	uint64_t ready = __atomic_load_n(&kit_shared_info->evtchn_pending[word], __ATOMIC_SEQ_CST) &
		~__atomic_load_n(&kit_shared_info->evtchn_mask[word], __ATOMIC_SEQ_CST);
	uint32_t port;

	while (ready) {
		port = word * 64 + (unsigned int)__builtin_ctzl(ready);
		ready &= ready - 1;
		if (__atomic_fetch_and(&kit_shared_info->evtchn_pending[word], ~(1UL << port % 64), __ATOMIC_SEQ_CST) >> port % 64 & 1 &&
		    handlers[port])
			handlers[port](port);
	}
}

static void upcall(struct kit_frame *f)
{
	struct vcpu_info *info = kit_vcpu_info();
	uint64_t words;

	(void)f;
	__atomic_store_n(&info->evtchn_upcall_pending, 0, __ATOMIC_SEQ_CST);
	words = __atomic_exchange_n(&info->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
	for (; words; words &= words - 1)
		dispatch_word((unsigned int)__builtin_ctzl(words));
}

void kit_events_init(void)
{
	kit_event_handler(upcall);
}

void kit_port_handler(uint32_t port, kit_port_fn fn)
{
	handlers[port] = fn;
}

long kit_evtchn(unsigned int cmd, void *arg)
{
	return hypercall2(__HYPERVISOR_event_channel_op, cmd, arg);
}

int kit_ipi_bind(unsigned int vcpu)
{
	struct evtchn_bind_ipi bind = { .vcpu = vcpu };
	long rc = kit_evtchn(EVTCHNOP_bind_ipi, &bind);

	return rc ? (int)rc : (int)bind.port;
}

long kit_send(uint32_t port)
{
	struct evtchn_send send = { .port = port };

	return kit_evtchn(EVTCHNOP_send, &send);
}
