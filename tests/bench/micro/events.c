/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events of a domain to itself, and its timer. Ports of the 2-level interface first; bench_fifo() changes to queues, which
 * is what Linux uses, and there is no way back.
 */
#include <abi/callback.h>
#include <abi/event_channel.h>
#include <abi/sched.h>
#include <abi/vcpu.h>
#include "micro/micro.h"

#define ROUNDS		500
#define TIMER_AHEAD	200000UL	/* ticks; longer than arming takes */

static struct evtchn_send self;
uint32_t bench_timer_port;

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

uint64_t bench_ns_at(uint64_t at)
{
	const struct vcpu_time_info t = kit_vcpu_info()->time;
	uint64_t delta = at - t.tsc_timestamp;

	delta = t.tsc_shift < 0 ? delta >> -t.tsc_shift : delta << t.tsc_shift;
	return t.system_time + (uint64_t)((unsigned __int128)delta * t.tsc_to_system_mul >> 32);
}

/* From the moment that was asked for until the code behind the handler runs; the vCPU spins or is blocked meanwhile. */
static uint64_t timer_lateness(unsigned long n, bool block)
{
	uint64_t sum = 0;

	for (unsigned long i = 0; i < n; i++) {
		uint64_t seen = bench_events_seen[0], due = ticks() + TIMER_AHEAD, now;
		struct vcpu_set_singleshot_timer t = { .timeout_abs_ns = bench_ns_at(due) };

		/*
		 * Who spins unmasks before he arms, as nobody delivers what is pending at an unmasking; who blocks stays
		 * masked, so that the event cannot come between the look and the call, which unmasks.
		 */
		kit_vcpu_info()->evtchn_upcall_mask = block;
		bench_failed |= hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_set_singleshot_timer, 0, &t);
		while (bench_events_seen[0] == seen)
			if (block) {
				hypercall2(__HYPERVISOR_sched_op, SCHEDOP_block, 0);
				kit_vcpu_info()->evtchn_upcall_mask = 1;
			}
		now = ticks();
		kit_vcpu_info()->evtchn_upcall_mask = 1;
		sum += now > due ? now - due : 0;
	}
	return sum;
}

static uint64_t timer_busy(unsigned long n)
{
	return timer_lateness(n, false);
}

static uint64_t timer_idle(unsigned long n)
{
	return timer_lateness(n, true);
}

/* ---- queues --------------------------------------------------------------------------------------------- */

static uint32_t fifo_words[1024] PAGE_ALIGNED;
static struct evtchn_fifo_control_block fifo_control PAGE_ALIGNED;

static uint64_t fifo_send(unsigned long n)
{
	volatile struct vcpu_info *vi = kit_vcpu_info();

	return BENCH_LOOP(n, {
		bench_failed |= hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_send, &self);
		*(volatile uint32_t *)&fifo_words[self.port] = 0;
		*(volatile uint32_t *)&fifo_control.ready = 0;
		vi->evtchn_upcall_pending = 0;
	});
}

void bench_fifo(void)
{
	struct evtchn_init_control init = { .control_gfn = kit_va_to_mfn(&fifo_control) };
	struct evtchn_expand_array expand = { .array_gfn = kit_va_to_mfn(fifo_words) };
	static const struct bench list[] = {
		{ "event to oneself: queues and upcalls masked", fifo_send, ROUNDS, BENCH_AROUND, NULL },
	};

	kit_vcpu_info()->evtchn_upcall_mask = 1;
	bench_must(hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_init_control, &init), "init_control");
	bench_must(hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_expand_array, &expand), "expand_array");
	bench_run(&list[0]);
	bench_failed = fifo_control.head[7] != self.port;
	bench_must(bench_failed, "the event is in its queue");
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
		{ "single-shot timer: lateness for a busy vCPU", timer_busy, ROUNDS / 10, BENCH_EACH, NULL },
		{ "single-shot timer: lateness for a blocked vCPU", timer_idle, ROUNDS / 10, BENCH_EACH, NULL },
	};

	bench_must(hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_stop_periodic_timer, 0, 0), "stop_periodic_timer");
	bench_must(hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_ipi, &ipi), "bind_ipi");
	bench_must(hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_virq, &timer), "bind_virq");
	bench_event_callback(bench_event_stub);
	self.port = bench_port[0] = ipi.port;
	for (unsigned int i = 0; i < sizeof(sends) / sizeof(sends[0]); i++)
		bench_run(&sends[i]);
	bench_port[0] = bench_timer_port = timer.port;
	for (unsigned int i = 0; i < sizeof(timers) / sizeof(timers[0]); i++)
		bench_run(&timers[i]);
}
