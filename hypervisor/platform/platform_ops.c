/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * platform_op(7): dom0's requests about the machine itself (pv-abi 2.10). The argument is
 * copied in once, handled, and copied back if the operation has results. What is not listed is -ENOSYS, which every
 * caller takes as "this machine does not offer it".
 */
#include <string.h>
#include <abi/errno.h>
#include <abi/platform.h>
#include "asm/cpuid.h"
#include "boot/bootinfo.h"
#include "cpu/smp.h"
#include "domain/domain.h"
#include "hypercall/hypercall.h"
#include "lib/util.h"
#include "mm/mm.h"
#include "platform/efi.h"
#include "platform/platform.h"
#include "time/clock.h"

#define NSEC_PER_SEC 1000000000u

static void refresh_wallclocks(void)
{
	struct domain *d;
	uint32_t id = 0;

	while (id < DOMID_FIRST_RESERVED && (d = domain_get_next((domid_t)id))) {
		id = d->id + 1u;
		vtime_domain_wallclock(d);
		domain_put(d);
	}
}

static long set_time(uint64_t secs, uint32_t nsecs, uint64_t at)
{
	if (nsecs >= NSEC_PER_SEC)
		return refuse(-XEN_EINVAL, "settime: %u nanoseconds", nsecs);
	wallclock_set(secs, nsecs, at);
	refresh_wallclocks();
	return 0;
}

static long op_settime32(struct xen_platform_op *op)
{
	return set_time(op->u.settime32.secs, op->u.settime32.nsecs, op->u.settime32.system_time);
}

static long op_settime64(struct xen_platform_op *op)
{
	if (op->u.settime64.mbz)
		return -XEN_EINVAL;
	return set_time(op->u.settime64.secs, op->u.settime64.nsecs, op->u.settime64.system_time);
}

/* The name goes to the buffer the caller names, as much of it as fits, terminated. */
static long efi_vendor(union xenpf_efi_info *out, const struct efi_info *info)
{
	uint32_t want = 0, n;

	while (info->vendor[want])
		want++;
	n = MIN(out->vendor.bufsz / 2, want + 1);
	out->vendor.revision = info->vendor_revision;
	if (n && copy_to_guest(out->vendor.name, info->vendor, 2 * n))
		return -XEN_EFAULT;
	if (n && n < want + 1 && clear_guest(out->vendor.name + 2 * (n - 1), 2))
		return -XEN_EFAULT;
	return 0;
}

/* What the firmware says of an address, and how far that goes: at most as far as was asked. */
static long efi_memory(union xenpf_efi_info *out)
{
	for (unsigned int i = 0; i < bootinfo.nr_efi_map; i++) {
		const struct boot_efi *e = &bootinfo.efi_map[i];
		uint64_t len = e->pages << PAGE_SHIFT, into = out->mem.addr - e->addr;

		if (out->mem.addr < e->addr || into >= len)
			continue;
		out->mem.size = MIN(out->mem.size, len - into);
		out->mem.attr = e->attr;
		out->mem.type = e->type;
		return 0;
	}
	return -XEN_ESRCH;
}

static long firmware_efi(uint32_t index, union xenpf_efi_info *out)
{
	struct efi_info info;

	if (!efi_get_info(&info))
		return -XEN_ENOSYS;
	switch (index) {
	case XEN_FW_EFI_VERSION:
	case XEN_FW_EFI_RT_VERSION:
		out->version = info.revision;
		return 0;
	case XEN_FW_EFI_CONFIG_TABLE:
		out->cfg.addr = info.config_addr;
		out->cfg.nent = info.config_entries;
		return 0;
	case XEN_FW_EFI_VENDOR:
		return efi_vendor(out, &info);
	case XEN_FW_EFI_MEM_INFO:
		return efi_memory(out);
	case XEN_FW_EFI_PCI_ROM:
	case XEN_FW_EFI_APPLE_PROPERTIES:
		return -XEN_ENOENT;
	default:
		return -XEN_EINVAL;
	}
}

