/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Double fetches (style, "What guests send"): while the first vCPU is in a hypercall, the second one keeps changing what it
 * reads, from something allowed to something forbidden and back. Whatever the call says, it must have acted on one of the
 * two: what it checked is what it used. On one CPU a change can only fall between calls; on several, between two reads.
 */
#include <abi/callback.h>
#include <abi/event_channel.h>
#include <abi/memory.h>
#include <abi/vcpu.h>
#include "hostile/common/hostile.h"

#define DURATION	50000000UL	/* ns a race */

static uint8_t window[PAGE_SIZE] PAGE_ALIGNED;
static uint64_t plain[512] PAGE_ALIGNED, table[512] PAGE_ALIGNED, gdt[512] PAGE_ALIGNED, other[512] PAGE_ALIGNED;
static uint64_t home, end, tree[512] PAGE_ALIGNED;
static volatile uint64_t *where;
static uint64_t one, two;
static uint32_t forbidden;
static volatile uint32_t rounds;

/* On a machine that is busy one round may take longer than the race: there are two at least. */
static bool races(void)
{
	return kit_time() < end || rounds < 2;
}

static bool more(void)
{
	rounds = rounds + 1;
	return races();
}

static void flip(void *arg)
{
	(void)arg;
	while (races())
		for (unsigned int i = 0; i < 100; i++) {
			*where = two;
			*where = one;
		}
}

/* The word at `at` alternates between two values while `fn` runs; it must find no forbidden state. */
static void race(const char *what, volatile void *at, uint64_t first, uint64_t other_one, void (*fn)(void))
{
	where = at;
	one = first;
	two = other_one;
	forbidden = rounds = 0;
	end = kit_time() + DURATION;
	kit_vcpu_run(1, flip, NULL);
	fn();
	kit_vcpu_wait(1);
	*where = first;
	CHECK(!forbidden && rounds > 1, "%s: %u forbidden in %u rounds", what, forbidden, rounds);
}

/* ---- page tables ---------------------------------------------------------------------------------------- */

static uint64_t bad_entry;

/* Is the entry of the window anything but what is allowed? */
static void look_at_window(void)
{
	uint64_t e = *kit_walk(window, 1);

	if ((e & PTE_P) && PTE_FRAME(e) == PTE_FRAME(bad_entry) && (e & PTE_RW))
		forbidden++;
}

static struct mmu_update update;

static void updates(void)
{
	while (more()) {
		hypercall4(__HYPERVISOR_mmu_update, &update, 1, 0, DOMID_SELF);
		look_at_window();
	}
}

static struct multicall_entry list[2];

static void lists(void)
{
	while (more()) {
		hypercall2(__HYPERVISOR_multicall, list, 2);
		look_at_window();
	}
}

/* An L1 whose contents change cannot be validated: it is mapped writable by the one who changes it. */
static void pins(void)
{
	while (more()) {
		if (kit_mmuext(MMUEXT_PIN_L1_TABLE, kit_va_to_mfn(tree)))
			continue;
		forbidden++;
		kit_mmuext(MMUEXT_UNPIN_TABLE, kit_va_to_mfn(tree));
	}
}

/* The bytes of an instruction that writes a page-table entry: which of the two is carried out? */
static uint8_t code[PAGE_SIZE] PAGE_ALIGNED;

/* The forbidden one faults: on to the return behind it. */
static void skip_write(struct kit_frame *f)
{
	if (f->rip != (uint64_t)code)
		kit_bail("a page fault at %lx", f->rip);
	f->rip += 3;
}

static void trapped(void)
{
	uint64_t *slot = (uint64_t *)plain + ((uint64_t)window >> 12 & 511);

	while (more()) {
		/* mov %rcx, (%rdx); ret, or mov %rax, (%rdx); ret */
		__asm__ volatile("call *%3" : : "a"(bad_entry), "c"(home), "d"(slot), "r"(code) : "memory");
		look_at_window();
	}
}

