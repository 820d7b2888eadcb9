/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/change.c
 *
 * See change.h.  Disks are the same when their targets are, cards when their addresses are.
 */
#include "domain/change.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <uuid/uuid.h>

#include "domain/adjust.h"

#include "domain/adjust.h"

const char *change_kind_word(enum change_kind k)
{
	static const char *const words[] = { "live", "restart", "refused" };

	return words[k];
}

struct list {
	struct change *out;
	unsigned int nr;
};

/* The next, with its texts empty. */
__attribute__((format(printf, 4, 5)))
static struct change *add(struct list *l, enum change_kind kind, const char *why, const char *fmt, ...)
{
	struct change *c = &l->out[l->nr++];
	va_list ap;

	*c = (struct change){ .kind = kind, .why = why, .from = "-", .to = "-" };
	va_start(ap, fmt);
	vsnprintf(c->what, sizeof(c->what), fmt, ap);
	va_end(ap);
	return c;
}

__attribute__((format(printf, 2, 3)))
static void text(char out[CHANGE_TEXT_MAX], const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(out, CHANGE_TEXT_MAX, fmt, ap);
	va_end(ap);
}

/* --- what a guest is made of at its start ------------------------------------------------------ */

static const char at_start[] = "it is made with this at its start";

static void text_compare(struct list *l, const char *what, const char *from, const char *to)
{
	struct change *c;

	if (!from || !*from)
		from = "-";
	if (!to || !*to)
		to = "-";
	if (strcmp(from, to) == 0)
		return;
	c = add(l, CHANGE_RESTART, at_start, "%s", what);
	text(c->from, "%s", from);
	text(c->to, "%s", to);
}

static void number_compare(struct list *l, const char *what, const char *unit, uint64_t from, uint64_t to)
{
	struct change *c;

	if (from == to)
		return;
	c = add(l, CHANGE_RESTART, at_start, "%s", what);
	text(c->from, "%" PRIu64 "%s", from, unit);
	text(c->to, "%" PRIu64 "%s", to, unit);
}

/* What the guest has now, and was made for. */
static void memory_compare(struct list *l, const struct domain_config *from, const struct domain_config *to)
{
	bool beyond = to->start_kib > from->max_kib, starves = to->start_kib < memory_floor(from->max_kib);
	struct change *c;

	number_compare(l, "memory", " KiB", from->max_kib, to->max_kib);
	if (from->start_kib == to->start_kib)
		return;
	c = add(l, beyond || starves ? CHANGE_RESTART : CHANGE_LIVE, beyond ? "it was made for less" :
		starves ? "it would starve; 'socle mem-set --force' does it" : NULL, "currentMemory");
	c->act = CHANGE_BY_MEMORY;
	text(c->from, "%" PRIu64 " KiB", from->start_kib);
	text(c->to, "%" PRIu64 " KiB", to->start_kib);
}

/* Fewer vCPUs than it was made with can be online; more cannot be. */
static void vcpus_compare(struct list *l, const struct domain_config *from, const struct domain_config *to)
{
	unsigned int online = from->vcpus_online ? from->vcpus_online : from->vcpus;
	bool beyond = to->vcpus > from->vcpus;
	struct change *c;

	if (to->vcpus == (beyond ? from->vcpus : online))
		return;
	c = add(l, beyond ? CHANGE_RESTART : CHANGE_LIVE, beyond ? "it was made with fewer" : NULL, "vcpu");
	c->act = CHANGE_BY_VCPUS;
	text(c->from, "%u", beyond ? from->vcpus : online);
	text(c->to, "%u", to->vcpus);
}

static void action_compare(struct list *l, const char *what, enum domain_action from, enum domain_action to)
{
	if (from != to)
		text_compare(l, what, domain_action_name(from), domain_action_name(to));
}

static void identity_compare(struct list *l, const struct domain_config *from, const struct domain_config *to)
{
	struct change *c;

	if (strcmp(from->name, to->name) != 0) {
		c = add(l, CHANGE_REFUSED, "'socle rename' gives a definition another name", "name");
		text(c->from, "%s", from->name);
		text(c->to, "%s", to->name);
	}
	if (to->has_uuid && from->has_uuid && memcmp(from->uuid, to->uuid, 16) != 0) {
		c = add(l, CHANGE_REFUSED, "with another UUID it is another guest", "uuid");
		uuid_unparse_lower(from->uuid, c->from);
		uuid_unparse_lower(to->uuid, c->to);
	}
}

/* --- limits ------------------------------------------------------------------------------------ */

static bool limits_differ(const struct ctl_bucket *a, const struct ctl_bucket *b)
{
	for (unsigned int i = 0; i < CTL_LIMIT_COUNT; i++)
		if (a[i].rate != b[i].rate || a[i].burst != b[i].burst)
			return true;
	return false;
}

