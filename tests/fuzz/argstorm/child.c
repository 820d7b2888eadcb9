/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guests without privilege, made of this kernel's own image: the smallest domain builder there can be. All of a guest's
 * memory is mapped linearly from the kit's base on, as pv-abi 1.4 has it: image, start_info, P2M list, page tables, stack.
 *
 * Each guest storms until its count is done or its own nonsense has killed it. Then it is destroyed, and all the memory
 * that the machine had before must be free again.
 */
#include <abi/domctl.h>
#include <abi/memory.h>
#include <abi/sched.h>
#include <abi/sysctl.h>
#include "storm.h"

#define CHILD_PAGES	1024
#define TEMPLATE	(768 * 1024)
#define MS		1000000UL

struct report report[PAGE_SIZE / sizeof(struct report)] PAGE_ALIGNED;
static uint8_t template[TEMPLATE] PAGE_ALIGNED;
static uint8_t window[PAGE_SIZE] PAGE_ALIGNED;
static uint64_t mfn[CHILD_PAGES];
static struct vcpu_guest_context context;
static uint16_t domid;

static uint64_t image_pages(void) { return (uint64_t)(kit_image_end - kit_image_start) / PAGE_SIZE; }
static uint64_t first_pfn(void) { return ((uint64_t)kit_image_start - KIT_VIRT_BASE) / PAGE_SIZE; }

/* Where an image page is kept; NULL for the template's own, which a child does not need. */
static uint8_t *kept(uint64_t page)
{
	uint8_t *at = (uint8_t *)kit_image_start + page * PAGE_SIZE;

	if (at >= template && at < template + TEMPLATE)
		return NULL;
	return template + page * PAGE_SIZE - (at >= template ? TEMPLATE : 0);
}

void child_template(void)
{
	for (uint64_t i = 0; i < image_pages(); i++) {
		uint8_t *to = kept(i);

		if (!to)
			continue;
		if (to + PAGE_SIZE > template + TEMPLATE) {
			kit_printf("Bail out! the image does not fit its template\n");
			kit_shutdown(SHUTDOWN_crash);
		}
		memcpy(to, kit_image_start + i * PAGE_SIZE, PAGE_SIZE);
	}
}

static long domctl(struct xen_domctl *op, uint32_t cmd)
{
	op->cmd = cmd;
	op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	op->domain = domid;
	return hypercall1(__HYPERVISOR_domctl, op);
}

static uint64_t free_pages(void)
{
	static struct xen_sysctl op;

	memset(&op, 0, sizeof(op));
	op.cmd = XEN_SYSCTL_physinfo;
	op.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	return hypercall1(__HYPERVISOR_sysctl, &op) ? 0 : op.u.physinfo.free_pages + op.u.physinfo.scrub_pages;
}

static void sleep_ns(uint64_t ns)
{
	struct sched_poll p = { .timeout = storm_now() + ns };

	hypercall2(__HYPERVISOR_sched_op, SCHEDOP_poll, &p);
}

/* ---- building ---- */

/* True; or false, after saying what was refused. */
static bool granted(long rc, const char *what)
{
	if (rc < 0)
		kit_printf("# domain %u: %s: %ld\n", domid, what, rc);
	return rc >= 0;
}

static void *look(uint64_t pfn)
{
	struct mmu_update u = { kit_pte_maddr(window), mfn[pfn] << 12 | PTE_P | PTE_RW | PTE_A | PTE_D };

	if (!granted(hypercall4(__HYPERVISOR_mmu_update, &u, 1, 0, domid), "mapping a page"))
		return NULL;
	kit_mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0);
	return window;
}

static void look_away(void) { kit_set_pte(window, 0); }

static bool fill_image(void)
{
	for (uint64_t i = 0; i < image_pages(); i++) {
		uint8_t *from = kept(i), *to = look(first_pfn() + i);

		if (!to)
			return false;
		if (from)
			memcpy(to, from, PAGE_SIZE);
		else
			memset(to, 0, PAGE_SIZE);
	}
	return true;
}

/* Decimal, without a library. */
static char *put_number(char *at, uint64_t v)
{
	char text[24];
	int n = 0;

	do
		text[n++] = (char)('0' + v % 10);
	while (v /= 10);
	while (n)
		*at++ = text[--n];
	return at;
}

