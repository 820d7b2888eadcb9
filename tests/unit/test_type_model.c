/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page types against a recount: after every step all counts must equal what tables, pins, roots and holders add up to,
 * and no table may be reachable for writing. Directed cases first, then random hypercalls of two hostile
 * domains with continuations interrupted by each other.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "lib/util.h"
#include "mm_host/harness.h"
#include "suite.h"

#define KERNEL_PTE (PTE_P | PTE_RW | PTE_A | PTE_D)

static uint64_t pte(mfn_t mfn, uint64_t flags)
{
	return mfn << PAGE_SHIFT | flags;
}

static long mmuext(uint32_t cmd, uint64_t arg, uint16_t fd)
{
	struct mmuext_op op = { .cmd = cmd, .arg1.mfn = arg };

	return hcall(__HYPERVISOR_mmuext_op, (uint64_t)&op, 1, 0, fd, NULL);
}

static long mmu_update(uint64_t ptr, uint64_t val, uint32_t fd)
{
	struct mmu_update u = { .ptr = ptr, .val = val };
	uint32_t done = 99;
	long rc = hcall(__HYPERVISOR_mmu_update, (uint64_t)&u, 1, (uint64_t)&done, fd, NULL);

	ck_assert_uint_eq(done, rc ? 0 : 1);
	return rc;
}

/* L4 -> L3 -> L2 -> L1 -> data, linked at index 0. */
struct tree {
	mfn_t l4, l3, l2, l1, data;
};

static struct tree tree_new(int dom)
{
	struct tree t = { new_page(dom), new_page(dom), new_page(dom), new_page(dom), new_page(dom) };

	words(t.l4)[0] = pte(t.l3, KERNEL_PTE);
	words(t.l3)[0] = pte(t.l2, KERNEL_PTE);
	words(t.l2)[0] = pte(t.l1, KERNEL_PTE);
	words(t.l1)[0] = pte(t.data, KERNEL_PTE);
	return t;
}

static const uint64_t all_types[] = { PGT_l1, PGT_l2, PGT_l3, PGT_l4, PGT_seg_desc, PGT_writable };

START_TEST(test_every_transition)
{
	mfn_t mfn;
	struct page *pg;

	machine_reset();
	mfn = new_page(1);
	pg = mfn_to_page(mfn);
	for (unsigned int a = 0; a < ARRAY_SIZE(all_types); a++)
		for (unsigned int b = 0; b < ARRAY_SIZE(all_types); b++) {
			ck_assert_int_eq(page_get_and_type(pg, test_dom[1], all_types[a]), 0);
			ck_assert_int_eq(page_get_and_type(pg, test_dom[1], all_types[b]), a == b ? 0 : -XEN_EBUSY);
			if (a == b)
				page_put_and_type(pg);
			page_put_and_type(pg);
			ck_assert_int_eq(page_get_and_type(pg, test_dom[1], all_types[b]), 0);
			page_put_and_type(pg);
			check_counts(NULL, NULL);
		}
	ck_assert(!page_get(pg, test_dom[0]));
}
END_TEST

START_TEST(test_overflow)
{
	struct page *pg;

	machine_reset();
	pg = mfn_to_page(new_page(1));
	pg->count = PGC_allocated | (PGC_count_mask >> 1);
	ck_assert(!page_get(pg, test_dom[1]));
	pg->count = PGC_allocated | 1;
	pg->type = PGT_writable | PGT_validated | (PGT_count_mask >> 1);
	ck_assert_int_eq(page_get_type(pg, PGT_writable), -XEN_EBUSY);
}
END_TEST

