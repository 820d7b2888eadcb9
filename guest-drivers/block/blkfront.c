/* SPDX-License-Identifier: BSD-2-Clause */
/* See blkfront.h: the handshake, submission and answers. The keys are those of pv-abi 8.4. */
#include "block/internal.h"
#include "kit/grant.h"
#include "kit/memory.h"

#define NUMBER_MAX	0xffffffffUL

static struct blkfront *disk_of(struct kit_device *d)
{
	return d->driver;
}

/* ---- queues ---- */

static void queue_free(struct queue *q)
{
	kit_task_remove(&q->push);
	if (q->port)
		kit_port_close(q->port);
	for (uint32_t i = 0; q->uses && i < q->ring.size; i++)
		blk_use_free(&q->uses[i]);
	kit_free(q->uses);
	kit_free(q->slots);
	/* Each page of the ring is freed when the backend has let go of it. */
	for (unsigned int i = 0; i < q->nr_refs; i++)
		kit_grant_end_page(q->ring_refs[i], (uint8_t *)q->ring_pages + i * PAGE_SIZE);
	if (q->ring_pages)
		kit_page_free((uint8_t *)q->ring_pages + q->nr_refs * PAGE_SIZE, (1U << q->disk->order) - q->nr_refs);
	*q = (struct queue){ .disk = q->disk };
}

static int queue_grant(struct queue *q)
{
	for (unsigned int n = 1U << q->disk->order; q->nr_refs < n; q->nr_refs++) {
		int ref = kit_grant(q->disk->device.backend_id, (uint8_t *)q->ring_pages + q->nr_refs * PAGE_SIZE, false);

		if (ref < 0)
			return ref;
		q->ring_refs[q->nr_refs] = (uint32_t)ref;
	}
	return 0;
}

static void on_event(void *arg);
static void push(void *arg);
static void resubmit(struct blkfront *b);

static int queue_make(struct queue *q)
{
	const struct blk_facts *f = &q->disk->facts;
	size_t bytes = PAGE_SIZE << q->disk->order;
	int rc;

	q->push = (struct kit_task){ .fn = push, .arg = q };
	q->ring_pages = kit_page_alloc(bytes / PAGE_SIZE);
	if (!q->ring_pages)
		return -XEN_ENOMEM;
	kit_ring_init(&q->ring, q->ring_pages, bytes, sizeof(struct blkif_request));
	q->slots = kit_calloc(q->ring.size, sizeof(*q->slots));
	q->uses = kit_calloc(q->ring.size, sizeof(*q->uses));
	if (!q->slots || !q->uses)
		return -XEN_ENOMEM;
	blk_table_init(&q->table, q->slots, q->ring.size);
	for (uint32_t i = 0; i < q->ring.size; i++)
		if (!(q->uses[i].pages = kit_calloc(f->segments, sizeof(struct blk_page))))
			return -XEN_ENOMEM;
	rc = queue_grant(q);
	if (!rc && (rc = kit_port_open(q->disk->device.backend_id)) > 0) {
		q->port = (uint32_t)rc;
		rc = kit_listen(q->port, on_event, q);
	}
	return rc;
}

static void queues_free(struct blkfront *b)
{
	for (unsigned int i = 0; b->queues && i < b->facts.queues; i++)
		queue_free(&b->queues[i]);
	kit_free(b->queues);
	b->queues = NULL;
	blk_pool_free(b);
}

/* ---- handshake ---- */

static uint32_t lesser(uint64_t a, uint64_t b)
{
	return (uint32_t)(a < b ? a : b);
}

