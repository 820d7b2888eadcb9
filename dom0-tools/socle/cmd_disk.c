/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/socle/cmd_disk.c
 *
 * socle disk: attach, detach, list, resize and limit disks of running guests.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "device/limits.h"
#include "device/xenbus.h"
#include "domain/codes.h"
#include "domain/disk.h"
#include "domain/names.h"
#include "socle/cmd_device.h"

#define SOURCE_MAX (VBD_PATH_MAX + 400)

/* xvda .. xvdp as a number, or -1. */
static int target_parse(const char *text)
{
	if (strlen(text) != 4 || strncmp(text, "xvd", 3) != 0 || text[3] < 'a' || text[3] > 'p')
		return -1;
	return text[3] - 'a';
}

static int target_usage(const struct invocation *inv, const char *text)
{
	return usage_error(inv->cmd, "'%.40s' is not a disk's name; use xvda to xvdp", text);
}

static int target_read(const struct invocation *inv, const char *word, uint32_t *devid)
{
	struct domain_disk d = { .index = (unsigned int)target_parse(word) };

	if (target_parse(word) < 0)
		return target_usage(inv, word);
	*devid = domain_disk_devid(&d);
	return EXIT_OK;
}

/* --- attach ------------------------------------------------------------------------------------ */

/* nbd://host[:port][/export] and nbd+unix://[/export]?socket=/path (the NBD project's doc/uri.md). */
static bool nbd_parse(const char *uri, struct vbd_config *c)
{
	const char *rest = uri + strlen(strncmp(uri, "nbd+unix://", 11) ? "nbd://" : "nbd+unix://"), *name, *query;
	size_t host;
	int port = 10809, used = 0;

	c->kind = VBD_NBD;
	name = strchr(rest, '/');
	query = strstr(rest, "?socket=");
	if (name && query && name > query)
		name = NULL;
	if (name)
		snprintf(c->nbd_export, sizeof(c->nbd_export), "%.*s",
			 query ? (int)(query - name - 1) : (int)strlen(name + 1), name + 1);
	if (strncmp(uri, "nbd+unix://", 11) == 0) {
		snprintf(c->path, sizeof(c->path), "%s", query ? query + 8 : "");
		return c->path[0] == '/' && strlen(c->path) < 108;
	}
	host = strcspn(rest, ":/?");
	if (!host || host >= sizeof(c->host) || query)
		return false;
	memcpy(c->host, rest, host);
	if (rest[host] == ':' && (sscanf(rest + host, ":%5d%n", &port, &used) != 1 ||
				  (rest[host + (size_t)used] && rest[host + (size_t)used] != '/') || port < 1 || port > 65535))
		return false;
	c->port = (uint16_t)port;
	return true;
}

/* From words; the file itself is looked at later. */
static int disk_from_words(const struct invocation *inv, struct domain_disk *d)
{
	const char *source = inv->args[2];
	int index = target_parse(inv->args[1]);
	struct stat sb;

	if (index < 0)
		return target_usage(inv, inv->args[1]);
	*d = (struct domain_disk){ .index = (unsigned int)index, .kernel = flag_given(inv, "kernel"),
				   .want = { .readonly = flag_given(inv, "readonly"), .discard = true } };
	strcpy(d->target, inv->args[1]);
	if (strncmp(source, "nbd://", 6) == 0 || strncmp(source, "nbd+unix://", 11) == 0)
		return nbd_parse(source, &d->want) ? EXIT_OK : usage_error(inv->cmd, "'%.200s' is not an NBD server; use "
			"nbd://HOST[:PORT][/EXPORT] or nbd+unix:///[EXPORT]?socket=/PATH", source);
	if (source[0] != '/' || strlen(source) >= sizeof(d->want.path))
		return usage_error(inv->cmd, "'%.200s' is neither an absolute path nor an NBD server", source);
	strcpy(d->want.path, source);
	d->want.kind = stat(source, &sb) == 0 && S_ISBLK(sb.st_mode) ? VBD_BLOCK : VBD_FILE;
	return EXIT_OK;
}

static int disk_from_file(const struct invocation *inv, struct domain_disk *d)
{
	struct socle_error err = { 0 };
	struct domain_config *cfg;

	if (flag_given(inv, "readonly") || flag_given(inv, "kernel"))
		return usage_error(inv->cmd, "'--readonly' and '--kernel' go with TARGET and SOURCE; the file says it itself");
	cfg = device_file_load(inv->args[1]);
	if (!cfg || !cfg->nr_disks) {
		socle_fail_id(&err, DOMAIN_E_CONFIG, "bad-description",
			      "%s", cfg ? "it describes an interface" : "the description has errors");
		domain_config_free(cfg);
		return report("attach a disk from", inv->args[1], &err);
	}
	*d = cfg->disk[0];
	domain_config_free(cfg);
	return EXIT_OK;
}

int cmd_disk_attach(const struct invocation *inv)
{
	struct domain_ctx ctx = { .stop = &stop_asked };
	struct socle_error err = { 0 };
	struct domain_disk d;
	uint16_t domid;
	int r = inv->nr_args == 3 ? disk_from_words(inv, &d) : disk_from_file(inv, &d);

	if (r)
		return r;
	stop_catch();
	r = device_guest_open(&ctx, inv->args[0], &domid, &err) || disk_check(&ctx, &d, &err) ||
	    disk_attach(&ctx, domid, &d, &err);
	domain_ctx_close(&ctx);
	return r ? report("attach a disk to", inv->args[0], &err) : EXIT_OK;
}

