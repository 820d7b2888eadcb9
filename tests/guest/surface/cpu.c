/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers, xen_version, console_io, multicall, and the hypercalls on the caller's own CPU state. */
#include <abi/callback.h>
#include <abi/features.h>
#include <abi/nmi.h>
#include <abi/version.h>
#include "surface.h"

static uint8_t page[PAGE_SIZE] PAGE_ALIGNED;

static void numbers(void)
{
	static const struct { uint8_t nr; const char *what; } absent[] = {
		{ 11, "hypercall 11" },
		{ __HYPERVISOR_xsm_op, "xsm_op" },
		{ __HYPERVISOR_tmem_op, "tmem_op" },
		{ __HYPERVISOR_argo_op, "argo_op" },
		{ 43, "hypercall 43" }, { 47, "hypercall 47" },
		{ __HYPERVISOR_arch_2, "arch_2" }, { __HYPERVISOR_arch_3, "arch_3" },
		{ __HYPERVISOR_arch_4, "arch_4" }, { __HYPERVISOR_arch_5, "arch_5" }, { __HYPERVISOR_arch_6, "arch_6" },
		{ __HYPERVISOR_arch_7, "arch_7" },
		{ 56, "hypercall 56" }, { 63, "hypercall 63" },
	};

	for (unsigned int i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
		CHECK_EQ(hypercall5(absent[i].nr, 0, 0, 0, 0, 0), -XEN_ENOSYS, absent[i].what);
	CHECK_EQ(hypercall1(64, 0), -XEN_ENOSYS, "hypercall 64");
	CHECK_EQ(hypercall1(1UL << 32, 0), -XEN_ENOSYS, "hypercall 2^32");
	CHECK_DIFFERS(hypercall1(__HYPERVISOR_arch_1, 0), -XEN_ENOSYS, -XEN_EFAULT, "arch_1");
	CHECK_EQ(hypercall2(__HYPERVISOR_xenpmu_op, XENPMU_init, 0), -XEN_EOPNOTSUPP, "xenpmu_op init");
	CHECK_EQ(hypercall2(__HYPERVISOR_xenpmu_op, 99, 0), -XEN_EOPNOTSUPP, "xenpmu_op 99");
	CHECK_DIFFERS(hypercall2(__HYPERVISOR_xenoprof_op, 99, 0), -XEN_ENOSYS, -XEN_EINVAL, "xenoprof_op 99");
	CHECK_EQ(hypercall2(__HYPERVISOR_hvm_op, 99, 0), -XEN_ENOSYS, "hvm_op 99");
	CHECK_DIFFERS(hypercall2(__HYPERVISOR_kexec_op, 99, 0), -XEN_ENOSYS, 0, "kexec_op 99");
	CHECK_DIFFERS(hypercall3(__HYPERVISOR_dm_op, 99, 0, 0), -XEN_ENOSYS, -XEN_ENODATA, "dm_op 99");
	CHECK_DIFFERS(hypercall5(__HYPERVISOR_hypfs_op, 0, 0, 0, 0, 0), -XEN_ENOSYS, 1, "hypfs_op get_version");
	CHECK_DIFFERS(hypercall2(__HYPERVISOR_sched_op_compat, 0, 0), -XEN_ENOSYS, 0, "sched_op_compat yield");
	CHECK_EQ(hypercall2(__HYPERVISOR_sched_op_compat, 99, 0), -XEN_ENOSYS, "sched_op_compat 99");
	CHECK_DIFFERS(hypercall1(__HYPERVISOR_event_channel_op_compat, BAD_POINTER), -XEN_ENOSYS, -XEN_EFAULT, "event_channel_op_compat, bad pointer");
	CHECK_DIFFERS(hypercall1(__HYPERVISOR_physdev_op_compat, BAD_POINTER), -XEN_ENOSYS, -XEN_EFAULT, "physdev_op_compat, bad pointer");
}

static long version(unsigned int cmd, const void *arg)
{
	return hypercall2(__HYPERVISOR_xen_version, cmd, arg);
}

static void xen_version(void)
{
	static char text[1024];
	struct xen_feature_info fi = { .submap_idx = 0 };
	struct { uint32_t len; uint8_t id[64]; } build = { .len = 64 };
	uint64_t start = 0;
	long n;

	CHECK_EQ(version(XENVER_version, 0), 0x40011, "version");
	CHECK_EQ(version(XENVER_extraversion, text), 0, "extraversion");
	CHECK_EQ(version(XENVER_extraversion, (void *)BAD_POINTER), -XEN_EFAULT, "extraversion, bad pointer");
	CHECK_EQ(version(XENVER_compile_info, text), 0, "compile_info");
	CHECK_EQ(version(XENVER_capabilities, text), 0, "capabilities");
	CHECK(!strncmp(text, "xen-3.0-x86_64 ", 15), "capabilities are '%.15s...'", text);
	CHECK_EQ(version(XENVER_changeset, text), 0, "changeset");
	CHECK_EQ(version(XENVER_platform_parameters, &start), 0, "platform_parameters");
	CHECK_EQ(start, 0xffff800000000000UL, "where the hypervisor begins");
	CHECK_EQ(version(XENVER_get_features, &fi), 0, "get_features");
	CHECK_EQ(fi.submap, 0x228f0, "features");
	fi.submap_idx = 1;
	CHECK_EQ(version(XENVER_get_features, &fi), -XEN_EINVAL, "get_features of map 1");
	CHECK_EQ(version(XENVER_pagesize, 0), 4096, "pagesize");
	CHECK_EQ(version(XENVER_pagesize, text), -XEN_EINVAL, "pagesize with an argument");
	CHECK_EQ(version(XENVER_guest_handle, text), 0, "guest_handle");
	CHECK_EQ(version(XENVER_commandline, text), 0, "commandline");
	n = version(XENVER_build_id, 0);
	CHECK(n > 0 && n <= 64, "build_id's length is %ld", n);
	CHECK_EQ(version(XENVER_build_id, &build), n, "build_id");
	build.len = 1;
	CHECK_EQ(version(XENVER_build_id, &build), -XEN_ENOBUFS, "build_id without room");
	build.len = 0;
	CHECK_EQ(version(XENVER_build_id, &build), -XEN_EINVAL, "build_id of no length");
	CHECK_EQ(version(11, text), -XEN_ENOSYS, "command 11");
}

static void console_io(void)
{
	CHECK_EQ(hypercall3(__HYPERVISOR_console_io, CONSOLEIO_write, 0, page), 0, "console_io write of nothing");
	CHECK_EQ(hypercall3(__HYPERVISOR_console_io, CONSOLEIO_write, 5, BAD_POINTER), -XEN_EFAULT, "console_io write, bad pointer");
	CHECK_EQ(hypercall3(__HYPERVISOR_console_io, CONSOLEIO_read, 16, page), 0, "console_io read when nothing came");
	CHECK_DIFFERS(hypercall3(__HYPERVISOR_console_io, CONSOLEIO_read, 16, BAD_POINTER), -XEN_EFAULT, 0, "console_io read, bad pointer");
	CHECK_EQ(hypercall3(__HYPERVISOR_console_io, 9, 1, page), -XEN_ENOSYS, "console_io 9");
	CHECK_EQ(hypercall3(__HYPERVISOR_console_io, CONSOLEIO_read, 0x80000000u, page), -XEN_E2BIG, "console_io read of 2 GiB");
}

static long descriptor(uint64_t maddr, uint64_t value)
{
	return hypercall2(__HYPERVISOR_update_descriptor, maddr, value);
}

static void tables(void)
{
	static struct trap_info traps[2];
	static uint64_t frames[16];
	uint64_t gdt = kit_va_to_mfn(page), m = gdt << 12, present_ldt = 0x0000820000000000UL;

	traps[0] = (struct trap_info){ .vector = 6, .cs = FLAT_RING3_CS64, .address = NON_CANONICAL };
	CHECK_EQ(hypercall1(__HYPERVISOR_set_trap_table, traps), -XEN_EINVAL, "trap handler not canonical");
	CHECK_EQ(hypercall1(__HYPERVISOR_set_trap_table, BAD_POINTER), -XEN_EFAULT, "trap table, bad pointer");
	CHECK_EQ(hypercall2(__HYPERVISOR_set_gdt, frames, 7169), -XEN_EINVAL, "set_gdt with reserved entries");
	CHECK_EQ(hypercall2(__HYPERVISOR_set_gdt, BAD_POINTER, 1), -XEN_EFAULT, "set_gdt, bad pointer");
	frames[0] = gdt;
	CHECK_EQ(hypercall2(__HYPERVISOR_set_gdt, frames, 1), -XEN_EINVAL, "set_gdt in a writable page");
	frames[0] = 0xffffffffffUL;
	CHECK_EQ(hypercall2(__HYPERVISOR_set_gdt, frames, 1), -XEN_EINVAL, "set_gdt in no page");
	frames[0] = gdt;
	CHECK_EQ(kit_make_readonly(page), 0, "page read-only");
	CHECK_EQ(hypercall2(__HYPERVISOR_set_gdt, frames, 512), 0, "set_gdt");
	CHECK_EQ(kit_make_writable(page), -XEN_EBUSY, "a GDT page mapped writable");
	CHECK_EQ(descriptor(m + 4, 0), -XEN_EINVAL, "descriptor not aligned");
	CHECK_EQ(descriptor(m + 8, 0x00affa000000ffffUL), 0, "code descriptor");
	CHECK_EQ(descriptor(m + 8, 0x0000890000000000UL), -XEN_EINVAL, "TSS descriptor");
	CHECK_EQ(descriptor(m + 8, present_ldt), -XEN_EINVAL, "LDT descriptor");
	CHECK_EQ(descriptor(m + 8, 0x00008c0000000000UL | FLAT_RING3_CS64 << 16), 0, "call gate");
	CHECK_EQ(descriptor(m + 8, 0), 0, "empty descriptor");
	CHECK_EQ(descriptor(0xffffffffffUL << 12, 0), -XEN_EINVAL, "descriptor in no page");
	CHECK_EQ(descriptor(kit_va_to_mfn((void *)kit_start_info->pt_base) << 12, 0), -XEN_EINVAL, "descriptor in a page table");
	CHECK_EQ(hypercall2(__HYPERVISOR_set_gdt, 0, 0), 0, "set_gdt of nothing");
	CHECK_EQ(kit_make_writable(page), 0, "page writable again");
}

static long callback(unsigned int cmd, uint16_t type, uint16_t flags, uint64_t address)
{
	struct callback_register cb = { .type = type, .flags = flags, .address = address };

	return hypercall2(__HYPERVISOR_callback_op, cmd, &cb);
}

static void callbacks(void)
{
	uint64_t here = (uint64_t)page;
	static const uint16_t stay[] = { CALLBACKTYPE_event, CALLBACKTYPE_failsafe, CALLBACKTYPE_syscall, CALLBACKTYPE_sysenter,
					 CALLBACKTYPE_syscall32, CALLBACKTYPE_sysenter_deprecated };

	CHECK_EQ(callback(CALLBACKOP_register, CALLBACKTYPE_event, 0, NON_CANONICAL), -XEN_EINVAL, "callback not canonical");
	CHECK_EQ(callback(CALLBACKOP_register, CALLBACKTYPE_sysenter, CALLBACKF_mask_events, here), 0, "sysenter callback");
	CHECK_EQ(callback(CALLBACKOP_register, CALLBACKTYPE_syscall32, CALLBACKF_mask_events, here), 0, "syscall32 callback");
	CHECK_EQ(callback(CALLBACKOP_register, CALLBACKTYPE_nmi, 0, here), 0, "NMI callback");
	CHECK_EQ(callback(CALLBACKOP_register, CALLBACKTYPE_sysenter_deprecated, 0, here), -XEN_ENOSYS, "deprecated sysenter callback");
	CHECK_EQ(callback(CALLBACKOP_register, 6, 0, here), -XEN_ENOSYS, "callback type 6");
	CHECK_EQ(callback(CALLBACKOP_register, 999, 0, NON_CANONICAL), -XEN_EINVAL, "unknown callback not canonical");
	CHECK_EQ(callback(CALLBACKOP_register, 999, 0, here), -XEN_ENOSYS, "unknown callback");
	CHECK_EQ(callback(CALLBACKOP_unregister, CALLBACKTYPE_nmi, 0, 0), 0, "NMI callback unregistered");
	for (unsigned int i = 0; i < sizeof(stay) / sizeof(stay[0]); i++)
		CHECK_EQ(callback(CALLBACKOP_unregister, stay[i], 0, 0), i < 5 ? -XEN_EINVAL : -XEN_ENOSYS, "callback that stays");
	CHECK_EQ(callback(CALLBACKOP_unregister, 999, 0, 0), -XEN_ENOSYS, "unknown callback unregistered");
	CHECK_EQ(callback(77, 0, 0, 0), -XEN_ENOSYS, "callback_op 77");
	CHECK_EQ(hypercall2(__HYPERVISOR_callback_op, CALLBACKOP_register, BAD_POINTER), -XEN_EFAULT, "callback, bad pointer");
	CHECK_DIFFERS(hypercall3(__HYPERVISOR_set_callbacks, NON_CANONICAL, here, here), -XEN_EINVAL, 0, "set_callbacks, event not canonical");
	CHECK_DIFFERS(hypercall3(__HYPERVISOR_set_callbacks, here, here, NON_CANONICAL), -XEN_EINVAL, 0, "set_callbacks, syscall not canonical");
	kit_traps_init();
}

static void nmi(void)
{
	struct xennmi_callback cb = { .handler_address = (uint64_t)page };

	CHECK_EQ(hypercall2(__HYPERVISOR_nmi_op, XENNMI_register_callback, &cb), 0, "nmi_op register");
	cb.handler_address = NON_CANONICAL;
	CHECK_EQ(hypercall2(__HYPERVISOR_nmi_op, XENNMI_register_callback, &cb), -XEN_EINVAL, "nmi_op register, not canonical");
	CHECK_EQ(hypercall2(__HYPERVISOR_nmi_op, XENNMI_register_callback, BAD_POINTER), -XEN_EFAULT, "nmi_op register, bad pointer");
	CHECK_EQ(hypercall2(__HYPERVISOR_nmi_op, XENNMI_unregister_callback, 0), 0, "nmi_op unregister");
	CHECK_EQ(hypercall2(__HYPERVISOR_nmi_op, XENNMI_unregister_callback, 0), 0, "nmi_op unregister twice");
	CHECK_EQ(hypercall2(__HYPERVISOR_nmi_op, 2, 0), -XEN_ENOSYS, "nmi_op 2");
}

static long set_dr(unsigned int n, uint64_t v)
{
	return hypercall2(__HYPERVISOR_set_debugreg, n, v);
}

static long get_dr(unsigned int n)
{
	return hypercall1(__HYPERVISOR_get_debugreg, n);
}

static void debug_registers(void)
{
	CHECK_EQ(get_dr(6), 0xffff0ff0, "DR6 at first");
	CHECK_EQ(get_dr(7), 0x400, "DR7 at first");
	CHECK_EQ(set_dr(0, 0x1000), 0, "DR0");
	CHECK_EQ(get_dr(0), 0x1000, "DR0 read");
	CHECK_EQ(set_dr(3, BAD_POINTER), -XEN_EPERM, "DR3 in the hypervisor");
	CHECK_EQ(set_dr(3, NON_CANONICAL), -XEN_EPERM, "DR3 not canonical");
	CHECK_EQ(set_dr(6, 0), 0, "DR6");
	CHECK_EQ(get_dr(6), 0xffff0ff0, "DR6 read");
	CHECK_EQ(set_dr(6, 1UL << 32), -XEN_EINVAL, "DR6 of 33 bits");
	CHECK_EQ(set_dr(7, 1UL << 13), -XEN_EPERM, "DR7 with GD");
	CHECK_EQ(set_dr(7, 1UL << 32), -XEN_EINVAL, "DR7 of 33 bits");
	CHECK_EQ(set_dr(7, 0x20001), -XEN_EPERM, "DR7 with an I/O breakpoint, CR4.DE clear");
	CHECK_EQ(set_dr(7, 0xd800 | 1), 0, "DR7 with reserved bits");
	CHECK_EQ(get_dr(7), 0x401, "DR7 read");
	CHECK_EQ(set_dr(7, 0), 0, "DR7 cleared");
	CHECK_EQ(get_dr(7), 0x400, "DR7 clear");
	CHECK_EQ(set_dr(4, 0), 0, "DR4");
	CHECK_EQ(set_dr(5, 0), 0, "DR5");
	CHECK_EQ(set_dr(8, 0), -XEN_ENODEV, "DR8");
	CHECK_EQ(get_dr(4), 0xffff0ff0, "DR4 read");
	CHECK_EQ(get_dr(5), 0x400, "DR5 read");
	CHECK_EQ(get_dr(8), -XEN_ENODEV, "DR8 read");
	CHECK_EQ(set_dr(0, 0), 0, "DR0 cleared");
}

static long assist(unsigned int cmd, uint64_t type)
{
	return hypercall2(__HYPERVISOR_vm_assist, cmd, type);
}

static void assists(void)
{
	static const struct { uint8_t type; int rc; const char *what; } types[] = {
		{ VMASST_TYPE_4gb_segments, 0, "assist 4gb_segments" },
		{ VMASST_TYPE_4gb_segments_notify, 0, "assist 4gb_segments_notify" },
		{ VMASST_TYPE_writable_pagetables, 0, "assist writable_pagetables" },
		{ VMASST_TYPE_pae_extended_cr3, 0, "assist pae_extended_cr3" },
		{ VMASST_TYPE_architectural_iopl, 0, "assist architectural_iopl" },
		{ VMASST_TYPE_runstate_update_flag, 0, "assist runstate_update_flag" },
		{ 6, -XEN_EINVAL, "assist 6" }, { 31, -XEN_EINVAL, "assist 31" }, { 63, -XEN_EINVAL, "assist 63" },
		{ 64, -XEN_EINVAL, "assist 64" },
		{ VMASST_TYPE_m2p_strict, 0, "assist m2p_strict" },
	};

	for (unsigned int i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		CHECK_EQ(assist(VMASST_CMD_enable, types[i].type), types[i].rc, types[i].what);
		CHECK_EQ(assist(VMASST_CMD_disable, types[i].type), types[i].rc, types[i].what);
	}
	CHECK_EQ(assist(2, 0), -XEN_ENOSYS, "vm_assist 2");
	CHECK_EQ(assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables), 0, "assist on again");
}

