/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page tables. `leaf` is an L1 table with 512 mappings of one page, `l2` to `l4` a tree above it with one entry each, so
 * that the pin of a level costs its own 512 entries and not the levels below, which are pinned already.
 */
#include "micro/micro.h"

#define ROUNDS		200
#define LEAF		(PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)
#define WALK_L4		(0x8000000000UL * 3)		/* a slot that the kit leaves free */

static uint64_t leaf[512] PAGE_ALIGNED, l2[512] PAGE_ALIGNED, l3[512] PAGE_ALIGNED, l4[512] PAGE_ALIGNED;
static uint8_t page[PAGE_SIZE] PAGE_ALIGNED;		/* what all leaves map */
static uint8_t window[PAGE_SIZE] PAGE_ALIGNED;		/* mapped and unmapped by update_va_mapping */
static uint64_t alias[512] PAGE_ALIGNED;		/* shows leaf[], read-only, for writes that fault */
static struct mmu_update map[512], clear[512];
static uint64_t page_pte, leaf_mfn, l2_mfn, l3_mfn, l4_mfn, root_mfn;

/* ---- single entries ---------------------------------------------------------------------------------- */

static long update(struct mmu_update *u, unsigned int n)
{
	return hypercall4(__HYPERVISOR_mmu_update, u, n, 0, DOMID_SELF);
}

/* Half of the rounds map, half unmap. */
static uint64_t update_1(unsigned long n)
{
	return BENCH_LOOP(n, bench_failed |= update(i_ & 1 ? map : clear, 1));
}

static uint64_t update_512(unsigned long n)
{
	return BENCH_LOOP(n, bench_failed |= update(i_ & 1 ? map : clear, 512));
}

static uint64_t update_va(unsigned long n)
{
	uint64_t pte = kit_va_to_mfn(window) << 12 | LEAF;

	return BENCH_LOOP(n, bench_failed |= hypercall3(__HYPERVISOR_update_va_mapping, window, i_ & 1 ? pte : 0, UVMF_NONE));
}

static uint64_t update_va_invlpg(unsigned long n)
{
	uint64_t pte = kit_va_to_mfn(window) << 12 | LEAF;

	return BENCH_LOOP(n, bench_failed |= hypercall3(__HYPERVISOR_update_va_mapping, window, i_ & 1 ? pte : 0,
						       UVMF_INVLPG | UVMF_LOCAL));
}

/* A kernel writes its L1 table through a read-only mapping; the hypervisor does it in its stead (pv-abi 4.8). */
static uint64_t emulated_write(unsigned long n)
{
	volatile uint64_t *entry = &alias[7];
	uint64_t t = BENCH_LOOP(n, *entry = i_ & 1 ? page_pte : 0);

	*entry = page_pte;
	return t;
}

static uint64_t emulated_xchg(unsigned long n)
{
	uint64_t t = BENCH_LOOP(n, __atomic_exchange_n(&alias[7], i_ & 1 ? page_pte : 0, __ATOMIC_SEQ_CST));

	*(volatile uint64_t *)&alias[7] = page_pte;
	return t;
}

/* ---- whole tables -------------------------------------------------------------------------------------- */

static uint64_t pin(unsigned long n, unsigned int cmd, uint64_t mfn)
{
	uint64_t sum = 0;

	for (unsigned long i = 0; i < n; i++) {
		sum += BENCH_ONE(bench_failed |= kit_mmuext(cmd, mfn));
		bench_failed |= kit_mmuext(MMUEXT_UNPIN_TABLE, mfn);
	}
	return sum;
}

static uint64_t unpin(unsigned long n, unsigned int cmd, uint64_t mfn)
{
	uint64_t sum = 0;

	for (unsigned long i = 0; i < n; i++) {
		bench_failed |= kit_mmuext(cmd, mfn);
		sum += BENCH_ONE(bench_failed |= kit_mmuext(MMUEXT_UNPIN_TABLE, mfn));
	}
	return sum;
}

#define PINS(name, cmd, mfn) \
	static uint64_t pin_##name(unsigned long n) { return pin(n, cmd, mfn); } \
	static uint64_t unpin_##name(unsigned long n) { return unpin(n, cmd, mfn); }
PINS(l1, MMUEXT_PIN_L1_TABLE, leaf_mfn)
PINS(l2, MMUEXT_PIN_L2_TABLE, l2_mfn)
PINS(l3, MMUEXT_PIN_L3_TABLE, l3_mfn)
PINS(l4, MMUEXT_PIN_L4_TABLE, l4_mfn)

static uint64_t new_base(unsigned long n)
{
	uint64_t t = BENCH_LOOP(n & ~1UL, bench_failed |= kit_mmuext(MMUEXT_NEW_BASEPTR, i_ & 1 ? root_mfn : l4_mfn));

	return t;
}

static uint64_t flush_local(unsigned long n)
{
	return BENCH_LOOP(n, bench_failed |= kit_mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0));
}

