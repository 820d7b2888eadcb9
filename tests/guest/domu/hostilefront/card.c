/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attacks on the server of a card. A connection works when dom0, whose address on the bridge is an argument, answers a
 * question for it (ARP, RFC 826): that takes a frame each way. dom0 sends frames to us all the while.
 */
#include <abi/io/netif.h>
#include "domu/hostilefront/card.h"
#include "domu/hostilefront/front.h"
#include "kit/events.h"
#include "kit/grant.h"
#include "kit/kit.h"
#include "kit/loop.h"
#include "kit/memory.h"
#include "kit/store.h"

#define TX_ENTRY	sizeof(struct netif_tx_request)
#define RX_ENTRY	sizeof(struct netif_rx_request)
#define CTRL_ENTRY	sizeof(struct xen_netif_ctrl_request)
#define WILD_REF	0x7ffffff0U
#define BUFFERS		32U
#define ARP_BYTES	42U

uint8_t card_own_ip[4], card_peer_ip[4];
static struct raw_ring *tx, *rx, *ctrl;
static uint8_t mac[6], *frame, *buffer[BUFFERS];
static uint32_t frame_ref, readonly_ref, buffer_ref[BUFFERS];

static unsigned int hex(char c)
{
	return (unsigned int)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
}

static void pages_make(struct front *f)
{
	char path[64], text[18];

	if (frame)
		return;
	kit_snprintf(path, sizeof(path), "%s/mac", f->node);
	if (kit_store_read(0, path, text, sizeof(text)))
		kit_bail("the card has no address");
	for (int i = 0; i < 6; i++)
		mac[i] = (uint8_t)(hex(text[3 * i]) << 4 | hex(text[3 * i + 1]));
	frame = kit_page_alloc(1);
	frame_ref = (uint32_t)kit_grant(0, frame, true);
	for (unsigned int i = 0; i < BUFFERS; i++) {
		buffer[i] = kit_page_alloc(1);
		buffer_ref[i] = (uint32_t)kit_grant(0, buffer[i], false);
	}
	readonly_ref = (uint32_t)kit_grant(0, buffer[0], true);
}

static void offer(struct front *f)
{
	front_put(f, "tx-ring-ref", "%u", tx->ref[0]);
	front_put(f, "rx-ring-ref", "%u", rx->ref[0]);
	front_put(f, "event-channel", "%u", f->port);
	front_put(f, "request-rx-copy", "1");
	front_put(f, "feature-sg", "1");
	front_put(f, "feature-gso-tcpv4", "1");
}

static bool prepare(struct front *f)
{
	pages_make(f);
	tx = &f->ring[0];
	rx = &f->ring[1];
	ctrl = &f->ring[2];
	if (!front_invite(f))
		return false;
	raw_ring_make(tx, 1, TX_ENTRY, false);
	raw_ring_make(rx, 1, RX_ENTRY, false);
	offer(f);
	return true;
}

static void give_buffer(uint16_t id)
{
	struct netif_rx_request *r = raw_slot(rx, rx->prod++);

	*r = (struct netif_rx_request){ .id = id, .gref = buffer_ref[id] };
}

static bool connect(struct front *f)
{
	if (!prepare(f))
		return false;
	for (uint16_t i = 0; i < BUFFERS; i++)
		give_buffer(i);
	rx->head->req_prod = rx->prod;
	front_state(f, XenbusStateConnected);
	return back_wait(f, IN(Connected), 30);
}

static bool connect_ctrl(struct front *f)
{
	int port;

	if (!prepare(f))
		return false;
	raw_ring_make(ctrl, 1, CTRL_ENTRY, false);
	port = kit_port_open(0);
	f->ctrl_port = port > 0 ? (uint32_t)port : 0;
	front_put(f, "ctrl-ring-ref", "%u", ctrl->ref[0]);
	front_put(f, "event-channel-ctrl", "%u", f->ctrl_port);
	front_state(f, XenbusStateConnected);
	return back_wait(f, IN(Connected), 30);
}

/* ---- frames ---- */

static struct netif_tx_request *slot(uint32_t ref, unsigned int offset, unsigned int flags, unsigned int size)
{
	struct netif_tx_request *r = raw_slot(tx, tx->prod);

