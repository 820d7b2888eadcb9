/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stale translations (pv-abi 4.12). A second vCPU keeps writing to an address for as long as it does not fault, so its CPU
 * has the translation and means to keep it. The first one takes the page away: by the moment at which the frame has become
 * something else (a page table, somebody else's memory), and after every flush that a guest can ask for, no write may
 * arrive any more. The writer's values are entries that are not present, so that they do not hurt where they land.
 */
#include <abi/memory.h>
#include "hostile/common/hostile.h"

#define ROUNDS		24
#define LOOKS		200
#define MARK		0xa5a5000000000000UL

static uint8_t window[PAGE_SIZE] PAGE_ALIGNED, mirror[PAGE_SIZE] PAGE_ALIGNED;
static uint64_t subject[512] PAGE_ALIGNED, spare[512] PAGE_ALIGNED, table[512] PAGE_ALIGNED, forged[512] PAGE_ALIGNED;
static uint64_t upper[3][512] PAGE_ALIGNED;	/* root, L3, L2 of a second space */
static uint64_t home;
static struct kit_fault fault;
static volatile uint64_t strokes, seen, arrived;
static volatile bool stop;
static volatile uint64_t *target;

/* Writes until it faults or is told to stop. */
static void hammer(void *arg)
{
	uint64_t value = 0;

	(void)arg;
	fault.seen = false;
	for (; !stop && !fault.seen; value += 2) {
		KIT_CATCH(&fault, "mov %0, (%1)", , "r"(value), "r"(target));
		strokes++;
	}
}

/* Until the hammer is at work on its address. */
static void start_hammer(void)
{
	uint64_t before = strokes;

	stop = false;
	kit_vcpu_run(1, hammer, NULL);
	KIT_WAIT(strokes > before + 10, "the hammer");
}

static void stop_hammer(void)
{
	stop = true;
	kit_vcpu_wait(1);
}

/* Does the frame behind this view keep still although the hammer swings? */
static bool keeps_still(volatile uint64_t *view)
{
	uint64_t first = *view;

	for (unsigned int i = 0; i < LOOKS; i++) {
		if (i % 50 == 0)
			kit_relax();
		for (unsigned int j = 0; j < 20; j++)
			__asm__ volatile("pause");
		if (*view != first)
			return false;
	}
	return true;
}

/* Subject is mapped writable in the window and nowhere else, read-only at its own address. */
static void arrange(void)
{
	target = (volatile uint64_t *)(window + 64);
	if (kit_make_readonly(subject) || kit_mmu_update(kit_pte_maddr(window), kit_va_to_mfn(subject) << 12 | RAM))
		kit_bail("the subject cannot be arranged");
}

static void tidy(void)
{
	stop_hammer();
	if (kit_mmu_update(kit_pte_maddr(window), home) || kit_make_writable(subject))
		kit_bail("the subject does not come back");
}

/* ---- flushes that the guest asks for ------------------------------------------------------------------ */

static long flush_op(unsigned int cmd, bool masked)
{
	uint64_t all = ~0UL;
	struct mmuext_op op = { .cmd = cmd, .arg1.linear_addr = (uint64_t)window, .arg2.vcpumask = masked ? (uint64_t)&all : 0 };

	return hypercall4(__HYPERVISOR_mmuext_op, &op, 1, 0, DOMID_SELF);
}

static uint64_t everybody = ~0UL;

/* Each takes write access away from the window and flushes. */
static long take_by_mmuext(unsigned int cmd, bool masked)
{
	return kit_mmu_update(kit_pte_maddr(window), kit_va_to_mfn(subject) << 12 | PTE_P) ? -1 : flush_op(cmd, masked);
}
static long take_flush_all(void) { return take_by_mmuext(MMUEXT_TLB_FLUSH_ALL, false); }
static long take_invlpg_all(void) { return take_by_mmuext(MMUEXT_INVLPG_ALL, false); }
static long take_flush_multi(void) { return take_by_mmuext(MMUEXT_TLB_FLUSH_MULTI, true); }
static long take_invlpg_multi(void) { return take_by_mmuext(MMUEXT_INVLPG_MULTI, true); }
static long take_by_va(uint64_t flags)
{
	return hypercall3(__HYPERVISOR_update_va_mapping, window, kit_va_to_mfn(subject) << 12 | PTE_P, flags);
}
static long take_va_flush_all(void) { return take_by_va(UVMF_TLB_FLUSH | UVMF_ALL); }
static long take_va_invlpg_all(void) { return take_by_va(UVMF_INVLPG | UVMF_ALL); }
static long take_va_flush_multi(void) { return take_by_va(UVMF_TLB_FLUSH | (uint64_t)&everybody); }
static long take_va_invlpg_multi(void) { return take_by_va(UVMF_INVLPG | (uint64_t)&everybody); }

static void test_flushes(void)
{
	static const struct { const char *name; long (*take)(void); } ways[] = {
		{ "TLB_FLUSH_ALL", take_flush_all }, { "INVLPG_ALL", take_invlpg_all },
		{ "TLB_FLUSH_MULTI", take_flush_multi }, { "INVLPG_MULTI", take_invlpg_multi },
		{ "update_va_mapping, flush all", take_va_flush_all }, { "update_va_mapping, invlpg all", take_va_invlpg_all },
		{ "update_va_mapping, flush many", take_va_flush_multi },
		{ "update_va_mapping, invlpg many", take_va_invlpg_multi },
	};

	for (unsigned int w = 0; w < sizeof(ways) / sizeof(ways[0]); w++) {
		unsigned int late = 0, refused = 0;

		for (unsigned int i = 0; i < ROUNDS / 4; i++) {
			arrange();
			start_hammer();
			refused += ways[w].take() != 0;
			late += !keeps_still(subject + 8);
			tidy();
		}
		CHECK(!late && !refused, "after %s nothing arrives: %u times, %u refused", ways[w].name, late, refused);
	}
}

/* ---- a frame with a new life --------------------------------------------------------------------------- */

static void test_becomes_table(void)
{
	unsigned int late = 0, refused = 0;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		arrange();
		start_hammer();
		/* Unmapped without any flush: the hypervisor owes it by the time the frame is a table. */
		kit_mmu_update(kit_pte_maddr(window), 0);
		if (kit_mmuext(MMUEXT_PIN_L1_TABLE, kit_va_to_mfn(subject)))
			refused++;
		else
			late += !keeps_still(subject + 8);
		kit_mmuext(MMUEXT_UNPIN_TABLE, kit_va_to_mfn(subject));
		tidy();
	}
	CHECK(!late && !refused, "a frame that became a table keeps still: %u times not, %u pins refused", late, refused);
}

