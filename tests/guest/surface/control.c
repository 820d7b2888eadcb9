/* SPDX-License-Identifier: BSD-2-Clause */
/* domctl and sysctl: every command, on the child while it waits to start. */
#include <abi/memory.h>
#include <abi/sysctl.h>
#include "surface.h"

#define PATIENCE 1000000u

static struct xen_domctl op;
static struct xen_sysctl sc;
static struct vcpu_guest_context context;
static uint8_t buffer[16384] PAGE_ALIGNED;

static long dom(uint32_t cmd, uint16_t id)
{
	return domctl(cmd, id, &op);
}

static void *fresh(void)
{
	memset(&op, 0, sizeof(op));
	return buffer;
}

static long create(uint16_t want, struct xen_domctl_createdomain c)
{
	fresh();
	op.u.createdomain = c;
	return dom(XEN_DOMCTL_createdomain, want);
}

/* A dead domain is there until its last reference goes, and dies again with success. */
static long gone(uint16_t id)
{
	long rc = 0;

	for (unsigned int i = 0; !rc && i < PATIENCE; i++)
		rc = dom(XEN_DOMCTL_destroydomain, id);
	return rc;
}

static void births(uint16_t child)
{
	const struct xen_domctl_createdomain good = { .max_vcpus = 1, .max_evtchn_port = 1023, .max_grant_frames = 4,
						      .max_maptrack_frames = 4, .grant_opts = 1 };
	struct xen_domctl_createdomain c;

	CHECK_EQ(create(child, good), -XEN_EEXIST, "createdomain of an id in use");
	c = good, c.max_vcpus = 0;
	CHECK_EQ(create(0, c), -XEN_EINVAL, "createdomain without vCPUs");
	c = good, c.max_vcpus = 100000;
	CHECK_EQ(create(0, c), -XEN_EINVAL, "createdomain with 100000 vCPUs");
	c = good, c.flags = 1u << 30;
	CHECK_EQ(create(0, c), -XEN_EINVAL, "createdomain with unknown flags");
	c = good, c.flags = XEN_DOMCTL_CDF_hap;
	CHECK_EQ(create(0, c), -XEN_EINVAL, "createdomain with HAP but not HVM");
	c = good, c.flags = XEN_DOMCTL_CDF_iommu;
	CHECK_EQ(create(0, c), -XEN_EINVAL, "createdomain with an IOMMU");
	c = good, c.iommu_opts = 1;
	CHECK_EQ(create(0, c), -XEN_EINVAL, "createdomain with IOMMU options");
	c = good, c.arch.emulation_flags = XEN_X86_EMU_LAPIC;
	CHECK_EQ(create(0, c), -XEN_EOPNOTSUPP, "createdomain with emulated devices");
	c = good, c.arch.misc_flags = 2;
	CHECK_EQ(create(0, c), -XEN_EINVAL, "createdomain with unknown misc flags");
	c = good, c.grant_opts = 3;
	CHECK_EQ(create(0, c), -XEN_EINVAL, "createdomain with grants of version 3");
	c = good, c.max_grant_frames = 1 << 20;
	CHECK_EQ(create(0, c), -XEN_EINVAL, "createdomain with 2^20 grant frames");
	c = good, c.vmtrace_size = 4096;
	CHECK_EQ(create(0, c), -XEN_EINVAL, "createdomain with vmtrace");
	c = good, c.cpupool_id = 7;
	CHECK_EQ(create(0, c), -XEN_ESRCH, "createdomain in no pool");
	CHECK_EQ(create(77, good), 0, "createdomain 77");
	CHECK_EQ(op.domain, 77, "its id");
	fresh();
	op.u.max_vcpus.max = 2;
	CHECK_EQ(dom(XEN_DOMCTL_max_vcpus, 77), -XEN_EINVAL, "max_vcpus of another number");
	op.u.max_vcpus.max = 1;
	CHECK_EQ(dom(XEN_DOMCTL_max_vcpus, 77), 0, "max_vcpus");
	CHECK_EQ(dom(XEN_DOMCTL_max_vcpus, 77), 0, "max_vcpus again");
	op.u.vcpucontext = (struct xen_domctl_vcpucontext){ .ctxt = (uint64_t)&context };
	CHECK_EQ(dom(XEN_DOMCTL_getvcpucontext, 77), -XEN_ENODATA, "getvcpucontext without one");
	op.u.vcpucontext = (struct xen_domctl_vcpucontext){ .ctxt = (uint64_t)&context };
	CHECK_EQ(dom(XEN_DOMCTL_setvcpucontext, 77), -XEN_EINVAL, "setvcpucontext of nothing");
	op.u.vcpucontext = (struct xen_domctl_vcpucontext){ .vcpu = 1 };
	CHECK_EQ(dom(XEN_DOMCTL_setvcpucontext, 77), -XEN_EINVAL, "setvcpucontext of vCPU 1");
	CHECK_EQ(dom(XEN_DOMCTL_unpausedomain, 77), 0, "unpausedomain");
	CHECK_EQ(dom(XEN_DOMCTL_unpausedomain, 77), -XEN_EINVAL, "unpausedomain twice");
	CHECK_EQ(dom(XEN_DOMCTL_pausedomain, 77), 0, "pausedomain");
	CHECK_EQ(dom(XEN_DOMCTL_destroydomain, 77), 0, "destroydomain");
	CHECK_EQ(gone(77), -XEN_ESRCH, "destroydomain until there is nothing left");
}

