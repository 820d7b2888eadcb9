/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memory_op: the commands that look or set a map (pv-abi 2.4); those that move pages are in reserve.c and exchange.c.
 *
 * The command is in bits 5:0; the rest is where a continued call goes on, which the guest can forge: every
 * use checks it like any argument.
 */
#include <string.h>
#include "boot/bootinfo.h"
#include "cpu/cpu.h"
#include "domain/domain.h"
#include "grant/grant.h"
#include "hypercall/hypercall.h"
#include "lib/util.h"
#include "mm/internal.h"

#define E820_LIMIT		1024
#define GUEST_MAX_MFN		0x7ffffffffUL	/* the RO M2P's last entry (pv-abi 1.10) */
#define M2P_ENTRIES_PER_2M	(1UL << 18)

/* Whether a domain exists is no secret: Xen tells it before it looks at privilege. */
static int other_domain_get(uint16_t id, struct domain **out)
{
	if (id == DOMID_XEN)
		return -XEN_EPERM;
	*out = domain_get(id);
	if (!*out)
		return -XEN_ESRCH;
	if (current->domain->privileged)
		return 0;
	domain_put(*out);
	return -XEN_EPERM;
}

int foreign_domain_get(uint16_t id, struct domain **out)
{
	struct domain *self = current->domain;

	if (id == DOMID_SELF || id == self->id) {
		*out = self;
		domain_ref(self);
		return 0;
	}
	/* Mapping device memory needs no privilege: the iomem sets decide. */
	if (id == DOMID_IO) {
		*out = dom_io;
		domain_ref(dom_io);
		return 0;
	}
	if (id == DOMID_XEN && self->privileged) {
		*out = dom_xen;
		domain_ref(dom_xen);
		return 0;
	}
	return other_domain_get(id, out);
}

int memop_domain_get(uint16_t id, struct domain **out)
{
	struct domain *self = current->domain;

	if (id == DOMID_SELF || id == self->id) {
		*out = self;
		domain_ref(self);
		return 0;
	}
	return other_domain_get(id, out);
}

long memop_continue(unsigned int cmd, uint64_t start, uint64_t arg)
{
	return hypercall_continue(__HYPERVISOR_memory_op, 2, cmd | start << XENMEM_CMD_SHIFT, arg, 0, 0, 0);
}

static long domain_number(unsigned int cmd, uint64_t arg)
{
	struct domain *d;
	uint16_t id;
	long rc;

	if (copy_from_guest(&id, arg, sizeof(id)))
		return -XEN_EFAULT;
	rc = memop_domain_get(id, &d);
	if (rc)
		return refuse(rc, "domain %u", id);
	if (cmd == XENMEM_current_reservation)
		rc = (long)d->tot_pages;
	else if (cmd == XENMEM_maximum_reservation)
		rc = (long)d->max_pages;
	else
		rc = d->shared_info ? (long)READ_ONCE(d->shared_info->arch.max_pfn) : 0;
	domain_put(d);
	return rc;
}

static long machphys_mfn_list(uint64_t arg)
{
	uint32_t limit = (uint32_t)DIV_ROUND_UP(max_page, M2P_ENTRIES_PER_2M), i;
	mfn_t mfn, last = INVALID_MFN;
	struct xen_machphys_mfn_list l;

	if (copy_from_guest(&l, arg, sizeof(l)))
		return -XEN_EFAULT;
	/* A hole is named by a neighbour: the list has no word for "nothing here". */
	for (i = 0; i < limit && last == INVALID_MFN; i++)
		last = m2p_chunk_mfn(i);
	for (i = 0; i < limit && i < l.max_extents; i++) {
		mfn = m2p_chunk_mfn(i);
		if (mfn != INVALID_MFN)
			last = mfn;
		if (copy_to_guest(l.extent_start + i * sizeof(last), &last, sizeof(last)))
			return -XEN_EFAULT;
	}
	l.nr_extents = i;
	return copy_to_guest(arg, &l, sizeof(l));
}

static long machphys_mapping(uint64_t arg)
{
	const struct xen_machphys_mapping m = {
		.v_start = RO_M2P_VIRT,
		.v_end = RO_M2P_VIRT_END,
		.max_mfn = current->domain->privileged ? max_page - 1 : GUEST_MAX_MFN,
	};

	return copy_to_guest(arg, &m, sizeof(m));
}

