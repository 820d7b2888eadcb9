/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * domctl(36): one way in and out for all commands (pv-abi 10). The caller must be the control domain; the operation is
 * copied in once, its row says what may be done to whom, the handler works on the copy, and the result is copied back as
 * a whole. A handler that stops in the middle is entered again with the arguments it was given.
 *
 * Here are also the operations on a domain as a whole; those on vCPUs, memory and policies have files of their own.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include "cpu/cpu.h"
#include "domctl/domctl.h"
#include "hypercall/hypercall.h"
#include "lib/util.h"
#include "mm/mm.h"
#include "sched/sched.h"
#include "time/clock.h"

#define CONTROLLER_PAUSES_MAX 255

/* ---- birth and death --------------------------------------------------------------------------------- */

static long createdomain(struct domain *none, struct xen_domctl *op)
{
	/* 0 is dom0's and means "choose", like all that is no id (pv-abi 10.1). */
	domid_t id = op->domain && op->domain < DOMID_FIRST_RESERVED ? op->domain : DOMID_INVALID;
	struct domain *d;
	int rc = domain_create(id, &op->u.createdomain, false, &d);

	(void)none;
	if (rc)
		return rc;
	op->domain = d->id;
	domain_put(d);
	return 0;
}

static long destroydomain(struct domain *d, struct xen_domctl *op)
{
	(void)op;
	return domain_destroy(d);
}

static long pausedomain(struct domain *d, struct xen_domctl *op)
{
	bool ok;

	(void)op;
	/* Counted after it is one: another controller that takes it back must find it. */
	domain_pause(d);
	spin_lock(&d->lock);
	ok = d->controller_pause < CONTROLLER_PAUSES_MAX;
	d->controller_pause += ok;
	spin_unlock(&d->lock);
	if (ok)
		return 0;
	domain_unpause(d);
	return -XEN_EOVERFLOW;
}

static long unpausedomain(struct domain *d, struct xen_domctl *op)
{
	bool ok;

	(void)op;
	spin_lock(&d->lock);
	ok = d->controller_pause;
	d->controller_pause -= ok;
	spin_unlock(&d->lock);
	if (!ok)
		return -XEN_EINVAL;
	domain_unpause(d);
	return 0;
}

static long resumedomain(struct domain *d, struct xen_domctl *op)
{
	(void)op;
	domain_resume(d);
	return 0;
}

/* ---- what it is ----------------------------------------------------------------------------------------- */

static void fill_vcpus(struct domain *d, struct xen_domctl_getdomaininfo *info)
{
	bool all_blocked = true;
	unsigned int i;

	info->max_vcpu_id = XEN_INVALID_MAX_VCPU_ID;
	for (i = 0; i < d->max_vcpus; i++) {
		const struct vcpu *v = d->vcpu[i];

		if (!v)
			continue;
		info->max_vcpu_id = i;
		info->cpu_time += sched_cpu_time(v);
		if (!v->online)
			continue;
		info->nr_online_vcpus++;
		all_blocked &= v->blocked || v->polling;
		if (v->running)
			info->flags |= XEN_DOMINF_running;
	}
	if (all_blocked)
		info->flags |= XEN_DOMINF_blocked;
}

void domain_fill_info(struct domain *d, struct xen_domctl_getdomaininfo *info)
{
	memset(info, 0, sizeof(*info));
	info->domain = d->id;
	info->flags = (d->life == DOMAIN_DEAD ? XEN_DOMINF_dying : 0) |
		      (d->shut_down ? XEN_DOMINF_shutdown : 0) |
		      (d->controller_pause ? XEN_DOMINF_paused : 0) |
		      (d->create_flags & XEN_DOMCTL_CDF_xs_domain ? XEN_DOMINF_xs_domain : 0) |
		      (d->shutdown_code & XEN_DOMINF_shutdownmask) << XEN_DOMINF_shutdownshift;
	fill_vcpus(d, info);
	info->tot_pages = READ_ONCE(d->tot_pages);
	info->max_pages = READ_ONCE(d->max_pages);
	info->outstanding_pages = READ_ONCE(d->outstanding);
	info->gpaddr_bits = (uint8_t)host_features.paddr_bits;
	info->shared_info_frame = virt_to_mfn(d->shared_info);
	spin_lock(&d->lock);
	memcpy(info->handle, d->handle, sizeof(info->handle));
	spin_unlock(&d->lock);
}

