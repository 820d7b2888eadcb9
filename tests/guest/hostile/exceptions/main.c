/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exceptions in awkward places (pv-abi 3): NMIs that the guest sends itself, one inside another; single steps and
 * breakpoints over every way into the hypervisor, delayed by a stack-segment load so that they strike behind it
 * (CVE-2018-8897 and its kin); breakpoints on what the hypervisor itself touches for the guest; returns to what cannot be
 * returned to. The guest gets its exception or nothing, and goes on.
 */
#include <abi/callback.h>
#include <abi/event_channel.h>
#include <abi/vcpu.h>
#include "hostile/common/hostile.h"
#include "kit/events.h"

#define CODE		2	/* the one descriptor of the guest's GDT */
#define TF		0x100UL
#define RF		0x10000UL
#define DR7(n, type, len)	(1UL << ((n) * 2) | (uint64_t)((type) | (len) << 2) << (16 + (n) * 4))
enum { EXECUTE, WRITE, IO, READ_WRITE };
enum { BYTE, WORD, EIGHT, FOUR };

static uint64_t gdt[512] PAGE_ALIGNED, hot[512] PAGE_ALIGNED, trap_stack[1024] PAGE_ALIGNED;
static uint16_t shadow __attribute__((aligned(8))) = FLAT_RING3_SS64;
static volatile unsigned int nmis, depth, deepest, debugs, breaks;
static volatile uint64_t last_dr6;

/* ---- NMI -------------------------------------------------------------------------------------------- */

static long send_nmi(void)
{
	return hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_send_nmi, 0, 0);
}

static void on_nmi(struct kit_frame *f)
{
	(void)f;
	nmis++;
	if (++depth > deepest)
		deepest = depth;
	/* Masked until our return: the second one waits. */
	if (nmis == 1)
		send_nmi();
	depth--;
}

static void test_nmi(void)
{
	struct callback_register cb = { .type = CALLBACKTYPE_nmi, .address = (uint64_t)kit_stubs + 2 * 64 };
	struct callback_unregister none = { .type = CALLBACKTYPE_nmi };

	kit_trap_handler(2, on_nmi);
	CHECK_EQ(hypercall2(__HYPERVISOR_callback_op, CALLBACKOP_register, &cb), 0, "an NMI handler");
	CHECK_EQ(send_nmi(), 0, "an NMI to oneself");
	hypercall2(__HYPERVISOR_xen_version, 0, 0);
	CHECK(nmis == 2 && deepest == 1, "it comes, and the one sent by its handler after it: %u, %u deep", nmis, deepest);
	CHECK_EQ(hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_send_nmi, 0, 1), -XEN_EINVAL, "it has no argument");
	CHECK_EQ(hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_send_nmi, 500, 0), -XEN_ENOENT, "and one to nobody");
	/* Far more than can be counted: they merge, each at least one and at most one a send. */
	nmis = 1;
	for (unsigned int i = 0; i < 1000; i++)
		send_nmi();
	CHECK(nmis > 1 && nmis <= 1001, "a flood of them: %u", nmis - 1);
	CHECK_EQ(hypercall2(__HYPERVISOR_callback_op, CALLBACKOP_unregister, &none), 0, "no handler");
	CHECK_EQ(send_nmi(), 0, "an NMI to nobody");
}

/* ---- single steps -------------------------------------------------------------------------------------- */

static uint64_t dr(unsigned int n)
{
	return (uint64_t)hypercall1(__HYPERVISOR_get_debugreg, n);
}

static long set_dr(unsigned int n, uint64_t value)
{
	return hypercall2(__HYPERVISOR_set_debugreg, n, value);
}

static void on_debug(struct kit_frame *f)
{
	debugs++;
	last_dr6 = dr(6);
	set_dr(6, 0);
	f->rflags |= RF;
	/* Whatever armed it, it does not go on for ever. */
	if (debugs > 50) {
		f->rflags &= ~TF;
		set_dr(7, 0);
	}
}

static void on_break(struct kit_frame *f)
{
	(void)f;
	breaks++;
}

/* popf sets TF, the text runs under it, popf clears it. */
#define STEPPED(text, ...) do { \
	debugs = 0; \
	__asm__ volatile("pushf; orq $0x100, (%%rsp); popf\n\t" text "\n\tpushf; andq $~0x100, (%%rsp); popf" \
			 : : __VA_ARGS__ : "rax", "rbx", "rcx", "rdx", "rdi", "rsi", "r11", "memory", "cc"); \
} while (0)

