/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/netd/batch.c
 *
 * See batch.h.
 */
#include "netd/batch.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

int net_batch_init(struct net_batch *b, const struct net_io *io, struct socle_error *e)
{
	*b = (struct net_batch){ .io = io };
	b->memory = mmap(NULL, NET_BATCH_MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (b->memory == MAP_FAILED) {
		b->memory = NULL;
		return socle_fail(e, errno, "no memory for frames: %s", strerror(errno));
	}
	return 0;
}

void net_batch_fini(struct net_batch *b)
{
	if (b->memory)
		munmap(b->memory, NET_BATCH_MEMORY);
	b->memory = NULL;
}

bool net_batch_has_room(const struct net_batch *b)
{
	return b->n + NET_TX_PIECES <= NET_BATCH_COPIES && b->used + NET_FRAME_ROOM <= NET_BATCH_MEMORY;
}

uint8_t *net_batch_place(struct net_batch *b, uint32_t first)
{
	uint32_t at = b->used + NET_TAP_HEADER;
	uint32_t page = (at + first + NET_RING_PAGE - 1) / NET_RING_PAGE * NET_RING_PAGE;

	return b->memory + page - first;
}

void net_batch_placed(struct net_batch *b, const uint8_t *frame, uint32_t len)
{
	b->used = (uint32_t)(frame - b->memory) + len;
	assert(b->used <= NET_BATCH_MEMORY);
}

static struct ioctl_gntdev_grant_copy_segment *segment_new(struct net_batch *b, bool *failed)
{
	assert(b->n < NET_BATCH_COPIES);
	b->failed[b->n] = failed;
	return &b->segment[b->n++];
}

void net_batch_from_guest(struct net_batch *b, const struct net_piece *piece, uint8_t *to, bool *failed)
{
	*segment_new(b, failed) = (struct ioctl_gntdev_grant_copy_segment){
		.source.foreign = { .ref = piece->gref, .offset = piece->offset }, .dest.virt = (uintptr_t)to,
		.len = piece->size, .flags = GNTCOPY_source_gref,
	};
}

void net_batch_to_guest(struct net_batch *b, uint32_t gref, const uint8_t *from, uint32_t len, bool *failed)
{
	*segment_new(b, failed) = (struct ioctl_gntdev_grant_copy_segment){
		.source.virt = (uintptr_t)from, .dest.foreign = { .ref = gref }, .len = (uint16_t)len,
		.flags = GNTCOPY_dest_gref,
	};
}

void net_batch_run(struct net_batch *b)
{
	b->io->copy(b->io->context, b->segment, b->n);
	for (uint32_t i = 0; i < b->n; i++)
		if (b->segment[i].status != GNTST_okay)
			*b->failed[i] = true;
	b->n = 0;
}

void net_batch_clear(struct net_batch *b)
{
	b->used = b->n = 0;
}
