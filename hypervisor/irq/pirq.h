/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts of domains ("pirqs"). A pirq is a number in the domain's space that stands for an IO-APIC line or an
 * MSI vector of a device. Life: free -> mapped (physdev map_pirq) -> bound to an event channel -> mapped -> free.
 * Numbers below the GSI limit are for GSIs of the same number, those above for MSI. Only domains with d->pirq
 * have any. Lock: one per domain, inside the domain's event-channel lock; no event is raised under it.
 */
#ifndef SOCLE_IRQ_PIRQ_H
#define SOCLE_IRQ_PIRQ_H

#include <stdbool.h>
#include <stdint.h>
#include "irq/irq.h"

struct domain;
struct page;

int pirq_domain_init(struct domain *d);
void pirq_domain_fini(struct domain *d);
/* Each: a pirq number, or a negative errno. wanted < 0: choose. */
int pirq_map_gsi(struct domain *d, int32_t gsi, int32_t wanted);
int pirq_map_msi(struct domain *d, uint16_t bdf, int32_t wanted);
int pirq_map_msix(struct domain *d, uint16_t bdf, uint32_t entry, uint64_t table_bar, int32_t wanted);
int pirq_reserve(struct domain *d);			/* PHYSDEVOP_get_free_pirq */
int pirq_unmap(struct domain *d, int32_t pirq);		/* 0, -XEN_EINVAL, -XEN_EBUSY while bound */
void pirq_unmap_device(struct domain *d, uint16_t bdf);	/* those not bound */
bool pirq_device_in_use(struct domain *d, uint16_t bdf);
int pirq_restore_device(struct domain *d, uint16_t bdf);	/* programs its MSIs again */
int pirq_setup_gsi(int32_t gsi, struct irq_line line);	/* 0, -XEN_EINVAL, -XEN_EEXIST */
int pirq_eoi(struct domain *d, uint32_t pirq);
int pirq_status(struct domain *d, uint32_t pirq, uint32_t *flags);
/* The guest's bitmap of pirqs that need an EOI; it takes over the page reference and writable type. -XEN_EBUSY if set. */
int pirq_set_eoi_page(struct domain *d, uint64_t gmfn);
struct page *pirq_eoi_page(const struct domain *d);	/* or NULL; for the audit */

#endif
