/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_elf.c
 *
 * The ELF and note parser (hypervisor/domain/elf.c): what it reads of a good kernel, each refusal with
 * its reason, truncation at every length, and random damage, under the sanitizers with buffers of the
 * exact size.
 */
#include <check.h>
#include <stdio.h>

#include <abi/errno.h>
#include <abi/features.h>

#include "../../hypervisor/domain/elf.h"
#include "loader_image.h"
#include "suite.h"

static struct image im;
static struct elf_image out;
static const char *why;

static int parse(void)
{
	void *copy = exact_copy(im.bytes, im.len);
	int err;

	why = NULL;
	err = elf_parse(copy, im.len, &out, &why);
	free(copy);
	ck_assert((err == 0) == (why == NULL));
	return err;
}

static void expect(int err, const char *part)
{
	int got = parse();

	ck_assert_msg(got == -err && why && strstr(why, part), "wanted -%d and \"%s\", got %d and \"%s\"",
		      err, part, got, why ? why : "(none)");
}

static void good(void)
{
	image_init(&im);
	image_linux_notes(&im);
}

START_TEST(reads_a_linux_kernel)
{
	good();
	ck_assert_int_eq(parse(), 0);
	ck_assert_uint_eq(out.entry, IMAGE_VIRT_BASE + IMAGE_PSTART + 0x1c0);
	ck_assert_uint_eq(out.virt_base, IMAGE_VIRT_BASE);
	ck_assert_uint_eq(out.p2m_base, UINT64_C(0x8000000000));
	ck_assert_uint_eq(out.hypercall_page, ELF_NOTE_ABSENT);
	ck_assert_uint_eq(out.pstart, IMAGE_PSTART);
	ck_assert_uint_eq(out.pend, IMAGE_PSTART + 0x8000);
	ck_assert(out.mod_start_pfn);
	ck_assert_uint_eq(out.supported_features, 0x8811);
	ck_assert_uint_eq(out.required_features, 1u << XENFEAT_writable_page_tables);
	ck_assert_str_eq(out.guest_os, "linux");
	ck_assert_uint_eq(out.nr_segments, 2);
	ck_assert_uint_eq(out.hv_start_low, UINT64_C(0xffff800000000000));
}
END_TEST

START_TEST(short_numbers_and_long_names)
{
	uint32_t four = 0x1000;

	image_init(&im);
	image_required_notes(&im);
	image_note(&im, XEN_ELFNOTE_SUPPORTED_FEATURES, &four, 4);
	image_note_text(&im, XEN_ELFNOTE_GUEST_OS, "a-name-longer-than-its-field\n");
	ck_assert_int_eq(parse(), 0);
	ck_assert_uint_eq(out.supported_features, 0x1000);
	ck_assert_str_eq(out.guest_os, "a-name-longer-t");
	ck_assert(!out.mod_start_pfn);
	ck_assert_uint_eq(out.p2m_base, ELF_NOTE_ABSENT);
}
END_TEST

START_TEST(refuses_a_wrong_header)
{
	good();
	im.bytes[0] = 0;
	expect(XEN_ENOEXEC, "not an ELF");
	good();
	im.bytes[EI_CLASS] = ELFCLASS32;
	expect(XEN_ENOEXEC, "64-bit x86");
	good();
	((Elf64_Ehdr *)im.bytes)->e_machine = EM_AARCH64;
	expect(XEN_ENOEXEC, "64-bit x86");
	good();
	((Elf64_Ehdr *)im.bytes)->e_type = ET_REL;
	expect(XEN_ENOEXEC, "executable");
	good();
	((Elf64_Ehdr *)im.bytes)->e_phnum = ELF_MAX_SEGMENTS + 1;
	expect(XEN_E2BIG, "too many");
	good();
	((Elf64_Ehdr *)im.bytes)->e_phoff = UINT64_MAX - 8;
	expect(XEN_ENOEXEC, "truncated");
}
END_TEST

START_TEST(refuses_a_wrong_segment)
{
	good();
	image_phdr(&im, 0)->p_filesz = image_phdr(&im, 0)->p_memsz + 1;
	expect(XEN_ENOEXEC, "larger in the file");
	good();
	image_phdr(&im, 1)->p_offset = UINT64_MAX - 0x10;
	expect(XEN_ENOEXEC, "truncated");
	good();
	image_phdr(&im, 1)->p_paddr = UINT64_MAX - 0x10;
	expect(XEN_ENOEXEC, "impossible address");
	good();
	image_phdr(&im, 1)->p_memsz = UINT64_MAX;
	expect(XEN_ENOEXEC, "impossible address");
	good();
	image_phdr(&im, 1)->p_paddr = IMAGE_PSTART + 0x4fff;
	expect(XEN_ENOEXEC, "overlap");
	good();
	image_phdr(&im, 1)->p_paddr = UINT64_C(1) << 40;
	expect(XEN_ENOEXEC, "1 GiB");
	good();
	image_phdr(&im, 0)->p_type = PT_NULL;
	image_phdr(&im, 1)->p_type = PT_NULL;
	expect(XEN_ENOEXEC, "nothing to load");
}
END_TEST