START_TEST(test_pin_and_fixups)
{
	struct tree t;

	machine_reset();
	as_domain(1);
	t = tree_new(1);
	words(t.l1)[1] = pte(t.data, PTE_P | PTE_US | PTE_G);
	words(t.l1)[2] = pte(t.data, PTE_P | PTE_US | PTE_GUEST_KERNEL);
	words(t.l1)[3] = 0xdeadbee0;
	words(t.l4)[256] = ~0UL;
	ck_assert_int_eq(mmuext(MMUEXT_PIN_L4_TABLE, t.l4, DOMID_SELF), 0);
	check_counts(NULL, NULL);
	ck_assert_uint_eq(words(t.l1)[0], pte(t.data, KERNEL_PTE | PTE_US | PTE_GUEST_KERNEL));
	ck_assert_uint_eq(words(t.l1)[1], pte(t.data, PTE_P | PTE_US));
	ck_assert_uint_eq(words(t.l1)[2], pte(t.data, PTE_P | PTE_US | PTE_GUEST_KERNEL));
	ck_assert_uint_eq(words(t.l1)[3], 0xdeadbee0);
	ck_assert_uint_eq(words(t.l2)[0], pte(t.l1, KERNEL_PTE | PTE_US));
	ck_assert_uint_eq(words(t.l4)[256], idle_l4[256]);
	ck_assert_int_eq(mmuext(MMUEXT_PIN_L4_TABLE, t.l4, DOMID_SELF), -XEN_EINVAL);
	ck_assert_int_eq(mmuext(MMUEXT_PIN_L3_TABLE, t.l4, DOMID_SELF), -XEN_EINVAL);
	ck_assert_int_eq(mmuext(MMUEXT_UNPIN_TABLE, t.l1, DOMID_SELF), -XEN_EINVAL);
	ck_assert_int_eq(mmuext(MMUEXT_UNPIN_TABLE, t.l4, DOMID_SELF), 0);
	ck_assert_uint_eq(mfn_to_page(t.l1)->type & PGT_count_mask, 0);
	check_counts(NULL, NULL);
}
END_TEST

/* What must never be mapped, each with its error (pv-abi 4.2, 4.4). */
START_TEST(test_refusals)
{
	struct tree t;
	mfn_t foreign;
	uint64_t slot;

	machine_reset();
	as_domain(1);
	t = tree_new(1);
	foreign = new_page(0);
	ck_assert_int_eq(mmuext(MMUEXT_PIN_L4_TABLE, t.l4, DOMID_SELF), 0);
	slot = (t.l1 << PAGE_SHIFT) + 8;
	ck_assert_int_eq(mmu_update(slot, pte(t.l1, KERNEL_PTE), DOMID_SELF), -XEN_EBUSY);
	ck_assert_int_eq(mmu_update(slot, pte(t.l4, KERNEL_PTE), DOMID_SELF), -XEN_EBUSY);
	ck_assert_int_eq(mmu_update(slot, pte(t.l1, PTE_P), DOMID_SELF), 0);
	ck_assert_int_eq(mmu_update(slot, pte(foreign, PTE_P), DOMID_SELF), -XEN_EBUSY);
	ck_assert_int_eq(mmu_update(slot, pte(foreign, PTE_P), 0), -XEN_EPERM);
	ck_assert_int_eq(mmu_update(slot, pte(FIRST_RAM + 900, PTE_P), DOMID_SELF), -XEN_EBUSY);
	ck_assert_int_eq(mmu_update(slot, pte(t.data, PTE_P | PTE_PCD), DOMID_SELF), -XEN_EINVAL);
	ck_assert_int_eq(mmu_update(slot, pte(MMIO_MFN, KERNEL_PTE), DOMID_SELF), -XEN_EPERM);
	ck_assert_int_eq(mmu_update(slot, PTE_FRAME | PTE_P, DOMID_SELF), -XEN_EINVAL);
	ck_assert_int_eq(mmu_update(slot | 4, pte(t.data, PTE_P), DOMID_SELF), -XEN_ENOSYS);	/* bits 0-2 are the command */
	slot = (t.l2 << PAGE_SHIFT) + 8;
	ck_assert_int_eq(mmu_update(slot, pte(t.data, KERNEL_PTE | PTE_PSE), DOMID_SELF), -XEN_EINVAL);
	ck_assert_int_eq(mmu_update(slot, pte(t.data, KERNEL_PTE | PTE_G), DOMID_SELF), -XEN_EINVAL);
	ck_assert_int_lt(mmu_update(slot, pte(t.l2, KERNEL_PTE), DOMID_SELF), 0);
	slot = t.l4 << PAGE_SHIFT;
	ck_assert_int_eq(mmu_update(slot + 8 * 256, pte(t.l3, KERNEL_PTE), DOMID_SELF), -XEN_EINVAL);
	ck_assert_int_eq(mmu_update(slot + 8 * 271, 0, DOMID_SELF), -XEN_EINVAL);
	ck_assert_int_lt(mmu_update(slot + 8, pte(t.l4, PTE_P), DOMID_SELF), 0);
	ck_assert_int_eq(mmu_update(slot + 8 * 272, pte(t.l3, KERNEL_PTE), DOMID_SELF), 0);
	ck_assert_int_eq(mmuext(MMUEXT_NEW_BASEPTR, t.l3, DOMID_SELF), -XEN_EINVAL);
	ck_assert_int_eq(mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0, 1), 0);
	ck_assert_int_eq(mmuext(21, 0, DOMID_SELF), -XEN_ENOSYS);
	ck_assert_int_eq(mmuext(MMUEXT_FLUSH_CACHE, 0, DOMID_SELF), -XEN_EACCES);
	check_counts(NULL, NULL);
	as_domain(0);
	ck_assert_int_eq(mmuext(MMUEXT_NEW_BASEPTR, t.l4, 1), -XEN_EPERM);
	ck_assert_int_eq(mmuext(MMUEXT_UNPIN_TABLE, t.l4, 77), -XEN_ESRCH);
	check_counts(NULL, NULL);
}
END_TEST

