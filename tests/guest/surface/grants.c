/* SPDX-License-Identifier: BSD-2-Clause */
/* grant_table_op with grants of this domain to itself: every operation, flag and status. */
#include <abi/grant_table.h>
#include "surface.h"

#define REF 100u

static struct grant_entry_v1 *table;
static uint8_t window[PAGE_SIZE] PAGE_ALIGNED;
static uint8_t granted[PAGE_SIZE] PAGE_ALIGNED;
static uint8_t target[PAGE_SIZE] PAGE_ALIGNED;
static uint8_t other[PAGE_SIZE] PAGE_ALIGNED;
static uint64_t frames[128];

static long gnt(unsigned int cmd, const void *arg, uint32_t count)
{
	return hypercall3(__HYPERVISOR_grant_table_op, cmd, arg, count);
}

static void setup(void)
{
	struct gnttab_setup_table s = { .dom = DOMID_SELF, .nr_frames = 1, .frame_list = (uint64_t)frames };
	struct gnttab_query_size q = { .dom = DOMID_SELF };

	CHECK_EQ(gnt(GNTTABOP_query_size, &q, 1), 0, "query_size");
	CHECK_EQ(q.status, GNTST_okay, "its status");
	CHECK_EQ(q.max_nr_frames, 64, "largest table");
	CHECK_EQ(gnt(GNTTABOP_query_size, &q, 2), -XEN_EINVAL, "query_size of two");
	q.dom = NOBODY;
	CHECK_EQ(gnt(GNTTABOP_query_size, &q, 1), 0, "query_size of nobody");
	CHECK_EQ(q.status, GNTST_bad_domain, "its status");
	CHECK_EQ(gnt(GNTTABOP_setup_table, &s, 1), 0, "setup_table");
	CHECK_EQ(s.status, GNTST_okay, "its status");
	if (kit_set_pte(window, frames[0] << 12 | PTE_P | PTE_RW | PTE_A | PTE_D))
		CHECK(false, "the table is mapped");
	table = (struct grant_entry_v1 *)window;
	s.nr_frames = 4;
	CHECK_EQ(gnt(GNTTABOP_setup_table, &s, 1), 0, "setup_table that grows");
	CHECK_EQ(s.status, GNTST_okay, "its status");
	CHECK(frames[3] != frames[0], "and gives frames");
	s.nr_frames = 65;
	CHECK_EQ(gnt(GNTTABOP_setup_table, &s, 1), 0, "setup_table of too many");
	CHECK_EQ(s.status, GNTST_general_error, "its status");
	s = (struct gnttab_setup_table){ .dom = NOBODY, .nr_frames = 1, .frame_list = (uint64_t)frames };
	CHECK_EQ(gnt(GNTTABOP_setup_table, &s, 1), 0, "setup_table of nobody");
	CHECK_EQ(s.status, GNTST_bad_domain, "its status");
	CHECK_EQ(gnt(GNTTABOP_setup_table, &s, 2), -XEN_EINVAL, "setup_table of two");
	s = (struct gnttab_setup_table){ .dom = DOMID_SELF, .nr_frames = 1, .frame_list = BAD_POINTER };
	CHECK_EQ(gnt(GNTTABOP_setup_table, &s, 1), -XEN_EFAULT, "setup_table, bad list");
	CHECK_EQ(gnt(GNTTABOP_setup_table, (void *)BAD_POINTER, 1), -XEN_EFAULT, "setup_table, bad pointer");
}

static void versions(void)
{
	struct gnttab_set_version v = { .version = 1 };
	struct gnttab_get_version g = { .dom = DOMID_SELF };
	struct gnttab_get_status_frames s = { .dom = DOMID_SELF, .nr_frames = 1, .frame_list = (uint64_t)frames };

	CHECK_EQ(gnt(GNTTABOP_set_version, &v, 1), 0, "set_version 1");
	CHECK_EQ(v.version, 1, "version set");
	CHECK_EQ(gnt(GNTTABOP_set_version, &v, 2), 0, "set_version of two");
	v.version = 3;
	CHECK_EQ(gnt(GNTTABOP_set_version, &v, 1), -XEN_EINVAL, "set_version 3");
	v.version = 0;
	CHECK_EQ(gnt(GNTTABOP_set_version, &v, 1), -XEN_EINVAL, "set_version 0");
	CHECK_EQ(gnt(GNTTABOP_get_version, &g, 1), 0, "get_version");
	CHECK_EQ(g.version, 1, "version");
	CHECK_EQ(gnt(GNTTABOP_get_version, &g, 2), 0, "get_version of two");
	g.dom = NOBODY;
	CHECK_EQ(gnt(GNTTABOP_get_version, &g, 1), -XEN_ESRCH, "get_version of nobody");
	CHECK_EQ(gnt(GNTTABOP_get_status_frames, &s, 1), 0, "get_status_frames");
	CHECK_EQ(s.status, GNTST_general_error, "its status");
	s.dom = NOBODY;
	CHECK_EQ(gnt(GNTTABOP_get_status_frames, &s, 1), 0, "get_status_frames of nobody");
	CHECK_EQ(s.status, GNTST_bad_domain, "its status");
	CHECK_EQ(gnt(GNTTABOP_get_status_frames, &s, 2), -XEN_EINVAL, "get_status_frames of two");
}

