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
	DEFINE(CPU_INFO_SIZE, sizeof(struct cpu_info));
	DEFINE(CPU_INFO_GUEST_REGS, offsetof(struct cpu_info, guest_regs));
	DEFINE(CPU_INFO_CURRENT, offsetof(struct cpu_info, current_vcpu));
	DEFINE(CPU_INFO_WORK, offsetof(struct cpu_info, work));
	DEFINE(CPU_INFO_ENTRY_TSC, offsetof(struct cpu_info, entry_tsc));
	DEFINE(VCPU_INFO, offsetof(struct vcpu, info));
	DEFINE(VCPU_INFO_UPCALL_PENDING, offsetof(struct vcpu_info, evtchn_upcall_pending));
	DEFINE(VCPU_INFO_UPCALL_MASK, offsetof(struct vcpu_info, evtchn_upcall_mask));
	DEFINE(VCPU_PENDING_TRAP, offsetof(struct vcpu, pv.pending_trap));
	DEFINE(VCPU_PENDING_FLAGS, offsetof(struct vcpu, pv.nmi_pending));
	DEFINE(VCPU_KERNEL_MODE, offsetof(struct vcpu, kernel_mode));
	DEFINE(UREGS_ERROR_CODE, UREG(error_code));
	DEFINE(UREGS_ENTRY_VECTOR, UREG(entry_vector));
	DEFINE(UREGS_RAX, UREG(rax));
	DEFINE(UREGS_RDX, UREG(rdx));
	DEFINE(UREGS_RIP, UREG(rip));
	DEFINE(UREGS_RFLAGS, UREG(rflags));
	DEFINE(UREGS_RSP, UREG(rsp));
	DEFINE(UREGS_CS, UREG(cs));
	DEFINE(UREGS_ES, UREG(es));
}
