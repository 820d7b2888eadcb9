/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/blkd/nbd.c
 *
 * See nbd.h.  libnbd calls back while it holds its handle's lock, so what has ended is only noted there.
 */
#include "blkd/nbd.h"

#include <errno.h>
#include <libnbd.h>
#include <string.h>

#include "device/log.h"

#define SECTOR      512u
#define PIECE_MAX   (1u << 30) /* of a discard: a request's length has 32 bits */
#define POLLS_MAX   256u

static struct blk_nbd *nbd_of(struct blk_image *image)
{
	return (struct blk_nbd *)image;
}

static void note(struct blk_nbd_io *x, int error)
{
	x->owner->ended[x->owner->nr_ended++] = (struct blk_done){ x->io.tag, error };
}

static int completed(void *data, int *error)
{
	note(data, *error);
	return 1; /* the command's record is not needed any more */
}

static void submit(struct blk_nbd_io *x)
{
	nbd_completion_callback cb = { .callback = completed, .user_data = x };
	struct nbd_handle *h = x->owner->nbd;
	uint64_t left = x->io.len - x->through;
	int64_t r = -1;

	switch (x->io.kind) {
	case BLK_READ: r = nbd_aio_pread(h, x->io.buf, x->io.len, x->io.offset, cb, 0); break;
	case BLK_WRITE: r = nbd_aio_pwrite(h, x->io.buf, x->io.len, x->io.offset, cb, 0); break;
	case BLK_FLUSH: r = nbd_aio_flush(h, cb, 0); break;
	case BLK_DISCARD:
		x->piece = left < PIECE_MAX ? (uint32_t)left : PIECE_MAX;
		r = nbd_aio_trim(h, x->piece, x->io.offset + x->through, cb, 0);
		break;
	}
	if (r < 0)
		note(x, nbd_get_errno() ? nbd_get_errno() : EIO);
}

static void nbd_start(struct blk_image *image, const struct blk_io *io)
{
	struct blk_nbd *n = nbd_of(image);
	struct blk_nbd_io *x = &n->io[io->tag];

	*x = (struct blk_nbd_io){ .owner = n, .io = *io };
	/* A server that offers no flush has nothing to flush (NBD protocol, NBD_FLAG_SEND_FLUSH). */
	if (io->kind == BLK_FLUSH && !n->can_flush)
		note(x, 0);
	else
		submit(x);
}

static void nbd_kick(struct blk_image *image)
{
	(void)image; /* what can be sent was sent as it was started */
}

/* Let libnbd read and write as long as there is something to; bounded, for a server that never stops talking. */
static void socket_serve(struct blk_nbd *n)
{
	int r = 1;

	for (uint32_t i = 0; i < POLLS_MAX && r == 1; i++)
		r = nbd_poll(n->nbd, 0);
	if (r < 0 || nbd_aio_is_dead(n->nbd) == 1 || nbd_aio_is_closed(n->nbd) == 1) {
		if (!n->image.lost)
			log_line("the connection to the NBD server is lost: %s", nbd_get_error() ? nbd_get_error() : "closed");
		n->image.lost = true;
	}
}

/* A discard that has more pieces goes on. */
static bool goes_on(struct blk_nbd_io *x, int error)
{
	if (error || x->io.kind != BLK_DISCARD)
		return false;
	x->through += x->piece;
	if (x->through >= x->io.len)
		return false;
	submit(x);
	return true;
}

static uint32_t nbd_reap(struct blk_image *image, struct blk_done *done, uint32_t max)
{
	struct blk_nbd *n = nbd_of(image);
	struct blk_done now[BLK_SLOTS];
	uint32_t nr, given = 0;

	socket_serve(n);
	if (image->lost)
		return 0;
	nr = n->nr_ended < max ? n->nr_ended : max;
	memcpy(now, n->ended, nr * sizeof(now[0]));
	n->nr_ended -= nr;
	memmove(n->ended, n->ended + nr, n->nr_ended * sizeof(now[0]));
	for (uint32_t i = 0; i < nr; i++)
		if (!goes_on(&n->io[now[i].tag], now[i].error))
			done[given++] = now[i];
	return given;
}

/* What has ended already is to be fetched at once: a socket can be written to most of the time. */
static struct pollfd nbd_waits_for(struct blk_image *image)
{
	struct blk_nbd *n = nbd_of(image);
	unsigned int direction = nbd_aio_get_direction(n->nbd);
	struct pollfd p = { .fd = nbd_aio_get_fd(n->nbd) };

	if (direction & LIBNBD_AIO_DIRECTION_READ)
		p.events |= POLLIN;
	if (direction & LIBNBD_AIO_DIRECTION_WRITE || n->nr_ended)
		p.events |= POLLOUT;
	return p;
}

static int nbd_measure(struct blk_image *image, uint64_t *sectors)
{
	int64_t size = nbd_get_size(nbd_of(image)->nbd);

	if (size < 0)
		return -(nbd_get_errno() ? nbd_get_errno() : EIO);
	*sectors = (uint64_t)size / SECTOR;
	return 0;
}

static void nbd_image_close(struct blk_image *image)
{
	nbd_close(nbd_of(image)->nbd);
}

static const struct blk_image_ops nbd_ops = {
	.start = nbd_start, .kick = nbd_kick, .reap = nbd_reap, .waits_for = nbd_waits_for,
	.measure = nbd_measure, .close = nbd_image_close,
};

static int server_check(struct blk_nbd *n, const struct blk_nbd_wants *w, struct socle_error *e)
{
	int64_t block = nbd_get_block_size(n->nbd, LIBNBD_SIZE_MINIMUM);

	if (nbd_is_read_only(n->nbd) == 1 && !w->readonly)
		return socle_fail(e, EROFS, "the NBD server gives '%s' for reading only", w->export);
	if (block > (int64_t)w->sector_size)
		return socle_fail(e, EINVAL, "the NBD server wants blocks of %lld bytes, the disk's sectors have %u",
				  (long long)block, w->sector_size);
	n->can_flush = nbd_can_flush(n->nbd) == 1;
	n->image.can_discard = w->can_discard && nbd_can_trim(n->nbd) == 1;
	return 0;
}

int blk_nbd_open(struct blk_nbd *n, int socket, const struct blk_nbd_wants *w, struct socle_error *e)
{
	*n = (struct blk_nbd){ .image = { .ops = &nbd_ops }, .nbd = nbd_create() };
	if (!n->nbd || nbd_set_export_name(n->nbd, w->export) || nbd_connect_socket(n->nbd, socket)) {
		/* Whatever it is: a server that comes up may not serve this yet. */
		socle_fail(e, EHOSTDOWN, "the NBD server does not serve '%s': %s", w->export, nbd_get_error());
		nbd_close(n->nbd);
		return -1;
	}
	if (server_check(n, w, e)) {
		nbd_close(n->nbd);
		return -1;
	}
	return 0;
}