static struct gnttab_map_grant_ref m;

static int map(uint64_t at, uint32_t flags, uint32_t ref, uint16_t dom)
{
	m = (struct gnttab_map_grant_ref){ .host_addr = at, .flags = flags, .ref = ref, .dom = dom };
	CHECK_EQ(gnt(GNTTABOP_map_grant_ref, &m, 1), 0, "map_grant_ref");
	return m.status;
}

static int unmap(uint64_t at, uint64_t bus, uint32_t handle)
{
	struct gnttab_unmap_grant_ref u = { .host_addr = at, .dev_bus_addr = bus, .handle = handle };

	CHECK_EQ(gnt(GNTTABOP_unmap_grant_ref, &u, 1), 0, "unmap_grant_ref");
	return u.status;
}

static void grant(uint32_t ref, uint16_t flags, uint16_t to, const void *va)
{
	table[ref].domid = to;
	table[ref].frame = (uint32_t)kit_va_to_mfn(va);
	__atomic_store_n(&table[ref].flags, flags, __ATOMIC_SEQ_CST);
}

static void mappings(void)
{
	const uint64_t va = (uint64_t)target, pte = kit_pte_maddr(target);

	grant(REF, GTF_permit_access, 0, granted);
	grant(REF + 1, GTF_permit_access | GTF_readonly, 0, granted);
	grant(REF + 2, GTF_permit_access, 5, granted);
	grant(REF + 3, GTF_accept_transfer, 0, granted);
	grant(REF + 4, GTF_invalid, 0, granted);
	CHECK_EQ(map(va, 0, REF, 0), GNTST_bad_gntref, "map of neither part");
	CHECK_EQ(map(va, GNTMAP_host_map, REF, NOBODY), GNTST_bad_domain, "map of nobody's");
	CHECK_EQ(map(va, GNTMAP_host_map, 1 << 20, 0), GNTST_bad_gntref, "map beyond the table");
	CHECK_EQ(map(va, GNTMAP_host_map, REF + 1, 0), GNTST_general_error, "map of a read-only grant to write");
	CHECK_EQ(map(va, GNTMAP_host_map, REF + 2, 0), GNTST_general_error, "map of another's grant");
	CHECK_EQ(map(va, GNTMAP_host_map, REF + 3, 0), GNTST_general_error, "map of a transfer");
	CHECK_EQ(map(va, GNTMAP_host_map, REF + 4, 0), GNTST_general_error, "map of no grant");
	CHECK_EQ(map(UNMAPPED, GNTMAP_host_map, REF, 0), GNTST_general_error, "map where there is no table");
	CHECK_EQ(map(BAD_POINTER, GNTMAP_host_map, REF, 0), GNTST_general_error, "map in the hypervisor");
	CHECK_EQ(map(kit_va_to_mfn(target) << 12, GNTMAP_host_map | GNTMAP_contains_pte, REF, 0), GNTST_general_error, "map into no table");
	CHECK_EQ(map(pte + 4, GNTMAP_host_map | GNTMAP_contains_pte, REF, 0), GNTST_general_error, "map into half an entry");
	CHECK_EQ(table[REF].flags, GTF_permit_access, "no marks are left");

	CHECK_EQ(map(va, GNTMAP_host_map | GNTMAP_device_map, REF, 0), GNTST_okay, "map for host and device");
	CHECK_EQ(m.dev_bus_addr, kit_va_to_mfn(granted) << 12, "bus address");
	CHECK_EQ(table[REF].flags, GTF_permit_access | GTF_reading | GTF_writing, "marks");
	*(volatile uint8_t *)&target[5] = 77;
	CHECK_EQ(*(volatile uint8_t *)&granted[5], 77, "store through the mapping");
	CHECK_EQ(unmap(va, 1UL << 12, m.handle), GNTST_bad_dev_addr, "unmap of another bus address");
	CHECK_EQ(unmap(va, 0, m.handle), GNTST_okay, "unmap for the host");
	CHECK(table[REF].flags & GTF_writing, "the device still writes");
	CHECK_EQ(unmap(0, m.dev_bus_addr, m.handle), GNTST_okay, "unmap for the device");
	CHECK_EQ(table[REF].flags, GTF_permit_access, "marks are gone");
	CHECK_EQ(unmap(va, 0, m.handle), GNTST_bad_handle, "unmap twice");
	CHECK_EQ(unmap(va, 0, 1 << 30), GNTST_bad_handle, "unmap of no handle");

	CHECK_EQ(map(va, GNTMAP_host_map | GNTMAP_readonly, REF + 1, 0), GNTST_okay, "map read-only");
	CHECK_EQ(table[REF + 1].flags, GTF_permit_access | GTF_readonly | GTF_reading, "mark");
	CHECK_EQ(unmap(va + PAGE_SIZE, 0, m.handle), GNTST_general_error, "unmap at another address");
	CHECK_EQ(unmap(va, 0, m.handle), GNTST_okay, "unmap");
	CHECK_EQ(map(pte, GNTMAP_host_map | GNTMAP_contains_pte | GNTMAP_application_map | 5u << _GNTMAP_guest_avail0, REF, 0),
		 GNTST_okay, "map into an entry");
	CHECK_EQ(*kit_walk(target, 1) >> 9 & 7, 5, "available bits");
	CHECK_EQ(unmap(pte, 0, m.handle), GNTST_okay, "unmap from the entry");
	CHECK_EQ(*kit_walk(target, 1), 0, "leaves nothing");
	CHECK_EQ(gnt(GNTTABOP_map_grant_ref, (void *)BAD_POINTER, 1), -XEN_EFAULT, "map_grant_ref, bad pointer");
	CHECK_EQ(gnt(GNTTABOP_map_grant_ref, &m, 0), 0, "map_grant_ref of nothing");
	CHECK_EQ(gnt(GNTTABOP_map_grant_ref, &m, 1u << 31), -XEN_EINVAL, "map_grant_ref of 2^31");
	CHECK_EQ(gnt(GNTTABOP_unmap_grant_ref, (void *)BAD_POINTER, 1), -XEN_EFAULT, "unmap_grant_ref, bad pointer");
}

