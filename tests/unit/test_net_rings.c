/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_net_rings.c
 *
 * netd's transmit and receive rings against polite and hostile frontends: packets of many slots, extra slots, wrap of slots
 * and of indices, exactly one answer each in the order of the requests, events asked for and not, what a killed process
 * leaves to its successor, indices that lie.
 */
#include <check.h>

#include "net_front.h"
#include "netd/ctrl.h"
#include "netd/rx.h"
#include "netd/tx.h"
#include "suite.h"

#define NEAR_WRAP (UINT32_MAX - 40)

static struct front_ring front;
static struct net_journal_tx tx_journal;
static struct net_journal_rx rx_journal;
static struct net_tx tx;
static struct net_rx rx;

static void tx_setup(uint32_t start)
{
	front_ring_make(&front, sizeof(struct netif_tx_request), start);
	memset(&tx_journal, 0, sizeof(tx_journal));
	ck_assert(net_tx_attach(&tx, front.shared, &tx_journal, false));
}

static void rx_setup(uint32_t start)
{
	front_ring_make(&front, sizeof(struct netif_rx_request), start);
	memset(&rx_journal, 0, sizeof(rx_journal));
	ck_assert(net_rx_attach(&rx, front.shared, &rx_journal, false));
}

static void answered(uint16_t id, int16_t status)
{
	struct netif_tx_response r;

	ck_assert(front_get(&front, &r, sizeof(r)));
	ck_assert_int_eq(r.status, status);
	if (status != NETIF_RSP_NULL)
		ck_assert_uint_eq(r.id, id);
}

/* Take what was published and expect it to be refused. */
static void refused(const char *why)
{
	struct net_packet p;

	front_publish(&front);
	ck_assert_int_eq(net_tx_take(&tx, &p), 1);
	ck_assert_ptr_nonnull(p.wrong);
	ck_assert_msg(strstr(p.wrong, why), "'%s' is not in: %s", why, p.wrong);
	ck_assert_uint_eq(p.pieces, 0);
	net_tx_answer(&tx, p.slots, NETIF_RSP_ERROR);
	net_ring_push(&tx.ring);
	for (uint32_t i = 0; i < p.slots; i++) {
		struct netif_tx_response r;

		ck_assert(front_get(&front, &r, sizeof(r)));
		ck_assert(r.status == NETIF_RSP_ERROR || r.status == NETIF_RSP_NULL);
	}
}

START_TEST(packets_of_one_slot_wrap)
{
	struct net_packet p;

	tx_setup(NEAR_WRAP);
	for (uint16_t i = 0; i < 700; i++) {
		front_tx(&front, i & 255, 1000u + i, 10, 60, NETTXF_data_validated);
		front_publish(&front);
		ck_assert_uint_eq(net_tx_peek(&tx), 60);
		ck_assert_int_eq(net_tx_take(&tx, &p), 1);
		ck_assert_ptr_null(p.wrong);
		ck_assert_uint_eq(p.slots, 1);
		ck_assert_uint_eq(p.pieces, 1);
		ck_assert_uint_eq(p.piece[0].gref, 1000u + i);
		ck_assert_uint_eq(p.piece[0].offset, 10);
		ck_assert_uint_eq(p.size, 60);
		ck_assert_uint_eq(p.flags, NETTXF_data_validated);
		net_tx_answer(&tx, p.slots, NETIF_RSP_OKAY);
		net_ring_push(&tx.ring);
		answered(i & 255, NETIF_RSP_OKAY);
	}
	ck_assert_int_eq(net_tx_take(&tx, &p), 0);
	free(front.shared);
}
END_TEST

