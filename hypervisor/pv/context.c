/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The part of a vCPU that the hardware holds besides the general registers, at context switch (pv-abi 3.7), and its
 * form in struct vcpu_guest_context (2.12).
 *
 * While a guest runs, its data selectors, segment bases and enabled debug registers live in the CPU and the copies
 * in struct vcpu are stale, but for pv.dr[], which only hypercalls and emulation change. CR4.FSGSBASE is off for
 * guests, so bases change through us or by a selector load. In kernel mode GS_BASE is the kernel's and
 * KERNEL_GS_BASE the user's base; in user mode the reverse.
 */
#include <string.h>
#include "asm/atomic.h"
#include "asm/cr.h"
#include "asm/msr.h"
#include "cpu/cpu.h"
#include "domain/domain.h"
#include "hypercall/hypercall.h"
#include "mm/mm.h"
#include "pv/internal.h"
#include "pv/pv.h"
#include "pv/vectors.h"

/* SDM vol. 3, 17.2: value after reset; bits 0-7 enable the four breakpoints. */
#define DR7_DEFAULT 0x400
#define DR7_ENABLES 0xff

#define DEFINE_SEGMENT(seg) \
static uint16_t read_##seg(void) \
{ \
	uint16_t sel; \
	__asm__ volatile("mov %%" #seg ", %0" : "=r"(sel)); \
	return sel; \
} \
bool pv_load_##seg(uint16_t sel) \
{ \
	uint32_t ok = 0; \
	__asm__ volatile("1: mov %w1, %%" #seg "\n\tmovl $1, %0\n\tjmp 3f\n" \
			 "2: mov %w2, %%" #seg "\n3:\n" EX_TABLE(1b, 2b) \
			 : "+r"(ok) : "r"(sel), "r"(0) : "memory"); \
	return ok; \
}
DEFINE_SEGMENT(ds)
DEFINE_SEGMENT(es)
DEFINE_SEGMENT(fs)
DEFINE_SEGMENT(gs)
#undef DEFINE_SEGMENT

void pv_context_save(struct vcpu *v)
{
	struct cpu_user_regs *regs = guest_regs();
	uint64_t live = rdmsr(MSR_GS_BASE), other = rdmsr(MSR_KERNEL_GS_BASE);

	/* Into both: whichever the scheduler copies, the selectors are right. */
	v->regs.ds = regs->ds = read_ds();
	v->regs.es = regs->es = read_es();
	v->regs.fs = regs->fs = read_fs();
	v->regs.gs = regs->gs = read_gs();
	v->pv.fs_base = rdmsr(MSR_FS_BASE);
	v->pv.gs_base_kernel = v->kernel_mode ? live : other;
	v->pv.gs_base_user = v->kernel_mode ? other : live;
	if (v->pv.dr[7] & DR7_ENABLES)
		write_dr7(DR7_DEFAULT);
}

void pv_return_failed(struct vcpu *v)
{
	/* Saved selectors equal to the live ones tell the guest that it was the return and no selector. */
	v->regs.ds = read_ds();
	v->regs.es = read_es();
	v->regs.fs = read_fs();
	v->regs.gs = read_gs();
	v->pv.failsafe_pending = true;
}

static void load_debug_registers(const struct vcpu *v)
{
	if (!(v->pv.dr[7] & DR7_ENABLES))
		return;
	write_dr0(v->pv.dr[0]);
	write_dr1(v->pv.dr[1]);
	write_dr2(v->pv.dr[2]);
	write_dr3(v->pv.dr[3]);
	write_dr7(v->pv.dr[7]);
}

void pv_context_load(struct vcpu *v)
{
	bool ok;

	ok = pv_load_ds(v->regs.ds);
	ok &= pv_load_es(v->regs.es);
	/* These two loads change the bases, which are written after. */
	ok &= pv_load_fs(v->regs.fs);
	ok &= pv_load_gs(v->regs.gs);
	if (!ok)
		v->pv.failsafe_pending = true;
	wrmsr(MSR_FS_BASE, v->pv.fs_base);
	wrmsr(MSR_GS_BASE, v->kernel_mode ? v->pv.gs_base_kernel : v->pv.gs_base_user);
	wrmsr(MSR_KERNEL_GS_BASE, v->kernel_mode ? v->pv.gs_base_user : v->pv.gs_base_kernel);
	if (host_features.rdtscp)
		wrmsr(MSR_TSC_AUX, v->pv.tsc_aux);
	load_debug_registers(v);
}

int pv_context_check(const struct vcpu_guest_context *c)
{
	const uint64_t addresses[] = {
		c->user_regs.rip, c->user_regs.rsp, c->kernel_sp, c->event_callback_eip, c->failsafe_callback_eip,
		c->syscall_callback_eip, c->fs_base, c->gs_base_kernel, c->gs_base_user, c->ldt_base,
	};
	unsigned int i;

	for (i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++)
		if (!va_canonical(addresses[i]))
			return refuse(-XEN_EINVAL, "address %lx is not canonical", addresses[i]);
	for (i = 0; i < 256; i++)
		if (!va_canonical(c->trap_ctxt[i].address))
			return refuse(-XEN_EINVAL, "handler of vector %u at %lx", i, c->trap_ctxt[i].address);
	if (!pv_ldt_args_ok(c->ldt_base, c->ldt_ents))
		return refuse(-XEN_EINVAL, "LDT at %lx with %lu entries", c->ldt_base, c->ldt_ents);
	if (c->gdt_ents > FIRST_RESERVED_GDT_ENTRY)
		return refuse(-XEN_EINVAL, "GDT with %lu entries", c->gdt_ents);
	if (!(c->flags & VGCF_in_kernel) && !c->ctrlreg[1])
		return refuse(-XEN_EINVAL, "user mode without user page tables");
	for (i = 0; i < 8; i++)
		if (i != 4 && i != 5 && pv_debugreg_check(i, c->debugreg[i]))
			return refuse(-XEN_EINVAL, "debug register %u", i);
	return 0;
}

/* Linux leaves the vector byte of empty entries zero: the index counts here, not the byte. */
static void set_traps(struct vcpu *v, const struct vcpu_guest_context *c)
{
	unsigned int i;

	for (i = 0; i < 256; i++) {
		v->pv.traps[i] = c->trap_ctxt[i];
		v->pv.traps[i].vector = i;
		v->pv.traps[i].cs |= 3;
	}
}

static void set_registers(struct vcpu *v, const struct cpu_user_regs *r)
{
	v->regs = *r;
	v->regs.cs |= 3;
	v->regs.ss |= 3;
	v->regs.rflags = (r->rflags & (RFLAGS_ARITH | RFLAGS_DF | RFLAGS_TF | RFLAGS_AC | RFLAGS_ID)) |
		RFLAGS_IF | RFLAGS_ONE;
	v->regs.error_code = 0;
	v->regs.entry_vector = 0;
	v->pv.iopl = (r->rflags & RFLAGS_IOPL) >> 12;
}

int pv_set_tables(struct vcpu *v, const struct vcpu_guest_context *c)
{
	int rc = pv_set_gdt(v, c->gdt_frames, c->gdt_ents);

	return rc ? rc : pv_set_ldt(v, c->ldt_base, c->ldt_ents);
}

void pv_set_context(struct vcpu *v, const struct vcpu_guest_context *c)
{
	unsigned int i;

	set_traps(v, c);
	set_registers(v, &c->user_regs);
	v->kernel_mode = c->flags & VGCF_in_kernel;
	v->pv.kernel_ss = (uint16_t)c->kernel_ss | 3;
	v->pv.kernel_sp = c->kernel_sp;
	v->pv.event_callback = c->event_callback_eip;
	v->pv.failsafe_callback = c->failsafe_callback_eip;
	v->pv.syscall_callback = c->syscall_callback_eip;
	v->pv.failsafe_masks_events = c->flags & VGCF_failsafe_disables_events;
	v->pv.syscall_masks_events = c->flags & VGCF_syscall_disables_events;
	v->pv.fs_base = c->fs_base;
	v->pv.gs_base_kernel = c->gs_base_kernel;
	v->pv.gs_base_user = c->gs_base_user;
	v->pv.ts = c->ctrlreg[0] & CR0_TS;
	v->pv.cr2 = c->ctrlreg[2];
	v->pv.cr4 = pv_cr4_view(c->ctrlreg[4]);
	for (i = 0; i < 8; i++)
		if (i != 4 && i != 5)
			pv_store_debugreg(v, i, c->debugreg[i]);
	/* Other vCPUs may be switching single bits. */
	if (v->id == 0)
		atomic_store(&v->domain->vm_assist, (uint32_t)c->vm_assist & PV_VM_ASSIST_VALID);
}

void pv_get_context(struct vcpu *v, struct vcpu_guest_context *c)
{
	unsigned int i;

	c->user_regs = v->regs;
	c->user_regs.rflags = (v->regs.rflags & ~RFLAGS_IOPL) | (uint64_t)v->pv.iopl << 12;
	memcpy(c->trap_ctxt, v->pv.traps, sizeof(c->trap_ctxt));
	c->flags = (v->kernel_mode ? VGCF_in_kernel : 0) | (v->online ? VGCF_online : 0) |
		(v->pv.failsafe_masks_events ? VGCF_failsafe_disables_events : 0) |
		(v->pv.syscall_masks_events ? VGCF_syscall_disables_events : 0);
	c->ldt_base = v->pv.ldt_base;
	c->ldt_ents = v->pv.ldt_ents;
	c->gdt_ents = v->pv.gdt_ents;
	for (i = 0; i * 512 < v->pv.gdt_ents; i++)
		c->gdt_frames[i] = v->pv.gdt_mfn[i];
	c->kernel_ss = v->pv.kernel_ss;
	c->kernel_sp = v->pv.kernel_sp;
	c->ctrlreg[0] = PV_CR0 | (v->pv.ts ? CR0_TS : 0);
	c->ctrlreg[2] = v->pv.cr2;
	c->ctrlreg[4] = v->pv.cr4;
	memcpy(c->debugreg, v->pv.dr, sizeof(c->debugreg));
	c->event_callback_eip = v->pv.event_callback;
	c->failsafe_callback_eip = v->pv.failsafe_callback;
	c->syscall_callback_eip = v->pv.syscall_callback;
	c->vm_assist = v->domain->vm_assist;
	c->fs_base = v->pv.fs_base;
	c->gs_base_kernel = v->pv.gs_base_kernel;
	c->gs_base_user = v->pv.gs_base_user;
}
