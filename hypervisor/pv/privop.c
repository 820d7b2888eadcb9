/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Privileged instructions of guests, which fault in ring 3 (pv-abi 3.8). The bytes at rip decide what it is, never
 * the fault's error code. An instruction is either carried out completely, rip advanced, or left alone and the fault
 * goes to the guest.
 *
 * The guest kernel may do all of them; its user mode only port I/O, cli/sti and INT n within the virtual IOPL and the
 * gate's DPL, and reading the TSC. Works on current.
 */
#include "asm/cr.h"
#include "asm/msr.h"
#include "cpu/cpu.h"
#include "domain/domain.h"
#include "domain/policy.h"
#include "hypercall/hypercall.h"
#include "mm/mm.h"
#include "pv/insn.h"
#include "pv/internal.h"
#include "pv/pv.h"
#include "pv/vectors.h"
#include "time/clock.h"
#include <string.h>

#define DR6_SINGLE_STEP (1ul << 14)
#define AR_LONG (1u << 21)	/* L bit as LAR shows it (SDM vol. 2, LAR) */

/* Privilege level that IOPL and gates are compared with: the kernel is 1 unless it wants to be 0. */
static unsigned int virtual_cpl(const struct vcpu *v)
{
	if (!v->kernel_mode)
		return 3;
	return v->domain->vm_assist & (1u << VMASST_TYPE_architectural_iopl) ? 0 : 1;
}

bool pv_iopl_ok(const struct vcpu *v)
{
	return v->pv.iopl >= virtual_cpl(v);
}

uint64_t pv_segment_base(const struct insn *in)
{
	switch (in->seg) {
	case INSN_SEG_FS:
		return rdmsr(MSR_FS_BASE);
	case INSN_SEG_GS:
		return rdmsr(MSR_GS_BASE);
	default:
		return 0;
	}
}

static bool in_long_mode(const struct cpu_user_regs *regs)
{
	uint32_t ar = 0;

	if (regs->cs == FLAT_RING3_CS64)
		return true;
	/* The descriptor may be in an LDT page that is gone: then the access faults. */
	__asm__ volatile("1: lar %1, %0\n2:\n" EX_TABLE(1b, 2b) : "+r"(ar) : "r"((uint32_t)regs->cs) : "cc");
	return ar & AR_LONG;
}

bool pv_fetch_insn(const struct cpu_user_regs *regs, struct insn *in)
{
	uint8_t bytes[FETCH_LEN];
	size_t n = fetch_guest_insn(regs->rip, bytes);

	return insn_decode(bytes, n, in_long_mode(regs), in);
}

static bool read_cr(struct vcpu *v, unsigned int n, uint64_t *val)
{
	switch (n) {
	case 0:
		*val = PV_CR0 | (v->pv.ts ? CR0_TS : 0);
		return true;
	case 2:
		*val = v->info->arch.cr2;
		return true;
	case 3:
		*val = page_to_mfn(v->root_kernel) << PAGE_SHIFT;
		return true;
	case 4:
		*val = v->pv.cr4;
		return true;
	default:
		return false;
	}
}

/* *again: the operation was preempted, and the instruction is to be executed once more. */
static bool write_cr(struct vcpu *v, unsigned int n, uint64_t val, bool *again)
{
	int rc;

	switch (n) {
	case 0:
		if ((val & ~(uint64_t)CR0_TS) != PV_CR0)
			return false;
		pv_set_ts(v, val & CR0_TS);
		return true;
	case 2:
		v->pv.cr2 = val;
		v->info->arch.cr2 = val;
		return true;
	case 3:
		rc = mm_new_baseptr(v, val >> PAGE_SHIFT);
		*again = rc == -XEN_ERESTART;
		return !rc || *again;
	case 4:
		v->pv.cr4 = pv_cr4_view(val);
		return true;
	default:
		return false;
	}
}

/* Registers 4 and 5 are other names of 6 and 7 (SDM vol. 3, 17.2.2). */
static bool access_dr(struct vcpu *v, const struct insn *in, uint64_t *reg)
{
	unsigned int n = in->imm;

	if (n > 7)
		return false;
	if (n == 4 || n == 5)
		n += 2;
	if (in->op == INSN_WRITE_DR)
		return pv_write_debugreg(v, n, *reg) == 0;
	*reg = v->pv.dr[n];
	return true;
}

static bool access_msr(struct vcpu *v, struct cpu_user_regs *regs, bool write)
{
	uint64_t val = (uint32_t)regs->rax | regs->rdx << 32;

	if (write)
		return pv_write_msr(v, (uint32_t)regs->rcx, val);
	if (!pv_read_msr(v, (uint32_t)regs->rcx, &val))
		return false;
	regs->rax = (uint32_t)val;
	regs->rdx = val >> 32;
	return true;
}

static void read_tsc(struct vcpu *v, struct cpu_user_regs *regs, bool aux)
{
	uint64_t t = tsc_read();

	regs->rax = (uint32_t)t;
	regs->rdx = t >> 32;
	if (aux)
		regs->rcx = v->pv.tsc_aux;
}

