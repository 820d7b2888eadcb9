/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attacks on the server of a disk. The disk holds nothing that anybody needs: a connection works when a page of random bytes
 * is written to it, and read back.
 */
#include <abi/io/blkif.h>
#include <abi/memory.h>
#include "domu/hostilefront/front.h"
#include "kit/events.h"
#include "kit/grant.h"
#include "kit/kit.h"
#include "kit/loop.h"
#include "kit/memory.h"
#include "kit/store.h"

#define ENTRY		sizeof(struct blkif_request)
#define PAGE_SECTORS	(PAGE_SIZE / BLKIF_SECTOR_SIZE)
#define WILD_REF	0x7ffffff0U

static struct raw_ring *ring;			/* of the connection that is attacked */
static uint8_t *page[2], *list_page;
static uint32_t page_ref[2], readonly_ref, list_ref;

static void pages_make(void)
{
	if (list_page)
		return;
	for (int i = 0; i < 2; i++) {
		page[i] = kit_page_alloc(1);
		page_ref[i] = (uint32_t)kit_grant(0, page[i], false);
	}
	list_page = kit_page_alloc(1);
	list_ref = (uint32_t)kit_grant(0, list_page, true);
	readonly_ref = (uint32_t)kit_grant(0, page[1], true);
}

static void offer(struct front *f, uint32_t ref, uint32_t port)
{
	front_put(f, "ring-ref", "%u", ref);
	front_put(f, "event-channel", "%u", port);
	front_put(f, "protocol", "x86_64-abi");
}

/* Rings of one page or two. */
static bool start(struct front *f, unsigned int pages, bool persistent)
{
	pages_make();
	ring = &f->ring[0];
	if (!front_invite(f))
		return false;
	raw_ring_make(ring, pages, ENTRY, false);
	offer(f, ring->ref[0], f->port);
	if (pages > 1)
		front_put(f, "ring-page-order", "%u", __builtin_ctz(pages));
	for (unsigned int i = 0; pages > 1 && i < pages; i++) {
		front_put(f, i ? "ring-ref1" : "ring-ref0", "%u", ring->ref[i]);
	}
	front_put(f, "feature-persistent", "%d", persistent);
	front_state(f, XenbusStateInitialised);
	if (!back_wait(f, IN(Connected), 30))
		return false;
	front_state(f, XenbusStateConnected);
	return true;
}

static bool connect(struct front *f)
{
	return start(f, 1, false);
}

static struct blkif_request *next(void)
{
	struct blkif_request *r = raw_slot(ring, ring->prod++);

	memset(r, 0, sizeof(*r));
	r->id = ring->prod;
	return r;
}

static void ask(uint8_t operation, uint64_t sector, uint32_t ref)
{
	struct blkif_request *r = next();

	r->operation = operation;
	r->sector_number = sector;
	if (operation != BLKIF_OP_FLUSH_DISKCACHE) {
		r->nr_segments = 1;
		r->seg[0] = (struct blkif_request_segment){ .gref = ref, .last_sect = PAGE_SECTORS - 1 };
	}
}

static int16_t answer(void)
{
	return ((struct blkif_response *)raw_slot(ring, ring->prod - 1))->status;
}

static bool run_one(struct front *f)
{
	raw_push(f, ring);
	return raw_settled(ring, 20);
}

static bool works(struct front *f)
{
	uint64_t sector = chance(64) * PAGE_SECTORS;

	chance_fill(page[0], PAGE_SIZE);
	memset(page[1], 0, PAGE_SIZE);
	ask(BLKIF_OP_WRITE, sector, page_ref[0]);
	if (!run_one(f) || answer() != BLKIF_RSP_OKAY)
		return false;
	ask(BLKIF_OP_FLUSH_DISKCACHE, 0, 0);
	if (!run_one(f) || answer() != BLKIF_RSP_OKAY)
		return false;
	ask(BLKIF_OP_READ, sector, page_ref[1]);
	return run_one(f) && answer() == BLKIF_RSP_OKAY && !memcmp(page[0], page[1], PAGE_SIZE);
}

/* Whatever was asked is answered with an error. */
static void all_refused(struct front *f, const char *what, uint32_t from)
{
	uint32_t wrong = 0;

	raw_push(f, ring);
	CHECK(raw_settled(ring, 30), "%s: each request has an answer", what);
	for (uint32_t i = from; i != ring->prod; i++)
		wrong += ((struct blkif_response *)raw_slot(ring, i))->status >= 0;
	CHECK_EQ(wrong, 0, what);
}

