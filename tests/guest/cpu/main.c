/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The processor as a guest kernel has it: CPUID behind the prefix, control and model-specific registers, the FPU and
 * extended states over a sleep, breakpoints, LDT, port permissions. What needs XSAVE or AVX is left out where there is none.
 */
#include <abi/physdev.h>
#include <abi/sched.h>
#include "kit/kit.h"

#define HV_LEAF		0x40000000u
#define CR4_OSXSAVE	(1UL << 18)
#define ECX_XSAVE	(1u << 26)
#define ECX_OSXSAVE	(1u << 27)
#define ECX_AVX		(1u << 28)
#define ECX_HYPERVISOR	(1u << 31)
#define MSR_PAT		0x277
#define SLEEP_NS	20000000UL

static uint8_t page[PAGE_SIZE] PAGE_ALIGNED;
static volatile uint32_t watched __attribute__((aligned(8)));
static volatile unsigned int hits;
static volatile uint64_t hit_dr6;

struct cpuid { uint32_t a, b, c, d; };

static struct cpuid cpuid(uint32_t leaf, uint32_t subleaf)
{
	struct cpuid r;

	__asm__ volatile("ud2; .ascii \"xen\"; cpuid" : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d) : "a"(leaf), "c"(subleaf));
	return r;
}

/* Another vCPU, or none, has this CPU meanwhile. */
static void sleep_a_little(void)
{
	struct sched_poll p = { .timeout = kit_vcpu_info()->time.system_time + SLEEP_NS };

	for (unsigned int i = 0; i < 5; i++) {
		p.timeout += SLEEP_NS;
		hypercall2(__HYPERVISOR_sched_op, SCHEDOP_poll, &p);
		hypercall2(__HYPERVISOR_sched_op, SCHEDOP_yield, 0);
	}
}

static void leaves(void)
{
	struct cpuid r = cpuid(HV_LEAF, 0), t = cpuid(HV_LEAF + 3, 0);
	uint8_t flags = kit_vcpu_info()->time.flags;

	CHECK(r.a >= HV_LEAF + 5 && r.b == 0x566e6558 && r.c == 0x65584d4d && r.d == 0x4d4d566e, "XenVMMXenVMM, last leaf %x", r.a);
	CHECK_EQ(cpuid(HV_LEAF + 1, 0).a, 0x40011, "version leaf");
	r = cpuid(HV_LEAF + 2, 0);
	CHECK(r.a == 1 && r.b == 0x40000000 && (r.c & 1), "one hypercall page by MSR 40000000");
	CHECK_EQ(t.b, 0, "TSC mode");
	/* Xen says 0 for dom0. */
	CHECK(t.c == 0 || t.c > 1000, "TSC of %u kHz", t.c);
	CHECK_EQ(t.a & 1, 0, "dom0's TSC is not emulated");
	CHECK_EQ(t.a >> 1 & 1, flags & XEN_PVCLOCK_TSC_STABLE_BIT, "the leaf and the clock agree on whether the TSC is stable");
	CHECK_EQ(cpuid(HV_LEAF + 4, 0).a, 0, "nothing of HVM");
	CHECK(cpuid(HV_LEAF + 5, 0).b >= 28, "machine addresses");
	CHECK(cpuid(HV_LEAF + 0x100, 0).b != 0x566e6558, "no second signature");
	r = cpuid(1, 0);
	CHECK(r.c & ECX_HYPERVISOR, "a hypervisor is told");
	CHECK_EQ(r.c & (1u << 3 | 1u << 5 | 1u << 6 | 1u << 17 | 1u << 21), 0, "no MONITOR, VMX, SMX, PCID, x2APIC");
	CHECK_EQ(r.d & (1u << 3 | 1u << 13), 0, "no PSE, PGE");
}

static uint64_t read_cr4(void)
{
	uint64_t v;

	__asm__ volatile("mov %%cr4, %0" : "=r"(v));
	return v;
}

static void write_cr4(uint64_t v)
{
	__asm__ volatile("mov %0, %%cr4" : : "r"(v));
}

static void registers(void)
{
	uint32_t lo, hi;
	uint64_t cr0;

	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(MSR_PAT));
	CHECK_EQ((uint64_t)hi << 32 | lo, 0x050100070406, "PAT");
	__asm__ volatile("mov %%cr0, %0" : "=r"(cr0));
	CHECK_EQ(cr0, 0x80050033, "CR0");
	KIT_TRY("mov %0, %%cr0", , "r"(cr0 ^ (1UL << 16)));
	CHECK(kit_fault.seen && kit_fault.vector == 13, "CR0 without WP is refused");
	CHECK(read_cr4() & (1UL << 5), "CR4 has PAE");
	KIT_TRY("wrmsr", , "a"(0), "d"(0), "c"(0xc0000080));
	CHECK(kit_fault.seen && kit_fault.vector == 13, "EFER of another value is refused");
	KIT_TRY("rdmsr", , "a"(0), "d"(0), "c"(0x12345));
	CHECK(kit_fault.seen && kit_fault.vector == 13, "an MSR that is not");
}

