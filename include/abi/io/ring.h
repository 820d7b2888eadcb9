/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * include/abi/io/ring.h
 *
 * Layout of the head of a shared I/O ring; entries follow at byte 64.
 */
#ifndef SOCLE_ABI_IO_RING_H
#define SOCLE_ABI_IO_RING_H

#include <stdint.h>

/* Sizes. */
#define XEN_RING_HEADER_SIZE 64

/* Head of every ring; indices run free, an event index asks for a notification; 64 bytes. */
struct sring_header {
    uint32_t req_prod;
    uint32_t req_event;
    uint32_t rsp_prod;
    uint32_t rsp_event;
    uint8_t pvt[4];
    uint8_t _pad0[44];
};

#endif /* SOCLE_ABI_IO_RING_H */
