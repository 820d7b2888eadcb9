/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What hardware dom0 may touch: everything but what the hypervisor keeps (pv-abi 3.10): interrupt controllers,
 * timers, the PCI data port (emulated), its own serial port; the local APIC and IO-APIC pages and the window to which
 * interrupt messages are written. RAM is not governed by these sets but by page ownership.
 */
#include <abi/errno.h>
#include "boot/bootinfo.h"
#include "boot/e820.h"
#include "cpu/cpu.h"
#include "debug/console.h"
#include "domain/domain.h"
#include "irq/irq.h"
#include "irq/pirq.h"
#include "lib/rangeset.h"
#include "lib/util.h"
#include "platform/platform.h"

#define MSI_WINDOW_FIRST	0xfee00
#define MSI_WINDOW_LAST		0xfeeff
/* HyperTransport's reserved range: not memory, whatever the width of addresses (APM vol. 2, MMIO configuration). */
#define AMD_HT_FIRST		0xfd00000ULL
#define AMD_HT_LAST		0xfffffffULL
#define NR_MSI_PIRQS		256

static const struct { uint16_t first, last; } kept_ports[] = {
	{ 0x20, 0x21 }, { 0xa0, 0xa1 },		/* 8259 */
	{ 0x40, 0x43 }, { 0x61, 0x61 },		/* 8254 and its gate */
	{ 0xcfc, 0xcff },			/* PCI data, emulated */
};

static int init_ports(struct domain *d)
{
	uint16_t first, last;
	uint32_t gsi;
	int err = rangeset_add(d->ioports, 0, 0xffff);

	for (size_t i = 0; !err && i < ARRAY_SIZE(kept_ports); i++)
		err = rangeset_remove(d->ioports, kept_ports[i].first, kept_ports[i].last);
	if (!err && acpi_info.pm_tmr)
		err = rangeset_remove(d->ioports, acpi_info.pm_tmr, acpi_info.pm_tmr + 3u);
	if (!err && console_owns_uart(&first, &last, &gsi))
		err = rangeset_remove(d->ioports, first, last);
	return err;
}

static int init_memory(struct domain *d)
{
	int err = rangeset_add(d->iomem, 0, (1ULL << (host_features.paddr_bits - PAGE_SHIFT)) - 1);

	if (!err)
		err = rangeset_remove(d->iomem, MSI_WINDOW_FIRST, MSI_WINDOW_LAST);
	if (!err && acpi_info.lapic_addr)
		err = rangeset_remove(d->iomem, acpi_info.lapic_addr >> PAGE_SHIFT,
				      acpi_info.lapic_addr >> PAGE_SHIFT);
	for (unsigned int i = 0; !err && i < acpi_info.nr_ioapics; i++)
		err = rangeset_remove(d->iomem, acpi_info.ioapic[i].addr >> PAGE_SHIFT,
				      acpi_info.ioapic[i].addr >> PAGE_SHIFT);
	if (!err && host_features.amd)
		err = rangeset_remove(d->iomem, AMD_HT_FIRST, AMD_HT_LAST);
	for (unsigned int i = 0; !err && i < bootinfo.nr_e820; i++) {
		const struct boot_memory *m = &bootinfo.e820[i];

		if (m->type == E820_UNUSABLE && m->addr >= 1u << 20)
			err = rangeset_remove(d->iomem, m->addr >> PAGE_SHIFT,
					      (m->addr + m->size - 1) >> PAGE_SHIFT);
	}
	return err;
}

static int init_irqs(struct domain *d)
{
	uint16_t first, last;
	uint32_t gsi;
	int err = rangeset_add(d->irqs, 0, ioapic_gsi_limit() + NR_MSI_PIRQS - 1);

	if (!err && console_owns_uart(&first, &last, &gsi))
		err = rangeset_remove(d->irqs, gsi, gsi);
	return err;
}

int platform_domain_init(struct domain *d)
{
	int err;

	d->ioports = rangeset_new();
	d->iomem = rangeset_new();
	d->irqs = rangeset_new();
	err = d->ioports && d->iomem && d->irqs ? 0 : -XEN_ENOMEM;
	if (!err)
		err = init_ports(d);
	if (!err)
		err = init_memory(d);
	if (!err)
		err = init_irqs(d);
	if (!err)
		err = pirq_domain_init(d);
	if (err)
		platform_domain_fini(d);
	return err;
}

void platform_domain_fini(struct domain *d)
{
	pirq_domain_fini(d);
	rangeset_free(d->ioports);
	rangeset_free(d->iomem);
	rangeset_free(d->irqs);
	d->ioports = d->iomem = d->irqs = NULL;
}