static void test_steps(void)
{
	STEPPED("nop", "r"(0));
	CHECK(debugs >= 2 && debugs < 10 && last_dr6 & 1UL << 14, "single steps: %u, dr6 %lx", debugs, last_dr6);
	STEPPED("mov $17, %%eax; xor %%edi, %%edi; syscall", "r"(0));
	CHECK(debugs >= 3 && debugs < 15, "over a hypercall: %u", debugs);
	breaks = 0;
	STEPPED("int $0x80", "r"(0));
	CHECK(breaks == 1 && debugs < 15, "over a software interrupt: %u", debugs);
	breaks = 0;
	STEPPED("int3", "r"(0));
	CHECK(breaks == 1 && debugs < 15, "over a breakpoint: %u", debugs);
	STEPPED("mov %%cr0, %%rax", "r"(0));
	CHECK(debugs >= 2 && debugs < 15, "over an emulated instruction: %u", debugs);
	STEPPED("ud2; .ascii \"xen\"; cpuid", "r"(0));
	CHECK(debugs < 15, "over the forced CPUID: %u", debugs);
	STEPPED("mov %0, %%ss; mov $17, %%eax; xor %%edi, %%edi; mov %0, %%ss; syscall", "r"(FLAT_RING3_SS64));
	CHECK(debugs < 15, "over a stack segment load before a hypercall: %u", debugs);
	STEPPED("mov %0, %%ss; int $0x80", "r"(FLAT_RING3_SS64));
	CHECK(debugs < 15, "before a software interrupt: %u", debugs);
	STEPPED("mov %0, %%ss; int3", "r"(FLAT_RING3_SS64));
	CHECK(debugs < 15, "before a breakpoint: %u", debugs);
	STEPPED("mov %0, %%ss; ud2; .ascii \"xen\"; cpuid", "r"(FLAT_RING3_SS64));
	CHECK(debugs < 15, "before the forced CPUID: %u", debugs);
}

/* ---- breakpoints --------------------------------------------------------------------------------------- */

/* A data breakpoint on the word that MOV SS loads: it is held back until the next instruction is over. */
#define SHADOWED(text) do { \
	debugs = 0; \
	set_dr(7, DR7(0, READ_WRITE, WORD)); \
	__asm__ volatile("mov %0, %%ss\n\t" text : : "m"(shadow) \
			 : "rax", "rbx", "rcx", "rdx", "rdi", "rsi", "r11", "memory", "cc"); \
	set_dr(7, 0); \
	set_dr(6, 0); \
} while (0)

static void test_shadows(void)
{
	CHECK_EQ(set_dr(0, (uint64_t)&shadow), 0, "a breakpoint on data");
	SHADOWED("mov %%rbx, %%rbx");
	CHECK(debugs == 1, "a stack segment load over it: %u", debugs);
	SHADOWED("mov $17, %%eax; xor %%edi, %%edi; syscall");
	CHECK(debugs == 1, "and a hypercall later: %u", debugs);
	debugs = 0;
	set_dr(7, DR7(0, READ_WRITE, WORD));
	__asm__ volatile("mov $17, %%eax; xor %%edi, %%edi; mov %0, %%ss; syscall" : : "m"(shadow)
			 : "rax", "rcx", "rdi", "r11", "memory");
	set_dr(7, 0);
	set_dr(6, 0);
	CHECK(debugs <= 1, "held back over SYSCALL it strikes in the hypervisor: %u here", debugs);
	breaks = 0;
	SHADOWED("int3");
	CHECK(breaks == 1 && debugs <= 1, "held back over INT3: %u", debugs);
	SHADOWED("int $0x80");
	CHECK(breaks == 2 && debugs <= 1, "held back over INT 0x80: %u", debugs);
	SHADOWED("ud2; .ascii \"xen\"; cpuid");
	CHECK(debugs <= 1, "held back over the forced CPUID: %u", debugs);
	SHADOWED("mov %%cr0, %%rax");
	CHECK(debugs <= 1, "held back over an emulated instruction: %u", debugs);
	KIT_TRY("mov %0, %%ss; lretq", , "m"(shadow));
	CHECK(true, "a fault behind it");
}

