/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/device/vbd.c
 *
 * See vbd.h.
 */
#include "device/vbd.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <abi/io/blkif.h>

#include "device/limits.h"

#define RING_ORDER_MAX 4u      /* CTL_RING_PAGES */
#define PORT_MAX       0x1ffffu /* the FIFO ABI's last port (pv-abi 5.3) */
#define INDIRECT_MAX   256u

static const char *const kinds[] = { [VBD_FILE] = "file", [VBD_BLOCK] = "block", [VBD_NBD] = "nbd" };

/* --- the tools' wishes ------------------------------------------------------------------------- */

enum { KEY_TYPE, KEY_READONLY, KEY_DISCARD, KEY_SECTOR, KEY_PHYSICAL, KEY_IMAGE, KEY_HOST, KEY_PORT, KEY_EXPORT, KEY_FIXED };

static const char *const config_keys[KEY_FIXED] = {
	"type", "readonly", "discard", "sector-size", "physical-sector-size", "path", "host", "port", "export",
};

bool vbd_config_key(const struct vbd_config *c, unsigned int i, char key[KEY_MAX], char buf[VBD_PATH_MAX])
{
	const struct ctl_bucket *l = &c->limit[i >= KEY_FIXED ? i - KEY_FIXED : 0];

	if (i >= KEY_FIXED + CTL_LIMIT_COUNT)
		return false;
	if (i >= KEY_FIXED)
		snprintf(key, KEY_MAX, "config/limit-%s", disk_limit_name(i - KEY_FIXED));
	else
		snprintf(key, KEY_MAX, "config/%s", config_keys[i]);
	switch (i) {
	case KEY_TYPE: snprintf(buf, VBD_PATH_MAX, "%s", kinds[c->kind]); break;
	case KEY_READONLY: snprintf(buf, VBD_PATH_MAX, "%d", c->readonly); break;
	case KEY_DISCARD: snprintf(buf, VBD_PATH_MAX, "%d", c->discard); break;
	case KEY_SECTOR: snprintf(buf, VBD_PATH_MAX, "%" PRIu32, c->sector_size); break;
	case KEY_PHYSICAL: snprintf(buf, VBD_PATH_MAX, "%" PRIu32, c->physical_sector_size); break;
	case KEY_IMAGE: snprintf(buf, VBD_PATH_MAX, "%s", c->path); break;
	case KEY_HOST: snprintf(buf, VBD_PATH_MAX, "%s", c->host); break;
	case KEY_PORT: snprintf(buf, VBD_PATH_MAX, "%u", c->port); break;
	case KEY_EXPORT: snprintf(buf, VBD_PATH_MAX, "%s", c->nbd_export); break;
	default: snprintf(buf, VBD_PATH_MAX, "%" PRIu64 " %" PRIu64, l->rate, l->burst); break;
	}
	return true;
}

/* Root's own words; still they may be cut or odd when somebody wrote them by hand. */
static int text_read(const struct keys *k, const char *key, char *out, size_t size)
{
	char *text = k->read(k, key);
	int r = text && strlen(text) < size ? 0 : -EINVAL;

	if (!r)
		strcpy(out, text);
	free(text);
	return r;
}

static bool size_is_good(uint64_t n)
{
	return n == 0 || n == 512 || n == 4096;
}

int vbd_config_read(const struct keys *back, struct vbd_config *c, struct socle_error *e)
{
	uint64_t port = 0, sector = 0, physical = 0;
	char type[16];
	unsigned int i = 0;

	memset(c, 0, sizeof(*c));
	if (text_read(back, "config/type", type, sizeof(type)))
		return socle_fail(e, EINVAL, "its configuration in the store is incomplete");
	while (i < sizeof(kinds) / sizeof(kinds[0]) && strcmp(type, kinds[i]) != 0)
		i++;
	c->kind = (enum vbd_kind)i;
	c->readonly = keys_flag(back, "config/readonly");
	c->discard = keys_flag(back, "config/discard");
	if (i == sizeof(kinds) / sizeof(kinds[0]) || text_read(back, "config/path", c->path, sizeof(c->path)) ||
	    text_read(back, "config/host", c->host, sizeof(c->host)) ||
	    text_read(back, "config/export", c->nbd_export, sizeof(c->nbd_export)) ||
	    keys_number(back, "config/port", UINT16_MAX, &port) ||
	    keys_number(back, "config/sector-size", 4096, &sector) || !size_is_good(sector) ||
	    keys_number(back, "config/physical-sector-size", 1u << 20, &physical) || (physical & (physical - 1)) ||
	    limits_read(back, disk_limit_name, c->limit))
		return socle_fail(e, EINVAL, "its configuration in the store makes no sense");
	c->port = (uint16_t)port;
	c->sector_size = (uint32_t)sector;
	c->physical_sector_size = (uint32_t)physical;
	return 0;
}

