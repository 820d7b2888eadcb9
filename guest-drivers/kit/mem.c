/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The boot region: pfn n is mapped at VIRT_BASE + n pages, page-table pages among them (pv-abi 1.4), so any table can
 * be read through M2P and that linear map.
 */
#include "kit/kit.h"

#define RO_M2P ((const uint64_t *)0xffff800000000000UL)

uint64_t kit_va_to_mfn(const void *va)
{
	const uint64_t *p2m = (const uint64_t *)kit_start_info->mfn_list;

	return p2m[kit_va_to_pfn(va)];
}

uint64_t kit_va_to_maddr(const void *va)
{
	return kit_va_to_mfn(va) << 12 | (uint64_t)va % PAGE_SIZE;
}

void *kit_mfn_to_va(uint64_t mfn)
{
	uint64_t pfn = RO_M2P[mfn];

	return pfn < kit_start_info->nr_pages ? kit_pfn_to_va(pfn) : NULL;
}

uint64_t *kit_walk(const void *va, unsigned int level)
{
	uint64_t *table = (uint64_t *)kit_start_info->pt_base;

	for (unsigned int l = 4;; l--) {
		uint64_t *entry = &table[(uint64_t)va >> (12 + 9 * (l - 1)) & 511];

		if (l == level)
			return entry;
		if (!(*entry & PTE_P))
			return NULL;
		table = kit_mfn_to_va(PTE_FRAME(*entry));
	}
}

uint64_t kit_pte_maddr(const void *va)
{
	uint64_t l2e = *kit_walk(va, 2);

	return (PTE_FRAME(l2e) << 12) + ((uint64_t)va >> 12 & 511) * 8;
}

int kit_set_pte(void *va, uint64_t pte)
{
	return (int)hypercall3(__HYPERVISOR_update_va_mapping, va, pte, UVMF_INVLPG | UVMF_LOCAL);
}

int kit_make_readonly(void *va)
{
	return kit_set_pte(va, kit_va_to_mfn(va) << 12 | PTE_P | PTE_A);
}

int kit_make_writable(void *va)
{
	return kit_set_pte(va, kit_va_to_mfn(va) << 12 | PTE_P | PTE_RW | PTE_A | PTE_D);
}

long kit_mmu_update(uint64_t ptr, uint64_t val)
{
	struct mmu_update u = { .ptr = ptr, .val = val };

	return hypercall4(__HYPERVISOR_mmu_update, &u, 1, 0, DOMID_SELF);
}

long kit_mmuext(unsigned int cmd, uint64_t arg1)
{
	struct mmuext_op op = { .cmd = cmd, .arg1.mfn = arg1 };

	return hypercall4(__HYPERVISOR_mmuext_op, &op, 1, 0, DOMID_SELF);
}
