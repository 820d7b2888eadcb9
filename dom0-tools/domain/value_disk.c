/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/value_disk.c
 *
 * The table's part for <disk>: see value.c.  A disk is built up by its children; the one being read is the last.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "device/limits.h"
#include "domain/element.h"
#include "domain/xml.h"

#define NBD_PORT 10809u

static struct domain_disk *disk_current(struct reader *r)
{
	return &r->cfg->disk[r->cfg->nr_disks - 1];
}

static void take_disk(struct reader *r, const xmlNode *node, const char *text)
{
	static const char *const types[] = { "file", "block", "network", NULL }, *const devs[] = { "disk", NULL };
	static const enum vbd_kind kinds[] = { VBD_FILE, VBD_BLOCK, VBD_NBD };
	int type = attribute_check(r, node, "type", true, types, "'file', 'block' or 'network'");

	(void)text;
	attribute_check(r, node, "device", false, devs, "'disk'");
	if (r->cfg->nr_disks == DOMAIN_DISKS_MAX)
		xml_complain(r->diags, node, "a guest has at most %u disks", DOMAIN_DISKS_MAX);
	else
		r->cfg->nr_disks++;
	*disk_current(r) = (struct domain_disk){
		.index = DOMAIN_DISKS_MAX,
		.want = { .kind = kinds[type < 0 ? 0 : type], .discard = true },
	};
}

/* An attribute's text into room of that size; false when it is missing or refused. */
static bool text_take(struct reader *r, const xmlNode *node, const char *name, char *out, size_t size)
{
	char *value = attribute_get(node, name);
	bool good = value && strlen(value) < size;

	if (good)
		strcpy(out, value);
	else if (value)
		xml_complain(r->diags, node, "%s has %zu bytes; at most %zu are possible", name, strlen(value), size - 1);
	xmlFree(value);
	return good;
}

static void path_take(struct reader *r, const xmlNode *node, const char *name, char *out)
{
	char *value = attribute_get(node, name);

	if (value && value[0] != '/')
		xml_complain(r->diags, node, *value ? "'%.200s' is not an absolute path; begin it with /" : "the path is empty%s",
			     *value ? value : "");
	else if (value)
		text_take(r, node, name, out, VBD_PATH_MAX);
	xmlFree(value);
}

static void source_local(struct reader *r, const xmlNode *node, struct vbd_config *c)
{
	const char *want = c->kind == VBD_BLOCK ? "dev" : "file", *other = c->kind == VBD_BLOCK ? "file" : "dev";

	if (xmlHasProp(node, (const xmlChar *)other))
		xml_complain(r->diags, node, "a disk of type '%s' has its path in '%s', not '%s'",
			     c->kind == VBD_BLOCK ? "block" : "file", want, other);
	else if (!xmlHasProp(node, (const xmlChar *)want))
		xml_complain(r->diags, node, "<source> needs the attribute '%s' with the path", want);
	if (xmlHasProp(node, (const xmlChar *)"protocol") || xmlHasProp(node, (const xmlChar *)"name"))
		xml_complain(r->diags, node, "'protocol' and 'name' are for disks of type 'network'");
	path_take(r, node, want, c->path);
}

static void take_source(struct reader *r, const xmlNode *node, const char *text)
{
	static const char *const protocols[] = { "nbd", NULL };
	struct vbd_config *c = &disk_current(r)->want;

	(void)text;
	if (c->kind != VBD_NBD) {
		source_local(r, node, c);
		return;
	}
	attribute_check(r, node, "protocol", true, protocols, "'nbd'; other servers are reached through one of NBD, such as "
			"qemu-nbd");
	text_take(r, node, "name", c->nbd_export, sizeof(c->nbd_export));
	if (xmlHasProp(node, (const xmlChar *)"file") || xmlHasProp(node, (const xmlChar *)"dev"))
		xml_complain(r->diags, node, "a disk of type 'network' has a <host>, not a path");
}

static void take_host(struct reader *r, const xmlNode *node, const char *text)
{
	static const char *const transports[] = { "tcp", "unix", NULL };
	struct vbd_config *c = &disk_current(r)->want;
	bool local = attribute_check(r, node, "transport", false, transports, "'tcp' or 'unix'") == 1;
	uint64_t port = NBD_PORT;

	(void)text;
	if (c->kind != VBD_NBD) {
		xml_complain(r->diags, node, "<host> is for disks of type 'network'");
		return;
	}
	if (!xmlHasProp(node, (const xmlChar *)(local ? "socket" : "name")) ||
	    xmlHasProp(node, (const xmlChar *)(local ? "name" : "socket"))) {
		xml_complain(r->diags, node, local ? "a host of transport 'unix' has a 'socket', and no 'name'"
						   : "a host of transport 'tcp' has a 'name', and no 'socket'");
		return;
	}
	if (local) {
		path_take(r, node, "socket", c->path);
		if (strlen(c->path) > 107) /* sun_path */
			xml_complain(r->diags, node, "a socket's path has at most 107 bytes");
		if (xmlHasProp(node, (const xmlChar *)"port"))
			xml_complain(r->diags, node, "a host of transport 'unix' has no 'port'");
		return;
	}
	text_take(r, node, "name", c->host, sizeof(c->host));
	attribute_number(r, node, "port", 1, 65535, "a port", &port);
	c->port = (uint16_t)port;
	if (!c->host[0])
		xml_complain(r->diags, node, "the host's name is empty");
}

