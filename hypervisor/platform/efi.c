/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The EFI system table (UEFI 2.10, 4.3), read where the loader says it is. The loader has ended boot services;
 * runtime services are called by efi_runtime.c. dom0 gets the tables' places, among them ACPI's.
 */
#include <stddef.h>
#include "boot/bootinfo.h"
#include "lib/lock.h"
#include "lib/util.h"
#include "mm/mm.h"
#include "platform/efi.h"

#define EFI_SIGNATURE 0x5453595320494249ULL	/* "IBI SYST" */
#define MAX_CONFIG_ENTRIES 256

struct efi_system_table {
	uint64_t signature;
	uint32_t revision, header_size, crc32, reserved;
	uint64_t vendor;
	uint32_t vendor_revision, pad;
	uint64_t consoles[6], runtime, boot;
	uint64_t nr_entries, config;
};
_Static_assert(sizeof(struct efi_system_table) == 120, "UEFI 2.10, 4.3");

static bool read_tables(struct efi_info *info)
{
	const struct efi_system_table *t;
	const uint16_t *vendor;

	if (!bootinfo.efi || !bootinfo.efi_system_table)
		return false;
	t = ioremap(bootinfo.efi_system_table, sizeof(*t));
	if (!t || t->signature != EFI_SIGNATURE || t->nr_entries > MAX_CONFIG_ENTRIES)
		return false;
	info->revision = t->revision;
	info->vendor_revision = t->vendor_revision;
	info->config_addr = t->config;
	info->runtime = t->runtime;
	info->config_entries = (uint32_t)t->nr_entries;
	vendor = t->vendor ? ioremap(t->vendor, sizeof(info->vendor)) : NULL;
	for (size_t i = 0; vendor && i + 1 < ARRAY_SIZE(info->vendor) && vendor[i]; i++)
		info->vendor[i] = vendor[i];
	return true;
}

/* Read once: mappings of device memory are for ever. Only dom0's hypercalls come here. */
bool efi_get_info(struct efi_info *info)
{
	static struct spinlock lock = SPINLOCK_INIT(RANK_PHYSDEV);
	static struct efi_info cached;
	static bool tried, found;
	bool have;

	spin_lock(&lock);
	if (!tried)
		found = read_tables(&cached);
	tried = true;
	*info = cached;
	have = found;
	spin_unlock(&lock);
	return have;
}
