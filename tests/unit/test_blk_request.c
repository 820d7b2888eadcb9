/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_blk_request.c
 *
 * Block requests as guests may write them: the good ones become exactly what was asked, each wrong
 * field is refused, and whatever random bytes ask for, an accepted request lies inside the disk and
 * each of its pieces inside one page.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "blkd/request.h"
#include "suite.h"

static const struct blk_limits disk = { .sectors = 1000, .unit = 1, .can_discard = true };
static const struct blk_limits readonly = { .sectors = 1000, .unit = 1, .readonly = true };

static struct blk_request out;
static const char *why;

static struct blkif_request simple(uint8_t op, uint64_t sector, uint8_t segs)
{
	struct blkif_request rq = { .operation = op, .nr_segments = segs, .id = 0x1122334455667788,
				    .sector_number = sector };

	for (unsigned int i = 0; i < 11; i++)
		rq.seg[i] = (struct blkif_request_segment){ .gref = 100 + i, .last_sect = 7 };
	return rq;
}

static int16_t decode(const struct blkif_request *rq, const struct blk_limits *l)
{
	why = NULL;
	return blk_request_decode(rq, l, &out, &why);
}

START_TEST(a_write_becomes_its_pieces)
{
	struct blkif_request rq = simple(BLKIF_OP_WRITE, 40, 3);

	rq.seg[0].first_sect = 2;
	rq.seg[2].last_sect = 0;
	ck_assert_int_eq(decode(&rq, &disk), BLKIF_RSP_OKAY);
	ck_assert_int_eq(out.kind, BLK_WRITE);
	ck_assert_uint_eq(out.id, 0x1122334455667788);
	ck_assert_uint_eq(out.sector, 40);
	ck_assert_uint_eq(out.nr_sectors, 6 + 8 + 1);
	ck_assert_uint_eq(out.nr_segs, 3);
	ck_assert_uint_eq(out.segs[0].offset, 1024);
	ck_assert_uint_eq(out.segs[0].bytes, 3072);
	ck_assert_uint_eq(out.segs[1].gref, 101);
	ck_assert_uint_eq(out.segs[1].bytes, 4096);
	ck_assert_uint_eq(out.segs[2].bytes, 512);
}
END_TEST

START_TEST(segments_are_counted_and_bounded)
{
	struct blkif_request rq = simple(BLKIF_OP_READ, 0, 11);

	ck_assert_int_eq(decode(&rq, &disk), BLKIF_RSP_OKAY);
	for (unsigned int n = 12; n < 256; n++) {
		rq.nr_segments = (uint8_t)n;
		ck_assert_int_eq(decode(&rq, &disk), BLKIF_RSP_ERROR);
	}
	rq.nr_segments = 0;
	ck_assert_int_eq(decode(&rq, &disk), BLKIF_RSP_ERROR);
	ck_assert_ptr_nonnull(why);
	for (unsigned int first = 0; first < 256; first++) {
		for (unsigned int last = 0; last < 256; last++) {
			rq = simple(BLKIF_OP_READ, 0, 1);
			rq.seg[0].first_sect = (uint8_t)first;
			rq.seg[0].last_sect = (uint8_t)last;
			ck_assert_int_eq(decode(&rq, &disk) == BLKIF_RSP_OKAY,
					 first <= last && last < 8);
		}
	}
}
END_TEST

START_TEST(the_end_of_the_disk_holds)
{
	const uint64_t bad[] = { 993, 1000, 1001, UINT64_MAX, UINT64_MAX - 7, UINT64_MAX / 512,
				 (uint64_t)1 << 55, (uint64_t)1 << 63 };
	struct blkif_request rq = simple(BLKIF_OP_READ, 992, 1);

	ck_assert_int_eq(decode(&rq, &disk), BLKIF_RSP_OKAY);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		rq = simple(BLKIF_OP_READ, bad[i], 1);
		ck_assert_int_eq(decode(&rq, &disk), BLKIF_RSP_ERROR);
	}
}
END_TEST

START_TEST(a_readonly_disk_refuses_changes)
{
	struct blkif_request rq = simple(BLKIF_OP_WRITE, 0, 1);
	struct blkif_request_indirect in = { .operation = BLKIF_OP_INDIRECT,
					     .indirect_op = BLKIF_OP_WRITE, .nr_segments = 1 };

	ck_assert_int_eq(decode(&rq, &readonly), BLKIF_RSP_ERROR);
	ck_assert_str_eq(why, "the disk is read-only");
	rq = simple(BLKIF_OP_READ, 0, 1);
	ck_assert_int_eq(decode(&rq, &readonly), BLKIF_RSP_OKAY);
	rq = simple(BLKIF_OP_DISCARD, 0, 0);
	ck_assert_int_eq(decode(&rq, &readonly), BLKIF_RSP_ERROR);
	memcpy(&rq, &in, sizeof(in));
	ck_assert_int_eq(decode(&rq, &readonly), BLKIF_RSP_ERROR);
}
END_TEST

