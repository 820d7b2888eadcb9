/* SPDX-License-Identifier: BSD-2-Clause */
/* Exception vectors, SDM vol. 3, 6.3. */
#ifndef SOCLE_PV_VECTORS_H
#define SOCLE_PV_VECTORS_H

#include <stdbool.h>
#include <stdint.h>

#define TRAP_DE		0
#define TRAP_DB		1
#define TRAP_NMI	2
#define TRAP_BP		3
#define TRAP_OF		4
#define TRAP_UD		6
#define TRAP_NM		7
#define TRAP_DF		8
#define TRAP_GP		13
#define TRAP_PF		14
#define TRAP_MC		18

/* Page-fault error code. */
#define PFEC_PRESENT	(1u << 0)
#define PFEC_WRITE	(1u << 1)
#define PFEC_USER	(1u << 2)
#define PFEC_RESERVED	(1u << 3)
#define PFEC_INSN	(1u << 4)

/* RFLAGS, SDM vol. 1, 3.4.3. */
#define RFLAGS_CF	(1ul << 0)
#define RFLAGS_ONE	(1ul << 1)	/* always set */
#define RFLAGS_PF	(1ul << 2)
#define RFLAGS_AF	(1ul << 4)
#define RFLAGS_ZF	(1ul << 6)
#define RFLAGS_SF	(1ul << 7)
#define RFLAGS_TF	(1ul << 8)
#define RFLAGS_IF	(1ul << 9)
#define RFLAGS_DF	(1ul << 10)
#define RFLAGS_OF	(1ul << 11)
#define RFLAGS_IOPL	(3ul << 12)
#define RFLAGS_NT	(1ul << 14)
#define RFLAGS_RF	(1ul << 16)
#define RFLAGS_VM	(1ul << 17)
#define RFLAGS_AC	(1ul << 18)
#define RFLAGS_VIF	(1ul << 19)
#define RFLAGS_VIP	(1ul << 20)
#define RFLAGS_ID	(1ul << 21)
#define RFLAGS_ARITH	(RFLAGS_CF | RFLAGS_PF | RFLAGS_AF | RFLAGS_ZF | RFLAGS_SF | RFLAGS_OF)
/* What a guest may put into the hardware's RFLAGS. */
#define RFLAGS_GUEST	(RFLAGS_ARITH | RFLAGS_TF | RFLAGS_DF | RFLAGS_NT | RFLAGS_RF | RFLAGS_AC | RFLAGS_ID)
/* What a guest's handler must not start with (pv-abi 3.2). */
#define RFLAGS_CLEARED	(RFLAGS_AC | RFLAGS_VM | RFLAGS_RF | RFLAGS_NT | RFLAGS_TF)

static inline bool pv_vector_has_error(uint32_t vector)
{
	return vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21 || vector == 29 || vector == 30;
}

static inline bool va_canonical(uint64_t va)
{
	return (uint64_t)((int64_t)(va << 16) >> 16) == va;
}

#endif