static bool xsetbv_faults(uint32_t index, uint64_t value)
{
	KIT_TRY("xsetbv", , "a"((uint32_t)value), "d"((uint32_t)(value >> 32)), "c"(index));
	return kit_fault.seen;
}

static uint64_t xgetbv(void)
{
	uint32_t lo, hi;

	__asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
	return (uint64_t)hi << 32 | lo;
}

static void avx(void)
{
	static uint8_t in[32], out[32];

	for (unsigned int i = 0; i < 32; i++)
		in[i] = (uint8_t)(i * 7 + 1);
	CHECK(!xsetbv_faults(0, 7), "XCR0 with AVX");
	CHECK_EQ(xgetbv(), 7, "read back");
	CHECK(cpuid(0xd, 0).b >= 832, "the area grows with it");
	__asm__ volatile("vmovdqu %0, %%ymm7" : : "m"(in));
	sleep_a_little();
	__asm__ volatile("vmovdqu %%ymm7, %0" : "=m"(out));
	CHECK(!memcmp(in, out, 32), "a vector register lives over a sleep");
	CHECK_EQ(xgetbv(), 7, "and so does XCR0");
}

static void extended_states(void)
{
	uint64_t cr4 = read_cr4();
	uint64_t all;

	if (!(cpuid(1, 0).c & ECX_XSAVE)) {
		CHECK(true, "no XSAVE here # skip");
		return;
	}
	CHECK(!(cr4 & CR4_OSXSAVE) && (cpuid(1, 0).c & ECX_OSXSAVE), "OSXSAVE is told before CR4 has it, so that a kernel sets it");
	write_cr4(cr4 | CR4_OSXSAVE);
	CHECK(cpuid(1, 0).c & ECX_OSXSAVE, "OSXSAVE is on");
	all = cpuid(0xd, 0).a | (uint64_t)cpuid(0xd, 0).d << 32;
	CHECK(xsetbv_faults(0, 0), "XCR0 0");
	CHECK(xsetbv_faults(0, 5), "XCR0 with AVX without SSE");
	CHECK(xsetbv_faults(0, ~all | 3), "XCR0 with what there is not");
	CHECK(xsetbv_faults(1, 3), "XCR1");
	CHECK(!xsetbv_faults(0, 3), "XCR0 3");
	CHECK_EQ(xgetbv(), 3, "read back");
	CHECK_EQ(cpuid(0xd, 0).b, 576, "area of x87 and SSE");
	if (cpuid(1, 0).c & ECX_AVX)
		avx();
}

static void fpu(void)
{
	uint64_t pi = 0, again = 0;

	__asm__ volatile("fninit; fldpi; fstpl %0; fldpi" : "=m"(pi));
	sleep_a_little();
	__asm__ volatile("fstpl %0" : "=m"(again));
	CHECK(pi && pi == again, "an x87 register lives over a sleep");
	CHECK_EQ(hypercall1(__HYPERVISOR_fpu_taskswitch, 1), 0, "TS set");
	KIT_TRY("fninit", , "a"(0));
	CHECK(kit_fault.seen && kit_fault.vector == 7, "the next x87 instruction is #NM");
	KIT_TRY("fninit", , "a"(0));
	CHECK(!kit_fault.seen, "which clears it");
}

static void on_debug(struct kit_frame *f)
{
	hits++;
	hit_dr6 = (uint64_t)hypercall1(__HYPERVISOR_get_debugreg, 6);
	hypercall2(__HYPERVISOR_set_debugreg, 6, 0);
	f->rflags = (f->rflags & ~0x100UL) | 0x10000;	/* no more steps; RF: over a breakpoint on code */
}

static void set_dr(unsigned int n, uint64_t v)
{
	if (hypercall2(__HYPERVISOR_set_debugreg, n, v))
		CHECK(false, "DR%u", n);
}

