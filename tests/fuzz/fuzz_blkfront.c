/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The disk driver on the host's kit (tests/unit/kit_host.h) under a backend that does what the input says: answers anything, writes
 * anywhere in the pages it was given, keeps them, changes its nodes and its state. Claims: each I/O is answered once, pages that
 * are granted are not used again, and in the end all has come back. And the store's ring under a daemon of that kind.
 */
#include <stdio.h>

#include <abi/errno.h>
#include <abi/io/xenbus.h>
#include "block/blkfront.h"
#include "kit/grant.h"
#include "kit/kit.h"
#include "kit/loop.h"
#include "kit/memory.h"
#include "kit/store_ring.h"
#include "unit/blk_backend.h"
#include "unit/kit_host.h"
#include "fuzz.h"

#define JOBS 40

static struct job { struct blk_io io; uint8_t *data; unsigned int out, done; } jobs[JOBS];
static struct input *input;
static struct blkfront *disk;

/* Some ask again at once. */
static void job_done(struct blk_io *io, int status)
{
	struct job *j = io->arg;

	CLAIM(j->out == 1);
	CLAIM(status == 0 || status == -XEN_EIO || status == -XEN_EOPNOTSUPP);
	j->out = 0;
	j->done++;
	if (disk && !io->lost && input_u8(input) & 1) {
		j->out = 1;
		if (blkfront_submit(disk, 0, io))
			j->out = 0;
	}
}

static void submit(void)
{
	struct job *j = &jobs[input_u8(input) % JOBS];
	uint8_t how = input_u8(input);
	int rc;

	if (j->out || j->io.lost)
		return;
	j->io = (struct blk_io){
		.op = how & 3, .sector = input_u16(input) % 2100, .data = j->data + (how >> 4) % 8 * 512,
		.bytes = (1 + input_u8(input) % 100) * 512UL, .done = job_done, .arg = j,
	};
	j->out = 1;
	rc = blkfront_submit(disk, how >> 2, &j->io);
	CLAIM(rc <= 0);
	if (rc)
		j->out = 0;
}

/* A word anywhere in a page that the backend may write. */
static void scribble(void)
{
	uint32_t ref = 8 + input_u16(input) % 400;
	uint8_t *page = host_map(ref, true);
	uint32_t v = input_u8(input) & 1 ? input_u8(input) : input_u32(input);
	size_t at = input_u16(input) % 4093;

	if (!page)
		return;
	/* Mostly the indices at the head of a ring, and near what they are. */
	if (at & 0x800) {
		uint32_t old;

		at = at % 4 * 4;
		memcpy(&old, page + at, 4);
		v += old;
	}
	memcpy(page + at, &v, 4);
	for (unsigned int i = 0; i < backend.nr_queues; i++)
		host_event(backend.queue[i].port);
}

static bool twist(struct backend_queue *q, struct blkif_response *rsp)
{
	uint8_t how = input_u8(input);

	if (how & 0x40)
		rsp->id = how & 1 ? input_u64(input) : rsp->id ^ (1UL << how % 20);
	if (how & 0x20)
		rsp->operation = input_u8(input);
	if (how & 0x10)
		rsp->status = (int16_t)input_u16(input);
	if ((how & 0x0c) == 0x0c)
		backend_push(q, rsp);
	return (how & 0x83) != 0x83;
}

static void change_nodes(void)
{
	static const char *const keys[] = {
		"sectors", "sector-size", "physical-sector-size", "info", "feature-persistent", "feature-max-indirect-segments",
		"multi-queue-max-queues", "max-ring-page-order", "feature-flush-cache", "feature-discard", "online", "feature-barrier",
	};
	char path[128];

	snprintf(path, sizeof(path), BACKEND_NODE "/%s", keys[input_u8(input) % 12]);
	host_store_set(path, "%lu", input_u8(input) & 1 ? input_u64(input) : input_u8(input));
}