	*r = (struct netif_tx_request){ .gref = ref, .offset = (uint16_t)offset, .flags = (uint16_t)flags, .size = (uint16_t)size,
					.id = (uint16_t)tx->prod };
	tx->prod++;
	return r;
}

static void extra(unsigned int type, unsigned int flags, unsigned int gso_type, unsigned int gso_size)
{
	struct netif_extra_info *x = raw_slot(tx, tx->prod++);

	*x = (struct netif_extra_info){ .type = (uint8_t)type, .flags = (uint8_t)flags,
					.u.gso = { .type = (uint8_t)gso_type, .size = (uint16_t)gso_size } };
}

static void arp_fill(void)
{
	static const uint8_t head[] = { 8, 6, 0, 1, 8, 0, 6, 4, 0, 1 };

	memset(frame, 0xff, 6);
	memcpy(frame + 6, mac, 6);
	memcpy(frame + 12, head, sizeof(head));
	memcpy(frame + 22, mac, 6);
	memcpy(frame + 28, card_own_ip, 4);
	memset(frame + 32, 0, 6);
	memcpy(frame + 38, card_peer_ip, 4);
}

/* Looks at what came, and gives the buffers back. */
static bool reply_came(void)
{
	uint32_t prod = __atomic_load_n(&rx->head->rsp_prod, __ATOMIC_ACQUIRE);
	bool came = false;

	while (rx->cons != prod) {
		struct netif_rx_response r = *(struct netif_rx_response *)raw_slot(rx, rx->cons++);
		const uint8_t *p;

		if (r.id >= BUFFERS)
			continue;
		p = buffer[r.id] + r.offset % 64;
		came |= r.status >= (int)ARP_BYTES && p[12] == 8 && p[13] == 6 && p[21] == 2 && !memcmp(p + 28, card_peer_ip, 4);
		give_buffer(r.id);
	}
	rx->head->req_prod = rx->prod;
	return came;
}

static bool works(struct front *f)
{
	for (int tries = 0; tries < 20; tries++) {
		arp_fill();
		slot(frame_ref, 0, 0, ARP_BYTES);
		raw_push(f, tx);
		if (!raw_settled(tx, 20) || ((struct netif_tx_response *)raw_slot(tx, tx->prod - 1))->status)
			return false;
		for (int i = 0; i < 50; i++) {
			if (reply_came())
				return true;
			kit_send(f->port);
			pause_ms(10);
		}
	}
	return false;
}

static int16_t status_at(uint32_t index)
{
	return ((struct netif_tx_response *)raw_slot(tx, index))->status;
}

static void all_refused(struct front *f, const char *what, uint32_t from)
{
	uint32_t wrong = 0;

	raw_push(f, tx);
	CHECK(raw_settled(tx, 30), "%s: each slot has an answer", what);
	for (uint32_t i = from; i != tx->prod; i++)
		wrong += status_at(i) == NETIF_RSP_OKAY;
	CHECK_EQ(wrong, 0, what);
}

/* ---- indices ---- */

static void tx_index_wild(struct front *f)
{
	connect(f);
	tx->prod = 0x40000000U;
	raw_push(f, tx);
}

static void tx_index_back(struct front *f)
{
	connect(f);
	CHECK(works(f), "tx-index-back: it works before");
	tx->prod -= 1;
	raw_push(f, tx);
}

static void rx_index_wild(struct front *f)
{
	connect(f);
	rx->prod += 1000;
	raw_push(f, rx);
}

static void run_away(void)
{
	__atomic_add_fetch(&tx->head->req_prod, 11, __ATOMIC_SEQ_CST);
	__atomic_add_fetch(&rx->head->req_prod, 11, __ATOMIC_SEQ_CST);
}

static void index_runs(struct front *f)
{
	connect(f);
	race_with_events(f, run_away);
}

static void scribble(void)
{
	raw_scribble(chance(2) ? tx : rx);
}

