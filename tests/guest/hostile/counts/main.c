/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counts, sizes and positions at and beyond every limit: lists that say they are longer than memory, extents near 2^32 and
 * 2^64, ranges that wrap, forged places to go on at, structures off their alignment and across the border of a page.
 * Nothing may be read or written that was not meant; an answer comes soon; and what is left of it all is nothing.
 */
#include <abi/event_channel.h>
#include <abi/memory.h>
#include <abi/physdev.h>
#include <abi/sched.h>
#include <abi/vcpu.h>
#include <abi/version.h>
#include "hostile/common/hostile.h"

/* Mapped, mapped, not mapped: lists begin in the first and structures lie across the borders. */
static uint8_t pages[3 * PAGE_SIZE] PAGE_ALIGNED;
static uint8_t window[PAGE_SIZE] PAGE_ALIGNED, second[PAGE_SIZE] PAGE_ALIGNED;
static uint64_t plain[512] PAGE_ALIGNED;

static const uint64_t huge[] = {
	0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x100000001, 0x7fffffffffffffff, 0x8000000000000000, 0xfffffffffffffffe,
	0xffffffffffffffff, 0x0200000000000000, 0x1000000000000000, 0x03ffffffffffffff, 0x0400000000000000, 0x1fffffffffffffff,
};
#define NR_HUGE (sizeof(huge) / sizeof(huge[0]))

/* n elements of a size, so that the list's end is the end of what is mapped. */
static void *list_of(unsigned int n, unsigned int size)
{
	return pages + 2 * PAGE_SIZE - n * size;
}

/* ---- lists -------------------------------------------------------------------------------------------- */

static void test_lists(void)
{
	uint64_t pte = kit_pte_maddr(window), entry = pte_of(window);
	uint32_t done = 0;

	for (unsigned int i = 0; i < 5; i++) {
		/* 32 bits count: 2^32 is none, 2^32 + 1 is one. The sign is a mark of the hypervisor's own. */
		uint32_t n = (uint32_t)huge[i] & 0x7fffffff, want = n > 3 ? 3 : n;
		struct mmu_update *u = list_of(3, sizeof(*u));
		struct mmuext_op *op = list_of(3, sizeof(*op));
		struct multicall_entry *m = list_of(3, sizeof(*m));
		struct gnttab_copy *c = list_of(3, sizeof(*c));
		long rc = want < n ? -XEN_EFAULT : 0;

		for (unsigned int j = 0; j < 3; j++)
			u[j] = (struct mmu_update){ .ptr = pte, .val = entry };
		done = 0;
		CHECK(hypercall4(__HYPERVISOR_mmu_update, u, huge[i], &done, DOMID_SELF) == rc && done == want,
		      "mmu_update of %lx: %u done, expected %u", huge[i], done, want);
		for (unsigned int j = 0; j < 3; j++)
			op[j] = (struct mmuext_op){ .cmd = MMUEXT_TLB_FLUSH_LOCAL };
		done = 0;
		CHECK(hypercall4(__HYPERVISOR_mmuext_op, op, huge[i], &done, DOMID_SELF) == rc && done == want,
		      "mmuext_op of %lx: %u done, expected %u", huge[i], done, want);
		/* These two have no mark. */
		n = (uint32_t)huge[i];
		want = n > 3 ? 3 : n;
		rc = want < n ? -XEN_EFAULT : 0;
		memset(m, 0, 3 * sizeof(*m));
		for (unsigned int j = 0; j < 3; j++)
			m[j] = (struct multicall_entry){ .op = __HYPERVISOR_xen_version, .result = 77 };
		done = (uint32_t)hypercall2(__HYPERVISOR_multicall, m, huge[i]);
		CHECK((long)(int)done == rc && (m[0].result != 77) == (want > 0) && (m[2].result != 77) == (want > 2), "multicall of %lx: %d",
		      huge[i], (int)done);
		memset(c, 0, 3 * sizeof(*c));
		for (unsigned int j = 0; j < 3; j++) {
			c[j].source.domid = c[j].dest.domid = DOMID_SELF;
			c[j].source.u.gmfn = c[j].dest.u.gmfn = kit_va_to_mfn(plain);
			c[j].status = 77;
		}
		rc = hypercall3(__HYPERVISOR_grant_table_op, GNTTABOP_copy, c, huge[i]);
		CHECK(rc != 0 || !want || c[0].status == 0, "grant copies of %lx: %ld", huge[i], rc);
		CHECK((c[2].status == 77 || c[2].status == 0) && (want || c[0].status == 77), "are done up to a border");
	}
}

