/* SPDX-License-Identifier: BSD-2-Clause */
/* Loads: one that never stops, one that mostly sleeps and notes how late it is woken. Time and sleep for all. */
#include <abi/event_channel.h>
#include <abi/sched.h>
#include <abi/vcpu.h>
#include "sched/sched.h"

#define SLEEP_MIN	(2 * MS)
#define SLEEP_SPREAD	(16 * MS)
#define AWAKE		(20000UL)	/* ns of work between two sleeps */

uint32_t load_latency[LATENCIES] PAGE_ALIGNED;
static uint32_t timer_port;
static volatile uint64_t woken_at;	/* when the timer's event came, 0 before */

static void upcall(struct kit_frame *f)
{
	(void)f;
	__atomic_store_n(&kit_vcpu_info()->evtchn_upcall_pending, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&kit_vcpu_info()->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
	if (__atomic_exchange_n(&kit_shared_info->evtchn_pending[timer_port / 64], 0, __ATOMIC_SEQ_CST))
		woken_at = kit_time();
}

void load_timer_init(void)
{
	struct evtchn_bind_virq bind = { .virq = VIRQ_TIMER, .vcpu = 0 };

	/* Xen starts every vCPU with a periodic timer of 10 ms. */
	bench_must(hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_stop_periodic_timer, 0, 0), "stop_periodic_timer");
	bench_must(hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_virq, &bind), "bind_virq");
	timer_port = bind.port;
	kit_event_handler(upcall);
}

uint64_t load_sleep_until(uint64_t at)
{
	struct vcpu_set_singleshot_timer t = { .timeout_abs_ns = at };

	woken_at = 0;
	bench_must(hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_set_singleshot_timer, 0, &t), "set_singleshot_timer");
	for (kit_events_disable(); !woken_at; kit_events_disable())
		hypercall2(__HYPERVISOR_sched_op, SCHEDOP_block, 0);
	return woken_at > at ? woken_at - at : 0;
}

void load_busy(void)
{
	struct load_comm *c = (struct load_comm *)peer_page;

	peer_start();
	bench_must(hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_stop_periodic_timer, 0, 0), "stop_periodic_timer");
	for (;;)
		c->work++;
}

/* Sleeps of 2 to 18 ms, so that wake-ups fall anywhere in the slices of the others. */
void load_sleeper(void)
{
	struct load_comm *c = (struct load_comm *)peer_page;
	uint64_t random = 0x2545f4914f6cdd1dUL, end;

	peer_start();
	load_timer_init();
	while (!c->stop && c->samples < LATENCIES) {
		random ^= random << 13, random ^= random >> 7, random ^= random << 17;
		load_latency[c->samples] = (uint32_t)load_sleep_until(kit_time() + SLEEP_MIN + random % SLEEP_SPREAD);
		c->samples++;
		for (end = kit_time() + AWAKE; kit_time() < end;)
			;
	}
	for (;;)
		hypercall2(__HYPERVISOR_sched_op, SCHEDOP_block, 0);
}
