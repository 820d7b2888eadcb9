/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/kernel.h
 *
 * A guest kernel in a file, to be unpacked: bzImage with any compression that bzimage.h knows, plain
 * or gzip'ed ELF.  An unpacked kernel is large, so the memory for it is the caller's to choose.
 */
#ifndef SOCLE_DOMAIN_KERNEL_H
#define SOCLE_DOMAIN_KERNEL_H

#include <stddef.h>

#include <hypervisor/domain/bzimage.h>
#include <hypervisor/domain/elf.h>

#include "libsocle/error.h"

struct kernel {
	const char *path; /* the caller's */
	void *file;       /* mapped */
	size_t file_len;
	enum payload_kind kind;
	const void *payload;
	size_t payload_len;
	size_t size; /* unpacked; not more than 1 GiB */
	size_t work; /* what unpacking needs besides, for a while */
};

/* Find the payload and its size. 0, or -1 with the error filled in. */
int kernel_load(const char *path, struct kernel *out, struct socle_error *e);
void kernel_unload(struct kernel *k);

/* Unpack into elf, of k->size bytes, with the help of work, and parse. 0, or -1 with the error filled in. */
int kernel_unpack(const struct kernel *k, void *elf, void *work, struct elf_image *image,
		  struct socle_error *e);

#endif /* SOCLE_DOMAIN_KERNEL_H */
