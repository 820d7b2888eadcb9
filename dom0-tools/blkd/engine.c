/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/blkd/engine.c
 *
 * See engine.h.  Slots are few, so walking all of them beats keeping lists of them in step.
 */
#include "blkd/engine.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "device/log.h"

#define SECTOR 512u
#define PAGE   4096u

static_assert(BLK_REGION_PAGES * PAGE >= BLK_BYTES_MAX, "a request fits a region");

uint8_t *blk_engine_memory(void)
{
	void *p = mmap(NULL, (size_t)BLK_ARENA_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

void blk_engine_init(struct blk_engine *e, struct blk_image *image, struct blk_guest *guest, struct blk_journal *journal,
		     uint8_t *memory, const struct blk_limits *limits)
{
	memset(e, 0, sizeof(*e));
	e->image = image;
	e->guest = guest;
	e->journal = journal;
	e->memory = memory;
	e->limits = *limits;
	e->copy.guest = e->grants.guest = guest;
	for (uint32_t i = 0; i < BLK_QUEUES_MAX; i++)
		e->queue[i].port = -1;
	e->gone = e->closing = !image;
}

/* --- a slot's life --------------------------------------------------------------------------- */

static uint32_t number_of(const struct blk_engine *e, const struct blk_slot *s)
{
	return (uint32_t)(s - e->slot);
}

static struct blk_queue *queue_of(struct blk_engine *e, const struct blk_slot *s)
{
	return &e->queue[e->journal->entry[number_of(e, s)].queue];
}

static void slot_finish(struct blk_slot *s, int16_t status)
{
	s->status = status;
	s->state = SLOT_DONE;
}

static void refuse(struct blk_engine *e, struct blk_slot *s, int16_t status, const char *why)
{
	e->stats.refused++;
	log_counted(e->stats.refused, "the guest's request (operation %u, sector %llu) is refused: %s",
		    s->rq.operation, (unsigned long long)s->rq.sector, why);
	slot_finish(s, status);
}

/* Once the engine is closing, a queue has its last requests, and then none that is served. */
static bool is_served(struct blk_engine *e, struct blk_queue *q)
{
	if (e->closing && !q->last)
		return false;
	q->last -= e->closing;
	return true;
}

/* The request is in the journal's entry of the same number. */
static void slot_begin(struct blk_engine *e, struct blk_slot *s)
{
	const struct blk_journal_entry *entry = &e->journal->entry[number_of(e, s)];
	bool served = is_served(e, queue_of(e, s));
	const char *why;
	int16_t status;

	s->state = SLOT_WAITING;
	s->order = entry->order;
	s->buf = NULL;
	s->phase = 0;
	s->throttled = s->failed = false;
	e->busy++;
	status = blk_request_decode(&entry->raw, &e->limits, &s->rq, &why);
	if (status) {
		refuse(e, s, status, why);
		return;
	}
	if (!served) {
		s->rq.barrier = false; /* it holds nothing up */
		slot_finish(s, BLKIF_RSP_ERROR);
		return;
	}
	e->waiting[e->nr_waiting++] = number_of(e, s);
	if (s->rq.barrier)
		queue_of(e, s)->held = true;
}

void blk_engine_resume(struct blk_engine *e, uint32_t entry)
{
	slot_begin(e, &e->slot[entry]);
}

static struct blk_slot *slot_find_free(struct blk_engine *e)
{
	for (uint32_t i = 0; i < BLK_SLOTS && e->busy < BLK_SLOTS; i++)
		if (e->slot[i].state == SLOT_FREE)
			return &e->slot[i];
	return NULL;
}

static bool changes_disk(const struct blk_slot *s)
{
	return s->rq.kind == BLK_WRITE || s->rq.kind == BLK_DISCARD;
}

static bool has_data(const struct blk_slot *s)
{
	return s->rq.kind == BLK_READ || s->rq.kind == BLK_WRITE;
}

static uint32_t pages_of(const struct blk_slot *s)
{
	return (uint32_t)((s->rq.nr_sectors * SECTOR + PAGE - 1) / PAGE);
}

/* --- pages of the guest ---------------------------------------------------------------------- */

static void bytes_fetch(struct blk_engine *e, uint32_t gref, uint16_t offset, void *to, uint16_t len, bool *failed)
{
	const uint8_t *page = blk_grants_find(&e->grants, gref);

	if (page)
		memcpy(to, page + offset, len);
	else
		blk_copy_from_guest(&e->copy, gref, offset, to, len, failed);
}

static void data_fetch(struct blk_engine *e, struct blk_slot *s)
{
	uint8_t *to = s->buf;

	blk_grants_map(&e->grants, s->rq.segs, s->rq.nr_segs);
	for (uint32_t i = 0; i < s->rq.nr_segs; to += s->rq.segs[i++].bytes)
		bytes_fetch(e, s->rq.segs[i].gref, s->rq.segs[i].offset, to, s->rq.segs[i].bytes, &s->failed);
}

static void data_return(struct blk_engine *e, struct blk_slot *s)
{
	const uint8_t *from = s->buf;

	blk_grants_map(&e->grants, s->rq.segs, s->rq.nr_segs);
	for (uint32_t i = 0; i < s->rq.nr_segs; from += s->rq.segs[i++].bytes) {
		const struct blk_seg *g = &s->rq.segs[i];
		uint8_t *page = blk_grants_find(&e->grants, g->gref);

		if (page)
			memcpy(page + g->offset, from, g->bytes);
		else
			blk_copy_to_guest(&e->copy, g->gref, g->offset, from, g->bytes, &s->failed);
	}
}

/* The lists of indirect requests, all in one call. */
static void lists_fetch(struct blk_engine *e)
{
	const char *why;
	int16_t status;

	for (uint32_t i = 0; i < e->nr_waiting; i++) {
		struct blk_slot *s = &e->slot[e->waiting[i]];
		struct blk_seg page = { .gref = s->rq.list_gref };

		if (!s->rq.indirect)
			continue;
		blk_grants_map(&e->grants, &page, 1);
		bytes_fetch(e, s->rq.list_gref, 0, e->list[e->waiting[i]],
			    (uint16_t)(s->rq.nr_segs * sizeof(struct blkif_request_segment)), &s->failed);
	}
	blk_copy_run(&e->copy);
	for (uint32_t i = 0; i < e->nr_waiting; i++) {
		struct blk_slot *s = &e->slot[e->waiting[i]];

		if (!s->rq.indirect)
			continue;
		s->rq.indirect = false;
		if (s->failed) {
			refuse(e, s, BLKIF_RSP_ERROR, "its list of segments cannot be copied");
			continue;
		}
		status = blk_request_list(e->list[e->waiting[i]], &e->limits, &s->rq, &why);
		if (status)
			refuse(e, s, status, why);
	}
}

/* --- towards the image ----------------------------------------------------------------------- */

/* A barrier with data is flushed before, so that what went before is on the medium first, and after. */
static enum blk_kind step_of(const struct blk_slot *s)
{
	return s->rq.barrier && s->phase != 1 ? BLK_FLUSH : s->rq.kind;
}

static uint32_t last_phase(const struct blk_slot *s)
{
	return s->rq.barrier && s->rq.kind == BLK_WRITE ? 2 : 0;
}

static void slot_start(struct blk_engine *e, struct blk_slot *s)
{
	struct blk_io io = { .tag = number_of(e, s), .kind = step_of(s), .buf = s->buf };

	if (io.kind != BLK_FLUSH) {
		io.offset = s->rq.sector * SECTOR;
		io.len = s->rq.nr_sectors * SECTOR;
	}
	s->state = SLOT_RUNNING;
	e->image->ops->start(e->image, &io);
}

/* Is a write on its way, or still to start, that was taken before this one? */
static bool earlier_changes(const struct blk_engine *e, const struct blk_slot *s)
{
	for (uint32_t i = 0; i < BLK_SLOTS; i++) {
		const struct blk_slot *o = &e->slot[i];

		if ((o->state == SLOT_WAITING || o->state == SLOT_RUNNING) && changes_disk(o) && o->order < s->order)
			return true;
	}
	return false;
}

/* What has been in the way in this round; whoever comes behind waits for the same reason. */
struct gate {
	bool closed, reads, writes;
};

static bool limits_let_pass(struct blk_engine *e, struct blk_slot *s, struct gate *g, uint64_t now)
{
	bool write = s->rq.kind != BLK_READ, all;
	uint64_t bytes = has_data(s) ? s->rq.nr_sectors * SECTOR : 0, wait;

	if (e->draining)
		return true;
	wait = blk_throttle_wait(&e->throttle, write, bytes, now, &all);
	if (!wait)
		return true;
	g->closed |= all;
	*(write ? &g->writes : &g->reads) = true;
	e->wake = !e->wake || wait < e->wake ? wait : e->wake;
	e->stats.throttled += !s->throttled;
	s->throttled = true;
	return false;
}

static bool may_start(struct blk_engine *e, struct blk_slot *s, struct gate *g, uint64_t now)
{
	bool write = s->rq.kind != BLK_READ;
	int page;

	if (g->closed || (write ? g->writes : g->reads))
		return false;
	if ((s->rq.kind == BLK_FLUSH || s->rq.barrier) && earlier_changes(e, s))
		return false;
	if (!limits_let_pass(e, s, g, now))
		return false;
	if (has_data(s)) {
		page = blk_arena_alloc(&e->arena, pages_of(s));
		if (page < 0) {
			g->closed = true;
			return false;
		}
		s->page = (uint32_t)page;
		s->buf = e->memory + (size_t)page * PAGE;
	}
	blk_throttle_take(&e->throttle, write, has_data(s) ? s->rq.nr_sectors * SECTOR : 0, now);
	return true;
}

static void requests_start(struct blk_engine *e, uint64_t now)
{
	uint32_t chosen[BLK_SLOTS], n = 0, left = 0;
	struct gate gate = { 0 };

	e->wake = 0;
	for (uint32_t i = 0; i < e->nr_waiting; i++) {
		struct blk_slot *s = &e->slot[e->waiting[i]];

		if (s->state != SLOT_WAITING)
			continue; /* its list was refused */
		if (may_start(e, s, &gate, now))
			chosen[n++] = e->waiting[i];
		else
			e->waiting[left++] = e->waiting[i];
	}
	e->nr_waiting = left;
	for (uint32_t i = 0; i < n; i++)
		if (e->slot[chosen[i]].rq.kind == BLK_WRITE)
			data_fetch(e, &e->slot[chosen[i]]);
	blk_copy_run(&e->copy);
	for (uint32_t i = 0; i < n; i++) {
		struct blk_slot *s = &e->slot[chosen[i]];

		if (s->failed)
			refuse(e, s, BLKIF_RSP_ERROR, "its data cannot be copied");
		else
			slot_start(e, s);
	}
	e->image->ops->kick(e->image);
}

/* --- from the rings -------------------------------------------------------------------------- */

static bool queue_has_turn(const struct blk_engine *e, const struct blk_queue *q)
{
	return !q->held && !q->ring.broken && (!e->draining || q->last);
}

/* One request of a queue. False when it has none, or must not be asked. */
static bool request_take(struct blk_engine *e, struct blk_queue *q, struct blk_slot *s)
{
	int got;

	if (!queue_has_turn(e, q))
		return false;
	got = blk_ring_take(&q->ring, number_of(e, s), e->next_order);
	if (got < 0)
		e->broken = true;
	if (got != 1) {
		q->last = 0; /* the guest has taken them back */
		return false;
	}
	e->next_order++;
	slot_begin(e, s);
	return true;
}

/* One of each queue in turn, as long as there are slots. */
static void requests_take(struct blk_engine *e)
{
	uint32_t idle = 0;
	struct blk_slot *s;

	while (idle < e->queues && (s = slot_find_free(e))) {
		idle = request_take(e, &e->queue[e->next_queue], s) ? 0 : idle + 1;
		e->next_queue = (e->next_queue + 1) % e->queues;
	}
}

/* Before sleeping: true when a queue has something after all. Without free slots the next completion calls. */
static bool rings_rearm(struct blk_engine *e)
{
	bool more = false;

	for (uint32_t i = 0; i < e->queues && e->busy < BLK_SLOTS; i++)
		if (queue_has_turn(e, &e->queue[i]))
			more |= blk_ring_rearm(&e->queue[i].ring);
	return more;
}

/* --- back from the image --------------------------------------------------------------------- */

static void io_failed(struct blk_engine *e, struct blk_slot *s, int error)
{
	static const char *const verb[] = { "reading", "writing", "flushing", "discarding" };

	if (s->rq.kind == BLK_DISCARD && (error == EOPNOTSUPP || error == ENOSYS)) {
		e->limits.can_discard = false;
		slot_finish(s, BLKIF_RSP_EOPNOTSUPP);
		return;
	}
	e->stats.errors++;
	log_counted(e->stats.errors, "%s %llu sectors at %llu failed: %s", verb[step_of(s)],
		    (unsigned long long)s->rq.nr_sectors, (unsigned long long)s->rq.sector, strerror(error));
	slot_finish(s, BLKIF_RSP_ERROR);
}

static void io_count(struct blk_engine *e, const struct blk_slot *s)
{
	uint64_t *const of[] = { &e->stats.reads, &e->stats.writes, &e->stats.flushes, &e->stats.discards };

	++*of[s->rq.kind];
	if (s->rq.kind == BLK_READ)
		e->stats.read_bytes += s->rq.nr_sectors * SECTOR;
	else if (s->rq.kind == BLK_WRITE)
		e->stats.write_bytes += s->rq.nr_sectors * SECTOR;
}

static void io_ended(struct blk_engine *e, struct blk_slot *s, int error)
{
	if (error) {
		io_failed(e, s, error);
	} else if (s->phase < last_phase(s)) {
		s->phase++;
		slot_start(e, s);
	} else {
		io_count(e, s);
		slot_finish(s, BLKIF_RSP_OKAY);
	}
}

static void completions_take(struct blk_engine *e)
{
	struct blk_done done[BLK_SLOTS];
	uint32_t n = e->image->ops->reap(e->image, done, BLK_SLOTS);

	for (uint32_t i = 0; i < n; i++)
		io_ended(e, &e->slot[done[i].tag], done[i].error);
	if (n)
		e->image->ops->kick(e->image);
}

static void slot_answer(struct blk_engine *e, struct blk_slot *s)
{
	struct blk_queue *q = queue_of(e, s);

	if (s->failed && s->status == BLKIF_RSP_OKAY)
		refuse(e, s, BLKIF_RSP_ERROR, "its pages cannot be written");
	if (s->rq.barrier)
		q->held = false;
	if (s->buf)
		blk_arena_free(&e->arena, s->page, pages_of(s));
	blk_ring_answer(&q->ring, number_of(e, s), s->rq.operation, s->status);
	s->state = SLOT_FREE;
	e->busy--;
}

/* Data of reads to the guest in one batch; then all answers; then an event for each queue that wants one. */
static void answers_send(struct blk_engine *e)
{
	for (uint32_t i = 0; i < BLK_SLOTS; i++) {
		struct blk_slot *s = &e->slot[i];

		if (s->state == SLOT_DONE && s->rq.kind == BLK_READ && s->status == BLKIF_RSP_OKAY)
			data_return(e, s);
	}
	blk_copy_run(&e->copy);
	for (uint32_t i = 0; i < BLK_SLOTS; i++)
		if (e->slot[i].state == SLOT_DONE)
			slot_answer(e, &e->slot[i]);
	for (uint32_t i = 0; i < e->queues; i++)
		if (blk_ring_push(&e->queue[i].ring))
			blk_guest_notify(e->guest, (uint32_t)e->queue[i].port);
}

/* --- rounds ---------------------------------------------------------------------------------- */

static void round_of(struct blk_engine *e, uint64_t now)
{
	if (e->gone) {
		requests_take(e);
		answers_send(e);
		return;
	}
	completions_take(e);
	requests_take(e);
	lists_fetch(e);
	requests_start(e, now);
	/* Quick ones may be complete already; refused ones are answered as well. */
	completions_take(e);
	answers_send(e);
}

bool blk_engine_step(struct blk_engine *e, uint64_t now)
{
	if (!e->queues)
		return false;
	round_of(e, now);
	/*
	 * A flush or a barrier may have waited for what ended just now.  That a ring is broken is told at once: a guest whose index
	 * made no sense need not send an event ever again.
	 */
	return rings_rearm(e) || e->broken || (e->nr_waiting && !e->wake && e->busy == e->nr_waiting);
}

void blk_engine_close(struct blk_engine *e, bool at_once)
{
	e->closing = true;
	for (uint32_t i = 0; i < e->queues; i++)
		e->queue[i].last = at_once ? 0 : blk_ring_waiting(&e->queue[i].ring);
	if (!at_once)
		return;
	e->gone = true;
	e->nr_waiting = 0;
	e->wake = 0;
	for (uint32_t i = 0; i < BLK_SLOTS; i++) {
		struct blk_slot *s = &e->slot[i];

		s->buf = NULL; /* the image may have it: it is never given to another request */
		if (s->state == SLOT_WAITING || s->state == SLOT_RUNNING)
			slot_finish(s, BLKIF_RSP_ERROR);
	}
}

static bool has_last_requests(const struct blk_engine *e)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < e->queues; i++)
		n += e->queue[i].ring.broken ? 0 : e->queue[i].last;
	return n != 0;
}

bool blk_engine_drain(struct blk_engine *e, uint64_t now)
{
	e->draining = true;
	if (e->busy || has_last_requests(e))
		round_of(e, now);
	return e->busy == 0 && !has_last_requests(e);
}
