/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * User mode (pv-abi 3): a program of a few instructions runs on a root of its own, which has nothing of the kernel. Every
 * way out of it has to arrive at the guest kernel's handlers, on the kernel's stack, with the user's state in the frame;
 * nothing of kernel or hypervisor may be within its reach.
 */
#include <abi/event_channel.h>
#include <abi/physdev.h>
#include <abi/vcpu.h>
#include "kit/kit.h"

#define USER_CODE	0x400000UL
#define USER_STACK	0x401000UL
#define USER_RSP	(USER_STACK + PAGE_SIZE - 64)
#define MAGIC		0x1badcafe5eedUL
#define MSR_GS_BASE	0xc0000101
#define VECTOR_EVENT	0x100
#define VECTOR_SYSCALL	0x101
#define ERROR_P		1
#define ERROR_W		2
#define ERROR_U		4
#define ERROR_I		16

/* The programs; each is entered at its label's place in the page at USER_CODE. */
#define PROGRAM(name, text) \
	extern const char user_##name[]; \
	__asm__(".pushsection .rodata.user, \"a\"\nuser_" #name ":\n" text "\nud2\n.popsection")

extern const char user_begin[], user_end[];
__asm__(".pushsection .rodata.user, \"a\"\n.balign 16\nuser_begin:\n.popsection");
PROGRAM(syscall, "mov $17, %eax; xor %edi, %edi; mov $0x77, %ebx; std; syscall");
PROGRAM(twice, "mov $0x1111, %ebx; mov $0x2222, %r12d; mov $0x3333, %edx; syscall; add %rbx, %r12; add %rdx, %r12; syscall");
PROGRAM(ud2, "");
PROGRAM(divide, "xor %edx, %edx; xor %ecx, %ecx; div %ecx");
PROGRAM(int3, "int3");
PROGRAM(int80, "int $0x80");
PROGRAM(int81, "int $0x81");
PROGRAM(int14, "int $14");
PROGRAM(cli, "cli");
PROGRAM(hlt, "hlt");
PROGRAM(in, "in $0x80, %al");
PROGRAM(rdmsr, "mov $0xc0000080, %ecx; rdmsr");
PROGRAM(cr3, "mov %cr3, %rax");
PROGRAM(kernel, "mov $0xffffffff80100000, %rax; mov (%rax), %rax");
PROGRAM(hypervisor, "movabs $0xffff830000000000, %rax; mov (%rax), %rax");
PROGRAM(text, "movabs $0x400000, %rax; movb $1, (%rax)");
PROGRAM(nx, "movabs $0x401000, %rax; jmp *%rax");
PROGRAM(gs, "mov %gs:8, %rbx; syscall");
PROGRAM(fs, "mov %fs:8, %rbx; syscall");
PROGRAM(loop, "1: pause; jmp 1b");
PROGRAM(bare, "syscall");
PROGRAM(regs, "mov %rcx, %rbx; mov %r11, %rbp; syscall");
PROGRAM(step, "pushf; orl $0x100, (%rsp); popf; syscall; nop; nop");
__asm__(".pushsection .rodata.user, \"a\"\nuser_end:\n.popsection");

static uint64_t l4[512] PAGE_ALIGNED, l3[512] PAGE_ALIGNED, l2[512] PAGE_ALIGNED, l1[512] PAGE_ALIGNED;
static uint8_t code[PAGE_SIZE] PAGE_ALIGNED;
static uint64_t stack[512] PAGE_ALIGNED;
static uint8_t trap_stack[4 * PAGE_SIZE] PAGE_ALIGNED;

static uint64_t enter_rflags = 0x202, enter_flags;	/* for the next run() */
static struct kit_frame seen;
static uint64_t seen_cr2, seen_frame;
static unsigned int resume;	/* so many times the user goes on after a trap */
static void *kernel_context[5];

static void caught(struct kit_frame *f)
{
	seen = *f;
	seen_cr2 = kit_vcpu_info()->arch.cr2;
	seen_frame = (uint64_t)f;
	if (resume) {
		resume--;
		f->rax = MAGIC;
		return;
	}
	__builtin_longjmp(kernel_context, 1);
}

/* Runs a program until it traps; what was in the frame is in `seen` then. */
static void __attribute__((noinline)) run(const char *program)
{
	static uint64_t frame[9];

	memset(&seen, 0, sizeof(seen));
	if (__builtin_setjmp(kernel_context))
		return;
	frame[3] = enter_flags;
	frame[4] = USER_CODE + (uint64_t)(program - user_begin);
	frame[5] = FLAT_RING3_CS64;
	frame[6] = enter_rflags;
	frame[7] = USER_RSP;
	frame[8] = FLAT_RING3_SS64;
	kit_iret_to(frame);
}

static void expect(const char *program, unsigned int vector, uint64_t error, const char *what)
{
	run(program);
	CHECK(seen.vector == vector && seen.error == error, "%s: vector %lu error %lx, expected %u %lx", what, seen.vector,
	      seen.error, vector, error);
}

static long pin_root(void)
{
	uint64_t table = PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D;

	l1[USER_CODE >> 12 & 511] = kit_va_to_mfn(code) << 12 | PTE_P | PTE_US | PTE_A;
	l1[USER_STACK >> 12 & 511] = kit_va_to_mfn(stack) << 12 | PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D | PTE_NX;
	l2[USER_CODE >> 21 & 511] = kit_va_to_mfn(l1) << 12 | table;
	l3[0] = kit_va_to_mfn(l2) << 12 | table;
	l4[0] = kit_va_to_mfn(l3) << 12 | table;
	if (kit_make_readonly(l1) || kit_make_readonly(l2) || kit_make_readonly(l3) || kit_make_readonly(l4))
		return -99;
	return kit_mmuext(MMUEXT_PIN_L4_TABLE, kit_va_to_mfn(l4));
}

static void test_setup(void)
{
	struct physdev_set_iopl iopl = { .iopl = 1 };

	memcpy(code, user_begin, (size_t)(user_end - user_begin));
	CHECK_EQ(pin_root(), 0, "a user root is pinned");
	CHECK_EQ(kit_mmuext(MMUEXT_NEW_USER_BASEPTR, kit_va_to_mfn(l4)), 0, "and in use");
	CHECK(kit_make_writable(l4) < 0, "and not writable");
	CHECK_EQ(hypercall2(__HYPERVISOR_stack_switch, FLAT_RING3_SS64, trap_stack + sizeof(trap_stack)), 0, "stack_switch");
	/* As Linux has it: the kernel may do port I/O, its users may not. */
	CHECK_EQ(hypercall2(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl, &iopl), 0, "IOPL 1");
	for (unsigned int v = 0; v < 32; v++)
		kit_trap_handler(v, caught);
	kit_trap_handler(0x80, caught);
	kit_trap_handler(VECTOR_SYSCALL, caught);
}

static void test_syscall(void)
{
	expect(user_syscall, VECTOR_SYSCALL, 0, "syscall");
	CHECK(seen.rax == 17 && seen.rbx == 0x77, "its number is the guest's own, no hypercall: %lx", seen.rax);
	CHECK((seen.cs & 3) == 3 && (seen.ss & 3) == 3, "cs and ss say user: %lx %lx", seen.cs, seen.ss);
	CHECK(seen.rip > USER_CODE && seen.rip < USER_CODE + PAGE_SIZE && *(uint16_t *)&code[seen.rip - USER_CODE] == 0x0b0f,
	      "rip stands behind the instruction");
	CHECK_EQ(seen.rcx, seen.rip, "rcx is rip, as the instruction leaves it");
	CHECK((seen.rflags & 0x600) == 0x600, "IF and DF are the user's: %lx", seen.rflags);
	CHECK_EQ(seen.rsp, USER_RSP, "rsp is the user's");
	CHECK(seen_frame > (uint64_t)trap_stack && seen_frame < (uint64_t)trap_stack + sizeof(trap_stack), "the frame is on the kernel's stack");
	resume = 1;
	expect(user_twice, VECTOR_SYSCALL, 0, "a second syscall");
	CHECK(seen.r12 == 0x6666 && seen.rax == MAGIC, "registers survive the first, and its result arrives: %lx %lx", seen.r12, seen.rax);
}

/* The error code is the gate's index times 8, and 2 (SDM vol. 3, 6.13); QEMU's emulation counts 16 bytes a gate. */
static void expect_refused_int(const char *program, unsigned int n, const char *what)
{
	run(program);
	CHECK(seen.vector == 13 && (seen.error == n * 8 + 2 || seen.error == n * 16 + 2), "%s: vector %lu error %lx", what,
	      seen.vector, seen.error);
}

static void test_exceptions(void)
{
	expect(user_ud2, 6, 0, "ud2");
	CHECK_EQ(seen.rip, USER_CODE + (uint64_t)(user_ud2 - user_begin), "rip is the instruction");
	CHECK((seen.cs & 3) == 3, "cs says user");
	expect(user_divide, 0, 0, "divide by zero");
	expect(user_int3, 3, 0, "int3");
	CHECK_EQ(seen.rip, USER_CODE + (uint64_t)(user_int3 - user_begin) + 1, "rip stands behind it");
	expect(user_int80, 0x80, 0, "int 0x80");
	CHECK_EQ(seen.rip, USER_CODE + (uint64_t)(user_int80 - user_begin) + 2, "rip stands behind it");
	expect_refused_int(user_int81, 0x81, "int 0x81");
	expect_refused_int(user_int14, 14, "int 14 is no page fault");
	expect(user_cli, 13, 0, "cli");
	expect(user_hlt, 13, 0, "hlt");
	expect(user_in, 13, 0, "in");
	expect(user_rdmsr, 13, 0, "rdmsr");
	expect(user_cr3, 13, 0, "reading cr3");
}

static void test_memory(void)
{
	expect(user_kernel, 14, ERROR_U, "reading the kernel");
	CHECK_EQ(seen_cr2, 0xffffffff80100000UL, "cr2 is the address");
	run(user_hypervisor);
	CHECK(seen.vector == 14 && seen.error & ERROR_U, "reading the hypervisor: vector %lu error %lx", seen.vector, seen.error);
	expect(user_text, 14, ERROR_P | ERROR_W | ERROR_U, "writing to read-only text");
	expect(user_nx, 14, ERROR_P | ERROR_U | ERROR_I, "executing the stack");
}

static void test_bases(void)
{
	uint32_t lo = 0, hi = 0;

	stack[1] = MAGIC;
	stack[17] = MAGIC + 1;
	CHECK_EQ(hypercall2(__HYPERVISOR_set_segment_base, SEGBASE_GS_USER, USER_STACK), 0, "user GS base");
	CHECK_EQ(hypercall2(__HYPERVISOR_set_segment_base, SEGBASE_FS, USER_STACK + 128), 0, "FS base");
	__asm__ volatile("wrmsr" : : "a"(0x5000), "d"(0), "c"(MSR_GS_BASE));
	run(user_gs);
	CHECK(seen.vector == VECTOR_SYSCALL && seen.rbx == MAGIC, "the user has its GS base: %lx", seen.rbx);
	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(MSR_GS_BASE));
	CHECK(lo == 0x5000 && hi == 0, "the kernel has its own back: %x", lo);
	run(user_fs);
	CHECK(seen.vector == VECTOR_SYSCALL && seen.rbx == MAGIC + 1, "FS base: %lx", seen.rbx);
}