static void registers(void)
{
	CHECK_EQ(hypercall2(__HYPERVISOR_stack_switch, FLAT_RING3_SS64, (uint64_t)page + PAGE_SIZE), 0, "stack_switch");
	CHECK_EQ(hypercall1(__HYPERVISOR_fpu_taskswitch, 1), 0, "fpu_taskswitch 1");
	CHECK_EQ(hypercall1(__HYPERVISOR_fpu_taskswitch, 0), 0, "fpu_taskswitch 0");
	CHECK_EQ(hypercall2(__HYPERVISOR_set_segment_base, SEGBASE_FS, 0x1234), 0, "FS base");
	CHECK_EQ(hypercall2(__HYPERVISOR_set_segment_base, SEGBASE_FS, NON_CANONICAL), -XEN_EINVAL, "FS base not canonical");
	CHECK_EQ(hypercall2(__HYPERVISOR_set_segment_base, SEGBASE_GS_USER, 0), 0, "user GS base");
	CHECK_EQ(hypercall2(__HYPERVISOR_set_segment_base, SEGBASE_GS_USER, NON_CANONICAL), -XEN_EINVAL, "user GS base not canonical");
	CHECK_EQ(hypercall2(__HYPERVISOR_set_segment_base, SEGBASE_GS_KERNEL, 0), 0, "kernel GS base");
	CHECK_EQ(hypercall2(__HYPERVISOR_set_segment_base, SEGBASE_GS_KERNEL, NON_CANONICAL), -XEN_EINVAL, "kernel GS base not canonical");
	CHECK_EQ(hypercall2(__HYPERVISOR_set_segment_base, SEGBASE_GS_USER_SEL, 0xfff8), 0, "GS selector that cannot be loaded");
	CHECK_EQ(hypercall2(__HYPERVISOR_set_segment_base, 4, 0), -XEN_EINVAL, "base 4");
	CHECK_EQ(hypercall1(__HYPERVISOR_set_timer_op, 1), 0, "set_timer_op in the past");
	CHECK_EQ(hypercall1(__HYPERVISOR_set_timer_op, 0), 0, "set_timer_op off");
}

