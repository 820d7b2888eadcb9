/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/libsocle/hvlog.h
 *
 * Reading the hypervisor's log.  Its bytes are numbered, and each read goes on at the number that
 * the last one ended with: nothing is lost unless the hypervisor's ring turns over in between, and
 * then the numbers tell how much.
 */
#ifndef SOCLE_LIBSOCLE_HVLOG_H
#define SOCLE_LIBSOCLE_HVLOG_H

#include <stdbool.h>
#include <stdint.h>

#include "libsocle/hypercall.h"

#define SOCLE_HVLOG_CHUNK 16384u

struct socle_hvlog {
	struct socle_hv *hv;
	char *buf;     /* what the last read brought */
	uint32_t next; /* number of the first byte not read yet */
	uint32_t lost; /* bytes that the last read came too late for */
	bool begun;
};

/* At the oldest byte there is.  0, or -1 with the error; close it in both cases. */
int socle_hvlog_open(struct socle_hvlog *log, struct socle_hv *hv, struct socle_error *e);
void socle_hvlog_close(struct socle_hvlog *log);

/* The next piece into log->buf: its length, 0 when there is no more, or -errno.  clear makes the
 * hypervisor forget everything up to now. */
int socle_hvlog_read(struct socle_hvlog *log, bool clear);

/* Milliseconds since 1970 when the line with this byte was written, by dom0's clock; 0 when it is not known. */
uint64_t socle_hvlog_time(struct socle_hvlog *log, uint32_t number);

#endif /* SOCLE_LIBSOCLE_HVLOG_H */
