/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * include/abi/linux/privcmd.h
 *
 * Requests of Linux's /dev/xen/privcmd (argument sizes encoded in the numbers).
 */
#ifndef SOCLE_ABI_LINUX_PRIVCMD_H
#define SOCLE_ABI_LINUX_PRIVCMD_H

#include <stdint.h>

/* Requests. */
#define IOCTL_PRIVCMD_HYPERCALL     0x305000
#define IOCTL_PRIVCMD_MMAP          0x105002
#define IOCTL_PRIVCMD_MMAPBATCH     0x185003
#define IOCTL_PRIVCMD_MMAPBATCH_V2  0x205004
#define IOCTL_PRIVCMD_DM_OP         0x105005
#define IOCTL_PRIVCMD_RESTRICT      0x25006
#define IOCTL_PRIVCMD_MMAP_RESOURCE 0x205007

/* Error marks of MMAPBATCH in the frame list. */
#define PRIVCMD_MMAPBATCH_MFN_ERROR   0xf0000000u
#define PRIVCMD_MMAPBATCH_PAGED_ERROR 0x80000000u

/* HYPERCALL, in; 48 bytes. */
struct privcmd_hypercall {
    uint64_t op;
    uint64_t arg[5];
};

/* One range of MMAP; 24 bytes. */
struct privcmd_mmap_entry {
    uint64_t va;
    uint64_t mfn;
    uint64_t npages;
};

/* MMAP, in; 16 bytes. */
struct privcmd_mmap {
    int32_t num;
    uint16_t dom;
    uint8_t _pad0[2];
    uint64_t entry; /* pointer: struct privcmd_mmap_entry */
};

/* MMAPBATCH, in/out; 24 bytes. */
struct privcmd_mmapbatch {
    int32_t num;
    uint16_t dom;
    uint8_t _pad0[2];
    uint64_t addr;
    uint64_t arr; /* pointer: u64 frames, in/out */
};

/* MMAPBATCH_V2, in; err receives a negative errno per page; 32 bytes. */
struct privcmd_mmapbatch_v2 {
    uint32_t num;
    uint16_t dom;
    uint8_t _pad0[2];
    uint64_t addr;
    uint64_t arr; /* pointer: u64 frames */
    uint64_t err; /* pointer: s32, out */
};

/* One buffer of DM_OP; 16 bytes. */
struct privcmd_dm_op_buf {
    uint64_t uptr;
    uint64_t size;
};

/* DM_OP, in; 16 bytes. */
struct privcmd_dm_op {
    uint16_t dom;
    uint16_t num;
    uint8_t _pad0[4];
    uint64_t ubufs;
};

/* MMAP_RESOURCE, in; 32 bytes. */
struct privcmd_mmap_resource {
    uint16_t dom;
    uint8_t _pad0[2];
    uint32_t type;
    uint32_t id;
    uint32_t idx;
    uint64_t num;
    uint64_t addr;
};

#endif /* SOCLE_ABI_LINUX_PRIVCMD_H */
