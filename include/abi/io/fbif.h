/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * include/abi/io/fbif.h
 *
 * Framebuffer protocol.
 */
#ifndef SOCLE_ABI_IO_FBIF_H
#define SOCLE_ABI_IO_FBIF_H

#include <stdint.h>

/* Events and rings. */
#define XENFB_TYPE_UPDATE         2
#define XENFB_TYPE_RESIZE         3
#define XENFB_OUT_EVENT_SIZE      40
#define XENFB_TYPE_REFRESH_PERIOD 1
#define XENFB_NO_REFRESH          0
#define XENFB_IN_EVENT_SIZE       40
#define XENFB_IN_RING_SIZE        1024
#define XENFB_IN_RING_LEN         25
#define XENFB_IN_RING_OFFS        1024
#define XENFB_OUT_RING_SIZE       2048
#define XENFB_OUT_RING_LEN        51
#define XENFB_OUT_RING_OFFS       2048

/* Out event: redraw a rectangle; 20 bytes. */
struct xenfb_update {
    uint8_t type;
    uint8_t _pad0[3];
    int32_t x;
    int32_t y;
    int32_t width;
    int32_t height;
};

/* Out event: new mode; 24 bytes. */
struct xenfb_resize {
    uint8_t type;
    uint8_t _pad0[3];
    int32_t width;
    int32_t height;
    int32_t stride;
    int32_t depth;
    int32_t offset;
};

/* Frontend to backend; 40 bytes. */
union xenfb_out_event {
    uint8_t type;
    struct xenfb_update update;
    struct xenfb_resize resize;
    char pad[40];
};

/* In event; 8 bytes. */
struct xenfb_refresh_period {
    uint8_t type;
    uint8_t _pad0[3];
    uint32_t period; /* ms */
};

/* Backend to frontend; 40 bytes. */
union xenfb_in_event {
    uint8_t type;
    struct xenfb_refresh_period refresh_period;
    char pad[40];
};

/* Shared page; rings at XENFB_*_RING_OFFS; 2088 bytes. */
struct xenfb_page {
    uint32_t in_cons;
    uint32_t in_prod;
    uint32_t out_cons;
    uint32_t out_prod;
    int32_t width;
    int32_t height;
    uint32_t line_length;
    uint32_t mem_length;
    uint8_t depth;
    uint8_t _pad0[7];
    uint64_t pd[256];
};

#endif /* SOCLE_ABI_IO_FBIF_H */
