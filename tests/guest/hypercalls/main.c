/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every hypercall that a kernel calls directly: its success, and each of its errors as pv-abi section 2 has them.
 * Those with a test of their own (page tables, events, grants, time) are only probed for unknown commands here.
 */
#include <abi/callback.h>
#include <abi/domctl.h>
#include <abi/event_channel.h>
#include <abi/features.h>
#include <abi/grant_table.h>
#include <abi/memory.h>
#include <abi/physdev.h>
#include <abi/platform.h>
#include <abi/sched.h>
#include <abi/sysctl.h>
#include <abi/vcpu.h>
#include <abi/version.h>
#include "kit/kit.h"

#define BAD_POINTER	0xffff830000000000UL	/* hypervisor's range */
#define UNMAPPED	0x0000600000000000UL
#define NON_CANONICAL	0x0000800000000000UL
#define NEVER_ASSIGNED	11

static struct vcpu_guest_context context;
static uint8_t page[PAGE_SIZE] PAGE_ALIGNED;

static void test_numbers(void)
{
	CHECK_EQ(hypercall1(NEVER_ASSIGNED, 0), -XEN_ENOSYS, "hypercall 11");
	CHECK_EQ(hypercall1(63, 0), -XEN_ENOSYS, "hypercall 63");
	CHECK_EQ(hypercall1(64, 0), -XEN_ENOSYS, "hypercall 64");
	CHECK_EQ(hypercall1(65, 0), -XEN_ENOSYS, "hypercall 65");
	CHECK_EQ(hypercall1(0xffffffffUL, 0), -XEN_ENOSYS, "hypercall 2^32 - 1");
	CHECK_EQ(hypercall1(0x100000011UL, 0), -XEN_ENOSYS, "hypercall 2^32 + 17");
}

static void test_version(void)
{
	struct xen_feature_info fi = { .submap_idx = 0 };
	char text[1024];

	CHECK_EQ(hypercall2(__HYPERVISOR_xen_version, XENVER_version, 0), 0x40011, "version is 4.17");
	CHECK_EQ(hypercall2(__HYPERVISOR_xen_version, XENVER_pagesize, 0), 4096, "page size");
	CHECK_EQ(hypercall2(__HYPERVISOR_xen_version, XENVER_get_features, &fi), 0, "get_features");
	CHECK(fi.submap & 1U << XENFEAT_mmu_pt_update_preserve_ad, "feature mmu_pt_update_preserve_ad");
	CHECK(fi.submap & 1U << XENFEAT_gnttab_map_avail_bits, "feature gnttab_map_avail_bits");
	CHECK(fi.submap & 1U << XENFEAT_dom0, "feature dom0");
	fi.submap_idx = 1;
	CHECK_EQ(hypercall2(__HYPERVISOR_xen_version, XENVER_get_features, &fi), -XEN_EINVAL, "get_features of map 1");
	CHECK_EQ(hypercall2(__HYPERVISOR_xen_version, XENVER_get_features, BAD_POINTER), -XEN_EFAULT, "pointer into the hypervisor");
	CHECK_EQ(hypercall2(__HYPERVISOR_xen_version, XENVER_get_features, UNMAPPED), -XEN_EFAULT, "unmapped pointer");
	CHECK_EQ(hypercall2(__HYPERVISOR_xen_version, XENVER_get_features, NON_CANONICAL), -XEN_EFAULT, "non-canonical pointer");
	CHECK_EQ(hypercall2(__HYPERVISOR_xen_version, XENVER_get_features, -4UL), -XEN_EFAULT, "pointer that wraps");
	CHECK_EQ(hypercall2(__HYPERVISOR_xen_version, 1000, 0), -XEN_ENOSYS, "unknown command");
	memset(text, 'x', sizeof(text));
	CHECK_EQ(hypercall2(__HYPERVISOR_xen_version, XENVER_capabilities, text), 0, "capabilities");
	CHECK(!strncmp(text, "xen-3.0-x86_64 ", 15), "capabilities say xen-3.0-x86_64");
}

