/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MSI and MSI-X (PCI 3.0, 6.8). dom0 says which device and which entry; address and data are ours alone. The MSI-X
 * table is in a BAR of the device: the place that the device's own registers name is used, and dom0's word only
 * where a virtual function's BAR reads as zero. A table that would lie in RAM is refused. Mappings of table pages are
 * kept for good, one for each page, since ioremap() has no inverse.
 */
#include <abi/errno.h>
#include "asm/io.h"
#include "irq/msi.h"
#include "lib/lock.h"
#include "mm/mm.h"
#include "platform/pci.h"

#define MSI_CONTROL	2
#define MSI_ENABLE	(1u << 0)
#define MSI_MULTI_ENABLE (7u << 4)
#define MSI_64BIT	(1u << 7)
#define MSI_MASKABLE	(1u << 8)
#define MSI_ADDRESS	4

#define MSIX_CONTROL	2
#define MSIX_SIZE	0x7ffu
#define MSIX_FUNCTION_MASK (1u << 14)
#define MSIX_ENABLE	(1u << 15)
#define MSIX_TABLE	4
#define MSIX_ENTRY_SIZE	16
#define MSIX_ENTRY_MASK	12		/* bit 0 of the fourth word */

/* SDM vol. 3, 11.11: physical destination, fixed delivery, edge. */
#define MESSAGE_ADDRESS(apic_id) (0xfee00000u | (apic_id) << 12)

struct table_page {
	struct table_page *next;
	uint64_t maddr;
	volatile uint8_t *va;
};
static struct table_page *table_pages;
static struct spinlock table_lock = SPINLOCK_INIT(RANK_PHYSDEV);

int msi_find(struct msi *m, uint16_t bdf)
{
	uint32_t control;

	*m = (struct msi){ .bdf = bdf };
	m->cap = pci_find_cap(bdf, PCI_CAP_MSI);
	if (!m->cap)
		return -XEN_ENODEV;
	control = pci_read(bdf, m->cap + MSI_CONTROL, 2);
	m->wide = control & MSI_64BIT;
	m->maskable = control & MSI_MASKABLE;
	return 0;
}

/* The lock is held from the search to the entry: two maps of one page would be one too many for ever. */
static volatile uint8_t *map_table_page(uint64_t maddr)
{
	struct table_page *p;

	spin_lock(&table_lock);
	for (p = table_pages; p; p = p->next)
		if (p->maddr == maddr)
			break;
	if (!p) {
		p = hv_alloc(sizeof(*p));
		if (p) {
			p->maddr = maddr;
			p->va = ioremap(maddr, PAGE_SIZE);
		}
		if (p && p->va) {
			p->next = table_pages;
			table_pages = p;
		} else {
			hv_free(p);
			p = NULL;
		}
	}
	spin_unlock(&table_lock);
	return p ? p->va : NULL;
}

int msix_find(struct msi *m, uint16_t bdf, uint32_t entry, uint64_t table_bar)
{
	volatile uint8_t *page;
	uint32_t table;
	uint64_t at;

	*m = (struct msi){ .bdf = bdf, .msix = true, .maskable = true, .entry = entry };
	m->cap = pci_find_cap(bdf, PCI_CAP_MSIX);
	if (!m->cap)
		return -XEN_ENODEV;
	if (entry > (pci_read(bdf, m->cap + MSIX_CONTROL, 2) & MSIX_SIZE))
		return -XEN_EINVAL;
	table = pci_read(bdf, m->cap + MSIX_TABLE, 4);
	at = pci_bar(bdf, table & 7);
	if (!at)
		at = table_bar & ~15ULL;
	if (!at || !(pci_read(bdf, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY))
		return -XEN_EINVAL;
	at += (table & ~7u) + (uint64_t)entry * MSIX_ENTRY_SIZE;
	if (mfn_is_ram(at >> PAGE_SHIFT))
		return -XEN_EINVAL;
	page = map_table_page(at & PAGE_MASK);
	if (!page)
		return -XEN_ENOMEM;
	m->slot = page + (at & ~PAGE_MASK);
	return 0;
}

static void disable_intx(uint16_t bdf)
{
	pci_update(bdf, PCI_COMMAND, 2, 0, PCI_COMMAND_NO_INTX);
}

static void program_msi(const struct msi *m, uint8_t vector, uint32_t address)
{
	uint32_t control = pci_read(m->bdf, m->cap + MSI_CONTROL, 2) & ~(MSI_ENABLE | MSI_MULTI_ENABLE);

	pci_write(m->bdf, m->cap + MSI_CONTROL, 2, control);
	pci_write(m->bdf, m->cap + MSI_ADDRESS, 4, address);
	if (m->wide)
		pci_write(m->bdf, m->cap + MSI_ADDRESS + 4, 4, 0);
	pci_write(m->bdf, m->cap + (m->wide ? 12 : 8), 2, vector);
	msi_set_mask(m, true);
	disable_intx(m->bdf);
	pci_write(m->bdf, m->cap + MSI_CONTROL, 2, control | MSI_ENABLE);
}

static void program_msix(const struct msi *m, uint8_t vector, uint32_t address)
{
	uint32_t control = pci_read(m->bdf, m->cap + MSIX_CONTROL, 2);

	/* The table may be written only while the function or the entry is masked. */
	if (!(control & MSIX_ENABLE))
		pci_write(m->bdf, m->cap + MSIX_CONTROL, 2, control | MSIX_ENABLE | MSIX_FUNCTION_MASK);
	msi_set_mask(m, true);
	mmio_write32(m->slot, address);
	mmio_write32(m->slot + 4, 0);
	mmio_write32(m->slot + 8, vector);
	disable_intx(m->bdf);
	pci_write(m->bdf, m->cap + MSIX_CONTROL, 2, (control & ~MSIX_FUNCTION_MASK) | MSIX_ENABLE);
}

void msi_program(const struct msi *m, uint8_t vector, uint32_t dest_apic_id)
{
	if (m->msix)
		program_msix(m, vector, MESSAGE_ADDRESS(dest_apic_id));
	else
		program_msi(m, vector, MESSAGE_ADDRESS(dest_apic_id));
}

void msi_set_mask(const struct msi *m, bool masked)
{
	unsigned int reg = m->cap + (m->wide ? 16 : 12);
	uint32_t bits;

	if (!m->maskable)
		return;
	if (m->msix) {
		bits = mmio_read32(m->slot + MSIX_ENTRY_MASK) & ~1u;
		mmio_write32(m->slot + MSIX_ENTRY_MASK, bits | masked);
		/* A read flushes the posted write. */
		(void)mmio_read32(m->slot + MSIX_ENTRY_MASK);
	} else {
		pci_update(m->bdf, reg, 4, 1, masked);
	}
}

void msi_disable(const struct msi *m)
{
	if (!pci_present(m->bdf))
		return;
	msi_set_mask(m, true);
	if (!m->msix)
		pci_update(m->bdf, m->cap + MSI_CONTROL, 2, MSI_ENABLE, 0);
}