static bool fill_start_info(uint64_t pfn, uint64_t shared_info, uint64_t seed, uint64_t count)
{
	struct start_info *si = look(pfn);
	char *at;

	if (!si)
		return false;
	memset(si, 0, PAGE_SIZE);
	memcpy(si->magic, "xen-3.0-x86_64", 15);
	si->nr_pages = CHILD_PAGES;
	si->shared_info = shared_info << 12;
	si->mfn_list = KIT_VIRT_BASE + (pfn + 1) * PAGE_SIZE;
	si->pt_base = KIT_VIRT_BASE + (pfn + 3) * PAGE_SIZE;
	si->nr_pt_frames = 5;
	at = si->cmd_line;
	memcpy(at, "role=child seed=", 16);
	at = put_number(at + 16, seed);
	memcpy(at, " count=", 7);
	at = put_number(at + 7, count);
	memcpy(at, " domid=", 7);
	put_number(at + 7, domid);
	for (uint64_t i = 0; i < 2; i++) {
		uint64_t *list = look(pfn + 1 + i);

		if (!list)
			return false;
		memcpy(list, mfn + i * 512, PAGE_SIZE);
	}
	return true;
}

static bool fill_table(uint64_t pfn, unsigned int slot, uint64_t target, unsigned int n)
{
	uint64_t *table = look(pfn);

	if (!table)
		return false;
	memset(table, 0, PAGE_SIZE);
	for (unsigned int i = 0; i < n; i++)
		table[slot + i] = mfn[target + i] << 12 | PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D;
	return true;
}

/* L4, L3, L2 and two L1 tables from pfn on; tables are mapped read-only. */
static bool fill_tables(uint64_t pfn)
{
	if (!fill_table(pfn, 511, pfn + 1, 1) || !fill_table(pfn + 1, 510, pfn + 2, 1) || !fill_table(pfn + 2, 0, pfn + 3, 2))
		return false;
	for (unsigned int i = 0; i < 2; i++) {
		uint64_t *l1;

		if (!fill_table(pfn + 3 + i, 0, i * 512, 512))
			return false;
		l1 = (uint64_t *)window;
		for (uint64_t k = 0; k < 512; k++)
			if (i * 512 + k >= pfn && i * 512 + k < pfn + 5)
				l1[k] &= ~PTE_RW;
	}
	return true;
}

static long start(uint64_t pfn)
{
	static struct xen_domctl op;

	memset(&context, 0, sizeof(context));
	context.flags = VGCF_in_kernel | VGCF_online;
	context.user_regs.rip = (uint64_t)kit_entry;
	context.user_regs.rsp = KIT_VIRT_BASE + (pfn + 9) * PAGE_SIZE;
	context.user_regs.rsi = KIT_VIRT_BASE + pfn * PAGE_SIZE;
	context.user_regs.rflags = 1 << 9;
	context.user_regs.cs = FLAT_RING3_CS64;
	context.user_regs.ss = FLAT_RING3_SS64;
	context.kernel_ss = FLAT_RING3_SS64;
	context.kernel_sp = context.user_regs.rsp;
	context.debugreg[6] = 0xffff0ff0;
	context.debugreg[7] = 0x400;
	context.ctrlreg[3] = mfn[pfn + 3] << 12;
	memset(&op, 0, sizeof(op));
	op.u.vcpucontext.ctxt = (uint64_t)&context;
	return domctl(&op, XEN_DOMCTL_setvcpucontext);
}

static uint64_t shared_info_frame(void)
{
	static struct xen_domctl op;

	memset(&op, 0, sizeof(op));
	return domctl(&op, XEN_DOMCTL_getdomaininfo) ? 0 : op.u.getdomaininfo.shared_info_frame;
}

