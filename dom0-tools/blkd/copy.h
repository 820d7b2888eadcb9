/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/blkd/copy.h
 *
 * Bytes between granted pages and private buffers, many pieces in one call of the kernel
 * (IOCTL_GNTDEV_GRANT_COPY, pv-abi 6.3).  Data is copied rather than used in place: what was checked cannot
 * change afterwards, and the disk never works on memory that a guest can write.
 *
 * A failed piece sets the flag that was given with it; flags are never cleared here.
 */
#ifndef SOCLE_BLKD_COPY_H
#define SOCLE_BLKD_COPY_H

#include <stdbool.h>
#include <stdint.h>

#include "blkd/guest.h"

#define BLK_COPY_MAX 1024u

struct blk_copy {
	struct blk_guest *guest;
	uint32_t n;
	struct ioctl_gntdev_grant_copy_segment piece[BLK_COPY_MAX];
	bool *failed[BLK_COPY_MAX];
};

/* Queue one piece (at most a page, inside one granted page); a full queue is carried out. */
void blk_copy_from_guest(struct blk_copy *c, uint32_t gref, uint16_t offset, void *to, uint16_t len,
			 bool *failed);
void blk_copy_to_guest(struct blk_copy *c, uint32_t gref, uint16_t offset, const void *from,
		       uint16_t len, bool *failed);
/* Carry out what is queued. */
void blk_copy_run(struct blk_copy *c);

#endif /* SOCLE_BLKD_COPY_H */
