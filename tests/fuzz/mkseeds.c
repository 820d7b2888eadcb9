/* SPDX-License-Identifier: BSD-2-Clause */
/* mkseeds FOLDER: writes FOLDER/TARGET/NAME, the first inputs of those fuzz targets whose format is binary. */
#include <errno.h>
#include <lz4.h>
#include <lzma.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <zlib.h>
#include <zstd.h>
#include "tests/unit/loader_image.h"

static const char *folder;

static void put(const char *target, const char *name, const void *bytes, size_t len)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, target);
	if (mkdir(path, 0777) && errno != EEXIST)
		exit(1);
	snprintf(path, sizeof(path), "%s/%s/%s", folder, target, name);
	f = fopen(path, "wb");
	if (!f || fwrite(bytes, 1, len, f) != len || fclose(f)) {
		perror(path);
		exit(1);
	}
}

/* ---- kernels: short ones, whose segments are mostly zeroes in memory ---- */

static size_t make_elf(struct image *im, bool linux_like)
{
	image_init(im);
	im->len = 0x600;
	image_phdr(im, 0)->p_offset = 0x400;
	image_phdr(im, 0)->p_filesz = 0x100;
	image_phdr(im, 1)->p_offset = 0x500;
	image_phdr(im, 1)->p_filesz = 0x80;
	if (linux_like)
		image_linux_notes(im);
	else
		image_required_notes(im);
	return im->len;
}

static void elf_seeds(void)
{
	static struct image im;
	size_t len = make_elf(&im, true);

	put("elf", "linux", im.bytes, len);
	len = make_elf(&im, false);
	image_note_number(&im, XEN_ELFNOTE_HYPERCALL_PAGE, IMAGE_VIRT_BASE + IMAGE_PSTART);
	put("elf", "short", im.bytes, len);
}

/* ---- compressed payloads ---- */

static uint8_t packed[65536], payload[65536];

static void payload_seed(int kind, const char *name, size_t n, uint32_t claim, int with_size)
{
	static const char *const magic[] = { "elf", "gzip", "xz", "zstd", "lz4" };
	uint8_t *file;
	size_t len;

	if (with_size)
		memcpy(packed + n, &claim, 4), n += 4;
	payload[0] = (uint8_t)kind;
	memcpy(payload + 1, packed, n);
	put("decompress", name, payload, n + 1);
	file = bzimage_wrap(packed, n, &len);
	put("bzimage", magic[kind], file, len);
	free(file);
}

static void payload_seeds(void)
{
	static struct image im;
	uint32_t len = (uint32_t)make_elf(&im, true), n;
	z_stream zs = { .next_in = im.bytes, .avail_in = len, .next_out = packed, .avail_out = sizeof(packed) };
	lzma_options_lzma opt;
	lzma_filter chain[] = { { LZMA_FILTER_X86, NULL }, { LZMA_FILTER_LZMA2, &opt }, { LZMA_VLI_UNKNOWN, NULL } };
	size_t at = 0;

	memcpy(packed, im.bytes, len);
	payload_seed(0, "elf", len, 0, 0);
	if (deflateInit2(&zs, 9, Z_DEFLATED, 15 + 16, 8, 0) != Z_OK || deflate(&zs, Z_FINISH) != Z_STREAM_END)
		exit(1);
	payload_seed(1, "gzip", zs.total_out, 0, 0);
	deflateEnd(&zs);
	if (lzma_lzma_preset(&opt, 0))
		exit(1);
	opt.dict_size = 4096;
	if (lzma_stream_buffer_encode(chain, LZMA_CHECK_CRC32, NULL, im.bytes, len, packed, &at, sizeof(packed)) != LZMA_OK)
		exit(1);
	payload_seed(2, "xz", at, len, 1);
	at = ZSTD_compress(packed, sizeof(packed), im.bytes, len, 19);
	payload_seed(3, "zstd", at, len, 1);
	memcpy(packed, "\x02\x21\x4c\x18", 4);
	n = (uint32_t)LZ4_compress_default((char *)im.bytes, (char *)packed + 8, (int)len, sizeof(packed) - 8);
	memcpy(packed + 4, &n, 4);
	payload_seed(4, "lz4", n + 8, len, 1);
}

/* ---- firmware ---- */

static uint8_t ram[1024];

static void word(unsigned int at, unsigned int width, uint64_t v) { memcpy(ram + at, &v, width); }

static void table(unsigned int at, const char *signature, uint32_t length)
{
	memcpy(ram + at, signature, 4);
	word(at + 4, 4, length);
}

