/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A flush that answers 0 has flushed (pv-abi 4.12). Each vCPU has an address of its own, reads there, takes an entry of the
 * walk away at some level, flushes its own TLB in some way, and reads again: that must fault. Meanwhile the vCPUs are
 * more than the CPUs, yield, move, and do it all at once in one root.
 *
 * What a flush is told stands in guest memory. A guest that has unmapped that too may be told -EFAULT, and then nothing was
 * flushed: the hypervisor may have forgotten its translation of the one page while the guest's of the other lives on.
 * Whether it has is chance, so that both answers are right, but after a 0 the address must fault.
 */
#include <abi/sched.h>
#include <abi/vcpu.h>
#include "hostile/common/hostile.h"

#ifndef DURATION
#define DURATION	1500000000UL	/* ns */
#endif
#define PATIENCE	30000000000UL
#define SLOT(id)	(32UL + (id))	/* in the root: nobody uses it */
#define LOWER(id)	(SLOT(id) << 39)
#define LINK		(PTE_P | PTE_RW | PTE_US | PTE_A)
#define MARK		0xa5a50000UL
#define LIST		16		/* operations that take their time before the one that counts */
#define VCPUS		KIT_MAX_VCPUS

enum { DATA, OPERAND, FILLER };		/* pages of an L1 table: what is read, what the hypervisor is told, nothing */

static uint64_t l3[VCPUS][512] PAGE_ALIGNED, l2[VCPUS][512] PAGE_ALIGNED, l1[VCPUS][512] PAGE_ALIGNED;
static uint64_t data[VCPUS][512] PAGE_ALIGNED, operand[VCPUS][512] PAGE_ALIGNED, scratch[VCPUS][512] PAGE_ALIGNED;

struct worker {
	unsigned int id;
	uint32_t random;
	struct kit_fault fault;
	uint64_t slot[5], entry[5];	/* of each level: machine address and contents */
};
static struct worker worker[VCPUS];
static uint64_t end;

static uint32_t dice(struct worker *w, uint32_t n)
{
	w->random = w->random * 1664525 + 1013904223;
	return (w->random >> 16) % n;
}

/* A moment in which it may be preempted and moved. */
static void moment(struct worker *w)
{
	struct sched_pin_override pin = { .pcpu = (int32_t)dice(w, 4) };

	switch (dice(w, 16)) {
	case 0:
		kit_relax();
		break;
	case 1:
		/* Only dom0 may, and not every CPU is there. */
		hypercall2(__HYPERVISOR_sched_op, SCHEDOP_pin_override, &pin);
		pin.pcpu = -1;
		hypercall2(__HYPERVISOR_sched_op, SCHEDOP_pin_override, &pin);
		break;
	case 2:
	case 3:
	case 4:
		for (uint32_t i = dice(w, 500); i; i--)
			__asm__ volatile("pause");
		break;
	}
}

static bool faults(struct worker *w)
{
	uint64_t value = 0;

	KIT_CATCH(&w->fault, "mov (%1), %0", "+r"(value), "r"(LOWER(w->id)));
	return w->fault.seen;
}

/* ---- ways to flush ---------------------------------------------------------------------------------- */

static struct mmuext_op op_of(const struct worker *w, unsigned int cmd)
{
	struct mmuext_op op = { .cmd = cmd, .arg1.linear_addr = LOWER(w->id) };

	if (cmd == MMUEXT_NEW_BASEPTR)
		op.arg1.mfn = kit_va_to_mfn((void *)kit_start_info->pt_base);
	return op;
}

static long by_op(struct worker *w, unsigned int cmd)
{
	static uint64_t everybody = ~0UL;
	struct mmuext_op op = op_of(w, cmd);

	if (cmd == MMUEXT_TLB_FLUSH_MULTI || cmd == MMUEXT_INVLPG_MULTI)
		op.arg2.vcpumask = (uint64_t)&everybody;
	return hypercall4(__HYPERVISOR_mmuext_op, &op, 1, 0, DOMID_SELF);
}

