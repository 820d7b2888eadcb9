/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a loader says by multiboot2 of EFI firmware and of the screen. bootinfo.c takes physical addresses, which are addresses of this
 * program here: the information lies below 4 GiB. Hostile information is the fuzzer's (fuzz_bootinfo.c).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <check.h>
#include "boot/bootinfo.h"
#include "boot/cmdline.h"
#include "boot/image.h"
#include "debug/log.h"

#include "suite.h"

#define MB2_MAGIC 0x36d76289
#define AREA 32768u
#define RUNTIME (1ull << 63)
#define WB 8ull

static uint8_t *area;
static uint32_t used;
static jmp_buf stopped;

void printk(const char *fmt, ...)
{
	(void)fmt;
}

void panic(const char *fmt, ...)
{
	(void)fmt;
	longjmp(stopped, 1);
}

static void *tag(uint32_t type, uint32_t size)
{
	uint32_t *t = (uint32_t *)(void *)(area + used);

	t[0] = type;
	t[1] = size;
	used += (size + 7) & ~7u;
	ck_assert_uint_lt(used, AREA);
	return t;
}

static void begin(void)
{
	memset(area, 0, AREA);
	memset(&bootinfo, 0, sizeof(bootinfo));
	used = 8;
}

static void finish(void)
{
	tag(0, 8);
	memcpy(area, &used, 4);
	ck_assert(!setjmp(stopped));
	bootinfo_init(MB2_MAGIC, (uint64_t)(uintptr_t)area);
}

static void descriptor(uint32_t *map, uint32_t i, uint32_t type, uint64_t addr, uint64_t pages, uint64_t attr)
{
	uint64_t d[5] = { type, addr, 0, pages, attr };

	memcpy((uint8_t *)map + 16 + i * map[2], d, sizeof(d));
}

static uint32_t *efi_tag(uint32_t n, uint32_t length)
{
	uint32_t *t = tag(17, 16 + n * length);

	t[2] = length;
	t[3] = 1;
	return t;
}

/* A map of n descriptors of a length, none beside another. */
static void efi_map(uint32_t n, uint32_t length)
{
	uint32_t *map = efi_tag(n, length);

	for (uint32_t i = 0; i < n; i++)
		descriptor(map, i, i % 3 ? 6 : 5, 0x1000000ull * i, i + 1, (i % 2 ? RUNTIME : 0) | (i % 4 == 3 ? WB : 0));
}

START_TEST(test_efi_map)
{
	begin();
	efi_map(12, 48);
	finish();
	ck_assert(bootinfo.efi);
	ck_assert_uint_eq(bootinfo.nr_efi_map, 12);
	for (unsigned int i = 0; i < 12; i++) {
		ck_assert_uint_eq(bootinfo.efi_map[i].addr, 0x1000000ull * i);
		ck_assert_uint_eq(bootinfo.efi_map[i].pages, i + 1);
		ck_assert_uint_eq(bootinfo.efi_map[i].type, i % 3 ? 6 : 5);
		ck_assert_uint_eq(bootinfo.efi_map[i].attr, (i % 2 ? RUNTIME : 0) | (i % 4 == 3 ? WB : 0));
	}
}
END_TEST

/* Neighbours are one range if they are alike in all. */
START_TEST(test_efi_map_merged)
{
	uint32_t *map;

	begin();
	map = efi_tag(6, 48);
	descriptor(map, 0, 7, 0x100000, 16, WB);
	descriptor(map, 1, 7, 0x110000, 1, WB);
	descriptor(map, 2, 7, 0x111000, 2, WB | RUNTIME);
	descriptor(map, 3, 4, 0x113000, 3, WB | RUNTIME);
	descriptor(map, 4, 4, 0x117000, 1, WB | RUNTIME);
	descriptor(map, 5, 4, 0x118000, 1, WB | RUNTIME);
	finish();
	ck_assert_uint_eq(bootinfo.nr_efi_map, 4);
	ck_assert_uint_eq(bootinfo.efi_map[0].pages, 17);
	ck_assert_uint_eq(bootinfo.efi_map[1].addr, 0x111000);
	ck_assert_uint_eq(bootinfo.efi_map[2].pages, 3);
	ck_assert_uint_eq(bootinfo.efi_map[3].addr, 0x117000);
	ck_assert_uint_eq(bootinfo.efi_map[3].pages, 2);
}
END_TEST

START_TEST(test_efi_map_full)
{
	begin();
	efi_map(BOOT_MAX_EFI, 40);
	finish();
	ck_assert_uint_eq(bootinfo.nr_efi_map, BOOT_MAX_EFI);
	/* One more than fits: half a map would make the firmware fault. */
	begin();
	efi_map(BOOT_MAX_EFI + 1, 40);
	finish();
	ck_assert_uint_eq(bootinfo.nr_efi_map, 0);
}
END_TEST

START_TEST(test_efi_map_odd)
{
	const uint32_t bad[] = { 0, 8, 32, 44 };

	for (unsigned int i = 0; i < 4; i++) {
		uint32_t *t;

		begin();
		t = tag(17, 16 + 4 * 48);
		t[2] = bad[i];
		memset(t + 4, 0xff, 4 * 48);
		finish();
		ck_assert(bootinfo.efi);
		ck_assert_uint_eq(bootinfo.nr_efi_map, 0);
	}
}
END_TEST

START_TEST(test_screen)
{
	struct { uint32_t type, size; uint64_t addr; uint32_t pitch, width, height; uint8_t bpp, kind; uint16_t pad; uint8_t colour[6]; } *fb;

	begin();
	fb = tag(8, 38);
	fb->addr = 0xc0000000;
	fb->pitch = 3200, fb->width = 800, fb->height = 600, fb->bpp = 32, fb->kind = 1;
	memcpy(fb->colour, "\x10\x08\x08\x08\x00\x08", 6);
	finish();
	ck_assert(bootinfo.fb.present);
	ck_assert_uint_eq(bootinfo.fb.base, 0xc0000000);
	ck_assert_uint_eq(bootinfo.fb.width, 800);
	ck_assert_uint_eq(bootinfo.fb.rpos, 16);
	ck_assert_uint_eq(bootinfo.fb.bsize, 8);
	/* A text screen is none. */
	begin();
	fb = tag(8, 38);
	fb->kind = 2;
	finish();
	ck_assert(!bootinfo.fb.present);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bootinfo");
	TCase *tc = tcase_create("multiboot2");

	area = mmap(NULL, AREA, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	if (area == MAP_FAILED)
		return 99;
	tcase_add_test(tc, test_efi_map);
	tcase_add_test(tc, test_efi_map_merged);
	tcase_add_test(tc, test_efi_map_full);
	tcase_add_test(tc, test_efi_map_odd);
	tcase_add_test(tc, test_screen);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