static void multicall(void)
{
	static struct multicall_entry e[3];

	e[0] = (struct multicall_entry){ .op = __HYPERVISOR_xen_version, .args = { XENVER_version } };
	e[1] = (struct multicall_entry){ .op = 11 };
	e[2] = (struct multicall_entry){ .op = __HYPERVISOR_xen_version, .args = { XENVER_pagesize } };
	CHECK_EQ(hypercall2(__HYPERVISOR_multicall, e, 3), 0, "multicall");
	CHECK_EQ(e[0].result, 0x40011, "first entry");
	CHECK_EQ(e[1].result, -XEN_ENOSYS, "entry that fails");
	CHECK_EQ(e[2].result, 4096, "entry after it");
	e[0] = (struct multicall_entry){ .op = 64 };
	CHECK_EQ(hypercall2(__HYPERVISOR_multicall, e, 1), 0, "multicall of number 64");
	CHECK_EQ(e[0].result, -XEN_ENOSYS, "entry of number 64");
	e[0] = (struct multicall_entry){ .op = __HYPERVISOR_multicall, .args = { (uint64_t)&e[2], 1 } };
	CHECK_EQ(hypercall2(__HYPERVISOR_multicall, e, 1), 0, "multicall in a multicall");
	CHECK_EQ(e[0].result, -XEN_EINVAL, "entry of the inner one");
	CHECK_EQ(hypercall2(__HYPERVISOR_multicall, BAD_POINTER, 1), -XEN_EFAULT, "multicall, bad pointer");
	CHECK_EQ(hypercall2(__HYPERVISOR_multicall, UNMAPPED, 1), -XEN_EFAULT, "multicall, no page");
	CHECK_EQ(hypercall2(__HYPERVISOR_multicall, e, 0), 0, "multicall of nothing");
}

void surface_cpu(void)
{
	numbers();
	xen_version();
	console_io();
	tables();
	callbacks();
	nmi();
	debug_registers();
	assists();
	registers();
	multicall();
}
