/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/guest/domu/hostileback/liar_disk.c: a disk in memory, and what may be said instead of its answers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <abi/io/blkif.h>
#include <abi/io/xenbus.h>

#include "liar.h"

#define SECTORS 2048u
#define SIZE    BLKIF_RING_ENTRIES_1PAGE

static uint8_t content[SECTORS * 512];
static unsigned int answers;

static void nodes(struct liar *l)
{
	say_front(l, "virtual-device", "51712");
	say_front(l, "device-type", "disk");
}

static void features(struct liar *l)
{
	say(l, "max-ring-page-order", "0");
	say(l, "feature-flush-cache", "1");
	say(l, "feature-persistent", "0");
	say(l, "multi-queue-max-queues", "1");
}

static void facts(struct liar *l)
{
	say(l, "sectors", "2048");
	say(l, "sector-size", "512");
	say(l, "info", "0");
}

static bool attach(struct liar *l)
{
	if (!page_map(l, "ring-ref", 0))
		return false;
	l->port = socle_evtchn_bind_interdomain(l->ec, l->domid, (uint32_t)front_number(l, "event-channel"));
	return l->port >= 0;
}

static uint8_t *slot(struct liar *l, uint32_t index)
{
	return (uint8_t *)l->ring[0] + XEN_RING_HEADER_SIZE + (index % SIZE) * sizeof(struct blkif_request);
}

/* The next request; none within the time left ends the lie. */
static bool next(struct liar *l, struct blkif_request *r)
{
	while (__atomic_load_n(&l->ring[0]->req_prod, __ATOMIC_ACQUIRE) == l->cons[0]) {
		l->ring[0]->req_event = l->cons[0] + 1;
		if (!time_left(l) || front_state(l) == XenbusStateClosed)
			return false;
		nap(2);
	}
	memcpy(r, slot(l, l->cons[0]++), sizeof(*r));
	return true;
}

static void put(struct liar *l, uint64_t id, uint8_t operation, int16_t status)
{
	struct blkif_response rsp = { .id = id, .operation = operation, .status = status };

	memcpy(slot(l, l->prod[0]++), &rsp, sizeof(rsp));
	__atomic_store_n(&l->ring[0]->rsp_prod, l->prod[0], __ATOMIC_RELEASE);
	tell(l);
	answers++;
}

static int16_t transfer(struct liar *l, const struct blkif_request *r, bool keep)
{
	uint64_t at = r->sector_number;

	for (unsigned int i = 0; i < r->nr_segments && i < 11; i++) {
		uint32_t first = r->seg[i].first_sect, n = r->seg[i].last_sect - first + 1u, ref = r->seg[i].gref;
		uint8_t *page = socle_gnttab_map(l->gt, l->domid, &ref, 1, PROT_READ | PROT_WRITE);

		if (!page) /* what is written is granted to be read */
			page = socle_gnttab_map(l->gt, l->domid, &ref, 1, PROT_READ);
		if (!page || at + n > SECTORS)
			return BLKIF_RSP_ERROR;
		if (r->operation == BLKIF_OP_READ)
			memcpy(page + first * 512, content + at * 512, n * 512);
		else
			memcpy(content + at * 512, page + first * 512, n * 512);
		at += n;
		if (!keep)
			socle_gnttab_unmap(l->gt, page, 1);
	}
	return BLKIF_RSP_OKAY;
}

static void serve_some(struct liar *l, unsigned int n)
{
	struct blkif_request r;

	while (n-- && next(l, &r))
		put(l, r.id, r.operation, transfer(l, &r, false));
}

static void serve(struct liar *l) { serve_some(l, ~0u); }

/* ---- lies ---- */

static void features_garbage(struct liar *l)
{
	static const char *const keys[] = {
		"max-ring-page-order", "feature-flush-cache", "feature-persistent", "multi-queue-max-queues", "feature-barrier",
		"feature-max-indirect-segments", "feature-discard", "discard-granularity",
	};

	nodes_garbage(l, keys, 8);
	/* What would be taken at its word, and not be kept. */
	say(l, "feature-max-indirect-segments", "0");
	say(l, "max-ring-page-order", "-4");
	say(l, "multi-queue-max-queues", "18446744073709551615");
	say(l, "feature-persistent", "yes");
}

static void size_0(struct liar *l) { facts(l); say(l, "sector-size", "0"); }
static void size_3(struct liar *l) { facts(l); say(l, "sector-size", "3"); }
static void size_huge(struct liar *l) { facts(l); say(l, "sector-size", "2147483648"); }
static void no_multiple(struct liar *l) { facts(l); say(l, "sector-size", "4096"); say(l, "sectors", "2047"); }
static void sectors_garbage(struct liar *l) { facts(l); say(l, "sectors", "a lot"); }
static void sectors_huge(struct liar *l) { facts(l); say(l, "sectors", "18446744073709551615"); }

static void index_wild(struct liar *l)
{
	serve_some(l, 5);
	__atomic_store_n(&l->ring[0]->rsp_prod, l->prod[0] + 0x10000000, __ATOMIC_SEQ_CST);
	tell(l);
}

static void index_back(struct liar *l)
{
	serve_some(l, 5);
	__atomic_store_n(&l->ring[0]->rsp_prod, l->prod[0] - 3, __ATOMIC_SEQ_CST);
	tell(l);
}

