/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest that is saved, here or elsewhere to go on. What the tools write down is the guest's own memory; so nothing else may be
 * mapped (shared_info, the grant table), and frame numbers in start_info are given as numbers of the guest's own pages, which
 * the tools turn back into frames (pv-abi 1.5). One vCPU only: the others could not be stopped where they stand.
 */
#include <abi/sched.h>
#include "kit/events.h"
#include "kit/grant.h"
#include "kit/internal.h"
#include "kit/kit.h"
#include "kit/life.h"
#include "kit/loop.h"
#include "kit/store.h"
#include "kit/suspend.h"
#include "kit/xenbus.h"

static uint64_t pfn_of(uint64_t mfn)
{
	void *va = mfn ? kit_mfn_to_va(mfn) : NULL;

	return va ? kit_va_to_pfn(va) : 0;
}

static uint64_t mfn_of(uint64_t pfn)
{
	return pfn ? kit_va_to_mfn(kit_pfn_to_va(pfn)) : 0;
}

/* Where the tools find the list of frames (pv-abi 1.6). */
static void describe_memory(void)
{
	kit_shared_info->arch.max_pfn = kit_start_info->nr_pages;
	kit_shared_info->arch.p2m_vaddr = kit_start_info->mfn_list;
	kit_shared_info->arch.p2m_cr3 = kit_va_to_mfn((void *)kit_start_info->pt_base) << 12;
}

/* The hypercall returns when the guest goes on: 1 in the same domain, 0 in a new one. */
static long sleep(void)
{
	struct sched_shutdown arg = { .reason = SHUTDOWN_suspend };
	uint64_t store = kit_start_info->store_mfn, console = kit_start_info->console.domU.mfn;
	long rc;

	kit_start_info->store_mfn = pfn_of(store);
	kit_start_info->console.domU.mfn = pfn_of(console);
	kit_unmap_shared_info();
	rc = hypercall3(__HYPERVISOR_sched_op, SCHEDOP_shutdown, &arg, kit_va_to_mfn(kit_start_info));
	if (rc) {
		kit_start_info->store_mfn = mfn_of(kit_start_info->store_mfn);
		kit_start_info->console.domU.mfn = mfn_of(kit_start_info->console.domU.mfn);
	}
	kit_map_shared_info();
	return rc;
}

static void call_suspend(struct kit_hook *h)
{
	for (; h; h = h->next)
		if (h->suspend)
			h->suspend(h->arg);
}

/* In the order in which they were added. */
static void call_resume(struct kit_hook *h)
{
	if (!h)
		return;
	call_resume(h->next);
	if (h->resume)
		h->resume(h->arg);
}

bool kit_suspend(void)
{
	uint64_t before = kit_time();
	bool moved;

	if (kit_smp_used())
		return false;
	call_suspend(kit_hooks);
	kit_console_drain();
	kit_grants_suspend();
	describe_memory();
	moved = sleep() == 0;
	kit_grants_resume(moved);
	if (moved) {
		kit_events_resume();
		kit_loop_shift(kit_time() - before);
		kit_store_resume();
		kit_devices_resume();
	}
	call_resume(kit_hooks);
	return true;
}
