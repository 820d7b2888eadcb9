/* SPDX-License-Identifier: BSD-2-Clause */
/* Grants: every status, every mark in the shared entry, hostile handles, death of either side; then random use. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "grant/internal.h"
#include "lib/util.h"
#include "mm_host/harness.h"
#include "suite.h"

#define P_FLAGS (PTE_P | PTE_RW | PTE_A | PTE_D | PTE_US)

static struct grant_entry_v1 *table;	/* of domain 1 */
static mfn_t l4, l1, page, page2;

/* Domain 0 runs on a tree with one L1; domain 1 grants. */
static void set_up(void)
{
	mfn_t l3, l2;

	machine_reset();
	l4 = new_page(0);
	l3 = new_page(0);
	l2 = new_page(0);
	l1 = new_page(0);
	words(l4)[0] = l3 << 12 | P_FLAGS;
	words(l3)[0] = l2 << 12 | P_FLAGS;
	words(l2)[0] = l1 << 12 | P_FLAGS;
	ck_assert_int_eq(mm_new_baseptr(current, l4), 0);
	page = new_page(1);
	page2 = new_page(1);
	table = mfn_to_virt(grant_shared_mfn(test_dom[1], 0));
}

static void offer(uint32_t ref, mfn_t mfn, uint16_t flags)
{
	table[ref] = (struct grant_entry_v1){ .flags = GTF_permit_access | flags, .domid = 0, .frame = (uint32_t)mfn };
}

static struct gnttab_map_grant_ref map(uint32_t ref, uint64_t host_addr, uint32_t flags)
{
	struct gnttab_map_grant_ref m = { .host_addr = host_addr, .flags = flags, .ref = ref, .dom = 1, .status = 99 };

	ck_assert_int_eq(hcall(__HYPERVISOR_grant_table_op, GNTTABOP_map_grant_ref, (uint64_t)&m, 1, 0, NULL), 0);
	return m;
}

static int unmap(uint32_t handle, uint64_t host_addr, uint64_t dev)
{
	struct gnttab_unmap_grant_ref u = { .host_addr = host_addr, .dev_bus_addr = dev, .handle = handle, .status = 99 };

	ck_assert_int_eq(hcall(__HYPERVISOR_grant_table_op, GNTTABOP_unmap_grant_ref, (uint64_t)&u, 1, 0, NULL), 0);
	return u.status;
}

START_TEST(test_map_unmap)
{
	struct gnttab_map_grant_ref m, n;
	uint64_t user_pte;

	set_up();
	offer(8, page, 0);
	m = map(8, 0x1000, GNTMAP_host_map);
	ck_assert_int_eq(m.status, GNTST_okay);
	ck_assert_uint_eq(m.dev_bus_addr, page << 12);
	ck_assert_uint_eq(words(l1)[1], page << 12 | PTE_P | PTE_RW | PTE_A | PTE_D | PTE_NX | PTE_US | PTE_GUEST_KERNEL);
	ck_assert_uint_eq(table[8].flags, GTF_permit_access | GTF_reading | GTF_writing);
	check_counts(NULL, NULL);
	/* The same grant again, for user space, by the entry's machine address. */
	user_pte = (l1 << 12) + 8 * 7;
	n = map(8, user_pte, GNTMAP_host_map | GNTMAP_contains_pte | GNTMAP_application_map | GNTMAP_readonly | 2u << 16);
	ck_assert_int_eq(n.status, GNTST_okay);
	ck_assert_uint_ne(n.handle, m.handle);
	ck_assert_uint_eq(words(l1)[7], page << 12 | PTE_P | PTE_A | PTE_D | PTE_NX | PTE_US | 1UL << 10);
	check_counts(NULL, NULL);
	ck_assert_int_eq(unmap(m.handle, 0x2000, 0), GNTST_general_error);
	ck_assert_int_eq(unmap(m.handle, 0x1000, 0), GNTST_okay);
	ck_assert_uint_eq(words(l1)[1], 0);
	ck_assert_uint_eq(table[8].flags, GTF_permit_access | GTF_reading);
	ck_assert_int_eq(unmap(m.handle, 0x1000, 0), GNTST_bad_handle);
	ck_assert_int_eq(unmap(n.handle, user_pte, 0), GNTST_okay);
	ck_assert_uint_eq(table[8].flags, GTF_permit_access);
	check_counts(NULL, NULL);
}
END_TEST

