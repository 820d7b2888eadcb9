/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/netd/log.h
 *
 * Messages of one netd, each naming guest and card, to stderr, which is its log.  What a guest can cause without end is
 * logged with net_log_counted(), which thins it out.
 */
#ifndef SOCLE_NETD_LOG_H
#define SOCLE_NETD_LOG_H

#include <stdint.h>

void net_log_init(unsigned int domid, unsigned int devid);
void net_log(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The first ten of a kind and then each that is a power of two; count is the how-manieth. */
void net_log_counted(uint64_t count, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif /* SOCLE_NETD_LOG_H */
