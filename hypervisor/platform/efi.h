/* SPDX-License-Identifier: BSD-2-Clause */
/* What the EFI firmware left behind, for dom0. All false on machines started by a BIOS. */
#ifndef SOCLE_PLATFORM_EFI_H
#define SOCLE_PLATFORM_EFI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct efi_info {
	uint32_t revision, vendor_revision;
	uint64_t config_addr;		/* physical */
	uint32_t config_entries;
	uint16_t vendor[100];		/* UCS-2, terminated */
};

bool efi_get_info(struct efi_info *info);

#endif