static void self(void)
{
	static const struct { uint16_t cmd; int rc; const char *what; } cmds[] = {
		{ XEN_DOMCTL_destroydomain, -XEN_EINVAL, "destroydomain of self" },
		{ XEN_DOMCTL_pausedomain, -XEN_EINVAL, "pausedomain of self" },
		{ XEN_DOMCTL_unpausedomain, -XEN_EINVAL, "unpausedomain of self" },
		{ XEN_DOMCTL_resumedomain, -XEN_EINVAL, "resumedomain of self" },
		{ XEN_DOMCTL_setvcpucontext, -XEN_EINVAL, "setvcpucontext of self" },
		{ XEN_DOMCTL_getvcpucontext, -XEN_EINVAL, "getvcpucontext of self" },
		{ XEN_DOMCTL_max_vcpus, -XEN_EINVAL, "max_vcpus of self" },
		{ XEN_DOMCTL_gettscinfo, -XEN_EINVAL, "gettscinfo of self" },
		{ XEN_DOMCTL_settscinfo, -XEN_EINVAL, "settscinfo of self" },
		{ XEN_DOMCTL_shadow_op, -XEN_EINVAL, "shadow_op of self" },
		{ XEN_DOMCTL_set_cpu_policy, -XEN_EINVAL, "set_cpu_policy of self" },
		{ XEN_DOMCTL_get_ext_vcpucontext, -XEN_ESRCH, "get_ext_vcpucontext of self" },
		{ XEN_DOMCTL_set_ext_vcpucontext, -XEN_ESRCH, "set_ext_vcpucontext of self" },
		{ XEN_DOMCTL_getvcpuextstate, -XEN_EINVAL, "getvcpuextstate of self" },
		{ XEN_DOMCTL_setvcpuextstate, -XEN_EINVAL, "setvcpuextstate of self" },
		{ XEN_DOMCTL_set_vcpu_msrs, -XEN_EINVAL, "set_vcpu_msrs of self" },
		{ XEN_DOMCTL_get_vcpu_msrs, -XEN_EINVAL, "get_vcpu_msrs of self" },
		{ XEN_DOMCTL_set_address_size, 0, "set_address_size 64 of self" },
		{ XEN_DOMCTL_get_address_size, 0, "get_address_size of self" },
		{ XEN_DOMCTL_sendtrigger, 0, "sendtrigger NMI to self" },
	};

	for (unsigned int i = 0; i < sizeof(cmds) / sizeof(cmds[0]); i++) {
		fresh();
		if (cmds[i].cmd == XEN_DOMCTL_set_address_size)
			op.u.address_size.size = 64;
		CHECK_EQ(dom(cmds[i].cmd, 0), cmds[i].rc, cmds[i].what);
	}
}

static void properties(uint16_t d)
{
	uint64_t nodes = 1, frames[4];

	fresh();
	CHECK_EQ(dom(XEN_DOMCTL_getdomaininfo, d), 0, "getdomaininfo");
	CHECK_EQ(op.u.getdomaininfo.flags & 0xffffff, XEN_DOMINF_paused | 0xff << 16, "its flags");
	CHECK_EQ(op.u.getdomaininfo.max_vcpu_id, 1, "its last vCPU");
	CHECK_EQ(op.u.getdomaininfo.nr_online_vcpus, 1, "its vCPUs that are up");
	CHECK(op.u.getdomaininfo.gpaddr_bits >= 36, "its address bits");
	CHECK_EQ(dom(XEN_DOMCTL_getdomaininfo, d + 1), -XEN_ESRCH, "getdomaininfo beyond the last");
	CHECK_EQ(dom(XEN_DOMCTL_getdomaininfo, DOMID_SELF), -XEN_EINVAL, "getdomaininfo of DOMID_SELF");
	CHECK_EQ(dom(XEN_DOMCTL_setdomainhandle, d), 0, "setdomainhandle");
	op.u.settimeoffset.time_offset_seconds = 0;
	CHECK_EQ(dom(XEN_DOMCTL_settimeoffset, d), 0, "settimeoffset");
	op.u.address_size.size = 32;
	CHECK_EQ(dom(XEN_DOMCTL_set_address_size, d), -XEN_EOPNOTSUPP, "set_address_size 32");
	op.u.address_size.size = 64;
	CHECK_EQ(dom(XEN_DOMCTL_set_address_size, d), 0, "set_address_size 64");
	CHECK_EQ(dom(XEN_DOMCTL_get_address_size, d), 0, "get_address_size");
	CHECK_EQ(op.u.address_size.size, 64, "its size");
	op.u.nodeaffinity.nodemap = (struct xenctl_bitmap){ .bitmap = (uint64_t)&nodes, .nr_bits = 64 };
	CHECK_EQ(dom(XEN_DOMCTL_setnodeaffinity, d), 0, "setnodeaffinity");
	nodes = 0;
	CHECK_EQ(dom(XEN_DOMCTL_setnodeaffinity, d), -XEN_EINVAL, "setnodeaffinity of none");
	CHECK_EQ(dom(XEN_DOMCTL_getnodeaffinity, d), 0, "getnodeaffinity");
	CHECK_EQ(nodes, 1, "its nodes");
	op.u.shadow_op = (struct xen_domctl_shadow_op){ .op = XEN_DOMCTL_SHADOW_OP_OFF };
	CHECK_EQ(dom(XEN_DOMCTL_shadow_op, d), -XEN_EINVAL, "shadow_op off");
	op.u.shadow_op = (struct xen_domctl_shadow_op){ .op = XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY };
	CHECK_EQ(dom(XEN_DOMCTL_shadow_op, d), -XEN_EOPNOTSUPP, "shadow_op log-dirty");
	op.u.getpageframeinfo3 = (struct xen_domctl_getpageframeinfo3){ .num = 1025, .array = (uint64_t)frames };
	CHECK_EQ(dom(XEN_DOMCTL_getpageframeinfo3, d), -XEN_E2BIG, "getpageframeinfo3 of 1025");
	frames[0] = 0xffffffffffUL;
	op.u.getpageframeinfo3 = (struct xen_domctl_getpageframeinfo3){ .num = 1, .array = (uint64_t)frames };
	CHECK_EQ(dom(XEN_DOMCTL_getpageframeinfo3, d), 0, "getpageframeinfo3");
	CHECK_EQ(frames[0], XEN_DOMCTL_PFINFO_XTAB, "no page");
	op.u.getpageframeinfo3.array = BAD_POINTER;
	CHECK_EQ(dom(XEN_DOMCTL_getpageframeinfo3, d), -XEN_EFAULT, "getpageframeinfo3, bad list");
	op.u.hypercall_init.gmfn = 0xffffffffffUL;
	CHECK_EQ(dom(XEN_DOMCTL_hypercall_init, d), -XEN_EINVAL, "hypercall_init of no page");
	op.u.scheduler_op = (struct xen_domctl_scheduler_op){ .sched_id = XEN_SCHEDULER_CREDIT, .cmd = XEN_DOMCTL_SCHEDOP_getinfo };
	CHECK_EQ(dom(XEN_DOMCTL_scheduler_op, d), -XEN_EINVAL, "scheduler_op of another scheduler");
	op.u.scheduler_op.sched_id = XEN_SCHEDULER_CREDIT2;
	CHECK_EQ(dom(XEN_DOMCTL_scheduler_op, d), 0, "scheduler_op get");
	CHECK_EQ(op.u.scheduler_op.u.credit2.weight, 256, "its weight");
	CHECK_EQ(op.u.scheduler_op.u.credit2.cap, 0, "its cap");
	op.u.scheduler_op.cmd = XEN_DOMCTL_SCHEDOP_putinfo;
	CHECK_EQ(dom(XEN_DOMCTL_scheduler_op, d), 0, "scheduler_op put");
	op.u.scheduler_op.cmd = 9;
	CHECK_EQ(dom(XEN_DOMCTL_scheduler_op, d), -XEN_EINVAL, "scheduler_op 9");
}

