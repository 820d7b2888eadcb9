/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stale translations. Removing an entry from a page table does not flush: it notes that some translation may
 * outlive its table entry. That does no harm while the frame keeps its owner and its type, so the
 * flush happens only when the next frame changes its type (a writable page becomes a table, or the
 * reverse) or is allocated: tlb_sync() there. Loading CR3 settles the debt as well. Guests ask for the
 * flushes that their own view needs.
 *
 * Where an outsider must have lost access by the time the guest runs again (grant unmapping), the
 * flush is deferred to the exit path: one flush for a batch.
 *
 * No global entries exist, no PCIDs are used: writing CR3 empties the TLB (SDM vol. 3, 4.10.4.1). One CPU: its
 * debt is one flag; more CPUs get one each, and an interrupt to pay it.
 */
#include "asm/cr.h"
#include "cpu/cpu.h"
#include "mm/internal.h"

static bool stale;

void tlb_mark_stale(void)
{
	stale = true;
}

void tlb_cr3_written(void)
{
	stale = false;
}

void tlb_flush_local(void)
{
	uint64_t cr4 = read_cr4();

	if (cr4 & CR4_PGE) {
		write_cr4(cr4 & ~(uint64_t)CR4_PGE);
		write_cr4(cr4);
	} else {
		write_cr3(read_cr3());
	}
	stale = false;
}

void tlb_sync(void)
{
	if (stale)
		tlb_flush_local();
}

void tlb_defer_flush(void)
{
	stale = true;
	cpu_raise_work(WORK_TLB);
}

void tlb_run_deferred(void)
{
	tlb_sync();
}

void tlb_flush_va_local(uint64_t va)
{
	invlpg(va);
}

void tlb_flush_vcpus(struct domain *d, const uint64_t *mask)
{
	(void)d;
	(void)mask;
	tlb_flush_local();
}
