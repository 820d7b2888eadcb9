/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A storm of hypercalls with senseless arguments: numbers, commands and structures are put together from values that mean
 * something somewhere: small numbers, limits, addresses that fault, frames that are the guest's and such that are not.
 * Calls that rightly end or hang the caller are left out. The hypervisor has to be there afterwards, sane.
 */
#include <abi/event_channel.h>
#include <abi/features.h>
#include <abi/grant_table.h>
#include <abi/memory.h>
#include <abi/vcpu.h>
#include <abi/version.h>
#include "kit/kit.h"

#define POOL	8
#define ROUNDS	60000

static uint8_t pool[POOL][PAGE_SIZE] PAGE_ALIGNED;	/* the only memory of ours that calls may be told to change */
static union {
	uint64_t u64[512];
	uint32_t u32[1024];
	uint16_t u16[2048];
} arg PAGE_ALIGNED;
static uint64_t mfn[POOL], seed = 0x2545f4914f6cdd1dUL;

static uint64_t rnd(uint64_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % n;
}

static uint64_t any_value(void)
{
	static const uint64_t special[] = {
		DOMID_SELF, DOMID_SELF, DOMID_SELF, 0x7ff1, 0x7ff2, 0x7fff, 0xffff, 4095, 4096, 4097, 0x7fffffff, 0x80000000, 0xffffffff,
		1UL << 40, 0x7fffffffffffffff, 1UL << 63, ~0UL, ~7UL, 0x600000000000, 0x800000000000, 0xffff800000000000,
		0xffff82d040200000, 0xffff830000000000, 0xffff87ffffffffff, 0x200, 0x200000,
	};

	switch (rnd(8)) {
	case 0: case 1: case 2: return rnd(20);
	case 3: return rnd(300);
	case 4: return mfn[rnd(POOL)];
	case 5: return mfn[rnd(POOL)] << 12 | rnd(8) << rnd(10);
	case 6: return (uint64_t)pool[rnd(POOL)] + (rnd(4) ? 0 : rnd(PAGE_SIZE));
	default: return special[rnd(sizeof(special) / sizeof(special[0]))];
	}
}

static void fill(void)
{
	for (unsigned int i = 0; i < 16; i++)
		arg.u64[i] = any_value();
	for (unsigned int i = 0; i < 4; i++) {
		if (rnd(2))
			arg.u32[rnd(32)] = (uint32_t)any_value();
		if (rnd(2))
			arg.u16[rnd(64)] = (uint16_t)(rnd(2) ? DOMID_SELF : any_value());
	}
}

static uint64_t any_pointer(void)
{
	return rnd(12) ? (uint64_t)&arg : any_value();
}

static long one_call(void)
{
	static const uint8_t plain[] = {
		__HYPERVISOR_set_gdt, __HYPERVISOR_update_descriptor, __HYPERVISOR_set_debugreg, __HYPERVISOR_get_debugreg,
		__HYPERVISOR_set_segment_base, __HYPERVISOR_vm_assist, __HYPERVISOR_fpu_taskswitch, __HYPERVISOR_set_timer_op,
		__HYPERVISOR_update_va_mapping, __HYPERVISOR_stack_switch,
	};
	unsigned int cmd = (unsigned int)rnd(34);

	switch (rnd(8)) {
	case 0: return hypercall2(__HYPERVISOR_memory_op, cmd | rnd(8) / 7 << 6, any_pointer());
	case 1: return hypercall2(__HYPERVISOR_event_channel_op, cmd % 16, any_pointer());
	case 2: return hypercall3(__HYPERVISOR_grant_table_op, cmd % 14, any_pointer(), rnd(5));
	case 3: return cmd % 16 == VCPUOP_down || cmd % 16 == VCPUOP_send_nmi ? 0 :
		       hypercall3(__HYPERVISOR_vcpu_op, cmd % 16, rnd(8) ? 0 : any_value(), any_pointer());
	case 4: return hypercall4(__HYPERVISOR_mmuext_op, any_pointer(), rnd(5), rnd(3) ? 0 : any_value(), rnd(4) ? DOMID_SELF : any_value());
	case 5: return hypercall4(__HYPERVISOR_mmu_update, any_pointer(), rnd(5), rnd(3) ? 0 : any_value(), rnd(4) ? DOMID_SELF : any_value());
	case 6: return hypercall2(__HYPERVISOR_xen_version, cmd % 12, (uint64_t)pool[rnd(POOL)]);
	default: return hypercall4(plain[rnd(sizeof(plain))], any_value(), any_value(), any_value(), any_value());
	}
}

void kit_main(struct start_info *si)
{
	struct xen_feature_info fi = { .submap_idx = 0 };
	unsigned int good = 0, refused = 0;
	uint16_t self = DOMID_SELF;

	(void)si;
	kit_map_shared_info();
	kit_traps_init();
	for (unsigned int i = 0; i < POOL; i++)
		mfn[i] = kit_va_to_mfn(pool[i]);
	for (unsigned int n = 0; n < ROUNDS; n++) {
		fill();
		if (one_call() < 0)
			refused++;
		else
			good++;
	}
	CHECK(good > ROUNDS / 50, "some calls found something to do: %u", good);
	CHECK(refused > ROUNDS / 10, "many were refused: %u", refused);
	CHECK_EQ(hypercall2(__HYPERVISOR_xen_version, XENVER_version, 0), 0x40011, "the hypervisor still knows its version");
	CHECK_EQ(hypercall2(__HYPERVISOR_xen_version, XENVER_get_features, &fi), 0, "copies to the guest");
	CHECK(hypercall2(__HYPERVISOR_memory_op, XENMEM_current_reservation, &self) > 1000, "and counts its pages");
	tap_done();
}
