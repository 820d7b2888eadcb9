/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_store_wire.c
 *
 * The store's codec, paths, permissions and ring page: what is malformed is refused, what is
 * well-formed arrives whole however it was cut, and no index a peer writes leads out of the ring.
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stored/path.h"
#include "stored/perm.h"
#include "stored/ring.h"
#include "stored/wire.h"
#include "suite.h"

START_TEST(message_in_pieces)
{
	static struct wire_in in;
	struct xsd_sockmsg hdr = { XS_READ, 7, 9, 5 };
	char bytes[21];
	size_t at = 0, want;
	void *dst;

	memcpy(bytes, &hdr, 16);
	memcpy(bytes + 16, "abcd", 5);
	wire_in_reset(&in);
	while ((want = wire_in_want(&in, &dst)) > 0) {
		memcpy(dst, bytes + at++, 1);
		ck_assert_int_eq(wire_in_advance(&in, 1), 0);
	}
	ck_assert_uint_eq(at, 21);
	ck_assert_uint_eq(in.hdr.req_id, 7);
	ck_assert_str_eq(in.body, "abcd");
}
END_TEST

START_TEST(length_limit)
{
	static struct wire_in in;
	struct xsd_sockmsg hdr = { XS_READ, 0, 0, XENSTORE_PAYLOAD_MAX };
	void *dst;

	wire_in_reset(&in);
	wire_in_want(&in, &dst);
	memcpy(dst, &hdr, 16);
	ck_assert_int_eq(wire_in_advance(&in, 16), 0);
	ck_assert_uint_eq(wire_in_want(&in, &dst), XENSTORE_PAYLOAD_MAX);
	memset(dst, 'x', XENSTORE_PAYLOAD_MAX);
	ck_assert_int_eq(wire_in_advance(&in, XENSTORE_PAYLOAD_MAX), 0);
	ck_assert_uint_eq(wire_in_want(&in, &dst), 0);

	for (unsigned i = 0; i < 3; i++) {
		static const uint32_t bad[] = { XENSTORE_PAYLOAD_MAX + 1, 0x80000000u, UINT32_MAX };

		hdr.len = bad[i];
		wire_in_reset(&in);
		wire_in_want(&in, &dst);
		memcpy(dst, &hdr, 16);
		ck_assert_int_eq(wire_in_advance(&in, 16), -EPROTO);
	}
	ck_assert_ptr_null(wire_out_new(XS_READ, 0, 0, in.body, XENSTORE_PAYLOAD_MAX + 1));
}
END_TEST

START_TEST(arguments)
{
	struct wire_args a = { "one\0two\0rest", 12 }, none = { NULL, 0 };
	uint64_t n;

	ck_assert_str_eq(wire_args_next(&a), "one");
	ck_assert_str_eq(wire_args_next(&a), "two");
	ck_assert_ptr_null(wire_args_next(&a));
	ck_assert_uint_eq(a.left, 4);
	ck_assert_ptr_null(wire_args_next(&none));
	ck_assert(wire_number("0", 10, &n) && n == 0);
	ck_assert(wire_number("18446744073709551615", UINT64_MAX, &n) && n == UINT64_MAX);
	ck_assert(!wire_number("18446744073709551616", UINT64_MAX, &n));
	ck_assert(!wire_number("11", 10, &n));
	ck_assert(!wire_number("", 10, &n));
	ck_assert(!wire_number("-1", 10, &n));
	ck_assert(!wire_number(" 1", 10, &n));
	ck_assert(!wire_number("1x", 100, &n));
	ck_assert_str_eq(wire_error_name(EAGAIN), "EAGAIN");
	ck_assert_str_eq(wire_error_name(EPROTO), "EIO");
}
END_TEST

START_TEST(paths)
{
	static const char *const bad[] = { "", "/a/", "//", "/a//b", "a b", "/\x80", "@x", "/a\n",
					   "a/" };
	char out[XENSTORE_ABS_PATH_MAX], longest[XENSTORE_ABS_PATH_MAX + 1];
	const char *relative;
	size_t strip;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(path_resolve(1, bad[i], out, &strip) == -EINVAL, "\"%s\"", bad[i]);
	ck_assert_int_eq(path_resolve(1, "/", out, &strip), 0);
	ck_assert_int_eq(path_resolve(1, "a/b_-@9", out, &strip), 0);
	ck_assert_str_eq(out, "/local/domain/1/a/b_-@9");
	ck_assert_str_eq(out + strip, "a/b_-@9");
	memset(longest, 'a', sizeof(longest));
	longest[0] = '/';
	longest[XENSTORE_ABS_PATH_MAX] = '\0';
	ck_assert_int_eq(path_resolve(1, longest, out, &strip), -EINVAL);
	longest[XENSTORE_ABS_PATH_MAX - 1] = '\0';
	ck_assert_int_eq(path_resolve(1, longest, out, &strip), 0);
	relative = longest + XENSTORE_ABS_PATH_MAX - XENSTORE_REL_PATH_MAX;
	ck_assert_int_eq(path_resolve(1, relative, out, &strip), 0);
	ck_assert_int_eq(path_resolve(1, relative - 1, out, &strip), -EINVAL);
	ck_assert_int_eq(path_special("@releaseDomain"), SPECIAL_RELEASE);
	ck_assert_int_eq(path_special("@release"), -1);
}
END_TEST