static long memop(unsigned int cmd, uint64_t start, uint64_t list, uint64_t n, uint32_t order, uint32_t flags)
{
	struct xen_memory_reservation r = { .extent_start = list, .nr_extents = n, .extent_order = order, .mem_flags = flags, .domid = DOMID_SELF };

	return hypercall2(__HYPERVISOR_memory_op, cmd | start << XENMEM_CMD_SHIFT, &r);
}

static void test_extents(void)
{
	static const uint32_t orders[] = { 10, 19, 20, 31, 32, 52, 63, 64, 255, 0x7fffffff, 0xffffffff };
	uint64_t before = reservation(), *list = list_of(4, 8), spare = kit_va_to_mfn(second), mfn;
	unsigned int wrong = 0, ballast = 0;
	uint16_t self = DOMID_SELF;
	static uint64_t extra[4096];
	long rc, room = hypercall2(__HYPERVISOR_memory_op, XENMEM_maximum_reservation, &self) - (long)before;

	/* The reference's dom0 has no limit: there is nothing to be refused. A guest may have a little room. */
	if (room > 4096)
		return;
	while (ballast < room && (extra[ballast] = allocate_mfn()))
		ballast++;
	CHECK_EQ(ballast, room, "all pages there may be");
	before = reservation();

	for (unsigned int i = 0; i < sizeof(orders) / sizeof(orders[0]); i++)
		for (unsigned int cmd = 0; cmd < 3; cmd++) {
			static const unsigned int cmds[] = { XENMEM_increase_reservation, XENMEM_decrease_reservation, XENMEM_populate_physmap };

			memset(list, 0xff, 32);
			rc = memop(cmds[cmd], 0, (uint64_t)list, 1, orders[i], 0);
			wrong += rc > 0;
		}
	CHECK(!wrong && reservation() == before, "no extent of an order that is too large: %u were done", wrong);
	wrong = 0;
	for (unsigned int i = 0; i < NR_HUGE; i++) {
		if ((uint32_t)huge[i] == 1)
			continue;
		memset(list, 0xff, 32);
		/* The first of the list is no frame: nothing is done. */
		wrong += memop(XENMEM_decrease_reservation, 0, (uint64_t)list, huge[i], 0, 0) > 0;
		/* A place to go on at that lies behind the end, or far behind the list. */
		rc = memop(XENMEM_decrease_reservation, huge[i] >> XENMEM_CMD_SHIFT, (uint64_t)list, 2, 0, 0);
		wrong += reservation() != before;
		rc = memop(XENMEM_populate_physmap, huge[i] >> XENMEM_CMD_SHIFT, (uint64_t)list - 16 * PAGE_SIZE, huge[i] >> 7, 0, 0);
		wrong += reservation() != before;
	}
	(void)rc;
	CHECK(!wrong && reservation() == before, "no list longer than memory: %u went wrong", wrong);
	/* The sum of a start and a list wraps round to the page where a frame of ours is named. */
	kit_set_pte(second, 0);
	list[0] = spare;
	rc = memop(XENMEM_decrease_reservation, 1UL << 61 >> XENMEM_CMD_SHIFT, (uint64_t)list, ~0UL >> XENMEM_CMD_SHIFT, 0, 0);
	CHECK(reservation() == before, "a place to go on at does not wrap round: %ld", rc);
	CHECK_EQ(memop(XENMEM_decrease_reservation, 0, (uint64_t)list, 1, 0, 0), 1, "a frame is given back");
	CHECK_EQ(memop(XENMEM_populate_physmap, 0, (uint64_t)list, 1, 0, XENMEMF_populate_on_demand), 0, "none is populated on demand");
	/* No memory below 2^12 can be free; other widths are as good as none. */
	list[0] = 1;
	rc = memop(XENMEM_populate_physmap, 0, (uint64_t)list, 1, 0, 12);
	CHECK(rc <= 0, "no memory with addresses of 12 bits: %ld", rc);
	list[0] = ((uint64_t)second - KIT_VIRT_BASE) / PAGE_SIZE;
	list[1] = 0xdead;
	CHECK_EQ(memop(XENMEM_populate_physmap, 0, (uint64_t)list, 4, 0, 0), 1, "of four pages one is left to have");
	mfn = list[0];
	((uint64_t *)kit_start_info->mfn_list)[((uint64_t)second - KIT_VIRT_BASE) / PAGE_SIZE] = mfn;
	CHECK(!kit_make_writable(second) && reservation() == before, "it is in its place");
	while (ballast)
		free_mfn(extra[--ballast]);
}

