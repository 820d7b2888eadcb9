/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The network driver as it is, on a kit of the host (kit_host.h), against a backend that sends every frame back, one that is
 * started again with other features, and ones that lie. Whatever happens: frames come back as they were sent, the guest lives,
 * and in the end every page, grant and port has come back.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <abi/errno.h>
#include <abi/io/netif.h>
#include <abi/io/ring.h>
#include <abi/io/xenbus.h>
#include "kit/grant.h"
#include "kit/kit.h"
#include "kit/loop.h"
#include "kit/memory.h"
#include "kit_host.h"
#include "net/card.h"
#include "net/wire.h"
#include "suite.h"

#define FRONT	"device/vif/0"
#define BACK	"/local/domain/0/backend/vif/7/0"
#define RING	256u

/* ---- the backend ---- */

enum lie { HONEST, LIE_TX_ID, LIE_RX_ID, LIE_RX_SIZE, LIE_RX_INDEX, LIE_TX_TWICE };

static struct back_queue {
	struct sring_header *tx, *rx;
	uint32_t tx_cons, rx_cons, tx_port, rx_port;
} queues[NET_QUEUES_MAX];

static struct {
	unsigned int nr, state;
	bool connected, hold;		/* hold: frames are taken and not answered */
	enum lie lie;
	uint64_t frames;
	struct net_offload o;		/* of the last frame */
} back;

static unsigned long front(const char *prefix, const char *key, unsigned long otherwise)
{
	char path[96];
	const char *text;

	snprintf(path, sizeof(path), FRONT "/%s%s", prefix, key);
	text = host_store_get(path);
	return text ? strtoul(text, NULL, 10) : otherwise;
}

static void say(unsigned int state)
{
	back.state = state;
	host_store_set(BACK "/state", "%u", state);
	host_watches_fire();
}

static void offer(bool split, unsigned int max_queues)
{
	host_store_set(BACK "/feature-rx-copy", "1");
	host_store_set(BACK "/feature-sg", "1");
	host_store_set(BACK "/feature-gso-tcpv4", "1");
	host_store_set(BACK "/feature-split-event-channels", "%d", split);
	if (max_queues)
		host_store_set(BACK "/multi-queue-max-queues", "%u", max_queues);
	else
		host_store_remove(BACK "/multi-queue-max-queues");
}

static void map_queue(unsigned int i, const char *prefix)
{
	struct back_queue *q = &queues[i];

	*q = (struct back_queue){
		.tx = host_map((uint32_t)front(prefix, "tx-ring-ref", 0), true), .rx = host_map((uint32_t)front(prefix, "rx-ring-ref", 0), true),
		.tx_port = (uint32_t)front(prefix, "event-channel-tx", front(prefix, "event-channel", 0)),
		.rx_port = (uint32_t)front(prefix, "event-channel-rx", front(prefix, "event-channel", 0)),
	};
	ck_assert_ptr_nonnull(q->tx);
	ck_assert_ptr_nonnull(q->rx);
	ck_assert(q->tx_port && q->rx_port);
}

static void back_connect(void)
{
	back.nr = (unsigned int)front("", "multi-queue-num-queues", 1);
	for (unsigned int i = 0; i < back.nr; i++) {
		char prefix[24] = "";

		if (back.nr > 1)
			snprintf(prefix, sizeof(prefix), "queue-%u/", i);
		map_queue(i, prefix);
	}
	ck_assert_uint_eq(front("", "request-rx-copy", 0), 1);
	back.connected = true;
	say(XenbusStateConnected);
}

static void *slot(struct sring_header *s, uint32_t index, size_t entry)
{
	return (uint8_t *)s + XEN_RING_HEADER_SIZE + index % RING * entry;
}