START_TEST(barriers_with_and_without_data)
{
	struct blkif_request rq = simple(BLKIF_OP_WRITE_BARRIER, 8, 2);

	ck_assert_int_eq(decode(&rq, &disk), BLKIF_RSP_OKAY);
	ck_assert(out.barrier && out.kind == BLK_WRITE && out.nr_sectors == 16);
	ck_assert_int_eq(decode(&rq, &readonly), BLKIF_RSP_ERROR);
	rq.nr_segments = 0;
	rq.sector_number = UINT64_MAX;
	ck_assert_int_eq(decode(&rq, &disk), BLKIF_RSP_OKAY);
	ck_assert(out.barrier && out.kind == BLK_FLUSH && out.nr_sectors == 0);
	rq = simple(BLKIF_OP_WRITE, 8, 1);
	ck_assert_int_eq(decode(&rq, &disk), BLKIF_RSP_OKAY);
	ck_assert(!out.barrier);
}
END_TEST

/* Sectors of 4096 bytes: start and whole must be aligned, the pieces need not be. */
START_TEST(large_sectors_are_not_divided)
{
	const struct blk_limits large = { .sectors = 1000, .unit = 8, .can_discard = true };
	struct blkif_request rq = simple(BLKIF_OP_WRITE, 992, 1);
	struct blkif_request_discard in = { .operation = BLKIF_OP_DISCARD, .sector_number = 8, .nr_sectors = 8 };

	ck_assert_int_eq(decode(&rq, &large), BLKIF_RSP_OKAY);
	rq = simple(BLKIF_OP_WRITE, 4, 1);
	ck_assert_int_eq(decode(&rq, &large), BLKIF_RSP_ERROR);
	rq = simple(BLKIF_OP_READ, 8, 2);
	rq.seg[0].first_sect = 4;
	ck_assert_int_eq(decode(&rq, &large), BLKIF_RSP_ERROR);
	rq.seg[1].last_sect = 3;
	ck_assert_int_eq(decode(&rq, &large), BLKIF_RSP_OKAY);
	ck_assert_uint_eq(out.nr_sectors, 8);
	memcpy(&rq, &in, sizeof(in));
	ck_assert_int_eq(decode(&rq, &large), BLKIF_RSP_OKAY);
	in.nr_sectors = 9;
	memcpy(&rq, &in, sizeof(in));
	ck_assert_int_eq(decode(&rq, &large), BLKIF_RSP_ERROR);
}
END_TEST

START_TEST(other_operations)
{
	struct blkif_request rq = simple(BLKIF_OP_FLUSH_DISKCACHE, UINT64_MAX, 0);

	ck_assert_int_eq(decode(&rq, &disk), BLKIF_RSP_OKAY);
	ck_assert_int_eq(out.kind, BLK_FLUSH);
	ck_assert_int_eq(decode(&rq, &readonly), BLKIF_RSP_OKAY);
	rq = simple(BLKIF_OP_FLUSH_DISKCACHE, 0, 1);
	ck_assert_int_eq(decode(&rq, &disk), BLKIF_RSP_ERROR);
	for (unsigned int op = 0; op < 256; op++) {
		if (op <= BLKIF_OP_WRITE_BARRIER || op == BLKIF_OP_FLUSH_DISKCACHE || op == BLKIF_OP_DISCARD ||
		    op == BLKIF_OP_INDIRECT)
			continue;
		rq = simple((uint8_t)op, 0, 1);
		ck_assert_int_eq(decode(&rq, &disk), BLKIF_RSP_EOPNOTSUPP);
		ck_assert_uint_eq(out.operation, op);
		ck_assert_uint_eq(out.id, 0x1122334455667788);
	}
}
END_TEST

START_TEST(discards)
{
	struct blkif_request_discard d = { .operation = BLKIF_OP_DISCARD, .sector_number = 10,
					   .nr_sectors = 990 };
	struct blkif_request rq = { 0 };

	memcpy(&rq, &d, sizeof(d));
	ck_assert_int_eq(decode(&rq, &disk), BLKIF_RSP_OKAY);
	ck_assert_uint_eq(out.nr_sectors, 990);
	d.nr_sectors = 991;
	memcpy(&rq, &d, sizeof(d));
	ck_assert_int_eq(decode(&rq, &disk), BLKIF_RSP_ERROR);
	d.nr_sectors = UINT64_MAX;
	memcpy(&rq, &d, sizeof(d));
	ck_assert_int_eq(decode(&rq, &disk), BLKIF_RSP_ERROR);
	d.nr_sectors = 0;
	memcpy(&rq, &d, sizeof(d));
	ck_assert_int_eq(decode(&rq, &disk), BLKIF_RSP_ERROR);
	d = (struct blkif_request_discard){ .operation = BLKIF_OP_DISCARD, .nr_sectors = 1,
					    .flag = BLKIF_DISCARD_SECURE };
	memcpy(&rq, &d, sizeof(d));
	ck_assert_int_eq(decode(&rq, &disk), BLKIF_RSP_EOPNOTSUPP);
}
END_TEST

