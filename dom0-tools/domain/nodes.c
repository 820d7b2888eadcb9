/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/nodes.c
 *
 * A guest's nodes in the store.  They are written from tables: a path relative to the guest's
 * directory, who may do what, and a value.  Permissions name the owner first with what everybody
 * else may do (see PERM_*): nodes that the guest must write belong to it, all others to domain 0.
 * A new node takes over its parent's permissions, so they are set only where they differ from those
 * of the group's base.  Each group is one transaction, repeated when another writer got in between;
 * a failure leaves nothing of its group behind.
 */
#include "domain/nodes.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <uuid/uuid.h>

#include <abi/io/xenbus.h>
#include <abi/xen.h>

#include "domain/codes.h"
#include "domain/devices.h"

#define BASE_MAX  128
#define TRIES_MAX 64

enum perm {
	PERM_READ,       /* domain 0 owns it, the guest reads */
	PERM_GUEST,      /* the guest owns it */
	PERM_GUEST_READ, /* the guest owns it, domain 0 is named as a reader */
	PERM_PRIVATE,    /* domain 0 alone */
};

/* One group of writes: the first error sticks, later calls do nothing. */
struct group {
	struct socle_store *st;
	uint32_t tx;
	uint16_t domid;
	int err;
	unsigned int *count; /* nothing is written, only counted */
	enum perm inherited; /* that of the base, once it is written */
	char base[BASE_MAX];
};

static void put_perm(struct group *g, const char *path, const char *key, enum perm perm)
{
	char mine[8], theirs[8];
	const char *list[2] = { "n0", theirs };
	unsigned int n = 2;

	if (*key && perm == g->inherited)
		return;
	if (!*key)
		g->inherited = perm;
	snprintf(theirs, sizeof(theirs), "r%u", g->domid);
	snprintf(mine, sizeof(mine), "n%u", g->domid);
	if (perm == PERM_GUEST || perm == PERM_GUEST_READ) {
		list[0] = mine;
		list[1] = "r0";
	}
	if (perm == PERM_GUEST || perm == PERM_PRIVATE)
		n = 1;
	g->err = socle_store_set_perms(g->st, g->tx, path, list, n);
}

static bool is_counted(struct group *g)
{
	if (g->count)
		++*g->count;
	return g->count != NULL;
}

__attribute__((format(printf, 4, 5)))
static void put(struct group *g, const char *key, enum perm perm, const char *fmt, ...)
{
	char path[BASE_MAX + 64], value[512];
	va_list ap;
	int n;

	if (g->err || is_counted(g))
		return;
	va_start(ap, fmt);
	n = vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	snprintf(path, sizeof(path), "%s%s%s", g->base, *key ? "/" : "", key);
	if (n < 0 || (size_t)n >= sizeof(value))
		g->err = -E2BIG;
	else
		g->err = socle_store_write_raw(g->st, g->tx, path, value, (size_t)n);
	if (!g->err)
		put_perm(g, path, key, perm);
}

/* A value of any length, such as a path. */
static void put_text(struct group *g, const char *key, enum perm perm, const char *text)
{
	char path[BASE_MAX + 64];

	if (g->err || is_counted(g))
		return;
	snprintf(path, sizeof(path), "%s/%s", g->base, key);
	g->err = socle_store_write_raw(g->st, g->tx, path, text, strlen(text));
	if (!g->err)
		put_perm(g, path, key, perm);
}

__attribute__((format(printf, 2, 3)))
static void base_set(struct group *g, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(g->base, sizeof(g->base), fmt, ap);
	va_end(ap);
}

/* Run write() inside a transaction until it commits. */
static int group_run(struct domain_ctx *ctx, uint16_t domid,
		     void (*write)(struct group *g, const void *arg), const void *arg,
		     struct socle_error *e)
{
	struct group g = { .st = ctx->store, .domid = domid };
	int r = -EAGAIN;

