/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/blkd/request.h
 *
 * What a guest asks of its disk: from the private copy of a ring entry to a request that was checked
 * whole and can be carried out without further questions.  An indirect request takes two steps,
 * because its segment list lies in a granted page: decode names the page, the caller copies
 * it, and blk_request_list() checks the list.
 *
 * A refused request still has id and operation filled in, so that it can be answered.
 * Pure: no I/O, no allocation; nothing here points into guest memory.
 */
#ifndef SOCLE_BLKD_REQUEST_H
#define SOCLE_BLKD_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include <abi/io/blkif.h>

/* Segments of one request; its list fits one indirect page. Stock blkfront asks for 32 unless told otherwise. */
#define BLK_SEGS_MAX    256u
#define BLK_BYTES_MAX   (BLK_SEGS_MAX * 4096u)

enum blk_kind { BLK_READ, BLK_WRITE, BLK_FLUSH, BLK_DISCARD };

/* Part of one granted page. */
struct blk_seg {
	uint32_t gref;
	uint16_t offset, bytes;
};

struct blk_request {
	uint64_t id;
	uint8_t operation;       /* as the answer must name it */
	enum blk_kind kind;
	uint64_t sector;         /* in units of 512 bytes */
	uint64_t nr_sectors;     /* of read and write: known after blk_request_list() if indirect */
	uint32_t nr_segs;
	bool indirect;           /* segs are still to be fetched from list_gref */
	bool barrier;            /* a write or flush that nothing may overtake, on the medium when it is answered */
	uint32_t list_gref;
	struct blk_seg segs[BLK_SEGS_MAX];
};

/*
 * The disk, as far as requests are judged by it.  All of blkif counts in 512 bytes, whatever the sector size:
 * so do stock frontend and backend, though not everybody (docs/blkd.md).
 */
struct blk_limits {
	uint64_t sectors;
	uint32_t unit;           /* sectors of 512 bytes in one of the disk's: 1 or 8 */
	bool readonly, can_discard;
};

/* BLKIF_RSP_OKAY, or the status to answer with; *why then says what is wrong. */
int16_t blk_request_decode(const struct blkif_request *raw, const struct blk_limits *l,
			   struct blk_request *out, const char **why);

/* The second half of an indirect request: list holds out->nr_segs entries, privately copied. */
int16_t blk_request_list(const struct blkif_request_segment *list, const struct blk_limits *l,
			 struct blk_request *out, const char **why);

#endif /* SOCLE_BLKD_REQUEST_H */
