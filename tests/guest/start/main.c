/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Start-of-day state of a control domain: start_info, registers, the boot mapping, shared_info (pv-abi 1.4-1.7).
 * A stock kernel relies on every line here, mostly without checking.
 */
#include <abi/features.h>
#include "kit/kit.h"

static void check_start_info(struct start_info *si)
{
	CHECK(!strncmp(si->magic, "xen-3.0-x86_64", 14), "magic is %s", si->magic);
	CHECK(si->nr_pages > 1024, "nr_pages is %lu", si->nr_pages);
	CHECK(si->shared_info % PAGE_SIZE == 0 && si->shared_info, "shared_info is a page");
	CHECK_EQ(si->flags & (SIF_PRIVILEGED | SIF_INITDOMAIN), SIF_PRIVILEGED | SIF_INITDOMAIN, "flags say control domain");
	CHECK_EQ(si->store_mfn, 0, "no store page for dom0");
	CHECK_EQ(si->store_evtchn, 0, "no store port for dom0");
	CHECK(si->nr_pt_frames >= 4, "nr_pt_frames is %lu", si->nr_pt_frames);
	CHECK(!strncmp((char *)si->cmd_line, "first second=2", 14), "command line is '%s'", (char *)si->cmd_line);
}

static void check_registers(struct start_info *si)
{
	CHECK_EQ(kit_entry_sel[0], FLAT_RING3_CS64, "cs");
	CHECK_EQ(kit_entry_sel[1], FLAT_RING3_SS64, "ss");
	CHECK_EQ(kit_entry_sel[2], 0, "ds");
	CHECK_EQ(kit_entry_sel[3], 0, "es");
	CHECK(kit_entry_rflags & 0x200, "IF is set in hardware");
	CHECK(kit_entry_rsp > si->pt_base && kit_entry_rsp - si->pt_base <= (si->nr_pt_frames + 1) * PAGE_SIZE,
	      "the stack page follows the page tables");
}

static void check_boot_mapping(struct start_info *si)
{
	uint64_t last = si->pt_base + si->nr_pt_frames * PAGE_SIZE;
	const uint64_t *p2m = (const uint64_t *)si->mfn_list;
	bool linear = true, readonly = true, roundtrip = true;
	uint64_t stack_end = (kit_entry_rsp + PAGE_SIZE - 1) & -PAGE_SIZE;

	for (uint64_t va = (uint64_t)kit_image_start; va < stack_end; va += PAGE_SIZE) {
		uint64_t *pte = kit_walk((void *)va, 1);

		if (!pte || PTE_FRAME(*pte) != p2m[(va - KIT_VIRT_BASE) / PAGE_SIZE])
			linear = false;
		else if (va >= si->pt_base && va < last && (*pte & PTE_RW))
			readonly = false;
		if (kit_mfn_to_va(kit_va_to_mfn((void *)va)) != (void *)va)
			roundtrip = false;
	}
	CHECK(linear, "the boot region maps pfn n at VIRT_BASE + n pages");
	CHECK(readonly, "page tables are mapped read-only");
	CHECK(roundtrip, "M2P is the inverse of the P2M");
	CHECK(kit_walk((void *)(stack_end + 0x7f000), 1) != NULL, "at least 512 KiB of slack follow the stack");
}

static void check_shared_info(void)
{
	bool masked = true, quiet = true;

	kit_map_shared_info();
	for (int i = 0; i < 32; i++) {
		masked &= kit_shared_info->vcpu_info[i].evtchn_upcall_mask == 1;
		quiet &= kit_shared_info->vcpu_info[i].evtchn_upcall_pending == 0;
	}
	CHECK(masked, "all upcall masks are set");
	CHECK(quiet, "no upcall is pending");
	CHECK(kit_shared_info->vcpu_info[0].time.tsc_to_system_mul != 0, "time is published");
	CHECK(kit_shared_info->vcpu_info[0].time.version % 2 == 0, "time version is even");
	CHECK(kit_shared_info->wc_sec > 1600000000, "wall clock is later than 2020: %u", kit_shared_info->wc_sec);
}

static void check_image(void)
{
	static uint8_t zero[3 * PAGE_SIZE] PAGE_ALIGNED;
	bool clean = true;

	for (size_t i = 0; i < sizeof(zero); i++)
		clean &= zero[i] == 0;
	CHECK(clean, "bss is zero");
	*(volatile uint8_t *)kit_image_start = *(volatile uint8_t *)kit_image_start;
	CHECK(true, "text is writable at first");
}

void kit_main(struct start_info *si)
{
	check_start_info(si);
	check_registers(si);
	check_boot_mapping(si);
	check_shared_info();
	check_image();
	tap_done();
}
