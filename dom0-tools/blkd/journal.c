/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/blkd/journal.c
 *
 * See journal.h.
 */
#include "blkd/journal.h"

#include "blkd/store.h"

#define MAGIC 0x316c6e726a646b62ull /* "bkdjrnl1" */

void blk_journal_begin(struct blk_journal *j, uint32_t queues, uint32_t ring_size, const uint32_t *start)
{
	store32(&j->connected, 0);
	j->magic = MAGIC;
	j->queues = queues;
	j->ring_size = ring_size;
	for (uint32_t i = 0; i < queues; i++)
		j->queue[i] = (struct blk_journal_queue){ start[i], start[i] };
	for (uint32_t i = 0; i < BLK_SLOTS; i++)
		j->entry[i].state = JOURNAL_FREE;
	store32(&j->connected, 1);
}

void blk_journal_end(struct blk_journal *j)
{
	store32(&j->connected, 0);
}

bool blk_journal_is_idle(const struct blk_journal *j)
{
	return j->magic == MAGIC && j->connected == 0;
}

void blk_journal_take(struct blk_journal *j, uint32_t slot, uint32_t queue, uint64_t order)
{
	struct blk_journal_entry *e = &j->entry[slot];
	struct blk_journal_queue *q = &j->queue[queue];

	e->queue = queue;
	e->order = order;
	e->index = q->req_cons;
	store64(&e->answered_at, BLK_NOT_ANSWERED);
	store32(&e->state, JOURNAL_TAKEN);
	store64(&q->req_cons, e->index + 1);
}

void blk_journal_answer(struct blk_journal *j, uint32_t slot)
{
	struct blk_journal_entry *e = &j->entry[slot];
	struct blk_journal_queue *q = &j->queue[e->queue];

	store64(&e->answered_at, q->rsp_prod);
	store64(&q->rsp_prod, q->rsp_prod + 1);
	store32(&e->state, JOURNAL_FREE);
}

/*
 * The steps that one entry may have been interrupted in.  Between the store of `state` and that of req_cons only the entry
 * itself has this index; between the store of answered_at and that of rsp_prod only it has that mark.
 */
static bool entry_settle(struct blk_journal *j, struct blk_journal_entry *e)
{
	struct blk_journal_queue *q;

	if (e->queue >= j->queues)
		return false;
	q = &j->queue[e->queue];
	if (e->index == q->req_cons)
		store64(&q->req_cons, e->index + 1);
	if (e->answered_at == BLK_NOT_ANSWERED)
		return true;
	if (e->answered_at == q->rsp_prod)
		store64(&q->rsp_prod, q->rsp_prod + 1);
	store32(&e->state, JOURNAL_FREE);
	return true;
}

/* As many are taken as the indices say, each with a place of its own between them or before. */
static bool queue_is_whole(const struct blk_journal *j, uint32_t queue)
{
	const struct blk_journal_queue *q = &j->queue[queue];
	uint64_t out = q->req_cons - q->rsp_prod;
	uint32_t taken = 0;

	if (q->rsp_prod > q->req_cons || out > j->ring_size)
		return false;
	for (uint32_t i = 0; i < BLK_SLOTS; i++) {
		const struct blk_journal_entry *e = &j->entry[i];

		if (e->state != JOURNAL_TAKEN || e->queue != queue)
			continue;
		if (e->index >= q->req_cons)
			return false;
		taken++;
	}
	return taken == out;
}

bool blk_journal_settle(struct blk_journal *j, uint32_t queues, uint32_t ring_size)
{
	if (j->magic != MAGIC || j->connected != 1 || j->queues != queues || j->ring_size != ring_size ||
	    queues > BLK_QUEUES_MAX)
		return false;
	for (uint32_t i = 0; i < BLK_SLOTS; i++)
		if (j->entry[i].state == JOURNAL_TAKEN && !entry_settle(j, &j->entry[i]))
			return false;
	for (uint32_t i = 0; i < queues; i++)
		if (!queue_is_whole(j, i))
			return false;
	return true;
}