static void hardware(uint16_t d)
{
	fresh();
	op.u.irq_permission = (struct xen_domctl_irq_permission){ .pirq = 100000, .allow_access = 1 };
	CHECK_EQ(dom(XEN_DOMCTL_irq_permission, d), -XEN_EINVAL, "irq_permission of none");
	op.u.iomem_permission = (struct xen_domctl_iomem_permission){ .first_mfn = ~0UL, .nr_mfns = 2 };
	CHECK_EQ(dom(XEN_DOMCTL_iomem_permission, d), -XEN_EINVAL, "iomem_permission over the end");
	op.u.iomem_permission = (struct xen_domctl_iomem_permission){ .first_mfn = 0xfee00, .nr_mfns = 1, .allow_access = 1 };
	CHECK_EQ(dom(XEN_DOMCTL_iomem_permission, d), -XEN_EPERM, "iomem_permission of the APIC");
	op.u.ioport_permission = (struct xen_domctl_ioport_permission){ .first_port = 0x10000, .nr_ports = 1 };
	CHECK_EQ(dom(XEN_DOMCTL_ioport_permission, d), -XEN_EINVAL, "ioport_permission over the end");
	op.u.ioport_permission = (struct xen_domctl_ioport_permission){ .first_port = 0x20, .nr_ports = 1, .allow_access = 1 };
	CHECK_EQ(dom(XEN_DOMCTL_ioport_permission, d), -XEN_EPERM, "ioport_permission of the PIC");
	op.u.ioport_permission = (struct xen_domctl_ioport_permission){ .first_port = 0x300, .nr_ports = 0, .allow_access = 1 };
	CHECK_EQ(dom(XEN_DOMCTL_ioport_permission, d), -XEN_EINVAL, "ioport_permission of none");
	op.u.ioport_permission = (struct xen_domctl_ioport_permission){ .first_port = 0x300, .nr_ports = 8, .allow_access = 1 };
	CHECK_EQ(dom(XEN_DOMCTL_ioport_permission, d), 0, "ioport_permission");
	op.u.ioport_permission.allow_access = 0;
	CHECK_EQ(dom(XEN_DOMCTL_ioport_permission, d), 0, "ioport_permission taken");
}