/* The domain, or the next one behind it: how old tools walk the list. */
static long getdomaininfo(struct domain *none, struct xen_domctl *op)
{
	struct domain *d;

	(void)none;
	if (op->domain >= DOMID_FIRST_RESERVED)
		return -XEN_EINVAL;
	d = domain_get_next(op->domain);
	if (!d)
		return -XEN_ESRCH;
	domain_fill_info(d, &op->u.getdomaininfo);
	op->domain = d->id;
	domain_put(d);
	return 0;
}

static long setdomainhandle(struct domain *d, struct xen_domctl *op)
{
	spin_lock(&d->lock);
	memcpy(d->handle, op->u.setdomainhandle.handle, sizeof(d->handle));
	spin_unlock(&d->lock);
	return 0;
}

static long settimeoffset(struct domain *d, struct xen_domctl *op)
{
	spin_lock(&d->lock);
	d->time_offset = op->u.settimeoffset.time_offset_seconds;
	vtime_domain_wallclock(d);
	spin_unlock(&d->lock);
	return 0;
}

/* We answer as credit2, whose parameters mean what ours do: a weight, and a cap in percent of one CPU. */
static long scheduler_op(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_scheduler_op *s = &op->u.scheduler_op;

	if (s->sched_id != XEN_SCHEDULER_CREDIT2)
		return -XEN_EINVAL;
	switch (s->cmd) {
	case XEN_DOMCTL_SCHEDOP_getinfo:
		s->u.credit2.weight = d->sched.weight;
		s->u.credit2.cap = d->sched.cap;
		return 0;
	case XEN_DOMCTL_SCHEDOP_putinfo:
		/* A weight of 0 and a cap of all ones leave what is (credit2's convention). */
		return sched_set_share(d, s->u.credit2.weight ? s->u.credit2.weight : d->sched.weight,
				       s->u.credit2.cap != 0xffff ? s->u.credit2.cap : d->sched.cap);
	default:
		return -XEN_EINVAL;
	}
}

/* Real devices need an IOMMU to be given away. */
static long no_iommu(struct domain *d, struct xen_domctl *op)
{
	(void)d;
	(void)op;
	return -XEN_EOPNOTSUPP;
}

/* Single-stepping from outside is for HVM. */
static long not_for_pv(struct domain *d, struct xen_domctl *op)
{
	(void)d;
	(void)op;
	return -XEN_EINVAL;
}

/* ---- dispatch --------------------------------------------------------------------------------------------- */

