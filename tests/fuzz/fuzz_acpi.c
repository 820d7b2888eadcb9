/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ACPI tables. The input is physical memory from ROOT on; checksums, which would stop every mutation, are made right before
 * the parser sees a table, unless the input's first bit says that they stay. Mappings are exact copies.
 */
#include <stdarg.h>
#include "boot/bootinfo.h"
#include "boot/cmdline.h"
#include "debug/log.h"
#include "mm/mm.h"
#include "platform/platform.h"
#include "fuzz.h"

#define ROOT 0x1000u		/* where the input starts: the RSDP */
#define MAPPINGS 2048

struct bootinfo bootinfo;
/* No frame is RAM: a reset register anywhere is mapped. */
uint64_t max_page, frame_chunk_map[1];
struct options options = { .acpi = true };
static struct { const uint8_t *at; size_t size; bool mend; } memory;
static void *mapping[MAPPINGS];
static unsigned int mappings;

void printk(const char *fmt, ...)
{
	char text[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
}

static void mend_checksum(uint8_t *p, size_t len, size_t where)
{
	uint8_t sum = 0;

	p[where] = 0;
	for (size_t i = 0; i < len; i++)
		sum = (uint8_t)(sum + p[i]);
	p[where] = (uint8_t)-sum;
}

void *ioremap(uint64_t maddr, size_t len)
{
	uint8_t *p = calloc(1, len ? len : 1);
	uint64_t off = maddr - ROOT;
	uint32_t length;

	if (!p)
		abort();
	CLAIM(len <= 16u << 20);
	if (off < memory.size)
		memcpy(p, memory.at + off, len < memory.size - off ? len : memory.size - off);
	/* A header: a length that fits, else most inputs are megabytes of zeroes. Those above the limit stay. */
	if (memory.mend && len == 36) {
		memcpy(&length, p + 4, 4);
		length = length > 16u << 20 ? length : length % 4096;
		memcpy(p + 4, &length, 4);
	}
	if (memory.mend && len > 36 && len < 8192) {
		length = (uint32_t)len;
		memcpy(p + 4, &length, 4);
		mend_checksum(p, len, 9);
	}
	if (mappings < MAPPINGS)
		mapping[mappings++] = p;
	else
		free(p), p = mapping[0];
	return p;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	uint8_t how = input_u8(&in);

	mappings = 0;
	memory.mend = !(how & 1);
	memory.at = in.at;
	memory.size = in.left;
	memset(&acpi_info, 0, sizeof(acpi_info));
	/* Without a pointer from the loader the BIOS area is searched: its own code, seldom. */
	bootinfo.rsdp = how & 0x40 ? 0 : ROOT;
	acpi_init();
	CLAIM(acpi_info.nr_ioapics >= 1 && acpi_info.nr_ioapics <= 8);
	CLAIM(acpi_info.nr_isos <= 16 && acpi_info.nr_cpus <= 256);
	while (mappings)
		free(mapping[--mappings]);
	return 0;
}