/* What both sides can do. */
static void choose(struct blkfront *b)
{
	struct kit_device *d = &b->device;
	struct blk_facts *f = &b->facts;

	*f = (struct blk_facts){ .sectors = f->sectors };
	b->order = lesser(b->opt.ring_order, kit_device_get(d, "max-ring-page-order", NUMBER_MAX, 0));
	f->queues = lesser(b->opt.queues, kit_device_get(d, "multi-queue-max-queues", NUMBER_MAX, 1));
	f->queues = f->queues ? f->queues : 1;
	f->segments = lesser(b->opt.segments, kit_device_get(d, "feature-max-indirect-segments", NUMBER_MAX, 0));
	if (f->segments < BLKIF_MAX_SEGMENTS_PER_REQUEST)
		f->segments = BLKIF_MAX_SEGMENTS_PER_REQUEST;
	f->persistent = !b->opt.plain && kit_device_get(d, "feature-persistent", 1, 0);
	f->max_bytes = f->segments * (uint32_t)PAGE_SIZE;
}

static int prepare(struct kit_device *d)
{
	struct blkfront *b = disk_of(d);
	int rc = -XEN_ENOMEM;

	choose(b);
	b->queues = kit_calloc(b->facts.queues, sizeof(*b->queues));
	for (unsigned int i = 0; b->queues && i < b->facts.queues; i++) {
		b->queues[i].disk = b;
		rc = queue_make(&b->queues[i]);
		if (rc)
			break;
		b->facts.depth += b->queues[i].ring.size;
	}
	if (!rc && b->facts.persistent) {
		/* As many as one full queue of requests of the size that needs no list: the rest is granted as it comes. */
		b->pool_room = b->facts.depth * BLKIF_MAX_SEGMENTS_PER_REQUEST;
		b->pool = kit_malloc(b->pool_room * sizeof(*b->pool));
		rc = b->pool ? 0 : -XEN_ENOMEM;
	}
	if (rc)
		queues_free(b);
	return rc;
}

static int publish_queue(struct kit_device *d, uint32_t tx, const struct queue *q, const char *prefix)
{
	char key[40];
	int rc;

	kit_snprintf(key, sizeof(key), "%sevent-channel", prefix);
	rc = kit_device_put(d, tx, key, "%u", q->port);
	for (unsigned int i = 0; !rc && i < q->nr_refs; i++) {
		if (q->nr_refs == 1)
			kit_snprintf(key, sizeof(key), "%sring-ref", prefix);
		else
			kit_snprintf(key, sizeof(key), "%sring-ref%u", prefix, i);
		rc = kit_device_put(d, tx, key, "%u", q->ring_refs[i]);
	}
	return rc;
}

static int publish(struct kit_device *d, uint32_t tx)
{
	struct blkfront *b = disk_of(d);
	char prefix[16] = "";
	int rc = kit_device_put(d, tx, "protocol", "x86_64-abi");

	/* What an earlier connection wrote must not be taken for a word of this one. */
	if (!rc)
		rc = b->order ? kit_device_put(d, tx, "ring-page-order", "%u", b->order) : kit_device_clear(d, tx, "ring-page-order");
	if (!rc)
		rc = kit_device_put(d, tx, "feature-persistent", "%u", b->facts.persistent);
	if (!rc)
		rc = b->facts.queues > 1 ? kit_device_put(d, tx, "multi-queue-num-queues", "%u", b->facts.queues) :
			kit_device_clear(d, tx, "multi-queue-num-queues");
	for (unsigned int i = 0; !rc && i < b->facts.queues; i++) {
		if (b->facts.queues > 1)
			kit_snprintf(prefix, sizeof(prefix), "queue-%u/", i);
		rc = publish_queue(d, tx, &b->queues[i], prefix);
	}
	return rc;
}

/* ---- patience ---- */

static void patience_begin(struct blkfront *b)
{
	b->quiet_since = kit_time();
	if (b->opt.patience)
		kit_timer_start(&b->patience, b->quiet_since + b->opt.patience * KIT_SECOND);
}

/* A backend that is away is none that is silent: one that is started again may take its time. */
static void on_patience(void *arg)
{
	struct blkfront *b = arg;
	uint64_t now = kit_time(), limit = b->opt.patience * KIT_SECOND;

	if (b->device.phase != KIT_DEVICE_UP)
		return;
	if (b->nr_out && now - b->quiet_since >= limit)
		kit_device_fail(&b->device, "its backend has answered nothing for %u s", b->opt.patience);
	else
		kit_timer_start(&b->patience, (b->nr_out ? b->quiet_since : now) + limit);
}

