/* SPDX-License-Identifier: BSD-2-Clause */
/* The head of a core: what a reader of ELF and of the format finds in it. */
#include <check.h>
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "domain/corefile.h"
#include "suite.h"

static const struct core_version version = { .major = 4, .minor = 17, .extra = ".0-socle", .capabilities = "xen-3.0-x86_64", .page_size = 4096 };

static char *head;
static struct core_layout l;

static void begin(void)
{
	core_layout_make(&l, 3, 1000);
	head = core_head_make(&l, &version);
	ck_assert_ptr_nonnull(head);
}

static void end(void)
{
	free(head);
}

static const Elf64_Shdr *section(const char *name)
{
	const Elf64_Ehdr *h = (const void *)head;
	const Elf64_Shdr *s = (const void *)(head + h->e_shoff);

	for (unsigned int i = 0; i < h->e_shnum; i++)
		if (strcmp(head + s[h->e_shstrndx].sh_offset + s[i].sh_name, name) == 0)
			return &s[i];
	ck_abort_msg("no section %s", name);
}

START_TEST(header)
{
	const Elf64_Ehdr *h = (const void *)head;

	ck_assert_mem_eq(h->e_ident, "\177ELF\2\1\1\0", 8);
	ck_assert_int_eq(h->e_type, ET_CORE);
	ck_assert_int_eq(h->e_machine, EM_X86_64);
	ck_assert_int_eq(h->e_phnum, 0);
	ck_assert_int_eq(h->e_shnum, 7);
}
END_TEST

static const struct { const char *name; uint64_t size, entry; } sections[] = {
	{ ".xen_prstatus", 3 * sizeof(struct vcpu_guest_context), sizeof(struct vcpu_guest_context) },
	{ ".xen_shared_info", 4096, 4096 }, { ".xen_p2m", 16000, 16 }, { ".xen_pages", 4096000, 4096 },
};

START_TEST(sections_follow_one_another)
{
	uint64_t at = section(".note.Xen")->sh_offset + section(".note.Xen")->sh_size;

	for (unsigned int i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		const Elf64_Shdr *s = section(sections[i].name);

		ck_assert_int_eq(s->sh_type, SHT_PROGBITS);
		ck_assert_uint_eq(s->sh_size, sections[i].size);
		ck_assert_uint_eq(s->sh_entsize, sections[i].entry);
		ck_assert_uint_ge(s->sh_offset, at);
		ck_assert_uint_lt(s->sh_offset - at, 4096);
		ck_assert_uint_eq(s->sh_offset % s->sh_addralign, 0);
		at = s->sh_offset + s->sh_size;
	}
	ck_assert_uint_eq(at, l.end);
}
END_TEST

/* Each with the name "Xen"; sizes are multiples of four, so there is no padding. */
START_TEST(notes)
{
	static const struct { uint32_t type, size; } want[] = { { 0x2000000, 0 }, { 0x2000001, 32 }, { 0x2000002, 1280 }, { 0x2000003, 8 } };
	const Elf64_Shdr *s = section(".note.Xen");
	const char *p = head + s->sh_offset;
	const uint64_t words[] = { 0xf00febed, 3, 1000, 4096 };

	ck_assert_int_eq(s->sh_type, SHT_NOTE);
	for (unsigned int i = 0; i < 4; i++) {
		Elf64_Nhdr n;

		memcpy(&n, p, sizeof(n));
		ck_assert_uint_eq(n.n_type, want[i].type);
		ck_assert_uint_eq(n.n_descsz, want[i].size);
		ck_assert_uint_eq(n.n_namesz, 4);
		ck_assert_str_eq(p + sizeof(n), "Xen");
		p += sizeof(n) + 4;
		if (i == 1)
			ck_assert_mem_eq(p, words, sizeof(words));
		if (i == 2) {
			ck_assert_mem_eq(p, &version, sizeof(version));
			ck_assert_str_eq(p + 16, ".0-socle");
			ck_assert_str_eq(p + 16 + 16 + 144, "xen-3.0-x86_64");
		}
		if (i == 3)
			ck_assert_mem_eq(p, "\1\0\0\0\0\0\0\0", 8);
		p += n.n_descsz;
	}
	ck_assert_ptr_eq(p, head + s->sh_offset + s->sh_size);
}
END_TEST

START_TEST(a_guest_without_pages)
{
	struct core_layout none;

	core_layout_make(&none, 0, 0);
	ck_assert_uint_eq(none.end, none.pages);
	ck_assert_uint_ge(none.p2m, none.shared_info + 4096);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("corefile");
	TCase *t = tcase_create("corefile");

	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, header);
	tcase_add_test(t, sections_follow_one_another);
	tcase_add_test(t, notes);
	tcase_add_test(t, a_guest_without_pages);
	suite_add_tcase(s, t);
	return suite_run(s);
}