START_TEST(refuses_missing_or_foreign_notes)
{
	image_init(&im);
	expect(XEN_EINVAL, "CONFIG_XEN_PV");
	image_note_text(&im, XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
	expect(XEN_EINVAL, "LOADER");
	image_note_text(&im, XEN_ELFNOTE_LOADER, "generic");
	expect(XEN_EINVAL, "VIRT_BASE");
	image_note_number(&im, XEN_ELFNOTE_VIRT_BASE, IMAGE_VIRT_BASE);
	expect(XEN_EINVAL, "ENTRY");
	image_note_number(&im, XEN_ELFNOTE_ENTRY, IMAGE_VIRT_BASE + IMAGE_PSTART);
	ck_assert_int_eq(parse(), 0);
	good();
	image_note_text(&im, XEN_ELFNOTE_XEN_VERSION, "xen-3.1");
	expect(XEN_EINVAL, "xen-3.0");
	good();
	image_note_text(&im, XEN_ELFNOTE_LOADER, "generical");
	expect(XEN_EINVAL, "generic");
}
END_TEST

START_TEST(refuses_impossible_notes)
{
	good();
	image_note_number(&im, XEN_ELFNOTE_ENTRY, IMAGE_VIRT_BASE + IMAGE_PSTART + 0x8000);
	expect(XEN_EINVAL, "entry point");
	good();
	image_note_number(&im, XEN_ELFNOTE_HYPERCALL_PAGE, IMAGE_VIRT_BASE + IMAGE_PSTART + 8);
	expect(XEN_EINVAL, "hypercall page");
	good();
	image_note_number(&im, XEN_ELFNOTE_PADDR_OFFSET, IMAGE_PSTART + 0x1000);
	expect(XEN_EINVAL, "below its PADDR_OFFSET");
	good();
	image_note_number(&im, XEN_ELFNOTE_VIRT_BASE, UINT64_MAX & ~UINT64_C(0xfff));
	expect(XEN_EINVAL, "no room");
	good();
	image_note(&im, XEN_ELFNOTE_ENTRY, "abc", 3);
	expect(XEN_EINVAL, "wrong size");
	good();
	image_note_text(&im, XEN_ELFNOTE_FEATURES, "!supervisor_mode_kernel");
	expect(XEN_EINVAL, "mode");
	good();
	image_note_text(&im, XEN_ELFNOTE_FEATURES, "|!flying");
	expect(XEN_EINVAL, "unknown");
	good();
	image_phdr(&im, 2)->p_filesz -= 4;
	expect(XEN_ENOEXEC, "behind its segment");
	good();
	image_phdr(&im, 2)->p_offset = im.len - 4;
	expect(XEN_ENOEXEC, "notes end behind");
}
END_TEST

/* Every prefix is refused: the last byte of the file belongs to a segment. */
START_TEST(refuses_every_truncation)
{
	size_t len;

	good();
	for (len = im.len; len-- > 0;) {
		im.len = len;
		ck_assert_int_ne(parse(), 0);
		if (len > 0x1100)
			len -= 97;
	}
}
END_TEST

/* Makes the sanitizer see each byte read. */
static unsigned int read_sum;

static int count_copy(void *ctx, uint64_t paddr, const void *src, size_t filesz, size_t memsz)
{
	const uint8_t *p = src;
	size_t i, *total = ctx;

	ck_assert_uint_ge(paddr, out.pstart - out.paddr_offset);
	ck_assert_uint_le(paddr + memsz, out.pend - out.paddr_offset);
	for (i = 0; i < filesz; i++)
		read_sum += p[i];
	*total += memsz;
	return 0;
}

START_TEST(loads_by_physical_address)
{
	size_t total = 0;

	good();
	ck_assert_int_eq(parse(), 0);
	ck_assert_int_eq(elf_load(&out, im.bytes, count_copy, &total), 0);
	ck_assert_uint_eq(total, 0x5000 + 0x2123);
}
END_TEST

/* Damage headers and notes at random; whatever is still accepted must load inside its bounds. */
START_TEST(survives_random_damage)
{
	unsigned int round, accepted = 0;

	srandom(1);
	for (round = 0; round < 60000; round++) {
		unsigned int hits = 1 + (unsigned int)random() % 4;
		size_t total = 0;
		void *copy;

		good();
		while (hits--)
			im.bytes[(size_t)random() % 0x3a0] = (uint8_t)random();
		copy = exact_copy(im.bytes, im.len);
		if (elf_parse(copy, im.len, &out, &why) == 0) {
			accepted++;
			ck_assert_int_eq(elf_load(&out, copy, count_copy, &total), 0);
		}
		free(copy);
	}
	ck_assert_uint_gt(accepted, 100);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("elf");
	TCase *tc = tcase_create("elf");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, reads_a_linux_kernel);
	tcase_add_test(tc, short_numbers_and_long_names);
	tcase_add_test(tc, refuses_a_wrong_header);
	tcase_add_test(tc, refuses_a_wrong_segment);
	tcase_add_test(tc, refuses_missing_or_foreign_notes);
	tcase_add_test(tc, refuses_impossible_notes);
	tcase_add_test(tc, refuses_every_truncation);
	tcase_add_test(tc, loads_by_physical_address);
	tcase_add_test(tc, survives_random_damage);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
