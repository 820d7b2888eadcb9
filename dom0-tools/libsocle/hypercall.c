/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/libsocle/hypercall.c
 *
 * Hypercalls through Linux's privcmd device.  Buffers come from /dev/xen/hypercall where the kernel
 * has it (4.18 and later: pages that the kernel never moves nor swaps); older kernels get mlock()ed
 * anonymous memory, which is the best a process can do there.  One page of such memory is kept in
 * the handle for the fixed-size arguments of domctl, sysctl and memory_op, so that the common calls
 * allocate nothing.
 */
#include "libsocle/hypercall.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <abi/linux/privcmd.h>
#include <abi/xen.h>
#include <socle/op.h>

#include "libsocle/internal.h"

#define PAGE 4096u

static size_t page_round(size_t size)
{
	return (size + PAGE - 1) & ~(size_t)(PAGE - 1);
}

struct socle_hv *socle_hv_open(struct socle_error *e)
{
	struct socle_hv *hv = calloc(1, sizeof(*hv));

	if (!hv) {
		socle_fail(e, ENOMEM, "out of memory");
		return NULL;
	}
	hv->buf_fd = -1;
	hv->fd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
	if (hv->fd < 0) {
		int err = errno;

		socle_fail_id(e, err, "no-hypervisor", "cannot open /dev/xen/privcmd: %s%s", strerror(err),
			   err == ENOENT ? " (is this dom0, and is the module xen-privcmd loaded?)"
			   : err == EACCES ? " (root is needed)"
					   : "");
		free(hv);
		return NULL;
	}
	hv->buf_fd = open("/dev/xen/hypercall", O_RDWR | O_CLOEXEC);
	hv->scratch = socle_hbuf_alloc(hv, PAGE);
	if (!hv->scratch) {
		socle_fail_id(e, errno, "dom0-memory", "cannot lock a page of memory for hypercalls: %s",
			   strerror(errno));
		socle_hv_close(hv);
		return NULL;
	}
	return hv;
}

void socle_hv_close(struct socle_hv *hv)
{
	if (!hv)
		return;
	socle_hbuf_free(hv, hv->scratch, PAGE);
	if (hv->buf_fd >= 0)
		close(hv->buf_fd);
	close(hv->fd);
	free(hv);
}

long socle_hypercall(struct socle_hv *hv, unsigned int op, uint64_t a0, uint64_t a1, uint64_t a2,
		     uint64_t a3, uint64_t a4)
{
	struct privcmd_hypercall call = { .op = op, .arg = { a0, a1, a2, a3, a4 } };
	long r = ioctl(hv->fd, IOCTL_PRIVCMD_HYPERCALL, &call);

	return r < 0 ? -(long)errno : r;
}

void *socle_hbuf_alloc(struct socle_hv *hv, size_t size)
{
	size_t len = page_round(size);
	void *p;

	if (!len) {
		errno = EINVAL;
		return NULL;
	}
	if (hv->buf_fd >= 0) {
		p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, hv->buf_fd, 0);
		if (p == MAP_FAILED)
			return NULL;
		memset(p, 0, len);
		return p;
	}
	p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1,
		 0);
	if (p == MAP_FAILED)
		return NULL;
	/* A fork would make the pages copy-on-write, and the hypervisor takes no such fault. */
	if (madvise(p, len, MADV_DONTFORK) || mlock(p, len)) {
		int err = errno;

		munmap(p, len);
		errno = err;
		return NULL;
	}
	return p;
}

void socle_hbuf_free(struct socle_hv *hv, void *p, size_t size)
{
	(void)hv;
	if (p)
		munmap(p, page_round(size));
}

int socle_domctl(struct socle_hv *hv, struct xen_domctl *op)
{
	long r;

	op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	memcpy(hv->scratch, op, sizeof(*op));
	r = socle_hypercall(hv, __HYPERVISOR_domctl, (uintptr_t)hv->scratch, 0, 0, 0, 0);
	memcpy(op, hv->scratch, sizeof(*op));
	return r < 0 ? (int)r : 0;
}

int socle_sysctl(struct socle_hv *hv, struct xen_sysctl *op)
{
	long r;

	op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	memcpy(hv->scratch, op, sizeof(*op));
	r = socle_hypercall(hv, __HYPERVISOR_sysctl, (uintptr_t)hv->scratch, 0, 0, 0, 0);
	memcpy(op, hv->scratch, sizeof(*op));
	return r < 0 ? (int)r : 0;
}

/* One with a command and an argument in memory, which comes back. */
static long op_with_argument(struct socle_hv *hv, unsigned int op, unsigned int cmd, void *arg, size_t len)
{
	long r;

	if (len > PAGE)
		return -E2BIG;
	if (len)
		memcpy(hv->scratch, arg, len);
	r = socle_hypercall(hv, op, cmd, len ? (uintptr_t)hv->scratch : 0, 0, 0, 0);
	if (len)
		memcpy(arg, hv->scratch, len);
	return r;
}

long socle_memory_op(struct socle_hv *hv, unsigned int cmd, void *arg, size_t len)
{
	return op_with_argument(hv, __HYPERVISOR_memory_op, cmd, arg, len);
}

long socle_sched_op(struct socle_hv *hv, unsigned int cmd, void *arg, size_t len)
{
	return op_with_argument(hv, __HYPERVISOR_sched_op, cmd, arg, len);
}

int socle_own_op(struct socle_hv *hv, unsigned int op, void *arg, size_t len)
{
	long r;

	if (len > PAGE)
		return -E2BIG;
	memcpy(hv->scratch, arg, len);
	r = socle_hypercall(hv, __HYPERVISOR_socle_op, op, (uintptr_t)hv->scratch, 0, 0, 0);
	if (r == 0)
		memcpy(arg, hv->scratch, len);
	return (int)r;
}
