/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/kernel.h
 *
 * A guest kernel read from a file and unpacked, ready to be copied into a guest: bzImage with any
 * compression that bzimage.h knows, plain or gzip'ed ELF.
 */
#ifndef SOCLE_DOMAIN_KERNEL_H
#define SOCLE_DOMAIN_KERNEL_H

#include <hypervisor/domain/elf.h>

#include "libsocle/error.h"

struct kernel {
	struct elf_image image;
	void *elf; /* unpacked, owned */
	size_t len;
};

/* 0, or -1 with the error filled in. */
int kernel_load(const char *path, struct kernel *out, struct socle_error *e);
void kernel_unload(struct kernel *k);

#endif /* SOCLE_DOMAIN_KERNEL_H */