static void answers_scribbled(struct front *f)
{
	connect(f);
	race_begin(scribble);
	for (int i = 0; i < 20; i++) {
		slot(frame_ref, 0, 0, ARP_BYTES);
		raw_push(f, tx);
		pause_ms(5);
	}
	race_end();
	slot(frame_ref, 0, 0, ARP_BYTES);
	raw_push(f, tx);
	CHECK(raw_settled(tx, 20), "answers-scribbled: the backend's index is its own");
	/* Ours for what was received is lost; another connection finds it again. */
}

/* ---- slots ---- */

static void sizes(struct front *f)
{
	static const uint16_t lies[][2] = { { 0, 0 }, { 0, 1 }, { 0, 13 }, { 4095, 60 }, { 0, 4097 }, { 0, 65535 }, { 65535, 65535 },
					    { 4096, 60 } };
	uint32_t from;

	connect(f);
	arp_fill();
	from = tx->prod;
	for (unsigned int i = 0; i < sizeof(lies) / sizeof(lies[0]); i++)
		slot(frame_ref, lies[i][0], 0, lies[i][1]);
	/* Parts that are more than the whole; a first part of nothing. */
	slot(frame_ref, 0, NETTXF_more_data, 100);
	slot(frame_ref, 0, 0, 4000);
	slot(frame_ref, 0, NETTXF_more_data, 100);
	slot(frame_ref, 0, 0, 100);
	/* 40 slots of one packet. */
	slot(frame_ref, 0, NETTXF_more_data, 1000);
	for (int i = 0; i < 38; i++)
		slot(frame_ref, 0, NETTXF_more_data, 10);
	slot(frame_ref, 0, 0, 10);
	/* Longer than the MTU, of 64 KiB, without a word of segments. */
	slot(frame_ref, 0, NETTXF_more_data, 60000);
	for (int i = 0; i < 13; i++)
		slot(frame_ref, 0, NETTXF_more_data, 4096);
	slot(frame_ref, 0, 0, 4096);
	all_refused(f, "sizes: slots that lie are refused", from);
}

static void extras(struct front *f)
{
	uint32_t from;

	connect(f);
	arp_fill();
	from = tx->prod;
	for (unsigned int type = 0; type < 256; type += 17) {
		slot(frame_ref, 0, NETTXF_extra_info, 60);
		extra(type, 0, type, 0);
	}
	for (unsigned int gso = 0; gso < 5; gso++) {
		slot(frame_ref, 0, NETTXF_extra_info | NETTXF_csum_blank, 60);
		extra(XEN_NETIF_EXTRA_TYPE_GSO, 0, gso, gso & 1 ? 65535 : 1);
	}
	slot(frame_ref, 0, NETTXF_extra_info, 60);
	for (int i = 0; i < 60; i++)
		extra(XEN_NETIF_EXTRA_TYPE_GSO, XEN_NETIF_EXTRA_FLAG_MORE, 1, 1);
	extra(XEN_NETIF_EXTRA_TYPE_GSO, 0, 0, 0);
	slot(frame_ref, 0, NETTXF_extra_info, 60);
	extra(XEN_NETIF_EXTRA_TYPE_MCAST_ADD, 0, 0, 0);
	/* A checksum to be filled in, in a frame that has none. */
	slot(frame_ref, 0, NETTXF_csum_blank, ARP_BYTES);
	all_refused(f, "extras: unknown and impossible ones are refused", from);
}

static void part_of_packet(struct front *f)
{
	connect(f);
	slot(frame_ref, 0, NETTXF_more_data, 1000);
	raw_push(f, tx);
}

static void part_of_extras(struct front *f)
{
	connect(f);
	slot(frame_ref, 0, NETTXF_extra_info, 60);
	extra(XEN_NETIF_EXTRA_TYPE_GSO, XEN_NETIF_EXTRA_FLAG_MORE, 1, 1);
	raw_push(f, tx);
}

static void grefs(struct front *f)
{
	uint32_t from, revoked = (uint32_t)kit_grant(0, frame, true);

	connect(f);
	kit_grant_end(revoked);
	from = tx->prod;
	slot(WILD_REF, 0, 0, 60);
	slot(0xffffffffU, 0, 0, 60);
	slot(65535, 0, 0, 60);
	slot(revoked, 0, 0, 60);
	slot(frame_ref, 0, NETTXF_more_data, 4000);
	slot(WILD_REF, 0, 0, 3000);
	all_refused(f, "grefs: wild and revoked ones are refused", from);
}