START_TEST(a_packet_of_eighteen_slots_and_its_extra)
{
	struct net_packet p;

	tx_setup(NEAR_WRAP);
	front_tx(&front, 7, 100, 0, 17 * 3000 + 200, NETTXF_csum_blank | NETTXF_more_data | NETTXF_extra_info);
	front_gso(&front, 1448, XEN_NETIF_GSO_TYPE_TCPV4, 0);
	for (uint16_t i = 1; i <= 17; i++)
		front_tx(&front, 7 + i, 100u + i, 1096, 3000, i < 17 ? NETTXF_more_data : 0);
	front_publish(&front);
	ck_assert_int_eq(net_tx_take(&tx, &p), 1);
	ck_assert_ptr_null(p.wrong);
	ck_assert_uint_eq(p.slots, 19);
	ck_assert_uint_eq(p.pieces, 18);
	ck_assert_uint_eq(p.piece[0].size, 200);
	ck_assert_uint_eq(p.piece[17].size, 3000);
	ck_assert_uint_eq(p.piece[17].gref, 117);
	ck_assert_uint_eq(p.gso_size, 1448);
	ck_assert_uint_eq(p.gso_type, XEN_NETIF_GSO_TYPE_TCPV4);
	net_tx_answer(&tx, p.slots, NETIF_RSP_OKAY);
	net_ring_push(&tx.ring);
	answered(7, NETIF_RSP_OKAY);
	answered(0, NETIF_RSP_NULL);
	for (uint16_t i = 1; i <= 17; i++)
		answered(7 + i, NETIF_RSP_OKAY);
	free(front.shared);
}
END_TEST

START_TEST(wrong_packets_are_refused_whole)
{
	tx_setup(0);
	front_tx(&front, 1, 5, 0, 13, 0);
	refused("without a header");
	front_tx(&front, 1, 5, 0, 0, 0);
	refused("empty");
	front_tx(&front, 1, 5, 4000, 97, 0);
	refused("beyond its page");
	front_tx(&front, 1, 5, 5000, 60, 0);
	refused("beyond its page");
	front_tx(&front, 1, 5, 0, 5000, 0);
	refused("beyond its page");
	front_tx(&front, 1, 5, 0, 1000, NETTXF_more_data);
	front_tx(&front, 2, 6, 4000, 200, 0);
	refused("beyond its page");
	front_tx(&front, 1, 5, 0, 1000, NETTXF_more_data);
	front_tx(&front, 2, 6, 0, 1001, 0);
	refused("larger than the packet");
	front_tx(&front, 1, 5, 0, 1000, NETTXF_more_data);
	front_tx(&front, 2, 6, 0, 1000, 0);
	refused("empty");
	front_tx(&front, 1, 5, 0, 40000, NETTXF_more_data);
	for (int i = 0; i < 18; i++)
		front_tx(&front, 2, 6, 0, 2000, i < 17 ? NETTXF_more_data : 0);
	refused("18 slots");
	front_tx(&front, 1, 5, 0, 60, NETTXF_extra_info);
	front_gso(&front, 0, XEN_NETIF_GSO_TYPE_TCPV4, 0);
	refused("into nothing");
	front_tx(&front, 1, 5, 0, 60, NETTXF_extra_info);
	front_gso(&front, 1000, 3, 0);
	refused("unknown kind");
	front_tx(&front, 1, 5, 0, 60, NETTXF_extra_info);
	front_put(&front, &(struct netif_extra_info){ .type = 9 }, 8);
	refused("unknown type");
	front_tx(&front, 1, 5, 0, 60, NETTXF_extra_info);
	for (int i = 0; i < 200; i++)
		front_gso(&front, 1000, 1, i < 199 ? XEN_NETIF_EXTRA_FLAG_MORE : 0);
	front_publish(&front);
	{
		struct net_packet p;

		ck_assert_int_eq(net_tx_take(&tx, &p), 1); /* repeated, not wrong: the last one counts */
		ck_assert_uint_eq(p.slots, 201);
	}
	free(front.shared);
}
END_TEST

