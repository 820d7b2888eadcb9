/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The audit: everything that refers to a frame is counted anew and compared with what the frame table says. It finds
 * what a lost or a forgotten reference does long before a frame is freed too early.
 *
 *   gather ---> stop ---> count --> holders --> compare --> next window, or resume
 *     ^           |
 *     `-new ones--'
 *
 * The counts mean something only while nothing changes. So all domains are paused, and each step asks whether their
 * vCPUs have left the CPUs instead of waiting for it: one of them may be waiting for this CPU. A domain made meanwhile
 * is paused in its turn; once the control domain has stopped there are no more. The references taken on the domains keep
 * dead ones from being freed; one that was being freed already is waited for, since it is found no more. Guests stand still until the audit ends; the machine's interrupts and timers do not.
 *
 * The counters of all frames may need more memory than there is: then the frames are counted a window at a time, with
 * a pass over all tables for each.
 *
 * Checked are: each count and type count; that entries lead to frames of the type they need, that they are user entries,
 * and that the hypervisor's slots of a root are the hypervisor's; that owners exist and own as many pages as they are
 * charged for; that free blocks are free, and as many as the allocator thinks; that descriptor pages in use hold nothing
 * that a guest must not have. It runs as a debug key, in pieces.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include "asm/atomic.h"
#include "cpu/smp.h"
#include "debug/log.h"
#include "debug/stack.h"
#include "domctl/domctl.h"
#include "domctl/audit.h"
#include "evtchn/internal.h"
#include "grant/internal.h"
#include "irq/pirq.h"
#include "lib/format.h"
#include "lib/util.h"
#include "mm/internal.h"
#include "pv/pv.h"
#include "sched/sched.h"
#include "time/clock.h"

#define DOMAINS_MAX		512u		/* a page of pointers */
/* 64 KiB of counters, windows of 32 MiB: with less the guests would stand still for too long. */
#ifndef ROOM_ORDER_MIN
#define ROOM_ORDER_MIN		4u
#endif
#define FRAMES_A_STEP		64u
#define FAULTS_SHOWN		24u
#define PTE_AD			(PTE_A | PTE_D)

struct counter {
	uint32_t refs, types;
};

enum phase { IDLE, GATHER, STOP, COUNT, HOLDERS, COMPARE };

static struct {
	enum phase phase;
	struct domain **domain;		/* paused and referenced */
	uint64_t *owned;		/* frames found of each */
	unsigned int nr;
	struct counter *counter;
	unsigned int order;		/* size of that */
	mfn_t low, end;			/* frames of this window */
	mfn_t at;			/* next frame to look at; in HOLDERS the next domain */
	mfn_t free_end;			/* end of the free block that the walk is in */
	uint64_t frames, tables, entries, free;
	uint64_t faults;
	uint64_t since;			/* system time at which all stood still */
} a;

static void __attribute__((format(printf, 1, 2))) fault(const char *fmt, ...)
{
	char text[160];
	va_list args;

	if (a.faults++ >= FAULTS_SHOWN)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	printk("  FAULT: %s\n", text);
}

/* Many things are looked at once, in the first pass. */
static bool first_pass(void)
{
	return !a.low;
}

static void add(mfn_t mfn, unsigned int refs, unsigned int types)
{
	if (mfn < a.low || mfn >= a.end)
		return;
	a.counter[mfn - a.low].refs += refs;
	a.counter[mfn - a.low].types += types;
}

/* ---- who is there ----------------------------------------------------------------------------------------- */

static int find_domain(const struct domain *d)
{
	static unsigned int last;	/* owners come in runs */

	if (last < a.nr && a.domain[last] == d)
		return (int)last;
	for (unsigned int i = 0; i < a.nr; i++)
		if (a.domain[i] == d) {
			last = i;
			return (int)i;
		}
	return -1;
}

static void pause_async(struct domain *d)
{
	(void)atomic_inc(&d->pause_count);
	for (unsigned int i = 0; i < d->max_vcpus; i++)
		if (d->vcpu[i])
			sched_sleep(d->vcpu[i]);
}

/* Pauses the domains that are not held yet. False: too many. */
static bool gather(bool *any)
{
	uint32_t id = 0;
	struct domain *d;

	*any = false;
	while (id < DOMID_FIRST_RESERVED && (d = domain_get_next((domid_t)id)) != NULL) {
		id = d->id + 1u;
		if (find_domain(d) >= 0) {
			domain_put(d);
			continue;
		}
		if (a.nr == DOMAINS_MAX) {
			domain_put(d);
			return false;
		}
		a.owned[a.nr] = 0;
		a.domain[a.nr++] = d;
		pause_async(d);
		*any = true;
	}
	return true;
}

static bool all_stopped(void)
{
	for (unsigned int i = 0; i < a.nr; i++)
		for (unsigned int v = 0; v < a.domain[i]->max_vcpus; v++)
			if (a.domain[i]->vcpu[v] && atomic_load(&a.domain[i]->vcpu[v]->running))
				return false;
	return true;
}

static void resume(void)
{
	while (a.nr) {
		struct domain *d = a.domain[--a.nr];

		domain_unpause(d);
		domain_put(d);
	}
	hv_free(a.domain);
	hv_free(a.owned);
	if (a.counter)
		hv_free_pages(a.counter, a.order);
	a.domain = NULL;
	a.owned = NULL;
	a.counter = NULL;
	a.phase = IDLE;
}

/* ---- one frame -------------------------------------------------------------------------------------------- */

static uint64_t type_wanted(uint64_t table, uint64_t pte)
{
	if (table != PGT_l1)
		return table - PGT_l1;
	return pte & PTE_RW ? PGT_writable : PGT_none;
}

static void check_entry(mfn_t mfn, unsigned int i, uint64_t table, uint64_t pte)
{
	uint64_t wanted = type_wanted(table, pte), got;

	a.entries++;
	if (!(pte & PTE_US))
		fault("frame %lx entry %u: %lx is a supervisor entry", mfn, i, pte);
	if (!wanted || !mfn_is_ram(pte_mfn(pte)))
		return;
	got = mfn_to_page(pte_mfn(pte))->type;
	if ((got & PGT_type_mask) != wanted || !(got & PGT_count_mask))
		fault("frame %lx entry %u: %lx leads to a frame of type %lx, not %lx", mfn, i, pte, got,
		      wanted >> PGT_shift);
}

/* The hypervisor's part of a root in use. */
static void check_slots(mfn_t mfn, const struct domain *owner, const uint64_t *l4)
{
	for (unsigned int i = HV_SLOT_FIRST; i <= HV_SLOT_LAST; i++) {
		uint64_t wanted = i == PERDOMAIN_SLOT ? owner->perdomain_l3_mfn << PAGE_SHIFT | (l4[i] & ~PTE_FRAME)
						      : idle_l4[i];

		if ((l4[i] ^ wanted) & ~PTE_AD)
			fault("root %lx slot %u: %lx instead of %lx", mfn, i, l4[i], wanted);
	}
}

/* What a table holds: all its entries once it is valid, those before the cursor on the way there or back. */
static void count_table(mfn_t mfn, const struct page *pg, uint64_t type)
{
	unsigned int n = pg->type & PGT_validated ? PT_ENTRIES : pg->cursor;
	const uint64_t *table = mfn_to_virt(mfn);

	if (first_pass()) {
		a.tables++;
		if (type == PGT_l4 && pg->type & PGT_validated && find_domain(pg->owner) >= 0)
			check_slots(mfn, pg->owner, table);
	}
	for (unsigned int i = 0; i < n; i++) {
		uint64_t pte = table[i];

		if ((type == PGT_l4 && slot_is_hypervisor(i)) || !(pte & PTE_P) || !mfn_is_ram(pte_mfn(pte)))
			continue;
		if (first_pass())
			check_entry(mfn, i, type, pte);
		add(pte_mfn(pte), 1, type_wanted(type, pte) ? 1 : 0);
	}
}

static void check_descriptors(mfn_t mfn)
{
	const uint64_t *desc = mfn_to_virt(mfn);

	for (unsigned int i = 0; i < PT_ENTRIES; i++) {
		uint64_t fixed = READ_ONCE(desc[i]);

		if (!pv_desc_fix(&fixed) || fixed != desc[i])
			fault("frame %lx descriptor %u: %lx is in use", mfn, i, desc[i]);
	}
}

static void check_free(mfn_t mfn, const struct page *pg)
{
	if (pg->flags & PG_FREE) {
		a.free_end = mfn + (1UL << pg->order);
		a.free += 1UL << pg->order;
	}
	if (mfn < a.free_end && (pg->owner || pg->count || pg->type & PGT_count_mask))
		fault("frame %lx is free, but has an owner or counts (%lx, %lx)", mfn, pg->count, pg->type);
}

static void check_owner(mfn_t mfn, const struct page *pg)
{
	const struct domain *d = page_owner(pg);
	int i = d ? find_domain(d) : -1;

	if (d && i < 0 && d != dom_xen && d != dom_io) {
		fault("frame %lx: no such owner", mfn);
		return;
	}
	if (i >= 0 && !(pg->count & PGC_xen_heap))
		a.owned[i]++;
	if (i >= 0 && !(pg->count & PGC_count_mask))
		fault("frame %lx: owned by domain %u without a reference", mfn, d->id);
}

static void check_frame(mfn_t mfn, const struct page *pg)
{
	uint64_t type = pg->type & PGT_type_mask;

	a.frames++;
	check_free(mfn, pg);
	check_owner(mfn, pg);
	if (type_is_table(type) && pg->type & PGT_count_mask && !(pg->type & (PGT_validated | PGT_partial)))
		fault("frame %lx: a table in use that is neither valid nor on the way (%lx)", mfn, pg->type);
	if (type == PGT_seg_desc && pg->type & PGT_count_mask)
		check_descriptors(mfn);
}

/* What the frame itself stands for, and what it refers to. */
static void count_frame(mfn_t mfn)
{
	const struct page *pg = mfn_to_page(mfn);
	uint64_t type = pg->type & PGT_type_mask;

	if (first_pass())
		check_frame(mfn, pg);
	add(mfn, !!(pg->count & PGC_allocated), !!(pg->count & PGC_xen_heap));
	if (pg->type & PGT_pinned)
		add(mfn, 1, 1);
	/* A validation that stopped holds the page by itself. */
	if (pg->type & PGT_partial && !(pg->type & PGT_count_mask))
		add(mfn, 1, 0);
	if (type_is_table(type) && pg->type & (PGT_validated | PGT_partial))
		count_table(mfn, pg, type);
}

static void compare_frame(mfn_t mfn)
{
	const struct page *pg = mfn_to_page(mfn);
	const struct counter *c = &a.counter[mfn - a.low];

	if ((pg->count & PGC_count_mask) != c->refs || (pg->type & PGT_count_mask) != c->types)
		fault("frame %lx: count %lx, type %lx, but %u references and %u of the type exist", mfn, pg->count, pg->type,
		      c->refs, c->types);
}

/* ---- what the hypervisor holds on a guest's behalf ---------------------------------------------------------- */

static void hold(const struct page *pg)
{
	if (pg)
		add(page_to_mfn(pg), 1, 1);
}

static void count_vcpu(const struct vcpu *v)
{
	unsigned int i;

	hold(v->root_kernel);
	hold(v->root_user);
	hold(v->old_table);
	hold(v->info_page);
	for (i = 0; i < DIV_ROUND_UP(v->pv.gdt_ents, 512u); i++)
		add(v->pv.gdt_mfn[i], 1, 1);
	for (i = 0; i < ARRAY_SIZE(v->pv.ldt_mfn); i++)
		if (v->pv.ldt_taken & 1u << i)
			add(v->pv.ldt_mfn[i], 1, 1);
}

static void count_fifo(const struct fifo_domain *f)
{
	unsigned int i;

	for (i = 0; i < f->nr_pages; i++)
		hold(f->array[i]);
	for (i = 0; i < ARRAY_SIZE(f->vcpu); i++)
		hold(f->vcpu[i].page);
}

/* The page-table entry of a host mapping counts by itself; a device's has none. */
static void count_device_maps(const struct domain_grant *g)
{
	uint32_t end = g->nr_track_frames * (uint32_t)TRACKS_PER_FRAME, i;

	for (i = 0; i < end; i++) {
		const struct maptrack *t = &g->track[i / TRACKS_PER_FRAME][i % TRACKS_PER_FRAME];
		const struct active *active;

		if (!t->granter || !(t->flags & GNTMAP_device_map))
			continue;
		active = active_get(t->granter->grant, t->ref);
		if (active)
			add(active->mfn, 1, t->flags & GNTMAP_readonly ? 0 : 1);
	}
}

static void count_holders(struct domain *d)
{
	uint64_t has;

	for (unsigned int i = 0; i < d->max_vcpus; i++)
		if (d->vcpu[i])
			count_vcpu(d->vcpu[i]);
	if (d->evtchn && d->evtchn->fifo)
		count_fifo(d->evtchn->fifo);
	if (d->grant)
		count_device_maps(d->grant);
	hold(pirq_eoi_page(d));
	if (!first_pass())
		return;
	has = a.owned[find_domain(d)] + grow_waiting(d);
	if (has != d->tot_pages)
		fault("domain %u: has %lu pages, is charged for %lu", d->id, has, d->tot_pages);
}

/* ---- the run ----------------------------------------------------------------------------------------------- */

static bool take_memory(void)
{
	uint64_t bytes = max_page * sizeof(struct counter);

	for (a.order = 0; PAGE_SIZE << a.order < bytes && a.order < PALLOC_MAX_ORDER; a.order++)
		;
	while (!(a.counter = hv_alloc_pages(a.order)) && a.order > ROOM_ORDER_MIN)
		a.order--;
	a.domain = hv_alloc(DOMAINS_MAX * sizeof(*a.domain));
	a.owned = hv_alloc(DOMAINS_MAX * sizeof(*a.owned));
	return a.counter && a.domain && a.owned;
}

static bool begin(void)
{
	memset(&a, 0, sizeof(a));
	if (!take_memory()) {
		printk("audit: no memory for the counters\n");
		resume();
		return false;
	}
	a.phase = GATHER;
	return true;
}

static void begin_window(mfn_t low)
{
	a.low = low;
	a.end = MIN(low + (PAGE_SIZE << a.order) / sizeof(struct counter), max_page);
	if (low)
		memset(a.counter, 0, PAGE_SIZE << a.order);
	a.phase = COUNT;
	a.at = 0;
}

static void step_gather(void)
{
	bool any;

	if (!gather(&any)) {
		printk("audit: more than %u domains\n", DOMAINS_MAX);
		resume();
		return;
	}
	a.phase = STOP;
}

/* A domain that came after the gathering came from one that ran: only now can there be no more. */
static void step_stop(void)
{
	uint32_t reaps, reaps_now;
	bool any;

	if (!all_stopped() || !domain_reaping_none(&reaps))
		return;
	if (!gather(&any) || any)
		a.phase = GATHER;
	else if (domain_reaping_none(&reaps_now) && reaps_now == reaps)
		begin_window(0);
	if (a.phase == COUNT)
		a.since = system_time();
}

static void each_frame(void (*fn)(mfn_t mfn), mfn_t end, enum phase next, mfn_t next_at)
{
	for (unsigned int i = 0; i < FRAMES_A_STEP && a.at < end; i++, a.at++)
		if (mfn_is_ram(a.at))
			fn(a.at);
	if (a.at >= end) {
		a.phase = next;
		a.at = next_at;
	}
}

static void step_holders(void)
{
	if (a.at < a.nr) {
		count_holders(a.domain[a.at++]);
		return;
	}
	if (first_pass() && a.free != palloc_free_pages())
		fault("%lu pages are free, the allocator counts %lu", a.free, palloc_free_pages());
	a.phase = COMPARE;
	a.at = a.low;
}

/* Not a matter of frames, but of what a build promises: that it never came near the end. */
static void check_stacks(void)
{
	for (unsigned int cpu = 0; cpu < smp_nr_cpus(); cpu++) {
		uint32_t used = stack_used(cpu, 0), size = stack_size(0);

		printk("  CPU %u: %u of %u bytes of stack were used\n", cpu, used, size);
		if (size - used < STACK_MARGIN)
			fault("CPU %u: only %u bytes of its stack were never used", cpu, size - used);
	}
}

static void step_compare(void)
{
	each_frame(compare_frame, a.end, COMPARE, a.end);
	if (a.at < a.end)
		return;
	if (a.end < max_page) {
		begin_window(a.end);
		return;
	}
	check_stacks();
	if (a.faults > FAULTS_SHOWN)
		printk("  and %lu more\n", a.faults - FAULTS_SHOWN);
	printk("  guests stood still for %lu us\n", (system_time() - a.since) / 1000);
	printk("audit: %lu frames, %lu tables, %lu entries, %u domains: %lu faults\n", a.frames, a.tables, a.entries, a.nr,
	       a.faults);
	resume();
}

bool audit_step(uint64_t *at)
{
	if (!*at) {
		*at = 1;
		return begin();
	}
	switch (a.phase) {
	case GATHER:
		step_gather();
		break;
	case STOP:
		step_stop();
		break;
	case COUNT:
		each_frame(count_frame, max_page, HOLDERS, 0);
		break;
	case HOLDERS:
		step_holders();
		break;
	case COMPARE:
		step_compare();
		break;
	case IDLE:
		break;
	}
	return a.phase != IDLE;
}