/* ---- indices ---- */

static void index_wild(struct front *f)
{
	connect(f);
	ring->prod = 0x80000000U;
	raw_push(f, ring);
}

static void index_full(struct front *f)
{
	connect(f);
	ring->prod = ring->size + 1;
	raw_push(f, ring);
}

static void index_back(struct front *f)
{
	connect(f);
	CHECK(works(f), "index-back: it works before");
	ring->prod -= 2;
	raw_push(f, ring);
}

static void run_away(void)
{
	__atomic_add_fetch(&ring->head->req_prod, 7, __ATOMIC_SEQ_CST);
}

static void index_runs(struct front *f)
{
	connect(f);
	race_with_events(f, run_away);
}

static void scribble(void)
{
	raw_scribble(ring);
}

static void answers_scribbled(struct front *f)
{
	connect(f);
	race_begin(scribble);
	for (int i = 0; i < 20; i++) {
		ask(BLKIF_OP_READ, 0, page_ref[1]);
		raw_push(f, ring);
		pause_ms(5);
	}
	race_end();
	/* The next answer puts all right. */
	ask(BLKIF_OP_READ, 0, page_ref[1]);
	CHECK(run_one(f), "answers-scribbled: the backend's index is its own");
}

/* ---- requests ---- */

static void operations(struct front *f)
{
	uint32_t from;

	connect(f);
	for (unsigned int op = 4; op < 256; op += 12) {
		from = ring->prod;
		for (unsigned int i = op; i < op + 12; i++)
			if (i != BLKIF_OP_DISCARD)
				ask((uint8_t)i, 1UL << 60, WILD_REF);
		all_refused(f, "operations: unknown ones are refused", from);
	}
}

static void segments(struct front *f)
{
	static const uint8_t counts[] = { 0, 12, 255 };
	static const uint8_t spans[][2] = { { 1, 0 }, { 0, 8 }, { 7, 255 }, { 255, 255 }, { 8, 8 } };
	static const uint16_t lists[] = { 0, 257, 512, 513, 65535 };
	uint32_t from;

	connect(f);
	from = ring->prod;
	for (unsigned int i = 0; i < sizeof(counts); i++) {
		ask(BLKIF_OP_READ, 0, page_ref[1]);
		((struct blkif_request *)raw_slot(ring, ring->prod - 1))->nr_segments = counts[i];
	}
	for (unsigned int i = 0; i < sizeof(spans) / 2; i++) {
		ask(BLKIF_OP_WRITE, 0, page_ref[1]);
		((struct blkif_request *)raw_slot(ring, ring->prod - 1))->seg[0].first_sect = spans[i][0];
		((struct blkif_request *)raw_slot(ring, ring->prod - 1))->seg[0].last_sect = spans[i][1];
	}
	for (unsigned int i = 0; i < sizeof(lists) / 2; i++) {
		struct blkif_request_indirect *r = (void *)next();

		*r = (struct blkif_request_indirect){ .operation = BLKIF_OP_INDIRECT, .nr_segments = lists[i], .id = i,
						      .indirect_grefs = { list_ref } };
	}
	all_refused(f, "segments: counts and spans that lie are refused", from);
}

static void sectors(struct front *f)
{
	static const uint64_t at[] = { ~0UL, ~0UL - 7, 1UL << 63, 1UL << 32, (~0UL >> 9) - 3 };
	uint32_t from;

	connect(f);
	from = ring->prod;
	for (unsigned int i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		ask(BLKIF_OP_READ, at[i], page_ref[1]);
		ask(BLKIF_OP_WRITE, at[i], page_ref[0]);
	}
	for (unsigned int i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		struct blkif_request_discard *r = (void *)next();

		*r = (struct blkif_request_discard){ .operation = BLKIF_OP_DISCARD, .id = i, .sector_number = at[i], .nr_sectors = at[i] };
	}
	all_refused(f, "sectors: what is beyond the disk is refused", from);
}

