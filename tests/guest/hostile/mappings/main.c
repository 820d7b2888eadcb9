/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mappings that would break the wall between guests (pv-abi 4): every frame of the machine that is not the domain's own;
 * every bit of an entry at every level; the hypervisor's slots; tables that contain themselves; and each use of a
 * frame against each other use. What is refused has changed nothing, what is allowed beside it works: a hypervisor that
 * refuses everything fails here as well.
 */
#include <abi/event_channel.h>
#include <abi/memory.h>
#include <abi/vcpu.h>
#include "hostile/common/hostile.h"

static uint8_t window[PAGE_SIZE] PAGE_ALIGNED;
static uint64_t subject[512] PAGE_ALIGNED;	/* the page whose use changes */
static uint8_t plain[PAGE_SIZE] PAGE_ALIGNED;
static uint64_t tables[4][512] PAGE_ALIGNED;	/* a tree of our own, linked nowhere */
static uint64_t window_pte;

static long leaf(uint64_t pte, uint16_t fd)
{
	struct mmu_update u = { .ptr = kit_pte_maddr(window), .val = pte };
	uint64_t before = *kit_walk(window, 1);
	long rc = hypercall4(__HYPERVISOR_mmu_update, &u, 1, 0, fd);

	if (rc && *kit_walk(window, 1) != before)
		kit_bail("a refused entry %lx was written", pte);
	if (kit_mmu_update(kit_pte_maddr(window), window_pte))
		kit_bail("the window does not come back");
	return rc;
}

/* ---- frames ---------------------------------------------------------------------------------------- */

static bool is_own(uint64_t mfn)
{
	static uint64_t grant_frame, shared;
	uint64_t frame = 0, pfn, value = ~0UL;
	struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = 1, .frame_list = (uint64_t)&frame };
	const uint64_t *p2m = (const uint64_t *)kit_start_info->mfn_list;

	if (!grant_frame) {
		hypercall3(__HYPERVISOR_grant_table_op, GNTTABOP_setup_table, &setup, 1);
		grant_frame = frame;
		shared = kit_start_info->shared_info >> 12;
	}
	if (mfn == grant_frame || mfn == shared)
		return true;
	/* The M2P has holes where the machine has no memory. */
	KIT_TRY("mov (%1), %0", "=r"(value), "r"(HV_START + mfn * 8));
	pfn = kit_fault.seen ? ~0UL : value;
	return pfn < kit_start_info->nr_pages && p2m[pfn] == mfn;
}

/* dom0 may map what is no memory; so for it only frames that the machine's map calls memory count. */
static bool is_ram(uint64_t mfn)
{
	static struct e820entry map[64];
	static struct xen_memory_map m = { .buffer = (uint64_t)map };

	if (!m.nr_entries) {
		m.nr_entries = 64;
		if (hypercall2(__HYPERVISOR_memory_op, XENMEM_machine_memory_map, &m))
			kit_bail("no memory map");
	}
	for (unsigned int i = 0; i < m.nr_entries; i++)
		if (map[i].type == E820_RAM && mfn << 12 >= map[i].addr && (mfn + 1) << 12 <= map[i].addr + map[i].size)
			return true;
	return false;
}

static void test_every_frame(void)
{
	uint64_t end = (uint64_t)hypercall2(__HYPERVISOR_memory_op, XENMEM_maximum_ram_page, 0), first = 0, tried = 0, let = 0;

	uint64_t step = end > 150000 ? 3 : 1;	/* a machine of more than half a GiB takes too long */

	/* dom0's is the low MiB: firmware lives there. */
	for (uint64_t mfn = kit_privileged() ? 256 : 0; mfn < end; mfn += step) {
		if (is_own(mfn) || (kit_privileged() && !is_ram(mfn)))
			continue;
		tried++;
		if (leaf(mfn << 12 | PTE_P, DOMID_SELF) && leaf(mfn << 12 | RAM, DOMID_SELF))
			continue;
		first = let++ ? first : mfn;
	}
	CHECK(tried > 1000 && !let, "of %lu foreign frames none can be mapped: %lu were, the first is %lx", tried, let, first);
}

