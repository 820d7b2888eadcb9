/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See net.h. Checksums of TCP and UDP are made and looked at here: a frame that the backend calls checked is believed, as the
 * bytes in it are (both come from the same hands); others are summed. Out they go blank where the backend takes them so.
 */
#include "kit/kit.h"
#include "kit/loop.h"
#include "lwip/dhcp.h"
#include "lwip/etharp.h"
#include "lwip/ethip6.h"
#include "lwip/init.h"
#include "lwip/netif.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/sys.h"
#include "lwip/timeouts.h"
#include "net/checksum.h"
#include "net/packet.h"
#include "net/wire.h"
#include "netif/ethernet.h"
#include "guests/webd/net.h"
#include "guests/webd/port/hooks.h"

#define HEAD_MAX	128u	/* headers of what lwIP sends: no IP options, no extension headers but MLD's */
#define PIECES_MAX	32u
#define CARD_WAIT	(60 * KIT_SECOND)

static struct net_card card;
static struct netif interface;
static struct kit_timer timer;
static uint8_t linear[NET_FRAME_MAX];

u32_t sys_now(void)
{
	return (u32_t)(kit_time() / 1000000);
}

/* xorshift64*, stirred by the clock at each call; the seed of the first is what the clock was at the start. */
uint32_t webd_random(void)
{
	static uint64_t state;
	uint32_t lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
	state ^= ((uint64_t)hi << 32 | lo) * 0x9e3779b97f4a7c15UL + 1;
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)(state * 0x2545f4914f6cdd1dUL >> 32);
}

/* ---- out ---- */

/* Makes the checksum of a frame whose headers lie in its first piece: blank if the backend takes that, else in full. */
static bool finish(struct net_piece *piece, unsigned int nr, uint32_t len, struct net_offload *o)
{
	struct net_packet p;

	if (!net_packet_parse(&p, piece[0].data, piece[0].len, len))
		return false;
	if (!p.has_l4 || (p.proto != PROTO_TCP && p.proto != PROTO_UDP))
		return true;	/* lwIP has made the others' */
	o->csum_blank = p.ip4 || card.terms.tx_csum6;
	if (o->csum_blank) {
		net_checksum_blank(&p, (uint8_t *)(uintptr_t)piece[0].data);
		return true;
	}
	if (nr > 1) {
		uint32_t at = 0;

		for (unsigned int i = 0; i < nr; at += piece[i++].len)
			memcpy(linear + at, piece[i].data, piece[i].len);
		piece[0] = (struct net_piece){ linear, len };
	}
	net_checksum_fill(&p, (uint8_t *)(uintptr_t)piece[0].data);
	return true;
}

static err_t output(struct netif *n, struct pbuf *frame)
{
	struct net_offload o = { .gso = NET_GSO_NONE };
	struct net_piece piece[PIECES_MAX];
	unsigned int nr = 0;
	int rc;

	(void)n;
	for (struct pbuf *b = frame; b; b = b->next) {
		if (nr == PIECES_MAX)
			return ERR_BUF;
		if (b->len)
			piece[nr++] = (struct net_piece){ b->payload, b->len };
	}
	if (!nr || !finish(piece, nr, frame->tot_len, &o))
		return ERR_ARG;
	rc = net_send(&card, 0, piece, piece[0].len == frame->tot_len ? 1 : nr, &o);
	return rc == -XEN_EAGAIN ? ERR_MEM : rc ? ERR_IF : ERR_OK;
}

/* ---- in ---- */

static const uint8_t *straight(const struct net_piece *piece, unsigned int nr)
{
	uint32_t at = 0;

	if (nr == 1)
		return piece[0].data;
	for (unsigned int i = 0; i < nr; at += piece[i++].len)
		memcpy(linear + at, piece[i].data, piece[i].len);
	return linear;
}

static void received(struct net_card *c, unsigned int queue, const struct net_piece *piece, unsigned int nr, uint32_t len,
		     const struct net_offload *o)
{
	const uint8_t *frame = straight(piece, nr);
	struct net_packet p;
	struct pbuf *b;

	(void)c;
	(void)queue;
	if (!net_packet_parse(&p, frame, len, len) || (!o->csum_good && !net_checksum_good(&p, frame)))
		return;
	b = pbuf_alloc(PBUF_RAW, (u16_t)len, PBUF_POOL);
	if (!b)
		return;
	pbuf_take(b, frame, (u16_t)len);
	if (interface.input(b, &interface) != ERR_OK)
		pbuf_free(b);
}

