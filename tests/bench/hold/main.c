/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long a hypercall keeps this CPU to itself. A timer of this domain is due all the time: whenever the hypervisor lets
 * the guest run, be it in the middle of a long operation, the event arrives first. The longest time between two arrivals
 * during a call is what the call held. One line a case: name, longest hold, whole time, both in TSC ticks, and the
 * number of arrivals.
 */
#include <abi/domctl.h>
#include <abi/event_channel.h>
#include <abi/grant_table.h>
#include <abi/memory.h>
#include <abi/sched.h>
#include <abi/vcpu.h>
#include "kit/kit.h"

#define TABLES	256u	/* level-1 tables of the large tree */
#define LIST	49152u
#define PORTS	16384u
#define PERIOD_NS 100000u

static uint32_t timer_port;
static volatile uint64_t last, longest, arrivals;
static volatile bool measuring, by_fifo;

static uint64_t tree[TABLES + 3][512] PAGE_ALIGNED;
static uint64_t list[LIST];
static uint8_t page[PAGE_SIZE] PAGE_ALIGNED;
static uint8_t spare[PAGE_SIZE] PAGE_ALIGNED;
static uint8_t fifo[129][PAGE_SIZE] PAGE_ALIGNED;
static struct multicall_entry calls[4096];
static struct mmu_update updates[8192];
static struct mmuext_op exts[8192];
static union {
	struct gnttab_map_grant_ref map[8192];
	struct gnttab_copy copy[8192];
} grants;
static struct gnttab_unmap_grant_ref unmaps[8192];

static uint64_t rdtsc(void)
{
	uint32_t lo, hi;

	__asm__ volatile("lfence; rdtsc" : "=a"(lo), "=d"(hi));
	return (uint64_t)hi << 32 | lo;
}

/* Soon, not now: between two arrivals the call has to get somewhere. */
static void timer_soon(void)
{
	struct vcpu_set_singleshot_timer t = { .timeout_abs_ns = kit_time() + PERIOD_NS };

	hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_set_singleshot_timer, 0, &t);
}

