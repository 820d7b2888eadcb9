/* SPDX-License-Identifier: BSD-2-Clause */
/* mmu_update, update_va_mapping, mmuext_op: commands, domains and their errors; page types have a test of their own. */
#include "surface.h"

static uint8_t page[PAGE_SIZE] PAGE_ALIGNED;
static uint64_t table[512] PAGE_ALIGNED;
static uint32_t done;

static long mmu(uint64_t ptr, uint64_t val, uint32_t fd)
{
	struct mmu_update u = { .ptr = ptr, .val = val };

	return hypercall4(__HYPERVISOR_mmu_update, &u, 1, &done, fd);
}

static void updates(void)
{
	struct mmu_update two[2];
	uint64_t pte = kit_pte_maddr(page), val = *kit_walk(page, 1);
	uint64_t root = kit_va_to_mfn((void *)kit_start_info->pt_base) << 12;

	CHECK_EQ(mmu(pte, val, DOMID_SELF), 0, "mmu_update");
	CHECK_EQ(done, 1, "and its count");
	CHECK_EQ(mmu(pte | MMU_PT_UPDATE_PRESERVE_AD, val, DOMID_SELF), 0, "mmu_update preserving A and D");
	CHECK_EQ(mmu(pte | MMU_PT_UPDATE_NO_TRANSLATE, val, DOMID_SELF), 0, "mmu_update without translation");
	CHECK_EQ(mmu(pte | 4, val, DOMID_SELF), -XEN_ENOSYS, "mmu_update not aligned");
	CHECK_EQ(done, 0, "none done");
	CHECK_EQ(mmu(0xffffffffffUL << 12, val, DOMID_SELF), -XEN_EINVAL, "mmu_update in no page");
	CHECK_EQ(mmu(pte, val, NOBODY), -XEN_ESRCH, "mmu_update, pages of nobody");
	CHECK_EQ(mmu(pte, val, DOMID_SELF | (NOBODY + 1) << 16), -XEN_ESRCH, "mmu_update, tables of nobody");
	CHECK_EQ(mmu(pte, val, DOMID_IDLE), -XEN_ESRCH, "mmu_update, pages of DOMID_IDLE");
	CHECK_EQ(mmu(pte, val | PTE_PSE, DOMID_SELF), 0, "PAT bit in an entry of dom0");
	CHECK_EQ(mmu(pte, val, DOMID_SELF), 0, "and out");
	CHECK_EQ(mmu(pte, 0xffffffffffUL << 12 | PTE_P, DOMID_SELF), -XEN_EINVAL, "entry for no page");
	CHECK_EQ(mmu(pte, 0, DOMID_SELF), 0, "entry cleared");
	CHECK_EQ(mmu(pte, val, DOMID_IO), -XEN_EBUSY, "own page as DOMID_IO's");
	CHECK_EQ(mmu(pte, kit_start_info->shared_info | PTE_P | PTE_RW, DOMID_XEN), -XEN_EBUSY, "shared_info as DOMID_XEN's");
	CHECK_EQ(mmu(pte, kit_start_info->shared_info | PTE_P | PTE_RW | PTE_PCD, DOMID_SELF), -XEN_EACCES, "shared_info uncached");
	CHECK_EQ(mmu(pte, val, DOMID_SELF), 0, "entry restored");
	CHECK_EQ(mmu(root, 1UL << 12 | PTE_P, DOMID_SELF), -XEN_EINVAL, "L4 entry for another's page");
	CHECK_EQ(mmu(root + 256 * 8, 0, DOMID_SELF), -XEN_EINVAL, "L4 slot 256");
	CHECK_EQ(mmu(root + 271 * 8, 0, DOMID_SELF), -XEN_EINVAL, "L4 slot 271");
	CHECK_EQ(mmu(root + 272 * 8, 0, DOMID_SELF), 0, "L4 slot 272");
	CHECK_EQ(mmu(root + 300 * 8, 0, DOMID_IO), -XEN_EINVAL, "L4 entry with DOMID_IO");
	CHECK_EQ(mmu(kit_va_to_mfn(page) << 12 | MMU_MACHPHYS_UPDATE, ((uint64_t)page - KIT_VIRT_BASE) >> 12, DOMID_SELF), 0, "M2P update");
	CHECK_EQ(mmu(0xffffffffffUL << 12 | MMU_MACHPHYS_UPDATE, 0, DOMID_SELF), -XEN_EINVAL, "M2P update of no page");
	CHECK_EQ(mmu((kit_va_to_mfn(page) << 12) + 8, 0x1234, DOMID_SELF), 0, "plain store");
	CHECK_EQ(((uint64_t *)page)[1], 0x1234, "has come");
	two[0] = (struct mmu_update){ .ptr = pte, .val = val };
	two[1] = (struct mmu_update){ .ptr = 4 };
	CHECK_EQ(hypercall4(__HYPERVISOR_mmu_update, two, 2, &done, DOMID_SELF), -XEN_ENOSYS, "second of two fails");
	CHECK_EQ(done, 1, "one done");
	CHECK_EQ(hypercall4(__HYPERVISOR_mmu_update, two, 0, &done, DOMID_SELF), 0, "mmu_update of nothing");
	CHECK_EQ(done, 0, "and its count");
	CHECK_EQ(hypercall4(__HYPERVISOR_mmu_update, BAD_POINTER, 1, 0, DOMID_SELF), -XEN_EFAULT, "mmu_update, bad pointer");
	CHECK_EQ(hypercall4(__HYPERVISOR_mmu_update, two, 1, BAD_POINTER, DOMID_SELF), 0, "mmu_update, bad count");
}

