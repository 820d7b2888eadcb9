/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/netd/io.h
 *
 * What a card asks of the hypervisor and of the tap, as a table of functions: the real ones (xen.c) or a test's.
 */
#ifndef SOCLE_NETD_IO_H
#define SOCLE_NETD_IO_H

#include <stdbool.h>
#include <stdint.h>

#include <abi/grant_table.h>
#include <abi/linux/gntdev.h>

struct net_io {
	void *context;
	void *(*map)(void *context, uint32_t ref);    /* one granted page, writable; NULL with errno */
	void (*unmap)(void *context, void *page);
	/* Each segment's status is set; those that were not reached keep theirs. */
	void (*copy)(void *context, struct ioctl_gntdev_grant_copy_segment *segment, uint32_t n);
	int (*bind)(void *context, uint32_t port);    /* the local port, or -errno */
	void (*unbind)(void *context, uint32_t port);
	void (*notify)(void *context, uint32_t port);
	int (*pending)(void *context);                /* the next local port that fired, unmasked again; or -errno */
	int (*tap_offload)(void *context, int tap, unsigned int flags); /* 0 or -errno */
	int (*tap_queue)(void *context, int tap, bool on);              /* frames come to it, or to the others only */
};

#endif /* SOCLE_NETD_IO_H */