/* Xen counts at most 127 device mappings of one grant. More mappings than one frame of handles holds: the table of handles grows. */
static void many(void)
{
	static uint32_t handles[1500];
	unsigned int n, good = 0;

	for (n = 0; n < 1500; n++) {
		struct gnttab_map_grant_ref one = { .flags = GNTMAP_device_map, .ref = REF + 16 + n / 100 };

		if (n % 100 == 0)
			grant(one.ref, GTF_permit_access, 0, granted);

		gnt(GNTTABOP_map_grant_ref, &one, 1);
		if (one.status != GNTST_okay)
			break;
		handles[n] = one.handle;
	}
	CHECK_EQ(n, 1500, "handles for 1500 mappings");
	while (n--) {
		struct gnttab_unmap_grant_ref u = { .dev_bus_addr = kit_va_to_mfn(granted) << 12, .handle = handles[n] };

		gnt(GNTTABOP_unmap_grant_ref, &u, 1);
		good += u.status == GNTST_okay;
	}
	CHECK_EQ(good, 1500, "and all unmapped");
	CHECK_EQ(table[REF + 16].flags, GTF_permit_access, "no marks are left");
}

static int replace(uint64_t at, uint64_t from, uint32_t handle)
{
	struct gnttab_unmap_and_replace r = { .host_addr = at, .new_addr = from, .handle = handle };

	CHECK_EQ(gnt(GNTTABOP_unmap_and_replace, &r, 1), 0, "unmap_and_replace");
	return r.status;
}

