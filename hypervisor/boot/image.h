/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bounds of the loaded image, from the linker script. Page aligned. Virtual
 * address = physical address + HV_IMAGE_VIRT; [__image_start, __image_end) includes .bss and is not free memory.
 */
#ifndef SOCLE_BOOT_IMAGE_H
#define SOCLE_BOOT_IMAGE_H

#include <stdint.h>
#include "mm/layout.h"

extern char __image_start[], __image_end[];
extern char __text_start[], __text_end[];		/* read, execute */
extern char __rodata_start[], __rodata_end[];		/* read */
extern char __data_start[], __bss_end[];		/* read, write: .data and .bss are adjacent */
extern char __build_id_start[], __build_id_end[];	/* ELF note */

static inline uint64_t image_to_maddr(const void *p)
{
	return (uint64_t)p - HV_IMAGE_VIRT;
}

#endif
