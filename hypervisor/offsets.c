/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Offsets that assembly needs, taken from the C definitions. This file is compiled to assembly only; a sed
 * rule turns its @DEFINE comment lines into asm-offsets.h. It never becomes an object.
 */
#include <stddef.h>
#include <abi/errno.h>
#include "cpu/cpu.h"
#include "domain/domain.h"

#define DEFINE(sym, val) __asm__ volatile("\n#@DEFINE " #sym " %0" : : "i"((unsigned long)(val)))
#define UREG(field) offsetof(struct cpu_user_regs, field)

void offsets_emit(void);

void offsets_emit(void)
{
	DEFINE(EFAULT, XEN_EFAULT);
	DEFINE(CPU_INFO_SIZE, sizeof(struct cpu_info));
	DEFINE(CPU_INFO_GUEST_REGS, offsetof(struct cpu_info, guest_regs));
	DEFINE(CPU_INFO_CURRENT, offsetof(struct cpu_info, current_vcpu));
	DEFINE(VCPU_KERNEL_MODE, offsetof(struct vcpu, kernel_mode));
	DEFINE(UREGS_ERROR_CODE, UREG(error_code));
	DEFINE(UREGS_ENTRY_VECTOR, UREG(entry_vector));
	DEFINE(UREGS_RIP, UREG(rip));
	DEFINE(UREGS_CS, UREG(cs));
	DEFINE(UREGS_ES, UREG(es));
}