static void test_cpu_state(void)
{
	static uint64_t frames[16];
	static struct trap_info traps[2];
	struct callback_register cb = { .type = CALLBACKTYPE_event, .address = NON_CANONICAL };

	traps[0] = (struct trap_info){ .vector = 6, .cs = FLAT_RING3_CS64, .address = NON_CANONICAL };
	CHECK_EQ(hypercall1(__HYPERVISOR_set_trap_table, traps), -XEN_EINVAL, "trap handler not canonical");
	CHECK_EQ(hypercall1(__HYPERVISOR_set_trap_table, BAD_POINTER), -XEN_EFAULT, "trap table in the hypervisor");
	CHECK_EQ(hypercall2(__HYPERVISOR_callback_op, CALLBACKOP_register, &cb), -XEN_EINVAL, "callback not canonical");
	cb = (struct callback_register){ .type = 999, .address = (uint64_t)page };
	CHECK_EQ(hypercall2(__HYPERVISOR_callback_op, CALLBACKOP_register, &cb), -XEN_ENOSYS, "unknown callback type");
	CHECK_EQ(hypercall2(__HYPERVISOR_callback_op, 77, &cb), -XEN_ENOSYS, "unknown callback command");
	CHECK_EQ(hypercall2(__HYPERVISOR_stack_switch, FLAT_RING3_SS64, (uint64_t)page + PAGE_SIZE), 0, "stack_switch");
	CHECK_EQ(hypercall2(__HYPERVISOR_set_gdt, frames, 7169), -XEN_EINVAL, "GDT with reserved entries");
	frames[0] = kit_va_to_mfn(page);
	CHECK(hypercall2(__HYPERVISOR_set_gdt, frames, 512) < 0, "GDT in a page that is mapped writable");
	CHECK_EQ(kit_make_readonly(page), 0, "page made read-only");
	CHECK_EQ(hypercall2(__HYPERVISOR_set_gdt, frames, 512), 0, "GDT in a read-only page");
	CHECK(kit_make_writable(page) < 0, "a GDT page cannot be mapped writable");
	CHECK_EQ(hypercall2(__HYPERVISOR_update_descriptor, (kit_va_to_mfn(page) << 12) + 8, 0x00affa000000ffffUL), 0, "code descriptor");
	CHECK_EQ(hypercall2(__HYPERVISOR_update_descriptor, (kit_va_to_mfn(page) << 12) + 4, 0), -XEN_EINVAL, "descriptor not aligned");
	CHECK_EQ(hypercall2(__HYPERVISOR_update_descriptor, (kit_va_to_mfn(page) << 12) + 8, 0x0000890000000000UL), -XEN_EINVAL, "a present TSS descriptor");
	CHECK_EQ(hypercall2(__HYPERVISOR_update_descriptor, (kit_va_to_mfn(page) << 12) + 8, 0x00af9a000000ffffUL), 0, "ring-0 code descriptor is taken");
	CHECK_EQ(*(volatile uint64_t *)(page + 8) >> 45 & 3, 3, "and made ring 3");
	CHECK_EQ(hypercall2(__HYPERVISOR_set_gdt, frames, 0), 0, "GDT released");
	CHECK_EQ(kit_make_writable(page), 0, "and writable again");
}

