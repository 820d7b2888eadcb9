/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pages behind a request's segments. Segment i is bytes i * 4096 on of the buffer. A whole page of a buffer is granted as
 * it is, unless the backend keeps pages mapped (persistent grants): those are the driver's own, taken from a pool and put
 * back with their grants, and data is copied.
 */
#include "block/internal.h"
#include "kit/grant.h"
#include "kit/memory.h"

/* A page of our own, granted. */
static int page_make(struct blkfront *b, struct blk_page *p, bool readonly)
{
	void *page = kit_page_alloc(1);
	int ref = page ? kit_grant(b->device.backend_id, page, readonly) : -XEN_ENOMEM;

	if (ref < 0) {
		kit_page_free(page, 1);
		return ref;
	}
	*p = (struct blk_page){ (uint32_t)ref, page, true };
	return 0;
}

static int page_get(struct blkfront *b, struct blk_page *p, const struct blk_io *io, uint64_t at, uint32_t n)
{
	void *data = (uint8_t *)io->data + at;
	int ref;

	if (b->facts.persistent && b->pool_nr) {
		*p = b->pool[--b->pool_nr];
		return 0;
	}
	if (b->facts.persistent || n < PAGE_SIZE || (uint64_t)data % PAGE_SIZE)
		return page_make(b, p, !b->facts.persistent && io->op == BLK_WRITE);
	ref = kit_grant(b->device.backend_id, data, io->op == BLK_WRITE);
	if (ref < 0)
		return ref;
	*p = (struct blk_page){ (uint32_t)ref, data, false };
	return 0;
}

/* False: it is the caller's page, and stays mapped. */
static bool page_put(struct blkfront *b, struct blk_page *p)
{
	if (b->facts.persistent && b->pool_nr < b->pool_room) {
		b->pool[b->pool_nr++] = *p;
		return true;
	}
	if (p->own) {
		kit_grant_end_page(p->ref, p->page);
		return true;
	}
	if (!kit_grant_end(p->ref))
		return true;
	kit_grant_end_page(p->ref, NULL);
	return false;
}

static uint32_t piece(const struct blk_io *io, uint64_t at)
{
	return io->bytes - at < PAGE_SIZE ? (uint32_t)(io->bytes - at) : (uint32_t)PAGE_SIZE;
}

int blk_buffer_grant(struct blkfront *b, struct blk_use *use, const struct blk_io *io, struct blkif_request_segment *segs)
{
	use->nr = 0;
	for (uint64_t at = 0; at < io->bytes; at += PAGE_SIZE) {
		struct blk_page *p = &use->pages[use->nr];
		uint32_t n = piece(io, at);
		int rc = page_get(b, p, io, at, n);

		if (rc) {
			blk_buffer_end(b, use, io, false);
			return rc;
		}
		if (p->own && io->op == BLK_WRITE)
			memcpy(p->page, (uint8_t *)io->data + at, n);
		segs[use->nr++] = (struct blkif_request_segment){ .gref = p->ref, .last_sect = (uint8_t)(n / BLK_SECTOR - 1) };
	}
	return 0;
}

/* What is copied is copied once, so a backend that goes on writing changes nothing that the caller has seen. */
bool blk_buffer_end(struct blkfront *b, struct blk_use *use, const struct blk_io *io, bool copy)
{
	bool mine = true;

	for (uint32_t i = 0; i < use->nr; i++) {
		struct blk_page *p = &use->pages[i];
		uint64_t at = i * PAGE_SIZE;

		if (copy && p->own && io->op == BLK_READ)
			memcpy((uint8_t *)io->data + at, p->page, piece(io, at));
		mine &= page_put(b, p);
	}
	use->nr = 0;
	return mine;
}

int blk_list_grant(struct blkfront *b, struct blk_use *use, const struct blkif_request_segment *segs, uint32_t n)
{
	int rc = use->list.page ? 0 : page_make(b, &use->list, true);

	if (!rc)
		memcpy(use->list.page, segs, n * sizeof(*segs));
	return rc;
}

void blk_use_free(struct blk_use *use)
{
	if (use->list.page)
		kit_grant_end_page(use->list.ref, use->list.page);
	kit_free(use->pages);
}

void blk_pool_free(struct blkfront *b)
{
	while (b->pool_nr) {
		b->pool_nr--;
		kit_grant_end_page(b->pool[b->pool_nr].ref, b->pool[b->pool_nr].page);
	}
	kit_free(b->pool);
	b->pool = NULL;
	b->pool_room = 0;
}
