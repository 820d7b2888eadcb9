/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The disk engine under a guest that writes anything anywhere in the pages it granted, takes grants back, and leaves a journal
 * behind that it may have written as well; on an image in memory that ends operations in any order and fails some.
 * Whatever comes, I/O stays inside the disk and the buffers, and each request that was taken gets one answer.
 */
#include <errno.h>

#include <abi/grant_table.h>

#include "blkd/engine.h"
#include "device/log.h"
#include "fuzz.h"

#define PAGE    4096u
#define PAGES   24u
#define SECTORS 256u

static uint8_t (*guest)[PAGE];
static bool withheld[PAGES];
static struct input *program;
static struct blk_engine engine;
static struct blk_journal journal;

void log_line(const char *fmt, ...) { (void)fmt; }
void log_counted(uint64_t count, const char *fmt, ...) { (void)count; (void)fmt; }

/* --- blkd/guest.h: grant references are page numbers ----------------------------------------- */

/* Runs of consecutive pages only, so that a map is a pointer; rings and persistent pages are such by luck of the input. */
void *blk_guest_map(struct blk_guest *g, const uint32_t *refs, size_t n)
{
	(void)g;
	for (size_t i = 0; i < n; i++) {
		if (refs[i] >= PAGES || withheld[refs[i]] || refs[i] != refs[0] + i) {
			errno = EINVAL;
			return NULL;
		}
	}
	return guest[refs[0]];
}

int blk_guest_unmap(struct blk_guest *g, void *p, size_t n)
{
	(void)g;
	CLAIM((uint8_t *)p >= guest[0] && n <= PAGES - (size_t)((uint8_t *)p - guest[0]) / PAGE);
	return 0;
}

int blk_guest_copy(struct blk_guest *g, struct ioctl_gntdev_grant_copy_segment *piece, uint32_t n)
{
	(void)g;
	for (uint32_t i = 0; i < n; i++) {
		bool in = piece[i].flags & GNTCOPY_source_gref;
		uint32_t ref = in ? piece[i].source.foreign.ref : piece[i].dest.foreign.ref;
		uint16_t at = in ? piece[i].source.foreign.offset : piece[i].dest.foreign.offset;

		CLAIM(at + piece[i].len <= PAGE);
		if (ref >= PAGES || withheld[ref])
			continue;
		if (in)
			memcpy((void *)piece[i].dest.virt, guest[ref] + at, piece[i].len);
		else
			memcpy(guest[ref] + at, (void *)piece[i].source.virt, piece[i].len);
		piece[i].status = GNTST_okay;
	}
	return 0;
}

int blk_guest_bind(struct blk_guest *g, uint32_t remote_port) { (void)g; return remote_port < 100 ? (int)remote_port : -EINVAL; }
void blk_guest_unbind(struct blk_guest *g, uint32_t port) { (void)g; (void)port; }
void blk_guest_notify(struct blk_guest *g, uint32_t port) { (void)g; CLAIM(port < 100); }

/* --- image ----------------------------------------------------------------------------------- */

static uint8_t disk[SECTORS * 512];
static struct blk_io out[BLK_SLOTS];
static uint32_t nr_out;

static void mem_start(struct blk_image *image, const struct blk_io *io)
{
	(void)image;
	CLAIM(nr_out < BLK_SLOTS);
	for (uint32_t i = 0; i < nr_out; i++)
		CLAIM(out[i].tag != io->tag);
	if (io->kind != BLK_FLUSH)
		CLAIM(io->len && io->offset <= sizeof(disk) && io->len <= sizeof(disk) - io->offset);
	out[nr_out++] = *io;
}

static void mem_kick(struct blk_image *image) { (void)image; }

static uint32_t mem_reap(struct blk_image *image, struct blk_done *done, uint32_t max)
{
	uint32_t n = 0, leave = engine.draining ? 0 : input_u8(program) % 4;

	(void)image;
	while (nr_out > leave && n < max) {
		uint8_t how = input_u8(program);
		uint32_t at = how % nr_out;
		struct blk_io io = out[at];

		out[at] = out[--nr_out];
		done[n++] = (struct blk_done){ io.tag, how > 240 ? EIO : how > 230 ? EOPNOTSUPP : 0 };
		if (io.kind == BLK_READ)
			memcpy(io.buf, disk + io.offset, io.len);
		else if (io.kind == BLK_WRITE)
			memcpy(disk + io.offset, io.buf, io.len);
	}
	return n;
}

static struct pollfd mem_waits_for(struct blk_image *image) { (void)image; return (struct pollfd){ .fd = -1 }; }
static int mem_measure(struct blk_image *image, uint64_t *sectors) { (void)image; *sectors = SECTORS; return 0; }
static void mem_close(struct blk_image *image) { (void)image; }

