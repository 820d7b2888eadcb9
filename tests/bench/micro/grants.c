/* SPDX-License-Identifier: BSD-2-Clause */
/* Grants of another domain's pages: mapping and unmapping them, copying from them. */
#include <abi/grant_table.h>
#include <abi/memory.h>
#include "guest/peer.h"
#include "micro/micro.h"

#define ROUNDS		100
#define PAGES		64U
#define FIRST_REF	GNTTAB_NR_RESERVED_ENTRIES

static uint8_t granted[PAGES][PAGE_SIZE] PAGE_ALIGNED;	/* in the peer what is granted, here where it is mapped */
static uint8_t copied[PAGE_SIZE] PAGE_ALIGNED;
static struct grant_entry_v1 table[512] PAGE_ALIGNED;	/* shows the peer's grant table */
static struct gnttab_map_grant_ref maps[PAGES];
static struct gnttab_unmap_grant_ref unmaps[PAGES];
static struct gnttab_copy copies[PAGES];

static void op(unsigned int cmd, void *ops, unsigned int count)
{
	bench_failed |= hypercall3(__HYPERVISOR_grant_table_op, cmd, ops, count);
}

static uint64_t map_and_unmap(unsigned long n, unsigned int count, bool time_map)
{
	uint64_t sum = 0;

	for (unsigned long i = 0; i < n; i++) {
		uint64_t map = BENCH_ONE(op(GNTTABOP_map_grant_ref, maps, count)), unmap;

		for (unsigned int p = 0; p < count; p++) {
			bench_failed |= maps[p].status;
			unmaps[p].handle = maps[p].handle;
		}
		unmap = BENCH_ONE(op(GNTTABOP_unmap_grant_ref, unmaps, count));
		for (unsigned int p = 0; p < count; p++)
			bench_failed |= unmaps[p].status;
		sum += time_map ? map : unmap;
	}
	return sum;
}

static uint64_t map_1(unsigned long n)
{
	return map_and_unmap(n, 1, true);
}

static uint64_t map_64(unsigned long n)
{
	return map_and_unmap(n, PAGES, true);
}

static uint64_t unmap_1(unsigned long n)
{
	return map_and_unmap(n, 1, false);
}

static uint64_t unmap_64(unsigned long n)
{
	return map_and_unmap(n, PAGES, false);
}

static uint64_t copy(unsigned long n, unsigned int count, uint16_t len)
{
	uint64_t t;

	for (unsigned int i = 0; i < count; i++)
		copies[i].len = len;
	t = BENCH_LOOP(n, op(GNTTABOP_copy, copies, count));
	for (unsigned int i = 0; i < count; i++)
		bench_failed |= copies[i].status;
	return t;
}

static uint64_t copy_64_bytes(unsigned long n)
{
	return copy(n, 1, 64);
}

static uint64_t copy_1(unsigned long n)
{
	return copy(n, 1, PAGE_SIZE);
}

static uint64_t copy_64(unsigned long n)
{
	return copy(n, PAGES, PAGE_SIZE);
}

/* What a toolstack does to seed grants (pv-abi 6.4): the peer's table is mapped and written from here. */
static void offer(const struct peer *p)
{
	uint64_t frame = 0;
	struct xen_mem_acquire_resource r = {
		.domid = p->id, .type = XENMEM_resource_grant_table, .id = XENMEM_resource_grant_table_id_shared, .nr_frames = 1,
		.frame_list = (uint64_t)&frame,
	};

	bench_must(hypercall2(__HYPERVISOR_memory_op, XENMEM_acquire_resource, &r), "acquire_resource");
	peer_map_frame(p, frame, table);
	for (unsigned int i = 0; i < PAGES; i++) {
		struct grant_entry_v1 *e = &table[FIRST_REF + i];

		e->domid = 0;
		e->frame = (uint32_t)peer_mfn(p, granted[i]);
		__atomic_store_n(&e->flags, GTF_permit_access, __ATOMIC_SEQ_CST);
		maps[i] = (struct gnttab_map_grant_ref){
			.host_addr = (uint64_t)granted[i], .flags = GNTMAP_host_map, .ref = FIRST_REF + i, .dom = p->id,
		};
		unmaps[i].host_addr = (uint64_t)granted[i];
		copies[i] = (struct gnttab_copy){
			.source = { .u.ref = FIRST_REF + i, .domid = p->id },
			.dest = { .u.gmfn = kit_va_to_mfn(copied), .domid = DOMID_SELF }, .flags = GNTCOPY_source_gref,
		};
	}
}

void bench_grants(const struct peer *p)
{
	static const struct bench list[] = {
		{ "grant map of 1 page", map_1, ROUNDS, BENCH_EACH, NULL },
		{ "grant unmap of 1 page", unmap_1, ROUNDS, BENCH_EACH, NULL },
		{ "grant map of 64 pages", map_64, ROUNDS / 10, BENCH_EACH, NULL },
		{ "grant unmap of 64 pages", unmap_64, ROUNDS / 10, BENCH_EACH, NULL },
		{ "grant copy of 64 bytes", copy_64_bytes, ROUNDS, BENCH_AROUND, NULL },
		{ "grant copy of 1 page", copy_1, ROUNDS, BENCH_AROUND, NULL },
		{ "grant copy of 64 pages", copy_64, ROUNDS / 10, BENCH_AROUND, NULL },
	};

	offer(p);
	for (unsigned int i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		bench_run(&list[i]);
	/* The frame belongs to a domain that is about to end. */
	bench_must(kit_make_writable(table), "grant table");
}
