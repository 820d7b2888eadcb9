/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * physdev_op(33): I/O privilege, interrupts, PCI (pv-abi 2.8). One row an operation: argument size, whether the
 * result is copied back, who may call. Handlers see a copy of the argument, never guest memory. The table refuses
 * before the handler runs; mechanism lives in irq/pirq.c and platform/pci.c.
 */
#include <string.h>
#include <abi/errno.h>
#include <abi/physdev.h>
#include "domain/domain.h"
#include "hypercall/hypercall.h"
#include "irq/pirq.h"
#include "lib/util.h"
#include "mm/mm.h"
#include "platform/pci.h"
#include "platform/platform.h"

#define MAX_IOPL 3
#define MAX_PORTS 65536

union physdev_arg {
	struct physdev_irq_status_query status;
	struct physdev_set_iopl iopl;
	struct physdev_set_iobitmap iobitmap;
	struct physdev_apic apic;
	struct physdev_irq irq;
	struct physdev_eoi eoi;
	struct physdev_map_pirq map;
	struct physdev_unmap_pirq unmap;
	struct physdev_manage_pci pci_old;
	struct physdev_manage_pci_ext pci_ext;
	struct physdev_pirq_eoi_gmfn eoi_gmfn;
	struct physdev_setup_gsi gsi;
	struct physdev_get_free_pirq free_pirq;
	struct physdev_pci_mmcfg_reserved mmcfg;
	struct physdev_pci_device_add add;
	struct physdev_pci_device device;
	struct physdev_dbgp_op dbgp;
};

static uint16_t bdf_of(uint8_t bus, uint8_t devfn)
{
	return (uint16_t)(bus << 8 | devfn);
}

/* ---- any domain ---- */

static long op_status(union physdev_arg *a)
{
	return pirq_status(current->domain, a->status.irq, &a->status.flags);
}

static long op_set_iopl(union physdev_arg *a)
{
	if (a->iopl.iopl > MAX_IOPL)
		return refuse(-XEN_EINVAL, "IOPL %u", a->iopl.iopl);
	current->pv.iopl = (uint8_t)a->iopl.iopl;
	return 0;
}

static long op_set_iobitmap(union physdev_arg *a)
{
	uint64_t map = a->iobitmap.bitmap;

	if (a->iobitmap.nr_ports > MAX_PORTS || (map && !guest_range_ok(map, a->iobitmap.nr_ports / 8)))
		return refuse(-XEN_EINVAL, "I/O bitmap of %u ports", a->iobitmap.nr_ports);
	current->pv.iobmp = map;
	current->pv.iobmp_limit = map ? a->iobitmap.nr_ports : 0;
	return 0;
}

static long op_eoi(union physdev_arg *a)
{
	return pirq_eoi(current->domain, a->eoi.irq);
}

static long op_eoi_gmfn(union physdev_arg *a)
{
	return pirq_set_eoi_page(current->domain, a->eoi_gmfn.gmfn);
}

/* ---- dom0: interrupt controllers ---- */

static long op_apic_read(union physdev_arg *a)
{
	return ioapic_read_register(a->apic.apic_physbase, a->apic.reg, &a->apic.value);
}

/* The pins are ours: a write to a register that exists has no effect (pv-abi 2.8), any other is an error. */
static long op_apic_write(union physdev_arg *a)
{
	uint32_t present;

	return ioapic_read_register(a->apic.apic_physbase, a->apic.reg, &present);
}

static long op_irq_vector(union physdev_arg *a)
{
	/* Vectors are chosen at bind time; the number dom0 gets stands for the line, and is not looked at again. */
	a->irq.vector = a->irq.irq;
	return 0;
}

static long op_setup_gsi(union physdev_arg *a)
{
	struct irq_line line = { .level = a->gsi.triggering, .active_low = a->gsi.polarity };

	if (a->gsi.triggering > 1 || a->gsi.polarity > 1)
		return refuse(-XEN_EINVAL, "GSI %d: trigger %u polarity %u", a->gsi.gsi, a->gsi.triggering,
			      a->gsi.polarity);
	return pirq_setup_gsi(a->gsi.gsi, line);
}

/* ---- dom0: pirqs ---- */