static bool is_sector_size(uint64_t n)
{
	return n >= BLK_SECTOR && n <= PAGE_SIZE && !(n & (n - 1));
}

static int connect(struct kit_device *d)
{
	struct blkfront *b = disk_of(d);
	struct blk_facts *f = &b->facts;
	uint64_t info = kit_device_get(d, "info", 0xffff, 0), size = kit_device_get(d, "sector-size", NUMBER_MAX, BLK_SECTOR);

	f->sectors = kit_device_get(d, "sectors", ~0UL / BLK_SECTOR, 0);
	if (!is_sector_size(size) || f->sectors % (size / BLK_SECTOR))
		return -XEN_EINVAL;
	f->sector_size = (uint32_t)size;
	f->physical_size = (uint32_t)kit_device_get(d, "physical-sector-size", NUMBER_MAX, size);
	f->readonly = info & VDISK_READONLY;
	f->removable = info & (VDISK_REMOVABLE | VDISK_CDROM);
	f->flush = kit_device_get(d, "feature-flush-cache", 1, 0);
	b->barrier = !f->flush && kit_device_get(d, "feature-barrier", 1, 0);
	f->flush |= b->barrier;
	f->discard = kit_device_get(d, "feature-discard", 1, 0);
	f->secure_discard = f->discard && kit_device_get(d, "discard-secure", 1, 0);
	patience_begin(b);
	resubmit(b);
	return 0;
}

static void changed(struct kit_device *d)
{
	struct blkfront *b = disk_of(d);
	uint64_t sectors = kit_device_get(d, "sectors", ~0UL / BLK_SECTOR, b->facts.sectors);

	if (sectors == b->facts.sectors || sectors % (b->facts.sector_size / BLK_SECTOR))
		return;
	b->facts.sectors = sectors;
	if (b->opt.resized)
		b->opt.resized(b, b->opt.arg);
}

/* ---- submission ---- */

static void push(void *arg)
{
	struct queue *q = arg;

	if (kit_ring_push(&q->ring))
		kit_send(q->port);
}

static bool is_good(const struct blkfront *b, const struct blk_io *io)
{
	const struct blk_facts *f = &b->facts;
	uint64_t nr = io->bytes / BLK_SECTOR;
	bool data = io->op == BLK_READ || io->op == BLK_WRITE;

	if (io->op == BLK_FLUSH)
		return true;
	if (!io->bytes || io->bytes % f->sector_size || io->sector % (f->sector_size / BLK_SECTOR))
		return false;
	if (io->sector > f->sectors || nr > f->sectors - io->sector || (io->op != BLK_READ && f->readonly))
		return false;
	return data ? io->bytes <= f->max_bytes && (uint64_t)io->data % BLK_SECTOR == 0 : io->op == BLK_DISCARD && f->discard;
}

static uint8_t operation_of(const struct blkfront *b, const struct blk_io *io)
{
	static const uint8_t operations[] = {
		[BLK_READ] = BLKIF_OP_READ, [BLK_WRITE] = BLKIF_OP_WRITE, [BLK_FLUSH] = BLKIF_OP_FLUSH_DISKCACHE,
		[BLK_DISCARD] = BLKIF_OP_DISCARD,
	};

	return io->op == BLK_FLUSH && b->barrier ? BLKIF_OP_WRITE_BARRIER : operations[io->op];
}

/* The ring entry for a slot's io. */
static int build(struct queue *q, uint32_t slot, struct blk_io *io, struct blkif_request *out)
{
	struct blkif_request_segment segs[SEGMENTS_MAX];
	struct blkfront *b = q->disk;
	struct blk_use *use = &q->uses[slot];
	uint64_t id = blk_table_id(&q->table, slot);
	int rc = 0;

	if (io->op == BLK_DISCARD) {
		blk_discard_fill(out, id, io->sector, io->bytes / BLK_SECTOR, false);
		return 0;
	}
	if (io->op != BLK_FLUSH)
		rc = blk_buffer_grant(b, use, io, segs);
	if (!rc && use->nr > BLKIF_MAX_SEGMENTS_PER_REQUEST) {
		rc = blk_list_grant(b, use, segs, use->nr);
		if (rc)
			blk_buffer_end(b, use, io, false);
	}
	if (!rc)
		blk_request_fill(out, operation_of(b, io), id, io->op == BLK_FLUSH ? 0 : io->sector, segs, use->nr, use->list.ref);
	return rc;
}

