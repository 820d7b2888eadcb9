/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Load for a disk: so many I/Os out at all times, for a while; then one line of JSON on the console with rates and latencies.
 *
 *   blkbench mode=randread depth=32 size=4K seconds=10 [disk=N] [span=SIZE] [queues=N] [order=N] [segments=N] [plain] [fifo]
 *            [patience=SECONDS]
 *
 * mode: read, write (from the start of the disk to its end, and again), randread, randwrite, rw (random, as many writes as
 * reads). A backend that answers nothing for `patience` seconds (60; 0: for ever) has failed. verify: whatever is written says where and when it was written, and is read back at the end. Writes go to the
 * disk's own content; give it one that nobody needs.
 */
#include "block/blkfront.h"
#include "guests/blkbench/bench.h"
#include "kit/histogram.h"
#include "kit/kit.h"
#include "kit/life.h"
#include "kit/loop.h"
#include "kit/memory.h"
#include "kit/run.h"

static struct bench bench;
static struct blkfront *disk;

static struct slot { struct blk_io io; uint64_t begun; unsigned int queue; struct slot *next; } *slots, *waiting;
static struct kit_histogram histograms[2];	/* reads, writes */
static uint64_t begin, end, answered, errors, out;
static struct kit_timer retry;

static bool option(int argc, char **argv, const char *name, uint64_t max, uint64_t *value)
{
	const char *text = kit_option(argc, argv, name);
	uint64_t v;

	if (!text)
		return true;
	if (!kit_parse_size(text, &v) || v > max) {
		kit_printf("blkbench: %s=%s is not a number up to %lu\n", name, text, max);
		return false;
	}
	*value = v;
	return true;
}

static bool has_word(int argc, char **argv, const char *word)
{
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], word))
			return true;
	return false;
}

static void issue(struct slot *s);

/* What found no room tries again a millisecond later: the backend may be away. */
static void try_again(void *arg)
{
	struct slot *list = waiting, *s;

	(void)arg;
	waiting = NULL;
	while ((s = list)) {
		list = s->next;
		issue(s);
	}
}

static void on_done(struct blk_io *io, int status)
{
	struct slot *s = io->arg;
	uint64_t now = kit_time();

	bench_done(&bench, io);
	out--;
	answered++;
	errors += status != 0;
	if (!status)
		kit_histogram_add(&histograms[io->op == BLK_WRITE], now - s->begun);
	if (!io->lost && now < end)
		issue(s);
}

static void issue(struct slot *s)
{
	int rc;

	s->begun = kit_time();
	if (s->begun >= end)
		return;
	bench_next(&bench, &s->io);
	rc = blkfront_submit(disk, s->queue, &s->io);
	if (rc)
		bench_undo(&bench, &s->io);
	if (!rc) {
		out++;
	} else if (rc == -XEN_EAGAIN) {
		s->next = waiting;
		waiting = s;
		kit_timer_start(&retry, s->begun + KIT_SECOND / 1000);
	} else {
		errors++;
	}
}

static void on_resize(struct blkfront *b, void *arg)
{
	(void)arg;
	kit_printf("blkbench: the disk has %lu sectors now\n", blkfront_facts(b)->sectors);
}

static bool is_over(void *arg)
{
	(void)arg;
	return !out && (kit_time() >= end || !waiting);
}

static void put(void *arg, const char *text)
{
	(void)arg;
	kit_printf("%s", text);
}

static void report(uint64_t ns)
{
	uint64_t ios = histograms[0].count + histograms[1].count;

	kit_printf("{\"mode\":\"%s\",\"depth\":%lu,\"size\":%lu,\"seconds\":%lu.%03lu,\"queues\":%u,\"persistent\":%u,\"segments\":%u,",
		   bench_mode_name(bench.mode), bench.depth, bench.size, ns / KIT_SECOND, ns / 1000000 % 1000,
		   blkfront_facts(disk)->queues, blkfront_facts(disk)->persistent, blkfront_facts(disk)->segments);
	kit_printf("\"ios\":%lu,\"errors\":%lu,\"iops\":%lu,\"bytes_per_second\":%lu,", ios, errors, ios * KIT_SECOND / ns,
		   (uint64_t)((unsigned __int128)ios * bench.size * KIT_SECOND / ns));
	kit_printf("\"read_ns\":");
	kit_histogram_json(&histograms[0], put, NULL);
	kit_printf(",\"write_ns\":");
	kit_histogram_json(&histograms[1], put, NULL);
	kit_printf("}\n");
}

