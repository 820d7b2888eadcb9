/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/blkd/store.h
 *
 * The store instruction of what must stay whole when the process is killed: journal and answers.  Stores through these
 * functions happen one by one and in the order that they are written down; whoever looks later, after a kill or from
 * the other side of a ring, sees a prefix of them.  They are functions of a file of their own, so that a test can put
 * itself in their place and end the process between any two.
 */
#ifndef SOCLE_BLKD_STORE_H
#define SOCLE_BLKD_STORE_H

#include <stdint.h>

void store32(uint32_t *to, uint32_t value);
void store64(uint64_t *to, uint64_t value);

#endif /* SOCLE_BLKD_STORE_H */
