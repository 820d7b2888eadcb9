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
	uint64_t runtime;		/* the table of runtime services, physical */
	uint16_t vendor[100];		/* UCS-2, terminated */
};

bool efi_get_info(struct efi_info *info);

/* Runtime services, in the order of the firmware's table (UEFI 2.10, 4.5.1). */
enum efi_service {
	EFI_GET_TIME, EFI_SET_TIME, EFI_GET_WAKEUP, EFI_SET_WAKEUP, EFI_SET_VIRTUAL_MAP, EFI_CONVERT_POINTER, EFI_GET_VARIABLE, EFI_GET_NEXT_NAME,
	EFI_SET_VARIABLE, EFI_GET_COUNT, EFI_RESET_SYSTEM, EFI_UPDATE_CAPSULE, EFI_QUERY_CAPSULE, EFI_QUERY_VARIABLES, EFI_NR_SERVICES
};
#define EFI_ARGS 5

/* Numbers, and pointers into the hypervisor's memory. False when the machine has no such service. */
bool efi_runtime_call(enum efi_service which, const uint64_t arg[EFI_ARGS], uint64_t *status);

struct xenpf_efi_runtime_call;
long efi_runtime_op(struct xenpf_efi_runtime_call *op);	/* XENPF_efi_runtime_call: platform/efi_ops.c */

#endif
