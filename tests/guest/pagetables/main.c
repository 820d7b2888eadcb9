/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rules of page tables (pv-abi 4), from the side of a guest that wants to break them: every forbidden mapping is
 * refused with its errno and changes nothing; what stock kernels do is accepted; page types exclude each other; pins,
 * bases and writes to read-only tables behave.
 */
#include "kit/kit.h"

static uint8_t target[PAGE_SIZE] PAGE_ALIGNED;		/* an ordinary page */
static uint8_t window[PAGE_SIZE] PAGE_ALIGNED;		/* where mappings are tried */
static uint64_t table[512] PAGE_ALIGNED;		/* a page that becomes a page table */
static uint64_t table2[512] PAGE_ALIGNED;

static uint64_t window_mfn;

/* Tries a leaf in the window; whatever happened, the window's own page is mapped again after it. */
static long try_leaf(uint64_t pte)
{
	long rc = kit_mmu_update(kit_pte_maddr(window), pte);

	kit_mmu_update(kit_pte_maddr(window), window_mfn << 12 | PTE_P | PTE_RW | PTE_A | PTE_D);
	kit_mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0);
	return rc;
}

static void refused(uint64_t pte, const char *what)
{
	uint64_t before = *kit_walk(window, 1);
	long rc = try_leaf(pte);

	CHECK(rc < 0 && *kit_walk(window, 1) == before, "%s is refused: %ld", what, rc);
}

static void accepted(uint64_t pte, const char *what)
{
	CHECK_EQ(try_leaf(pte), 0, what);
}

static void test_leaves(void)
{
	uint64_t mfn = kit_va_to_mfn(target) << 12, root = kit_va_to_mfn((void *)kit_start_info->pt_base) << 12;
	uint64_t l1 = PTE_FRAME(*kit_walk(window, 2)) << 12;

	accepted(mfn | PTE_P | PTE_RW | PTE_A | PTE_D, "an own page, writable");
	accepted(mfn | PTE_P | PTE_US | PTE_NX, "an own page for users, read-only, no execute");
	accepted(mfn | PTE_P | PTE_G | 7UL << 9, "with global and available bits");
	accepted(mfn | PTE_P | PTE_RW | 1UL << 52, "with available bits above the frame");
	accepted(0x123456789000UL, "an entry that is not present holds anything");
	refused(root | PTE_P | PTE_RW, "the root table, writable");
	refused(l1 | PTE_P | PTE_RW, "the L1 table itself, writable");
	accepted(root | PTE_P, "the root table, read-only");
	accepted(l1 | PTE_P, "the L1 table, read-only");
	refused(0x200000UL | PTE_P | PTE_RW, "the hypervisor's image, writable");
	refused(0x200000UL | PTE_P, "the hypervisor's image, read-only");
	refused(0x1UL << 51 | PTE_P | PTE_RW, "a frame beyond the machine");
	refused(0xffffffffffUL << 12 | PTE_P, "the all-ones frame");
	refused(0xfee00000UL | PTE_P | PTE_RW, "the local APIC");
}

static void test_update_va_mapping(void)
{
	uint64_t mfn = kit_va_to_mfn(target) << 12;

	target[0] = 0x77;
	CHECK_EQ(kit_set_pte(window, mfn | PTE_P | PTE_RW), 0, "window shows the target");
	CHECK_EQ(((volatile uint8_t *)window)[0], 0x77, "its contents");
	CHECK_EQ(kit_set_pte(window, window_mfn << 12 | PTE_P | PTE_RW), 0, "window shows its own page");
	CHECK_EQ(hypercall3(__HYPERVISOR_update_va_mapping, 0x600000000000UL, 0, 0), -XEN_EINVAL, "an address without tables");
	CHECK(hypercall3(__HYPERVISOR_update_va_mapping, 0xffff830000000000UL, mfn | PTE_P, 0) < 0, "an address of the hypervisor");
}

