/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest of the kit for devices.sh: whatever disk or card it is given it connects and uses, until it is taken away, and then
 * waits for the next. It says "disk N" and "card N" when one is connected, so that rounds can be made in step with it. What its
 * drivers leak ends the rounds, since its memory is small.
 */
#include "block/blkfront.h"
#include "kit/kit.h"
#include "kit/loop.h"
#include "kit/run.h"
#include "kit/xenbus.h"
#include "net/card.h"

#define STEP      (KIT_SECOND / 50)
#define LONG      (30 * KIT_SECOND)

static unsigned int disks, cards;

static bool is_there(const char *type)
{
	char name[16];

	return kit_device_name(type, 0, name, sizeof(name)) >= 0;
}

/* Its nodes may stay for a while after it has gone: it must not be taken for the next one. */
static void gone_wait(const char *type)
{
	while (is_there(type))
		kit_loop_once(kit_time() + STEP);
}

static void disk_use(void)
{
	static uint8_t data[PAGE_SIZE] PAGE_ALIGNED;
	struct blk_io io = { .op = BLK_READ, .data = data, .bytes = sizeof(data) };
	struct blkfront *b;

	if (blkfront_open(&b, 0, NULL, kit_time() + LONG) == 0) {
		kit_printf("disk %u\n", ++disks);
		while (blkfront_run(b, &io) == 0) {
			io.sector = (io.sector + 8) % (blkfront_facts(b)->sectors & ~7UL);
			kit_loop_once(kit_time() + STEP);
		}
		blkfront_close(b);
	}
	gone_wait("vbd");
}

static void on_frame(struct net_card *c, unsigned int queue, const struct net_piece *piece, unsigned int nr, uint32_t len,
		     const struct net_offload *o)
{
	(void)c;
	(void)queue;
	(void)piece;
	(void)nr;
	(void)len;
	(void)o;
}

static void on_link(struct net_card *c, bool up)
{
	*(bool *)c->arg = !up;
	if (up)
		kit_printf("card %u\n", ++cards);
}

static bool is_true(void *arg)
{
	return *(bool *)arg;
}

static void card_use(void)
{
	static const struct net_card_ops ops = { .received = on_frame, .link = on_link };
	static struct net_card card;
	bool down = false;

	card = (struct net_card){ .wish.queues = 1 };
	if (net_card_open(&card, 0, &ops, &down) == 0) {
		/* One that goes before it was ever up says nothing. */
		while (!is_true(&down) && is_there("vif"))
			kit_loop_until(is_true, &down, kit_time() + STEP);
		net_card_close(&card);
	}
	gone_wait("vif");
}

int main(int argc, char *argv[])
{
	(void)argc;
	(void)argv;
	kit_printf("ready\n");
	for (;;) {
		if (is_there("vbd"))
			disk_use();
		if (is_there("vif"))
			card_use();
		kit_loop_once(kit_time() + STEP);
	}
}