static void names(struct front *f)
{
	uint32_t from;

	connect(f);
	from = tx->prod;
	arp_fill();
	frame[11] ^= 1;
	frame[27] ^= 1;
	slot(frame_ref, 0, 0, ARP_BYTES);
	all_refused(f, "names: a frame in another's name is dropped", from);
}

static void slots_rewrite(void)
{
	struct netif_tx_request *r = raw_slot(tx, chance(tx->size));

	*r = (struct netif_tx_request){ .gref = chance(3) ? frame_ref : WILD_REF, .offset = (uint16_t)chance(chance(2) ? 4096 : 65536),
					.size = (uint16_t)chance(chance(2) ? 100 : 65536), .id = (uint16_t)chance(65536),
					.flags = (uint16_t)(chance(8) ? 0 : chance(16)) };
}

static void slots_change(struct front *f)
{
	connect(f);
	race_begin(slots_rewrite);
	for (int i = 0; i < 8 && back_state(f) == XenbusStateConnected; i++) {
		for (uint32_t k = 0; k < tx->size; k++)
			slot(frame_ref, 0, 0, 60);
		raw_push(f, tx);
		if (!raw_settled(tx, 2))
			break;
	}
	race_end();
}

static void frame_rewrite(void)
{
	frame[chance(128)] = (uint8_t)chance(256);
}

static void frames_change(struct front *f)
{
	connect(f);
	arp_fill();
	race_begin(frame_rewrite);
	for (int i = 0; i < 8; i++) {
		for (uint32_t k = 0; k < tx->size; k++)
			slot(frame_ref, 0, chance(2) ? NETTXF_csum_blank : 0, 60 + k);
		raw_push(f, tx);
		if (!raw_settled(tx, 20))
			break;
	}
	race_end();
	CHECK(raw_settled(tx, 20), "frames-change: each slot has an answer");
}

/* ---- buffers ---- */

/* dom0's frames find nothing that they can be put into. */
static void buffers_wild(struct front *f)
{
	uint32_t lost = 0;

	if (!prepare(f))
		return;
	for (uint32_t i = 0; i < 192; i++)
		*(struct netif_rx_request *)raw_slot(rx, rx->prod++) = (struct netif_rx_request){
			.id = (uint16_t)(BUFFERS + i), .gref = i % 3 == 0 ? WILD_REF + i : i % 3 == 1 ? readonly_ref : 0xffffffffU,
		};
	rx->head->req_prod = rx->prod;
	front_state(f, XenbusStateConnected);
	back_wait(f, IN(Connected), 30);
	for (int i = 0; i < 500 && !lost; i++) {
		pause_ms(10);
		for (uint32_t k = 0; k != __atomic_load_n(&rx->head->rsp_prod, __ATOMIC_ACQUIRE) && k < rx->size; k++)
			lost += ((struct netif_rx_response *)raw_slot(rx, k))->status < 0;
	}
	CHECK(lost > 0, "buffers-wild: frames that cannot be put there are told as lost");
	for (uint16_t i = 0; i < BUFFERS; i++)
		give_buffer(i);
	raw_push(f, rx);
}

static void buffer_flicker(void)
{
	static uint32_t i;
	int ref;

	i = (i + 1) % BUFFERS;
	kit_grant_end(buffer_ref[i]);
	ref = kit_grant(0, buffer[i], chance(4) == 0);
	if (ref > 0)
		buffer_ref[i] = (uint32_t)ref;
}

static void buffers_flicker(struct front *f)
{
	connect(f);
	race_begin(buffer_flicker);
	for (int i = 0; i < 60; i++) {
		reply_came();
		kit_send(f->port);
		pause_ms(5);
	}
	race_end();
	for (uint32_t i = 0; i < BUFFERS; i++) {
		kit_grant_end(buffer_ref[i]);
		buffer_ref[i] = (uint32_t)kit_grant(0, buffer[i], false);
	}
}

static void no_buffers(struct front *f)
{
	prepare(f);
	front_state(f, XenbusStateConnected);
	back_wait(f, IN(Connected), 30);
	pause_ms(500);
	for (uint16_t i = 0; i < BUFFERS; i++)
		give_buffer(i);
	raw_push(f, rx);
}

