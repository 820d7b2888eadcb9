/* SPDX-License-Identifier: BSD-2-Clause */
/* See hostile.h. */
#include <abi/event_channel.h>
#include <abi/memory.h>
#include <abi/version.h>
#include "hostile/common/hostile.h"

static struct grant_entry_v1 grant_window[PAGE_SIZE / sizeof(struct grant_entry_v1)] PAGE_ALIGNED;

bool on_socle(void)
{
	static char extra[XEN_EXTRAVERSION_LEN];

	if (!extra[0])
		hypercall2(__HYPERVISOR_xen_version, XENVER_extraversion, extra);
	return !strncmp(extra, "-socle", 6);
}

/* No operation tells a domain its number; a port that waits for the caller itself shows it. */
uint16_t own_domid(void)
{
	struct evtchn_alloc_unbound alloc = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
	struct evtchn_status s = { .dom = DOMID_SELF };
	static uint16_t id = DOMID_SELF;
	struct evtchn_close end;

	if (id != DOMID_SELF)
		return id;
	if (kit_evtchn(EVTCHNOP_alloc_unbound, &alloc))
		kit_bail("no port");
	s.port = end.port = alloc.port;
	if (kit_evtchn(EVTCHNOP_status, &s) || kit_evtchn(EVTCHNOP_close, &end))
		kit_bail("no status");
	id = s.u.unbound.dom;
	return id;
}

uint64_t reservation(void)
{
	uint16_t self = DOMID_SELF;

	return (uint64_t)hypercall2(__HYPERVISOR_memory_op, XENMEM_current_reservation, &self);
}

uint64_t pte_of(const void *page)
{
	return kit_va_to_mfn(page) << 12 | RAM;
}

uint64_t allocate_mfn(void)
{
	uint64_t mfn = 0;
	struct xen_memory_reservation r = { .extent_start = (uint64_t)&mfn, .nr_extents = 1, .domid = DOMID_SELF };

	return hypercall2(__HYPERVISOR_memory_op, XENMEM_increase_reservation, &r) == 1 ? mfn : 0;
}

bool free_mfn(uint64_t mfn)
{
	struct xen_memory_reservation r = { .extent_start = (uint64_t)&mfn, .nr_extents = 1, .domid = DOMID_SELF };

	return hypercall2(__HYPERVISOR_memory_op, XENMEM_decrease_reservation, &r) == 1;
}

bool unreferenced(void *page)
{
	uint64_t pfn = ((uint64_t)page - KIT_VIRT_BASE) / PAGE_SIZE, in = kit_va_to_mfn(page), out = pfn;
	struct xen_memory_exchange x = {
		.in = { .extent_start = (uint64_t)&in, .nr_extents = 1, .domid = DOMID_SELF },
		.out = { .extent_start = (uint64_t)&out, .nr_extents = 1, .domid = DOMID_SELF },
	};
	long rc;

	kit_set_pte(page, 0);
	rc = hypercall2(__HYPERVISOR_memory_op, XENMEM_exchange, &x);
	if (!rc)
		((uint64_t *)kit_start_info->mfn_list)[pfn] = out;
	if (kit_make_writable(page))
		kit_bail("a page is lost");
	return !rc;
}

volatile struct grant_entry_v1 *grant_entries(void)
{
	static bool mapped;
	uint64_t frame = 0;
	struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = 1, .frame_list = (uint64_t)&frame };

	if (!mapped && (hypercall3(__HYPERVISOR_grant_table_op, GNTTABOP_setup_table, &setup, 1) || setup.status ||
			kit_set_pte(grant_window, frame << 12 | RAM)))
		kit_bail("no grant table");
	mapped = true;
	return grant_window;
}

void offer(uint32_t ref, const void *page, uint16_t flags)
{
	volatile struct grant_entry_v1 *e = &grant_entries()[ref];

	e->frame = (uint32_t)kit_va_to_mfn(page);
	e->domid = own_domid();
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	e->flags = flags;
}

int16_t map_grant(uint32_t ref, uint32_t flags, uint64_t host_addr, uint32_t *handle)
{
	struct gnttab_map_grant_ref op = { .host_addr = host_addr, .flags = flags, .ref = ref, .dom = own_domid() };

	if (hypercall3(__HYPERVISOR_grant_table_op, GNTTABOP_map_grant_ref, &op, 1))
		return -99;
	*handle = op.handle;
	return op.status;
}

int16_t unmap_grant(uint32_t handle, uint64_t host_addr)
{
	struct gnttab_unmap_grant_ref op = { .host_addr = host_addr, .handle = handle };

	return hypercall3(__HYPERVISOR_grant_table_op, GNTTABOP_unmap_grant_ref, &op, 1) ? -99 : op.status;
}

bool one_of(long got, const long *allowed, unsigned int n)
{
	while (n--)
		if (allowed[n] == got)
			return true;
	return false;
}
