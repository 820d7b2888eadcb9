/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/bench/store/noxen.c
 *
 * Put before Debian's xenstored (LD_PRELOAD) it stands in for the libraries that talk to Xen, so that the daemon serves its
 * Unix socket on any machine: one page of memory is the ring of a kernel of domain 0 that never says anything, and event
 * channels never fire. What the benchmark measures, requests over the socket, does not come here.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

/* The libraries' own headers are not asked for: handles are pointers, all else is numbers. */
void *xenevtchn_open(void *logger, unsigned int flags);
int xenevtchn_close(void *h);
int xenevtchn_fd(void *h);
int xenevtchn_bind_interdomain(void *h, uint32_t domid, uint32_t port);
int xenevtchn_bind_virq(void *h, unsigned int virq);
int xenevtchn_unbind(void *h, uint32_t port);
int xenevtchn_notify(void *h, uint32_t port);
int xenevtchn_pending(void *h);
int xenevtchn_unmask(void *h, uint32_t port);
void *xengnttab_open(void *logger, unsigned int flags);
int xengnttab_set_max_grants(void *h, uint32_t n);
void *xc_interface_open(void *logger, void *dom_logger, unsigned int flags);
int xc_interface_close(void *h);
int xc_domain_getinfo(void *h, uint32_t first, unsigned int max, void *info);

static int nothing = 1;

static int event_fd(void)
{
	static int fd = -1;

	if (fd < 0)
		fd = eventfd(0, EFD_CLOEXEC);
	return fd;
}

void *xenevtchn_open(void *logger, unsigned int flags)
{
	(void)logger, (void)flags;
	return &nothing;
}

int xenevtchn_close(void *h) { (void)h; return 0; }
int xenevtchn_fd(void *h) { (void)h; return event_fd(); }
int xenevtchn_bind_interdomain(void *h, uint32_t domid, uint32_t port) { (void)h, (void)domid; return (int)port; }
int xenevtchn_bind_virq(void *h, unsigned int virq) { (void)h, (void)virq; return 2; }
int xenevtchn_unbind(void *h, uint32_t port) { (void)h, (void)port; return 0; }
int xenevtchn_notify(void *h, uint32_t port) { (void)h, (void)port; return 0; }
int xenevtchn_pending(void *h) { (void)h; errno = EAGAIN; return -1; }
int xenevtchn_unmask(void *h, uint32_t port) { (void)h, (void)port; return 0; }

void *xengnttab_open(void *logger, unsigned int flags)
{
	(void)logger, (void)flags;
	return &nothing;
}

int xengnttab_set_max_grants(void *h, uint32_t n) { (void)h, (void)n; return 0; }

void *xc_interface_open(void *logger, void *dom_logger, unsigned int flags)
{
	(void)logger, (void)dom_logger, (void)flags;
	return &nothing;
}

int xc_interface_close(void *h) { (void)h; return 0; }
int xc_domain_getinfo(void *h, uint32_t first, unsigned int max, void *info) { (void)h, (void)first, (void)max, (void)info; return 0; }

/* Its port is told as text, its page is mapped; both are files of xenfs. */
static int memory_file(const char *text, size_t size)
{
	int fd = memfd_create("noxen", MFD_CLOEXEC);

	if (fd >= 0 && (ftruncate(fd, (off_t)size) || pwrite(fd, text, strlen(text), 0) < 0)) {
		close(fd);
		return -1;
	}
	return fd;
}

int open(const char *path, int flags, ...)
{
	static int (*real)(const char *, int, ...);
	va_list ap;
	mode_t mode;

	if (!strcmp(path, "/proc/xen/xsd_port"))
		return memory_file("1", 1);
	if (!strcmp(path, "/proc/xen/xsd_kva") || !strcmp(path, "/dev/xen/xenbus_backend"))
		return memory_file("", 4096);
	if (!real)
		real = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	return real(path, flags, mode);
}
