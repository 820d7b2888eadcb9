/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * include/abi/io/console.h
 *
 * Console page.
 */
#ifndef SOCLE_ABI_IO_CONSOLE_H
#define SOCLE_ABI_IO_CONSOLE_H

#include <stdint.h>

/* Ring sizes. */
#define XENCONS_IN_RING_SIZE  1024
#define XENCONS_OUT_RING_SIZE 2048

/* Shared page: two byte rings with free-running indices; 3088 bytes. */
struct xencons_interface {
    char in[1024];
    char out[2048];
    uint32_t in_cons;
    uint32_t in_prod;
    uint32_t out_cons;
    uint32_t out_prod;
};

#endif /* SOCLE_ABI_IO_CONSOLE_H */
