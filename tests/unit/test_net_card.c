/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/test_net_card.c
 *
 * netd's card without a hypervisor, from the guest's rings to the tap and back: whole frames, limits, filters, groups,
 * captures, wrong frames and wrong connections.
 */
#include <signal.h>

#include "net_machine.h"
#include "netd/ctrl.h"
#include "suite.h"

START_TEST(frames_go_out_whole)
{
	struct virtio_net_hdr v;

	card_up();
	ck_assert_uint_ge(m->notified[TX_PORT + 100], 1); /* whoever waited for a predecessor is woken */
	frame_ip4(&f, 5, 6, 1000);
	guest_sends(1, 400, f.len, 0, 0);
	frame_ip4(&f, 5, 6, 30000);
	f.data[34 + 12] = 5 << 4;
	guest_sends(2, 410, 66, NETTXF_csum_blank, 1448);
	serve();
	ck_assert(tap_got(&v));
	ck_assert_uint_eq(got.len, 1034);
	ck_assert_uint_eq(v.flags, 0);
	ck_assert(tap_got(&v));
	ck_assert_uint_eq(got.len, f.len);
	ck_assert_mem_eq(got.data, f.data, f.len);
	ck_assert_uint_eq(v.gso_size, 1448);
	ck_assert_uint_eq(v.csum_start, 34);
	ck_assert(!tap_got(&v));
	ck_assert_int_eq(sent_status(), NETIF_RSP_OKAY);
	ck_assert_int_eq(sent_status(), NETIF_RSP_OKAY);
	ck_assert_int_eq(sent_status(), NETIF_RSP_NULL);
	for (int i = 0; i < 8; i++)
		ck_assert_int_eq(sent_status(), NETIF_RSP_OKAY);
	ck_assert_uint_eq(card.stats.tx_frames, 2);
	ck_assert_uint_eq(card.stats.tx_bytes, 1034 + f.len);
	ck_assert_uint_eq(ftx.shared->req_event, ftx.req_prod + 1);
}
END_TEST

START_TEST(frames_come_in_whole)
{
	uint16_t gso;

	card_up();
	buffers_offer(40);
	frame_ip4(&f, 5, 6, 1000);
	tap_sends(0);
	serve();
	ck_assert_uint_eq(guest_got(&gso), f.len);
	ck_assert_mem_eq(got.data, f.data, f.len);
	ck_assert_uint_eq(gso, 0);
	frame_ip4(&f, 5, 6, 60000);
	tap_sends(1448);
	frame_ip4(&f, 5, 6, 60001);
	tap_sends(1448);
	serve();
	ck_assert_uint_eq(guest_got(&gso), 60034);
	ck_assert_uint_eq(gso, 1448);
	ck_assert_uint_eq(guest_got(&gso), f.len);
	ck_assert_mem_eq(got.data, f.data, f.len);
	ck_assert_uint_eq(card.stats.rx_frames, 3);
	ck_assert_uint_eq(m->tap_flags, net_offload_tap_flags(&card.caps));
}
END_TEST

START_TEST(a_frame_waits_for_buffers)
{
	uint16_t gso;

	card_up();
	frame_ip4(&f, 5, 6, 20000);
	tap_sends(1448);
	frame_ip4(&f, 6, 6, 100);
	tap_sends(0);
	serve();
	ck_assert(!net_card_wants_tap(&card, 0)); /* poll() would return at once for ever */
	ck_assert_uint_eq(guest_got(&gso), 0);
	ck_assert_uint_eq(frx.shared->req_event, 6);
	buffers_offer(5);
	serve();
	ck_assert_uint_eq(guest_got(&gso), 0);
	buffers_offer(1);
	serve();
	ck_assert_uint_eq(guest_got(&gso), 20034);
	ck_assert_uint_eq(gso, 1448);
	ck_assert(!net_card_wants_tap(&card, 0)); /* the next one is held now */
	buffers_offer(1);
	serve();
	ck_assert_uint_eq(guest_got(&gso), 134);
	ck_assert(net_card_wants_tap(&card, 0));
	ck_assert_mem_eq(got.data, f.data, f.len);
}
END_TEST

