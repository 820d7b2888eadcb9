/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The static ACPI tables: CPUs, IO-APICs, interrupt overrides, PM registers, HPET, PCI configuration window.
 * dom0 interprets AML; we only look for the constant package _S5 so as to be able to switch off without it.
 * Firmware is trusted not to lie, but not to be free of mistakes: every length is checked before use, every
 * table's checksum is computed, and a table that fails is named and skipped. Tables are mapped uncached, since
 * they may lie outside RAM.
 */
#include <stddef.h>
#include <string.h>
#include "boot/bootinfo.h"
#include "boot/cmdline.h"
#include "debug/log.h"
#include "lib/util.h"
#include "mm/mm.h"
#include "platform/platform.h"

#define MAX_TABLE_LEN	(16u << 20)
#define MAX_TABLES	256u
#define ACPI_SPACE_MEMORY 0		/* generic address structure: 5.2.3.2 */
#define EBDA_POINTER	0x40e		/* BIOS data area: segment of the extended BIOS data area */

/* ACPI 6.5, 5.2.6. */
struct acpi_header {
	char signature[4];
	uint32_t length;
	uint8_t revision, checksum;
	char oem_id[6], oem_table_id[8];
	uint32_t oem_revision, creator_id, creator_revision;
} __attribute__((packed));

/* 5.2.5.3 */
struct acpi_rsdp {
	char signature[8];
	uint8_t checksum;
	char oem_id[6];
	uint8_t revision;
	uint32_t rsdt;
	uint32_t length;		/* from here on revision 2 */
	uint64_t xsdt;
	uint8_t ext_checksum, reserved[3];
} __attribute__((packed));

struct acpi_info acpi_info;

static uint8_t sum(const void *p, size_t n)
{
	const uint8_t *b = p;
	uint8_t s = 0;

	while (n--)
		s += *b++;
	return s;
}

/* A field at a fixed offset, 0 if the table is too short for it. */
static uint64_t field(const struct acpi_header *t, uint32_t offset, unsigned int width)
{
	uint64_t v = 0;

	if (offset + width <= t->length)
		memcpy(&v, (const uint8_t *)t + offset, width);
	return v;
}

static const struct acpi_header *map_table(uint64_t maddr)
{
	const struct acpi_header *t;
	uint32_t length;

	if (!maddr)
		return NULL;
	t = ioremap(maddr, sizeof(*t));
	length = t->length;
	if (length < sizeof(*t) || length > MAX_TABLE_LEN) {
		printk("ACPI: table %.4s at %llx ignored: length %u\n", t->signature, (unsigned long long)maddr, length);
		return NULL;
	}
	t = ioremap(maddr, length);
	if (sum(t, length)) {
		printk("ACPI: table %.4s at %llx ignored: wrong checksum\n", t->signature, (unsigned long long)maddr);
		return NULL;
	}
	return t;
}

/* ---- MADT: 5.2.12 ---- */

static void add_cpu(uint32_t id, uint32_t uid, bool enabled)
{
	struct acpi_info *a = &acpi_info;

	if (a->nr_cpus == ARRAY_SIZE(a->cpu)) {
		printk("ACPI: CPU with APIC id %u ignored: at most %u\n", id, (unsigned int)ARRAY_SIZE(a->cpu));
		return;
	}
	a->cpu[a->nr_cpus].apic_id = id;
	a->cpu[a->nr_cpus].acpi_id = uid;
	a->cpu[a->nr_cpus++].enabled = enabled;
}

static void add_ioapic(const uint8_t *e)
{
	struct acpi_info *a = &acpi_info;
	uint32_t addr;

	if (a->nr_ioapics == ARRAY_SIZE(a->ioapic)) {
		printk("ACPI: IO-APIC %u ignored: at most %u\n", e[2], (unsigned int)ARRAY_SIZE(a->ioapic));
		return;
	}
	a->ioapic[a->nr_ioapics].id = e[2];
	memcpy(&addr, e + 4, 4);
	a->ioapic[a->nr_ioapics].addr = addr;
	memcpy(&a->ioapic[a->nr_ioapics++].gsi_base, e + 8, 4);
}

static void add_override(const uint8_t *e)
{
	struct acpi_info *a = &acpi_info;

	if (a->nr_isos == ARRAY_SIZE(a->iso))
		return;
	a->iso[a->nr_isos].irq = e[3];
	memcpy(&a->iso[a->nr_isos].gsi, e + 4, 4);
	memcpy(&a->iso[a->nr_isos++].flags, e + 8, 2);
}