static void test_exchange(void)
{
	uint64_t frames[2] = { kit_va_to_mfn(second), 0 }, out = ((uint64_t)second - KIT_VIRT_BASE) / PAGE_SIZE;
	struct xen_memory_exchange good = { .in = { .extent_start = (uint64_t)frames, .nr_extents = 1, .domid = DOMID_SELF },
					    .out = { .extent_start = (uint64_t)&out, .nr_extents = 1, .domid = DOMID_SELF } }, x;
	static const struct { uint64_t in_n, out_n; uint32_t in_order, out_order; } bad[] = {
		{ 1, 2, 0, 0 }, { 1, 1, 0, 1 }, { 1UL << 63, 1, 1, 0 }, { 1UL << 40, 1UL << 40, 0, 0 }, { 1, 1, 63, 63 }, { 1, 1, 64, 64 },
		{ ~0UL, ~0UL, 0, 0 }, { 3, 1, 0, 9 }, { 1UL << 55, 1UL << 46, 0, 9 }, { 1UL << 60, 1UL << 61, 4, 3 }, { 1, 1, 255, 255 },
		{ 2, 1, 0xffffffff, 0 },
	};
	uint64_t before = reservation();
	unsigned int wrong = 0;

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		x = good;
		x.in.nr_extents = bad[i].in_n, x.in.extent_order = bad[i].in_order;
		x.out.nr_extents = bad[i].out_n, x.out.extent_order = bad[i].out_order;
		wrong += hypercall2(__HYPERVISOR_memory_op, XENMEM_exchange, &x) >= 0;
	}
	x = good;
	x.nr_exchanged = 1;
	wrong += on_socle() && hypercall2(__HYPERVISOR_memory_op, XENMEM_exchange, &x) >= 0;	/* Xen: all done already */
	x = good;
	x.out.domid = 1234;
	wrong += hypercall2(__HYPERVISOR_memory_op, XENMEM_exchange, &x) >= 0;
	x = good;	/* mapped writable: referenced by more than its owner */
	wrong += hypercall2(__HYPERVISOR_memory_op, XENMEM_exchange, &x) >= 0;
	CHECK(!wrong && reservation() == before && !kit_make_writable(second), "no exchange that does not come out even: %u did", wrong);
}

/* ---- numbers ------------------------------------------------------------------------------------------------ */

static int16_t copy(uint16_t from, uint16_t to, uint16_t len)
{
	struct gnttab_copy c = { .source = { .u.gmfn = kit_va_to_mfn(plain), .domid = DOMID_SELF, .offset = from },
				 .dest = { .u.gmfn = kit_va_to_mfn(window), .domid = DOMID_SELF, .offset = to }, .len = len };

	return hypercall3(__HYPERVISOR_grant_table_op, GNTTABOP_copy, &c, 1) ? -99 : c.status;
}

static void test_grants(void)
{
	struct gnttab_map_grant_ref map = { .host_addr = (uint64_t)window, .flags = GNTMAP_host_map, .dom = own_domid() };
	unsigned int wrong = 0;

	CHECK(copy(0, 0, 4096) == 0 && copy(4095, 4095, 1) == 0, "copies of a page and of its last byte");
	CHECK(copy(1, 0, 4096) == GNTST_bad_copy_arg && copy(0, 4095, 2) == GNTST_bad_copy_arg && copy(0xffff, 0, 1) == GNTST_bad_copy_arg &&
	      copy(0, 0xffff, 0xffff) == GNTST_bad_copy_arg && copy(0xf001, 0, 0xffff) == GNTST_bad_copy_arg, "none beyond it");
	for (unsigned int i = 0; i < NR_HUGE; i++) {
		map.ref = (uint32_t)huge[i] < 1000 ? 1000000 : (uint32_t)huge[i];
		hypercall3(__HYPERVISOR_grant_table_op, GNTTABOP_map_grant_ref, &map, 1);
		wrong += map.status != GNTST_bad_gntref;
		wrong += unmap_grant(map.ref, (uint64_t)window) != GNTST_bad_handle;
		wrong += hypercall3(__HYPERVISOR_grant_table_op, huge[i] & ~0xffUL, &map, 1) == 0 && (uint32_t)(huge[i] & ~0xffUL);
	}
	CHECK(!wrong, "no reference and no handle beyond the tables: %u were taken", wrong);
}

