/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/libsocle/foreign.c
 *
 * Maps of another domain's frames and of its named resources, through the privcmd device.  The
 * kernel reports an error per frame; a map here is all or nothing, and the first frame that failed
 * is named.  The pages of a map stay the other domain's: they may change under the reader.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <abi/linux/privcmd.h>

#include "libsocle/hypercall.h"
#include "libsocle/internal.h"

#define PAGE 4096u

static int batch_fail(const int32_t *errs, const uint64_t *mfns, size_t n, uint16_t domid,
		      struct socle_error *e)
{
	for (size_t i = 0; i < n; i++)
		if (errs[i])
			return socle_fail(e, -errs[i],
					  "cannot map frame %#" PRIx64 " of domain %u: %s",
					  mfns[i], domid, strerror(-errs[i]));
	return 0;
}

void *socle_foreign_map(struct socle_hv *hv, uint16_t domid, const uint64_t *mfns, size_t n,
			int prot, struct socle_error *e)
{
	struct privcmd_mmapbatch_v2 batch;
	int32_t *errs;
	void *p;

	if (!n || n > UINT32_MAX / PAGE) {
		socle_fail(e, EINVAL, "cannot map %zu frames of domain %u at once", n, domid);
		return NULL;
	}
	errs = calloc(n, sizeof(*errs));
	if (!errs) {
		socle_fail(e, ENOMEM, "out of memory");
		return NULL;
	}
	p = mmap(NULL, n * PAGE, prot, MAP_SHARED, hv->fd, 0);
	if (p == MAP_FAILED) {
		socle_fail(e, errno, "cannot reserve %zu pages of address space: %s", n,
			   strerror(errno));
		free(errs);
		return NULL;
	}
	batch = (struct privcmd_mmapbatch_v2){
		.num = (uint32_t)n, .dom = domid, .addr = (uintptr_t)p,
		.arr = (uintptr_t)mfns, .err = (uintptr_t)errs,
	};
	if (ioctl(hv->fd, IOCTL_PRIVCMD_MMAPBATCH_V2, &batch) < 0) {
		int err = errno;

		if (batch_fail(errs, mfns, n, domid, e) == 0)
			socle_fail(e, err, "cannot map %zu frames of domain %u: %s", n, domid,
				   strerror(err));
		goto err_unmap;
	}
	if (batch_fail(errs, mfns, n, domid, e))
		goto err_unmap;
	free(errs);
	return p;

err_unmap:
	munmap(p, n * PAGE);
	free(errs);
	return NULL;
}

void socle_foreign_unmap(void *p, size_t n)
{
	if (p)
		munmap(p, n * PAGE);
}

void *socle_resource_map(struct socle_hv *hv, uint16_t domid, unsigned int type, unsigned int id,
			 unsigned int first, size_t n, int prot, struct socle_error *e)
{
	struct privcmd_mmap_resource res;
	void *p = mmap(NULL, n * PAGE, prot, MAP_SHARED, hv->fd, 0);

	if (p == MAP_FAILED) {
		socle_fail(e, errno, "cannot reserve %zu pages of address space: %s", n,
			   strerror(errno));
		return NULL;
	}
	res = (struct privcmd_mmap_resource){
		.dom = domid, .type = type, .id = id, .idx = first, .num = n,
		.addr = (uintptr_t)p,
	};
	if (ioctl(hv->fd, IOCTL_PRIVCMD_MMAP_RESOURCE, &res) < 0) {
		int err = errno;

		munmap(p, n * PAGE);
		socle_fail(e, err, "cannot map resource %u/%u of domain %u: %s", type, id, domid,
			   strerror(err));
		return NULL;
	}
	return p;
}
