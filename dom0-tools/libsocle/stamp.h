/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/libsocle/stamp.h
 *
 * Moments as text, UTC to the millisecond: 2026-11-22T00:10:00.123Z (RFC 3339).  All logs have them at the beginning of a line,
 * so that texts of several are in order when their lines are sorted.  Pure but for stamp_now(): no time zone is looked for, which
 * a worker in its sandbox could not.
 */
#ifndef SOCLE_LIBSOCLE_STAMP_H
#define SOCLE_LIBSOCLE_STAMP_H

#include <stddef.h>
#include <stdint.h>

#define STAMP_BYTES 25 /* with the NUL */

/* Milliseconds since 1970; those after the year 9999 are written as its end. */
void stamp_format(char out[STAMP_BYTES], uint64_t ms);

/* The length of the stamp that a text of len bytes begins with, 0 when there is none.  A fraction may be left out. */
size_t stamp_read(const char *text, size_t len, uint64_t *ms);

uint64_t stamp_now(void);

#endif /* SOCLE_LIBSOCLE_STAMP_H */