static void vcpus(uint16_t d)
{
	uint64_t map = 1;
	struct vcpu_guest_context *c = (void *)buffer;

	fresh();
	op.u.getvcpuinfo.vcpu = 99;
	CHECK_EQ(dom(XEN_DOMCTL_getvcpuinfo, d), -XEN_EINVAL, "getvcpuinfo of vCPU 99");
	op.u.getvcpuinfo.vcpu = 0;
	CHECK_EQ(dom(XEN_DOMCTL_getvcpuinfo, d), 0, "getvcpuinfo");
	CHECK_EQ(op.u.getvcpuinfo.online, 1, "it is up");
	op.u.vcpucontext = (struct xen_domctl_vcpucontext){ .ctxt = (uint64_t)c };
	CHECK_EQ(dom(XEN_DOMCTL_getvcpucontext, d), 0, "getvcpucontext");
	CHECK_EQ(c->user_regs.rip, (uint64_t)child_main, "its rip");
	op.u.vcpucontext = (struct xen_domctl_vcpucontext){ .ctxt = (uint64_t)c };
	CHECK_EQ(dom(XEN_DOMCTL_setvcpucontext, d), 0, "setvcpucontext again");
	op.u.vcpucontext = (struct xen_domctl_vcpucontext){ .vcpu = 1, .ctxt = (uint64_t)c };
	CHECK_EQ(dom(XEN_DOMCTL_getvcpucontext, d), -XEN_ENODATA, "getvcpucontext of a vCPU without");
	op.u.vcpucontext = (struct xen_domctl_vcpucontext){ .vcpu = 2, .ctxt = (uint64_t)c };
	CHECK_EQ(dom(XEN_DOMCTL_getvcpucontext, d), -XEN_EINVAL, "getvcpucontext of vCPU 2");
	op.u.vcpucontext = (struct xen_domctl_vcpucontext){ .ctxt = BAD_POINTER };
	CHECK_EQ(dom(XEN_DOMCTL_getvcpucontext, d), -XEN_EFAULT, "getvcpucontext, bad pointer");
	op.u.vcpuaffinity = (struct xen_domctl_vcpuaffinity){ .flags = 0 };
	CHECK_EQ(dom(XEN_DOMCTL_getvcpuaffinity, d), -XEN_EINVAL, "getvcpuaffinity of neither map");
	op.u.vcpuaffinity = (struct xen_domctl_vcpuaffinity){ .vcpu = 99, .flags = XEN_VCPUAFFINITY_HARD };
	CHECK_EQ(dom(XEN_DOMCTL_getvcpuaffinity, d), -XEN_EINVAL, "getvcpuaffinity of vCPU 99");
	op.u.vcpuaffinity = (struct xen_domctl_vcpuaffinity){ .flags = XEN_VCPUAFFINITY_HARD, .cpumap_hard = { .bitmap = (uint64_t)&map, .nr_bits = 64 } };
	CHECK_EQ(dom(XEN_DOMCTL_setvcpuaffinity, d), 0, "setvcpuaffinity");
	CHECK_EQ(dom(XEN_DOMCTL_getvcpuaffinity, d), 0, "getvcpuaffinity");
	map = 1UL << nr_cpus;
	CHECK_EQ(dom(XEN_DOMCTL_setvcpuaffinity, d), -XEN_EINVAL, "setvcpuaffinity to no CPU");
	op.u.sendtrigger = (struct xen_domctl_sendtrigger){ .trigger = XEN_DOMCTL_SENDTRIGGER_RESET };
	CHECK_EQ(dom(XEN_DOMCTL_sendtrigger, d), -XEN_ENOSYS, "sendtrigger reset");
	op.u.sendtrigger = (struct xen_domctl_sendtrigger){ .trigger = XEN_DOMCTL_SENDTRIGGER_NMI, .vcpu = 99 };
	CHECK_EQ(dom(XEN_DOMCTL_sendtrigger, d), -XEN_ESRCH, "sendtrigger to vCPU 99");
}

static void states(uint16_t d)
{
	fresh();
	op.u.ext_vcpucontext.vcpu = 99;
	CHECK_EQ(dom(XEN_DOMCTL_get_ext_vcpucontext, d), -XEN_ESRCH, "get_ext_vcpucontext of vCPU 99");
	op.u.ext_vcpucontext.vcpu = 0;
	CHECK_EQ(dom(XEN_DOMCTL_get_ext_vcpucontext, d), 0, "get_ext_vcpucontext");
	CHECK_EQ(op.u.ext_vcpucontext.size, 64, "its size");
	CHECK_EQ(dom(XEN_DOMCTL_set_ext_vcpucontext, d), 0, "set_ext_vcpucontext");
	op.u.ext_vcpucontext.size = 8;
	CHECK_EQ(dom(XEN_DOMCTL_set_ext_vcpucontext, d), -XEN_EINVAL, "set_ext_vcpucontext of 8 bytes");
	op.u.ext_vcpucontext.size = 64;
	op.u.ext_vcpucontext.sysenter_callback_eip = NON_CANONICAL;
	CHECK_EQ(dom(XEN_DOMCTL_set_ext_vcpucontext, d), -XEN_EINVAL, "set_ext_vcpucontext, not canonical");
	fresh();
	op.u.vcpuextstate.vcpu = 99;
	CHECK_EQ(dom(XEN_DOMCTL_getvcpuextstate, d), -XEN_ESRCH, "getvcpuextstate of vCPU 99");
	op.u.vcpuextstate.vcpu = 0;
	CHECK_EQ(dom(XEN_DOMCTL_getvcpuextstate, d), 0, "getvcpuextstate, sizes");
	op.u.vcpuextstate.buffer = (uint64_t)buffer;
	CHECK_EQ(dom(XEN_DOMCTL_getvcpuextstate, d), 0, "getvcpuextstate");
	CHECK_EQ(dom(XEN_DOMCTL_setvcpuextstate, d), 0, "setvcpuextstate");
	op.u.vcpuextstate.size = 8;
	CHECK_EQ(dom(XEN_DOMCTL_setvcpuextstate, d), -XEN_EINVAL, "setvcpuextstate of 8 bytes");
	fresh();
	op.u.vcpu_msrs.vcpu = 99;
	CHECK_EQ(dom(XEN_DOMCTL_get_vcpu_msrs, d), -XEN_ESRCH, "get_vcpu_msrs of vCPU 99");
	op.u.vcpu_msrs.vcpu = 0;
	CHECK_EQ(dom(XEN_DOMCTL_get_vcpu_msrs, d), 0, "get_vcpu_msrs");
	op.u.vcpu_msrs = (struct xen_domctl_vcpu_msrs){ .vcpu = 0 };
	CHECK_EQ(dom(XEN_DOMCTL_set_vcpu_msrs, d), 0, "set_vcpu_msrs of none");
	fresh();
	CHECK_EQ(dom(XEN_DOMCTL_gettscinfo, d), 0, "gettscinfo");
	CHECK_EQ(op.u.tsc_info.tsc_mode, 0, "its mode");
	for (unsigned int mode = 0; mode <= 2; mode++) {
		op.u.tsc_info = (struct xen_domctl_tsc_info){ .tsc_mode = mode };
		CHECK_DIFFERS(dom(XEN_DOMCTL_settscinfo, d), mode == 1 ? -XEN_EOPNOTSUPP : 0, 0, "settscinfo");
	}
	op.u.tsc_info = (struct xen_domctl_tsc_info){ .tsc_mode = 3 };
	CHECK_EQ(dom(XEN_DOMCTL_settscinfo, d), -XEN_EINVAL, "settscinfo 3");
	op.u.tsc_info = (struct xen_domctl_tsc_info){ .tsc_mode = 0 };
	CHECK_EQ(dom(XEN_DOMCTL_settscinfo, d), 0, "settscinfo 0 again");
}