START_TEST(only_own_names_pass)
{
	struct virtio_net_hdr v;

	setup_words.net.filter_mac = setup_words.net.filter_ip = true;
	setup_words.net.nr_ip4 = 1;
	memcpy(&setup_words.net.ip4[0], (uint8_t[]){ 10, 0, 0, 5 }, 4);
	card_up();
	frame_ip4(&f, 6, 6, 100);
	guest_sends(1, 400, f.len, 0, 0);
	frame_ip4(&f, 5, 6, 100);
	guest_sends(2, 401, f.len, 0, 0);
	f.data[11] ^= 1;
	guest_sends(3, 402, f.len, 0, 0);
	serve();
	ck_assert(tap_got(&v));
	ck_assert_uint_eq(got.data[29], 5);
	ck_assert(!tap_got(&v));
	ck_assert_uint_eq(card.stats.spoofed, 2);
	ck_assert_int_eq(sent_status(), NETIF_RSP_DROPPED);
	ck_assert_int_eq(sent_status(), NETIF_RSP_OKAY);
	ck_assert_int_eq(sent_status(), NETIF_RSP_DROPPED);
}
END_TEST

START_TEST(wrong_frames_hurt_nobody_else)
{
	struct virtio_net_hdr v;
	uint16_t gso;

	card_up();
	frame_ip4(&f, 5, 6, 1600);
	guest_sends(1, 400, f.len, 0, 0); /* longer than the MTU */
	front_tx(&ftx, 2, BAD_REF, 0, 100, 0);
	front_tx(&ftx, 3, 400, 4000, 100, 0);
	frame_ip4(&f, 5, 1, 100);
	guest_sends(4, 401, f.len, NETTXF_csum_blank, 0);
	frame_ip4(&f, 5, 1, 64);
	guest_sends(5, 402, f.len, 0, 0);
	serve();
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(sent_status(), NETIF_RSP_ERROR);
	ck_assert_int_eq(sent_status(), NETIF_RSP_OKAY);
	ck_assert_uint_eq(card.stats.refused, 4);
	ck_assert(tap_got(&v));
	ck_assert_uint_eq(got.len, 98);
	front_rx(&frx, 0, BAD_REF);
	buffers_offer(1);
	tap_sends(0);
	tap_sends(0);
	serve();
	{
		struct netif_rx_response r;

		ck_assert(front_get(&frx, &r, sizeof(r)));
		ck_assert_int_eq(r.status, NETIF_RSP_ERROR);
	}
	ck_assert_uint_eq(guest_got(&gso), 98);
}
END_TEST

START_TEST(limits_hold_back_and_let_go)
{
	struct virtio_net_hdr v;
	int passed = 0;

	setup_words.limit[CTL_LIMIT_TX_BYTES] = (struct ctl_bucket){ .rate = 10000, .burst = 2000 };
	card_up();
	frame_ip4(&f, 5, 6, 966);
	for (uint16_t i = 0; i < 12; i++)
		guest_sends(i, 400u + i, f.len, 0, 0);
	serve();
	while (tap_got(&v))
		passed++;
	ck_assert_int_eq(passed, 2);
	ck_assert_uint_gt(card.stats.throttled, 0);
	ck_assert_uint_eq(card.wake, now + SECOND / 10);
	for (int i = 0; i < 5; i++) {
		now = card.wake;
		serve();
		while (tap_got(&v))
			passed++;
		ck_assert_int_eq(passed, 3 + i);
	}
	net_card_limits_set(&card, (struct ctl_bucket[NET_LIMITS]){ { 0 } }, now);
	serve();
	while (tap_got(&v))
		passed++;
	ck_assert_int_eq(passed, 12);
	ck_assert_uint_eq(card.wake, UINT64_MAX);
}
END_TEST