static const struct blk_image_ops mem_ops = { mem_start, mem_kick, mem_reap, mem_waits_for, mem_measure, mem_close };

/* --- the program ----------------------------------------------------------------------------- */

/* A request that means something, so that the deeper code is reached. */
static void likely_request(struct input *in, uint32_t queue)
{
	static const uint8_t ops[] = { 0, 1, 2, 3, 5, 6, 1, 6 };
	struct sring_header *head = (struct sring_header *)guest[queue];
	uint8_t *slot = guest[queue] + XEN_RING_HEADER_SIZE + (head->req_prod & 31) * sizeof(struct blkif_request);
	struct blkif_request rq = { .operation = ops[input_u8(in) % 8], .nr_segments = input_u8(in) % 13,
				    .id = head->req_prod, .sector_number = input_u8(in) };

	for (uint32_t i = 0; i < 11; i++)
		rq.seg[i] = (struct blkif_request_segment){ .gref = 8 + input_u8(in) % 18, .last_sect = input_u8(in) % 9 };
	if (rq.operation == BLKIF_OP_INDIRECT)
		((struct blkif_request_indirect *)&rq)->indirect_grefs[0] = 4 + input_u8(in) % 4;
	memcpy(slot, &rq, sizeof(rq));
	head->req_prod++;
}

static void guest_turn(struct input *in)
{
	uint8_t what = input_u8(in), *block;
	uint32_t at = input_u16(in) % (PAGES * PAGE - 64);

	if (what & 1) {
		likely_request(in, what >> 6);
	} else if (what & 2) {
		block = input_block(in, 16);
		memcpy((uint8_t *)guest + (what & 4 ? at % (4 * PAGE) : at), block, 16);
		free(block);
	} else if (what & 4) {
		withheld[at % PAGES] ^= true;
	}
}

/* Killed, and its memory is gone; what it wrote to the journal stays, with what the guest made it write. */
static bool succeed(struct input *in, struct blk_image *image, struct blk_guest *g, const struct blk_rings *rings,
		    const struct blk_limits *limits)
{
	uint8_t *memory = engine.memory;
	struct socle_error e;

	nr_out = 0;
	if (input_u8(in) & 1) {
		uint8_t *block = input_block(in, 8);

		memcpy((uint8_t *)&journal + input_u16(in) % (sizeof(journal) - 8), block, 8);
		free(block);
	}
	blk_engine_init(&engine, image, g, &journal, memory, limits);
	return !blk_engine_connect(&engine, rings, true, &e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t *memory;
	struct input in = { data, size };
	struct blk_image image = { .ops = &mem_ops };
	struct blk_guest g = { 0 };
	uint8_t how = input_u8(&in);
	struct blk_limits limits = { .sectors = SECTORS, .unit = how & 1 ? 8 : 1, .readonly = how & 2, .can_discard = how & 4 };
	struct blk_rings rings = { .queues = 1 + (how >> 4 & 3), .pages = 1, .persistent = how & 8 };
	struct socle_error e;
	bool served;

	program = &in;
	nr_out = 0;
	memory = memory ? memory : blk_engine_memory();
	memset(withheld, 0, sizeof(withheld));
	guest = calloc(PAGES, PAGE);
	if (!guest || !memory)
		abort();
	for (uint32_t q = 0; q < rings.queues; q++)
		rings.queue[q].ref[0] = q;
	blk_engine_init(&engine, &image, &g, &journal, memory, &limits);
	served = !blk_engine_connect(&engine, &rings, false, &e);
	while (served && in.left) {
		uint8_t event;

		for (int i = input_u8(&in) % 8; i > 0; i--)
			guest_turn(&in);
		event = input_u8(&in);
		if (event == 17 || event == 33)
			blk_engine_close(&engine, event == 33);
		if (event % 16 == 0)
			served = succeed(&in, &image, &g, &rings, &limits);
		else
			served = (blk_engine_step(&engine, 0), !engine.broken);
		for (uint32_t q = 0; q < engine.queues; q++)
			CLAIM(journal.queue[q].req_cons - journal.queue[q].rsp_prod <= 32);
	}
	if (engine.queues) {
		for (int i = 0; !blk_engine_drain(&engine, 0); i++)
			CLAIM(i < 1000);
		for (uint32_t q = 0; q < engine.queues; q++)
			CLAIM(journal.queue[q].req_cons == journal.queue[q].rsp_prod);
		blk_engine_disconnect(&engine);
	}
	free(guest);
	return 0;
}