/* ---- the control ring ---- */

static void ctrl_garbage(struct front *f)
{
	uint32_t wrong = 0, prod = 0;
	uint64_t until;

	connect_ctrl(f);
	for (unsigned int round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < ctrl->size; i++, ctrl->prod++) {
			struct xen_netif_ctrl_request *r = raw_slot(ctrl, ctrl->prod);

			chance_fill(r, sizeof(*r));
			r->type = (uint16_t)(chance(2) ? chance(16) : chance(65536));
			if (r->type == XEN_NETIF_CTRL_TYPE_SET_HASH_ALGORITHM)
				r->data[0] = 2 + chance(1000);
		}
		__atomic_store_n(&ctrl->head->req_prod, ctrl->prod, __ATOMIC_SEQ_CST);
		until = kit_time() + 20 * KIT_SECOND;
		do {
			kit_send(f->ctrl_port);
			pause_ms(2);
			prod = __atomic_load_n(&ctrl->head->rsp_prod, __ATOMIC_ACQUIRE);
		} while (prod != ctrl->prod && kit_time() < until);
		for (uint32_t i = 0; i < ctrl->size; i++)
			wrong += ((struct xen_netif_ctrl_response *)raw_slot(ctrl, i))->status == XEN_NETIF_CTRL_STATUS_SUCCESS;
	}
	CHECK(prod == ctrl->prod && !wrong, "ctrl-garbage: each is answered, and none with success");
	for (uint16_t i = 0; i < BUFFERS; i++)
		give_buffer(i);
	raw_push(f, rx);
}

static void ctrl_wild(struct front *f)
{
	connect_ctrl(f);
	__atomic_store_n(&ctrl->head->req_prod, 0x12345678U, __ATOMIC_SEQ_CST);
	for (int i = 0; i < 10; i++) {
		kit_send(f->ctrl_port);
		pause_ms(5);
	}
}

static void ctrl_chase(void)
{
	uint32_t seen = __atomic_load_n(&ctrl->head->rsp_prod, __ATOMIC_ACQUIRE);

	__atomic_store_n(&ctrl->head->req_prod, seen + ctrl->size - 1, __ATOMIC_SEQ_CST);
}

/* There is always one more request. dom0 says by a node when it has had an answer from the server all the same. */
static void ctrl_endless(struct front *f)
{
	uint64_t until, go = 0;

	connect_ctrl(f);
	for (uint16_t i = 0; i < BUFFERS; i++)
		give_buffer(i);
	raw_push(f, rx);
	race_begin(ctrl_chase);
	kit_send(f->ctrl_port);
	pause_ms(300);
	kit_printf("ctrl-endless: begun\n");
	for (until = kit_time() + 20 * KIT_SECOND; !go && kit_time() < until; pause_ms(20))
		kit_store_number(0, "data/go", &go);
	CHECK(go, "ctrl-endless: its server has an ear for others");
	CHECK_EQ(back_state(f), XenbusStateConnected, "ctrl-endless: it is connected all the while");
	race_end();
	ctrl->prod = ctrl->head->rsp_prod;
	__atomic_store_n(&ctrl->head->req_prod, ctrl->prod, __ATOMIC_SEQ_CST);
}

static void events_flood(struct front *f)
{
	connect(f);
	for (int i = 0; i < 3000; i++)
		kit_send(f->port);
}

/* ---- the handshake ---- */

static void ring_readonly(struct front *f)
{
	prepare(f);
	kit_grant_end(tx->ref[0]);
	tx->ref[0] = (uint32_t)kit_grant(0, tx->head, true);
	offer(f);
	front_state(f, XenbusStateConnected);
}

static void ring_wild(struct front *f)
{
	prepare(f);
	front_put(f, "rx-ring-ref", "%u", WILD_REF);
	front_state(f, XenbusStateConnected);
}

static void rings_one(struct front *f)
{
	prepare(f);
	front_put(f, "rx-ring-ref", "%u", tx->ref[0]);
	front_state(f, XenbusStateConnected);
	back_wait(f, IN(Connected) | IN(Closing), 20);
	for (int i = 0; i < 100; i++)
		slot(frame_ref, 0, 0, ARP_BYTES);
	raw_push(f, tx);
	pause_ms(500);
}