static void finish_source(struct reader *r, const xmlNode *node)
{
	const struct vbd_config *c = &disk_current(r)->want;

	if (c->kind != VBD_NBD)
		return;
	for (const xmlNode *n = node->children; n; n = n->next)
		if (n->type == XML_ELEMENT_NODE && strcmp((const char *)n->name, "host") == 0)
			return;
	xml_complain(r->diags, node, "<host> is missing inside <source>");
}

static void take_target(struct reader *r, const xmlNode *node, const char *text)
{
	static const char *const buses[] = { "xen", NULL };
	struct domain_disk *d = disk_current(r);
	char *dev = attribute_get(node, "dev");

	(void)text;
	attribute_check(r, node, "bus", false, buses, "'xen'");
	if (!dev || strlen(dev) != 4 || strncmp(dev, "xvd", 3) != 0 || dev[3] < 'a' || dev[3] > 'p') {
		xml_complain(r->diags, node,
			     dev ? "dev='%.40s' is not a disk's name; use xvda to xvdp"
				 : "<target> needs the attribute 'dev' (xvda to xvdp)%s",
			     dev ? dev : "");
	} else {
		d->index = (unsigned int)(dev[3] - 'a');
		strcpy(d->target, dev);
	}
	xmlFree(dev);
}

static void take_readonly(struct reader *r, const xmlNode *node, const char *text)
{
	(void)node;
	(void)text;
	disk_current(r)->want.readonly = true;
}

/* Words of libvirt that have no sense here, and why. */
static const struct {
	const char *name, *why;
} refused[] = {
	{ "cache", "writes are on the disk when the guest's flush has ended, always" },
	{ "io", "it is always io_uring" },
	{ "error_policy", "an I/O error is always an error of the guest's request" },
	{ "queues", "the guest chooses, up to the host's CPUs" },
};

