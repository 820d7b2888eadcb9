/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rings of netfront against a polite and a hostile backend: ids out and back, order, wrap, frames of many slots, extra
 * information, events asked for and not, and every lie that net/tx.h and net/rx.h promise to notice. Rings are heap blocks of
 * exactly a page, so the sanitizer sees a slot outside of it.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "net/rx.h"
#include "net/tx.h"
#include "suite.h"

#define PAGE 4096u
#define RING 256u

static const struct net_offload plain = { .gso = NET_GSO_NONE };

/* A backend: what it sees of a ring, and its own indices. */
struct back {
	struct sring_header *shared;
	size_t entry;
	uint32_t req_cons, rsp_prod;
};

static void *back_slot(struct back *b, uint32_t index)
{
	return (uint8_t *)b->shared + XEN_RING_HEADER_SIZE + index % RING * b->entry;
}

static void *page(void)
{
	void *p = aligned_alloc(PAGE, PAGE);

	memset(p, 0, PAGE);
	return p;
}

/* ---- transmit ---- */

static struct back tx_make(struct net_tx *t)
{
	struct back b = { .shared = page(), .entry = sizeof(struct netif_tx_request) };

	net_tx_init(t, b.shared);
	return b;
}

static struct netif_tx_request tx_get(struct back *b)
{
	struct netif_tx_request rq;

	ck_assert_uint_ne(b->req_cons, b->shared->req_prod);
	memcpy(&rq, back_slot(b, b->req_cons++), sizeof(rq));
	return rq;
}

static void tx_answer(struct back *b, uint16_t id, int16_t status)
{
	struct netif_tx_response rsp = { id, status };

	memcpy(back_slot(b, b->rsp_prod++), &rsp, sizeof(rsp));
	b->shared->rsp_prod = b->rsp_prod;
}

static bool tx_one(struct net_tx *t, uint16_t len)
{
	struct net_tx_part part = { .gref = 7, .offset = 0, .len = len };

	return net_tx_put(t, &part, 1, &plain);
}

START_TEST(tx_one_slot_says_all)
{
	struct net_tx_part part = { .gref = 99, .offset = 64, .len = 1514 };
	struct netif_tx_request rq;
	struct net_tx_done done;
	struct net_tx t;
	struct back b = tx_make(&t);
	uint16_t id = net_tx_id(&t, 0);

	ck_assert(net_tx_put(&t, &part, 1, &plain));
	ck_assert(kit_ring_push(&t.ring));	/* req_event is 1 at first */
	rq = tx_get(&b);
	ck_assert_uint_eq(rq.gref, 99);
	ck_assert_uint_eq(rq.offset, 64);
	ck_assert_uint_eq(rq.size, 1514);
	ck_assert_uint_eq(rq.flags, 0);
	ck_assert_uint_eq(rq.id, id);
	ck_assert(!net_tx_take(&t, &done));
	tx_answer(&b, id, NETIF_RSP_DROPPED);
	ck_assert(net_tx_take(&t, &done));
	ck_assert_uint_eq(done.id, id);
	ck_assert_int_eq(done.status, NETIF_RSP_DROPPED);
	ck_assert(!net_tx_take(&t, &done));
	ck_assert_ptr_null(t.broken);
	free(b.shared);
}
END_TEST

