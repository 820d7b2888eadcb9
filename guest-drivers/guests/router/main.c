/* SPDX-License-Identifier: BSD-2-Clause */
/* A router and filter between the guest's first two cards (docs/guests.md). */
#include "guests/router/config.h"
#include "kit/kit.h"
#include "kit/life.h"
#include "kit/loop.h"
#include "kit/run.h"
#include "net/card.h"

#define CARD_WAIT (60 * KIT_SECOND)

static struct router router;
static struct net_card cards[ROUTER_INTERFACES];
static struct router_options options;
static struct kit_timer timer;
static uint64_t seconds;

static unsigned int number_of(const struct net_card *c)
{
	return (unsigned int)(c - cards);
}

static void received(struct net_card *c, unsigned int queue, const struct net_piece *piece, unsigned int nr, uint32_t len,
		     const struct net_offload *o)
{
	(void)queue;
	router_input(&router, number_of(c), piece, nr, len, o, kit_time());
}

static bool output(void *arg, unsigned int interface, const struct net_piece *piece, unsigned int nr, uint32_t len,
		   const struct net_offload *o)
{
	(void)arg;
	(void)len;
	return !net_send(&cards[interface], 0, piece, nr, o);
}

static void link_changed(struct net_card *c, bool up)
{
	unsigned int i = number_of(c);

	router.interface[i].terms = c->terms;
	router.interface[i].mtu = c->mtu;
	router_link(&router, i, up);
	kit_printf("router: if%u %s\n", i, up ? "up" : "down");
}

static const struct net_card_ops card_ops = { .received = received, .link = link_changed };

/* One line of JSON. */
static void report(void)
{
	kit_printf("router: {\"forwarded\":%lu,\"local\":%lu,\"answered\":%lu,\"errors\":%lu,\"lost\":%lu", router.forwarded, router.local,
		   router.answered, router.errors, router.neigh.lost);
	for (unsigned int i = 0; i < ROUTER_DROPS; i++)
		kit_printf(",\"%s\":%lu", router_drop_names[i], router.drops[i]);
	for (unsigned int i = 0; i < ROUTER_INTERFACES; i++) {
		const struct net_counters *n = &cards[i].count;

		kit_printf(",\"if%u\":{\"rx_frames\":%lu,\"rx_bytes\":%lu,\"tx_frames\":%lu,\"tx_bytes\":%lu,\"tx_failed\":%lu,\"tx_full\":%lu}", i,
			   n->rx_frames, n->rx_bytes, n->tx_frames, n->tx_bytes, n->tx_failed, n->tx_full);
	}
	kit_printf(",\"rules\":[");
	for (unsigned int i = 0; i < router.filter.nr; i++)
		kit_printf("{\"packets\":%lu,\"bytes\":%lu},", router.filter.rule[i].packets, router.filter.rule[i].bytes);
	kit_printf("{\"packets\":%lu,\"bytes\":%lu}]}\n", router.filter.packets, router.filter.bytes);
}

static void on_second(void *arg)
{
	(void)arg;
	router_tick(&router, kit_time());
	if (options.report && ++seconds % options.report == 0)
		report();
	kit_timer_start(&timer, kit_time() + KIT_SECOND);
}

static void on_stop(void *arg)
{
	(void)arg;
	report();
}

static int open_card(unsigned int i)
{
	int rc = net_card_await(i, kit_time() + CARD_WAIT);

	if (!rc)
		rc = net_card_open(&cards[i], i, &card_ops, NULL);
	if (rc) {
		kit_printf("router: no network card %u: error %d\n", i, -rc);
		return rc;
	}
	router.interface[i].mac = cards[i].mac;
	router_add_link_local(&router, i);
	return 0;
}

int main(int argc, char *argv[])
{
	static struct kit_hook hook = { .stop = on_stop };
	const char *word, *why;

	router.output = output;
	if (!router_config_read(&router, &options, argc, argv, &word, &why)) {
		kit_printf("router: \"%s\" is not understood; wanted: %s\n", word, why);
		return 2;
	}
	if (open_card(0) || open_card(1))
		return 1;
	timer = (struct kit_timer){ .fn = on_second };
	on_second(NULL);
	kit_hook_add(&hook);
	kit_printf("router: %u routes, %u rules\n", router.nr_routes, router.filter.nr);
	kit_loop();
	return 0;
}
