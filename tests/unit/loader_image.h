/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/loader_image.h
 *
 * Makes small but complete PV kernels and bzImages in memory for the tests of the loader: two segments
 * (the second at virtual address 0, like Linux's per-CPU one) and a segment of notes that a test fills.
 */
#ifndef SOCLE_TESTS_UNIT_LOADER_IMAGE_H
#define SOCLE_TESTS_UNIT_LOADER_IMAGE_H

#include <elf.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <abi/elfnote.h>

#define IMAGE_VIRT_BASE	UINT64_C(0xffffffff80000000)
#define IMAGE_PSTART	UINT64_C(0x1000000)
#define IMAGE_TEXT	UINT64_C(0x3000)	/* bytes of the first segment */
#define IMAGE_NOTES_AT	0x200u
#define IMAGE_TEXT_AT	0x1000u

struct image {
	uint8_t bytes[0x5000];
	size_t len;
	size_t notes_len;
};

static inline Elf64_Phdr *image_phdr(struct image *im, unsigned int i)
{
	return (Elf64_Phdr *)(im->bytes + sizeof(Elf64_Ehdr)) + i;
}

static inline void image_note(struct image *im, uint32_t type, const void *desc, uint32_t size)
{
	Elf64_Nhdr nh = { .n_namesz = 4, .n_descsz = size, .n_type = type };
	uint8_t *at = im->bytes + IMAGE_NOTES_AT + im->notes_len;

	memcpy(at, &nh, sizeof(nh));
	memcpy(at + 12, "Xen", 4);
	memcpy(at + 16, desc, size);
	im->notes_len += 16 + ((size + 3u) & ~3u);
	image_phdr(im, 2)->p_filesz = im->notes_len;
}

static inline void image_note_number(struct image *im, uint32_t type, uint64_t value)
{
	image_note(im, type, &value, 8);
}

static inline void image_note_text(struct image *im, uint32_t type, const char *text)
{
	image_note(im, type, text, (uint32_t)strlen(text) + 1);
}

/* Headers and segments, no notes. */
static inline void image_init(struct image *im)
{
	Elf64_Ehdr eh = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_EXEC, .e_machine = EM_X86_64, .e_version = EV_CURRENT,
		.e_phoff = sizeof(eh), .e_ehsize = sizeof(eh), .e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 3,
	};
	size_t i;

	memset(im, 0, sizeof(*im));
	im->len = IMAGE_TEXT_AT + IMAGE_TEXT + 0x1000;
	memcpy(im->bytes, &eh, sizeof(eh));
	*image_phdr(im, 0) = (Elf64_Phdr){
		.p_type = PT_LOAD, .p_offset = IMAGE_TEXT_AT, .p_vaddr = IMAGE_VIRT_BASE + IMAGE_PSTART,
		.p_paddr = IMAGE_PSTART, .p_filesz = IMAGE_TEXT, .p_memsz = 0x5000,
	};
	*image_phdr(im, 1) = (Elf64_Phdr){
		.p_type = PT_LOAD, .p_offset = IMAGE_TEXT_AT + IMAGE_TEXT, .p_vaddr = 0,
		.p_paddr = IMAGE_PSTART + 0x5000, .p_filesz = 0x1000, .p_memsz = 0x2123,
	};
	*image_phdr(im, 2) = (Elf64_Phdr){
		.p_type = PT_NOTE, .p_offset = IMAGE_NOTES_AT, .p_align = 4,
	};
	for (i = IMAGE_TEXT_AT; i < im->len; i++)
		im->bytes[i] = (uint8_t)(i * 7 + (i >> 8));
}

/* The notes that every PV kernel must have. */
static inline void image_required_notes(struct image *im)
{
	image_note_text(im, XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
	image_note_text(im, XEN_ELFNOTE_LOADER, "generic");
	image_note_number(im, XEN_ELFNOTE_VIRT_BASE, IMAGE_VIRT_BASE);
	image_note_number(im, XEN_ELFNOTE_ENTRY, IMAGE_VIRT_BASE + IMAGE_PSTART + 0x1c0);
}

/* The notes that Linux has beside them. */
static inline void image_linux_notes(struct image *im)
{
	static const uint64_t l1_valid[2] = { 1, 1 };

	image_required_notes(im);
	image_note_text(im, XEN_ELFNOTE_GUEST_OS, "linux");
	image_note_text(im, XEN_ELFNOTE_GUEST_VERSION, "2.6");
	image_note_number(im, XEN_ELFNOTE_PADDR_OFFSET, 0);
	image_note_text(im, XEN_ELFNOTE_FEATURES, "!writable_page_tables|pae_pgdir_above_4gb");
	image_note_number(im, XEN_ELFNOTE_SUPPORTED_FEATURES, 0x8801);
	image_note(im, XEN_ELFNOTE_L1_MFN_VALID, l1_valid, sizeof(l1_valid));
	image_note_number(im, XEN_ELFNOTE_INIT_P2M, UINT64_C(0x8000000000));
	image_note_number(im, XEN_ELFNOTE_MOD_START_PFN, 1);
	image_note_number(im, XEN_ELFNOTE_HV_START_LOW, UINT64_C(0xffff800000000000));
}

/* A copy of exactly len bytes, so that the sanitizer sees any read behind them. */
static inline void *exact_copy(const void *from, size_t len)
{
	void *to = malloc(len ? len : 1);

	if (!to)
		abort();
	memcpy(to, from, len);
	return to;
}

/* A bzImage around a payload; malloc'ed, *len set. */
static inline uint8_t *bzimage_wrap(const void *payload, size_t paylen, size_t *len)
{
	const size_t at = 5 * 512 + 0x2c;
	const uint32_t offset = 0x2c, size = (uint32_t)paylen;
	const uint16_t flag = 0xaa55, version = 0x20f;
	uint8_t *file = calloc(1, at + paylen);

	if (!file)
		abort();
	file[0x1f1] = 4;
	memcpy(file + 0x1fe, &flag, 2);
	memcpy(file + 0x202, "HdrS", 4);
	memcpy(file + 0x206, &version, 2);
	memcpy(file + 0x248, &offset, 4);
	memcpy(file + 0x24c, &size, 4);
	memcpy(file + at, payload, paylen);
	*len = at + paylen;
	return file;
}

#endif /* SOCLE_TESTS_UNIT_LOADER_IMAGE_H */
