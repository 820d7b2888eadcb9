/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/blkd/engine.c
 *
 * See engine.h.  Slots are few, so walking all of them beats keeping lists of them in step.
 */
#include "blkd/engine.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "blkd/log.h"

#define SECTOR 512u

int blk_engine_init(struct blk_engine *e, struct blk_disk *disk, int gnttab_fd, uint16_t domid,
		    struct socle_error *err)
{
	int r;

	*e = (struct blk_engine){
		.disk = disk, .event_fd = -1,
		.limits = { .sectors = disk->sectors, .readonly = disk->readonly,
			    .can_discard = disk->can_discard },
		.copy = { .gnttab_fd = gnttab_fd, .domid = domid },
	};
	e->buffers = mmap(NULL, (size_t)BLK_SLOTS * BLK_BYTES_MAX, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (e->buffers == MAP_FAILED)
		return socle_fail(err, errno, "no memory for buffers: %s", strerror(errno));
	for (unsigned int i = 0; i < BLK_SLOTS; i++)
		e->slot[i].buf = (uint8_t *)e->buffers + (size_t)i * BLK_BYTES_MAX;
	r = io_uring_queue_init(BLK_SLOTS, &e->uring, 0);
	if (r < 0) {
		munmap(e->buffers, (size_t)BLK_SLOTS * BLK_BYTES_MAX);
		return socle_fail(err, -r, "the kernel gives no io_uring: %s", strerror(-r));
	}
	e->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	r = e->event_fd < 0 ? -errno : io_uring_register_eventfd(&e->uring, e->event_fd);
	if (r < 0) {
		blk_engine_fini(e);
		return socle_fail(err, -r, "cannot watch io_uring: %s", strerror(-r));
	}
	return 0;
}

void blk_engine_fini(struct blk_engine *e)
{
	io_uring_queue_exit(&e->uring);
	if (e->event_fd >= 0)
		close(e->event_fd);
	munmap(e->buffers, (size_t)BLK_SLOTS * BLK_BYTES_MAX);
}

static void slot_finish(struct blk_slot *s, int16_t status)
{
	s->status = status;
	s->state = SLOT_DONE;
}

/* --- towards the disk ----------------------------------------------------------------------- */

static void transfer_prepare(struct blk_engine *e, struct blk_slot *s, struct io_uring_sqe *sqe)
{
	uint64_t offset = s->rq.sector * SECTOR + s->done, len = s->rq.nr_sectors * SECTOR - s->done;
	bool direct = !s->buffered && blk_disk_is_direct(e->disk, offset, len);
	int fd = direct ? e->disk->direct_fd : e->disk->fd;

	s->buffered = !direct;
	if (s->rq.kind == BLK_READ)
		io_uring_prep_read(sqe, fd, s->buf + s->done, (unsigned int)len, offset);
	else
		io_uring_prep_write(sqe, fd, s->buf + s->done, (unsigned int)len, offset);
}

/* There is an entry for each slot, so the submission queue cannot be full. */
static void slot_submit(struct blk_engine *e, struct blk_slot *s)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&e->uring);

	if (!sqe) {
		s->error = EAGAIN;
		slot_finish(s, BLKIF_RSP_ERROR);
		return;
	}
	if (s->rq.kind == BLK_FLUSH)
		io_uring_prep_fsync(sqe, e->disk->fd, IORING_FSYNC_DATASYNC);
	else if (s->rq.kind == BLK_DISCARD)
		io_uring_prep_fallocate(sqe, e->disk->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
					s->rq.sector * SECTOR, s->rq.nr_sectors * SECTOR);
	else
		transfer_prepare(e, s, sqe);
	io_uring_sqe_set_data(sqe, s);
	s->state = SLOT_RUNNING;
	e->running++;
}

static bool changes_disk(const struct blk_slot *s)
{
	return s->rq.kind == BLK_WRITE || s->rq.kind == BLK_DISCARD;
}

/* Is a write on its way that the guest sent before this flush? */
static bool flush_must_wait(const struct blk_engine *e, const struct blk_slot *flush)
{
	for (unsigned int i = 0; i < BLK_SLOTS; i++) {
		const struct blk_slot *s = &e->slot[i];

		if (s->state == SLOT_RUNNING && changes_disk(s) && s->seq < flush->seq)
			return true;
	}
	return false;
}

static void flushes_start(struct blk_engine *e)
{
	for (unsigned int i = 0; i < BLK_SLOTS; i++)
		if (e->slot[i].state == SLOT_WAITING && !flush_must_wait(e, &e->slot[i]))
			slot_submit(e, &e->slot[i]);
}

