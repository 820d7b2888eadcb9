/* SPDX-License-Identifier: BSD-2-Clause */
/* Message-signalled interrupts: finding, programming and masking one message of a device. */
#ifndef SOCLE_IRQ_MSI_H
#define SOCLE_IRQ_MSI_H

#include <stdbool.h>
#include <stdint.h>

struct msi {
	uint16_t bdf;
	bool msix, wide, maskable;	/* wide: 64-bit address (MSI) */
	unsigned int cap;		/* offset of the capability */
	uint32_t entry;			/* MSI-X table index */
	volatile uint8_t *slot;		/* MSI-X: the mapped table entry */
};

/* Fill *m: 0, -XEN_ENODEV (no device or capability), -XEN_EINVAL, -XEN_ENOMEM. Nothing is written to the device. */
int msi_find(struct msi *m, uint16_t bdf);
int msix_find(struct msi *m, uint16_t bdf, uint32_t entry, uint64_t table_bar);
/* Points the message at a vector of this CPU, masked if it can be, and switches the capability on. */
void msi_program(const struct msi *m, uint8_t vector, uint32_t dest_apic_id);
void msi_set_mask(const struct msi *m, bool masked);
/* Switches the capability off (MSI) or leaves the entry masked (MSI-X). */
void msi_disable(const struct msi *m);

#endif
