/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/live.c
 *
 * See live.h.  Devices may have come and gone since a guest was made, so they are asked of the store and not of the description.
 */
#include "domain/live.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/adjust.h"
#include "domain/codes.h"
#include "domain/definition.h"
#include "domain/devices.h"
#include "domain/presence.h"
#include "domain/watch.h"

static int disk_add(const struct device_view *v, void *arg)
{
	struct domain_config *cfg = arg;
	struct domain_disk *d = &cfg->disk[cfg->nr_disks];

	if (cfg->nr_disks == DOMAIN_DISKS_MAX)
		return -1;
	*d = (struct domain_disk){ .index = v->ref.devid >> 4 & 15, .kernel = v->ref.kernel, .want = v->disk };
	snprintf(d->target, sizeof(d->target), "%.7s", v->dev);
	cfg->nr_disks++;
	return 0;
}

static int card_add(const struct device_view *v, void *arg)
{
	struct domain_config *cfg = arg;

	if (cfg->nr_cards == DOMAIN_CARDS_MAX)
		return -1;
	cfg->card[cfg->nr_cards++] = (struct domain_card){ .index = v->ref.devid, .kernel = v->ref.kernel, .has_mac = true,
							   .want = v->card };
	return 0;
}

/* How much memory and how many vCPUs it was asked to have since. */
static void asked_read(struct domain_ctx *ctx, uint16_t domid, struct domain_config *cfg)
{
	char path[64], *word;
	uint64_t kib;

	snprintf(path, sizeof(path), "/local/domain/%u/memory/target", domid);
	if (socle_store_read_u64(ctx->store, 0, path, &kib) == 0)
		cfg->start_kib = kib;
	cfg->vcpus_online = 0;
	for (unsigned int i = 0; i < cfg->vcpus; i++) {
		snprintf(path, sizeof(path), "/local/domain/%u/cpu/%u/availability", domid, i);
		word = socle_store_read(ctx->store, 0, path, NULL);
		cfg->vcpus_online += word && strcmp(word, "online") == 0;
		free(word);
	}
}

struct domain_config *live_description(struct domain_ctx *ctx, const char *name, uint16_t *domid, struct socle_error *e)
{
	struct domain_config *cfg;

	if (presence_look(ctx, name, domid) != PRESENCE_RUNNING) {
		*domid = 0;
		return definition_load(name, e);
	}
	cfg = watch_description(*domid, e);
	if (!cfg)
		return NULL;
	cfg->nr_disks = cfg->nr_cards = 0;
	asked_read(ctx, *domid, cfg);
	if (devices_each(ctx, DEVICE_DISK, *domid, disk_add, cfg) || devices_each(ctx, DEVICE_CARD, *domid, card_add, cfg)) {
		socle_fail_id(e, DOMAIN_E_CONFIG, "too-many-devices", "it has more devices than a description can have");
		domain_config_free(cfg);
		return NULL;
	}
	return cfg;
}

int live_settle(struct domain_config *to, const struct domain_config *now, struct socle_error *e)
{
	if (!to->has_uuid)
		memcpy(to->uuid, now->uuid, sizeof(to->uuid));
	for (unsigned int i = 0; i < to->nr_cards; i++)
		if (!to->card[i].has_mac && i < now->nr_cards && now->card[i].has_mac) {
			memcpy(to->card[i].want.mac, now->card[i].want.mac, 6);
			to->card[i].has_mac = true;
		}
	if (cards_settle(to, e))
		return -1;
	for (unsigned int i = 0; i < to->nr_cards; i++)
		to->card[i].network[0] = '\0';
	for (unsigned int i = 0; i < to->nr_disks; i++) {
		struct vbd_config *c = &to->disk[i].want;
		char *real = c->kind == VBD_NBD ? NULL : realpath(c->path, NULL);

		/* One that is missing is told by whoever opens it. */
		if (real && strlen(real) < sizeof(c->path))
			strcpy(c->path, real);
		free(real);
	}
	return 0;
}

static int limit_change(struct domain_ctx *ctx, uint16_t domid, enum device_class cls, uint32_t devid,
			const struct ctl_bucket *limit, struct socle_error *e)
{
	struct device_view v;

	return device_find(ctx, domid, cls, devid, &v, e) || device_limit(ctx, &v, limit, (1u << CTL_LIMIT_COUNT) - 1, e);
}

/* A number that no card of the guest has. */
static unsigned int card_number(const struct domain_config *now, unsigned int wish)
{
	for (unsigned int i = 0; i < now->nr_cards; i++)
		if (now->card[i].index == wish)
			return card_number(now, wish + 1);
	return wish;
}

int live_change(struct domain_ctx *ctx, uint16_t domid, const struct domain_config *now, const struct domain_config *to,
		const struct change *c, unsigned int ms, struct socle_error *e)
{
	struct device_ref ref = { .cls = DEVICE_DISK };
	struct domain_card card;

	switch (c->act) {
	case CHANGE_BY_DISK_ATTACH:
		return disk_attach(ctx, domid, &to->disk[c->new], e);
	case CHANGE_BY_DISK_DETACH:
		ref.devid = domain_disk_devid(&now->disk[c->old]);
		ref.kernel = now->disk[c->old].kernel;
		return device_detach(ctx, domid, &ref, false, ms, e);
	case CHANGE_BY_DISK_LIMIT:
		return limit_change(ctx, domid, DEVICE_DISK, domain_disk_devid(&now->disk[c->old]), to->disk[c->new].want.limit, e);
	case CHANGE_BY_CARD_ATTACH:
		card = to->card[c->new];
		card.index = card_number(now, card.index);
		return card_attach(ctx, domid, &card, e);
	case CHANGE_BY_CARD_DETACH:
		ref = (struct device_ref){ .cls = DEVICE_CARD, .devid = now->card[c->old].index, .kernel = now->card[c->old].kernel };
		return device_detach(ctx, domid, &ref, false, ms, e);
	case CHANGE_BY_CARD_LIMIT:
		return limit_change(ctx, domid, DEVICE_CARD, now->card[c->old].index, to->card[c->new].want.limit, e);
	case CHANGE_BY_MEMORY:
		return memory_set(ctx, domid, to->start_kib, false, e);
	case CHANGE_BY_VCPUS:
		return vcpus_set(ctx, domid, to->vcpus, e);
	case CHANGE_BY_NOTHING:
		break;
	}
	return 0;
}