static void va_mappings(void)
{
	const unsigned int nr = __HYPERVISOR_update_va_mapping;
	uint64_t val = *kit_walk(page, 1);
	static uint64_t vcpus = 1;

	CHECK_EQ(hypercall3(nr, page, val, UVMF_NONE), 0, "update_va_mapping");
	CHECK_EQ(hypercall3(nr, page, val, UVMF_TLB_FLUSH | UVMF_LOCAL), 0, "with a flush");
	CHECK_EQ(hypercall3(nr, page, val, UVMF_TLB_FLUSH | UVMF_ALL), 0, "with a flush of all");
	CHECK_EQ(hypercall3(nr, page, val, UVMF_INVLPG | UVMF_ALL), 0, "with an INVLPG of all");
	CHECK_EQ(hypercall3(nr, page, val, UVMF_TLB_FLUSH | (uint64_t)&vcpus), 0, "with a flush of some");
	CHECK_EQ(hypercall3(nr, page, val, UVMF_INVLPG | (uint64_t)&vcpus), 0, "with an INVLPG of some");
	CHECK_EQ(hypercall3(nr, page, val, UVMF_TLB_FLUSH | (BAD_POINTER)), -XEN_EFAULT, "with a flush of some, bad pointer");
	CHECK_EQ(hypercall3(nr, page, val, UVMF_FLUSHTYPE_MASK), 0, "with flush type 3");
	CHECK_EQ(hypercall3(nr, UNMAPPED, val, 0), -XEN_EINVAL, "where there is no table");
	CHECK_EQ(hypercall3(nr, BAD_POINTER, val, 0), -XEN_EINVAL, "in the hypervisor");
	CHECK_EQ(hypercall3(nr, NON_CANONICAL, val, 0), -XEN_EINVAL, "not canonical");
	CHECK_EQ(hypercall4(nr + 8, page, val, 0, DOMID_SELF), 0, "update_va_mapping_otherdomain");
	CHECK_EQ(hypercall4(nr + 8, page, val, 0, NOBODY), -XEN_ESRCH, "with pages of nobody");
}

static long ext(unsigned int cmd, uint64_t a1, uint64_t a2, uint32_t fd)
{
	struct mmuext_op op = { .cmd = cmd, .arg1.mfn = a1, .arg2.vcpumask = a2 };

	return hypercall4(__HYPERVISOR_mmuext_op, &op, 1, &done, fd);
}