static void policy(uint16_t d)
{
	struct xen_cpuid_leaf *l = (void *)buffer;
	struct xen_msr_entry *m = (void *)(buffer + 8192);
	uint32_t n;

	fresh();
	CHECK_EQ(dom(XEN_DOMCTL_get_cpu_policy, d), 0, "get_cpu_policy, sizes");
	CHECK_EQ(op.u.cpu_policy.nr_msrs, 2, "MSRs");
	op.u.cpu_policy = (struct xen_domctl_cpu_policy){ .nr_leaves = 200, .leaves = (uint64_t)l, .nr_msrs = 4, .msrs = (uint64_t)m };
	CHECK_EQ(dom(XEN_DOMCTL_get_cpu_policy, d), 0, "get_cpu_policy");
	n = op.u.cpu_policy.nr_leaves;
	CHECK(n > 10, "of %u leaves", n);
	op.u.cpu_policy = (struct xen_domctl_cpu_policy){ .nr_leaves = 1, .leaves = (uint64_t)l, .nr_msrs = 4, .msrs = (uint64_t)m };
	CHECK_EQ(dom(XEN_DOMCTL_get_cpu_policy, d), -XEN_ENOBUFS, "get_cpu_policy without room");
	op.u.cpu_policy = (struct xen_domctl_cpu_policy){ .nr_leaves = n, .leaves = (uint64_t)l };
	CHECK_EQ(dom(XEN_DOMCTL_set_cpu_policy, d), 0, "set_cpu_policy of what it is");
	l[0] = (struct xen_cpuid_leaf){ .leaf = 0x50000000, .subleaf = XEN_CPUID_NO_SUBLEAF };
	op.u.cpu_policy = (struct xen_domctl_cpu_policy){ .nr_leaves = 1, .leaves = (uint64_t)l };
	CHECK_EQ(dom(XEN_DOMCTL_set_cpu_policy, d), -XEN_ERANGE, "set_cpu_policy of leaf 0x50000000");
	CHECK_EQ(op.u.cpu_policy.err_leaf, 0x50000000, "which is named");
	m[0] = (struct xen_msr_entry){ .idx = 0x1234 };
	op.u.cpu_policy = (struct xen_domctl_cpu_policy){ .nr_msrs = 1, .msrs = (uint64_t)m };
	CHECK_EQ(dom(XEN_DOMCTL_set_cpu_policy, d), -XEN_ERANGE, "set_cpu_policy of MSR 0x1234");
	CHECK_EQ(op.u.cpu_policy.err_msr, 0x1234, "which is named");
	op.u.cpu_policy = (struct xen_domctl_cpu_policy){ .nr_leaves = 100000, .leaves = (uint64_t)l };
	CHECK_EQ(dom(XEN_DOMCTL_set_cpu_policy, d), -XEN_E2BIG, "set_cpu_policy of 100000 leaves");
	op.u.cpu_policy = (struct xen_domctl_cpu_policy){ .nr_leaves = 1, .leaves = BAD_POINTER };
	CHECK_EQ(dom(XEN_DOMCTL_set_cpu_policy, d), -XEN_EFAULT, "set_cpu_policy, bad pointer");
}

