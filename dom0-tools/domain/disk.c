/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/disk.c
 *
 * Disks of a guest before anything is made: each file is looked at, so that the usual mistakes are found with a good message
 * and at no cost.  The lock that its supervisor takes on the file is what really keeps two writers apart.
 */
#include "domain/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "device/device.h"
#include "domain/codes.h"
#include "domain/names.h"
#include "libsocle/domain.h"

#define PATH_BYTES 96

static int file_check(const struct domain_disk *d, struct stat *sb, struct socle_error *e)
{
	const struct vbd_config *c = &d->want;
	int fd = open(c->path, (c->readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK);
	int err = errno, r = 0;

	if (fd < 0)
		return socle_fail_id(e, DOMAIN_E_CONFIG, "disk-missing", "disk %s: cannot open '%s'%s: %s", d->target,
				  c->path, c->readonly ? "" : " for writing", strerror(err));
	if (fstat(fd, sb))
		r = socle_fail_id(e, errno, "disk-missing", "disk %s: cannot look at '%s': %s", d->target, c->path,
			       strerror(errno));
	else if (c->kind == VBD_BLOCK && !S_ISBLK(sb->st_mode))
		r = socle_fail_id(e, DOMAIN_E_CONFIG, "disk-type", "disk %s: '%s' is not a block device; use "
			       "type='file'", d->target, c->path);
	else if (c->kind != VBD_BLOCK && !S_ISREG(sb->st_mode))
		r = socle_fail_id(e, DOMAIN_E_CONFIG, "disk-type", "disk %s: '%s' is not a regular file%s",
			       d->target, c->path,
			       S_ISBLK(sb->st_mode) ? "; use type='block'" : "");
	else if (c->kind != VBD_BLOCK && sb->st_size < 512)
		r = socle_fail_id(e, DOMAIN_E_CONFIG, "disk-small",
			       "disk %s: '%s' is smaller than one sector (512 bytes)", d->target,
			       c->path);
	close(fd);
	return r;
}

static bool same_storage(const struct stat *a, const struct stat *b)
{
	if (S_ISBLK(a->st_mode) && S_ISBLK(b->st_mode))
		return a->st_rdev == b->st_rdev;
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Does the backend at this path use the same storage in a way that excludes ours? */
static int conflict_check(struct domain_ctx *ctx, const char *path, uint16_t owner,
			  const struct domain_disk *d, const struct stat *sb, struct socle_error *e)
{
	char key[PATH_BYTES + 64], *params, *mode, *name;
	struct xen_domctl_getdomaininfo info;
	struct stat other;
	int r = 0;

	snprintf(key, sizeof(key), "%s/config/path", path);
	params = socle_store_read(ctx->store, 0, key, NULL);
	snprintf(key, sizeof(key), "%s/mode", path);
	mode = socle_store_read(ctx->store, 0, key, NULL);
	if (params && mode && (mode[0] == 'w' || !d->want.readonly) && stat(params, &other) == 0 &&
	    same_storage(sb, &other) && socle_domain_info(ctx->hv, owner, &info) == 0) {
		name = names_of(ctx, owner);
		r = socle_fail_id(e, DOMAIN_E_EXISTS, "disk-in-use",
			       "disk %s: '%s' is in use by guest '%s' for %s; shut "
			       "that guest down, or give each its own file",
			       d->target, d->want.path, name ? name : "?",
			       mode[0] == 'w' ? "writing" : "reading");
		free(name);
	}
	free(params);
	free(mode);
	return r;
}

/* All disks that backends of one type serve on this host. */
static int users_check(struct domain_ctx *ctx, const char *type, const struct domain_disk *d, const struct stat *sb,
		       struct socle_error *e)
{
	char path[PATH_BYTES], full[PATH_BYTES + 32];
	unsigned int nr_doms = 0;
	char **doms;
	int r = 0;

	snprintf(path, sizeof(path), "/local/domain/0/backend/%s", type);
	doms = socle_store_dir(ctx->store, 0, path, &nr_doms);
	for (unsigned int i = 0; doms && i < nr_doms && !r; i++) {
		unsigned int nr_devs = 0;
		char **devs;

		snprintf(path, sizeof(path), "/local/domain/0/backend/%s/%.16s", type, doms[i]);
		devs = socle_store_dir(ctx->store, 0, path, &nr_devs);
		for (unsigned int j = 0; devs && j < nr_devs && !r; j++) {
			snprintf(full, sizeof(full), "%s/%.16s", path, devs[j]);
			r = conflict_check(ctx, full, (uint16_t)atoi(doms[i]), d, sb, e);
		}
		free(devs);
	}
	free(doms);
	return r;
}

/*
 * Whoever serves a file has it locked, so one that is not needs no search among all guests.  A block device that the kernel
 * serves is not locked.
 */
static bool is_unused(const struct domain_disk *d, const struct stat *sb)
{
	int fd = S_ISREG(sb->st_mode) ? open(d->want.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
	bool unused = fd >= 0 && flock(fd, (d->want.readonly ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0;

	if (fd >= 0)
		close(fd);
	return unused;
}

int disk_check(struct domain_ctx *ctx, const struct domain_disk *d, struct socle_error *e)
{
	struct stat sb;

	if (d->want.kind == VBD_NBD)
		return 0;
	if (file_check(d, &sb, e))
		return -1;
	return ctx->store && !is_unused(d, &sb) && (users_check(ctx, device_back_type(DEVICE_DISK), d, &sb, e) ||
			      users_check(ctx, device_front_type(DEVICE_DISK), d, &sb, e)) ? -1 : 0;
}

int disks_check(struct domain_ctx *ctx, const struct domain_config *cfg, struct socle_error *e)
{
	for (unsigned int i = 0; i < cfg->nr_disks; i++)
		if (disk_check(ctx, &cfg->disk[i], e))
			return -1;
	return 0;
}
