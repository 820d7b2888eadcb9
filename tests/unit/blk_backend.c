/* SPDX-License-Identifier: BSD-2-Clause */
/* See blk_backend.h. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <abi/io/xenbus.h>
#include "blk_backend.h"
#include "kit_host.h"

struct backend backend;

static void offer(const char *key, uint64_t value)
{
	char path[128];

	snprintf(path, sizeof(path), BACKEND_NODE "/%s", key);
	host_store_set(path, "%lu", value);
}

static uint64_t front(const char *prefix, const char *key, uint64_t otherwise)
{
	char path[128];
	const char *text;

	snprintf(path, sizeof(path), FRONT_NODE "/%s%s", prefix, key);
	text = host_store_get(path);
	return text ? strtoull(text, NULL, 10) : otherwise;
}

void backend_state(unsigned int state)
{
	backend.state = state;
	offer("state", state);
	host_watches_fire();
}

void backend_start(unsigned int max_order, unsigned int max_queues, unsigned int segments, bool persistent)
{
	memset(&backend, 0, sizeof(backend));
	backend.sectors = DISK_SECTORS;
	backend.persistent = persistent;
	host_store_set(FRONT_NODE "/backend", BACKEND_NODE);
	host_store_set(FRONT_NODE "/backend-id", "0");
	host_store_set(FRONT_NODE "/state", "1");
	offer("online", 1);
	offer("max-ring-page-order", max_order);
	offer("multi-queue-max-queues", max_queues);
	offer("feature-max-indirect-segments", segments);
	offer("feature-persistent", persistent);
	offer("feature-flush-cache", 1);
	offer("feature-discard", 1);
	offer("sector-size", 512);
	backend_state(XenbusStateInitWait);
}

/* ---- rings ---- */

static void map_queue(struct backend_queue *q, const char *prefix)
{
	uint64_t order = front("", "ring-page-order", 0);
	char key[24];
	uint8_t *page;

	q->nr_refs = 1U << order;
	assert(q->nr_refs <= 16);
	for (unsigned int i = 0; i < q->nr_refs; i++) {
		snprintf(key, sizeof(key), order ? "ring-ref%u" : "ring-ref", i);
		q->refs[i] = (uint32_t)front(prefix, key, 0);
		page = host_map(q->refs[i], true);
		assert(page);
		host_grants[q->refs[i]].flags |= GTF_reading | GTF_writing;
		if (!i)
			q->shared = (struct sring_header *)page;
		assert(page == (uint8_t *)q->shared + i * 4096);
	}
	q->slots = (uint8_t *)q->shared + XEN_RING_HEADER_SIZE;
	for (q->size = 1; q->size * 2 <= ((4096U << order) - 64) / sizeof(struct blkif_request);)
		q->size *= 2;
	q->port = (uint32_t)front(prefix, "event-channel", 0);
	q->req_cons = q->rsp_prod = q->shared->rsp_prod;
}

static void map_all(void)
{
	char prefix[24] = "";

	backend.nr_queues = (unsigned int)front("", "multi-queue-num-queues", 1);
	assert(backend.nr_queues && backend.nr_queues <= BACKEND_QUEUES);
	for (unsigned int i = 0; i < backend.nr_queues; i++) {
		if (backend.nr_queues > 1)
			snprintf(prefix, sizeof(prefix), "queue-%u/", i);
		map_queue(&backend.queue[i], prefix);
	}
	offer("sectors", backend.sectors);
	backend_state(XenbusStateConnected);
}

/* Whatever it has mapped, pages of data too. */
void backend_unmap(void)
{
	for (uint32_t ref = 0; ref < HOST_REFS; ref++)
		host_grants[ref].flags &= (uint16_t)~(GTF_reading | GTF_writing);
	memset(backend.queue, 0, sizeof(backend.queue));
	backend.nr_queues = 0;
}

/* ---- requests ---- */