START_TEST(test_mmio_and_foreign)
{
	struct tree t;
	mfn_t other;
	uint64_t slot;

	machine_reset();
	t = tree_new(0);
	other = new_page(1);
	ck_assert_int_eq(mmuext(MMUEXT_PIN_L4_TABLE, t.l4, DOMID_SELF), 0);
	slot = t.l1 << PAGE_SHIFT;
	ck_assert_int_eq(mmu_update(slot, pte(MMIO_MFN, KERNEL_PTE | PTE_US), DOMID_SELF), 0);
	ck_assert_uint_eq(words(t.l1)[0], pte(MMIO_MFN, KERNEL_PTE | PTE_US | PTE_PCD | PTE_PWT));
	ck_assert_int_eq(mmu_update(slot, pte(MMIO_MFN, PTE_P | PTE_US | PTE_PAT), DOMID_IO), 0);
	ck_assert_uint_eq(words(t.l1)[0], pte(MMIO_MFN, PTE_P | PTE_US | PTE_PAT));
	ck_assert_int_eq(mmu_update(slot, pte(MMIO_MFN + 100, PTE_P), DOMID_SELF), -XEN_EPERM);
	ck_assert_int_eq(mmu_update(slot + 8, pte(other, KERNEL_PTE), 1), 0);
	ck_assert_int_eq(mmu_update(slot + 16, pte(other, PTE_P), 1), 0);
	check_counts(NULL, NULL);
	/* While dom 0 maps it writable, its owner can not make it a table. */
	as_domain(1);
	ck_assert_int_eq(mmuext(MMUEXT_PIN_L1_TABLE, other, DOMID_SELF), -XEN_EINVAL);
	as_domain(0);
	ck_assert_int_eq(mmu_update(slot + 8, 0, DOMID_SELF), 0);
	as_domain(1);
	test_flushes = 0;
	ck_assert_int_eq(mmuext(MMUEXT_PIN_L1_TABLE, other, DOMID_SELF), 0);
	ck_assert_uint_gt(test_flushes, 0);
	/* The owner dies: the page stays until dom 0 lets go. */
	while (mm_domain_relinquish(test_dom[1]))
		;
	ck_assert_uint_eq(test_dom[1]->tot_pages, 1);
	as_domain(0);
	ck_assert_int_eq(mmu_update(slot + 16, 0, DOMID_SELF), 0);
	ck_assert_uint_eq(test_dom[1]->tot_pages, 0);
	check_counts(NULL, NULL);
}
END_TEST

/* Undoing a stopped validation stops inside a child, and then the table is wanted after all: the child must not stay
 * half torn down under a valid table, where it would lead to pages that nobody holds. */