static void replacing(void)
{
	const uint64_t va = (uint64_t)target, from = (uint64_t)other;

	CHECK_EQ(map(va, GNTMAP_host_map, REF, 0), GNTST_okay, "map");
	CHECK_EQ(replace(va, UNMAPPED, m.handle), GNTST_general_error, "replaced from where there is no table");
	CHECK_EQ(replace(va, from, 1 << 30), GNTST_bad_handle, "replaced for no handle");
	CHECK_EQ(replace(va, from, m.handle), GNTST_okay, "replaced by another page");
	CHECK_EQ(*kit_walk(other, 1), 0, "which has moved");
	*(volatile uint8_t *)&target[9] = 3;
	CHECK_EQ(kit_make_writable(other), 0, "the other page mapped again");
	CHECK_EQ(*(volatile uint8_t *)&other[9], 3, "it is the same page");
	CHECK_EQ(kit_make_writable(target), 0, "own page mapped again");
	CHECK_EQ(gnt(GNTTABOP_unmap_and_replace, (void *)BAD_POINTER, 1), -XEN_EFAULT, "unmap_and_replace, bad pointer");
}

static struct gnttab_copy c;

static int copy(struct gnttab_copy_ptr from, struct gnttab_copy_ptr to, uint16_t len, uint16_t flags)
{
	c = (struct gnttab_copy){ .source = from, .dest = to, .len = len, .flags = flags };
	CHECK_EQ(gnt(GNTTABOP_copy, &c, 1), 0, "copy");
	return c.status;
}

static void copies(void)
{
	const struct gnttab_copy_ptr ref = { .u.ref = REF, .domid = 0 }, ro = { .u.ref = REF + 1, .domid = 0 };
	const struct gnttab_copy_ptr mine = { .u.gmfn = kit_va_to_mfn(other), .domid = DOMID_SELF };
	struct gnttab_copy_ptr bad = mine;

	memset(granted, 1, PAGE_SIZE);
	memset(other, 2, PAGE_SIZE);
	CHECK_EQ(copy(ref, mine, PAGE_SIZE, GNTCOPY_source_gref), GNTST_okay, "copy from a grant");
	CHECK_EQ(other[4095], 1, "bytes came");
	CHECK_EQ(copy(mine, ref, 1, GNTCOPY_dest_gref), GNTST_okay, "copy into a grant");
	CHECK_EQ(copy(ref, ref, 1, GNTCOPY_source_gref | GNTCOPY_dest_gref), GNTST_okay, "copy from a grant to itself");
	CHECK_EQ(copy(ro, mine, 1, GNTCOPY_source_gref), GNTST_okay, "copy from a read-only grant");
	CHECK_EQ(copy(mine, ro, 1, GNTCOPY_dest_gref), GNTST_general_error, "copy into a read-only grant");
	CHECK_EQ(copy(mine, mine, 1, 0), GNTST_okay, "copy without a grant");
	bad.offset = 4095;
	CHECK_EQ(copy(bad, mine, 2, 0), GNTST_bad_copy_arg, "copy over the source's end");
	CHECK_EQ(copy(mine, bad, 2, 0), GNTST_bad_copy_arg, "copy over the target's end");
	bad = (struct gnttab_copy_ptr){ .u.gmfn = 0, .domid = 0 };
	CHECK_EQ(copy(bad, mine, 1, 0), GNTST_permission_denied, "copy from a frame of a numbered domain");
	bad = (struct gnttab_copy_ptr){ .u.gmfn = 0xffffffffffUL, .domid = DOMID_SELF };
	CHECK_EQ(copy(bad, mine, 1, 0), GNTST_bad_page, "copy from no page");
	CHECK_EQ(copy(mine, bad, 1, 0), GNTST_bad_page, "copy into no page");
	bad = (struct gnttab_copy_ptr){ .u.gmfn = kit_va_to_mfn((void *)kit_start_info->pt_base), .domid = DOMID_SELF };
	CHECK_EQ(copy(mine, bad, 1, 0), GNTST_general_error, "copy into a page table");
	bad = (struct gnttab_copy_ptr){ .u.ref = REF, .domid = NOBODY };
	CHECK_EQ(copy(bad, mine, 1, GNTCOPY_source_gref), GNTST_bad_domain, "copy from nobody");
	bad = (struct gnttab_copy_ptr){ .u.ref = 1 << 20, .domid = 0 };
	CHECK_EQ(copy(bad, mine, 1, GNTCOPY_source_gref), GNTST_bad_gntref, "copy from beyond the table");
	CHECK_EQ(copy(mine, mine, 0, 0), GNTST_okay, "copy of nothing");
	CHECK_EQ(gnt(GNTTABOP_copy, (void *)BAD_POINTER, 1), -XEN_EFAULT, "copy, bad pointer");
}