static void take_driver(struct reader *r, const xmlNode *node, const char *text)
{
	static const char *const names[] = { "socle", "kernel", NULL }, *const types[] = { "raw", NULL };
	static const char *const discards[] = { "unmap", "ignore", NULL };
	struct domain_disk *d = disk_current(r);

	(void)text;
	d->kernel = attribute_check(r, node, "name", false, names, "'socle' or 'kernel'") == 1;
	attribute_check(r, node, "type", false, types, "'raw'; other formats are served by qemu-nbd as a disk of type 'network'");
	d->want.discard = attribute_check(r, node, "discard", false, discards, "'unmap' or 'ignore'") != 1;
	for (unsigned int i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (xmlHasProp(node, (const xmlChar *)refused[i].name))
			xml_complain(r->diags, node, "'%s' of a disk's <driver> cannot be set: %s", refused[i].name,
				     refused[i].why);
}

static void take_blockio(struct reader *r, const xmlNode *node, const char *text)
{
	struct vbd_config *c = &disk_current(r)->want;
	uint64_t physical = 0;
	static const char *const sizes[] = { "512", "4096", NULL };
	int logical = attribute_check(r, node, "logical_block_size", false, sizes, "'512' or '4096'");

	(void)text;
	if (logical >= 0)
		c->sector_size = logical ? 4096 : 512;
	if (attribute_number(r, node, "physical_block_size", 512, 1u << 20, "a block's size", &physical) &&
	    (physical & (physical - 1)))
		xml_complain(r->diags, node, "physical_block_size='%" PRIu64 "' is not a power of two", physical);
	c->physical_sector_size = (uint32_t)physical;
	if (physical && physical < c->sector_size)
		xml_complain(r->diags, node, "physical_block_size is less than logical_block_size");
}

/* <total_bytes_sec> and so on: the element's name says which limit it is; with _max its burst. */
static void take_tune(struct reader *r, const xmlNode *node, const char *text)
{
	static const char *const names[CTL_LIMIT_COUNT] = {
		[CTL_LIMIT_READ_BYTES] = "read_bytes_sec", [CTL_LIMIT_WRITE_BYTES] = "write_bytes_sec",
		[CTL_LIMIT_TOTAL_BYTES] = "total_bytes_sec", [CTL_LIMIT_READ_OPS] = "read_iops_sec",
		[CTL_LIMIT_WRITE_OPS] = "write_iops_sec", [CTL_LIMIT_TOTAL_OPS] = "total_iops_sec",
	};
	const char *name = (const char *)node->name;
	uint64_t n;

	if (!number_read(text, &n) || n > LIMIT_RATE_MAX) {
		xml_complain(r->diags, node, "'%.40s' is not a limit; use 0 (none) to %" PRIu64, text, LIMIT_RATE_MAX);
		return;
	}
	for (unsigned int i = 0; i < CTL_LIMIT_COUNT; i++) {
		struct ctl_bucket *b = &disk_current(r)->want.limit[i];

		if (strncmp(name, names[i], strlen(names[i])) == 0)
			*(name[strlen(names[i])] ? &b->burst : &b->rate) = n;
	}
}

static void finish_iotune(struct reader *r, const xmlNode *node)
{
	for (unsigned int i = 0; i < CTL_LIMIT_COUNT; i++)
		if (disk_current(r)->want.limit[i].burst && !disk_current(r)->want.limit[i].rate)
			xml_complain(r->diags, node, "a burst (_max) is nothing without its limit");
}

static bool same_source(const struct vbd_config *a, const struct vbd_config *b)
{
	return a->kind == b->kind && strcmp(a->path, b->path) == 0 && strcmp(a->host, b->host) == 0 && a->port == b->port &&
	       strcmp(a->nbd_export, b->nbd_export) == 0 && (a->path[0] || a->host[0]);
}

/* What a kernel's backend cannot do. */
static void kernel_check(struct reader *r, const xmlNode *node, const struct vbd_config *c)
{
	bool limited = false;

	for (unsigned int i = 0; i < CTL_LIMIT_COUNT; i++)
		limited |= c->limit[i].rate != 0;
	if (c->kind == VBD_NBD)
		xml_complain(r->diags, node, "the kernel's backend has no disks of type 'network'; connect one with nbd-client, "
			     "or use <driver name='socle'/>");
	if (limited)
		xml_complain(r->diags, node, "the kernel's backend has no <iotune>; use <driver name='socle'/>");
	if (c->sector_size || c->physical_sector_size)
		xml_complain(r->diags, node, "the kernel's backend has no <blockio>; use <driver name='socle'/>");
}

/* Two disks may not share a target, nor a source unless both only read it. */
static void finish_disk(struct reader *r, const xmlNode *node)
{
	const struct domain_disk *d = disk_current(r);

	if (d->kernel)
		kernel_check(r, node, &d->want);
	for (const struct domain_disk *other = r->cfg->disk; other < d; other++) {
		if (d->target[0] && other->index == d->index)
			xml_complain(r->diags, node, "target '%s' is used by another disk",
				     d->target);
		if (same_source(&d->want, &other->want) && !(d->want.readonly && other->want.readonly))
			xml_complain(r->diags, node,
				     "'%s' is used by another disk; that works only "
				     "when both are <readonly/>",
				     d->want.path[0] ? d->want.path : d->want.host);
	}
}

#define TUNE(element) { .name = element, .has_text = true, .take = take_tune }

static const struct element
	el_host = { .name = "host", .attr = { "name", "port", "transport", "socket" }, .take = take_host },
	el_source = { .name = "source",
		      .attr = { "file", "dev", "protocol", "name" },
		      .required = true,
		      .take = take_source,
		      .finish = finish_source,
		      .child = { &el_host } },
	el_target = { .name = "target",
		      .attr = { "dev", "bus" },
		      .required = true,
		      .take = take_target },
	el_readonly = { .name = "readonly", .take = take_readonly },
	el_driver = { .name = "driver",
		      .attr = { "name", "type", "discard", "cache", "io", "error_policy", "queues" },
		      .take = take_driver },
	el_blockio = { .name = "blockio", .attr = { "logical_block_size", "physical_block_size" }, .take = take_blockio },
	el_tune[] = { TUNE("total_bytes_sec"), TUNE("read_bytes_sec"), TUNE("write_bytes_sec"), TUNE("total_iops_sec"),
		      TUNE("read_iops_sec"), TUNE("write_iops_sec"), TUNE("total_bytes_sec_max"),
		      TUNE("read_bytes_sec_max"), TUNE("write_bytes_sec_max"), TUNE("total_iops_sec_max"),
		      TUNE("read_iops_sec_max"), TUNE("write_iops_sec_max") },
	el_iotune = { .name = "iotune",
		      .finish = finish_iotune,
		      .child = { &el_tune[0], &el_tune[1], &el_tune[2], &el_tune[3], &el_tune[4], &el_tune[5], &el_tune[6],
				 &el_tune[7], &el_tune[8], &el_tune[9], &el_tune[10], &el_tune[11] } };

const struct element element_disk = {
	.name = "disk", .attr = { "type", "device" }, .repeats = true, .take = take_disk, .finish = finish_disk,
	.child = { &el_driver, &el_source, &el_target, &el_readonly, &el_iotune, &el_blockio },
};