static void grefs(struct front *f)
{
	static const uint32_t wild[] = { 2, WILD_REF, 0x80000000U, 0xffffffffU, 65535, 32768 };
	uint32_t from, revoked = (uint32_t)kit_grant(0, page[0], false);

	connect(f);
	kit_grant_end(revoked);
	from = ring->prod;
	for (unsigned int i = 0; i < sizeof(wild) / sizeof(wild[0]); i++) {
		ask(BLKIF_OP_READ, 0, wild[i]);
		ask(BLKIF_OP_WRITE, 0, wild[i]);
	}
	ask(BLKIF_OP_READ, 0, revoked);
	ask(BLKIF_OP_WRITE, 0, revoked);
	ask(BLKIF_OP_READ, 0, readonly_ref);
	all_refused(f, "grefs: wild, revoked and read-only ones are refused", from);
}

/* A grant that comes and goes under the reader. */
static uint8_t *flicker_page;
static uint32_t flicker_ref;

static void flicker(void)
{
	int ref;

	kit_grant_end(flicker_ref);
	ref = kit_grant(0, flicker_page, chance(2));
	if (ref > 0)
		flicker_ref = (uint32_t)ref;
}

static void grefs_flicker(struct front *f)
{
	connect(f);
	if (!flicker_page)
		flicker_page = kit_page_alloc(1);
	flicker_ref = (uint32_t)kit_grant(0, flicker_page, false);
	race_begin(flicker);
	for (int i = 0; i < 15; i++) {
		for (int k = 0; k < 12; k++)
			ask(chance(2), chance(64) * PAGE_SECTORS, flicker_ref);
		raw_push(f, ring);
		if (!raw_settled(ring, 20))
			break;
	}
	race_end();
	kit_grant_end(flicker_ref);
	CHECK(raw_settled(ring, 20), "grefs-flicker: each request has an answer");
}

/* The slots change while the backend reads them. References are ours, or nobody's: those of the store and console are not for this. */
static void slots_rewrite(void)
{
	struct blkif_request *r = raw_slot(ring, chance(ring->size));
	uint32_t ref = chance(3);

	r->operation = (uint8_t)(chance(4) ? chance(7) : chance(256));
	r->nr_segments = (uint8_t)(chance(4) ? chance(12) : chance(256));
	r->sector_number = chance(2) ? chance(512) : (uint64_t)chance(0x80000000U) << chance(33);
	r->seg[chance(11)] = (struct blkif_request_segment){
		.gref = ref == 2 ? WILD_REF + chance(16) : page_ref[ref], .first_sect = (uint8_t)chance(9), .last_sect = (uint8_t)chance(9),
	};
}

static void requests_change(struct front *f)
{
	connect(f);
	race_begin(slots_rewrite);
	for (int i = 0; i < 12; i++) {
		for (uint32_t k = 0; k < ring->size; k++)
			ask(BLKIF_OP_READ, k * PAGE_SECTORS, page_ref[1]);
		raw_push(f, ring);
		if (!raw_settled(ring, 20))
			break;
	}
	race_end();
	CHECK(raw_settled(ring, 20), "requests-change: each request has an answer");
}

static void list_rewrite(void)
{
	((struct blkif_request_segment *)list_page)[chance(256)] = (struct blkif_request_segment){
		.gref = chance(2) ? WILD_REF : page_ref[chance(2)], .first_sect = (uint8_t)chance(9), .last_sect = (uint8_t)chance(256),
	};
}

static void lists_change(struct front *f)
{
	connect(f);
	race_begin(list_rewrite);
	for (int i = 0; i < 6; i++) {
		for (int k = 0; k < 8; k++) {
			struct blkif_request_indirect *r = (void *)next();

			*r = (struct blkif_request_indirect){ .operation = BLKIF_OP_INDIRECT, .indirect_op = (uint8_t)chance(2), .id = 1,
							      .nr_segments = (uint16_t)(1 + chance(256)),
							      .indirect_grefs = { chance(4) ? list_ref : WILD_REF } };
		}
		raw_push(f, ring);
		if (!raw_settled(ring, 30))
			break;
	}
	race_end();
	CHECK(raw_settled(ring, 30), "lists-change: each request has an answer");
}

/* The disk's bytes go where the requests are. */
static void ring_as_data(struct front *f)
{
	connect(f);
	for (int i = 0; i < 4; i++)
		ask(BLKIF_OP_READ, chance(64) * PAGE_SECTORS, ring->ref[0]);
	raw_push(f, ring);
	pause_ms(200);
}

