/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/guest/domu/hostileback/liar_card.c: a card that sends a guest its own frames back, and what may come instead. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <abi/io/netif.h>
#include <abi/io/xenbus.h>

#include "liar.h"

#define TX   0
#define RX   1
#define SIZE 256u

static void nodes(struct liar *l)
{
	say_front(l, "handle", "0");
	say_front(l, "mac", "02:00:00:00:09:01");
	say_front(l, "mtu", "1500");
}

static void features(struct liar *l)
{
	say(l, "feature-rx-copy", "1");
	say(l, "feature-sg", "1");
	say(l, "feature-gso-tcpv4", "1");
}

static void facts(struct liar *l) { (void)l; }

static bool attach(struct liar *l)
{
	if (!page_map(l, "tx-ring-ref", TX) || !page_map(l, "rx-ring-ref", RX))
		return false;
	l->port = socle_evtchn_bind_interdomain(l->ec, l->domid, (uint32_t)front_number(l, "event-channel"));
	return l->port >= 0;
}

static uint8_t *slot(struct liar *l, unsigned int way, uint32_t index)
{
	unsigned int entry = way == TX ? sizeof(struct netif_tx_request) : sizeof(struct netif_rx_request);

	return (uint8_t *)l->ring[way] + XEN_RING_HEADER_SIZE + (index % SIZE) * entry;
}

/* The next frame of the guest, or its next buffer. */
static bool next(struct liar *l, unsigned int way, void *to, size_t n)
{
	while (__atomic_load_n(&l->ring[way]->req_prod, __ATOMIC_ACQUIRE) == l->cons[way]) {
		l->ring[way]->req_event = l->cons[way] + 1;
		if (!time_left(l) || front_state(l) == XenbusStateClosed)
			return false;
		nap(2);
	}
	memcpy(to, slot(l, way, l->cons[way]++), n);
	return true;
}

static void publish(struct liar *l, unsigned int way)
{
	__atomic_store_n(&l->ring[way]->rsp_prod, l->prod[way], __ATOMIC_RELEASE);
	tell(l);
}

static void put(struct liar *l, unsigned int way, const void *answer, size_t n)
{
	memcpy(slot(l, way, l->prod[way]++), answer, n);
	publish(l, way);
}

static void sent(struct liar *l, uint16_t id, int16_t status)
{
	const struct netif_tx_response rsp = { .id = id, .status = status };

	put(l, TX, &rsp, sizeof(rsp));
}

static void came(struct liar *l, uint16_t id, uint16_t offset, uint16_t flags, int16_t status)
{
	const struct netif_rx_response rsp = { .id = id, .offset = offset, .flags = flags, .status = status };

	put(l, RX, &rsp, sizeof(rsp));
}

static bool echo(struct liar *l)
{
	struct netif_tx_request q;
	struct netif_rx_request b;
	uint8_t *from, *to;

	if (!next(l, TX, &q, sizeof(q)) || !next(l, RX, &b, sizeof(b)))
		return false;
	from = socle_gnttab_map(l->gt, l->domid, &q.gref, 1, PROT_READ);
	to = socle_gnttab_map(l->gt, l->domid, &b.gref, 1, PROT_READ | PROT_WRITE);
	if (from && to && q.offset + q.size <= PAGE)
		memcpy(to, from + q.offset, q.size);
	if (from)
		socle_gnttab_unmap(l->gt, from, 1);
	if (to)
		socle_gnttab_unmap(l->gt, to, 1);
	sent(l, q.id, from ? NETIF_RSP_OKAY : NETIF_RSP_ERROR);
	came(l, b.id, 0, 0, (int16_t)q.size);
	return true;
}

static void echoes(struct liar *l, unsigned int n)
{
	while (n-- && echo(l))
		;
}

static void serve(struct liar *l) { echoes(l, ~0u); }

/* ---- lies ---- */

static void features_garbage(struct liar *l)
{
	static const char *const keys[] = {
		"feature-sg", "feature-gso-tcpv4", "feature-gso-tcpv6", "feature-ipv6-csum-offload", "feature-split-event-channels",
		"multi-queue-max-queues", "feature-ctrl-ring", "feature-multicast-control",
	};

	nodes_garbage(l, keys, 8);
	say(l, "feature-split-event-channels", "17");
	say(l, "multi-queue-max-queues", "-1");
	say(l, "feature-rx-copy", "1");
}

