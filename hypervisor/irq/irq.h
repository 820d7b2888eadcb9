/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupt vectors, local APIC, IO-APIC pins. The 8259s stay masked for ever. A device interrupt is a vector
 * with a handler; irq_handle_vector() calls the handler with interrupts off and then acknowledges the local
 * APIC, so a level-triggered line must be quiet (masked, or its device served) when the handler returns.
 */
#ifndef SOCLE_IRQ_IRQ_H
#define SOCLE_IRQ_IRQ_H

#include <stdbool.h>
#include <stdint.h>

#define VECTOR_LEGACY_FIRST	0x20	/* where the masked 8259s would deliver */
#define VECTOR_DYNAMIC_FIRST	0x30
#define VECTOR_GUEST_SYSCALL	0x80	/* never given out: guests' INT 0x80 */
#define VECTOR_DYNAMIC_LAST	0xef
#define VECTOR_KICK		0xfc	/* another CPU wants something: cpu/smp.c */
#define VECTOR_ERROR		0xfd
#define VECTOR_TIMER		0xfe
#define VECTOR_SPURIOUS		0xff

typedef void irq_handler_t(void *arg);

/* irq/vector.c. A free vector for this handler, or -XEN_ENOSPC. */
int irq_alloc_vector(irq_handler_t *handler, void *arg);
/* When it returns no CPU is in the handler any more. Not from the handler itself, nor under a lock that it takes. */
void irq_free_vector(unsigned int vector);

/* irq/apic.c */
void apic_init_cpu(void);
uint32_t apic_id(void);
void apic_eoi(void);
void apic_report_error(void);
/* One-shot timer: fires VECTOR_TIMER at or soon after this system time; a past time fires at once. */
void apic_timer_set(uint64_t expires_ns);
void apic_timer_stop(void);
void apic_timer_calibrate(void);	/* boot CPU, after clock_init() */
void apic_timer_init_cpu(void);		/* the others */
/* To the CPU with that APIC id. Start-up: at page << 12. */
void apic_send_ipi(uint32_t id, uint8_t vector);
void apic_send_nmi(uint32_t id);
void apic_interrupt_self(uint8_t vector);	/* also in an NMI's handler */
void apic_send_init(uint32_t id);
void apic_send_startup(uint32_t id, uint8_t page);
void apic_map(void);

/* irq/ioapic.c: pins by global system interrupt number. */
struct irq_line {
	bool level, active_low;
};
void ioapic_init(void);				/* maps all, masks every pin */
uint32_t ioapic_gsi_limit(void);		/* highest GSI + 1 */
bool ioapic_gsi_valid(uint32_t gsi);
/* Programs the pin, masked. 0 or -XEN_EINVAL. */
int ioapic_setup(uint32_t gsi, uint8_t vector, struct irq_line line, uint32_t dest_apic_id);
void ioapic_mask(uint32_t gsi);
void ioapic_unmask(uint32_t gsi);
/* The GSI and, if line is not NULL, the wiring of an ISA interrupt, after the firmware's overrides. */
uint32_t irq_isa_to_gsi(uint8_t irq, struct irq_line *line);
/* Routes an ISA interrupt to the hypervisor's own handler, unmasked. 0 or an errno. */
int irq_request_isa(uint8_t irq, irq_handler_t *handler, void *arg);
/* The read view of IO-APIC registers for PHYSDEVOP_apic_read: 0 or -XEN_EINVAL. */
int ioapic_read_register(uint64_t maddr, uint32_t reg, uint32_t *value);

#endif
