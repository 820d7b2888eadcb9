/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/blkd/journal.h
 *
 * What a disk's worker must not forget when it is killed: which requests it took out of the rings and did not answer, and
 * where it is in each ring.  It lies in a file that is mapped shared, so it is as the last instruction left it.
 *
 * Indices count requests and answers since the rings were connected and never wrap; a ring's own are their low 32 bits.
 * An entry goes through these stores, each one whole, in this order:
 *
 *   take     entry filled, answered_at = NOT_ANSWERED; state = TAKEN; the queue's req_cons + 1
 *   answer   (the answer into its ring slot;) answered_at = rsp_prod; the queue's rsp_prod + 1; state = FREE
 *
 * blk_journal_settle() completes what was half done, so that exactly the entries that are TAKEN then are to be done
 * again: for each queue req_cons - rsp_prod of them.  It makes the same stores and may itself be interrupted anywhere.
 * Why that is enough: docs/devices.md.
 *
 * A predecessor may have been in the guest's hands, so settle believes nothing: what breaks the invariant is refused.
 * Pure.  One process at a time.
 */
#ifndef SOCLE_BLKD_JOURNAL_H
#define SOCLE_BLKD_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include <abi/io/blkif.h>

/* Requests that can be under way in one worker, over all its queues. */
#define BLK_SLOTS          128u
#define BLK_QUEUES_MAX     8u
#define BLK_NOT_ANSWERED   UINT64_MAX

enum { JOURNAL_FREE = 0, JOURNAL_TAKEN = 1 };

struct blk_journal_entry {
	uint64_t index;        /* the request's number in its queue */
	uint64_t order;        /* its number over all queues */
	uint64_t answered_at;  /* the answer's number in its queue */
	uint32_t queue;
	uint32_t state;
	struct blkif_request raw;
};

struct blk_journal_queue {
	uint64_t req_cons, rsp_prod;
};

struct blk_journal {
	uint64_t magic;
	uint32_t connected;    /* 1: the rest speaks of live rings */
	uint32_t queues, ring_size;
	uint32_t _pad;
	struct blk_journal_queue queue[BLK_QUEUES_MAX];
	struct blk_journal_entry entry[BLK_SLOTS];
};

/* New rings of so many requests each; queue i starts at start[i]. */
void blk_journal_begin(struct blk_journal *j, uint32_t queues, uint32_t ring_size, const uint32_t *start);
/* The rings are gone; nothing was in flight. */
void blk_journal_end(struct blk_journal *j);

/* The next request of a queue is in entry[slot].raw: it is taken. */
void blk_journal_take(struct blk_journal *j, uint32_t slot, uint32_t queue, uint64_t order);
/* entry[slot]'s answer is in the ring slot of its queue's rsp_prod. */
void blk_journal_answer(struct blk_journal *j, uint32_t slot);

/* It has been used, and no rings were connected when it was left. */
bool blk_journal_is_idle(const struct blk_journal *j);

/* False when this is no journal of such rings. */
bool blk_journal_settle(struct blk_journal *j, uint32_t queues, uint32_t ring_size);

#endif /* SOCLE_BLKD_JOURNAL_H */
