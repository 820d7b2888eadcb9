/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/stored/xen.c
 *
 * See xen.h. Where the ring of domain 0's kernel is (ABI page 8.2): xenfs shows its port as text
 * and lets the page be mapped; where xenfs is missing, /dev/xen/xenbus_backend does both, the
 * port as the result of its request 0 of type 'B'.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <abi/grant_table.h>
#include <abi/xen.h>

#include "libsocle/domain.h"
#include "libsocle/evtchn.h"
#include "libsocle/gnttab.h"
#include "libsocle/hypercall.h"
#include "stored/log.h"
#include "stored/xen.h"

#define XSD_PORT       "/proc/xen/xsd_port"
#define XSD_KVA        "/proc/xen/xsd_kva"
#define XENBUS_BACKEND "/dev/xen/xenbus_backend"
/* Linux include/xen/xenbus_dev.h: _IOC(_IOC_NONE, 'B', 0, 0). */
#define XENBUS_BACKEND_EVTCHN _IOC(_IOC_NONE, 'B', 0, 0)

#define PAGE_BYTES 4096
/* The second reserved reference is the store's ring (ABI page 6.1). */
#define STORE_GREF 1

struct xen {
	struct socle_evtchn *evtchn;
	struct socle_gnttab *gnttab;
	struct socle_hv *hv;
	uint32_t exception_port;
	int64_t patience_end;		/* ms */
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* True: somebody else holds it still, and it is not that late (ms); try once more. */
static bool wait_for_predecessor(int err, int64_t end)
{
	const struct timespec pause = { .tv_nsec = 5 * 1000 * 1000 };

	if ((err != -EINVAL && err != -EEXIST && err != -EBUSY) || now_ms() >= end)
		return false;
	nanosleep(&pause, NULL);
	return true;
}

struct xen *xen_open(struct socle_error *e)
{
	struct xen *x = calloc(1, sizeof(*x));
	int port;

	if (!x) {
		socle_fail(e, ENOMEM, "no memory");
		return NULL;
	}
	x->evtchn = socle_evtchn_open(e);
	x->gnttab = x->evtchn ? socle_gnttab_open(e) : NULL;
	x->hv = x->gnttab ? socle_hv_open(e) : NULL;
	if (!x->hv) {
		xen_close(x);
		return NULL;
	}
	x->patience_end = now_ms() + XEN_PATIENCE_MS;
	do
		port = socle_evtchn_bind_virq(x->evtchn, VIRQ_DOM_EXC);
	while (port < 0 && wait_for_predecessor(port, x->patience_end));
	if (port < 0) {
		socle_fail(e, -port, "cannot bind the event of domains' ends (VIRQ_DOM_EXC): %s%s",
			   strerror(-port), port == -EEXIST || port == -EBUSY ?
			   "; is another store daemon running?" : "");
		xen_close(x);
		return NULL;
	}
	x->exception_port = (uint32_t)port;
	return x;
}

void xen_close(struct xen *x)
{
	if (!x)
		return;
	socle_hv_close(x->hv);
	socle_gnttab_close(x->gnttab);
	socle_evtchn_close(x->evtchn);
	free(x);
}

int xen_event_fd(const struct xen *x)
{
	return socle_evtchn_fd(x->evtchn);
}

int xen_event_next(struct xen *x)
{
	int port = socle_evtchn_pending(x->evtchn);

	/* Unmasked before it is served: what happens meanwhile makes a new event. */
	if (port >= 0)
		socle_evtchn_unmask(x->evtchn, (uint32_t)port);
	return port;
}

void xen_notify(struct xen *x, uint32_t port)
{
	int ret = socle_evtchn_notify(x->evtchn, port);

	if (ret)
		log_debug("cannot notify port %u: %s", port, strerror(-ret));
}

uint32_t xen_exception_port(const struct xen *x)
{
	return x->exception_port;
}

static int backend_port(uint32_t *port, struct socle_error *e)
{
	int fd = open(XENBUS_BACKEND, O_RDWR | O_CLOEXEC), ret, err;

	if (fd < 0)
		return -1;
	ret = ioctl(fd, XENBUS_BACKEND_EVTCHN);
	err = errno;
	close(fd);
	if (ret <= 0)
		return socle_fail(e, err, "%s does not tell the port: %s", XENBUS_BACKEND,
				  strerror(err));
	*port = (uint32_t)ret;
	return 0;
}

int xen_dom0_port(struct xen *x, uint32_t *port, struct socle_error *e)
{
	int fd = open(XSD_PORT, O_RDONLY | O_CLOEXEC), err = errno;
	char text[16] = "";
	uint64_t n = 0;
	ssize_t got;

	(void)x;
	if (fd < 0) {
		if (!backend_port(port, e))
			return 0;
		return socle_fail(e, err, "cannot open " XSD_PORT ": %s: is this dom0, is xenfs "
				  "mounted at /proc/xen? (mount -t xenfs none /proc/xen)",
				  strerror(err));
	}
	got = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (got > 0)
		text[strcspn(text, "\n")] = '\0';
	if (got <= 0 || !wire_number(text, UINT32_MAX, &n) || n == 0)
		return socle_fail(e, EIO, XSD_PORT " does not hold a port number (\"%s\"): does "
				  "the kernel use a store elsewhere?", text);
	*port = (uint32_t)n;
	return 0;
}

static void *map_dom0(struct socle_error *e)
{
	const char *file = XSD_KVA;
	int fd = open(file, O_RDWR | O_CLOEXEC), err;
	void *p;

	if (fd < 0) {
		file = XENBUS_BACKEND;
		fd = open(file, O_RDWR | O_CLOEXEC);
	}
	if (fd < 0) {
		socle_fail(e, errno, "cannot open " XSD_KVA " or " XENBUS_BACKEND ": %s",
			   strerror(errno));
		return NULL;
	}
	p = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	err = errno;
	close(fd);
	if (p == MAP_FAILED) {
		socle_fail(e, err, "cannot map %s: %s", file, strerror(err));
		return NULL;
	}
	return p;
}

/* Through the grant that the toolstack made, else the frame itself. */
static int map_guest(struct xen *x, uint16_t domid, uint64_t gfn, struct xen_ring *ring,
		     struct socle_error *e)
{
	const uint32_t ref = STORE_GREF;

