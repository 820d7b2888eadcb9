/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Traps, sorted. Vectors from 32 are interrupts and go to irq/. An exception in the hypervisor is answered by
 * the exception table, or by the guest's failsafe callback when it was the final IRETQ that failed, or by
 * panic. An exception from ring 3 is either emulated (pv/privop.c, pv/ptwr.c) or queued for the guest kernel;
 * its frame is built on the way out by pv/inject.c.
 *
 * entry.S calls in here with interrupts off, on the stack that entry.S documents. Frames from ring 0 have no
 * es/ds/fs/gs slots: nobody here reads them.
 */
#include <abi/nmi.h>
#include "asm/cr.h"
#include "asm/io.h"
#include "asm/msr.h"
#include "cpu/cpu.h"
#include "cpu/smp.h"
#include "debug/log.h"
#include "domain/domain.h"
#include "mm/mm.h"
#include "platform/platform.h"
#include "pv/pv.h"
#include "pv/vectors.h"
#include "sched/sched.h"
#include <string.h>

#define FIRST_IRQ_VECTOR 32
/* SDM vol. 3, 17.2.3: bits of DR6 that a debug exception sets, and its value when none is set. */
#define DR6_STATUS_BITS 0xe00f
#define DR6_DEFAULT 0xffff0ff0

/* Port B of the PC/AT: bits 0-3 are written, of which 2 and 3 switch the two checks off and clear them; 6 and 7 tell. */
#define PORT_NMI_STATUS		0x61
#define NMI_STATUS_KEPT		0x0f
#define NMI_STATUS_SERR_OFF	0x04
#define NMI_STATUS_IOCHK_OFF	0x08
#define NMI_STATUS_IOCHK	0x40
#define NMI_STATUS_SERR		0x80

struct ex_entry {
	uint64_t from, to;
};

/* hypervisor.lds.S */
extern const struct ex_entry ex_table_start[], ex_table_end[];

static bool from_guest(const struct cpu_user_regs *regs)
{
	return (regs->cs & 3) != 0;
}

/* Nothing of ours runs in the lower half; the stack tells whose call it is. */
static bool in_firmware(const struct cpu_user_regs *regs)
{
	return regs->rip < HV_VIRT_START && firmware_stack / CPU_STACK_SIZE == (uint64_t)this_cpu() / CPU_STACK_SIZE;
}

bool trap_fixup(struct cpu_user_regs *regs)
{
	const struct ex_entry *e;

	if (regs->rip >= (uint64_t)guest_words_begin && regs->rip < (uint64_t)guest_words_end) {
		regs->rip = (uint64_t)guest_words_fault;
		return true;
	}
	if (in_firmware(regs)) {
		printk("Exception %u in the EFI firmware, at %lx\n", regs->entry_vector, regs->rip);
		regs->rip = (uint64_t)firmware_fault;
		return true;
	}
	for (e = ex_table_start; e < ex_table_end; e++) {
		if (e->from == regs->rip) {
			regs->rip = e->to;
			return true;
		}
	}
	return false;
}

/* IRETQ refused what the guest gave us to return to. The fault pushed its frame over the lower part of
 * guest_regs, whose values were in the CPU's registers by then and are in the fault frame now: move them back. */
static void __attribute__((noreturn)) trap_bad_iret(const struct cpu_user_regs *fault)
{
	memmove(guest_regs(), fault, offsetof(struct cpu_user_regs, error_code));
	guest_regs()->error_code = 0;
	guest_regs()->entry_vector = TRAP_GP;
	pv_return_failed(current);
	entry_resume_guest();
}

/* #DB in ring 0: a data breakpoint of the guest that one of our copies hit, or one delayed over SYSCALL by
 * MOV SS. Neither is worth more than clearing its trace. */
static void trap_debug_in_hypervisor(void)
{
	write_dr6(DR6_DEFAULT);
}

/* It can strike with any lock held, so the handler takes none; the interrupt makes the CPU look, wherever it was. */
static void trap_nmi(void)
{
	if (smp_handle_nmi())
		return;
	cpu_raise_work(WORK_NMI);
	smp_kick_self();
}

