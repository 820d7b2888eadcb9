/* SPDX-License-Identifier: BSD-2-Clause */
/* See bench.h. */
#include "guests/blkbench/bench.h"
#include "kit/string.h"

#define OUT (1U << 31)

static const char *const names[] = { "read", "write", "randread", "randwrite", "rw" };

bool bench_mode_parse(const char *name, enum bench_mode *mode)
{
	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i])) {
			*mode = (enum bench_mode)i;
			return true;
		}
	return false;
}

const char *bench_mode_name(enum bench_mode mode)
{
	return names[mode];
}

bool bench_begin(struct bench *b, uint64_t bytes, uint32_t sector_size, uint32_t max_bytes)
{
	if (b->span && b->span < bytes)
		bytes = b->span;
	b->blocks = b->size ? bytes / b->size : 0;
	b->next = 0;
	b->random = 0x9e3779b97f4a7c15UL;	/* any odd number: runs are to be alike */
	return b->blocks && b->size % sector_size == 0 && b->size <= max_bytes;
}

/* Marsaglia's xorshift64 (Journal of Statistical Software 8:14, 2003). */
static uint64_t draw(struct bench *b)
{
	b->random ^= b->random << 13;
	b->random ^= b->random >> 7;
	b->random ^= b->random << 17;
	return b->random;
}

static void stamp(struct bench *b, uint64_t block, uint8_t *data)
{
	uint64_t word[2] = { block, b->written ? ++b->written[block] : 0 };

	for (uint64_t at = 0; at < b->size; at += BLK_SECTOR)
		memcpy(data + at, word, sizeof(word));
}

bool bench_is_right(const struct bench *b, uint64_t block, const void *data)
{
	uint64_t word[2] = { block, b->written[block] };

	for (uint64_t at = 0; at < b->size; at += BLK_SECTOR)
		if (memcmp((const uint8_t *)data + at, word, sizeof(word)))
			return false;
	return true;
}

void bench_next(struct bench *b, struct blk_io *io)
{
	bool random = b->mode >= BENCH_RANDREAD, writes = b->mode == BENCH_WRITE || b->mode == BENCH_RANDWRITE;
	uint64_t block;

	do
		block = random ? draw(b) % b->blocks : b->next++ % b->blocks;
	while (b->written && b->written[block] & OUT);
	io->op = writes || (b->mode == BENCH_RW && draw(b) & 1) ? BLK_WRITE : BLK_READ;
	io->sector = block * (b->size / BLK_SECTOR);
	if (io->op == BLK_WRITE)
		stamp(b, block, io->data);
	if (b->written)
		b->written[block] |= OUT;
}

void bench_done(struct bench *b, const struct blk_io *io)
{
	if (b->written)
		b->written[io->sector / (b->size / BLK_SECTOR)] &= ~OUT;
}

void bench_undo(struct bench *b, const struct blk_io *io)
{
	bench_done(b, io);
	if (b->written && io->op == BLK_WRITE)
		b->written[io->sector / (b->size / BLK_SECTOR)]--;
}