static void test_segments_debug_assist(void)
{
	CHECK_EQ(hypercall2(__HYPERVISOR_set_segment_base, SEGBASE_FS, 0x1234), 0, "FS base");
	CHECK_EQ(hypercall2(__HYPERVISOR_set_segment_base, SEGBASE_FS, NON_CANONICAL), -XEN_EINVAL, "FS base not canonical");
	CHECK_EQ(hypercall2(__HYPERVISOR_set_segment_base, SEGBASE_GS_USER_SEL, 0xfff8), 0, "a GS selector that cannot be loaded");
	CHECK_EQ(hypercall2(__HYPERVISOR_set_segment_base, 9, 0), -XEN_EINVAL, "unknown base");
	CHECK_EQ(hypercall2(__HYPERVISOR_set_debugreg, 0, 0x1000), 0, "DR0");
	CHECK_EQ(hypercall1(__HYPERVISOR_get_debugreg, 0), 0x1000, "DR0 read back");
	CHECK_EQ(hypercall2(__HYPERVISOR_set_debugreg, 0, BAD_POINTER), -XEN_EPERM, "DR0 in the hypervisor");
	CHECK_EQ(hypercall2(__HYPERVISOR_set_debugreg, 7, 1 << 13), -XEN_EPERM, "DR7 with GD");
	CHECK_EQ(hypercall2(__HYPERVISOR_set_debugreg, 8, 0), -XEN_ENODEV, "DR8");
	CHECK_EQ(hypercall2(__HYPERVISOR_set_debugreg, 0, 0), 0, "DR0 cleared");
	CHECK_EQ(hypercall2(__HYPERVISOR_vm_assist, VMASST_CMD_enable, VMASST_TYPE_writable_pagetables), 0, "writable_pagetables");
	CHECK_EQ(hypercall2(__HYPERVISOR_vm_assist, VMASST_CMD_enable, VMASST_TYPE_runstate_update_flag), 0, "runstate_update_flag");
	CHECK_EQ(hypercall2(__HYPERVISOR_vm_assist, VMASST_CMD_enable, 31), -XEN_EINVAL, "unknown assist");
	CHECK_EQ(hypercall2(__HYPERVISOR_vm_assist, 7, 2), -XEN_ENOSYS, "unknown assist command");
	CHECK_EQ(hypercall1(__HYPERVISOR_fpu_taskswitch, 0), 0, "fpu_taskswitch");
}

static void test_multicall(void)
{
	static struct multicall_entry e[3];

	e[0] = (struct multicall_entry){ .op = __HYPERVISOR_xen_version, .args = { XENVER_version } };
	e[1] = (struct multicall_entry){ .op = NEVER_ASSIGNED };
	e[2] = (struct multicall_entry){ .op = __HYPERVISOR_xen_version, .args = { XENVER_pagesize } };
	CHECK_EQ(hypercall2(__HYPERVISOR_multicall, e, 3), 0, "multicall");
	CHECK_EQ(e[0].result, 0x40011, "first entry");
	CHECK_EQ(e[1].result, -XEN_ENOSYS, "a failing entry");
	CHECK_EQ(e[2].result, 4096, "does not stop the next");
	CHECK_EQ(hypercall2(__HYPERVISOR_multicall, BAD_POINTER, 1), -XEN_EFAULT, "list in the hypervisor");
	CHECK_EQ(hypercall2(__HYPERVISOR_multicall, e, 0), 0, "no entries");
	e[0] = (struct multicall_entry){ .op = __HYPERVISOR_multicall, .args = { (uint64_t)&e[2], 1 } };
	hypercall2(__HYPERVISOR_multicall, e, 1);
	CHECK((long)e[0].result < 0, "multicall inside multicall is refused: %ld", (long)e[0].result);
}

static void test_vcpu_op(void)
{
	struct vcpu_register_vcpu_info info = { .mfn = kit_va_to_mfn(page), .offset = PAGE_SIZE - 32 };

	CHECK_EQ(hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_is_up, 0, 0), 1, "vCPU 0 is up");
	CHECK_EQ(hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_is_up, 4000, 0), -XEN_ENOENT, "vCPU 4000");
	CHECK_EQ(hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_initialise, 0, &context), -XEN_EEXIST, "initialise twice");
	CHECK_EQ(hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_stop_periodic_timer, 0, 0), 0, "stop_periodic_timer");
	CHECK_EQ(hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_stop_singleshot_timer, 0, 0), 0, "stop_singleshot_timer");
	CHECK_EQ(hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, 0, &info), -XEN_ENXIO, "vcpu_info across a page's end");
	info.offset = 4;
	CHECK_EQ(hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, 0, &info), -XEN_ENXIO, "vcpu_info not aligned");
	info.offset = 64;
	CHECK_EQ(hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, 0, &info), 0, "vcpu_info moved");
	CHECK_EQ(hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, 0, &info), -XEN_EINVAL, "vcpu_info moved twice");
	CHECK_EQ(((struct vcpu_info *)(page + 64))->evtchn_upcall_pending, 1, "the new one has an upcall pending");
	CHECK(((struct vcpu_info *)(page + 64))->evtchn_pending_sel == ~0UL, "and all selectors");
	CHECK_EQ(hypercall3(__HYPERVISOR_vcpu_op, 99, 0, 0), -XEN_ENOSYS, "unknown command");
}