/* A frame into the guest's buffers; the extra slot second, where it belongs. */
static bool back_send(struct back_queue *q, const uint8_t *frame, uint32_t len, const struct net_offload *o)
{
	unsigned int parts = (len + 4095) / 4096, need = parts + (o->gso != NET_GSO_NONE), part = 0;

	if (q->rx->req_prod - q->rx_cons < need)
		return false;
	for (unsigned int k = 0; k < need; k++, q->rx_cons++) {
		struct netif_rx_request rq;
		struct netif_rx_response rsp;
		struct netif_extra_info x = { .type = XEN_NETIF_EXTRA_TYPE_GSO, .u.gso = { .size = o->gso_size, .type = XEN_NETIF_GSO_TYPE_TCPV4 } };
		uint32_t n = len - part * 4096 < 4096 ? len - part * 4096 : 4096;

		memcpy(&rq, slot(q->rx, q->rx_cons, 8), sizeof(rq));
		if (k == 1 && o->gso != NET_GSO_NONE) {
			memcpy(slot(q->rx, q->rx_cons, 8), &x, sizeof(x));
			continue;
		}
		ck_assert_ptr_nonnull(host_map(rq.gref, true));
		memcpy(host_map(rq.gref, true), frame + part * 4096, n);
		rsp = (struct netif_rx_response){ .id = rq.id, .status = (int16_t)n };
		if (++part < parts)
			rsp.flags |= NETRXF_more_data;
		if (!k && o->csum_blank)
			rsp.flags |= NETRXF_csum_blank | NETRXF_data_validated;
		if (!k && o->gso != NET_GSO_NONE)
			rsp.flags |= NETRXF_extra_info;
		if (back.lie == LIE_RX_ID)
			rsp.id++;
		if (back.lie == LIE_RX_SIZE)
			rsp.offset = 4096;
		memcpy(slot(q->rx, q->rx_cons, 8), &rsp, sizeof(rsp));
	}
	q->rx->rsp_prod = q->rx_cons + (back.lie == LIE_RX_INDEX ? 1000 : 0);
	q->rx->req_event = q->rx->req_prod + 1;
	return true;
}

static void answer(struct back_queue *q, uint32_t at, uint16_t id, int16_t status)
{
	struct netif_tx_response rsp = { back.lie == LIE_TX_ID ? (uint16_t)(id + 9) : id, status };

	memcpy(slot(q->tx, at, 12), &rsp, sizeof(rsp));
}

/* Takes one whole frame, answers it and sends it back. */
static bool serve(struct back_queue *q)
{
	static uint8_t frame[NET_FRAME_MAX];
	struct netif_tx_request rq;
	struct net_offload o = { .gso = NET_GSO_NONE };
	uint32_t at = q->tx_cons, len = 0, total;

	if (at == q->tx->req_prod)
		return false;
	memcpy(&rq, slot(q->tx, at, 12), sizeof(rq));
	total = rq.size;
	o.csum_blank = rq.flags & NETTXF_csum_blank;
	for (bool first = true;; first = false) {
		uint16_t flags;
		uint32_t n;

		memcpy(&rq, slot(q->tx, at, 12), sizeof(rq));
		flags = rq.flags;
		n = rq.size;
		if (first && flags & NETTXF_more_data)
			for (uint32_t k = at + 1, left = flags; left & NETTXF_more_data; k++) {	/* the first part is what the others leave */
				struct netif_tx_request other;

				if (k == at + 1 && flags & NETTXF_extra_info)
					k++;
				memcpy(&other, slot(q->tx, k, 12), sizeof(other));
				n -= other.size;
				left = other.flags;
			}
		ck_assert_uint_le(rq.offset + n, 4096);
		ck_assert_ptr_nonnull(host_map(rq.gref, false));
		ck_assert_ptr_null(host_map(rq.gref, true));
		memcpy(frame + len, (uint8_t *)host_map(rq.gref, false) + rq.offset, n);
		len += n;
		answer(q, at++, rq.id, NETIF_RSP_OKAY);
		if (flags & NETTXF_extra_info) {
			struct netif_extra_info x;

			memcpy(&x, slot(q->tx, at, 12), sizeof(x));
			o.gso = NET_GSO_TCP4;
			o.gso_size = x.u.gso.size;
			answer(q, at++, 0, NETIF_RSP_NULL);
		}
		if (!(flags & NETTXF_more_data))
			break;
	}
	ck_assert_uint_eq(len, total);
	back.o = o;
	back.frames++;
	q->tx_cons = at;
	q->tx->rsp_prod = at + (back.lie == LIE_TX_TWICE ? 1 : 0);
	q->tx->req_event = at + 1;
	return back_send(q, frame, len, &o);
}

