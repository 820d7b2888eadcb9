/* SPDX-License-Identifier: BSD-2-Clause */
/* The way into EFI firmware and back (hypervisor/cpu/firmware.S): arguments, what is preserved, and the way out of a fault. */
#include <stdbool.h>
#include <stdint.h>
#include <check.h>

#include "suite.h"

uint64_t firmware_call(uint64_t function, const uint64_t arg[5]);
extern const char firmware_fault[];
extern uint64_t firmware_stack;
extern bool firmware_faulted;

static uint64_t seen[5], stack_at;

static uint64_t __attribute__((ms_abi, noinline)) service(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
	const uint64_t all[5] = { a, b, c, d, e };

	for (int i = 0; i < 5; i++)
		seen[i] = all[i];
	stack_at = firmware_stack;
	/* What a callee may lose, by the convention of UEFI. */
	__asm__ volatile("" : : : "rax", "rcx", "rdx", "r8", "r9", "r10", "r11", "memory");
	return 0x1234567890;
}

/* The stack has to be on 16 where a function of UEFI is entered, as it would be after its own call. */
static uint64_t __attribute__((ms_abi, naked)) aligned(void)
{
	__asm__("lea 8(%rsp), %rax\n\tand $15, %rax\n\tret");
}

/* As the handler of a fault does, with registers and stack anyhow. */
static uint64_t __attribute__((ms_abi, naked)) faults(void)
{
	__asm__("sub $4096, %rsp\n\txor %ebx, %ebx\n\txor %ebp, %ebp\n\txor %r12d, %r12d\n\txor %r13d, %r13d\n\txor %r14d, %r14d\n\txor %r15d, %r15d\n\t"
		"std\n\tjmp firmware_fault");
}

/* A callee may leave the direction of strings, and interrupts, as it likes. */
static uint64_t __attribute__((ms_abi, naked)) backwards(void)
{
	__asm__("std\n\txor %eax, %eax\n\tret");
}

START_TEST(test_flags)
{
	static const uint64_t arg[5];
	uint64_t flags;

	ck_assert_uint_eq(firmware_call((uint64_t)backwards, arg), 0);
	__asm__ volatile("pushfq\n\tpop %0\n\tcld" : "=r"(flags));
	ck_assert_uint_eq(flags & 1 << 10, 0);
}
END_TEST

START_TEST(test_arguments)
{
	const uint64_t arg[5] = { 1ull << 63, 2, 3, 4, ~0ull };

	ck_assert_uint_eq(firmware_call((uint64_t)service, arg), 0x1234567890);
	for (int i = 0; i < 5; i++)
		ck_assert_uint_eq(seen[i], arg[i]);
	ck_assert(stack_at);
	ck_assert_uint_eq(firmware_stack, 0);
	ck_assert_uint_eq(firmware_call((uint64_t)aligned, arg), 0);
	ck_assert(!firmware_faulted);
}
END_TEST

/* Registers that the compiler counts on hold what they held. */
static uint64_t call_with_registers(uint64_t function)
{
	static const uint64_t arg[5];
	uint64_t bad = 1, result;

	__asm__ volatile("push %%rbp\n\tmov $11, %%ebx\n\tmov $12, %%r12d\n\tmov $13, %%r13d\n\tmov $14, %%r14d\n\tmov $15, %%r15d\n\tmov $16, %%ebp\n\t"
			 "call firmware_call\n\t"
			 "xor %%ecx, %%ecx\n\tsub $11, %%rbx\n\tor %%rbx, %%rcx\n\tsub $12, %%r12\n\tor %%r12, %%rcx\n\tsub $13, %%r13\n\tor %%r13, %%rcx\n\t"
			 "sub $14, %%r14\n\tor %%r14, %%rcx\n\tsub $15, %%r15\n\tor %%r15, %%rcx\n\tsub $16, %%rbp\n\tor %%rbp, %%rcx\n\tpop %%rbp"
			 : "=c"(bad), "=a"(result), "+D"(function)
			 : "S"(arg)
			 : "rbx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory", "cc");
	ck_assert_uint_eq(bad, 0);
	return result;
}

START_TEST(test_fault)
{
	ck_assert_uint_eq(call_with_registers((uint64_t)service), 0x1234567890);
	ck_assert_uint_eq(call_with_registers((uint64_t)faults), 1ull << 63 | 21);
	ck_assert(firmware_faulted);
	ck_assert_uint_eq(firmware_stack, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("firmware");
	TCase *tc = tcase_create("call");

	tcase_add_test(tc, test_arguments);
	tcase_add_test(tc, test_flags);
	tcase_add_test(tc, test_fault);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
