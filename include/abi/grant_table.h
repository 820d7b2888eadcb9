/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * include/abi/grant_table.h
 *
 * grant_table_op(20): table entries, operations, status codes.
 */
#ifndef SOCLE_ABI_GRANT_TABLE_H
#define SOCLE_ABI_GRANT_TABLE_H

#include <stdint.h>

/* Operations. */
#define GNTTABOP_map_grant_ref     0
#define GNTTABOP_unmap_grant_ref   1
#define GNTTABOP_setup_table       2
#define GNTTABOP_dump_table        3
#define GNTTABOP_transfer          4
#define GNTTABOP_copy              5
#define GNTTABOP_query_size        6
#define GNTTABOP_unmap_and_replace 7
#define GNTTABOP_set_version       8
#define GNTTABOP_get_status_frames 9
#define GNTTABOP_get_version       10
#define GNTTABOP_swap_grant_ref    11
#define GNTTABOP_cache_flush       12

/* Entry flags. */
#define GTF_invalid            0x0
#define GTF_permit_access      0x1
#define GTF_accept_transfer    0x2
#define GTF_transitive         0x3
#define GTF_type_mask          0x3
#define GTF_readonly           0x4
#define GTF_reading            0x8
#define GTF_writing            0x10
#define GTF_PWT                0x20
#define GTF_PCD                0x40
#define GTF_PAT                0x80
#define GTF_sub_page           0x100
#define GTF_transfer_committed 0x4
#define GTF_transfer_completed 0x8

/* Mapping flags. */
#define GNTMAP_device_map       0x1
#define GNTMAP_host_map         0x2
#define GNTMAP_readonly         0x4
#define GNTMAP_application_map  0x8
#define GNTMAP_contains_pte     0x10
#define GNTMAP_guest_avail_mask 0xffff0000u
#define _GNTMAP_guest_avail0    16

/* Copy flags and cache flush operations. */
#define GNTCOPY_source_gref      1
#define GNTCOPY_dest_gref        2
#define GNTTAB_CACHE_CLEAN       1
#define GNTTAB_CACHE_INVAL       2
#define GNTTAB_CACHE_SOURCE_GREF 0x80000000u

/* Reserved references. */
#define GNTTAB_NR_RESERVED_ENTRIES 8
#define GNTTAB_RESERVED_CONSOLE    0
#define GNTTAB_RESERVED_XENSTORE   1

/* Status codes. */
#define GNTST_okay              0
#define GNTST_general_error     (-1)
#define GNTST_bad_domain        (-2)
#define GNTST_bad_gntref        (-3)
#define GNTST_bad_handle        (-4)
#define GNTST_bad_virt_addr     (-5)
#define GNTST_bad_dev_addr      (-6)
#define GNTST_no_device_space   (-7)
#define GNTST_permission_denied (-8)
#define GNTST_bad_page          (-9)
#define GNTST_bad_copy_arg      (-10)
#define GNTST_address_too_big   (-11)
#define GNTST_eagain            (-12)
#define GNTST_no_space          (-13)

/* Version 1 table entry (shared memory); 8 bytes. */
struct grant_entry_v1 {
    uint16_t flags; /* GTF_* */
    uint16_t domid;
    uint32_t frame;
};

/* Common head of version 2 entries; 4 bytes. */
struct grant_entry_header {
    uint16_t flags;
    uint16_t domid;
};

/* Version 2 table entry (shared memory); 16 bytes. */
union grant_entry_v2 {
    struct grant_entry_header hdr;
    struct {
        struct grant_entry_header hdr;
        uint32_t pad0;
        uint64_t frame;
    } full_page;
    struct {
        struct grant_entry_header hdr;
        uint16_t page_off;
        uint16_t length;
        uint64_t frame;
    } sub_page;
    struct {
        struct grant_entry_header hdr;
        uint16_t trans_domid;
        uint16_t pad0;
        uint32_t gref;
    } transitive;
    uint32_t __spacer[4];
};

/* op 0; 32 bytes. */
struct gnttab_map_grant_ref {
    uint64_t host_addr; /* VA, or machine address of the PTE */
    uint32_t flags; /* GNTMAP_* */
    uint32_t ref;
    uint16_t dom;
    int16_t status; /* out */
    uint32_t handle; /* out */
    uint64_t dev_bus_addr; /* out */
};

/* op 1; 24 bytes. */
struct gnttab_unmap_grant_ref {
    uint64_t host_addr;
    uint64_t dev_bus_addr;
    uint32_t handle;
    int16_t status; /* out */
    uint8_t _pad0[2];
};

/* op 2; 24 bytes. */
struct gnttab_setup_table {
    uint16_t dom;
    uint8_t _pad0[2];
    uint32_t nr_frames;
    int16_t status; /* out */
    uint8_t _pad1[6];
    uint64_t frame_list; /* handle: u64 frames, out */
};

/* op 3; 4 bytes. */
struct gnttab_dump_table {
    uint16_t dom;
    int16_t status; /* out */
};

/* op 4; 24 bytes. */
struct gnttab_transfer {
    uint64_t mfn;
    uint16_t domid;
    uint8_t _pad0[2];
    uint32_t ref;
    int16_t status; /* out */
    uint8_t _pad1[6];
};

/* Source or destination of gnttab_copy; 16 bytes. */
struct gnttab_copy_ptr {
    union {
        uint32_t ref;
        uint64_t gmfn;
    } u;
    uint16_t domid;
    uint16_t offset;
    uint8_t _pad0[4];
};

/* op 5; 40 bytes. */
struct gnttab_copy {
    struct gnttab_copy_ptr source;
    struct gnttab_copy_ptr dest;
    uint16_t len;
    uint16_t flags; /* GNTCOPY_* */
    int16_t status; /* out */
    uint8_t _pad0[2];
};

/* op 6; 16 bytes. */
struct gnttab_query_size {
    uint16_t dom;
    uint8_t _pad0[2];
    uint32_t nr_frames; /* out */
    uint32_t max_nr_frames; /* out */
    int16_t status; /* out */
    uint8_t _pad1[2];
};

/* op 7; 24 bytes. */
struct gnttab_unmap_and_replace {
    uint64_t host_addr;
    uint64_t new_addr;
    uint32_t handle;
    int16_t status; /* out */
    uint8_t _pad0[2];
};

/* op 8; 4 bytes. */
struct gnttab_set_version {
    uint32_t version; /* in/out */
};

/* op 9; 16 bytes. */
struct gnttab_get_status_frames {
    uint32_t nr_frames;
    uint16_t dom;
    int16_t status; /* out */
    uint64_t frame_list; /* handle: u64 frames, out */
};

/* op 10; 8 bytes. */
struct gnttab_get_version {
    uint16_t dom;
    uint16_t pad;
    uint32_t version; /* out */
};

/* op 11; 12 bytes. */
struct gnttab_swap_grant_ref {
    uint32_t ref_a;
    uint32_t ref_b;
    int16_t status; /* out */
    uint8_t _pad0[2];
};

/* op 12; 16 bytes. */
struct gnttab_cache_flush {
    union {
        uint64_t dev_bus_addr;
        uint32_t ref;
    } a;
    uint16_t offset;
    uint16_t length;
    uint32_t op; /* GNTTAB_CACHE_* */
};

#endif /* SOCLE_ABI_GRANT_TABLE_H */