START_TEST(permissions)
{
	const struct perm p[] = { { 3, PERM_READ }, { 4, PERM_WRITE }, { 5, PERM_NONE } };
	struct perm_list *l = perm_list_new(p, 3), *cut;
	struct perm_who who = { .domid = 3 };
	struct perm parsed;
	char text[PERM_TEXT_MAX];

	ck_assert_uint_eq(perm_of(l, &who), PERM_ALL);
	who.domid = 4;
	ck_assert_uint_eq(perm_of(l, &who), PERM_WRITE);
	who.domid = 5;
	ck_assert_uint_eq(perm_of(l, &who), PERM_NONE);
	who.domid = 6;
	ck_assert_uint_eq(perm_of(l, &who), PERM_READ);
	who.has_target = true;
	who.target = 3;
	ck_assert_uint_eq(perm_of(l, &who), PERM_ALL);
	who = (struct perm_who){ .domid = 0, .privileged = true };
	ck_assert_uint_eq(perm_of(l, &who), PERM_ALL);
	cut = perm_list_without(l, 4);
	ck_assert_uint_eq(cut->n, 2);
	ck_assert(!perm_list_names(cut, 4) && perm_list_names(cut, 5));
	perm_list_put(cut);
	perm_list_put(l);

	ck_assert(perm_parse("b32751", &parsed));
	ck_assert_uint_eq(parsed.domid, 32751);
	perm_format(&parsed, text);
	ck_assert_str_eq(text, "b32751");
	ck_assert(!perm_parse("r32752", &parsed));
	ck_assert(!perm_parse("x1", &parsed));
	ck_assert(!perm_parse("r", &parsed));
	ck_assert(!perm_parse("", &parsed));
	ck_assert(!perm_parse("r1 ", &parsed));
}
END_TEST

START_TEST(ring_wraps)
{
	static struct xenstore_domain_interface page;
	char out[1500], in[1500];
	unsigned sent = 0, got = 0;
	uint32_t cons, prod;

	/* Indices close to their own wrap, not only the ring's. */
	page.rsp_cons = page.rsp_prod = page.req_cons = page.req_prod = UINT32_MAX - 700;
	ring_indices(&page, &cons, &prod);
	for (unsigned i = 0; i < sizeof(out); i++)
		out[i] = (char)(i * 7);
	while (got < sizeof(in)) {
		int n = ring_write(&page, &prod, out + sent, sizeof(out) - sent);

		ck_assert_int_ge(n, 0);
		sent += (unsigned)n;
		/* The peer's part: what was sent becomes a request. */
		memcpy(page.req, page.rsp, sizeof(page.req));
		page.req_prod = page.rsp_prod;
		n = ring_read(&page, &cons, in + got, 400);
		ck_assert_int_gt(n, 0);
		got += (unsigned)n;
		/* The peer's until it is told otherwise. */
		ck_assert_uint_eq(page.req_cons, cons - (unsigned)n);
		ring_consumed(&page, cons);
		page.rsp_cons = page.req_cons;
	}
	ck_assert_mem_eq(in, out, sizeof(in));
	ck_assert_int_eq(ring_read(&page, &cons, in, 10), 0);
}
END_TEST

START_TEST(ring_hostile_indices)
{
	static struct xenstore_domain_interface page;
	char buf[2000] = { 0 };
	uint32_t cons = 0, prod = 0;

	page.req_prod = XENSTORE_RING_SIZE + 1;
	ck_assert_int_eq(ring_read(&page, &cons, buf, sizeof(buf)), -EPROTO);
	page.req_prod = XENSTORE_RING_SIZE;
	ck_assert_int_eq(ring_read(&page, &cons, buf, sizeof(buf)), XENSTORE_RING_SIZE);
	page.req_prod = cons - 1;
	ck_assert_int_eq(ring_read(&page, &cons, buf, sizeof(buf)), -EPROTO);
	page.rsp_cons = 1;
	ck_assert_int_eq(ring_write(&page, &prod, buf, 1), -EPROTO);
	page.rsp_cons = 0;
	/* What the peer writes over our own indices is not read. */
	page.req_cons = page.rsp_prod = 12345;
	ck_assert_int_eq(ring_write(&page, &prod, buf, sizeof(buf)), XENSTORE_RING_SIZE);
	ck_assert_uint_eq(page.rsp_prod, XENSTORE_RING_SIZE);
	ck_assert_int_eq(ring_write(&page, &prod, buf, 1), 0);
	page.connection = XENSTORE_RECONNECT;
	ck_assert(ring_reconnect_wanted(&page));
	ring_reconnect(&page);
	ck_assert(!ring_reconnect_wanted(&page));
	prod = 0;
	ck_assert_int_eq(ring_write(&page, &prod, buf, 1), 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("store wire");
	TCase *tc = tcase_create("pure");

	tcase_add_test(tc, message_in_pieces);
	tcase_add_test(tc, length_limit);
	tcase_add_test(tc, arguments);
	tcase_add_test(tc, paths);
	tcase_add_test(tc, permissions);
	tcase_add_test(tc, ring_wraps);
	tcase_add_test(tc, ring_hostile_indices);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