static void test_special_frames(void)
{
	uint64_t own = kit_va_to_mfn(plain) << 12;

	CHECK_EQ(leaf(own | RAM, DOMID_SELF), 0, "an own frame");
	CHECK_EQ(leaf(own | RAM, 1234), -XEN_ESRCH, "a frame of a domain that is not");
	CHECK_EQ(leaf(own | RAM, DOMID_IO), -XEN_EBUSY, "an own frame as a device's");
	CHECK_EQ(leaf(own | RAM, DOMID_INVALID), -XEN_ESRCH, "a frame of DOMID_INVALID");
	CHECK_EQ(leaf(own | RAM, DOMID_COW), -XEN_ESRCH, "a frame of DOMID_COW");
	CHECK_EQ(leaf(0xfee00000UL | RAM, DOMID_SELF), -XEN_EPERM, "the local APIC");
	CHECK_EQ(leaf(0xfee00000UL | PTE_P, DOMID_IO), -XEN_EPERM, "the local APIC as a device");
	CHECK_EQ(leaf(0xfee01000UL | RAM, DOMID_SELF), -XEN_EPERM, "the window of message-signalled interrupts");
	CHECK_EQ(leaf(0xfffffffffUL << 12 | RAM, DOMID_SELF), -XEN_EPERM, "a frame above all memory");
	CHECK_EQ(leaf(1UL << 51 | RAM, DOMID_SELF), -XEN_EPERM, "a reserved address bit");
	CHECK_EQ(leaf(0xffffffffffUL << 12 | RAM, DOMID_SELF), -XEN_EINVAL, "all address bits");
	if (!kit_privileged())
		CHECK_EQ(leaf(0xb8000UL | RAM, DOMID_SELF), -XEN_EPERM, "the VGA's memory");
}

/* The M2P is the hypervisor's own; only the privileged may look at it by its frames, and nobody may write. */
static void test_m2p_frames(void)
{
	uint64_t list[4] = { 0 };
	struct xen_machphys_mfn_list l = { .max_extents = 4, .extent_start = (uint64_t)list };

	CHECK(!hypercall2(__HYPERVISOR_memory_op, XENMEM_machphys_mfn_list, &l) && l.nr_extents, "the frames of the M2P");
	CHECK_EQ(leaf(list[0] << 12 | RAM, DOMID_SELF), -XEN_EBUSY, "one of them as the domain's own");
	CHECK_EQ(leaf(list[0] << 12 | PTE_P, DOMID_SELF), -XEN_EBUSY, "and to read");
	CHECK(leaf(list[0] << 12 | RAM, DOMID_XEN) < 0, "as the hypervisor's, writable");
	CHECK_EQ(leaf(list[0] << 12 | PTE_P, DOMID_XEN), kit_privileged() ? 0 : -XEN_EPERM, "as the hypervisor's, to read");
}

/* ---- bits ------------------------------------------------------------------------------------------ */

static void test_bits(void)
{
	const uint64_t own = kit_va_to_mfn(plain) << 12 | PTE_P;
	uint64_t l2e = *kit_walk(window, 2) | PTE_P, l3e = *kit_walk(window, 3), l4e = *kit_walk(window, 4);
	uint64_t l2_at = (PTE_FRAME(l3e) << 12) + 511 * 8, l3_at = (PTE_FRAME(l4e) << 12) + 8;
	uint64_t l4_at = (kit_va_to_mfn((void *)kit_start_info->pt_base) << 12) + 8;
	static const unsigned int never[] = { 3, 4, 7, 8 };	/* PWT PCD PSE G */
	long cache = kit_privileged() ? 0 : -XEN_EINVAL;

	CHECK_EQ(leaf(own | PTE_PWT, DOMID_SELF), cache, "PWT in a leaf");
	CHECK_EQ(leaf(own | PTE_PCD, DOMID_SELF), cache, "PCD in a leaf");
	CHECK_EQ(leaf(own | 1UL << 7, DOMID_SELF), cache, "PAT in a leaf");
	for (unsigned int bit = 52; bit < 64; bit++)
		CHECK_EQ(leaf(own | 1UL << bit, DOMID_SELF), 0, "a bit above the frame");
	for (unsigned int i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
		uint64_t bit = 1UL << never[i];

		CHECK(kit_mmu_update(l2_at, l2e | bit) == -XEN_EINVAL && kit_mmu_update(l3_at, l3e | bit) == -XEN_EINVAL &&
		      kit_mmu_update(l4_at, l4e | bit) == -XEN_EINVAL, "bit %u has no place above the leaves", never[i]);
		/* The same bits on an entry that is there already: only flags change. */
		CHECK(kit_mmu_update((PTE_FRAME(l3e) << 12) + ((uint64_t)window >> 21 & 511) * 8, l2e | bit) == -XEN_EINVAL,
		      "nor on a table that is linked");
	}
}

