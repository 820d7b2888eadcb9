/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_blk_arena.c
 *
 * Buffer pages against a plain array: runs do not overlap, lie in one region, are the lowest that fit, and none is refused
 * while there is room.
 */
#include <check.h>
#include <stdbool.h>
#include <stdlib.h>

#include "blkd/arena.h"
#include "suite.h"

#define MUST(cond, ...) do { if (!(cond)) ck_abort_msg(__VA_ARGS__); } while (0)

struct run {
	uint32_t first, n;
};

static bool used[BLK_ARENA_PAGES];

static int lowest(uint32_t n)
{
	for (uint32_t first = 0; first + n <= BLK_ARENA_PAGES; first++) {
		bool fits = first / BLK_REGION_PAGES == (first + n - 1) / BLK_REGION_PAGES;

		for (uint32_t i = first; i < first + n && fits; i++)
			fits = !used[i];
		if (fits)
			return (int)first;
	}
	return -1;
}

static void mark(struct run r, bool to)
{
	for (uint32_t i = r.first; i < r.first + r.n; i++)
		used[i] = to;
}

START_TEST(random_runs)
{
	static struct blk_arena arena;
	struct run runs[512];
	uint32_t nr = 0, refused = 0;

	srand(5);
	for (int i = 0; i < 6000; i++) {
		if (nr < 512 && rand() % 5 > (i / 1000) % 4) {
			uint32_t n = 1 + (uint32_t)rand() % (rand() % 4 ? 32 : BLK_REGION_PAGES);
			int got = blk_arena_alloc(&arena, n);

			MUST(got == lowest(n), "%u pages at %d, not at %d", n, got, lowest(n));
			refused += got < 0;
			if (got < 0)
				continue;
			runs[nr] = (struct run){ (uint32_t)got, n };
			mark(runs[nr++], true);
		} else if (nr) {
			uint32_t k = (uint32_t)rand() % nr;

			blk_arena_free(&arena, runs[k].first, runs[k].n);
			mark(runs[k], false);
			runs[k] = runs[--nr];
		}
	}
	ck_assert_uint_gt(refused, 0);
	while (nr--)
		blk_arena_free(&arena, runs[nr].first, runs[nr].n);
	for (uint32_t i = 0; i < BLK_ARENA_PAGES / 64; i++)
		ck_assert_uint_eq(arena.used[i], 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("blk_arena");
	TCase *t = tcase_create("arena");

	tcase_add_test(t, random_runs);
	suite_add_tcase(s, t);
	return suite_run(s);
}