static long op_firmware_info(struct xen_platform_op *op)
{
	struct xenpf_firmware_info *f = &op->u.firmware_info;

	switch (f->type) {
	case XEN_FW_EFI_INFO:
		return firmware_efi(f->index, &f->u.efi_info);
	case XEN_FW_DISK_INFO:
	case XEN_FW_DISK_MBR_SIGNATURE:
	case XEN_FW_VBEDDC_INFO:
	case XEN_FW_KBD_SHIFT_FLAGS:
		/* Real-mode BIOS calls, which the loader's protocol leaves no room for: an empty list. */
		return -XEN_ESRCH;
	default:
		return -XEN_EINVAL;
	}
}

static long op_efi_runtime(struct xen_platform_op *op)
{
	return efi_runtime_op(&op->u.efi_runtime_call);
}

static long op_acpi_sleep(struct xen_platform_op *op)
{
	const struct xenpf_enter_acpi_sleep *s = &op->u.enter_acpi_sleep;

	if (s->flags & ~XENPF_ACPI_SLEEP_EXTENDED || s->sleep_state > 5)
		return -XEN_EINVAL;
	/* Hardware-reduced ACPI has another register pair, unknown on PCs with PM1 blocks. */
	if (s->flags & XENPF_ACPI_SLEEP_EXTENDED)
		return -XEN_EOPNOTSUPP;
	return power_enter_sleep((uint8_t)s->sleep_state, s->val_a, s->val_b);
}

/* Numbers are the hypervisor's; the firmware's tables know a processor by its APIC id. */
static uint32_t acpi_id_of(uint32_t apic)
{
	uint32_t i;

	for (i = 0; i < acpi_info.nr_cpus; i++)
		if (acpi_info.cpu[i].apic_id == apic)
			return acpi_info.cpu[i].acpi_id;
	return ~0u;
}

static long op_cpuinfo(struct xen_platform_op *op)
{
	struct xenpf_pcpuinfo *info = &op->u.pcpu_info;
	unsigned int i;

	info->max_present = smp_nr_cpus() - 1;
	if (!idx_clamp(info->xen_cpuid, smp_nr_cpus(), &i)) {
		info->flags = XEN_PCPU_FLAGS_INVALID;
		return 0;
	}
	info->apic_id = smp_apic_id(i);
	info->acpi_id = acpi_id_of(info->apic_id);
	info->flags = XEN_PCPU_FLAGS_ONLINE;
	return 0;
}

static long op_cpu_version(struct xen_platform_op *op)
{
	struct xenpf_pcpu_version *v = &op->u.pcpu_version;
	struct cpuid_regs id = cpuid(0), sig = cpuid(1);

	v->max_present = smp_nr_cpus() - 1;
	memset(v->vendor_id, 0, sizeof(v->vendor_id));
	v->family = v->model = v->stepping = 0;
	if (v->xen_cpuid >= smp_nr_cpus())
		return 0;
	/* The processors of a machine are alike: this one answers for all. */
	memcpy(v->vendor_id, &id.b, 4);
	memcpy(v->vendor_id + 4, &id.d, 4);
	memcpy(v->vendor_id + 8, &id.c, 4);
	v->family = cpuid_family(sig.a);
	v->model = cpuid_model(sig.a);
	v->stepping = sig.a & 0xf;
	return 0;
}

static const struct platform_row {
	uint32_t cmd;
	long (*fn)(struct xen_platform_op *op);
	bool out;
} rows[] = {
	{ XENPF_settime32, op_settime32, false },
	{ XENPF_settime64, op_settime64, false },
	{ XENPF_efi_runtime_call, op_efi_runtime, true },
	{ XENPF_firmware_info, op_firmware_info, true },
	{ XENPF_enter_acpi_sleep, op_acpi_sleep, false },
	{ XENPF_get_cpuinfo, op_cpuinfo, true },
	{ XENPF_get_cpu_version, op_cpu_version, true },
};

long do_platform_op(uint64_t arg)
{
	struct xen_platform_op op;
	long rc;

	if (!current->domain->privileged)
		return -XEN_EPERM;
	if (copy_from_guest(&op, arg, sizeof(op)))
		return -XEN_EFAULT;
	if (op.interface_version != XENPF_INTERFACE_VERSION)
		return refuse(-XEN_EACCES, "platform_op version %08x", op.interface_version);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].cmd != op.cmd)
			continue;
		rc = rows[i].fn(&op);
		if (!rc && rows[i].out && copy_to_guest(arg, &op, sizeof(op)))
			return -XEN_EFAULT;
		return rc;
	}
	return -XEN_ENOSYS;
}
