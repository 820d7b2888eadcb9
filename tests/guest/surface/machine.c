/* SPDX-License-Identifier: BSD-2-Clause */
/* physdev_op, platform_op, mca: dom0's work on the machine. */
#include <abi/event_channel.h>
#include <abi/mca.h>
#include <abi/physdev.h>
#include <abi/platform.h>
#include "surface.h"

#define IOAPIC	0xfec00000UL

static long phys(unsigned int cmd, void *arg)
{
	return hypercall2(__HYPERVISOR_physdev_op, cmd, arg);
}

static void privilege(void)
{
	struct physdev_set_iopl iopl = { .iopl = 4 };
	struct physdev_set_iobitmap io = { .nr_ports = 65537 };

	CHECK_EQ(phys(PHYSDEVOP_set_iopl, &iopl), -XEN_EINVAL, "set_iopl 4");
	for (iopl.iopl = 3; iopl.iopl--;)
		CHECK_EQ(phys(PHYSDEVOP_set_iopl, &iopl), 0, "set_iopl");
	iopl.iopl = 1;
	CHECK_EQ(phys(PHYSDEVOP_set_iopl, &iopl), 0, "set_iopl 1");
	CHECK_EQ(phys(PHYSDEVOP_set_iobitmap, &io), -XEN_EINVAL, "set_iobitmap of 65537 ports");
	io = (struct physdev_set_iobitmap){ .bitmap = BAD_POINTER, .nr_ports = 8 };
	CHECK_EQ(phys(PHYSDEVOP_set_iobitmap, &io), -XEN_EINVAL, "set_iobitmap in the hypervisor");
	io = (struct physdev_set_iobitmap){ 0 };
	CHECK_EQ(phys(PHYSDEVOP_set_iobitmap, &io), 0, "set_iobitmap of none");
}

static void interrupts(void)
{
	struct physdev_irq_status_query q = { .irq = 100000 };
	struct physdev_apic apic = { .apic_physbase = IOAPIC, .reg = 1 };
	struct physdev_irq irq = { .irq = 5 };
	struct physdev_eoi eoi = { .irq = 5 };
	struct physdev_map_pirq m = { .domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_GSI, .index = 5, .pirq = 5 };
	struct physdev_unmap_pirq u = { .domid = DOMID_SELF, .pirq = 5 };
	struct physdev_setup_gsi s = { .gsi = 5, .triggering = 0, .polarity = 0 };
	struct physdev_get_free_pirq f = { .type = MAP_PIRQ_TYPE_GSI };
	struct evtchn_bind_pirq b = { .pirq = 5 };

	CHECK_EQ(phys(PHYSDEVOP_irq_status_query, &q), -XEN_EINVAL, "irq_status_query of none");
	q.irq = 5;
	CHECK_EQ(phys(PHYSDEVOP_irq_status_query, &q), 0, "irq_status_query");
	CHECK_DIFFERS(q.flags, 0, XENIRQSTAT_needs_eoi, "its flags");
	CHECK_EQ(phys(PHYSDEVOP_apic_read, &apic), 0, "apic_read");
	CHECK(apic.value, "its value");
	CHECK_EQ(phys(PHYSDEVOP_apic_write, &apic), 0, "apic_write");
	apic.apic_physbase = 0x1000;
	CHECK_EQ(phys(PHYSDEVOP_apic_read, &apic), -XEN_EINVAL, "apic_read of none");
	CHECK_EQ(phys(PHYSDEVOP_alloc_irq_vector, &irq), 0, "alloc_irq_vector");
	CHECK_EQ(irq.vector, 5, "its vector");
	irq.irq = 100000;
	CHECK_EQ(phys(PHYSDEVOP_alloc_irq_vector, &irq), 0, "alloc_irq_vector of none");
	CHECK_EQ(phys(PHYSDEVOP_eoi, &eoi), -XEN_EINVAL, "eoi of a pirq that is not bound");
	eoi.irq = 100000;
	CHECK_EQ(phys(PHYSDEVOP_eoi, &eoi), -XEN_EINVAL, "eoi of none");
	CHECK_EQ(phys(PHYSDEVOP_unmap_pirq, &u), -XEN_EINVAL, "unmap_pirq of one that is not mapped");
	CHECK_EQ(phys(PHYSDEVOP_map_pirq, &m), 0, "map_pirq");
	CHECK_EQ(m.pirq, 5, "its pirq");
	CHECK_EQ(phys(PHYSDEVOP_setup_gsi, &s), 0, "setup_gsi");
	CHECK_EQ(phys(PHYSDEVOP_setup_gsi, &s), -XEN_EEXIST, "setup_gsi twice");
	CHECK_EQ(hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_pirq, &b), 0, "bind_pirq");
	eoi.irq = 5;
	CHECK_EQ(phys(PHYSDEVOP_eoi, &eoi), 0, "eoi");
	CHECK_EQ(hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_pirq, &b), -XEN_EEXIST, "bind_pirq twice");
	CHECK_EQ(hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_close, &b.port), 0, "closed");
	CHECK_EQ(phys(PHYSDEVOP_unmap_pirq, &u), 0, "unmap_pirq");
	s.gsi = 4000;
	CHECK_EQ(phys(PHYSDEVOP_setup_gsi, &s), -XEN_EINVAL, "setup_gsi of none");
	m = (struct physdev_map_pirq){ .domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_UNKNOWN };
	CHECK_EQ(phys(PHYSDEVOP_map_pirq, &m), -XEN_EINVAL, "map_pirq of an unknown type");
	m = (struct physdev_map_pirq){ .domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_GSI, .index = 4000, .pirq = -1 };
	CHECK_EQ(phys(PHYSDEVOP_map_pirq, &m), -XEN_EINVAL, "map_pirq of no GSI");
	m = (struct physdev_map_pirq){ .domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_MSI_SEG, .pirq = -1, .index = -1, .bus = 5, .devfn = 8 };
	CHECK_EQ(phys(PHYSDEVOP_map_pirq, &m), -XEN_ENODEV, "map_pirq of MSI of no device");
	m.domid = NOBODY;
	CHECK_EQ(phys(PHYSDEVOP_map_pirq, &m), -XEN_ESRCH, "map_pirq for nobody");
	u.domid = NOBODY;
	CHECK_EQ(phys(PHYSDEVOP_unmap_pirq, &u), -XEN_ESRCH, "unmap_pirq for nobody");
	CHECK_DIFFERS(phys(PHYSDEVOP_get_free_pirq, &f), -XEN_EINVAL, 0, "get_free_pirq of a GSI");
	f.type = MAP_PIRQ_TYPE_MSI;
	CHECK_EQ(phys(PHYSDEVOP_get_free_pirq, &f), 0, "get_free_pirq");
}