/* INT n: the gate's DPL decides; a refused one is #GP with the vector in its error code (SDM vol. 3, 6.13). */
static void soft_interrupt(struct vcpu *v, struct cpu_user_regs *regs, const struct insn *in)
{
	const struct trap_info *ti = &v->pv.traps[in->imm];

	if ((ti->flags & TI_DPL_MASK) < virtual_cpl(v) || !ti->address) {
		pv_inject_trap(TRAP_GP, true, in->imm << 3 | 2);
		return;
	}
	regs->rip += in->len;
	pv_inject_trap(in->imm, false, 0);
}

static void flush_caches(const struct vcpu *v)
{
	/* Only who drives devices has a reason; for all others it would slow the machine down for nothing. */
	if (domain_has_devices(v->domain))
		wbinvd();
}

/* Done: on to the next instruction, unless the guest single-steps. */
static void retire(struct vcpu *v, struct cpu_user_regs *regs, const struct insn *in)
{
	regs->rip += in->len;
	regs->rflags &= ~RFLAGS_RF;
	if (regs->rflags & RFLAGS_TF) {
		v->pv.dr[6] |= DR6_SINGLE_STEP;
		pv_inject_trap(TRAP_DB, false, 0);
	}
}

/* What only the guest kernel may do. */
static bool emulate_kernel(struct vcpu *v, struct cpu_user_regs *regs, const struct insn *in, bool *again)
{
	uint64_t *reg = insn_reg(regs, in->reg);

	switch (in->op) {
	case INSN_READ_CR:
		return read_cr(v, in->imm, reg);
	case INSN_WRITE_CR:
		return write_cr(v, in->imm, *reg, again);
	case INSN_READ_DR:
	case INSN_WRITE_DR:
		return access_dr(v, in, reg);
	case INSN_CLTS:
		pv_set_ts(v, false);
		return true;
	case INSN_WBINVD:
		flush_caches(v);
		return true;
	case INSN_RDMSR:
	case INSN_WRMSR:
		return access_msr(v, regs, in->op == INSN_WRMSR);
	case INSN_XSETBV:
		return (uint32_t)regs->rcx == 0 && xstate_set_xcr0(v, (uint32_t)regs->rax | regs->rdx << 32);
	default:
		return false;
	}
}

/* Bits of CPUID leaf 1, ECX (SDM vol. 2). */
#define LEAF1_ECX_XSAVE		(1u << 26)
#define LEAF1_ECX_OSXSAVE	(1u << 27)

static void emulate_cpuid(struct vcpu *v, struct cpu_user_regs *regs, uint32_t shown)
{
	struct cpuid_regs out;

	policy_guest_cpuid(v, (uint32_t)regs->rax, (uint32_t)regs->rcx, &out);
	if ((uint32_t)regs->rax == 1 && (out.c & LEAF1_ECX_XSAVE))
		out.c |= shown;
	regs->rax = out.a;
	regs->rbx = out.b;
	regs->rcx = out.c;
	regs->rdx = out.d;
}

bool pv_emulate_privileged(struct cpu_user_regs *regs)
{
	struct vcpu *v = current;
	bool again = false, ok;
	struct insn in;

	if (!pv_fetch_insn(regs, &in))
		return false;
	switch (in.op) {
	case INSN_INT:
		soft_interrupt(v, regs, &in);
		return true;
	case INSN_IN:
	case INSN_OUT:
	case INSN_INS:
	case INSN_OUTS:
		return pv_emulate_io(v, regs, &in);
	case INSN_CLI:
	case INSN_STI:
		/* The virtual interrupt flag is the upcall mask; these leave it alone. */
		ok = pv_iopl_ok(v);
		break;
	case INSN_RDTSC:
	case INSN_RDTSCP:
		read_tsc(v, regs, in.op == INSN_RDTSCP);
		ok = true;
		break;
	case INSN_CPUID:
		emulate_cpuid(v, regs, 0);
		ok = true;
		break;
	default:
		ok = v->kernel_mode && emulate_kernel(v, regs, &in, &again);
	}
	if (ok && !again)
		retire(v, regs, &in);
	return ok;
}

bool pv_emulate_cpuid_ud(struct cpu_user_regs *regs)
{
	/* ud2; .ascii "xen"; cpuid (pv-abi 1.11) */
	static const uint8_t wanted[7] = { 0x0f, 0x0b, 'x', 'e', 'n', 0x0f, 0xa2 };
	const struct insn whole = { .op = INSN_CPUID, .len = sizeof(wanted) };
	uint8_t bytes[FETCH_LEN];

	if (fetch_guest_insn(regs->rip, bytes) < sizeof(wanted) || memcmp(bytes, wanted, sizeof(wanted)))
		return false;
	/* A kernel that asks in this way learns from OSXSAVE that XSAVE is to be had, before it has set the bit in its CR4: Linux
	 * takes it for missing otherwise, and lives on FXSAVE. */
	emulate_cpuid(current, regs, current->kernel_mode ? LEAF1_ECX_OSXSAVE : 0);
	retire(current, regs, &whole);
	return true;
}