static void test_becomes_gdt(void)
{
	unsigned int late = 0, refused = 0;
	uint64_t frame;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		arrange();
		start_hammer();
		kit_mmu_update(kit_pte_maddr(window), 0);
		frame = kit_va_to_mfn(subject);
		if (hypercall2(__HYPERVISOR_set_gdt, &frame, 16))
			refused++;
		else
			late += !keeps_still(subject + 8);
		hypercall2(__HYPERVISOR_set_gdt, 0, 0);
		tidy();
	}
	CHECK(!late && !refused, "a frame that became a GDT keeps still: %u times not, %u refused", late, refused);
}

/* Given back and taken again: often it is the same frame. What is new is nobody's old data and keeps still. */
static void test_freed(void)
{
	uint64_t pfn = ((uint64_t)spare - KIT_VIRT_BASE) / PAGE_SIZE, *p2m = (uint64_t *)kit_start_info->mfn_list, mfn, pages = reservation();
	unsigned int late = 0, dirty = 0, same = 0;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		target = spare + 8;
		start_hammer();
		mfn = p2m[pfn];
		kit_mmu_update(kit_pte_maddr(spare), 0);
		if (!free_mfn(mfn))
			kit_bail("a frame cannot be given back");
		KIT_WAIT((p2m[pfn] = allocate_mfn()), "a new frame");
		same += p2m[pfn] == mfn;
		if (kit_mmu_update(kit_pte_maddr(mirror), p2m[pfn] << 12 | PTE_P))
			kit_bail("the new frame cannot be mapped");
		kit_mmuext(MMUEXT_INVLPG_LOCAL, (uint64_t)mirror);
		/* Xen does not clear what comes back to the same domain: the hammer's own word may be there. */
		for (unsigned int j = 0; j < 512; j++)
			dirty += j != 8 && ((volatile uint64_t *)mirror)[j] != 0;
		late += !keeps_still((volatile uint64_t *)mirror + 8);
		stop_hammer();
		kit_mmu_update(p2m[pfn] << 12 | MMU_MACHPHYS_UPDATE, pfn);
		kit_make_writable(spare);
		kit_make_writable(mirror);
	}
	CHECK(!late && !dirty, "a frame given back is not written any more: %u times, %u words, %u frames came back", late, dirty, same);
	CHECK_EQ(reservation(), pages, "as many pages as before");
}

