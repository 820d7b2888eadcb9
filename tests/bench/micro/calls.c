/* SPDX-License-Identifier: BSD-2-Clause */
/* Entry and exit: hypercalls that do nothing, alone and in batches, the iret hypercall, an emulated instruction. */
#include "micro/micro.h"

#define ROUNDS 500

static uint64_t null_call(unsigned long n)
{
	/* The version has the same number on both. */
	return BENCH_LOOP(n, hypercall2(__HYPERVISOR_xen_version, 0, 0));
}

static uint64_t unknown_call(unsigned long n)
{
	return BENCH_LOOP(n, hypercall2(60, 0, 0));
}

static struct multicall_entry batch[64];

static uint64_t multicall_1(unsigned long n)
{
	return BENCH_LOOP(n, bench_failed |= hypercall2(__HYPERVISOR_multicall, batch, 1));
}

static uint64_t multicall_64(unsigned long n)
{
	return BENCH_LOOP(n, bench_failed |= hypercall2(__HYPERVISOR_multicall, batch, 64));
}

/* Kernel to kernel: how every return from an exception ends in Linux. Flags without IF keep events masked. */
static uint64_t iret(unsigned long n)
{
	return BENCH_LOOP(n, __asm__ volatile("mov %%rsp, %%rdx\n\t"
					      "push $0xe02b\n\tpush %%rdx\n\tpush $2\n\tpush $0xe030\n\tpush $1f\n\t"
					      "push $0\n\tpush %%rcx\n\tpush %%r11\n\tpush %%rax\n\t"
					      "mov $23, %%eax\n\tsyscall\n1:" : : : "rax", "rcx", "rdx", "r11", "memory", "cc"));
}

/* A read of CR0 from ring 3 faults and is emulated. */
static uint64_t read_cr0(unsigned long n)
{
	uint64_t cr0;

	return BENCH_LOOP(n, __asm__ volatile("mov %%cr0, %0" : "=r"(cr0)));
}

static uint64_t stack_switch(unsigned long n)
{
	static uint8_t unused_stack[64] __attribute__((aligned(16)));

	return BENCH_LOOP(n, bench_failed |= hypercall2(__HYPERVISOR_stack_switch, FLAT_RING3_SS64, unused_stack + 64));
}

static uint64_t set_gs(unsigned long n)
{
	return BENCH_LOOP(n, bench_failed |= hypercall2(__HYPERVISOR_set_segment_base, SEGBASE_GS_USER, 0));
}

void bench_calls(void)
{
	static const struct bench list[] = {
		{ "null hypercall", null_call, ROUNDS, BENCH_AROUND, NULL },
		{ "unknown hypercall", unknown_call, ROUNDS, BENCH_AROUND, NULL },
		{ "multicall of 1", multicall_1, ROUNDS, BENCH_AROUND, NULL },
		{ "multicall of 64", multicall_64, ROUNDS / 10, BENCH_AROUND, NULL },
		{ "stack_switch", stack_switch, ROUNDS, BENCH_AROUND, NULL },
		{ "set_segment_base (user GS)", set_gs, ROUNDS, BENCH_AROUND, NULL },
		{ "iret from kernel to kernel", iret, ROUNDS, BENCH_AROUND, NULL },
		{ "emulated instruction (read of CR0)", read_cr0, ROUNDS, BENCH_AROUND, NULL },
	};

	for (unsigned int i = 0; i < 64; i++)
		batch[i].op = __HYPERVISOR_xen_version;
	for (unsigned int i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		bench_run(&list[i]);
}
