/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a boot loader passes. Multiboot2: the whole input is the information, whose first word alone is made right. Multiboot1,
 * which is full of pointers and trusted: a structure of the right shape with contents from the input. bootinfo.c takes
 * physical addresses, which are addresses of this program here, so all of it lies below 2 GiB.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <sanitizer/asan_interface.h>
#include <sys/mman.h>
#include "boot/bootinfo.h"
#include "boot/cmdline.h"
#include "boot/image.h"
#include "debug/log.h"
#include "fuzz.h"

#define MB1_MAGIC 0x2badb002
#define MB2_MAGIC 0x36d76289
#define AREA 8192u

static uint8_t *area;
static jmp_buf stopped;

void printk(const char *fmt, ...)
{
	char text[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
}

/* Refusing to boot is an answer. */
void panic(const char *fmt, ...)
{
	(void)fmt;
	longjmp(stopped, 1);
}

static void make_area(void)
{
	area = mmap(NULL, AREA, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	if (area == MAP_FAILED)
		abort();
}

static uint64_t multiboot2(struct input *in)
{
	size_t size = in->left < AREA - 8 ? in->left : AREA - 8;
	uint32_t at = (uint32_t)(uintptr_t)area, total = (uint32_t)size + 8;
	uint32_t *tag;

	memcpy((uint8_t *)(uintptr_t)at + 8, in->at, size);
	memcpy((void *)(uintptr_t)at, &total, 4);
	/* The EFI system table is a pointer to trusted memory: none. */
	for (uint32_t off = 8; off + 16 <= total;) {
		tag = (uint32_t *)(uintptr_t)(at + off);
		if (tag[0] == 12)
			tag[2] = tag[3] = 0;
		if (tag[1] < 8 || tag[1] > total - off)
			break;
		off += (tag[1] + 7) & ~7u;
	}
	/* Nothing behind the information may be read. */
	ASAN_POISON_MEMORY_REGION(area + total, AREA - total);
	return at;
}

static uint64_t multiboot1(struct input *in)
{
	uint32_t *info = (uint32_t *)area, *mods = (uint32_t *)(area + 512);
	uint8_t *mmap_at = area + 1024;
	char *strings = (char *)area + 4096;
	uint32_t n = 0;

	memset(area, 0, AREA);
	info[0] = input_u32(in);
	info[5] = input_u8(in) % 20;
	info[6] = (uint32_t)(uintptr_t)mods;
	info[11] = input_u16(in) % 3000;
	info[12] = (uint32_t)(uintptr_t)mmap_at;
	while (n + 24 <= 3000) {
		uint32_t size = 20 + input_u8(in) % 8;
		uint64_t addr = input_u32(in), len = input_u32(in), type = input_u8(in);

		addr <<= 12, len <<= 12;
		memcpy(mmap_at + n, &size, 4);
		memcpy(mmap_at + n + 4, &addr, 8);
		memcpy(mmap_at + n + 12, &len, 8);
		memcpy(mmap_at + n + 20, &type, 4);
		n += size + 4;
	}
	for (uint32_t i = 0; i < 20; i++) {
		mods[4 * i] = input_u32(in);
		mods[4 * i + 1] = input_u32(in);
		mods[4 * i + 2] = (uint32_t)(uintptr_t)strings + input_u8(in);
	}
	info[4] = (uint32_t)(uintptr_t)strings + input_u8(in);
	info[16] = (uint32_t)(uintptr_t)strings + input_u8(in);
	n = (uint32_t)(in->left < AREA - 4096 - 1 ? in->left : AREA - 4096 - 1);
	memcpy(strings, in->at, n);
	return (uint64_t)(uintptr_t)area;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	bool second = input_u8(&in) & 1;

	if (!area)
		make_area();
	ASAN_UNPOISON_MEMORY_REGION(area, AREA);
	memset(&bootinfo, 0, sizeof(bootinfo));
	if (setjmp(stopped))
		return 0;
	if (second)
		bootinfo_init(MB2_MAGIC, multiboot2(&in));
	else
		bootinfo_init(MB1_MAGIC, multiboot1(&in));
	CLAIM(bootinfo.nr_modules <= BOOT_MAX_MODULES && bootinfo.nr_e820 <= BOOT_MAX_E820);
	CLAIM(bootinfo.nr_efi_map <= BOOT_MAX_EFI);
	CLAIM(memchr(bootinfo.cmdline, 0, sizeof(bootinfo.cmdline)));
	CLAIM(memchr(bootinfo.loader, 0, sizeof(bootinfo.loader)));
	CLAIM(memchr(bootinfo.kernel_args, 0, sizeof(bootinfo.kernel_args)));
	for (unsigned int i = 0; i < bootinfo.nr_modules; i++)
		CLAIM(bootinfo.module[i].len);
	for (unsigned int i = 1; i < bootinfo.nr_e820; i++)
		CLAIM(bootinfo.e820[i - 1].addr + bootinfo.e820[i - 1].size <= bootinfo.e820[i].addr);
	return 0;
}
