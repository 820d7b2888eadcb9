/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory maps as firmware gives them: unsorted, overlapping. Pure. */
#ifndef SOCLE_BOOT_E820_H
#define SOCLE_BOOT_E820_H

#include "boot/bootinfo.h"

/* E820 types (ACPI 6.5, 15.1). */
#define E820_RAM	1
#define E820_RESERVED	2
#define E820_ACPI	3
#define E820_NVS	4
#define E820_UNUSABLE	5

/* Sorts map[0..n) in place, resolves overlaps in favour of the entry that is less usable, joins neighbours of one
 * type; returns the new count, at most max (highest addresses are dropped beyond that). */
unsigned int e820_normalise(struct boot_memory *map, unsigned int n, unsigned int max);

#endif
