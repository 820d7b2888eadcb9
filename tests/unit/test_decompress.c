/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_decompress.c
 *
 * payload_unpack() with real streams of each compression, made here with the libraries' encoders in
 * the form Linux's build gives them: round trips, wrong claims, truncation, damage, and memory that
 * runs out at the n-th request. Every request must be given back, with the size it was made with.
 */
#include <check.h>
#include <lz4.h>
#include <lzma.h>
#include <stdbool.h>
#include <zlib.h>
#include <zstd.h>

#include <abi/errno.h>

#include "../../hypervisor/domain/decompress.h"
#include "loader_image.h"
#include "suite.h"

#define PLAIN_BYTES	(20u << 20)	/* more than two lz4 blocks */
#define PACKED_ROOM	(32u << 20)

static uint8_t *plain, *packed;
static size_t packed_len;
static const char *why;

/* The allocator under test's control: counts what is out, fails on request. */
static size_t live_bytes;
static int fail_at;	/* the n-th request fails; 0 = never */

static void *test_alloc(size_t n)
{
	void *p;

	if (fail_at && --fail_at == 0)
		return NULL;
	p = malloc(n);
	if (p)
		live_bytes += n;
	return p;
}

static void test_free(void *p, size_t n)
{
	live_bytes -= n;
	free(p);
}

static void append_size(uint32_t size)
{
	memcpy(packed + packed_len, &size, 4);
	packed_len += 4;
}

static void pack_gzip(void)
{
	z_stream zs = { .next_in = plain, .avail_in = PLAIN_BYTES, .next_out = packed,
			.avail_out = PACKED_ROOM };

	ck_assert_int_eq(deflateInit2(&zs, 1, Z_DEFLATED, 15 + 16, 8, 0), Z_OK);
	ck_assert_int_eq(deflate(&zs, Z_FINISH), Z_STREAM_END);
	packed_len = zs.total_out;
	deflateEnd(&zs);
}

static void pack_xz(void)
{
	lzma_options_lzma opt;
	lzma_filter chain[] = {
		{ LZMA_FILTER_X86, NULL }, { LZMA_FILTER_LZMA2, &opt }, { LZMA_VLI_UNKNOWN, NULL },
	};

	ck_assert(!lzma_lzma_preset(&opt, 0));
	opt.dict_size = 4u << 20;
	packed_len = 0;
	ck_assert_int_eq(lzma_stream_buffer_encode(chain, LZMA_CHECK_CRC32, NULL, plain, PLAIN_BYTES,
						   packed, &packed_len, PACKED_ROOM), LZMA_OK);
	append_size(PLAIN_BYTES);
}

static void pack_zstd(void)
{
	packed_len = ZSTD_compress(packed, PACKED_ROOM, plain, PLAIN_BYTES, 1);
	ck_assert(!ZSTD_isError(packed_len));
	append_size(PLAIN_BYTES);
}

static void pack_lz4(void)
{
	size_t at, block = 8u << 20;

	memcpy(packed, "\x02\x21\x4c\x18", 4);
	packed_len = 4;
	for (at = 0; at < PLAIN_BYTES; at += block) {
		size_t n = PLAIN_BYTES - at < block ? PLAIN_BYTES - at : block;
		int got = LZ4_compress_default((char *)plain + at, (char *)packed + packed_len + 4,
					       (int)n, (int)(PACKED_ROOM - packed_len - 4));
		uint32_t size = (uint32_t)got;

		ck_assert_int_gt(got, 0);
		memcpy(packed + packed_len, &size, 4);
		packed_len += 4 + size;
	}
	append_size(PLAIN_BYTES);
}

static const struct {
	enum payload_kind kind;
	void (*pack)(void);
	bool checksummed;
} forms[] = {
	{ PAYLOAD_GZIP, pack_gzip, true },
	{ PAYLOAD_XZ, pack_xz, true },
	{ PAYLOAD_ZSTD, pack_zstd, false },
	{ PAYLOAD_LZ4, pack_lz4, false },
};

static void setup(void)
{
	size_t i;

	plain = malloc(PLAIN_BYTES);
	packed = malloc(PACKED_ROOM);
	ck_assert(plain && packed);
	srandom(3);
	for (i = 0; i < PLAIN_BYTES; i++)
		plain[i] = (uint8_t)(i % 5000 < 100 ? random() : (long)(i / 777));
}

static void teardown(void)
{
	free(plain);
	free(packed);
}

static int unpack(enum payload_kind kind, size_t len, bool compare)
{
	uint8_t *in = exact_copy(packed, len);
	void *out = NULL;
	size_t outlen = 0;
	int err;

	why = NULL;
	live_bytes = 0;
	err = payload_unpack(kind, in, len, test_alloc, test_free, &out, &outlen, &why);
	free(in);
	if (err) {
		ck_assert_ptr_nonnull(why);
		ck_assert_uint_eq(live_bytes, 0);
		return err;
	}
	ck_assert_uint_eq(live_bytes, outlen);
	if (compare) {
		ck_assert_uint_eq(outlen, PLAIN_BYTES);
		ck_assert(memcmp(out, plain, outlen) == 0);
	}
	test_free(out, outlen);
	return 0;
}