static void test_event(void)
{
	struct evtchn_bind_virq bind = { .virq = VIRQ_TIMER, .vcpu = 0 };
	struct vcpu_set_singleshot_timer t = { .timeout_abs_ns = kit_vcpu_info()->time.system_time + 5000000 };

	hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_stop_periodic_timer, 0, 0);
	CHECK_EQ(hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_virq, &bind), 0, "VIRQ_TIMER");
	kit_event_handler(caught);
	CHECK_EQ(hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_set_singleshot_timer, 0, &t), 0, "a timer");
	expect(user_loop, VECTOR_EVENT, 0, "interrupts a user who loops");
	CHECK((seen.cs & 3) == 3 && seen.rflags & 0x200, "cs says user, events were on");
	CHECK_EQ(kit_vcpu_info()->evtchn_upcall_mask, 1, "and are off in the handler");
}

/* What the kernel seldom does on the way to its users and back. */
static void test_odd_ways(void)
{
	kit_vcpu_info()->evtchn_upcall_pending = 0;
	enter_rflags = 0x2;
	expect(user_syscall, VECTOR_SYSCALL, 0, "syscall of a user with events off");
	CHECK(!(seen.rflags & 0x200) && (seen.cs >> 32 & 0xff) == 1, "the frame says so: rflags %lx, cs %lx", seen.rflags, seen.cs);
	enter_rflags = 0x202;
	enter_flags = VGCF_in_syscall;
	expect(user_regs, VECTOR_SYSCALL, 0, "entered as from a syscall");
	CHECK(seen.rbx == USER_CODE + (uint64_t)(user_regs - user_begin) && seen.rbp == 0x202, "rcx is rip and r11 rflags: %lx %lx",
	      seen.rbx, seen.rbp);
	enter_flags = 0;
	resume = 1;
	expect(user_step, 1, 0, "single-stepped over a syscall");
	CHECK(seen.rip == USER_CODE + (uint64_t)(user_step - user_begin) + 12, "behind the instruction that follows it: +%lx",
	      seen.rip - USER_CODE - (uint64_t)(user_step - user_begin));
	enter_rflags = 0x202 | 1 << 14 | 1 << 18 | 1 << 21 | 0xcd5;
	expect(user_bare, VECTOR_SYSCALL, 0, "with NT, AC, ID, DF and all arithmetic flags");
	CHECK_EQ(seen.rflags, enter_rflags, "they are in the frame");
	enter_rflags = 0x202;
	kit_event_handler(caught);
	kit_events_disable();
	kit_vcpu_info()->evtchn_upcall_pending = 1;
	expect(user_loop, VECTOR_EVENT, 0, "an event that waited");
	CHECK(seen.rip == USER_CODE + (uint64_t)(user_loop - user_begin) && (seen.cs & 3) == 3, "comes before the user's first instruction");
	kit_vcpu_info()->evtchn_upcall_pending = 0;
}

