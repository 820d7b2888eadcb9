/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The instructions that the hypervisor executes on a guest's behalf, decoded: privileged ones and simple writes to
 * memory. The decoder (insn.c) is pure: bytes in, struct out.
 */
#ifndef SOCLE_PV_INSN_H
#define SOCLE_PV_INSN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <abi/arch-x86_64.h>

#define INSN_MAX_LEN 15	/* SDM vol. 2, 2.3.11 */
#define INSN_NO_REG 0xff

enum insn_op {
	/* ports: width in opsize; port in imm if has_imm, else in dx */
	INSN_IN, INSN_OUT, INSN_INS, INSN_OUTS,
	/* control and debug registers: number in imm, general register in reg */
	INSN_READ_CR, INSN_WRITE_CR, INSN_READ_DR, INSN_WRITE_DR,
	INSN_CLTS, INSN_CLI, INSN_STI, INSN_HLT, INSN_INVD, INSN_WBINVD,
	INSN_RDMSR, INSN_WRMSR, INSN_RDTSC, INSN_RDTSCP, INSN_RDPMC, INSN_XSETBV, INSN_CPUID,
	INSN_INT,			/* vector in imm */
	/* memory operand as destination; source in imm if has_imm, else in reg */
	INSN_STORE, INSN_XCHG, INSN_CMPXCHG,
	INSN_ADD, INSN_OR, INSN_AND, INSN_SUB, INSN_XOR,
	INSN_BTS, INSN_BTR, INSN_BTC,
	/* memory operand as source, reg as destination */
	INSN_LOAD,
};

enum insn_seg { INSN_SEG_NONE, INSN_SEG_FS, INSN_SEG_GS };

struct insn {
	enum insn_op op;
	uint8_t len;
	uint8_t opsize;			/* 1, 2, 4 or 8 bytes */
	uint8_t addrsize;		/* 2, 4 or 8 */
	bool rep;			/* f2 or f3 before a string instruction */
	bool lock;
	bool has_imm;
	bool memory;			/* has a memory operand: */
	bool rip_relative;
	enum insn_seg seg;
	uint8_t base, index;		/* INSN_NO_REG: none */
	uint8_t scale;			/* shift count */
	uint8_t reg;
	bool high_byte;			/* reg is ah, ch, dh or bh: bits 15-8 of rax.. */
	int64_t disp;
	uint64_t imm;			/* sign-extended to 64 bits where the CPU does so */
};

/* Decodes the instruction at the start of len bytes. False if it is none of the above, longer than 15 bytes or than len,
 * or wrongly prefixed. long_mode: 64-bit code, else 32-bit protected-mode code. */
bool insn_decode(const uint8_t *bytes, size_t len, bool long_mode, struct insn *in);

/* General register by its number in instructions (0 rax, 1 rcx, 2 rdx, 3 rbx, 4 rsp, .. 15 r15). */
uint64_t *insn_reg(struct cpu_user_regs *regs, unsigned int n);
/* reg of the instruction as its opsize sees it. */
uint64_t insn_read_reg(const struct insn *in, struct cpu_user_regs *regs);
/* Writes it as the CPU does: 4 bytes clear the upper half, 1 and 2 leave the rest. */
void insn_write_reg(const struct insn *in, struct cpu_user_regs *regs, uint64_t val);
/* Address of the memory operand; regs->rip is that of the instruction. */
uint64_t insn_address(const struct insn *in, struct cpu_user_regs *regs, uint64_t segment_base);

/* Result of ADD, OR, AND, SUB, XOR (CMPXCHG compares by SUB) on opsize bytes; *rflags gets the arithmetic flags. */
uint64_t insn_alu(enum insn_op op, unsigned int opsize, uint64_t dst, uint64_t src, uint64_t *rflags);

#endif