static void pins(void)
{
	uint64_t mfn = kit_va_to_mfn(table), root = kit_va_to_mfn((void *)kit_start_info->pt_base);

	CHECK_EQ(ext(MMUEXT_PIN_L1_TABLE, mfn, 0, DOMID_SELF), -XEN_EINVAL, "pin of a page mapped writable");
	CHECK_EQ(kit_make_readonly(table), 0, "made read-only");
	CHECK_EQ(ext(MMUEXT_PIN_L1_TABLE, mfn, 0, DOMID_SELF), 0, "PIN_L1");
	CHECK_EQ(done, 1, "and its count");
	CHECK_EQ(ext(MMUEXT_PIN_L1_TABLE, mfn, 0, DOMID_SELF), -XEN_EINVAL, "PIN_L1 twice");
	CHECK_EQ(done, 0, "and its count");
	CHECK_EQ(ext(MMUEXT_PIN_L2_TABLE, mfn, 0, DOMID_SELF), -XEN_EINVAL, "PIN_L2 of an L1");
	CHECK_EQ(ext(MMUEXT_CLEAR_PAGE, mfn, 0, DOMID_SELF), -XEN_EINVAL, "CLEAR_PAGE of a table");
	CHECK_EQ(ext(MMUEXT_UNPIN_TABLE, mfn, 0, DOMID_SELF), 0, "UNPIN");
	CHECK_EQ(ext(MMUEXT_UNPIN_TABLE, mfn, 0, DOMID_SELF), -XEN_EINVAL, "UNPIN twice");
	for (unsigned int i = MMUEXT_PIN_L2_TABLE; i <= MMUEXT_PIN_L4_TABLE; i++) {
		CHECK_EQ(ext(i, mfn, 0, DOMID_SELF), 0, "pin of an empty table");
		CHECK_EQ(ext(MMUEXT_UNPIN_TABLE, mfn, 0, DOMID_SELF), 0, "and unpin");
	}
	CHECK_EQ(ext(MMUEXT_PIN_L1_TABLE, 0xffffffffffUL, 0, DOMID_SELF), -XEN_EINVAL, "pin of no page");
	CHECK_EQ(ext(MMUEXT_UNPIN_TABLE, 0xffffffffffUL, 0, DOMID_SELF), -XEN_EINVAL, "unpin of no page");
	CHECK_EQ(ext(MMUEXT_PIN_L1_TABLE, mfn, 0, NOBODY), -XEN_ESRCH, "pin of nobody's");
	CHECK_EQ(ext(MMUEXT_PIN_L1_TABLE, mfn, 0, DOMID_IO), -XEN_EINVAL, "pin of DOMID_IO's");
	CHECK_EQ(kit_make_writable(table), 0, "writable again");
	CHECK_EQ(ext(MMUEXT_NEW_BASEPTR, mfn, 0, DOMID_SELF), -XEN_EINVAL, "NEW_BASEPTR of a writable page");
	CHECK_EQ(ext(MMUEXT_NEW_BASEPTR, 0xffffffffffUL, 0, DOMID_SELF), -XEN_EINVAL, "NEW_BASEPTR of no page");
	CHECK_EQ(ext(MMUEXT_NEW_BASEPTR, root, 0, DOMID_SELF), 0, "NEW_BASEPTR");
	CHECK_EQ(ext(MMUEXT_NEW_USER_BASEPTR, 0, 0, DOMID_SELF), 0, "NEW_USER_BASEPTR of none");
	CHECK_EQ(ext(MMUEXT_NEW_USER_BASEPTR, root, 0, DOMID_SELF), 0, "NEW_USER_BASEPTR");
	CHECK_EQ(ext(MMUEXT_NEW_USER_BASEPTR, mfn, 0, DOMID_SELF), -XEN_EINVAL, "NEW_USER_BASEPTR of a writable page");
	CHECK_EQ(ext(MMUEXT_NEW_USER_BASEPTR, 0, 0, DOMID_SELF), 0, "NEW_USER_BASEPTR of none again");
}

