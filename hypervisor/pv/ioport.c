/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IN, OUT, INS, OUTS of guests (pv-abi 3.8). Two questions: may this code do port I/O at all (virtual IOPL, else the
 * bitmap that the guest kernel gave for its tasks) - if not, the fault is the guest's; and may the domain touch this
 * port - platform/ answers that, and a port denied reads as all ones and swallows writes.
 *
 * A repeated string instruction may stop half way, as on the CPU: registers then tell the rest.
 */
#include "cpu/cpu.h"
#include "domain/domain.h"
#include "lib/util.h"
#include "mm/mm.h"
#include "platform/platform.h"
#include "pv/insn.h"
#include "pv/internal.h"
#include "pv/pv.h"
#include "pv/vectors.h"

/* Bit set = denied, as in a TSS. The bitmap is at a kernel address of the guest, so it is read in kernel mode. */
static bool bitmap_allows(struct vcpu *v, uint16_t port, unsigned int width)
{
	bool toggle = !v->kernel_mode;
	uint8_t bits[2] = { 0xff, 0xff };
	int rc;

	if ((uint32_t)port + width > v->pv.iobmp_limit)
		return false;
	if (toggle)
		pv_toggle_mode(v);
	/* The second byte may lie past the end of the bitmap: only what the ports need. */
	rc = copy_from_guest(bits, v->pv.iobmp + port / 8, (port % 8 + width + 7) / 8);
	if (toggle)
		pv_toggle_mode(v);
	if (rc)
		return false;
	return !((bits[0] | (unsigned int)bits[1] << 8) >> (port % 8) & ((1u << width) - 1));
}

static bool may_access(struct vcpu *v, uint16_t port, unsigned int width)
{
	return pv_iopl_ok(v) || bitmap_allows(v, port, width);
}

static void finish(struct cpu_user_regs *regs, const struct insn *in)
{
	regs->rip += in->len;
	regs->rflags &= ~RFLAGS_RF;
}

static uint64_t address_mask(const struct insn *in)
{
	return in->addrsize == 8 ? ~0ul : 0xffffffffu;
}

/* A register that counts or points, of the instruction's address size: 32-bit ones clear the upper half. */
static void advance(uint64_t *reg, uint64_t mask, int64_t by)
{
	*reg = (*reg + by) & mask;
}

/* One element. False: its memory cannot be reached, and the guest has the page fault. */
static bool string_step(struct vcpu *v, struct cpu_user_regs *regs, const struct insn *in, uint16_t port)
{
	uint64_t mask = address_mask(in), va, *index = in->op == INSN_INS ? &regs->rdi : &regs->rsi;
	uint32_t val = 0;
	int rc;

	if (in->op == INSN_INS) {
		va = regs->rdi & mask;	/* always es: no override */
		/* Proves that the store below cannot fail before the port is read, which may have effects. */
		rc = copy_from_guest(&val, va, in->opsize) || copy_to_guest(va, &val, in->opsize);
		if (!rc) {
			val = platform_port_read(v->domain, port, in->opsize);
			rc = copy_to_guest(va, &val, in->opsize);
		}
	} else {
		va = (regs->rsi & mask) + pv_segment_base(in);
		rc = copy_from_guest(&val, va, in->opsize);
		if (!rc)
			platform_port_write(v->domain, port, in->opsize, val);
	}
	if (rc) {
		pv_inject_page_fault(va, in->op == INSN_INS ? PFEC_WRITE : 0);
		return false;
	}
	advance(index, mask, regs->rflags & RFLAGS_DF ? -(int64_t)in->opsize : in->opsize);
	return true;
}

static bool emulate_string(struct vcpu *v, struct cpu_user_regs *regs, const struct insn *in)
{
	uint16_t port = regs->rdx;
	uint64_t mask = address_mask(in);

	if (in->addrsize == 2 || !may_access(v, port, in->opsize))
		return false;
	if (in->rep) {
		while (regs->rcx & mask) {
			if (!string_step(v, regs, in, port))
				return true;
			advance(&regs->rcx, mask, -1);
			if (preempt_check())
				return true;	/* rip stays: the guest comes back for the rest */
		}
	} else if (!string_step(v, regs, in, port)) {
		return true;
	}
	finish(regs, in);
	return true;
}

bool pv_emulate_io(struct vcpu *v, struct cpu_user_regs *regs, const struct insn *in)
{
	/* The accumulator is register 0 with the instruction's width. */
	struct insn acc = { .opsize = in->opsize };
	uint16_t port = in->has_imm ? in->imm : regs->rdx;

	if (in->op == INSN_INS || in->op == INSN_OUTS)
		return emulate_string(v, regs, in);
	if (!may_access(v, port, in->opsize))
		return false;
	if (in->op == INSN_IN)
		insn_write_reg(&acc, regs, platform_port_read(v->domain, port, in->opsize));
	else
		platform_port_write(v->domain, port, in->opsize, insn_read_reg(&acc, regs));
	finish(regs, in);
	return true;
}
