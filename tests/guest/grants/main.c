/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Grants of a domain with itself (pv-abi 6): table set-up, map and unmap through an address and through a machine
 * address, read-only rules, several maps of one grant, copies, and each refusal's status.
 */
#include <abi/grant_table.h>
#include "kit/kit.h"

static struct grant_entry_v1 table[PAGE_SIZE / sizeof(struct grant_entry_v1)] PAGE_ALIGNED;	/* becomes the shared frame */
static uint8_t granted[PAGE_SIZE] PAGE_ALIGNED;
static uint8_t window[PAGE_SIZE] PAGE_ALIGNED;
static uint8_t other[PAGE_SIZE] PAGE_ALIGNED;

/*
 * The granter of a map is named by its number: Xen knows no DOMID_SELF there, as mapping one's own grant has no use
 * outside tests. Copies know it.
 */
#define OWN_DOMID	0

static volatile struct grant_entry_v1 *const entries = table;

static long grant(unsigned int cmd, void *op)
{
	return hypercall3(__HYPERVISOR_grant_table_op, cmd, op, 1);
}

static int map(uint32_t ref, uint32_t flags, void *at, struct gnttab_map_grant_ref *op)
{
	*op = (struct gnttab_map_grant_ref){ .host_addr = (uint64_t)at, .flags = flags, .ref = ref, .dom = OWN_DOMID };
	return grant(GNTTABOP_map_grant_ref, op) ? -99 : op->status;
}

static int unmap(uint32_t handle, void *at)
{
	struct gnttab_unmap_grant_ref op = { .host_addr = (uint64_t)at, .handle = handle };

	return grant(GNTTABOP_unmap_grant_ref, &op) ? -99 : op.status;
}

static void test_setup(void)
{
	uint64_t frame = 0;
	struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = 1, .frame_list = (uint64_t)&frame };
	struct gnttab_query_size size = { .dom = DOMID_SELF };
	struct gnttab_set_version version = { .version = 1 };

	CHECK_EQ(grant(GNTTABOP_set_version, &version), 0, "set_version 1");
	version.version = 7;
	CHECK_EQ(grant(GNTTABOP_set_version, &version), -XEN_EINVAL, "set_version 7");
	CHECK(!grant(GNTTABOP_query_size, &size) && size.status == GNTST_okay && size.max_nr_frames >= 1, "query_size");
	CHECK(!grant(GNTTABOP_setup_table, &setup) && setup.status == GNTST_okay && frame, "setup_table");
	CHECK_EQ(kit_set_pte(table, frame << 12 | PTE_P | PTE_RW), 0, "the shared frame can be mapped");
	setup.nr_frames = size.max_nr_frames + 1;
	CHECK(!grant(GNTTABOP_setup_table, &setup) && setup.status == GNTST_general_error, "more frames than allowed");
	setup = (struct gnttab_setup_table){ .dom = 1234, .nr_frames = 1, .frame_list = (uint64_t)&frame };
	CHECK(!grant(GNTTABOP_setup_table, &setup) && setup.status == GNTST_bad_domain, "the table of a domain that is not");
}

static void offer(uint32_t ref, void *page, uint16_t flags, uint16_t domid)
{
	entries[ref].domid = domid;
	entries[ref].frame = (uint32_t)kit_va_to_mfn(page);
	__atomic_store_n(&table[ref].flags, flags, __ATOMIC_SEQ_CST);
}