static void persistent_lies(struct front *f)
{
	uint32_t ref[16];

	start(f, 1, true);
	for (int i = 0; i < 16; i++) {
		ref[i] = (uint32_t)kit_grant(0, page[i & 1], i & 2);
		ask(BLKIF_OP_READ, 0, ref[i]);
		if (i & 4)
			kit_grant_end(ref[i]);
	}
	raw_push(f, ring);
	CHECK(raw_settled(ring, 20), "persistent-lies: each request has an answer");
	for (int i = 0; i < 20; i++) {
		ask(BLKIF_OP_READ, 0, WILD_REF + (uint32_t)i);
		raw_push(f, ring);
		raw_settled(ring, 20);
	}
}

static void events_flood(struct front *f)
{
	connect(f);
	for (int i = 0; i < 3000; i++)
		kit_send(f->port);
}

/* ---- rings and ports ---- */

static void offer_and_wait(struct front *f, uint32_t ref, uint32_t port)
{
	offer(f, ref, port);
	front_state(f, XenbusStateInitialised);
}

static void ring_readonly(struct front *f)
{
	front_invite(f);
	raw_ring_make(&f->ring[0], 1, ENTRY, true);
	offer_and_wait(f, f->ring[0].ref[0], f->port);
}

static void ring_wild(struct front *f)
{
	front_invite(f);
	offer_and_wait(f, WILD_REF, f->port);
}

static void ring_half(struct front *f)
{
	front_invite(f);
	raw_ring_make(&f->ring[0], 1, ENTRY, false);
	offer(f, f->ring[0].ref[0], f->port);
	front_put(f, "ring-page-order", "1");
	front_put(f, "ring-ref0", "%u", f->ring[0].ref[0]);
	front_put(f, "ring-ref1", "%u", WILD_REF);
	front_state(f, XenbusStateInitialised);
}

static void port_wild(struct front *f)
{
	front_invite(f);
	raw_ring_make(&f->ring[0], 1, ENTRY, false);
	offer_and_wait(f, f->ring[0].ref[0], 100000);
}

/* One that is dom0's already, though for something else. */
static void port_of_store(struct front *f)
{
	front_invite(f);
	raw_ring_make(&f->ring[0], 1, ENTRY, false);
	offer_and_wait(f, f->ring[0].ref[0], kit_start_info->store_evtchn);
}

static void ring_twice(struct front *f)
{
	front_invite(f);
	ring = &f->ring[0];
	raw_ring_make(ring, 1, ENTRY, false);
	front_put(f, "ring-page-order", "1");
	front_put(f, "ring-ref0", "%u", ring->ref[0]);
	front_put(f, "ring-ref1", "%u", ring->ref[0]);
	front_put(f, "event-channel", "%u", f->port);
	front_state(f, XenbusStateInitialised);
	back_wait(f, IN(Connected) | IN(Closing), 20);
	for (int i = 0; i < 20; i++)
		ask(BLKIF_OP_READ, 0, page_ref[1]);
	raw_push(f, ring);
	pause_ms(100);
	ring->prod += 40;
	raw_push(f, ring);
	pause_ms(100);
}

/* The ring's page is given back to the hypervisor under the backend that has it mapped. */
static void ring_given_back(struct front *f)
{
	uint64_t mfn;
	struct xen_memory_reservation give = { .extent_start = (uint64_t)&mfn, .nr_extents = 1, .domid = DOMID_SELF };

	connect(f);
	CHECK(works(f), "ring-given-back: it works before");
	CHECK_EQ(kit_grant_end(ring->ref[0]), -XEN_EBUSY, "ring-given-back: its grant cannot be ended");
	mfn = kit_va_to_mfn(ring->head);
	kit_set_pte(ring->head, 0);
	hypercall2(__HYPERVISOR_memory_op, XENMEM_decrease_reservation, &give);
	for (int i = 0; i < 20; i++)
		kit_send(f->port);
	/* The address has no page behind it any more: neither it nor the reference is for anybody again. */
	*ring = (struct raw_ring){ 0 };
}

/* ---- store ---- */

/* What stands in a node is no number, or none that can be: never connected, never more than closed. */
static void node_garbage(struct front *f)
{
	static const char *const keys[] = { "ring-ref", "event-channel", "protocol", "ring-page-order", "multi-queue-num-queues" };
	unsigned int taken = 0, deaf = 0;

	for (unsigned int k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
		/* One in three for each key: how a number is read is the same everywhere. */
		for (unsigned int i = k % 3; i < nr_garbage; i += 3) {
			if (!front_reset(f) || !front_invite(f)) {
				deaf++;
				continue;
			}
			raw_ring_make(&f->ring[0], 1, ENTRY, false);
			offer(f, f->ring[0].ref[0], f->port);
			front_put(f, keys[k], "%s", garbage[i]);
			front_state(f, XenbusStateInitialised);
			if (!back_wait(f, IN(Closing) | IN(Connected), 20))
				deaf++;
			else
				taken += back_state(f) == XenbusStateConnected;
		}
	}
	CHECK_EQ(taken, 0, "node-garbage: nothing of it is taken for a number");
	CHECK_EQ(deaf, 0, "node-garbage: each has an answer");
}