static const struct domctl_row rows[] = {
	[XEN_DOMCTL_createdomain] = { createdomain, DOMCTL_OUT | DOMCTL_NO_DOM },
	[XEN_DOMCTL_destroydomain] = { destroydomain, DOMCTL_NO_SELF },
	[XEN_DOMCTL_pausedomain] = { pausedomain, DOMCTL_NO_SELF },
	[XEN_DOMCTL_unpausedomain] = { unpausedomain, 0 },
	[XEN_DOMCTL_getdomaininfo] = { getdomaininfo, DOMCTL_OUT | DOMCTL_NO_DOM },
	[XEN_DOMCTL_setvcpuaffinity] = { domctl_setvcpuaffinity, DOMCTL_OUT },
	[XEN_DOMCTL_shadow_op] = { domctl_shadow_op, DOMCTL_NO_SELF },
	[XEN_DOMCTL_max_mem] = { domctl_max_mem, 0 },
	[XEN_DOMCTL_setvcpucontext] = { domctl_setvcpucontext, DOMCTL_NO_SELF | DOMCTL_ALIVE },
	[XEN_DOMCTL_getvcpucontext] = { domctl_getvcpucontext, DOMCTL_NO_SELF },
	[XEN_DOMCTL_getvcpuinfo] = { domctl_getvcpuinfo, DOMCTL_OUT },
	[XEN_DOMCTL_max_vcpus] = { domctl_max_vcpus, DOMCTL_NO_SELF | DOMCTL_ALIVE },
	[XEN_DOMCTL_scheduler_op] = { scheduler_op, DOMCTL_OUT },
	[XEN_DOMCTL_setdomainhandle] = { setdomainhandle, 0 },
	[XEN_DOMCTL_irq_permission] = { domctl_irq_permission, DOMCTL_ALIVE },
	[XEN_DOMCTL_iomem_permission] = { domctl_iomem_permission, DOMCTL_ALIVE },
	[XEN_DOMCTL_ioport_permission] = { domctl_ioport_permission, DOMCTL_ALIVE },
	[XEN_DOMCTL_hypercall_init] = { domctl_hypercall_init, DOMCTL_ALIVE },
	[XEN_DOMCTL_settimeoffset] = { settimeoffset, 0 },
	[XEN_DOMCTL_getvcpuaffinity] = { domctl_getvcpuaffinity, DOMCTL_OUT },
	[XEN_DOMCTL_resumedomain] = { resumedomain, DOMCTL_NO_SELF },
	[XEN_DOMCTL_sendtrigger] = { domctl_sendtrigger, 0 },
	[XEN_DOMCTL_set_address_size] = { domctl_set_address_size, 0 },
	[XEN_DOMCTL_get_address_size] = { domctl_get_address_size, DOMCTL_OUT },
	[XEN_DOMCTL_assign_device] = { no_iommu, 0 },
	[XEN_DOMCTL_test_assign_device] = { no_iommu, DOMCTL_NO_DOM },
	[XEN_DOMCTL_deassign_device] = { no_iommu, 0 },
	[XEN_DOMCTL_get_device_group] = { no_iommu, 0 },
	[XEN_DOMCTL_bind_pt_irq] = { no_iommu, 0 },
	[XEN_DOMCTL_unbind_pt_irq] = { no_iommu, 0 },
	[XEN_DOMCTL_debug_op] = { not_for_pv, 0 },
	[XEN_DOMCTL_set_ext_vcpucontext] = { domctl_set_ext_vcpucontext, 0 },
	[XEN_DOMCTL_get_ext_vcpucontext] = { domctl_get_ext_vcpucontext, DOMCTL_OUT },
	[XEN_DOMCTL_gettscinfo] = { domctl_gettscinfo, DOMCTL_OUT | DOMCTL_NO_SELF },
	[XEN_DOMCTL_settscinfo] = { domctl_settscinfo, DOMCTL_NO_SELF },
	[XEN_DOMCTL_getpageframeinfo3] = { domctl_getpageframeinfo3, 0 },
	[XEN_DOMCTL_setvcpuextstate] = { domctl_setvcpuextstate, DOMCTL_NO_SELF },
	[XEN_DOMCTL_getvcpuextstate] = { domctl_getvcpuextstate, DOMCTL_OUT | DOMCTL_NO_SELF },
	[XEN_DOMCTL_setnodeaffinity] = { domctl_setnodeaffinity, 0 },
	[XEN_DOMCTL_getnodeaffinity] = { domctl_getnodeaffinity, DOMCTL_OUT },
	[XEN_DOMCTL_get_vcpu_msrs] = { domctl_get_vcpu_msrs, DOMCTL_OUT | DOMCTL_NO_SELF },
	[XEN_DOMCTL_set_vcpu_msrs] = { domctl_set_vcpu_msrs, DOMCTL_NO_SELF },
	[XEN_DOMCTL_get_cpu_policy] = { domctl_get_cpu_policy, DOMCTL_OUT | DOMCTL_OUT_ERR },
	[XEN_DOMCTL_set_cpu_policy] = { domctl_set_cpu_policy, DOMCTL_OUT | DOMCTL_OUT_ERR | DOMCTL_NO_SELF },
};

/* The domain the row works on, checked against its flags. */
static long target_get(const struct domctl_row *row, const struct xen_domctl *op, struct domain **d)
{
	*d = NULL;
	if (row->flags & DOMCTL_NO_DOM)
		return 0;
	*d = domain_get(op->domain);
	if (!*d)
		return -XEN_ESRCH;
	if (row->flags & DOMCTL_NO_SELF && *d == current->domain)
		return -XEN_EINVAL;
	if (row->flags & DOMCTL_ALIVE && domain_is_dying(*d))
		return -XEN_EINVAL;
	return 0;
}

long do_domctl(uint64_t uop)
{
	const struct domctl_row *row;
	struct xen_domctl op;
	struct domain *d;
	unsigned int i;
	long rc;

	if (!current->domain->privileged)
		return -XEN_EPERM;
	if (copy_from_guest(&op, uop, sizeof(op)))
		return -XEN_EFAULT;
	if (op.interface_version != XEN_DOMCTL_INTERFACE_VERSION)
		return refuse(-XEN_EACCES, "interface version %x", op.interface_version);
	if (!idx_clamp(op.cmd, ARRAY_SIZE(rows), &i) || !rows[i].fn)
		return refuse(-XEN_ENOSYS, "command %u", op.cmd);
	row = &rows[i];
	rc = target_get(row, &op, &d);
	if (!rc)
		rc = row->fn(d, &op);
	if (d)
		domain_put(d);
	if (rc == -XEN_ERESTART)
		return hypercall_continue(__HYPERVISOR_domctl, 1, uop, 0, 0, 0, 0);
	if (row->flags & (rc < 0 ? DOMCTL_OUT_ERR : DOMCTL_OUT) && copy_to_guest(uop, &op, sizeof(op)))
		return -XEN_EFAULT;
	return rc;
}