START_TEST(test_change_of_mind)
{
	struct tree t;
	struct page *l4, *l3, *other;
	int rc;

	machine_reset();
	as_domain(1);
	t = tree_new(1);
	other = mfn_to_page(new_page(1));
	words(t.l3)[1] = pte(page_to_mfn(other), KERNEL_PTE);
	l4 = mfn_to_page(t.l4);
	l3 = mfn_to_page(t.l3);
	test_preempt_percent = 100;
	while (!(l3->type & PGT_validated))
		ck_assert_int_eq(page_get_and_type(l4, test_dom[1], PGT_l4), -XEN_ERESTART);
	/* Who wants to write may not hold the lock that undoing needs. */
	ck_assert_int_eq(page_get_and_type(l4, test_dom[1], PGT_writable), -XEN_EBUSY);
	while ((l3->type & PGT_validated) || l3->cursor > 1)
		ck_assert_int_eq(page_settle_partial(l4), -XEN_ERESTART);
	ck_assert_uint_eq(other->type & PGT_count_mask, 0);
	check_counts(NULL, NULL);
	while ((rc = page_get_and_type(l4, test_dom[1], PGT_l4)) == -XEN_ERESTART)
		check_counts(NULL, NULL);
	ck_assert_int_eq(rc, 0);
	ck_assert(l3->type & PGT_validated);
	ck_assert_uint_eq(other->type & PGT_count_mask, 1);
	while (page_put_and_type_preemptible(l4))
		;
	check_counts(NULL, NULL);
}
END_TEST

/* An entry is to lead to a stopped table of another type, which alone holds the table that the entry is in. Undoing it takes
 * that table apart: before the entry is looked at, never under the change. */
START_TEST(test_target_holds_table)
{
	struct tree t;
	struct page *l4, *l3;
	int rc;

	machine_reset();
	as_domain(1);
	t = tree_new(1);
	l4 = mfn_to_page(t.l4);
	l3 = mfn_to_page(t.l3);
	test_preempt_percent = 100;
	while (!(l3->type & PGT_validated))
		ck_assert_int_eq(page_get_and_type(l4, test_dom[1], PGT_l4), -XEN_ERESTART);
	ck_assert_uint_eq(l3->type & PGT_count_mask, 1);
	/* Whoever is in the midst of a table is told to come back. */
	ck_assert_int_eq(page_get_and_type(l4, test_dom[1], PGT_l2), -XEN_EBUSY);
	check_counts(NULL, NULL);
	test_preempt_percent = 0;
	/* The table is none any more then, and the entry a word of memory. */
	rc = mmu_update((t.l3 << PAGE_SHIFT) + 8, pte(t.l4, KERNEL_PTE), DOMID_SELF);
	ck_assert_int_eq(rc, 0);
	ck_assert_uint_eq(l3->type & PGT_count_mask, 0);
	ck_assert_uint_eq(l4->type & PGT_count_mask, 0);
	check_counts(NULL, NULL);
}
END_TEST

/* Teardown of a pinned tree stops, and the root is wanted again before it goes on: the pin must still be there, or nobody ever
 * gives back what it stands for. */
START_TEST(test_pin_outlives_revival)
{
	struct tree t;
	struct page *l4;

	machine_reset();
	as_domain(1);
	t = tree_new(1);
	words(t.l3)[1] = pte(new_page(1), KERNEL_PTE);
	l4 = mfn_to_page(t.l4);
	ck_assert_int_eq(page_get_and_type(l4, test_dom[1], PGT_l4), 0);
	test_preempt_percent = 100;
	ck_assert_int_eq(page_put_and_type_preemptible(l4), -XEN_ERESTART);
	__atomic_fetch_or(&l4->type, PGT_pinned, __ATOMIC_SEQ_CST);
	test_preempt_percent = 0;
	ck_assert_int_eq(page_get_and_type(l4, test_dom[1], PGT_l4), 0);
	ck_assert(l4->type & PGT_pinned);
	ck_assert(l4->type & PGT_validated);
	ck_assert_uint_eq(l4->type & PGT_count_mask, 2);
	__atomic_fetch_and(&l4->type, ~PGT_pinned, __ATOMIC_SEQ_CST);
	page_put_and_type(l4);
	page_put_and_type(l4);
	check_counts(NULL, NULL);
}
END_TEST