START_TEST(tx_first_slot_has_the_whole_size)
{
	struct net_tx_part part[3] = { { 1, 10, 54 }, { 2, 0, 4096 }, { 3, 96, 4000 } };
	struct net_offload o = { .csum_blank = true, .gso = NET_GSO_TCP6, .gso_size = 1440 };
	struct netif_extra_info extra;
	struct netif_tx_request rq;
	struct net_tx_done done;
	struct net_tx t;
	struct back b = tx_make(&t);
	uint16_t id[3];

	ck_assert(net_tx_put(&t, part, 3, &o));
	kit_ring_push(&t.ring);
	rq = tx_get(&b);
	id[0] = rq.id;
	ck_assert_uint_eq(rq.size, 54 + 4096 + 4000);
	ck_assert_uint_eq(rq.flags, NETTXF_csum_blank | NETTXF_data_validated | NETTXF_more_data | NETTXF_extra_info);
	memcpy(&extra, back_slot(&b, b.req_cons++), sizeof(extra));
	ck_assert_uint_eq(extra.type, XEN_NETIF_EXTRA_TYPE_GSO);
	ck_assert_uint_eq(extra.flags, 0);
	ck_assert_uint_eq(extra.u.gso.type, XEN_NETIF_GSO_TYPE_TCPV6);
	ck_assert_uint_eq(extra.u.gso.size, 1440);
	rq = tx_get(&b);
	id[1] = rq.id;
	ck_assert_uint_eq(rq.size, 4096);
	ck_assert_uint_eq(rq.flags, NETTXF_more_data);
	rq = tx_get(&b);
	id[2] = rq.id;
	ck_assert_uint_eq(rq.size, 4000);
	ck_assert_uint_eq(rq.flags, 0);
	ck_assert_uint_eq(b.req_cons, b.shared->req_prod);

	/* The extra slot is answered too, in a place of its own. */
	tx_answer(&b, id[1], NETIF_RSP_OKAY);
	tx_answer(&b, 0xffff, NETIF_RSP_NULL);
	tx_answer(&b, id[2], NETIF_RSP_OKAY);
	tx_answer(&b, id[0], NETIF_RSP_OKAY);
	for (unsigned int i = 0; i < 3; i++) {
		ck_assert(net_tx_take(&t, &done));
		ck_assert_uint_eq(done.id, id[i == 2 ? 0 : i + 1]);
	}
	ck_assert_uint_eq(kit_ring_room(&t.ring), RING);
	ck_assert_ptr_null(t.broken);
	free(b.shared);
}
END_TEST

START_TEST(tx_refuses_what_is_no_frame)
{
	const struct net_offload gso_unsized = { .csum_blank = true, .gso = NET_GSO_TCP4 };
	const struct net_offload gso_summed = { .gso = NET_GSO_TCP4, .gso_size = 1448 };
	struct net_tx_part part[NET_TX_PARTS_MAX + 1];
	struct net_tx t;
	struct back b = tx_make(&t);

	for (unsigned int i = 0; i <= NET_TX_PARTS_MAX; i++)
		part[i] = (struct net_tx_part){ i, 0, 100 };
	ck_assert(!net_tx_put(&t, part, 0, &plain));
	ck_assert(!net_tx_put(&t, part, NET_TX_PARTS_MAX + 1, &plain));
	ck_assert(!net_tx_put(&t, part, 1, &gso_unsized));
	ck_assert(!net_tx_put(&t, part, 1, &gso_summed));
	part[1].len = 0;
	ck_assert(!net_tx_put(&t, part, 2, &plain));
	part[1] = (struct net_tx_part){ 1, 4000, 97 };
	ck_assert(!net_tx_put(&t, part, 2, &plain));
	part[1] = (struct net_tx_part){ 1, 65535, 1 };
	ck_assert(!net_tx_put(&t, part, 2, &plain));
	for (unsigned int i = 0; i < 16; i++)
		part[i] = (struct net_tx_part){ i, 0, 4096 };
	ck_assert(!net_tx_put(&t, part, 16, &plain));
	part[15].len = 4095;
	ck_assert_uint_eq(t.ring.req_prod, 0);
	ck_assert(net_tx_put(&t, part, 16, &plain));
	free(b.shared);
}
END_TEST