static void turn(void)
{
	unsigned long state = front("", "state", 0);

	if (back.state == XenbusStateInitWait && state == XenbusStateConnected)
		back_connect();
	for (unsigned int i = 0; back.connected && !back.hold && state == XenbusStateConnected && i < back.nr; i++) {
		bool any = false;

		while (serve(&queues[i]))
			any = true;
		if (any) {
			host_event(queues[i].tx_port);
			host_event(queues[i].rx_port);
		}
	}
}

/* ---- the guest ---- */

static struct net_card card;
static uint8_t got[NET_FRAME_MAX];
static uint32_t got_len;
static struct net_offload got_o;
static unsigned int nr_got, nr_up, nr_down, nr_returned, nr_room;
static size_t pages_before;
static uint32_t grants_before;

static void received(struct net_card *c, unsigned int queue, const struct net_piece *piece, unsigned int nr, uint32_t len,
		     const struct net_offload *o)
{
	uint32_t at = 0;

	ck_assert_uint_lt(queue, c->terms.queues);
	for (unsigned int i = 0; i < nr; at += piece[i++].len)
		memcpy(got + at, piece[i].data, piece[i].len);
	ck_assert_uint_eq(at, len);
	got_len = len;
	got_o = *o;
	nr_got++;
}

static void link_changed(struct net_card *c, bool up)
{
	ck_assert_int_eq(c->up, up);
	up ? nr_up++ : nr_down++;
}

static void room(struct net_card *c, unsigned int queue)
{
	(void)c;
	(void)queue;
	nr_room++;
}

static void returned(struct net_card *c, void *cookie)
{
	(void)c;
	ck_assert_ptr_nonnull(cookie);
	nr_returned++;
}

static const struct net_card_ops ops = { .received = received, .link = link_changed, .room = room, .returned = returned };

static void open_card(bool split, unsigned int max_queues, unsigned int wanted)
{
	host_start();
	memset(&back, 0, sizeof(back));
	memset(&card, 0, sizeof(card));
	nr_got = nr_up = nr_down = nr_returned = nr_room = 0;
	pages_before = host_pages_free();
	grants_before = host_grants_free();
	host_store_set(FRONT "/backend", BACK);
	host_store_set(FRONT "/backend-id", "0");
	host_store_set(FRONT "/mac", "00:16:3e:01:02:03");
	host_store_set(FRONT "/state", "1");
	host_store_set(BACK "/online", "1");
	offer(split, max_queues);
	say(XenbusStateInitWait);
	host_turn = turn;
	card.wish.queues = wanted;
	ck_assert_int_eq(net_card_await(0, kit_time() + KIT_SECOND), 0);
	ck_assert_int_eq(net_card_open(&card, 0, &ops, NULL), 0);
	ck_assert_int_eq(kit_device_wait(&card.dev, kit_time() + KIT_SECOND), 0);
	ck_assert(card.up);
	ck_assert_uint_eq(nr_up, 1);
}

static void close_card(void)
{
	net_card_close(&card);
	ck_assert(!card.up);
	ck_assert_uint_eq(kit_grants_kept(), 0);
	ck_assert_uint_eq(host_grants_free(), grants_before);
	ck_assert_uint_eq(host_pages_free(), pages_before);
	ck_assert_uint_eq(host_ports_open(), 0);
}