static long memory_map(uint64_t arg)
{
	struct domain *d = current->domain;
	struct xen_memory_map m;
	long rc = 0;

	if (copy_from_guest(&m, arg, sizeof(m)))
		return -XEN_EFAULT;
	spin_lock(&d->lock);
	if (!d->e820) {
		rc = -XEN_ENOSYS;
	} else {
		m.nr_entries = MIN(m.nr_entries, d->nr_e820);
		if (copy_to_guest(m.buffer, d->e820, m.nr_entries * sizeof(*d->e820)))
			rc = -XEN_EFAULT;
	}
	spin_unlock(&d->lock);
	return rc ? rc : copy_to_guest(arg, &m, sizeof(m));
}

static long machine_memory_map(uint64_t arg)
{
	struct xen_memory_map m;
	uint32_t i;

	if (!current->domain->privileged)
		return refuse(-XEN_EPERM, "the machine's memory map is the control domain's");
	if (copy_from_guest(&m, arg, sizeof(m)))
		return -XEN_EFAULT;
	/* Half a map is worse than none. Without a buffer the entries are only counted. */
	if (m.buffer && m.nr_entries < bootinfo.nr_e820)
		return refuse(-XEN_EINVAL, "memory map of %u entries, room for %u", bootinfo.nr_e820, m.nr_entries);
	for (i = 0; i < bootinfo.nr_e820; i++) {
		const struct boot_memory *b = &bootinfo.e820[i];
		const struct e820entry e = { .addr = b->addr, .size = b->size, .type = b->type };

		if (m.buffer && copy_to_guest(m.buffer + i * sizeof(e), &e, sizeof(e)))
			return -XEN_EFAULT;
	}
	m.nr_entries = i;
	return copy_to_guest(arg, &m, sizeof(m));
}

static long set_memory_map(uint64_t arg)
{
	struct xen_foreign_memory_map f;
	struct e820entry *fresh, *old;
	struct domain *d;
	size_t size;
	long rc;

	if (copy_from_guest(&f, arg, sizeof(f)))
		return -XEN_EFAULT;
	if (f.map.nr_entries > E820_LIMIT)
		return refuse(-XEN_EINVAL, "memory map of %u entries, at most %u", f.map.nr_entries, E820_LIMIT);
	rc = memop_domain_get(f.domid, &d);
	if (rc)
		return refuse(rc, "domain %u", f.domid);
	size = f.map.nr_entries * sizeof(*fresh);
	fresh = hv_alloc(MAX(size, (size_t)1));
	if (!fresh || copy_from_guest(fresh, f.map.buffer, size)) {
		rc = fresh ? -XEN_EFAULT : -XEN_ENOMEM;
		hv_free(fresh);
	} else {
		spin_lock(&d->lock);
		old = d->e820;
		d->e820 = fresh;
		d->nr_e820 = f.map.nr_entries;
		spin_unlock(&d->lock);
		hv_free(old);
	}
	domain_put(d);
	return rc;
}

static long claim_pages(uint64_t arg)
{
	struct xen_memory_reservation r;
	struct domain *d;
	long rc;

	if (!current->domain->privileged)
		return refuse(-XEN_EPERM, "only the control domain claims");
	if (copy_from_guest(&r, arg, sizeof(r)))
		return -XEN_EFAULT;
	if (r.extent_start || r.extent_order || r.mem_flags)
		return -XEN_EINVAL;
	d = domain_get(r.domid);
	if (!d)
		return refuse(-XEN_EINVAL, "domain %u", r.domid);
	rc = dom_claim_pages(d, r.nr_extents);
	domain_put(d);
	return rc ? refuse(rc, "claim of %lu pages for domain %u", r.nr_extents, r.domid) : 0;
}

/* Writes the frames from index start on. Positive: preempted before that index. */
static long write_frames(struct domain *d, const struct xen_mem_acquire_resource *r, uint64_t start)
{
	mfn_t mfn;

	for (uint64_t i = start; i < r->nr_frames; i++) {
		if (i > start && preempt_check())
			return (long)i;
		mfn = grant_shared_mfn(d, (uint32_t)(r->frame + i));
		if (mfn == INVALID_MFN)
			return -XEN_EINVAL;
		if (copy_to_guest(r->frame_list + i * sizeof(mfn), &mfn, sizeof(mfn)))
			return -XEN_EFAULT;
	}
	return 0;
}

