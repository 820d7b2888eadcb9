/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Descriptors (pv-abi 2.1, 1.9): which ones a guest may have in a GDT or LDT and what becomes of them, by each way they
 * get there; and then every selector there is, the hypervisor's own among them, is loaded, jumped to and
 * returned to with every requested privilege: nothing may arrive anywhere but in ring 3.
 */
#include <abi/memory.h>
#include "hostile/common/hostile.h"

#define DESC(access, flags)	(0x0000ffffUL | 0x000f000000000000UL | (uint64_t)(access) << 40 | (uint64_t)(flags) << 52)
#define GATE(sel, access)	(0x1234UL | (uint64_t)(sel) << 16 | (uint64_t)(access) << 40)
#define SLOT			9		/* of the GDT: single descriptors are tried here */
#define MARK			0xe008		/* the hypervisor's code segment stands somewhere here */

static uint64_t gdt[512] PAGE_ALIGNED, ldt[2][512] PAGE_ALIGNED, raw[512] PAGE_ALIGNED;
static uint8_t window[PAGE_SIZE] PAGE_ALIGNED;

/* ---- what is accepted ------------------------------------------------------------------------------- */

static long set_gdt(const void *page, unsigned int entries)
{
	uint64_t frame = page ? kit_va_to_mfn(page) : 0;

	return hypercall2(__HYPERVISOR_set_gdt, &frame, entries);
}

static long update(const uint64_t *at, uint64_t value)
{
	return hypercall2(__HYPERVISOR_update_descriptor, (kit_va_to_mfn(at) << 12) + ((uint64_t)at & (PAGE_SIZE - 1)), value);
}

/* But for what a hypervisor may change: "accessed", and a gate's requested privilege (Xen's is always 3). */
static uint64_t essence(uint64_t desc)
{
	return desc | (desc >> 44 & 1 ? 1UL << 40 : 3UL << 16);
}

/* One descriptor by each of three ways; `want` is what it becomes, 0 if it is refused. */
static bool treated(uint64_t desc, uint64_t want, bool accept)
{
	long rc = update(&gdt[SLOT], desc);
	bool ok;

	if (accept ? rc || essence(gdt[SLOT]) != essence(want) : rc != -XEN_EINVAL)
		return false;
	update(&gdt[SLOT], 0);
	/* Written by the guest before the page becomes a GDT. */
	raw[SLOT] = desc;
	if (kit_make_readonly(raw))
		return false;
	rc = set_gdt(raw, 512);
	ok = accept ? !rc && essence(raw[SLOT]) == essence(want) : rc == -XEN_EINVAL;
	set_gdt(gdt, 512);
	if (kit_make_writable(raw))
		return false;
	raw[SLOT] = 0;
	/* Into an ordinary page: checked all the same. */
	rc = update(&raw[SLOT + 1], desc);
	ok &= accept ? !rc : rc == -XEN_EINVAL;
	raw[SLOT + 1] = 0;
	return ok;
}

static void test_acceptance(void)
{
	unsigned int wrong = 0;

	for (unsigned int access = 0; access < 128; access++)
		wrong += !treated(DESC(access, 10), DESC(access, 10), true);
	CHECK(!wrong, "what is not present is let alone: %u wrong", wrong);
	wrong = 0;
	for (unsigned int access = 0; access < 128; access++)
		for (unsigned int flags = 0; flags < 16; flags++)
			if (access & 0x10)
				wrong += !treated(DESC(0x80 | access, flags), DESC(0xe0 | access, flags), true);
	CHECK(!wrong, "code and data, conforming or not, is of ring 3: %u wrong", wrong);
	for (unsigned int type = 1; type < 16; type++)
		if (type != 12)
			CHECK(treated(DESC(0x80 | type, 0), 0, false) && treated(DESC(0xe0 | type, 0), 0, false),
			      "no system segment or gate of type %u", type);
	for (unsigned int dpl = 0; dpl < 4; dpl++) {
		/* DPL 0, the wish is kept in the selector. */
		CHECK(treated(GATE(0x48, 0x8c | dpl << 5), GATE(0x48 | dpl, 0x8c), true), "a call gate of DPL %u faults", dpl);
		CHECK(treated(GATE(MARK, 0x8c | dpl << 5), 0, false), "and not one to the hypervisor's code");
		CHECK(treated(GATE(0xe010 | dpl, 0x8c | dpl << 5), 0, false), "nor to its data");
	}
}

