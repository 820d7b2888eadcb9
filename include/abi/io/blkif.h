/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * include/abi/io/blkif.h
 *
 * Block device protocol.
 */
#ifndef SOCLE_ABI_IO_BLKIF_H
#define SOCLE_ABI_IO_BLKIF_H

#include <stdint.h>

/* Operations. */
#define BLKIF_OP_READ            0
#define BLKIF_OP_WRITE           1
#define BLKIF_OP_WRITE_BARRIER   2
#define BLKIF_OP_FLUSH_DISKCACHE 3
#define BLKIF_OP_RESERVED_1      4
#define BLKIF_OP_DISCARD         5
#define BLKIF_OP_INDIRECT        6

/* Limits and flags. */
#define BLKIF_MAX_SEGMENTS_PER_REQUEST       11
#define BLKIF_MAX_INDIRECT_PAGES_PER_REQUEST 8
#define BLKIF_DISCARD_SECURE                 1
#define VDISK_CDROM                          1
#define VDISK_REMOVABLE                      2
#define VDISK_READONLY                       4
#define BLKIF_SECTOR_SIZE                    512
#define BLKIF_RING_ENTRIES_1PAGE             32
#define BLKIF_SEGMENTS_PER_INDIRECT_PAGE     512

/* Results. */
#define BLKIF_RSP_EOPNOTSUPP (-2)
#define BLKIF_RSP_ERROR      (-1)
#define BLKIF_RSP_OKAY       0

/* One data page; 8 bytes. */
struct blkif_request_segment {
    uint32_t gref;
    uint8_t first_sect;
    uint8_t last_sect; /* inclusive */
    uint8_t _pad0[2];
};

/* Ring entry: read, write, flush; 112 bytes. */
struct blkif_request {
    uint8_t operation;
    uint8_t nr_segments;
    uint16_t handle;
    uint8_t _pad0[4];
    uint64_t id;
    uint64_t sector_number;
    struct blkif_request_segment seg[11];
};

/* Ring entry: BLKIF_OP_DISCARD; 32 bytes. */
struct blkif_request_discard {
    uint8_t operation;
    uint8_t flag;
    uint16_t handle;
    uint8_t _pad0[4];
    uint64_t id;
    uint64_t sector_number;
    uint64_t nr_sectors;
};

/* Ring entry: BLKIF_OP_INDIRECT; 64 bytes. */
struct blkif_request_indirect {
    uint8_t operation;
    uint8_t indirect_op;
    uint16_t nr_segments;
    uint8_t _pad0[4];
    uint64_t id;
    uint64_t sector_number;
    uint16_t handle;
    uint8_t _pad1[2];
    uint32_t indirect_grefs[8];
    uint8_t _pad2[4];
};

/* Ring entry: answer; 16 bytes. */
struct blkif_response {
    uint64_t id;
    uint8_t operation;
    uint8_t _pad0[1];
    int16_t status; /* BLKIF_RSP_* */
    uint8_t _pad1[4];
};

#endif /* SOCLE_ABI_IO_BLKIF_H */