static void pci(void)
{
	struct physdev_manage_pci old = { .bus = 5, .devfn = 8 }, bridge = { .bus = 0, .devfn = 0 };
	struct physdev_manage_pci_ext ext = { .bus = 0, .devfn = 0 };
	struct physdev_pci_device_add add = { .bus = 0, .devfn = 0 };
	struct physdev_pci_device dev = { .bus = 5, .devfn = 8 };
	struct physdev_pci_mmcfg_reserved mm = { .address = 0xe0000000, .end_bus = 255, .flags = XEN_PCI_MMCFG_RESERVED };

	CHECK_EQ(phys(PHYSDEVOP_manage_pci_add, &bridge), 0, "manage_pci_add");
	CHECK_EQ(phys(PHYSDEVOP_manage_pci_add_ext, &ext), 0, "manage_pci_add_ext");
	CHECK_EQ(phys(PHYSDEVOP_pci_device_add, &add), 0, "pci_device_add");
	CHECK_DIFFERS(phys(PHYSDEVOP_manage_pci_remove, &old), 0, -XEN_ENODEV, "manage_pci_remove of no device");
	CHECK_DIFFERS(phys(PHYSDEVOP_pci_device_remove, &dev), 0, -XEN_ENODEV, "pci_device_remove of no device");
	CHECK_EQ(phys(PHYSDEVOP_restore_msi, &old), -XEN_ENODEV, "restore_msi of no device");
	CHECK_EQ(phys(PHYSDEVOP_restore_msi_ext, &dev), -XEN_ENODEV, "restore_msi_ext of no device");
	CHECK_EQ(phys(PHYSDEVOP_prepare_msix, &dev), -XEN_ENODEV, "prepare_msix of no device");
	CHECK_EQ(phys(PHYSDEVOP_release_msix, &dev), -XEN_ENODEV, "release_msix of no device");
	CHECK_EQ(phys(PHYSDEVOP_pci_mmcfg_reserved, &mm), -XEN_ENODEV, "pci_mmcfg_reserved of no window");
}

