/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The requests of one queue that are out, and what is made of requests and answers (pv-abi 9.2). The table says whether an
 * answer is one that was asked for; it is what stands between a backend and the guest's memory. Pure.
 *
 * A request's number in the ring is its place in the table and how often that place was used before: an answer that comes
 * twice, or late, names a request that is not out.
 */
#ifndef SOCLE_BLOCK_TABLE_H
#define SOCLE_BLOCK_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <abi/io/blkif.h>

#define BLK_TABLE_NONE	(~0U)

struct blk_slot {
	void *io;		/* NULL: free */
	uint32_t use;		/* how often it was taken */
	uint32_t next;		/* free list */
	uint8_t operation;	/* as the answer has to name it */
};

struct blk_table {
	struct blk_slot *slots;
	uint32_t nr, free, out;
};

/* What an answer came to. */
struct blk_result {
	uint32_t slot;
	int status;		/* 0 or a negative errno */
};

void blk_table_init(struct blk_table *t, struct blk_slot *slots, uint32_t nr);
uint32_t blk_table_take(struct blk_table *t, uint8_t operation, void *io);	/* BLK_TABLE_NONE: all are out */
void blk_table_give(struct blk_table *t, uint32_t slot);
/* NULL, or why no honest backend answers so. The slot is still taken afterwards. */
const char *blk_table_answer(const struct blk_table *t, const struct blkif_response *rsp, struct blk_result *out);
uint64_t blk_table_id(const struct blk_table *t, uint32_t slot);

/* A ring entry for so many segments: list_ref, which holds them, is used when the entry itself has no room. */
void blk_request_fill(struct blkif_request *out, uint8_t operation, uint64_t id, uint64_t sector,
		      const struct blkif_request_segment *segs, uint32_t nr_segs, uint32_t list_ref);
void blk_discard_fill(struct blkif_request *out, uint64_t id, uint64_t sector, uint64_t nr_sectors, bool secure);

#endif