START_TEST(groups_come_in_extra_slots)
{
	struct netif_extra_info x = { .type = XEN_NETIF_EXTRA_TYPE_MCAST_ADD, .u.mcast.addr = { 0x33, 0x33, 0, 0, 0, 1 } };
	struct net_multicast m = { 0 };
	struct net_packet p;

	tx_setup(3);
	front_tx(&front, 1, 0, 0, 0, NETTXF_extra_info);
	front_put(&front, &x, sizeof(x));
	front_publish(&front);
	ck_assert_int_eq(net_tx_take(&tx, &p), 1);
	ck_assert(p.group_add && !p.group_remove && !p.wrong && !p.size);
	ck_assert(net_multicast_add(&m, p.group));
	ck_assert(net_multicast_wants(&m, (uint8_t[]){ 0x33, 0x33, 0, 0, 0, 1 }));
	ck_assert(!net_multicast_wants(&m, (uint8_t[]){ 0x33, 0x33, 0, 0, 0, 2 }));
	ck_assert(net_multicast_wants(&m, (uint8_t[]){ 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }));
	ck_assert(net_multicast_wants(&m, (uint8_t[]){ 2, 0, 0, 0, 0, 2 }));
	ck_assert(!net_multicast_add(&m, (uint8_t[]){ 2, 0, 0, 0, 0, 2 }));
	for (uint8_t i = 0; i < NET_GROUPS_MAX; i++)
		net_multicast_add(&m, (uint8_t[]){ 1, 0, 0x5e, 0, 1, i });
	ck_assert_uint_eq(m.n, NET_GROUPS_MAX);
	ck_assert(!net_multicast_add(&m, (uint8_t[]){ 1, 0, 0x5e, 0, 2, 0 }));
	net_multicast_remove(&m, p.group);
	ck_assert(!net_multicast_wants(&m, p.group));
	ck_assert(net_multicast_add(&m, (uint8_t[]){ 1, 0, 0x5e, 0, 2, 0 }));
	free(front.shared);
}
END_TEST

START_TEST(parts_of_packets_break_the_ring)
{
	struct net_packet p;

	tx_setup(0);
	front_tx(&front, 1, 5, 0, 1000, NETTXF_more_data);
	front_publish(&front);
	ck_assert_int_eq(net_tx_take(&tx, &p), -1);
	front_tx(&front, 2, 5, 0, 100, 0);
	front_publish(&front);
	ck_assert_int_eq(net_tx_take(&tx, &p), -1); /* for good */
	free(front.shared);
	tx_setup(0);
	front_tx(&front, 1, 5, 0, 1000, NETTXF_extra_info);
	front_publish(&front);
	ck_assert_int_eq(net_tx_take(&tx, &p), -1);
	free(front.shared);
	tx_setup(0);
	for (uint32_t i = 0; i < FRONT_SLOTS; i++) /* without an end */
		front_tx(&front, 1, 5, 0, 1, NETTXF_more_data);
	front_publish(&front);
	ck_assert_int_eq(net_tx_take(&tx, &p), -1);
	free(front.shared);
}
END_TEST

START_TEST(indices_that_lie_break_the_ring)
{
	struct net_packet p;

	tx_setup(1000);
	front.shared->req_prod = 1000 + FRONT_SLOTS + 1;
	ck_assert_int_eq(net_tx_take(&tx, &p), -1);
	front.shared->req_prod = 1000;
	ck_assert_int_eq(net_tx_take(&tx, &p), -1);
	free(front.shared);
	tx_setup(1000);
	front_tx(&front, 1, 5, 0, 60, 0);
	front_publish(&front);
	ck_assert_int_eq(net_tx_take(&tx, &p), 1);
	front.shared->req_prod = 1000; /* backwards */
	ck_assert_int_eq(net_tx_take(&tx, &p), -1);
	free(front.shared);
	front_ring_make(&front, sizeof(struct netif_tx_request), 0);
	front.shared->req_prod = 300;
	ck_assert(!net_tx_attach(&tx, front.shared, &tx_journal, false));
	free(front.shared);
}
END_TEST