START_TEST(tx_full_ring_waits_for_answers)
{
	struct net_tx_done done;
	struct net_tx t;
	struct back b = tx_make(&t);
	bool seen[RING] = { 0 };

	/* Three times around, answered backwards: every id is out once at a time. */
	for (unsigned int round = 0; round < 3; round++) {
		uint16_t ids[RING];

		for (unsigned int i = 0; i < RING; i++)
			ck_assert(tx_one(&t, 60));
		ck_assert(!net_tx_fits(&t, 1, &plain));
		ck_assert(!tx_one(&t, 60));
		kit_ring_push(&t.ring);
		memset(seen, 0, sizeof(seen));
		for (unsigned int i = 0; i < RING; i++) {
			ids[i] = tx_get(&b).id;
			ck_assert_uint_lt(ids[i], RING);
			ck_assert(!seen[ids[i]]);
			seen[ids[i]] = true;
		}
		for (unsigned int i = RING; i--;)
			tx_answer(&b, ids[i], NETIF_RSP_OKAY);
		for (unsigned int i = RING; i--;) {
			ck_assert(net_tx_take(&t, &done));
			ck_assert_uint_eq(done.id, ids[i]);
		}
	}
	ck_assert_ptr_null(t.broken);
	free(b.shared);
}
END_TEST

START_TEST(tx_lies_break_the_ring)
{
	for (int lie = 0; lie < 5; lie++) {
		struct net_tx_done done;
		struct net_tx t;
		struct back b = tx_make(&t);
		uint16_t id;

		ck_assert(tx_one(&t, 60) && tx_one(&t, 60));
		kit_ring_push(&t.ring);
		id = tx_get(&b).id;
		switch (lie) {
		case 0:	/* an id that is not out */
			tx_answer(&b, (uint16_t)(id + 77), NETIF_RSP_OKAY);
			break;
		case 1:	/* one beyond the table */
			tx_answer(&b, 256, NETIF_RSP_OKAY);
			break;
		case 2:	/* an answer to an extra slot that never was */
			tx_answer(&b, id, NETIF_RSP_NULL);
			break;
		case 3:	/* the index runs away */
			b.shared->rsp_prod = 3;
			break;
		default: /* and backwards */
			b.shared->rsp_prod = (uint32_t)-1;
		}
		ck_assert(!net_tx_take(&t, &done));
		ck_assert_ptr_nonnull(t.broken);
		ck_assert(!tx_one(&t, 60));
		ck_assert(!net_tx_take(&t, &done));
		free(b.shared);
	}
}
END_TEST

START_TEST(tx_same_id_twice_breaks_the_ring)
{
	struct net_tx_done done;
	struct net_tx t;
	struct back b = tx_make(&t);
	uint16_t id;

	ck_assert(tx_one(&t, 60) && tx_one(&t, 60));
	kit_ring_push(&t.ring);
	id = tx_get(&b).id;
	tx_answer(&b, id, NETIF_RSP_OKAY);
	tx_answer(&b, id, NETIF_RSP_OKAY);
	ck_assert(net_tx_take(&t, &done));
	ck_assert(!net_tx_take(&t, &done));
	ck_assert_str_eq(t.broken, "the backend answered an id that is not out");
	free(b.shared);
}
END_TEST

START_TEST(events_are_asked_for)
{
	struct net_tx_done done;
	struct net_tx t;
	struct back b = tx_make(&t);

	ck_assert(tx_one(&t, 60));
	ck_assert(kit_ring_push(&t.ring));
	ck_assert(!kit_ring_push(&t.ring));	/* nothing new */
	ck_assert(tx_one(&t, 60));
	ck_assert(!kit_ring_push(&t.ring));	/* the backend did not ask again */
	b.shared->req_event = 3;
	ck_assert(tx_one(&t, 60));
	ck_assert(kit_ring_push(&t.ring));
	b.shared->req_event = 2 + 0x80000000u;	/* nonsense is as good as any answer */
	ck_assert(tx_one(&t, 60));
	ck_assert(!kit_ring_push(&t.ring));

	ck_assert(!kit_ring_rearm(&t.ring, 2));
	ck_assert_uint_eq(b.shared->rsp_event, 2);
	tx_answer(&b, tx_get(&b).id, NETIF_RSP_OKAY);
	ck_assert(kit_ring_rearm(&t.ring, 1));
	ck_assert(net_tx_take(&t, &done));
	ck_assert(!kit_ring_rearm(&t.ring, 1));
	ck_assert_uint_eq(b.shared->rsp_event, 2);
	free(b.shared);
}
END_TEST