START_TEST(indirect_requests_take_two_steps)
{
	const struct blk_limits huge = { .sectors = BLK_SEGS_MAX * 8 + 100, .unit = 1 };
	struct blkif_request_indirect in = { .operation = BLKIF_OP_INDIRECT,
					     .indirect_op = BLKIF_OP_READ, .nr_segments = BLK_SEGS_MAX,
					     .sector_number = 100, .indirect_grefs = { 77 } };
	struct blkif_request_segment list[BLK_SEGS_MAX];
	struct blkif_request rq = { 0 };

	for (unsigned int i = 0; i < BLK_SEGS_MAX; i++)
		list[i] = (struct blkif_request_segment){ .gref = i, .last_sect = 7 };
	memcpy(&rq, &in, sizeof(in));
	ck_assert_int_eq(decode(&rq, &huge), BLKIF_RSP_OKAY);
	ck_assert(out.indirect);
	ck_assert_uint_eq(out.list_gref, 77);
	ck_assert_uint_eq(out.operation, BLKIF_OP_READ);
	ck_assert_int_eq(blk_request_list(list, &huge, &out, &why), BLKIF_RSP_OKAY);
	ck_assert(!out.indirect);
	ck_assert_uint_eq(out.nr_sectors, BLK_SEGS_MAX * 8);
	list[63].first_sect = 8;
	ck_assert_int_eq(blk_request_list(list, &huge, &out, &why), BLKIF_RSP_ERROR);
	in.nr_segments = BLK_SEGS_MAX + 1;
	memcpy(&rq, &in, sizeof(in));
	ck_assert_int_eq(decode(&rq, &huge), BLKIF_RSP_ERROR);
	in.nr_segments = 1;
	in.indirect_op = BLKIF_OP_FLUSH_DISKCACHE;
	memcpy(&rq, &in, sizeof(in));
	ck_assert_int_eq(decode(&rq, &huge), BLKIF_RSP_EOPNOTSUPP);
}
END_TEST

static void accepted_is_sane(const struct blk_limits *l)
{
	uint64_t bytes = 0;

	ck_assert_uint_le(out.nr_segs, BLK_SEGS_MAX);
	if (out.kind == BLK_FLUSH)
		return;
	ck_assert_uint_le(out.sector, l->sectors);
	ck_assert_uint_le(out.nr_sectors, l->sectors - out.sector);
	if (out.kind == BLK_DISCARD)
		return;
	for (uint32_t i = 0; i < out.nr_segs; i++) {
		ck_assert_uint_le(out.segs[i].offset + out.segs[i].bytes, 4096);
		bytes += out.segs[i].bytes;
	}
	ck_assert_uint_eq(bytes, out.nr_sectors * 512);
	ck_assert_uint_le(bytes, BLK_BYTES_MAX);
}

START_TEST(random_requests_do_no_harm)
{
	struct blkif_request_segment list[BLK_SEGS_MAX];
	unsigned int accepted = 0;

	srand(2);
	for (int round = 0; round < 300000; round++) {
		const struct blk_limits *l = rand() % 4 ? &disk : &readonly;
		struct blkif_request rq;

		for (size_t i = 0; i < sizeof(rq); i++)
			((uint8_t *)&rq)[i] = (uint8_t)rand();
		rq.operation %= 8;
		if (rand() % 2)
			rq.sector_number %= 1100;
		if (rand() % 2)
			rq.nr_segments %= 14;
		for (unsigned int i = 0; i < 11 && rand() % 8; i++) {
			rq.seg[i].first_sect %= 4;
			rq.seg[i].last_sect = (uint8_t)(4 + rq.seg[i].last_sect % 5);
		}
		if (decode(&rq, l) != BLKIF_RSP_OKAY)
			continue;
		if (out.indirect) {
			for (size_t i = 0; i < BLK_SEGS_MAX; i++)
				list[i] = rq.seg[i % 11];
			if (blk_request_list(list, l, &out, &why) != BLKIF_RSP_OKAY)
				continue;
		}
		accepted_is_sane(l);
		accepted++;
	}
	ck_assert_uint_gt(accepted, 1000);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("blk_request");
	TCase *t = tcase_create("request");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_write_becomes_its_pieces);
	tcase_add_test(t, segments_are_counted_and_bounded);
	tcase_add_test(t, the_end_of_the_disk_holds);
	tcase_add_test(t, a_readonly_disk_refuses_changes);
	tcase_add_test(t, other_operations);
	tcase_add_test(t, barriers_with_and_without_data);
	tcase_add_test(t, large_sectors_are_not_divided);
	tcase_add_test(t, discards);
	tcase_add_test(t, indirect_requests_take_two_steps);
	tcase_add_test(t, random_requests_do_no_harm);
	suite_add_tcase(s, t);
	return suite_run(s);
}
