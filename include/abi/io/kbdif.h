/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * include/abi/io/kbdif.h
 *
 * Keyboard and pointer protocol.
 */
#ifndef SOCLE_ABI_IO_KBDIF_H
#define SOCLE_ABI_IO_KBDIF_H

#include <stdint.h>

/* Events and rings. */
#define XENKBD_TYPE_MOTION    1
#define XENKBD_TYPE_RESERVED  2
#define XENKBD_TYPE_KEY       3
#define XENKBD_TYPE_POS       4
#define XENKBD_TYPE_MTOUCH    5
#define XENKBD_MT_EV_DOWN     0
#define XENKBD_MT_EV_UP       1
#define XENKBD_MT_EV_MOTION   2
#define XENKBD_MT_EV_SYN      3
#define XENKBD_MT_EV_SHAPE    4
#define XENKBD_MT_EV_ORIENT   5
#define XENKBD_IN_EVENT_SIZE  40
#define XENKBD_OUT_EVENT_SIZE 40
#define XENKBD_IN_RING_SIZE   2048
#define XENKBD_IN_RING_LEN    51
#define XENKBD_IN_RING_OFFS   1024
#define XENKBD_OUT_RING_SIZE  1024
#define XENKBD_OUT_RING_LEN   25
#define XENKBD_OUT_RING_OFFS  3072

/* Relative motion; 16 bytes. */
struct xenkbd_motion {
    uint8_t type;
    uint8_t _pad0[3];
    int32_t rel_x;
    int32_t rel_y;
    int32_t rel_z;
};

/* Key or button; 8 bytes. */
struct xenkbd_key {
    uint8_t type;
    uint8_t pressed;
    uint8_t _pad0[2];
    uint32_t keycode;
};

/* Absolute position; 16 bytes. */
struct xenkbd_position {
    uint8_t type;
    uint8_t _pad0[3];
    int32_t abs_x;
    int32_t abs_y;
    int32_t rel_z;
};

/* Multi-touch contact; 16 bytes. */
struct xenkbd_mtouch {
    uint8_t type;
    uint8_t event_type;
    uint8_t contact_id;
    uint8_t reserved[5];
    union {
        struct {
            int32_t abs_x;
            int32_t abs_y;
        } pos;
        struct {
            uint32_t major;
            uint32_t minor;
        } shape;
        int16_t orientation;
    } u;
};

/* Backend to frontend; 40 bytes. */
union xenkbd_in_event {
    uint8_t type;
    struct xenkbd_motion motion;
    struct xenkbd_key key;
    struct xenkbd_position pos;
    struct xenkbd_mtouch mtouch;
    char pad[40];
};

/* Frontend to backend; 40 bytes. */
union xenkbd_out_event {
    uint8_t type;
    char pad[40];
};

/* Shared page; rings at XENKBD_*_RING_OFFS; 16 bytes. */
struct xenkbd_page {
    uint32_t in_cons;
    uint32_t in_prod;
    uint32_t out_cons;
    uint32_t out_prod;
};

#endif /* SOCLE_ABI_IO_KBDIF_H */