static int16_t transfer(uint8_t op, uint64_t sector, const struct blkif_request_segment *segs, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		size_t from = segs[i].first_sect, sectors = segs[i].last_sect - from + 1u;
		uint8_t *page = host_map(segs[i].gref, op == BLKIF_OP_READ);

		if (!page || segs[i].last_sect > 7 || from > segs[i].last_sect || sector + sectors > backend.sectors) {
			backend.bad++;
			return BLKIF_RSP_ERROR;
		}
		if (op == BLKIF_OP_READ)
			memcpy(page + from * 512, backend.disk + sector * 512, sectors * 512);
		else
			memcpy(backend.disk + sector * 512, page + from * 512, sectors * 512);
		if (backend.persistent)
			host_grants[segs[i].gref].flags |= GTF_reading | GTF_writing;
		sector += sectors;
	}
	return BLKIF_RSP_OKAY;
}

static int16_t serve_indirect(const struct blkif_request *raw, uint8_t *op)
{
	struct blkif_request_indirect in;
	struct blkif_request_segment segs[512];
	void *list;

	memcpy(&in, raw, sizeof(in));
	*op = in.indirect_op;
	list = host_map(in.indirect_grefs[0], false);
	if (!list || in.nr_segments <= 11 || in.nr_segments > 512) {
		backend.bad++;
		return BLKIF_RSP_ERROR;
	}
	memcpy(segs, list, sizeof(segs));
	if (backend.persistent)
		host_grants[in.indirect_grefs[0]].flags |= GTF_reading;
	return transfer(in.indirect_op, in.sector_number, segs, in.nr_segments);
}

static int16_t serve_discard(const struct blkif_request *raw)
{
	struct blkif_request_discard d;

	memcpy(&d, raw, sizeof(d));
	if (d.sector_number > backend.sectors || d.nr_sectors > backend.sectors - d.sector_number) {
		backend.bad++;
		return BLKIF_RSP_ERROR;
	}
	memset(backend.disk + d.sector_number * 512, 0, d.nr_sectors * 512);
	backend.discards++;
	return BLKIF_RSP_OKAY;
}

static int16_t serve(const struct blkif_request *raw, uint8_t *op)
{
	*op = raw->operation;
	switch (raw->operation) {
	case BLKIF_OP_READ:
	case BLKIF_OP_WRITE:
		return transfer(raw->operation, raw->sector_number, raw->seg, raw->nr_segments);
	case BLKIF_OP_INDIRECT:
		return serve_indirect(raw, op);
	case BLKIF_OP_FLUSH_DISKCACHE:
		backend.flushes++;
		return BLKIF_RSP_OKAY;
	case BLKIF_OP_DISCARD:
		return serve_discard(raw);
	default:
		backend.bad++;
		return BLKIF_RSP_EOPNOTSUPP;
	}
}

void backend_push(struct backend_queue *q, const struct blkif_response *rsp)
{
	uint32_t old = q->rsp_prod;

	memcpy(q->slots + (q->rsp_prod++ & (q->size - 1)) * sizeof(struct blkif_request), rsp, sizeof(*rsp));
	q->shared->rsp_prod = q->rsp_prod;
	if (q->rsp_prod - q->shared->rsp_event < q->rsp_prod - old)
		host_event(q->port);
}

/* Out of order when several are there: the last first. */
static void serve_queue(struct backend_queue *q)
{
	struct blkif_response out[512];
	unsigned int n = 0;

	while (q->req_cons != q->shared->req_prod && n < q->size) {
		struct blkif_request raw;
		uint8_t op;
		int16_t status;

		memcpy(&raw, q->slots + (q->req_cons++ & (q->size - 1)) * sizeof(raw), sizeof(raw));
		status = serve(&raw, &op);
		out[n++] = (struct blkif_response){ .id = raw.id, .operation = op, .status = status };
		backend.served++;
	}
	q->shared->req_event = q->req_cons + 1;
	while (n--)
		if (!backend.answer || backend.answer(q, &out[n]))
			backend_push(q, &out[n]);
}

void backend_turn(void)
{
	uint64_t state = front("", "state", 0);

	if (backend.state == XenbusStateInitWait && (state == XenbusStateInitialised || state == XenbusStateConnected))
		map_all();
	if (state == XenbusStateClosed && !backend.stubborn)
		backend_unmap();
	for (unsigned int i = 0; i < backend.nr_queues && !backend.hold; i++)
		if (host_was_notified(backend.queue[i].port) || backend.queue[i].shared->req_prod != backend.queue[i].req_cons)
			serve_queue(&backend.queue[i]);
}