static void test_numbers(void)
{
	unsigned int wrong = 0;
	uint32_t bytes[2] = { 0 };

	for (unsigned int i = 0; i < NR_HUGE; i++) {
		uint32_t h = (uint32_t)huge[i] <= 1 ? 0x40000000 : (uint32_t)huge[i];
		struct evtchn_send send = { .port = h };
		struct evtchn_close close = { .port = h };
		struct evtchn_unmask unmask = { .port = h };
		struct evtchn_status status = { .dom = DOMID_SELF, .port = h };
		struct evtchn_bind_vcpu move = { .port = h };
		struct evtchn_bind_virq virq = { .virq = h }, virq_vcpu = { .virq = VIRQ_TIMER, .vcpu = h };
		struct evtchn_bind_ipi ipi = { .vcpu = h };
		struct evtchn_bind_pirq pirq = { .pirq = h };
		struct evtchn_set_priority priority = { .port = h, .priority = h };
		struct evtchn_bind_interdomain inter = { .remote_dom = own_domid(), .remote_port = h };
		struct evtchn_init_control control = { .vcpu = h, .control_gfn = kit_va_to_mfn(window) };
		struct physdev_set_iopl iopl = { .iopl = h };
		struct physdev_set_iobitmap bitmap = { .nr_ports = h };

		wrong += kit_evtchn(EVTCHNOP_send, &send) != -XEN_EINVAL;
		wrong += kit_evtchn(EVTCHNOP_close, &close) != -XEN_EINVAL;
		wrong += kit_evtchn(EVTCHNOP_unmask, &unmask) != -XEN_EINVAL;
		wrong += kit_evtchn(EVTCHNOP_status, &status) != -XEN_EINVAL;
		wrong += kit_evtchn(EVTCHNOP_bind_vcpu, &move) != -XEN_EINVAL;
		wrong += kit_evtchn(EVTCHNOP_bind_virq, &virq) != -XEN_EINVAL;
		wrong += kit_evtchn(EVTCHNOP_bind_virq, &virq_vcpu) != -XEN_ENOENT;
		wrong += kit_evtchn(EVTCHNOP_bind_ipi, &ipi) != -XEN_ENOENT;
		wrong += kit_evtchn(EVTCHNOP_bind_pirq, &pirq) != (kit_privileged() ? -XEN_EINVAL : -XEN_EPERM);
		wrong += kit_evtchn(EVTCHNOP_set_priority, &priority) >= 0;
		wrong += kit_evtchn(EVTCHNOP_bind_interdomain, &inter) != -XEN_EINVAL;
		wrong += kit_evtchn(EVTCHNOP_init_control, &control) != -XEN_ENOENT;
		wrong += hypercall2(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl, &iopl) != -XEN_EINVAL;
		wrong += hypercall2(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iobitmap, &bitmap) != -XEN_EINVAL;
		wrong += hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_is_up, h, 0) != -XEN_ENOENT;
		wrong += hypercall3(__HYPERVISOR_vcpu_op, h, 0, 0) != -XEN_ENOSYS;
		wrong += hypercall2(__HYPERVISOR_sched_op, h, bytes) != -XEN_ENOSYS;
		wrong += hypercall2(__HYPERVISOR_xen_version, h, bytes) != -XEN_ENOSYS;
		wrong += hypercall2(__HYPERVISOR_callback_op, h, bytes) != -XEN_ENOSYS;
		wrong += hypercall2(__HYPERVISOR_set_debugreg, on_socle() ? huge[i] : h, 0) >= 0;
		wrong += hypercall5(huge[i] == ~0UL ? 56 : huge[i] < 64 ? 99 : huge[i], 0, 0, 0, 0, 0) != -XEN_ENOSYS;
		if (wrong) {
			CHECK(!wrong, "a number of %lx was taken", huge[i]);
			return;
		}
	}
	CHECK(true, "no number beyond a table's end is taken");
}