static void port_wild(struct front *f)
{
	prepare(f);
	front_put(f, "event-channel", "131071");
	front_state(f, XenbusStateConnected);
}

static void node_garbage(struct front *f)
{
	static const char *const keys[] = { "tx-ring-ref", "event-channel", "multi-queue-num-queues", "request-rx-copy",
					    "ctrl-ring-ref", "event-channel-tx" };
	unsigned int taken = 0, deaf = 0;

	for (unsigned int k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
		/* One in three for each key: how a number is read is the same everywhere. */
		for (unsigned int i = k % 3; i < nr_garbage; i += 3) {
			if (!front_reset(f) || !prepare(f)) {
				deaf++;
				continue;
			}
			front_put(f, keys[k], "%s", garbage[i]);
			front_state(f, XenbusStateConnected);
			if (!back_wait(f, IN(Closing) | IN(Connected), 20))
				deaf++;
			else
				taken += back_state(f) == XenbusStateConnected;
		}
	}
	CHECK_EQ(taken, 0, "node-garbage: nothing of it is taken for a number");
	CHECK_EQ(deaf, 0, "node-garbage: each has an answer");
}

static void states_jump(struct front *f)
{
	connect(f);
	for (unsigned int from = 0; from < 9; from++)
		for (unsigned int to = 0; to < 9; to += 2) {
			front_state(f, from);
			front_state(f, to);
		}
}

static void in_and_out(struct front *f)
{
	prepare(f);
	for (unsigned int i = 0; i < 24; i++) {
		front_state(f, XenbusStateInitialising);
		front_put(f, "event-channel", "%u", i & 1 ? f->port : 0);
		front_state(f, XenbusStateConnected);
		if (i % 3)
			pause_ms(i % 7);
		front_state(f, i & 1 ? XenbusStateClosed : XenbusStateClosing);
	}
}

static void closed_under_load(struct front *f)
{
	connect(f);
	for (uint32_t k = 0; k < tx->size; k++)
		slot(frame_ref, 0, 0, 60);
	raw_push(f, tx);
	front_state(f, XenbusStateClosed);
	chance_fill(tx->head, PAGE_SIZE);
	chance_fill(rx->head, PAGE_SIZE);
}

static const struct attack attacks[] = {
	{ "tx-index-wild", tx_index_wild, CLOSES },
	{ "tx-index-back", tx_index_back, CLOSES },
	{ "rx-index-wild", rx_index_wild, CLOSES },
	{ "index-runs", index_runs, CLOSES },
	{ "answers-scribbled", answers_scribbled, EITHER },
	{ "sizes", sizes, STAYS },
	{ "extras", extras, STAYS },
	{ "part-of-packet", part_of_packet, CLOSES },
	{ "part-of-extras", part_of_extras, CLOSES },
	{ "grefs", grefs, STAYS },
	{ "names", names, STAYS },
	{ "slots-change", slots_change, EITHER },
	{ "frames-change", frames_change, STAYS },
	{ "buffers-wild", buffers_wild, STAYS },
	{ "buffers-flicker", buffers_flicker, STAYS },
	{ "no-buffers", no_buffers, STAYS },
	{ "ctrl-garbage", ctrl_garbage, STAYS },
	{ "ctrl-wild", ctrl_wild, CLOSES },
	{ "ctrl-endless", ctrl_endless, STAYS },
	{ "events-flood", events_flood, STAYS },
	{ "ring-readonly", ring_readonly, CLOSES },
	{ "ring-wild", ring_wild, CLOSES },
	{ "rings-one", rings_one, EITHER },
	{ "port-wild", port_wild, CLOSES },
	{ "node-garbage", node_garbage, EITHER },
	{ "states-jump", states_jump, EITHER },
	{ "in-and-out", in_and_out, EITHER },
	{ "closed-under-load", closed_under_load, CLOSES },
};

const struct manners card_manners = {
	.type = "vif", .connect = connect, .works = works, .attack = attacks, .nr = sizeof(attacks) / sizeof(attacks[0]),
};
