/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses of the hypervisor, of nothing, and such as are no addresses, wherever a hypercall takes one: as its argument,
 * inside a structure, as a register of a new vCPU, as a handler or base. The hypervisor may read and write only what the
 * guest could (pv-abi 2.0); the answer is -EFAULT (or -EINVAL where the number itself is bad), and nothing was done.
 */
#include <abi/callback.h>
#include <abi/event_channel.h>
#include <abi/memory.h>
#include <abi/nmi.h>
#include <abi/physdev.h>
#include <abi/sched.h>
#include <abi/vcpu.h>
#include <abi/version.h>
#include "hostile/common/hostile.h"

#define MEM(c)	__HYPERVISOR_memory_op, { XENMEM_##c, PTR }
#define EVT(c)	__HYPERVISOR_event_channel_op, { EVTCHNOP_##c, PTR }
#define VCPU(c)	__HYPERVISOR_vcpu_op, { VCPUOP_##c, 0, PTR }
#define GNT(c)	__HYPERVISOR_grant_table_op, { GNTTABOP_##c, PTR, 1 }
#define PHY(c)	__HYPERVISOR_physdev_op, { PHYSDEVOP_##c, PTR }
#define VER(c)	__HYPERVISOR_xen_version, { XENVER_##c, PTR }
#define SCH(c)	__HYPERVISOR_sched_op, { SCHEDOP_##c, PTR }
#define PTR	0xbad0bad0bad0bad0UL	/* stands for the address that is tried */

static uint8_t edge[2 * PAGE_SIZE] PAGE_ALIGNED;	/* the second page is not mapped */
static uint8_t read_only[PAGE_SIZE] PAGE_ALIGNED, window[PAGE_SIZE] PAGE_ALIGNED;

/* Bad to read and to write. The last one is a structure of which all but the first byte is missing. */
static uint64_t bad[] = {
	HV_START, HV_START + 0x1000, 0xffff820000000000UL, 0xffff828000200000UL, 0xffff82d040000000UL, 0xffff830000000000UL,
	0xffff830000200000UL, HV_END - PAGE_SIZE, HV_END - 1, HV_START - 1, 0x0000800000000000UL, 0x00007fffffffffffUL,
	0x8000000000000000UL, 0xffff7fffffffffffUL, UNMAPPED, ~0UL, 0,
};
#define NR_BAD (sizeof(bad) / sizeof(bad[0]))

/* NOTHING: the answer is that nothing was done, which is no error. */
enum { ANY, PRIVILEGED, NO_DOM0, NOTHING };