static bool nobody(void *arg)
{
	(void)arg;
	return false;
}

static void rest(void)
{
	kit_loop_until(nobody, NULL, kit_time() + KIT_SECOND / 500);
}

static uint8_t data[NET_FRAME_MAX];

static void fill(uint32_t len, uint32_t seed)
{
	for (uint32_t i = 0; i < len; i++)
		data[i] = (uint8_t)(i * 31 + i / 256 + seed);
	net_put16(data + ETH_TYPE, ETH_TYPE_IP4);
}

static int send_data(unsigned int queue, uint32_t len, const struct net_offload *o)
{
	struct net_piece piece[3] = { { data, len / 3 + 14 < len ? len / 3 + 14 : len } };

	piece[1] = (struct net_piece){ data + piece[0].len, (len - piece[0].len) / 2 };
	piece[2] = (struct net_piece){ data + piece[0].len + piece[1].len, len - piece[0].len - piece[1].len };
	return net_send(&card, queue, piece, 3, o);
}

static const struct net_offload plain = { .gso = NET_GSO_NONE };

START_TEST(frames_go_around)
{
	for (int split = 0; split < 2; split++)
		for (unsigned int n = 1; n < 4; n++) {
			open_card(split, 4, n);
			ck_assert_uint_eq(card.terms.queues, n);
			ck_assert_uint_eq(back.nr, n);
			for (uint32_t len = 14; len <= NET_FRAME_MAX; len += 997) {
				fill(len, n);
				ck_assert_int_eq(send_data(len % n, len, &plain), 0);
				rest();
				ck_assert_uint_eq(got_len, len);
				ck_assert_mem_eq(got, data, len);
			}
			ck_assert_uint_eq(card.count.rx_frames, card.count.tx_frames);
			close_card();
		}
}
END_TEST

START_TEST(offloads_go_with_them)
{
	const struct net_offload tso = { .csum_blank = true, .gso = NET_GSO_TCP4, .gso_size = 1448 };
	const struct net_offload tso6 = { .csum_blank = true, .gso = NET_GSO_TCP6, .gso_size = 1428 };

	open_card(true, 0, 1);
	fill(60000, 1);
	ck_assert_int_eq(send_data(0, 60000, &tso), 0);
	rest();
	ck_assert_uint_eq(got_len, 60000);
	ck_assert_mem_eq(got, data, 60000);
	ck_assert(got_o.csum_blank && got_o.csum_good);
	ck_assert_int_eq(got_o.gso, NET_GSO_TCP4);
	ck_assert_uint_eq(got_o.gso_size, 1448);
	ck_assert_int_eq(send_data(0, 60000, &tso6), -XEN_EOPNOTSUPP);	/* was not offered */
	ck_assert_int_eq(send_data(0, 13, &plain), -XEN_EINVAL);
	ck_assert_int_eq(send_data(1, 60, &plain), -XEN_EINVAL);
	close_card();
}
END_TEST

START_TEST(a_full_queue_says_when_there_is_room)
{
	unsigned int n = 0;

	open_card(true, 0, 1);
	back.hold = true;
	fill(100, 0);
	while (!send_data(0, 100, &plain))
		n++;
	ck_assert_uint_eq(n, RING);
	ck_assert_int_eq(send_data(0, 100, &plain), -XEN_EAGAIN);
	rest();
	ck_assert_uint_eq(nr_room, 0);
	back.hold = false;
	rest();
	ck_assert_uint_eq(nr_room, 1);
	ck_assert_uint_eq(nr_got, RING);
	ck_assert_int_eq(send_data(0, 100, &plain), 0);
	close_card();
}
END_TEST