/* "1000:5000,0,..." as they stand in the table of limits. */
static void limits_text(const struct ctl_bucket *b, char out[CHANGE_TEXT_MAX])
{
	size_t n = 0;

	*out = '\0';
	for (unsigned int i = 0; i < CTL_LIMIT_COUNT; i++)
		n += (size_t)snprintf(out + n, CHANGE_TEXT_MAX - n, b[i].burst ? "%s%" PRIu64 ":%" PRIu64 : "%s%" PRIu64, i ? "," : "",
				      b[i].rate, b[i].burst);
}

static void limits_compare(struct list *l, const char *name, enum change_act act, bool kernel,
			   const struct ctl_bucket *from, const struct ctl_bucket *to, unsigned int old, unsigned int new)
{
	struct change *c;

	if (!limits_differ(from, to))
		return;
	c = add(l, kernel ? CHANGE_RESTART : CHANGE_LIVE, kernel ? "the kernel's backend takes limits at its start" : NULL,
		"%s limits", name);
	c->act = act;
	c->old = old;
	c->new = new;
	limits_text(from, c->from);
	limits_text(to, c->to);
}

/* --- disks ------------------------------------------------------------------------------------- */

static void disk_text(const struct domain_disk *d, char out[CHANGE_TEXT_MAX])
{
	static const char *const kinds[] = { [VBD_FILE] = "file", [VBD_BLOCK] = "block", [VBD_NBD] = "nbd" };
	const struct vbd_config *c = &d->want;

	if (c->kind == VBD_NBD && c->host[0])
		text(out, "nbd %s:%u/%s", c->host, c->port, c->nbd_export);
	else if (c->kind == VBD_NBD)
		text(out, "nbd %s/%s", c->path, c->nbd_export);
	else
		text(out, "%s %s", kinds[c->kind], c->path);
	snprintf(out + strlen(out), CHANGE_TEXT_MAX - strlen(out), "%s%s%s", c->readonly ? ", read-only" : "",
		 c->discard ? "" : ", no discard", d->kernel ? ", by the kernel" : "");
	if (c->sector_size || c->physical_sector_size)
		snprintf(out + strlen(out), CHANGE_TEXT_MAX - strlen(out), ", sectors %u/%u", c->sector_size, c->physical_sector_size);
}

static const struct domain_disk *disk_find(const struct domain_config *cfg, const char *target)
{
	for (unsigned int i = 0; i < cfg->nr_disks; i++)
		if (strcmp(cfg->disk[i].target, target) == 0)
			return &cfg->disk[i];
	return NULL;
}

static void disk_compare(struct list *l, const struct domain_config *from, const struct domain_config *to,
			 const struct domain_disk *a, const struct domain_disk *b)
{
	const char *target = a ? a->target : b->target;
	char name[16], before[CHANGE_TEXT_MAX] = "-", after[CHANGE_TEXT_MAX] = "-";
	unsigned int old = a ? (unsigned int)(a - from->disk) : 0, new = b ? (unsigned int)(b - to->disk) : 0;

	snprintf(name, sizeof(name), "disk %s", target);
	if (a)
		disk_text(a, before);
	if (b)
		disk_text(b, after);
	if (strcmp(before, after) != 0) {
		bool both = a && b;
		struct change *c = add(l, both ? CHANGE_RESTART : CHANGE_LIVE, both ? "the guest has the disk in use as it is" : NULL,
				       "%s", name);

		c->act = both ? CHANGE_BY_NOTHING : a ? CHANGE_BY_DISK_DETACH : CHANGE_BY_DISK_ATTACH;
		c->old = old;
		c->new = new;
		text(c->from, "%s", before);
		text(c->to, "%s", after);
	}
	if (a && b)
		limits_compare(l, name, CHANGE_BY_DISK_LIMIT, a->kernel, a->want.limit, b->want.limit, old, new);
}

static void disks_compare(struct list *l, const struct domain_config *from, const struct domain_config *to)
{
	for (unsigned int i = 0; i < from->nr_disks; i++)
		disk_compare(l, from, to, &from->disk[i], disk_find(to, from->disk[i].target));
	for (unsigned int i = 0; i < to->nr_disks; i++)
		if (!disk_find(from, to->disk[i].target))
			disk_compare(l, from, to, NULL, &to->disk[i]);
}

/* --- cards ------------------------------------------------------------------------------------- */

/* Its address; one that is not given is that of the card in its place before, or follows from the UUID. */
static void mac_of(const struct domain_config *cfg, unsigned int i, const struct domain_config *before, uint8_t mac[6])
{
	if (cfg->card[i].has_mac)
		memcpy(mac, cfg->card[i].want.mac, 6);
	else if (before && i < before->nr_cards)
		mac_of(before, i, NULL, mac);
	else
		vif_mac_make(before ? before->uuid : cfg->uuid, i, mac);
}