/* Full rings, and none more: both are a frontend's right. */
START_TEST(full_rings_are_no_lie)
{
	struct net_packet p;
	struct net_index at;
	struct net_ring r;

	tx_setup(NEAR_WRAP);
	front.shared->req_prod = NEAR_WRAP + FRONT_SLOTS;
	ck_assert(net_ring_attach(&r, front.shared, sizeof(struct netif_tx_request), &at, false));
	ck_assert_uint_eq(net_ring_waiting(&r), FRONT_SLOTS);
	at.req_cons += FRONT_SLOTS; /* all are taken by a predecessor */
	ck_assert(net_ring_attach(&r, front.shared, sizeof(struct netif_tx_request), &at, true));
	ck_assert_uint_eq(net_ring_waiting(&r), 0);
	front.shared->req_prod = NEAR_WRAP;
	/* A first slot, and another, that end with their page. */
	front_tx(&front, 1, 7, 4000, 96 + 46, NETTXF_more_data);
	front_tx(&front, 2, 8, 4050, 46, 0);
	front_publish(&front);
	ck_assert_int_eq(net_tx_take(&tx, &p), 1);
	ck_assert_msg(!p.wrong, "%s", p.wrong);
	ck_assert_uint_eq(p.pieces, 2);
	ck_assert_uint_eq(p.piece[0].size, 96);
	/* The shortest frame, and one byte less. */
	front_tx(&front, 3, 7, 0, 14, 0);
	front_publish(&front);
	ck_assert_int_eq(net_tx_take(&tx, &p), 1);
	ck_assert_msg(!p.wrong, "%s", p.wrong);
	front_tx(&front, 4, 7, 0, 13, 0);
	front_publish(&front);
	ck_assert_int_eq(net_tx_take(&tx, &p), 1);
	ck_assert_ptr_nonnull(p.wrong);
	free(front.shared);
}
END_TEST

START_TEST(events_are_sent_when_they_are_wanted)
{
	struct net_packet p;

	tx_setup(NEAR_WRAP);
	ck_assert(!net_ring_rearm(&tx.ring, 1));
	ck_assert_uint_eq(front.shared->req_event, NEAR_WRAP + 1);
	for (uint16_t i = 0; i < 3; i++)
		front_tx(&front, i, 5, 0, 60, 0);
	front_publish(&front);
	ck_assert(net_ring_rearm(&tx.ring, 1));
	front.shared->rsp_event = NEAR_WRAP + 2;
	for (uint32_t i = 0; i < 3; i++) {
		ck_assert_int_eq(net_tx_take(&tx, &p), 1);
		net_tx_answer(&tx, p.slots, NETIF_RSP_OKAY);
		ck_assert_int_eq(net_ring_push(&tx.ring), i == 1);
		ck_assert(!net_ring_push(&tx.ring));
	}
	ck_assert(!net_ring_rearm(&tx.ring, 2));
	ck_assert_uint_eq(front.shared->req_event, NEAR_WRAP + 5);
	free(front.shared);
}
END_TEST