/* The hypervisor reads and writes these on the guest's behalf, with the guest's breakpoints armed. */
static void test_watched(void)
{
	struct mmu_update *u = (struct mmu_update *)&hot[64];
	uint64_t mine = pte_of(trap_stack);
	unsigned int rounds = 0;

	for (unsigned int at = 0; at < 16; at += 8, rounds++) {
		*u = (struct mmu_update){ .ptr = kit_pte_maddr(trap_stack), .val = mine };
		set_dr(1, (uint64_t)u + at);
		set_dr(7, DR7(1, READ_WRITE, EIGHT));
		if (hypercall4(__HYPERVISOR_mmu_update, u, 1, &hot[100], DOMID_SELF))
			break;
		set_dr(7, 0);
	}
	CHECK(rounds == 2, "a hypercall reads what is watched");
	set_dr(1, (uint64_t)&hot[100]);
	set_dr(7, DR7(1, WRITE, FOUR));
	CHECK_EQ(hypercall4(__HYPERVISOR_mmu_update, u, 1, &hot[100], DOMID_SELF), 0, "and writes it");
	set_dr(7, 0);
	set_dr(6, 0);
	/* The exception's frame itself, and the instruction of the hypercall. */
	breaks = 0;
	set_dr(2, (uint64_t)__builtin_frame_address(0) - 4096);
	set_dr(3, (uint64_t)kit_stubs + 3 * 64);
	set_dr(7, DR7(2, WRITE, EIGHT) | DR7(3, EXECUTE, BYTE));
	debugs = 0;
	__asm__ volatile("int3");
	set_dr(7, 0);
	CHECK(breaks == 1 && debugs >= 1, "a handler's first instruction is watched: %u", debugs);
	debugs = 0;
	__asm__ volatile("lea 1f(%%rip), %%rsi; mov $8, %%eax; xor %%edi, %%edi; syscall\n\t"
			 "mov $7, %%edi; mov $1, %%esi; mov $8, %%eax; syscall\n\t"
			 "mov $17, %%eax; xor %%edi, %%edi; xor %%esi, %%esi\n1: syscall"
			 : : : "rax", "rcx", "rdi", "rsi", "r11", "memory");
	set_dr(7, 0);
	set_dr(6, 0);
	CHECK(debugs == 1, "the instruction of a hypercall is watched: %u", debugs);
}

static void test_registers(void)
{
	CHECK_EQ(set_dr(7, 1UL << 13), -XEN_EPERM, "no general detect");
	CHECK_EQ(set_dr(7, 1UL << 32), -XEN_EINVAL, "no bits above 31 in dr7");
	CHECK_EQ(set_dr(6, 1UL << 32), -XEN_EINVAL, "nor in dr6");
	CHECK_EQ(set_dr(8, 0), -XEN_ENODEV, "no dr8");
	CHECK_EQ(set_dr(0, HV_START), -XEN_EPERM, "no breakpoint at the hypervisor's begin");
	CHECK_EQ(set_dr(0, HV_END - 1), -XEN_EPERM, "nor at its end");
	CHECK_EQ(set_dr(0, 0x8000000000000000UL), -XEN_EPERM, "nor at no address");
	CHECK_EQ(set_dr(0, HV_END), 0, "but behind it");
	/* I/O breakpoints need CR4.DE; without it they are undefined and must do no harm. */
	set_dr(0, 0x80);
	set_dr(7, DR7(0, IO, BYTE));
	hypercall2(__HYPERVISOR_xen_version, 0, 0);
	set_dr(7, 0);
	set_dr(0, 0);
	KIT_TRY("mov %0, %%db7", , "r"(1UL << 13));
	CHECK(kit_fault.seen && kit_fault.vector == 13, "nor by the instruction");
}

/* ---- returns ---------------------------------------------------------------------------------------------- */

extern char return_here[];
uint64_t return_rsp;
void return_try(const uint64_t *frame);
__asm__(".pushsection .text\n"
	"return_try: push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15; mov %rsp, return_rsp(%rip)\n"
	"mov %rdi, %rsp; mov $23, %eax; syscall\n"
	"return_here: mov return_rsp(%rip), %rsp; pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx; ret\n"
	".popsection");

static volatile uint64_t refused_by;

static void come_back(struct kit_frame *f)
{
	refused_by = f->vector;
	f->rip = (uint64_t)return_here;
	f->cs = FLAT_RING3_CS64 & ~3UL;
	f->ss = FLAT_RING3_SS64;
	f->rsp = return_rsp;
	f->rflags = 0x2;
}

