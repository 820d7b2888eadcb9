/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Traps as a guest kernel sees them (pv-abi 3): which vector and error code, where rip stands, what the frame holds;
 * the privileged instructions that are emulated instead; the forced-emulation CPUID.
 */
#include <abi/physdev.h>
#include "kit/kit.h"

#define C_ ,	/* a comma inside a macro argument */

static struct kit_frame seen;
static unsigned int hits;

static void record(struct kit_frame *f)
{
	seen = *f;
	hits++;
}

static void expect_fault(const char *what, unsigned int vector, uint64_t error)
{
	CHECK(kit_fault.seen && kit_fault.vector == vector && kit_fault.error == error,
	      "%s: vector %lu error %lx, expected %u %lx", what, kit_fault.seen ? kit_fault.vector : 999UL,
	      kit_fault.error, vector, error);
}

static void test_faults(void)
{
	uint64_t zero = 0, value;

	KIT_TRY("ud2", , "r"(0));
	expect_fault("ud2", 6, 0);
	KIT_TRY("divq %0", , "r"(zero), "a"(1), "d"(0));
	expect_fault("divide by zero", 0, 0);
	KIT_TRY("hlt", , "r"(0));
	expect_fault("hlt", 13, 0);
	KIT_TRY("mov %0, %%ds", , "r"(0x0008));
	CHECK(kit_fault.seen && kit_fault.vector == 13, "a selector outside the GDT faults");
	KIT_TRY("lgdt %0", , "m"(seen));
	expect_fault("lgdt", 13, 0);
	KIT_TRY("mov (%1), %0", "=r"(value), "r"(0x0000123456789000UL));
	expect_fault("read of nothing", 14, 0);
	CHECK(kit_fault.cr2 == 0x0000123456789000UL, "cr2 is the address");
	KIT_TRY("mov %0, (%1)", , "r"(1UL), "r"(0x0000123456789000UL));
	expect_fault("write of nothing", 14, 2);
	KIT_TRY("mov (%1), %0", "=r"(value), "r"(0x0000800000000000UL));
	expect_fault("non-canonical read", 13, 0);
	KIT_TRY("mov (%1), %0", "=r"(value), "r"(0xffff830000000000UL));
	CHECK(kit_fault.seen && kit_fault.vector == 14, "the direct map is out of reach");
	KIT_TRY("mov (%1), %0", "=r"(value), "r"(0xffff828000200000UL));
	CHECK(kit_fault.seen && kit_fault.vector == 14, "the hypervisor's image is out of reach");
	KIT_TRY("mov %0, (%1)", , "r"(1UL), "r"(0xffff800000000000UL));
	CHECK(kit_fault.seen && kit_fault.vector == 14, "M2P cannot be written");
	KIT_TRY("mov (%1), %0", "=r"(value), "r"(0xffff803ffffff000UL));
	CHECK(kit_fault.seen && kit_fault.vector == 14, "a hole of M2P faults");
}

static void test_interrupt_instructions(void)
{
	uint64_t after;

	kit_trap_handler(3, record);
	kit_trap_handler(0x80, record);
	hits = 0;
	__asm__ volatile("lea 1f(%%rip), %0\n\tint3\n1:" : "=r"(after) : : "memory");
	CHECK(hits == 1 && seen.rip == after, "int3: rip stands behind it");
	CHECK((seen.cs & 3) == 0, "cs of the guest kernel has RPL 0 in the frame");
	CHECK((seen.ss & 3) == 3, "ss keeps RPL 3");
	CHECK(!(seen.rflags & 0x200), "IF in the frame is the inverse of the upcall mask");
	hits = 0;
	__asm__ volatile("lea 1f(%%rip), %0\n\tint $0x80\n1:" : "=r"(after) : : "memory");
	CHECK(hits == 1 && seen.rip == after, "int 0x80 is a software interrupt");
	kit_trap_handler(3, NULL);
	kit_trap_handler(0x80, NULL);
	KIT_TRY("int $0x81", , "r"(0));
	CHECK(kit_fault.seen && kit_fault.vector == 13, "int 0x81 has no handler and faults");
}

/* The frame restores every register. */
static void test_registers_survive(void)
{
	uint64_t bad;

	kit_trap_handler(3, record);
	__asm__ volatile("mov $0x1111, %%rbx; mov $0x2222, %%r12; mov $0x3333, %%r15; mov $0x4444, %%rcx; mov $0x5555, %%r11\n\t"
			 "mov $0x6666, %%rdi; int3\n\t"
			 "xor $0x1111, %%rbx; xor $0x2222, %%r12; xor $0x3333, %%r15; xor $0x4444, %%rcx; xor $0x5555, %%r11\n\t"
			 "xor $0x6666, %%rdi\n\t"
			 "mov %%rbx, %0; or %%r12, %0; or %%r15, %0; or %%rcx, %0; or %%r11, %0; or %%rdi, %0"
			 : "=&r"(bad) : : "rbx", "r12", "r15", "rcx", "r11", "rdi", "memory", "cc");
	kit_trap_handler(3, NULL);
	CHECK(bad == 0, "registers survive a trap and iret");
	__asm__ volatile("mov $0x1111, %%rbx; mov $0x2222, %%r12; mov $17, %%eax; xor %%edi, %%edi; xor %%esi, %%esi; syscall\n\t"
			 "xor $0x1111, %%rbx; xor $0x2222, %%r12; mov %%rbx, %0; or %%r12, %0"
			 : "=&r"(bad) : : "rax", "rbx", "r12", "rcx", "r11", "rdi", "rsi", "memory", "cc");
	CHECK(bad == 0, "registers survive a hypercall");
}

