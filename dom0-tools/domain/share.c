/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/share.c
 *
 * What the scheduler is told and what it tells; see share.h.
 */
#include "domain/share.h"

#include <errno.h>
#include <string.h>

#define RATELIMIT_MAX_US 500000u

static int refused(int r, struct socle_error *e)
{
	return socle_refused(e, r, "the hypervisor refused");
}

/* ---- shares ---------------------------------------------------------------------------------- */

static int scheduler_op(struct socle_hv *hv, uint16_t domid, uint32_t cmd, struct share *s)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_scheduler_op, .domain = domid };
	struct xen_domctl_scheduler_op *so = &op.u.scheduler_op;
	int r;

	so->sched_id = XEN_SCHEDULER_CREDIT2;
	so->cmd = cmd;
	so->u.credit2.weight = (uint16_t)s->weight;
	so->u.credit2.cap = (uint16_t)s->cap;
	r = socle_domctl(hv, &op);
	if (r == 0) {
		s->weight = so->u.credit2.weight;
		s->cap = so->u.credit2.cap;
	}
	return r;
}

int share_get(struct socle_hv *hv, uint16_t domid, struct share *out, struct socle_error *e)
{
	int r;

	*out = (struct share){ .weight = 0 };
	r = scheduler_op(hv, domid, XEN_DOMCTL_SCHEDOP_getinfo, out);
	return r < 0 ? refused(r, e) : 0;
}

int share_set(struct socle_hv *hv, uint16_t domid, const struct share *s, struct socle_error *e)
{
	struct share copy = *s;
	int r = scheduler_op(hv, domid, XEN_DOMCTL_SCHEDOP_putinfo, &copy);

	return r < 0 ? refused(r, e) : 0;
}

/* ---- affinity -------------------------------------------------------------------------------- */

/* Both maps go through one buffer that the hypervisor can reach. */
static int affinity_op(struct socle_hv *hv, uint32_t cmd, uint16_t domid, unsigned int vcpu,
		       struct cpulist maps[2], uint32_t flags)
{
	struct xen_domctl op = { .cmd = cmd, .domain = domid };
	struct xen_domctl_vcpuaffinity *a = &op.u.vcpuaffinity;
	struct cpulist *buf = socle_hbuf_alloc(hv, 2 * sizeof(*buf));
	int r;

	if (!buf)
		return -errno;
	memcpy(buf, maps, 2 * sizeof(*buf));
	a->vcpu = vcpu;
	a->flags = flags;
	a->cpumap_hard.bitmap = (uintptr_t)&buf[0];
	a->cpumap_soft.bitmap = (uintptr_t)&buf[1];
	a->cpumap_hard.nr_bits = a->cpumap_soft.nr_bits = CPULIST_MAX;
	r = socle_domctl(hv, &op);
	memcpy(maps, buf, 2 * sizeof(*buf));
	socle_hbuf_free(hv, buf, 2 * sizeof(*buf));
	return r;
}

int affinity_get(struct socle_hv *hv, uint16_t domid, unsigned int vcpu, struct cpulist *hard,
		 struct cpulist *soft, struct socle_error *e)
{
	struct cpulist maps[2] = { 0 };
	int r = affinity_op(hv, XEN_DOMCTL_getvcpuaffinity, domid, vcpu, maps,
			    XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT);

	*hard = maps[0];
	*soft = maps[1];
	return r < 0 ? refused(r, e) : 0;
}

int affinity_set(struct socle_hv *hv, uint16_t domid, unsigned int vcpu,
		 const struct cpulist *hard, const struct cpulist *soft, struct socle_error *e)
{
	struct cpulist maps[2] = { 0 };
	int r;

	if (hard)
		maps[0] = *hard;
	if (soft)
		maps[1] = *soft;
	r = affinity_op(hv, XEN_DOMCTL_setvcpuaffinity, domid, vcpu, maps,
			(hard ? XEN_VCPUAFFINITY_HARD : 0) | (soft ? XEN_VCPUAFFINITY_SOFT : 0));
	if (r == -EINVAL)
		return socle_fail_id(e, EINVAL, "no-such-cpu", "the machine has none of these CPUs, or the guest "
				  "has no vCPU %u", vcpu);
	return r < 0 ? refused(r, e) : 0;
}

/* ---- the machine ----------------------------------------------------------------------------- */

static int ratelimit_op(struct socle_hv *hv, uint32_t cmd, unsigned int *us)
{
	struct xen_sysctl op = { .cmd = XEN_SYSCTL_scheduler_op };
	struct xen_sysctl_scheduler_op *so = &op.u.scheduler_op;
	int r;

	so->sched_id = XEN_SCHEDULER_CREDIT2;
	so->cmd = cmd;
	so->u.sched_credit2.ratelimit_us = *us;
	r = socle_sysctl(hv, &op);
	if (r == 0)
		*us = so->u.sched_credit2.ratelimit_us;
	return r;
}

int ratelimit_get(struct socle_hv *hv, unsigned int *us, struct socle_error *e)
{
	int r;

	*us = 0;
	r = ratelimit_op(hv, XEN_SYSCTL_SCHEDOP_getinfo, us);
	return r < 0 ? refused(r, e) : 0;
}

int ratelimit_set(struct socle_hv *hv, unsigned int us, struct socle_error *e)
{
	int r = ratelimit_op(hv, XEN_SYSCTL_SCHEDOP_putinfo, &us);

	if (r == -EINVAL)
		return socle_fail_id(e, EINVAL, "bad-value", "a rate limit is 0 to %u microseconds",
				  RATELIMIT_MAX_US);
	return r < 0 ? refused(r, e) : 0;
}

int host_cpus(struct socle_hv *hv, unsigned int *nr, struct socle_error *e)
{
	struct xen_sysctl op = { .cmd = XEN_SYSCTL_physinfo };
	int r = socle_sysctl(hv, &op);

	*nr = op.u.physinfo.nr_cpus;
	return r < 0 ? refused(r, e) : 0;
}

int vcpu_times(struct socle_hv *hv, uint16_t domid, unsigned int vcpu,
	       struct socle_vcpu_times *out)
{
	memset(out, 0, sizeof(*out));
	out->domid = domid;
	out->vcpu = vcpu;
	return socle_own_op(hv, SOCLE_OP_vcpu_times, out, sizeof(*out));
}
