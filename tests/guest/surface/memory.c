/* SPDX-License-Identifier: BSD-2-Clause */
/* memory_op: what is told about memory, and memory given, taken and exchanged at every order. */
#include <abi/memory.h>
#include "surface.h"

static uint64_t list[2048];
static uint8_t pages[8][PAGE_SIZE] PAGE_ALIGNED;

static long mem(unsigned int cmd, const void *arg)
{
	return hypercall2(__HYPERVISOR_memory_op, cmd, arg);
}

static void numbers(void)
{
	uint16_t self = DOMID_SELF, nobody = NOBODY, io = DOMID_IO;

	CHECK(mem(XENMEM_maximum_ram_page, 0) > 1024, "maximum_ram_page");
	CHECK_EQ(mem(XENMEM_maximum_ram_page | 1 << XENMEM_CMD_SHIFT, 0), -XEN_EINVAL, "maximum_ram_page, continued");
	CHECK_EQ(mem(XENMEM_current_reservation, &self), kit_start_info->nr_pages, "current_reservation");
	CHECK_EQ(mem(XENMEM_current_reservation, &nobody), -XEN_ESRCH, "current_reservation of nobody");
	CHECK_EQ(mem(XENMEM_current_reservation, &io), -XEN_ESRCH, "current_reservation of DOMID_IO");
	CHECK_EQ(mem(XENMEM_current_reservation, (void *)BAD_POINTER), -XEN_EFAULT, "current_reservation, bad pointer");
	CHECK(mem(XENMEM_maximum_reservation, &self) >= (long)kit_start_info->nr_pages, "maximum_reservation");
	CHECK_EQ(mem(XENMEM_maximum_reservation, &nobody), -XEN_ESRCH, "maximum_reservation of nobody");
	CHECK_EQ(mem(XENMEM_maximum_gpfn, &self), kit_shared_info->arch.max_pfn, "maximum_gpfn");
	CHECK_EQ(mem(XENMEM_maximum_gpfn, &nobody), -XEN_ESRCH, "maximum_gpfn of nobody");
	CHECK_EQ(mem(XENMEM_get_sharing_freed_pages, 0), 0, "get_sharing_freed_pages");
	CHECK_EQ(mem(XENMEM_get_sharing_shared_pages, 0), 0, "get_sharing_shared_pages");
}

static void maps(void)
{
	static struct e820entry e820[128];
	struct xen_memory_map m = { .nr_entries = 128, .buffer = (uint64_t)e820 };
	struct xen_foreign_memory_map f = { .domid = NOBODY, .map = { .nr_entries = 1, .buffer = (uint64_t)e820 } };
	struct xen_machphys_mapping mp;
	struct xen_machphys_mfn_list ml = { .max_extents = 1, .extent_start = (uint64_t)list };

	CHECK_EQ(mem(XENMEM_machine_memory_map, &m), 0, "machine_memory_map");
	CHECK(m.nr_entries >= 2, "of %u entries", m.nr_entries);
	m.nr_entries = 1;
	CHECK_EQ(mem(XENMEM_machine_memory_map, &m), -XEN_EINVAL, "machine_memory_map with room for one");
	m.buffer = 0;
	CHECK_EQ(mem(XENMEM_machine_memory_map, &m), 0, "machine_memory_map without a buffer");
	CHECK(m.nr_entries >= 2, "counts %u entries", m.nr_entries);
	m.buffer = BAD_POINTER;
	CHECK_EQ(mem(XENMEM_machine_memory_map, &m), -XEN_EFAULT, "machine_memory_map, bad buffer");
	CHECK_EQ(mem(XENMEM_machine_memory_map, (void *)BAD_POINTER), -XEN_EFAULT, "machine_memory_map, bad pointer");
	m = (struct xen_memory_map){ .nr_entries = 128, .buffer = (uint64_t)e820 };
	CHECK_EQ(mem(XENMEM_memory_map, &m), -XEN_ENOSYS, "memory_map of dom0");
	CHECK_EQ(mem(XENMEM_set_memory_map, &f), -XEN_ESRCH, "set_memory_map of nobody");
	f.domid = DOMID_SELF;
	f.map.nr_entries = 1025;
	CHECK_EQ(mem(XENMEM_set_memory_map, &f), -XEN_EINVAL, "set_memory_map of 1025 entries");
	f.map.nr_entries = 2;
	CHECK_EQ(mem(XENMEM_set_memory_map, &f), 0, "set_memory_map");
	CHECK_EQ(mem(XENMEM_memory_map, &m), 0, "memory_map");
	CHECK_EQ(m.nr_entries, 2, "of two entries");
	m.nr_entries = 1;
	CHECK_EQ(mem(XENMEM_memory_map, &m), 0, "memory_map with room for one");
	CHECK_EQ(m.nr_entries, 1, "gives one");
	CHECK_EQ(mem(XENMEM_machphys_mapping, &mp), 0, "machphys_mapping");
	CHECK_EQ(mp.v_start, 0xffff800000000000UL, "where it begins");
	CHECK_EQ(mp.v_end, 0xffff804000000000UL, "where it ends");
	CHECK_EQ(mp.max_mfn, mem(XENMEM_maximum_ram_page, 0) - 1, "its last entry");
	CHECK_EQ(mem(XENMEM_machphys_mapping, (void *)BAD_POINTER), -XEN_EFAULT, "machphys_mapping, bad pointer");
	CHECK_EQ(mem(XENMEM_machphys_mfn_list, &ml), 0, "machphys_mfn_list");
	CHECK_EQ(ml.nr_extents, 1, "of one extent");
	CHECK_EQ(mem(XENMEM_machphys_mfn_list, (void *)BAD_POINTER), -XEN_EFAULT, "machphys_mfn_list, bad pointer");
}