static void flushes(void)
{
	static uint64_t vcpus = 1;
	uint64_t mfn = kit_va_to_mfn(page);
	long rc;

	CHECK_EQ(ext(MMUEXT_TLB_FLUSH_LOCAL, 0, 0, DOMID_SELF), 0, "TLB_FLUSH_LOCAL");
	CHECK_EQ(ext(MMUEXT_INVLPG_LOCAL, (uint64_t)page, 0, DOMID_SELF), 0, "INVLPG_LOCAL");
	CHECK_EQ(ext(MMUEXT_INVLPG_LOCAL, BAD_POINTER, 0, DOMID_SELF), 0, "INVLPG_LOCAL in the hypervisor");
	CHECK_EQ(ext(MMUEXT_INVLPG_LOCAL, NON_CANONICAL, 0, DOMID_SELF), 0, "INVLPG_LOCAL not canonical");
	CHECK_EQ(ext(MMUEXT_TLB_FLUSH_MULTI, 0, (uint64_t)&vcpus, DOMID_SELF), 0, "TLB_FLUSH_MULTI");
	rc = ext(MMUEXT_TLB_FLUSH_MULTI, 0, BAD_POINTER, DOMID_SELF);
	CHECK(rc == -XEN_EINVAL || (!on_xen && rc == -XEN_EFAULT), "TLB_FLUSH_MULTI, bad pointer: %ld", rc);
	CHECK_EQ(ext(MMUEXT_INVLPG_MULTI, (uint64_t)page, (uint64_t)&vcpus, DOMID_SELF), 0, "INVLPG_MULTI");
	rc = ext(MMUEXT_INVLPG_MULTI, (uint64_t)page, BAD_POINTER, DOMID_SELF);
	CHECK(rc == -XEN_EINVAL || (!on_xen && rc == -XEN_EFAULT), "INVLPG_MULTI, bad pointer: %ld", rc);
	CHECK_EQ(ext(MMUEXT_TLB_FLUSH_ALL, 0, 0, DOMID_SELF), 0, "TLB_FLUSH_ALL");
	CHECK_EQ(ext(MMUEXT_INVLPG_ALL, (uint64_t)page, 0, DOMID_SELF), 0, "INVLPG_ALL");
	CHECK_EQ(ext(MMUEXT_FLUSH_CACHE, 0, 0, DOMID_SELF), 0, "FLUSH_CACHE");
	CHECK_EQ(ext(MMUEXT_FLUSH_CACHE_GLOBAL, 0, 0, DOMID_SELF), 0, "FLUSH_CACHE_GLOBAL");
	CHECK_EQ(ext(MMUEXT_SET_LDT, 0, 0, DOMID_SELF), 0, "SET_LDT of nothing");
	CHECK_EQ(ext(MMUEXT_SET_LDT, (uint64_t)page, 512, DOMID_SELF), 0, "SET_LDT");
	CHECK_EQ(ext(MMUEXT_SET_LDT, (uint64_t)page + 8, 1, DOMID_SELF), -XEN_EINVAL, "SET_LDT not aligned");
	CHECK_EQ(ext(MMUEXT_SET_LDT, (uint64_t)page, 8193, DOMID_SELF), -XEN_EINVAL, "SET_LDT of 8193 entries");
	CHECK_EQ(ext(MMUEXT_SET_LDT, BAD_POINTER, 1, DOMID_SELF), -XEN_EINVAL, "SET_LDT in the hypervisor");
	CHECK_EQ(ext(MMUEXT_SET_LDT, 0, 0, DOMID_SELF), 0, "SET_LDT of nothing again");
	memset(page, 0x5a, sizeof(page));
	CHECK_EQ(ext(MMUEXT_COPY_PAGE, kit_va_to_mfn(table), mfn, DOMID_SELF), 0, "COPY_PAGE");
	CHECK_EQ(((uint8_t *)table)[4095], 0x5a, "has copied");
	CHECK_EQ(ext(MMUEXT_COPY_PAGE, kit_va_to_mfn(table), 0xffffffffffUL, DOMID_SELF), -XEN_EINVAL, "COPY_PAGE of no page");
	CHECK_EQ(ext(MMUEXT_COPY_PAGE, 0xffffffffffUL, mfn, DOMID_SELF), -XEN_EINVAL, "COPY_PAGE to no page");
	CHECK_EQ(ext(MMUEXT_CLEAR_PAGE, kit_va_to_mfn(table), 0, DOMID_SELF), 0, "CLEAR_PAGE");
	CHECK_EQ(table[511], 0, "has cleared");
	CHECK_EQ(ext(MMUEXT_CLEAR_PAGE, 0xffffffffffUL, 0, DOMID_SELF), -XEN_EINVAL, "CLEAR_PAGE of no page");
	CHECK_EQ(ext(MMUEXT_MARK_SUPER, mfn, 0, DOMID_SELF), -XEN_EOPNOTSUPP, "MARK_SUPER");
	CHECK_EQ(ext(MMUEXT_UNMARK_SUPER, mfn, 0, DOMID_SELF), -XEN_EOPNOTSUPP, "UNMARK_SUPER");
	CHECK_EQ(ext(14, 0, 0, DOMID_SELF), -XEN_ENOSYS, "mmuext_op 14");
	CHECK_EQ(ext(21, 0, 0, DOMID_SELF), -XEN_ENOSYS, "mmuext_op 21");
	CHECK_EQ(ext(MMUEXT_TLB_FLUSH_ALL, 0, 0, NOBODY), -XEN_ESRCH, "TLB_FLUSH_ALL of nobody");
	CHECK_EQ(ext(MMUEXT_TLB_FLUSH_ALL, 0, 0, DOMID_IO), -XEN_EPERM, "TLB_FLUSH_ALL of DOMID_IO");
	CHECK_EQ(hypercall4(__HYPERVISOR_mmuext_op, BAD_POINTER, 1, 0, DOMID_SELF), -XEN_EFAULT, "mmuext_op, bad pointer");
	CHECK_EQ(hypercall4(__HYPERVISOR_mmuext_op, page, 0, BAD_POINTER, DOMID_SELF), 0, "mmuext_op, bad count");
}

void surface_mmu(void)
{
	updates();
	va_mappings();
	pins();
	flushes();
}