static void bad_calls(void)
{
	static const uint8_t known[] = { 5, 6, 7, 8, 9, 10, 12, 13, 14, 15, 16, 19, 20, 21, 23, 24, 25, 26, 27, 28, 30, 31 };
	static uint8_t arg[64];

	for (unsigned int i = 0; i < sizeof(known); i++)
		CHECK_EQ(phys(known[i], (void *)BAD_POINTER), -XEN_EFAULT, "physdev_op, bad pointer");
	CHECK_EQ(phys(PHYSDEVOP_free_irq_vector, arg), -XEN_ENOSYS, "free_irq_vector");
	CHECK_EQ(phys(PHYSDEVOP_dbgp_op, arg), 0, "dbgp_op");
	CHECK_DIFFERS(phys(4, arg), -XEN_ENOSYS, 0, "physdev_op 4");
	CHECK_EQ(phys(18, arg), -XEN_ENOSYS, "physdev_op 18");
	CHECK_EQ(phys(22, arg), -XEN_ENOSYS, "physdev_op 22");
	CHECK_EQ(phys(32, arg), -XEN_ENOSYS, "physdev_op 32");
}

static long pf(uint32_t cmd, struct xen_platform_op *op)
{
	op->cmd = cmd;
	op->interface_version = XENPF_INTERFACE_VERSION;
	return hypercall1(__HYPERVISOR_platform_op, op);
}

