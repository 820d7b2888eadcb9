/* SPDX-License-Identifier: BSD-2-Clause */
/* vcpu_op and sched_op. */
#include <abi/sched.h>
#include <abi/vcpu.h>
#include "surface.h"

static uint8_t page[PAGE_SIZE] PAGE_ALIGNED;
static struct vcpu_guest_context context;

static long vcpu(unsigned int cmd, unsigned int id, const void *arg)
{
	return hypercall3(__HYPERVISOR_vcpu_op, cmd, id, arg);
}

static void vcpus(void)
{
	struct vcpu_runstate_info rs = { .state = 99 };
	struct vcpu_register_runstate_memory_area ra = { .addr.v = (uint64_t)&page[0] };
	struct vcpu_register_time_memory_area ta = { .addr.v = (uint64_t)&page[256] };
	struct vcpu_set_periodic_timer pt = { .period_ns = 999999 };
	struct vcpu_set_singleshot_timer st = { .timeout_abs_ns = 1 };
	struct vcpu_get_physid id;

	CHECK_EQ(vcpu(VCPUOP_is_up, 0, 0), 1, "is_up");
	CHECK_EQ(vcpu(VCPUOP_is_up, 8192, 0), -XEN_ENOENT, "is_up of vCPU 8192");
	CHECK_EQ(vcpu(99, 8192, 0), -XEN_ENOENT, "vcpu_op 99 of vCPU 8192");
	CHECK_EQ(vcpu(99, 0, 0), -XEN_ENOSYS, "vcpu_op 99");
	CHECK_EQ(vcpu(VCPUOP_initialise, 0, &context), -XEN_EEXIST, "initialise twice");
	CHECK_EQ(vcpu(VCPUOP_up, 0, 0), 0, "up when up");
	CHECK_EQ(vcpu(VCPUOP_get_runstate_info, 0, &rs), 0, "get_runstate_info");
	CHECK_EQ(rs.state, RUNSTATE_running, "running");
	CHECK_EQ(vcpu(VCPUOP_get_runstate_info, 0, (void *)BAD_POINTER), -XEN_EFAULT, "get_runstate_info, bad pointer");
	CHECK_EQ(vcpu(VCPUOP_register_runstate_memory_area, 0, &ra), 0, "register_runstate_memory_area");
	CHECK_EQ(((struct vcpu_runstate_info *)page)->state, RUNSTATE_running, "is written at once");
	ra.addr.v = BAD_POINTER;
	CHECK_EQ(vcpu(VCPUOP_register_runstate_memory_area, 0, &ra), -XEN_EFAULT, "runstate in the hypervisor");
	CHECK_EQ(vcpu(VCPUOP_register_runstate_memory_area, 0, (void *)BAD_POINTER), -XEN_EFAULT, "runstate, bad pointer");
	CHECK_EQ(vcpu(VCPUOP_register_vcpu_time_memory_area, 0, &ta), 0, "register_vcpu_time_memory_area");
	CHECK(((struct vcpu_time_info *)&page[256])->tsc_to_system_mul, "is written at once");
	ta.addr.v = BAD_POINTER;
	CHECK_EQ(vcpu(VCPUOP_register_vcpu_time_memory_area, 0, &ta), -XEN_EFAULT, "time in the hypervisor");
	ta.addr.v = 0;
	CHECK_EQ(vcpu(VCPUOP_register_vcpu_time_memory_area, 0, &ta), 0, "time unregistered");
	CHECK_EQ(vcpu(VCPUOP_set_periodic_timer, 0, &pt), -XEN_EINVAL, "period below a millisecond");
	pt.period_ns = 1UL << 63;
	CHECK_EQ(vcpu(VCPUOP_set_periodic_timer, 0, &pt), -XEN_EINVAL, "period of 292 years");
	pt.period_ns = 1000000;
	CHECK_EQ(vcpu(VCPUOP_set_periodic_timer, 0, &pt), 0, "set_periodic_timer");
	CHECK_EQ(vcpu(VCPUOP_set_periodic_timer, 0, (void *)BAD_POINTER), -XEN_EFAULT, "set_periodic_timer, bad pointer");
	CHECK_EQ(vcpu(VCPUOP_stop_periodic_timer, 0, 0), 0, "stop_periodic_timer");
	CHECK_EQ(vcpu(VCPUOP_set_singleshot_timer, 0, &st), 0, "set_singleshot_timer in the past");
	st.flags = VCPU_SSHOTTMR_future;
	CHECK_EQ(vcpu(VCPUOP_set_singleshot_timer, 0, &st), 0, "set_singleshot_timer in the past, future wanted");
	CHECK_EQ(vcpu(VCPUOP_set_singleshot_timer, 0, (void *)BAD_POINTER), -XEN_EFAULT, "set_singleshot_timer, bad pointer");
	CHECK_EQ(vcpu(VCPUOP_stop_singleshot_timer, 0, 0), 0, "stop_singleshot_timer");
	CHECK_EQ(vcpu(VCPUOP_send_nmi, 0, page), -XEN_EINVAL, "send_nmi with an argument");
	CHECK_DIFFERS(vcpu(VCPUOP_get_physid, 0, &id), -XEN_EINVAL, nr_cpus == 1 ? 0 : -XEN_EINVAL, "get_physid");
}