static void test_sched_op(void)
{
	struct sched_poll poll = { .nr_ports = 129 };

	CHECK_EQ(hypercall2(__HYPERVISOR_sched_op, SCHEDOP_yield, 0), 0, "yield");
	CHECK_EQ(hypercall2(__HYPERVISOR_sched_op, SCHEDOP_poll, &poll), -XEN_EINVAL, "poll of 129 ports");
	CHECK_EQ(hypercall2(__HYPERVISOR_sched_op, SCHEDOP_poll, BAD_POINTER), -XEN_EFAULT, "poll in the hypervisor");
	CHECK_EQ(hypercall2(__HYPERVISOR_sched_op, 77, 0), -XEN_ENOSYS, "unknown command");
}

static void test_memory_op(void)
{
	static struct e820entry map[128];
	struct xen_memory_map mm = { .nr_entries = 128, .buffer = (uint64_t)map };
	struct xen_machphys_mapping mp;
	uint16_t self = DOMID_SELF, nobody = 1234;
	bool ordered = true;

	CHECK_EQ(hypercall2(__HYPERVISOR_memory_op, XENMEM_machine_memory_map, &mm), 0, "machine_memory_map");
	for (unsigned int i = 1; i < mm.nr_entries; i++)
		ordered &= map[i].addr >= map[i - 1].addr + map[i - 1].size;
	CHECK(mm.nr_entries >= 2 && ordered, "its %u entries ascend", mm.nr_entries);
	CHECK_EQ(hypercall2(__HYPERVISOR_memory_op, XENMEM_machphys_mapping, &mp), 0, "machphys_mapping");
	CHECK(mp.v_start == 0xffff800000000000UL, "M2P stands where the ABI says");
	CHECK(hypercall2(__HYPERVISOR_memory_op, XENMEM_maximum_ram_page, 0) > 1024, "maximum_ram_page");
	CHECK_EQ(hypercall2(__HYPERVISOR_memory_op, XENMEM_current_reservation, &self), kit_start_info->nr_pages, "current_reservation");
	CHECK_EQ(hypercall2(__HYPERVISOR_memory_op, XENMEM_current_reservation, &nobody), -XEN_ESRCH, "of a domain that is not");
	CHECK_EQ(hypercall2(__HYPERVISOR_memory_op, XENMEM_current_reservation, BAD_POINTER), -XEN_EFAULT, "pointer into the hypervisor");
	CHECK_EQ(hypercall2(__HYPERVISOR_memory_op, 55, 0), -XEN_ENOSYS, "unknown command");
}

/* A page goes and another comes, as a balloon driver does it. */
static void test_reservation(void)
{
	static uint8_t balloon[PAGE_SIZE] PAGE_ALIGNED;
	uint64_t old = kit_va_to_mfn(balloon), pfn = ((uint64_t)balloon - KIT_VIRT_BASE) / PAGE_SIZE, extent;
	struct xen_memory_reservation r = { .extent_start = (uint64_t)&extent, .nr_extents = 1, .domid = DOMID_SELF };
	bool known = true;

	memset(balloon, 0x5a, sizeof(balloon));
	CHECK_EQ(kit_set_pte(balloon, 0), 0, "page unmapped");
	extent = old;
	CHECK_EQ(hypercall2(__HYPERVISOR_memory_op, XENMEM_decrease_reservation, &r), 1, "decrease_reservation");
	CHECK_EQ(hypercall2(__HYPERVISOR_memory_op, XENMEM_decrease_reservation, &r), 0, "the same page again");
	CHECK(kit_set_pte(balloon, old << 12 | PTE_P | PTE_RW) < 0, "a page given back cannot be mapped");
	extent = pfn;
	CHECK_EQ(hypercall2(__HYPERVISOR_memory_op, XENMEM_populate_physmap, &r), 1, "populate_physmap");
	CHECK_EQ(((const uint64_t *)0xffff800000000000UL)[extent], pfn, "M2P of the new page");
	CHECK_EQ(kit_set_pte(balloon, extent << 12 | PTE_P | PTE_RW), 0, "new page mapped");
	/* Whose bytes they were nobody may know; but dom0 sees all memory anyway, and Xen hands it its own pages back as they were. */
	for (size_t i = 0; i < sizeof(balloon); i++)
		known &= balloon[i] == 0 || balloon[i] == 0x5a;
	CHECK(known, "which holds zeros, or what it held in this domain");
	((uint64_t *)kit_start_info->mfn_list)[pfn] = extent;
}

