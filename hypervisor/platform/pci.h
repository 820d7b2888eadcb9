/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PCI configuration space of segment 0 by the two-port mechanism (PCI 3.0, 3.2.2.3.2): one address register for
 * the whole machine, so every access takes one lock. A device is bus << 8 | devfn.
 */
#ifndef SOCLE_PLATFORM_PCI_H
#define SOCLE_PLATFORM_PCI_H

#include <stdbool.h>
#include <stdint.h>

#define PCI_COMMAND		0x04
#define PCI_COMMAND_MEMORY	(1u << 1)
#define PCI_COMMAND_NO_INTX	(1u << 10)
#define PCI_STATUS		0x06
#define PCI_STATUS_CAPS		(1u << 4)
#define PCI_HEADER_TYPE		0x0e
#define PCI_BAR0		0x10
#define PCI_CAP_POINTER		0x34
#define PCI_CAP_MSI		0x05
#define PCI_CAP_MSIX		0x11

uint32_t pci_read(uint16_t bdf, unsigned int reg, unsigned int width);
void pci_write(uint16_t bdf, unsigned int reg, unsigned int width, uint32_t v);
/* Clears, then sets bits: no access of dom0's comes between the read and the write. */
void pci_update(uint16_t bdf, unsigned int reg, unsigned int width, uint32_t clear, uint32_t set);
bool pci_present(uint16_t bdf);
/* Offset of a capability, 0 if the device has none. */
unsigned int pci_find_cap(uint16_t bdf, uint8_t id);
/* Base of a memory BAR, 0 if it is not one. */
uint64_t pci_bar(uint16_t bdf, unsigned int index);
/* Raw access through an address register image, as a guest wrote it to 0xcf8; offset 0..3. */
uint32_t pci_raw_read(uint32_t address, unsigned int offset, unsigned int width);
void pci_raw_write(uint32_t address, unsigned int offset, unsigned int width, uint32_t v);

/* Nobody else has the address register in between: for firmware, which uses it as it likes. */
void pci_hold(void);
void pci_release(void);

#endif
