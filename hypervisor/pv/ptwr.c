/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes of guest kernels that faulted because the page is mapped read-only (pv-abi 4.8).
 *
 * To an L1 page table of the domain: the instruction is decoded, its effect on the one 8-byte entry computed and applied
 * as a validated update (mm/pt_update.c), compared with the value the effect was computed from. If the entry changed
 * meanwhile, the instruction simply runs again. Whatever is refused goes to the guest as the page fault it was.
 *
 * To configuration space (MMCFG), which dom0 has read-only: plain stores are dropped; dom0 changes devices
 * through the ports and hypercalls that the hypervisor sees.
 */
#include "asm/msr.h"
#include "cpu/cpu.h"
#include "domain/domain.h"
#include "hypercall/hypercall.h"
#include "lib/util.h"
#include "mm/mm.h"
#include "platform/platform.h"
#include "pv/insn.h"
#include "pv/internal.h"
#include "pv/pv.h"
#include "pv/vectors.h"

#define PTE_PRESENT 1ul
#define PTE_WRITABLE 2ul
#define PTE_ADDR 0x000ffffffffff000ul

#define MCFG_BUS_SIZE (1ul << 20)

static uint64_t size_mask(unsigned int bytes)
{
	return ~0ul >> (64 - 8 * bytes);
}

/* What the instruction does to its operand. */
struct effect {
	uint64_t result;		/* new value of the operand */
	uint64_t rflags;
	bool write;			/* false: a comparison failed, nothing is stored */
	bool load_reg;			/* then the old value goes to the register (XCHG) .. */
	bool load_rax;			/* .. or to the accumulator (failed CMPXCHG) */
};

static void bit_effect(const struct insn *in, uint64_t old, uint64_t src, struct effect *e)
{
	uint64_t bit = 1ul << (src & (8 * in->opsize - 1));

	e->rflags = (e->rflags & ~RFLAGS_CF) | (old & bit ? RFLAGS_CF : 0);
	if (in->op == INSN_BTS)
		e->result = old | bit;
	else if (in->op == INSN_BTR)
		e->result = old & ~bit;
	else
		e->result = old ^ bit;
}

static bool compute(const struct insn *in, struct cpu_user_regs *regs, uint64_t old, struct effect *e)
{
	uint64_t src = in->has_imm ? in->imm : insn_read_reg(in, regs), accumulator;

	*e = (struct effect){ .rflags = regs->rflags, .write = true };
	switch (in->op) {
	case INSN_STORE:
		e->result = src;
		return true;
	case INSN_XCHG:
		e->result = src;
		e->load_reg = true;
		return true;
	case INSN_CMPXCHG:
		accumulator = regs->rax & size_mask(in->opsize);
		insn_alu(INSN_SUB, in->opsize, accumulator, old, &e->rflags);
		e->result = src;
		e->write = accumulator == old;
		e->load_rax = !e->write;
		return true;
	case INSN_ADD:
	case INSN_OR:
	case INSN_AND:
	case INSN_SUB:
	case INSN_XOR:
		e->result = insn_alu(in->op, in->opsize, old, src, &e->rflags);
		return true;
	case INSN_BTS:
	case INSN_BTR:
	case INSN_BTC:
		bit_effect(in, old, src, e);
		return true;
	default:
		return false;
	}
}

/* Address that the instruction writes. Bit instructions with a register address a bit string (SDM vol. 2, BTS). */
static uint64_t operand_va(const struct insn *in, struct cpu_user_regs *regs)
{
	uint64_t va = insn_address(in, regs, pv_segment_base(in));
	bool bits = in->op == INSN_BTS || in->op == INSN_BTR || in->op == INSN_BTC;
	int64_t bit;

	if (bits && !in->has_imm) {
		bit = (int64_t)(insn_read_reg(in, regs) << (64 - 8 * in->opsize)) >> (64 - 8 * in->opsize);
		va += (bit >> __builtin_ctz(8 * in->opsize)) * in->opsize;
	}
	return va;
}

static void commit(const struct insn *in, struct cpu_user_regs *regs, uint64_t old, const struct effect *e)
{
	const struct insn acc = { .opsize = in->opsize };

	regs->rflags = e->rflags & ~RFLAGS_RF;
	if (e->load_reg)
		insn_write_reg(in, regs, old);
	if (e->load_rax)
		insn_write_reg(&acc, regs, old);
	regs->rip += in->len;
}

/* maddr: machine address of the operand, in an L1 table. */
static bool write_entry(struct vcpu *v, struct cpu_user_regs *regs, const struct insn *in, uint64_t maddr)
{
	unsigned int shift = maddr % 8 * 8;
	uint64_t entry = maddr & ~7ul, mask = size_mask(in->opsize), whole, old;
	struct effect e;
	int rc;

	if (maddr % 8 + in->opsize > 8)
		return false;
	/* Another vCPU has made something else of the page: the instruction runs again and sees. */
	if (!pt_read_entry(v, entry, &whole))
		return true;
	old = whole >> shift & mask;
	if (!compute(in, regs, old, &e))
		return false;
	if (e.write) {
		rc = pt_emulated_write(v, entry, whole, (whole & ~(mask << shift)) | (e.result & mask) << shift);
		if (rc == -XEN_EAGAIN || rc == -XEN_ERESTART)
			return true;
		if (rc)
			return false;
	}
	commit(in, regs, old, &e);
	return true;
}

static bool is_mmcfg(uint64_t maddr)
{
	uint64_t first = acpi_info.mcfg_base + acpi_info.mcfg_start * MCFG_BUS_SIZE;
	uint64_t end = acpi_info.mcfg_base + (acpi_info.mcfg_end + 1) * MCFG_BUS_SIZE;

	return acpi_info.mcfg_base && maddr >= first && maddr < end;
}

bool pv_emulate_pt_write(struct vcpu *v, struct cpu_user_regs *regs, uint64_t cr2)
{
	uint64_t pte, maddr;
	struct insn in;
	bool table;

	if (!guest_range_ok(cr2, 1) || !mm_walk_l1(v, cr2, &pte))
		return false;
	if (!(pte & PTE_PRESENT) || pte & PTE_WRITABLE)
		return false;
	maddr = (pte & PTE_ADDR) | (cr2 & ~PAGE_MASK);
	table = pt_write_is_emulated(v, maddr);
	if (!table && !(v->domain->privileged && is_mmcfg(maddr)))
		return false;
	/* The fault must be of this instruction's own operand and not of another byte of it. */
	if (!pv_fetch_insn(regs, &in) || !in.memory || in.op == INSN_LOAD || operand_va(&in, regs) != cr2)
		return false;
	if (table)
		return write_entry(v, regs, &in, maddr);
	if (in.op != INSN_STORE)
		return false;
	regs->rip += in.len;
	return true;
}

bool pv_handle_page_fault(struct cpu_user_regs *regs, uint64_t cr2)
{
	const uint32_t write = PFEC_PRESENT | PFEC_WRITE;
	struct vcpu *v = current;

	if (cr2 >= PERDOMAIN_VIRT && cr2 < FRAMETABLE_VIRT) {
		if (pv_fill_ldt_window(v, cr2))
			return true;
		if (!pv_ldt_fault_va(v, &cr2))
			return false;
		pv_inject_page_fault(cr2, regs->error_code & ~PFEC_PRESENT);
		return true;
	}
	if (!v->kernel_mode || (regs->error_code & (write | PFEC_RESERVED | PFEC_INSN)) != write)
		return false;
	return pv_emulate_pt_write(v, regs, cr2);
}
