/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An unprivileged domain made of a copy of this kernel: the same virtual addresses, its own frames. The page tables
 * are built in an array of this image, whose copy in the child then is the child's page tables; what the child
 * notes in its copy of `notes` is read through a window.
 */
#include <abi/memory.h>
#include <abi/sched.h>
#include "surface.h"

#define FIRST_PFN	(((uint64_t)kit_image_start - KIT_VIRT_BASE) / PAGE_SIZE)
#define END_PFN		(((uint64_t)kit_image_end - KIT_VIRT_BASE + PAGE_SIZE - 1) / PAGE_SIZE)
#define MAX_PFN		0x2000UL
#define MAX_NOTES	200
#define L1_TABLES	8
#define RUN_LIMIT	200000000UL

enum { L4, L3, L2, L1 };

static uint64_t tables[L1 + L1_TABLES][512] PAGE_ALIGNED;
static uint64_t p2m[MAX_PFN];
static uint8_t stack[2 * PAGE_SIZE] PAGE_ALIGNED;
static uint8_t window[PAGE_SIZE] PAGE_ALIGNED;
static struct start_info start_info;
static struct child_result notes[MAX_NOTES];
static unsigned int nr_notes;
static struct vcpu_guest_context context;

void child_note(long got, long want, const char *what)
{
	struct child_result *r = &notes[nr_notes < MAX_NOTES ? nr_notes : MAX_NOTES - 1];

	nr_notes++;
	r->got = got;
	r->want = want;
	memcpy(r->what, what, strlen(what) < sizeof(r->what) ? strlen(what) : sizeof(r->what) - 1);
}

long domctl(uint32_t cmd, uint16_t dom, struct xen_domctl *op)
{
	op->cmd = cmd;
	op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	op->domain = dom;
	return hypercall1(__HYPERVISOR_domctl, op);
}

static void must(long rc, const char *what)
{
	if (rc >= 0)
		return;
	kit_printf("Bail out! child: %s: %ld\n", what, rc);
	kit_shutdown(SHUTDOWN_crash);
}

static void *open_window(uint16_t dom, uint64_t mfn)
{
	must(hypercall4(__HYPERVISOR_update_va_mapping_otherdomain, window, mfn << 12 | PTE_P | PTE_RW | PTE_A | PTE_D,
			UVMF_INVLPG | UVMF_LOCAL, dom), "window");
	return window;
}

static void close_window(void)
{
	must(kit_make_writable(window), "window closed");
}

static void copy_from_child(uint16_t dom, void *to, size_t n)
{
	while (n) {
		size_t offset = (uint64_t)to % PAGE_SIZE, part = PAGE_SIZE - offset < n ? PAGE_SIZE - offset : n;
		uint8_t *from = open_window(dom, p2m[((uint64_t)to - KIT_VIRT_BASE) / PAGE_SIZE]);

		memcpy(to, from + offset, part);
		to = (uint8_t *)to + part;
		n -= part;
	}
	close_window();
}

static uint16_t create(void)
{
	static struct xen_domctl op;
	uint16_t id;

	op.u.createdomain = (struct xen_domctl_createdomain){
		.max_vcpus = 2, .max_evtchn_port = 1023, .max_grant_frames = 4, .max_maptrack_frames = 4, .grant_opts = 1,
	};
	must(domctl(XEN_DOMCTL_createdomain, DOMID_INVALID, &op), "createdomain");
	id = op.domain;
	op.u.max_vcpus.max = 2;
	must(domctl(XEN_DOMCTL_max_vcpus, id, &op), "max_vcpus");
	op.u.max_mem.max_memkb = 4 * (END_PFN - FIRST_PFN + 64);
	must(domctl(XEN_DOMCTL_max_mem, id, &op), "max_mem");
	return id;
}

static void populate(uint16_t id)
{
	struct xen_memory_reservation r = {
		.extent_start = (uint64_t)&p2m[FIRST_PFN], .nr_extents = END_PFN - FIRST_PFN, .domid = id,
	};

	for (uint64_t pfn = FIRST_PFN; pfn < END_PFN; pfn++)
		p2m[pfn] = pfn;
	if (hypercall2(__HYPERVISOR_memory_op, XENMEM_populate_physmap, &r) != (long)r.nr_extents)
		must(-1, "populate_physmap");
}

