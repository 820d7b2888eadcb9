/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/blkd/file.h
 *
 * A disk in a regular file or block device, by io_uring: past the page cache where alignment allows, else through it.
 *
 * The ring can work on the registered descriptors only and do nothing but read, write, flush and punch holes
 * (IORING_REGISTER_RESTRICTIONS): it is no way around a filter of system calls.
 */
#ifndef SOCLE_BLKD_FILE_H
#define SOCLE_BLKD_FILE_H

#include <liburing.h>

#include "blkd/arena.h"
#include "blkd/image.h"
#include "blkd/journal.h"
#include "libsocle/error.h"

struct blk_file_io {
	struct blk_io io;
	uint64_t done;         /* bytes that are through */
	bool buffered;         /* must go through the page cache */
	uint32_t again;        /* times it was to be tried again */
};

struct blk_file {
	struct blk_image image;
	struct io_uring uring;
	int fd, direct_fd;     /* the caller's; direct_fd -1: none */
	uint32_t offset_align, memory_align; /* of direct I/O */
	uint8_t *memory;       /* BLK_ARENA_PAGES pages */
	bool fixed;            /* the kernel has a table of buffers */
	uint32_t registered, refused; /* regions, as bits */
	struct blk_file_io io[BLK_SLOTS];
};

/* The descriptors stay the caller's. 0 or -1 with the error filled in. */
int blk_file_open(struct blk_file *f, int fd, int direct_fd, uint8_t *memory, bool can_discard, struct socle_error *e);

#endif /* SOCLE_BLKD_FILE_H */
