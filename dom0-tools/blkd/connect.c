/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/blkd/connect.c
 *
 * The engine's rings: mapped and unmapped, and what a predecessor left in them.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "blkd/engine.h"
#include "device/log.h"

static int queue_map(struct blk_engine *e, const struct blk_rings *rings, uint32_t i, struct socle_error *err)
{
	struct blk_queue *q = &e->queue[i];

	q->port = -1;
	q->held = false;
	q->last = 0;
	q->nr_pages = rings->pages;
	q->pages = blk_guest_map(e->guest, rings->queue[i].ref, rings->pages);
	if (!q->pages)
		return socle_fail(err, errno, "cannot map ring %u: %s", i, strerror(errno));
	q->port = blk_guest_bind(e->guest, rings->queue[i].port);
	if (q->port < 0)
		return socle_fail(err, -q->port, "cannot bind the event channel of ring %u: %s", i, strerror(-q->port));
	return 0;
}

static void queues_unmap(struct blk_engine *e, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct blk_queue *q = &e->queue[i];
		int r = q->pages ? blk_guest_unmap(e->guest, q->pages, q->nr_pages) : 0;

		if (r)
			log_line("cannot unmap ring %u: %s", i, strerror(-r));
		if (q->port >= 0)
			blk_guest_unbind(e->guest, (uint32_t)q->port);
		*q = (struct blk_queue){ .port = -1 };
	}
}

static int journal_open(struct blk_engine *e, const struct blk_rings *rings, uint32_t size, bool resume,
			struct socle_error *err)
{
	uint32_t start[BLK_QUEUES_MAX];

	/* It was killed before it served these rings. */
	resume = resume && !blk_journal_is_idle(e->journal);
	if (resume && !blk_journal_settle(e->journal, rings->queues, size))
		return socle_fail(err, EUCLEAN, "its journal does not fit the rings; what was under way is lost");
	for (uint32_t i = 0; i < rings->queues; i++)
		start[i] = blk_ring_start(e->queue[i].pages);
	if (!resume)
		blk_journal_begin(e->journal, rings->queues, size, start);
	return 0;
}

static int rings_attach(struct blk_engine *e, const struct blk_rings *rings, bool resume, struct socle_error *err)
{
	unsigned int order = (unsigned int)__builtin_ctz(rings->pages);

	if (journal_open(e, rings, blk_ring_size(order), resume, err))
		return -1;
	for (uint32_t i = 0; i < rings->queues; i++)
		if (!blk_ring_attach(&e->queue[i].ring, e->queue[i].pages, order, e->journal, i))
			return socle_fail(err, EPROTO, "the indices of ring %u make no sense", i);
	return 0;
}

/* The oldest entry that was taken after `from`; NULL when there is none. */
static const struct blk_journal_entry *entry_next(const struct blk_journal *j, uint64_t from)
{
	const struct blk_journal_entry *found = NULL;

	for (uint32_t i = 0; i < BLK_SLOTS; i++) {
		const struct blk_journal_entry *x = &j->entry[i];

		if (x->state == JOURNAL_TAKEN && x->order >= from && (!found || x->order < found->order))
			found = x;
	}
	return found;
}

/*
 * The predecessor's requests, in their order.  Those with one order, or the last of all numbers, are a broken
 * predecessor's; they would be left out, and their slots stay taken: so they are refused.
 */
static int requests_resume(struct blk_engine *e, struct socle_error *err)
{
	const struct blk_journal_entry *x;
	uint32_t taken = 0;

	for (uint32_t i = 0; i < BLK_SLOTS; i++)
		taken += e->journal->entry[i].state == JOURNAL_TAKEN;
	e->next_order = 0;
	while ((x = entry_next(e->journal, e->next_order)) && x->order != UINT64_MAX) {
		blk_engine_resume(e, (uint32_t)(x - e->journal->entry));
		e->next_order = x->order + 1;
	}
	if (e->busy != taken)
		return socle_fail(err, EUCLEAN, "the order of its journal makes no sense; what was under way is lost");
	if (taken)
		log_line("%u requests that its predecessor left are done again", taken);
	return 0;
}

/* It may have been killed between an answer and its publication, or between that and the event. */
static void answers_repeat(struct blk_engine *e)
{
	for (uint32_t i = 0; i < e->queues; i++) {
		blk_ring_publish(&e->queue[i].ring);
		blk_guest_notify(e->guest, (uint32_t)e->queue[i].port);
	}
}

static void slots_forget(struct blk_engine *e)
{
	for (uint32_t i = 0; i < BLK_SLOTS; i++)
		e->slot[i].state = SLOT_FREE;
	memset(&e->arena, 0, sizeof(e->arena));
	e->busy = e->nr_waiting = e->queues = e->next_queue = 0;
	e->wake = 0;
	e->draining = e->broken = false;
	e->closing = e->gone;
}

int blk_engine_connect(struct blk_engine *e, const struct blk_rings *rings, bool resume, struct socle_error *err)
{
	int r = 0;

	assert(!e->queues && !e->busy);
	if (e->gone && e->image)
		return socle_fail(err, ENODEV, "its image was taken away");
	if (!rings->queues || rings->queues > BLK_QUEUES_MAX || !rings->pages || rings->pages > BLK_RING_PAGES_MAX ||
	    rings->pages & (rings->pages - 1))
		return socle_fail(err, EINVAL, "%u rings of %u pages were not offered", rings->queues, rings->pages);
	slots_forget(e);
	for (uint32_t i = 0; i < rings->queues && !r; i++)
		r = queue_map(e, rings, i, err);
	if (!r)
		r = rings_attach(e, rings, resume, err);
	if (!r && resume)
		r = requests_resume(e, err);
	if (r) {
		slots_forget(e);
		queues_unmap(e, rings->queues);
		return -1;
	}
	e->queues = rings->queues;
	e->grants.on = rings->persistent;
	if (resume)
		answers_repeat(e);
	return 0;
}

void blk_engine_disconnect(struct blk_engine *e)
{
	uint32_t queues = e->queues;

	if (!queues)
		return;
	assert(!e->busy);
	blk_journal_end(e->journal);
	slots_forget(e);
	blk_grants_drop(&e->grants);
	queues_unmap(e, queues);
}
