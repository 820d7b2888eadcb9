/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A kernel that is unpacked into the guest's own memory and moved to its places there: the guest's pages are one memory
 * file in two mappings, as dom0 has them, so that a move which overlaps itself goes wrong here as it would there.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "domain/memory.h"
#include "domain/segment.h"
#include "suite.h"

#define PAGE GUEST_PAGE
#define GUEST_PAGES 64u
#define GUEST_SIZE (GUEST_PAGES * PAGE)
#define MIB (UINT64_C(1) << 20)

static uint8_t *guest, *alias, file[GUEST_SIZE], want[GUEST_SIZE];

static void map_guest(void)
{
	int fd = memfd_create("guest", MFD_CLOEXEC);

	ck_assert(fd >= 0 && ftruncate(fd, GUEST_SIZE) == 0);
	guest = mmap(NULL, GUEST_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	alias = mmap(NULL, GUEST_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ck_assert(guest != MAP_FAILED && alias != MAP_FAILED);
	close(fd);
}

static void unmap_guest(void)
{
	munmap(guest, GUEST_SIZE);
	munmap(alias, GUEST_SIZE);
}

static uint64_t below(uint64_t n)
{
	return n ? (uint64_t)random() % n : 0;
}

static struct elf_image random_image(uint64_t len, bool congruent)
{
	struct elf_image img = { .paddr_offset = below(2) * 0x10000, .nr_segments = 1 + (unsigned int)below(5) };

	for (unsigned int i = 0; i < img.nr_segments; i++) {
		struct elf_segment *s = &img.segment[i];
		uint64_t room;

		s->offset = below(len);
		s->filesz = below(len - s->offset + 1);
		s->paddr = below(GUEST_SIZE / 2);
		if (congruent)
			s->paddr = s->paddr / PAGE * PAGE + s->offset % PAGE;
		room = GUEST_SIZE - s->paddr;
		if (s->filesz > room)
			s->filesz = room;
		s->memsz = s->filesz + below(2) * below(room - s->filesz + 1) / 2;
		s->paddr += img.paddr_offset;
	}
	return img;
}

/* As load.c does it, a few pages at a time. */
static void move(const struct elf_image *img, uint64_t base)
{
	for (unsigned int i = 0; i < img->nr_segments; i++) {
		const struct elf_segment *es = &img->segment[i];
		uint64_t paddr = es->paddr - img->paddr_offset, nr, count;
		struct segment s = { alias + base + es->offset, paddr % PAGE, es->filesz, es->memsz };

		nr = s.memsz ? (s.offset + s.memsz + PAGE - 1) / PAGE : 0;
		for (uint64_t at = 0; at < nr; at += count) {
			count = 1 + below(5);
			if (count > nr - at)
				count = nr - at;
			ck_assert_int_eq(segment_fill(&s, guest + (paddr / PAGE + at) * PAGE, at, count, NULL), 0);
		}
	}
	for (uint64_t at = base; at < GUEST_SIZE; at += PAGE)
		segments_wipe_rest(img, at, guest + at);
}

static void expect(const struct elf_image *img)
{
	memset(want, 0, sizeof(want));
	for (unsigned int i = 0; i < img->nr_segments; i++) {
		const struct elf_segment *s = &img->segment[i];
		uint8_t *to = want + (s->paddr - img->paddr_offset);

		memcpy(to, file + s->offset, s->filesz);
		memset(to + s->filesz, 0, s->memsz - s->filesz);
	}
}

START_TEST(test_random_images)
{
	unsigned int moved = 0, overlapping = 0;

	map_guest();
	for (unsigned int round = 0; round < 20000; round++) {
		uint64_t len = 1 + below(GUEST_SIZE), base = GUEST_SIZE - (len + PAGE - 1) / PAGE * PAGE;
		struct elf_image img = random_image(len, round & 1);

		if (!segments_movable(&img, base))
			continue;
		moved++;
		overlapping += img.segment[0].paddr - img.paddr_offset + img.segment[0].filesz > base;
		for (uint64_t i = 0; i < len; i += sizeof(long)) {
			long r = random();

			memcpy(file + i, &r, len - i < sizeof(r) ? len - i : sizeof(r));
		}
		memset(guest, 0, GUEST_SIZE);
		memcpy(guest + base, file, len);
		expect(&img);
		move(&img, base);
		ck_assert_mem_eq(guest, want, GUEST_SIZE);
	}
	ck_assert_uint_gt(moved, 500);
	ck_assert_uint_gt(overlapping, 100);
	unmap_guest();
}
END_TEST

/* Debian's vmlinux in round figures: text, data, per-CPU data, the rest with what is not in the file. */
static const struct elf_image linux_like = {
	.nr_segments = 4,
	.segment = {
		{ 2 * MIB, 22 * MIB, 16 * MIB, 22 * MIB },
		{ 24 * MIB, 7 * MIB, 38 * MIB, 7 * MIB },
		{ 32 * MIB, MIB / 4, 46 * MIB, MIB / 4 },
		{ 33 * MIB, 12 * MIB, 47 * MIB, 15 * MIB },
	},
};

START_TEST(test_linux_in_little_memory)
{
	/* The file's 62 MiB at the end of the guest. */
	ck_assert(segments_movable(&linux_like, (96 - 62) * MIB));
	ck_assert(segments_movable(&linux_like, (1024 - 62) * MIB));
	/* So little that the text would go upwards. */
	ck_assert(!segments_movable(&linux_like, (64 - 62) * MIB));
}
END_TEST

START_TEST(test_refusals)
{
	struct elf_image img = { .nr_segments = 1, .segment = { { 0, 3 * PAGE, 10 * PAGE, 3 * PAGE } } };

	ck_assert(segments_movable(&img, 10 * PAGE));
	ck_assert(segments_movable(&img, 11 * PAGE));
	ck_assert(!segments_movable(&img, 10 * PAGE + 8));
	ck_assert(!segments_movable(&img, 9 * PAGE));
	ck_assert(segments_movable(&img, 7 * PAGE));
	/* The first one's zeroes reach the second one's source. */
	img.nr_segments = 2;
	img.segment[1] = (struct elf_segment){ 3 * PAGE, PAGE, 30 * PAGE, PAGE };
	ck_assert(segments_movable(&img, 11 * PAGE));
	img.segment[0].memsz = 4 * PAGE + 1;
	ck_assert(!segments_movable(&img, 11 * PAGE));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("segment");
	TCase *tc = tcase_create("segment");

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, test_random_images);
	tcase_add_test(tc, test_linux_in_little_memory);
	tcase_add_test(tc, test_refusals);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
