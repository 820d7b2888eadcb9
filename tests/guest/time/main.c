/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Time (pv-abi 7): system time computed from the published parameters never goes back and agrees with what the
 * single-shot timer and the run states say.
 */
#include <abi/domctl.h>
#include <abi/event_channel.h>
#include <abi/sched.h>
#include <abi/vcpu.h>
#include "kit/kit.h"

#define MS 1000000UL

static volatile unsigned int ticks;
static uint32_t timer_port;
static struct vcpu_runstate_info runstate __attribute__((aligned(64)));

static void upcall(struct kit_frame *f)
{
	(void)f;
	ticks++;
	__atomic_store_n(&kit_vcpu_info()->evtchn_upcall_pending, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&kit_vcpu_info()->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
	__atomic_fetch_and(&kit_shared_info->evtchn_pending[timer_port / 64], ~(1UL << timer_port % 64), __ATOMIC_SEQ_CST);
}

static long set_timer(uint64_t at)
{
	struct vcpu_set_singleshot_timer t = { .timeout_abs_ns = at };

	return hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_set_singleshot_timer, 0, &t);
}

static void test_forward(void)
{
	uint64_t last = kit_time(), t, start = last;
	unsigned int back = 0;

	for (int i = 0; i < 20000; i++) {
		t = kit_time();
		back += t < last;
		last = t;
		if (i % 100 == 0)
			hypercall2(__HYPERVISOR_sched_op, SCHEDOP_yield, 0);
	}
	CHECK_EQ(back, 0, "time never goes back");
	CHECK(last > start, "and goes forward");
}

static void test_singleshot(void)
{
	struct evtchn_bind_virq bind = { .virq = VIRQ_TIMER, .vcpu = 0 };
	uint64_t start, late;

	/* Xen starts every vCPU with a periodic timer of 10 ms. */
	CHECK_EQ(hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_stop_periodic_timer, 0, 0), 0, "no periodic timer");
	CHECK_EQ(hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_virq, &bind), 0, "VIRQ_TIMER is bound");
	CHECK_EQ(hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_virq, &bind), -XEN_EEXIST, "but once");
	timer_port = bind.port;
	kit_events_enable();
	start = kit_time();
	CHECK_EQ(set_timer(start + 20 * MS), 0, "single-shot timer in 20 ms");
	kit_events_disable();
	hypercall2(__HYPERVISOR_sched_op, SCHEDOP_block, 0);
	late = kit_time();
	CHECK_EQ(ticks, 1, "block ends by the timer's event");
	CHECK(late >= start + 20 * MS, "not before its time");
	CHECK(late < start + 2000 * MS, "nor long after: %lu ms", (late - start) / MS);
	start = kit_time();
	set_timer(start + 10 * MS);
	while (ticks < 2 && kit_time() < start + 2000 * MS)
		;
	CHECK_EQ(ticks, 2, "it interrupts a busy guest");
	CHECK_EQ(set_timer(1), 0, "a time that has passed");
	for (start = kit_time(); ticks < 3 && kit_time() < start + 1000 * MS;)
		;
	CHECK_EQ(ticks, 3, "fires at once");
	set_timer(kit_time() + 30 * MS);
	CHECK_EQ(hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_stop_singleshot_timer, 0, 0), 0, "stopped");
	for (start = kit_time(); kit_time() < start + 60 * MS;)
		;
	CHECK_EQ(ticks, 3, "does not fire");
}

static void test_runstate(void)
{
	struct vcpu_register_runstate_memory_area area = { .addr.p = (uint64_t)&runstate };
	struct vcpu_runstate_info info;
	uint64_t start, blocked;

	CHECK_EQ(hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_register_runstate_memory_area, 0, &area), 0, "runstate area");
	CHECK_EQ(runstate.state, RUNSTATE_running, "says running");
	blocked = runstate.time[RUNSTATE_blocked];
	start = kit_time();
	set_timer(start + 30 * MS);
	hypercall2(__HYPERVISOR_sched_op, SCHEDOP_block, 0);
	CHECK_EQ(ticks, 4, "slept until the timer");
	CHECK(runstate.time[RUNSTATE_blocked] >= blocked + 20 * MS, "the sleep is counted as blocked");
	CHECK_EQ(runstate.state, RUNSTATE_running, "running again");
	CHECK_EQ(hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_get_runstate_info, 0, &info), 0, "get_runstate_info");
	CHECK(info.time[0] + info.time[1] + info.time[2] + info.time[3] <= kit_time(), "its times sum up to no more than the uptime");
}

/* What the vCPU says of itself lies between two answers of what dom0's tools would be told of it. */
static uint64_t billed(void)
{
	static struct xen_domctl op;

	op = (struct xen_domctl){ .cmd = XEN_DOMCTL_getvcpuinfo, .interface_version = XEN_DOMCTL_INTERFACE_VERSION };
	CHECK_EQ(hypercall1(__HYPERVISOR_domctl, &op), 0, "getvcpuinfo of oneself");
	return op.u.getvcpuinfo.cpu_time;
}

static void runstate_now(struct vcpu_runstate_info *info)
{
	CHECK_EQ(hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_get_runstate_info, 0, info), 0, "get_runstate_info");
}

static void test_bill(void)
{
	struct vcpu_runstate_info first, info;
	uint64_t begin = kit_time(), start, bill = billed(), before, after, slept;

	runstate_now(&first);
	for (start = kit_time(); kit_time() < start + 30 * MS;)
		;
	set_timer(kit_time() + 30 * MS);
	hypercall2(__HYPERVISOR_sched_op, SCHEDOP_block, 0);
	before = billed();
	runstate_now(&info);
	after = billed();
	slept = info.time[RUNSTATE_blocked] - first.time[RUNSTATE_blocked];
	CHECK(before <= info.time[RUNSTATE_running] && info.time[RUNSTATE_running] <= after,
	      "%lu ns of its own count are billed as %lu to %lu", info.time[RUNSTATE_running], before, after);
	CHECK(slept && after > bill, "what it computes is billed");
	CHECK(after - bill + slept <= kit_time() - begin + MS / 10, "and what it sleeps is not");
}

static void test_poll_timeout(void)
{
	struct sched_poll poll = { .ports = (uint64_t)&timer_port, .nr_ports = 1 };
	uint64_t start = kit_time();

	kit_events_disable();
	poll.timeout = start + 25 * MS;
	CHECK_EQ(hypercall2(__HYPERVISOR_sched_op, SCHEDOP_poll, &poll), 0, "poll with a timeout");
	CHECK(kit_time() >= start + 25 * MS, "sleeps until then");
}

void kit_main(struct start_info *si)
{
	(void)si;
	kit_map_shared_info();
	kit_traps_init();
	kit_event_handler(upcall);
	test_forward();
	test_singleshot();
	test_runstate();
	test_bill();
	test_poll_timeout();
	tap_done();
}
