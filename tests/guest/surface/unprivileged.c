/* SPDX-License-Identifier: BSD-2-Clause */
/* What the child may not do, and where its results differ from dom0's. */
#include <abi/event_channel.h>
#include <abi/features.h>
#include <abi/grant_table.h>
#include <abi/mca.h>
#include <abi/memory.h>
#include <abi/physdev.h>
#include <abi/platform.h>
#include <abi/sched.h>
#include <abi/sysctl.h>
#include <abi/vcpu.h>
#include <abi/version.h>
#include "surface.h"

static uint8_t page[PAGE_SIZE] PAGE_ALIGNED;
static uint8_t arg[256];
static uint64_t list[16];

static long call(unsigned int nr, unsigned int cmd, const void *p)
{
	return hypercall2(nr, cmd, p);
}

static void control(void)
{
	struct xen_domctl dc = { .cmd = XEN_DOMCTL_getdomaininfo, .interface_version = XEN_DOMCTL_INTERFACE_VERSION };
	struct xen_sysctl sc = { .cmd = XEN_SYSCTL_physinfo, .interface_version = XEN_SYSCTL_INTERFACE_VERSION };
	struct xen_platform_op po = { .cmd = XENPF_settime64, .interface_version = XENPF_INTERFACE_VERSION };
	struct xen_mc mc = { .cmd = XEN_MC_physcpuinfo, .interface_version = XEN_MCA_INTERFACE_VERSION };

	CHILD_EQ(hypercall1(__HYPERVISOR_domctl, &dc), -XEN_EPERM, "domctl");
	CHILD_DIFFERS(hypercall1(__HYPERVISOR_domctl, BAD_POINTER), -XEN_EPERM, -XEN_EFAULT, "domctl, bad pointer");
	CHILD_EQ(hypercall1(__HYPERVISOR_sysctl, &sc), -XEN_EPERM, "sysctl");
	CHILD_EQ(hypercall1(__HYPERVISOR_platform_op, &po), -XEN_EPERM, "platform_op");
	CHILD_EQ(hypercall1(__HYPERVISOR_mca, &mc), -XEN_EPERM, "mca");
	CHILD_EQ(hypercall3(__HYPERVISOR_console_io, CONSOLEIO_write, 1, page), -XEN_EPERM, "console_io write");
	CHILD_EQ(hypercall3(__HYPERVISOR_console_io, CONSOLEIO_read, 1, page), -XEN_EPERM, "console_io read");
	CHILD_EQ(hypercall2(__HYPERVISOR_xenpmu_op, XENPMU_init, 0), -XEN_EOPNOTSUPP, "xenpmu_op");
	CHILD_EQ(hypercall2(__HYPERVISOR_xsm_op, 0, 0), -XEN_ENOSYS, "xsm_op");
}

static void versions(void)
{
	struct xen_feature_info fi = { .submap_idx = 0 };
	static char text[1024];

	CHILD_EQ(call(__HYPERVISOR_xen_version, XENVER_get_features, &fi), 0, "get_features");
	CHILD_DIFFERS(fi.submap, 0x220f0, 0x220e0, "features");
	CHILD_EQ(call(__HYPERVISOR_xen_version, XENVER_commandline, text), 0, "commandline");
	CHILD_EQ(strncmp(text, "<denied>", 9), 0, "commandline is denied");
	CHILD_EQ(call(__HYPERVISOR_xen_version, XENVER_changeset, text), 0, "changeset");
	CHILD_EQ(call(__HYPERVISOR_xen_version, XENVER_extraversion, text), 0, "extraversion");
	CHILD_EQ(call(__HYPERVISOR_xen_version, XENVER_compile_info, text), 0, "compile_info");
	CHILD_EQ(call(__HYPERVISOR_xen_version, XENVER_guest_handle, text), 0, "guest_handle");
	CHILD_EQ(call(__HYPERVISOR_xen_version, XENVER_build_id, 0), -XEN_EPERM, "build_id");
}

