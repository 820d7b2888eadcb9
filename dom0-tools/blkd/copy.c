/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/blkd/copy.c
 *
 * See copy.h.  A piece is given an error status before the call, so one that the kernel did not
 * reach counts as failed.
 */
#include "blkd/copy.h"

#include <abi/grant_table.h>

static struct ioctl_gntdev_grant_copy_segment *piece_new(struct blk_copy *c, bool *failed)
{
	if (c->n == BLK_COPY_MAX)
		blk_copy_run(c);
	c->failed[c->n] = failed;
	return &c->piece[c->n++];
}

void blk_copy_from_guest(struct blk_copy *c, uint32_t gref, uint16_t offset, void *to, uint16_t len,
			 bool *failed)
{
	struct ioctl_gntdev_grant_copy_segment *p = piece_new(c, failed);

	*p = (struct ioctl_gntdev_grant_copy_segment){
		.source.foreign = { .ref = gref, .offset = offset, .domid = c->guest->domid },
		.dest.virt = (uintptr_t)to, .len = len, .flags = GNTCOPY_source_gref,
		.status = GNTST_general_error,
	};
}

void blk_copy_to_guest(struct blk_copy *c, uint32_t gref, uint16_t offset, const void *from,
		       uint16_t len, bool *failed)
{
	struct ioctl_gntdev_grant_copy_segment *p = piece_new(c, failed);

	*p = (struct ioctl_gntdev_grant_copy_segment){
		.source.virt = (uintptr_t)from,
		.dest.foreign = { .ref = gref, .offset = offset, .domid = c->guest->domid },
		.len = len, .flags = GNTCOPY_dest_gref, .status = GNTST_general_error,
	};
}

void blk_copy_run(struct blk_copy *c)
{
	bool all_failed = c->n && blk_guest_copy(c->guest, c->piece, c->n) < 0;

	for (uint32_t i = 0; i < c->n; i++)
		if (all_failed || c->piece[i].status != GNTST_okay)
			*c->failed[i] = true;
	c->n = 0;
}
