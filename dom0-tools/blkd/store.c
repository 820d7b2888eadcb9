/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/blkd/store.c
 *
 * See store.h.  A killed process stops between two instructions, and what it stored before stays: so the compiler must
 * not reorder, and release order is what the processor keeps anyway.
 */
#include "blkd/store.h"

void store32(uint32_t *to, uint32_t value)
{
	__atomic_store_n(to, value, __ATOMIC_RELEASE);
}

void store64(uint64_t *to, uint64_t value)
{
	__atomic_store_n(to, value, __ATOMIC_RELEASE);
}
