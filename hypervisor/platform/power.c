/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Restart, halt, power off. Each tries what the firmware describes first and ends in something that always
 * works. dom0 owns the ACPI namespace: for a sleep state it evaluates the firmware's methods and gives us the
 * two SLP_TYP values; we write the registers (ACPI 6.5, 4.8.3.2).
 */
#include <abi/errno.h>
#include "asm/cr.h"
#include "asm/io.h"
#include "cpu/smp.h"
#include "debug/log.h"
#include "mm/mm.h"
#include "platform/platform.h"

#define PM1_SLP_TYP_SHIFT 10
#define PM1_SLP_TYP_MASK (7u << PM1_SLP_TYP_SHIFT)
#define PM1_SLP_EN	(1u << 13)
#define ACPI_SPACE_IO	1
#define RESET_CONTROL	0xcf9		/* chipset reset register: 2 = full, then 6 = do it */
#define KBC_STATUS	0x64
#define KBC_INPUT_FULL	0x02
#define KBC_PULSE_RESET	0xfe

static void delay(unsigned int reads)
{
	/* Port 0x80 takes about a microsecond on real machines. */
	while (reads--)
		(void)inb(0x80);
}

static void reset_by_acpi(void)
{
	if (!acpi_info.has_reset)
		return;
	if (acpi_info.reset_space == ACPI_SPACE_IO && acpi_info.reset_reg <= 0xffff)
		outb(acpi_info.reset_value, (uint16_t)acpi_info.reset_reg);
	else if (acpi_info.reset_mmio)
		mmio_write8(acpi_info.reset_mmio, acpi_info.reset_value);
	delay(100000);
}

static void reset_by_chipset(void)
{
	outb(0x02, RESET_CONTROL);
	delay(50);
	outb(0x06, RESET_CONTROL);
	delay(100000);
}

static void reset_by_keyboard_controller(void)
{
	for (unsigned int i = 0; i < 10000 && inb(KBC_STATUS) & KBC_INPUT_FULL; i++)
		delay(1);
	outb(KBC_PULSE_RESET, KBC_STATUS);
	delay(100000);
}

void machine_restart(void)
{
	static const struct table_ptr no_idt;

	irq_disable();
	reset_by_acpi();
	reset_by_chipset();
	reset_by_keyboard_controller();
	/* An exception without an IDT is a triple fault, which resets every PC. */
	lidt(&no_idt);
	__asm__ volatile("int3");
	machine_halt();
}

void machine_halt(void)
{
	smp_stop_others();
	cpu_stop();
}

static void write_sleep_type(uint16_t port, uint16_t type)
{
	uint16_t v;

	if (!port)
		return;
	v = inw(port) & (uint16_t)~(PM1_SLP_TYP_MASK | PM1_SLP_EN);
	outw((uint16_t)(v | type << PM1_SLP_TYP_SHIFT), port);
	outw((uint16_t)(v | type << PM1_SLP_TYP_SHIFT | PM1_SLP_EN), port);
}

void machine_poweroff(void)
{
	irq_disable();
	if (acpi_info.pm1a_cnt && acpi_info.has_s5) {
		write_sleep_type(acpi_info.pm1a_cnt, acpi_info.slp_typa_s5);
		write_sleep_type(acpi_info.pm1b_cnt, acpi_info.slp_typb_s5);
		delay(1000000);
	}
	printk("power: the firmware gave no way to switch off; halted, it is safe to switch off now\n");
	smp_stop_others();
	machine_halt();
}

int power_enter_sleep(uint8_t state, uint16_t val_a, uint16_t val_b)
{
	/* Only soft-off: coming back from S3 needs the CPU set up again from real mode. */
	if (state != 5)
		return -XEN_EOPNOTSUPP;
	if (!acpi_info.pm1a_cnt)
		return -XEN_ENODEV;
	acpi_info.slp_typa_s5 = (val_a & PM1_SLP_TYP_MASK) >> PM1_SLP_TYP_SHIFT;
	acpi_info.slp_typb_s5 = (val_b & PM1_SLP_TYP_MASK) >> PM1_SLP_TYP_SHIFT;
	acpi_info.has_s5 = true;
	printk("dom0 powers the machine off\n");
	machine_poweroff();
}