static void test_mmu_update_errors(void)
{
	struct mmu_update u[3];
	uint32_t done = 99;
	uint64_t pte = kit_pte_maddr(window), own = window_mfn << 12 | PTE_P | PTE_RW | PTE_A | PTE_D;

	u[0] = (struct mmu_update){ .ptr = pte, .val = own };
	u[1] = (struct mmu_update){ .ptr = pte, .val = 0x200000 | PTE_P };
	u[2] = (struct mmu_update){ .ptr = pte, .val = own };
	CHECK(hypercall4(__HYPERVISOR_mmu_update, u, 3, &done, DOMID_SELF) < 0, "a batch with a bad entry fails");
	CHECK_EQ(done, 1, "and counts the entries before it");
	CHECK_EQ(hypercall4(__HYPERVISOR_mmu_update, u, 1, &done, DOMID_SELF), 0, "a good batch");
	CHECK_EQ(done, 1, "is counted whole");
	CHECK_EQ(hypercall4(__HYPERVISOR_mmu_update, u, 1, 0, 1234), -XEN_ESRCH, "a foreign domain that is not");
	CHECK_EQ(hypercall4(__HYPERVISOR_mmu_update, 0xffff830000000000UL, 1, 0, DOMID_SELF), -XEN_EFAULT, "a list in the hypervisor");
	CHECK(kit_mmu_update(0x200000, 0) < 0, "an entry in the hypervisor's memory");
	CHECK(kit_mmu_update((1UL << 51), 0) < 0, "an entry beyond the machine");
	CHECK(kit_mmu_update(pte | 4, own) < 0, "an entry that is not aligned");
	CHECK_EQ(kit_mmu_update(kit_va_to_mfn(target) << 12 | MMU_MACHPHYS_UPDATE, 0x1234), 0, "M2P of an own page");
	CHECK_EQ(((const uint64_t *)0xffff800000000000UL)[kit_va_to_mfn(target)], 0x1234, "is changed");
	kit_mmu_update(kit_va_to_mfn(target) << 12 | MMU_MACHPHYS_UPDATE, ((uint64_t)target - KIT_VIRT_BASE) / PAGE_SIZE);
	CHECK(kit_mmu_update(0x200000 | MMU_MACHPHYS_UPDATE, 1) < 0, "M2P of the hypervisor's page");
	*(volatile uint8_t *)window = 1;
	u[0] = (struct mmu_update){ .ptr = pte | MMU_PT_UPDATE_PRESERVE_AD, .val = window_mfn << 12 | PTE_P | PTE_RW };
	CHECK_EQ(hypercall4(__HYPERVISOR_mmu_update, u, 1, 0, DOMID_SELF), 0, "PRESERVE_AD");
	CHECK((*kit_walk(window, 1) & (PTE_A | PTE_D)) == (PTE_A | PTE_D), "keeps A and D");
	u[0] = (struct mmu_update){ .ptr = kit_va_to_mfn(target) << 12, .val = 0x4242 };
	CHECK_EQ(hypercall4(__HYPERVISOR_mmu_update, u, 1, 0, DOMID_SELF), 0, "an update of an ordinary page");
	CHECK_EQ(*(volatile uint64_t *)target, 0x4242, "is a plain store");
}

static void test_root_slots(void)
{
	uint64_t root = kit_va_to_mfn((void *)kit_start_info->pt_base) << 12;
	uint64_t l3 = *kit_walk(window, 4);

	for (unsigned int slot = 256; slot < 272; slot += 5)
		CHECK(kit_mmu_update(root + slot * 8, l3) < 0, "L4 slot %u is the hypervisor's", slot);
	CHECK(kit_mmu_update(root + 8, (kit_va_to_mfn(target) << 12) | PTE_P | PTE_RW) < 0, "an L4 entry to a writable page");
	CHECK(kit_mmu_update(root + 8, l3 | PTE_PSE) < 0, "an L4 entry with PSE");
	CHECK_EQ(kit_mmu_update(root + 8, l3), 0, "an L3 may be linked twice");
	CHECK_EQ(kit_mmu_update(root + 8, 0), 0, "and taken out");
}

/* Levels must not be mixed up, and PSE and friends have no place. */
static void test_upper_levels(void)
{
	uint64_t l2_maddr = (PTE_FRAME(*kit_walk(window, 3)) << 12) + 511 * 8;
	uint64_t l3_maddr = (PTE_FRAME(*kit_walk(window, 4)) << 12) + 1 * 8;
	uint64_t l2 = *kit_walk(window, 3), l1 = *kit_walk(window, 2), root = kit_va_to_mfn((void *)kit_start_info->pt_base) << 12;

	CHECK(kit_mmu_update(l2_maddr, l2) < 0, "an L2 where an L1 belongs");
	CHECK(kit_mmu_update(l2_maddr, root | PTE_P | PTE_RW) < 0, "an L4 where an L1 belongs");
	CHECK(kit_mmu_update(l3_maddr, l1) < 0, "an L1 where an L2 belongs");
	CHECK(kit_mmu_update(l2_maddr, 0x40000000UL | PTE_P | PTE_RW | PTE_PSE) < 0, "a 2 MiB page");
	CHECK(kit_mmu_update(l3_maddr, 0x40000000UL | PTE_P | PTE_RW | PTE_PSE) < 0, "a 1 GiB page");
	CHECK(kit_mmu_update(l2_maddr, l1 | PTE_G) < 0, "an L2 entry with G");
	CHECK(kit_mmu_update(l2_maddr, l1 | PTE_PCD) < 0, "an L2 entry with a cache attribute");
	CHECK_EQ(kit_mmu_update(l2_maddr, l1), 0, "an L1 may be linked twice");
	CHECK_EQ(kit_mmu_update(l2_maddr, 0), 0, "and taken out");
}

