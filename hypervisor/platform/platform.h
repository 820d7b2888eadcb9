/* SPDX-License-Identifier: BSD-2-Clause */
/* Firmware, interrupts for domains, power. */
#ifndef SOCLE_PLATFORM_PLATFORM_H
#define SOCLE_PLATFORM_PLATFORM_H
#include <stdbool.h>
#include <stdint.h>
struct domain;
/* acpi.c */
struct acpi_info {
	uint64_t rsdp; uint64_t lapic_addr;
	struct { uint32_t id, gsi_base; uint64_t addr; } ioapic[8]; unsigned int nr_ioapics;
	struct { uint8_t irq; uint32_t gsi; uint16_t flags; } iso[16]; unsigned int nr_isos;
	struct { uint32_t apic_id, acpi_id; bool enabled; } cpu[256]; unsigned int nr_cpus;
	uint16_t pm1a_cnt, pm1b_cnt, pm1a_evt, pm1b_evt, pm_tmr; uint8_t slp_typa_s5, slp_typb_s5; bool has_s5;
	uint16_t sci; uint64_t hpet; uint64_t mcfg_base; uint8_t mcfg_start, mcfg_end;
	uint64_t reset_reg; uint8_t reset_space, reset_value; bool has_reset;
	volatile uint8_t *reset_mmio;		/* the register, if it is one in memory */
};
extern struct acpi_info acpi_info;
void acpi_init(void);
/* power.c */
void machine_restart(void) __attribute__((noreturn));
void machine_halt(void) __attribute__((noreturn));
void machine_poweroff(void) __attribute__((noreturn));
int power_enter_sleep(uint8_t state, uint16_t val_a, uint16_t val_b);
/* dom0's view of ports and config space, used by pv/privop.c. width 1, 2, 4. */
bool platform_port_allowed(struct domain *d, uint16_t port, unsigned int width);
uint32_t platform_port_read(struct domain *d, uint16_t port, unsigned int width);	/* policy of pv-abi 3.10: denied = all ones */
void platform_port_write(struct domain *d, uint16_t port, unsigned int width, uint32_t value);
/* Keeps CMOS and PCI's address register for the caller: firmware uses them as it likes. */
void platform_ports_hold(void);
void platform_ports_release(void);
int platform_domain_init(struct domain *d);	/* dom0: rangesets of ports, memory, irqs; irq/pirq.c state */
void platform_domain_fini(struct domain *d);
/* irq */
void irq_boot_init(void);			/* local APIC, IO-APICs, all lines masked */
void irq_handle_vector(uint8_t vector);		/* from trap.c; acknowledges, dispatches */
#endif