	for (unsigned int i = 0; r == -EAGAIN && i < TRIES_MAX; i++) {
		r = socle_store_tx_start(g.st, &g.tx);
		if (r)
			break;
		g.err = 0;
		write(&g, arg);
		r = socle_store_tx_end(g.st, g.tx, g.err != 0);
		if (g.err && g.err != -EAGAIN)
			r = g.err;
	}
	if (r < 0)
		return socle_fail_id(e, -r, "store-refused", "cannot change the guest's nodes in the store: %s",
				  strerror(-r));
	return 0;
}

static void write_control(struct group *g)
{
	static const char *const guest_owned[] = {
		"control/shutdown", "control/sysrq", "control/feature-poweroff",
		"control/feature-reboot", "control/feature-suspend", "data", "drivers", "feature",
		"attr", "error", "device/suspend/event-channel",
	};

	put(g, "control", PERM_READ, "%s", "");
	put(g, "device", PERM_READ, "%s", "");
	put(g, "device/suspend", PERM_READ, "%s", "");
	for (size_t i = 0; i < sizeof(guest_owned) / sizeof(guest_owned[0]); i++)
		put(g, guest_owned[i], PERM_GUEST, "%s", "");
	put(g, "control/platform-feature-multiprocessor-suspend", PERM_READ, "1");
	put(g, "control/platform-feature-xs_reset_watches", PERM_READ, "1");
}

static void write_domain(struct group *g, const void *arg)
{
	const struct domain_config *cfg = arg;
	char uuid[37], key[40];

	uuid_unparse_lower(cfg->uuid, uuid);
	base_set(g, "/local/domain/%u", g->domid);
	put(g, "", PERM_READ, "%s", "");
	put(g, "vm", PERM_READ, "/vm/%s", uuid);
	put(g, "name", PERM_READ, "%s", cfg->name);
	put(g, "domid", PERM_READ, "%u", g->domid);
	put(g, "cpu", PERM_READ, "%s", "");
	for (unsigned int i = 0; i < cfg->vcpus; i++) {
		snprintf(key, sizeof(key), "cpu/%u", i);
		put(g, key, PERM_READ, "%s", "");
		snprintf(key, sizeof(key), "cpu/%u/availability", i);
		put(g, key, PERM_READ, "online");
	}
	put(g, "memory", PERM_READ, "%s", "");
	put(g, "memory/static-max", PERM_READ, "%" PRIu64, cfg->max_kib);
	put(g, "memory/target", PERM_READ, "%" PRIu64, cfg->start_kib);
	write_control(g);

	base_set(g, "/vm/%s", uuid);
	put(g, "", PERM_PRIVATE, "%s", "");
	put(g, "name", PERM_PRIVATE, "%s", cfg->name);
	put(g, "uuid", PERM_PRIVATE, "%s", uuid);
	put(g, "start_time", PERM_PRIVATE, "%lld", (long long)time(NULL));
	put(g, "on_poweroff", PERM_PRIVATE, "%s", domain_action_name(cfg->on_poweroff));
	put(g, "on_reboot", PERM_PRIVATE, "%s", domain_action_name(cfg->on_reboot));
	put(g, "on_crash", PERM_PRIVATE, "%s", domain_action_name(cfg->on_crash));
	put_text(g, "config", PERM_PRIVATE, cfg->file);
}

int nodes_create(struct domain_ctx *ctx, uint16_t domid, const struct domain_config *cfg,
		 struct socle_error *e)
{
	return group_run(ctx, domid, write_domain, cfg, e);
}

static void write_console_backend(struct group *g)
{
	base_set(g, "/local/domain/0/backend/console/%u", g->domid);
	put(g, "", PERM_READ, "%s", "");
	base_set(g, "/local/domain/0/backend/console/%u/0", g->domid);
	put(g, "", PERM_READ, "%s", "");
	put(g, "frontend", PERM_READ, "/local/domain/%u/console", g->domid);
	put(g, "frontend-id", PERM_READ, "%u", g->domid);
	put(g, "online", PERM_READ, "1");
	put(g, "state", PERM_READ, "%d", XenbusStateInitialising);
	put(g, "protocol", PERM_READ, "vt100");
}