START_TEST(lent_pages_come_back)
{
	uint8_t *pages;
	struct net_piece piece;

	open_card(true, 0, 1);
	pages = kit_page_alloc(12);
	fill(40000, 3);
	memcpy(pages + 100, data, 40000);
	piece = (struct net_piece){ pages + 100, 40000 };
	ck_assert_int_eq(net_lend(&card, 0, &piece, 1, &plain, pages), 0);
	ck_assert_uint_eq(nr_returned, 0);
	rest();
	ck_assert_uint_eq(nr_returned, 1);
	ck_assert_mem_eq(got, data, 40000);
	/* More pages than a frame may have: 20 pieces of one byte. */
	struct net_piece many[20] = { { pages, 14 } };

	for (unsigned int i = 1; i < 20; i++)
		many[i] = (struct net_piece){ pages + i * 64, 1 };
	ck_assert_int_eq(net_lend(&card, 0, many, 20, &plain, pages), -XEN_E2BIG);
	/* What is under way when the card goes comes back, too, unless it is mapped. */
	back.hold = true;
	ck_assert_int_eq(net_lend(&card, 0, &piece, 1, &plain, pages), 0);
	net_card_close(&card);
	ck_assert_uint_eq(nr_returned, 2);
	kit_page_free(pages, 12);
	close_card();
}
END_TEST

START_TEST(a_backend_that_is_started_again)
{
	open_card(true, 4, 3);
	ck_assert_ptr_nonnull(host_store_get(FRONT "/queue-2/tx-ring-ref"));
	back.hold = true;
	fill(5000, 1);
	ck_assert_int_eq(send_data(1, 5000, &plain), 0);
	back.connected = false;
	say(XenbusStateClosed);
	rest();
	ck_assert(!card.up);
	ck_assert_uint_eq(nr_down, 1);
	ck_assert_int_eq(send_data(0, 100, &plain), -XEN_ENODEV);
	/* Its successor knows less. */
	back.hold = false;
	offer(false, 0);
	say(XenbusStateInitWait);
	rest();
	ck_assert(card.up);
	ck_assert_uint_eq(nr_up, 2);
	ck_assert_uint_eq(card.terms.queues, 1);
	ck_assert_ptr_null(host_store_get(FRONT "/queue-2/tx-ring-ref"));
	ck_assert_ptr_null(host_store_get(FRONT "/multi-queue-num-queues"));
	ck_assert_ptr_null(host_store_get(FRONT "/event-channel-tx"));
	ck_assert_int_eq(send_data(0, 5000, &plain), 0);
	rest();
	ck_assert_mem_eq(got, data, 5000);
	close_card();
}
END_TEST

START_TEST(lies_cost_the_card_only)
{
	for (enum lie lie = LIE_TX_ID; lie <= LIE_TX_TWICE; lie++) {
		open_card(true, 2, 2);
		fill(2000, 1);
		back.lie = lie;
		ck_assert_int_eq(send_data(1, 2000, &plain), 0);
		rest();
		ck_assert_msg(!card.up, "lie %d", lie);
		ck_assert_uint_eq(nr_down, 1);
		ck_assert_uint_eq(nr_got, lie == LIE_TX_ID || lie == LIE_TX_TWICE ? nr_got : 0);
		ck_assert_ptr_nonnull(host_store_get(FRONT "/error"));
		ck_assert_str_eq(host_store_get(FRONT "/state"), "6");
		ck_assert_int_eq(send_data(0, 100, &plain), -XEN_ENODEV);
		close_card();
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("netfront");
	TCase *t = tcase_create("all");

	tcase_add_test(t, frames_go_around);
	tcase_add_test(t, offloads_go_with_them);
	tcase_add_test(t, a_full_queue_says_when_there_is_room);
	tcase_add_test(t, lent_pages_come_back);
	tcase_add_test(t, a_backend_that_is_started_again);
	tcase_add_test(t, lies_cost_the_card_only);
	suite_add_tcase(s, t);
	return suite_run(s);
}