static void test_types(void)
{
	uint64_t mfn = kit_va_to_mfn(table);

	CHECK(kit_mmuext(MMUEXT_PIN_L1_TABLE, mfn) < 0, "a page that is mapped writable cannot be a table");
	table[3] = 0x200000 | PTE_P;
	CHECK_EQ(kit_make_readonly(table), 0, "table made read-only");
	CHECK(kit_mmuext(MMUEXT_PIN_L1_TABLE, mfn) < 0, "an L1 that maps the hypervisor cannot be pinned");
	CHECK_EQ(kit_make_writable(table), 0, "and is an ordinary page still");
	table[3] = kit_va_to_mfn(target) << 12 | PTE_P | PTE_RW;
	CHECK_EQ(kit_make_readonly(table), 0, "table made read-only again");
	CHECK_EQ(kit_mmuext(MMUEXT_PIN_L1_TABLE, mfn), 0, "a good L1 is pinned");
	CHECK(kit_mmuext(MMUEXT_PIN_L1_TABLE, mfn) == -XEN_EINVAL, "twice is once too often");
	CHECK(kit_mmuext(MMUEXT_PIN_L2_TABLE, mfn) < 0, "an L1 cannot be an L2");
	CHECK(kit_make_writable(table) < 0, "an L1 cannot be mapped writable");
	CHECK(kit_make_readonly(target) == 0 && kit_mmuext(MMUEXT_PIN_L1_TABLE, kit_va_to_mfn(target)) < 0,
	      "a page that another table maps writable cannot be a table");
	CHECK_EQ(kit_make_writable(target), 0, "target is writable again");
	CHECK_EQ(kit_mmuext(MMUEXT_UNPIN_TABLE, mfn), 0, "unpinned");
	CHECK_EQ(kit_mmuext(MMUEXT_UNPIN_TABLE, mfn), -XEN_EINVAL, "unpinned twice");
	CHECK_EQ(kit_make_writable(table), 0, "and writable");
	table[3] = 0;
}

static long set_ldt(uint64_t base, uint32_t entries)
{
	struct mmuext_op op = { .cmd = MMUEXT_SET_LDT, .arg1.linear_addr = base, .arg2.nr_ents = entries };

	return hypercall4(__HYPERVISOR_mmuext_op, &op, 1, 0, DOMID_SELF);
}

static void test_bases(void)
{
	uint64_t mfn = kit_va_to_mfn(target), root = kit_va_to_mfn((void *)kit_start_info->pt_base);

	CHECK(kit_mmuext(MMUEXT_NEW_BASEPTR, mfn) < 0, "an ordinary page is no root");
	CHECK(kit_mmuext(MMUEXT_NEW_BASEPTR, PTE_FRAME(*kit_walk(window, 4))) < 0, "an L3 is no root");
	CHECK(kit_mmuext(MMUEXT_NEW_BASEPTR, 0x200) < 0, "the hypervisor's page is no root");
	CHECK_EQ(kit_mmuext(MMUEXT_NEW_BASEPTR, root), 0, "the root is a root");
	CHECK_EQ(kit_mmuext(MMUEXT_NEW_USER_BASEPTR, 0), 0, "no user root");
	CHECK_EQ(kit_mmuext(MMUEXT_NEW_USER_BASEPTR, root), 0, "the root as user root");
	CHECK_EQ(kit_mmuext(MMUEXT_NEW_USER_BASEPTR, 0), 0, "and none again");
	CHECK_EQ(set_ldt((uint64_t)target + 0x123, 4), -XEN_EINVAL, "an LDT that is not page aligned");
	CHECK_EQ(set_ldt((uint64_t)target, 8193), -XEN_EINVAL, "an LDT of 8193 entries");
	CHECK_EQ(set_ldt((uint64_t)target, 4), 0, "an LDT");
	CHECK_EQ(set_ldt(0, 0), 0, "and none");
	CHECK_EQ(kit_mmuext(99, 0), -XEN_ENOSYS, "unknown mmuext_op");
}