static void test_grant(void)
{
	unsigned int late = 0, refused = 0;
	uint32_t handle;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		target = (volatile uint64_t *)(window + 64);
		kit_make_readonly(subject);
		offer(11, subject, GTF_permit_access);
		refused += map_grant(11, GNTMAP_host_map, (uint64_t)window, &handle) != 0;
		start_hammer();
		refused += unmap_grant(handle, (uint64_t)window) != 0;
		/* By now the marks are gone, and the granter may take the page back. */
		refused += (grant_entries()[11].flags & (GTF_reading | GTF_writing)) != 0;
		late += !keeps_still(subject + 8);
		offer(11, subject, 0);
		tidy();
	}
	CHECK(!late && !refused, "a revoked grant is not written: %u times, %u refused", late, refused);
}

/* ---- tables that go -------------------------------------------------------------------------------------- */

/*
 * A second space maps one address through upper[] and table. While the second vCPU reads there, the L1 is taken out and filled
 * with entries of the guest's choosing: a CPU that walks it, or remembers where it was, would read what they name.
 */
#define LOWER	0x7000000000UL

static void read_there(void *arg)
{
	uint64_t value;

	(void)arg;
	kit_mmuext(MMUEXT_NEW_BASEPTR, kit_va_to_mfn(upper[0]));
	fault.seen = false;
	for (uint64_t i = 0; !stop && !fault.seen; i++) {
		value = MARK;
		/* Another page each time, so that the walk is repeated and only the tables are remembered. */
		KIT_CATCH(&fault, "mov (%1), %0", "+r"(value), "r"(LOWER + i % 512 * PAGE_SIZE));
		if (!fault.seen && value != MARK)
			arrived++;
		seen++;
	}
	kit_mmuext(MMUEXT_NEW_BASEPTR, kit_va_to_mfn((void *)kit_start_info->pt_base));
}

static void fill(uint64_t *l1, const void *page)
{
	for (unsigned int i = 0; i < 512; i++)
		l1[i] = page ? kit_va_to_mfn(page) << 12 | PTE_P | PTE_A : 0;
}

static void build_space(void)
{
	uint64_t link = PTE_P | PTE_RW | PTE_US | PTE_A;

	fill(table, subject);
	memset(upper, 0, sizeof(upper));
	upper[2][LOWER >> 21 & 511] = kit_va_to_mfn(table) << 12 | link;
	upper[1][LOWER >> 30 & 511] = kit_va_to_mfn(upper[2]) << 12 | link;
	upper[0][LOWER >> 39 & 511] = kit_va_to_mfn(upper[1]) << 12 | link;
	upper[0][511] = ((uint64_t *)kit_start_info->pt_base)[511];
	if (kit_make_readonly(table) || kit_make_readonly(upper[0]) || kit_make_readonly(upper[1]) || kit_make_readonly(upper[2]) ||
	    kit_mmuext(MMUEXT_PIN_L4_TABLE, kit_va_to_mfn(upper[0])))
		kit_bail("no second space");
}

