/* SPDX-License-Identifier: BSD-2-Clause */
/* See table.h. */
#include <abi/errno.h>
#include "block/table.h"
#include "kit/string.h"

#define PLACE_BITS 16

void blk_table_init(struct blk_table *t, struct blk_slot *slots, uint32_t nr)
{
	*t = (struct blk_table){ .slots = slots, .nr = nr };
	for (uint32_t i = 0; i < nr; i++)
		slots[i] = (struct blk_slot){ .next = i + 1 < nr ? i + 1 : BLK_TABLE_NONE };
}

uint32_t blk_table_take(struct blk_table *t, uint8_t operation, void *io)
{
	uint32_t i = t->out < t->nr ? t->free : BLK_TABLE_NONE;
	struct blk_slot *s;

	if (i == BLK_TABLE_NONE)
		return i;
	s = &t->slots[i];
	t->free = s->next;
	t->out++;
	s->io = io;
	s->operation = operation;
	s->use++;
	return i;
}

void blk_table_give(struct blk_table *t, uint32_t slot)
{
	t->slots[slot].io = NULL;
	t->slots[slot].next = t->free;
	t->free = slot;
	t->out--;
}

uint64_t blk_table_id(const struct blk_table *t, uint32_t slot)
{
	return (uint64_t)t->slots[slot].use << PLACE_BITS | slot;
}

const char *blk_table_answer(const struct blk_table *t, const struct blkif_response *rsp, struct blk_result *out)
{
	uint64_t slot = rsp->id & ((1U << PLACE_BITS) - 1);

	if (slot >= t->nr || !t->slots[slot].io || rsp->id != blk_table_id(t, (uint32_t)slot))
		return "an answer to a request that is not out";
	if (rsp->operation != t->slots[slot].operation)
		return "an answer that names another operation than its request";
	out->slot = (uint32_t)slot;
	out->status = rsp->status == BLKIF_RSP_OKAY ? 0 : rsp->status == BLKIF_RSP_EOPNOTSUPP ? -XEN_EOPNOTSUPP : -XEN_EIO;
	return NULL;
}

void blk_request_fill(struct blkif_request *out, uint8_t operation, uint64_t id, uint64_t sector,
		      const struct blkif_request_segment *segs, uint32_t nr_segs, uint32_t list_ref)
{
	struct blkif_request_indirect in = {
		.operation = BLKIF_OP_INDIRECT, .indirect_op = operation, .nr_segments = (uint16_t)nr_segs, .id = id,
		.sector_number = sector, .indirect_grefs = { list_ref },
	};

	memset(out, 0, sizeof(*out));
	if (nr_segs > BLKIF_MAX_SEGMENTS_PER_REQUEST) {
		memcpy(out, &in, sizeof(in));
		return;
	}
	out->operation = operation;
	out->nr_segments = (uint8_t)nr_segs;
	out->id = id;
	out->sector_number = sector;
	memcpy(out->seg, segs, nr_segs * sizeof(*segs));
}

void blk_discard_fill(struct blkif_request *out, uint64_t id, uint64_t sector, uint64_t nr_sectors, bool secure)
{
	struct blkif_request_discard d = {
		.operation = BLKIF_OP_DISCARD, .flag = secure ? BLKIF_DISCARD_SECURE : 0, .id = id, .sector_number = sector,
		.nr_sectors = nr_sectors,
	};

	memset(out, 0, sizeof(*out));
	memcpy(out, &d, sizeof(d));
}