static void memory(void)
{
	struct xen_memory_reservation r = { .extent_start = (uint64_t)list, .nr_extents = 1, .domid = 0 };
	struct xen_memory_map m = { .nr_entries = 1, .buffer = (uint64_t)arg };
	struct xen_foreign_memory_map f = { .domid = DOMID_SELF };
	struct xen_mem_acquire_resource a = { .type = 1, .nr_frames = 1, .frame_list = (uint64_t)list };
	struct xen_machphys_mapping mp;
	uint16_t self = DOMID_SELF, zero = 0;
	const unsigned int op = __HYPERVISOR_memory_op;

	CHILD_EQ(call(op, XENMEM_current_reservation, &zero), -XEN_EPERM, "current_reservation of dom0");
	CHILD_EQ(call(op, XENMEM_current_reservation, &self) > 0, 1, "current_reservation");
	CHILD_EQ(call(op, XENMEM_machine_memory_map, &m), -XEN_EPERM, "machine_memory_map");
	CHILD_EQ(call(op, XENMEM_memory_map, &m), -XEN_ENOSYS, "memory_map");
	CHILD_EQ(call(op, XENMEM_set_memory_map, &f), 0, "set_memory_map");
	f.domid = 0;
	CHILD_EQ(call(op, XENMEM_set_memory_map, &f), -XEN_EPERM, "set_memory_map of dom0");
	CHILD_EQ(call(op, XENMEM_machphys_mapping, &mp), 0, "machphys_mapping");
	CHILD_EQ(mp.max_mfn, 0x7ffffffff, "its last entry");
	CHILD_EQ(call(op, XENMEM_acquire_resource, &a), -XEN_EPERM, "acquire_resource of dom0");
	r.extent_start = 0;
	CHILD_EQ(call(op, XENMEM_claim_pages, &r), -XEN_EPERM, "claim_pages");
	r.extent_start = (uint64_t)list;
	CHILD_EQ(call(op, XENMEM_populate_physmap, &r), 0, "populate_physmap of dom0");
	CHILD_EQ(call(op, XENMEM_decrease_reservation, &r), 0, "decrease_reservation of dom0");
	r.domid = DOMID_SELF;
	list[0] = 0x1900;
	CHILD_EQ(call(op, XENMEM_populate_physmap, &r), 1, "populate_physmap");
	CHILD_EQ(call(op, XENMEM_decrease_reservation, &r), 1, "decrease_reservation");
	CHILD_EQ(call(op, XENMEM_increase_reservation, &r), 1, "increase_reservation");
	CHILD_EQ(call(op, XENMEM_decrease_reservation, &r), 1, "decrease_reservation again");
	r.extent_order = 10;
	CHILD_EQ(call(op, XENMEM_populate_physmap, &r), 0, "populate_physmap of order 10");
	r.extent_order = 9;
	CHILD_EQ(call(op, XENMEM_populate_physmap, &r), 0, "populate_physmap beyond the limit");
	CHILD_EQ(call(op, XENMEM_maximum_ram_page, 0) > 0, 1, "maximum_ram_page");
}

static long update(uint64_t ptr, uint64_t val, uint32_t fd)
{
	struct mmu_update u = { .ptr = ptr, .val = val };

	return hypercall4(__HYPERVISOR_mmu_update, &u, 1, 0, fd);
}

static long ext(unsigned int cmd, uint32_t fd)
{
	struct mmuext_op op = { .cmd = cmd };

	return hypercall4(__HYPERVISOR_mmuext_op, &op, 1, 0, fd);
}

static void mmu(void)
{
	uint64_t pte = kit_pte_maddr(page), val = *kit_walk(page, 1);

	CHILD_EQ(update(pte, val, DOMID_SELF), 0, "mmu_update");
	CHILD_EQ(update(pte, val, 0), -XEN_EPERM, "mmu_update, pages of dom0");
	CHILD_EQ(update(pte, val, DOMID_SELF | 1 << 16), -XEN_EPERM, "mmu_update, tables of dom0");
	CHILD_EQ(update(pte, val, DOMID_XEN), -XEN_EPERM, "mmu_update, pages of DOMID_XEN");
	CHILD_EQ(update(pte, val, NOBODY), -XEN_ESRCH, "mmu_update, pages of nobody");
	CHILD_EQ(update(pte, val | PTE_PCD, DOMID_SELF), -XEN_EINVAL, "uncached entry");
	CHILD_EQ(update(pte, 0xfee00UL << 12 | PTE_P, DOMID_IO), -XEN_EPERM, "the APIC as DOMID_IO's");
	CHILD_EQ(update(pte, 0xfee00UL << 12 | PTE_P, DOMID_SELF), -XEN_EPERM, "the APIC");
	CHILD_EQ(update(pte, 0xb8UL << 12 | PTE_P, DOMID_IO), -XEN_EPERM, "video memory");
	CHILD_EQ(update(pte, val, DOMID_SELF), 0, "mmu_update again");
	CHILD_EQ(ext(MMUEXT_FLUSH_CACHE, DOMID_SELF), -XEN_EACCES, "FLUSH_CACHE");
	CHILD_EQ(ext(MMUEXT_FLUSH_CACHE_GLOBAL, DOMID_SELF), -XEN_EINVAL, "FLUSH_CACHE_GLOBAL");
	CHILD_EQ(ext(MMUEXT_TLB_FLUSH_ALL, 0), -XEN_EPERM, "TLB_FLUSH_ALL of dom0");
	CHILD_EQ(hypercall4(__HYPERVISOR_update_va_mapping_otherdomain, page, val, 0, 0), -XEN_EPERM, "update_va_mapping_otherdomain");
}

