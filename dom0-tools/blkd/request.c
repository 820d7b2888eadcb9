/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/blkd/request.c
 *
 * See request.h.  Ranges are tested as "length > size - start" after "start > size", which cannot
 * overflow for any 64-bit input.
 */
#include "blkd/request.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#define PAGE_SECTORS 8u

static_assert(sizeof(struct blkif_request_indirect) <= sizeof(struct blkif_request), "fits a slot");
static_assert(BLK_SEGS_MAX <= BLKIF_SEGMENTS_PER_INDIRECT_PAGE, "one page holds the list");

static int16_t refuse(int16_t status, const char *reason, const char **why)
{
	*why = reason;
	return status;
}

static int16_t range_check(const struct blk_limits *l, const struct blk_request *out,
			   const char **why)
{
	if (out->sector > l->sectors || out->nr_sectors > l->sectors - out->sector)
		return refuse(BLKIF_RSP_ERROR, "it reaches beyond the end of the disk", why);
	if (out->sector % l->unit || out->nr_sectors % l->unit)
		return refuse(BLKIF_RSP_ERROR, "it takes part of a sector", why);
	return BLKIF_RSP_OKAY;
}

static int16_t direction_check(uint8_t op, const struct blk_limits *l, struct blk_request *out,
			       const char **why)
{
	out->kind = op == BLKIF_OP_READ ? BLK_READ : BLK_WRITE;
	if (out->kind == BLK_WRITE && l->readonly)
		return refuse(BLKIF_RSP_ERROR, "the disk is read-only", why);
	return BLKIF_RSP_OKAY;
}

int16_t blk_request_list(const struct blkif_request_segment *list, const struct blk_limits *l,
			 struct blk_request *out, const char **why)
{
	out->nr_sectors = 0;
	out->indirect = false;
	for (uint32_t i = 0; i < out->nr_segs; i++) {
		unsigned int first = list[i].first_sect, last = list[i].last_sect;

		if (last >= PAGE_SECTORS || first > last)
			return refuse(BLKIF_RSP_ERROR, "a segment does not lie in its page", why);
		out->segs[i] = (struct blk_seg){
			.gref = list[i].gref, .offset = (uint16_t)(first * BLKIF_SECTOR_SIZE),
			.bytes = (uint16_t)((last - first + 1) * BLKIF_SECTOR_SIZE),
		};
		out->nr_sectors += last - first + 1;
	}
	return range_check(l, out, why);
}

static int16_t decode_direct(const struct blkif_request *raw, const struct blk_limits *l,
			     struct blk_request *out, const char **why)
{
	int16_t status = direction_check(raw->operation, l, out, why);

	if (status)
		return status;
	if (raw->nr_segments == 0 || raw->nr_segments > BLKIF_MAX_SEGMENTS_PER_REQUEST)
		return refuse(BLKIF_RSP_ERROR, "its number of segments is not 1 to 11", why);
	out->nr_segs = raw->nr_segments;
	return blk_request_list(raw->seg, l, out, why);
}

/* Nothing but a barrier is a flush that nothing may overtake: frontends without another way to flush send that. */
static int16_t decode_barrier(const struct blkif_request *raw, const struct blk_limits *l,
			      struct blk_request *out, const char **why)
{
	out->barrier = true;
	if (raw->nr_segments)
		return decode_direct(raw, l, out, why);
	out->kind = BLK_FLUSH;
	return BLKIF_RSP_OKAY;
}

static int16_t decode_indirect(const struct blkif_request *raw, const struct blk_limits *l,
			       struct blk_request *out, const char **why)
{
	struct blkif_request_indirect in;
	int16_t status;

	memcpy(&in, raw, sizeof(in));
	out->operation = in.indirect_op;
	if (in.indirect_op != BLKIF_OP_READ && in.indirect_op != BLKIF_OP_WRITE)
		return refuse(BLKIF_RSP_EOPNOTSUPP, "only reads and writes can be indirect", why);
	status = direction_check(in.indirect_op, l, out, why);
	if (status)
		return status;
	if (in.nr_segments == 0 || in.nr_segments > BLK_SEGS_MAX)
		return refuse(BLKIF_RSP_ERROR, "it has more segments than were offered", why);
	out->nr_segs = in.nr_segments;
	out->indirect = true;
	out->list_gref = in.indirect_grefs[0];
	return BLKIF_RSP_OKAY;
}

static int16_t decode_discard(const struct blkif_request *raw, const struct blk_limits *l,
			      struct blk_request *out, const char **why)
{
	struct blkif_request_discard in;

	memcpy(&in, raw, sizeof(in));
	out->kind = BLK_DISCARD;
	if (l->readonly)
		return refuse(BLKIF_RSP_ERROR, "the disk is read-only", why);
	if (!l->can_discard || (in.flag & BLKIF_DISCARD_SECURE))
		return refuse(BLKIF_RSP_EOPNOTSUPP, "this kind of discard was not offered", why);
	out->nr_sectors = in.nr_sectors;
	if (in.nr_sectors == 0)
		return refuse(BLKIF_RSP_ERROR, "it discards nothing", why);
	return range_check(l, out, why);
}

int16_t blk_request_decode(const struct blkif_request *raw, const struct blk_limits *l,
			   struct blk_request *out, const char **why)
{
	out->id = raw->id;
	out->operation = raw->operation;
	out->sector = raw->sector_number;
	out->nr_sectors = 0;
	out->nr_segs = 0;
	out->indirect = out->barrier = false;
	switch (raw->operation) {
	case BLKIF_OP_READ:
	case BLKIF_OP_WRITE:
		return decode_direct(raw, l, out, why);
	case BLKIF_OP_WRITE_BARRIER:
		return decode_barrier(raw, l, out, why);
	case BLKIF_OP_INDIRECT:
		return decode_indirect(raw, l, out, why);
	case BLKIF_OP_FLUSH_DISKCACHE:
		out->kind = BLK_FLUSH;
		if (raw->nr_segments)
			return refuse(BLKIF_RSP_ERROR, "a flush carries no data here", why);
		return BLKIF_RSP_OKAY;
	case BLKIF_OP_DISCARD:
		return decode_discard(raw, l, out, why);
	default:
		return refuse(BLKIF_RSP_EOPNOTSUPP, "this operation was not offered", why);
	}
}