static uint64_t return_to(uint64_t rip, uint64_t cs, uint64_t rflags, uint64_t rsp, uint64_t ss)
{
	static uint64_t frame[9];

	frame[4] = rip, frame[5] = cs, frame[6] = rflags, frame[7] = rsp, frame[8] = ss;
	refused_by = ~0UL;
	return_try(frame);
	return refused_by;
}

static void handle_all(kit_trap_fn fn)
{
	for (unsigned int v = 0; v < 32; v++)
		if (v != 1 && v != 3)
			kit_trap_handler(v, fn);
	kit_trap_handler(KIT_FAILSAFE, fn);
}

static void test_returns(void)
{
	const uint64_t here = (uint64_t)return_here, cs = FLAT_RING3_CS64 & ~3UL, ss = FLAT_RING3_SS64;
	const uint64_t sp = (uint64_t)&trap_stack[1000];
	static const uint64_t nowhere[] = { 0x0000800000000000UL, 0x8000000000000000UL, 0xffff7fffffffffffUL, HV_START, 0xffff830000000000UL,
					    HV_END - 1, UNMAPPED, 0, ~0UL };
	unsigned int wrong = 0;

	handle_all(come_back);
	CHECK_EQ(return_to(here, cs, 0x2, return_rsp, ss), ~0UL, "a good return");
	for (unsigned int i = 0; i < sizeof(nowhere) / sizeof(nowhere[0]); i++)
		wrong += return_to(nowhere[i], cs, 0x2, sp, ss) == ~0UL;
	CHECK(!wrong, "no return to where nothing is: %u came through", wrong);
	for (uint64_t sel = 0; sel < 0x10000; sel += sel < 0x200 || sel >= 0xdff0 ? 4 : 1020) {
		if (sel >> 3 == FLAT_RING3_CS64 >> 3 || sel >> 3 == FLAT_RING3_CS32 >> 3 || sel >> 2 == CODE << 1)
			continue;
		wrong += return_to(here, sel, 0x2, sp, ss) == ~0UL;
	}
	CHECK(!wrong, "no return to a selector that is no code: %u came through", wrong);
	for (uint64_t sel = 4; sel < 0x10000; sel += sel < 0x200 || sel >= 0xdff0 ? 4 : 1020) {
		if (sel >> 3 == FLAT_RING3_SS64 >> 3)
			continue;
		wrong += return_to(here, cs, 0x2, sp, sel) == ~0UL;
	}
	CHECK(!wrong, "nor to one that is no stack: %u came through", wrong);
	/* Flags that nobody may set: what comes back is harmless. */
	for (unsigned int bit = 9; bit < 64; bit++) {
		if (bit == 10)
			continue;
		return_to(here, cs, 0x2 | 1UL << bit, return_rsp, ss);
	}
	__asm__ volatile("pushf; pop %0" : "=r"(refused_by));
	CHECK((refused_by & 0x3000) == 0, "no flag gives an I/O privilege: %lx", refused_by);
	/* TF over the return: a step, at the target. */
	debugs = 0;
	return_to(here, cs, 0x2 | TF, return_rsp, ss);
	__asm__ volatile("pushf; andq $~0x100, (%%rsp); popf" : : : "memory", "cc");
	CHECK(debugs >= 1, "a return into a single step: %u", debugs);
	handle_all(NULL);
}

/* A kernel stack that crosses into a page that is not mapped, or is not quite a stack, but just large enough. */
static void test_tight_stacks(void)
{
	unsigned int before = breaks;

	for (unsigned int shift = 0; shift < 16; shift++)
		__asm__ volatile("mov %%rsp, %%rbx; mov %0, %%rsp; int3; mov %%rbx, %%rsp" : : "r"((uint64_t)trap_stack + 4096 + shift) : "rbx", "memory");
	CHECK_EQ(breaks - before, 16, "frames on stacks of any alignment");
}

void kit_main(struct start_info *si)
{
	uint64_t frame;

	(void)si;
	kit_map_shared_info();
	kit_traps_init();
	kit_events_init();	/* a guest's console sends some */
	frame = kit_va_to_mfn(gdt);
	gdt[CODE] = 0x00affb000000ffffUL;
	CHECK(!kit_make_readonly(gdt) && !hypercall2(__HYPERVISOR_set_gdt, &frame, 16), "a GDT");
	kit_trap_handler(1, on_debug);
	kit_trap_handler(3, on_break);
	kit_trap_handler(0x80, on_break);
	test_nmi();
	test_steps();
	test_shadows();
	test_watched();
	test_registers();
	test_returns();
	test_tight_stacks();
	tap_done();
}
