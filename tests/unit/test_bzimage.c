/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_bzimage.c
 *
 * Which kernel files are recognised (hypervisor/domain/bzimage.c), where the payload is found, what
 * is refused and with which words.
 */
#include <check.h>

#include <abi/errno.h>

#include "../../hypervisor/domain/bzimage.h"
#include "loader_image.h"
#include "suite.h"

static const void *payload;
static size_t paylen, hint;
static enum payload_kind kind;
static const char *why;

static int find(const void *file, size_t len)
{
	uint8_t *copy = exact_copy(file, len);
	int err;

	why = NULL;
	err = bzimage_payload(copy, len, &payload, &paylen, &hint, &kind, &why);
	if (err == 0) {
		ck_assert((const uint8_t *)payload >= copy);
		ck_assert_uint_le((size_t)((const uint8_t *)payload - copy) + paylen, len);
	} else {
		ck_assert_ptr_nonnull(why);
	}
	free(copy);
	return err;
}

static int find_wrapped(const void *body, size_t size)
{
	size_t len;
	uint8_t *file = bzimage_wrap(body, size, &len);
	int err = find(file, len);

	free(file);
	return err;
}

START_TEST(knows_each_compression)
{
	static const struct {
		const char *magic;
		enum payload_kind kind;
		const char *name;
	} known[] = {
		{ "\177ELF\2\1\1padding.", PAYLOAD_ELF, "ELF" },
		{ "\x1f\x8b\x08_padding.", PAYLOAD_GZIP, "gzip" },
		{ "\xfd" "7zXZ\0padding.", PAYLOAD_XZ, "xz" },
		{ "\x28\xb5\x2f\xfdpadding.", PAYLOAD_ZSTD, "zstd" },
		{ "\x02\x21\x4c\x18padding.", PAYLOAD_LZ4, "lz4" },
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		uint8_t body[20] = { 0 };

		memcpy(body, known[i].magic, 12);
		body[17] = 0x34;
		body[18] = 0x12;
		ck_assert_int_eq(find_wrapped(body, sizeof(body)), 0);
		ck_assert_uint_eq(kind, known[i].kind);
		ck_assert_uint_eq(paylen, sizeof(body));
		ck_assert_str_eq(payload_kind_name(kind), known[i].name);
		ck_assert_uint_eq(hint, kind == PAYLOAD_ELF ? sizeof(body) : 0x123400);
	}
}
END_TEST

START_TEST(names_the_compressions_it_refuses)
{
	static const char *const refused[][2] = {
		{ "BZh91AY_padding_padding", "bzip2" },
		{ "\x5d\0\0\0_padding_padding_", "lzma" },
		{ "\x89LZO\0_padding_padding_", "lzo" },
		{ "\x04\x22\x4d\x18_padding_padding", "lz4 frame" },
		{ "what is this, a kernel?", "unknown compression" },
	};
	size_t i;

	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		ck_assert_int_eq(find_wrapped(refused[i][0], 20), -XEN_EOPNOTSUPP);
		ck_assert_msg(strstr(why, refused[i][1]) != NULL, "%s: %s", refused[i][1], why);
	}
}
END_TEST

START_TEST(takes_bare_files)
{
	ck_assert_int_eq(find("\177ELF\2\1\1 and so on", 18), 0);
	ck_assert_uint_eq(kind, PAYLOAD_ELF);
	ck_assert_int_eq(find("\x1f\x8b\x08 and so on\0\1\0\0", 18), 0);
	ck_assert_uint_eq(kind, PAYLOAD_GZIP);
	ck_assert_int_eq(find("\x28\xb5\x2f\xfd and so on", 14), -XEN_ENOEXEC);
	ck_assert_int_eq(find("", 0), -XEN_ENOEXEC);
	ck_assert_int_eq(find("\177ELF", 4), -XEN_ENOEXEC);
	ck_assert_ptr_nonnull(strstr(why, "too short"));
}
END_TEST

START_TEST(refuses_damage)
{
	uint8_t body[64] = { 0xfd, '7', 'z', 'X', 'Z', 0 };
	const uint32_t huge = 0xffffffff;
	const uint16_t old = 0x207;
	size_t len, cut;
	uint8_t *file = bzimage_wrap(body, sizeof(body), &len);

	ck_assert_int_eq(find(file, len), 0);
	for (cut = 0; cut < len; cut++)
		ck_assert_int_ne(find(file, cut), 0);
	memcpy(file + 0x248, &huge, 4);
	ck_assert_int_eq(find(file, len), -XEN_ENOEXEC);
	ck_assert_ptr_nonnull(strstr(why, "truncated"));
	memcpy(file + 0x206, &old, 2);
	ck_assert_int_eq(find(file, len), -XEN_ENOEXEC);
	ck_assert_ptr_nonnull(strstr(why, "2.08"));
	file[0x202] = 'x';
	ck_assert_int_eq(find(file, len), -XEN_ENOEXEC);
	ck_assert_ptr_nonnull(strstr(why, "neither"));
	free(file);
}
END_TEST

/* Boot protocol: setup_sects of 0 stands for 4. */
START_TEST(zero_setup_sectors_mean_four)
{
	uint8_t body[64] = { 0x28, 0xb5, 0x2f, 0xfd };
	size_t len;
	uint8_t *file = bzimage_wrap(body, sizeof(body), &len);

	file[0x1f1] = 0;
	ck_assert_int_eq(find(file, len), 0);
	ck_assert_uint_eq(kind, PAYLOAD_ZSTD);
	free(file);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("bzimage");
	TCase *tc = tcase_create("bzimage");

	tcase_add_test(tc, knows_each_compression);
	tcase_add_test(tc, names_the_compressions_it_refuses);
	tcase_add_test(tc, takes_bare_files);
	tcase_add_test(tc, refuses_damage);
	tcase_add_test(tc, zero_setup_sectors_mean_four);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
