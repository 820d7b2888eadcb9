/* SPDX-License-Identifier: BSD-2-Clause */
/* The builder of peers (peer.h): pv-abi 10.1 for the order of the calls, 4.11 for foreign mappings, 2.12 for the context. */
#include <abi/event_channel.h>
#include <abi/memory.h>
#include "guest/peer.h"

#define TSC_MODE_NEVER_EMULATE	2	/* the counter is what is measured with */
#define MAX_EVTCHN_PORT		1023
#define TABLES			5U	/* L4, L3, L2 and two L1 tables: 4 MiB of addresses */
#define LEAF			(PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)

uint8_t peer_page[PAGE_SIZE] PAGE_ALIGNED;
static uint8_t peer_shared_info[PAGE_SIZE] PAGE_ALIGNED;
static uint8_t peer_stacks[PEER_VCPUS][2 * PAGE_SIZE] PAGE_ALIGNED;
static uint64_t window[512] PAGE_ALIGNED;		/* shows one page of a peer at a time */

long peer_domctl(const struct peer *p, struct xen_domctl *op, uint32_t cmd)
{
	op->cmd = cmd;
	op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	op->domain = p->id;
	return hypercall1(__HYPERVISOR_domctl, op);
}

static void must_domctl(const struct peer *p, struct xen_domctl *op, uint32_t cmd, const char *what)
{
	bench_must(peer_domctl(p, op, cmd), what);
}

static unsigned int image_pages(void)
{
	return (unsigned int)((kit_image_end - kit_image_start) / (long)PAGE_SIZE);
}

static unsigned int page_index(const void *va)
{
	return (unsigned int)(((uint64_t)va - (uint64_t)kit_image_start) / PAGE_SIZE);
}

uint64_t peer_mfn(const struct peer *p, const void *va)
{
	return p->mfn[page_index(va)];
}

void peer_map_frame(const struct peer *p, uint64_t mfn, void *at)
{
	struct mmu_update u = { .ptr = kit_pte_maddr(at), .val = mfn << 12 | LEAF };

	bench_must(hypercall4(__HYPERVISOR_mmu_update, &u, 1, 0, p->id), "map of a peer's page");
	bench_must(kit_mmuext(MMUEXT_INVLPG_LOCAL, (uint64_t)at), "INVLPG");
}

void peer_map(const struct peer *p, const void *va, void *at)
{
	peer_map_frame(p, peer_mfn(p, va), at);
}

/* ---- memory ------------------------------------------------------------------------------------------------ */

static void populate(struct peer *p)
{
	struct xen_memory_reservation r = { .extent_start = (uint64_t)p->mfn, .domid = p->id };
	struct xen_domctl op = { .u.max_mem.max_memkb = (PEER_PAGES + 16) * (PAGE_SIZE / 1024) };

	p->nr_pages = image_pages() + TABLES;
	if (p->nr_pages > PEER_PAGES)
		bench_die("image too large for a peer", p->nr_pages);
	must_domctl(p, &op, XEN_DOMCTL_max_mem, "max_mem");
	for (unsigned int i = 0; i < p->nr_pages; i++)
		p->mfn[i] = i;
	r.nr_extents = p->nr_pages;
	bench_must(hypercall2(__HYPERVISOR_memory_op, XENMEM_populate_physmap, &r) - (long)p->nr_pages, "populate_physmap");
}

static void copy_image(const struct peer *p)
{
	for (unsigned int i = 0; i < image_pages(); i++) {
		const char *from = kit_image_start + i * PAGE_SIZE;

		/* What is not mapped now is somebody's window, and nothing that a peer needs. */
		if (from == (char *)window || !(*kit_walk(from, 1) & PTE_P))
			continue;
		peer_map_frame(p, p->mfn[i], window);
		memcpy(window, from, PAGE_SIZE);
	}
}

static uint64_t shared_info_frame(const struct peer *p)
{
	struct xen_domctl op = { 0 };

	must_domctl(p, &op, XEN_DOMCTL_getdomaininfo, "getdomaininfo");
	return op.u.getdomaininfo.shared_info_frame;
}

static void fill_l1(const struct peer *p, uint64_t base, uint64_t info)
{
	for (unsigned int i = 0; i < 512; i++) {
		uint64_t va = base + i * PAGE_SIZE;

		if (va < (uint64_t)kit_image_start || va >= (uint64_t)kit_image_end)
			continue;
		window[i] = (va == (uint64_t)peer_shared_info ? info : peer_mfn(p, (void *)va)) << 12 | LEAF;
	}
}