	ring->page = socle_gnttab_map(x->gnttab, domid, &ref, 1, PROT_READ | PROT_WRITE);
	ring->kind = XEN_MAP_GRANT;
	if (ring->page)
		return 0;
	log_debug("domain %u: grant %u: %s; mapping frame %llu instead", domid, ref,
		  strerror(errno), (unsigned long long)gfn);
	ring->page = socle_foreign_map(x->hv, domid, &gfn, 1, PROT_READ | PROT_WRITE, e);
	ring->kind = XEN_MAP_FOREIGN;
	return ring->page ? 0 : -1;
}

static void unmap(struct xen *x, struct xen_ring *ring)
{
	switch (ring->kind) {
	case XEN_MAP_DOM0:    munmap(ring->page, PAGE_BYTES); break;
	case XEN_MAP_GRANT:   socle_gnttab_unmap(x->gnttab, ring->page, 1); break;
	case XEN_MAP_FOREIGN: socle_foreign_unmap(ring->page, 1); break;
	case XEN_MAP_NONE:    break;
	}
	ring->kind = XEN_MAP_NONE;
	ring->page = NULL;
}

int xen_ring_open(struct xen *x, uint16_t domid, uint64_t gfn, uint32_t remote_port,
		  struct xen_ring *ring, struct socle_error *e)
{
	int64_t end = now_ms() + XEN_PORT_PATIENCE_MS;
	struct socle_error local = { 0 };
	int ret;

	if (domid == 0) {
		ring->page = map_dom0(&local);
		ring->kind = XEN_MAP_DOM0;
	} else {
		map_guest(x, domid, gfn, ring, &local);
	}
	if (!ring->page) {
		ring->kind = XEN_MAP_NONE;
		socle_fail(e, local.code, "cannot map the store ring of domain %u: %s", domid,
			   local.text);
		return local.code ? -local.code : -EIO;
	}
	do
		ret = socle_evtchn_bind_interdomain(x->evtchn, domid, remote_port);
	while (ret < 0 && wait_for_predecessor(ret, end < x->patience_end ? end : x->patience_end));
	if (ret < 0) {
		unmap(x, ring);
		socle_fail(e, -ret, "cannot bind the store port %u of domain %u: %s%s",
			   remote_port, domid, strerror(-ret),
			   domid ? "" : "; is another store daemon running?");
		return ret;
	}
	ring->port = (uint32_t)ret;
	return 0;
}

void xen_ring_close(struct xen *x, struct xen_ring *ring)
{
	socle_evtchn_unbind(x->evtchn, ring->port);
	unmap(x, ring);
}

enum domain_state xen_domain_state(struct xen *x, uint16_t domid)
{
	struct xen_domctl_getdomaininfo info;
	int ret = socle_domain_info(x->hv, domid, &info);

	if (ret == -ESRCH)
		return DOMAIN_GONE;
	if (ret) {
		/* Not knowing is no reason to cut a domain off. */
		log_error("cannot ask for the state of domain %u: %s", domid, strerror(-ret));
		return DOMAIN_RUNNING;
	}
	if (info.flags & XEN_DOMINF_dying)
		return DOMAIN_GONE;
	return info.flags & XEN_DOMINF_shutdown ? DOMAIN_SHUTDOWN : DOMAIN_RUNNING;
}

struct domain_handle xen_domain_handle(struct xen *x, uint16_t domid)
{
	struct xen_domctl_getdomaininfo info;
	struct domain_handle handle = { { 0 } };

	if (!socle_domain_info(x->hv, domid, &info))
		memcpy(handle.bytes, info.handle, sizeof(handle.bytes));
	return handle;
}