static const struct row {
	const char *name;
	uint64_t nr, arg[4];
	unsigned int who;
	bool out;			/* writes its answer: a read-only page will not do */
} rows[] = {
	{ "set_trap_table", __HYPERVISOR_set_trap_table, { PTR }, ANY, false },
	{ "mmu_update", __HYPERVISOR_mmu_update, { PTR, 1, 0, DOMID_SELF }, ANY, false },
	{ "mmu_update, done", __HYPERVISOR_mmu_update, { 0, 0, PTR, DOMID_SELF }, NOTHING, true },
	{ "set_gdt", __HYPERVISOR_set_gdt, { PTR, 16 }, ANY, false },
	{ "mmuext_op", __HYPERVISOR_mmuext_op, { PTR, 1, 0, DOMID_SELF }, ANY, false },
	{ "mmuext_op, done", __HYPERVISOR_mmuext_op, { 0, 0, PTR, DOMID_SELF }, NOTHING, true },
	{ "multicall", __HYPERVISOR_multicall, { PTR, 1 }, ANY, false },
	{ "platform_op", __HYPERVISOR_platform_op, { PTR }, PRIVILEGED, false },
	{ "sysctl", __HYPERVISOR_sysctl, { PTR }, PRIVILEGED, false },
	{ "domctl", __HYPERVISOR_domctl, { PTR }, PRIVILEGED, false },
	{ "mca", __HYPERVISOR_mca, { PTR }, PRIVILEGED, false },
	{ "console write", __HYPERVISOR_console_io, { CONSOLEIO_write, 16, PTR }, PRIVILEGED, false },
	{ "callback register", __HYPERVISOR_callback_op, { CALLBACKOP_register, PTR }, ANY, false },
	{ "callback unregister", __HYPERVISOR_callback_op, { CALLBACKOP_unregister, PTR }, ANY, false },
	{ "nmi register", __HYPERVISOR_nmi_op, { XENNMI_register_callback, PTR }, ANY, false },
	{ "increase_reservation", MEM(increase_reservation), NOTHING, false },
	{ "decrease_reservation", MEM(decrease_reservation), NOTHING, false },
	{ "populate_physmap", MEM(populate_physmap), NOTHING, false },
	{ "current_reservation", MEM(current_reservation), ANY, false },
	{ "maximum_reservation", MEM(maximum_reservation), ANY, false },
	{ "maximum_gpfn", MEM(maximum_gpfn), ANY, false },
	{ "machphys_mfn_list", MEM(machphys_mfn_list), ANY, false },
	{ "machphys_mapping", MEM(machphys_mapping), ANY, true },
	{ "memory_map", MEM(memory_map), NO_DOM0, false },
	{ "machine_memory_map", MEM(machine_memory_map), PRIVILEGED, false },
	{ "exchange", MEM(exchange), ANY, false },
	{ "extraversion", VER(extraversion), ANY, true },
	{ "compile_info", VER(compile_info), ANY, true },
	{ "capabilities", VER(capabilities), ANY, true },
	{ "changeset", VER(changeset), ANY, true },
	{ "platform_parameters", VER(platform_parameters), ANY, true },
	{ "get_features", VER(get_features), ANY, true },
	{ "guest_handle", VER(guest_handle), ANY, true },
	{ "commandline", VER(commandline), ANY, true },
	{ "vcpu register_runstate", VCPU(register_runstate_memory_area), ANY, false },
	{ "vcpu register_time", VCPU(register_vcpu_time_memory_area), ANY, false },
	{ "vcpu get_runstate", VCPU(get_runstate_info), ANY, true },
	{ "vcpu set_periodic", VCPU(set_periodic_timer), ANY, false },
	{ "vcpu set_singleshot", VCPU(set_singleshot_timer), ANY, false },
	{ "vcpu register_info", VCPU(register_vcpu_info), ANY, false },
	{ "bind_interdomain", EVT(bind_interdomain), ANY, false },
	{ "bind_virq", EVT(bind_virq), ANY, false },
	{ "bind_pirq", EVT(bind_pirq), ANY, false },
	{ "close", EVT(close), ANY, false },
	{ "send", EVT(send), ANY, false },
	{ "status", EVT(status), ANY, false },
	{ "alloc_unbound", EVT(alloc_unbound), ANY, false },
	{ "bind_ipi", EVT(bind_ipi), ANY, false },
	{ "bind_vcpu", EVT(bind_vcpu), ANY, false },
	{ "unmask", EVT(unmask), ANY, false },
	{ "reset", EVT(reset), ANY, false },
	{ "init_control", EVT(init_control), ANY, false },
	{ "expand_array", EVT(expand_array), ANY, false },
	{ "set_priority", EVT(set_priority), ANY, false },
	{ "grant map", GNT(map_grant_ref), ANY, false },
	{ "grant unmap", GNT(unmap_grant_ref), ANY, false },
	{ "grant setup_table", GNT(setup_table), ANY, false },
	{ "grant copy", GNT(copy), ANY, false },
	{ "grant query_size", GNT(query_size), ANY, false },
	{ "grant unmap_and_replace", GNT(unmap_and_replace), ANY, false },
	{ "grant set_version", GNT(set_version), ANY, false },
	{ "grant get_version", GNT(get_version), ANY, false },
	{ "sched shutdown", SCH(shutdown), ANY, false },
	{ "sched poll", SCH(poll), ANY, false },
	{ "sched watchdog", SCH(watchdog), ANY, false },
	{ "physdev irq_status", PHY(irq_status_query), ANY, false },
	{ "physdev set_iopl", PHY(set_iopl), ANY, false },
	{ "physdev set_iobitmap", PHY(set_iobitmap), ANY, false },
	{ "physdev eoi", PHY(eoi), ANY, false },
	{ "physdev map_pirq", PHY(map_pirq), PRIVILEGED, false },
	{ "physdev setup_gsi", PHY(setup_gsi), PRIVILEGED, false },
};

static long call(const struct row *r, uint64_t address)
{
	uint64_t a[4];

	for (unsigned int i = 0; i < 4; i++)
		a[i] = r->arg[i] == PTR ? address : r->arg[i];
	return hypercall4(r->nr, a[0], a[1], a[2], a[3]);
}

static void test_arguments(void)
{
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];
		long want = r->who == NOTHING ? 0 : r->who == PRIVILEGED && !kit_privileged() ? -XEN_EPERM : -XEN_EFAULT, rc = want;
		unsigned int b;

		if (r->who == NO_DOM0 && kit_privileged())
			continue;
		for (b = 0; b < NR_BAD && rc == want; b++)
			rc = call(r, bad[b]);
		CHECK(rc == want, "%s with an argument at %lx: %ld, expected %ld", r->name, bad[b - 1], rc, want);
		if (r->out)
			CHECK_EQ(call(r, (uint64_t)read_only), want, "and in a read-only page");
	}
}