START_TEST(test_preserve_ad_and_emulation)
{
	struct tree t;
	uint64_t slot, old;

	machine_reset();
	as_domain(1);
	t = tree_new(1);
	ck_assert_int_eq(mmuext(MMUEXT_NEW_BASEPTR, t.l4, DOMID_SELF), 0);
	slot = t.l1 << PAGE_SHIFT;
	ck_assert_int_eq(mmu_update(slot | MMU_PT_UPDATE_PRESERVE_AD, pte(t.data, PTE_P | PTE_US), DOMID_SELF), 0);
	ck_assert_uint_eq(words(t.l1)[0], pte(t.data, PTE_P | PTE_US | PTE_A | PTE_D));
	old = words(t.l1)[0];
	ck_assert(pt_write_is_emulated(current, slot));
	ck_assert(!pt_write_is_emulated(current, t.l2 << PAGE_SHIFT));
	ck_assert_int_eq(pt_emulated_write(current, slot, old ^ PTE_D, 0), -XEN_EAGAIN);
	ck_assert_int_eq(pt_emulated_write(current, slot, old, pte(t.l1, KERNEL_PTE)), -XEN_EBUSY);
	ck_assert_int_eq(pt_emulated_write(current, slot, old, 0), 0);
	ck_assert_uint_eq(words(t.l1)[0], 0);
	ck_assert_int_eq(hcall(__HYPERVISOR_update_va_mapping, 0x1000, pte(t.data, PTE_P | PTE_RW), UVMF_INVLPG, 0, NULL), 0);
	ck_assert_uint_eq(words(t.l1)[1], pte(t.data, PTE_P | PTE_RW | PTE_US | PTE_GUEST_KERNEL));
	ck_assert_int_eq(hcall(__HYPERVISOR_update_va_mapping, 1UL << 30, 0, 0, 0, NULL), -XEN_EINVAL);
	ck_assert_int_eq(hcall(__HYPERVISOR_update_va_mapping, RO_M2P_VIRT, 0, 0, 0, NULL), -XEN_EINVAL);
	ck_assert_int_eq(mmu_update(t.data << PAGE_SHIFT | MMU_MACHPHYS_UPDATE, 0x123, DOMID_SELF), 0);
	ck_assert_uint_eq(m2p_get(t.data), 0x123);
	check_counts(NULL, NULL);
}
END_TEST

START_TEST(test_exchange)
{
	struct xen_memory_exchange x = { 0 };
	uint64_t in[4], out[1] = { 0x40 };
	struct tree t;
	uint64_t tot;

	machine_reset();
	as_domain(1);
	t = tree_new(1);
	for (int i = 0; i < 4; i++)
		in[i] = new_page(1);
	tot = test_dom[1]->tot_pages;
	x.in = (struct xen_memory_reservation){ (uint64_t)in, 4, 0, 0, DOMID_SELF, { 0 } };
	x.out = (struct xen_memory_reservation){ (uint64_t)out, 1, 2, 0, DOMID_SELF, { 0 } };
	ck_assert_int_eq(hcall(__HYPERVISOR_memory_op, XENMEM_exchange, (uint64_t)&x, 0, 0, NULL), 0);
	ck_assert_uint_eq(x.nr_exchanged, 4);
	ck_assert_uint_eq(out[0] & 3, 0);
	ck_assert_uint_eq(m2p_get(out[0] + 3), 0x43);
	ck_assert_uint_eq(test_dom[1]->tot_pages, tot);
	check_counts(NULL, NULL);
	/* One page in use: nothing happens. */
	ck_assert_int_eq(mmuext(MMUEXT_PIN_L4_TABLE, t.l4, DOMID_SELF), 0);
	in[0] = out[0];
	in[1] = out[0] + 1;
	in[2] = out[0] + 2;
	in[3] = t.data;
	x.nr_exchanged = 0;
	ck_assert_int_eq(hcall(__HYPERVISOR_memory_op, XENMEM_exchange, (uint64_t)&x, 0, 0, NULL), -XEN_EINVAL);
	in[3] = out[0] + 3;
	x.out.mem_flags = 13;
	ck_assert_int_eq(hcall(__HYPERVISOR_memory_op, XENMEM_exchange, (uint64_t)&x, 0, 0, NULL), -XEN_ENOMEM);
	ck_assert_uint_eq(x.nr_exchanged, 0);
	ck_assert_uint_eq(test_dom[1]->tot_pages, tot);
	ck_assert(page_get(mfn_to_page(in[0]), test_dom[1]));
	page_put(mfn_to_page(in[0]));
	check_counts(NULL, NULL);
}
END_TEST

/* ---- random operations ------------------------------------------------------------------------------------ */