static void state_garbage(struct front *f)
{
	connect(f);
	for (unsigned int i = 0; i < nr_garbage; i++)
		front_put(f, "state", "%s", garbage[i]);
	front_clear(f, "state");
}

static void states_jump(struct front *f)
{
	connect(f);
	for (unsigned int from = 0; from < 9; from++)
		for (unsigned int to = 0; to < 9; to++) {
			front_state(f, from);
			front_state(f, to);
		}
	front_state(f, 4294967295U);
}

static void nodes_gone(struct front *f)
{
	connect(f);
	front_clear(f, "ring-ref");
	front_clear(f, "event-channel");
	front_clear(f, "backend");
	front_clear(f, "backend-id");
	CHECK(works(f), "nodes-gone: what is connected works on");
	front_put(f, "backend", "/local/domain/0/backend/vbd/0/0");
	front_put(f, "backend-id", "7");
}

static void in_and_out(struct front *f)
{
	raw_ring_make(&f->ring[0], 1, ENTRY, false);
	for (unsigned int i = 0; i < 24; i++) {
		front_state(f, XenbusStateInitialising);
		offer(f, f->ring[0].ref[0], i & 1 ? 0 : 100000);
		front_state(f, XenbusStateInitialised);
		if (i % 3)
			pause_ms(i % 7);
		front_state(f, i & 1 ? XenbusStateClosed : XenbusStateClosing);
	}
}

/* Closed in the middle of much work; the pages are used for something else at once. */
static void closed_under_load(struct front *f)
{
	connect(f);
	for (int i = 0; i < 256; i++)
		((struct blkif_request_segment *)list_page)[i] =
			(struct blkif_request_segment){ .gref = page_ref[1], .last_sect = PAGE_SECTORS - 1 };
	for (uint32_t i = 0; i < ring->size; i++) {
		struct blkif_request_indirect *r = (void *)next();

		*r = (struct blkif_request_indirect){ .operation = BLKIF_OP_INDIRECT, .indirect_op = BLKIF_OP_READ, .id = i,
						      .nr_segments = 256, .indirect_grefs = { list_ref } };
	}
	raw_push(f, ring);
	front_state(f, XenbusStateClosed);
	chance_fill(ring->head, PAGE_SIZE);
}

static const struct attack attacks[] = {
	{ "index-wild", index_wild, CLOSES },
	{ "index-full", index_full, CLOSES },
	{ "index-back", index_back, CLOSES },
	{ "index-runs", index_runs, CLOSES },
	{ "answers-scribbled", answers_scribbled, STAYS },
	{ "operations", operations, STAYS },
	{ "segments", segments, STAYS },
	{ "sectors", sectors, STAYS },
	{ "grefs", grefs, STAYS },
	{ "grefs-flicker", grefs_flicker, STAYS },
	{ "requests-change", requests_change, STAYS },
	{ "lists-change", lists_change, STAYS },
	{ "ring-as-data", ring_as_data, EITHER },
	{ "persistent-lies", persistent_lies, STAYS },
	{ "events-flood", events_flood, STAYS },
	{ "ring-readonly", ring_readonly, CLOSES },
	{ "ring-wild", ring_wild, CLOSES },
	{ "ring-half", ring_half, CLOSES },
	{ "port-wild", port_wild, CLOSES },
	{ "port-of-store", port_of_store, CLOSES },
	{ "ring-twice", ring_twice, EITHER },
	{ "ring-given-back", ring_given_back, EITHER },
	{ "node-garbage", node_garbage, EITHER },
	{ "state-garbage", state_garbage, CLOSES },
	{ "states-jump", states_jump, EITHER },
	{ "nodes-gone", nodes_gone, STAYS },
	{ "in-and-out", in_and_out, EITHER },
	{ "closed-under-load", closed_under_load, CLOSES },
};

const struct manners disk_manners = {
	.type = "vbd", .connect = connect, .works = works, .attack = attacks, .nr = sizeof(attacks) / sizeof(attacks[0]),
};