/* --- the offer --------------------------------------------------------------------------------- */

void vbd_features(const struct vbd_config *c, unsigned int queues, uint32_t discard, struct key_list *out)
{
	key_list_add(out, "feature-flush-cache", "1");
	key_list_add(out, "feature-barrier", "1");
	key_list_add(out, "feature-persistent", "1");
	key_list_add(out, "feature-max-indirect-segments", "%u", INDIRECT_MAX);
	key_list_add(out, "multi-queue-max-queues", "%u", queues);
	key_list_add(out, "max-ring-page-order", "%u", RING_ORDER_MAX);
	key_list_add(out, "feature-discard", "%d", discard && !c->readonly);
	if (!discard || c->readonly)
		return;
	key_list_add(out, "discard-granularity", "%" PRIu32, discard);
	key_list_add(out, "discard-alignment", "0");
	key_list_add(out, "discard-secure", "0");
}

/* --- the frontend's choice --------------------------------------------------------------------- */

/* One queue's pages and port; where is "" or "queue-N/". */
static int queue_read(const struct keys *front, const char *where, bool numbered, struct ctl_connect *c, unsigned int q,
		      struct socle_error *e)
{
	char key[KEY_MAX];
	uint64_t old;

	for (unsigned int i = 0; i < c->disk.ring_pages; i++) {
		snprintf(key, sizeof(key), "%sring-ref%u", where, i);
		/* A ring of one page may have either name. */
		if (!numbered || (c->disk.ring_pages == 1 && keys_number(front, key, UINT32_MAX, &old) == -ENOENT))
			snprintf(key, sizeof(key), "%sring-ref", where);
		if (keys_need(front, "", key, UINT32_MAX, &c->disk.queue[q].ref[i], e))
			return -1;
	}
	return keys_need(front, where, "event-channel", PORT_MAX, &c->disk.queue[q].port, e);
}

static int queues_read(const struct keys *front, bool numbered, struct ctl_connect *c, struct socle_error *e)
{
	char where[24];

	if (c->queues == 1)
		return queue_read(front, "", numbered, c, 0, e);
	for (unsigned int q = 0; q < c->queues; q++) {
		snprintf(where, sizeof(where), "queue-%u/", q);
		if (queue_read(front, where, numbered, c, q, e))
			return -1;
	}
	return 0;
}

int vbd_connect_read(const struct keys *front, unsigned int queues, struct ctl_connect *c, struct socle_error *e)
{
	char *protocol = front->read(front, "protocol");
	uint64_t order = 0, n = 1;
	int r, speaks = !protocol || strcmp(protocol, "x86_64-abi") == 0;

	free(protocol);
	memset(c, 0, sizeof(*c));
	if (!speaks)
		return socle_fail(e, EPROTONOSUPPORT, "the frontend speaks another protocol than x86_64-abi");
	r = keys_number(front, "multi-queue-num-queues", queues, &n);
	if ((r && r != -ENOENT) || n == 0)
		return keys_wrong("multi-queue-num-queues", r ? r : -ERANGE, e);
	c->queues = (uint32_t)n;
	r = keys_number(front, "ring-page-order", RING_ORDER_MAX, &order);
	if (r && r != -ENOENT)
		return keys_wrong("ring-page-order", r, e);
	c->disk.ring_pages = 1u << order;
	c->disk.persistent = keys_flag(front, "feature-persistent");
	return queues_read(front, r == 0, c, e);
}

void vbd_properties(const struct ctl_setup_disk *s, uint64_t sectors, struct key_list *out)
{
	key_list_add(out, "sectors", "%" PRIu64, sectors);
	key_list_add(out, "info", "%d", s->readonly ? VDISK_READONLY : 0);
	key_list_add(out, "sector-size", "%" PRIu32, s->sector_size);
	key_list_add(out, "physical-sector-size", "%" PRIu32, s->physical_sector_size);
}
