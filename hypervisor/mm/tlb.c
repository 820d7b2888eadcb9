/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stale translations. Removing an entry from a page table does not flush: a translation that outlives its table entry does
 * no harm while the frame keeps its owner and its type. So a frame is stamped with the time of tlb_clock when it
 * loses its last type reference or is freed, and each CPU notes the clock before it writes CR3, which empties the TLB
 * (no global entries, no PCIDs; SDM vol. 3, 4.10.4.1). Before a frame gets another type or another owner, tlb_sync()
 * empties the TLBs of those CPUs that have not written CR3 since. Guests ask for the flushes that their own view
 * needs.
 *
 * The stamp advances the clock, and the entry was removed before that: a CPU that has noted a later time wrote CR3
 * after the removal could be seen. A CPU notes the time first and writes CR3 then; between the two it runs no guest and touches no
 * guest address, so others may take the note for the deed. An idle CPU is on a root without guests' entries: it
 * never needs a flush.
 *
 * Where an outsider must have lost access when a call returns (grant unmapping) the caller flushes, once for a batch.
 */
#include "asm/atomic.h"
#include "asm/barrier.h"
#include "asm/cr.h"
#include "cpu/cpu.h"
#include "cpu/smp.h"
#include "domain/domain.h"
#include "lib/bitmap.h"
#include "lib/util.h"
#include "mm/internal.h"

#define SEEN_IDLE (~0UL)

/* Never 0: that is the stamp of a frame that nobody has had yet. */
uint64_t tlb_clock = 1;

uint64_t tlb_stamp(void)
{
	return __atomic_fetch_add(&tlb_clock, 1, __ATOMIC_SEQ_CST);
}

void tlb_load_root(uint64_t maddr, bool idle)
{
	struct cpu_info *ci = this_cpu();

	if (!idle)
		WRITE_ONCE(ci->tlb_seen, READ_ONCE(tlb_clock));
	write_cr3(maddr);
	if (idle)
		WRITE_ONCE(ci->tlb_seen, SEEN_IDLE);
}

void tlb_flush_local(void)
{
	struct cpu_info *ci = this_cpu();

	tlb_load_root(read_cr3(), ci->tlb_seen == SEEN_IDLE);
}

void tlb_sync(uint64_t stamp)
{
	uint64_t cpus[CPU_WORDS] = { 0 };
	bool any = false;

	for (unsigned int cpu = 0; stamp && cpu < smp_nr_cpus(); cpu++) {
		if (READ_ONCE(smp_cpu_info(cpu)->tlb_seen) > stamp)
			continue;
		bitmap_set(cpus, cpu);
		any = true;
	}
	if (any)
		smp_flush_tlbs(cpus);
}

void tlb_flush_vcpus(struct domain *d, const uint64_t *mask)
{
	uint64_t cpus[CPU_WORDS] = { 0 };
	bool any = false;

	/* A vCPU that is not running yet loads CR3 after its running was set, so after what we flush for. */
	smp_mb();
	for (unsigned int i = 0; i < d->max_vcpus; i++) {
		const struct vcpu *v = d->vcpu[i];

		if (!v || (mask && !bitmap_test(mask, i)) || !atomic_load(&v->running))
			continue;
		bitmap_set(cpus, READ_ONCE(v->cpu));
		any = true;
	}
	if (any)
		smp_flush_tlbs(cpus);
}

void tlb_flush_va_local(uint64_t va)
{
	invlpg(va);
}