static void vcpu_info(void)
{
	struct vcpu_register_vcpu_info info = { .mfn = kit_va_to_mfn(page), .offset = PAGE_SIZE - 32 };

	CHECK_EQ(vcpu(VCPUOP_register_vcpu_info, 0, &info), -XEN_ENXIO, "vcpu_info over a page's end");
	info.offset = 4;
	CHECK_EQ(vcpu(VCPUOP_register_vcpu_info, 0, &info), -XEN_ENXIO, "vcpu_info not aligned");
	info = (struct vcpu_register_vcpu_info){ .mfn = 0xffffffffffUL };
	CHECK_EQ(vcpu(VCPUOP_register_vcpu_info, 0, &info), -XEN_EINVAL, "vcpu_info in no page");
	info.mfn = kit_va_to_mfn((void *)kit_start_info->pt_base);
	CHECK_EQ(vcpu(VCPUOP_register_vcpu_info, 0, &info), -XEN_EINVAL, "vcpu_info in a page table");
	CHECK_EQ(vcpu(VCPUOP_register_vcpu_info, 0, (void *)BAD_POINTER), -XEN_EFAULT, "vcpu_info, bad pointer");
}

static long sched(unsigned int cmd, const void *arg)
{
	return hypercall2(__HYPERVISOR_sched_op, cmd, arg);
}

static void scheds(void)
{
	uint32_t ports[2] = { 0, 0 };
	struct sched_poll p = { .nr_ports = 129, .ports = (uint64_t)ports };
	struct sched_remote_shutdown r = { .domain_id = NOBODY };
	struct sched_watchdog w = { .timeout = 0 };
	struct sched_pin_override pin = { .pcpu = 4000 };
	struct sched_shutdown code = { .reason = SHUTDOWN_reboot };
	long id;

	CHECK_EQ(sched(SCHEDOP_yield, 0), 0, "yield");
	CHECK_EQ(sched(SCHEDOP_poll, &p), -XEN_EINVAL, "poll of 129 ports");
	CHECK_EQ(sched(SCHEDOP_poll, (void *)BAD_POINTER), -XEN_EFAULT, "poll, bad pointer");
	p = (struct sched_poll){ .nr_ports = 1, .ports = BAD_POINTER };
	CHECK_EQ(sched(SCHEDOP_poll, &p), -XEN_EFAULT, "poll, bad list");
	ports[0] = 100000;
	p = (struct sched_poll){ .nr_ports = 1, .ports = (uint64_t)ports };
	CHECK_EQ(sched(SCHEDOP_poll, &p), -XEN_EINVAL, "poll of a port that is not");
	p = (struct sched_poll){ .nr_ports = 0, .timeout = 1 };
	CHECK_EQ(sched(SCHEDOP_poll, &p), 0, "poll of nothing until the past");
	CHECK_EQ(sched(SCHEDOP_remote_shutdown, &r), -XEN_ESRCH, "remote_shutdown of nobody");
	CHECK_EQ(sched(SCHEDOP_remote_shutdown, (void *)BAD_POINTER), -XEN_EFAULT, "remote_shutdown, bad pointer");
	CHECK_EQ(sched(SCHEDOP_shutdown, (void *)BAD_POINTER), -XEN_EFAULT, "shutdown, bad pointer");
	CHECK_EQ(sched(SCHEDOP_shutdown_code, &code), 0, "shutdown_code");
	CHECK_EQ(sched(SCHEDOP_shutdown_code, (void *)BAD_POINTER), -XEN_EFAULT, "shutdown_code, bad pointer");
	/* On Xen it bites at once. */
	if (!on_xen)
		CHECK_EQ(sched(SCHEDOP_watchdog, &w), -XEN_EINVAL, "watchdog that is none");
	w = (struct sched_watchdog){ .id = 1, .timeout = 10 };
	CHECK_EQ(sched(SCHEDOP_watchdog, &w), -XEN_EINVAL, "watchdog 1 before there is one");
	w = (struct sched_watchdog){ .id = 3, .timeout = 10 };
	CHECK_EQ(sched(SCHEDOP_watchdog, &w), -XEN_EINVAL, "watchdog 3");
	w = (struct sched_watchdog){ .timeout = 10000 };
	id = sched(SCHEDOP_watchdog, &w);
	CHECK_EQ(id, 1, "new watchdog");
	CHECK_EQ(sched(SCHEDOP_watchdog, &w), 2, "second watchdog");
	CHECK_EQ((int)sched(SCHEDOP_watchdog, &w), -XEN_ENOSPC, "third watchdog");
	w = (struct sched_watchdog){ .id = 1, .timeout = 10000 };
	CHECK_EQ(sched(SCHEDOP_watchdog, &w), 0, "watchdog again");
	w.timeout = 0;
	CHECK_EQ(sched(SCHEDOP_watchdog, &w), 0, "watchdog off");
	w.id = 2;
	CHECK_EQ(sched(SCHEDOP_watchdog, &w), 0, "second watchdog off");
	CHECK_EQ(sched(SCHEDOP_pin_override, &pin), -XEN_EINVAL, "pin_override to no CPU");
	pin.pcpu = -1;
	CHECK_DIFFERS(sched(SCHEDOP_pin_override, &pin), 0, -XEN_EINVAL, "pin_override released before there is one");
	pin.pcpu = 0;
	CHECK_EQ(sched(SCHEDOP_pin_override, &pin), 0, "pin_override");
	pin.pcpu = -1;
	CHECK_EQ(sched(SCHEDOP_pin_override, &pin), 0, "pin_override released again");
	CHECK_EQ(sched(8, 0), -XEN_ENOSYS, "sched_op 8");
}

void surface_sched(void)
{
	vcpus();
	vcpu_info();
	scheds();
}