/*
 * A fresh root with nothing but the kernel's upper half. The hypervisor puts its own slots in, by the pin or (Xen, M2P)
 * by the switch; what a guest may rely on is that they are there once the root is in use.
 */
static void test_second_root(void)
{
	uint64_t *boot = (uint64_t *)kit_start_info->pt_base;
	uint64_t mfn = kit_va_to_mfn(table2), old = kit_va_to_mfn(boot);

	memset(table2, 0, sizeof(table2));
	table2[511] = boot[511];
	CHECK_EQ(kit_make_readonly(table2), 0, "second root made read-only");
	CHECK_EQ(kit_mmuext(MMUEXT_PIN_L4_TABLE, mfn), 0, "and pinned");
	CHECK_EQ(kit_mmuext(MMUEXT_NEW_BASEPTR, mfn), 0, "switched to it");
	CHECK(kit_mfn_to_va(mfn) == table2, "M2P is there");
	CHECK(kit_make_writable(table2) < 0, "a root in use cannot be writable");
	CHECK_EQ(kit_mmuext(MMUEXT_NEW_BASEPTR, old), 0, "switched back");
	CHECK_EQ(kit_mmuext(MMUEXT_UNPIN_TABLE, mfn), 0, "unpinned");
	CHECK_EQ(kit_make_writable(table2), 0, "and writable");
}

/* Writes of the guest kernel to its read-only L1 are emulated, with the same rules (pv-abi 4.8). */
static void test_emulated_writes(void)
{
	uint64_t l1_mfn = PTE_FRAME(*kit_walk(window, 2)), own, seen;
	uint64_t *alias = (uint64_t *)target;
	unsigned int i = (uint64_t)window >> 12 & 511;

	hypercall2(__HYPERVISOR_vm_assist, VMASST_CMD_enable, VMASST_TYPE_writable_pagetables);
	CHECK_EQ(kit_set_pte(target, l1_mfn << 12 | PTE_P), 0, "the L1 table shows up read-only");
	own = alias[i];
	KIT_TRY("movq %0, (%1)", , "r"(own & ~PTE_RW), "r"(&alias[i]));
	CHECK(!kit_fault.seen && !(alias[i] & PTE_RW), "mov is emulated");
	seen = own;
	KIT_TRY("xchgq %0, (%1)", "+r"(seen), "r"(&alias[i]));
	CHECK(!kit_fault.seen && (alias[i] & PTE_RW) && !(seen & PTE_RW), "xchg is emulated");
	KIT_TRY("lock andb $0xfd, (%0)", , "r"(&alias[i]));
	CHECK(!kit_fault.seen && !(alias[i] & PTE_RW), "lock andb is emulated");
	KIT_TRY("movq %0, (%1)", , "r"(own), "r"(&alias[i]));
	KIT_TRY("movq %0, (%1)", , "r"(0x200000 | PTE_P | PTE_RW), "r"(&alias[i]));
	CHECK(kit_fault.seen && kit_fault.vector == 14 && alias[i] == own, "a forbidden entry faults and changes nothing");
	KIT_TRY("xorl %%eax, %%eax; xchgq %0, (%1)", "+r"(seen), "r"(&alias[i]), "a"(0));
	kit_mmu_update(kit_pte_maddr(window), window_mfn << 12 | PTE_P | PTE_RW | PTE_A | PTE_D);
	CHECK_EQ(kit_make_writable(target), 0, "target is itself again");
	CHECK_EQ(kit_make_readonly(target), 0, "an ordinary page, read-only");
	KIT_TRY("movb $1, (%0)", , "r"(target));
	CHECK(kit_fault.seen && kit_fault.vector == 14 && (kit_fault.error & 3) == 3, "a write to it faults");
	CHECK_EQ(kit_make_writable(target), 0, "and writable again");
}

void kit_main(struct start_info *si)
{
	(void)si;
	kit_map_shared_info();
	kit_traps_init();
	window_mfn = kit_va_to_mfn(window);
	test_leaves();
	test_update_va_mapping();
	test_mmu_update_errors();
	test_root_slots();
	test_upper_levels();
	test_types();
	test_bases();
	test_second_root();
	test_emulated_writes();
	tap_done();
}
