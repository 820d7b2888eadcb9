/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A root in which firmware finds its memory at physical addresses, and the hypervisor everything that is its own. Entries of the lower half only
 * come, before the root is loaded for the first time; the hypervisor's slots are those of the root that is left for it, as that one has
 * the descriptor tables of the vCPU that runs.
 */
#include <abi/errno.h>
#include "asm/cr.h"
#include "lib/util.h"
#include "mm/internal.h"
#include "mm/layout.h"
#include "mm/mm.h"

#define TABLE_BITS (PTE_P | PTE_RW | PTE_A)
#define LOW_HALF_END (1ull << 47)

static uint64_t *table_below(uint64_t *slot)
{
	void *table;

	if (!(*slot & PTE_P)) {
		table = hv_alloc_pages(0);
		if (!table)
			return NULL;
		*slot = virt_to_maddr(table) | TABLE_BITS;
	}
	return maddr_to_virt(*slot & PTE_FRAME);
}

int firmware_map(uint64_t *root, uint64_t maddr, uint64_t pages, bool cached, bool code)
{
	uint64_t bits = PTE_P | PTE_RW | PTE_A | PTE_D | (cached ? 0 : PTE_PCD | PTE_PWT) | (code ? 0 : PTE_NX);

	if (maddr % PAGE_SIZE || maddr >= LOW_HALF_END || pages > (LOW_HALF_END - maddr) >> PAGE_SHIFT)
		return -XEN_EINVAL;
	for (; pages; pages--, maddr += PAGE_SIZE) {
		uint64_t *table = root;

		for (unsigned int level = 4; table && level > 1; level--)
			table = table_below(&table[pt_index(maddr, level)]);
		if (!table)
			return -XEN_ENOMEM;
		table[pt_index(maddr, 1)] = maddr | bits;
	}
	return 0;
}

uint64_t firmware_enter(uint64_t *root)
{
	uint64_t cr3 = read_cr3();
	const uint64_t *now = maddr_to_virt(cr3 & PTE_FRAME);

	for (unsigned int i = HV_SLOT_FIRST; i <= HV_SLOT_LAST; i++)
		root[i] = now[i];
	write_cr3(virt_to_maddr(root));
	return cr3;
}

void firmware_leave(uint64_t cr3)
{
	write_cr3(cr3);
}
