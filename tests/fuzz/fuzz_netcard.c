/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The network driver on the host's kit (tests/unit/kit_host.h) under a backend that does what the input says: answers and fills
 * anything, writes anywhere in the pages it was given, keeps them, changes its nodes and its state. Claims: frames are handed on
 * whole and in memory that the backend cannot reach, a lent frame is returned once, and in the end all has come back.
 */
#include <stdio.h>

#include <abi/errno.h>
#include <abi/grant_table.h>
#include <abi/io/netif.h>
#include <abi/io/ring.h>
#include <abi/io/xenbus.h>
#include "kit/grant.h"
#include "kit/kit.h"
#include "kit/loop.h"
#include "kit/memory.h"
#include "net/card.h"
#include "net/wire.h"
#include "unit/kit_host.h"
#include "fuzz.h"

#define FRONT	"device/vif/0"
#define BACK	"/local/domain/0/backend/vif/7/0"
#define LENT	8
#define REFS	1200	/* as many as a guest of this size takes */

static struct input *input;
static struct net_card card;
static struct lent { uint8_t *pages; bool out; } lent[LENT];
static uint8_t data[NET_FRAME_MAX];

/* ---- the guest ---- */

static void received(struct net_card *c, unsigned int queue, const struct net_piece *piece, unsigned int nr, uint32_t len,
		     const struct net_offload *o)
{
	uint32_t sum = 0;

	CLAIM(c->up && queue < c->terms.queues && nr && nr <= 19 && len <= NET_FRAME_MAX);
	CLAIM(o->gso == NET_GSO_NONE || o->gso_size);
	for (unsigned int i = 0; i < nr; sum += piece[i++].len)
		for (uint32_t k = 1; k < HOST_REFS && piece[i].len > 1536; k++)
			CLAIM(host_map(k, true) != (void *)((uintptr_t)piece[i].data & ~4095UL));
	CLAIM(sum == len);
	for (unsigned int i = 0; i < nr; i++)
		memcpy(data, piece[i].data, piece[i].len);
}

static void returned(struct net_card *c, void *cookie)
{
	struct lent *l = cookie;

	(void)c;
	CLAIM(l->out);
	l->out = false;
}

static void room(struct net_card *c, unsigned int queue)
{
	CLAIM(c->up && queue < c->terms.queues);
}

static const struct net_card_ops ops = { .received = received, .room = room, .returned = returned };

static void send_frame(void)
{
	uint8_t how = input_u8(input);
	uint32_t len = (how & 1 ? input_u16(input) : input_u8(input)) + 14u, cut = len / 2;
	struct net_offload o = { .csum_blank = how & 2, .gso = how & 4 ? how >> 6 : 0, .gso_size = 1448 };
	struct net_piece piece[2] = { { data, len }, { data + cut, 0 } };
	struct lent *l = &lent[(how >> 3) % LENT];
	int rc;

	if (len > NET_FRAME_MAX)
		return;
	net_put16(data + ETH_TYPE, how & 8 ? ETH_TYPE_IP4 : ETH_TYPE_IP6);
	if (!(how & 32)) {
		if (cut >= 14) {
			piece[0].len = cut;
			piece[1].len = len - cut;
		}
		CLAIM(net_send(&card, how >> 6, piece, 2, &o) <= 0);
		return;
	}
	if (l->out)
		return;
	l->out = true;
	piece[0].data = l->pages + how % 16;
	piece[0].len = len % 30000 + 14;
	rc = net_lend(&card, how >> 6, piece, 1, &o, l);
	CLAIM(rc <= 0);
	if (rc)
		l->out = false;
}

/* ---- the backend ---- */

static unsigned long front(const char *prefix, const char *key)
{
	char path[96];
	const char *text;

	snprintf(path, sizeof(path), FRONT "/%s%s", prefix, key);
	text = host_store_get(path);
	return text ? strtoul(text, NULL, 10) : 0;
}

static struct sring_header *ring(const char *key)
{
	char prefix[16] = "";

	if (front("", "multi-queue-num-queues") > 1)
		snprintf(prefix, sizeof(prefix), "queue-%u/", input_u8(input) % 2);
	return host_map((uint32_t)front(prefix, key), true);
}

static void events(void)
{
	for (uint32_t port = 1; port < 12; port++)
		host_event(port);
}

static void answer_tx(void)
{
	struct sring_header *s = ring("tx-ring-ref");
	uint8_t how = input_u8(input);

	for (unsigned int n = how & 15; s && n && s->rsp_prod != s->req_prod; n--) {
		uint8_t *slot = (uint8_t *)s + XEN_RING_HEADER_SIZE + s->rsp_prod % 256 * 12;
		struct netif_tx_response rsp = { 0, how & 16 ? NETIF_RSP_OKAY : NETIF_RSP_ERROR };

		memcpy(&rsp.id, slot + 8, 2);
		if ((how & 0xe0) == 0xe0)
			rsp = (struct netif_tx_response){ input_u16(input), (int16_t)(input_u8(input) % 4 - 2) };
		memcpy(slot, &rsp, sizeof(rsp));
		s->rsp_prod++;
	}
}

