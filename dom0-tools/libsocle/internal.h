/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/libsocle/internal.h
 *
 * What the files of libsocle share with each other and with nobody else.
 */
#ifndef SOCLE_LIBSOCLE_INTERNAL_H
#define SOCLE_LIBSOCLE_INTERNAL_H

struct socle_hv {
	int fd;         /* /dev/xen/privcmd */
	int buf_fd;     /* /dev/xen/hypercall, -1 where the kernel has none */
	void *scratch;  /* one locked page for fixed-size arguments */
};

#endif /* SOCLE_LIBSOCLE_INTERNAL_H */
