/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Segment descriptors: an accepted one gives no privilege above ring 3, judged here by the manual (SDM vol. 3, 3.4.5 and
 * 5.8.3) rather than by the code, and stays accepted and unchanged when it is looked at again.
 */
#include "pv/pv.h"
#include "fuzz.h"

static void check(uint64_t given)
{
	uint64_t d = given, again;
	unsigned int type, dpl;

	if (!pv_desc_fix(&d))
		return;
	type = d >> 40 & 15;
	dpl = d >> 45 & 3;
	again = d;
	CLAIM(pv_desc_fix(&again) && again == d);
	if (!(d >> 47 & 1)) {
		CLAIM(d == given);
	} else if (d >> 44 & 1) {
		CLAIM(dpl == 3);
		CLAIM((d | 3ull << 45) == (given | 3ull << 45));
	} else if (type == 12) {
		/* A gate that cannot be used: the CPU compares the caller's 3 with its DPL. */
		CLAIM(dpl == 0);
	} else {
		/* The upper half of a gate; as a first half type 0 is reserved and faults. */
		CLAIM(type == 0 && d == given);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };

	while (in.left)
		check(input_u64(&in));
	return 0;
}
