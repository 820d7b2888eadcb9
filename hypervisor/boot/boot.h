/* SPDX-License-Identifier: BSD-2-Clause */
/* Entry from head.S, on the boot CPU's stack, paging on, interrupts off. */
#ifndef SOCLE_BOOT_BOOT_H
#define SOCLE_BOOT_BOOT_H

#include <stdint.h>

void boot_main(uint32_t magic, uint64_t info_paddr) __attribute__((noreturn));

#endif
