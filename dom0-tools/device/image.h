/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/device/image.h
 *
 * What is behind a disk, opened for its worker: a file or block device with its lock, or a connection to an NBD server.
 */
#ifndef SOCLE_DEVICE_IMAGE_H
#define SOCLE_DEVICE_IMAGE_H

#include "device/vbd.h"

struct image {
	int fd;        /* file, device or socket */
	int direct_fd; /* the same with O_DIRECT, or -1 */
	struct ctl_setup_disk setup;
	uint32_t discard; /* granularity in bytes; 0: it cannot */
};

/*
 * -1 with EAGAIN when another process holds the lock: one that just ends, or another guest's; the text says whose it is.  The
 * lock lives as long as any copy of the descriptors, so also as long as I/O is under way in them.  -1 with EHOSTDOWN when its
 * NBD server cannot be reached; a server that does not answer is waited for so many seconds.
 */
int image_open(struct image *im, const struct vbd_config *c, unsigned int seconds, struct socle_error *e);
void image_close(struct image *im);

/* How large it is now, in sectors of 512 bytes. */
int image_sectors(int fd, uint64_t *sectors);

#endif /* SOCLE_DEVICE_IMAGE_H */