/* What the granter sees while the mapper's CPUs are flushed. */
static uint16_t marks_at_flush[2];
static unsigned int flushes_seen;

static void look_at_marks(void)
{
	flushes_seen++;
	marks_at_flush[0] = table[8].flags;
	marks_at_flush[1] = table[9].flags;
}

/* A batch has one flush: after the last entry is cleared, before the first mark. */
START_TEST(test_unmap_flushes_before_marks)
{
	const uint16_t used = GTF_permit_access | GTF_reading | GTF_writing;
	struct gnttab_unmap_grant_ref u[2];
	struct gnttab_map_grant_ref m[2];

	set_up();
	offer(8, page, 0);
	offer(9, page2, 0);
	m[0] = map(8, 0x1000, GNTMAP_host_map);
	m[1] = map(9, 0x2000, GNTMAP_host_map);
	for (int i = 0; i < 2; i++)
		u[i] = (struct gnttab_unmap_grant_ref){ .host_addr = 0x1000 * (i + 1), .handle = m[i].handle, .status = 99 };
	flushes_seen = 0;
	current->running = true;	/* only CPUs that run one of the mapper's vCPUs have translations of it */
	test_flush_hook = look_at_marks;
	ck_assert_int_eq(hcall(__HYPERVISOR_grant_table_op, GNTTABOP_unmap_grant_ref, (uint64_t)u, 2, 0, NULL), 0);
	test_flush_hook = NULL;
	current->running = false;
	ck_assert_int_eq(u[0].status, GNTST_okay);
	ck_assert_int_eq(u[1].status, GNTST_okay);
	ck_assert_uint_eq(flushes_seen, 1);
	ck_assert_uint_eq(marks_at_flush[0], used);
	ck_assert_uint_eq(marks_at_flush[1], used);
	ck_assert_uint_eq(table[8].flags, GTF_permit_access);
	ck_assert_uint_eq(table[9].flags, GTF_permit_access);
	check_counts(NULL, NULL);
	ck_assert_uint_eq(test_dom[1]->refs, 2);
}
END_TEST

/* Both parts of one mapping in one batch, and a batch that is longer than what is settled at once. */
START_TEST(test_unmap_long_batch)
{
	static struct gnttab_unmap_grant_ref u[2 * GRANT_BATCH + 3];
	struct gnttab_map_grant_ref m;
	uint32_t n = 2 * GRANT_BATCH + 1;

	set_up();
	offer(8, page, 0);
	m = map(8, 0x1000, GNTMAP_host_map | GNTMAP_device_map);
	u[n] = (struct gnttab_unmap_grant_ref){ .host_addr = 0x1000, .handle = m.handle };
	u[n + 1] = (struct gnttab_unmap_grant_ref){ .dev_bus_addr = m.dev_bus_addr, .handle = m.handle };
	for (uint32_t i = 0; i < n; i++) {
		m = map(8, 0x2000 + 0x1000 * i, GNTMAP_host_map);
		ck_assert_int_eq(m.status, GNTST_okay);
		u[i] = (struct gnttab_unmap_grant_ref){ .host_addr = 0x2000 + 0x1000 * i, .handle = m.handle };
	}
	test_preempt_percent = 5;
	ck_assert_int_eq(hcall(__HYPERVISOR_grant_table_op, GNTTABOP_unmap_grant_ref, (uint64_t)u, n + 2, 0, NULL), 0);
	for (uint32_t i = 0; i < n + 2; i++)
		ck_assert_int_eq(u[i].status, GNTST_okay);
	ck_assert_uint_eq(table[8].flags, GTF_permit_access);
	check_counts(NULL, NULL);
	ck_assert_uint_eq(test_dom[1]->refs, 2);
}
END_TEST

