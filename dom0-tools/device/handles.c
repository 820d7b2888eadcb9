/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/device/handles.c
 *
 * See handles.h.
 */
#include "device/handles.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <abi/linux/evtchn.h>

static int door_open(const char *path, const char *module, int flags, struct socle_error *e)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | flags);

	if (fd < 0)
		return socle_fail_id(e, errno, "no-kernel-module", "cannot open %s: %s%s%s%s", path, strerror(errno),
				  errno == ENOENT ? " (is the module " : "", errno == ENOENT ? module : "",
				  errno == ENOENT ? " loaded?)" : "");
	return fd;
}

int handle_grants_open(struct socle_error *e)
{
	return door_open("/dev/xen/gntdev", "xen-gntdev", 0, e);
}

int handle_events_open(uint16_t domid, struct socle_error *e)
{
	struct ioctl_evtchn_restrict_domid to = { .domid = domid };
	int fd = door_open("/dev/xen/evtchn", "xen-evtchn", O_NONBLOCK, e);

	if (fd >= 0 && ioctl(fd, IOCTL_EVTCHN_RESTRICT_DOMID, &to)) {
		socle_fail(e, errno, "cannot restrict /dev/xen/evtchn to domain %u: %s", domid, strerror(errno));
		close(fd);
		return -1;
	}
	return fd;
}
