/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/blkd/image.h
 *
 * Where a disk's data are: a file or block device (file.c), or an NBD server (nbd.c).  Operations are started, and end
 * later; each is known by its tag, at most BLK_SLOTS at a time.  Short and interrupted transfers are the
 * implementation's affair: what is reported has been done whole, or has failed.
 */
#ifndef SOCLE_BLKD_IMAGE_H
#define SOCLE_BLKD_IMAGE_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "blkd/request.h"

struct blk_io {
	uint32_t tag;
	enum blk_kind kind;
	uint64_t offset, len;   /* bytes; of a flush: both 0 */
	uint8_t *buf;           /* of reads and writes: in the arena's memory */
};

struct blk_done {
	uint32_t tag;
	int error;              /* errno > 0, or 0 */
};

struct blk_image;

struct blk_image_ops {
	void (*start)(struct blk_image *image, const struct blk_io *io);
	/* After a round of starts. */
	void (*kick)(struct blk_image *image);
	/* At most max that ended; 0 when there is none just now. */
	uint32_t (*reap)(struct blk_image *image, struct blk_done *done, uint32_t max);
	/* What to wait for until reap() may have more. */
	struct pollfd (*waits_for)(struct blk_image *image);
	/* How large it is now, in sectors of 512 bytes; 0 or -errno. */
	int (*measure)(struct blk_image *image, uint64_t *sectors);
	void (*close)(struct blk_image *image);
};

struct blk_image {
	const struct blk_image_ops *ops;
	bool can_discard;
	bool lost;              /* nothing will ever end or start again: another process must try anew */
};

#endif /* SOCLE_BLKD_IMAGE_H */
