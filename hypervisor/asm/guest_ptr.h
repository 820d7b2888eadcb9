/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For assembly files: makes a guest's address harmless. An address in the hypervisor's range gets bit 63 cleared and is
 * not canonical any more, so that its use faults; any other stays what it is. No branch is taken: what the CPU
 * executes speculatively sees the same value.
 */
#ifndef SOCLE_ASM_GUEST_PTR_H
#define SOCLE_ASM_GUEST_PTR_H

#ifdef __ASSEMBLY__

#include "mm/layout.h"

.if HV_VIRT_END - HV_VIRT_START != 1 << 43
.error "GUEST_PTR compares the bits above 43"
.endif

/* \scratch is lost. */
.macro GUEST_PTR ptr, scratch
	movabs $-HV_VIRT_START, \scratch
	add \ptr, \scratch
	shr $43, \scratch		/* 0: in the hypervisor's range */
	sub $1, \scratch
	sbb \scratch, \scratch
	shl $63, \scratch
	xor \scratch, \ptr
.endm

#endif

#endif
