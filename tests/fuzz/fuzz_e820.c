/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory maps: the result is sorted and disjoint, and at sampled addresses it says what the least usable of the entries
 * given says. Entries come as (type, start, length), in units that a selector byte scales.
 */
#include "boot/e820.h"
#include "fuzz.h"

static int severity(uint32_t type)
{
	switch (type) {
	case E820_RAM: return 1;
	case E820_ACPI: return 2;
	case E820_NVS: return 3;
	case E820_UNUSABLE: return 5;
	default: return 4;
	}
}

static int severity_at(const struct boot_memory *map, unsigned int n, uint64_t addr)
{
	int worst = 0;

	for (unsigned int i = 0; i < n; i++)
		if (addr >= map[i].addr && addr - map[i].addr < map[i].size && severity(map[i].type) > worst)
			worst = severity(map[i].type);
	return worst;
}

static void check_edges(const struct boot_memory *in, unsigned int n, const struct boot_memory *out, unsigned int m)
{
	for (unsigned int i = 0; i < n; i++) {
		uint64_t at[] = { in[i].addr, in[i].addr + in[i].size - 1, in[i].addr - 1, in[i].addr + in[i].size };

		for (unsigned int k = 0; k < 4; k++)
			CLAIM(severity_at(in, n, at[k]) == severity_at(out, m, at[k]));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct boot_memory given[BOOT_MAX_E820], *map;
	unsigned int n = 0, m;

	while (in.left && n < BOOT_MAX_E820) {
		uint8_t how = input_u8(&in);
		uint64_t addr = input_u16(&in), len = input_u16(&in);
		unsigned int shift = how >> 4 & 3 ? (how >> 4 & 3) * 16u : 4;

		addr <<= shift;
		len <<= shift;
		/* As add_memory() in boot/bootinfo.c lets them in. */
		if (!len || addr + len < addr)
			continue;
		given[n++] = (struct boot_memory){ addr, len, how & 15 ? how & 15 : 0xffffffff };
	}
	map = malloc((n ? n : 1) * sizeof(*map));
	if (!map)
		abort();
	memcpy(map, given, n * sizeof(*map));
	m = e820_normalise(map, n, n);
	CLAIM(m <= n);
	for (unsigned int i = 0; i < m; i++) {
		CLAIM(map[i].size && map[i].type >= E820_RAM && map[i].type <= E820_UNUSABLE);
		CLAIM(!i || map[i - 1].addr + map[i - 1].size <= map[i].addr);
		CLAIM(!i || map[i - 1].type != map[i].type || map[i - 1].addr + map[i - 1].size < map[i].addr);
	}
	free(map);

	map = calloc(BOOT_MAX_E820, sizeof(*map));
	if (!map)
		abort();
	memcpy(map, given, n * sizeof(*map));
	m = e820_normalise(map, n, BOOT_MAX_E820);
	if (m < BOOT_MAX_E820)		/* else the highest were dropped */
		check_edges(given, n, map, m);
	free(map);
	return 0;
}
