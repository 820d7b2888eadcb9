/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/corefile.c
 *
 * See corefile.h.
 */
#include "domain/corefile.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include <abi/elfnote.h>

#define PAGE        4096u
#define MAGIC_PV    UINT64_C(0xf00febed)
#define FORMAT_0_1  UINT64_C(1)

enum section { NONE, NAMES, NOTE, PRSTATUS, SHARED_INFO, P2M, PAGES, SECTIONS };

static const char *const section_names[SECTIONS] = {
	"", ".shstrtab", ".note.Xen", ".xen_prstatus", ".xen_shared_info", ".xen_p2m", ".xen_pages",
};

/* Sizes of the four notes' contents: none, header, version, format. */
static const size_t desc_sizes[] = { 0, 4 * sizeof(uint64_t), sizeof(struct core_version), sizeof(uint64_t) };

_Static_assert(sizeof(struct core_version) == 16 + 16 + 144 + 1024 + 64 + 8 + 8, "the version note is packed by its nature");

static uint64_t round_up(uint64_t n, uint64_t to)
{
	return (n + to - 1) / to * to;
}

static uint64_t notes_size(void)
{
	uint64_t n = 0;

	for (size_t i = 0; i < sizeof(desc_sizes) / sizeof(desc_sizes[0]); i++)
		n += sizeof(Elf64_Nhdr) + 4 + desc_sizes[i];
	return n;
}

static uint64_t names_size(void)
{
	uint64_t n = 0;

	for (unsigned int i = 0; i < SECTIONS; i++)
		n += strlen(section_names[i]) + 1;
	return n;
}

void core_layout_make(struct core_layout *l, uint64_t nr_vcpus, uint64_t nr_pages)
{
	l->nr_vcpus = nr_vcpus;
	l->nr_pages = nr_pages;
	l->names = sizeof(Elf64_Ehdr) + SECTIONS * sizeof(Elf64_Shdr);
	l->note = round_up(l->names + names_size(), 8);
	l->prstatus = round_up(l->note + notes_size(), 16);
	l->shared_info = round_up(l->prstatus + nr_vcpus * sizeof(struct vcpu_guest_context), PAGE);
	l->p2m = l->shared_info + PAGE;
	l->pages = round_up(l->p2m + nr_pages * sizeof(struct core_p2m), PAGE);
	l->end = l->pages + nr_pages * PAGE;
}

static void header_fill(Elf64_Ehdr *h)
{
	memcpy(h->e_ident, ELFMAG, SELFMAG);
	h->e_ident[EI_CLASS] = ELFCLASS64;
	h->e_ident[EI_DATA] = ELFDATA2LSB;
	h->e_ident[EI_VERSION] = EV_CURRENT;
	h->e_ident[EI_OSABI] = ELFOSABI_SYSV;
	h->e_type = ET_CORE;
	h->e_machine = EM_X86_64;
	h->e_version = EV_CURRENT;
	h->e_ehsize = sizeof(Elf64_Ehdr);
	h->e_shoff = sizeof(Elf64_Ehdr);
	h->e_shentsize = sizeof(Elf64_Shdr);
	h->e_shnum = SECTIONS;
	h->e_shstrndx = NAMES;
}

static void section_fill(Elf64_Shdr *s, uint32_t type, uint64_t offset, uint64_t size, uint64_t align, uint64_t entry)
{
	s->sh_type = type;
	s->sh_offset = offset;
	s->sh_size = size;
	s->sh_addralign = align;
	s->sh_entsize = entry;
}

static void sections_fill(Elf64_Shdr *s, const struct core_layout *l)
{
	uint32_t name = 0;

	section_fill(&s[NAMES], SHT_STRTAB, l->names, names_size(), 1, 0);
	section_fill(&s[NOTE], SHT_NOTE, l->note, notes_size(), 4, 0);
	section_fill(&s[PRSTATUS], SHT_PROGBITS, l->prstatus, l->nr_vcpus * sizeof(struct vcpu_guest_context), 16,
		     sizeof(struct vcpu_guest_context));
	section_fill(&s[SHARED_INFO], SHT_PROGBITS, l->shared_info, PAGE, PAGE, PAGE);
	section_fill(&s[P2M], SHT_PROGBITS, l->p2m, l->nr_pages * sizeof(struct core_p2m), 16, sizeof(struct core_p2m));
	section_fill(&s[PAGES], SHT_PROGBITS, l->pages, l->nr_pages * PAGE, PAGE, PAGE);
	for (unsigned int i = 0; i < SECTIONS; i++) {
		s[i].sh_name = name;
		name += (uint32_t)strlen(section_names[i]) + 1;
	}
}

static char *note_put(char *p, uint32_t type, const void *desc, size_t size)
{
	Elf64_Nhdr n = { .n_namesz = 4, .n_descsz = (uint32_t)size, .n_type = type };

	memcpy(p, &n, sizeof(n));
	memcpy(p + sizeof(n), "Xen", 4);
	if (size)
		memcpy(p + sizeof(n) + 4, desc, size);
	return p + sizeof(n) + 4 + size;
}

void *core_head_make(const struct core_layout *l, const struct core_version *v)
{
	const uint64_t header[4] = { MAGIC_PV, l->nr_vcpus, l->nr_pages, PAGE }, format = FORMAT_0_1;
	char *head = calloc(1, l->prstatus), *p;

	if (!head)
		return NULL;
	header_fill((Elf64_Ehdr *)(void *)head);
	sections_fill((Elf64_Shdr *)(void *)(head + sizeof(Elf64_Ehdr)), l);
	p = head + l->names;
	for (unsigned int i = 0; i < SECTIONS; i++)
		p = stpcpy(p, section_names[i]) + 1;
	p = note_put(head + l->note, XEN_ELFNOTE_DUMPCORE_NONE, NULL, desc_sizes[0]);
	p = note_put(p, XEN_ELFNOTE_DUMPCORE_HEADER, header, desc_sizes[1]);
	p = note_put(p, XEN_ELFNOTE_DUMPCORE_XEN_VERSION, v, desc_sizes[2]);
	note_put(p, XEN_ELFNOTE_DUMPCORE_FORMAT_VERSION, &format, desc_sizes[3]);
	return head;
}
