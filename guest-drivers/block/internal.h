/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by the files of the disk driver only. */
#ifndef SOCLE_BLOCK_INTERNAL_H
#define SOCLE_BLOCK_INTERNAL_H

#include "block/blkfront.h"
#include "block/table.h"
#include "kit/kit.h"
#include "kit/loop.h"
#include "kit/ring.h"
#include "kit/xenbus.h"

#define QUEUES_MAX	8U
#define ORDER_MAX	4U
#define SEGMENTS_MAX	256U

/* A page that the backend may reach, for one segment of a request. */
struct blk_page {
	uint32_t ref;
	void *page;
	bool own;		/* the driver's, data is copied; else the caller's */
};

/* What a request that is out has granted. */
struct blk_use {
	struct blk_page *pages;	/* segments of them */
	uint32_t nr;
	struct blk_page list;	/* of an indirect request's segments; stays granted */
};

struct queue {
	struct blkfront *disk;
	struct kit_ring ring;
	void *ring_pages;
	uint32_t ring_refs[1U << ORDER_MAX];
	unsigned int nr_refs;
	uint32_t port;
	struct blk_table table;
	struct blk_slot *slots;
	struct blk_use *uses;	/* one a slot */
	struct kit_task push;
};

struct blkfront {
	struct kit_device device;
	char name[16];
	struct blkfront_options opt;
	struct blk_facts facts;
	bool barrier;		/* flushes have to be asked for as barriers */
	unsigned int order;
	struct queue *queues;
	struct blk_page *pool;	/* granted pages that nobody uses at the moment, while the backend keeps pages mapped */
	uint32_t pool_nr, pool_room;
	struct blk_io *again, **again_end;	/* for the next backend */
	unsigned int nr_out;	/* requests that the backend has */
	uint64_t quiet_since;	/* its last answer, or the first request after it had none */
	struct kit_timer patience;
};

/* buffer.c */
/* Grants what a read or write needs, and copies what is written; segs gets one entry a page. 0 or a negative errno. */
int blk_buffer_grant(struct blkfront *b, struct blk_use *use, const struct blk_io *io, struct blkif_request_segment *segs);
/* Takes it back, and copies what was read. False: the backend has a page of the caller's mapped still. */
bool blk_buffer_end(struct blkfront *b, struct blk_use *use, const struct blk_io *io, bool copy);
/* The page for the segments of an indirect request, granted once. */
int blk_list_grant(struct blkfront *b, struct blk_use *use, const struct blkif_request_segment *segs, uint32_t n);
void blk_use_free(struct blk_use *use);
void blk_pool_free(struct blkfront *b);

#endif
