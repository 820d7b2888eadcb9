/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long an operation keeps its CPU from everything else: a timer is set to moments all over the operation, and its event
 * comes when the hypervisor next looks. The longest lateness of all tries is printed, as "BENCH-HOLD name;tries;ticks of the
 * operation;longest". Events are unmasked, so whoever looks also stops the operation and goes on with it later.
 */
#include <abi/event_channel.h>
#include <abi/memory.h>
#include <abi/vcpu.h>
#include "guest/peer.h"
#include "micro/micro.h"

#define TRIES		40UL
#define ARMING		5000UL		/* ticks that pass before the operation begins, at least */
#define EXTENTS		4U		/* of 2 MiB, for a domain that is to be destroyed */
#define LEAF		(PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)

static uint64_t leaf[512] PAGE_ALIGNED;
static uint8_t page[PAGE_SIZE] PAGE_ALIGNED;
static struct mmu_update updates[2][512];
static struct multicall_entry batch[64];
static struct peer victim;

/* Each comes in three pieces: what has to be before it, the operation itself, what has to be after it. */
struct hold {
	const char *name;
	void (*before)(void);
	void (*run)(void);
	void (*after)(void);
};

static void nothing(void)
{
}

static void update_512(void)
{
	bench_failed |= hypercall4(__HYPERVISOR_mmu_update, updates[0], 512, 0, DOMID_SELF);
	bench_failed |= hypercall4(__HYPERVISOR_mmu_update, updates[1], 512, 0, DOMID_SELF);
}

static void batch_of_updates(void)
{
	for (unsigned int i = 0; i < 64; i++)
		batch[i] = (struct multicall_entry){
			.op = __HYPERVISOR_mmu_update, .args = { (uint64_t)updates[i & 1], 512, 0, DOMID_SELF },
		};
	bench_failed |= hypercall2(__HYPERVISOR_multicall, batch, 64);
}

static void small_victim(void)
{
	static const peer_entry_fn never[] = { nothing };

	peer_create(&victim, never, 1);
}

static void populate(void)
{
	uint64_t frames[EXTENTS];
	struct xen_domctl op = { .u.max_mem.max_memkb = (PEER_PAGES + 512 * EXTENTS + 16) * (PAGE_SIZE / 1024) };
	struct xen_memory_reservation r = {
		.extent_start = (uint64_t)frames, .nr_extents = EXTENTS, .extent_order = 9, .domid = victim.id,
	};

	for (unsigned int i = 0; i < EXTENTS; i++)
		frames[i] = (i + 1) * 512;
	bench_failed |= peer_domctl(&victim, &op, XEN_DOMCTL_max_mem);
	bench_failed |= hypercall2(__HYPERVISOR_memory_op, XENMEM_populate_physmap, &r) - (long)EXTENTS;
}

static void large_victim(void)
{
	small_victim();
	populate();
}

static void destroy(void)
{
	peer_destroy(&victim);
}

static void arm(uint64_t due)
{
	struct vcpu_set_singleshot_timer t = { .timeout_abs_ns = bench_ns_at(due) };

	bench_failed |= hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_set_singleshot_timer, 0, &t);
}

static uint64_t duration(const struct hold *h)
{
	uint64_t t;

	h->before();
	t = BENCH_ONE(h->run());
	h->after();
	return t;
}

static void measure(const struct hold *h)
{
	uint64_t whole = duration(h), longest = 0;

	for (unsigned long i = 0; i < TRIES; i++) {
		uint64_t seen = bench_events_seen[0], due;

		h->before();
		kit_vcpu_info()->evtchn_upcall_mask = 0;
		due = ticks() + ARMING + whole * i / TRIES;
		arm(due);
		h->run();
		while (bench_events_seen[0] == seen)
			__asm__ volatile("pause");
		kit_vcpu_info()->evtchn_upcall_mask = 1;
		h->after();
		if (bench_event_at > due && bench_event_at - due > longest)
			longest = bench_event_at - due;
	}
	bench_must(bench_failed, h->name);
	kit_printf("BENCH-HOLD %s;%lu;%lu;%lu\n", h->name, TRIES, whole, longest);
}

void bench_holds(void)
{
	static const struct hold list[] = {
		{ "nothing", nothing, nothing, nothing },
		{ "two mmu_update of 512", nothing, update_512, nothing },
		{ "multicall of 64 mmu_update of 512", nothing, batch_of_updates, nothing },
		{ "populate_physmap of 4 times 2 MiB", small_victim, populate, destroy },
		{ "destroydomain of 10 MiB", large_victim, destroy, nothing },
	};
	uint64_t mfn = kit_va_to_mfn(leaf);

	for (unsigned int i = 0; i < 512; i++) {
		updates[0][i] = (struct mmu_update){ mfn << 12 | i * 8, kit_va_to_mfn(page) << 12 | LEAF };
		updates[1][i] = (struct mmu_update){ mfn << 12 | i * 8, 0 };
	}
	bench_must(kit_make_readonly(leaf), "read-only table");
	bench_must(kit_mmuext(MMUEXT_PIN_L1_TABLE, mfn), "pin of the L1 table");
	bench_failed = 0;
	bench_port[0] = bench_timer_port;
	bench_event_callback(bench_timed_stub);
	for (unsigned int i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		measure(&list[i]);
	bench_event_callback(bench_event_stub);
}
