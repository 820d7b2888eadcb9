/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Instruction decoder (SDM vol. 2, chapter 2 and appendix A). It knows the few opcodes of enum insn_op and
 * refuses everything else. Pure: no guest, no hypervisor state; also compiled by the unit tests.
 *
 * Guarantee: never reads past the given length, nor past 15 bytes; len of an accepted instruction is what the CPU
 * would consume. The bytes may change in guest memory meanwhile: callers fetch them once.
 */
#include <abi/xen.h>
#include "pv/insn.h"
#include "pv/vectors.h"

#define REX_W 8
#define REX_R 4
#define REX_X 2
#define REX_B 1

struct cursor {
	const uint8_t *p;
	size_t len, pos;
	bool bad;			/* ran out of bytes */
	bool long_mode;
	bool opsize_prefix, addrsize_prefix, rep_prefix;
	uint8_t rex;
	uint8_t modrm;
};

static uint8_t next(struct cursor *c)
{
	if (c->pos >= c->len) {
		c->bad = true;
		return 0;
	}
	return c->p[c->pos++];
}

/* Little-endian, sign-extended. */
static int64_t next_signed(struct cursor *c, unsigned int bytes)
{
	uint64_t v = 0;
	unsigned int i;

	for (i = 0; i < bytes; i++)
		v |= (uint64_t)next(c) << (8 * i);
	return (int64_t)(v << (64 - 8 * bytes)) >> (64 - 8 * bytes);
}

/* Returns the first byte that is no prefix. A REX prefix counts only directly before the opcode. */
static uint8_t take_prefixes(struct cursor *c, struct insn *in)
{
	for (;;) {
		uint8_t b = next(c);

		switch (b) {
		case 0x66:
			c->opsize_prefix = true;
			break;
		case 0x67:
			c->addrsize_prefix = true;
			break;
		case 0xf2:
		case 0xf3:
			c->rep_prefix = true;
			break;
		case 0xf0:
			in->lock = true;
			break;
		case 0x64:
			in->seg = INSN_SEG_FS;
			break;
		case 0x65:
			in->seg = INSN_SEG_GS;
			break;
		case 0x26:
		case 0x2e:
		case 0x36:
		case 0x3e:
			/* es, cs, ss, ds: base 0 in 64-bit mode, and flat for those who get here otherwise */
			in->seg = INSN_SEG_NONE;
			break;
		default:
			if (!c->long_mode || (b & 0xf0) != 0x40)
				return b;
			c->rex = b;
			continue;
		}
		if (c->bad)
			return 0;
		c->rex = 0;
	}
}

static void set_sizes(const struct cursor *c, struct insn *in)
{
	if (c->rex & REX_W)
		in->opsize = 8;
	else
		in->opsize = c->opsize_prefix ? 2 : 4;
	if (c->long_mode)
		in->addrsize = c->addrsize_prefix ? 4 : 8;
	else
		in->addrsize = c->addrsize_prefix ? 2 : 4;
}

static void take_sib(struct cursor *c, struct insn *in)
{
	uint8_t sib = next(c), base = sib & 7, index = (sib >> 3 & 7) | (c->rex & REX_X ? 8 : 0);

	in->scale = sib >> 6;
	in->index = index == 4 ? INSN_NO_REG : index;
	if (base == 5 && c->modrm >> 6 == 0) {
		in->base = INSN_NO_REG;
		in->disp = next_signed(c, 4);
	} else {
		in->base = base | (c->rex & REX_B ? 8 : 0);
	}
}

/* ModRM and what follows it. 16-bit addressing is not taken. */
static void take_modrm(struct cursor *c, struct insn *in)
{
	uint8_t mod, rm;

	c->modrm = next(c);
	mod = c->modrm >> 6;
	rm = c->modrm & 7;
	in->reg = (c->modrm >> 3 & 7) | (c->rex & REX_R ? 8 : 0);
	in->memory = mod != 3;
	if (!in->memory)
		return;
	if (in->addrsize == 2)
		c->bad = true;
	if (rm == 4) {
		take_sib(c, in);
	} else if (rm == 5 && mod == 0) {
		in->rip_relative = c->long_mode;
		in->disp = next_signed(c, 4);
	} else {
		in->base = rm | (c->rex & REX_B ? 8 : 0);
	}
	if (mod == 1)
		in->disp = next_signed(c, 1);
	else if (mod == 2)
		in->disp = next_signed(c, 4);
}