static void machine(void)
{
	static const struct { uint8_t cmd; int rc; const char *what; } cmds[] = {
		{ PHYSDEVOP_set_iopl, 0, "set_iopl" },
		{ PHYSDEVOP_set_iobitmap, 0, "set_iobitmap" },
		{ PHYSDEVOP_apic_read, -XEN_EPERM, "apic_read" },
		{ PHYSDEVOP_apic_write, -XEN_EPERM, "apic_write" },
		{ PHYSDEVOP_alloc_irq_vector, -XEN_EPERM, "alloc_irq_vector" },
		{ PHYSDEVOP_eoi, -XEN_EINVAL, "eoi" },
		{ PHYSDEVOP_map_pirq, -XEN_EPERM, "map_pirq" },
		{ PHYSDEVOP_unmap_pirq, -XEN_EPERM, "unmap_pirq" },
		{ PHYSDEVOP_manage_pci_add, -XEN_EPERM, "manage_pci_add" },
		{ PHYSDEVOP_manage_pci_remove, -XEN_EPERM, "manage_pci_remove" },
		{ PHYSDEVOP_manage_pci_add_ext, -XEN_EPERM, "manage_pci_add_ext" },
		{ PHYSDEVOP_restore_msi, -XEN_EPERM, "restore_msi" },
		{ PHYSDEVOP_restore_msi_ext, -XEN_EPERM, "restore_msi_ext" },
		{ PHYSDEVOP_setup_gsi, -XEN_EPERM, "setup_gsi" },
		{ PHYSDEVOP_pci_mmcfg_reserved, -XEN_EPERM, "pci_mmcfg_reserved" },
		{ PHYSDEVOP_pci_device_add, -XEN_EPERM, "pci_device_add" },
		{ PHYSDEVOP_pci_device_remove, -XEN_EPERM, "pci_device_remove" },
		{ PHYSDEVOP_prepare_msix, -XEN_EPERM, "prepare_msix" },
		{ PHYSDEVOP_release_msix, -XEN_EPERM, "release_msix" },
		{ PHYSDEVOP_dbgp_op, -XEN_EPERM, "dbgp_op" },
	};
	struct physdev_irq_status_query q = { .irq = 0 };
	struct physdev_get_free_pirq f = { .type = MAP_PIRQ_TYPE_MSI };
	struct physdev_pirq_eoi_gmfn eoi = { .gmfn = kit_va_to_mfn(page) };

	for (unsigned int i = 0; i < sizeof(cmds) / sizeof(cmds[0]); i++) {
		memset(arg, 0, sizeof(arg));
		CHILD_EQ(call(__HYPERVISOR_physdev_op, cmds[i].cmd, arg), cmds[i].rc, cmds[i].what);
	}
	CHILD_DIFFERS(call(__HYPERVISOR_physdev_op, PHYSDEVOP_get_free_pirq, &f), -XEN_EPERM, 0, "get_free_pirq");
	CHILD_DIFFERS(call(__HYPERVISOR_physdev_op, PHYSDEVOP_irq_status_query, &q), -XEN_EINVAL, 0, "irq_status_query");
	CHILD_DIFFERS(call(__HYPERVISOR_physdev_op, PHYSDEVOP_pirq_eoi_gmfn_v2, &eoi), -XEN_EOPNOTSUPP, 0, "pirq_eoi_gmfn_v2");
	eoi.gmfn = 0xffffffffffUL;
	CHILD_DIFFERS(call(__HYPERVISOR_physdev_op, PHYSDEVOP_pirq_eoi_gmfn_v1, &eoi), -XEN_ENOSYS, -XEN_EINVAL, "pirq_eoi_gmfn_v1");
}

