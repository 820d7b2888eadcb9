/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hypervisor/domain/elf.c
 *
 * Parser for the ELF64 executable and the Xen notes of a PV kernel.
 *
 * The file comes from outside and is believed in nothing: structures are copied out of it byte by
 * byte (it may lie at any alignment), a range is always tested as "length > limit - start", and the
 * work is bounded by ELF_MAX_SEGMENTS headers and one pass over the notes. Segments are placed by
 * p_paddr: Linux's per-CPU segment is linked at virtual address 0, so p_vaddr says nothing.
 */
#include <string.h>

#include <abi/elfnote.h>
#include <abi/errno.h>
#include <abi/features.h>

#include "elf.h"

#define PAGE_BYTES	UINT64_C(4096)

/* A kernel spans less than this once loaded; keeps page counts and zeroing within reason. */
#define MAX_SPAN	(UINT64_C(1) << 30)

/* Physical addresses of x86-64 have at most 52 bits (SDM vol. 3, 4.1.4). */
#define MAX_PADDR	(UINT64_C(1) << 52)

/* The parts of the ELF specification that are needed (System V ABI, chapters 4 and 5). */
struct elf64_ehdr {
	uint8_t ident[16];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, phoff, shoff;
	uint32_t flags;
	uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct elf64_phdr {
	uint32_t type, flags;
	uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

struct elf64_nhdr {
	uint32_t namesz, descsz, type;
};

_Static_assert(sizeof(struct elf64_ehdr) == 64, "ELF64 file header");
_Static_assert(sizeof(struct elf64_phdr) == 56, "ELF64 program header");
_Static_assert(sizeof(struct elf64_nhdr) == 12, "ELF note header");

#define ET_EXEC		2
#define EM_X86_64	62
#define PT_LOAD		1
#define PT_NOTE		4

/* Which of the notes that must be there have been seen. */
#define SEEN_ENTRY		(1u << 0)
#define SEEN_VIRT_BASE		(1u << 1)
#define SEEN_XEN_VERSION	(1u << 2)
#define SEEN_LOADER		(1u << 3)

struct parse {
	const uint8_t *file;
	size_t len;
	struct elf_image *img;
	unsigned int seen;
	const char *why;
};

/* Names a kernel may use in the note FEATURES, by feature number. */
static const char *const feature_name[] = {
	[XENFEAT_writable_page_tables] = "writable_page_tables",
	[XENFEAT_writable_descriptor_tables] = "writable_descriptor_tables",
	[XENFEAT_auto_translated_physmap] = "auto_translated_physmap",
	[XENFEAT_supervisor_mode_kernel] = "supervisor_mode_kernel",
	[XENFEAT_pae_pgdir_above_4gb] = "pae_pgdir_above_4gb",
	[XENFEAT_dom0] = "dom0",
};

static int fail(struct parse *p, int err, const char *why)
{
	p->why = why;
	return -err;
}

static bool in_file(const struct parse *p, uint64_t offset, uint64_t size)
{
	return offset <= p->len && size <= p->len - offset;
}

static int check_header(struct parse *p, struct elf64_ehdr *eh)
{
	if (p->len < sizeof(*eh))
		return fail(p, XEN_ENOEXEC, "the kernel is shorter than an ELF header");
	memcpy(eh, p->file, sizeof(*eh));
	if (memcmp(eh->ident, "\177ELF", 4) != 0)
		return fail(p, XEN_ENOEXEC, "the kernel is not an ELF file");
	/* class 2 = 64-bit, data 1 = little-endian, version 1 */
	if (eh->ident[4] != 2 || eh->ident[5] != 1 || eh->ident[6] != 1 || eh->machine != EM_X86_64)
		return fail(p, XEN_ENOEXEC, "the kernel is not a 64-bit x86 ELF");
	if (eh->type != ET_EXEC)
		return fail(p, XEN_ENOEXEC, "the kernel's ELF is not an executable");
	if (eh->phnum == 0 || eh->phentsize != sizeof(struct elf64_phdr))
		return fail(p, XEN_ENOEXEC, "the kernel's ELF has no usable program headers");
	if (eh->phnum > ELF_MAX_SEGMENTS)
		return fail(p, XEN_E2BIG, "the kernel's ELF has too many program headers");
	if (!in_file(p, eh->phoff, (uint64_t)eh->phnum * sizeof(struct elf64_phdr)))
		return fail(p, XEN_ENOEXEC, "the kernel is truncated in its program headers");
	return 0;
}

static int add_segment(struct parse *p, const struct elf64_phdr *ph)
{
	struct elf_image *img = p->img;
	struct elf_segment *seg = &img->segment[img->nr_segments];
	unsigned int i;

	if (ph->memsz == 0 && ph->filesz == 0)
		return 0;
	if (ph->filesz > ph->memsz)
		return fail(p, XEN_ENOEXEC, "a segment of the kernel is larger in the file than in memory");
	if (!in_file(p, ph->offset, ph->filesz))
		return fail(p, XEN_ENOEXEC, "the kernel is truncated: a segment ends behind the file");
	if (ph->paddr >= MAX_PADDR || ph->memsz > MAX_SPAN)
		return fail(p, XEN_ENOEXEC, "a segment of the kernel has an impossible address or size");
	for (i = 0; i < img->nr_segments; i++) {
		const struct elf_segment *s = &img->segment[i];

		if (ph->paddr < s->paddr + s->memsz && s->paddr < ph->paddr + ph->memsz)
			return fail(p, XEN_ENOEXEC, "two segments of the kernel overlap");
	}
	*seg = (struct elf_segment){
		.offset = ph->offset, .filesz = ph->filesz, .paddr = ph->paddr, .memsz = ph->memsz,
	};
	img->nr_segments++;
	if (ph->paddr < img->pstart)
		img->pstart = ph->paddr & ~(PAGE_BYTES - 1);
	if (ph->paddr + ph->memsz > img->pend)
		img->pend = (ph->paddr + ph->memsz + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
	return 0;
}

/* Numbers are written with the width of whoever wrote the assembler file. */
static bool note_number(const uint8_t *desc, uint32_t size, uint64_t *value)
{
	*value = 0;
	if (size != 1 && size != 2 && size != 4 && size != 8)
		return false;
	memcpy(value, desc, size);
	return true;
}

static bool note_equals(const uint8_t *desc, uint32_t size, const char *text)
{
	size_t n = strlen(text);

	return size >= n && memcmp(desc, text, n) == 0 && (size == n || desc[n] == '\0');
}

static void note_copy(char *to, size_t room, const uint8_t *desc, uint32_t size)
{
	size_t i;

	for (i = 0; i + 1 < room && i < size && desc[i] != '\0'; i++)
		to[i] = desc[i] >= ' ' && desc[i] < 0x7f ? (char)desc[i] : '?';
	to[i] = '\0';
}

/* One word of the FEATURES note, without its '!'. */
static int note_feature(struct parse *p, const uint8_t *word, size_t n, bool required)
{
	size_t i;

	for (i = 0; i < sizeof(feature_name) / sizeof(feature_name[0]); i++) {
		if (!feature_name[i] || strlen(feature_name[i]) != n ||
		    memcmp(feature_name[i], word, n) != 0)
			continue;
		p->img->supported_features |= 1u << i;
		if (required)
			p->img->required_features |= 1u << i;
		return 0;
	}
	if (required)
		return fail(p, XEN_EINVAL, "the kernel requires a feature that is unknown here");
	return 0;
}

/* "name|name|!name": a leading '!' says that the guest cannot do without. */
static int note_features(struct parse *p, const uint8_t *desc, uint32_t size)
{
	uint32_t at = 0, end;
	int err;

	while (at < size && desc[at] != '\0') {
		bool required = desc[at] == '!';

		if (required)
			at++;
		for (end = at; end < size && desc[end] != '\0' && desc[end] != '|'; end++)
			;
		err = note_feature(p, desc + at, end - at, required);
		if (err)
			return err;
		at = end < size && desc[end] == '|' ? end + 1 : end;
	}
	return 0;
}

/* Notes whose contents are text. */
static int note_text(struct parse *p, uint32_t type, const uint8_t *desc, uint32_t size)
{
	switch (type) {
	case XEN_ELFNOTE_GUEST_OS:
		note_copy(p->img->guest_os, sizeof(p->img->guest_os), desc, size);
		return 0;
	case XEN_ELFNOTE_GUEST_VERSION:
		note_copy(p->img->guest_version, sizeof(p->img->guest_version), desc, size);
		return 0;
	case XEN_ELFNOTE_XEN_VERSION:
		if (!note_equals(desc, size, "xen-3.0"))
			return fail(p, XEN_EINVAL, "the kernel is for another Xen ABI than xen-3.0");
		p->seen |= SEEN_XEN_VERSION;
		return 0;
	case XEN_ELFNOTE_LOADER:
		if (!note_equals(desc, size, "generic"))
			return fail(p, XEN_EINVAL, "the kernel wants a loader other than generic");
		p->seen |= SEEN_LOADER;
		return 0;
	case XEN_ELFNOTE_FEATURES:
		return note_features(p, desc, size);
	case XEN_ELFNOTE_L1_MFN_VALID:
		if (size != 2 * sizeof(uint64_t))
			return fail(p, XEN_EINVAL, "the kernel's note L1_MFN_VALID has a wrong size");
		memcpy(&p->img->l1_valid_mask, desc, 8);
		memcpy(&p->img->l1_valid_value, desc + 8, 8);
		return 0;
	}
	return 0;
}

/* Where a numeric note is stored as it is; NULL for a type that is not one of these. */
static uint64_t *note_address(struct parse *p, uint32_t type)
{
	switch (type) {
	case XEN_ELFNOTE_ENTRY:
		p->seen |= SEEN_ENTRY;
		return &p->img->entry;
	case XEN_ELFNOTE_VIRT_BASE:
		p->seen |= SEEN_VIRT_BASE;
		return &p->img->virt_base;
	case XEN_ELFNOTE_PADDR_OFFSET:
		return &p->img->paddr_offset;
	case XEN_ELFNOTE_HYPERCALL_PAGE:
		return &p->img->hypercall_page;
	case XEN_ELFNOTE_INIT_P2M:
		return &p->img->p2m_base;
	case XEN_ELFNOTE_HV_START_LOW:
		return &p->img->hv_start_low;
	}
	return NULL;
}

static int take_note(struct parse *p, uint32_t type, const uint8_t *desc, uint32_t size)
{
	uint64_t *address = note_address(p, type), value;
	bool number = note_number(desc, size, &value);

	if (!address && type != XEN_ELFNOTE_MOD_START_PFN && type != XEN_ELFNOTE_SUSPEND_CANCEL &&
	    type != XEN_ELFNOTE_SUPPORTED_FEATURES)
		return note_text(p, type, desc, size);
	if (!number)
		return fail(p, XEN_EINVAL, "a numeric Xen note of the kernel has a wrong size");
	if (address)
		*address = value;
	else if (type == XEN_ELFNOTE_MOD_START_PFN)
		p->img->mod_start_pfn = value != 0;
	else if (type == XEN_ELFNOTE_SUSPEND_CANCEL)
		p->img->suspend_cancel = value != 0;
	else
		p->img->supported_features |= (uint32_t)value;
	return 0;
}

static uint64_t align_up(uint64_t value, uint64_t align)
{
	return (value + align - 1) & ~(align - 1);
}

static int walk_notes(struct parse *p, const struct elf64_phdr *ph)
{
	/* Only 4 and 8 exist; 0 and 1 are written by tools that mean the usual 4. */
	uint64_t align = ph->align == 8 ? 8 : 4, at = 0;

	if (!in_file(p, ph->offset, ph->filesz))
		return fail(p, XEN_ENOEXEC, "the kernel is truncated: its notes end behind the file");
	while (ph->filesz - at >= sizeof(struct elf64_nhdr)) {
		const uint8_t *note = p->file + ph->offset + at;
		uint64_t desc_at, next;
		struct elf64_nhdr nh;
		int err;

		/* The sums of 32-bit sizes cannot wrap in 64 bits. */
		memcpy(&nh, note, sizeof(nh));
		desc_at = align_up(sizeof(nh) + (uint64_t)nh.namesz, align);
		next = align_up(desc_at + nh.descsz, align);
		if (desc_at + nh.descsz > ph->filesz - at)
			return fail(p, XEN_ENOEXEC, "a note of the kernel ends behind its segment");
		if (nh.namesz == 4 && memcmp(note + sizeof(nh), "Xen", 4) == 0) {
			err = take_note(p, nh.type, note + desc_at, nh.descsz);
			if (err)
				return err;
		}
		if (next > ph->filesz - at)
			break;
		at += next;
	}
	return 0;
}

static int check_image(struct parse *p)
{
	const struct elf_image *img = p->img;
	uint64_t vstart, vend;

	if (img->nr_segments == 0)
		return fail(p, XEN_ENOEXEC, "the kernel's ELF has nothing to load");
	if (img->pend - img->pstart > MAX_SPAN)
		return fail(p, XEN_ENOEXEC, "the kernel spans more than 1 GiB of memory");
	if (p->seen == 0)
		return fail(p, XEN_EINVAL, "the kernel has no Xen notes: it was built without CONFIG_XEN_PV");
	if (!(p->seen & SEEN_XEN_VERSION))
		return fail(p, XEN_EINVAL, "the kernel lacks the Xen note XEN_VERSION");
	if (!(p->seen & SEEN_LOADER))
		return fail(p, XEN_EINVAL, "the kernel lacks the Xen note LOADER");
	if (!(p->seen & SEEN_VIRT_BASE))
		return fail(p, XEN_EINVAL, "the kernel lacks the Xen note VIRT_BASE");
	if (!(p->seen & SEEN_ENTRY))
		return fail(p, XEN_EINVAL, "the kernel lacks the Xen note ENTRY: it cannot start as a PV guest");
	if ((img->virt_base | img->paddr_offset) & (PAGE_BYTES - 1))
		return fail(p, XEN_EINVAL, "the kernel's VIRT_BASE or PADDR_OFFSET is not page aligned");
	if (img->pstart < img->paddr_offset)
		return fail(p, XEN_EINVAL, "the kernel loads below its PADDR_OFFSET");
	vstart = img->virt_base + (img->pstart - img->paddr_offset);
	vend = img->virt_base + (img->pend - img->paddr_offset);
	if (vstart < img->virt_base || vend <= vstart)
		return fail(p, XEN_EINVAL, "the kernel's VIRT_BASE leaves no room for it");
	if (img->entry < vstart || img->entry >= vend)
		return fail(p, XEN_EINVAL, "the kernel's PV entry point is outside of it");
	if (img->hypercall_page != ELF_NOTE_ABSENT &&
	    ((img->hypercall_page & (PAGE_BYTES - 1)) || img->hypercall_page < vstart ||
	     img->hypercall_page >= vend))
		return fail(p, XEN_EINVAL, "the kernel's hypercall page is outside of it or not aligned");
	if (img->required_features & ((1u << XENFEAT_supervisor_mode_kernel) |
				      (1u << XENFEAT_auto_translated_physmap)))
		return fail(p, XEN_EINVAL, "the kernel requires a mode that 64-bit PV guests do not have");
	return 0;
}

static int parse_headers(struct parse *p)
{
	struct elf64_ehdr eh;
	unsigned int i;
	int err;

	err = check_header(p, &eh);
	for (i = 0; !err && i < eh.phnum; i++) {
		struct elf64_phdr ph;

		memcpy(&ph, p->file + eh.phoff + i * sizeof(ph), sizeof(ph));
		if (ph.type == PT_LOAD)
			err = add_segment(p, &ph);
		else if (ph.type == PT_NOTE)
			err = walk_notes(p, &ph);
	}
	return err ? err : check_image(p);
}

int elf_parse(const void *elf, size_t len, struct elf_image *out, const char **why)
{
	struct parse p = { .file = elf, .len = len, .img = out };
	int err;

	memset(out, 0, sizeof(*out));
	out->pstart = ~UINT64_C(0);
	out->p2m_base = ELF_NOTE_ABSENT;
	out->hypercall_page = ELF_NOTE_ABSENT;
	out->hv_start_low = ELF_NOTE_ABSENT;
	out->l1_valid_mask = 1;
	out->l1_valid_value = 1;

	err = parse_headers(&p);
	if (err)
		*why = p.why;
	return err;
}

int elf_load(const struct elf_image *img, const void *elf,
	     int (*copy)(void *ctx, uint64_t paddr, const void *src, size_t filesz, size_t memsz),
	     void *ctx)
{
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < img->nr_segments; i++) {
		const struct elf_segment *s = &img->segment[i];

		err = copy(ctx, s->paddr - img->paddr_offset, (const uint8_t *)elf + s->offset,
			   (size_t)s->filesz, (size_t)s->memsz);
	}
	return err;
}