/* At each step between taking and publishing the process may end; the successor has the journal and the page. */
START_TEST(a_successor_answers_what_was_taken)
{
	for (int step = 0; step < 4; step++) {
		struct net_packet p;
		struct net_tx next;

		tx_setup(NEAR_WRAP);
		front_tx(&front, 3, 5, 0, 100, NETTXF_more_data | NETTXF_extra_info);
		front_gso(&front, 100, XEN_NETIF_GSO_TYPE_TCPV6, 0);
		front_tx(&front, 4, 6, 0, 50, 0);
		front_tx(&front, 5, 7, 0, 60, 0);
		front_publish(&front);
		ck_assert_int_eq(net_tx_take(&tx, &p), 1);
		if (step == 1) { /* answers are being written */
			struct netif_tx_response r = { .id = 3 };

			net_ring_write(&tx.ring, NEAR_WRAP, &r, sizeof(r));
		}
		if (step >= 2)
			net_tx_answer(&tx, p.slots, NETIF_RSP_OKAY);
		if (step == 3)
			net_ring_push(&tx.ring);
		ck_assert(net_tx_attach(&next, front.shared, &tx_journal, true));
		ck_assert_uint_eq(net_tx_owed(&next), step < 2 ? 3 : 0);
		net_tx_answer(&next, net_tx_owed(&next), NETIF_RSP_DROPPED);
		net_ring_push(&next.ring);
		answered(3, step < 2 ? NETIF_RSP_DROPPED : NETIF_RSP_OKAY);
		answered(0, NETIF_RSP_NULL);
		answered(4, step < 2 ? NETIF_RSP_DROPPED : NETIF_RSP_OKAY);
		ck_assert_int_eq(net_tx_take(&next, &p), 1);
		ck_assert_uint_eq(p.piece[0].gref, 7);
		net_tx_answer(&next, p.slots, NETIF_RSP_OKAY);
		net_ring_push(&next.ring);
		answered(5, NETIF_RSP_OKAY);
		ck_assert_uint_eq(front.rsp_cons, front.req_prod);
		free(front.shared);
	}
}
END_TEST

static void received(uint16_t id, int16_t status, uint16_t flags)
{
	struct netif_rx_response r;

	ck_assert(front_get(&front, &r, sizeof(r)));
	ck_assert_uint_eq(r.id, id);
	ck_assert_int_eq(r.status, status);
	ck_assert_uint_eq(r.flags, flags);
	ck_assert_uint_eq(r.offset, 0);
}

static void buffers_offer(uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		front_rx(&front, front.req_prod & (FRONT_SLOTS - 1), 5000 + front.req_prod);
	front_publish(&front);
}

START_TEST(frames_take_buffers_in_order)
{
	struct net_rx_frame small = { .len = 60 }, large = { .len = 9000, .blank = true, .validated = true },
			    segments = { .len = 65535, .blank = true, .validated = true, .gso_size = 1448,
					 .gso_type = XEN_NETIF_GSO_TYPE_TCPV4 };
	struct netif_extra_info x;

	rx_setup(NEAR_WRAP);
	buffers_offer(22);
	ck_assert_uint_eq(net_rx_fetch(&rx), 22);
	ck_assert(net_rx_place(&rx, &small));
	ck_assert(net_rx_place(&rx, &large));
	ck_assert_uint_eq(net_rx_pieces(&large), 3);
	ck_assert_uint_eq(net_rx_piece(&rx, &large, 2), 5000 + NEAR_WRAP + 3);
	ck_assert(net_rx_place(&rx, &segments));
	ck_assert_uint_eq(net_rx_slots(&segments), 17);
	ck_assert_uint_eq(net_rx_piece(&rx, &segments, 1), 5000 + NEAR_WRAP + 6); /* one is left out */
	ck_assert(!net_rx_place(&rx, &large));
	net_rx_answer(&rx, &small, true);
	net_rx_answer(&rx, &large, true);
	net_rx_answer(&rx, &segments, true);
	net_ring_push(&rx.ring);
	received(NEAR_WRAP & 255, 60, 0);
	received((NEAR_WRAP + 1) & 255, 4096, NETRXF_csum_blank | NETRXF_data_validated | NETRXF_more_data);
	received((NEAR_WRAP + 2) & 255, 4096, NETRXF_more_data);
	received((NEAR_WRAP + 3) & 255, 808, 0);
	received((NEAR_WRAP + 4) & 255, 4096,
		 NETRXF_csum_blank | NETRXF_data_validated | NETRXF_more_data | NETRXF_extra_info);
	ck_assert(front_get(&front, &x, sizeof(x)));
	ck_assert_uint_eq(x.type, XEN_NETIF_EXTRA_TYPE_GSO);
	ck_assert_uint_eq(x.flags, 0);
	ck_assert_uint_eq(x.u.gso.size, 1448);
	for (uint32_t i = 6; i < 20; i++)
		received((NEAR_WRAP + i) & 255, 4096, NETRXF_more_data);
	received((NEAR_WRAP + 20) & 255, 4095, 0);
	ck_assert_uint_eq(net_rx_fetch(&rx), 1);
	free(front.shared);
}
END_TEST