static void absent(void)
{
	static uint8_t arg[128];
	struct xen_add_to_physmap add = { .domid = DOMID_SELF, .space = XENMAPSPACE_grant_table };
	struct xen_add_to_physmap_batch batch = { .domid = DOMID_SELF, .space = XENMAPSPACE_grant_table, .size = 1,
						  .idxs = (uint64_t)list, .gpfns = (uint64_t)list, .errs = (uint64_t)list };
	struct xen_remove_from_physmap remove = { .domid = DOMID_SELF, .gpfn = ~0UL >> 12 };
	struct xen_pod_target pod = { .domid = DOMID_SELF };
	struct xen_vnuma_topology_info vnuma = { .domid = DOMID_SELF, .nr_vnodes = 1, .nr_vcpus = 1, .nr_vmemranges = 1 };
	struct xen_reserved_device_memory_map rdm = { .flags = XENMEM_RDM_ALL };

	CHECK_EQ(mem(XENMEM_add_to_physmap, &add), -XEN_EACCES, "add_to_physmap");
	CHECK_EQ(mem(XENMEM_add_to_physmap_batch, &batch), -XEN_EACCES, "add_to_physmap_batch");
	CHECK_EQ(mem(XENMEM_remove_from_physmap, &remove), -XEN_EACCES, "remove_from_physmap");
	CHECK_EQ(mem(XENMEM_set_pod_target, &pod), -XEN_EINVAL, "set_pod_target");
	CHECK_EQ(mem(XENMEM_get_pod_target, &pod), -XEN_EINVAL, "get_pod_target");
	CHECK_EQ(mem(XENMEM_get_vnumainfo, &vnuma), -XEN_EOPNOTSUPP, "get_vnumainfo");
	CHECK_EQ(mem(XENMEM_reserved_device_memory_map, &rdm), 0, "reserved_device_memory_map");
	CHECK_EQ(mem(XENMEM_machphys_compat_mfn_list, arg), -XEN_EOPNOTSUPP, "machphys_compat_mfn_list");
	CHECK_EQ(mem(XENMEM_paging_op, arg), -XEN_ENOSYS, "paging_op");
	CHECK_DIFFERS(mem(XENMEM_access_op, arg), -XEN_ENOSYS, -XEN_EPERM, "access_op");
	CHECK_EQ(mem(XENMEM_sharing_op, arg), -XEN_ENOSYS, "sharing_op");
	CHECK_EQ(mem(8, arg), -XEN_ENOSYS, "command 8");
	CHECK_EQ(mem(29, arg), -XEN_ENOSYS, "command 29");
	CHECK_EQ(mem(63, arg), -XEN_ENOSYS, "command 63");
}

static long reserve(unsigned int cmd, uint64_t n, unsigned int order, unsigned int flags, uint16_t dom)
{
	struct xen_memory_reservation r = {
		.extent_start = (uint64_t)list, .nr_extents = n, .extent_order = order, .mem_flags = flags, .domid = dom,
	};

	return mem(cmd, &r);
}

