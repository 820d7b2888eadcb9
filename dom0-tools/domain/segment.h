/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/segment.h
 *
 * Putting one loadable segment of a kernel where the guest expects it, when the unpacked file may lie
 * in the same memory.  Pure.
 */
#ifndef SOCLE_DOMAIN_SEGMENT_H
#define SOCLE_DOMAIN_SEGMENT_H

#include <stdbool.h>
#include <stdint.h>

#include <hypervisor/domain/elf.h>

#include "libsocle/error.h"

/* Bytes of the file, then zeroes. */
struct segment {
	const uint8_t *src;
	uint64_t offset; /* of the segment's first byte in its first page */
	uint64_t filesz, memsz;
};

/* For guest_memory_walk(): pages index to index + count of the segment; in this order, from the first. */
int segment_fill(void *arg, void *page, uint64_t index, uint64_t count, struct socle_error *e);

/*
 * The file lies at guest address `base`.  May its segments be filled in their order, so that none is
 * overwritten before it has been read?
 */
bool segments_movable(const struct elf_image *img, uint64_t base);

/* Zero all of the guest page at address addr that belongs to no segment. */
void segments_wipe_rest(const struct elf_image *img, uint64_t addr, void *page);

#endif /* SOCLE_DOMAIN_SEGMENT_H */
