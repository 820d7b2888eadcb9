/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rounds GUEST IMAGE BRIDGE COUNT: as often as that, a running guest is given a disk and a card, and they are taken away again.
 *
 * Each round is what four commands of socle do, by the same functions, without starting a program for each: so a thousand rounds
 * take minutes. In every other one the devices are taken away only when the guest has connected them; in the others it may be
 * anywhere between the first look at them and the last. Ends at the first failure.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <abi/io/xenbus.h>

#include "domain/config.h"
#include "domain/context.h"
#include "domain/devices.h"
#include "domain/names.h"

#define PATIENCE_MS 60000u

static int round_run(struct domain_ctx *ctx, uint16_t domid, const struct domain_disk *disk, const struct domain_card *card,
		     bool in_step, struct socle_error *e)
{
	struct device_ref refs[] = { { .cls = DEVICE_DISK, .devid = domain_disk_devid(disk) },
				     { .cls = DEVICE_CARD, .devid = card->index } };

	if (disk_attach(ctx, domid, disk, e) || card_attach(ctx, domid, card, e))
		return -1;
	/* The guest uses one device after the other: the card when the disk has gone. */
	for (unsigned int i = 0; i < 2; i++)
		if ((in_step && device_wait(ctx, domid, &refs[i], XenbusStateConnected, PATIENCE_MS, e)) ||
		    device_detach(ctx, domid, &refs[i], false, PATIENCE_MS, e))
			return -1;
	return 0;
}

int main(int argc, char **argv)
{
	struct domain_disk disk = { .index = 1, .target = "xvdb", .want = { .kind = VBD_FILE, .discard = true } };
	struct domain_card card = { .has_mac = true, .want = { .kind = VIF_BRIDGE, .mtu = 1500, .queues = 1, .filter_mac = true,
							       .mac = { 0, 0x16, 0x3e, 0x10, 0, 0x77 } } };
	struct domain_ctx ctx = { .hv = NULL };
	struct socle_error e = { 0 };
	uint64_t begin = clock_ns();
	unsigned int count;
	uint16_t domid;

	if (argc != 5 || strlen(argv[2]) >= sizeof(disk.want.path) || strlen(argv[3]) >= sizeof(card.want.bridge)) {
		fprintf(stderr, "usage: rounds GUEST IMAGE BRIDGE COUNT\n");
		return 2;
	}
	strcpy(disk.want.path, argv[2]);
	strcpy(card.want.bridge, argv[3]);
	count = (unsigned int)strtoul(argv[4], NULL, 10);
	if (domain_ctx_open(&ctx, &e) || names_find(&ctx, argv[1], &domid, &e)) {
		fprintf(stderr, "rounds: %s\n", e.text);
		return 1;
	}
	for (unsigned int i = 0; i < count; i++) {
		if (round_run(&ctx, domid, &disk, &card, i % 2 == 0, &e)) {
			fprintf(stderr, "round %u: %s\n", i, e.text);
			return 1;
		}
		if (i % 100 == 99)
			printf("%u rounds in %u s\n", i + 1, (unsigned int)((clock_ns() - begin) / 1000000000u));
		fflush(stdout);
	}
	domain_ctx_close(&ctx);
	return 0;
}
