/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runtime services of EFI firmware (UEFI 2.10, 8), called for dom0: its variables and its clock.
 *
 * The firmware was never told of virtual addresses, so it runs at physical ones (2.3.4.1), in a root of its own: what its memory map
 * marks as needed at run time stands there at its own address, and the hypervisor's slots as in every root, for the stack, for
 * arguments in the direct map, for an NMI. What it calls code has the data of that code between, so it can be written as well as
 * executed; the rest cannot be executed. The root is loaded during a call only, by one CPU at a time. Interrupts are off, as everywhere in
 * the hypervisor, so a call holds its CPU as long as the firmware likes, and whoever wants an answer of that CPU waits. It has what is
 * left of our stack, more than the 4 KiB that 2.3.4 asks for. The registers that come in pairs (CMOS, PCI) are its own for that time.
 *
 * Of the vCPU nothing reaches the firmware: FPU and vector registers are saved and made new, and breakpoints are off. They are linear
 * addresses of the lower half, where a program of dom0's may have put one; on an instruction of the firmware it would strike for ever.
 *
 * dom0 is trusted with the machine, and the firmware runs with all rights either way: what is checked of dom0's words is what could
 * make this file itself go wrong. Firmware that faults is not called again: what it was doing stands half done.
 */
#include <abi/errno.h>
#include "asm/cr.h"
#include "boot/bootinfo.h"
#include "cpu/cpu.h"
#include "debug/log.h"
#include "domain/domain.h"
#include "lib/lock.h"
#include "lib/util.h"
#include "mm/mm.h"
#include "platform/efi.h"
#include "platform/platform.h"

#define RT_SIGNATURE	0x56524553544e5552ULL	/* "RUNTSERV" */
#define RT_PAGES_MAX	0x10000u		/* 256 MiB: a map that asks for more is not believed */
#define EFI_RT_REVISION_2 (2u << 16)
#define DR7_OFF		0x400u

struct runtime_table {
	uint64_t signature;
	uint32_t revision, header_size, crc32, reserved;
	uint64_t service[EFI_NR_SERVICES];
};

static struct spinlock call_lock = SPINLOCK_INIT(RANK_FIRMWARE);
static uint64_t *root;			/* under call_lock, as is what follows */
static uint64_t service[EFI_NR_SERVICES];
static uint32_t revision;
static bool tried;

/* What the firmware needs at run time, one range after the other; NULL after the last. */
static const struct boot_efi *next_range(const struct boot_efi *r)
{
	for (r = r ? r + 1 : bootinfo.efi_map; r < bootinfo.efi_map + bootinfo.nr_efi_map; r++)
		if (r->attr & EFI_MEMORY_RUNTIME)
			return r;
	return NULL;
}

static uint64_t *root_make(void)
{
	uint64_t total = 0, *l4 = hv_alloc_pages(0);

	for (const struct boot_efi *r = next_range(NULL); l4 && r; r = next_range(r)) {
		bool code = r->type == EFI_RUNTIME_CODE && !(r->attr & EFI_MEMORY_XP);

		/* Tables that were made stay: this is tried once. */
		if (r->pages > RT_PAGES_MAX - total || firmware_map(l4, r->addr, r->pages, r->attr & EFI_MEMORY_WB, code))
			return NULL;
		total += r->pages;
	}
	return l4;
}

/* The table is in the firmware's memory, and so is read at its physical address. */
static bool table_read(uint64_t *l4, uint64_t at)
{
	uint64_t cr3 = firmware_enter(l4);
	const struct runtime_table *t = (const struct runtime_table *)at;
	bool good = t->signature == RT_SIGNATURE;

	for (unsigned int i = 0; good && i < EFI_NR_SERVICES; i++)
		service[i] = t->service[i];
	revision = t->revision;
	firmware_leave(cr3);
	return good;
}

static bool is_runtime(uint64_t addr, uint64_t len)
{
	for (const struct boot_efi *r = next_range(NULL); r; r = next_range(r))
		if (addr >= r->addr && addr - r->addr < r->pages << PAGE_SHIFT && len <= (r->pages << PAGE_SHIFT) - (addr - r->addr))
			return true;
	return false;
}

/* Whatever is odd about the firmware's tables: no services, rather than a fault in the middle of one. */
static void services_find(uint64_t table)
{
	uint64_t *l4;

	if (!is_runtime(table, sizeof(struct runtime_table)))
		return;
	l4 = root_make();
	if (!l4 || !table_read(l4, table))
		return;
	for (unsigned int i = 0; i < EFI_NR_SERVICES; i++)
		if (service[i] && !is_runtime(service[i], 1))
			return;
	root = l4;
}

/* Under call_lock. */
static uint64_t call(uint64_t function, const uint64_t arg[EFI_ARGS])
{
	uint64_t cr3, dr7 = read_dr7(), status;

	platform_ports_hold();
	xstate_save(current);
	xstate_reset();
	write_dr7(DR7_OFF);
	cr3 = firmware_enter(root);
	status = firmware_call(function, arg);
	firmware_leave(cr3);
	write_dr7(dr7);
	xstate_restore(current);
	platform_ports_release();
	return status;
}

bool efi_runtime_call(enum efi_service which, const uint64_t arg[EFI_ARGS], uint64_t *status)
{
	struct efi_info info;
	bool have;

	if (!efi_get_info(&info))
		return false;
	spin_lock(&call_lock);
	if (!tried)
		services_find(info.runtime);
	tried = true;
	have = root && service[which] && (which != EFI_QUERY_VARIABLES || revision >= EFI_RT_REVISION_2);
	if (have) {
		*status = call(service[which], arg);
		if (firmware_faulted) {
			printk("The EFI firmware faulted in its service %u; it is not called any more\n", which);
			root = NULL;
		}
	}
	spin_unlock(&call_lock);
	return have;
}