/* A guest that writes over what was taken changes nothing; frames of whole pages take no page more. */
START_TEST(buffers_are_read_once)
{
	struct net_rx_frame page = { .len = 4096 }, two = { .len = 8192 };

	rx_setup(0);
	buffers_offer(FRONT_SLOTS);
	ck_assert_uint_eq(net_rx_fetch(&rx), FRONT_SLOTS);
	memset(front.slots, 0xee, FRONT_SLOTS * sizeof(struct netif_rx_request));
	ck_assert_uint_eq(net_rx_fetch(&rx), FRONT_SLOTS);
	ck_assert(net_rx_place(&rx, &page));
	ck_assert_uint_eq(net_rx_slots(&page), 1);
	ck_assert_uint_eq(net_rx_piece(&rx, &page, 0), 5000);
	ck_assert(net_rx_place(&rx, &two));
	ck_assert_uint_eq(net_rx_slots(&two), 2);
	ck_assert_uint_eq(net_rx_piece(&rx, &two, 1), 5002);
	net_rx_answer(&rx, &page, true);
	net_rx_answer(&rx, &two, true);
	net_ring_push(&rx.ring);
	received(0, 4096, 0);
	received(1, 4096, NETRXF_more_data);
	received(2, 4096, 0);
	free(front.shared);
}
END_TEST

START_TEST(a_ring_is_armed_for_what_is_wanted)
{
	rx_setup(0);
	buffers_offer(3);
	ck_assert(!net_ring_rearm(&rx.ring, 4));
	ck_assert_uint_eq(front.shared->req_event, 4);
	ck_assert(net_ring_rearm(&rx.ring, 3)); /* they are there: no event will come */
	ck_assert(net_ring_rearm(&rx.ring, 2));
	front.shared->req_prod += 1000;
	ck_assert(!net_ring_rearm(&rx.ring, 1));
	ck_assert(rx.ring.broken);
	front.shared->req_prod = 3;
	ck_assert(!net_ring_rearm(&rx.ring, 1)); /* for good */
	free(front.shared);
}
END_TEST

START_TEST(groups_are_counted)
{
	struct net_multicast m = { 0 };
	uint8_t group[6] = { 1, 0, 0x5e, 0, 0, 0 };

	for (unsigned int i = 0; i < NET_GROUPS_MAX; i++) {
		group[5] = (uint8_t)i;
		ck_assert(net_multicast_add(&m, group));
		ck_assert(net_multicast_add(&m, group)); /* again is no more */
		ck_assert_uint_eq(m.n, i + 1);
	}
	for (unsigned int i = 0; i < 256; i++) {
		group[5] = (uint8_t)i;
		ck_assert_int_eq(net_multicast_wants(&m, group), i < NET_GROUPS_MAX);
	}
	ck_assert(!net_multicast_add(&m, group));
	net_multicast_remove(&m, group);
	ck_assert_uint_eq(m.n, NET_GROUPS_MAX);
	group[5] = 0;
	net_multicast_remove(&m, group);
	ck_assert(!net_multicast_wants(&m, group));
	ck_assert(net_multicast_add(&m, group));
}
END_TEST

START_TEST(bad_buffers_are_told)
{
	struct net_rx_frame f = { .len = 5000 };

	rx_setup(0);
	buffers_offer(2);
	net_rx_fetch(&rx);
	ck_assert(net_rx_place(&rx, &f));
	net_rx_answer(&rx, &f, false);
	net_ring_push(&rx.ring);
	received(0, NETIF_RSP_ERROR, NETRXF_more_data);
	received(1, NETIF_RSP_ERROR, 0);
	front.shared->req_prod = 5000;
	ck_assert_uint_eq(net_rx_fetch(&rx), 0);
	ck_assert(rx.ring.broken);
	free(front.shared);
}
END_TEST

