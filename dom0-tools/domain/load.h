/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/load.h
 *
 * A kernel from its file to its places in a new guest's memory.  Unpacked, a kernel is many times as large
 * as its file, and dom0 may have less memory than that, so it is unpacked in the guest's own: into the
 * last pages, with the decoder's working memory before it, from where its segments move to their places.
 */
#ifndef SOCLE_DOMAIN_LOAD_H
#define SOCLE_DOMAIN_LOAD_H

#include "domain/context.h"
#include "domain/kernel.h"
#include "domain/memory.h"

struct load {
	struct domain_ctx *ctx;
	const struct guest_memory *mem;
	const struct kernel *kernel;
	struct elf_image image; /* after load_unpack() */
	void *elf;
	void *map;      /* the guest's last pages, which hold elf; NULL: it is allocated */
	uint64_t first; /* the pages from here on have been used */
};

/* ctx, mem and kernel are filled in. 0, or -1 with the error filled in; load_end() is due in any case. */
int load_unpack(struct load *l, struct socle_error *e);

/* The image must be known to fit.  What else of the guest's memory was used is zeroes again. */
int load_write(struct load *l, struct socle_error *e);

void load_end(struct load *l);

#endif /* SOCLE_DOMAIN_LOAD_H */
