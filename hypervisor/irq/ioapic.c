/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IO-APICs: pins by global system interrupt number (GSI). A pin's entry is kept here and written whole, low half
 * last when unmasking and first when masking, so a half-written entry never fires. The index and data
 * registers form a pair: one lock for all of them. dom0 sees the registers but never writes them: it asks
 * with PHYSDEVOP_* (pv-abi 5.5).
 */
#include <abi/errno.h>
#include "asm/io.h"
#include "debug/log.h"
#include "irq/irq.h"
#include "lib/lock.h"
#include "lib/util.h"
#include "mm/mm.h"
#include "platform/platform.h"

/* 82093AA data sheet, 3.0. */
#define IOREGSEL	0x00
#define IOWIN		0x10
#define REG_VERSION	0x01
#define REG_ENTRY(pin)	(0x10 + 2 * (pin))
#define ENTRY_ACTIVE_LOW (1u << 13)
#define ENTRY_LEVEL	(1u << 15)
#define ENTRY_MASKED	(1u << 16)

#define MAX_PINS	240
#define ISA_IRQS	16
/* MADT interrupt override flags (ACPI 6.5, 5.2.12.5). */
#define ISO_POLARITY(flags) ((flags) & 3)
#define ISO_TRIGGER(flags) ((flags) >> 2 & 3)
#define ISO_ACTIVE_LOW	3
#define ISO_LEVEL	3

static struct ioapic {
	volatile uint8_t *regs;
	uint64_t maddr;
	uint32_t gsi_base, nr_pins;
	uint32_t low[MAX_PINS];		/* as written last */
} ioapics[ARRAY_SIZE(acpi_info.ioapic)];
static unsigned int nr_ioapics;
static struct spinlock ioapic_lock = SPINLOCK_INIT(RANK_IOAPIC);

static uint32_t reg_read(const struct ioapic *io, uint32_t reg)
{
	mmio_write32(io->regs + IOREGSEL, reg);
	return mmio_read32(io->regs + IOWIN);
}

static void reg_write(const struct ioapic *io, uint32_t reg, uint32_t v)
{
	mmio_write32(io->regs + IOREGSEL, reg);
	mmio_write32(io->regs + IOWIN, v);
}

static struct ioapic *find(uint32_t gsi, uint32_t *pin)
{
	for (unsigned int i = 0; i < nr_ioapics; i++) {
		if (gsi >= ioapics[i].gsi_base && gsi - ioapics[i].gsi_base < ioapics[i].nr_pins) {
			*pin = gsi - ioapics[i].gsi_base;
			return &ioapics[i];
		}
	}
	return NULL;
}

void ioapic_init(void)
{
	for (unsigned int i = 0; i < acpi_info.nr_ioapics; i++) {
		struct ioapic *io = &ioapics[nr_ioapics];

		io->maddr = acpi_info.ioapic[i].addr;
		io->regs = ioremap(io->maddr, PAGE_SIZE);
		io->gsi_base = acpi_info.ioapic[i].gsi_base;
		io->nr_pins = MIN((reg_read(io, REG_VERSION) >> 16 & 0xff) + 1, (uint32_t)MAX_PINS);
		for (uint32_t pin = 0; pin < io->nr_pins; pin++) {
			io->low[pin] = ENTRY_MASKED;
			reg_write(io, REG_ENTRY(pin), ENTRY_MASKED);
			reg_write(io, REG_ENTRY(pin) + 1, 0);
		}
		printk("IO-APIC %u at %llx: GSI %u-%u\n", acpi_info.ioapic[i].id, (unsigned long long)io->maddr,
		       io->gsi_base, io->gsi_base + io->nr_pins - 1);
		nr_ioapics++;
	}
	if (!nr_ioapics)
		panic("the firmware describes no IO-APIC; Socle needs ACPI with one");
}

uint32_t ioapic_gsi_limit(void)
{
	uint32_t limit = 0;

	for (unsigned int i = 0; i < nr_ioapics; i++)
		limit = MAX(limit, ioapics[i].gsi_base + ioapics[i].nr_pins);
	return limit;
}

bool ioapic_gsi_valid(uint32_t gsi)
{
	uint32_t pin;

	return find(gsi, &pin);
}

int ioapic_setup(uint32_t gsi, uint8_t vector, struct irq_line line, uint32_t dest_apic_id)
{
	struct ioapic *io;
	uint32_t pin;

	io = find(gsi, &pin);
	if (!io)
		return -XEN_EINVAL;
	spin_lock(&ioapic_lock);
	reg_write(io, REG_ENTRY(pin), ENTRY_MASKED);
	reg_write(io, REG_ENTRY(pin) + 1, dest_apic_id << 24);
	io->low[pin] = ENTRY_MASKED | vector | (line.level ? ENTRY_LEVEL : 0) | (line.active_low ? ENTRY_ACTIVE_LOW : 0);
	reg_write(io, REG_ENTRY(pin), io->low[pin]);
	spin_unlock(&ioapic_lock);
	return 0;
}

static void set_mask(uint32_t gsi, uint32_t mask)
{
	struct ioapic *io;
	uint32_t pin;

	io = find(gsi, &pin);
	if (!io)
		return;
	spin_lock(&ioapic_lock);
	io->low[pin] = (io->low[pin] & ~ENTRY_MASKED) | mask;
	reg_write(io, REG_ENTRY(pin), io->low[pin]);
	spin_unlock(&ioapic_lock);
}

void ioapic_mask(uint32_t gsi)
{
	set_mask(gsi, ENTRY_MASKED);
}

void ioapic_unmask(uint32_t gsi)
{
	set_mask(gsi, 0);
}

uint32_t irq_isa_to_gsi(uint8_t irq, struct irq_line *line)
{
	/* ISA: edge, active high, GSI of the same number, unless overridden. */
	if (line)
		*line = (struct irq_line){ false, false };
	for (unsigned int i = 0; i < acpi_info.nr_isos; i++) {
		if (acpi_info.iso[i].irq != irq)
			continue;
		if (line) {
			line->level = ISO_TRIGGER(acpi_info.iso[i].flags) == ISO_LEVEL;
			line->active_low = ISO_POLARITY(acpi_info.iso[i].flags) == ISO_ACTIVE_LOW;
		}
		return acpi_info.iso[i].gsi;
	}
	return irq;
}

int irq_request_isa(uint8_t irq, irq_handler_t *handler, void *arg)
{
	struct irq_line line;
	uint32_t gsi;
	int vector, err;

	if (irq >= ISA_IRQS)
		return -XEN_EINVAL;
	gsi = irq_isa_to_gsi(irq, &line);
	vector = irq_alloc_vector(handler, arg);
	if (vector < 0)
		return vector;
	err = ioapic_setup(gsi, (uint8_t)vector, line, apic_id());
	if (err) {
		irq_free_vector((unsigned int)vector);
		return err;
	}
	ioapic_unmask(gsi);
	return 0;
}

int ioapic_read_register(uint64_t maddr, uint32_t reg, uint32_t *value)
{
	for (unsigned int i = 0; i < nr_ioapics; i++) {
		if (ioapics[i].maddr != maddr)
			continue;
		if (reg >= REG_ENTRY(ioapics[i].nr_pins))
			return -XEN_EINVAL;
		spin_lock(&ioapic_lock);
		*value = reg_read(&ioapics[i], reg);
		spin_unlock(&ioapic_lock);
		return 0;
	}
	return -XEN_EINVAL;
}