static int map_message_pirq(struct domain *d, const struct physdev_map_pirq *m)
{
	uint32_t bus = (uint32_t)m->bus, segment = m->type == MAP_PIRQ_TYPE_MSI ? 0 : bus >> 16;
	uint16_t bdf = bdf_of((uint8_t)bus, (uint8_t)m->devfn);

	if (segment || (bus & 0xff00) || (uint32_t)m->devfn > 0xff)
		return -XEN_ENODEV;
	/* Several messages of one capability need neighbouring vectors; callers fall back to one. */
	if (m->type == MAP_PIRQ_TYPE_MULTI_MSI && m->entry_nr > 1)
		return -XEN_EOPNOTSUPP;
	if (m->table_base && m->type != MAP_PIRQ_TYPE_MULTI_MSI)
		return pirq_map_msix(d, bdf, (uint32_t)m->entry_nr, m->table_base, m->pirq);
	return pirq_map_msi(d, bdf, m->pirq);
}

static int map_any_pirq(struct domain *d, const struct physdev_map_pirq *m)
{
	switch (m->type) {
	case MAP_PIRQ_TYPE_GSI:
		return pirq_map_gsi(d, m->index, m->pirq);
	case MAP_PIRQ_TYPE_MSI:
	case MAP_PIRQ_TYPE_MSI_SEG:
	case MAP_PIRQ_TYPE_MULTI_MSI:
		return map_message_pirq(d, m);
	default:
		return -XEN_EINVAL;
	}
}

static long op_map_pirq(union physdev_arg *a)
{
	struct domain *d = domain_get_any(a->map.domid);
	int pirq;

	if (!d)
		return -XEN_ESRCH;
	pirq = map_any_pirq(d, &a->map);
	domain_put(d);
	if (pirq < 0)
		return refuse(pirq, "map_pirq type %d index %d pirq %d device %x:%x", a->map.type, a->map.index,
			      a->map.pirq, (uint32_t)a->map.bus, (uint32_t)a->map.devfn);
	a->map.pirq = pirq;
	return 0;
}

static long op_unmap_pirq(union physdev_arg *a)
{
	struct domain *d = domain_get_any(a->unmap.domid);
	long err;

	if (!d)
		return -XEN_ESRCH;
	err = pirq_unmap(d, a->unmap.pirq);
	domain_put(d);
	return err;
}

static long op_free_pirq(union physdev_arg *a)
{
	int pirq;

	if (a->free_pirq.type == MAP_PIRQ_TYPE_GSI)
		return -XEN_EINVAL;
	pirq = pirq_reserve(current->domain);
	if (pirq < 0)
		return pirq;
	a->free_pirq.pirq = (uint32_t)pirq;
	return 0;
}

/* ---- dom0: PCI. There is no IOMMU to set up: a device needs to exist when it is announced. ---- */

static long announce_device(uint16_t seg, uint16_t bdf)
{
	if (seg || !pci_present(bdf))
		return refuse(-XEN_ENODEV, "PCI device %04x:%02x:%02x.%x", seg, bdf >> 8, bdf >> 3 & 31, bdf & 7);
	return 0;
}

static long withdraw_device(uint16_t seg, uint16_t bdf)
{
	if (seg)
		return -XEN_ENODEV;
	pirq_unmap_device(current->domain, bdf);
	return 0;
}

static long op_add_old(union physdev_arg *a)
{
	return announce_device(0, bdf_of(a->pci_old.bus, a->pci_old.devfn));
}

static long op_add_ext(union physdev_arg *a)
{
	return announce_device(0, bdf_of(a->pci_ext.bus, a->pci_ext.devfn));
}

static long op_add(union physdev_arg *a)
{
	return announce_device(a->add.seg, bdf_of(a->add.bus, a->add.devfn));
}

static long op_remove_old(union physdev_arg *a)
{
	return withdraw_device(0, bdf_of(a->pci_old.bus, a->pci_old.devfn));
}

static long op_remove(union physdev_arg *a)
{
	return withdraw_device(a->device.seg, bdf_of(a->device.bus, a->device.devfn));
}

static long op_restore_old(union physdev_arg *a)
{
	return pirq_restore_device(current->domain, bdf_of(a->pci_old.bus, a->pci_old.devfn));
}