static void test_control(void)
{
	static struct xen_domctl dc;
	static struct xen_sysctl sc;
	static struct xen_platform_op po;
	struct physdev_set_iopl iopl = { .iopl = 4 };

	CHECK_EQ(hypercall2(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl, &iopl), -XEN_EINVAL, "IOPL 4");
	iopl.iopl = 1;
	CHECK_EQ(hypercall2(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl, &iopl), 0, "IOPL 1");
	CHECK_EQ(hypercall2(__HYPERVISOR_physdev_op, 999, &iopl), -XEN_ENOSYS, "unknown physdev_op");
	dc = (struct xen_domctl){ .cmd = XEN_DOMCTL_getdomaininfo, .interface_version = 1 };
	CHECK_EQ(hypercall1(__HYPERVISOR_domctl, &dc), -XEN_EACCES, "domctl of another version");
	dc.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	CHECK_EQ(hypercall1(__HYPERVISOR_domctl, &dc), 0, "getdomaininfo");
	CHECK_EQ(dc.domain, 0, "of dom0");
	CHECK_EQ(dc.u.getdomaininfo.tot_pages, kit_start_info->nr_pages, "counts its pages");
	dc = (struct xen_domctl){ .cmd = XEN_DOMCTL_getdomaininfo, .interface_version = XEN_DOMCTL_INTERFACE_VERSION, .domain = 5 };
	CHECK_EQ(hypercall1(__HYPERVISOR_domctl, &dc), -XEN_ESRCH, "getdomaininfo beyond the last");
	dc = (struct xen_domctl){ .cmd = XEN_DOMCTL_destroydomain, .interface_version = XEN_DOMCTL_INTERFACE_VERSION, .domain = 0 };
	CHECK_EQ(hypercall1(__HYPERVISOR_domctl, &dc), -XEN_EINVAL, "dom0 cannot destroy itself");
	dc = (struct xen_domctl){ .cmd = 4321, .interface_version = XEN_DOMCTL_INTERFACE_VERSION };
	CHECK_EQ(hypercall1(__HYPERVISOR_domctl, &dc), -XEN_ENOSYS, "unknown domctl");
	sc = (struct xen_sysctl){ .cmd = XEN_SYSCTL_physinfo, .interface_version = 1 };
	CHECK_EQ(hypercall1(__HYPERVISOR_sysctl, &sc), -XEN_EACCES, "sysctl of another version");
	sc.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	CHECK_EQ(hypercall1(__HYPERVISOR_sysctl, &sc), 0, "physinfo");
	CHECK(sc.u.physinfo.total_pages >= sc.u.physinfo.free_pages && sc.u.physinfo.total_pages > 1024, "has memory");
	po = (struct xen_platform_op){ .cmd = XENPF_settime64, .interface_version = 1 };
	CHECK_EQ(hypercall1(__HYPERVISOR_platform_op, &po), -XEN_EACCES, "platform_op of another version");
	CHECK_EQ(hypercall2(__HYPERVISOR_event_channel_op, 99, 0), -XEN_ENOSYS, "unknown event_channel_op");
	CHECK_EQ(hypercall3(__HYPERVISOR_grant_table_op, 99, page, 1), -XEN_ENOSYS, "unknown grant_table_op");
}

void kit_main(struct start_info *si)
{
	(void)si;
	test_numbers();
	test_version();
	test_cpu_state();
	test_segments_debug_assist();
	test_multicall();
	test_sched_op();
	test_memory_op();
	test_reservation();
	test_control();
	test_vcpu_op();
	tap_done();
}
