/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/libsocle/evtchn.c
 *
 * Event channels over Linux's /dev/xen/evtchn: read() yields the ports that fired (and masks them),
 * write() of a port unmasks it.  Ports read in one go are kept and handed out one by one; a port
 * that is unbound meanwhile is taken out of that queue, since its number may be reused at once.
 */
#include "libsocle/evtchn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <abi/linux/evtchn.h>

#define QUEUE_MAX 64

struct socle_evtchn {
	int fd;
	unsigned int next, count; /* fired[next..count) is not handed out yet */
	uint32_t fired[QUEUE_MAX];
};

struct socle_evtchn *socle_evtchn_open(struct socle_error *e)
{
	struct socle_evtchn *ec = calloc(1, sizeof(*ec));

	if (!ec) {
		socle_fail(e, ENOMEM, "out of memory");
		return NULL;
	}
	ec->fd = open("/dev/xen/evtchn", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (ec->fd < 0) {
		socle_fail_id(e, errno, "no-kernel-module", "cannot open /dev/xen/evtchn: %s%s", strerror(errno),
			   errno == ENOENT ? " (is the module xen-evtchn loaded?)" : "");
		free(ec);
		return NULL;
	}
	return ec;
}

struct socle_evtchn *socle_evtchn_adopt(int fd, struct socle_error *e)
{
	struct socle_evtchn *ec = calloc(1, sizeof(*ec));

	if (!ec) {
		socle_fail(e, ENOMEM, "out of memory");
		return NULL;
	}
	ec->fd = fd;
	return ec;
}

void socle_evtchn_close(struct socle_evtchn *ec)
{
	if (!ec)
		return;
	close(ec->fd);
	free(ec);
}

int socle_evtchn_fd(const struct socle_evtchn *ec)
{
	return ec->fd;
}

static int call(struct socle_evtchn *ec, unsigned long request, void *arg)
{
	int r = ioctl(ec->fd, request, arg);

	return r < 0 ? -errno : r;
}

int socle_evtchn_bind_interdomain(struct socle_evtchn *ec, uint16_t domid, uint32_t remote_port)
{
	struct ioctl_evtchn_bind_interdomain bind = {
		.remote_domain = domid, .remote_port = remote_port,
	};

	return call(ec, IOCTL_EVTCHN_BIND_INTERDOMAIN, &bind);
}

int socle_evtchn_bind_virq(struct socle_evtchn *ec, unsigned int virq)
{
	struct ioctl_evtchn_bind_virq bind = { .virq = virq };

	return call(ec, IOCTL_EVTCHN_BIND_VIRQ, &bind);
}

int socle_evtchn_bind_unbound(struct socle_evtchn *ec, uint16_t domid)
{
	struct ioctl_evtchn_bind_unbound_port bind = { .remote_domain = domid };

	return call(ec, IOCTL_EVTCHN_BIND_UNBOUND_PORT, &bind);
}

int socle_evtchn_unbind(struct socle_evtchn *ec, uint32_t port)
{
	struct ioctl_evtchn_unbind unbind = { .port = port };
	unsigned int kept = ec->next;

	for (unsigned int i = ec->next; i < ec->count; i++)
		if (ec->fired[i] != port)
			ec->fired[kept++] = ec->fired[i];
	ec->count = kept;
	return call(ec, IOCTL_EVTCHN_UNBIND, &unbind);
}

int socle_evtchn_notify(struct socle_evtchn *ec, uint32_t port)
{
	struct ioctl_evtchn_notify notify = { .port = port };

	return call(ec, IOCTL_EVTCHN_NOTIFY, &notify);
}

int socle_evtchn_pending(struct socle_evtchn *ec)
{
	ssize_t r;

	if (ec->next < ec->count)
		return (int)ec->fired[ec->next++];
	do
		r = read(ec->fd, ec->fired, sizeof(ec->fired));
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return -errno;
	ec->next = 0;
	ec->count = (unsigned int)((size_t)r / sizeof(ec->fired[0]));
	return ec->count ? (int)ec->fired[ec->next++] : -EAGAIN;
}

int socle_evtchn_unmask(struct socle_evtchn *ec, uint32_t port)
{
	ssize_t r;

	do
		r = write(ec->fd, &port, sizeof(port));
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return -errno;
	return r == sizeof(port) ? 0 : -EIO;
}