static void no_copy(struct liar *l) { say(l, "feature-rx-copy", "0"); say(l, "feature-rx-flip", "1"); }

static void wild(struct liar *l, unsigned int way)
{
	echoes(l, 5);
	__atomic_store_n(&l->ring[way]->rsp_prod, l->prod[way] + 0x1000000, __ATOMIC_SEQ_CST);
	tell(l);
}

static void tx_index(struct liar *l) { wild(l, TX); }
static void rx_index(struct liar *l) { wild(l, RX); }

static void tx_id(struct liar *l)
{
	struct netif_tx_request q;

	echoes(l, 5);
	if (next(l, TX, &q, sizeof(q)))
		sent(l, 0xfffe, 0);
}

/* Both at once: between two announcements the guest may send under that id again, and the second answer would be a true one. */
static void tx_twice(struct liar *l)
{
	struct netif_tx_request q, other;
	struct netif_tx_response rsp = { 0 };

	echoes(l, 5);
	if (!next(l, TX, &q, sizeof(q)) || !next(l, TX, &other, sizeof(other)))
		return;
	rsp.id = q.id;
	for (int i = 0; i < 2; i++)
		memcpy(slot(l, TX, l->prod[TX]++), &rsp, sizeof(rsp));
	publish(l, TX);
}

static void tx_status(struct liar *l)
{
	static const int16_t strange[] = { -1, -2, 2, 77, -32768, 32767 };
	struct netif_tx_request q;

	for (unsigned int i = 0; next(l, TX, &q, sizeof(q)); i++)
		sent(l, q.id, strange[i % 6]);
}

/* The answer of an extra slot, where none was. */
static void tx_null(struct liar *l)
{
	struct netif_tx_request q;

	echoes(l, 5);
	if (next(l, TX, &q, sizeof(q)))
		sent(l, q.id, NETIF_RSP_NULL);
}

static void keeps(struct liar *l)
{
	struct netif_tx_request q;

	while (next(l, TX, &q, sizeof(q))) {
		(void)socle_gnttab_map(l->gt, l->domid, &q.gref, 1, PROT_READ);
		sent(l, q.id, 0);
	}
}

static void rx_lie(struct liar *l, uint16_t id_xor, uint16_t offset, uint16_t flags, int16_t status)
{
	struct netif_rx_request b;

	echoes(l, 5);
	if (next(l, RX, &b, sizeof(b)))
		came(l, b.id ^ id_xor, offset, flags, status);
}

static void rx_id(struct liar *l) { rx_lie(l, 0x7777, 0, 0, 100); }
static void rx_turn(struct liar *l) { rx_lie(l, 1, 0, 0, 100); }
static void rx_offset(struct liar *l) { rx_lie(l, 0, 4090, 0, 100); }
static void rx_size(struct liar *l) { rx_lie(l, 0, 0, 0, 32767); }
static void rx_offset_huge(struct liar *l) { rx_lie(l, 0, 65535, 0, 32767); }

static void rx_minus(struct liar *l)
{
	struct netif_rx_request b;

	while (next(l, RX, &b, sizeof(b)))
		came(l, b.id, 0, 0, (int16_t)(-1 - (int)chance(32767)));
}

static void rx_chain(struct liar *l)
{
	struct netif_rx_request b;

	echoes(l, 2);
	for (unsigned int i = 0; i < 40 && next(l, RX, &b, sizeof(b)); i++)
		came(l, b.id, 0, NETRXF_more_data, 4000);
}

static void rx_extra(struct liar *l)
{
	struct netif_extra_info x = { .type = XEN_NETIF_EXTRA_TYPE_GSO, .flags = XEN_NETIF_EXTRA_FLAG_MORE };
	struct netif_rx_request b;

	echoes(l, 2);
	if (next(l, RX, &b, sizeof(b)))
		came(l, b.id, 0, NETRXF_extra_info, 1000);
	for (unsigned int i = 0; i < 6 && next(l, RX, &b, sizeof(b)); i++, x.type = (uint8_t)chance(256))
		put(l, RX, &x, sizeof(x));
}

