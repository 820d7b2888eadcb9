/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A block backend for tests of frontends: it follows the handshake in the host's store (kit_host.h), maps what is granted and serves a
 * small disk in memory. What it does wrong is for the test to say, by the hooks.
 */
#ifndef SOCLE_BLK_BACKEND_H
#define SOCLE_BLK_BACKEND_H

#include <stdbool.h>
#include <stdint.h>
#include <abi/io/blkif.h>
#include <abi/io/ring.h>

#define BACKEND_NODE	"/local/domain/0/backend/vbd/1/51712"
#define FRONT_NODE	"device/vbd/51712"
#define DISK_SECTORS	2048U
#define BACKEND_QUEUES	8U

struct backend_queue {
	struct sring_header *shared;	/* NULL: not mapped */
	uint8_t *slots;
	uint32_t size, req_cons, rsp_prod, port;
	uint32_t refs[16];
	unsigned int nr_refs;
};

struct backend {
	uint8_t disk[DISK_SECTORS * 512];
	uint64_t sectors;
	bool persistent;		/* keeps every page of data mapped */
	bool hold;			/* takes requests, answers none */
	bool stubborn;			/* keeps what it has mapped when the frontend closes */
	unsigned int state, nr_queues;
	unsigned int served, flushes, discards, bad;	/* bad: requests that an honest frontend does not make */
	struct backend_queue queue[BACKEND_QUEUES];
	/* Before an answer is written: may change it, or say false to write none. */
	bool (*answer)(struct backend_queue *q, struct blkif_response *rsp);
};

extern struct backend backend;

/* The nodes that tools write, and what the backend offers; then its state is InitWait. */
void backend_start(unsigned int max_order, unsigned int max_queues, unsigned int segments, bool persistent);
void backend_turn(void);		/* for host_turn */
void backend_state(unsigned int state);
void backend_unmap(void);		/* forgets rings and mappings, as a process that ends */
void backend_push(struct backend_queue *q, const struct blkif_response *rsp);

#endif