START_TEST(a_successor_keeps_the_buffers)
{
	for (int step = 0; step < 4; step++) {
		struct net_rx_frame f = { .len = 5000 }, g = { .len = 100 };
		struct net_rx next;

		rx_setup(NEAR_WRAP);
		buffers_offer(5);
		net_rx_fetch(&rx);
		ck_assert(net_rx_place(&rx, &f));
		if (step == 1) /* its answer covers the request; the journal still has that */
			net_ring_write(&rx.ring, NEAR_WRAP, &(struct netif_rx_response){ .status = 4096 }, 8);
		if (step >= 2)
			net_rx_answer(&rx, &f, true);
		if (step == 3)
			net_ring_push(&rx.ring);
		ck_assert(net_rx_attach(&next, front.shared, &rx_journal, true));
		ck_assert_uint_eq(net_rx_fetch(&next), step < 2 ? 5 : 3);
		ck_assert(net_rx_place(&next, &g));
		ck_assert_uint_eq(net_rx_piece(&next, &g, 0), 5000 + NEAR_WRAP + (step < 2 ? 0 : 2));
		net_rx_answer(&next, &g, true);
		net_ring_push(&next.ring);
		if (step >= 2) {
			received(NEAR_WRAP & 255, 4096, NETRXF_more_data);
			received((NEAR_WRAP + 1) & 255, 904, 0);
		}
		received((NEAR_WRAP + (step < 2 ? 0 : 2)) & 255, 100, 0);
		free(front.shared);
	}
}
END_TEST

START_TEST(the_journal_is_of_one_connection)
{
	struct ctl_connect c = { .queues = 2, .net.queue = { { 1, 2, 3, 4 }, { 5, 6, 7, 7 } } }, other = c;
	static struct net_journal j;

	ck_assert(!net_journal_fits(&j, &c));
	net_journal_begin(&j, &c);
	ck_assert(!net_journal_fits(&j, &c));
	net_journal_commit(&j);
	c.resume = true;
	ck_assert(net_journal_fits(&j, &c));
	other.net.queue[1].rx_ref = 8;
	ck_assert(!net_journal_fits(&j, &other));
	other = c;
	other.queues = 1;
	ck_assert(!net_journal_fits(&j, &other));
	other = c;
	other.net.ctrl_ref = 9;
	ck_assert(!net_journal_fits(&j, &other));
	other = c;
	other.net.ctrl_port = 9;
	ck_assert(!net_journal_fits(&j, &other));
	other = c;
	other.net.queue[2].tx_ref = 9; /* which is not used */
	ck_assert(net_journal_fits(&j, &other));
	other.queues = j.with.queues = CTL_QUEUES_MAX;
	ck_assert(!net_journal_fits(&j, &other));
	j.with.net.queue[2].tx_ref = 9;
	ck_assert(net_journal_fits(&j, &other));
	other.queues = j.with.queues = CTL_QUEUES_MAX + 1; /* a predecessor may have been the guest's */
	ck_assert(!net_journal_fits(&j, &other));
	j.with.queues = c.queues;
	net_journal_end(&j);
	ck_assert(!net_journal_fits(&j, &c));
}
END_TEST

