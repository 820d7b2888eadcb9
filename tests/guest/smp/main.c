/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Several vCPUs of one domain: they come up with the context they were given, run at the same time as far as anybody can
 * tell, take interrupts from each other and faults of their own, go down and come up again.
 */
#include <abi/event_channel.h>
#include <abi/vcpu.h>
#include "kit/events.h"
#include "kit/kit.h"

#define ROUNDS 200

static unsigned int vcpus;
static struct kit_barrier barrier;
static volatile uint32_t lane[KIT_MAX_VCPUS], sum, hits[KIT_MAX_VCPUS];
static struct kit_fault fault[KIT_MAX_VCPUS];
static volatile unsigned int seen_id[KIT_MAX_VCPUS];
static volatile bool wrong_round;

static void identify(void *arg)
{
	seen_id[(uint64_t)arg] = kit_vcpu_id();
}

static void march(void *arg)
{
	unsigned int me = (unsigned int)(uint64_t)arg;

	for (uint32_t i = 0; i < ROUNDS; i++) {
		lane[me] = i;
		kit_barrier(&barrier, vcpus);
		for (unsigned int v = 0; v < vcpus; v++)
			if (lane[v] != i)
				wrong_round = true;
		__atomic_add_fetch(&sum, 1, __ATOMIC_RELAXED);
		kit_barrier(&barrier, vcpus);
	}
}

static void trip(void *arg)
{
	uint64_t me = (uint64_t)arg, value;

	KIT_CATCH(&fault[me], "mov (%1), %0", "=r"(value), "r"(0x100000000000UL + me * PAGE_SIZE));
}

static void count(void *arg)
{
	(void)arg;
	__atomic_add_fetch(&hits[kit_vcpu_id()], 1, __ATOMIC_SEQ_CST);
}

static void open_ears(void *arg)
{
	kit_listen((uint32_t)(uint64_t)arg, count, NULL);
	kit_events_enable();
	KIT_WAIT(hits[kit_vcpu_id()], "an interrupt from another vCPU");
	kit_events_disable();
}

static void test_start(void)
{
	static struct vcpu_guest_context none;

	vcpus = kit_smp_init(KIT_MAX_VCPUS);
	CHECK(vcpus > 1, "%u vCPUs run", vcpus);
	for (unsigned int v = 1; v < vcpus; v++) {
		kit_vcpu_run(v, identify, (void *)(uint64_t)v);
		kit_vcpu_wait(v);
		CHECK(seen_id[v] == v, "vCPU %u is on its own stack", v);
		CHECK_EQ(hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_initialise, v, &none), -XEN_EEXIST, "and is initialised once");
		CHECK_EQ(hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_is_up, v, 0), 1, "and is up");
	}
	CHECK_EQ(hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_is_up, 100000, 0), -XEN_ENOENT, "there is no vCPU 100000");
}

static void test_together(void)
{
	for (unsigned int v = 1; v < vcpus; v++)
		kit_vcpu_run(v, march, (void *)(uint64_t)v);
	march(NULL);
	for (unsigned int v = 1; v < vcpus; v++)
		kit_vcpu_wait(v);
	CHECK(!wrong_round, "nobody passes a barrier early");
	CHECK_EQ(sum, ROUNDS * vcpus, "and nobody misses a round");
}

static void test_faults(void)
{
	for (unsigned int v = 1; v < vcpus; v++)
		kit_vcpu_run(v, trip, (void *)(uint64_t)v);
	trip(NULL);
	for (unsigned int v = 1; v < vcpus; v++)
		kit_vcpu_wait(v);
	for (unsigned int v = 0; v < vcpus; v++)
		CHECK(fault[v].seen && fault[v].vector == 14 && fault[v].cr2 == 0x100000000000UL + v * PAGE_SIZE,
		      "a page fault of vCPU %u is its own: cr2 %lx", v, fault[v].cr2);
}

static void test_interrupts(void)
{
	kit_events_init();
	for (unsigned int v = 1; v < vcpus; v++) {
		int p = kit_ipi_bind(v);

		CHECK(p > 0, "vCPU %u has port %d", v, p);
		kit_vcpu_run(v, open_ears, (void *)(uint64_t)p);
		CHECK_EQ(kit_send((uint32_t)p), 0, "which another sends to");
		kit_vcpu_wait(v);
		CHECK(hits[v] == 1 && !hits[0], "and it comes to vCPU %u once: %u %u", v, hits[v], hits[0]);
	}
}

static void go_down(void *arg)
{
	(void)arg;
	hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_down, kit_vcpu_id(), 0);
	seen_id[kit_vcpu_id()] = 1000;
}

static void test_down_and_up(void)
{
	kit_vcpu_run(1, go_down, NULL);
	KIT_WAIT(!hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_is_up, 1, 0), "the end of vCPU 1");
	CHECK(seen_id[1] != 1000, "vCPU 1 is down");
	CHECK_EQ(hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_up, 1, 0), 0, "and up again");
	kit_vcpu_wait(1);
	CHECK(seen_id[1] == 1000, "and goes on where it stopped");
}

void kit_main(struct start_info *si)
{
	(void)si;
	kit_map_shared_info();
	kit_traps_init();
	test_start();
	test_together();
	test_faults();
	test_interrupts();
	test_down_and_up();
	tap_done();
}