static void lie_after(struct liar *l, unsigned int n, uint64_t id_or, uint8_t operation_xor, int16_t status)
{
	struct blkif_request r;

	serve_some(l, n);
	if (next(l, &r))
		put(l, r.id | id_or, r.operation ^ operation_xor, status);
}

static void id_wild(struct liar *l) { lie_after(l, 5, 1ull << 40, 0, 0); }
static void id_all(struct liar *l) { lie_after(l, 5, ~0ull, 0, 0); }
static void operation_other(struct liar *l) { lie_after(l, 4, 0, 7, 0); }

static void id_twice(struct liar *l)
{
	struct blkif_request r, other;

	serve_some(l, 5);
	if (!next(l, &r) || !next(l, &other))
		return;
	put(l, r.id, r.operation, transfer(l, &r, false));
	put(l, r.id, r.operation, 0);
}

static void status_wild(struct liar *l)
{
	static const int16_t wild[] = { 1, 77, -3, -32768, 32767, -1, -2 };
	struct blkif_request r;

	for (unsigned int n = 0; next(l, &r); n++)
		put(l, r.id, r.operation, wild[n % 7]);
}

static void never(struct liar *l)
{
	while (time_left(l) && front_state(l) != XenbusStateClosed)
		nap(20);
}

static void keeps(struct liar *l)
{
	struct blkif_request r;

	while (next(l, &r))
		put(l, r.id, r.operation, transfer(l, &r, true));
}

/* Into the ring as it comes, beside answers that would be right. */
static void scribbles(struct liar *l)
{
	struct blkif_request r;

	while (next(l, &r)) {
		int16_t status = transfer(l, &r, false);
		uint32_t at = chance(PAGE / 4);

		for (unsigned int i = 0; i < 200; i++, at = 16 + chance(PAGE / 4 - 16))
			((volatile uint32_t *)l->ring[0])[at] = (uint32_t)random();
		put(l, r.id, r.operation, status);
	}
}

static void ring_random(struct liar *l)
{
	serve_some(l, 3);
	while (time_left(l) && front_state(l) != XenbusStateClosed) {
		for (unsigned int i = 0; i < PAGE / 4; i++)
			((volatile uint32_t *)l->ring[0])[i] = (uint32_t)random();
		tell(l);
		nap(2);
	}
}

static void events_only(struct liar *l)
{
	for (unsigned int i = 0; i < 3000 && time_left(l); i++)
		socle_evtchn_notify(l->ec, (uint32_t)l->port);
	serve(l);
}

static void jumps(struct liar *l)
{
	serve_some(l, 3);
	states_jump(l);
	state(l, XenbusStateClosed);
	say(l, "online", "0");
}

static void gone(struct liar *l)
{
	serve_some(l, 3);
	socle_store_rm(l->st, 0, l->back);
}

static void shrinks(struct liar *l)
{
	serve_some(l, 5);
	say(l, "sectors", "1");
	state(l, XenbusStateConnected);
	say(l, "sector-size", "4096");
	say(l, "sectors", "18446744073709551615");
	state(l, XenbusStateConnected);
	serve(l);
}

static void closes(struct liar *l)
{
	serve_some(l, 3);
	say(l, "online", "0");
	state(l, XenbusStateClosing);
	nap(300);
}

static const struct lie lies[] = {
	{ "disk-honest", .error = NULL },
	{ "disk-features", .features = features_garbage },
	{ "disk-size-0", .facts = size_0, .error = "what its backend says of it cannot be used" },
	{ "disk-size-3", .facts = size_3, .error = "what its backend says of it cannot be used" },
	{ "disk-size-huge", .facts = size_huge, .error = "what its backend says of it cannot be used" },
	{ "disk-no-multiple", .facts = no_multiple, .error = "what its backend says of it cannot be used" },
	{ "disk-sectors-garbage", .facts = sectors_garbage },
	{ "disk-sectors-huge", .facts = sectors_huge },
	{ "disk-index-wild", .serve = index_wild, .error = "claims more answers than there are requests" },
	{ "disk-index-back", .serve = index_back, .error = "claims more answers than there are requests" },
	{ "disk-id-wild", .serve = id_wild, .error = "its backend gave" },
	{ "disk-id-all", .serve = id_all, .error = "its backend gave" },
	{ "disk-id-twice", .serve = id_twice, .error = "its backend gave" },
	{ "disk-operation", .serve = operation_other, .error = "its backend gave" },
	{ "disk-status", .serve = status_wild },
	{ "disk-never", .serve = never },
	{ "disk-keeps", .serve = keeps, .error = "keeps pages of a request that it has answered" },
	{ "disk-ring-random", .serve = ring_random, .error = "its backend" },
	{ "disk-scribbles", .serve = scribbles, .any = true },
	{ "disk-events", .serve = events_only },
	{ "disk-jumps", .serve = jumps },
	{ "disk-gone", .serve = gone },
	{ "disk-shrinks", .serve = shrinks },
	{ "disk-closes", .serve = closes },
	{ "disk-unmapped", .serve = never, .unmapped = true },
};

const struct liar_class liar_disk = {
	.type = "vbd", .devid = 51712, .nodes = nodes, .features = features, .attach = attach, .facts = facts, .serve = serve,
	.lie = lies, .nr = sizeof(lies) / sizeof(lies[0]),
};
