/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/load.c
 *
 * A kernel into a guest; see load.h.  Where the guest is too small to hold the unpacked file, or where
 * its segments would overwrite each other on their way, dom0's memory has to do.
 */
#include "domain/load.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "domain/codes.h"
#include "domain/segment.h"
#include "libsocle/domain.h"

#define PAGE GUEST_PAGE

static uint64_t pages(size_t bytes)
{
	return (bytes + PAGE - 1) / PAGE;
}

void load_end(struct load *l)
{
	if (l->map)
		socle_foreign_unmap(l->map, l->mem->nr_pages - l->first);
	else
		free(l->elf);
	l->map = l->elf = NULL;
}

/* NULL: there is no such place in the guest. */
static int unpack(struct load *l, void *elf, void *work, struct socle_error *e)
{
	void *own_work = work ? NULL : malloc(l->kernel->work);
	int r;

	l->elf = elf ? elf : malloc(l->kernel->size);
	if (l->elf && (work || own_work))
		r = kernel_unpack(l->kernel, l->elf, work ? work : own_work, &l->image, e);
	else
		r = socle_fail_id(e, DOMAIN_E_NO_MEMORY, "dom0-memory",
			       "no memory in dom0 to unpack kernel '%s', and the guest has too "
			       "little for it; give it more <memory>", l->kernel->path);
	free(own_work);
	return r;
}

int load_unpack(struct load *l, struct socle_error *e)
{
	uint64_t file = pages(l->kernel->size), work = pages(l->kernel->work);
	uint64_t nr = l->mem->nr_pages, base = nr - file;

	l->first = nr;
	if (file > nr)
		return unpack(l, NULL, NULL, e);
	if (work > base)
		work = 0;
	l->first = base - work;
	l->map = socle_foreign_map(l->ctx->hv, l->mem->domid, l->mem->mfn + l->first, nr - l->first,
				   PROT_READ | PROT_WRITE, e);
	if (!l->map)
		return -1;
	if (unpack(l, (uint8_t *)l->map + work * PAGE, work ? l->map : NULL, e))
		return -1;
	if (segments_movable(&l->image, base * PAGE))
		return 0;
	load_end(l);
	return unpack(l, NULL, NULL, e);
}

struct copy {
	struct load *l;
	struct socle_error *e;
};

static int segment_copy(void *arg, uint64_t paddr, const void *src, size_t filesz, size_t memsz)
{
	const struct copy *c = arg;
	struct segment s = { .src = src, .offset = paddr % PAGE, .filesz = filesz, .memsz = memsz };

	if (!memsz)
		return 0;
	return guest_memory_walk(c->l->ctx, c->l->mem, paddr / PAGE,
				 (s.offset + memsz + PAGE - 1) / PAGE, segment_fill, &s, c->e);
}

static int wipe_fill(void *arg, void *page, uint64_t index, uint64_t count, struct socle_error *e)
{
	const struct load *l = arg;
	uint64_t addr = (l->first + index) * PAGE;

	(void)e;
	for (uint64_t i = 0; i < count * PAGE; i += PAGE)
		segments_wipe_rest(&l->image, addr + i, (uint8_t *)page + i);
	return 0;
}

int load_write(struct load *l, struct socle_error *e)
{
	struct copy c = { .l = l, .e = e };

	if (elf_load(&l->image, l->elf, segment_copy, &c))
		return -1;
	load_end(l);
	return guest_memory_walk(l->ctx, l->mem, l->first, l->mem->nr_pages - l->first, wipe_fill,
				 l, e);
}
