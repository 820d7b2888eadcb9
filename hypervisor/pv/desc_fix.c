/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which segment descriptors a guest may have in its GDT or LDT (pv-abi 2.1). Pure: also compiled by the unit tests.
 *
 * Guarantee: a descriptor that passes cannot give the guest a privilege above ring 3 by any use of it.
 */
#include <abi/arch-x86_64.h>
#include "pv/pv.h"

/* SDM vol. 3, 3.4.5: positions in the 64-bit descriptor. */
#define DESC_TYPE_SHIFT	40
#define DESC_S		(1ul << 44)	/* code or data */
#define DESC_DPL	(3ul << 45)
#define DESC_DPL_SHIFT	45
#define DESC_P		(1ul << 47)
#define TYPE_UPPER_HALF	0	/* second half of a 16-byte gate: type bits are zero (SDM vol. 3, 5.8.3.1) */
#define TYPE_CALL_GATE	12
#define GATE_SEL_SHIFT	16
#define GATE_RPL_MASK	(3ul << GATE_SEL_SHIFT)

static bool gate_target_usable(uint16_t sel)
{
	if (sel & 4)
		return true;	/* LDT: holds checked descriptors only */
	sel &= ~7u;
	return sel < FIRST_RESERVED_GDT_BYTE || sel == (FLAT_RING3_CS64 & ~7u) || sel == (FLAT_RING3_CS32 & ~7u);
}

bool pv_desc_fix(uint64_t *desc)
{
	uint64_t d = *desc;
	unsigned int type = d >> DESC_TYPE_SHIFT & 15;

	if (!(d & DESC_P))
		return true;
	if (d & DESC_S) {
		*desc = d | DESC_DPL;
		return true;
	}
	if (type == TYPE_UPPER_HALF)
		return true;
	if (type != TYPE_CALL_GATE || !gate_target_usable(d >> GATE_SEL_SHIFT))
		return false;
	/* DPL 0 makes every use fault; the DPL wanted waits in the selector's RPL. A gate that was fixed
	 * before has DPL 0 and keeps its RPL. */
	if (d & DESC_DPL) {
		d &= ~GATE_RPL_MASK;
		d |= (d >> DESC_DPL_SHIFT & 3) << GATE_SEL_SHIFT;
		*desc = d & ~DESC_DPL;
	}
	return true;
}
