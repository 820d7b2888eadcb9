/* SPDX-License-Identifier: BSD-2-Clause */
/* PCI configuration space, see pci.h. */
#include "asm/io.h"
#include "lib/lock.h"
#include "platform/pci.h"

#define CONFIG_ADDRESS	0xcf8
#define CONFIG_DATA	0xcfc
#define CONFIG_ENABLE	(1u << 31)
#define MAX_CAPS	48		/* 192 bytes of space, 4 bytes each at least */

static struct spinlock pci_lock = SPINLOCK_INIT(RANK_PCI);

void pci_hold(void)
{
	spin_lock(&pci_lock);
}

void pci_release(void)
{
	spin_unlock(&pci_lock);
}

/* Under the lock, with the address written. */
static uint32_t data_read(uint16_t port, unsigned int width)
{
	return width == 1 ? inb(port) : width == 2 ? inw(port) : inl(port);
}

static void data_write(uint16_t port, unsigned int width, uint32_t v)
{
	if (width == 1)
		outb((uint8_t)v, port);
	else if (width == 2)
		outw((uint16_t)v, port);
	else
		outl(v, port);
}

uint32_t pci_raw_read(uint32_t address, unsigned int offset, unsigned int width)
{
	uint32_t v;

	spin_lock(&pci_lock);
	outl(address, CONFIG_ADDRESS);
	v = data_read((uint16_t)(CONFIG_DATA + offset), width);
	spin_unlock(&pci_lock);
	return v;
}

void pci_raw_write(uint32_t address, unsigned int offset, unsigned int width, uint32_t v)
{
	spin_lock(&pci_lock);
	outl(address, CONFIG_ADDRESS);
	data_write((uint16_t)(CONFIG_DATA + offset), width, v);
	spin_unlock(&pci_lock);
}

static uint32_t address_of(uint16_t bdf, unsigned int reg)
{
	return CONFIG_ENABLE | (uint32_t)bdf << 8 | (reg & 0xfc);
}

uint32_t pci_read(uint16_t bdf, unsigned int reg, unsigned int width)
{
	return pci_raw_read(address_of(bdf, reg), reg & 3, width);
}

void pci_write(uint16_t bdf, unsigned int reg, unsigned int width, uint32_t v)
{
	pci_raw_write(address_of(bdf, reg), reg & 3, width, v);
}

void pci_update(uint16_t bdf, unsigned int reg, unsigned int width, uint32_t clear, uint32_t set)
{
	uint16_t port = (uint16_t)(CONFIG_DATA + (reg & 3));

	spin_lock(&pci_lock);
	outl(address_of(bdf, reg), CONFIG_ADDRESS);
	data_write(port, width, (data_read(port, width) & ~clear) | set);
	spin_unlock(&pci_lock);
}

bool pci_present(uint16_t bdf)
{
	return pci_read(bdf, 0, 2) != 0xffff;
}

unsigned int pci_find_cap(uint16_t bdf, uint8_t id)
{
	unsigned int at;

	if (!pci_present(bdf) || !(pci_read(bdf, PCI_STATUS, 2) & PCI_STATUS_CAPS))
		return 0;
	at = pci_read(bdf, PCI_CAP_POINTER, 1) & 0xfc;
	for (unsigned int i = 0; i < MAX_CAPS && at >= 0x40; i++) {
		if (pci_read(bdf, at, 1) == id)
			return at;
		at = pci_read(bdf, at + 1, 1) & 0xfc;
	}
	return 0;
}

uint64_t pci_bar(uint16_t bdf, unsigned int index)
{
	/* Header type 1 (bridge) has two BARs, type 0 six. */
	unsigned int limit = (pci_read(bdf, PCI_HEADER_TYPE, 1) & 0x7f) == 0 ? 6 : 2;
	uint32_t low;
	uint64_t base;

	if (index >= limit)
		return 0;
	low = pci_read(bdf, PCI_BAR0 + 4 * index, 4);
	if (low & 1)
		return 0;
	base = low & ~15u;
	if ((low & 6) == 4 && index + 1 < limit)
		base |= (uint64_t)pci_read(bdf, PCI_BAR0 + 4 * index + 4, 4) << 32;
	return base;
}
