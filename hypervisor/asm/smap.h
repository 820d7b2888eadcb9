/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Supervisor-mode access prevention. When the option turned it on, guest memory is reachable only between
 * stac() and clac(), which mm/gcopy.c brackets its copies with. smap_enabled never changes after feature_init().
 */
#ifndef SOCLE_ASM_SMAP_H
#define SOCLE_ASM_SMAP_H

#include <stdbool.h>

extern bool smap_enabled;	/* cpu/feature.c */

static inline void stac(void)
{
	if (smap_enabled)
		__asm__ volatile("stac" ::: "memory", "cc");
}

static inline void clac(void)
{
	if (smap_enabled)
		__asm__ volatile("clac" ::: "memory", "cc");
}

#endif