static void write_rings(struct group *g, const void *arg)
{
	const struct build_result *built = arg;

	base_set(g, "/local/domain/%u", g->domid);
	g->inherited = PERM_READ;
	put(g, "store", PERM_READ, "%s", "");
	put(g, "store/ring-ref", PERM_READ, "%" PRIu64, built->store_mfn);
	put(g, "store/port", PERM_READ, "%" PRIu32, built->store_port);
	if (!built->console_mfn)
		return;
	put(g, "console", PERM_READ, "%s", "");
	put(g, "console/backend", PERM_READ, "/local/domain/0/backend/console/%u/0", g->domid);
	put(g, "console/backend-id", PERM_READ, "0");
	put(g, "console/limit", PERM_READ, "1048576");
	put(g, "console/type", PERM_READ, "xenconsoled");
	put(g, "console/output", PERM_READ, "pty");
	put(g, "console/tty", PERM_READ, "%s", "");
	put(g, "console/ring-ref", PERM_READ, "%" PRIu64, built->console_mfn);
	put(g, "console/port", PERM_READ, "%" PRIu32, built->console_port);
	write_console_backend(g);
}

int nodes_introduce(struct domain_ctx *ctx, uint16_t domid, const struct domain_config *cfg,
		    const struct build_result *built, struct socle_error *e)
{
	int r;

	(void)cfg;
	if (group_run(ctx, domid, write_rings, built, e))
		return -1;
	r = socle_store_introduce(ctx->store, domid, built->store_mfn, built->store_port);
	if (r < 0)
		return socle_fail_id(e, -r, "store-refused", "the store daemon did not accept the guest: %s",
				  strerror(-r));
	return 0;
}

struct disk_nodes {
	const struct domain_disk *disk;
	const char *physical;
	bool exists;
};

static const char *back_type(enum device_class cls, bool kernel)
{
	return kernel ? device_front_type(cls) : device_back_type(cls);
}

/* Is there such a device already?  The backends' ends tell: the other one is the guest's, who may have removed it. */
static bool is_taken(struct group *g, enum device_class cls, uint32_t devid)
{
	bool taken = false;

	if (g->count)
		return false;
	for (unsigned int kernel = 0; kernel < 2; kernel++) {
		char path[BASE_MAX + 64], *there;

		snprintf(path, sizeof(path), "/local/domain/0/backend/%s/%u/%u/frontend", back_type(cls, kernel), g->domid, devid);
		there = socle_store_read(g->st, g->tx, path, NULL);
		taken |= there != NULL;
		free(there);
	}
	return taken;
}

/* The folders of the backend's end, and what is the same for all devices. */
static void write_back(struct group *g, enum device_class cls, uint32_t devid, bool kernel)
{
	base_set(g, "/local/domain/0/backend/%s/%u", back_type(cls, kernel), g->domid);
	put(g, "", PERM_READ, "%s", "");
	base_set(g, "/local/domain/0/backend/%s/%u/%u", back_type(cls, kernel), g->domid, devid);
	put(g, "", PERM_READ, "%s", "");
	put(g, "frontend", PERM_READ, "/local/domain/%u/device/%s/%u", g->domid, device_front_type(cls), devid);
	put(g, "frontend-id", PERM_READ, "%u", g->domid);
	put(g, "online", PERM_READ, "1");
	put(g, "driver", PERM_READ, kernel ? "kernel" : "socle");
	put(g, "state", PERM_READ, "%d", XenbusStateInitialising);
}