static uint64_t entry(const void *va, uint64_t flags)
{
	return p2m[((uint64_t)va - KIT_VIRT_BASE) / PAGE_SIZE] << 12 | PTE_P | PTE_US | PTE_A | PTE_D | flags;
}

static void build_tables(void)
{
	tables[L4][511] = entry(tables[L3], PTE_RW);
	tables[L3][510] = entry(tables[L2], PTE_RW);
	for (uint64_t pfn = FIRST_PFN; pfn < END_PFN; pfn++) {
		uint64_t *table = tables[L1 + pfn / 512 - FIRST_PFN / 512];
		const char *va = (const char *)(KIT_VIRT_BASE + pfn * PAGE_SIZE);
		bool is_table = va >= (const char *)tables && va < (const char *)tables + sizeof(tables);

		tables[L2][pfn / 512] = entry(table, PTE_RW);
		table[pfn % 512] = entry(va, is_table ? 0 : PTE_RW);
	}
}

uint16_t child_build(void)
{
	static struct xen_domctl op;
	uint16_t id = create();
	struct mmuext_op pin = { .cmd = MMUEXT_PIN_L4_TABLE };

	if (END_PFN > MAX_PFN || END_PFN / 512 - FIRST_PFN / 512 >= L1_TABLES)
		must(-1, "image too large");
	populate(id);
	build_tables();
	must(domctl(XEN_DOMCTL_getdomaininfo, id, &op), "getdomaininfo");
	start_info.shared_info = op.u.getdomaininfo.shared_info_frame << 12;
	start_info.mfn_list = (uint64_t)p2m;
	start_info.pt_base = (uint64_t)tables;
	start_info.nr_pages = END_PFN;
	for (uint64_t pfn = FIRST_PFN; pfn < END_PFN; pfn++)
		memcpy(open_window(id, p2m[pfn]), (void *)(KIT_VIRT_BASE + pfn * PAGE_SIZE), PAGE_SIZE);
	close_window();
	pin.arg1.mfn = p2m[((uint64_t)tables - KIT_VIRT_BASE) / PAGE_SIZE];
	must(hypercall4(__HYPERVISOR_mmuext_op, &pin, 1, 0, id), "pin");
	context.flags = VGCF_in_kernel | VGCF_online;
	context.user_regs.rip = (uint64_t)child_main;
	context.user_regs.rsp = (uint64_t)stack + sizeof(stack) - 8;
	context.user_regs.cs = FLAT_KERNEL_CS;
	context.user_regs.ss = FLAT_KERNEL_SS;
	context.kernel_ss = FLAT_KERNEL_SS;
	context.kernel_sp = context.user_regs.rsp;
	context.ctrlreg[3] = pin.arg1.mfn << 12;
	op.u.vcpucontext = (struct xen_domctl_vcpucontext){ .ctxt = (uint64_t)&context };
	must(domctl(XEN_DOMCTL_setvcpucontext, id, &op), "setvcpucontext");
	return id;
}

void child_main(void)
{
	kit_start_info = &start_info;
	kit_map_shared_info();
	kit_traps_init();
	surface_guest();
	kit_shutdown(SHUTDOWN_poweroff);
}

void child_run(uint16_t id)
{
	static struct xen_domctl op;
	uint64_t waited = 0;

	CHECK_EQ(domctl(XEN_DOMCTL_unpausedomain, id, &op), 0, "child unpaused");
	do {
		hypercall2(__HYPERVISOR_sched_op, SCHEDOP_yield, 0);
		must(domctl(XEN_DOMCTL_getdomaininfo, id, &op), "getdomaininfo");
	} while (!(op.u.getdomaininfo.flags & XEN_DOMINF_shutdown) && waited++ < RUN_LIMIT);
	CHECK_EQ(op.u.getdomaininfo.flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask, SHUTDOWN_poweroff, "child's end");
	copy_from_child(id, &nr_notes, sizeof(nr_notes));
	copy_from_child(id, notes, sizeof(notes));
	CHECK(nr_notes > 0 && nr_notes <= MAX_NOTES, "child noted %u results", nr_notes);
	for (unsigned int i = 0; i < nr_notes && i < MAX_NOTES; i++)
		tap_check(notes[i].got == notes[i].want, __FILE__, __LINE__, "child: %s: %ld, expected %ld", notes[i].what,
			  notes[i].got, notes[i].want);
	CHECK_EQ(domctl(XEN_DOMCTL_destroydomain, id, &op), 0, "destroydomain");
}