START_TEST(test_map_refusals)
{
	struct gnttab_map_grant_ref m = { .dom = 44, .flags = GNTMAP_host_map };

	set_up();
	offer(8, page, GTF_readonly);
	offer(9, l1, 0);
	offer(10, page, 0);
	table[11] = (struct grant_entry_v1){ GTF_permit_access, 5, (uint32_t)page };
	offer(12, MMIO_MFN, 0);
	table[13] = (struct grant_entry_v1){ GTF_accept_transfer, 0, (uint32_t)page };
	ck_assert_int_eq(map(8, 0x1000, 0).status, GNTST_bad_gntref);
	ck_assert_int_eq(map(8, 0x1000, GNTMAP_host_map).status, GNTST_general_error);
	ck_assert_int_eq(map(9, 0x1000, GNTMAP_host_map).status, GNTST_general_error);
	ck_assert_int_eq(map(11, 0x1000, GNTMAP_host_map).status, GNTST_general_error);
	ck_assert_int_eq(map(12, 0x1000, GNTMAP_host_map).status, GNTST_general_error);
	ck_assert_int_eq(map(13, 0x1000, GNTMAP_host_map).status, GNTST_general_error);
	ck_assert_int_eq(map(512, 0x1000, GNTMAP_host_map).status, GNTST_bad_gntref);
	ck_assert_int_eq(map(~0u, 0x1000, GNTMAP_host_map).status, GNTST_bad_gntref);
	ck_assert_int_eq(map(10, 1UL << 39, GNTMAP_host_map).status, GNTST_general_error);
	ck_assert_int_eq(map(10, RO_M2P_VIRT, GNTMAP_host_map).status, GNTST_general_error);
	ck_assert_int_eq(map(10, (l1 << 12) + 4, GNTMAP_host_map | GNTMAP_contains_pte).status, GNTST_general_error);
	ck_assert_int_eq(map(10, page << 12, GNTMAP_host_map | GNTMAP_contains_pte).status, GNTST_general_error);
	ck_assert_int_eq(map(10, l4 << 12, GNTMAP_host_map | GNTMAP_contains_pte).status, GNTST_general_error);
	ck_assert_int_eq(hcall(__HYPERVISOR_grant_table_op, GNTTABOP_map_grant_ref, (uint64_t)&m, 1, 0, NULL), 0);
	ck_assert_int_eq(m.status, GNTST_bad_domain);
	for (unsigned int i = 8; i < 14; i++)
		ck_assert_uint_eq(table[i].flags & (GTF_reading | GTF_writing), 0);
	ck_assert_int_eq(unmap(0, 0x1000, 0), GNTST_bad_handle);
	ck_assert_int_eq(unmap(~0u, 0x1000, 0), GNTST_bad_handle);
	/* A frame that became a table after it was offered. */
	words(page)[0] = 0;
	as_domain(1);
	ck_assert_int_eq(page_get_and_type(mfn_to_page(page), test_dom[1], PGT_l1), 0);
	as_domain(0);
	ck_assert_int_eq(map(10, 0x1000, GNTMAP_host_map).status, GNTST_general_error);
	page_put_and_type(mfn_to_page(page));
	check_counts(NULL, NULL);
	ck_assert_uint_eq(test_dom[1]->refs, 2);
}
END_TEST

START_TEST(test_device_and_replace)
{
	struct gnttab_map_grant_ref m;
	struct gnttab_unmap_and_replace r = { 0 };
	mfn_t own;

	set_up();
	offer(8, page, 0);
	m = map(8, 0x1000, GNTMAP_host_map | GNTMAP_device_map);
	ck_assert_int_eq(m.status, GNTST_okay);
	check_counts(NULL, NULL);
	ck_assert_int_eq(unmap(m.handle, 0, m.dev_bus_addr + 1), GNTST_bad_dev_addr);
	ck_assert_int_eq(unmap(m.handle, 0x1000, 0), GNTST_okay);
	ck_assert_uint_eq(table[8].flags, GTF_permit_access | GTF_reading | GTF_writing);
	ck_assert_int_eq(unmap(m.handle, 0, m.dev_bus_addr), GNTST_okay);
	ck_assert_uint_eq(table[8].flags, GTF_permit_access);
	ck_assert_int_eq(unmap(m.handle, 0, m.dev_bus_addr), GNTST_bad_handle);
	m = map(8, 0x1000, GNTMAP_host_map);
	own = new_page(0);
	ck_assert_int_eq(hcall(__HYPERVISOR_update_va_mapping, 0x3000, own << 12 | P_FLAGS, 0, 0, NULL), 0);
	r.handle = m.handle;
	r.host_addr = 0x1000;
	r.new_addr = 0x1000;
	hcall(__HYPERVISOR_grant_table_op, GNTTABOP_unmap_and_replace, (uint64_t)&r, 1, 0, NULL);
	ck_assert_int_eq(r.status, GNTST_general_error);
	r.new_addr = 0x3000;
	hcall(__HYPERVISOR_grant_table_op, GNTTABOP_unmap_and_replace, (uint64_t)&r, 1, 0, NULL);
	ck_assert_int_eq(r.status, GNTST_okay);
	ck_assert_uint_eq(words(l1)[1], own << 12 | P_FLAGS);
	ck_assert_uint_eq(words(l1)[3], 0);
	check_counts(NULL, NULL);
}
END_TEST