static void card_text(const struct domain_card *d, const uint8_t mac[6], char out[CHANGE_TEXT_MAX])
{
	const struct vif_config *c = &d->want;
	char address[18];

	vif_mac_print(mac, address);
	if (d->network[0])
		text(out, "network %s", d->network);
	else if (c->kind == VIF_ETHERNET)
		text(out, "ethernet");
	else
		text(out, "%s %s", c->kind == VIF_BRIDGE ? "bridge" : "network's bridge", c->bridge);
	snprintf(out + strlen(out), CHANGE_TEXT_MAX - strlen(out), ", %s, MTU %u, %u queues, VLAN %u%s%s%s%s%s", address, c->mtu,
		 c->queues, c->vlan, c->ifname[0] ? ", " : "", c->ifname, c->isolated ? ", isolated" : "",
		 c->filter_mac ? "" : ", no filter", d->kernel ? ", by the kernel" : "");
	for (unsigned int i = 0; c->filter_ip && i < c->nr_ip4; i++)
		snprintf(out + strlen(out), CHANGE_TEXT_MAX - strlen(out), ", %08" PRIx32, c->ip4[i]);
	for (unsigned int i = 0; c->filter_ip && i < c->nr_ip6; i++) {
		snprintf(out + strlen(out), CHANGE_TEXT_MAX - strlen(out), ", ");
		for (unsigned int k = 0; k < 16; k++)
			snprintf(out + strlen(out), CHANGE_TEXT_MAX - strlen(out), "%02x", c->ip6[i][k]);
	}
}

/* The card of this address: its place, or nr_cards. */
static unsigned int card_find(const struct domain_config *cfg, const struct domain_config *before, const uint8_t mac[6])
{
	uint8_t other[6];

	for (unsigned int i = 0; i < cfg->nr_cards; i++) {
		mac_of(cfg, i, before, other);
		if (memcmp(mac, other, 6) == 0)
			return i;
	}
	return cfg->nr_cards;
}

static void card_compare(struct list *l, const struct domain_config *from, const struct domain_config *to, unsigned int old,
			 unsigned int new)
{
	bool a = old < from->nr_cards, b = new < to->nr_cards;
	char name[24], before[CHANGE_TEXT_MAX] = "-", after[CHANGE_TEXT_MAX] = "-";
	uint8_t mac[6];

	if (a) {
		mac_of(from, old, NULL, mac);
		card_text(&from->card[old], mac, before);
	}
	if (b) {
		mac_of(to, new, from, mac);
		card_text(&to->card[new], mac, after);
	}
	snprintf(name, sizeof(name), "interface %u", a ? from->card[old].index : to->card[new].index);
	if (strcmp(before, after) != 0) {
		struct change *c = add(l, a && b ? CHANGE_RESTART : CHANGE_LIVE, a && b ? "the guest has the card in use as it is" : NULL,
				       "%s", name);

		c->act = a && b ? CHANGE_BY_NOTHING : a ? CHANGE_BY_CARD_DETACH : CHANGE_BY_CARD_ATTACH;
		c->old = old;
		c->new = new;
		text(c->from, "%s", before);
		text(c->to, "%s", after);
	}
	if (a && b)
		limits_compare(l, name, CHANGE_BY_CARD_LIMIT, from->card[old].kernel, from->card[old].want.limit,
			       to->card[new].want.limit, old, new);
}

static void cards_compare(struct list *l, const struct domain_config *from, const struct domain_config *to)
{
	uint8_t mac[6];

	for (unsigned int i = 0; i < from->nr_cards; i++) {
		mac_of(from, i, NULL, mac);
		card_compare(l, from, to, i, card_find(to, from, mac));
	}
	for (unsigned int i = 0; i < to->nr_cards; i++) {
		mac_of(to, i, from, mac);
		if (card_find(from, NULL, mac) == from->nr_cards)
			card_compare(l, from, to, from->nr_cards, i);
	}
}

unsigned int change_list(const struct domain_config *from, const struct domain_config *to, struct change *out)
{
	struct list l = { .out = out };

	identity_compare(&l, from, to);
	memory_compare(&l, from, to);
	vcpus_compare(&l, from, to);
	text_compare(&l, "kernel", from->kernel, to->kernel);
	text_compare(&l, "initrd", from->initrd, to->initrd);
	text_compare(&l, "cmdline", from->cmdline, to->cmdline);
	action_compare(&l, "on_poweroff", from->on_poweroff, to->on_poweroff);
	action_compare(&l, "on_reboot", from->on_reboot, to->on_reboot);
	action_compare(&l, "on_crash", from->on_crash, to->on_crash);
	text_compare(&l, "console", from->console ? "pty" : NULL, to->console ? "pty" : NULL);
	disks_compare(&l, from, to);
	cards_compare(&l, from, to);
	return l.nr;
}