/* The input is memory from 0x1000 on (fuzz_acpi.c), after a byte of switches. */
static void acpi_seed(void)
{
	static const uint8_t madt[] = {
		0, 8, 0, 0, 1, 0, 0, 0, 1, 12, 0, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0, 2, 10, 0, 0, 2, 0, 0, 0, 0, 0,
		9, 16, 0, 0, 7, 1, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 5, 12, 0, 0, 0, 0, 0xe0, 0xfe, 0, 0, 0, 0,
	};
	static const uint8_t s5[] = { 8, '_', 'S', '5', '_', 0x12, 6, 4, 0x0a, 5, 0x0a, 5, 0, 0 };
	uint8_t *m = ram + 1;

	memset(ram, 0, sizeof(ram));
	memcpy(m, "RSD PTR ", 8);
	m[15] = 2;
	word(1 + 16, 4, 0x1040);
	word(1 + 20, 4, 36);
	word(1 + 24, 8, 0x1080);
	table(1 + 0x40, "RSDT", 36 + 4);
	word(1 + 0x40 + 36, 4, 0x10c0);
	table(1 + 0x80, "XSDT", 36 + 32);
	word(1 + 0x80 + 36, 8, 0x10e0);
	word(1 + 0x80 + 44, 8, 0x1160);
	word(1 + 0x80 + 52, 8, 0x1260);
	word(1 + 0x80 + 60, 8, 0x12c0);
	table(1 + 0xe0, "APIC", 44 + sizeof(madt));
	memcpy(m + 0xe0 + 44, madt, sizeof(madt));
	table(1 + 0x160, "FACP", 244);
	word(1 + 0x160 + 40, 4, 0x1300);
	word(1 + 0x160 + 46, 2, 9);
	word(1 + 0x160 + 64, 4, 0x604);
	word(1 + 0x160 + 112, 4, 1 << 10);
	table(1 + 0x260, "MCFG", 60);
	word(1 + 0x260 + 44, 8, 0xb0000000);
	word(1 + 0x260 + 55, 1, 255);
	table(1 + 0x2c0, "HPET", 56);
	word(1 + 0x2c0 + 44, 8, 0xfed00000);
	table(1 + 0x300, "DSDT", 36 + sizeof(s5));
	memcpy(m + 0x300 + 36, s5, sizeof(s5));
	put("acpi", "pc", ram, 1 + 0x360);
}

static unsigned int tag(unsigned int at, uint32_t type, const void *body, uint32_t len)
{
	word(at, 4, type);
	word(at + 4, 4, len + 8);
	memcpy(ram + at + 8, body, len);
	return at + ((len + 8 + 7) & ~7u);
}

/* The first byte: 1 is multiboot2; then the tags (fuzz_bootinfo.c). */
static void boot_seeds(void)
{
	static const uint32_t module[] = { 0x1000000, 0x1200000, 0x756e696c, 0x6f722078, 0x3d746f };
	static const uint32_t map[] = { 24, 0, 0, 0, 0x9fc00, 0, 1, 0, 0x100000, 0, 0x7ee0000, 0, 1, 0 };
	static const uint32_t screen[] = { 0xe0000000, 0, 4096, 1024, 768, 0x120, 0x08100810, 0x0800 };
	uint8_t rsdp[36] = "RSD PTR ";
	unsigned int at = 1;

	memset(ram, 0, sizeof(ram));
	ram[0] = 1;
	at = tag(at, 2, "GRUB 2.06", 10);
	at = tag(at, 1, "dom0_mem=64M console=com1", 26);
	at = tag(at, 3, module, sizeof(module));
	at = tag(at, 6, map, sizeof(map));
	at = tag(at, 8, screen, sizeof(screen));
	at = tag(at, 14, rsdp, 20);
	at = tag(at, 15, rsdp, 36);
	at = tag(at, 17, map, 16);
	at = tag(at, 0, "", 0);
	put("bootinfo", "multiboot2", ram, at);
	memset(ram, 0, sizeof(ram));
	word(1, 4, 0x24c);
	ram[5] = 2;
	word(6, 2, 240);
	put("bootinfo", "multiboot1", ram, sizeof(ram));
}

/* Programs (fuzz_mm.c, fuzz_store_request.c, fuzz_rings.c): any bytes are one; long ones to begin with. */
static void program_seeds(const char *target, size_t len)
{
	uint64_t x = 88172645463325252u;
	char name[16];

	for (unsigned int i = 0; i < 12; i++) {
		for (size_t k = 0; k < len; k++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			payload[k] = (uint8_t)(x >> 32);
		}
		snprintf(name, sizeof(name), "program-%u", i);
		put(target, name, payload, len);
	}
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	folder = argv[1];
	elf_seeds();
	payload_seeds();
	acpi_seed();
	boot_seeds();
	program_seeds("mm", 900);
	program_seeds("store_request", 600);
	program_seeds("rings", 1200);
	program_seeds("blk", 2000);
	return 0;
}