START_TEST(test_overwritten_and_dead)
{
	struct gnttab_map_grant_ref m;

	set_up();
	offer(8, page, 0);
	offer(9, page2, 0);
	m = map(8, 0x1000, GNTMAP_host_map);
	/* An ordinary write to the entry gives up the frame; the handle stays busy and can not give it up twice. */
	ck_assert_int_eq(hcall(__HYPERVISOR_update_va_mapping, 0x1000, 0, 0, 0, NULL), 0);
	check_counts(NULL, NULL);
	ck_assert_int_eq(unmap(m.handle, 0x1000, 0), GNTST_general_error);
	check_counts(NULL, NULL);
	ck_assert_int_eq(map(9, 0x2000, GNTMAP_host_map | GNTMAP_device_map).status, GNTST_okay);
	/* The granter dies: frames stay until the mapper goes. */
	test_dom[1]->life = DOMAIN_DYING;
	while (grant_relinquish(test_dom[1]) || mm_domain_relinquish(test_dom[1]))
		;
	ck_assert_uint_eq(test_dom[1]->tot_pages, 1);
	ck_assert_int_eq(map(8, 0x1000, GNTMAP_host_map).status, GNTST_general_error);
	check_counts(NULL, NULL);
	test_dom[0]->life = DOMAIN_DYING;
	test_preempt_percent = 50;
	while (grant_relinquish(test_dom[0]))
		;
	check_counts(NULL, NULL);
	ck_assert_uint_eq(table[8].flags, GTF_permit_access);
	ck_assert_uint_eq(table[9].flags, GTF_permit_access);
	test_current = NULL;
	while (mm_domain_relinquish(test_dom[0]))
		;
	ck_assert_uint_eq(test_dom[0]->tot_pages, 0);
	ck_assert_uint_eq(test_dom[1]->tot_pages, 0);
	ck_assert_uint_eq(test_dom[0]->refs, 1);
	ck_assert_uint_eq(test_dom[1]->refs, 1);
	check_counts(NULL, NULL);
	ck_assert(grant_retract(test_dom[1]));
}
END_TEST

static int copy(struct gnttab_copy c)
{
	c.status = 99;
	ck_assert_int_eq(hcall(__HYPERVISOR_grant_table_op, GNTTABOP_copy, (uint64_t)&c, 1, 0, NULL), 0);
	return c.status;
}

START_TEST(test_copy)
{
	struct gnttab_copy c = { .len = 100, .flags = GNTCOPY_source_gref };
	mfn_t own;

	set_up();
	own = new_page(0);
	offer(8, page, GTF_readonly);
	memset(words(page), 0x5a, PAGE_SIZE);
	c.source.u.ref = 8;
	c.source.domid = 1;
	c.source.offset = 3996;
	c.dest.u.gmfn = own;
	c.dest.domid = DOMID_SELF;
	c.dest.offset = 8;
	ck_assert_int_eq(copy(c), GNTST_okay);
	ck_assert_uint_eq(words(own)[0], 0);
	ck_assert_uint_eq(words(own)[1], 0x5a5a5a5a5a5a5a5a);
	ck_assert_uint_eq(words(own)[13], 0x5a5a5a5a);
	ck_assert_uint_eq(table[8].flags, GTF_permit_access | GTF_readonly);
	c.source.offset = 3997;
	ck_assert_int_eq(copy(c), GNTST_bad_copy_arg);
	c.source.offset = 0;
	/* One's own page that is a table, and a page of somebody else. */
	c.dest.u.gmfn = l1;
	ck_assert_int_eq(copy(c), GNTST_general_error);
	c.dest.u.gmfn = page;
	ck_assert_int_eq(copy(c), GNTST_bad_page);
	c.dest.domid = 1;
	ck_assert_int_eq(copy(c), GNTST_permission_denied);
	c.dest.u.ref = 8;
	c.flags |= GNTCOPY_dest_gref;
	ck_assert_int_eq(copy(c), GNTST_general_error);
	c.dest.u.ref = 600;
	ck_assert_int_eq(copy(c), GNTST_bad_gntref);
	c.source.domid = 9;
	ck_assert_int_eq(copy(c), GNTST_bad_domain);
	ck_assert_uint_eq(table[8].flags, GTF_permit_access | GTF_readonly);
	check_counts(NULL, NULL);
	ck_assert_uint_eq(test_dom[1]->refs, 2);
}
END_TEST