/* ---- inside structures ---------------------------------------------------------------------------- */

static long reserve(unsigned int cmd, uint64_t list)
{
	struct xen_memory_reservation r = { .extent_start = list, .nr_extents = 1, .domid = DOMID_SELF };

	return hypercall2(__HYPERVISOR_memory_op, cmd, &r);
}

static long exchange(uint64_t in, uint64_t out)
{
	struct xen_memory_exchange x = { .in = { .extent_start = in, .nr_extents = 1, .domid = DOMID_SELF },
					 .out = { .extent_start = out, .nr_extents = 1, .domid = DOMID_SELF } };

	return hypercall2(__HYPERVISOR_memory_op, XENMEM_exchange, &x);
}

static long masked_flush(uint64_t mask)
{
	struct mmuext_op op = { .cmd = MMUEXT_TLB_FLUSH_MULTI, .arg2.vcpumask = mask };

	return hypercall4(__HYPERVISOR_mmuext_op, &op, 1, 0, DOMID_SELF);
}

static long poll(uint64_t ports)
{
	struct sched_poll p = { .ports = ports, .nr_ports = 3, .timeout = 1 };

	return hypercall2(__HYPERVISOR_sched_op, SCHEDOP_poll, &p);
}

static int16_t list_grants(uint64_t list)
{
	struct gnttab_setup_table s = { .dom = DOMID_SELF, .nr_frames = 1, .frame_list = list };

	return hypercall3(__HYPERVISOR_grant_table_op, GNTTABOP_setup_table, &s, 1) ? -99 : s.status;
}

static long m2p_list(uint64_t list)
{
	struct xen_machphys_mfn_list l = { .max_extents = 1, .extent_start = list };

	return hypercall2(__HYPERVISOR_memory_op, XENMEM_machphys_mfn_list, &l);
}

static long inner_multicall(uint64_t at)
{
	struct multicall_entry e = { .op = __HYPERVISOR_sched_op, .args = { SCHEDOP_poll, at } };
	long rc = hypercall2(__HYPERVISOR_multicall, &e, 1);

	return rc ? rc : (long)e.result;
}

static void test_inner(void)
{
	uint64_t spare = kit_va_to_mfn(window), pages, list = 0;
	unsigned int wrong[8] = { 0 };
	uint32_t handle;

	kit_set_pte(window, 0);
	CHECK(free_mfn(spare), "there is room for a page");	/* the reference loses it in increase_reservation, so not there */
	pages = reservation();
	offer(12, edge, GTF_permit_access);
	for (unsigned int i = 0; i < NR_BAD; i++) {
		wrong[0] += reserve(XENMEM_populate_physmap, bad[i]) != 0 || reserve(XENMEM_decrease_reservation, bad[i]) != 0 ||
			    (on_socle() && (reserve(XENMEM_increase_reservation, bad[i]) != 0 || reservation() != pages));
		list = kit_va_to_mfn(read_only);
		wrong[1] += exchange(bad[i], (uint64_t)&list) != -XEN_EFAULT;
		/* One byte is a whole mask. */
		wrong[2] += i + 1 < NR_BAD && masked_flush(bad[i]) != -XEN_EINVAL;
		/* An array whose first entries are good counts as far as it goes. */
		wrong[3] += poll(bad[i]) != -XEN_EFAULT;
		wrong[4] += !list_grants(bad[i]);	/* a status or an errno */
		wrong[5] += m2p_list(bad[i]) != -XEN_EFAULT;
		wrong[6] += inner_multicall(bad[i]) != -XEN_EFAULT;
		if (i + 1 < NR_BAD)	/* the last one is a good address to map at */
			wrong[7] += map_grant(12, GNTMAP_host_map, bad[i], &handle) >= 0 ||
				    map_grant(12, GNTMAP_host_map | GNTMAP_contains_pte, bad[i], &handle) >= 0;
	}
	CHECK(!(grant_entries()[12].flags & (GTF_reading | GTF_writing)), "refused grants are not marked");
	offer(12, edge, 0);
	CHECK(!wrong[0], "lists of frames to take and to give: %u wrong", wrong[0]);
	CHECK(!wrong[1], "lists of frames to exchange: %u wrong", wrong[1]);
	CHECK(!wrong[2], "masks of vCPUs: %u wrong", wrong[2]);
	CHECK(!wrong[3], "ports to poll: %u wrong", wrong[3]);
	CHECK(!wrong[4], "lists of grant frames: %u wrong", wrong[4]);
	CHECK(!wrong[5], "lists of the M2P's frames: %u wrong", wrong[5]);
	CHECK(!wrong[6], "arguments of calls in a list: %u wrong", wrong[6]);
	CHECK(!wrong[7], "addresses to map grants at: %u wrong", wrong[7]);
	list = ((uint64_t)window - KIT_VIRT_BASE) / PAGE_SIZE;
	CHECK_EQ(reserve(XENMEM_populate_physmap, (uint64_t)&list), 1, "the page comes back");
	((uint64_t *)kit_start_info->mfn_list)[((uint64_t)window - KIT_VIRT_BASE) / PAGE_SIZE] = list;
	CHECK_EQ(kit_make_writable(window), 0, "in its place");
}

