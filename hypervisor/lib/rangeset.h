/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sets of numbers kept as sorted, disjoint, non-adjacent inclusive ranges: the ports, frames and interrupts
 * that a domain may touch. A failed change (no memory) leaves the set as it was. Locking is the caller's.
 */
#ifndef SOCLE_LIB_RANGESET_H
#define SOCLE_LIB_RANGESET_H

#include <stdbool.h>
#include <stdint.h>

struct rangeset;

struct rangeset *rangeset_new(void);		/* empty, or NULL */
void rangeset_free(struct rangeset *r);		/* NULL is fine */
/* [first, last], inclusive. 0, -XEN_ENOMEM, -XEN_EINVAL when first > last. */
int rangeset_add(struct rangeset *r, uint64_t first, uint64_t last);
int rangeset_remove(struct rangeset *r, uint64_t first, uint64_t last);
/* All of [first, last] is in the set. A NULL set is empty. */
bool rangeset_contains_range(const struct rangeset *r, uint64_t first, uint64_t last);
bool rangeset_contains(const struct rangeset *r, uint64_t x);
bool rangeset_is_empty(const struct rangeset *r);
bool rangeset_overlaps(const struct rangeset *r, uint64_t first, uint64_t last);
/* The index-th range in ascending order; false past the last. */
bool rangeset_get(const struct rangeset *r, unsigned int index, uint64_t *first, uint64_t *last);

#endif