static void room(struct net_card *c, unsigned int queue)
{
	(void)c;
	(void)queue;
	tcp_txnow();
}

static void link_changed(struct net_card *c, bool up)
{
	(void)c;
	kit_printf("webd: link %s\n", up ? "up" : "down");
	if (up)
		netif_set_link_up(&interface);
	else
		netif_set_link_down(&interface);
}

static const struct net_card_ops card_ops = { .received = received, .link = link_changed, .room = room };

/* ---- start ---- */

static void on_timer(void *arg)
{
	u32_t wait;

	(void)arg;
	sys_check_timeouts();
	wait = sys_timeouts_sleeptime();
	kit_timer_start(&timer, kit_time() + (wait > 1000 ? 1000 : wait ? wait : 1) * 1000000UL);
}

/* Says each address once. */
static void status_changed(struct netif *n)
{
	static ip4_addr_t said;
	char text[IPADDR_STRLEN_MAX];

	if (!netif_is_up(n) || ip4_addr_cmp(&said, netif_ip4_addr(n)))
		return;
	said = *netif_ip4_addr(n);
	if (!ip4_addr_isany_val(said))
		kit_printf("webd: address %s\n", ip4addr_ntoa_r(netif_ip4_addr(n), text, sizeof(text)));
}

static err_t interface_init(struct netif *n)
{
	n->name[0] = 'e';
	n->name[1] = 'n';
	n->hostname = "webd";
	n->mtu = (u16_t)card.mtu;
	n->hwaddr_len = 6;
	memcpy(n->hwaddr, card.mac.b, 6);
	n->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_MLD6;
	n->output = etharp_output;
	n->output_ip6 = ethip6_output;
	n->linkoutput = output;
	return ERR_OK;
}

static ip4_addr_t lwip4(const struct net_addr *a)
{
	const uint8_t *b = net_addr_as_ip4(a);
	ip4_addr_t out;

	IP4_ADDR(&out, b[0], b[1], b[2], b[3]);
	return out;
}

static void set_ip6(const struct net_prefix *p)
{
	ip6_addr_t a;

	memcpy(a.addr, p->addr.b, sizeof(a.addr));
	ip6_addr_clear_zone(&a);
	netif_ip6_addr_set(&interface, 1, &a);
	netif_ip6_addr_set_state(&interface, 1, IP6_ADDR_TENTATIVE);
}

static void configure(const struct webd_net_config *config)
{
	ip4_addr_t address = { 0 }, mask = { 0 }, gateway = { 0 };

	if (!config->dhcp) {
		unsigned int bits = config->ip4.bits - 96u;

		address = lwip4(&config->ip4.addr);
		mask.addr = lwip_htonl(bits ? 0xffffffffu << (32 - bits) : 0);
		gateway = lwip4(&config->gateway4);
	}
	netif_add(&interface, &address, &mask, &gateway, NULL, interface_init, ethernet_input);
	netif_create_ip6_linklocal_address(&interface, 1);
	interface.ip6_autoconfig_enabled = 1;
	if (!net_addr_is_zero(&config->ip6.addr))
		set_ip6(&config->ip6);
	netif_set_default(&interface);
	netif_set_status_callback(&interface, status_changed);
	netif_set_up(&interface);
	if (config->dhcp)
		dhcp_start(&interface);
}

int webd_net_start(const struct webd_net_config *config)
{
	int rc;

	lwip_init();
	card.wish = (struct net_wish){ .queues = 1, .no_gso = true };	/* little comes in */
	rc = net_card_await(0, kit_time() + CARD_WAIT);
	if (!rc)
		rc = net_card_open(&card, 0, &card_ops, NULL);
	if (rc) {
		kit_printf("webd: no network card: error %d\n", -rc);
		return rc;
	}
	configure(config);
	timer = (struct kit_timer){ .fn = on_timer };
	on_timer(NULL);
	return 0;
}

const struct net_card *webd_net_card(void)
{
	return &card;
}