/* ---- receive ---- */

static struct back rx_make(struct net_rx *r)
{
	struct back b = { .shared = page(), .entry = sizeof(struct netif_rx_request) };

	net_rx_init(r, b.shared);
	r->gso4 = r->gso6 = true;
	for (unsigned int i = 0; i < RING; i++)
		net_rx_post(r, 1000 + i);
	kit_ring_push(&r->ring);
	return b;
}

static void rx_raw(struct back *b, const void *entry)
{
	memcpy(back_slot(b, b->rsp_prod++), entry, 8);
	b->shared->rsp_prod = b->rsp_prod;
}

static void rx_data(struct back *b, uint16_t offset, int16_t status, uint16_t flags)
{
	struct netif_rx_response rsp = { (uint16_t)(b->rsp_prod % RING), offset, flags, status };

	rx_raw(b, &rsp);
}

static void rx_gso(struct back *b, uint8_t type, uint16_t size, uint8_t flags)
{
	struct netif_extra_info x = { .type = XEN_NETIF_EXTRA_TYPE_GSO, .flags = flags, .u.gso = { .size = size, .type = type } };

	rx_raw(b, &x);
}

START_TEST(rx_posts_say_their_place)
{
	struct net_rx r;
	struct back b = rx_make(&r);

	ck_assert_uint_eq(b.shared->req_prod, RING);
	ck_assert_uint_eq(kit_ring_room(&r.ring), 0);
	for (uint32_t i = 0; i < RING; i++) {
		struct netif_rx_request rq;

		memcpy(&rq, back_slot(&b, i), sizeof(rq));
		ck_assert_uint_eq(rq.id, i);
		ck_assert_uint_eq(rq.gref, 1000 + i);
	}
	free(b.shared);
}
END_TEST

START_TEST(rx_frames_come_whole)
{
	struct net_rx_frame f;
	struct net_rx r;
	struct back b = rx_make(&r);

	ck_assert(!net_rx_take(&r, &f));
	rx_data(&b, 0, 60, 0);
	ck_assert(net_rx_take(&r, &f));
	ck_assert_uint_eq(f.len, 60);
	ck_assert_uint_eq(f.nr_parts, 1);
	ck_assert_uint_eq(f.nr_slots, 1);
	ck_assert(!f.offload.csum_blank && !f.offload.csum_good);

	/* Half a frame is left where it is, and an event for more is asked for. */
	rx_data(&b, 256, 3840, NETRXF_more_data | NETRXF_csum_blank | NETRXF_data_validated | NETRXF_extra_info);
	ck_assert(!net_rx_take(&r, &f));
	ck_assert(!net_rx_rearm(&r));
	ck_assert_uint_eq(b.shared->rsp_event, 3);
	rx_gso(&b, XEN_NETIF_GSO_TYPE_TCPV4, 1448, 0);
	ck_assert(net_rx_rearm(&r));
	ck_assert(!net_rx_take(&r, &f));
	rx_data(&b, 0, 4096, NETRXF_more_data);
	rx_data(&b, 0, 5, 0);
	ck_assert(net_rx_take(&r, &f));
	ck_assert_uint_eq(f.first_id, 1);
	ck_assert_uint_eq(f.nr_slots, 4);
	ck_assert_uint_eq(f.nr_parts, 3);
	ck_assert_uint_eq(f.len, 3840 + 4096 + 5);
	ck_assert_uint_eq(f.part[0].id, 1);
	ck_assert_uint_eq(f.part[0].offset, 256);
	ck_assert_uint_eq(f.part[1].id, 3);
	ck_assert_uint_eq(f.part[2].len, 5);
	ck_assert(f.offload.csum_blank && f.offload.csum_good);
	ck_assert_int_eq(f.offload.gso, NET_GSO_TCP4);
	ck_assert_uint_eq(f.offload.gso_size, 1448);
	ck_assert(!net_rx_rearm(&r));
	ck_assert_uint_eq(b.shared->rsp_event, 6);
	ck_assert_ptr_null(r.broken);
	free(b.shared);
}
END_TEST

