/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * include/abi/linux/gntdev.h
 *
 * Requests of Linux's /dev/xen/gntdev and /dev/xen/gntalloc.
 */
#ifndef SOCLE_ABI_LINUX_GNTDEV_H
#define SOCLE_ABI_LINUX_GNTDEV_H

#include <stdint.h>

/* gntdev requests. */
#define IOCTL_GNTDEV_MAP_GRANT_REF        0x184700
#define IOCTL_GNTDEV_UNMAP_GRANT_REF      0x104701
#define IOCTL_GNTDEV_GET_OFFSET_FOR_VADDR 0x184702
#define IOCTL_GNTDEV_SET_MAX_GRANTS       0x44703
#define IOCTL_GNTDEV_SET_UNMAP_NOTIFY     0x104707
#define IOCTL_GNTDEV_GRANT_COPY           0x104708

/* gntalloc requests. */
#define IOCTL_GNTALLOC_ALLOC_GREF       0x184705
#define IOCTL_GNTALLOC_DEALLOC_GREF     0x104706
#define IOCTL_GNTALLOC_SET_UNMAP_NOTIFY 0x104707

/* Flags. */
#define UNMAP_NOTIFY_CLEAR_BYTE 0x1
#define UNMAP_NOTIFY_SEND_EVENT 0x2
#define GNTALLOC_FLAG_WRITABLE  1

/* One reference; 8 bytes. */
struct ioctl_gntdev_grant_ref {
    uint32_t domid;
    uint32_t ref;
};

/* MAP_GRANT_REF; count references; 24 bytes. */
struct ioctl_gntdev_map_grant_ref {
    uint32_t count;
    uint32_t pad;
    uint64_t index; /* out: mmap offset */
    struct ioctl_gntdev_grant_ref refs[1];
};

/* UNMAP_GRANT_REF; 16 bytes. */
struct ioctl_gntdev_unmap_grant_ref {
    uint64_t index;
    uint32_t count;
    uint32_t pad;
};

/* GET_OFFSET_FOR_VADDR; 24 bytes. */
struct ioctl_gntdev_get_offset_for_vaddr {
    uint64_t vaddr;
    uint64_t offset; /* out */
    uint32_t count; /* out */
    uint32_t pad;
};

/* SET_MAX_GRANTS; 4 bytes. */
struct ioctl_gntdev_set_max_grants {
    uint32_t count;
};

/* SET_UNMAP_NOTIFY; 16 bytes. */
struct ioctl_gntdev_unmap_notify {
    uint64_t index;
    uint32_t action; /* UNMAP_NOTIFY_* */
    uint32_t event_channel_port;
};

/* One segment of GRANT_COPY; 24 bytes. */
struct ioctl_gntdev_grant_copy_segment {
    union {
        uint64_t virt;
        struct {
            uint32_t ref;
            uint16_t offset;
            uint16_t domid;
        } foreign;
    } source;
    union {
        uint64_t virt;
        struct {
            uint32_t ref;
            uint16_t offset;
            uint16_t domid;
        } foreign;
    } dest;
    uint16_t len;
    uint16_t flags;
    int16_t status; /* out */
    uint8_t _pad0[2];
};

/* GRANT_COPY; 16 bytes. */
struct ioctl_gntdev_grant_copy {
    uint32_t count;
    uint8_t _pad0[4];
    uint64_t segments; /* pointer: segments */
};

/* gntalloc: ALLOC_GREF; count references follow; 24 bytes. */
struct ioctl_gntalloc_alloc_gref {
    uint16_t domid;
    uint16_t flags;
    uint32_t count;
    uint64_t index; /* out */
    uint32_t gref_ids[1];
    uint8_t _pad0[4];
};

/* gntalloc: DEALLOC_GREF; 16 bytes. */
struct ioctl_gntalloc_dealloc_gref {
    uint64_t index;
    uint32_t count;
    uint8_t _pad0[4];
};

/* gntalloc: SET_UNMAP_NOTIFY; 16 bytes. */
struct ioctl_gntalloc_unmap_notify {
    uint64_t index;
    uint32_t action;
    uint32_t event_channel_port;
};

#endif /* SOCLE_ABI_LINUX_GNTDEV_H */
