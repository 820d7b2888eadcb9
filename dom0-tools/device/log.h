/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/device/log.h
 *
 * Messages of one worker, each with its moment, guest and device, to stderr, which is its log.  What a guest can cause without end is
 * logged with log_counted(), which thins it out; all together are bounded (flood.h).
 */
#ifndef SOCLE_DEVICE_LOG_H
#define SOCLE_DEVICE_LOG_H

#include <stdint.h>

/* As "blkd" of a "disk": both live as long as the process. */
void log_init(const char *program, const char *device, unsigned int domid, unsigned int devid);
void log_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Logs the first ten of a kind and then each that is a power of two; count is the how-manieth. */
void log_counted(uint64_t count, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif /* SOCLE_DEVICE_LOG_H */
