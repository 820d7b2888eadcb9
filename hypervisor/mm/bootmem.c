/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory before the allocator: a table of free ranges made from the firmware's map, less the image and the boot
 * modules. The boot page tables reach 4 GiB, so what is needed early comes from below that, from as high as
 * possible: low memory is precious to devices. What is left goes to palloc in one step.
 *
 * The first MiB is never touched: firmware data, and what dom0 wants to see of it, live there.
 */
#include <string.h>
#include "boot/bootinfo.h"
#include "boot/image.h"
#include "debug/log.h"
#include "lib/util.h"
#include "mm/internal.h"

#define LOW_END		0x100000UL	/* below: firmware's and dom0's */
#define BOOT_REACH	(1UL << 32)
#define MAX_RANGES	256

struct boot_range {
	uint64_t start, end;
};

static struct boot_range ranges[MAX_RANGES];
static unsigned int nr_ranges;

static void range_add(uint64_t start, uint64_t end)
{
	if (start >= end)
		return;
	if (nr_ranges == MAX_RANGES) {
		printk("mm: memory %lx-%lx is not used: the map has too many pieces\n", start, end - 1);
		return;
	}
	ranges[nr_ranges].start = start;
	ranges[nr_ranges++].end = end;
}

static void range_cut(uint64_t start, uint64_t end)
{
	for (unsigned int i = 0; i < nr_ranges; i++) {
		struct boot_range r = ranges[i];

		if (r.end <= start || end <= r.start)
			continue;
		ranges[i].end = MAX(r.start, start);
		ranges[i].start = r.start;
		if (r.start >= start)
			ranges[i].end = ranges[i].start;
		range_add(end, r.end);
	}
}

void bootmem_init(void)
{
	for (unsigned int i = 0; i < bootinfo.nr_e820; i++) {
		const struct boot_memory *m = &bootinfo.e820[i];
		uint64_t end = MIN(m->addr + m->size, (uint64_t)DIRECTMAP_SIZE);

		if (m->type == E820_RAM)
			range_add(ROUND_UP(MAX(m->addr, LOW_END), PAGE_SIZE), ROUND_DOWN(end, PAGE_SIZE));
	}
	range_cut(ROUND_DOWN(image_to_maddr(__image_start), PAGE_SIZE),
		  ROUND_UP(image_to_maddr(__image_end), PAGE_SIZE));
	for (unsigned int i = 0; i < bootinfo.nr_modules; i++) {
		const struct boot_module *m = &bootinfo.module[i];

		range_cut(ROUND_DOWN(m->start, PAGE_SIZE), ROUND_UP(m->start + m->len, PAGE_SIZE));
	}
}

uint64_t bootmem_alloc(uint64_t size, uint64_t align)
{
	struct boot_range *best = NULL;
	uint64_t at = 0, end, candidate;

	for (unsigned int i = 0; i < nr_ranges; i++) {
		end = MIN(ranges[i].end, BOOT_REACH);
		if (ranges[i].start >= end || end - ranges[i].start < size)
			continue;
		candidate = ROUND_DOWN(end - size, align);
		if (candidate >= ranges[i].start && candidate >= at) {
			at = candidate;
			best = &ranges[i];
		}
	}
	if (!best)
		panic("mm: no %lu KiB of memory below 4 GiB for the memory tables; the machine needs more RAM there",
		      size >> 10);
	end = best->end;
	best->end = at;
	range_add(at + size, end);
	memset(maddr_to_virt(at), 0, size);
	return at;
}

void bootmem_hand_over(void)
{
	for (unsigned int i = 0; i < nr_ranges; i++)
		palloc_add(ranges[i].start >> PAGE_SHIFT, ranges[i].end >> PAGE_SHIFT);
	nr_ranges = 0;
}