START_TEST(limits_towards_the_guest_leave_frames_in_the_tap)
{
	uint16_t gso;
	int came = 0;

	setup_words.limit[CTL_LIMIT_RX_FRAMES] = (struct ctl_bucket){ .rate = 10, .burst = 3 };
	card_up();
	buffers_offer(100);
	frame_ip4(&f, 5, 6, 100);
	for (int i = 0; i < 10; i++)
		tap_sends(0);
	serve();
	while (guest_got(&gso))
		came++;
	ck_assert_int_eq(came, 3);
	ck_assert(!net_card_wants_tap(&card, 0));
	now = card.wake;
	serve();
	while (guest_got(&gso))
		came++;
	ck_assert_int_eq(came, 4);
	/* What the guest sends is not held back by that. */
	guest_sends(1, 400, f.len, 0, 0);
	serve();
	ck_assert_int_eq(sent_status(), NETIF_RSP_OKAY);
	ck_assert_uint_eq(ftx.shared->req_event, ftx.req_prod + 1);
}
END_TEST

START_TEST(groups_that_a_guest_did_not_join)
{
	struct netif_extra_info x = { .type = XEN_NETIF_EXTRA_TYPE_MCAST_ADD, .u.mcast.addr = { 0x33, 0x33, 0, 0, 0, 1 } };
	uint16_t gso;

	connect_words.net.multicast_control = true;
	card_up();
	buffers_offer(10);
	frame_ip4(&f, 5, 6, 100);
	memcpy(f.data, x.u.mcast.addr, 6);
	tap_sends(0);
	serve();
	ck_assert_uint_eq(guest_got(&gso), 0);
	front_tx(&ftx, 1, 0, 0, 0, NETTXF_extra_info);
	front_put(&ftx, &x, sizeof(x));
	front_publish(&ftx);
	serve();
	ck_assert_int_eq(sent_status(), NETIF_RSP_OKAY);
	ck_assert_int_eq(sent_status(), NETIF_RSP_NULL);
	tap_sends(0);
	serve();
	ck_assert_uint_eq(guest_got(&gso), f.len);
}
END_TEST

START_TEST(a_guest_that_breaks_the_protocol_may_connect_again)
{
	struct virtio_net_hdr v;

	card_up();
	frame_ip4(&f, 5, 6, 100);
	front_tx(&ftx, 1, 400, 0, 100, NETTXF_more_data);
	front_publish(&ftx);
	serve();
	ck_assert_ptr_nonnull(card.broken);
	ck_assert(!net_card_wants_tap(&card, 0));
	net_card_disconnect(&card);
	ck_assert_uint_eq(m->mapped, 0);
	ck_assert_uint_eq(m->bound, 0);
	tap_sends(0); /* nobody is there: it is not for the one who comes */
	ring_page(&ftx, TX_REF, sizeof(struct netif_tx_request));
	ring_page(&frx, RX_REF, sizeof(struct netif_rx_request));
	ck_assert_msg(!net_card_connect(&card, &connect_words, &err), "%s", err.text);
	ck_assert_ptr_null(card.broken);
	buffers_offer(5);
	guest_sends(1, 400, f.len, 0, 0);
	serve();
	ck_assert(tap_got(&v));
	ck_assert_uint_eq(frx.shared->rsp_prod, 0);
}
END_TEST

START_TEST(connections_that_cannot_be)
{
	struct ctl_connect good = connect_words;

	card_up();
	connect_words.net.rx_copy = false;
	ck_assert_int_eq(net_card_connect(&card, &connect_words, &err), -1);
	ck_assert_int_eq(err.code, EOPNOTSUPP);
	connect_words = good;
	connect_words.queues = 3;
	ck_assert_int_eq(net_card_connect(&card, &connect_words, &err), -1);
	connect_words = good;
	connect_words.net.queue[0].rx_ref = BAD_REF;
	ck_assert_int_eq(net_card_connect(&card, &connect_words, &err), -1);
	ck_assert(strstr(err.text, "cannot map"));
	connect_words = good;
	connect_words.net.queue[0].rx_port = 77;
	ck_assert_int_eq(net_card_connect(&card, &connect_words, &err), -1);
	ck_assert(strstr(err.text, "port 77"));
	connect_words = good;
	connect_words.resume = true; /* of what? */
	ck_assert_int_eq(net_card_connect(&card, &connect_words, &err), -1);
	ck_assert_int_eq(err.code, ESTALE);
	ftx.shared->req_prod = 1000;
	connect_words.resume = false;
	ck_assert_int_eq(net_card_connect(&card, &connect_words, &err), -1);
	ck_assert_int_eq(err.code, EPROTO);
	ck_assert_uint_eq(m->mapped, 0);
	ck_assert_uint_eq(m->bound, 0);
}
END_TEST