static void write_front(struct group *g, enum device_class cls, uint32_t devid, bool kernel)
{
	base_set(g, "/local/domain/%u/device", g->domid);
	g->inherited = PERM_READ;
	put(g, device_front_type(cls), PERM_READ, "%s", "");
	base_set(g, "/local/domain/%u/device/%s/%u", g->domid, device_front_type(cls), devid);
	put(g, "", PERM_GUEST_READ, "%s", "");
	put(g, "backend", PERM_GUEST_READ, "/local/domain/0/backend/%s/%u/%u", back_type(cls, kernel), g->domid, devid);
	put(g, "backend-id", PERM_GUEST_READ, "0");
	put(g, "state", PERM_GUEST_READ, "%d", XenbusStateInitialising);
}

/* What only the tools and the supervisor read: paths of this host, and limits. */
static void write_config(struct group *g, const char *base)
{
	base_set(g, "%s/config", base);
	put(g, "", PERM_PRIVATE, "%s", "");
	base_set(g, "%s", base);
	g->inherited = PERM_PRIVATE;
}

static void write_disk(struct group *g, const void *arg)
{
	const struct disk_nodes *d = arg;
	const struct vbd_config *c = &d->disk->want;
	unsigned int devid = domain_disk_devid(d->disk);
	char key[KEY_MAX], value[VBD_PATH_MAX], base[BASE_MAX];

	if (is_taken(g, DEVICE_DISK, devid)) {
		g->err = -EEXIST;
		return;
	}
	write_back(g, DEVICE_DISK, devid, d->disk->kernel);
	put(g, "type", PERM_READ, c->kind == VBD_BLOCK || d->disk->kernel ? "phy" : "file");
	put(g, "mode", PERM_READ, c->readonly ? "r" : "w");
	put(g, "dev", PERM_READ, "%s", d->disk->target);
	put(g, "device-type", PERM_READ, "disk");
	put(g, "removable", PERM_READ, "0");
	put(g, "bootable", PERM_READ, d->disk->index == 0 ? "1" : "0");
	if (d->physical)
		put(g, "physical-device", PERM_READ, "%s", d->physical);
	if (d->physical && !c->discard)
		put(g, "discard-enable", PERM_READ, "0");
	memcpy(base, g->base, sizeof(base));
	write_config(g, base);
	for (unsigned int i = 0; vbd_config_key(c, i, key, value); i++)
		put_text(g, key, PERM_PRIVATE, value);

	write_front(g, DEVICE_DISK, devid, d->disk->kernel);
	put(g, "virtual-device", PERM_GUEST_READ, "%u", devid);
	put(g, "device-type", PERM_GUEST_READ, "disk");
}

static int device_add(struct domain_ctx *ctx, uint16_t domid, void (*write)(struct group *g, const void *arg),
		      const void *arg, struct socle_error *e)
{
	if (group_run(ctx, domid, write, arg, e) == 0)
		return 0;
	if (e->code == EEXIST)
		return socle_fail_id(e, DOMAIN_E_EXISTS, "device-taken", "the guest has one of that name already");
	return -1;
}

int nodes_add_disk(struct domain_ctx *ctx, uint16_t domid, const struct domain_disk *disk, const char *physical,
		   struct socle_error *e)
{
	struct disk_nodes d = { .disk = disk, .physical = physical };

	return device_add(ctx, domid, write_disk, &d, e);
}

static void write_card(struct group *g, const void *arg)
{
	const struct domain_card *card = arg;
	char key[KEY_MAX], value[VIF_VALUE_MAX], base[BASE_MAX], mac[18];

	if (is_taken(g, DEVICE_CARD, card->index)) {
		g->err = -EEXIST;
		return;
	}
	vif_mac_print(card->want.mac, mac);
	write_back(g, DEVICE_CARD, card->index, card->kernel);
	put(g, "handle", PERM_READ, "%u", card->index);
	put(g, "mac", PERM_READ, "%s", mac);
	put(g, "mtu", PERM_READ, "%u", card->want.mtu);
	put(g, "type", PERM_READ, "vif");
	if (card->kernel) {
		put(g, "script", PERM_READ, "none"); /* it must have one, which nobody runs */
		if (card->want.limit[CTL_LIMIT_TX_BYTES].rate) /* bytes in so many microseconds */
			put(g, "rate", PERM_READ, "%" PRIu64 ",50000", card->want.limit[CTL_LIMIT_TX_BYTES].rate / 20);
	}
	memcpy(base, g->base, sizeof(base));
	write_config(g, base);
	for (unsigned int i = 0; vif_config_key(&card->want, i, key, value); i++)
		put_text(g, key, PERM_PRIVATE, value);

	write_front(g, DEVICE_CARD, card->index, card->kernel);
	put(g, "handle", PERM_GUEST_READ, "%u", card->index);
	put(g, "mac", PERM_GUEST_READ, "%s", mac);
	put(g, "mtu", PERM_GUEST_READ, "%u", card->want.mtu);
}