#define POOL 26

static mfn_t pool[2][POOL];
static const uint8_t role_of[POOL] = { 4, 4, 4, 3, 3, 3, 3, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 0 };
static uint32_t held_refs[TEST_FRAMES], held_types[TEST_FRAMES];
static unsigned int succeeded;

static mfn_t pool_page(int dom, int role)
{
	unsigned int i, start = rnd(POOL);

	for (i = 0; i < POOL; i++)
		if (role_of[(start + i) % POOL] == role)
			return pool[dom][(start + i) % POOL];
	return pool[dom][start];
}

static uint64_t random_pte(int dom, int role)
{
	static const uint64_t odd[] = { PTE_PSE, PTE_G, PTE_PCD, PTE_NX, PTE_GUEST_KERNEL, 1UL << 60, 0xe00, PTE_PWT };
	uint64_t flags = PTE_P | (rnd(3) ? PTE_RW : 0) | (rnd(2) ? PTE_US : 0);
	int target = rnd(8) ? (role ? role - 1 : 0) : (int)rnd(5);

	if (!rnd(6))
		flags |= odd[rnd(ARRAY_SIZE(odd))];
	if (!rnd(5))
		return 0;
	if (!rnd(30))
		return pte(MMIO_MFN + rnd(120), flags);
	return pte(pool_page(rnd(10) ? dom : !dom, target), flags);
}

static unsigned int random_slot(void)
{
	static const uint16_t slot[] = { 0, 1, 2, 255, 256, 258, 271, 272, 511 };

	return slot[rnd(ARRAY_SIZE(slot))];
}

static void between(void);

static void op_store(int dom, int role)
{
	mfn_t mfn = pool_page(dom, role);
	struct page *pg = mfn_to_page(mfn);

	/* As if through a writable mapping. */
	if (page_get_and_type(pg, test_dom[dom], PGT_writable))
		return;
	words(mfn)[random_slot()] = random_pte(dom, role);
	page_put_and_type(pg);
}

static void op_mmuext(int dom, int role)
{
	struct mmuext_op op[3];
	uint16_t fd = rnd(4) ? DOMID_SELF : (uint16_t)!dom;
	uint32_t done = 0;
	long rc;

	for (int i = 0; i < 3; i++) {
		static const uint8_t cmds[] = { 4, 4, 5, 5, 15, 6, 10, 16, 17 };
		int who = fd == DOMID_SELF ? dom : !dom, r = i ? (int)rnd(5) : role;

		op[i].cmd = rnd(2) && r ? (uint32_t)(MMUEXT_PIN_L1_TABLE + r - 1) : cmds[rnd(ARRAY_SIZE(cmds))];
		if (op[i].cmd == MMUEXT_NEW_BASEPTR || op[i].cmd == MMUEXT_NEW_USER_BASEPTR)
			r = 4;
		op[i].arg1.mfn = rnd(20) ? pool_page(who, r) : rnd(TEST_FRAMES + 100);
		op[i].arg2.src_mfn = pool_page(who, 0);
	}
	rc = hcall(__HYPERVISOR_mmuext_op, (uint64_t)op, 3, (uint64_t)&done, fd, between);
	ck_assert(rc ? done < 3 : done == 3);
	succeeded += done;
}

static void op_mmu_update(int dom, int role)
{
	struct mmu_update u[4];
	uint32_t fd = rnd(4) ? DOMID_SELF : rnd(2) ? (uint32_t)!dom : DOMID_IO, done = 0;
	long rc;

	if (!rnd(10))
		fd |= (uint32_t)(!dom + 1) << 16;
	for (int i = 0; i < 4; i++) {
		int who = fd >> 16 ? !dom : dom;

		u[i].ptr = (pool_page(who, role) << PAGE_SHIFT) + random_slot() * 8 + rnd(4);
		u[i].val = random_pte(rnd(4) ? who : !who, role);
	}
	rc = hcall(__HYPERVISOR_mmu_update, (uint64_t)u, 4, (uint64_t)&done, fd, between);
	ck_assert(rc ? done < 4 : done == 4);
	succeeded += done;
}

