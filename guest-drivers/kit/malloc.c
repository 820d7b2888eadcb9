/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's heap (heap.h) on the guest's pages (memory.h). */
#include "kit/heap.h"
#include "kit/kit.h"
#include "kit/lock.h"
#include "kit/memory.h"

static struct kit_heap heap = { .page_alloc = kit_page_alloc, .page_free = kit_page_free };
static struct kit_lock lock;

void *kit_malloc(size_t size)
{
	void *p;

	kit_lock(&lock);
	p = kit_heap_alloc(&heap, size);
	kit_unlock(&lock);
	return p;
}

void *kit_calloc(size_t n, size_t size)
{
	void *p = __builtin_mul_overflow(n, size, &size) ? NULL : kit_malloc(size);

	return p ? memset(p, 0, size) : NULL;
}

void kit_free(void *block)
{
	bool good;

	if (!block)
		return;
	kit_lock(&lock);
	good = kit_heap_free(&heap, block);
	kit_unlock(&lock);
	if (!good)
		kit_bail("kit_free(%p): free already, or no block", block);
}
