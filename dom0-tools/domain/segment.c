/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/segment.c
 *
 * One segment of a kernel; see segment.h.
 *
 * Source and destination may be the same guest pages, seen through two mappings, so that no library
 * function can know that they overlap.  Therefore a segment is copied upwards, a piece of at most a
 * page at a time, and a source is at its destination or at least a page above it: then a piece
 * never overlaps itself, and what has been written was read before.
 */
#include "domain/segment.h"

#include <string.h>

#include "domain/memory.h"

#define PAGE GUEST_PAGE

static uint64_t min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

int segment_fill(void *arg, void *page, uint64_t index, uint64_t count, struct socle_error *e)
{
	const struct segment *s = arg;

	(void)e;
	for (uint64_t i = 0; i < count; i++) {
		uint64_t skip = index + i ? 0 : s->offset;
		uint64_t start = (index + i) * PAGE + skip - s->offset; /* in the segment */
		uint64_t len = min(s->memsz - start, PAGE - skip), copy = 0;
		uint8_t *dst = (uint8_t *)page + i * PAGE + skip;

		if (start < s->filesz)
			copy = min(s->filesz - start, len);
		memcpy(dst, s->src + start, copy);
		memset(dst + copy, 0, len - copy);
	}
	return 0;
}

static bool overlap(uint64_t a, uint64_t a_len, uint64_t b, uint64_t b_len)
{
	return a_len && b_len && a < b + b_len && b < a + a_len;
}

bool segments_movable(const struct elf_image *img, uint64_t base)
{
	for (unsigned int i = 0; i < img->nr_segments; i++) {
		const struct elf_segment *s = &img->segment[i];
		uint64_t to = s->paddr - img->paddr_offset, from = base + s->offset;

		if (overlap(to, s->memsz, from, s->filesz) && from != to && from < to + PAGE)
			return false;
		for (unsigned int j = i + 1; j < img->nr_segments; j++)
			if (overlap(to, s->memsz, base + img->segment[j].offset,
				    img->segment[j].filesz))
				return false;
	}
	return true;
}

/* The segment that covers address at, or NULL and where the next one after it starts, which is at most *next. */
static const struct elf_segment *segment_at(const struct elf_image *img, uint64_t at, uint64_t *next)
{
	for (unsigned int i = 0; i < img->nr_segments; i++) {
		const struct elf_segment *s = &img->segment[i];
		uint64_t start = s->paddr - img->paddr_offset;

		if (start <= at && at - start < s->memsz)
			return s;
		if (s->memsz && start > at && start < *next)
			*next = start;
	}
	return NULL;
}

void segments_wipe_rest(const struct elf_image *img, uint64_t addr, void *page)
{
	uint64_t at = addr, end = addr + PAGE;

	while (at < end) {
		uint64_t next = end;
		const struct elf_segment *s = segment_at(img, at, &next);

		if (s)
			next = min(s->paddr - img->paddr_offset + s->memsz, end);
		else
			memset((uint8_t *)page + (at - addr), 0, next - at);
		at = next;
	}
}
