/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/libsocle/gnttab.c
 *
 * Grant maps over Linux's /dev/xen/gntdev.  A map takes two steps in the kernel: MAP_GRANT_REF
 * reserves an offset for a list of references, mmap() of that offset does the grant operations.
 * Undoing needs the same two steps backwards; the offset is asked from the kernel by address, so no
 * table is kept here.
 */
#include "libsocle/gnttab.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <abi/linux/gntdev.h>

#define PAGE 4096u
#define REFS_MAX                                                                                   \
	65536u /* far above any ring and its data; keeps the sizes below from overflowing */
#define REFS_ON_STACK 32u

struct socle_gnttab {
	int fd;
};

struct socle_gnttab *socle_gnttab_open(struct socle_error *e)
{
	struct socle_gnttab *gt = calloc(1, sizeof(*gt));

	if (!gt) {
		socle_fail(e, ENOMEM, "out of memory");
		return NULL;
	}
	gt->fd = open("/dev/xen/gntdev", O_RDWR | O_CLOEXEC);
	if (gt->fd < 0) {
		socle_fail_id(e, errno, "no-kernel-module", "cannot open /dev/xen/gntdev: %s%s", strerror(errno),
			   errno == ENOENT ? " (is the module xen-gntdev loaded?)" : "");
		free(gt);
		return NULL;
	}
	return gt;
}

struct socle_gnttab *socle_gnttab_adopt(int fd, struct socle_error *e)
{
	struct socle_gnttab *gt = calloc(1, sizeof(*gt));

	if (!gt) {
		socle_fail(e, ENOMEM, "out of memory");
		return NULL;
	}
	gt->fd = fd;
	return gt;
}

void socle_gnttab_close(struct socle_gnttab *gt)
{
	if (!gt)
		return;
	close(gt->fd);
	free(gt);
}

int socle_gnttab_fd(const struct socle_gnttab *gt)
{
	return gt->fd;
}

static int unmap_offset(struct socle_gnttab *gt, uint64_t index, size_t n)
{
	struct ioctl_gntdev_unmap_grant_ref unmap = { .index = index, .count = (uint32_t)n };

	return ioctl(gt->fd, IOCTL_GNTDEV_UNMAP_GRANT_REF, &unmap) < 0 ? -errno : 0;
}

/* Reserve an offset for the references; arg has room for n of them. */
static void *map_with(struct socle_gnttab *gt, struct ioctl_gntdev_map_grant_ref *arg,
		      uint16_t domid, const uint32_t *refs, size_t n, int prot)
{
	struct ioctl_gntdev_grant_ref *list = arg->refs;
	void *p;

	arg->count = (uint32_t)n;
	arg->pad = 0;
	for (size_t i = 0; i < n; i++)
		list[i] = (struct ioctl_gntdev_grant_ref){ .domid = domid, .ref = refs[i] };
	if (ioctl(gt->fd, IOCTL_GNTDEV_MAP_GRANT_REF, arg) < 0)
		return NULL;
	p = mmap(NULL, n * PAGE, prot, MAP_SHARED, gt->fd, (off_t)arg->index);
	if (p == MAP_FAILED) {
		int err = errno;

		unmap_offset(gt, arg->index, n);
		errno = err;
		return NULL;
	}
	return p;
}

void *socle_gnttab_map(struct socle_gnttab *gt, uint16_t domid, const uint32_t *refs, size_t n,
		       int prot)
{
	union {
		struct ioctl_gntdev_map_grant_ref arg;
		uint8_t room[sizeof(struct ioctl_gntdev_map_grant_ref) +
			     REFS_ON_STACK * sizeof(struct ioctl_gntdev_grant_ref)];
	} small;
	struct ioctl_gntdev_map_grant_ref *arg = &small.arg;
	void *p;
	int err;

	if (!n || n > REFS_MAX) {
		errno = EINVAL;
		return NULL;
	}
	if (n > REFS_ON_STACK) {
		arg = malloc(sizeof(*arg) + n * sizeof(arg->refs[0]));
		if (!arg)
			return NULL;
	}
	p = map_with(gt, arg, domid, refs, n, prot);
	err = errno;
	if (arg != &small.arg)
		free(arg);
	errno = err;
	return p;
}

int socle_gnttab_unmap(struct socle_gnttab *gt, void *p, size_t n)
{
	struct ioctl_gntdev_get_offset_for_vaddr where = { .vaddr = (uintptr_t)p };

	if (ioctl(gt->fd, IOCTL_GNTDEV_GET_OFFSET_FOR_VADDR, &where) < 0)
		return -errno;
	if (where.count != n)
		return -EINVAL;
	if (munmap(p, n * PAGE))
		return -errno;
	return unmap_offset(gt, where.offset, n);
}