static void test_hypervisor_slots(void)
{
	uint64_t root = kit_va_to_mfn((void *)kit_start_info->pt_base) << 12, own = *kit_walk(window, 4);
	unsigned int refused = 0;

	for (uint64_t slot = 256; slot < 272; slot++)
		for (unsigned int how = 0; how < 3; how++)
			refused += kit_mmu_update((root + slot * 8) | (how == 1 ? MMU_PT_UPDATE_PRESERVE_AD : 0), how == 2 ? 0 : own) == -XEN_EINVAL;
	CHECK_EQ(refused, 48, "the hypervisor's slots can be neither set nor cleared");
	CHECK(hypercall3(__HYPERVISOR_update_va_mapping, HV_START, window_pte, 0) < 0 &&
	      hypercall3(__HYPERVISOR_update_va_mapping, HV_END - PAGE_SIZE, window_pte, 0) < 0, "nor what is under them");
}

/* A table that refers to itself or to its own level: Xen lets it be read, which is harmless; written it must never be. */
static void test_recursion(void)
{
	uint64_t root_mfn = kit_va_to_mfn((void *)kit_start_info->pt_base) << 12, l1 = PTE_FRAME(*kit_walk(window, 2)) << 12;
	uint64_t l2 = PTE_FRAME(*kit_walk(window, 3)) << 12, l3 = PTE_FRAME(*kit_walk(window, 4)) << 12;
	long rc;

	CHECK(kit_mmu_update(root_mfn + 8, root_mfn | PTE_P | PTE_RW) < 0, "a root in itself, writable");
	rc = kit_mmu_update(root_mfn + 8, root_mfn | PTE_P);
	if (!rc) {
		/* Slot 1 of the root as L1 entry of its own view. */
		uint64_t *view = (uint64_t *)(1UL << 39 | 1UL << 30 | 1UL << 21 | 1UL << 12);

		KIT_TRY("mov %0, (%1)", , "r"(0UL), "r"(view));
		CHECK(kit_fault.seen, "a root in itself cannot be written through");
		CHECK_EQ(kit_mmu_update(root_mfn + 8, 0), 0, "and goes again");
	} else {
		CHECK(rc == -XEN_EBUSY || rc == -XEN_EINVAL, "a root in itself: %ld", rc);
	}
	CHECK(kit_mmu_update(l3 + 8, l3 | PTE_P | PTE_RW) < 0, "an L3 in itself, writable");
	CHECK(kit_mmu_update(l2 + 511 * 8, l2 | PTE_P | PTE_RW) < 0, "an L2 in itself, writable");
	CHECK_EQ(leaf(l1 | RAM, DOMID_SELF), -XEN_EBUSY, "an L1 in itself, writable");
	CHECK_EQ(leaf(l1 | PTE_P, DOMID_SELF), 0, "and to read");
	CHECK_EQ(leaf(l2 | RAM, DOMID_SELF), -XEN_EBUSY, "an L2 in its leaf, writable");
	CHECK_EQ(leaf(l3 | RAM, DOMID_SELF), -XEN_EBUSY, "an L3 in its leaf, writable");
	CHECK_EQ(leaf(root_mfn | RAM, DOMID_SELF), -XEN_EBUSY, "the root in its leaf, writable");
}

