/* SPDX-License-Identifier: BSD-2-Clause */
/* What the loader said, normalised: multiboot1 and multiboot2 end in the same struct. All addresses physical. */
#ifndef SOCLE_BOOT_BOOTINFO_H
#define SOCLE_BOOT_BOOTINFO_H
#include <stdbool.h>
#include <stdint.h>
#include <abi/memory.h>
#define BOOT_MAX_MODULES 16
#define BOOT_MAX_E820 128
#define BOOT_MAX_EFI 384
struct boot_module { uint64_t start, len; };
struct boot_memory { uint64_t addr, size; uint32_t type; };	/* type: E820 number */
/* UEFI 2.10, 7.2.1 and 7.2.3. */
#define EFI_RUNTIME_CODE	5u
#define EFI_MEMORY_WB		(1ull << 3)
#define EFI_MEMORY_XP		(1ull << 14)
#define EFI_MEMORY_RUNTIME	(1ull << 63)
struct boot_efi { uint64_t addr, pages, attr; uint32_t type; };
struct bootinfo {
	char loader[64];
	char cmdline[1024];
	struct boot_memory e820[BOOT_MAX_E820];
	unsigned int nr_e820;		/* sorted, no overlaps */
	struct boot_module module[BOOT_MAX_MODULES];
	unsigned int nr_modules;
	char kernel_args[1024];		/* of the first module, without the first word (its name) */
	uint64_t rsdp;			/* physical address of the ACPI RSDP if the loader gave it, else 0 */
	bool efi;
	uint64_t efi_system_table;
	struct boot_efi efi_map[BOOT_MAX_EFI];	/* the firmware's memory map; neighbours that are alike are one */
	unsigned int nr_efi_map;	/* 0: none is known, or there were more than fit */
	struct { bool present; uint64_t base; uint32_t pitch, width, height, bpp; uint8_t rpos, rsize, gpos, gsize, bpos, bsize; } fb;
};
extern struct bootinfo bootinfo;
void bootinfo_init(uint32_t magic, uint64_t info_paddr);	/* reads through the boot identity map */
#endif