START_TEST(the_control_ring_says_what_is_not_there)
{
	struct xen_netif_ctrl_request q = { .id = 9, .type = XEN_NETIF_CTRL_TYPE_GET_HASH_FLAGS };
	struct xen_netif_ctrl_response a;
	struct net_index at;
	struct net_ring r;
	bool more = true;

	front_ring_make(&front, sizeof(q), 0);
	ck_assert(net_ring_attach(&r, front.shared, sizeof(q), &at, false));
	ck_assert_uint_eq(r.size, 128);
	front_put(&front, &q, sizeof(q));
	q = (struct xen_netif_ctrl_request){ .id = 10, .type = XEN_NETIF_CTRL_TYPE_SET_HASH_ALGORITHM };
	front_put(&front, &q, sizeof(q));
	q.data[0] = 77;
	front_put(&front, &q, sizeof(q));
	front_publish(&front);
	ck_assert(net_ctrl_serve(&r, &more));
	ck_assert(!more);
	ck_assert(front_get(&front, &a, sizeof(a)));
	ck_assert_uint_eq(a.status, XEN_NETIF_CTRL_STATUS_NOT_SUPPORTED);
	ck_assert_uint_eq(a.id, 9);
	memcpy(&a, front.slots + 16, sizeof(a));
	ck_assert_uint_eq(a.status, XEN_NETIF_CTRL_STATUS_SUCCESS);
	memcpy(&a, front.slots + 32, sizeof(a));
	ck_assert_uint_eq(a.status, XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER);
	ck_assert_uint_eq(a.type, XEN_NETIF_CTRL_TYPE_SET_HASH_ALGORITHM);
	ck_assert_uint_eq(front.shared->rsp_prod, 3);
	free(front.shared);
}
END_TEST

/* A guest that sees each answer at once, and has more to ask. */
static uint32_t asks_left;

bool __real_net_ring_push(struct net_ring *r);
bool __wrap_net_ring_push(struct net_ring *r);

bool __wrap_net_ring_push(struct net_ring *r)
{
	bool notify = __real_net_ring_push(r);

	if (asks_left) {
		asks_left--;
		r->shared->req_prod = r->shared->rsp_prod + r->size;
	}
	return notify;
}

/* Others are waiting, and the supervisor's word: a round has an end while the guest adds to it. */
START_TEST(the_control_ring_keeps_nobody)
{
	struct net_index at;
	struct net_ring r;
	bool more;

	front_ring_make(&front, sizeof(struct xen_netif_ctrl_request), 0);
	ck_assert(net_ring_attach(&r, front.shared, sizeof(struct xen_netif_ctrl_request), &at, false));
	front.shared->req_prod = 1;
	asks_left = 3;
	(void)net_ctrl_serve(&r, &more);
	ck_assert_uint_eq(at.req_cons, 1);
	ck_assert(more);
	for (uint32_t i = 1; i <= 3; i++) {
		(void)net_ctrl_serve(&r, &more);
		ck_assert_uint_eq(at.req_cons, 1 + i * 128);
		ck_assert_int_eq(more, i < 3);
	}
	free(front.shared);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("net_rings");
	TCase *t = tcase_create("all");

	tcase_add_test(t, packets_of_one_slot_wrap);
	tcase_add_test(t, a_packet_of_eighteen_slots_and_its_extra);
	tcase_add_test(t, wrong_packets_are_refused_whole);
	tcase_add_test(t, groups_come_in_extra_slots);
	tcase_add_test(t, parts_of_packets_break_the_ring);
	tcase_add_test(t, indices_that_lie_break_the_ring);
	tcase_add_test(t, events_are_sent_when_they_are_wanted);
	tcase_add_test(t, full_rings_are_no_lie);
	tcase_add_test(t, buffers_are_read_once);
	tcase_add_test(t, a_ring_is_armed_for_what_is_wanted);
	tcase_add_test(t, groups_are_counted);
	tcase_add_test(t, a_successor_answers_what_was_taken);
	tcase_add_test(t, frames_take_buffers_in_order);
	tcase_add_test(t, bad_buffers_are_told);
	tcase_add_test(t, a_successor_keeps_the_buffers);
	tcase_add_test(t, the_journal_is_of_one_connection);
	tcase_add_test(t, the_control_ring_says_what_is_not_there);
	tcase_add_test(t, the_control_ring_keeps_nobody);
	suite_add_tcase(s, t);
	return suite_run(s);
}
