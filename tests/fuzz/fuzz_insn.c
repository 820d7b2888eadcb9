/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The instruction decoder on any bytes: what it accepts fits the bytes and the manual's limit, decodes the same with other
 * bytes behind it, and not at all when one byte is missing.
 */
#include "pv/insn.h"
#include "fuzz.h"

static void check_same(const uint8_t *code, const struct insn *first, bool long_mode)
{
	uint8_t *exact = malloc(first->len), longer[INSN_MAX_LEN + 16];
	struct insn again;

	if (!exact)
		abort();
	memcpy(exact, code, first->len);
	memset(&again, 0, sizeof(again));
	CLAIM(insn_decode(exact, first->len, long_mode, &again));
	CLAIM(again.len == first->len && again.op == first->op && again.imm == first->imm && again.disp == first->disp);
	CLAIM(!insn_decode(exact, first->len - 1u, long_mode, &again));
	memset(longer, 0xcc, sizeof(longer));
	memcpy(longer, code, first->len);
	CLAIM(insn_decode(longer, sizeof(longer), long_mode, &again) && again.len == first->len);
	free(exact);
}

static void check_operands(const struct insn *in, struct cpu_user_regs *regs, uint64_t base)
{
	CLAIM(in->opsize == 1 || in->opsize == 2 || in->opsize == 4 || in->opsize == 8);
	if (in->memory) {
		CLAIM(in->base == INSN_NO_REG || in->base < 16);
		CLAIM(in->index == INSN_NO_REG || in->index < 16);
		CLAIM(in->scale < 4);
		insn_address(in, regs, base);
	}
	if (in->reg < 16) {
		uint64_t v = insn_read_reg(in, regs);

		CLAIM(in->opsize == 8 || v >> (8 * in->opsize) == 0);
		insn_write_reg(in, regs, base);
		insn_write_reg(in, regs, v);
		CLAIM(insn_read_reg(in, regs) == v);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct cpu_user_regs regs;
	uint8_t how = input_u8(&in);
	size_t len = in.left < 24 ? in.left : 24;
	uint8_t *code = input_block(&in, len), *image;
	uint64_t a, b, flags;
	struct insn insn;

	memset(&insn, 0, sizeof(insn));
	image = input_block(&in, sizeof(regs));
	memcpy(&regs, image, sizeof(regs));
	if (insn_decode(code, len, how & 1, &insn)) {
		CLAIM(insn.len && insn.len <= len && insn.len <= INSN_MAX_LEN);
		check_same(code, &insn, how & 1);
		check_operands(&insn, &regs, input_u64(&in));
	}
	a = regs.rax, b = regs.rbx, flags = 0;
	for (unsigned int op = INSN_ADD; op <= INSN_XOR; op++)
		for (unsigned int w = 1; w <= 8; w *= 2) {
			uint64_t r = insn_alu(op, w, a, b, &flags);

			CLAIM(w == 8 || r >> (8 * w) == 0);
			CLAIM(!!(flags & 0x40) == !r);
		}
	free(image);
	free(code);
	return 0;
}
