/* SPDX-License-Identifier: BSD-2-Clause */
/* The kit's side of the console page beside a reader that reads in pieces, and one that lies. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "kit/console_ring.h"
#include "suite.h"

static struct xencons_interface *page;
static struct kit_console_ring ring;

static void page_make(uint32_t start)
{
	page = calloc(1, sizeof(*page));
	page->out_prod = page->out_cons = page->in_prod = page->in_cons = start;
	kit_console_ring_attach(&ring, page);
}

START_TEST(text_comes_out_as_it_went_in)
{
	uint32_t cons = UINT32_MAX - 500;
	char text[6000];
	size_t put = 0, got = 0;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i * 3);
	page_make(cons);
	srand(10);
	while (got < sizeof(text)) {
		put += kit_console_ring_put(&ring, text + put, sizeof(text) - put);
		ck_assert(put == sizeof(text) || put - got == XENCONS_OUT_RING_SIZE);
		for (int k = 1 + rand() % 900; k && got < put; k--)
			ck_assert_int_eq(page->out[cons++ % XENCONS_OUT_RING_SIZE], text[got++]);
		ck_assert(!kit_console_ring_is_read(&ring) || cons == page->out_cons);
		page->out_cons = cons;
	}
	ck_assert(kit_console_ring_is_read(&ring));
	free(page);
}
END_TEST

START_TEST(what_is_typed_is_read_in_pieces)
{
	char text[40];

	page_make(UINT32_MAX - 3);
	for (int i = 0; i < 10; i++)
		page->in[page->in_prod++ % XENCONS_IN_RING_SIZE] = (char)('a' + i);
	ck_assert_uint_eq(kit_console_ring_get(&ring, text, 4), 4);
	ck_assert_uint_eq(kit_console_ring_get(&ring, text + 4, 36), 6);
	ck_assert(!memcmp(text, "abcdefghij", 10));
	ck_assert_uint_eq(kit_console_ring_get(&ring, text, 40), 0);
	ck_assert_uint_eq(page->in_cons, page->in_prod);
	free(page);
}
END_TEST

START_TEST(wild_indices_give_nothing)
{
	char text[64];

	page_make(0);
	page->out_cons = 1;
	ck_assert_uint_eq(kit_console_ring_put(&ring, "abc", 3), 0);
	page->in_prod = XENCONS_IN_RING_SIZE + 1;
	ck_assert_uint_eq(kit_console_ring_get(&ring, text, 64), 0);
	srand(11);
	for (int i = 0; i < 20000; i++) {
		page->out_cons = (uint32_t)rand();
		page->out_prod = (uint32_t)rand();
		page->in_prod = ring.in_cons + (uint32_t)rand() % 2048;
		page->in_cons = (uint32_t)rand();
		ck_assert_uint_le(kit_console_ring_put(&ring, text, 64), 64);
		ck_assert_uint_le(kit_console_ring_get(&ring, text, 64), 64);
	}
	free(page);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("kit_console");
	TCase *t = tcase_create("console");

	tcase_add_test(t, text_comes_out_as_it_went_in);
	tcase_add_test(t, what_is_typed_is_read_in_pieces);
	tcase_add_test(t, wild_indices_give_nothing);
	suite_add_tcase(s, t);
	return suite_run(s);
}