/* --- lists and limits -------------------------------------------------------------------------------- */

static void source_print(const struct vbd_config *c, char *out, size_t size)
{
	if (c->kind != VBD_NBD)
		snprintf(out, size, "%s", c->path);
	else if (c->host[0])
		snprintf(out, size, "nbd://%s:%u/%s", c->host, c->port, c->nbd_export);
	else
		snprintf(out, size, "nbd+unix:///%s?socket=%s", c->nbd_export, c->path);
}

static void heading_print(void)
{
	printf("%-20s %-6s %-10s %9s  %-6s %s\n", "GUEST", "DISK", "STATE", "MiB", "DRIVER", "SOURCE");
}

static void line_print(const struct device_view *v, const char *guest)
{
	char source[SOURCE_MAX];

	source_print(&v->disk, source, sizeof(source));
	printf("%-20s %-6s %-10s %9" PRIu64 "  %-6s %s%s\n", guest, v->dev, device_state_name(v->state), v->sectors / 2048,
	       v->ref.kernel ? "kernel" : "socle", source, v->disk.readonly ? " (read-only)" : "");
	if (v->error[0])
		printf("%20s %s\n", "", v->error);
}

static void json_print(struct json *j, const struct device_view *v)
{
	char source[SOURCE_MAX];

	source_print(&v->disk, source, sizeof(source));
	json_text(j, "target", v->dev);
	json_text(j, "source", source);
	json_text(j, "driver", v->ref.kernel ? "kernel" : "socle");
	json_bool(j, "readonly", v->disk.readonly);
	json_text(j, "state", device_state_name(v->state));
	json_uint(j, "bytes", v->sectors * 512);
	json_text(j, "error", v->error);
	limits_json(j, v->disk.limit, disk_limit_name);
	if (!v->has_stats)
		return;
	worker_json(j, v);
	json_uint(j, "reads", v->stats.reads);
	json_uint(j, "writes", v->stats.writes);
	json_uint(j, "flushes", v->stats.flushes);
	json_uint(j, "discards", v->stats.discards);
	json_uint(j, "read_bytes", v->stats.read_bytes);
	json_uint(j, "write_bytes", v->stats.write_bytes);
	json_uint(j, "errors", v->stats.errors);
	json_uint(j, "refused", v->stats.refused);
	json_uint(j, "throttled", v->stats.throttled);
}

static const struct device_words disks = {
	.cls = DEVICE_DISK, .noun = "disk", .limit_example = "total-bytes", .limit_name = disk_limit_name,
	.devid_read = target_read, .heading = heading_print, .line = line_print, .json = json_print,
};

int cmd_disk_detach(const struct invocation *inv)
{
	return device_detach_run(inv, &disks);
}

int cmd_disk_list(const struct invocation *inv)
{
	return device_list_run(inv, &disks);
}

int cmd_disk_limit(const struct invocation *inv)
{
	return device_limit_run(inv, &disks);
}

/* --- resize ------------------------------------------------------------------------------------ */

/* Make a file larger; the end of data that a guest may have is never cut off. */
static int file_grow(const struct vbd_config *c, uint64_t bytes, struct socle_error *e)
{
	struct stat sb;
	int fd, r = 0;

	if (c->kind != VBD_FILE)
		return socle_fail_id(e, DOMAIN_E_CONFIG, "disk-not-a-file",
				     "only a file can be made larger here; do it where the disk comes from, and "
				  "leave '--size' out");
	fd = open(c->path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || fstat(fd, &sb))
		r = socle_fail_id(e, DOMAIN_E_CONFIG, "disk-missing", "cannot open '%s': %s", c->path, strerror(errno));
	else if (bytes < (uint64_t)sb.st_size)
		r = socle_fail_id(e, DOMAIN_E_CONFIG, "disk-not-shrunk",
				  "'%s' has %lld bytes already; a disk is not made smaller", c->path,
			       (long long)sb.st_size);
	else if (ftruncate(fd, (off_t)bytes))
		r = socle_fail_id(e, errno, "disk-full", "cannot make '%s' larger: %s", c->path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return r;
}

int cmd_disk_resize(const struct invocation *inv)
{
	struct domain_ctx ctx = { .hv = NULL };
	struct socle_error err = { 0 };
	const char *size = flag_value(inv, "size");
	uint64_t bytes = 0, sectors = 0;
	struct device_view v;
	uint32_t devid = 0;
	int r = target_read(inv, inv->args[1], &devid);

	if (r)
		return r;
	if (size && (!size_parse(size, &bytes) || !bytes || bytes % 512 || bytes > INT64_MAX))
		return usage_error(inv->cmd, "'--size' takes bytes, a multiple of 512, or with k, M, G or T; not '%.40s'", size);
	r = device_open(inv, &disks, &ctx, devid, &v, &err) || (bytes && file_grow(&v.disk, bytes, &err));
	if (!r && disk_resize(&ctx, &v, &sectors, &err))
		r = bytes ? partly_done(&err, "the file is that large now") : -1;
	domain_ctx_close(&ctx);
	if (r)
		return report("resize a disk of", inv->args[0], &err);
	number_print(inv, "bytes", sectors * 512);
	return EXIT_OK;
}
