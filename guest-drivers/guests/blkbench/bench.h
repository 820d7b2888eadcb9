/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which I/O comes next, and what a block that was written looks like. Pure.
 *
 * A written block says in every sector which block it is and the how-manieth write of it; so a block that is read back shows a
 * write that was lost, torn, doubled or gone astray.
 */
#ifndef SOCLE_GUESTS_BLKBENCH_BENCH_H
#define SOCLE_GUESTS_BLKBENCH_BENCH_H

#include <stdbool.h>
#include <stdint.h>
#include "block/blkfront.h"

enum bench_mode { BENCH_READ, BENCH_WRITE, BENCH_RANDREAD, BENCH_RANDWRITE, BENCH_RW };

struct bench {
	enum bench_mode mode;
	uint64_t depth, size, span;	/* bytes of one I/O, and of the disk to use (0: all) */
	uint64_t blocks, next, random;
	uint32_t *written;		/* how often each block was, for who wants to verify; or NULL. Top bit: it is out */
};

bool bench_mode_parse(const char *name, enum bench_mode *mode);
const char *bench_mode_name(enum bench_mode mode);
/* False: the I/Os do not fit the disk. */
bool bench_begin(struct bench *b, uint64_t bytes, uint32_t sector_size, uint32_t max_bytes);
/* Fills in op and sector, and what is written. Who verifies has no block out twice: which of two writes is the last, nobody says. */
void bench_next(struct bench *b, struct blk_io *io);
void bench_done(struct bench *b, const struct blk_io *io);
void bench_undo(struct bench *b, const struct blk_io *io);	/* it was never out */
bool bench_is_right(const struct bench *b, uint64_t block, const void *data);

#endif