static void test_tables(void)
{
	uint64_t root = kit_va_to_mfn((void *)kit_start_info->pt_base) << 12;
	uint64_t *code_words = (uint64_t *)code;

	bad_entry = root | RAM;
	update = (struct mmu_update){ .ptr = kit_pte_maddr(window), .val = home };
	race("the value of an update", &update.val, home, bad_entry, updates);
	race("the value of an update, in the hypervisor", &update.val, home, 0x200000 | RAM, updates);
	race("the place of an update", &update.ptr, kit_pte_maddr(window), kit_va_to_mfn(plain) << 12, updates);
	race("the command of an update", &update.ptr, kit_pte_maddr(window), kit_pte_maddr(window) | MMU_PT_UPDATE_PRESERVE_AD, updates);
	list[0] = list[1] = (struct multicall_entry){ .op = __HYPERVISOR_update_va_mapping, .args = { (uint64_t)window, home } };
	race("the number of a call in a list", &list[0].op, __HYPERVISOR_update_va_mapping, __HYPERVISOR_multicall, lists);
	race("the iret of a list", &list[1].op, __HYPERVISOR_update_va_mapping, __HYPERVISOR_memory_op, lists);
	race("the argument of a call in a list", &list[0].args[1], home, bad_entry, lists);
	race("the address of a call in a list", &list[0].args[0], (uint64_t)window, 0xffff830000000000UL, lists);
	race("the contents of a table", &tree[17], 0, 0x200000 | RAM, pins);
	CHECK_EQ(kit_mmu_update(kit_pte_maddr(window), home), 0, "the window is its own");
	/* plain becomes a read-only view of the window's L1. */
	hypercall2(__HYPERVISOR_vm_assist, VMASST_CMD_enable, VMASST_TYPE_writable_pagetables);
	CHECK_EQ(kit_set_pte(plain, PTE_FRAME(*kit_walk(window, 2)) << 12 | PTE_P), 0, "a view of a table");
	code_words[0] = 0xc30a8948UL;
	kit_trap_handler(14, skip_write);
	race("the bytes of a trapped write", code, 0xc30a8948UL, 0xc3028948UL, trapped);
	kit_trap_handler(14, NULL);
	CHECK_EQ(kit_make_writable(plain), 0, "the view goes");
}

/* ---- descriptors ------------------------------------------------------------------------------------------ */

static uint64_t frames[2];

static void gdts(void)
{
	while (more()) {
		if (hypercall2(__HYPERVISOR_set_gdt, frames, 1024))
			continue;
		/* A page in the GDT is not writable: were it the forbidden one, this would be refused. */
		if (kit_mmu_update(kit_pte_maddr(window), kit_va_to_mfn(other) << 12 | RAM))
			forbidden++;
		kit_mmu_update(kit_pte_maddr(window), home);
		hypercall2(__HYPERVISOR_set_gdt, 0, 0);
	}
}

static void test_descriptors(void)
{
	frames[0] = kit_va_to_mfn(gdt);
	frames[1] = kit_va_to_mfn(gdt);
	CHECK_EQ(kit_make_readonly(gdt), 0, "a page for descriptors");
	race("the frames of a GDT, a writable one", &frames[1], frames[0], kit_va_to_mfn(other), gdts);
	race("the frames of a GDT, a table", &frames[1], frames[0], kit_va_to_mfn((void *)kit_start_info->pt_base), gdts);
	race("the frames of a GDT, the hypervisor's", &frames[1], frames[0], 0x200, gdts);
	CHECK_EQ(kit_make_writable(gdt), 0, "the page is ordinary again");
}

/* ---- grants ------------------------------------------------------------------------------------------------- */

#define REF 13

/* What was mapped must have been granted: the frame of one offer with the rights of the other is nobody's wish. */
static void maps(void)
{
	uint32_t handle;
	uint64_t e;

	while (more()) {
		if (map_grant(REF, GNTMAP_host_map, (uint64_t)window, &handle))
			continue;
		e = *kit_walk(window, 1);
		if (PTE_FRAME(e) != kit_va_to_mfn(plain) && PTE_FRAME(e) != kit_va_to_mfn(other))
			forbidden++;
		if (unmap_grant(handle, (uint64_t)window))
			forbidden += 100;
	}
}

static struct gnttab_copy copies[1];

/* The bytes around the target do not change, whatever length and offset say. */
static void copy_some(void)
{
	while (more()) {
		hypercall3(__HYPERVISOR_grant_table_op, GNTTABOP_copy, copies, 1);
		for (unsigned int i = 0; i < 512; i++)
			forbidden += table[i] != 0;
	}
}

static void test_grants(void)
{
	uint64_t granted = GTF_permit_access | (uint64_t)own_domid() << 16 | kit_va_to_mfn(plain) << 32;
	uint64_t lent = GTF_permit_access | (uint64_t)own_domid() << 16 | kit_va_to_mfn(other) << 32;
	volatile struct grant_entry_v1 *e = &grant_entries()[REF];

	race("the frame of a grant", e, granted, lent, maps);
	race("a grant that is withdrawn", e, granted, 0, maps);
	race("the domain of a grant", e, granted, (granted & ~0xffff0000UL) | 1234UL << 16, maps);
	race("the frame of a grant, a table", e, granted, (granted & 0xffffffffUL) | kit_va_to_mfn((void *)kit_start_info->pt_base) << 32, maps);
	race("the frame of a grant, the hypervisor's", e, granted, (granted & 0xffffffffUL) | 0x200UL << 32, maps);
	e->flags = 0;
	kit_mmu_update(kit_pte_maddr(window), home);
	CHECK(!(e->flags & (GTF_reading | GTF_writing)), "no mark is left");
	memset(plain, 0x77, sizeof(plain));
	copies[0] = (struct gnttab_copy){ .source = { .u.gmfn = kit_va_to_mfn(plain), .domid = DOMID_SELF },
					  .dest = { .u.gmfn = kit_va_to_mfn(other), .domid = DOMID_SELF, .offset = 4088 }, .len = 8 };
	/* Beyond other's last word there is somebody else's frame. */
	race("the length of a copy", &copies[0].len, 8, 0xffff, copy_some);
	race("the offset of a copy", &copies[0].dest.domid, DOMID_SELF | 4088UL << 16, DOMID_SELF | 4094UL << 16, copy_some);
	memset(other, 0, sizeof(other));
	memset(plain, 0, sizeof(plain));
}

