/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/blk_front.h
 *
 * A guest for tests of the disk engine: memory whose page numbers are its grant references, rings in it, and a frontend that keeps
 * count of what it asked and what was answered.  All of it is shared memory, so that a backend may be another process.
 */
#ifndef SOCLE_TESTS_UNIT_BLK_FRONT_H
#define SOCLE_TESTS_UNIT_BLK_FRONT_H

#include <stdbool.h>
#include <stdint.h>

#include <abi/io/blkif.h>
#include <abi/io/ring.h>

#include "blkd/engine.h"

#define FRONT_PAGE    4096u
#define FRONT_PAGES   8192u
#define FRONT_IDS     65536u
#define FRONT_NO_ANSWER 77

struct front_queue {
	uint32_t first_page, req_prod, rsp_cons, out;
};

struct front {
	uint32_t queues, order, size; /* size: requests of a ring */
	struct front_queue queue[BLK_QUEUES_MAX];
	uint32_t events[BLK_QUEUES_MAX];
	uint32_t maps, copies;        /* calls of each kind */
	bool refuse_maps;
	bool withheld[FRONT_PAGES];   /* pages that are not granted */
	uint32_t next_id;
	int16_t status[FRONT_IDS];    /* FRONT_NO_ANSWER until there is one */
	uint32_t answers[FRONT_IDS];
};

extern struct front *front;

/* What the backend in this process has of the guest: pages that are mapped, and ports that are bound. */
extern struct front_held { size_t pages; uint32_t ports; } front_held;

/* A new guest with rings that start anywhere. */
void front_new(uint32_t queues, unsigned int order);
/* Forget maps and such of a backend in this process. */
uint8_t *front_page(uint32_t ref);
struct sring_header *front_head(uint32_t q);
struct blk_rings front_rings(bool persistent);

/* False when the ring is full. */
bool front_send(uint32_t q, const struct blkif_request *rq);
/* Take in answers; aborts the test when one is wrong in itself. Their number. */
uint32_t front_listen(uint32_t q);

#endif
