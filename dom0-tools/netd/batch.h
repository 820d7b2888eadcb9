/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/netd/batch.h
 *
 * Copies between private memory and a guest's pages, gathered and made by one request; and the memory itself.  Frames are
 * laid so that as few pieces as possible cross a page, since each crossing is one copy more.
 */
#ifndef SOCLE_NETD_BATCH_H
#define SOCLE_NETD_BATCH_H

#include "libsocle/error.h"
#include "netd/io.h"
#include "netd/offload.h"
#include "netd/tx.h"

#define NET_BATCH_COPIES 512u
#define NET_BATCH_MEMORY (1024u * 1024)
/* The largest frame, its header, the page's rest before it. */
#define NET_FRAME_ROOM   (65536u + 64 + 2 * NET_RING_PAGE)

struct net_batch {
	const struct net_io *io;
	uint8_t *memory; /* page-aligned */
	uint32_t used;
	uint32_t n;
	struct ioctl_gntdev_grant_copy_segment segment[NET_BATCH_COPIES];
	bool *failed[NET_BATCH_COPIES];
};

int net_batch_init(struct net_batch *b, const struct net_io *io, struct socle_error *e);
void net_batch_fini(struct net_batch *b);

/* Is there room for one more frame and its copies? */
bool net_batch_has_room(const struct net_batch *b);

/*
 * Where the next frame goes: the tap's header is before it.  `first` bytes of it come from another place than the rest, so
 * the rest begins with a page; 0: all of it begins with a page.  Then how long it has become.
 */
uint8_t *net_batch_place(struct net_batch *b, uint32_t first);
void net_batch_placed(struct net_batch *b, const uint8_t *frame, uint32_t len);

/* *failed becomes true when the copy is refused. */
void net_batch_from_guest(struct net_batch *b, const struct net_piece *piece, uint8_t *to, bool *failed);
void net_batch_to_guest(struct net_batch *b, uint32_t gref, const uint8_t *from, uint32_t len, bool *failed);

void net_batch_run(struct net_batch *b); /* the copies; what is laid stays */
void net_batch_clear(struct net_batch *b);

#endif /* SOCLE_NETD_BATCH_H */
