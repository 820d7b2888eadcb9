/* SPDX-License-Identifier: BSD-2-Clause */
/* See blk_back.h. */
#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "blk_back.h"

struct blk_back back = { .now = 1000 * BACK_SECOND };

void back_disk_make(void)
{
	char path[] = "blk-engine-XXXXXX";

	back.disk_fd = mkstemp(path);
	ck_assert_int_ge(back.disk_fd, 0);
	back.direct_fd = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
	unlink(path);
	ck_assert_int_eq(ftruncate(back.disk_fd, (off_t)BACK_SECTORS * 512), 0);
	if (!back.journal) {
		back.journal = mmap(NULL, sizeof(*back.journal), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		ck_assert(back.journal != MAP_FAILED);
	}
}

void back_make(bool persistent, bool resume)
{
	const struct blk_limits limits = { .sectors = BACK_SECTORS, .unit = 1, .can_discard = true };
	struct blk_rings rings = front_rings(persistent);
	struct socle_error e;

	ck_assert_msg(!blk_file_open(&back.file, back.disk_fd, back.direct_fd, blk_engine_memory(), true, &e), "%s", e.text);
	blk_engine_init(&back.engine, &back.file.image, &back.guest, back.journal, back.file.memory, &limits);
	ck_assert_msg(!blk_engine_connect(&back.engine, &rings, resume, &e), "%s", e.text);
}

void back_end(void)
{
	while (!blk_engine_drain(&back.engine, back.now)) {
		struct pollfd p = back.file.image.ops->waits_for(&back.file.image);

		poll(&p, 1, 10);
	}
	blk_engine_disconnect(&back.engine);
	ck_assert(!front_held.pages && !front_held.ports);
	back.file.image.ops->close(&back.file.image);
	munmap(back.file.memory, (size_t)BLK_ARENA_PAGES * 4096);
	close(back.disk_fd);
	if (back.direct_fd >= 0)
		close(back.direct_fd);
}

void back_work(void)
{
	for (int quiet = 0; quiet < 2;) {
		struct pollfd p = back.file.image.ops->waits_for(&back.file.image);
		bool more = blk_engine_step(&back.engine, back.now);

		for (uint32_t q = 0; q < front->queues; q++)
			front_listen(q);
		quiet = more || poll(&p, 1, back.engine.busy > back.engine.nr_waiting ? 1000 : 0) > 0 ? 0 : quiet + 1;
	}
}

uint64_t back_ask(uint32_t q, uint8_t op, uint64_t sector, uint32_t segs, uint32_t first_page)
{
	struct blkif_request rq = { .operation = op, .nr_segments = (uint8_t)segs, .id = front->next_id++,
				    .sector_number = sector };

	for (uint32_t i = 0; i < segs && i < 11; i++)
		rq.seg[i] = (struct blkif_request_segment){ .gref = first_page + i, .last_sect = 7 };
	ck_assert(front_send(q, &rq));
	return rq.id;
}
