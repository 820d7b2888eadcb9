/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All of the guest's memory, by the page and by the byte.
 *
 * The domain builder maps the first megabytes (the boot region); the rest is mapped here when it is wanted, 32 MiB at a time,
 * so that a guest pays for the memory it uses and starts as fast with much as with little. A page has one address for
 * good: pfn n is at KIT_VIRT_BASE + n pages up to KIT_LOW_PAGES, and at KIT_HIGH_BASE + n pages beyond.
 *
 * Any vCPU may call these functions, but no trap handler may: they take a lock.
 */
#ifndef SOCLE_KIT_MEMORY_H
#define SOCLE_KIT_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/* n consecutive pages, all zero; NULL when there are none. */
void *kit_page_alloc(size_t n);
void kit_page_free(void *pages, size_t n);
size_t kit_pages_left(void);		/* pages that could be had one by one */

/* Blocks of any size, aligned to 16 bytes; kit_calloc's are zero. kit_free(NULL) does nothing. */
void *kit_malloc(size_t size);
void *kit_calloc(size_t n, size_t size);
void kit_free(void *block);

/*
 * Addresses for frames that are not the guest's memory, such as the grant table: n pages that show nothing yet, NULL when there
 * is no room. They are never given back; what they show may be changed at any time.
 */
void *kit_window_reserve(unsigned int n);
int kit_window_remap(void *window, const uint64_t *frames, unsigned int n);	/* NULL: nothing again */

#endif
