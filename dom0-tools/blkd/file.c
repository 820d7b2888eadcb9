/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/blkd/file.c
 *
 * See file.h.  Each tag has at most one entry in the submission queue, which has room for all of them.
 *
 * Direct and buffered I/O of one page at the same time would not see each other, so it matters when the page cache is used:
 * if direct I/O takes single sectors (statx tells), for nothing but what the kernel refused to do directly; else for all that
 * is not aligned to 4 KiB, and then the two never meet in one page of one request.
 */
#include "blkd/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define SECTOR       512u
#define PAGE         4096u
#define REGION_BYTES ((size_t)BLK_REGION_PAGES * PAGE)
#define TRIES_MAX    16u
#define WORKERS_MAX  8u /* kernel threads for what cannot be done at once */

enum { FILE_CACHED, FILE_DIRECT };

static struct blk_file *file_of(struct blk_image *image)
{
	return (struct blk_file *)image;
}

/* --- the ring -------------------------------------------------------------------------------- */

static int ring_restrict(struct blk_file *f)
{
	static const uint8_t ops[] = { IORING_OP_READ, IORING_OP_WRITE, IORING_OP_READ_FIXED, IORING_OP_WRITE_FIXED,
				       IORING_OP_FSYNC, IORING_OP_FALLOCATE };
	struct io_uring_restriction r[sizeof(ops) + 2] = { 0 };
	unsigned int n = 0;
	int err;

	for (; n < sizeof(ops); n++) {
		r[n].opcode = IORING_RESTRICTION_SQE_OP;
		r[n].sqe_op = ops[n];
	}
	r[n].opcode = IORING_RESTRICTION_SQE_FLAGS_REQUIRED;
	r[n++].sqe_flags = IOSQE_FIXED_FILE;
	r[n].opcode = IORING_RESTRICTION_REGISTER_OP;
	r[n++].register_op = IORING_REGISTER_BUFFERS_UPDATE;
	err = io_uring_register((unsigned int)f->uring.ring_fd, IORING_REGISTER_RESTRICTIONS, r, n);
	if (!err)
		err = io_uring_register((unsigned int)f->uring.ring_fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0);
	return err;
}

static int ring_make(struct blk_file *f, struct socle_error *e)
{
	struct io_uring_params p = { .flags = IORING_SETUP_R_DISABLED };
	const int fds[2] = { f->fd, f->direct_fd >= 0 ? f->direct_fd : f->fd };
	unsigned int workers[2] = { WORKERS_MAX, WORKERS_MAX };
	int r = io_uring_queue_init_params(BLK_SLOTS, &f->uring, &p);

	if (r < 0)
		return socle_fail(e, -r, "the kernel gives no io_uring: %s", strerror(-r));
	r = io_uring_register_files(&f->uring, fds, 2);
	f->fixed = io_uring_register_buffers_sparse(&f->uring, BLK_REGIONS) == 0;
	io_uring_register_iowq_max_workers(&f->uring, workers); /* older kernels have no such bound */
	if (!r)
		r = ring_restrict(f);
	if (r >= 0)
		return 0;
	io_uring_queue_exit(&f->uring);
	return socle_fail(e, -r, "cannot set up io_uring: %s", strerror(-r));
}

/* A region is registered, and so pinned, when it is first used. */
static int region_of(struct blk_file *f, const uint8_t *buf)
{
	uint32_t region = (uint32_t)((size_t)(buf - f->memory) / REGION_BYTES), bit = 1u << region;
	struct iovec v = { f->memory + region * REGION_BYTES, REGION_BYTES };
	__u64 tag = 0;

	if (!f->fixed || f->refused & bit)
		return -1;
	if (!(f->registered & bit)) {
		if (io_uring_register_buffers_update_tag(&f->uring, region, &v, &tag, 1) != 1) {
			f->refused |= bit; /* the user's share of locked memory is used up: slower, not wrong */
			return -1;
		}
		f->registered |= bit;
	}
	return (int)region;
}

/* --- operations ------------------------------------------------------------------------------ */

static bool is_direct(const struct blk_file *f, uint64_t offset, uint64_t len, const uint8_t *buf)
{
	return f->direct_fd >= 0 && (offset | len) % f->offset_align == 0 && (uintptr_t)buf % f->memory_align == 0;
}

static void transfer_prepare(struct blk_file *f, struct blk_file_io *x, struct io_uring_sqe *sqe)
{
	uint64_t offset = x->io.offset + x->done;
	unsigned int len = (unsigned int)(x->io.len - x->done);
	uint8_t *buf = x->io.buf + x->done;
	int fd, region = region_of(f, buf);

	x->buffered = x->buffered || !is_direct(f, offset, len, buf);
	fd = x->buffered ? FILE_CACHED : FILE_DIRECT;
	if (region >= 0 && x->io.kind == BLK_READ)
		io_uring_prep_read_fixed(sqe, fd, buf, len, offset, region);
	else if (region >= 0)
		io_uring_prep_write_fixed(sqe, fd, buf, len, offset, region);
	else if (x->io.kind == BLK_READ)
		io_uring_prep_read(sqe, fd, buf, len, offset);
	else
		io_uring_prep_write(sqe, fd, buf, len, offset);
}

