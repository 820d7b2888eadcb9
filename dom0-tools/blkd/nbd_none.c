/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/blkd/nbd_none.c
 *
 * In the place of nbd.c, for disks in files.
 */
#include <errno.h>

#include "blkd/nbd.h"

int blk_nbd_open(struct blk_nbd *n, int socket, const struct blk_nbd_wants *w, struct socle_error *e)
{
	(void)n;
	(void)socket;
	return socle_fail(e, ENOTSUP, "this program does not serve '%s'; blkd-nbd does, and was not found beside it", w->export);
}