/* Every order that dom0 may ask for: the frames come, adjacent, and go again one by one. */
static void orders(void)
{
	static const unsigned int some[] = { 0, 1, 4, 5, 9, 10, 12, 14 };

	for (unsigned int i = 0; i < sizeof(some) / sizeof(some[0]); i++) {
		uint64_t n = 1UL << some[i], first;

		list[0] = 0x100000;
		CHECK_EQ(reserve(XENMEM_populate_physmap, 1, some[i], 0, DOMID_SELF), 1, "populate_physmap of an order");
		first = list[0];
		if (first == 0x100000)
			return;
		CHECK_EQ(((const uint64_t *)0xffff800000000000UL)[first + n - 1], 0x100000 + n - 1, "M2P of its last page");
		CHECK_EQ(reserve(XENMEM_decrease_reservation, 1, some[i], 0, DOMID_SELF), 1, "decrease_reservation of an order");
		CHECK_EQ(reserve(XENMEM_increase_reservation, 1, some[i], 0, DOMID_SELF), 1, "increase_reservation of an order");
		CHECK_EQ(list[0] % n, 0, "it is aligned");
		for (first = list[0]; n--; first++) {
			list[0] = first;
			if (reserve(XENMEM_decrease_reservation, 1, 0, 0, DOMID_SELF) != 1)
				CHECK(false, "decrease_reservation of page %lx", first);
		}
	}
}

static void reservations(void)
{
	uint16_t self = DOMID_SELF;
	long pages_before = mem(XENMEM_current_reservation, &self);
	static struct xen_domctl op;

	/* Socle gives dom0 a limit, Xen does only when asked. */
	op.u.max_mem.max_memkb = 1UL << 40;
	CHECK_EQ(domctl(XEN_DOMCTL_max_mem, 0, &op), 0, "max_mem of dom0");

	CHECK_EQ(reserve(XENMEM_populate_physmap, 1, 19, 0, DOMID_SELF), 0, "populate_physmap of order 19");
	CHECK_EQ(reserve(XENMEM_increase_reservation, 1, 19, 0, DOMID_SELF), 0, "increase_reservation of order 19");
	CHECK_EQ(reserve(XENMEM_populate_physmap, 0, 0, 0, DOMID_SELF), 0, "populate_physmap of nothing");
	CHECK_EQ(reserve(XENMEM_populate_physmap, 1, 0, 0, NOBODY), 0, "populate_physmap of nobody");
	CHECK_EQ(reserve(XENMEM_populate_physmap, 1, 0, XENMEMF_populate_on_demand, DOMID_SELF), 0, "populate_physmap on demand");
	CHECK_EQ(reserve(XENMEM_populate_physmap, ~0UL, 0, 0, DOMID_SELF), 0, "populate_physmap of 2^64 - 1");
	CHECK_EQ(mem(XENMEM_populate_physmap, (void *)BAD_POINTER), 0, "populate_physmap, bad pointer");
	list[0] = ~0UL;
	CHECK_EQ(reserve(XENMEM_decrease_reservation, 1, 0, 0, DOMID_SELF), 0, "decrease_reservation of no page");
	list[0] = 0;
	CHECK_EQ(reserve(XENMEM_decrease_reservation, 1, 0, 0, DOMID_SELF), 0, "decrease_reservation of another's page");
	CHECK_EQ(reserve(XENMEM_decrease_reservation, 0, 0, 0, DOMID_SELF), 0, "decrease_reservation of nothing");
	orders();
	for (unsigned int i = 0; i < 2048; i++)
		list[i] = 0x100000 + i;
	CHECK_EQ(reserve(XENMEM_populate_physmap, 2048, 0, 0, DOMID_SELF), 2048, "populate_physmap of 2048 pages");
	CHECK_EQ(reserve(XENMEM_decrease_reservation, 2048, 0, 0, DOMID_SELF), 2048, "decrease_reservation of 2048 pages");
	CHECK_EQ(mem(XENMEM_current_reservation, &self), pages_before, "all came back");
}

static long exchange(uint64_t in_n, unsigned int in_order, uint64_t out_n, unsigned int out_order, unsigned int bits,
		     uint16_t dom, uint64_t done, uint64_t *in, uint64_t *out)
{
	struct xen_memory_exchange x = {
		.in = { .extent_start = (uint64_t)in, .nr_extents = in_n, .extent_order = in_order, .domid = dom },
		.out = { .extent_start = (uint64_t)out, .nr_extents = out_n, .extent_order = out_order, .mem_flags = bits, .domid = dom },
		.nr_exchanged = done,
	};

	return mem(XENMEM_exchange, &x);
}