/* --- from the ring -------------------------------------------------------------------------- */

static struct blk_slot *slot_alloc(struct blk_engine *e)
{
	for (unsigned int i = 0; i < BLK_SLOTS; i++) {
		struct blk_slot *s = &e->slot[i];

		if (s->state != SLOT_FREE)
			continue;
		s->state = SLOT_TAKEN;
		s->seq = e->next_seq++;
		s->done = 0;
		s->buffered = s->failed = false;
		s->error = 0;
		return s;
	}
	return NULL;
}

static bool slot_is_free(const struct blk_engine *e)
{
	for (unsigned int i = 0; i < BLK_SLOTS; i++)
		if (e->slot[i].state == SLOT_FREE)
			return true;
	return false;
}

static void refused(struct blk_engine *e, struct blk_slot *s, int16_t status, const char *why)
{
	e->refused++;
	log_counted(e->refused, "the guest's request (operation %u, sector %llu) is refused: %s",
		    s->rq.operation, (unsigned long long)s->rq.sector, why);
	slot_finish(s, status);
}

/* Step 1: copies of ring entries into slots. True when the ring may hold more. */
static bool requests_take(struct blk_engine *e)
{
	struct blkif_request raw;
	struct blk_slot *s;
	const char *why;
	int16_t status;
	int got = 1;

	while ((s = slot_alloc(e))) {
		got = e->ring ? blk_ring_take(e->ring, &raw) : 0;
		if (got != 1) {
			s->state = SLOT_FREE;
			break;
		}
		status = blk_request_decode(&raw, &e->limits, &s->rq, &why);
		if (status)
			refused(e, s, status, why);
	}
	return got == 1;
}

/* Step 2: the lists of indirect requests, to the front of their own buffers. */
static void lists_fetch(struct blk_engine *e)
{
	struct blkif_request_segment list[BLK_SEGS_MAX];
	const char *why;
	int16_t status;

	for (unsigned int i = 0; i < BLK_SLOTS; i++) {
		struct blk_slot *s = &e->slot[i];

		if (s->state == SLOT_TAKEN && s->rq.indirect)
			blk_copy_from_guest(&e->copy, s->rq.list_gref, 0, s->buf,
					    (uint16_t)(s->rq.nr_segs * sizeof(list[0])), &s->failed);
	}
	blk_copy_run(&e->copy);
	for (unsigned int i = 0; i < BLK_SLOTS; i++) {
		struct blk_slot *s = &e->slot[i];

		if (s->state != SLOT_TAKEN || !s->rq.indirect)
			continue;
		if (s->failed) {
			refused(e, s, BLKIF_RSP_ERROR, "its list of segments cannot be copied");
			continue;
		}
		memcpy(list, s->buf, s->rq.nr_segs * sizeof(list[0]));
		status = blk_request_list(list, &e->limits, &s->rq, &why);
		if (status)
			refused(e, s, status, why);
	}
}

/* Step 3: data of writes. */
static void data_fetch(struct blk_engine *e)
{
	for (unsigned int i = 0; i < BLK_SLOTS; i++) {
		struct blk_slot *s = &e->slot[i];
		uint8_t *to = s->buf;

		if (s->state != SLOT_TAKEN || s->rq.kind != BLK_WRITE)
			continue;
		for (uint32_t k = 0; k < s->rq.nr_segs; to += s->rq.segs[k++].bytes)
			blk_copy_from_guest(&e->copy, s->rq.segs[k].gref, s->rq.segs[k].offset, to,
					    s->rq.segs[k].bytes, &s->failed);
	}
	blk_copy_run(&e->copy);
}

/* Step 4: to the disk. Flushes come last, so that they see the writes of this round as running. */
static void requests_start(struct blk_engine *e)
{
	for (unsigned int i = 0; i < BLK_SLOTS; i++) {
		struct blk_slot *s = &e->slot[i];

		if (s->state != SLOT_TAKEN)
			continue;
		if (s->failed)
			refused(e, s, BLKIF_RSP_ERROR, "its data cannot be copied");
		else if (s->rq.kind == BLK_FLUSH)
			s->state = SLOT_WAITING;
		else
			slot_submit(e, s);
	}
	flushes_start(e);
	io_uring_submit(&e->uring);
}

/* --- back from the disk --------------------------------------------------------------------- */