/* A byte register without REX: numbers 4-7 are ah, ch, dh, bh (SDM vol. 2, 3.1.1.1). */
static void fix_byte_reg(const struct cursor *c, struct insn *in)
{
	if (in->opsize == 1 && !c->rex && in->reg >= 4) {
		in->reg -= 4;
		in->high_byte = true;
	}
}

static void take_imm(struct cursor *c, struct insn *in, unsigned int bytes)
{
	in->has_imm = true;
	in->imm = next_signed(c, bytes > 4 ? 4 : bytes);
}

/* op m, reg. Bit 0 of the opcode: 0 = bytes. */
static bool memory_reg(struct cursor *c, struct insn *in, uint8_t opcode, enum insn_op op)
{
	if (!(opcode & 1))
		in->opsize = 1;
	take_modrm(c, in);
	fix_byte_reg(c, in);
	in->op = op;
	return in->memory;
}

/* 80, 81, 83: op m, imm. */
static bool group1(struct cursor *c, struct insn *in, uint8_t opcode)
{
	static const enum insn_op ops[8] = { INSN_ADD, INSN_OR, 0, 0, INSN_AND, INSN_SUB, INSN_XOR, 0 };
	unsigned int n;

	if (opcode == 0x80)
		in->opsize = 1;
	take_modrm(c, in);
	n = c->modrm >> 3 & 7;
	in->op = ops[n];
	take_imm(c, in, opcode == 0x81 ? in->opsize : 1);
	return in->memory && (0x73 >> n & 1);
}

/* c6, c7: mov m, imm. */
static bool mov_imm(struct cursor *c, struct insn *in, uint8_t opcode)
{
	if (opcode == 0xc6)
		in->opsize = 1;
	take_modrm(c, in);
	take_imm(c, in, in->opsize);
	in->op = INSN_STORE;
	return in->memory && (c->modrm >> 3 & 7) == 0;
}

/* 0f ba: bts, btr, btc m, imm8. */
static bool group8(struct cursor *c, struct insn *in)
{
	static const enum insn_op ops[8] = { 0, 0, 0, 0, 0, INSN_BTS, INSN_BTR, INSN_BTC };
	unsigned int n;

	take_modrm(c, in);
	n = c->modrm >> 3 & 7;
	in->op = ops[n];
	take_imm(c, in, 1);
	in->imm &= 0xff;
	return in->memory && n >= 5;
}

/* 0f 20-23: mov to and from control and debug registers. mod is ignored; the operand is always whole. */
static bool system_register(struct cursor *c, struct insn *in, uint8_t opcode)
{
	uint8_t modrm = next(c);

	in->opsize = c->long_mode ? 8 : 4;
	in->imm = (modrm >> 3 & 7) | (c->rex & REX_R ? 8 : 0);
	in->reg = (modrm & 7) | (c->rex & REX_B ? 8 : 0);
	switch (opcode) {
	case 0x20:
		in->op = INSN_READ_CR;
		break;
	case 0x21:
		in->op = INSN_READ_DR;
		break;
	case 0x22:
		in->op = INSN_WRITE_CR;
		break;
	case 0x23:
		in->op = INSN_WRITE_DR;
		break;
	}
	return !in->lock;	/* lock mov cr0 means cr8 on some CPUs: not here */
}

static bool simple(struct insn *in, enum insn_op op)
{
	in->op = op;
	return !in->lock;
}

/* 0f 01: xsetbv, rdtscp. */
static bool group7(struct cursor *c, struct insn *in)
{
	switch (next(c)) {
	case 0xd1:
		return simple(in, INSN_XSETBV);
	case 0xf9:
		return simple(in, INSN_RDTSCP);
	default:
		return false;
	}
}

