/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/memory.c
 *
 * Getting memory for a guest and reaching it.  Memory is asked for in 2 MiB pieces, which the
 * hypervisor can map with fewer entries and finds faster; where none are left, in single pages.
 * Access is through foreign maps of up to MAP_PAGES at a time: large enough to make the cost of the
 * call small, small enough to keep dom0's page tables and the time until Ctrl-C is seen small.
 */
#include "domain/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <abi/memory.h>

#include "domain/codes.h"

#define MAP_PAGES   1024u

/* One allocation call; how many extents were got, or -errno.  list is locked memory. */
static long populate_call(struct domain_ctx *ctx, struct guest_memory *m, struct extent_batch b,
			  uint64_t done, uint64_t *list)
{
	struct xen_memory_reservation res = {
		.extent_start = (uintptr_t)list, .nr_extents = b.nr,
		.extent_order = b.order, .domid = m->domid,
	};
	long got;

	for (uint64_t i = 0; i < b.nr; i++)
		list[i] = done + (i << b.order);
	got = socle_memory_op(ctx->hv, XENMEM_populate_physmap, &res, sizeof(res));
	if (got > (long)b.nr)
		return -EPROTO;
	for (long i = 0; i < got; i++)
		for (uint64_t j = 0; j < UINT64_C(1) << b.order; j++)
			m->mfn[done + ((uint64_t)i << b.order) + j] = list[i] + j;
	return got;
}

static int populate_all(struct domain_ctx *ctx, struct guest_memory *m, uint64_t *list,
			struct socle_error *e)
{
	bool small_only = false;
	uint64_t done = 0;

	work_step(ctx->work, "memory", WORK_BYTES, m->nr_pages * 4096);
	while (done < m->nr_pages) {
		struct extent_batch b = extent_next(m->nr_pages, done, small_only);
		long got = populate_call(ctx, m, b, done, list);

		if (got < 0 && got != -ENOMEM)
			return socle_refused(e, (int)got, "the hypervisor refused memory");
		if (got > 0)
			done += (uint64_t)got << b.order;
		work_done(ctx->work, done * 4096);
		if ((got < 0 || (uint64_t)got < b.nr) && b.order == 0)
			return socle_fail_id(e, DOMAIN_E_NO_MEMORY, "no-memory",
					  "not enough free memory: got %" PRIu64 " of %" PRIu64
					  " KiB; see 'socle info', give the guest less "
					  "<memory> or stop another",
					  done * 4, m->nr_pages * 4);
		if (got < 0 || (uint64_t)got < b.nr)
			small_only = true;
		if (domain_ctx_check_stop(ctx, e))
			return -1;
	}
	return 0;
}

int guest_memory_populate(struct domain_ctx *ctx, struct guest_memory *m, uint16_t domid,
			  uint64_t nr_pages, struct socle_error *e)
{
	uint64_t *list = socle_hbuf_alloc(ctx->hv, EXTENTS_MAX * sizeof(*list));
	int r;

	*m = (struct guest_memory){ .domid = domid, .nr_pages = nr_pages };
	m->mfn = calloc(nr_pages, sizeof(*m->mfn));
	if (!list || !m->mfn)
		r = socle_fail_id(e, DOMAIN_E_NO_MEMORY, "dom0-memory", "out of memory in dom0");
	else
		r = populate_all(ctx, m, list, e);
	socle_hbuf_free(ctx->hv, list, EXTENTS_MAX * sizeof(*list));
	if (r)
		guest_memory_free(m);
	return r;
}

void guest_memory_free(struct guest_memory *m)
{
	free(m->mfn);
	m->mfn = NULL;
}

int guest_memory_walk(struct domain_ctx *ctx, const struct guest_memory *m, uint64_t pfn,
		      uint64_t nr,
		      int (*fill)(void *arg, void *page, uint64_t index, uint64_t count,
				  struct socle_error *e),
		      void *arg, struct socle_error *e)
{
	if (pfn > m->nr_pages || nr > m->nr_pages - pfn)
		return socle_fail(e, EINVAL,
				  "pages %#" PRIx64 "+%#" PRIx64 " lie outside the guest", pfn, nr);
	for (uint64_t i = 0; i < nr;) {
		uint64_t count = nr - i < MAP_PAGES ? nr - i : MAP_PAGES;
		void *p = socle_foreign_map(ctx->hv, m->domid, m->mfn + pfn + i, count,
					    PROT_READ | PROT_WRITE, e);
		int r;

		if (!p)
			return -1;
		r = fill(arg, p, i, count, e);
		socle_foreign_unmap(p, count);
		if (r)
			return r;
		if (domain_ctx_check_stop(ctx, e))
			return -1;
		i += count;
	}
	return 0;
}