/* ---- memory -------------------------------------------------------------------------------------------------- */

static struct xen_memory_exchange exchange;
static uint64_t in_list[1], out_list[1];

/* Our page for another, with a list that names the root in every other moment: only ours may go. */
static void exchanges(void)
{
	uint64_t *p2m = (uint64_t *)kit_start_info->mfn_list, pfn = ((uint64_t)table - KIT_VIRT_BASE) / PAGE_SIZE;

	while (more()) {
		exchange = (struct xen_memory_exchange){
			.in = { .extent_start = (uint64_t)in_list, .nr_extents = 1, .domid = DOMID_SELF },
			.out = { .extent_start = (uint64_t)out_list, .nr_extents = 1, .domid = DOMID_SELF },
		};
		out_list[0] = pfn;
		if (hypercall2(__HYPERVISOR_memory_op, XENMEM_exchange, &exchange))
			continue;
		/* It can have been ours only, and only once. */
		if (p2m[pfn] != in_list[0] && in_list[0] != two)
			forbidden++;
		p2m[pfn] = out_list[0];
		one = out_list[0];
	}
}

static void test_memory(void)
{
	uint64_t pages = reservation();

	CHECK_EQ(kit_set_pte(table, 0), 0, "a page without a mapping");
	race("the frames of an exchange", in_list, kit_va_to_mfn(table), kit_va_to_mfn((void *)kit_start_info->pt_base), exchanges);
	CHECK(!kit_make_writable(table), "a page is in its place");
	CHECK_EQ(reservation(), pages, "and as many as before");
	CHECK(unreferenced(table), "and nobody refers to it");
}

/* ---- vCPUs and ports -------------------------------------------------------------------------------------------- */

static struct trap_info traps[2];

static void handlers(void)
{
	while (more()) {
		hypercall1(__HYPERVISOR_set_trap_table, traps);
		/* A handler that is not canonical would be our end when it is called. */
		__asm__ volatile("int $0x80");
	}
}

extern char fetch_handler[];
__asm__(".pushsection .text\nfetch_handler:\n\tpop %rcx; pop %r11; push $0; push %rcx; push %r11; push %rax\n"
	"\tmov $23, %eax; syscall\n.popsection");

static void test_handlers(void)
{
	traps[0] = (struct trap_info){ .vector = 0x80, .flags = 3, .cs = FLAT_RING3_CS64, .address = (uint64_t)fetch_handler };
	hypercall1(__HYPERVISOR_set_trap_table, traps);
	race("the handler of a vector", &traps[0].address, (uint64_t)fetch_handler, 0x8000000000000000UL, handlers);
}

static struct vcpu_guest_context context;

static void initialise(void)
{
	long rc;

	while (more()) {
		rc = hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_initialise, 3, &context);
		if (rc == -XEN_EEXIST || rc == -XEN_ENOENT)
			break;
	}
	rounds = 100;
}

static void test_context(void)
{
	uint64_t root = kit_va_to_mfn((void *)kit_start_info->pt_base) << 12;

	if (hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_is_up, 3, 0))
		return;
	context.flags = VGCF_in_kernel;
	context.user_regs.rflags = 0x200;
	context.ctrlreg[3] = root;
	race("the root of a vCPU", &context.ctrlreg[3], root, 0x200000, initialise);
	/* Its root is the one or there is none: either way ours is what it was. */
	CHECK_EQ(kit_mmuext(MMUEXT_NEW_BASEPTR, root >> 12), 0, "the root is a root");
}

void kit_main(struct start_info *si)
{
	(void)si;
	kit_map_shared_info();
	kit_traps_init();
	CHECK_EQ(kit_smp_init(2), 2, "two vCPUs");
	home = pte_of(window);
	own_domid();
	test_tables();
	test_descriptors();
	test_grants();
	test_memory();
	test_handlers();
	test_context();
	CHECK(unreferenced(plain) && unreferenced(other) && unreferenced(gdt) && unreferenced(tree), "nothing is left of it all");
	tap_done();
}
