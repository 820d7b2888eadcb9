/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/unit/blk_front.c
 *
 * See blk_front.h.  It also stands in for blkd/guest.c and blkd/log.c.
 */
#include "blk_front.h"

#include <check.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <abi/grant_table.h>

#include "device/log.h"

#define MUST(cond, ...) do { if (!(cond)) ck_abort_msg(__VA_ARGS__); } while (0)

struct front *front;
static int memory_fd = -1;
static uint8_t *memory;

void front_new(uint32_t queues, unsigned int order)
{
	uint32_t page = 1;

	if (memory_fd < 0) {
		memory_fd = memfd_create("guest", MFD_CLOEXEC);
		ck_assert_int_eq(ftruncate(memory_fd, (off_t)FRONT_PAGES * FRONT_PAGE), 0);
		memory = mmap(NULL, (size_t)FRONT_PAGES * FRONT_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, memory_fd, 0);
		front = mmap(NULL, sizeof(*front), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		ck_assert(memory != MAP_FAILED && front != MAP_FAILED);
	}
	memset(front, 0, sizeof(*front));
	front->queues = queues;
	front->order = order;
	front->size = blk_ring_size(order);
	for (uint32_t i = 0; i < FRONT_IDS; i++)
		front->status[i] = FRONT_NO_ANSWER;
	for (uint32_t q = 0; q < queues; q++, page += 1u << order) {
		uint32_t start = (uint32_t)rand() * 3;

		front->queue[q] = (struct front_queue){ .first_page = page, .req_prod = start, .rsp_cons = start };
		memset(front_page(page), 0x5a, (size_t)FRONT_PAGE << order);
		*front_head(q) = (struct sring_header){ .req_prod = start, .rsp_prod = start, .req_event = start + 1,
							.rsp_event = start + 1 };
	}
}

uint8_t *front_page(uint32_t ref)
{
	return memory + (size_t)(ref % FRONT_PAGES) * FRONT_PAGE;
}

struct sring_header *front_head(uint32_t q)
{
	return (struct sring_header *)front_page(front->queue[q].first_page);
}

static uint8_t *slot(uint32_t q, uint32_t index)
{
	return front_page(front->queue[q].first_page) + XEN_RING_HEADER_SIZE +
	       (index & (front->size - 1)) * sizeof(struct blkif_request);
}

struct blk_rings front_rings(bool persistent)
{
	struct blk_rings r = { .queues = front->queues, .pages = 1u << front->order, .persistent = persistent };

	for (uint32_t q = 0; q < front->queues; q++) {
		for (uint32_t i = 0; i < r.pages; i++)
			r.queue[q].ref[i] = front->queue[q].first_page + i;
		r.queue[q].port = q;
	}
	return r;
}

bool front_send(uint32_t q, const struct blkif_request *rq)
{
	struct front_queue *f = &front->queue[q];

	if (f->out == front->size)
		return false;
	memcpy(slot(q, f->req_prod), rq, sizeof(*rq));
	__atomic_store_n(&front_head(q)->req_prod, ++f->req_prod, __ATOMIC_RELEASE);
	f->out++;
	return true;
}

uint32_t front_listen(uint32_t q)
{
	struct front_queue *f = &front->queue[q];
	uint32_t prod = __atomic_load_n(&front_head(q)->rsp_prod, __ATOMIC_ACQUIRE), n = 0;
	struct blkif_response rsp;

	MUST(prod - f->rsp_cons <= f->out, "more answers than questions");
	for (; f->rsp_cons != prod; n++) {
		memcpy(&rsp, slot(q, f->rsp_cons), sizeof(rsp));
		memset(slot(q, f->rsp_cons++), 0xee, sizeof(struct blkif_request));
		f->out--;
		MUST(rsp.id < front->next_id, "an answer to nobody: %lx", (unsigned long)rsp.id);
		MUST(!front->answers[rsp.id]++, "request %lu was answered twice", (unsigned long)rsp.id);
		front->status[rsp.id] = rsp.status;
	}
	front_head(q)->rsp_event = f->rsp_cons + 1;
	return n;
}

/* --- blkd/guest.h ---------------------------------------------------------------------------- */

static bool is_granted(uint32_t ref)
{
	return ref && ref < FRONT_PAGES && !front->withheld[ref];
}

struct front_held front_held; /* ports: a bit each */

void *blk_guest_map(struct blk_guest *g, const uint32_t *refs, size_t n)
{
	uint8_t *at = mmap(NULL, n * FRONT_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)g;
	front->maps++;
	ck_assert(at != MAP_FAILED);
	for (size_t i = 0; i < n; i++) {
		if (front->refuse_maps || !is_granted(refs[i])) {
			munmap(at, n * FRONT_PAGE);
			errno = EINVAL;
			return NULL;
		}
		mmap(at + i * FRONT_PAGE, FRONT_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, memory_fd,
		     (off_t)refs[i] * FRONT_PAGE);
	}
	front_held.pages += n;
	return at;
}

int blk_guest_unmap(struct blk_guest *g, void *p, size_t n)
{
	(void)g;
	ck_assert_uint_ge(front_held.pages, n);
	front_held.pages -= n;
	return munmap(p, n * FRONT_PAGE) ? -errno : 0;
}

static void piece_copy(struct ioctl_gntdev_grant_copy_segment *p)
{
	bool in = p->flags & GNTCOPY_source_gref;
	uint32_t ref = in ? p->source.foreign.ref : p->dest.foreign.ref;
	uint16_t offset = in ? p->source.foreign.offset : p->dest.foreign.offset;

	if (!is_granted(ref) || offset + p->len > FRONT_PAGE) {
		p->status = GNTST_bad_gntref;
		return;
	}
	if (in)
		memcpy((void *)p->dest.virt, front_page(ref) + offset, p->len);
	else
		memcpy(front_page(ref) + offset, (void *)p->source.virt, p->len);
	p->status = GNTST_okay;
}

int blk_guest_copy(struct blk_guest *g, struct ioctl_gntdev_grant_copy_segment *piece, uint32_t n)
{
	(void)g;
	front->copies++;
	for (uint32_t i = 0; i < n; i++)
		piece_copy(&piece[i]);
	return 0;
}

int blk_guest_bind(struct blk_guest *g, uint32_t remote_port)
{
	(void)g;
	if (remote_port >= BLK_QUEUES_MAX || front_held.ports & 1u << remote_port)
		return -EINVAL;
	front_held.ports |= 1u << remote_port;
	return (int)remote_port;
}

void blk_guest_unbind(struct blk_guest *g, uint32_t port)
{
	(void)g;
	ck_assert_msg(port < BLK_QUEUES_MAX && front_held.ports & 1u << port, "port %u is not bound", port);
	front_held.ports &= ~(1u << port);
}

void blk_guest_notify(struct blk_guest *g, uint32_t port)
{
	(void)g;
	front->events[port]++;
}

/* --- blkd/log.h ------------------------------------------------------------------------------ */

void log_line(const char *fmt, ...)
{
	(void)fmt;
}

void log_counted(uint64_t count, const char *fmt, ...)
{
	(void)count;
	(void)fmt;
}
