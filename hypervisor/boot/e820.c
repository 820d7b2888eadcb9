/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Normalising a memory map: every start and end of an entry is a boundary; between two neighbouring boundaries
 * the least usable entry that covers the piece decides. Unknown types count as reserved. Pure.
 */
#include <stddef.h>
#include "boot/e820.h"
#include "lib/util.h"

/* Higher wins. */
static unsigned int severity(uint32_t type)
{
	switch (type) {
	case E820_RAM: return 1;
	case E820_ACPI: return 2;
	case E820_NVS: return 3;
	case E820_UNUSABLE: return 5;
	default: return 4;
	}
}

static unsigned int sort_unique(uint64_t *v, unsigned int n)
{
	unsigned int out = 0;

	for (unsigned int i = 1; i < n; i++) {
		uint64_t x = v[i];
		unsigned int j = i;

		for (; j && v[j - 1] > x; j--)
			v[j] = v[j - 1];
		v[j] = x;
	}
	for (unsigned int i = 0; i < n; i++)
		if (!out || v[out - 1] != v[i])
			v[out++] = v[i];
	return out;
}

/* Type of the piece [start, end), 0 if nothing covers it. */
static uint32_t piece_type(const struct boot_memory *map, unsigned int n, uint64_t start, uint64_t end)
{
	uint32_t type = 0;

	for (unsigned int i = 0; i < n; i++) {
		if (map[i].addr > start || map[i].addr + map[i].size < end)
			continue;
		if (!type || severity(map[i].type) > severity(type))
			type = map[i].type;
	}
	return type > E820_UNUSABLE ? E820_RESERVED : type;
}

unsigned int e820_normalise(struct boot_memory *map, unsigned int n, unsigned int max)
{
	static uint64_t edge[2 * BOOT_MAX_E820];
	static struct boot_memory in[BOOT_MAX_E820];
	unsigned int edges, out = 0;

	n = MIN(n, (unsigned int)BOOT_MAX_E820);
	for (unsigned int i = 0; i < n; i++) {
		in[i] = map[i];
		edge[2 * i] = map[i].addr;
		edge[2 * i + 1] = map[i].addr + map[i].size;
	}
	edges = sort_unique(edge, 2 * n);
	for (unsigned int i = 0; i + 1 < edges; i++) {
		uint32_t type = piece_type(in, n, edge[i], edge[i + 1]);

		if (!type)
			continue;
		if (out && map[out - 1].type == type && map[out - 1].addr + map[out - 1].size == edge[i]) {
			map[out - 1].size += edge[i + 1] - edge[i];
			continue;
		}
		if (out == max)
			break;
		map[out].addr = edge[i];
		map[out].size = edge[i + 1] - edge[i];
		map[out++].type = type;
	}
	return out;
}