/* Last: there is no way back to a callback with this hypercall's flags. */
static void test_no_callback(void)
{
	extern char kit_event_stub[], kit_failsafe_stub[];

	CHECK_EQ(hypercall3(__HYPERVISOR_set_callbacks, kit_event_stub, kit_failsafe_stub, 0), 0, "no syscall callback");
	expect(user_syscall, 6, 0, "syscall is an invalid opcode then");
	CHECK(*(uint16_t *)&code[seen.rip - USER_CODE] == 0x050f && seen.rflags & 0x400, "rip is the instruction, DF stays");
}

static void test_end(void)
{
	CHECK_EQ(kit_mmuext(MMUEXT_NEW_USER_BASEPTR, 0), 0, "no user root any more");
	CHECK_EQ(kit_mmuext(MMUEXT_UNPIN_TABLE, kit_va_to_mfn(l4)), 0, "the root is unpinned");
	CHECK(!kit_make_writable(l4) && !kit_make_writable(l3) && !kit_make_writable(l2) && !kit_make_writable(l1),
	      "its tables are ordinary pages again");
}

void kit_main(struct start_info *si)
{
	(void)si;
	kit_map_shared_info();
	kit_traps_init();
	test_setup();
	test_syscall();
	test_exceptions();
	test_memory();
	test_bases();
	test_event();
	test_odd_ways();
	test_no_callback();
	test_end();
	tap_done();
}