/* Elements share a side as long as they name the same, and move from grant to grant; a refused one leaves nothing held. */
START_TEST(test_copy_array)
{
	const uint32_t refs[] = { 8, 8, 9, 600, 9, 8 };
	const int expected[] = { GNTST_okay, GNTST_okay, GNTST_okay, GNTST_bad_gntref, GNTST_okay, GNTST_okay };
	struct gnttab_copy c[6] = { 0 };
	mfn_t own, second;

	set_up();
	own = new_page(0);
	second = new_page(1);
	offer(8, page, GTF_readonly);
	offer(9, second, GTF_readonly);
	memset(words(page), 0x11, PAGE_SIZE);
	memset(words(second), 0x22, PAGE_SIZE);
	for (unsigned int i = 0; i < 6; i++)
		c[i] = (struct gnttab_copy){
			.source = { .u.ref = refs[i], .domid = 1 },
			.dest = { .u.gmfn = own, .domid = DOMID_SELF, .offset = (uint16_t)(8 * i) },
			.len = 8, .flags = GNTCOPY_source_gref,
		};
	ck_assert_int_eq(hcall(__HYPERVISOR_grant_table_op, GNTTABOP_copy, (uint64_t)c, 6, 0, NULL), 0);
	for (unsigned int i = 0; i < 6; i++) {
		ck_assert_int_eq(c[i].status, expected[i]);
		ck_assert_uint_eq(words(own)[i], refs[i] == 8 ? 0x1111111111111111 : refs[i] == 9 ? 0x2222222222222222 : 0);
	}
	ck_assert_uint_eq(table[8].flags, GTF_permit_access | GTF_readonly);
	ck_assert_uint_eq(table[9].flags, GTF_permit_access | GTF_readonly);
	check_counts(NULL, NULL);
	ck_assert_uint_eq(test_dom[1]->refs, 2);
}
END_TEST

START_TEST(test_table_ops)
{
	uint64_t list[2] = { 0, 0 };
	struct gnttab_setup_table s = { .dom = DOMID_SELF, .nr_frames = 2, .frame_list = (uint64_t)list };
	struct gnttab_query_size q = { .dom = DOMID_SELF };
	struct gnttab_set_version v = { .version = 2 };
	const unsigned int nr = __HYPERVISOR_grant_table_op;

	set_up();
	as_domain(1);
	ck_assert_int_eq(hcall(nr, GNTTABOP_setup_table, (uint64_t)&s, 2, 0, NULL), -XEN_EINVAL);
	ck_assert_int_eq(hcall(nr, GNTTABOP_setup_table, (uint64_t)&s, 1, 0, NULL), 0);
	ck_assert_int_eq(s.status, GNTST_okay);
	ck_assert_uint_eq(list[0], virt_to_mfn(table));
	ck_assert_uint_ne(list[1], list[0]);
	s.nr_frames = 3;
	hcall(nr, GNTTABOP_setup_table, (uint64_t)&s, 1, 0, NULL);
	ck_assert_int_eq(s.status, GNTST_general_error);
	s.dom = 0;
	hcall(nr, GNTTABOP_setup_table, (uint64_t)&s, 1, 0, NULL);
	ck_assert_int_eq(s.status, GNTST_permission_denied);
	hcall(nr, GNTTABOP_query_size, (uint64_t)&q, 1, 0, NULL);
	ck_assert_uint_eq(q.nr_frames, 2);
	ck_assert_uint_eq(q.max_nr_frames, 2);
	ck_assert_int_eq(hcall(nr, GNTTABOP_set_version, (uint64_t)&v, 1, 0, NULL), -XEN_ENOSYS);
	v.version = 1;
	ck_assert_int_eq(hcall(nr, GNTTABOP_set_version, (uint64_t)&v, 1, 0, NULL), 0);
	v.version = 3;
	ck_assert_int_eq(hcall(nr, GNTTABOP_set_version, (uint64_t)&v, 1, 0, NULL), -XEN_EINVAL);
	ck_assert_int_eq(hcall(nr, 99, 0, 1, 0, NULL), -XEN_ENOSYS);
	ck_assert_int_eq(hcall(nr, GNTTABOP_map_grant_ref, 0, ~0u, 0, NULL), -XEN_EINVAL);
	as_domain(0);
	ck_assert_uint_eq(grant_shared_mfn(test_dom[1], 1), list[1]);
	ck_assert_uint_eq(grant_shared_mfn(test_dom[1], 2), INVALID_MFN);
	ck_assert_uint_eq(grant_shared_mfn(test_dom[1], ~0u), INVALID_MFN);
	check_counts(NULL, NULL);
}
END_TEST