START_TEST(a_capture_has_both_ways)
{
	static uint8_t buf[10000];
	int ends[2];
	ssize_t n;

	ck_assert_int_eq(pipe(ends), 0);
	card_up();
	ck_assert_int_eq(net_card_capture(&card, ends[1], "vif3.0", &err), 0);
	buffers_offer(5);
	frame_ip4(&f, 5, 6, 66);
	guest_sends(1, 400, f.len, 0, 0);
	tap_sends(0);
	serve();
	n = read(ends[0], buf, sizeof(buf));
	/* Section and interface, and two packets of 28 bytes, the frame, its direction, the end. */
	ck_assert_int_eq(n, 28 + (16 + 12 + 8 + 4 + 4) + 2 * (28 + 100 + 8 + 4 + 4));
	close(ends[0]);
	guest_sends(2, 400, f.len, 0, 0);
	signal(SIGPIPE, SIG_IGN);
	serve(); /* its reader is gone: so is the capture */
	ck_assert_ptr_null(card.capture);
	ck_assert_int_eq(sent_status(), NETIF_RSP_OKAY);
	ck_assert_int_eq(sent_status(), NETIF_RSP_OKAY);
}
END_TEST

/* Killed behind the step _i of an answer on the control ring: its successor answers, once. */
START_TEST(a_killed_worker_s_control_answer_comes)
{
	struct xen_netif_ctrl_request q = { .id = 9, .type = XEN_NETIF_CTRL_TYPE_SET_HASH_ALGORITHM,
					    .data = { XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ } };
	struct xen_netif_ctrl_response a;
	static struct net_card heir;
	struct front_ring fctrl;

	ring_page(&fctrl, 3, sizeof(q));
	connect_words.net.ctrl_ref = 3;
	connect_words.net.ctrl_port = 12;
	card_up();
	front_put(&fctrl, &q, sizeof(q));
	front_publish(&fctrl);
	if (_i == 4)
		serve();
	m->journal.ctrl.req_cons += _i >= 1 && _i < 4;
	net_ctrl_reply(&q, &a);
	if (_i >= 2)
		memcpy(fctrl.slots, &a, sizeof(a));
	m->journal.ctrl.rsp_prod += _i == 3;
	m->notified[112] = 0;
	connect_words.resume = true;
	ck_assert_msg(!net_card_init(&heir, &io, &setup_words, tap_in, &m->journal, now, &err), "%s", err.text);
	ck_assert_msg(!net_card_connect(&heir, &connect_words, &err), "%s", err.text);
	while (net_card_serve(&heir, now))
		;
	ck_assert(front_get(&fctrl, &a, sizeof(a)));
	ck_assert_uint_eq(a.id, 9);
	ck_assert_uint_eq(a.status, XEN_NETIF_CTRL_STATUS_NOT_SUPPORTED);
	ck_assert(!front_get(&fctrl, &a, sizeof(a)));
	ck_assert(_i >= 3 || m->notified[112] == 1);
	net_card_fini(&heir);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("net_card");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, frames_go_out_whole);
	tcase_add_test(t, frames_come_in_whole);
	tcase_add_test(t, a_frame_waits_for_buffers);
	tcase_add_test(t, only_own_names_pass);
	tcase_add_test(t, wrong_frames_hurt_nobody_else);
	tcase_add_test(t, limits_hold_back_and_let_go);
	tcase_add_test(t, limits_towards_the_guest_leave_frames_in_the_tap);
	tcase_add_test(t, groups_that_a_guest_did_not_join);
	tcase_add_test(t, a_guest_that_breaks_the_protocol_may_connect_again);
	tcase_add_test(t, connections_that_cannot_be);
	tcase_add_test(t, a_capture_has_both_ways);
	tcase_add_loop_test(t, a_killed_worker_s_control_answer_comes, 0, 5);
	suite_add_tcase(s, t);
	return suite_run(s);
}