static long flush_local(struct worker *w) { return by_op(w, MMUEXT_TLB_FLUSH_LOCAL); }
static long invlpg_local(struct worker *w) { return by_op(w, MMUEXT_INVLPG_LOCAL); }
static long flush_multi(struct worker *w) { return by_op(w, MMUEXT_TLB_FLUSH_MULTI); }
static long invlpg_multi(struct worker *w) { return by_op(w, MMUEXT_INVLPG_MULTI); }
static long flush_all(struct worker *w) { return by_op(w, MMUEXT_TLB_FLUSH_ALL); }
static long invlpg_all(struct worker *w) { return by_op(w, MMUEXT_INVLPG_ALL); }
static long new_root(struct worker *w) { return by_op(w, MMUEXT_NEW_BASEPTR); }

/* At the end of a list that is interrupted on the way. */
static long flush_listed(struct worker *w)
{
	struct mmuext_op list[LIST + 1];

	for (unsigned int i = 0; i < LIST; i++)
		list[i] = (struct mmuext_op){ .cmd = MMUEXT_CLEAR_PAGE, .arg1.mfn = kit_va_to_mfn(scratch[w->id]) };
	list[LIST] = op_of(w, MMUEXT_TLB_FLUSH_LOCAL);
	return hypercall4(__HYPERVISOR_mmuext_op, list, LIST + 1, 0, DOMID_SELF);
}

static const struct { const char *name; long (*flush)(struct worker *w); } flushes[] = {
	{ "TLB_FLUSH_LOCAL", flush_local }, { "INVLPG_LOCAL", invlpg_local }, { "TLB_FLUSH_MULTI", flush_multi },
	{ "INVLPG_MULTI", invlpg_multi }, { "TLB_FLUSH_ALL", flush_all }, { "INVLPG_ALL", invlpg_all },
	{ "NEW_BASEPTR", new_root }, { "TLB_FLUSH_LOCAL, last of a list", flush_listed },
};
#define NR_FLUSHES (sizeof(flushes) / sizeof(flushes[0]))

/* ---- ways to take an entry away -------------------------------------------------------------------- */

static long put(struct worker *w, unsigned int level, uint64_t value)
{
	return kit_mmu_update(w->slot[level], value);
}

static long take_update(struct worker *w, unsigned int level)
{
	return put(w, level, 0);
}

/* The last of many. */
static long take_batch(struct worker *w, unsigned int level)
{
	struct mmu_update list[LIST + 1];

	for (unsigned int i = 0; i < LIST; i++) {
		list[i].ptr = w->slot[1] + (FILLER + i) * 8;
		list[i].val = kit_va_to_mfn(scratch[w->id]) << 12 | PTE_P;
	}
	list[LIST] = (struct mmu_update){ .ptr = w->slot[level], .val = 0 };
	return hypercall4(__HYPERVISOR_mmu_update, list, LIST + 1, 0, DOMID_SELF);
}

static long take_trapped(struct worker *w, unsigned int level)
{
	if (level != 1)
		return put(w, level, 0);
	__atomic_store_n((volatile uint64_t *)&l1[w->id][DATA], 0, __ATOMIC_SEQ_CST);
	return l1[w->id][DATA] ? -1 : 0;
}

static long (*const takes[])(struct worker *w, unsigned int level) = { take_update, take_batch, take_trapped };
#define NR_TAKES (sizeof(takes) / sizeof(takes[0]))

/* ---- both in one ------------------------------------------------------------------------------------- */

static long by_va(struct worker *w, uint64_t flags)
{
	return hypercall3(__HYPERVISOR_update_va_mapping, LOWER(w->id), 0, flags);
}

static long va_flush(struct worker *w, unsigned int level) { (void)level; return by_va(w, UVMF_TLB_FLUSH | UVMF_LOCAL); }
static long va_invlpg(struct worker *w, unsigned int level) { (void)level; return by_va(w, UVMF_INVLPG | UVMF_LOCAL); }
static long va_flush_all(struct worker *w, unsigned int level) { (void)level; return by_va(w, UVMF_TLB_FLUSH | UVMF_ALL); }

