/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/blkd/disk.h
 *
 * The file or block device behind a disk: opened twice where possible, once past the page cache for
 * page-aligned requests and once through it for the rest, and locked with flock() for as long as
 * the process lives: exclusively for a disk that can be written, shared for a read-only one.
 */
#ifndef SOCLE_BLKD_DISK_H
#define SOCLE_BLKD_DISK_H

#include <stdbool.h>
#include <stdint.h>

#include "libsocle/error.h"

struct blk_disk {
	int fd;            /* through the page cache; holds the lock */
	int direct_fd;     /* O_DIRECT, or -1 where the file system has no such thing */
	uint64_t sectors;  /* of 512 bytes */
	uint32_t block;    /* physical sector size, for the guest's information */
	bool readonly, can_discard;
};

/* 0 or -1 with the error filled in. The lock belongs to the calling process. */
int blk_disk_open(struct blk_disk *d, const char *path, bool readonly, struct socle_error *e);
void blk_disk_close(struct blk_disk *d);

/* Can these bytes go past the page cache? */
bool blk_disk_is_direct(const struct blk_disk *d, uint64_t offset, uint64_t len);

#endif /* SOCLE_BLKD_DISK_H */
