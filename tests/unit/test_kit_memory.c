/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kit's page map and heap, against models: a page map of plain bytes, and a heap whose blocks are filled and looked
 * at again. Pages come from the host's allocator one run at a time, so a step outside of one is the sanitizer's to see.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "kit/heap.h"
#include "kit/pages.h"
#include "suite.h"

#define NR 200

START_TEST(runs_are_disjoint_and_come_back)
{
	uint64_t bits[(NR + 63) / 64];
	uint8_t owner[NR] = { 0 };
	size_t start[256] = { 0 }, len[256] = { 0 };
	struct kit_pages p;

	kit_pages_init(&p, bits, NR);
	ck_assert_uint_eq(kit_pages_take(&p, 1), KIT_PAGES_NONE);
	ck_assert(kit_pages_give(&p, 3, NR - 3));
	srand(1);
	for (int step = 0; step < 200000; step++) {
		int who = 1 + rand() % 255;

		if (len[who]) {
			ck_assert(kit_pages_give(&p, start[who], len[who]));
			memset(owner + start[who], 0, len[who]);
			len[who] = 0;
			continue;
		}
		len[who] = 1 + (size_t)rand() % (rand() % 4 ? 4 : 70);
		start[who] = kit_pages_take(&p, len[who]);
		if (start[who] == KIT_PAGES_NONE) {
			size_t run = 0;

			for (size_t i = 3; i < NR && run < len[who]; i++)
				run = owner[i] ? 0 : run + 1;
			ck_assert_uint_lt(run, len[who]);
			len[who] = 0;
			continue;
		}
		ck_assert_uint_ge(start[who], 3);
		ck_assert_uint_le(start[who] + len[who], NR);
		for (size_t i = start[who]; i < start[who] + len[who]; i++) {
			ck_assert_uint_eq(owner[i], 0);
			owner[i] = (uint8_t)who;
		}
	}
}
END_TEST

START_TEST(what_is_free_cannot_be_given)
{
	uint64_t bits[4];
	struct kit_pages p;

	kit_pages_init(&p, bits, NR);
	ck_assert(kit_pages_give(&p, 10, 10));
	ck_assert(!kit_pages_give(&p, 19, 2));
	ck_assert(!kit_pages_give(&p, NR - 1, 2));
	ck_assert(!kit_pages_give(&p, 5, ~0UL));
	ck_assert(!kit_pages_give(&p, ~0UL, 2));
	ck_assert_uint_eq(p.nr_free, 10);
	ck_assert_uint_eq(kit_pages_take(&p, 0), KIT_PAGES_NONE);
	ck_assert_uint_eq(kit_pages_take(&p, 11), KIT_PAGES_NONE);
	ck_assert_uint_eq(kit_pages_take(&p, 10), 10);
	ck_assert_uint_eq(p.nr_free, 0);
}
END_TEST

static size_t pages_out;
static bool no_pages;

static void *host_alloc(size_t n)
{
	void *p = no_pages ? NULL : aligned_alloc(4096, n * 4096);

	if (p)
		pages_out += n;
	return p;
}

static void host_free(void *p, size_t n)
{
	pages_out -= n;
	free(p);
}

START_TEST(blocks_keep_what_is_put_in)
{
	struct kit_heap h = { .page_alloc = host_alloc, .page_free = host_free };
	struct { uint8_t *p, fill; size_t size; } block[300] = { { NULL, 0, 0 } };

	srand(2);
	for (int step = 0; step < 30000; step++) {
		int i = rand() % 300;

		if (block[i].p) {
			size_t same = 0;

			while (same < block[i].size && block[i].p[same] == block[i].fill)
				same++;
			ck_assert_uint_eq(same, block[i].size);
			ck_assert(kit_heap_free(&h, block[i].p));
			block[i].p = NULL;
			continue;
		}
		block[i].size = (size_t)rand() % (rand() % 20 ? 300 : 20000);
		block[i].fill = (uint8_t)rand();
		block[i].p = kit_heap_alloc(&h, block[i].size);
		ck_assert_ptr_nonnull(block[i].p);
		ck_assert_uint_eq((uintptr_t)block[i].p % 16, 0);
		memset(block[i].p, block[i].fill, block[i].size);
	}
	for (int i = 0; i < 300; i++)
		if (block[i].p)
			ck_assert(kit_heap_free(&h, block[i].p));
	ck_assert_uint_le(pages_out, KIT_HEAP_CLASSES);
	for (unsigned int c = 0; c < KIT_HEAP_CLASSES; c++)
		if (h.partial[c])
			host_free(h.partial[c], 1);
	ck_assert_uint_eq(pages_out, 0);
}
END_TEST

START_TEST(wrong_frees_are_seen)
{
	struct kit_heap h = { .page_alloc = host_alloc, .page_free = host_free };
	uint8_t *a = kit_heap_alloc(&h, 100), *b = kit_heap_alloc(&h, 100), *run = kit_heap_alloc(&h, 5000);

	ck_assert(!kit_heap_free(&h, a + 16));
	ck_assert(!kit_heap_free(&h, (void *)((uintptr_t)a & -4096UL)));
	ck_assert(kit_heap_free(&h, a));
	ck_assert(!kit_heap_free(&h, a));
	ck_assert(!kit_heap_free(&h, run + 16));
	ck_assert(kit_heap_free(&h, run));
	ck_assert(kit_heap_free(&h, b));
	ck_assert_uint_eq(pages_out, 1);
	host_free((void *)((uintptr_t)b & -4096UL), 1);
}
END_TEST

START_TEST(no_pages_is_no_block)
{
	struct kit_heap h = { .page_alloc = host_alloc, .page_free = host_free };

	no_pages = true;
	ck_assert_ptr_null(kit_heap_alloc(&h, 1));
	ck_assert_ptr_null(kit_heap_alloc(&h, 4000));
	no_pages = false;
	ck_assert_ptr_null(kit_heap_alloc(&h, ~0UL));
	ck_assert_ptr_null(kit_heap_alloc(&h, ~0UL - 5000));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("kit_memory");
	TCase *t = tcase_create("memory");

	tcase_add_test(t, runs_are_disjoint_and_come_back);
	tcase_add_test(t, what_is_free_cannot_be_given);
	tcase_add_test(t, blocks_keep_what_is_put_in);
	tcase_add_test(t, wrong_frees_are_seen);
	tcase_add_test(t, no_pages_is_no_block);
	suite_add_tcase(s, t);
	return suite_run(s);
}