static void test_map(void)
{
	struct gnttab_map_grant_ref m, n;

	offer(8, granted, GTF_permit_access, 0);
	granted[5] = 0xa5;
	CHECK_EQ(map(8, GNTMAP_host_map, window, &m), GNTST_okay, "map");
	CHECK_EQ(((volatile uint8_t *)window)[5], 0xa5, "shows the granted page");
	CHECK(m.dev_bus_addr >> 12 == kit_va_to_mfn(granted), "its machine address");
	CHECK((entries[8].flags & (GTF_reading | GTF_writing)) == (GTF_reading | GTF_writing), "in use for reading and writing");
	((volatile uint8_t *)window)[6] = 0x3c;
	CHECK_EQ(((volatile uint8_t *)granted)[6], 0x3c, "writes arrive");
	CHECK_EQ(map(8, GNTMAP_host_map | GNTMAP_readonly, other, &n), GNTST_okay, "map again, read-only");
	CHECK(n.handle != m.handle, "with another handle");
	CHECK(unmap(m.handle, other) != GNTST_okay, "unmap at the wrong address");
	CHECK_EQ(unmap(m.handle, window), GNTST_okay, "unmap");
	CHECK(!(entries[8].flags & GTF_writing) && (entries[8].flags & GTF_reading), "read-only use is left");
	CHECK_EQ(unmap(m.handle, window), GNTST_bad_handle, "unmap twice");
	CHECK_EQ(unmap(n.handle, other), GNTST_okay, "unmap the other");
	CHECK(!(entries[8].flags & (GTF_reading | GTF_writing)), "no use is left");
	CHECK_EQ(unmap(0xfffffff0, window), GNTST_bad_handle, "a handle out of range");
	kit_make_writable(window);
	kit_make_writable(other);
}

static void test_map_by_pte(void)
{
	struct gnttab_map_grant_ref m;
	void *pte = (void *)kit_pte_maddr(window);

	CHECK_EQ(map(8, GNTMAP_host_map | GNTMAP_contains_pte, pte, &m), GNTST_okay, "map by the entry's machine address");
	kit_mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0);
	CHECK_EQ(((volatile uint8_t *)window)[5], 0xa5, "shows the granted page");
	CHECK_EQ(unmap(m.handle, pte), GNTST_okay, "unmap");
	CHECK_EQ(*kit_walk(window, 1) & PTE_P, 0, "the entry is gone");
	kit_make_writable(window);
	CHECK(map(8, GNTMAP_host_map | GNTMAP_contains_pte, (void *)0x200000, &m) != GNTST_okay, "an entry in the hypervisor's memory");
	CHECK(map(8, GNTMAP_host_map | GNTMAP_contains_pte, (void *)(kit_va_to_mfn(granted) << 12), &m) != GNTST_okay,
	      "an entry in an ordinary page");
	CHECK(map(8, GNTMAP_host_map | GNTMAP_contains_pte, (char *)pte + 4, &m) != GNTST_okay, "an entry that is not aligned");
}

static void test_refusals(void)
{
	struct gnttab_map_grant_ref m;

	CHECK_EQ(map(9, GNTMAP_host_map, window, &m), GNTST_general_error, "a grant that is not there");
	CHECK_EQ(map(1U << 28, GNTMAP_host_map, window, &m), GNTST_bad_gntref, "a reference beyond the table");
	CHECK_EQ(map(8, 0, window, &m), GNTST_bad_gntref, "neither host nor device");
	offer(10, granted, GTF_permit_access | GTF_readonly, 0);
	CHECK_EQ(map(10, GNTMAP_host_map, window, &m), GNTST_general_error, "writing through a read-only grant");
	offer(11, granted, GTF_permit_access, 77);
	CHECK_EQ(map(11, GNTMAP_host_map, window, &m), GNTST_general_error, "a grant for somebody else");
	offer(12, granted, GTF_accept_transfer, 0);
	CHECK_EQ(map(12, GNTMAP_host_map, window, &m), GNTST_general_error, "a transfer slot");
	offer(13, granted, GTF_permit_access, 0);
	entries[13].frame = 0x200;
	CHECK(map(13, GNTMAP_host_map, window, &m) != GNTST_okay, "a grant of the hypervisor's page");
	entries[13].frame = 0xfffffff0;
	CHECK(map(13, GNTMAP_host_map, window, &m) != GNTST_okay, "a grant beyond the machine");
	offer(14, (void *)kit_start_info->pt_base, GTF_permit_access, 0);
	CHECK(map(14, GNTMAP_host_map, window, &m) != GNTST_okay, "a page table, writable");
	CHECK(map(8, GNTMAP_host_map, (void *)0xffff830000000000UL, &m) != GNTST_okay, "an address of the hypervisor");
	m = (struct gnttab_map_grant_ref){ .host_addr = (uint64_t)window, .flags = GNTMAP_host_map, .ref = 8, .dom = 1234 };
	CHECK(!grant(GNTTABOP_map_grant_ref, &m) && m.status == GNTST_bad_domain, "a domain that is not");
	CHECK_EQ(grant(GNTTABOP_map_grant_ref, (void *)0xffff830000000000UL), -XEN_EFAULT, "an argument in the hypervisor");
}