static long in_multicall(struct worker *w, unsigned int level)
{
	struct mmu_update u = { .ptr = w->slot[level], .val = 0 };
	struct mmuext_op op = op_of(w, MMUEXT_TLB_FLUSH_LOCAL);
	struct multicall_entry m[LIST + 2];

	/* Only a few of them really wait. */
	for (unsigned int i = 1; i <= LIST; i++)
		m[i] = (struct multicall_entry){ .op = __HYPERVISOR_sched_op, .args = { dice(w, 16) ? ~0UL : SCHEDOP_yield, 0 } };
	m[0] = (struct multicall_entry){ .op = __HYPERVISOR_mmu_update, .args = { (uint64_t)&u, 1, 0, DOMID_SELF } };
	m[LIST + 1] = (struct multicall_entry){ .op = __HYPERVISOR_mmuext_op, .args = { (uint64_t)&op, 1, 0, DOMID_SELF } };
	if (hypercall2(__HYPERVISOR_multicall, m, LIST + 2))
		return -1;
	return m[0].result ? (long)m[0].result : (long)m[LIST + 1].result;
}

static const struct { const char *name; long (*take)(struct worker *w, unsigned int level); bool l1_only; } wholes[] = {
	{ "update_va_mapping, flush", va_flush, true }, { "update_va_mapping, invlpg", va_invlpg, true },
	{ "update_va_mapping, flush all", va_flush_all, true }, { "multicall of update and flush", in_multicall, false },
};
#define NR_WHOLES (sizeof(wholes) / sizeof(wholes[0]))

/* ---- rounds ------------------------------------------------------------------------------------------ */

struct count { uint32_t rounds, refused, stale; };
static struct count flushed[NR_FLUSHES], whole[NR_WHOLES], gone;
static uint32_t unmapped, unreadable[2], lived[2];	/* [1]: the hypervisor had read the operand's page just before */

static void count(uint32_t *n)
{
	__atomic_add_fetch(n, 1, __ATOMIC_RELAXED);
}

static void judge(struct worker *w, struct count *c, bool refused)
{
	moment(w);
	count(&c->rounds);
	if (refused)
		count(&c->refused);
	else if (!faults(w))
		count(&c->stale);
}

static void restore(struct worker *w, unsigned int level)
{
	if (put(w, level, w->entry[level]) || faults(w))
		count(&unmapped);
	moment(w);
}

static void round_apart(struct worker *w)
{
	unsigned int level = 1 + dice(w, 4), f = dice(w, NR_FLUSHES);
	long rc = takes[dice(w, NR_TAKES)](w, level);

	moment(w);
	if (!rc)
		rc = flushes[f].flush(w);
	judge(w, &flushed[f], rc);
	restore(w, level);
}

static void round_together(struct worker *w)
{
	unsigned int n = dice(w, NR_WHOLES), level = wholes[n].l1_only ? 1 : 1 + dice(w, 4);

	judge(w, &whole[n], wholes[n].take(w, level));
	restore(w, level);
}

/* What the flush is told goes with the rest: both are read by the hypervisor at an address below the entry. */
static void round_unreadable(struct worker *w)
{
	unsigned int level = 2 + dice(w, 3);
	struct mmu_update *u = (struct mmu_update *)operand[w->id];
	struct mmuext_op *op = (struct mmuext_op *)&operand[w->id][16];
	uint64_t there = LOWER(w->id) + OPERAND * PAGE_SIZE;
	bool warm = dice(w, 2);
	long rc;

	*u = (struct mmu_update){ .ptr = w->slot[level], .val = 0 };
	*op = op_of(w, MMUEXT_TLB_FLUSH_LOCAL);
	rc = hypercall4(__HYPERVISOR_mmu_update, warm ? there : (uint64_t)u, 1, 0, DOMID_SELF);
	if (!rc) {
		rc = hypercall4(__HYPERVISOR_mmuext_op, there + 128, 1, 0, DOMID_SELF);
		if (rc == -XEN_EFAULT) {
			count(&unreadable[warm]);
			if (!faults(w))
				count(&lived[warm]);
			rc = flush_local(w);
		}
	}
	judge(w, &gone, rc);
	restore(w, level);
}