static void absent(uint16_t d)
{
	static const struct { uint16_t cmd; int ours, xens; const char *what; } cmds[] = {
		{ XEN_DOMCTL_assign_device, -XEN_EOPNOTSUPP, -XEN_EOPNOTSUPP, "assign_device" },
		{ XEN_DOMCTL_test_assign_device, -XEN_EOPNOTSUPP, -XEN_EOPNOTSUPP, "test_assign_device" },
		{ XEN_DOMCTL_deassign_device, -XEN_EOPNOTSUPP, -XEN_EOPNOTSUPP, "deassign_device" },
		{ XEN_DOMCTL_get_device_group, -XEN_EOPNOTSUPP, -XEN_EOPNOTSUPP, "get_device_group" },
		{ XEN_DOMCTL_bind_pt_irq, -XEN_EOPNOTSUPP, -XEN_EINVAL, "bind_pt_irq" },
		{ XEN_DOMCTL_unbind_pt_irq, -XEN_EOPNOTSUPP, -XEN_EINVAL, "unbind_pt_irq" },
		{ XEN_DOMCTL_memory_mapping, -XEN_ENOSYS, -XEN_EINVAL, "memory_mapping" },
		{ XEN_DOMCTL_ioport_mapping, -XEN_ENOSYS, -XEN_EOPNOTSUPP, "ioport_mapping" },
		{ XEN_DOMCTL_setdebugging, -XEN_ENOSYS, 0, "setdebugging" },
		{ XEN_DOMCTL_set_virq_handler, -XEN_ENOSYS, -XEN_EINVAL, "set_virq_handler" },
		{ XEN_DOMCTL_subscribe, -XEN_ENOSYS, 0, "subscribe" },
		{ XEN_DOMCTL_debug_op, -XEN_EINVAL, -XEN_EINVAL, "debug_op" },
		{ XEN_DOMCTL_gethvmcontext, -XEN_ENOSYS, -XEN_EINVAL, "gethvmcontext" },
		{ XEN_DOMCTL_sethvmcontext, -XEN_ENOSYS, -XEN_EINVAL, "sethvmcontext" },
		{ XEN_DOMCTL_gethvmcontext_partial, -XEN_ENOSYS, -XEN_EINVAL, "gethvmcontext_partial" },
		{ XEN_DOMCTL_set_target, -XEN_ENOSYS, -XEN_EOPNOTSUPP, "set_target" },
		{ XEN_DOMCTL_vm_event_op, -XEN_ENOSYS, -XEN_ENOSYS, "vm_event_op" },
		{ XEN_DOMCTL_mem_sharing_op, -XEN_ENOSYS, -XEN_ENOSYS, "mem_sharing_op" },
		{ XEN_DOMCTL_set_access_required, -XEN_ENOSYS, 0, "set_access_required" },
		{ XEN_DOMCTL_audit_p2m, -XEN_ENOSYS, -XEN_ENOSYS, "audit_p2m" },
		{ XEN_DOMCTL_set_broken_page_p2m, -XEN_ENOSYS, -XEN_EINVAL, "set_broken_page_p2m" },
		{ XEN_DOMCTL_cacheflush, -XEN_ENOSYS, -XEN_ENOSYS, "cacheflush" },
		{ XEN_DOMCTL_setvnumainfo, -XEN_ENOSYS, -XEN_EINVAL, "setvnumainfo" },
		{ XEN_DOMCTL_psr_cmt_op, -XEN_ENOSYS, -XEN_ENODEV, "psr_cmt_op" },
		{ XEN_DOMCTL_psr_alloc, -XEN_ENOSYS, -XEN_ENODEV, "psr_alloc" },
		{ XEN_DOMCTL_monitor_op, -XEN_ENOSYS, -XEN_EOPNOTSUPP, "monitor_op" },
		{ XEN_DOMCTL_soft_reset, -XEN_ENOSYS, -XEN_EINVAL, "soft_reset" },
		{ XEN_DOMCTL_vuart_op, -XEN_ENOSYS, -XEN_ENOSYS, "vuart_op" },
		{ XEN_DOMCTL_vmtrace_op, -XEN_ENOSYS, -XEN_EINVAL, "vmtrace_op" },
		{ XEN_DOMCTL_get_paging_mempool_size, -XEN_ENOSYS, -XEN_EOPNOTSUPP, "get_paging_mempool_size" },
		{ XEN_DOMCTL_set_paging_mempool_size, -XEN_ENOSYS, -XEN_EOPNOTSUPP, "set_paging_mempool_size" },
		{ XEN_DOMCTL_gdbsx_guestmemio, -XEN_ENOSYS, -XEN_ENOSYS, "gdbsx_guestmemio" },
		{ XEN_DOMCTL_gdbsx_pausevcpu, -XEN_ENOSYS, -XEN_ENOSYS, "gdbsx_pausevcpu" },
		{ XEN_DOMCTL_gdbsx_unpausevcpu, -XEN_ENOSYS, -XEN_ENOSYS, "gdbsx_unpausevcpu" },
		{ XEN_DOMCTL_gdbsx_domstatus, -XEN_ENOSYS, -XEN_ENOSYS, "gdbsx_domstatus" },
		{ XEN_DOMCTL_real_mode_area, -XEN_ENOSYS, -XEN_ENOSYS, "real_mode_area" },
		{ XEN_DOMCTL_set_opt_feature, -XEN_ENOSYS, -XEN_ENOSYS, "set_opt_feature" },
		{ 4321, -XEN_ENOSYS, -XEN_ENOSYS, "domctl 4321" },
	};

	for (unsigned int i = 0; i < sizeof(cmds) / sizeof(cmds[0]); i++) {
		fresh();
		CHECK_DIFFERS(dom(cmds[i].cmd, d), cmds[i].ours, cmds[i].xens, cmds[i].what);
	}
	fresh();
	op.cmd = XEN_DOMCTL_getdomaininfo;
	op.interface_version = 1;
	CHECK_EQ(hypercall1(__HYPERVISOR_domctl, &op), -XEN_EACCES, "domctl of another version");
	CHECK_EQ(hypercall1(__HYPERVISOR_domctl, BAD_POINTER), -XEN_EFAULT, "domctl, bad pointer");
}

static long sys(uint32_t cmd)
{
	sc.cmd = cmd;
	sc.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	return hypercall1(__HYPERVISOR_sysctl, &sc);
}

static void *sys_fresh(void)
{
	memset(&sc, 0, sizeof(sc));
	return buffer;
}