static void submit(struct blk_file *f, struct blk_file_io *x)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&f->uring);

	if (x->io.kind == BLK_FLUSH)
		io_uring_prep_fsync(sqe, FILE_CACHED, IORING_FSYNC_DATASYNC);
	else if (x->io.kind == BLK_DISCARD)
		io_uring_prep_fallocate(sqe, FILE_CACHED, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
					(off_t)x->io.offset, (off_t)x->io.len);
	else
		transfer_prepare(f, x, sqe);
	sqe->flags |= IOSQE_FIXED_FILE;
	io_uring_sqe_set_data(sqe, x);
}

static void file_start(struct blk_image *image, const struct blk_io *io)
{
	struct blk_file *f = file_of(image);
	struct blk_file_io *x = &f->io[io->tag];

	*x = (struct blk_file_io){ .io = *io };
	submit(f, x);
}

static void file_kick(struct blk_image *image)
{
	struct blk_file *f = file_of(image);

	if (io_uring_sq_ready(&f->uring))
		io_uring_submit(&f->uring);
}

/* True when it has ended, with its errno; else it goes on. */
static bool ended(struct blk_file *f, struct blk_file_io *x, int res, int *error)
{
	bool transfer = x->io.kind == BLK_READ || x->io.kind == BLK_WRITE;

	*error = 0;
	if ((res == -EINTR || res == -EAGAIN) && x->again++ < TRIES_MAX) {
		submit(f, x);
		return false;
	}
	if (res == -EINVAL && transfer && !x->buffered) {
		x->buffered = true; /* a stricter alignment than we know of */
		submit(f, x);
		return false;
	}
	if (res < 0 || (transfer && res == 0)) {
		*error = res ? -res : EIO; /* nothing at all: beyond the end of a file that was cut */
		return true;
	}
	x->done += (uint64_t)res;
	if (!transfer || x->done >= x->io.len)
		return true;
	submit(f, x);
	return false;
}

static uint32_t file_reap(struct blk_image *image, struct blk_done *done, uint32_t max)
{
	struct blk_file *f = file_of(image);
	struct io_uring_cqe *cqe;
	uint32_t n = 0;

	while (n < max && io_uring_peek_cqe(&f->uring, &cqe) == 0) {
		struct blk_file_io *x = io_uring_cqe_get_data(cqe);
		int res = cqe->res;

		io_uring_cqe_seen(&f->uring, cqe);
		done[n].tag = x->io.tag;
		n += ended(f, x, res, &done[n].error);
	}
	file_kick(image);
	return n;
}

static struct pollfd file_waits_for(struct blk_image *image)
{
	struct io_uring *uring = &file_of(image)->uring;

	/* What the kernel did not take for want of memory is offered again at once: the ring is always writable. */
	return (struct pollfd){ .fd = uring->ring_fd, .events = io_uring_sq_ready(uring) ? POLLIN | POLLOUT : POLLIN };
}

static int file_measure(struct blk_image *image, uint64_t *sectors)
{
	off_t end = lseek(file_of(image)->fd, 0, SEEK_END);

	if (end < 0)
		return -errno;
	*sectors = (uint64_t)end / SECTOR;
	return 0;
}

static void file_close(struct blk_image *image)
{
	io_uring_queue_exit(&file_of(image)->uring);
}

static const struct blk_image_ops file_ops = {
	.start = file_start, .kick = file_kick, .reap = file_reap, .waits_for = file_waits_for,
	.measure = file_measure, .close = file_close,
};

/* --- open ------------------------------------------------------------------------------------ */

/* What direct I/O to it must be aligned to: by statx where the file system tells, else what all of them take. */
static void alignment_find(struct blk_file *f)
{
	struct statx sx;
	struct stat sb;
	int block;

	f->offset_align = f->memory_align = PAGE;
	if (f->direct_fd < 0)
		return;
	if (statx(f->direct_fd, "", AT_EMPTY_PATH, STATX_DIOALIGN, &sx) == 0 && sx.stx_mask & STATX_DIOALIGN) {
		if (!sx.stx_dio_offset_align) {
			f->direct_fd = -1; /* it says that this file has no such thing */
			return;
		}
		f->offset_align = sx.stx_dio_offset_align;
		f->memory_align = sx.stx_dio_mem_align;
	} else if (fstat(f->direct_fd, &sb) == 0 && S_ISBLK(sb.st_mode) && ioctl(f->direct_fd, BLKSSZGET, &block) == 0 &&
		   block >= (int)SECTOR) {
		f->offset_align = f->memory_align = (uint32_t)block;
	}
}

int blk_file_open(struct blk_file *f, int fd, int direct_fd, uint8_t *memory, bool can_discard, struct socle_error *e)
{
	*f = (struct blk_file){ .image = { .ops = &file_ops, .can_discard = can_discard },
				.fd = fd, .direct_fd = direct_fd, .memory = memory };
	alignment_find(f);
	return ring_make(f, e);
}
