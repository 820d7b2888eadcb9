/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bitmaps in the toolstack's memory: any number of bits, in bytes. Bits that we do not know are ignored on the way in
 * and zero on the way out (pv-abi 10).
 */
#include <string.h>
#include "domctl/domctl.h"
#include "lib/bitmap.h"
#include "lib/util.h"
#include "mm/mm.h"
#include "sched/sched.h"

#define BITMAP_BYTES (CPU_WORDS * sizeof(uint64_t))

int bitmap_copy_in(const struct xenctl_bitmap *from, uint64_t bits[CPU_WORDS])
{
	size_t bytes = DIV_ROUND_UP((uint64_t)from->nr_bits, 8);

	memset(bits, 0, BITMAP_BYTES);
	if (copy_from_guest(bits, from->bitmap, MIN(bytes, BITMAP_BYTES)))
		return -XEN_EFAULT;
	if (from->nr_bits % 8 && bytes <= BITMAP_BYTES)
		((uint8_t *)bits)[bytes - 1] &= (uint8_t)((1u << from->nr_bits % 8) - 1);
	return 0;
}

int bitmap_copy_out(const struct xenctl_bitmap *to, const uint64_t bits[CPU_WORDS])
{
	size_t bytes = DIV_ROUND_UP((uint64_t)to->nr_bits, 8), known = MIN(bytes, BITMAP_BYTES);
	uint8_t copy[BITMAP_BYTES];

	memcpy(copy, bits, sizeof(copy));
	if (to->nr_bits % 8 && bytes <= BITMAP_BYTES)
		copy[bytes - 1] &= (uint8_t)((1u << to->nr_bits % 8) - 1);
	if (copy_to_guest(to->bitmap, copy, known))
		return -XEN_EFAULT;
	/* More than a page of zeroes is nobody's CPU map. */
	if (bytes > known && clear_guest(to->bitmap + known, MIN(bytes - known, PAGE_SIZE)))
		return -XEN_EFAULT;
	return 0;
}

void bitmap_online(uint64_t bits[CPU_WORDS])
{
	unsigned int i;

	memset(bits, 0, BITMAP_BYTES);
	for (i = 0; i < smp_nr_cpus(); i++)
		bitmap_set(bits, i);
}