int nodes_add_card(struct domain_ctx *ctx, uint16_t domid, const struct domain_card *card, struct socle_error *e)
{
	return device_add(ctx, domid, write_card, card, e);
}

void nodes_remove_device(struct domain_ctx *ctx, uint16_t domid, const struct device_ref *ref)
{
	char back[KEYS_PATH_MAX], front[KEYS_PATH_MAX];
	const char *folders[] = { back, front };

	device_back_path(back, domid, ref);
	snprintf(front, sizeof(front), "/local/domain/%u/device/%s/%u", domid, device_front_type(ref->cls), ref->devid);
	keys_remove(ctx->store, folders, 2);
}

unsigned int nodes_count(const struct domain_config *cfg)
{
	struct build_result built = { .console_mfn = cfg->console };
	unsigned int n = 0;
	struct group g = { .domid = DOMID_FIRST_RESERVED - 1, .count = &n };

	write_domain(&g, cfg);
	write_rings(&g, &built);
	for (unsigned int i = 0; i < cfg->nr_disks; i++) {
		struct disk_nodes d = { .disk = &cfg->disk[i], .physical = cfg->disk[i].kernel ? "" : NULL };

		write_disk(&g, &d);
	}
	for (unsigned int i = 0; i < cfg->nr_cards; i++)
		write_card(&g, &cfg->card[i]);
	return n;
}

/* Remove a node; one that is not there is fine. */
static void take_away(struct group *g, const char *path)
{
	int r;

	if (g->err)
		return;
	r = socle_store_rm(g->st, g->tx, path);
	g->err = r == -ENOENT ? 0 : r;
}

/* Remove a directory that only existed for what was in it. */
static void take_away_if_empty(struct group *g, const char *path)
{
	unsigned int n = 0;
	char **names;

	if (g->err)
		return;
	names = socle_store_dir(g->st, g->tx, path, &n);
	if (names && n == 0)
		take_away(g, path);
	free(names);
}

static void remove_all(struct group *g, const void *arg)
{
	static const char *const backends[] = { "vbd", "console", "vif", "svbd", "svif" };
	char path[96], *vm;

	(void)arg;
	for (size_t i = 0; i < sizeof(backends) / sizeof(backends[0]); i++) {
		snprintf(path, sizeof(path), "/local/domain/0/backend/%s/%u", backends[i],
			 g->domid);
		take_away(g, path);
		*strrchr(path, '/') = '\0';
		take_away_if_empty(g, path);
	}
	take_away_if_empty(g, "/local/domain/0/backend");
	snprintf(path, sizeof(path), "/local/domain/%u/vm", g->domid);
	vm = socle_store_read(g->st, g->tx, path, NULL);
	if (vm && strncmp(vm, "/vm/", 4) == 0)
		take_away(g, vm);
	free(vm);
	take_away_if_empty(g, "/vm");
	snprintf(path, sizeof(path), "/local/domain/%u", g->domid);
	take_away(g, path);
}

int nodes_remove(struct domain_ctx *ctx, uint16_t domid)
{
	struct socle_error err = { 0 };

	return group_run(ctx, domid, remove_all, NULL, &err) ? -err.code : 0;
}