START_TEST(rx_goes_around)
{
	struct net_rx_frame f;
	struct net_rx r;
	struct back b = rx_make(&r);

	for (unsigned int i = 0; i < 5 * RING; i++) {
		rx_data(&b, 0, 100, NETRXF_more_data);
		rx_data(&b, 0, 1, 0);
		ck_assert(net_rx_take(&r, &f));
		ck_assert_uint_eq(f.part[0].id, 2 * i % RING);
		for (unsigned int k = 0; k < f.nr_slots; k++) {
			ck_assert_uint_eq(net_rx_id(&r), (f.first_id + k) % RING);
			net_rx_post(&r, 5);
		}
		kit_ring_push(&r.ring);
	}
	ck_assert_ptr_null(r.broken);
	free(b.shared);
}
END_TEST

START_TEST(rx_failures_cost_their_buffers_only)
{
	struct net_rx_frame f;
	struct net_rx r;
	struct back b = rx_make(&r);

	rx_data(&b, 0, 100, NETRXF_more_data);
	rx_data(&b, 0, NETIF_RSP_ERROR, NETRXF_more_data);
	rx_data(&b, 0, 100, 0);
	ck_assert(net_rx_take(&r, &f));
	ck_assert_uint_eq(f.nr_parts, 0);
	ck_assert_uint_eq(f.nr_slots, 3);
	rx_data(&b, 0, 0, 0);
	ck_assert(net_rx_take(&r, &f));
	ck_assert_uint_eq(f.nr_parts, 0);
	rx_data(&b, 0, 60, 0);
	ck_assert(net_rx_take(&r, &f));
	ck_assert_uint_eq(f.nr_parts, 1);
	ck_assert_ptr_null(r.broken);
	free(b.shared);
}
END_TEST

/* 19 slots, each full but the last: as long as a frame may be in slots, and in bytes only when the slots are not full. */
START_TEST(rx_longest_frame)
{
	struct net_rx_frame f;
	struct net_rx r;
	struct back b = rx_make(&r);

	for (unsigned int i = 0; i < NET_RX_PARTS_MAX; i++)
		rx_data(&b, 0, i < 16 ? 4000 : 500, i + 1 < NET_RX_PARTS_MAX ? NETRXF_more_data : 0);
	ck_assert(net_rx_take(&r, &f));
	ck_assert_uint_eq(f.nr_parts, NET_RX_PARTS_MAX);
	ck_assert_uint_eq(f.len, 16 * 4000 + 3 * 500);
	for (unsigned int i = 0; i < 17; i++)
		rx_data(&b, 0, 4096, i < 16 ? NETRXF_more_data : 0);
	ck_assert(!net_rx_take(&r, &f));
	ck_assert_str_eq(r.broken, "the backend sent a frame that is too long");
	free(b.shared);
}
END_TEST

static void lie_id(struct back *b)
{
	struct netif_rx_response rsp = { 1, 0, 0, 60 };

	rx_raw(b, &rsp);
}

static void lie_slots(struct back *b)
{
	for (unsigned int i = 0; i <= NET_RX_PARTS_MAX; i++)
		rx_data(b, 0, 1, NETRXF_more_data);
}

static void lie_extra_type(struct back *b)
{
	struct netif_extra_info x = { .type = XEN_NETIF_EXTRA_TYPE_MAX };

	rx_data(b, 0, 60, NETRXF_extra_info);
	rx_raw(b, &x);
}

static void lie_extra_none(struct back *b)
{
	struct netif_extra_info x = { .type = XEN_NETIF_EXTRA_TYPE_NONE };

	rx_data(b, 0, 60, NETRXF_extra_info);
	rx_raw(b, &x);
}

