/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/blkd/log.h
 *
 * Messages of one blkd, each naming guest and disk: to stderr until it is in the background, then to
 * its log file.  What a guest can cause without end is logged with log_counted(), which thins it out.
 */
#ifndef SOCLE_BLKD_LOG_H
#define SOCLE_BLKD_LOG_H

#include <stdint.h>

void log_init(unsigned int domid, unsigned int devid);
void log_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Logs the first ten of a kind and then each that is a power of two; count is the how-manieth. */
void log_counted(uint64_t count, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif /* SOCLE_BLKD_LOG_H */