static void test_ways_round(void)
{
	uint64_t at = (kit_va_to_mfn(gdt) << 12) + SLOT * 8, frames[16], before = gdt[SLOT];

	CHECK(kit_mmu_update(at, DESC(0x9a, 2)) == -XEN_EINVAL && gdt[SLOT] == before, "a GDT is not changed by mmu_update");
	CHECK_EQ(kit_make_writable(gdt), -XEN_EBUSY, "nor mapped writable");
	CHECK_EQ(hypercall2(__HYPERVISOR_update_descriptor, at + 4, 0), -XEN_EINVAL, "a descriptor is aligned");
	CHECK_EQ(hypercall2(__HYPERVISOR_update_descriptor, 0x200000, 0), -XEN_EINVAL, "and not in the hypervisor");
	CHECK_EQ(hypercall2(__HYPERVISOR_update_descriptor, 1UL << 51, 0), -XEN_EINVAL, "nor above all memory");
	CHECK_EQ(hypercall2(__HYPERVISOR_update_descriptor, kit_start_info->pt_base - KIT_VIRT_BASE, 0), -XEN_EINVAL, "nor elsewhere");
	for (unsigned int i = 0; i < 16; i++)
		frames[i] = kit_va_to_mfn(gdt);
	CHECK_EQ(hypercall2(__HYPERVISOR_set_gdt, frames, 7168), 0, "14 pages");
	CHECK_EQ(hypercall2(__HYPERVISOR_set_gdt, frames, 7169), -XEN_EINVAL, "and no entry more");
	CHECK_EQ(hypercall2(__HYPERVISOR_set_gdt, frames, ~0U), -XEN_EINVAL, "nor all there could be");
	frames[13] = kit_va_to_mfn((void *)kit_start_info->pt_base);
	CHECK_EQ(hypercall2(__HYPERVISOR_set_gdt, frames, 7168), -XEN_EINVAL, "not with a page table as the last");
	frames[13] = kit_start_info->shared_info >> 12;
	CHECK_EQ(hypercall2(__HYPERVISOR_set_gdt, frames, 7168), -XEN_EINVAL, "nor the shared page");
	frames[13] = 0x200;
	CHECK_EQ(hypercall2(__HYPERVISOR_set_gdt, frames, 7168), -XEN_EINVAL, "nor a page of the hypervisor");
	frames[13] = ~0UL >> 12;
	CHECK_EQ(hypercall2(__HYPERVISOR_set_gdt, frames, 7168), -XEN_EINVAL, "nor one that is not");
	CHECK_EQ(set_gdt(gdt, 512), 0, "one page again");
	CHECK_EQ(set_gdt(window, 512), -XEN_EINVAL, "not one that is mapped writable");
}

/* ---- what can be done with them ------------------------------------------------------------------------ */

uint64_t far_saved_rsp, far_landed, far_target[2];
void far_try(uint64_t selector, uint64_t how);
extern const char far_recover[];

__asm__(".pushsection .text\n"
	"far_try: push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
	"mov %rsp, far_saved_rsp(%rip)\n"
	"movq $-1, far_landed(%rip)\n"
	"lea 4f(%rip), %rax\n"
	"cmp $1, %esi; je 1f; cmp $2, %esi; je 2f\n"
	"push %rdi; push %rax; lretq\n"
	"1: mov %rsp, %rdx; pushq $0xe02b; push %rdx; pushfq; push %rdi; push %rax; iretq\n"
	"2: mov %rax, far_target(%rip); mov %rdi, far_target+8(%rip); .byte 0x48; ljmp *far_target(%rip)\n"
	"4: mov %cs, %eax; mov %rax, far_landed(%rip)\n"
	"pushq $0xe033; lea far_recover(%rip), %rax; push %rax; lretq\n"
	"far_recover: mov far_saved_rsp(%rip), %rsp\n"
	"pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx; ret\n"
	".popsection");