static void lie_extra_twice(struct back *b)
{
	rx_data(b, 0, 60, NETRXF_extra_info);
	rx_gso(b, XEN_NETIF_GSO_TYPE_TCPV4, 1448, XEN_NETIF_EXTRA_FLAG_MORE);
	rx_gso(b, XEN_NETIF_GSO_TYPE_TCPV4, 1448, 0);
}

static void lie_gso_size(struct back *b)
{
	rx_data(b, 0, 60, NETRXF_extra_info);
	rx_gso(b, XEN_NETIF_GSO_TYPE_TCPV4, 0, 0);
}

static void lie_gso_type(struct back *b)
{
	rx_data(b, 0, 60, NETRXF_extra_info);
	rx_gso(b, 3, 1448, 0);
}

static void lie_offset(struct back *b) { rx_data(b, 4090, 7, 0); }
static void lie_far_offset(struct back *b) { rx_data(b, 65535, 1, 0); }
static void lie_size(struct back *b) { rx_data(b, 0, 4097, 0); }
static void lie_flag(struct back *b) { rx_data(b, 0, 60, NETRXF_gso_prefix); }
static void lie_index(struct back *b) { b->shared->rsp_prod = RING + 1; }
static void lie_index_back(struct back *b) { b->shared->rsp_prod = (uint32_t)-1; }

START_TEST(rx_lies_break_the_ring)
{
	void (*const lies[])(struct back *b) = {
		lie_id, lie_slots, lie_extra_type, lie_extra_none, lie_extra_twice, lie_gso_size, lie_gso_type, lie_offset,
		lie_far_offset, lie_size, lie_flag, lie_index, lie_index_back,
	};

	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		struct net_rx_frame f;
		struct net_rx r;
		struct back b = rx_make(&r);

		lies[i](&b);
		ck_assert_msg(!net_rx_take(&r, &f), "lie %zu is believed", i);
		ck_assert_msg(r.broken, "lie %zu is not noticed", i);
		b.shared->rsp_prod = 0;		/* it does not mend */
		rx_data(&b, 0, 60, 0);
		ck_assert(!net_rx_take(&r, &f));
		ck_assert(!net_rx_rearm(&r));
		free(b.shared);
	}
}
END_TEST

START_TEST(rx_segments_only_if_asked_for)
{
	struct net_rx_frame f;
	struct net_rx r;
	struct back b = rx_make(&r);

	r.gso6 = false;
	rx_data(&b, 0, 60, NETRXF_extra_info);
	rx_gso(&b, XEN_NETIF_GSO_TYPE_TCPV6, 1440, 0);
	ck_assert(!net_rx_take(&r, &f));
	ck_assert_ptr_nonnull(r.broken);
	free(b.shared);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("netfront rings");
	TCase *tx = tcase_create("transmit"), *rx = tcase_create("receive");

	tcase_add_test(tx, tx_one_slot_says_all);
	tcase_add_test(tx, tx_first_slot_has_the_whole_size);
	tcase_add_test(tx, tx_refuses_what_is_no_frame);
	tcase_add_test(tx, tx_full_ring_waits_for_answers);
	tcase_add_test(tx, tx_lies_break_the_ring);
	tcase_add_test(tx, tx_same_id_twice_breaks_the_ring);
	tcase_add_test(tx, events_are_asked_for);
	tcase_add_test(rx, rx_posts_say_their_place);
	tcase_add_test(rx, rx_frames_come_whole);
	tcase_add_test(rx, rx_goes_around);
	tcase_add_test(rx, rx_failures_cost_their_buffers_only);
	tcase_add_test(rx, rx_longest_frame);
	tcase_add_test(rx, rx_lies_break_the_ring);
	tcase_add_test(rx, rx_segments_only_if_asked_for);
	suite_add_tcase(s, tx);
	suite_add_tcase(s, rx);
	return suite_run(s);
}