static void exchanges(void)
{
	uint64_t in[8], out[8], pfn = ((uint64_t)pages[0] - KIT_VIRT_BASE) / PAGE_SIZE;
	uint64_t *my_p2m = (uint64_t *)kit_start_info->mfn_list;

	for (unsigned int i = 0; i < 8; i++) {
		in[i] = kit_va_to_mfn(pages[i]);
		out[i] = pfn + i;
	}
	CHECK_EQ(exchange(8, 0, 4, 0, 0, DOMID_SELF, 0, in, out), -XEN_EINVAL, "exchange of 8 pages for 4");
	CHECK_EQ(exchange(8, 0, 8, 0, 0, DOMID_SELF, 1, in, out), -XEN_EINVAL, "exchange that has begun");
	CHECK_EQ(exchange(8, 0, 1, 3, 0, NOBODY, 0, in, out), -XEN_ESRCH, "exchange of nobody's");
	CHECK_EQ(exchange(8, 0, 1, 3, 0, DOMID_SELF, 0, in, out), -XEN_EINVAL, "exchange of mapped pages");
	CHECK_EQ(exchange(1, 19, 1, 19, 0, DOMID_SELF, 0, in, out), -XEN_EPERM, "exchange of order 19");
	CHECK_DIFFERS(exchange(1, 10, 1, 10, 0, DOMID_SELF, 0, in, out), -XEN_EPERM, -XEN_EINVAL, "exchange of order 10");
	CHECK_EQ(mem(XENMEM_exchange, (void *)BAD_POINTER), -XEN_EFAULT, "exchange, bad pointer");
	for (unsigned int i = 0; i < 8; i++)
		if (kit_set_pte(pages[i], 0))
			CHECK(false, "page %u unmapped", i);
	CHECK_EQ(exchange(8, 0, 1, 3, 10, DOMID_SELF, 0, in, out), -XEN_ENOMEM, "exchange for memory below 1 KiB");
	CHECK_EQ(exchange(8, 0, 1, 3, 0, DOMID_SELF, 0, in, out), 0, "exchange of 8 pages for an extent");
	in[0] = out[0];
	for (unsigned int i = 0; i < 8; i++)
		out[i] = pfn + i;
	CHECK_EQ(exchange(1, 3, 8, 0, 32, DOMID_SELF, 0, in, out), 0, "exchange of an extent for 8 pages");
	for (unsigned int i = 0; i < 8; i++) {
		my_p2m[pfn + i] = out[i];
		if (kit_make_writable(pages[i]))
			CHECK(false, "page %u mapped again", i);
	}
	CHECK_EQ(((const uint64_t *)0xffff800000000000UL)[out[7]], pfn + 7, "M2P of the last");
}

static long claim(uint64_t n, unsigned int order, unsigned int flags, uint64_t start, uint16_t dom)
{
	struct xen_memory_reservation r = {
		.extent_start = start, .nr_extents = n, .extent_order = order, .mem_flags = flags, .domid = dom,
	};

	return mem(XENMEM_claim_pages, &r);
}

static void claims(void)
{
	CHECK_EQ(claim(1, 0, 0, 0, NOBODY), -XEN_EINVAL, "claim of nobody");
	CHECK_EQ(claim(1, 1, 0, 0, DOMID_SELF), -XEN_EINVAL, "claim with an order");
	CHECK_EQ(claim(1, 0, 1, 0, DOMID_SELF), -XEN_EINVAL, "claim with flags");
	CHECK_EQ(claim(1, 0, 0, (uint64_t)list, DOMID_SELF), -XEN_EINVAL, "claim with a list");
	CHECK_EQ(claim(0, 0, 0, 0, DOMID_SELF), -XEN_EINVAL, "claim of DOMID_SELF");
	CHECK_EQ(claim(0, 0, 0, 0, 0), 0, "claim released");
	CHECK_EQ(mem(XENMEM_claim_pages, (void *)BAD_POINTER), -XEN_EFAULT, "claim, bad pointer");
}

static long acquire(uint16_t dom, uint16_t type, uint32_t id, uint32_t n, uint64_t frame, uint64_t to, uint32_t pad)
{
	struct xen_mem_acquire_resource r = {
		.domid = dom, .type = type, .id = id, .nr_frames = n, .pad = pad, .frame = frame, .frame_list = to,
	};

	return mem(XENMEM_acquire_resource, &r);
}

static void resources(void)
{
	const uint64_t to = (uint64_t)list;
	enum { GRANT = XENMEM_resource_grant_table };

	CHECK_EQ(acquire(NOBODY, GRANT, 0, 1, 0, to, 0), -XEN_ESRCH, "resource of nobody");
	CHECK_EQ(acquire(DOMID_SELF, GRANT, 0, 1, 0, to, 0), -XEN_ESRCH, "resource of self");
	CHECK_EQ(acquire(0, GRANT, 0, 1, 0, to, 0), -XEN_EPERM, "resource of self by id");
	CHECK_EQ(acquire(NOBODY, GRANT, 0, 1, 0, to, 1), -XEN_EINVAL, "resource with padding");
	CHECK_EQ(mem(XENMEM_acquire_resource, (void *)BAD_POINTER), -XEN_EFAULT, "resource, bad pointer");
}

void surface_memory(void)
{
	numbers();
	maps();
	absent();
	reservations();
	exchanges();
	claims();
	resources();
}