static void events(void)
{
	struct evtchn_alloc_unbound a = { .dom = 0, .remote_dom = DOMID_SELF };
	struct evtchn_status s = { .dom = 0, .port = 1 };
	struct evtchn_reset r = { .dom = 0 };
	struct evtchn_bind_interdomain b = { .remote_dom = 0, .remote_port = 1 };
	struct evtchn_bind_pirq p = { .pirq = 5 };
	struct evtchn_bind_virq v = { .virq = VIRQ_DOM_EXC };
	const unsigned int op = __HYPERVISOR_event_channel_op;

	CHILD_EQ(call(op, EVTCHNOP_alloc_unbound, &a), -XEN_EPERM, "alloc_unbound for dom0");
	CHILD_EQ(call(op, EVTCHNOP_status, &s), -XEN_EPERM, "status of dom0's");
	CHILD_EQ(call(op, EVTCHNOP_reset, &r), -XEN_EPERM, "reset of dom0");
	CHILD_EQ(call(op, EVTCHNOP_bind_interdomain, &b), -XEN_EINVAL, "bind_interdomain to dom0");
	CHILD_EQ(call(op, EVTCHNOP_bind_pirq, &p), -XEN_EPERM, "bind_pirq");
	CHILD_EQ(call(op, EVTCHNOP_bind_virq, &v), 0, "bind_virq, global");
	for (a.dom = DOMID_SELF; !call(op, EVTCHNOP_alloc_unbound, &a);)
		;
	CHILD_EQ(call(op, EVTCHNOP_alloc_unbound, &a), -XEN_ENOSPC, "alloc_unbound beyond the limit");
	CHILD_EQ(a.port, 1023, "the last port");
}

static void grants(void)
{
	struct gnttab_setup_table t = { .dom = 0, .nr_frames = 1, .frame_list = (uint64_t)list };
	struct gnttab_query_size q = { .dom = 0 };
	struct gnttab_get_version g = { .dom = 0 };
	struct gnttab_set_version v = { .version = 2 };
	struct gnttab_map_grant_ref m = { .flags = GNTMAP_device_map, .dom = 0, .ref = 5 };

	CHILD_EQ(hypercall3(__HYPERVISOR_grant_table_op, GNTTABOP_setup_table, &t, 1), 0, "setup_table of dom0");
	CHILD_EQ(t.status, GNTST_permission_denied, "its status");
	CHILD_EQ(hypercall3(__HYPERVISOR_grant_table_op, GNTTABOP_query_size, &q, 1), 0, "query_size of dom0");
	CHILD_EQ(q.status, GNTST_permission_denied, "its status");
	CHILD_EQ(hypercall3(__HYPERVISOR_grant_table_op, GNTTABOP_get_version, &g, 1), -XEN_EPERM, "get_version of dom0");
	CHILD_EQ(hypercall3(__HYPERVISOR_grant_table_op, GNTTABOP_set_version, &v, 1), -XEN_ENOSYS, "set_version 2");
	CHILD_EQ(hypercall3(__HYPERVISOR_grant_table_op, GNTTABOP_map_grant_ref, &m, 1), 0, "map_grant_ref of dom0's");
	CHILD_EQ(m.status, GNTST_general_error, "its status");
	t = (struct gnttab_setup_table){ .dom = DOMID_SELF, .nr_frames = 5, .frame_list = (uint64_t)list };
	CHILD_EQ(hypercall3(__HYPERVISOR_grant_table_op, GNTTABOP_setup_table, &t, 1), 0, "setup_table beyond the limit");
	CHILD_EQ(t.status, GNTST_general_error, "its status");
}

static void vcpus(void)
{
	struct sched_remote_shutdown r = { .domain_id = 0, .reason = 0 };
	struct sched_pin_override p = { .pcpu = 0 };

	CHILD_EQ(call(__HYPERVISOR_sched_op, SCHEDOP_remote_shutdown, &r), -XEN_EPERM, "remote_shutdown of dom0");
	CHILD_EQ(call(__HYPERVISOR_sched_op, SCHEDOP_pin_override, &p), -XEN_EPERM, "pin_override");
	CHILD_EQ(hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_is_up, 1, 0), 0, "is_up of vCPU 1");
	CHILD_EQ(hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_up, 1, 0), -XEN_EINVAL, "up of vCPU 1 without context");
	CHILD_EQ(hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_down, 1, 0), 0, "down of vCPU 1");
	CHILD_EQ(hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_get_physid, 0, arg), -XEN_EINVAL, "get_physid");
	CHILD_EQ(hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_set_singleshot_timer, 1, arg), -XEN_EINVAL, "set_singleshot_timer of vCPU 1");
	CHILD_EQ(hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_initialise, 1, BAD_POINTER), -XEN_EFAULT, "initialise, bad pointer");
}

void surface_guest(void)
{
	control();
	versions();
	memory();
	mmu();
	machine();
	grants();
	vcpus();
	events();
}