static void test_cpuid(void)
{
	uint32_t a = 0x40000000, b, c = 0, d;

	__asm__ volatile("ud2; .ascii \"xen\"; cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	CHECK(b == 0x566e6558 && c == 0x65584d4d && d == 0x4d4d566e, "leaf 40000000 is XenVMMXenVMM");
	CHECK(a >= 0x40000002, "highest hypervisor leaf is %x", a);
	a = 0x40000001, c = 0;
	__asm__ volatile("ud2; .ascii \"xen\"; cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	CHECK_EQ(a, 0x40011, "leaf 40000001 is 4.17");
	a = 1, c = 0;
	__asm__ volatile("ud2; .ascii \"xen\"; cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	CHECK(c & 1U << 31, "leaf 1 has the hypervisor bit");
	/* MTRR is hidden from guests; a control domain may see it (it does on Xen), and Linux ignores it. */
	CHECK(!(d & 1U << 13), "leaf 1 hides PGE: edx is %x", d);
	CHECK(!(c & 1U << 21) && !(c & 1U << 5), "leaf 1 hides x2APIC and VMX: ecx is %x", c);
}

static void test_privileged(void)
{
	struct physdev_set_iopl iopl = { .iopl = 1 };
	uint64_t cr0 = 0, cr3 = 0, cr4 = 0;
	uint32_t lo = 0, hi = 0;
	uint8_t byte = 0;

	KIT_TRY("cli", , "r"(0));
	expect_fault("cli with IOPL 0", 13, 0);
	KIT_TRY("in $0x80, %%al", "=a"(byte), "r"(0));
	CHECK(kit_fault.seen && kit_fault.vector == 13, "in with IOPL 0 faults");
	CHECK_EQ(hypercall2(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl, &iopl), 0, "IOPL 1");
	KIT_TRY("cli; sti", , "r"(0));
	CHECK(!kit_fault.seen, "cli and sti with IOPL 1 do nothing");
	KIT_TRY("mov %%cr0, %0", "=r"(cr0), "r"(0));
	CHECK(!kit_fault.seen && (cr0 & 0x80000001) == 0x80000001, "cr0 reads %lx", cr0);
	KIT_TRY("mov %%cr3, %0", "=r"(cr3), "r"(0));
	CHECK(!kit_fault.seen && cr3 >> 12 == kit_va_to_mfn((void *)kit_start_info->pt_base), "cr3 is the root's machine address");
	KIT_TRY("mov %%cr4, %0", "=r"(cr4), "r"(0));
	CHECK(!kit_fault.seen && (cr4 & 0x20), "cr4 reads %lx", cr4);
	KIT_TRY("mov %0, %%cr4", , "r"(cr4 | 1UL << 13));
	CHECK(kit_fault.seen || ({ KIT_TRY("mov %%cr4, %0", "=r"(cr4), "r"(0)); !(cr4 & 1UL << 13); }), "cr4.VMXE is not given");
	KIT_TRY("mov %0, %%cr0", , "r"(cr0 & ~0x80000000UL));
	expect_fault("paging cannot be turned off", 13, 0);
	KIT_TRY("rdmsr", "=a"(lo) C_ "=d"(hi), "c"(0x277));
	CHECK(!kit_fault.seen && lo == 0x00070406 && hi == 0x0501, "PAT is %x%08x", hi, lo);
	KIT_TRY("rdmsr", "=a"(lo) C_ "=d"(hi), "c"(0xc0000080));
	CHECK(!kit_fault.seen && (lo & 0x501) == 0x501, "EFER is %x", lo);
	KIT_TRY("wrmsr", , "a"(0), "d"(0), "c"(0xc0000080));
	CHECK(kit_fault.seen || ({ KIT_TRY("rdmsr", "=a"(lo) C_ "=d"(hi), "c"(0xc0000080)); lo & 0x400; }), "EFER cannot be cleared");
	KIT_TRY("wrmsr", , "a"(0x5000), "d"(0), "c"(0xc0000101));
	CHECK(!kit_fault.seen, "GS base is written");
	KIT_TRY("rdmsr", "=a"(lo) C_ "=d"(hi), "c"(0xc0000101));
	CHECK(!kit_fault.seen && lo == 0x5000 && hi == 0, "and read back");
	KIT_TRY("wrmsr", , "a"(0), "d"(0x8000), "c"(0xc0000101));
	CHECK(kit_fault.seen, "a GS base that is not canonical faults");
	KIT_TRY("in $0x21, %%al", "=a"(byte), "r"(0));
	CHECK(!kit_fault.seen && byte == 0xff, "the interrupt controller's port reads all ones");
	KIT_TRY("invlpg (%0)", , "r"(&seen));
	expect_fault("invlpg is no emulated instruction", 13, 0);
}

void kit_main(struct start_info *si)
{
	(void)si;
	kit_map_shared_info();
	kit_traps_init();
	test_faults();
	test_interrupt_instructions();
	test_registers_survive();
	test_cpuid();
	test_privileged();
	tap_done();
}