/* The root's frame. Fresh pages are clean, so only what is used is written. */
static uint64_t make_tables(const struct peer *p)
{
	const uint64_t *table = &p->mfn[image_pages()], info = shared_info_frame(p);
	struct mmuext_op pin = { .cmd = MMUEXT_PIN_L4_TABLE, .arg1.mfn = table[0] };

	peer_map_frame(p, table[0], window);
	window[KIT_VIRT_BASE >> 39 & 511] = table[1] << 12 | LEAF;
	peer_map_frame(p, table[1], window);
	window[KIT_VIRT_BASE >> 30 & 511] = table[2] << 12 | LEAF;
	peer_map_frame(p, table[2], window);
	window[0] = table[3] << 12 | LEAF;
	window[1] = table[4] << 12 | LEAF;
	for (unsigned int i = 0; i < 2; i++) {
		peer_map_frame(p, table[3 + i], window);
		fill_l1(p, KIT_VIRT_BASE + (i << 21), info);
	}
	bench_must(kit_make_writable(window), "window");
	bench_must(kit_mmuext(MMUEXT_INVLPG_LOCAL, (uint64_t)window), "INVLPG");
	bench_must(hypercall4(__HYPERVISOR_mmuext_op, &pin, 1, 0, p->id), "pin of a peer's root");
	return table[0];
}

/* ---- vCPUs ------------------------------------------------------------------------------------------------- */

static void set_context(const struct peer *p, unsigned int vcpu, peer_entry_fn entry, uint64_t root)
{
	static struct vcpu_guest_context c;
	struct xen_domctl op = { .u.vcpucontext = { .vcpu = vcpu, .ctxt = (uint64_t)&c } };

	memset(&c, 0, sizeof(c));
	c.flags = VGCF_in_kernel | VGCF_online;
	c.user_regs.rip = (uint64_t)entry;
	/* As after a call: the ABI of functions wants rsp + 8 aligned to 16. */
	c.user_regs.rsp = (uint64_t)peer_stacks[vcpu] + sizeof(peer_stacks[0]) - 8;
	c.user_regs.rflags = 0x200;
	c.user_regs.cs = FLAT_KERNEL_CS;
	c.user_regs.ss = FLAT_KERNEL_SS;
	c.kernel_ss = FLAT_KERNEL_SS;
	c.kernel_sp = c.user_regs.rsp;
	c.ctrlreg[3] = root << 12;
	must_domctl(p, &op, XEN_DOMCTL_setvcpucontext, "setvcpucontext");
}

void peer_create(struct peer *p, const peer_entry_fn *entry, unsigned int nr)
{
	struct xen_domctl op = { .u.createdomain = {
		.max_vcpus = nr, .max_evtchn_port = MAX_EVTCHN_PORT, .max_grant_frames = -1, .max_maptrack_frames = -1, .grant_opts = 1,
	} };
	uint64_t root;

	p->id = DOMID_INVALID;
	must_domctl(p, &op, XEN_DOMCTL_createdomain, "createdomain");
	p->id = op.domain;
	op = (struct xen_domctl){ .u.max_vcpus.max = nr };
	must_domctl(p, &op, XEN_DOMCTL_max_vcpus, "max_vcpus");
	op = (struct xen_domctl){ .u.tsc_info.tsc_mode = TSC_MODE_NEVER_EMULATE };
	must_domctl(p, &op, XEN_DOMCTL_settscinfo, "settscinfo");
	populate(p);
	copy_image(p);
	root = make_tables(p);
	for (unsigned int i = 0; i < nr; i++)
		set_context(p, i, entry[i], root);
}

void peer_unpause(const struct peer *p)
{
	struct xen_domctl op = { 0 };

	must_domctl(p, &op, XEN_DOMCTL_unpausedomain, "unpausedomain");
}

void peer_destroy(const struct peer *p)
{
	struct xen_domctl op = { 0 };

	must_domctl(p, &op, XEN_DOMCTL_destroydomain, "destroydomain");
}

uint32_t peer_connect(const struct peer *p, uint32_t *local_port)
{
	struct evtchn_alloc_unbound alloc = { .dom = p->id, .remote_dom = 0 };
	struct evtchn_bind_interdomain bind = { .remote_dom = p->id };

	bench_must(hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound, &alloc), "alloc_unbound");
	bind.remote_port = alloc.port;
	bench_must(hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_interdomain, &bind), "bind_interdomain");
	*local_port = bind.local_port;
	return alloc.port;
}

void peer_start(void)
{
	kit_shared_info = (struct shared_info *)peer_shared_info;
	kit_traps_init();
}