/* The one event that there is: its word is unlinked, its queue empty. */
static void consume(void)
{
	uint32_t *word = (uint32_t *)fifo[timer_port / 1024] + timer_port % 1024;

	__atomic_store_n(&((struct evtchn_fifo_control_block *)fifo[128])->ready, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(word, 0, __ATOMIC_SEQ_CST);
}

static void upcall(struct kit_frame *f)
{
	uint64_t now = rdtsc();

	(void)f;
	if (measuring) {
		if (now - last > longest)
			longest = now - last;
		arrivals++;
	}
	__atomic_store_n(&kit_vcpu_info()->evtchn_upcall_pending, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&kit_vcpu_info()->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
	if (by_fifo)
		consume();
	else
		__atomic_fetch_and(&kit_shared_info->evtchn_pending[timer_port / 64], ~(1UL << timer_port % 64), __ATOMIC_SEQ_CST);
	if (measuring)
		timer_soon();
	last = rdtsc();
}

static void begin(void)
{
	longest = arrivals = 0;
	measuring = true;
	last = rdtsc();
	timer_soon();
	kit_events_enable();
	longest = 0;
	last = rdtsc();
}

static void end(const char *name, uint64_t start, long rc)
{
	uint64_t now = rdtsc();

	if (now - last > longest)
		longest = now - last;
	measuring = false;
	kit_events_disable();
	kit_printf("hold %s %lu %lu %lu %ld\n", name, longest, now - start, arrivals, rc);
}

#define CASE(name, expr) do { \
	uint64_t start_; \
	long rc_; \
	begin(); \
	start_ = rdtsc(); \
	rc_ = (long)(expr); \
	end(name, start_, rc_); \
} while (0)

static long domctl(uint32_t cmd, uint16_t dom, struct xen_domctl *op)
{
	op->cmd = cmd;
	op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	op->domain = dom;
	return hypercall1(__HYPERVISOR_domctl, op);
}

static long reserve(unsigned int cmd, uint64_t n, unsigned int order, uint16_t dom)
{
	struct xen_memory_reservation r = { .extent_start = (uint64_t)list, .nr_extents = n, .extent_order = order, .domid = dom };

	return hypercall2(__HYPERVISOR_memory_op, cmd, &r);
}

static void fill_pfns(uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		list[i] = 0x100000 + i;
}

static void small(void)
{
	static struct trap_info traps[257];
	static uint64_t frames[14];
	static struct xen_domctl op;

	CASE("null", hypercall2(__HYPERVISOR_xen_version, 0, 0));
	for (unsigned int i = 0; i < 4096; i++)
		calls[i] = (struct multicall_entry){ .op = __HYPERVISOR_xen_version, .args = { 0 } };
	CASE("multicall-4096", hypercall2(__HYPERVISOR_multicall, calls, 4096));
	(void)traps;
	for (unsigned int i = 0; i < 14; i++) {
		frames[i] = kit_va_to_mfn(fifo[i]);
		kit_make_readonly(fifo[i]);
	}
	CASE("set_gdt-14-pages", hypercall2(__HYPERVISOR_set_gdt, frames, 7168));
	hypercall2(__HYPERVISOR_set_gdt, 0, 0);
	for (unsigned int i = 0; i < 14; i++)
		kit_make_writable(fifo[i]);
	op.u.getpageframeinfo3 = (struct xen_domctl_getpageframeinfo3){ .num = 1024, .array = (uint64_t)list };
	CASE("getpageframeinfo3-1024", domctl(XEN_DOMCTL_getpageframeinfo3, 0, &op));
	/* Not the terminal's sight: NULs. */
	memset(list, 0, sizeof(list));
	CASE("console_io-4096", hypercall3(__HYPERVISOR_console_io, CONSOLEIO_write, 4096, list));
}

static void page_tables(void)
{
	struct mmuext_op pin = { .cmd = MMUEXT_PIN_L4_TABLE };
	uint64_t target = kit_va_to_mfn(page) << 12 | PTE_P, *l2 = tree[TABLES], *l3 = tree[TABLES + 1], *l4 = tree[TABLES + 2];

	for (unsigned int t = 0; t < TABLES; t++) {
		for (unsigned int i = 0; i < 512; i++)
			tree[t][i] = target;
		l2[2 * t] = l2[2 * t + 1] = kit_va_to_mfn(tree[t]) << 12 | PTE_P | PTE_RW | PTE_US;
	}
	for (unsigned int i = 0; i < 512; i++) {
		l3[i] = kit_va_to_mfn(l2) << 12 | PTE_P | PTE_RW | PTE_US;
		if (i < 256 || i > 271)
			l4[i] = kit_va_to_mfn(l3) << 12 | PTE_P | PTE_RW | PTE_US;
	}
	for (unsigned int i = 0; i < TABLES + 3; i++)
		kit_make_readonly(tree[i]);
	pin.arg1.mfn = kit_va_to_mfn(l4);
	CASE("pin-l4-131072-entries", hypercall4(__HYPERVISOR_mmuext_op, &pin, 1, 0, DOMID_SELF));
	for (unsigned int i = 0; i < 8192; i++)
		updates[i] = (struct mmu_update){ (kit_va_to_mfn(tree[i / 512]) << 12) + i % 512 * 8, 0 };
	CASE("mmu_update-clear-8192", hypercall4(__HYPERVISOR_mmu_update, updates, 8192, 0, DOMID_SELF));
	for (unsigned int i = 0; i < 8192; i++)
		updates[i].val = target;
	CASE("mmu_update-set-8192", hypercall4(__HYPERVISOR_mmu_update, updates, 8192, 0, DOMID_SELF));
	/* One entry of the top holds a quarter of a million below it. */
	updates[0] = (struct mmu_update){ (kit_va_to_mfn(l4) << 12) + 8, 0 };
	CASE("mmu_update-clear-l4", hypercall4(__HYPERVISOR_mmu_update, updates, 1, 0, DOMID_SELF));
	pin.cmd = MMUEXT_UNPIN_TABLE;
	CASE("unpin-l4-131072-entries", hypercall4(__HYPERVISOR_mmuext_op, &pin, 1, 0, DOMID_SELF));
	for (unsigned int i = 0; i < TABLES + 3; i++)
		kit_make_writable(tree[i]);
	for (unsigned int i = 0; i < 8192; i++)
		exts[i] = (struct mmuext_op){ .cmd = MMUEXT_CLEAR_PAGE, .arg1.mfn = kit_va_to_mfn(spare) };
	CASE("clear_page-8192", hypercall4(__HYPERVISOR_mmuext_op, exts, 8192, 0, DOMID_SELF));
	for (unsigned int i = 0; i < 8192; i++)
		exts[i] = (struct mmuext_op){ .cmd = MMUEXT_TLB_FLUSH_ALL };
	CASE("tlb_flush_all-8192", hypercall4(__HYPERVISOR_mmuext_op, exts, 8192, 0, DOMID_SELF));
	for (unsigned int i = 0; i < 4096; i++)
		calls[i] = (struct multicall_entry){ .op = __HYPERVISOR_update_va_mapping,
			.args = { (uint64_t)spare, kit_va_to_mfn(spare) << 12 | PTE_P | (i & 1 ? PTE_RW : 0), UVMF_TLB_FLUSH } };
	CASE("update_va_mapping-4096", hypercall2(__HYPERVISOR_multicall, calls, 4096));
}

static void memory(void)
{
	static uint64_t out[8192];
	struct xen_memory_exchange x = {
		.in = { .extent_start = (uint64_t)list, .nr_extents = 8192, .domid = DOMID_SELF },
		.out = { .extent_start = (uint64_t)out, .nr_extents = 8192, .domid = DOMID_SELF },
	};
	static struct xen_domctl op;
	static const struct { uint8_t order; uint16_t n; const char *populate, *decrease; } sizes[] = {
		{ 9, 64, "populate-64x2M", "decrease-64x2M" },
		{ 12, 4, "populate-4x16M", "decrease-4x16M" },
		{ 14, 1, "populate-64M", "decrease-64M" },
	};

	op.u.max_mem.max_memkb = 1UL << 40;
	domctl(XEN_DOMCTL_max_mem, 0, &op);
	fill_pfns(32768);
	CASE("populate-32768x4K", reserve(XENMEM_populate_physmap, 32768, 0, DOMID_SELF));
	for (unsigned int i = 0; i < 8192; i++)
		out[i] = 0x200000 + i;
	CASE("exchange-8192x4K", hypercall2(__HYPERVISOR_memory_op, XENMEM_exchange, &x));
	memcpy(list, out, sizeof(out));
	CASE("decrease-32768x4K", reserve(XENMEM_decrease_reservation, 32768, 0, DOMID_SELF));
	/* The largest chunks there are. */
	fill_pfns(8);
	reserve(XENMEM_populate_physmap, 8, 9, DOMID_SELF);
	x = (struct xen_memory_exchange){
		.in = { .extent_start = (uint64_t)list, .nr_extents = 8, .extent_order = 9, .domid = DOMID_SELF },
		.out = { .extent_start = (uint64_t)out, .nr_extents = 8, .extent_order = 9, .domid = DOMID_SELF },
	};
	CASE("exchange-8x2M", hypercall2(__HYPERVISOR_memory_op, XENMEM_exchange, &x));
	memcpy(list, out, sizeof(out));
	reserve(XENMEM_decrease_reservation, 8, 9, DOMID_SELF);
	for (unsigned int i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		fill_pfns(64);
		CASE(sizes[i].populate, reserve(XENMEM_populate_physmap, sizes[i].n, sizes[i].order, DOMID_SELF));
		CASE(sizes[i].decrease, reserve(XENMEM_decrease_reservation, sizes[i].n, sizes[i].order, DOMID_SELF));
	}
}

static void grant_batches(void)
{
	struct gnttab_setup_table s = { .dom = DOMID_SELF, .nr_frames = 1, .frame_list = (uint64_t)list };
	struct grant_entry_v1 *table;
	const unsigned int op = __HYPERVISOR_grant_table_op;

	hypercall3(op, GNTTABOP_setup_table, &s, 1);
	kit_set_pte(spare, list[0] << 12 | PTE_P | PTE_RW | PTE_A | PTE_D);
	table = (struct grant_entry_v1 *)spare;
	/* Xen counts to 127 for one grant. */
	for (unsigned int i = 8; i < 8 + 8192 / 100 + 1; i++)
		table[i] = (struct grant_entry_v1){ GTF_permit_access, 0, (uint32_t)kit_va_to_mfn(page) };
	for (unsigned int i = 0; i < 8192; i++)
		grants.map[i] = (struct gnttab_map_grant_ref){ .flags = GNTMAP_device_map, .ref = 8 + i / 100 };
	CASE("grant_map-8192", hypercall3(op, GNTTABOP_map_grant_ref, grants.map, 8192));
	for (unsigned int i = 0; i < 8192; i++)
		unmaps[i] = (struct gnttab_unmap_grant_ref){ .dev_bus_addr = grants.map[i].dev_bus_addr, .handle = grants.map[i].handle };
	CASE("grant_unmap-8192", hypercall3(op, GNTTABOP_unmap_grant_ref, unmaps, 8192));
	for (unsigned int i = 0; i < 8192; i++)
		grants.copy[i] = (struct gnttab_copy){ .source = { .u.ref = 8, .domid = 0 }, .len = PAGE_SIZE,
			.dest = { .u.gmfn = kit_va_to_mfn(fifo[0]), .domid = DOMID_SELF }, .flags = GNTCOPY_source_gref };
	CASE("grant_copy-8192x4K", hypercall3(op, GNTTABOP_copy, grants.copy, 8192));
	s.nr_frames = 64;
	CASE("grant_setup-64-frames", hypercall3(op, GNTTABOP_setup_table, &s, 1));
	kit_make_writable(spare);
}

static void big_domain(void)
{
	static struct xen_domctl op;
	uint16_t id;

	op.u.createdomain = (struct xen_domctl_createdomain){ .max_vcpus = 64, .max_evtchn_port = 1023, .max_grant_frames = 4,
							      .max_maptrack_frames = 4, .grant_opts = 1 };
	CASE("createdomain", domctl(XEN_DOMCTL_createdomain, DOMID_INVALID, &op));
	id = op.domain;
	op.u.max_vcpus.max = 64;
	CASE("max_vcpus-64", domctl(XEN_DOMCTL_max_vcpus, id, &op));
	op.u.max_mem.max_memkb = 1UL << 30;
	domctl(XEN_DOMCTL_max_mem, id, &op);
	fill_pfns(LIST);
	CASE("populate-49152x4K-other", reserve(XENMEM_populate_physmap, LIST, 0, id));
	CASE("destroydomain-192M", domctl(XEN_DOMCTL_destroydomain, id, &op));
}

static void bind_timer(void)
{
	struct evtchn_bind_virq bind = { .virq = VIRQ_TIMER };

	hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_virq, &bind);
	timer_port = bind.port;
}

