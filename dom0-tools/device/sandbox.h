/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/device/sandbox.h
 *
 * What a device's worker gives up before it looks at anything that a guest wrote.  Two steps, because some of what
 * it sets up takes rights or system calls that it must not have later:
 *
 *   sandbox_drop()    user and groups, capabilities, new privileges, limits, descriptors that are not known
 *   sandbox_filter()  system calls: what is not listed ends the process
 *
 * Each returns 0, or -1 with the error filled in; then the process must not go on.
 */
#ifndef SOCLE_DEVICE_SANDBOX_H
#define SOCLE_DEVICE_SANDBOX_H

#include <stddef.h>
#include <stdint.h>

#include "libsocle/error.h"

struct sandbox {
	uint32_t uid;         /* user and group; the present ones when not started as root */
	const int *keep;      /* descriptors that stay open, beside stderr; -1 is skipped */
	size_t nr_keep;
	uint64_t memlock;     /* RLIMIT_MEMLOCK, bytes */
	uint64_t threads;     /* RLIMIT_NPROC: io_uring's own threads count, for all processes of this user together */
	uint64_t files;       /* RLIMIT_NOFILE */
	uint64_t memory;      /* RLIMIT_AS, bytes: all that it maps, program and libraries as well */
};

int sandbox_drop(const struct sandbox *s, struct socle_error *e);

/*
 * Allowed are: read, write, messages on sockets that are open, poll, time, private and shared maps without execution,
 * lseek, close, io_uring_enter, the end; ioctl() with the requests listed; and the calls in `more`.
 */
int sandbox_filter(const unsigned long *ioctls, size_t nr_ioctls, const int *more, size_t nr_more, struct socle_error *e);

#endif /* SOCLE_DEVICE_SANDBOX_H */