static int copy(uint64_t ref, unsigned int from, unsigned int to, unsigned int len, bool src_ref)
{
	struct gnttab_copy c = { .len = (uint16_t)len, .flags = src_ref ? GNTCOPY_source_gref : GNTCOPY_dest_gref };
	uint64_t mfn = kit_va_to_mfn(other);

	c.source.domid = c.dest.domid = DOMID_SELF;
	c.source.offset = (uint16_t)from;
	c.dest.offset = (uint16_t)to;
	if (src_ref)
		c.source.u.ref = (uint32_t)ref, c.dest.u.gmfn = mfn;
	else
		c.dest.u.ref = (uint32_t)ref, c.source.u.gmfn = mfn;
	return grant(GNTTABOP_copy, &c) ? -99 : c.status;
}

static void test_copy(void)
{
	for (unsigned int i = 0; i < PAGE_SIZE; i++)
		granted[i] = (uint8_t)(i * 7), other[i] = 0;
	CHECK_EQ(copy(8, 100, 200, 1000, true), GNTST_okay, "copy from a grant");
	CHECK(!memcmp(&granted[100], &other[200], 1000) && !other[199] && !other[1200], "just those bytes");
	other[0] = 0x99;
	CHECK_EQ(copy(8, 0, 4095, 1, false), GNTST_okay, "copy to a grant");
	CHECK_EQ(granted[4095], 0x99, "the last byte");
	CHECK_EQ(copy(8, 4000, 0, 97, true), GNTST_bad_copy_arg, "a source across the page's end");
	CHECK_EQ(copy(8, 0, 4000, 97, true), GNTST_bad_copy_arg, "a destination across the page's end");
	CHECK_EQ(copy(10, 0, 0, 16, true), GNTST_okay, "reading a read-only grant");
	CHECK(copy(10, 0, 0, 16, false) != GNTST_okay, "writing a read-only grant");
	CHECK(copy(1U << 28, 0, 0, 16, true) != GNTST_okay, "a reference beyond the table");
	CHECK(!(entries[8].flags & (GTF_reading | GTF_writing)), "no use is left behind");
}

/* Thousands of rounds leave no handle and no reference behind. Xen hands a page of 256 handles out in turn. */
static void test_rounds(void)
{
	struct gnttab_map_grant_ref m;
	uint32_t highest = 0;
	int i = 0;

	for (; i < 3000; i++) {
		if (map(8, GNTMAP_host_map, window, &m))
			break;
		if (m.handle > highest)
			highest = m.handle;
		if (unmap(m.handle, window))
			break;
	}
	CHECK_EQ(i, 3000, "map and unmap three thousand times");
	CHECK(highest < 1024, "handles are used again: highest %u", highest);
	kit_make_writable(window);
	entries[8].flags = 0;
	CHECK_EQ(kit_make_readonly(granted), 0, "the page has lost all writable uses but its own");
	CHECK_EQ(kit_make_writable(granted), 0, "and is free");
}

void kit_main(struct start_info *si)
{
	(void)si;
	kit_map_shared_info();
	kit_traps_init();
	test_setup();
	test_map();
	test_map_by_pte();
	test_refusals();
	test_copy();
	test_rounds();
	tap_done();
}
