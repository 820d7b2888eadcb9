/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Instructions that a guest may not execute, or that the hypervisor executes for it, with any prefixes and operands: ports,
 * control and debug registers, MSRs, and what comes out of random bytes. Guests only: a control domain may use the machine's
 * ports, and reset it by one.
 */
#include "storm.h"

static uint8_t code[PAGE_SIZE] PAGE_ALIGNED;
uint64_t storm_saved_rsp, storm_resume;

/* The registers are anything, so the kit's own way to expect a fault, which needs one, is of no use. */
static void fault(struct kit_frame *f)
{
	f->rip = storm_resume;
	f->rflags = 2;
}

static void catch_all(kit_trap_fn fn)
{
	for (unsigned int v = 0; v < 32; v++)
		kit_trap_handler(v, fn);
	kit_trap_handler(0x80, fn);
	kit_trap_handler(KIT_SYSCALL, fn);
	kit_trap_handler(KIT_FAILSAFE, fn);
	if (!fn)
		kit_trap_handler(1, storm_debug_trap);
}

/* Runs code[] with random registers until it returns or faults; either way all is as before. */
static void run(void)
{
	uint64_t a = rnd(4) ? rnd(0x100) : rnd(0), c = rnd(3) ? 0xc0000080 + rnd(8) : rnd(2) ? rnd(0x800) : rnd(0);
	uint64_t d = rnd(2) ? rnd(0x1000) : 0xcf8 + rnd(8), at = (uint64_t)pool[rnd(POOL)] + rnd(PAGE_SIZE / 8) * 8;

	catch_all(fault);
	__asm__ volatile("push %%rbx; push %%rbp; push %%r12; push %%r13; push %%r14; push %%r15\n\t"
			 "mov %%rsp, storm_saved_rsp(%%rip)\n\t"
			 "lea 1f(%%rip), %%r11\n\tmov %%r11, storm_resume(%%rip)\n\t"
			 "mov %%rdi, %%rbx; mov %%rdi, %%rbp; mov %%rdi, %%r12; mov %%rdi, %%r13; mov %%rdi, %%r14; mov %%rdi, %%r15\n\t"
			 "mov %%rdi, %%r8; mov %%rdi, %%r9; mov %%rdi, %%r10\n\t"
			 "call *%4\n"
			 "1:\tmov storm_saved_rsp(%%rip), %%rsp\n\tpushq $2\n\tpopfq\n\t"
			 "pop %%r15; pop %%r14; pop %%r13; pop %%r12; pop %%rbp; pop %%rbx"
			 : "+a"(a), "+c"(c), "+d"(d), "+D"(at) : "S"(code) : "r8", "r9", "r10", "r11", "memory", "cc");
	catch_all(NULL);
}

void storm_instruction(void)
{
	/* No LOCK: QEMU 7.2 ends itself with "tcg fatal error" on some of its uses. */
	static const uint8_t prefix[] = { 0x66, 0x67, 0xf2, 0xf3, 0x2e, 0x36, 0x64, 0x65, 0x48, 0x41, 0x4f };
	/* One byte, or 0x0f and another: ports, flags, control, debug, MSRs, stores that may meet a page table. */
	static const uint16_t opcode[] = {
		0xe4, 0xe5, 0xe6, 0xe7, 0xec, 0xed, 0xee, 0xef, 0x6c, 0x6d, 0x6e, 0x6f, 0xfa, 0xfb, 0xcd, 0xcc, 0xf1, 0x88, 0x89, 0x8b,
		0x86, 0x87, 0xc6, 0xc7, 0x00, 0x01, 0x09, 0x21, 0x31, 0x81, 0x83, 0xa3, 0xaa, 0xab, 0xa4, 0xa5, 0x8e, 0x8c, 0x9c, 0x9d,
		0x0f00, 0x0f01, 0x0f06, 0x0f08, 0x0f09, 0x0f0b, 0x0f20, 0x0f21, 0x0f22, 0x0f23, 0x0f30, 0x0f31, 0x0f32, 0x0f33, 0x0fa2,
		0x0fab, 0x0fb0, 0x0fb1, 0x0fb3, 0x0fbb, 0x0fc0, 0x0fc1, 0x0fc3, 0x0fc7, 0x0fae, 0x0f02, 0x0f03, 0x0fa1, 0x0fa9, 0x0fb4, 0x0fb5,
	};
	unsigned int n = 0, tail = (unsigned int)rnd(12);
	uint16_t op = opcode[rnd(sizeof(opcode) / sizeof(opcode[0]))];

	memset(code, 0xc3, 64);		/* ret */
	while (!rnd(3) && n < 14)
		code[n++] = prefix[rnd(sizeof(prefix))];
	if (op >> 8)
		code[n++] = 0x0f;
	code[n++] = rnd(30) ? (uint8_t)op : (uint8_t)rnd(256);
	if (rnd(2))
		code[n++] = rnd(2) ? 0xc0 | (uint8_t)rnd(64) : 7;	/* registers, or (%rdi) */
	for (; tail; tail--)
		code[n++] = rnd(3) ? 0 : rnd(4) ? 0xc3 : (uint8_t)rnd(256);
	for (unsigned int i = 0; i < n; i++)
		if (code[i] == 0xf0)
			code[i] = 0x90;
	run();
}