/* Last: it ends event delivery. The timer has the highest port, which a reset closes last. */
static void ports(void)
{
	struct evtchn_init_control c = { .control_gfn = kit_va_to_mfn(fifo[128]) };
	struct evtchn_alloc_unbound a = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
	struct evtchn_close old = { .port = timer_port };
	struct evtchn_reset r = { .dom = DOMID_SELF };
	const unsigned int op = __HYPERVISOR_event_channel_op;
	uint64_t before, most = 0;

	hypercall2(op, EVTCHNOP_close, &old);
	hypercall2(op, EVTCHNOP_init_control, &c);
	memset(fifo, 0, sizeof(fifo));
	for (unsigned int i = 0; i < PORTS / 1024; i++) {
		struct evtchn_expand_array e = { .array_gfn = kit_va_to_mfn(fifo[i]) };

		hypercall2(op, EVTCHNOP_expand_array, &e);
	}
	for (unsigned int n = 1; n < PORTS - 1; n++) {
		before = rdtsc();
		hypercall2(op, EVTCHNOP_alloc_unbound, &a);
		if (rdtsc() - before > most)
			most = rdtsc() - before;
	}
	bind_timer();
	by_fifo = true;
	kit_printf("hold alloc_unbound-16382 %lu %lu 0 %u\n", most, most, a.port);
	CASE("evtchn_reset-16383", hypercall2(op, EVTCHNOP_reset, &r));
}

void kit_main(struct start_info *si)
{
	const struct vcpu_time_info *t;

	(void)si;
	kit_map_shared_info();
	kit_traps_init();
	kit_event_handler(upcall);
	hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_stop_periodic_timer, 0, 0);
	bind_timer();
	kit_shared_info->evtchn_mask[timer_port / 64] &= ~(1UL << timer_port % 64);
	t = &kit_vcpu_info()->time;
	kit_printf("tsc %u %d\n", t->tsc_to_system_mul, t->tsc_shift);
	small();
	page_tables();
	grant_batches();
	big_domain();
	memory();
	ports();
	kit_printf("done\n");
}