static int enqueue(struct queue *q, struct blk_io *io)
{
	struct blkif_request req;
	uint32_t slot;
	int rc;

	if (!kit_ring_room(&q->ring))
		return -XEN_EAGAIN;
	slot = blk_table_take(&q->table, operation_of(q->disk, io), io);
	if (slot == BLK_TABLE_NONE)
		return -XEN_EAGAIN;
	rc = build(q, slot, io, &req);
	if (rc) {
		blk_table_give(&q->table, slot);
		return rc;
	}
	kit_ring_put(&q->ring, &req);
	if (!q->disk->nr_out++)
		q->disk->quiet_since = kit_time();
	kit_task_add(&q->push);
	return 0;
}

int blkfront_submit(struct blkfront *b, unsigned int queue, struct blk_io *io)
{
	enum kit_device_phase phase = b->device.phase;

	if (phase == KIT_DEVICE_BROKEN || (phase == KIT_DEVICE_CLOSED && !b->device.expected))
		return -XEN_EIO;
	if (phase != KIT_DEVICE_UP || b->again)
		return -XEN_EAGAIN;
	if (!is_good(b, io))
		return -XEN_EINVAL;
	io->lost = false;
	return enqueue(&b->queues[queue % b->facts.queues], io);
}

/* ---- answers ---- */

/* Ends one request that was answered. False: the device is broken by it. */
static bool end(struct queue *q, const struct blk_result *r)
{
	struct blkfront *b = q->disk;
	struct blk_io *io = q->slots[r->slot].io;
	bool mine = blk_buffer_end(b, &q->uses[r->slot], io, !r->status);

	blk_table_give(&q->table, r->slot);
	b->nr_out--;
	if (!mine) {
		io->lost = true;
		kit_device_fail(&b->device, "its backend keeps pages of a request that it has answered");
	}
	io->done(io, mine ? r->status : -XEN_EIO);
	return mine;
}

/* Callbacks may close nothing, but the device may break in the middle: then its queues are gone. */
static void on_event(void *arg)
{
	struct queue *q = arg;
	struct blkfront *b = q->disk;
	struct blkif_response rsp;
	struct blk_result r;
	const char *why;
	int got;

	if (b->device.phase != KIT_DEVICE_UP)
		return;
	do {
		while ((got = kit_ring_get(&q->ring, &rsp, sizeof(rsp))) > 0) {
			why = blk_table_answer(&q->table, &rsp, &r);
			if (why) {
				kit_device_fail(&b->device, "its backend gave %s", why);
				return;
			}
			b->quiet_since = kit_time();
			if (!end(q, &r) || b->device.phase != KIT_DEVICE_UP)
				return;
		}
		if (got < 0) {
			kit_device_fail(&b->device, "its backend claims more answers than there are requests");
			return;
		}
	} while (kit_ring_rearm(&q->ring, 1));
	resubmit(b);
}

/* ---- the end of a backend ---- */

/* All that is out, in the order of the table; its pages are taken back. */
static struct blk_io *collect(struct blkfront *b)
{
	struct blk_io *list = NULL, **tail = &list;

	for (unsigned int i = 0; b->queues && i < b->facts.queues; i++) {
		struct queue *q = &b->queues[i];

		for (uint32_t slot = 0; slot < q->ring.size; slot++) {
			struct blk_io *io = q->slots[slot].io;

			if (!io)
				continue;
			io->lost = !blk_buffer_end(b, &q->uses[slot], io, false);
			*tail = io;
			tail = &io->next;
		}
	}
	*tail = NULL;
	return list;
}