static void remove_space(void)
{
	if (kit_mmuext(MMUEXT_UNPIN_TABLE, kit_va_to_mfn(upper[0])) || kit_make_writable(upper[0]) || kit_make_writable(upper[1]) ||
	    kit_make_writable(upper[2]) || kit_make_writable(table))
		kit_bail("the second space stays");
}

static void test_unlinked_table(void)
{
	unsigned int early = 0, refused = 0;
	uint64_t slot, before;

	subject[0] = MARK;
	memset(forged, 0x5a, sizeof(forged));
	for (unsigned int i = 0; i < ROUNDS; i++) {
		build_space();
		slot = (kit_va_to_mfn(upper[2]) << 12) + (LOWER >> 21 & 511) * 8;
		stop = false;
		before = seen;
		kit_vcpu_run(1, read_there, NULL);
		KIT_WAIT(seen > before + 10, "the reader");
		early += kit_make_writable(table) == 0;
		refused += kit_mmu_update(slot, 0) != 0;
		/* Nobody holds the table any more: it is an ordinary page, and its entries name what they like. */
		if (kit_make_writable(table))
			refused++;
		else
			fill(table, forged);
		for (unsigned int j = 0; j < 20; j++)
			kit_relax();
		stop_hammer();
		refused += kit_make_readonly(table) != 0;
		remove_space();
	}
	CHECK(!early, "a table in use cannot be written");
	CHECK(!refused && !arrived, "a table that was taken out is not walked: %u refused, %lu reads came through", refused, arrived);
}

/* A root in use by another vCPU stays a root whatever happens to its pin. */
static void test_root_in_use(void)
{
	uint64_t before = seen;

	build_space();
	stop = false;
	kit_vcpu_run(1, read_there, NULL);
	KIT_WAIT(seen > before + 10, "the reader");
	CHECK_EQ(kit_mmuext(MMUEXT_UNPIN_TABLE, kit_va_to_mfn(upper[0])), 0, "the pin of a root in use goes");
	CHECK_EQ(kit_make_writable(upper[0]), -XEN_EBUSY, "but it cannot be written");
	CHECK_EQ(kit_make_writable(upper[1]), -XEN_EBUSY, "nor can its tables");
	CHECK_EQ(kit_make_writable(table), -XEN_EBUSY, "down to the last");
	CHECK(free_mfn(kit_va_to_mfn(table)) == 1, "it may be given back, which does no harm");
	CHECK(kit_mmuext(MMUEXT_PIN_L2_TABLE, kit_va_to_mfn(table)) < 0, "as it stays what it is");
	before = seen;
	KIT_WAIT(seen > before + 10, "the reader");
	CHECK(!arrived && !fault.seen, "the other one reads on");
	stop_hammer();
	/* The frame of `table` is alive by its read-only mapping at home; the next one takes its place. */
	((uint64_t *)kit_start_info->mfn_list)[((uint64_t)table - KIT_VIRT_BASE) / PAGE_SIZE] = 0;
	kit_set_pte(table, 0);
	CHECK(!kit_make_writable(upper[0]) && !kit_make_writable(upper[1]) && !kit_make_writable(upper[2]), "then all is ordinary again");
}

void kit_main(struct start_info *si)
{
	(void)si;
	kit_map_shared_info();
	kit_traps_init();
	CHECK_EQ(kit_smp_init(2), 2, "two vCPUs");
	home = pte_of(window);
	own_domid();
	test_flushes();
	test_becomes_table();
	test_becomes_gdt();
	test_freed();
	test_grant();
	test_unlinked_table();
	test_root_in_use();
	tap_done();
}
