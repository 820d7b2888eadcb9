/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pages that guests share with the daemons, under a guest that writes anything anywhere between any two steps: console
 * page, store page, block ring. The first byte chooses. Pages are heap blocks of exactly their size.
 */
#include "blkd/request.h"
#include "blkd/ring.h"
#include "consoled/ring.h"
#include "stored/ring.h"
#include "fuzz.h"



/* The guest's turn: a word at a place, mostly an index. */
static void scribble(struct input *in, uint8_t *page, size_t size, const uint16_t *index, unsigned int nr_index)
{
	uint8_t how = input_u8(in);
	uint32_t v = how & 0x80 ? input_u32(in) : input_u8(in);
	size_t at = how & 0x40 ? input_u16(in) % (size - 3) : index[how % nr_index];

	if (how & 0x20) {	/* relative to what is there */
		uint32_t old;

		memcpy(&old, page + at, 4);
		v += old;
	}
	memcpy(page + at, &v, 4);
}

static void fuzz_console(struct input *in)
{
	static const uint16_t index[] = { 3072, 3076, 3080, 3084 };	/* pv-abi 9.4 */
	size_t size = sizeof(struct xencons_interface);
	uint8_t *page = calloc(1, size);
	bool bad = false;
	uint32_t taken;

	while (page && in->left) {
		size_t n = input_u16(in) % 3000, got;
		char *buf = input_u8(in) & 1 ? malloc(n ? n : 1) : NULL;

		scribble(in, page, size, index, 4);
		if (buf) {
			got = ring_take((void *)page, buf, n, &taken, &bad);
			ring_release((void *)page, taken);
		} else {
			buf = input_block(in, n);
			got = ring_give((void *)page, buf, n, &bad);
		}
		CLAIM(got <= n && got <= 2048);
		free(buf);
	}
	free(page);
}

static void reconnect(struct xenstore_domain_interface *page, unsigned int what)
{
	switch (what % 5) {
	case 0: ring_announce(page); break;
	case 1: ring_fail(page, what); break;
	case 2: ring_announce_again(page, what); break;
	default:
		if (ring_reconnect_wanted(page))
			ring_reconnect(page);
	}
}

static void fuzz_store(struct input *in)
{
	static const uint16_t index[] = { 2048, 2052, 2056, 2060, 2064, 2068, 2072 };	/* pv-abi 8.1 */
	size_t size = sizeof(struct xenstore_domain_interface);
	uint8_t *page = calloc(1, size);
	uint32_t cons = input_u32(in), prod = input_u32(in);

	while (page && in->left) {
		size_t n = input_u16(in) % 3000;
		uint8_t how = input_u8(in);
		char *buf = input_block(in, n);
		int got = 0;

		scribble(in, page, size, index, 7);
		if (how % 8 == 7)
			reconnect((void *)page, how >> 3);
		else
			got = how & 1 ? ring_read((void *)page, &cons, buf, n) : ring_write((void *)page, &prod, buf, n);
		if (how & 2)
			ring_consumed((void *)page, cons);
		CLAIM(got < 0 || ((size_t)got <= n && got <= 1024));
		free(buf);
	}
	free(page);
}

static void check_request(const struct blk_request *r, const struct blk_limits *l)
{
	CLAIM(r->nr_segs <= BLK_SEGS_MAX);
	if (r->indirect)
		return;
	CLAIM(r->kind == BLK_FLUSH || (r->sector <= l->sectors && r->nr_sectors <= l->sectors - r->sector));
	CLAIM(r->kind == BLK_FLUSH || (r->sector % l->unit == 0 && r->nr_sectors % l->unit == 0));
	CLAIM(!l->readonly || r->kind == BLK_READ || r->kind == BLK_FLUSH);
	if (r->kind == BLK_READ || r->kind == BLK_WRITE) {
		uint64_t bytes = 0;

		CLAIM(r->nr_segs);
		for (uint32_t i = 0; i < r->nr_segs; i++) {
			CLAIM(r->segs[i].bytes && r->segs[i].offset + r->segs[i].bytes <= 4096);
			bytes += r->segs[i].bytes;
		}
		CLAIM(bytes == r->nr_sectors * 512 && bytes <= BLK_BYTES_MAX);
	}
}

/* The request of the journal's first entry. */
static void serve(struct input *in, struct blk_ring *ring, const struct blk_limits *l)
{
	const struct blkif_request *raw = &ring->journal->entry[0].raw;
	struct blkif_request *copy = malloc(sizeof(*copy));
	struct blk_request req;
	const char *why = NULL;
	int16_t status;

	memset(&req, 0xa5, sizeof(req));
	if (!copy)
		abort();
	memcpy(copy, raw, sizeof(*copy));
	status = blk_request_decode(copy, l, &req, &why);
	CLAIM(req.id == raw->id);
	if (!status && req.indirect) {
		struct blkif_request_segment *list;

		CLAIM(req.nr_segs && req.nr_segs <= BLK_SEGS_MAX);
		list = input_block(in, req.nr_segs * sizeof(*list));
		status = blk_request_list(list, l, &req, &why);
		free(list);
	}
	if (status)
		CLAIM(why);
	else
		check_request(&req, l);
	free(copy);
	blk_ring_answer(ring, 0, req.operation, status);
}

static void fuzz_block(struct input *in)
{
	static const uint16_t index[] = { 0, 4, 8, 12 };	/* pv-abi 9.1 */
	struct blk_limits limits = { .sectors = input_u16(in), .unit = input_u8(in) & 1 ? 8 : 1, .readonly = input_u8(in) & 1,
				     .can_discard = input_u8(in) & 1 };
	unsigned int order = input_u8(in) % (BLK_RING_ORDER_MAX + 1);
	size_t size = 4096u << order;
	uint8_t *pages = calloc(1, size);
	static struct blk_journal journal;
	struct blk_ring ring;
	uint32_t start;
	bool ok;

	if (!pages)
		abort();
	scribble(in, pages, size, index, 4);
	start = blk_ring_start(pages);
	blk_journal_begin(&journal, 1, blk_ring_size(order), &start);
	ok = blk_ring_attach(&ring, pages, order, &journal, 0);
	while (ok && in->left) {
		uint8_t what = input_u8(in);
		size_t n = what >> 3, at = 64 + input_u8(in) % ring.size * sizeof(struct blkif_request);

		if (what & 4) {		/* a request, or a piece of one */
			uint8_t *bytes = input_block(in, n < 16 ? sizeof(struct blkif_request) : n);

			memcpy(pages + at, bytes, n < 16 ? sizeof(struct blkif_request) : n);
			free(bytes);
		}
		scribble(in, pages, size, index, 4);
		for (uint32_t i = 0; i < ring.size && blk_ring_take(&ring, 0, 0) == 1; i++)
			serve(in, &ring, &limits);
		if (what & 1)
			blk_ring_push(&ring);
		if (what & 2)
			blk_ring_rearm(&ring);
		CLAIM(journal.queue[0].req_cons - journal.queue[0].rsp_prod <= ring.size);
	}
	free(pages);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };

	switch (input_u8(&in) % 3) {
	case 0: fuzz_console(&in); break;
	case 1: fuzz_store(&in); break;
	default: fuzz_block(&in); break;
	}
	return 0;
}
