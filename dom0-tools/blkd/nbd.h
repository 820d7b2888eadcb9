/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/blkd/nbd.h
 *
 * A disk behind an NBD server, by libnbd, over a socket that somebody else connected.
 *
 * A connection that ends takes with it what was under way: the image is lost then, nothing of it is reported, and the
 * requests stay in the journal for a successor with a new connection.
 */
#ifndef SOCLE_BLKD_NBD_H
#define SOCLE_BLKD_NBD_H

#include "blkd/image.h"
#include "blkd/journal.h"
#include "libsocle/error.h"

struct nbd_handle;
struct blk_nbd;

struct blk_nbd_io {
	struct blk_nbd *owner;
	struct blk_io io;
	uint64_t through;      /* bytes of a long discard that are done */
	uint32_t piece;        /* bytes of the one that is out */
};

struct blk_nbd {
	struct blk_image image;
	struct nbd_handle *nbd;
	bool can_flush;
	struct blk_nbd_io io[BLK_SLOTS];
	uint32_t nr_ended;
	struct blk_done ended[BLK_SLOTS];
};

struct blk_nbd_wants {
	const char *export;
	bool readonly, can_discard;
	uint32_t sector_size;
};

/*
 * Makes the handshake, waiting for the server.  The socket is the image's then. 0 or -1 with the error filled in.
 * Of two programs only blkd-nbd can: libnbd brings a dozen libraries along, which a disk in a file shall not wait for, nor
 * have in its process (nbd_none.c).
 */
int blk_nbd_open(struct blk_nbd *n, int socket, const struct blk_nbd_wants *w, struct socle_error *e);

#endif /* SOCLE_BLKD_NBD_H */