/* Areas that the hypervisor writes at every switch: wherever they point, it writes only what the guest could. */
static void test_areas(void)
{
	struct vcpu_register_runstate_memory_area area;
	unsigned int let_in = 0;
	uint8_t before = read_only[0];

	for (unsigned int op = VCPUOP_register_runstate_memory_area;; op = VCPUOP_register_vcpu_time_memory_area) {
		for (unsigned int i = 0; i < NR_BAD; i++) {
			area.addr.v = bad[i];
			let_in += !hypercall3(__HYPERVISOR_vcpu_op, op, 0, &area) && bad[i] >= HV_START && bad[i] < HV_END;
			kit_relax();
		}
		area.addr.v = (uint64_t)read_only;
		hypercall3(__HYPERVISOR_vcpu_op, op, 0, &area);
		kit_relax();
		/* Reached through the page tables themselves: no way to write one. */
		area.addr.v = kit_start_info->pt_base;
		hypercall3(__HYPERVISOR_vcpu_op, op, 0, &area);
		kit_relax();
		area.addr.v = 0;
		CHECK_EQ(hypercall3(__HYPERVISOR_vcpu_op, op, 0, &area), 0, "an area ends");
		if (op == VCPUOP_register_vcpu_time_memory_area)
			break;
	}
	CHECK(!let_in && read_only[0] == before, "no area in the hypervisor or in a read-only page");
}

/* ---- addresses that are kept for later ------------------------------------------------------------- */

static const uint64_t not_canonical[] = { 0x0000800000000000UL, 0x8000000000000000UL, 0xffff7fffffffffffUL, 0x00ff800000000000UL };

static void test_handlers(void)
{
	unsigned int wrong = 0;

	for (unsigned int i = 0; i < 4; i++) {
		uint64_t a = not_canonical[i];
		struct trap_info traps[2] = { { .vector = 99, .cs = FLAT_RING3_CS64, .address = a } };
		struct xennmi_callback nmi = { .handler_address = a };

		wrong += hypercall1(__HYPERVISOR_set_trap_table, traps) != -XEN_EINVAL;
		wrong += hypercall2(__HYPERVISOR_nmi_op, XENNMI_register_callback, &nmi) != -XEN_EINVAL;
		for (uint16_t type = 0; type < 8; type++) {
			struct callback_register cb = { .type = type, .address = a };

			if (type != CALLBACKTYPE_sysenter_deprecated && type != 6)
				wrong += hypercall2(__HYPERVISOR_callback_op, CALLBACKOP_register, &cb) != -XEN_EINVAL;
		}
		for (unsigned int which = SEGBASE_FS; which <= SEGBASE_GS_KERNEL; which++)
			wrong += hypercall2(__HYPERVISOR_set_segment_base, which, a) != -XEN_EINVAL;
		for (uint32_t msr = 0xc0000100; msr <= 0xc0000102; msr++) {
			KIT_TRY("wrmsr", , "a"((uint32_t)a), "d"((uint32_t)(a >> 32)), "c"(msr));
			wrong += !kit_fault.seen || kit_fault.vector != 13;
		}
	}
	CHECK(!wrong, "no handler and no base that is not canonical: %u were taken", wrong);
	wrong = 0;
	for (unsigned int n = 0; n < 4; n++) {
		for (unsigned int i = 0; i < NR_BAD; i++)
			if (bad[i] >= HV_START && bad[i] < HV_END)
				wrong += hypercall2(__HYPERVISOR_set_debugreg, n, bad[i]) != -XEN_EPERM;
		KIT_TRY("mov %0, %%db0", , "r"(HV_START));
		wrong += !kit_fault.seen;
	}
	CHECK(!wrong, "no breakpoint in the hypervisor: %u were taken", wrong);
	/* Bases in the hypervisor are the guest's own folly: its accesses fault, and so do ours on its behalf. */
	CHECK_EQ(hypercall2(__HYPERVISOR_set_segment_base, SEGBASE_GS_KERNEL, 0xffff830000000000UL), 0, "a GS base in the hypervisor");
	KIT_TRY("mov %%gs:0x1000, %0", "=r"(wrong), "r"(0));
	CHECK(kit_fault.seen && kit_fault.vector == 14, "reads nothing");
	KIT_TRY("mov %0, %%gs:0x200000", , "r"(0UL));
	CHECK(kit_fault.seen && kit_fault.vector == 14, "writes nothing");
	CHECK_EQ(hypercall2(__HYPERVISOR_set_segment_base, SEGBASE_GS_KERNEL, 0), 0, "and none again");
	for (unsigned int i = 0; i < NR_BAD; i++)
		wrong = (unsigned int)kit_mmuext(MMUEXT_INVLPG_LOCAL, bad[i]);
	CHECK_EQ(wrong, 0, "a flush of any address is harmless");
}