static void parse_madt_entry(const uint8_t *e, unsigned int len)
{
	uint32_t id, flags, uid;

	if (e[0] == 0 && len >= 8) {
		memcpy(&flags, e + 4, 4);
		add_cpu(e[3], e[2], flags & 1);
	} else if (e[0] == 1 && len >= 12) {
		add_ioapic(e);
	} else if (e[0] == 2 && len >= 10) {
		add_override(e);
	} else if (e[0] == 5 && len >= 12) {
		memcpy(&acpi_info.lapic_addr, e + 4, 8);
	} else if (e[0] == 9 && len >= 16) {
		memcpy(&id, e + 4, 4);
		memcpy(&flags, e + 8, 4);
		memcpy(&uid, e + 12, 4);
		add_cpu(id, uid, flags & 1);
	}
}

static void parse_madt(const struct acpi_header *t)
{
	const uint8_t *p = (const uint8_t *)t;

	acpi_info.lapic_addr = field(t, 36, 4);
	for (uint32_t off = 44; off + 2 <= t->length;) {
		unsigned int len = p[off + 1];

		if (len < 2 || len > t->length - off)
			return;
		parse_madt_entry(p + off, len);
		off += len;
	}
}

/* ---- FADT: 5.2.9; _S5: 7.4.2 ---- */

/* One integer of the package: Zero, One, or a byte, word constant (20.2.3). Advances *p. */
static bool aml_integer(const uint8_t **p, const uint8_t *end, uint8_t *out)
{
	if (*p >= end)
		return false;
	if (**p <= 1) {
		*out = *(*p)++;
		return true;
	}
	if (**p == 0x0a && end - *p >= 2) {
		*out = (*p)[1];
		*p += 2;
		return true;
	}
	if (**p == 0x0b && end - *p >= 3) {
		*out = (*p)[1];
		*p += 3;
		return true;
	}
	return false;
}

static bool parse_s5(const uint8_t *p, const uint8_t *end)
{
	/* PackageOp, PkgLength of 1 to 4 bytes (count in bits 6-7 of the first), NumElements. */
	if (end - p < 8 || *p != 0x12)
		return false;
	p += 1;
	p += 1 + (*p >> 6);
	if (*p++ < 2)
		return false;
	return aml_integer(&p, end, &acpi_info.slp_typa_s5) && aml_integer(&p, end, &acpi_info.slp_typb_s5);
}

static void find_s5(const struct acpi_header *dsdt)
{
	const uint8_t *p = (const uint8_t *)dsdt, *end;

	if (!dsdt)
		return;
	end = p + dsdt->length;
	for (p += sizeof(*dsdt); p + 4 <= end; p++) {
		if (p[0] != '_' || p[1] != 'S' || p[2] != '5' || p[3] != '_')
			continue;
		if (parse_s5(p + 4, end)) {
			acpi_info.has_s5 = true;
			return;
		}
	}
}

static void parse_fadt(const struct acpi_header *t)
{
	struct acpi_info *a = &acpi_info;
	uint64_t dsdt = field(t, 140, 8);

	a->sci = (uint16_t)field(t, 46, 2);
	a->pm1a_evt = (uint16_t)field(t, 56, 4);
	a->pm1b_evt = (uint16_t)field(t, 60, 4);
	a->pm1a_cnt = (uint16_t)field(t, 64, 4);
	a->pm1b_cnt = (uint16_t)field(t, 68, 4);
	a->pm_tmr = (uint16_t)field(t, 76, 4);
	/* Flag RESET_REG_SUP; the register is a generic address: space id, 3 bytes, address. */
	if (field(t, 112, 4) & 1u << 10) {
		a->has_reset = true;
		a->reset_space = (uint8_t)field(t, 116, 1);
		a->reset_reg = field(t, 120, 8);
		a->reset_value = (uint8_t)field(t, 128, 1);
		/* Mapped now: when it is wanted any lock may be held, for ever. */
		if (a->reset_space == ACPI_SPACE_MEMORY && !mfn_is_ram(a->reset_reg >> PAGE_SHIFT))
			a->reset_mmio = ioremap(a->reset_reg, 1);
	}
	find_s5(map_table(dsdt ? dsdt : field(t, 40, 4)));
}