START_TEST(round_trip)
{
	forms[_i].pack();
	ck_assert_msg(unpack(forms[_i].kind, packed_len, true) == 0, "%s", why);
}
END_TEST

START_TEST(wrong_claims)
{
	static const uint32_t claims[] = {
		PLAIN_BYTES - 1, PLAIN_BYTES + 1, PLAIN_BYTES / 2, 0, 10, 0x40000001, 0xffffffff,
	};
	size_t i;

	forms[_i].pack();
	for (i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
		memcpy(packed + packed_len - 4, &claims[i], 4);
		ck_assert_int_eq(unpack(forms[_i].kind, packed_len, false), -XEN_ENOEXEC);
	}
}
END_TEST

/* The last four bytes of what is left are then the claim: forge the right one, so that it is not the sign. */
START_TEST(truncation)
{
	const uint32_t claim = PLAIN_BYTES;
	size_t keep[] = { 4, 5, 8, 16, 24, 40, 200, 0, 0, 0 }, i;
	const size_t nr = sizeof(keep) / sizeof(keep[0]);

	forms[_i].pack();
	keep[nr - 3] = packed_len / 2;
	keep[nr - 2] = packed_len - 1000;
	keep[nr - 1] = packed_len - 5;
	for (i = 0; i < nr; i++) {
		forms[_i].pack();
		memcpy(packed + keep[i] - 4, &claim, 4);
		ck_assert_int_eq(unpack(forms[_i].kind, keep[i], false), -XEN_ENOEXEC);
	}
}
END_TEST

START_TEST(damage)
{
	unsigned int round;
	uint8_t *whole;
	size_t whole_len;

	forms[_i].pack();
	whole_len = packed_len;
	whole = exact_copy(packed, packed_len);
	srandom(5);
	for (round = 0; round < 60; round++) {
		/* Early rounds hit the headers, later ones anything. */
		size_t span = round < 30 ? 64 : whole_len - 8;
		int err;

		memcpy(packed, whole, whole_len);
		packed[(size_t)random() % span] ^= (uint8_t)(1 + random() % 255);
		err = unpack(forms[_i].kind, whole_len, false);
		if (forms[_i].checksummed && round >= 30)
			ck_assert_int_eq(err, -XEN_ENOEXEC);
	}
	free(whole);
}
END_TEST

START_TEST(memory_runs_out)
{
	int n;

	forms[_i].pack();
	for (n = 1; n <= 2; n++) {
		fail_at = n;
		ck_assert_int_eq(unpack(forms[_i].kind, packed_len, false), -XEN_ENOMEM);
	}
	fail_at = 0;
}
END_TEST

START_TEST(followed_by_other_data)
{
	const uint32_t claim = PLAIN_BYTES;

	if (forms[_i].kind == PAYLOAD_LZ4)
		return;	/* has no end mark: what follows is one more block */
	forms[_i].pack();
	memset(packed + packed_len, 'x', 100);
	packed_len += 96;
	append_size(claim);
	ck_assert_int_eq(unpack(forms[_i].kind, packed_len, false), -XEN_ENOEXEC);
}
END_TEST

START_TEST(zstd_of_old_and_several_frames)
{
	const uint32_t claim = PLAIN_BYTES;
	size_t first;

	pack_zstd();
	packed[0] = 0x27;	/* the magic number of v0.7 */
	ck_assert_int_eq(unpack(PAYLOAD_ZSTD, packed_len, false), -XEN_ENOEXEC);

	first = ZSTD_compress(packed, PACKED_ROOM, plain, PLAIN_BYTES / 2, 1);
	packed_len = first + ZSTD_compress(packed + first, PACKED_ROOM - first,
					   plain + PLAIN_BYTES / 2, PLAIN_BYTES / 2, 1);
	append_size(claim);
	ck_assert_int_eq(unpack(PAYLOAD_ZSTD, packed_len, false), -XEN_ENOEXEC);
	ck_assert_ptr_nonnull(strstr(why, "more than one"));
}
END_TEST

START_TEST(plain_elf_is_copied)
{
	memcpy(packed, plain, 1000);
	packed_len = 1000;
	ck_assert_int_eq(unpack(PAYLOAD_ELF, packed_len, false), 0);
	fail_at = 1;
	ck_assert_int_eq(unpack(PAYLOAD_ELF, packed_len, false), -XEN_ENOMEM);
	fail_at = 0;
}
END_TEST

int main(void)
{
	const int nr = sizeof(forms) / sizeof(forms[0]);
	Suite *s = suite_create("decompress");
	TCase *tc = tcase_create("decompress");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, round_trip, 0, nr);
	tcase_add_loop_test(tc, wrong_claims, 0, nr);
	tcase_add_loop_test(tc, truncation, 0, nr);
	tcase_add_loop_test(tc, damage, 0, nr);
	tcase_add_loop_test(tc, memory_runs_out, 0, nr);
	tcase_add_loop_test(tc, followed_by_other_data, 0, nr);
	tcase_add_test(tc, zstd_of_old_and_several_frames);
	tcase_add_test(tc, plain_elf_is_copied);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