static void keep_or_drop(void)
{
	uint32_t ref = 8 + input_u16(input) % 400;

	if (host_grants[ref].flags & GTF_permit_access)
		host_grants[ref].flags ^= GTF_reading;
}

/* The model maps what the frontend says, so it must not be made to believe in rings of others: it starts anew as a whole. */
static void restart(void)
{
	uint8_t how = input_u8(input);

	backend_unmap();
	backend_start(how % 3, 1 + how / 3 % 3, how & 0x80 ? 64 : 0, how & 0x40);
	backend.answer = twist;
	backend.stubborn = how & 0x20;
}

static void step(void)
{
	switch (input_u8(input) % 16) {
	default:
		submit();
		break;
	case 6:
	case 7:
		scribble();
		break;
	case 8:
		change_nodes();
		break;
	case 9:
		/* InitWait and Connected are said by the model when they are true. */
		backend_state((unsigned int[]){ 0, 1, 3, 5, 6, 7, 8, 9 }[input_u8(input) % 8]);
		break;
	case 10:
		restart();
		break;
	case 11:
		keep_or_drop();
		break;
	case 12:
		backend.hold = !backend.hold;
		break;
	case 13:
	case 14:
	case 15:
		for (int i = 0; i < 3; i++)
			kit_loop_once(kit_time() + 1000);
	}
}

static void fuzz_disk(void)
{
	struct blkfront_options o = { .queues = 3, .ring_order = input_u8(input) % 3, .segments = 64, .plain = input_u8(input) & 1 };
	uint32_t grants;
	size_t pages;

	disk = NULL;
	host_start();
	pages = host_pages_free();
	grants = host_grants_free();
	for (unsigned int i = 0; i < JOBS; i++)
		jobs[i] = (struct job){ .data = kit_page_alloc(14) };
	restart();
	host_turn = backend_turn;
	if (!blkfront_open(&disk, 0, &o, kit_time() + KIT_SECOND)) {
		while (input->left)
			step();
		blkfront_close(disk);
	}
	backend_unmap();
	CLAIM(kit_grants_kept() == 0);
	for (unsigned int i = 0; i < JOBS; i++) {
		CLAIM(!jobs[i].out);
		kit_page_free(jobs[i].data, 14);
	}
	CLAIM(host_pages_free() == pages);
	CLAIM(host_grants_free() == grants);
	CLAIM(host_ports_open() == 0);
}

static void fuzz_store(void)
{
	struct xenstore_domain_interface *page = calloc(1, sizeof(*page));
	struct kit_store_message *m = calloc(1, sizeof(*m));
	struct kit_store_ring ring;
	bool moved = false;

	if (!page || !m)
		abort();
	kit_store_ring_attach(&ring, page);
	while (input->left) {
		size_t n = input_u8(input) * 8UL, at = input_u16(input) % sizeof(*page);
		uint8_t how = input_u8(input);
		uint8_t *bytes = input_block(input, n);

		memcpy((uint8_t *)page + at, bytes, n < sizeof(*page) - at ? n : sizeof(*page) - at);
		if (how & 1)
			page->rsp_prod = ring.rsp_cons + input_u16(input) % 1100;
		if (how & 2)
			page->req_cons = ring.req_prod;
		CLAIM(kit_store_ring_put(&ring, bytes, n) <= n);
		if (kit_store_ring_get(&ring, m, &moved)) {
			CLAIM(m->head.len <= XENSTORE_PAYLOAD_MAX && m->body[m->head.len] == 0);
			kit_store_error(m->body);
			m->got = 0;
		}
		if (how & 4 && ring.broken) {
			kit_store_ring_attach(&ring, page);
			m->got = 0;
		}
		free(bytes);
	}
	free(page);
	free(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };

	input = &in;
	if (input_u8(&in) % 4)
		fuzz_disk();
	else
		fuzz_store();
	return 0;
}