static bool decode_0f(struct cursor *c, struct insn *in)
{
	uint8_t opcode = next(c);

	switch (opcode) {
	case 0x01:
		return group7(c, in);
	case 0x06:
		return simple(in, INSN_CLTS);
	case 0x08:
		return simple(in, INSN_INVD);
	case 0x09:
		return simple(in, INSN_WBINVD);
	case 0x20 ... 0x23:
		return system_register(c, in, opcode);
	case 0x30:
		return simple(in, INSN_WRMSR);
	case 0x31:
		return simple(in, INSN_RDTSC);
	case 0x32:
		return simple(in, INSN_RDMSR);
	case 0x33:
		return simple(in, INSN_RDPMC);
	case 0xa2:
		return simple(in, INSN_CPUID);
	case 0xab:
		return memory_reg(c, in, opcode, INSN_BTS);
	case 0xb0:
	case 0xb1:
		return memory_reg(c, in, opcode, INSN_CMPXCHG);
	case 0xb3:
		return memory_reg(c, in, opcode, INSN_BTR);
	case 0xba:
		return group8(c, in);
	case 0xbb:
		return memory_reg(c, in, opcode, INSN_BTC);
	default:
		return false;
	}
}

/* Ports know bytes, words and doublewords; REX.W changes nothing (SDM vol. 2, IN). */
static bool port(struct cursor *c, struct insn *in, uint8_t opcode, enum insn_op op)
{
	in->op = op;
	if (!(opcode & 1))
		in->opsize = 1;
	else if (in->opsize == 8)
		in->opsize = 4;
	if (op == INSN_INS || op == INSN_OUTS)
		in->rep = c->rep_prefix;
	return !in->lock;
}

static bool port_imm(struct cursor *c, struct insn *in, uint8_t opcode, enum insn_op op)
{
	in->has_imm = true;
	in->imm = next(c);
	return port(c, in, opcode, op);
}

static bool decode_one(struct cursor *c, struct insn *in, uint8_t opcode)
{
	switch (opcode) {
	case 0x00 ... 0x01:
		return memory_reg(c, in, opcode, INSN_ADD);
	case 0x08 ... 0x09:
		return memory_reg(c, in, opcode, INSN_OR);
	case 0x0f:
		return decode_0f(c, in);
	case 0x20 ... 0x21:
		return memory_reg(c, in, opcode, INSN_AND);
	case 0x28 ... 0x29:
		return memory_reg(c, in, opcode, INSN_SUB);
	case 0x30 ... 0x31:
		return memory_reg(c, in, opcode, INSN_XOR);
	case 0x6c ... 0x6d:
		return port(c, in, opcode, INSN_INS);
	case 0x6e ... 0x6f:
		return port(c, in, opcode, INSN_OUTS);
	case 0x80 ... 0x81:
	case 0x83:
		return group1(c, in, opcode);
	case 0x86 ... 0x87:
		return memory_reg(c, in, opcode, INSN_XCHG);
	case 0x88 ... 0x89:
		return memory_reg(c, in, opcode, INSN_STORE) && !in->lock;
	case 0x8a ... 0x8b:
		return memory_reg(c, in, opcode, INSN_LOAD) && !in->lock;
	case 0xc6 ... 0xc7:
		return mov_imm(c, in, opcode) && !in->lock;
	case 0xcd:
		in->imm = next(c);
		return simple(in, INSN_INT);
	case 0xe4 ... 0xe5:
		return port_imm(c, in, opcode, INSN_IN);
	case 0xe6 ... 0xe7:
		return port_imm(c, in, opcode, INSN_OUT);
	case 0xec ... 0xed:
		return port(c, in, opcode, INSN_IN);
	case 0xee ... 0xef:
		return port(c, in, opcode, INSN_OUT);
	case 0xf4:
		return simple(in, INSN_HLT);
	case 0xfa:
		return simple(in, INSN_CLI);
	case 0xfb:
		return simple(in, INSN_STI);
	default:
		return false;
	}
}

