/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest of the kit for blk.sh that must not notice what becomes of dom0's daemons: round after round it writes to its disk and
 * to the store, alone and in a transaction, reads both back, and waits for the news of its own change. It says "steady N" now
 * and then, "wrong WHAT" when anything is not as it was told, and "over N" when dom0 has asked for that.
 */
#include <abi/errno.h>

#include "block/blkfront.h"
#include "kit/kit.h"
#include "kit/loop.h"
#include "kit/store.h"
#include "kit/string.h"

#define LONG (120 * KIT_SECOND)

static uint8_t data[PAGE_SIZE] PAGE_ALIGNED;
static struct kit_watch watch;
static unsigned int news;

static void on_news(void *arg)
{
	(void)arg;
	news++;
}

static bool has_news(void *arg)
{
	return news != *(unsigned int *)arg;
}

static int io(struct blkfront *b, enum blk_op op, uint64_t sector)
{
	struct blk_io io = { .op = op, .data = data, .bytes = sizeof(data), .sector = sector };
	uint64_t until = kit_time() + LONG;
	int r;

	/* The backend may be away. */
	while ((r = blkfront_run(b, &io)) == -XEN_EAGAIN && kit_time() < until)
		kit_loop_once(kit_time() + KIT_SECOND / 50);
	return r;
}

static bool disk_round(struct blkfront *b, uint64_t n)
{
	uint64_t sector = n * 8 % blkfront_facts(b)->sectors & ~7UL;
	uint64_t *word = (uint64_t *)data;
	int r;

	for (unsigned int i = 0; i < sizeof(data) / sizeof(*word); i++)
		word[i] = n * 1000003 + i;
	r = io(b, BLK_WRITE, sector);
	memset(data, 0, sizeof(data));
	if (r == 0)
		r = io(b, BLK_READ, sector);
	for (unsigned int i = 0; r == 0 && i < sizeof(data) / sizeof(*word); i++)
		if (word[i] != n * 1000003 + i)
			r = 1;
	if (r)
		kit_printf("wrong disk, round %lu: %d\n", n, r);
	return r == 0;
}

static int pair_write(uint64_t n)
{
	uint32_t tx;
	int r;

	do {
		r = kit_store_begin(&tx);
		if (r)
			return r;
		r = kit_store_printf(tx, "data/left", "%lu", n);
		if (r == 0)
			r = kit_store_printf(tx, "data/right", "%lu", n);
		if (r) {
			kit_store_end(tx, false);
			return r;
		}
		r = kit_store_end(tx, true);
	} while (r == -XEN_EAGAIN);
	return r;
}

static bool holds(const char *path, uint64_t n)
{
	uint64_t there = 0;
	int r = kit_store_number(0, path, &there);

	if (r || there != n)
		kit_printf("wrong %s, round %lu: %d, %lu\n", path, n, r, there);
	return r == 0 && there == n;
}

static bool store_round(uint64_t n)
{
	unsigned int before = news;
	int r = kit_store_printf(0, "data/round", "%lu", n);

	if (r == 0)
		r = pair_write(n);
	if (r) {
		kit_printf("wrong store, round %lu: %d\n", n, r);
		return false;
	}
	if (!holds("data/round", n) || !holds("data/left", n) || !holds("data/right", n))
		return false;
	if (kit_loop_until(has_news, &before, kit_time() + LONG))
		return true;
	kit_printf("wrong watch, round %lu: no news\n", n);
	return false;
}

int main(int argc, char *argv[])
{
	struct blkfront *disk;
	uint64_t n = 0, over;
	int r;

	(void)argc;
	(void)argv;
	r = blkfront_open(&disk, 0, NULL, kit_time() + LONG);
	if (r == 0)
		r = kit_watch_add(&watch, on_news, NULL, "data/round");
	if (r) {
		kit_printf("wrong start: %d\n", r);
		return 1;
	}
	do {
		n++;
		if (!disk_round(disk, n) || !store_round(n))
			return 1;
		if (n % 20 == 1)
			kit_printf("steady %lu\n", n);
		kit_loop_once(kit_time() + KIT_SECOND / 10);
	} while (kit_store_number(0, "data/over", &over) != 0);
	kit_printf("over %lu\n", n);
	blkfront_close(disk);
	return 0;
}