static void machine(uint16_t d)
{
	sc = (struct xen_sysctl){ .cmd = XEN_SYSCTL_physinfo, .interface_version = 1 };
	CHECK_EQ(hypercall1(__HYPERVISOR_sysctl, &sc), -XEN_EACCES, "sysctl of another version");
	CHECK_EQ(hypercall1(__HYPERVISOR_sysctl, BAD_POINTER), -XEN_EFAULT, "sysctl, bad pointer");
	sys_fresh();
	CHECK_EQ(sys(XEN_SYSCTL_physinfo), 0, "physinfo");
	CHECK(sc.u.physinfo.capabilities & XEN_SYSCTL_PHYSCAP_pv, "PV guests can be made");
	CHECK_EQ(sys(XEN_SYSCTL_sched_id), 0, "sched_id");
	CHECK_EQ(sc.u.sched_id.sched_id, XEN_SCHEDULER_CREDIT2, "credit2");
	sys_fresh();
	sc.u.readconsole = (struct xen_sysctl_readconsole){ .buffer = (uint64_t)buffer, .count = 64 };
	CHECK_EQ(sys(XEN_SYSCTL_readconsole), 0, "readconsole");
	sc.u.readconsole = (struct xen_sysctl_readconsole){ .buffer = BAD_POINTER, .count = 64 };
	CHECK_EQ(sys(XEN_SYSCTL_readconsole), -XEN_EFAULT, "readconsole, bad buffer");
	sc.u.getdomaininfolist = (struct xen_sysctl_getdomaininfolist){ .max_domains = 8, .buffer = (uint64_t)buffer };
	CHECK_EQ(sys(XEN_SYSCTL_getdomaininfolist), 0, "getdomaininfolist");
	CHECK_EQ(sc.u.getdomaininfolist.num_domains, 2, "dom0 and the child");
	CHECK_EQ(((struct xen_domctl_getdomaininfo *)buffer)[1].domain, d, "which is the second");
	sc.u.getdomaininfolist = (struct xen_sysctl_getdomaininfolist){ .max_domains = 8, .buffer = BAD_POINTER };
	CHECK_EQ(sys(XEN_SYSCTL_getdomaininfolist), -XEN_EFAULT, "getdomaininfolist, bad buffer");
	sys_fresh();
	sc.u.getcpuinfo = (struct xen_sysctl_getcpuinfo){ .max_cpus = 8, .info = (uint64_t)buffer };
	CHECK_EQ(sys(XEN_SYSCTL_getcpuinfo), 0, "getcpuinfo");
	CHECK_EQ(sc.u.getcpuinfo.nr_cpus, nr_cpus, "of all CPUs");
	sc.u.availheap = (struct xen_sysctl_availheap){ .node = -1 };
	CHECK_EQ(sys(XEN_SYSCTL_availheap), 0, "availheap");
	CHECK(sc.u.availheap.avail_bytes, "there is some");
	sc.u.availheap = (struct xen_sysctl_availheap){ .node = 5000 };
	CHECK_EQ(sys(XEN_SYSCTL_availheap), 0, "availheap of node 5000");
	sys_fresh();
	CHECK_EQ(sys(XEN_SYSCTL_cputopoinfo), 0, "cputopoinfo, size");
	CHECK_EQ(sc.u.cputopoinfo.num_cpus, nr_cpus, "all CPUs");
	sc.u.cputopoinfo.cputopo = (uint64_t)buffer;
	CHECK_EQ(sys(XEN_SYSCTL_cputopoinfo), 0, "cputopoinfo");
	sys_fresh();
	CHECK_EQ(sys(XEN_SYSCTL_numainfo), 0, "numainfo, size");
	CHECK_EQ(sc.u.numainfo.num_nodes, 1, "one node");
	sc.u.numainfo = (struct xen_sysctl_numainfo){ .num_nodes = 1, .meminfo = (uint64_t)buffer, .distance = (uint64_t)buffer + 64 };
	CHECK_EQ(sys(XEN_SYSCTL_numainfo), 0, "numainfo");
	CHECK_EQ(*(uint32_t *)(buffer + 64), 10, "its distance");
}