static void breakpoints(void)
{
	extern char here[];
	struct { char text[1024]; } *text = (void *)page;

	kit_trap_handler(1, on_debug);
	hits = 0;
	set_dr(0, (uint64_t)&watched);
	set_dr(7, 0xd0003);	/* DR0, stores, four bytes; global and local */
	watched = 1;
	CHECK_EQ(hits, 1, "a store to a watched word");
	CHECK_EQ(hit_dr6 & 0xf, 1, "by DR0");
	sleep_a_little();
	watched = 2;
	CHECK_EQ(hits, 2, "and after a sleep");
	(void)watched;
	CHECK_EQ(hits, 2, "not a load");
	/* The hypervisor's own store to it is nobody's breakpoint. */
	set_dr(0, (uint64_t)page);
	CHECK_EQ(hypercall2(__HYPERVISOR_xen_version, 1, text), 0, "the hypervisor stores to a watched word");
	CHECK(page[0] != 0, "and it is there");
	set_dr(7, 0);
	watched = 3;
	CHECK_EQ(hits, 2, "nothing when disabled");
	set_dr(1, (uint64_t)here);
	set_dr(7, 0xc);
	__asm__ volatile("nop; .global here; here: nop" : : : "memory");
	CHECK_EQ(hits, 3, "a breakpoint on code");
	CHECK_EQ(hit_dr6 & 0xf, 2, "by DR1");
	set_dr(7, 0);
	__asm__ volatile("pushf; orl $0x100, (%%rsp); popf; nop" : : : "memory", "cc");
	CHECK_EQ(hits, 4, "a single step");
	CHECK_EQ(hit_dr6 >> 14 & 1, 1, "is told as such");
}

static void ldt(void)
{
	struct mmuext_op op = { .cmd = MMUEXT_SET_LDT, .arg1.linear_addr = (uint64_t)page, .arg2.nr_ents = 8 };
	uint64_t base = 0x12345000, *entries = (uint64_t *)page;
	uint16_t sel = 2 << 3 | 4 | 3, got;
	uint32_t limit = 0;

	memset(page, 0, sizeof(page));
	/* Data, ring 3, writable, limit 0xfff. */
	entries[2] = 0x0040f20000000fffUL | (base & 0xffffff) << 16 | (base >> 24) << 56;
	CHECK_EQ(kit_make_readonly(page), 0, "page read-only");
	CHECK_EQ(hypercall4(__HYPERVISOR_mmuext_op, &op, 1, 0, DOMID_SELF), 0, "SET_LDT");
	KIT_TRY("mov %w0, %%es", , "r"((uint32_t)sel));
	CHECK(!kit_fault.seen, "a selector of the LDT");
	__asm__ volatile("lsl %1, %0" : "+r"(limit) : "r"((uint32_t)sel) : "cc");
	CHECK_EQ(limit, 0xfff, "its limit");
	sleep_a_little();
	__asm__ volatile("mov %%es, %0" : "=r"(got));
	CHECK_EQ(got, sel, "it lives over a sleep");
	KIT_TRY("mov %w0, %%es", , "r"(100u << 3 | 7));
	CHECK(kit_fault.seen && kit_fault.vector == 13, "one beyond its end");
	__asm__ volatile("mov %0, %%es" : : "r"((uint16_t)0));
	op.arg2.nr_ents = 0;
	CHECK_EQ(hypercall4(__HYPERVISOR_mmuext_op, &op, 1, 0, DOMID_SELF), 0, "no LDT");
	CHECK_EQ(kit_make_writable(page), 0, "page writable");
}

static void ports(void)
{
	struct physdev_set_iopl iopl = { .iopl = 0 };
	struct physdev_set_iobitmap map = { .bitmap = (uint64_t)page, .nr_ports = 1024 };

	CHECK_EQ(hypercall2(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl, &iopl), 0, "IOPL 0");
	KIT_TRY("outb %%al, $0x80", , "a"(0));
	CHECK(kit_fault.seen && kit_fault.vector == 13, "no port without privilege");
	memset(page, 0xff, sizeof(page));
	page[0x80 / 8] = 0xfe;
	CHECK_EQ(hypercall2(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iobitmap, &map), 0, "a bitmap");
	KIT_TRY("outb %%al, $0x80", , "a"(0));
	CHECK(!kit_fault.seen, "a port that it allows");
	KIT_TRY("outb %%al, $0x84", , "a"(0));
	CHECK(kit_fault.seen, "one that it does not");
	KIT_TRY("outw %%ax, $0x80", , "a"(0));
	CHECK(kit_fault.seen, "two of which it allows one");
	map = (struct physdev_set_iobitmap){ 0 };
	CHECK_EQ(hypercall2(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iobitmap, &map), 0, "no bitmap");
	iopl.iopl = 1;
	CHECK_EQ(hypercall2(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl, &iopl), 0, "IOPL 1");
	KIT_TRY("outb %%al, $0x84", , "a"(0));
	CHECK(!kit_fault.seen, "all ports");
}

void kit_main(struct start_info *si)
{
	(void)si;
	kit_map_shared_info();
	kit_traps_init();
	leaves();
	registers();
	extended_states();
	fpu();
	breakpoints();
	ldt();
	ports();
	tap_done();
}