static void platform(void)
{
	static struct xen_platform_op op;
	static uint8_t idle_map = 0xff;
	static uint64_t idle[8];

	op = (struct xen_platform_op){ .cmd = XENPF_settime64, .interface_version = 1 };
	CHECK_EQ(hypercall1(__HYPERVISOR_platform_op, &op), -XEN_EACCES, "platform_op of another version");
	CHECK_EQ(hypercall1(__HYPERVISOR_platform_op, BAD_POINTER), -XEN_EFAULT, "platform_op, bad pointer");
	op.u.settime64 = (struct xenpf_settime64){ .secs = 1700000000, .mbz = 1 };
	CHECK_EQ(pf(XENPF_settime64, &op), -XEN_EINVAL, "settime64 with padding");
	op.u.settime64 = (struct xenpf_settime64){ .secs = 1700000000 };
	CHECK_EQ(pf(XENPF_settime64, &op), 0, "settime64");
	op.u.settime32 = (struct xenpf_settime32){ .secs = 1700000000 };
	CHECK_EQ(pf(XENPF_settime32, &op), 0, "settime32");
	op.u.firmware_info = (struct xenpf_firmware_info){ .type = XEN_FW_EFI_INFO };
	CHECK_EQ(pf(XENPF_firmware_info, &op), -XEN_ENOSYS, "firmware_info, EFI, on a BIOS");
	op.u.firmware_info = (struct xenpf_firmware_info){ .type = XEN_FW_DISK_INFO, .index = 50 };
	CHECK_EQ(pf(XENPF_firmware_info, &op), -XEN_ESRCH, "firmware_info, disk 50");
	op.u.firmware_info = (struct xenpf_firmware_info){ .type = XEN_FW_DISK_MBR_SIGNATURE, .index = 50 };
	CHECK_EQ(pf(XENPF_firmware_info, &op), -XEN_ESRCH, "firmware_info, MBR 50");
	op.u.firmware_info = (struct xenpf_firmware_info){ .type = XEN_FW_VBEDDC_INFO, .index = 1 };
	CHECK_EQ(pf(XENPF_firmware_info, &op), -XEN_ESRCH, "firmware_info, VBE DDC 1");
	op.u.firmware_info = (struct xenpf_firmware_info){ .type = XEN_FW_KBD_SHIFT_FLAGS, .index = 1 };
	CHECK_EQ(pf(XENPF_firmware_info, &op), -XEN_ESRCH, "firmware_info, shift flags 1");
	op.u.firmware_info = (struct xenpf_firmware_info){ .type = 99 };
	CHECK_EQ(pf(XENPF_firmware_info, &op), -XEN_EINVAL, "firmware_info 99");
	op.u.enter_acpi_sleep = (struct xenpf_enter_acpi_sleep){ .sleep_state = 9 };
	CHECK_EQ(pf(XENPF_enter_acpi_sleep, &op), -XEN_EINVAL, "enter_acpi_sleep 9");
	op.u.enter_acpi_sleep = (struct xenpf_enter_acpi_sleep){ .sleep_state = 5, .flags = 2 };
	CHECK_EQ(pf(XENPF_enter_acpi_sleep, &op), -XEN_EINVAL, "enter_acpi_sleep with unknown flags");
	op.u.pcpu_info = (struct xenpf_pcpuinfo){ .xen_cpuid = 0 };
	CHECK_EQ(pf(XENPF_get_cpuinfo, &op), 0, "get_cpuinfo");
	CHECK_EQ(op.u.pcpu_info.flags, XEN_PCPU_FLAGS_ONLINE, "online");
	op.u.pcpu_info = (struct xenpf_pcpuinfo){ .xen_cpuid = 200 };
	CHECK_EQ(pf(XENPF_get_cpuinfo, &op), 0, "get_cpuinfo of none");
	CHECK_EQ(op.u.pcpu_info.flags, XEN_PCPU_FLAGS_INVALID, "invalid");
	op.u.pcpu_version = (struct xenpf_pcpu_version){ .xen_cpuid = 0 };
	CHECK_EQ(pf(XENPF_get_cpu_version, &op), 0, "get_cpu_version");
	CHECK(op.u.pcpu_version.family, "its family");
	op.u.pcpu_version = (struct xenpf_pcpu_version){ .xen_cpuid = 200 };
	CHECK_EQ(pf(XENPF_get_cpu_version, &op), 0, "get_cpu_version of none");
	op.u.getidletime = (struct xenpf_getidletime){ .cpumap_bitmap = (uint64_t)&idle_map, .cpumap_nr_cpus = 8, .idletime = (uint64_t)idle };
	CHECK_EQ(pf(XENPF_getidletime, &op), -XEN_ENOSYS, "getidletime");
	op.u.change_freq = (struct xenpf_change_freq){ .cpu = 0, .freq = 1 };
	CHECK_EQ(pf(XENPF_change_freq, &op), -XEN_ENOSYS, "change_freq");
	op.u.pad[0] = 0;
	memset(op.u.pad, 0, sizeof(op.u.pad));
	CHECK_DIFFERS(pf(XENPF_set_processor_pminfo, &op), -XEN_ENOSYS, 0, "set_processor_pminfo of no kind");
	memset(op.u.pad, 0, sizeof(op.u.pad));
	op.u.symdata = (struct xenpf_symdata){ .namelen = 8, .name = (uint64_t)&idle };
	CHECK_DIFFERS(pf(XENPF_get_symbol, &op), -XEN_ENOSYS, 0, "get_symbol");
	memset(op.u.pad, 0, sizeof(op.u.pad));
	op.u.cpu_ol.cpuid = 200;
	CHECK_DIFFERS(pf(XENPF_cpu_online, &op), -XEN_ENOSYS, -XEN_EINVAL, "cpu_online of none");
	CHECK_DIFFERS(pf(XENPF_cpu_offline, &op), -XEN_ENOSYS, -XEN_EINVAL, "cpu_offline of none");
	op.u.cpu_ol.cpuid = 0;
	CHECK_DIFFERS(pf(XENPF_cpu_offline, &op), -XEN_ENOSYS, -XEN_EOPNOTSUPP, "cpu_offline of the first");
	CHECK_DIFFERS(pf(XENPF_core_parking, &op), -XEN_ENOSYS, -XEN_EINVAL, "core_parking 0");
	memset(op.u.pad, 0, sizeof(op.u.pad));
	CHECK_DIFFERS(pf(XENPF_resource_op, &op), -XEN_ENOSYS, 0, "resource_op of nothing");
	CHECK_DIFFERS(pf(XENPF_microcode_update, &op), -XEN_ENOSYS, -XEN_EINVAL, "microcode_update of nothing");
	CHECK_EQ(pf(XENPF_efi_runtime_call, &op), -XEN_ENOSYS, "efi_runtime_call on a BIOS");
	CHECK_DIFFERS(pf(XENPF_read_memtype, &op), -XEN_ENOSYS, 0, "read_memtype");
	memset(op.u.pad, 0xff, sizeof(op.u.pad));
	CHECK_DIFFERS(pf(XENPF_del_memtype, &op), -XEN_ENOSYS, -XEN_EINVAL, "del_memtype");
	CHECK_DIFFERS(pf(XENPF_platform_quirk, &op), -XEN_ENOSYS, -XEN_EINVAL, "platform_quirk");
	CHECK_EQ(pf(99, &op), -XEN_ENOSYS, "platform_op 99");
}

