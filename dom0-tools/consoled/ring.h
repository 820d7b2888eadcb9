/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/consoled/ring.h
 *
 * The console page: two byte rings with free-running indices in memory that the guest can write at any
 * time (pv-abi 9.4). Each index is read once into a local; one that cannot be right (more bytes than
 * the ring holds) is answered by taking over the other side's index, which loses that guest's own
 * bytes and nothing else. Pure: no I/O.
 */
#ifndef SOCLE_CONSOLED_RING_H
#define SOCLE_CONSOLED_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <abi/io/console.h>

/*
 * Copy up to cap bytes of the guest's output; *bad is set (never cleared) when its indices were wild. They are the ring's until
 * ring_release(): who dies in between has lost none of them, and his successor takes them once more.
 */
size_t ring_take(struct xencons_interface *page, char *buf, size_t cap, uint32_t *taken, bool *bad);
void ring_release(struct xencons_interface *page, uint32_t taken);
/* Give the guest up to len bytes of input; the number that fitted. */
size_t ring_give(struct xencons_interface *page, const char *buf, size_t len, bool *bad);

#endif