/* Why the machine raised one, as port 0x61 tells; the two errors are acknowledged, and their lines off from then on. */
static uint64_t nmi_reason(void)
{
	uint8_t status = inb(PORT_NMI_STATUS);
	uint64_t reason = 0;

	if (status & NMI_STATUS_SERR)
		reason |= XEN_NMIREASON_pci_serr;
	if (status & NMI_STATUS_IOCHK)
		reason |= XEN_NMIREASON_io_error;
	if (!reason)
		return XEN_NMIREASON_unknown;
	status &= NMI_STATUS_KEPT;
	if (reason & XEN_NMIREASON_pci_serr)
		status |= NMI_STATUS_SERR_OFF;
	if (reason & XEN_NMIREASON_io_error)
		status |= NMI_STATUS_IOCHK_OFF;
	outb(status, PORT_NMI_STATUS);
	return reason;
}

/* What a machine's NMI means is for dom0 to know: its drivers are. */
void trap_nmi_work(void)
{
	uint64_t reason = nmi_reason();

	log_guest("NMI%s%s%s\n", reason & XEN_NMIREASON_pci_serr ? ", system error" : "",
		  reason & XEN_NMIREASON_io_error ? ", I/O check" : "",
		  reason & XEN_NMIREASON_unknown ? " of unknown reason" : "");
	if (!dom0 || !dom0->vcpu[0])
		return;
	__atomic_fetch_or(&dom0->shared_info->arch.nmi_reason, reason, __ATOMIC_SEQ_CST);
	sched_raise_nmi(dom0->vcpu[0]);
}

static void trap_in_hypervisor(struct cpu_user_regs *regs, uint64_t cr2)
{
	switch (regs->entry_vector) {
	case TRAP_NMI:
		trap_nmi();
		return;
	case TRAP_DB:
		trap_debug_in_hypervisor();
		return;
	case TRAP_PF:
		if (pv_fill_ldt_window(current, cr2))
			return;
		break;
	case TRAP_DF:
	case TRAP_MC:
		panic_regs(regs, "fatal exception %u in the hypervisor", regs->entry_vector);
	}
	if (regs->rip == (uint64_t)entry_iretq)
		trap_bad_iret(regs);
	if (!trap_fixup(regs))
		panic_regs(regs, "exception %u in the hypervisor, error code %x, address %lx", regs->entry_vector,
			   regs->error_code, cr2);
}

static void trap_guest_debug(void)
{
	struct vcpu *v = current;
	uint64_t dr6 = read_dr6();

	write_dr6(DR6_DEFAULT);
	v->pv.dr[6] |= dr6 & DR6_STATUS_BITS;
	pv_inject_trap(TRAP_DB, false, 0);
}

/* FPU state is switched eagerly, so the only reason for CR0.TS is that the guest asked for it. */
static void trap_guest_no_device(void)
{
	struct vcpu *v = current;

	clts();
	if (!v->pv.ts)
		return;
	v->pv.ts = false;
	pv_inject_trap(TRAP_NM, false, 0);
}

static void trap_from_guest(struct cpu_user_regs *regs, uint64_t cr2)
{
	uint32_t vector = regs->entry_vector;

	switch (vector) {
	case TRAP_DB:
		trap_guest_debug();
		return;
	case TRAP_NMI:
		trap_nmi();
		return;
	case TRAP_NM:
		trap_guest_no_device();
		return;
	case TRAP_UD:
		if (!pv_emulate_cpuid_ud(regs))
			pv_inject_trap(TRAP_UD, false, 0);
		return;
	case TRAP_GP:
		if (!pv_emulate_privileged(regs))
			pv_inject_trap(TRAP_GP, true, regs->error_code);
		return;
	case TRAP_PF:
		if (!pv_handle_page_fault(regs, cr2))
			pv_inject_page_fault(cr2, regs->error_code);
		return;
	case TRAP_DF:
	case TRAP_MC:
		panic_regs(regs, "fatal exception %u", vector);
	default:
		pv_inject_trap(vector, pv_vector_has_error(vector), regs->error_code);
	}
}

void trap_handle(struct cpu_user_regs *regs)
{
	uint32_t vector = regs->entry_vector;
	/* Before anything can fault again and overwrite it. */
	uint64_t cr2 = vector == TRAP_PF ? read_cr2() : 0;

	if (from_guest(regs))
		this_cpu()->entry_tsc = 0;
	if (vector >= FIRST_IRQ_VECTOR)
		irq_handle_vector(vector);
	else if (from_guest(regs))
		trap_from_guest(regs, cr2);
	else
		trap_in_hypervisor(regs, cr2);
}

void trap_user_syscall(struct cpu_user_regs *regs)
{
	this_cpu()->entry_tsc = 0;
	pv_user_syscall(regs);
}