static void disk_failed(struct blk_engine *e, struct blk_slot *s, int error)
{
	static const char *const verb[] = { "reading", "writing", "flushing", "discarding" };
	bool unsupported = s->rq.kind == BLK_DISCARD && (error == EOPNOTSUPP || error == ENOSYS);

	s->error = error;
	if (unsupported) {
		e->limits.can_discard = false;
	} else {
		e->errors++;
		log_counted(e->errors, "%s %llu sectors at %llu failed: %s", verb[s->rq.kind],
			    (unsigned long long)s->rq.nr_sectors, (unsigned long long)s->rq.sector,
			    strerror(error));
	}
	slot_finish(s, unsupported ? BLKIF_RSP_EOPNOTSUPP : BLKIF_RSP_ERROR);
}

static void transfer_completed(struct blk_engine *e, struct blk_slot *s, int res)
{
	if (res == -EINTR || res == -EAGAIN) {
		slot_submit(e, s);
	} else if (res == -EINVAL && !s->buffered) {
		s->buffered = true; /* stricter alignment than we know of */
		slot_submit(e, s);
	} else if (res <= 0) {
		disk_failed(e, s, res ? -res : EIO);
	} else {
		s->done += (uint64_t)res;
		if (s->done >= s->rq.nr_sectors * SECTOR)
			slot_finish(s, BLKIF_RSP_OKAY);
		else
			slot_submit(e, s);
	}
}

static void completions_reap(struct blk_engine *e)
{
	struct io_uring_cqe *cqe;

	while (io_uring_peek_cqe(&e->uring, &cqe) == 0) {
		struct blk_slot *s = io_uring_cqe_get_data(cqe);
		int res = cqe->res;

		io_uring_cqe_seen(&e->uring, cqe);
		e->running--;
		if (s->rq.kind == BLK_READ || s->rq.kind == BLK_WRITE)
			transfer_completed(e, s, res);
		else if (res == -EINTR || res == -EAGAIN)
			slot_submit(e, s);
		else if (res < 0)
			disk_failed(e, s, -res);
		else
			slot_finish(s, BLKIF_RSP_OKAY);
	}
	flushes_start(e);
	io_uring_submit(&e->uring);
}

/* Data of reads to the guest, in one batch for all that ended. */
static void data_return(struct blk_engine *e)
{
	for (unsigned int i = 0; i < BLK_SLOTS; i++) {
		struct blk_slot *s = &e->slot[i];
		const uint8_t *from = s->buf;

		if (s->state != SLOT_DONE || s->rq.kind != BLK_READ || s->status != BLKIF_RSP_OKAY)
			continue;
		for (uint32_t k = 0; k < s->rq.nr_segs; from += s->rq.segs[k++].bytes)
			blk_copy_to_guest(&e->copy, s->rq.segs[k].gref, s->rq.segs[k].offset, from,
					  s->rq.segs[k].bytes, &s->failed);
	}
	blk_copy_run(&e->copy);
}

static bool answers_send(struct blk_engine *e)
{
	data_return(e);
	for (unsigned int i = 0; i < BLK_SLOTS; i++) {
		struct blk_slot *s = &e->slot[i];

		if (s->state != SLOT_DONE)
			continue;
		if (s->failed && s->status == BLKIF_RSP_OKAY)
			refused(e, s, BLKIF_RSP_ERROR, "its pages cannot be written");
		if (e->ring)
			blk_ring_answer(e->ring, s->rq.id, s->rq.operation, s->status);
		e->answered++;
		s->state = SLOT_FREE;
	}
	return e->ring && blk_ring_push(e->ring);
}

bool blk_engine_step(struct blk_engine *e, bool *notify)
{
	uint64_t count;
	bool more;

	if (read(e->event_fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		log_counted(1, "cannot read the completion event: %s", strerror(errno));
	completions_reap(e);
	*notify |= answers_send(e);
	more = requests_take(e);
	lists_fetch(e);
	data_fetch(e);
	requests_start(e);
	/* Refused ones are answered now; quick ones may be complete already. */
	completions_reap(e);
	*notify |= answers_send(e);
	if (!e->ring || e->ring->broken)
		return false;
	if (more)
		return slot_is_free(e); /* else the next completion calls */
	return blk_ring_rearm(e->ring);
}

void blk_engine_drain(struct blk_engine *e, bool *notify)
{
	struct io_uring_cqe *cqe;

	while (e->running) {
		int r = io_uring_wait_cqe(&e->uring, &cqe);

		if (r < 0 && r != -EINTR) {
			log_counted(1, "cannot wait for the disk: %s", strerror(-r));
			break;
		}
		completions_reap(e);
		*notify |= answers_send(e);
	}
}