static void caught(struct kit_frame *f)
{
	/* Whatever code segment it was in. */
	f->rip = (uint64_t)far_recover;
	f->cs = FLAT_RING3_CS64 & ~3UL;
	f->ss = FLAT_RING3_SS64;
	f->rsp = far_saved_rsp;
}

static unsigned int try_selectors(uint16_t first, uint16_t last, unsigned int *landed)
{
	unsigned int wrong = 0;

	for (unsigned int sel = first; sel <= last; sel++) {
		if ((sel & 4) != (first & 4) || sel >> 3 == FLAT_RING3_CS32 >> 3)
			continue;
		for (unsigned int how = 0; how < 3; how++) {
			far_try(sel, how);
			*landed += far_landed != ~0UL;
			wrong += far_landed != ~0UL && (far_landed & 3) != 3;
		}
	}
	return wrong;
}

static unsigned int load_selectors(uint16_t first, uint16_t last)
{
	unsigned int odd = 0, rights;
	uint16_t cs;

	for (unsigned int sel = first; sel <= last; sel++) {
		KIT_TRY("mov %0, %%ds; mov %0, %%es; mov %0, %%fs", , "r"(sel));
		KIT_TRY("mov %0, %%ss", , "r"(sel));
		rights = sel;	/* LAR and LSL write their register */
		KIT_TRY("lar %0, %0; lsl %0, %0; verr %w0; verw %w0", "+r"(rights), "r"(0));
		__asm__ volatile("mov %%cs, %0" : "=r"(cs));
		odd += (cs & 3) != 3;
	}
	__asm__ volatile("mov %0, %%ds; mov %0, %%es; mov %0, %%fs; mov %1, %%ss" : : "r"(0), "r"(FLAT_RING3_SS64));
	return odd;
}

static void all_faults(kit_trap_fn fn)
{
	for (unsigned int v = 0; v < 32; v++)
		kit_trap_handler(v, fn);
	kit_trap_handler(KIT_FAILSAFE, fn);
}

/* The most that a page may hold: each kind of code and data there is, and gates. */
static unsigned int fill(uint64_t *page)
{
	unsigned int n = 1;

	for (unsigned int access = 0x90; access < 0x100; access++)
		if (access & 0x10)
			for (unsigned int flags = 0; flags < 16; flags += 2)
				/* A kernel that enters 32-bit code loses half of its stack pointer: its own affair. */
				if (n < 480 && (!(access & 8) || flags & 2))
					page[n++] = DESC(access, flags);
	for (unsigned int dpl = 0; dpl < 4; dpl++) {
		page[n++] = GATE(0xe033, 0x8c | dpl << 5) | 0xffffUL << 48;
		page[n++] = 0xffffffffUL;	/* its upper half */
	}
	return n;
}

static void test_gdt_use(void)
{
	unsigned int n, landed = 0, wrong;

	set_gdt(gdt, 0);
	CHECK_EQ(kit_make_writable(gdt), 0, "the GDT is ordinary between");
	n = fill(gdt);
	CHECK(!kit_make_readonly(gdt) && !set_gdt(gdt, n), "a GDT of %u entries", n);
	CHECK_EQ(load_selectors(0, (uint16_t)(n * 8 + 64)), 0, "all of them as data");
	all_faults(caught);
	wrong = try_selectors(0, (uint16_t)(n * 8 + 64), &landed);
	all_faults(NULL);
	CHECK(!wrong && landed, "all of them as code: %u landed, %u of them not in ring 3", landed, wrong);
}

static void test_reserved_use(void)
{
	unsigned int landed = 0, wrong;

	CHECK_EQ(load_selectors(0xe000, 0xe0ff), 0, "the reserved selectors as data");
	all_faults(caught);
	wrong = try_selectors(0xe000, 0xe0ff, &landed);
	wrong += try_selectors(0xfff8, 0xfffe, &landed);
	all_faults(NULL);
	CHECK(!wrong && landed, "the reserved selectors as code: %u landed, %u of them not in ring 3", landed, wrong);
	KIT_TRY("ltr %w0", , "r"(0xe040));
	CHECK(kit_fault.seen && kit_fault.vector == 13, "no task register");
	KIT_TRY("lldt %w0", , "r"(0xe040));
	CHECK(kit_fault.seen && kit_fault.vector == 13, "no LDT by its selector");
}