/* ---- a vCPU's first context --------------------------------------------------------------------------- */

#define FIELD(f, v, name) { offsetof(struct vcpu_guest_context, f), v, name }

static void test_context(void)
{
	static struct vcpu_guest_context good, c;
	static const struct { size_t at; uint64_t value; const char *name; } bad_fields[] = {
		FIELD(user_regs.rip, 0x0000800000000000UL, "rip"), FIELD(user_regs.rsp, 0x8000000000000000UL, "rsp"),
		FIELD(kernel_sp, 0x0000800000000000UL, "kernel_sp"), FIELD(event_callback_eip, 1UL << 63, "event callback"),
		FIELD(failsafe_callback_eip, 1UL << 63, "failsafe callback"), FIELD(syscall_callback_eip, 1UL << 63, "syscall callback"),
		FIELD(fs_base, 1UL << 63, "FS base"), FIELD(gs_base_kernel, 1UL << 63, "kernel GS base"),
		FIELD(gs_base_user, 1UL << 63, "user GS base"), FIELD(trap_ctxt[77].address, 1UL << 63, "handler"),
		FIELD(gdt_ents, 7169, "size of the GDT"), FIELD(gdt_ents, 1UL << 32 | 8, "size of the GDT beyond 32 bits"),
		FIELD(ctrlreg[3], 0, "no root"), FIELD(ctrlreg[3], 0x200000, "a root in the hypervisor"),
		FIELD(ctrlreg[3], 1UL << 51, "a root above all memory"), FIELD(ctrlreg[1], 0x200000, "a user root in the hypervisor"),
		FIELD(flags, 0, "user mode without a user root"),
	};
	unsigned int id = 3;

	if (hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_is_up, id, 0))
		return;		/* no such vCPU */
	good.flags = VGCF_in_kernel;
	good.ctrlreg[3] = kit_va_to_mfn((void *)kit_start_info->pt_base) << 12;
	good.gdt_frames[0] = kit_va_to_mfn(read_only);
	good.user_regs.rflags = 0x200;
	for (unsigned int i = 0; i < sizeof(bad_fields) / sizeof(bad_fields[0]); i++) {
		c = good;
		*(uint64_t *)((char *)&c + bad_fields[i].at) = bad_fields[i].value;
		CHECK(hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_initialise, id, &c) < 0, "a vCPU with a bad %s", bad_fields[i].name);
		CHECK(hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_up, id, 0) == -XEN_EINVAL, "does not come up");
	}
	c = good;
	c.ldt_base = (uint64_t)edge + 8;
	c.ldt_ents = 4;
	CHECK_EQ(hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_initialise, id, &c), -XEN_EINVAL, "nor with an LDT off its page");
	CHECK_EQ(hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_initialise, id, &good), 0, "with a good context it does");
	CHECK_EQ(hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_initialise, id, &good), -XEN_EEXIST, "once");
}

void kit_main(struct start_info *si)
{
	(void)si;
	kit_map_shared_info();
	kit_traps_init();
	CHECK(!kit_set_pte(edge + PAGE_SIZE, 0) && !kit_make_readonly(read_only), "an edge and a read-only page");
	bad[NR_BAD - 1] = (uint64_t)edge + PAGE_SIZE - 1;
	test_arguments();
	test_inner();
	test_areas();
	test_handlers();
	test_context();
	tap_done();
}
