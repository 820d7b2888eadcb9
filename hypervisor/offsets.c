/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Offsets that assembly needs, taken from the C definitions. This file is compiled to assembly only; a sed
 * rule turns its @DEFINE comment lines into asm-offsets.h. It never becomes an object.
 */
#include <stddef.h>
#include <abi/errno.h>
#include "cpu/cpu.h"
#include "domain/domain.h"
#include "hypercall/hypercall.h"
#include "pv/vectors.h"

#define DEFINE(sym, val) __asm__ volatile("\n#@DEFINE " #sym " %0" : : "i"((unsigned long)(val)))
#define sizeof_field(type, field) sizeof(((type *)0)->field)
#define UREG(field) offsetof(struct cpu_user_regs, field)

_Static_assert(offsetof(struct vcpu, pv.failsafe_pending) == offsetof(struct vcpu, pv.nmi_pending) + 1,
	       "entry.S tests both at once");
_Static_assert(sizeof_field(struct cpu_info, work) == 4 && sizeof_field(struct vcpu, pv.pending_trap) == 4,
	       "operand sizes in entry.S");

void offsets_emit(void);

void offsets_emit(void)
{
	DEFINE(EFAULT, XEN_EFAULT);
	DEFINE(ENOSYS, XEN_ENOSYS);
	DEFINE(HYPERCALL_ROWS, HYPERCALL_ROWS);
	DEFINE(HYPERCALL_IRET, __HYPERVISOR_iret);
	DEFINE(VGCF_IN_SYSCALL, VGCF_in_syscall);
	DEFINE(ASSIST_IOPL, 1u << VMASST_TYPE_architectural_iopl);
	DEFINE(RFLAGS_ONE, RFLAGS_ONE);
	DEFINE(RFLAGS_TF, RFLAGS_TF);
	DEFINE(RFLAGS_IF, RFLAGS_IF);
	DEFINE(RFLAGS_DF, RFLAGS_DF);
	DEFINE(RFLAGS_RF, RFLAGS_RF);
	DEFINE(RFLAGS_GUEST, RFLAGS_GUEST);
	DEFINE(RFLAGS_CLEARED, RFLAGS_CLEARED);
	DEFINE(CPU_INFO_SIZE, sizeof(struct cpu_info));
	DEFINE(CPU_INFO_GUEST_REGS, offsetof(struct cpu_info, guest_regs));
	DEFINE(CPU_INFO_CURRENT, offsetof(struct cpu_info, current_vcpu));
	DEFINE(CPU_INFO_WORK, offsetof(struct cpu_info, work));
	DEFINE(CPU_INFO_TLB_SEEN, offsetof(struct cpu_info, tlb_seen));
	DEFINE(CPU_INFO_SCRATCH, offsetof(struct cpu_info, scratch));
	DEFINE(CPU_INFO_ENTRY_TSC, offsetof(struct cpu_info, entry_tsc));
	DEFINE(VCPU_INFO, offsetof(struct vcpu, info));
	DEFINE(VCPU_INFO_UPCALL_PENDING, offsetof(struct vcpu_info, evtchn_upcall_pending));
	DEFINE(VCPU_INFO_UPCALL_MASK, offsetof(struct vcpu_info, evtchn_upcall_mask));
	DEFINE(VCPU_PENDING_TRAP, offsetof(struct vcpu, pv.pending_trap));
	DEFINE(VCPU_PENDING_FLAGS, offsetof(struct vcpu, pv.nmi_pending));
	DEFINE(VCPU_KERNEL_MODE, offsetof(struct vcpu, kernel_mode));
	DEFINE(VCPU_NMI_PENDING, offsetof(struct vcpu, pv.nmi_pending));
	DEFINE(VCPU_NMI_MASKED, offsetof(struct vcpu, pv.nmi_masked));
	DEFINE(VCPU_DOMAIN, offsetof(struct vcpu, domain));
	DEFINE(VCPU_ROOT_KERNEL, offsetof(struct vcpu, root_kernel));
	DEFINE(VCPU_ROOT_USER, offsetof(struct vcpu, root_user));
	DEFINE(VCPU_KERNEL_SP, offsetof(struct vcpu, pv.kernel_sp));
	DEFINE(VCPU_SYSCALL_CALLBACK, offsetof(struct vcpu, pv.syscall_callback));
	DEFINE(VCPU_SYSCALL_MASKS, offsetof(struct vcpu, pv.syscall_masks_events));
	DEFINE(DOMAIN_VM_ASSIST, offsetof(struct domain, vm_assist));
	DEFINE(IRET_RAX, offsetof(struct iret_context, rax));
	DEFINE(IRET_R11, offsetof(struct iret_context, r11));
	DEFINE(IRET_RCX, offsetof(struct iret_context, rcx));
	DEFINE(IRET_FLAGS, offsetof(struct iret_context, flags));
	DEFINE(IRET_RIP, offsetof(struct iret_context, rip));
	DEFINE(IRET_CS, offsetof(struct iret_context, cs));
	DEFINE(IRET_RFLAGS, offsetof(struct iret_context, rflags));
	DEFINE(IRET_RSP, offsetof(struct iret_context, rsp));
	DEFINE(IRET_SS, offsetof(struct iret_context, ss));
	DEFINE(UREGS_ERROR_CODE, UREG(error_code));
	DEFINE(UREGS_ENTRY_VECTOR, UREG(entry_vector));
	DEFINE(UREGS_RAX, UREG(rax));
	DEFINE(UREGS_RDX, UREG(rdx));
	DEFINE(UREGS_RIP, UREG(rip));
	DEFINE(UREGS_RFLAGS, UREG(rflags));
	DEFINE(UREGS_RSP, UREG(rsp));
	DEFINE(UREGS_CS, UREG(cs));
	DEFINE(UREGS_SS, UREG(ss));
	DEFINE(UREGS_ES, UREG(es));
}