static void fill_rx(void)
{
	struct sring_header *s = ring("rx-ring-ref");
	uint8_t how = input_u8(input);

	for (unsigned int n = how & 7; s && n && s->rsp_prod != s->req_prod; n--) {
		uint8_t *slot = (uint8_t *)s + XEN_RING_HEADER_SIZE + s->rsp_prod % 256 * 8, what = input_u8(input);
		struct netif_rx_response rsp = { (uint16_t)(s->rsp_prod % 256), 0, what & 7, (int16_t)(input_u8(input) * 16) };
		struct netif_extra_info x = { .type = 1, .u.gso = { .size = 1000, .type = 1 } };

		if (what & 0x80 && what & 0x40)
			rsp.flags |= NETRXF_extra_info;
		if ((what & 0xf8) == 0x38)
			rsp.offset = input_u16(input);
		memcpy(slot, (what & 0xf8) == 0x80 ? (void *)&x : (void *)&rsp, 8);
		s->rsp_prod++;
	}
}

static void scribble(void)
{
	uint32_t ref = 8 + input_u16(input) % REFS, v = input_u8(input);
	uint8_t *page = host_map(ref, true);
	size_t at = input_u16(input) % 4093;

	if (!page)
		return;
	if (at & 0x800)
		at = at % 4 * 4;
	memcpy(page + at, &v, 4);
}

static void keep_or_drop(void)
{
	uint32_t ref = 8 + input_u16(input) % REFS;

	if (host_grants[ref].flags & GTF_permit_access)
		host_grants[ref].flags ^= GTF_reading;
}

static void change_nodes(void)
{
	static const char *const keys[] = {
		"feature-rx-copy", "feature-sg", "feature-gso-tcpv4", "feature-gso-tcpv6", "feature-ipv6-csum-offload",
		"feature-split-event-channels", "multi-queue-max-queues", "online",
	};
	char path[96];

	snprintf(path, sizeof(path), BACK "/%s", keys[input_u8(input) % 8]);
	host_store_set(path, "%lu", input_u8(input) & 1 ? input_u64(input) : input_u8(input) % 4UL);
}

static void say(unsigned int state)
{
	host_store_set(BACK "/state", "%u", state);
	host_watches_fire();
}

static void start_backend(uint8_t how)
{
	host_store_set(BACK "/feature-rx-copy", "1");
	host_store_set(BACK "/feature-sg", "%d", how & 1);
	host_store_set(BACK "/feature-gso-tcpv4", "%d", !!(how & 2));
	host_store_set(BACK "/feature-split-event-channels", "%d", !!(how & 4));
	host_store_set(BACK "/multi-queue-max-queues", "%d", how & 8 ? 2 : 1);
	say(XenbusStateInitWait);
	kit_loop_once(kit_time() + 1000);
	say(XenbusStateConnected);
	kit_loop_once(kit_time() + 1000);
}

static void step(void)
{
	switch (input_u8(input) % 16) {
	default:
		send_frame();
		break;
	case 5:
	case 6:
		answer_tx();
		break;
	case 7:
	case 8:
		fill_rx();
		break;
	case 9:
		scribble();
		break;
	case 10:
		change_nodes();
		break;
	case 11:
		say(input_u8(input) % 9);
		break;
	case 12:
		start_backend(input_u8(input));
		break;
	case 13:
		keep_or_drop();
		break;
	case 14:
	case 15:
		events();
		for (int i = 0; i < 3; i++)
			kit_loop_once(kit_time() + 1000);
	}
}

static void let_go(void)
{
	for (uint32_t ref = 8; ref < HOST_REFS; ref++)
		host_grants[ref].flags &= (uint16_t)~(GTF_reading | GTF_writing);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct input in = { bytes, size };
	uint32_t grants;
	size_t pages;

	input = &in;
	host_start();
	host_turn = events;
	pages = host_pages_free();
	grants = host_grants_free();
	memset(&card, 0, sizeof(card));
	for (unsigned int i = 0; i < LENT; i++)
		lent[i] = (struct lent){ kit_page_alloc(9), false };
	host_store_set(FRONT "/backend", BACK);
	host_store_set(FRONT "/backend-id", "0");
	host_store_set(FRONT "/mac", "00:16:3e:01:02:03");
	host_store_set(BACK "/online", "1");
	host_store_set(BACK "/state", "1");
	card.wish.queues = 2;
	CLAIM(!net_card_open(&card, 0, &ops, NULL));
	start_backend(input_u8(&in));
	while (in.left)
		step();
	net_card_close(&card);
	CLAIM(!card.up);
	let_go();
	CLAIM(kit_grants_kept() == 0);
	for (unsigned int i = 0; i < LENT; i++)
		kit_page_free(lent[i].pages, 9);
	CLAIM(host_grants_free() == grants);
	CLAIM(host_pages_free() == pages);
	CLAIM(host_ports_open() == 0);
	return 0;
}