/* ---- the LDT -------------------------------------------------------------------------------------------- */

static long set_ldt(const void *base, uint32_t entries)
{
	struct mmuext_op op = { .cmd = MMUEXT_SET_LDT, .arg1.linear_addr = (uint64_t)base, .arg2.nr_ents = entries };

	return hypercall4(__HYPERVISOR_mmuext_op, &op, 1, 0, DOMID_SELF);
}

static bool loads(unsigned int index)
{
	KIT_TRY("mov %0, %%es", , "r"(index << 3 | 7));
	__asm__ volatile("mov %0, %%es" : : "r"(0));
	return !kit_fault.seen;
}

static void test_ldt(void)
{
	unsigned int n = fill(ldt[0]), landed = 0, wrong;

	ldt[1][3] = DESC(0x92, 4);
	CHECK_EQ(set_ldt(ldt, 1024), 0, "an LDT of two pages that are writable");
	CHECK(!loads(1) && !loads(512 + 3), "gives nothing");
	CHECK_EQ(kit_make_readonly(ldt[0]), 0, "the first is read-only");
	CHECK(loads(1), "and gives");
	CHECK_EQ(kit_make_writable(ldt[0]), -XEN_EBUSY, "and stays so");
	CHECK_EQ(load_selectors(4, (uint16_t)(n * 8 + 7)), 0, "all of it as data");
	all_faults(caught);
	wrong = try_selectors(4, (uint16_t)(n * 8 + 7), &landed);
	all_faults(NULL);
	CHECK(!wrong && landed, "all of it as code: %u landed, %u of them not in ring 3", landed, wrong);
	ldt[1][4] = DESC(0x89, 0);
	CHECK_EQ(kit_make_readonly(ldt[1]), 0, "the second holds a TSS");
	CHECK(!loads(512 + 3), "and gives nothing of it");
	CHECK_EQ(kit_make_writable(ldt[1]), 0, "nor is it bound");
	ldt[1][4] = 0;
	CHECK_EQ(kit_make_readonly(ldt[1]), 0, "without it");
	CHECK(loads(512 + 3), "it gives");
	CHECK(!loads(1024) && !loads(8191), "nothing is beyond its end");
	CHECK_EQ(set_ldt(NULL, 0), 0, "no LDT");
	CHECK(!loads(1), "is none");
	CHECK(!kit_make_writable(ldt[0]) && !kit_make_writable(ldt[1]), "its pages are ordinary");
	CHECK_EQ(set_ldt((void *)HV_START, 512), -XEN_EINVAL, "an LDT in the hypervisor");
	CHECK_EQ(set_ldt((void *)(HV_START - PAGE_SIZE), 8192), -XEN_EINVAL, "one that reaches into it");
	CHECK_EQ(set_ldt((void *)UNMAPPED, 512), 0, "one that is nowhere");
	CHECK(!loads(1), "gives nothing");
	CHECK_EQ(set_ldt((void *)kit_start_info->pt_base, 512), 0, "one in the page tables");
	CHECK(!loads(1), "gives nothing");
	CHECK_EQ(set_ldt(NULL, 0), 0, "no LDT");
}

void kit_main(struct start_info *si)
{
	(void)si;
	kit_map_shared_info();
	kit_traps_init();
	CHECK(!kit_make_readonly(gdt) && !set_gdt(gdt, 512), "a GDT");
	test_acceptance();
	test_ways_round();
	test_gdt_use();
	test_reserved_use();
	test_ldt();
	CHECK(!set_gdt(NULL, 0) && !kit_make_writable(gdt), "the GDT goes");
	CHECK(unreferenced(gdt) && unreferenced(raw) && unreferenced(ldt[0]) && unreferenced(ldt[1]), "and nothing is left of it all");
	tap_done();
}