static long op_restore(union physdev_arg *a)
{
	if (a->device.seg)
		return -XEN_ENODEV;
	return pirq_restore_device(current->domain, bdf_of(a->device.bus, a->device.devfn));
}

/* Before a device with MSI-X is handed on, and after: dom0 must have none of its messages mapped. */
static long op_msix(union physdev_arg *a)
{
	uint16_t bdf = bdf_of(a->device.bus, a->device.devfn);

	if (a->device.seg || !pci_find_cap(bdf, PCI_CAP_MSIX))
		return -XEN_ENODEV;
	return pirq_device_in_use(current->domain, bdf) ? -XEN_EBUSY : 0;
}

/* dom0 announces the reset of a USB debug port: none is our console. */
static long op_dbgp(union physdev_arg *a)
{
	(void)a;
	return 0;
}

/* The window is known from the firmware's table; dom0 confirms it, and is told when it means another. */
static long op_mmcfg(union physdev_arg *a)
{
	const struct physdev_pci_mmcfg_reserved *m = &a->mmcfg;

	if (m->segment || m->address != acpi_info.mcfg_base || m->start_bus != acpi_info.mcfg_start ||
	    m->end_bus != acpi_info.mcfg_end)
		return refuse(-XEN_ENODEV, "PCI window at %llx is not the firmware's", (unsigned long long)m->address);
	return 0;
}

/* ---- table ---- */

#define ROW(cmd, member, out, any, fn) [PHYSDEVOP_##cmd] = { fn, sizeof(((union physdev_arg *)0)->member), out, any }
static const struct physdev_row {
	long (*fn)(union physdev_arg *a);
	uint8_t size;
	bool out;		/* copied back on success */
	bool any;		/* every domain may; else dom0 only */
} rows[] = {
	ROW(irq_status_query, status, true, true, op_status),
	ROW(set_iopl, iopl, false, true, op_set_iopl),
	ROW(set_iobitmap, iobitmap, false, true, op_set_iobitmap),
	ROW(apic_read, apic, true, false, op_apic_read),
	ROW(apic_write, apic, false, false, op_apic_write),
	ROW(alloc_irq_vector, irq, true, false, op_irq_vector),
	ROW(eoi, eoi, false, true, op_eoi),
	ROW(map_pirq, map, true, false, op_map_pirq),
	ROW(unmap_pirq, unmap, false, false, op_unmap_pirq),
	ROW(manage_pci_add, pci_old, false, false, op_add_old),
	ROW(manage_pci_remove, pci_old, false, false, op_remove_old),
	ROW(restore_msi, pci_old, false, false, op_restore_old),
	ROW(manage_pci_add_ext, pci_ext, false, false, op_add_ext),
	ROW(setup_gsi, gsi, false, false, op_setup_gsi),
	ROW(get_free_pirq, free_pirq, true, false, op_free_pirq),
	ROW(pci_mmcfg_reserved, mmcfg, false, false, op_mmcfg),
	ROW(pci_device_add, add, false, false, op_add),
	ROW(pci_device_remove, device, false, false, op_remove),
	ROW(restore_msi_ext, device, false, false, op_restore),
	ROW(pirq_eoi_gmfn_v2, eoi_gmfn, false, true, op_eoi_gmfn),
	ROW(dbgp_op, dbgp, false, false, op_dbgp),
	ROW(prepare_msix, device, false, false, op_msix),
	ROW(release_msix, device, false, false, op_msix),
};

long do_physdev_op(uint64_t cmd, uint64_t arg)
{
	const struct physdev_row *row;
	union physdev_arg a;
	unsigned int index;
	long rc;

	if (!idx_clamp(cmd, ARRAY_SIZE(rows), &index) || !rows[index].fn)
		return -XEN_ENOSYS;
	row = &rows[index];
	if (!row->any && !current->domain->privileged)
		return -XEN_EPERM;
	memset(&a, 0, sizeof(a));
	if (copy_from_guest(&a, arg, row->size))
		return -XEN_EFAULT;
	rc = row->fn(&a);
	if (!rc && row->out && copy_to_guest(arg, &a, row->size))
		return -XEN_EFAULT;
	return rc;
}
