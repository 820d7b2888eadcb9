/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a guest's programs cost it: a system call and a page fault from user mode and back, a page fault of the kernel.
 * The user program stands on a root of its own; it counts down and ends by INT3, which the kit hands to ended().
 */
#include <abi/callback.h>
#include "micro/micro.h"

#define ROUNDS		500
#define USER_CODE	0x400000UL
#define USER_STACK	0x401000UL
#define USER_NOTHING	0x402000UL
#define VECTOR_BP	3
#define VECTOR_PF	14

extern const char user_begin[], user_syscalls[], user_faults[], user_end[];
/* rbx counts; the fault is at the two bytes that bench_fault_stub skips. */
__asm__(".pushsection .rodata\nuser_begin:\n"
	"user_syscalls:\n1: syscall\n dec %rbx\n jnz 1b\n int3\n"
	"user_faults:\n mov $0x402000, %rax\n1: movb (%rax), %cl\n dec %rbx\n jnz 1b\n int3\n"
	"user_end:\n.popsection");

static uint64_t l4[512] PAGE_ALIGNED, l3[512] PAGE_ALIGNED, l2[512] PAGE_ALIGNED, l1[512] PAGE_ALIGNED;
static uint8_t code[PAGE_SIZE] PAGE_ALIGNED, stack[PAGE_SIZE] PAGE_ALIGNED;
static uint8_t trap_stack[2 * PAGE_SIZE] PAGE_ALIGNED;
static uint8_t hole[PAGE_SIZE] PAGE_ALIGNED;
static void *back[5];

static void ended(struct kit_frame *f)
{
	(void)f;
	__builtin_longjmp(back, 1);
}

/* Enters user mode at a program with rbx = n; the ticks until it has ended. */
static uint64_t __attribute__((noinline)) run_user(const char *program, unsigned long n)
{
	static uint64_t frame[9], start;

	if (__builtin_setjmp(back)) {
		uint64_t t = ticks() - start;

		kit_events_disable();
		return t;
	}
	frame[4] = USER_CODE + (uint64_t)(program - user_begin);
	frame[5] = FLAT_RING3_CS64;
	frame[6] = 0x202;	/* IF: as programs run */
	frame[7] = USER_STACK + PAGE_SIZE - 64;
	frame[8] = FLAT_RING3_SS64;
	start = ticks();
	bench_enter_user(frame, n);
}

/* One way in and out more or less: of n rounds, one begins by iret and one ends by INT3. */
static uint64_t system_call(unsigned long n)
{
	uint64_t before = bench_syscalls, t = run_user(user_syscalls, n);

	bench_failed |= bench_syscalls - before != n;
	return t;
}

static uint64_t user_fault(unsigned long n)
{
	uint64_t before = bench_faults, t = run_user(user_faults, n);

	bench_failed |= bench_faults - before != n;
	return t;
}

static uint64_t kernel_fault(unsigned long n)
{
	uint64_t before = bench_faults;
	uint64_t t = BENCH_LOOP(n, __asm__ volatile("movb (%0), %%cl" : : "a"(hole) : "rcx"));

	bench_failed |= bench_faults - before != n;
	return t;
}

static void make_user_root(void)
{
	uint64_t table = PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D;

	memcpy(code, user_begin, (size_t)(user_end - user_begin));
	l1[USER_CODE >> 12 & 511] = kit_va_to_mfn(code) << 12 | PTE_P | PTE_US | PTE_A;
	l1[USER_STACK >> 12 & 511] = kit_va_to_mfn(stack) << 12 | PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D;
	l2[USER_CODE >> 21 & 511] = kit_va_to_mfn(l1) << 12 | table;
	l3[0] = kit_va_to_mfn(l2) << 12 | table;
	l4[0] = kit_va_to_mfn(l3) << 12 | table;
	bench_must(kit_make_readonly(l1) | kit_make_readonly(l2) | kit_make_readonly(l3) | kit_make_readonly(l4), "read-only tables");
	bench_must(kit_mmuext(MMUEXT_PIN_L4_TABLE, kit_va_to_mfn(l4)), "pin of the user root");
	bench_must(kit_mmuext(MMUEXT_NEW_USER_BASEPTR, kit_va_to_mfn(l4)), "use of the user root");
	bench_must(hypercall2(__HYPERVISOR_stack_switch, FLAT_RING3_SS64, trap_stack + sizeof(trap_stack)), "stack_switch");
}

static void catch_with(const char *fault, const char *syscall)
{
	struct trap_info table[2] = { { .vector = VECTOR_PF, .cs = FLAT_RING3_CS64, .address = (uint64_t)fault } };
	struct callback_register cb = {
		.type = CALLBACKTYPE_syscall, .flags = CALLBACKF_mask_events, .address = (uint64_t)syscall,
	};

	bench_must(hypercall1(__HYPERVISOR_set_trap_table, table), "set_trap_table");
	bench_must(hypercall2(__HYPERVISOR_callback_op, CALLBACKOP_register, &cb), "callback_op");
}

void bench_traps(void)
{
	static const struct bench list[] = {
		{ "system call: user to kernel to user", system_call, ROUNDS, BENCH_AROUND, NULL },
		{ "page fault of user mode", user_fault, ROUNDS, BENCH_AROUND, NULL },
		{ "page fault of kernel mode", kernel_fault, ROUNDS, BENCH_AROUND, NULL },
	};

	make_user_root();
	bench_must(kit_set_pte(hole, 0), "hole");
	kit_trap_handler(VECTOR_BP, ended);
	catch_with(bench_fault_stub, bench_syscall_stub);
	for (unsigned int i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		bench_run(&list[i]);
	/* The kit's own again. */
	kit_traps_init();
	bench_must(kit_mmuext(MMUEXT_NEW_USER_BASEPTR, 0), "no user root");
	bench_must(kit_mmuext(MMUEXT_UNPIN_TABLE, kit_va_to_mfn(l4)), "unpin of the user root");
}
