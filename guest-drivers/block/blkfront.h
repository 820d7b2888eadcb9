/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Disks. An I/O is submitted and answered later, by a call from the loop (kit/loop.h); many may be out at once. All of it belongs
 * to the first vCPU.
 *
 * The backend is not trusted: an answer to nothing, an index that runs, a page that it does not let go make the device
 * broken. Then every I/O is answered with an error, the console says why, and the guest lives on. What the backend
 * can reach is what it was asked for: whole pages of a buffer are granted as they are, parts of a page go through a page
 * of the driver's own, so nothing beside them can be read.
 *
 * A backend that closes and comes again (an upgrade, a crash) is connected to anew, and has all that was out asked of it
 * again: reads and writes of the same data to the same place may be done twice.
 */
#ifndef SOCLE_BLOCK_BLKFRONT_H
#define SOCLE_BLOCK_BLKFRONT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum blk_op { BLK_READ, BLK_WRITE, BLK_FLUSH, BLK_DISCARD };

#define BLK_SECTOR	512U		/* what sectors are counted in, whatever the disk's own are */

struct blk_io {
	enum blk_op op;
	uint64_t sector;		/* sector and bytes: multiples of the disk's own sector; flush has none */
	void *data;			/* in memory of the kit, aligned to 512; read and write only */
	uint64_t bytes;
	/* 0; -XEN_EIO; -XEN_EOPNOTSUPP. The io is the caller's again, and may be submitted anew from here. */
	void (*done)(struct blk_io *io, int status);
	void *arg;
	/* With -XEN_EIO: the backend has the buffer mapped still and does not let go, so it must not be used any more. */
	bool lost;
	struct blk_io *next;		/* the driver's, while it is out */
};

struct blk_facts {
	uint64_t sectors;		/* of 512 bytes */
	uint32_t sector_size;		/* 512 to 4096: reads and writes are multiples of it */
	uint32_t physical_size;		/* what is better still */
	uint32_t max_bytes;		/* of one read or write */
	uint32_t depth;			/* I/Os that may be out, on all queues together */
	uint32_t queues, segments;
	bool readonly, removable, flush, discard, secure_discard, persistent;
};

struct blkfront;

struct blkfront_options {
	unsigned int queues;		/* wished for; 0 is 1 */
	unsigned int ring_order;	/* rings of 2^n pages, at most 4 */
	unsigned int segments;		/* pages of one I/O; 0 is 32, at most 256 */
	unsigned int patience;		/* seconds without any answer that a connected backend may take; then it has failed. 0: for ever */
	bool plain;			/* grants of each page for each I/O, even if the backend would keep pages mapped */
	void (*resized)(struct blkfront *b, void *arg);
	void *arg;
};

/* The n-th disk in the store's order, connected when *b is set: 0; -XEN_ENOENT: there are not so many; other errors. */
int blkfront_open(struct blkfront **b, unsigned int n, const struct blkfront_options *o, uint64_t until);
void blkfront_close(struct blkfront *b);	/* what is out is answered with -XEN_EIO; not from a callback */
const struct blk_facts *blkfront_facts(const struct blkfront *b);
const char *blkfront_name(const struct blkfront *b);
const char *blkfront_error(const struct blkfront *b);	/* why it is broken, or "" */

/*
 * 0: done will be called. -XEN_EAGAIN: the queue is full, or the backend is away; try again when something was answered, or
 * later. -XEN_EINVAL: no such I/O on this disk. -XEN_EIO: the device is broken or gone. -XEN_ENOMEM. What is submitted in one
 * turn of the loop is handed over together at its end. A flush comes after all writes that were answered before it.
 */
int blkfront_submit(struct blkfront *b, unsigned int queue, struct blk_io *io);
/* Submits, and lives in the loop until it is done; not from a callback. */
int blkfront_run(struct blkfront *b, struct blk_io *io);

#endif
