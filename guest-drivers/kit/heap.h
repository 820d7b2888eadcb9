/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Blocks out of pages. A page begins with a header that says what is in it: blocks of one size, or a run of pages that is one
 * block. So a block's header is found from its address alone, and a wrong free is seen. Pure: the pages come from the
 * functions given. Not locked.
 */
#ifndef SOCLE_KIT_HEAP_H
#define SOCLE_KIT_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KIT_HEAP_CLASSES	8	/* 16 bytes to 2 KiB */

struct kit_heap_page;

struct kit_heap {
	void *(*page_alloc)(size_t n);
	void (*page_free)(void *pages, size_t n);
	struct kit_heap_page *partial[KIT_HEAP_CLASSES];	/* pages with free blocks */
};

void *kit_heap_alloc(struct kit_heap *h, size_t size);
bool kit_heap_free(struct kit_heap *h, void *block);	/* false: it is no block, or was free */

#endif