/* Longer if something has not had its turn yet. */
static bool more(void)
{
	uint64_t now = kit_time();
	bool scarce = false;

	for (unsigned int i = 0; i < NR_FLUSHES; i++)
		scarce |= !__atomic_load_n(&flushed[i].rounds, __ATOMIC_RELAXED);
	for (unsigned int i = 0; i < NR_WHOLES; i++)
		scarce |= !__atomic_load_n(&whole[i].rounds, __ATOMIC_RELAXED);
	return now < end || (scarce && now < end + PATIENCE);
}

static void work(void *arg)
{
	struct worker *w = arg;

	while (more()) {
		round_apart(w);
		round_together(w);
		round_unreadable(w);
	}
}

static void prepare(struct worker *w, unsigned int id)
{
	uint64_t root = kit_va_to_mfn((void *)kit_start_info->pt_base);

	w->id = id;
	w->random = 4711 * (id + 1);
	w->entry[1] = pte_of(data[id]);
	w->entry[2] = kit_va_to_mfn(l1[id]) << 12 | LINK;
	w->entry[3] = kit_va_to_mfn(l2[id]) << 12 | LINK;
	w->entry[4] = kit_va_to_mfn(l3[id]) << 12 | LINK;
	w->slot[1] = kit_va_to_mfn(l1[id]) << 12;
	w->slot[2] = kit_va_to_mfn(l2[id]) << 12;
	w->slot[3] = kit_va_to_mfn(l3[id]) << 12;
	w->slot[4] = (root << 12) + SLOT(id) * 8;
	l1[id][DATA] = w->entry[1];
	l1[id][OPERAND] = pte_of(operand[id]);
	/* Half of the trees refer to pages all over the memory: to drop them takes long and touches much. */
	for (unsigned int i = FILLER + LIST; i < 512 && id % 2; i++)
		l1[id][i] = ((uint64_t *)kit_start_info->mfn_list)[i * (kit_start_info->nr_pages / 512)] << 12 | PTE_P | PTE_A;
	l2[id][0] = w->entry[2];
	l3[id][0] = w->entry[3];
	if (kit_make_readonly(l1[id]) || kit_make_readonly(l2[id]) || kit_make_readonly(l3[id]) || put(w, 4, w->entry[4]))
		kit_bail("no space for vCPU %u", id);
}

static void report(const char *name, const struct count *c)
{
	CHECK(c->rounds && !c->refused && !c->stale, "%s: %u rounds, %u refused, after %u the address could be read", name, c->rounds,
	      c->refused, c->stale);
}

void kit_main(struct start_info *si)
{
	unsigned int n;

	(void)si;
	kit_map_shared_info();
	kit_traps_init();
	n = kit_smp_init(VCPUS);
	CHECK(n == VCPUS, "%u vCPUs", n);
	for (unsigned int i = 0; i < n; i++)
		prepare(&worker[i], i);
	end = kit_time() + DURATION;
	for (unsigned int i = 1; i < n; i++)
		kit_vcpu_run(i, work, &worker[i]);
	work(&worker[0]);
	for (unsigned int i = 1; i < n; i++)
		kit_vcpu_wait(i);
	for (unsigned int i = 0; i < NR_FLUSHES; i++)
		report(flushes[i].name, &flushed[i]);
	for (unsigned int i = 0; i < NR_WHOLES; i++)
		report(wholes[i].name, &whole[i]);
	report("a flush whose operand goes too", &gone);
	CHECK(!unmapped, "what is put back is there at once: %u times not", unmapped);
	for (unsigned int warm = 0; warm < 2; warm++)
		kit_printf("# operand read %s: %u flushes refused, after %u of them the address could be read\n",
			   warm ? "just before" : "never before", unreadable[warm], lived[warm]);
	tap_done();
}