static uint64_t invlpg_local(unsigned long n)
{
	return BENCH_LOOP(n, bench_failed |= kit_mmuext(MMUEXT_INVLPG_LOCAL, (uint64_t)window));
}

static void make_tables(void)
{
	const uint64_t *root = (const uint64_t *)kit_start_info->pt_base;

	page_pte = kit_va_to_mfn(page) << 12 | LEAF;
	leaf_mfn = kit_va_to_mfn(leaf), l2_mfn = kit_va_to_mfn(l2), l3_mfn = kit_va_to_mfn(l3), l4_mfn = kit_va_to_mfn(l4);
	root_mfn = kit_va_to_mfn(root);
	for (unsigned int i = 0; i < 512; i++) {
		leaf[i] = page_pte;
		map[i] = (struct mmu_update){ leaf_mfn << 12 | i * 8, page_pte };
		clear[i] = (struct mmu_update){ leaf_mfn << 12 | i * 8, 0 };
	}
	l2[0] = leaf_mfn << 12 | LEAF;
	l3[0] = l2_mfn << 12 | LEAF;
	/* A root to switch to: the kernel's half as it is, and the tree. */
	for (unsigned int i = 272; i < 512; i++)
		l4[i] = root[i];
	l4[0] = root[0];
	l4[1] = root[1];
	l4[WALK_L4 >> 39 & 511] = l3_mfn << 12 | LEAF;
	bench_must(kit_make_readonly(leaf) | kit_make_readonly(l2) | kit_make_readonly(l3) | kit_make_readonly(l4), "read-only tables");
}

static void run_all(const struct bench *list, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		bench_run(&list[i]);
}
#define RUN(list) run_all(list, sizeof(list) / sizeof((list)[0]))
#define HARDWARE "the load of CR3 is the hardware's"

void bench_tables(void)
{
	static const struct bench l1_pins[] = {
		{ "pin of a full L1 table", pin_l1, ROUNDS / 10, BENCH_EACH, NULL },
		{ "unpin of a full L1 table", unpin_l1, ROUNDS / 10, BENCH_EACH, NULL },
	}, updates[] = {
		{ "mmu_update of 1", update_1, ROUNDS, BENCH_AROUND, NULL },
		{ "mmu_update of 512", update_512, ROUNDS / 10, BENCH_AROUND, NULL },
		{ "update_va_mapping", update_va, ROUNDS, BENCH_AROUND, NULL },
		{ "update_va_mapping with INVLPG", update_va_invlpg, ROUNDS, BENCH_AROUND, NULL },
		{ "emulated write to an L1 table", emulated_write, ROUNDS, BENCH_AROUND, NULL },
		{ "emulated xchg of an L1 entry", emulated_xchg, ROUNDS, BENCH_AROUND, NULL },
	}, upper_pins[] = {
		{ "pin of an L2 table", pin_l2, ROUNDS / 10, BENCH_EACH, NULL },
		{ "unpin of an L2 table", unpin_l2, ROUNDS / 10, BENCH_EACH, NULL },
	}, l3_pins[] = {
		{ "pin of an L3 table", pin_l3, ROUNDS / 10, BENCH_EACH, NULL },
		{ "unpin of an L3 table", unpin_l3, ROUNDS / 10, BENCH_EACH, NULL },
	}, l4_pins[] = {
		{ "pin of an L4 table", pin_l4, ROUNDS / 10, BENCH_EACH, NULL },
		{ "unpin of an L4 table", unpin_l4, ROUNDS / 10, BENCH_EACH, NULL },
	}, bases[] = {
		{ "switch of the page-table base", new_base, ROUNDS, BENCH_AROUND, HARDWARE },
		{ "flush of the own TLB", flush_local, ROUNDS, BENCH_AROUND, HARDWARE },
		{ "INVLPG", invlpg_local, ROUNDS, BENCH_AROUND, NULL },
	};

	hypercall2(__HYPERVISOR_vm_assist, VMASST_CMD_enable, VMASST_TYPE_writable_pagetables);
	make_tables();
	RUN(l1_pins);
	bench_must(kit_mmuext(MMUEXT_PIN_L1_TABLE, leaf_mfn), "pin of the L1 table");
	bench_must(kit_set_pte(alias, leaf_mfn << 12 | PTE_P | PTE_A), "the L1 table's alias");
	RUN(updates);
	RUN(upper_pins);
	bench_must(kit_mmuext(MMUEXT_PIN_L2_TABLE, l2_mfn), "pin of the L2 table");
	RUN(l3_pins);
	bench_must(kit_mmuext(MMUEXT_PIN_L3_TABLE, l3_mfn), "pin of the L3 table");
	RUN(l4_pins);
	bench_must(kit_mmuext(MMUEXT_PIN_L4_TABLE, l4_mfn), "pin of the L4 table");
	RUN(bases);
	bench_must(kit_make_writable(window), "window");
}