/* Reads back every place that was written; the number of places that do not hold what was last written there. */
static uint64_t verify(void)
{
	struct blk_io *io = &slots[0].io;
	uint64_t wrong = 0;

	for (uint64_t block = 0; block < bench.blocks; block++) {
		if (!bench.written[block])
			continue;
		*io = (struct blk_io){ .op = BLK_READ, .sector = block * bench.size / BLK_SECTOR, .data = io->data, .bytes = bench.size };
		if (blkfront_run(disk, io) || !bench_is_right(&bench, block, io->data))
			wrong++;
	}
	return wrong;
}

static bool prepare(bool checked)
{
	const struct blk_facts *f = blkfront_facts(disk);

	if (!bench_begin(&bench, f->sectors * BLK_SECTOR, f->sector_size, f->max_bytes)) {
		kit_printf("blkbench: I/Os of %lu bytes do not fit a disk of %lu sectors of %u bytes, at most %u bytes each\n", bench.size,
			   f->sectors, f->sector_size, f->max_bytes);
		return false;
	}
	if (f->readonly && bench.mode != BENCH_READ && bench.mode != BENCH_RANDREAD) {
		kit_printf("blkbench: the disk is read-only\n");
		return false;
	}
	if (checked && bench.depth >= bench.blocks) {
		kit_printf("blkbench: verify wants more blocks than I/Os that are out\n");
		return false;
	}
	slots = kit_calloc(bench.depth, sizeof(*slots));
	bench.written = checked ? kit_calloc(bench.blocks, sizeof(*bench.written)) : NULL;
	for (uint64_t i = 0; slots && i < bench.depth; i++) {
		slots[i].queue = (unsigned int)i;
		slots[i].io = (struct blk_io){ .data = kit_page_alloc((bench.size + PAGE_SIZE - 1) / PAGE_SIZE), .bytes = bench.size,
					       .done = on_done, .arg = &slots[i] };
		if (!slots[i].io.data)
			slots = NULL;
	}
	if (!slots || (checked && !bench.written)) {
		kit_printf("blkbench: no memory for %lu I/Os of %lu bytes\n", bench.depth, bench.size);
		return false;
	}
	return true;
}

static void run(uint64_t seconds)
{
	begin = kit_time();
	end = begin + seconds * KIT_SECOND;
	retry.fn = try_again;
	for (uint64_t i = 0; i < bench.depth; i++)
		issue(&slots[i]);
	kit_loop_until(is_over, NULL, KIT_FOREVER);
	report(kit_time() - begin);
}

int main(int argc, char *argv[])
{
	uint64_t seconds = 10, nr = 0, queues = 1, order = 0, segments = 64, patience = 60;
	struct blkfront_options o = { .plain = has_word(argc, argv, "plain"), .resized = on_resize };
	bool checked = has_word(argc, argv, "verify");
	const char *mode = kit_option(argc, argv, "mode");
	int rc;

	bench = (struct bench){ .depth = 1, .size = 4096, .mode = BENCH_RANDREAD };
	if ((mode && !bench_mode_parse(mode, &bench.mode)) || !option(argc, argv, "depth", 4096, &bench.depth) ||
	    !option(argc, argv, "size", 1UL << 20, &bench.size) || !option(argc, argv, "span", 1UL << 50, &bench.span) ||
	    !option(argc, argv, "seconds", 86400, &seconds) || !option(argc, argv, "disk", 31, &nr) ||
	    !option(argc, argv, "queues", 8, &queues) || !option(argc, argv, "order", 4, &order) ||
	    !option(argc, argv, "segments", 256, &segments) || !option(argc, argv, "patience", 86400, &patience) || !bench.depth || !seconds) {
		kit_printf("blkbench: mode=read|write|randread|randwrite|rw depth=N size=BYTES seconds=N disk=N span=BYTES queues=N "
			   "order=N segments=N patience=SECONDS plain fifo verify\n");
		return 1;
	}
	if (has_word(argc, argv, "fifo"))
		kit_events_fifo();
	kit_life_start();
	o.queues = (unsigned int)queues;
	o.ring_order = (unsigned int)order;
	o.segments = (unsigned int)segments;
	o.patience = (unsigned int)patience;
	rc = blkfront_open(&disk, (unsigned int)nr, &o, kit_time() + 60 * KIT_SECOND);
	if (rc) {
		kit_printf("blkbench: disk %lu does not come up: error %d\n", nr, -rc);
		return 1;
	}
	if (!prepare(checked))
		return 1;
	kit_printf("blkbench: disk %s, %lu sectors\n", blkfront_name(disk), blkfront_facts(disk)->sectors);
	run(seconds);
	if (checked)
		kit_printf("verify: %lu of %lu wrong\n", verify(), bench.blocks);
	blkfront_close(disk);
	return 0;
}