/* PCI Firmware Specification 3.3, 4.1.2: only segment 0 is used. */
static void parse_mcfg(const struct acpi_header *t)
{
	for (uint32_t off = 44; off + 16 <= t->length; off += 16) {
		if (field(t, off + 8, 2))
			continue;
		acpi_info.mcfg_base = field(t, off, 8);
		acpi_info.mcfg_start = (uint8_t)field(t, off + 10, 1);
		acpi_info.mcfg_end = (uint8_t)field(t, off + 11, 1);
		return;
	}
}

/* IA-PC HPET 1.0a, 3.2.4: memory space only. */
static void parse_hpet(const struct acpi_header *t)
{
	if (field(t, 40, 1) == 0)
		acpi_info.hpet = field(t, 44, 8);
}

static void parse_table(uint64_t maddr)
{
	static const struct {
		char signature[5];
		void (*parse)(const struct acpi_header *t);
	} parsers[] = {
		{ "APIC", parse_madt }, { "FACP", parse_fadt }, { "MCFG", parse_mcfg }, { "HPET", parse_hpet },
	};
	const struct acpi_header *t = map_table(maddr);

	if (!t)
		return;
	for (unsigned int i = 0; i < ARRAY_SIZE(parsers); i++)
		if (!memcmp(t->signature, parsers[i].signature, 4))
			parsers[i].parse(t);
}

/* ---- root ---- */

static bool rsdp_valid(const struct acpi_rsdp *r)
{
	if (memcmp(r->signature, "RSD PTR ", 8) || sum(r, 20))
		return false;
	return r->revision < 2 || (r->length >= sizeof(*r) && r->length <= 64 && !sum(r, r->length));
}

/* On 16-byte boundaries (5.2.5.1). */
static uint64_t scan_for_rsdp(uint64_t maddr, size_t len)
{
	const uint8_t *p = ioremap(maddr, len);

	for (size_t off = 0; off + 64 <= len; off += 16)
		if (rsdp_valid((const struct acpi_rsdp *)(p + off)))
			return maddr + off;
	return 0;
}

static uint64_t find_rsdp(void)
{
	const uint8_t *bda = ioremap(0, PAGE_SIZE);
	uint64_t ebda, found;
	uint16_t segment;

	memcpy(&segment, bda + EBDA_POINTER, 2);
	ebda = (uint64_t)segment << 4;
	if (ebda >= 0x80000 && ebda < 0xa0000) {
		found = scan_for_rsdp(ebda, 1024);
		if (found)
			return found;
	}
	return scan_for_rsdp(0xe0000, 0x20000);
}

static void parse_root(const struct acpi_header *root, unsigned int width)
{
	uint32_t n = MIN((root->length - (uint32_t)sizeof(*root)) / width, MAX_TABLES);

	for (uint32_t i = 0; i < n; i++)
		parse_table(field(root, (uint32_t)sizeof(*root) + i * width, width));
}

static void assume_standard_pc(void)
{
	struct acpi_info *a = &acpi_info;

	/* Addresses of the MP specification 1.4, 3.6.5; the timer's line is on pin 2 of every PC since. */
	printk("ACPI: not used; assuming the standard PC's interrupt wiring and one CPU\n");
	a->lapic_addr = 0xfee00000;
	a->nr_ioapics = 1;
	a->ioapic[0].addr = 0xfec00000;
	a->nr_isos = 1;
	a->iso[0].irq = 0;
	a->iso[0].gsi = 2;
	add_cpu(0, 0, true);
}

void acpi_init(void)
{
	struct acpi_info *a = &acpi_info;
	const struct acpi_header *root = NULL;
	const struct acpi_rsdp *rsdp;

	if (options.acpi)
		a->rsdp = bootinfo.rsdp ? bootinfo.rsdp : find_rsdp();
	if (!a->rsdp) {
		assume_standard_pc();
		return;
	}
	rsdp = ioremap(a->rsdp, sizeof(*rsdp));
	if (rsdp->revision >= 2)
		root = map_table(rsdp->xsdt);
	if (root)
		parse_root(root, 8);
	else if ((root = map_table(rsdp->rsdt)))
		parse_root(root, 4);
	if (!a->nr_ioapics) {
		assume_standard_pc();
		return;
	}
	printk("ACPI: RSDP %llx, %u CPU(s), %u IO-APIC(s), %u override(s)%s%s%s\n", (unsigned long long)a->rsdp,
	       a->nr_cpus, a->nr_ioapics, a->nr_isos, a->hpet ? ", HPET" : "", a->mcfg_base ? ", MCFG" : "",
	       a->has_s5 ? ", S5" : "");
}