/* It was the last chance of what waits for a backend. */
static void gone(struct kit_device *d)
{
	struct blkfront *b = disk_of(d);
	struct blk_io *list = b->again, *io;

	b->again = NULL;
	b->again_end = &b->again;
	while ((io = list)) {
		list = io->next;
		io->done(io, -XEN_EIO);
	}
}

/* Callers are told when nothing of the old queues is left, so that they find the device as it is. */
static void disconnect(struct kit_device *d, bool again)
{
	struct blkfront *b = disk_of(d);

	kit_timer_stop(&b->patience);
	*b->again_end = collect(b);
	b->nr_out = 0;
	while (*b->again_end)
		b->again_end = &(*b->again_end)->next;
	queues_free(b);
	if (!again)
		gone(d);
}

/* To the new backend, as far as there is room; its answers make room for the rest. One that does not fit the disk any more, or
 * that the new backend cannot do, has failed. */
static void resubmit(struct blkfront *b)
{
	struct blk_io *io;
	unsigned int n = 0;
	int rc;

	while ((io = b->again)) {
		rc = is_good(b, io) ? enqueue(&b->queues[n++ % b->facts.queues], io) : -XEN_EIO;
		if (rc == -XEN_EAGAIN)
			return;
		b->again = io->next;
		if (!b->again)
			b->again_end = &b->again;
		io->lost = false;
		if (rc)
			io->done(io, -XEN_EIO);
	}
}

/* ---- open and close ---- */

static const struct kit_device_ops ops = {
	.type = "vbd", .offered = XenbusStateInitialised, .prepare = prepare, .publish = publish, .connect = connect,
	.changed = changed, .disconnect = disconnect, .gone = gone,
};

int blkfront_open(struct blkfront **out, unsigned int n, const struct blkfront_options *o, uint64_t until)
{
	struct blkfront *b = kit_calloc(1, sizeof(*b));
	int rc = b ? kit_device_name(ops.type, n, b->name, sizeof(b->name)) : -XEN_ENOMEM;

	if (!rc) {
		b->opt = o ? *o : (struct blkfront_options){ 0 };
		b->opt.queues = lesser(b->opt.queues ? b->opt.queues : 1, QUEUES_MAX);
		b->opt.ring_order = lesser(b->opt.ring_order, ORDER_MAX);
		b->opt.segments = lesser(b->opt.segments ? b->opt.segments : 32, SEGMENTS_MAX);
		b->again_end = &b->again;
		b->patience = (struct kit_timer){ .fn = on_patience, .arg = b };
		rc = kit_device_open(&b->device, &ops, b->name, b);
		if (!rc)
			rc = kit_device_wait(&b->device, until);
		if (rc)
			kit_device_close(&b->device);
	}
	if (rc) {
		kit_free(b);
		return rc;
	}
	*out = b;
	return 0;
}

void blkfront_close(struct blkfront *b)
{
	kit_device_close(&b->device);
	kit_free(b);
}

const struct blk_facts *blkfront_facts(const struct blkfront *b)
{
	return &b->facts;
}

const char *blkfront_name(const struct blkfront *b)
{
	return b->name;
}

const char *blkfront_error(const struct blkfront *b)
{
	return b->device.error;
}

struct wait { int status; bool done; };

static void wake(struct blk_io *io, int status)
{
	*(struct wait *)io->arg = (struct wait){ status, true };
}

static bool is_done(void *arg)
{
	return ((struct wait *)arg)->done;
}

int blkfront_run(struct blkfront *b, struct blk_io *io)
{
	struct wait w = { 0 };
	int rc;

	io->done = wake;
	io->arg = &w;
	while ((rc = blkfront_submit(b, 0, io)) == -XEN_EAGAIN)
		kit_loop_once(kit_time() + KIT_SECOND / 100);
	if (!rc) {
		kit_loop_until(is_done, &w, KIT_FOREVER);
		rc = w.status;
	}
	io->arg = NULL;
	return rc;
}