static long acquire_frames(struct domain *d, struct xen_mem_acquire_resource *r, uint64_t start, uint64_t arg)
{
	if (r->type != XENMEM_resource_grant_table)
		return -XEN_EOPNOTSUPP;
	/* Status frames belong to version 2 tables. */
	if (r->id != XENMEM_resource_grant_table_id_shared || !d->grant)
		return -XEN_EINVAL;
	if (!r->frame_list) {
		if (r->nr_frames || start)
			return -XEN_EINVAL;
		r->nr_frames = (uint32_t)d->max_grant_frames;
		return copy_to_guest(arg, r, sizeof(*r));
	}
	if (!r->nr_frames || r->frame > UINT32_MAX - r->nr_frames || start > r->nr_frames)
		return -XEN_EINVAL;
	return write_frames(d, r, start);
}

static long acquire_resource(uint64_t start, uint64_t arg)
{
	struct xen_mem_acquire_resource r;
	struct domain *d;
	long rc;

	if (copy_from_guest(&r, arg, sizeof(r)))
		return -XEN_EFAULT;
	if (r.pad)
		return -XEN_EINVAL;
	d = domain_get(r.domid);
	if (!d)
		return refuse(-XEN_ESRCH, "domain %u", r.domid);
	rc = current->domain->privileged && d != current->domain ? 0 : -XEN_EPERM;
	if (!rc)
		rc = acquire_frames(d, &r, start, arg);
	domain_put(d);
	if (rc > 0)
		return memop_continue(XENMEM_acquire_resource, (uint64_t)rc, arg);
	return rc ? refuse(rc, "type %u id %u frames %lx+%u of domain %u", r.type, r.id, r.frame, r.nr_frames, r.domid)
		  : 0;
}

/* Memory that devices need mapped one to one, as an IOMMU would: there is no IOMMU, so no such memory. */
static long reserved_device_memory_map(uint64_t arg)
{
	struct xen_reserved_device_memory_map m;

	if (copy_from_guest(&m, arg, sizeof(m)))
		return -XEN_EFAULT;
	if (m.flags & ~(uint32_t)XENMEM_RDM_ALL)
		return -XEN_EINVAL;
	m.nr_entries = 0;
	return copy_to_guest(arg, &m, sizeof(m));
}

long do_memory_op(uint64_t cmd, uint64_t arg)
{
	unsigned int op = cmd & XENMEM_CMD_MASK;
	uint64_t start = cmd >> XENMEM_CMD_SHIFT;

	switch (op) {
	case XENMEM_increase_reservation:
	case XENMEM_decrease_reservation:
	case XENMEM_populate_physmap:
		return reserve_op(op, start, arg);
	case XENMEM_exchange:
		return reserve_exchange(start, arg);
	case XENMEM_acquire_resource:
		return acquire_resource(start, arg);
	}
	/* The others are short: nobody continues them. */
	if (start)
		return -XEN_EINVAL;
	switch (op) {
	case XENMEM_maximum_ram_page:
		return (long)max_page;
	case XENMEM_current_reservation:
	case XENMEM_maximum_reservation:
	case XENMEM_maximum_gpfn:
		return domain_number(op, arg);
	case XENMEM_machphys_mfn_list:
		return machphys_mfn_list(arg);
	case XENMEM_machphys_mapping:
		return machphys_mapping(arg);
	case XENMEM_memory_map:
		return memory_map(arg);
	case XENMEM_machine_memory_map:
		return machine_memory_map(arg);
	case XENMEM_set_memory_map:
		return set_memory_map(arg);
	case XENMEM_claim_pages:
		return claim_pages(arg);
	case XENMEM_get_sharing_freed_pages:
	case XENMEM_get_sharing_shared_pages:
		return 0;	/* no page is shared here */
	case XENMEM_reserved_device_memory_map:
		return reserved_device_memory_map(arg);
	case XENMEM_get_vnumainfo:
	case XENMEM_machphys_compat_mfn_list:
		return -XEN_EOPNOTSUPP;
	/* For domains whose frame numbers are translated: none is. */
	case XENMEM_add_to_physmap:
	case XENMEM_add_to_physmap_batch:
	case XENMEM_remove_from_physmap:
		return -XEN_EACCES;
	case XENMEM_set_pod_target:
	case XENMEM_get_pod_target:
		return -XEN_EINVAL;
	}
	return -XEN_ENOSYS;
}