static void op_hold(int dom, int role)
{
	mfn_t mfn = pool_page(dom, role);
	struct page *pg = mfn_to_page(mfn);
	uint64_t type = rnd(2) ? PGT_writable : PGT_seg_desc;

	if (held_types[mfn]) {
		held_types[mfn]--;
		held_refs[mfn]--;
		page_put_and_type(pg);
	} else if (!page_get_and_type(pg, test_dom[dom], type)) {
		held_types[mfn]++;
		held_refs[mfn]++;
	}
}

static void op_balloon(int dom)
{
	uint64_t list[1];
	struct xen_memory_reservation r = { (uint64_t)list, 1, 0, 0, DOMID_SELF, { 0 } };
	unsigned int i = rnd(POOL);

	list[0] = pool[dom][i];
	if (held_refs[list[0]])
		return;
	if (hcall(__HYPERVISOR_memory_op, XENMEM_decrease_reservation, (uint64_t)&r, 0, 0, NULL) != 1)
		return;
	list[0] = 7;
	ck_assert_int_eq(hcall(__HYPERVISOR_memory_op, XENMEM_populate_physmap, (uint64_t)&r, 0, 0, NULL), 1);
	pool[dom][i] = list[0];
}

static void random_op(int dom)
{
	int role = (int)rnd(5);

	as_domain(dom);
	switch (rnd(8)) {
	case 0:
	case 1:
		op_store(dom, role);
		break;
	case 2:
	case 3:
		op_mmuext(dom, role);
		break;
	case 4:
	case 5:
		op_mmu_update(dom, role);
		break;
	case 6:
		if (rnd(4))
			hcall(__HYPERVISOR_update_va_mapping, (uint64_t)rnd(4) << 12, random_pte(dom, 1), 0, 0, NULL);
		else
			op_balloon(dom);
		break;
	default:
		op_hold(dom, role);
		break;
	}
}

static void between(void)
{
	static bool inside;

	if (inside || rnd(2))
		return;
	inside = true;
	check_counts(held_refs, held_types);
	/* Either domain: a guest need not repeat its call at once, or at all. */
	random_op((int)rnd(2));
	inside = false;
}

static void drop_holds(void)
{
	for (mfn_t m = 0; m < TEST_FRAMES; m++)
		while (held_types[m]) {
			held_types[m]--;
			held_refs[m]--;
			page_put_and_type(mfn_to_page(m));
		}
}

START_TEST(test_random)
{
	uint64_t before;

	machine_reset();
	before = palloc_free_pages();
	rnd_seed((uint64_t)_i + 1);
	for (int d = 0; d < 2; d++)
		for (int i = 0; i < POOL; i++)
			pool[d][i] = new_page(d);
	test_preempt_percent = _i % 2 ? 25 : 0;
	for (int step = 0; step < 6000; step++) {
		random_op((int)rnd(2));
		check_counts(held_refs, held_types);
	}
	ck_assert_uint_gt(succeeded, 1000);
	drop_holds();
	test_current = NULL;
	for (int d = 0; d < 2; d++) {
		test_dom[d]->life = DOMAIN_DYING;
		while (mm_domain_relinquish(test_dom[d]))
			check_counts(NULL, NULL);
		check_counts(NULL, NULL);
	}
	ck_assert_uint_eq(test_dom[0]->tot_pages, 0);
	ck_assert_uint_eq(test_dom[1]->tot_pages, 0);
	ck_assert_uint_eq(test_dom[0]->refs, 1);
	ck_assert_uint_eq(palloc_free_pages(), before);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("type_model");
	TCase *tc = tcase_create("types"), *fuzz = tcase_create("random");

	tcase_add_test(tc, test_every_transition);
	tcase_add_test(tc, test_overflow);
	tcase_add_test(tc, test_pin_and_fixups);
	tcase_add_test(tc, test_refusals);
	tcase_add_test(tc, test_mmio_and_foreign);
	tcase_add_test(tc, test_change_of_mind);
	tcase_add_test(tc, test_pin_outlives_revival);
	tcase_add_test(tc, test_target_holds_table);
	tcase_add_test(tc, test_preserve_ad_and_emulation);
	tcase_add_test(tc, test_exchange);
	tcase_set_timeout(fuzz, 120);
	tcase_add_loop_test(fuzz, test_random, 0, 12);
	suite_add_tcase(s, tc);
	suite_add_tcase(s, fuzz);
	return suite_run(s);
}
