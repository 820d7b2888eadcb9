/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/blk_back.h
 *
 * The disk engine whole, with io_uring and a real file, beside the guest of blk_front.h.
 */
#ifndef SOCLE_TESTS_BLK_BACK_H
#define SOCLE_TESTS_BLK_BACK_H

#include <stdbool.h>
#include <stdint.h>

#include "blk_front.h"
#include "blkd/file.h"

#define BACK_SECTORS 65536u /* of the disk */
#define BACK_SECOND  1000000000ull

struct blk_back {
	struct blk_engine engine;
	struct blk_file file;
	struct blk_guest guest;
	struct blk_journal *journal; /* shared with what is forked */
	int disk_fd, direct_fd;
	uint64_t now;
};

extern struct blk_back back;

void back_disk_make(void);
void back_make(bool persistent, bool resume);
void back_end(void);
/* Until nothing happens any more, without letting time pass. */
void back_work(void);

/* The guest asks for whole pages; the request's id. */
uint64_t back_ask(uint32_t q, uint8_t op, uint64_t sector, uint32_t segs, uint32_t first_page);

#endif
