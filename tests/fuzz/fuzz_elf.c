/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A kernel file of any bytes: parsed, loaded, laid out, and its first page tables made. The file's last six bytes are
 * also the memory size and the length of the initrd. Whatever is accepted must stay inside of what it claims to use.
 */
#include "hypervisor/domain/dom0_layout.h"
#include "hypervisor/domain/elf.h"
#include "fuzz.h"

struct load {
	const struct elf_image *img;
	const uint8_t *file;
	size_t len;
};

static int check_piece(void *ctx, uint64_t paddr, const void *src, size_t filesz, size_t memsz)
{
	const struct load *l = ctx;
	size_t at = (size_t)((const uint8_t *)src - l->file);
	uint64_t end = l->img->pend - l->img->paddr_offset;

	CLAIM(filesz <= memsz && at <= l->len && filesz <= l->len - at);
	CLAIM(paddr >= l->img->pstart - l->img->paddr_offset && paddr <= end && memsz <= end - paddr);
	return 0;
}

static uint64_t same_frame(void *ctx, uint64_t pfn)
{
	const struct pv_layout *l = ctx;

	/* What is mapped exists, but for the slack behind the stack, which the builder backs too. */
	CLAIM(pfn < l->nr_pages);
	return pfn;
}

static void check_apart(const struct pv_range *a, const struct pv_range *b)
{
	CLAIM(!a->nr || !b->nr || a->pfn + a->nr <= b->pfn || b->pfn + b->nr <= a->pfn);
}

static void check_layout(const struct elf_image *img, uint64_t nr_pages, uint64_t initrd_len)
{
	struct pv_layout_request req = { img, nr_pages, initrd_len, initrd_len & 1 };
	struct pv_layout l;
	const struct pv_range *all[] = { &l.kernel, &l.initrd, &l.p2m, &l.p2m_pt, &l.start_info, &l.store, &l.console,
					 &l.pt, &l.stack };
	const char *why = NULL;
	uint64_t entry[512];

	if (pv_layout_compute(&req, &l, &why)) {
		CLAIM(why);
		return;
	}
	CLAIM(l.used_end <= nr_pages);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		CLAIM(all[i]->pfn <= nr_pages && all[i]->nr <= nr_pages - all[i]->pfn);
		for (size_t k = 0; k < i; k++)
			check_apart(all[i], all[k]);
	}
	for (uint64_t i = 0; i < pv_layout_nr_tables(&l) && i < 8; i++)
		pv_layout_fill_table(&l, i, same_frame, &l, entry);
	pv_layout_fill_table(&l, pv_layout_nr_tables(&l) - 1, same_frame, &l, entry);
	pv_layout_fill_table(&l, 0, same_frame, &l, entry);
	for (unsigned int slot = 256; slot < 272; slot++)
		CLAIM(!entry[slot]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size }, tail = { data + (size < 6 ? 0 : size - 6), 6 };
	uint8_t *file = input_block(&in, size);
	struct elf_image img;
	struct load l = { &img, file, size };
	const char *why = NULL;

	if (elf_parse(file, size, &img, &why)) {
		CLAIM(why);
	} else {
		CLAIM(memchr(img.guest_os, 0, sizeof(img.guest_os)));
		CLAIM(memchr(img.guest_version, 0, sizeof(img.guest_version)));
		CLAIM(!elf_load(&img, file, check_piece, &l));
		if (size >= 6) {
			uint64_t pages = (uint64_t)input_u16(&tail) << 6;

			check_layout(&img, pages, input_u32(&tail));
		}
		check_layout(&img, 262144, 12345677);
	}
	free(file);
	return 0;
}