static void pools_and_policies(void)
{
	uint64_t map = 0;
	uint32_t words = 19;

	sys_fresh();
	CHECK_EQ(sys(XEN_SYSCTL_pcitopoinfo), -XEN_EINVAL, "pcitopoinfo without lists");
	sc.u.cpupool_op = (struct xen_sysctl_cpupool_op){ .op = XEN_SYSCTL_CPUPOOL_OP_INFO, .cpumap = { .bitmap = (uint64_t)&map, .nr_bits = 64 } };
	CHECK_EQ(sys(XEN_SYSCTL_cpupool_op), 0, "cpupool_op info");
	CHECK(sc.u.cpupool_op.n_dom >= 2, "of %u domains", sc.u.cpupool_op.n_dom);
	CHECK_EQ(map, (1UL << nr_cpus) - 1, "all CPUs");
	sc.u.cpupool_op = (struct xen_sysctl_cpupool_op){ .op = XEN_SYSCTL_CPUPOOL_OP_INFO, .cpupool_id = 1 };
	CHECK_EQ(sys(XEN_SYSCTL_cpupool_op), -XEN_ENOENT, "cpupool_op info of pool 1");
	sc.u.cpupool_op = (struct xen_sysctl_cpupool_op){ .op = XEN_SYSCTL_CPUPOOL_OP_FREEINFO, .cpumap = { .bitmap = (uint64_t)&map, .nr_bits = 64 } };
	CHECK_EQ(sys(XEN_SYSCTL_cpupool_op), 0, "cpupool_op freeinfo");
	CHECK_EQ(map, 0, "no CPU is free");
	sc.u.cpupool_op = (struct xen_sysctl_cpupool_op){ .op = 99 };
	CHECK_EQ(sys(XEN_SYSCTL_cpupool_op), -XEN_ENOSYS, "cpupool_op 99");
	sc.u.scheduler_op = (struct xen_sysctl_scheduler_op){ .cpupool_id = 1, .sched_id = XEN_SCHEDULER_CREDIT2 };
	CHECK_EQ(sys(XEN_SYSCTL_scheduler_op), -XEN_ESRCH, "scheduler_op of pool 1");
	sc.u.scheduler_op = (struct xen_sysctl_scheduler_op){ .sched_id = XEN_SCHEDULER_CREDIT, .cmd = XEN_SYSCTL_SCHEDOP_getinfo };
	CHECK_EQ(sys(XEN_SYSCTL_scheduler_op), -XEN_EINVAL, "scheduler_op of credit");
	sc.u.scheduler_op.sched_id = XEN_SCHEDULER_CREDIT2;
	CHECK_EQ(sys(XEN_SYSCTL_scheduler_op), 0, "scheduler_op get");
	CHECK_EQ(sc.u.scheduler_op.u.sched_credit2.ratelimit_us, 1000, "its rate limit");
	sc.u.scheduler_op.cmd = XEN_SYSCTL_SCHEDOP_putinfo;
	CHECK_EQ(sys(XEN_SYSCTL_scheduler_op), 0, "scheduler_op put");
	sc.u.scheduler_op.u.sched_credit2.ratelimit_us = 1;
	CHECK_EQ(sys(XEN_SYSCTL_scheduler_op), -XEN_EINVAL, "scheduler_op put of 1 us");
	sys_fresh();
	CHECK_EQ(sys(XEN_SYSCTL_get_cpu_levelling_caps), 0, "get_cpu_levelling_caps");
	sc.u.cpu_featureset = (struct xen_sysctl_cpu_featureset){ .index = XEN_SYSCTL_cpu_featureset_host };
	CHECK_EQ(sys(XEN_SYSCTL_get_cpu_featureset), 0, "get_cpu_featureset, size");
	CHECK_EQ(sc.u.cpu_featureset.nr_features, words, "words");
	sc.u.cpu_featureset = (struct xen_sysctl_cpu_featureset){ .index = 99, .features = (uint64_t)buffer, .nr_features = 32 };
	CHECK_EQ(sys(XEN_SYSCTL_get_cpu_featureset), -XEN_EINVAL, "get_cpu_featureset 99");
	sc.u.cpu_featureset = (struct xen_sysctl_cpu_featureset){ .index = XEN_SYSCTL_cpu_featureset_pv, .nr_features = 4, .features = (uint64_t)buffer };
	CHECK_EQ(sys(XEN_SYSCTL_get_cpu_featureset), -XEN_ENOBUFS, "get_cpu_featureset without room");
	sc.u.cpu_policy = (struct xen_sysctl_cpu_policy){ .index = XEN_SYSCTL_cpu_policy_pv_default };
	CHECK_EQ(sys(XEN_SYSCTL_get_cpu_policy), 0, "get_cpu_policy, sizes");
	sc.u.cpu_policy = (struct xen_sysctl_cpu_policy){ .index = 99 };
	CHECK_EQ(sys(XEN_SYSCTL_get_cpu_policy), -XEN_EINVAL, "get_cpu_policy 99");
	sys_fresh();
	sc.u.debug_keys = (struct xen_sysctl_debug_keys){ .keys = BAD_POINTER, .nr_keys = 1 };
	CHECK_EQ(sys(XEN_SYSCTL_debug_keys), -XEN_EFAULT, "debug_keys, bad pointer");
	sc.u.cpu_hotplug = (struct xen_sysctl_cpu_hotplug){ .cpu = 200, .op = XEN_SYSCTL_CPU_HOTPLUG_ONLINE };
	CHECK_DIFFERS(sys(XEN_SYSCTL_cpu_hotplug), -XEN_EOPNOTSUPP, -XEN_EINVAL, "cpu_hotplug of none");
}

static void sysctl_absent(void)
{
	static const struct { uint16_t cmd; int ours, xens; const char *what; } cmds[] = {
		{ XEN_SYSCTL_tbuf_op, -XEN_ENOSYS, 0, "tbuf_op get_info" },
		{ XEN_SYSCTL_perfc_op, -XEN_ENOSYS, -XEN_ENOSYS, "perfc_op" },
		{ XEN_SYSCTL_get_pmstat, -XEN_ENODEV, -XEN_ENODEV, "get_pmstat" },
		{ XEN_SYSCTL_pm_op, -XEN_ENODEV, -XEN_ENOSYS, "pm_op" },
		{ XEN_SYSCTL_page_offline_op, -XEN_ENOSYS, -XEN_EFAULT, "page_offline_op" },
		{ XEN_SYSCTL_lockprof_op, -XEN_ENOSYS, -XEN_ENOSYS, "lockprof_op" },
		{ XEN_SYSCTL_coverage_op, -XEN_ENOSYS, -XEN_EOPNOTSUPP, "coverage_op" },
		{ XEN_SYSCTL_psr_cmt_op, -XEN_ENODEV, -XEN_ENODEV, "psr_cmt_op" },
		{ XEN_SYSCTL_psr_alloc, -XEN_ENODEV, -XEN_ENODEV, "psr_alloc" },
		{ XEN_SYSCTL_livepatch_op, -XEN_ENOSYS, -XEN_EINVAL, "livepatch_op" },
		{ 13, -XEN_ENOSYS, -XEN_ENOSYS, "sysctl 13" },
		{ 24, -XEN_ENOSYS, -XEN_ENOSYS, "sysctl 24" },
		{ 28, -XEN_ENOSYS, -XEN_ENOSYS, "sysctl 28" },
		{ 99, -XEN_ENOSYS, -XEN_ENOSYS, "sysctl 99" },
	};

	for (unsigned int i = 0; i < sizeof(cmds) / sizeof(cmds[0]); i++) {
		sys_fresh();
		CHECK_DIFFERS(sys(cmds[i].cmd), cmds[i].ours, cmds[i].xens, cmds[i].what);
	}
}

void surface_control(uint16_t child)
{
	self();
	births(child);
	properties(child);
	hardware(child);
	vcpus(child);
	states(child);
	policy(child);
	absent(child);
	machine(child);
	pools_and_policies();
	sysctl_absent();
}