/* ---- each use against each other ------------------------------------------------------------------- */

static long use_writable(bool on)
{
	return kit_mmu_update(kit_pte_maddr(window), on ? kit_va_to_mfn(subject) << 12 | RAM : window_pte);
}

static long use_pin(unsigned int cmd, bool on)
{
	return kit_mmuext(on ? cmd : MMUEXT_UNPIN_TABLE, kit_va_to_mfn(subject));
}
static long use_l1(bool on) { return use_pin(MMUEXT_PIN_L1_TABLE, on); }
static long use_l2(bool on) { return use_pin(MMUEXT_PIN_L2_TABLE, on); }
static long use_l3(bool on) { return use_pin(MMUEXT_PIN_L3_TABLE, on); }
static long use_l4(bool on) { return use_pin(MMUEXT_PIN_L4_TABLE, on); }

static long use_gdt(bool on)
{
	uint64_t frame = kit_va_to_mfn(subject);

	return hypercall2(__HYPERVISOR_set_gdt, &frame, on ? 16 : 0);
}

static const struct use { const char *name; long (*set)(bool on); long refused; bool table; } uses[] = {
	{ "writable", use_writable, -XEN_EBUSY, false },
	{ "an L1", use_l1, -XEN_EINVAL, true },
	{ "an L2", use_l2, -XEN_EINVAL, true },
	{ "an L3", use_l3, -XEN_EINVAL, true },
	{ "an L4", use_l4, -XEN_EINVAL, true },
	{ "a GDT", use_gdt, -XEN_EINVAL, false },
};
#define NR_USES (sizeof(uses) / sizeof(uses[0]))

/* Ways to write into a frame besides mapping it. The subject is a table or GDT now: none may. */
static void test_writers(const struct use *u)
{
	uint64_t maddr = kit_va_to_mfn(subject) << 12, before = subject[7];
	struct mmuext_op copy = { .cmd = MMUEXT_COPY_PAGE, .arg1.mfn = maddr >> 12, .arg2.src_mfn = kit_va_to_mfn(plain) };
	struct evtchn_init_control control = { .control_gfn = maddr >> 12 };
	struct evtchn_expand_array array = { .array_gfn = maddr >> 12 };
	struct vcpu_register_vcpu_info info = { .mfn = maddr >> 12 };
	struct gnttab_copy gcopy = { .source.u.gmfn = kit_va_to_mfn(plain), .source.domid = DOMID_SELF,
				     .dest.u.gmfn = maddr >> 12, .dest.domid = DOMID_SELF, .len = 8 };
	uint32_t handle;

	CHECK(kit_mmuext(MMUEXT_CLEAR_PAGE, maddr >> 12) < 0, "%s cannot be cleared", u->name);
	CHECK(hypercall4(__HYPERVISOR_mmuext_op, &copy, 1, 0, DOMID_SELF) < 0, "nor be copied into");
	CHECK(kit_evtchn(EVTCHNOP_init_control, &control) < 0, "nor be a control block");
	CHECK(kit_evtchn(EVTCHNOP_expand_array, &array) < 0, "nor an array of event words");
	CHECK(hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, 0, &info) < 0, "nor a vcpu_info");
	KIT_TRY("wrmsr", , "a"((uint32_t)maddr), "d"((uint32_t)(maddr >> 32)), "c"(0x40000000));
	CHECK(kit_fault.seen && kit_fault.vector == 13, "nor the hypercall page");
	CHECK(!hypercall3(__HYPERVISOR_grant_table_op, GNTTABOP_copy, &gcopy, 1) && gcopy.status < 0, "nor the end of a grant copy");
	offer(8, subject, GTF_permit_access);
	CHECK(map_grant(8, GNTMAP_host_map, (uint64_t)window, &handle) < 0, "nor be mapped writable by a grant");
	offer(8, subject, 0);
	if (u->table)
		CHECK(hypercall2(__HYPERVISOR_update_descriptor, maddr + 56, 0x00cff3000000ffffUL) < 0, "nor take a descriptor");
	else
		CHECK(kit_mmu_update(maddr + 56, 0x00008b000000ffffUL) < 0, "nor be stored into unchecked");
	CHECK_EQ(subject[7], before, "and has not changed");
}