static void rx_segments_of_nothing(struct liar *l)
{
	struct netif_extra_info x = { .type = XEN_NETIF_EXTRA_TYPE_GSO, .u.gso = { .type = XEN_NETIF_GSO_TYPE_TCPV4 } };
	struct netif_rx_request b;

	echoes(l, 2);
	if (next(l, RX, &b, sizeof(b)))
		came(l, b.id, 0, NETRXF_extra_info, 1000);
	if (next(l, RX, &b, sizeof(b)))
		put(l, RX, &x, sizeof(x));
}

static void rings_random(struct liar *l)
{
	echoes(l, 3);
	while (time_left(l) && front_state(l) != XenbusStateClosed) {
		for (unsigned int i = 0; i < PAGE / 4; i++) {
			((volatile uint32_t *)l->ring[TX])[i] = (uint32_t)random();
			((volatile uint32_t *)l->ring[RX])[i] = (uint32_t)random();
		}
		tell(l);
		nap(2);
	}
}

/* Frames whose bytes, and slots, change while they are taken in. */
static void scribbles(struct liar *l)
{
	while (echo(l))
		for (unsigned int i = 0; i < 300; i++)
			((volatile uint32_t *)l->ring[RX])[16 + chance(PAGE / 4 - 16)] = (uint32_t)random();
}

static void never(struct liar *l)
{
	while (time_left(l) && front_state(l) != XenbusStateClosed)
		nap(20);
}

static void events_only(struct liar *l)
{
	for (unsigned int i = 0; i < 3000 && time_left(l); i++)
		socle_evtchn_notify(l->ec, (uint32_t)l->port);
	serve(l);
}

static void jumps(struct liar *l)
{
	echoes(l, 3);
	states_jump(l);
	state(l, XenbusStateClosed);
	say(l, "online", "0");
}

static void gone(struct liar *l)
{
	echoes(l, 3);
	socle_store_rm(l->st, 0, l->back);
}

static const struct lie lies[] = {
	{ "card-honest", .error = NULL },
	{ "card-features", .features = features_garbage },
	{ "card-no-copy", .features = no_copy, .error = "cannot offer rings to its backend" },
	{ "card-tx-index", .serve = tx_index, .error = "index is beyond what was asked" },
	{ "card-rx-index", .serve = rx_index, .error = "index is beyond what was asked" },
	{ "card-tx-id", .serve = tx_id, .error = "answered an id that is not out" },
	{ "card-tx-twice", .serve = tx_twice, .error = "answered an id that is not out" },
	{ "card-tx-status", .serve = tx_status },
	{ "card-tx-null", .serve = tx_null, .error = "answered an extra slot that is not out" },
	{ "card-keeps", .serve = keeps, .error = "keeps a page mapped that it has sent" },
	{ "card-rx-id", .serve = rx_id, .error = "answered a buffer out of its turn" },
	{ "card-rx-turn", .serve = rx_turn, .error = "answered a buffer out of its turn" },
	{ "card-rx-offset", .serve = rx_offset, .error = "sent data outside of the page" },
	{ "card-rx-size", .serve = rx_size, .error = "sent data outside of the page" },
	{ "card-rx-offset-huge", .serve = rx_offset_huge, .error = "sent data outside of the page" },
	{ "card-rx-minus", .serve = rx_minus },
	{ "card-rx-chain", .serve = rx_chain, .error = "sent a frame of too many slots" },
	{ "card-rx-extra", .serve = rx_extra, .error = "the backend sent" },
	{ "card-rx-segments", .serve = rx_segments_of_nothing, .error = "sent segments of no size" },
	{ "card-rings-random", .serve = rings_random, .error = "the backend" },
	{ "card-scribbles", .serve = scribbles, .any = true },
	{ "card-never", .serve = never },
	{ "card-events", .serve = events_only },
	{ "card-jumps", .serve = jumps },
	{ "card-gone", .serve = gone },
	{ "card-unmapped", .serve = never, .unmapped = true },
};

const struct liar_class liar_card = {
	.type = "vif", .devid = 0, .nodes = nodes, .features = features, .attach = attach, .facts = facts, .serve = serve,
	.lie = lies, .nr = sizeof(lies) / sizeof(lies[0]),
};