static struct xen_mc mc;

static long mca(uint32_t cmd)
{
	mc.cmd = cmd;
	mc.interface_version = XEN_MCA_INTERFACE_VERSION;
	return hypercall1(__HYPERVISOR_mca, &mc);
}

static void machine_check(void)
{
	static struct mcinfo_logical_cpu cpu[16];
	static uint8_t data[2048];

	mc.interface_version = 1;
	CHECK_EQ(hypercall1(__HYPERVISOR_mca, &mc), -XEN_EACCES, "mca of another version");
	CHECK_EQ(hypercall1(__HYPERVISOR_mca, BAD_POINTER), -XEN_EFAULT, "mca, bad pointer");
	mc.u.mc_physcpuinfo = (struct xen_mc_physcpuinfo){ 0 };
	CHECK_EQ(mca(XEN_MC_physcpuinfo), 0, "physcpuinfo without a buffer");
	CHECK_EQ(mc.u.mc_physcpuinfo.ncpus, nr_cpus, "counts");
	mc.u.mc_physcpuinfo = (struct xen_mc_physcpuinfo){ .ncpus = 0, .info = (uint64_t)cpu };
	CHECK_EQ(mca(XEN_MC_physcpuinfo), -XEN_EINVAL, "physcpuinfo of none");
	mc.u.mc_physcpuinfo = (struct xen_mc_physcpuinfo){ .ncpus = 16, .info = (uint64_t)cpu };
	CHECK_EQ(mca(XEN_MC_physcpuinfo), 0, "physcpuinfo");
	CHECK_EQ(mc.u.mc_physcpuinfo.ncpus, nr_cpus, "of all CPUs");
	CHECK(cpu[0].mc_ncores && cpu[0].mc_nthreads, "of %u cores, %u threads", cpu[0].mc_ncores, cpu[0].mc_nthreads);
	CHECK(cpu[0].mc_vendorid[0] != 0, "by '%.12s'", cpu[0].mc_vendorid);
	mc.u.mc_physcpuinfo = (struct xen_mc_physcpuinfo){ .ncpus = 16, .info = BAD_POINTER };
	CHECK_EQ(mca(XEN_MC_physcpuinfo), -XEN_EFAULT, "physcpuinfo, bad buffer");
	mc.u.mc_fetch = (struct xen_mc_fetch){ .flags = 0, .data = (uint64_t)data };
	CHECK_EQ(mca(XEN_MC_fetch), -XEN_EINVAL, "fetch of neither kind");
	mc.u.mc_fetch = (struct xen_mc_fetch){ .flags = XEN_MC_NONURGENT, .data = (uint64_t)data };
	CHECK_EQ(mca(XEN_MC_fetch), 0, "fetch");
	CHECK_EQ(mc.u.mc_fetch.flags, XEN_MC_NODATA, "found nothing");
	mc.u.mc_fetch = (struct xen_mc_fetch){ .flags = XEN_MC_URGENT, .data = (uint64_t)data };
	CHECK_EQ(mca(XEN_MC_fetch), 0, "urgent fetch");
	CHECK_EQ(mc.u.mc_fetch.flags, XEN_MC_NODATA, "found nothing");
	mc.u.mc_fetch = (struct xen_mc_fetch){ .flags = XEN_MC_NONURGENT | XEN_MC_ACK, .fetch_id = 1 };
	CHECK_EQ(mca(XEN_MC_fetch), 0, "acknowledgement");
	mc.u.mc_fetch = (struct xen_mc_fetch){ .flags = XEN_MC_NONURGENT };
	CHECK_EQ(mca(XEN_MC_fetch), -XEN_EINVAL, "fetch without a buffer");
	CHECK_EQ(mca(XEN_MC_notifydomain), -XEN_EINVAL, "notifydomain");
	/* Xen would do it. */
	if (!on_xen) {
		CHECK_EQ(mca(XEN_MC_msrinject), -XEN_ENOSYS, "msrinject");
		CHECK_EQ(mca(XEN_MC_mceinject), -XEN_ENOSYS, "mceinject");
		CHECK_EQ(mca(XEN_MC_inject_v2), -XEN_ENOSYS, "inject_v2");
	}
	CHECK_EQ(mca(99), -XEN_EINVAL, "mca 99");
}

void surface_machine(void)
{
	privilege();
	interrupts();
	pci();
	bad_calls();
	platform();
	machine_check();
}