static void test_timers(void)
{
	unsigned int wrong = 0;

	for (unsigned int i = 0; i < NR_HUGE; i++) {
		struct vcpu_set_periodic_timer period = { .period_ns = huge[i] };
		struct vcpu_set_singleshot_timer shot = { .timeout_abs_ns = huge[i] };
		struct sched_poll poll = { .timeout = kit_time() + 1000 };

		/* Far future, or long ago: the clock goes on. */
		wrong += huge[i] > 1UL << 62 && hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_set_periodic_timer, 0, &period) == 0 && huge[i] >> 63;
		hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_set_singleshot_timer, 0, &shot);
		hypercall1(__HYPERVISOR_set_timer_op, huge[i]);
		hypercall2(__HYPERVISOR_sched_op, SCHEDOP_poll, &poll);
		hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_stop_periodic_timer, 0, 0);
	}
	hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_stop_singleshot_timer, 0, 0);
	CHECK(!wrong, "timers of any length, and the guest wakes up after each");
}

/* ---- alignment and borders ------------------------------------------------------------------------------------ */

static void test_alignment(void)
{
	unsigned int wrong = 0;

	for (uint32_t offset = 0; offset < 4096 + 64; offset += 1) {
		struct vcpu_register_vcpu_info info = { .mfn = kit_va_to_mfn(window), .offset = offset };
		struct evtchn_init_control control = { .control_gfn = kit_va_to_mfn(window), .offset = offset };

		/* Only those that must fail: a success would stay. */
		if (offset > 4096 - 64)
			wrong += hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, 1, &info) != -XEN_ENXIO;
		if (offset % 8 || offset > 4096 - 72)
			wrong += kit_evtchn(EVTCHNOP_init_control, &control) != -XEN_EINVAL;
	}
	CHECK(!wrong, "no shared structure off its alignment or over the end: %u were taken", wrong);
	/* Bit 2 makes a command that is none. */
	for (unsigned int i = 4; i < 8; i++)
		wrong += i != (4 | MMU_MACHPHYS_UPDATE) && kit_mmu_update(kit_pte_maddr(window) + i, pte_of(window)) != -XEN_ENOSYS;
	CHECK(!wrong, "no entry off its alignment: %u were written", wrong);
}

/* A list that begins at any byte: guests need not align it. */
static void test_borders(void)
{
	unsigned int wrong = 0;

	for (unsigned int back = 1; back < 64; back++) {
		uint8_t *at = pages + PAGE_SIZE - back;		/* both pages are mapped */
		uint8_t *over = pages + 2 * PAGE_SIZE - back;	/* the second one is not */
		struct mmu_update u = { .ptr = kit_pte_maddr(window), .val = pte_of(window) };
		struct multicall_entry m = { .op = __HYPERVISOR_xen_version, .result = 77 };
		uint64_t mfn = kit_va_to_mfn(plain);
		uint32_t done = 0;

		memcpy(at, &u, sizeof(u));
		wrong += hypercall4(__HYPERVISOR_mmu_update, at, 1, 0, DOMID_SELF) != 0;
		memcpy(at, &m, sizeof(m));
		wrong += hypercall2(__HYPERVISOR_multicall, at, 1) != 0;
		memcpy(&m, at, sizeof(m));
		wrong += m.result != (4 << 16 | 17);
		/* Counts across the border, and over the end. */
		at = pages + PAGE_SIZE - back % 4;
		wrong += hypercall4(__HYPERVISOR_mmu_update, &u, 1, at, DOMID_SELF) != 0;
		memcpy(&done, at, sizeof(done));
		wrong += done != 1;
		memcpy(over, &mfn, back < 8 ? back : 8);
		if (back < 8)
			wrong += hypercall2(__HYPERVISOR_set_gdt, over, 16) != -XEN_EFAULT;
		if (back < sizeof(u)) {
			memcpy(over, &u, back);
			wrong += hypercall4(__HYPERVISOR_mmu_update, over, 1, 0, DOMID_SELF) != -XEN_EFAULT;
		}
	}
	CHECK(!wrong, "structures at any byte and across borders: %u wrong", wrong);
}

void kit_main(struct start_info *si)
{
	(void)si;
	kit_map_shared_info();
	kit_traps_init();
	CHECK_EQ(kit_set_pte(pages + 2 * PAGE_SIZE, 0), 0, "a border");
	test_lists();
	test_extents();
	test_exchange();
	test_grants();
	test_numbers();
	test_timers();
	test_alignment();
	test_borders();
	CHECK(unreferenced(second) && unreferenced(plain) && unreferenced(window), "nothing is left of it all");
	tap_done();
}
