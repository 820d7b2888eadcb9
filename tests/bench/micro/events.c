/* SPDX-License-Identifier: BSD-2-Clause */
/* Events of a domain to itself, and its timer. Ports of the 2-level interface. */
#include <abi/callback.h>
#include <abi/event_channel.h>
#include <abi/vcpu.h>
#include "micro/micro.h"

#define ROUNDS 500

static struct evtchn_send self;

void bench_event_callback(const char *stub)
{
	struct callback_register cb = {
		.type = CALLBACKTYPE_event, .flags = CALLBACKF_mask_events, .address = (uint64_t)stub,
	};

	bench_must(hypercall2(__HYPERVISOR_callback_op, CALLBACKOP_register, &cb), "callback_op");
}

static uint64_t send_self(unsigned long n)
{
	volatile struct vcpu_info *vi = kit_vcpu_info();
	volatile struct shared_info *si = kit_shared_info;

	return BENCH_LOOP(n, {
		bench_failed |= hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_send, &self);
		si->evtchn_pending[0] = 0;
		vi->evtchn_pending_sel = 0;
		vi->evtchn_upcall_pending = 0;
	});
}

static uint64_t send_self_upcall(unsigned long n)
{
	uint64_t before = bench_events_seen[0], t;

	kit_vcpu_info()->evtchn_upcall_mask = 0;
	t = BENCH_LOOP(n, bench_failed |= hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_send, &self));
	kit_vcpu_info()->evtchn_upcall_mask = 1;
	bench_failed |= bench_events_seen[0] - before != n;
	return t;
}

static uint64_t send_masked(unsigned long n)
{
	uint64_t t;

	kit_shared_info->evtchn_mask[0] = 1UL << self.port;
	t = BENCH_LOOP(n, {
		bench_failed |= hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_send, &self);
		kit_shared_info->evtchn_pending[0] = 0;
	});
	kit_shared_info->evtchn_mask[0] = 0;
	return t;
}

static uint64_t arm_timer(unsigned long n)
{
	struct vcpu_set_singleshot_timer t = { .timeout_abs_ns = kit_vcpu_info()->time.system_time + 3600000000000UL };
	uint64_t sum = BENCH_LOOP(n, {
		t.timeout_abs_ns += 1000;
		bench_failed |= hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_set_singleshot_timer, 0, &t);
	});

	bench_failed |= hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_stop_singleshot_timer, 0, 0);
	return sum;
}

/* A time that has passed: from the call to the handler and back. */
static uint64_t fire_timer(unsigned long n)
{
	struct vcpu_set_singleshot_timer t = { .timeout_abs_ns = 1 };
	uint64_t sum;

	kit_vcpu_info()->evtchn_upcall_mask = 0;
	sum = BENCH_LOOP(n, {
		uint64_t before = bench_events_seen[0];

		bench_failed |= hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_set_singleshot_timer, 0, &t);
		while (bench_events_seen[0] == before)
			__asm__ volatile("pause");
	});
	kit_vcpu_info()->evtchn_upcall_mask = 1;
	return sum;
}

void bench_events(void)
{
	struct evtchn_bind_ipi ipi = { .vcpu = 0 };
	struct evtchn_bind_virq timer = { .virq = VIRQ_TIMER, .vcpu = 0 };
	static const struct bench sends[] = {
		{ "event to oneself: masked port", send_masked, ROUNDS, BENCH_AROUND, NULL },
		{ "event to oneself: upcalls masked", send_self, ROUNDS, BENCH_AROUND, NULL },
		{ "event to oneself: with upcall and iret", send_self_upcall, ROUNDS, BENCH_AROUND, NULL },
	}, timers[] = {
		{ "single-shot timer: arming", arm_timer, ROUNDS, BENCH_AROUND, NULL },
		{ "single-shot timer in the past: until handled", fire_timer, ROUNDS, BENCH_AROUND, NULL },
	};

	bench_must(hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_stop_periodic_timer, 0, 0), "stop_periodic_timer");
	bench_must(hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_ipi, &ipi), "bind_ipi");
	bench_must(hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_virq, &timer), "bind_virq");
	bench_event_callback(bench_event_stub);
	self.port = bench_port[0] = ipi.port;
	for (unsigned int i = 0; i < 3; i++)
		bench_run(&sends[i]);
	bench_port[0] = timer.port;
	for (unsigned int i = 0; i < 2; i++)
		bench_run(&timers[i]);
}