static void the_rest(void)
{
	struct gnttab_swap_grant_ref s = { .ref_a = REF, .ref_b = REF + 2 };
	struct gnttab_transfer t = { .mfn = 0xffffffffffUL, .domid = 0, .ref = REF + 3 };
	struct gnttab_cache_flush f = { .a.dev_bus_addr = kit_va_to_mfn(granted) << 12, .length = 64, .op = GNTTAB_CACHE_CLEAN };
	struct gnttab_dump_table d = { .dom = DOMID_SELF };
	uint16_t domid = table[REF + 2].domid;

	CHECK_EQ(gnt(GNTTABOP_swap_grant_ref, &s, 1), 0, "swap_grant_ref");
	CHECK_EQ(s.status, GNTST_okay, "its status");
	CHECK_EQ(table[REF].domid, domid, "has swapped");
	CHECK_EQ(gnt(GNTTABOP_swap_grant_ref, &s, 1), 0, "swap_grant_ref back");
	s.ref_b = s.ref_a;
	CHECK_EQ(gnt(GNTTABOP_swap_grant_ref, &s, 1), 0, "swap_grant_ref with itself");
	CHECK_EQ(s.status, GNTST_okay, "its status");
	s.ref_b = 1 << 20;
	CHECK_EQ(gnt(GNTTABOP_swap_grant_ref, &s, 1), 0, "swap_grant_ref beyond the table");
	CHECK_EQ(s.status, GNTST_bad_gntref, "its status");
	CHECK_EQ(map(0, GNTMAP_device_map, REF, 0), GNTST_okay, "map for the device");
	s = (struct gnttab_swap_grant_ref){ .ref_a = REF, .ref_b = REF + 2 };
	CHECK_EQ(gnt(GNTTABOP_swap_grant_ref, &s, 1), 0, "swap_grant_ref of one in use");
	CHECK_EQ(s.status, GNTST_eagain, "its status");
	CHECK_EQ(unmap(0, m.dev_bus_addr, m.handle), GNTST_okay, "unmap");
	CHECK_EQ(gnt(GNTTABOP_swap_grant_ref, (void *)BAD_POINTER, 1), -XEN_EFAULT, "swap_grant_ref, bad pointer");
	CHECK_DIFFERS(gnt(GNTTABOP_transfer, &t, 1), -XEN_ENOSYS, 0, "transfer");
	CHECK_EQ(gnt(GNTTABOP_cache_flush, &f, 1), 0, "cache_flush");
	f.op = 0;
	CHECK_EQ(gnt(GNTTABOP_cache_flush, &f, 1), 0, "cache_flush of no kind");
	f = (struct gnttab_cache_flush){ .a.dev_bus_addr = kit_va_to_mfn(granted) << 12, .offset = 4095, .length = 2, .op = GNTTAB_CACHE_CLEAN };
	CHECK_EQ(gnt(GNTTABOP_cache_flush, &f, 1), -XEN_EINVAL, "cache_flush over the page's end");
	f = (struct gnttab_cache_flush){ .a.dev_bus_addr = 0xffffffffffUL << 12, .length = 2, .op = GNTTAB_CACHE_CLEAN };
	CHECK_EQ(gnt(GNTTABOP_cache_flush, &f, 1), -XEN_EINVAL, "cache_flush of no page");
	f = (struct gnttab_cache_flush){ .a.ref = REF, .length = 2, .op = GNTTAB_CACHE_CLEAN | GNTTAB_CACHE_SOURCE_GREF };
	CHECK_EQ(gnt(GNTTABOP_cache_flush, &f, 1), -XEN_EINVAL, "cache_flush of a grant");
	f = (struct gnttab_cache_flush){ .op = 4 };
	CHECK_EQ(gnt(GNTTABOP_cache_flush, &f, 1), -XEN_EINVAL, "cache_flush of an unknown kind");
	CHECK_DIFFERS(gnt(GNTTABOP_dump_table, &d, 1), -XEN_ENOSYS, -XEN_ENOSYS, "dump_table");
	CHECK_EQ(gnt(13, &d, 1), -XEN_ENOSYS, "grant_table_op 13");
}

void surface_grants(void)
{
	setup();
	versions();
	mappings();
	many();
	replacing();
	copies();
	the_rest();
}