bool insn_decode(const uint8_t *bytes, size_t len, bool long_mode, struct insn *in)
{
	struct cursor c = {
		.p = bytes, .len = len < INSN_MAX_LEN ? len : INSN_MAX_LEN, .long_mode = long_mode,
	};
	uint8_t opcode;
	bool known;

	*in = (struct insn){ .base = INSN_NO_REG, .index = INSN_NO_REG };
	opcode = take_prefixes(&c, in);
	if (c.bad)
		return false;
	set_sizes(&c, in);
	known = decode_one(&c, in, opcode);
	in->len = c.pos;
	return known && !c.bad;
}

uint64_t *insn_reg(struct cpu_user_regs *regs, unsigned int n)
{
	static const uint16_t offset[16] = {
#define AT(r) offsetof(struct cpu_user_regs, r)
		AT(rax), AT(rcx), AT(rdx), AT(rbx), AT(rsp), AT(rbp), AT(rsi), AT(rdi),
		AT(r8), AT(r9), AT(r10), AT(r11), AT(r12), AT(r13), AT(r14), AT(r15),
#undef AT
	};

	return (uint64_t *)((char *)regs + offset[n & 15]);
}

static uint64_t size_mask(unsigned int bytes)
{
	return ~0ul >> (64 - 8 * bytes);
}

uint64_t insn_read_reg(const struct insn *in, struct cpu_user_regs *regs)
{
	uint64_t v = *insn_reg(regs, in->reg);

	return (in->high_byte ? v >> 8 : v) & size_mask(in->opsize);
}

void insn_write_reg(const struct insn *in, struct cpu_user_regs *regs, uint64_t val)
{
	uint64_t *r = insn_reg(regs, in->reg), mask = size_mask(in->opsize);

	val &= mask;
	if (in->high_byte)
		*r = (*r & ~0xff00ul) | val << 8;
	else if (in->opsize >= 4)
		*r = val;
	else
		*r = (*r & ~mask) | val;
}

uint64_t insn_address(const struct insn *in, struct cpu_user_regs *regs, uint64_t segment_base)
{
	uint64_t ea = in->disp;

	if (in->rip_relative)
		ea += regs->rip + in->len;
	if (in->base != INSN_NO_REG)
		ea += *insn_reg(regs, in->base);
	if (in->index != INSN_NO_REG)
		ea += *insn_reg(regs, in->index) << in->scale;
	if (in->addrsize == 4)
		ea = (uint32_t)ea;
	return ea + segment_base;
}

uint64_t insn_alu(enum insn_op op, unsigned int opsize, uint64_t dst, uint64_t src, uint64_t *rflags)
{
	uint64_t mask = size_mask(opsize), sign = 1ul << (8 * opsize - 1), r, f = 0;

	dst &= mask;
	src &= mask;
	switch (op) {
	case INSN_ADD:
		r = (dst + src) & mask;
		f |= r < dst ? RFLAGS_CF : 0;
		f |= (dst ^ r) & (src ^ r) & sign ? RFLAGS_OF : 0;
		f |= (dst ^ src ^ r) & 0x10;	/* AF is bit 4 as well */
		break;
	case INSN_OR:
		r = dst | src;
		break;
	case INSN_AND:
		r = dst & src;
		break;
	case INSN_XOR:
		r = dst ^ src;
		break;
	default:	/* SUB, and CMPXCHG's comparison */
		r = (dst - src) & mask;
		f |= dst < src ? RFLAGS_CF : 0;
		f |= (dst ^ src) & (dst ^ r) & sign ? RFLAGS_OF : 0;
		f |= (dst ^ src ^ r) & 0x10;
		break;
	}
	f |= r ? 0 : RFLAGS_ZF;
	f |= r & sign ? RFLAGS_SF : 0;
	f |= __builtin_parity(r & 0xff) ? 0 : RFLAGS_PF;
	*rflags = (*rflags & ~RFLAGS_ARITH) | f;
	return r;
}