static void test_uses(void)
{
	CHECK_EQ(kit_make_readonly(subject), 0, "the subject is mapped to read only");
	for (unsigned int a = 0; a < NR_USES; a++) {
		CHECK_EQ(uses[a].set(true), 0, uses[a].name);
		for (unsigned int b = 0; b < NR_USES; b++)
			if (b != a)
				CHECK(uses[b].set(true) == uses[b].refused, "what is %s cannot be %s", uses[a].name, uses[b].name);
		if (a)
			test_writers(&uses[a]);
		CHECK_EQ(uses[a].set(false), 0, "and ends");
	}
	CHECK_EQ(kit_make_writable(subject), 0, "the subject is an ordinary page again");
	CHECK(unreferenced(subject), "and nobody refers to it any more");
}

/* A tree of our own with an entry of a wrong kind at each level: the pin of its root must find it. */
static void test_deep_trees(void)
{
	uint64_t bad[] = { 0x200000 | RAM, kit_va_to_mfn(tables[3]) << 12 | RAM, 0xfee00000UL | RAM };
	uint64_t link = PTE_P | PTE_RW | PTE_US | PTE_A;

	for (unsigned int i = 0; i < 3; i++)
		tables[i + 1][5] = kit_va_to_mfn(tables[i]) << 12 | link;
	for (unsigned int i = 0; i < 4; i++)
		CHECK_EQ(kit_make_readonly(tables[i]), 0, "a table of a tree");
	CHECK_EQ(kit_mmuext(MMUEXT_PIN_L4_TABLE, kit_va_to_mfn(tables[3])), 0, "a good tree is pinned");
	CHECK_EQ(kit_mmuext(MMUEXT_UNPIN_TABLE, kit_va_to_mfn(tables[3])), 0, "and unpinned");
	for (unsigned int level = 0; level < 4; level++)
		for (unsigned int i = 0; i < 3; i++) {
			if (level && i == 0)
				continue;	/* an upper entry to anything but a table is the next test's */
			CHECK_EQ(kit_make_writable(tables[level]), 0, "a table is ordinary");
			tables[level][300 - level * 20] = bad[i];
			CHECK_EQ(kit_make_readonly(tables[level]), 0, "and read-only");
			/* Xen passes the entry's own errno on, we say that the table is bad. */
			CHECK_ONE_OF(kit_mmuext(MMUEXT_PIN_L4_TABLE, kit_va_to_mfn(tables[3])), "a bad entry deep in a tree",
				     -XEN_EINVAL, -XEN_EBUSY, -XEN_EPERM);
			CHECK_EQ(kit_make_writable(tables[level]), 0, "and nothing is left");
			tables[level][300 - level * 20] = 0;
			CHECK_EQ(kit_make_readonly(tables[level]), 0, "of it");
		}
	CHECK_EQ(kit_mmuext(MMUEXT_PIN_L4_TABLE, kit_va_to_mfn(tables[3])), 0, "without it the tree is good");
	CHECK_EQ(kit_mmuext(MMUEXT_UNPIN_TABLE, kit_va_to_mfn(tables[3])), 0, "and goes");
	for (unsigned int i = 0; i < 4; i++)
		CHECK(!kit_make_writable(tables[i]) && unreferenced(tables[i]), "as does its table %u", i);
}

void kit_main(struct start_info *si)
{
	uint64_t pages;

	(void)si;
	kit_map_shared_info();
	kit_traps_init();
	window_pte = pte_of(window);
	pages = reservation();
	test_every_frame();
	test_special_frames();
	test_m2p_frames();
	test_bits();
	test_hypervisor_slots();
	test_recursion();
	test_uses();
	test_deep_trees();
	CHECK_EQ(reservation(), pages, "as many pages as before");
	tap_done();
}