START_TEST(test_no_handles)
{
	struct gnttab_map_grant_ref m;
	unsigned int n;

	set_up();
	offer(8, page, 0);
	for (n = 0; ; n++) {
		m = map(8, 0, GNTMAP_device_map);
		if (m.status)
			break;
	}
	ck_assert_int_eq(m.status, GNTST_no_space);
	ck_assert_uint_eq(n, 512);
	ck_assert_int_eq(unmap(100, 0, page << 12), GNTST_okay);
	m = map(8, 0, GNTMAP_device_map);
	ck_assert_int_eq(m.status, GNTST_okay);
	ck_assert_uint_eq(m.handle, 100);
	check_counts(NULL, NULL);
}
END_TEST

START_TEST(test_random)
{
	set_up();
	rnd_seed((uint64_t)_i + 11);
	for (int step = 0; step < 8000; step++) {
		uint32_t ref = rnd(6), slot = rnd(8), handle = rnd(12);
		uint64_t addr = rnd(2) ? (uint64_t)slot << 12 : (l1 << 12) + slot * 8;
		static const mfn_t *const frames[] = { &page, &page2, &l1, &l4 };

		as_domain(0);
		switch (rnd(6)) {
		case 0:
			/* A granter may change entries in use as it likes. */
			offer(ref, *frames[rnd(4)], rnd(2) ? GTF_readonly : 0);
			break;
		case 1:
		case 2:
			(void)map(ref, addr, rnd(32) & 0x1f);
			break;
		case 3:
		case 4:
			(void)unmap(handle, addr, rnd(3) ? 0 : (rnd(2) ? page : page2) << 12);
			break;
		default:
			(void)hcall(__HYPERVISOR_update_va_mapping, (uint64_t)slot << 12,
				    rnd(2) ? 0 : l1 << 12 | PTE_P, 0, 0, NULL);
			break;
		}
		check_counts(NULL, NULL);
	}
	test_current = NULL;
	for (int d = 0; d < 2; d++) {
		test_dom[d]->life = DOMAIN_DYING;
		while (grant_relinquish(test_dom[d]) || mm_domain_relinquish(test_dom[d]))
			;
		check_counts(NULL, NULL);
	}
	for (int d = 0; d < 2; d++) {
		ck_assert_uint_eq(test_dom[d]->tot_pages, 0);
		ck_assert_uint_eq(test_dom[d]->refs, 1);
		for (uint32_t ref = 0; ref < 16; ref++)
			ck_assert_uint_eq(test_dom[d]->grant->active[0][ref].pins, 0);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("grant");
	TCase *tc = tcase_create("grant");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_map_unmap);
	tcase_add_test(tc, test_unmap_flushes_before_marks);
	tcase_add_test(tc, test_unmap_long_batch);
	tcase_add_test(tc, test_map_refusals);
	tcase_add_test(tc, test_device_and_replace);
	tcase_add_test(tc, test_overwritten_and_dead);
	tcase_add_test(tc, test_copy);
	tcase_add_test(tc, test_copy_array);
	tcase_add_test(tc, test_table_ops);
	tcase_add_test(tc, test_no_handles);
	tcase_add_loop_test(tc, test_random, 0, 6);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