static bool create(void)
{
	static struct xen_domctl op;
	struct xen_memory_reservation r = { .extent_start = (uint64_t)mfn, .nr_extents = CHILD_PAGES };
	struct xen_domctl_createdomain *c = &op.u.createdomain;

	memset(&op, 0, sizeof(op));
	domid = DOMID_INVALID;
	c->max_vcpus = 2;
	c->max_evtchn_port = 1023;
	c->max_grant_frames = 4;
	c->max_maptrack_frames = 4;
	c->grant_opts = 1;
	c->arch.emulation_flags = 0;
	if (!granted(domctl(&op, XEN_DOMCTL_createdomain), "createdomain"))
		return false;
	domid = op.domain;
	memset(&op, 0, sizeof(op));
	op.u.max_vcpus.max = 2;
	if (!granted(domctl(&op, XEN_DOMCTL_max_vcpus), "max_vcpus"))
		return false;
	memset(&op, 0, sizeof(op));
	op.u.max_mem.max_memkb = (CHILD_PAGES + 64) * 4;
	if (!granted(domctl(&op, XEN_DOMCTL_max_mem), "max_mem"))
		return false;
	for (uint64_t i = 0; i < CHILD_PAGES; i++)
		mfn[i] = i;
	r.domid = domid;
	return granted(hypercall2(__HYPERVISOR_memory_op, XENMEM_populate_physmap, &r) - CHILD_PAGES, "populate_physmap");
}

static bool build(uint64_t seed, uint64_t count)
{
	uint64_t pfn = first_pfn() + image_pages();
	static struct xen_domctl op;
	bool good = create() && fill_image() && fill_start_info(pfn, shared_info_frame(), seed, count) && fill_tables(pfn + 3);

	look_away();
	if (!good || !granted(start(pfn), "setvcpucontext"))
		return false;
	memset(&op, 0, sizeof(op));
	return granted(domctl(&op, XEN_DOMCTL_unpausedomain), "unpausedomain");
}

/* ---- watching ---- */

/* 0 while it lives, else 1 + reason; -1: it does not move any more. */
static int watch(uint64_t *steps)
{
	static struct xen_domctl op;
	uint64_t pfn = ((uint64_t)report - KIT_VIRT_BASE) / PAGE_SIZE, still = storm_now();
	const volatile struct report *r = look(pfn);
	uint32_t flags;

	*steps = 0;
	for (;;) {
		sleep_ns(5 * MS);
		memset(&op, 0, sizeof(op));
		if (domctl(&op, XEN_DOMCTL_getdomaininfo) || op.domain != domid)
			return -1;
		if (r && r->steps != *steps) {
			*steps = r->steps;
			still = storm_now();
		}
		flags = op.u.getdomaininfo.flags;
		if (flags & XEN_DOMINF_shutdown)
			return 1 + (int)(flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask);
		if (flags & XEN_DOMINF_dying)
			return 1 + SHUTDOWN_crash;
		if (storm_now() - still > 1000 * MS)
			return -1;
	}
}

static bool destroy(uint64_t free_before)
{
	static struct xen_domctl op;

	look_away();
	memset(&op, 0, sizeof(op));
	if (domctl(&op, XEN_DOMCTL_destroydomain))
		return false;
	for (int i = 0; i < 400; i++) {
		memset(&op, 0, sizeof(op));
		if ((domctl(&op, XEN_DOMCTL_getdomaininfo) || op.domain != domid) && free_pages() >= free_before)
			return true;
		sleep_ns(5 * MS);
	}
	kit_printf("# %lu pages were free, %lu are\n", free_before, free_pages());
	return false;
}

#define SLICE 2000UL

void child_storms(uint64_t seed, uint64_t count)
{
	static const char *const ends[] = { "stuck", "?", "done", "reboot", "suspend", "crash", "watchdog", "soft reset" };
	unsigned int how[8] = { 0 }, children = 0, unbuilt = 0, leaks = 0;
	uint64_t total = 0, steps;

	for (; total < count && unbuilt < 3; seed++, children++) {
		uint64_t before = free_pages();
		int end;

		if (!build(seed, SLICE)) {
			unbuilt++;
			destroy(before);
			continue;
		}
		end = watch(&steps);
		how[end < 0 ? 0 : end < 7 ? 1 + end : 1]++;
		/* It counts in its own memory, which it may have lost to itself. */
		total += steps < SLICE ? steps + 1 : SLICE;
		if (!destroy(before)) {
			leaks++;
			kit_printf("# seed %lu: not all memory came back\n", seed);
		}
	}
	kit_printf("# %u guests, %lu calls; ended as:", children, total);
	for (unsigned int i = 0; i < 8; i++)
		if (how[i])
			kit_printf(" %s %u", ends[i], how[i]);
	kit_printf("\n");
	CHECK(children && !unbuilt, "guests are built");
	CHECK(how[2], "some guests get to their end");
	CHECK(!leaks, "all memory of dead guests comes back");
}
