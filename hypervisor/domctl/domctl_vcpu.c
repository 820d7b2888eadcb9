/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * domctl on vCPUs: creation, context, extended state, affinity. Whoever reads or writes a vCPU's state holds it paused
 * meanwhile, so that its registers are in struct vcpu. An id beyond the domain's limit is -EINVAL or -ESRCH as
 * 4.17 has it (pv-abi 10.1).
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include "asm/atomic.h"
#include "asm/cpuid.h"
#include "domctl/domctl.h"
#include "lib/util.h"
#include "mm/mm.h"
#include "sched/sched.h"

/* SDM vol. 1, 13.4: legacy region and header; XSTATE_BV, XCOMP_BV and MXCSR in them. */
#define XSAVE_LEGACY	512u
#define XSAVE_HEADER	64u
#define XSAVE_MXCSR	24u
#define XSTATE_FP_SSE	3u
#define EXTSTATE_HEAD	16u	/* bytes: xcr0 and xcr0_accum in front of the area */
#define MXCSR_MASK	0xffffu

static bool va_is_canonical(uint64_t va)
{
	return (uint64_t)((int64_t)(va << 16) >> 16) == va;
}

/* ---- creation ----------------------------------------------------------------------------------------- */

/* Makes all that do not exist yet: it may be called again after it failed or stopped. */
long domctl_max_vcpus(struct domain *d, struct xen_domctl *op)
{
	unsigned int i;
	bool made = false;
	int rc = 0;

	if (op->u.max_vcpus.max != d->max_vcpus)
		return -XEN_EINVAL;
	for (i = 0; !rc && i < d->max_vcpus; i++) {
		if (atomic_load(&d->vcpu[i]))
			continue;
		if (made && preempt_check())
			return -XEN_ERESTART;
		rc = vcpu_create(d, i);
		if (rc == -XEN_EEXIST)
			rc = 0;		/* another call was faster */
		made = true;
	}
	return rc;
}

long domctl_getvcpuinfo(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_getvcpuinfo *info = &op->u.getvcpuinfo;
	const struct vcpu *v = vcpu_get(d, info->vcpu);

	if (info->vcpu >= d->max_vcpus)
		return -XEN_EINVAL;
	if (!v)
		return -XEN_ESRCH;
	info->online = v->online;
	info->blocked = v->blocked || v->polling;
	info->running = v->running;
	info->cpu_time = sched_cpu_time(v);
	info->cpu = v->cpu;
	return 0;
}

/* ---- registers ------------------------------------------------------------------------------------------ */

static long context_from_guest(struct vcpu *v, uint64_t from)
{
	struct vcpu_guest_context *c = hv_alloc(sizeof(*c));
	long rc;

	if (!c)
		return -XEN_ENOMEM;
	rc = copy_from_guest(c, from, sizeof(*c)) ? -XEN_EFAULT : vcpu_set_context(v, c);
	hv_free(c);
	return rc;
}

/* No context: the vCPU becomes as it was made. Goes on where it stopped when called again. */
long domctl_setvcpucontext(struct domain *d, struct xen_domctl *op)
{
	struct vcpu *v = vcpu_get(d, op->u.vcpucontext.vcpu);
	long rc = 0;

	if (op->u.vcpucontext.vcpu >= d->max_vcpus)
		return -XEN_EINVAL;
	if (!v)
		return -XEN_ESRCH;
	domain_pause(d);
	if (op->u.vcpucontext.ctxt)
		rc = context_from_guest(v, op->u.vcpucontext.ctxt);
	else
		rc = vcpu_reset(v);
	domain_unpause(d);
	return rc;
}

long domctl_getvcpucontext(struct domain *d, struct xen_domctl *op)
{
	struct vcpu *v = vcpu_get(d, op->u.vcpucontext.vcpu);
	struct vcpu_guest_context *c;
	long rc;

	if (op->u.vcpucontext.vcpu >= d->max_vcpus)
		return -XEN_EINVAL;
	if (!v)
		return -XEN_ESRCH;
	if (!v->initialised)
		return -XEN_ENODATA;
	c = hv_alloc(sizeof(*c));
	if (!c)
		return -XEN_ENOMEM;
	vcpu_pause(v);
	vcpu_get_context(v, c);
	vcpu_unpause(v);
	rc = copy_to_guest(op->u.vcpucontext.ctxt, c, sizeof(*c)) ? -XEN_EFAULT : 0;
	hv_free(c);
	return rc;
}

/* Without the machine-check part the structure ends before it; savers write, restorers may leave it. */
#define EXT_SIZE_MIN offsetof(struct xen_domctl_ext_vcpucontext, u)

long domctl_set_ext_vcpucontext(struct domain *d, struct xen_domctl *op)
{
	const struct xen_domctl_ext_vcpucontext *e = &op->u.ext_vcpucontext;
	struct vcpu *v = vcpu_get(d, e->vcpu);

	if (!v || d == current->domain)
		return -XEN_ESRCH;
	if (e->size < EXT_SIZE_MIN || e->size > sizeof(*e))
		return -XEN_EINVAL;
	if (!va_is_canonical(e->syscall32_callback_eip) || !va_is_canonical(e->sysenter_callback_eip))
		return -XEN_EINVAL;
	vcpu_pause(v);
	spin_lock(&d->lock);
	v->pv.syscall32_callback = e->syscall32_callback_eip;
	v->pv.syscall32_masks_events = e->syscall32_disables_events;
	v->pv.sysenter_callback = e->sysenter_callback_eip;
	v->pv.sysenter_masks_events = e->sysenter_disables_events;
	spin_unlock(&d->lock);
	vcpu_unpause(v);
	return 0;
}

long domctl_get_ext_vcpucontext(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_ext_vcpucontext *e = &op->u.ext_vcpucontext;
	struct vcpu *v = vcpu_get(d, e->vcpu);

	if (!v || d == current->domain)
		return -XEN_ESRCH;
	memset((uint8_t *)e + sizeof(e->vcpu), 0, sizeof(*e) - sizeof(e->vcpu));
	vcpu_pause(v);
	spin_lock(&d->lock);
	e->size = sizeof(*e);
	e->syscall32_callback_eip = v->pv.syscall32_callback;
	e->syscall32_disables_events = v->pv.syscall32_masks_events;
	e->syscall32_callback_cs = FLAT_USER_CS32;
	e->sysenter_callback_eip = v->pv.sysenter_callback;
	e->sysenter_disables_events = v->pv.sysenter_masks_events;
	e->sysenter_callback_cs = FLAT_USER_CS32;
	spin_unlock(&d->lock);
	vcpu_unpause(v);
	return 0;
}

/* ---- extended state --------------------------------------------------------------------------------------- */

/* Bytes of the standard-format area for these components (CPUID leaf 13: size in EAX, offset in EBX). */
static uint32_t xsave_size(uint64_t components)
{
	uint32_t size = XSAVE_LEGACY + XSAVE_HEADER;
	unsigned int i;

	if (!components)
		return 0;
	for (i = 2; i < 63; i++) {
		struct cpuid_regs r;

		if (!(components >> i & 1))
			continue;
		r = cpuid_count(0xd, i);
		size = MAX(size, r.a + r.b);
	}
	return size;
}

static uint64_t host_xfeatures(void)
{
	return host_features.xsave ? host_features.xcr0_max : 0;
}

long domctl_getvcpuextstate(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_vcpuextstate *e = &op->u.vcpuextstate;
	struct vcpu *v = vcpu_get(d, e->vcpu);
	uint64_t mask = host_xfeatures(), head[2];
	uint32_t area = xsave_size(mask);
	long rc = 0;

	if (!v)
		return -XEN_ESRCH;
	if ((!e->size && !e->xfeature_mask) || !e->buffer) {
		e->xfeature_mask = mask;
		e->size = EXTSTATE_HEAD + area;
		return 0;
	}
	if (e->size < EXTSTATE_HEAD + area || e->xfeature_mask != mask)
		return -XEN_EINVAL;
	vcpu_pause(v);
	head[0] = mask ? v->xcr0 : 0;
	head[1] = mask;
	if (copy_to_guest(e->buffer, head, sizeof(head)) ||
	    (area && copy_to_guest(e->buffer + sizeof(head), v->xsave, area)))
		rc = -XEN_EFAULT;
	vcpu_unpause(v);
	e->size = EXTSTATE_HEAD + area;
	return rc;
}

/* An area that XRSTOR will take: standard format, only known components, no reserved bits (SDM vol. 1, 13.8.1). */
static long xsave_check(uint8_t *area, uint64_t components)
{
	uint64_t header[XSAVE_HEADER / 8];
	uint32_t mxcsr;
	unsigned int i;

	memcpy(header, area + XSAVE_LEGACY, sizeof(header));
	if (header[1])
		return -XEN_EOPNOTSUPP;		/* the compacted form */
	if (header[0] & ~components)
		return -XEN_EINVAL;
	for (i = 2; i < ARRAY_SIZE(header); i++)
		if (header[i])
			return -XEN_EINVAL;
	memcpy(&mxcsr, area + XSAVE_MXCSR, sizeof(mxcsr));
	return mxcsr & ~MXCSR_MASK ? -XEN_EINVAL : 0;
}

static long extstate_load(struct vcpu *v, const uint64_t head[2], uint64_t from, uint32_t area)
{
	uint8_t *copy = hv_alloc(MAX(area, host_features.xsave_size));
	long rc;

	if (!copy)
		return -XEN_ENOMEM;
	rc = copy_from_guest(copy, from, area) ? -XEN_EFAULT : xsave_check(copy, head[1]);
	if (!rc) {
		vcpu_pause(v);
		/* XCR0 and area belong together: XRSTOR faults when the one does not allow what is in the other. */
		spin_lock(&v->domain->lock);
		/* XSETBV faults on combinations that are none: checked like the guest's own. */
		if (xstate_set_xcr0(v, head[0]))
			memcpy(v->xsave, copy, MAX(area, host_features.xsave_size));
		else
			rc = -XEN_EINVAL;
		spin_unlock(&v->domain->lock);
		vcpu_unpause(v);
	}
	hv_free(copy);
	return rc;
}

long domctl_setvcpuextstate(struct domain *d, struct xen_domctl *op)
{
	const struct xen_domctl_vcpuextstate *e = &op->u.vcpuextstate;
	struct vcpu *v = vcpu_get(d, e->vcpu);
	uint64_t head[2];

	if (!v)
		return -XEN_ESRCH;
	if (e->size < EXTSTATE_HEAD)
		return -XEN_EINVAL;
	if (copy_from_guest(head, e->buffer, sizeof(head)))
		return -XEN_EFAULT;
	if (e->size == EXTSTATE_HEAD)
		return 0;			/* a host without XSAVE saved it */
	if (!host_features.xsave)
		return -XEN_EOPNOTSUPP;
	if (!(head[0] & 1) || head[0] & ~head[1] || head[1] & ~(host_xfeatures() | XSTATE_FP_SSE) ||
	    e->size != EXTSTATE_HEAD + xsave_size(head[1]) || xsave_size(head[1]) > host_features.xsave_size)
		return -XEN_EINVAL;
	return extstate_load(v, head, e->buffer + sizeof(head), xsave_size(head[1]));
}

/* No MSR of a PV guest is part of its saved state: there are none to read, and none can be set. */
long domctl_get_vcpu_msrs(struct domain *d, struct xen_domctl *op)
{
	if (!vcpu_get(d, op->u.vcpu_msrs.vcpu))
		return -XEN_ESRCH;
	op->u.vcpu_msrs.msr_count = 0;
	return 0;
}

long domctl_set_vcpu_msrs(struct domain *d, struct xen_domctl *op)
{
	if (!vcpu_get(d, op->u.vcpu_msrs.vcpu))
		return -XEN_ESRCH;
	return op->u.vcpu_msrs.msr_count ? -XEN_EINVAL : 0;
}

/* ---- affinity, triggers -------------------------------------------------------------------------------------- */

static void intersect(uint64_t a[CPU_WORDS], const uint64_t b[CPU_WORDS])
{
	unsigned int i;

	for (i = 0; i < CPU_WORDS; i++)
		a[i] &= b[i];
}

static bool is_empty(const uint64_t a[CPU_WORDS])
{
	unsigned int i;

	for (i = 0; i < CPU_WORDS; i++)
		if (a[i])
			return false;
	return true;
}

/* What counts: of the hard map the CPUs there are, of the soft one what the hard one allows. */
static long affinity_out(struct vcpu *v, const struct xen_domctl_vcpuaffinity *a)
{
	uint64_t hard[CPU_WORDS], soft[CPU_WORDS], set_hard[CPU_WORDS], set_soft[CPU_WORDS];
	long rc = 0;

	bitmap_online(hard);
	sched_get_affinity(v, set_hard, set_soft);
	intersect(hard, set_hard);
	memcpy(soft, hard, sizeof(soft));
	intersect(soft, set_soft);
	if (a->flags & XEN_VCPUAFFINITY_HARD)
		rc = bitmap_copy_out(&a->cpumap_hard, hard);
	if (!rc && a->flags & XEN_VCPUAFFINITY_SOFT)
		rc = bitmap_copy_out(&a->cpumap_soft, is_empty(soft) ? hard : soft);
	return rc;
}

static long affinity_args(struct domain *d, const struct xen_domctl_vcpuaffinity *a, struct vcpu **v)
{
	if (a->vcpu >= d->max_vcpus ||
	    !(a->flags & (XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT)) ||
	    a->flags & ~(XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT | XEN_VCPUAFFINITY_FORCE))
		return -XEN_EINVAL;
	*v = vcpu_get(d, a->vcpu);
	return *v ? 0 : -XEN_ESRCH;
}

long domctl_getvcpuaffinity(struct domain *d, struct xen_domctl *op)
{
	struct vcpu *v;
	long rc = affinity_args(d, &op->u.vcpuaffinity, &v);

	return rc ? rc : affinity_out(v, &op->u.vcpuaffinity);
}

long domctl_setvcpuaffinity(struct domain *d, struct xen_domctl *op)
{
	const struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
	uint64_t hard[CPU_WORDS], soft[CPU_WORDS];
	struct vcpu *v;
	long rc = affinity_args(d, a, &v);

	if (rc)
		return rc;
	sched_get_affinity(v, hard, soft);
	if (a->flags & XEN_VCPUAFFINITY_HARD && bitmap_copy_in(&a->cpumap_hard, hard))
		return -XEN_EFAULT;
	if (a->flags & XEN_VCPUAFFINITY_SOFT && bitmap_copy_in(&a->cpumap_soft, soft))
		return -XEN_EFAULT;
	rc = sched_set_affinity(v, hard, soft);
	return rc ? rc : affinity_out(v, a);
}

long domctl_sendtrigger(struct domain *d, struct xen_domctl *op)
{
	struct vcpu *v = vcpu_get(d, op->u.sendtrigger.vcpu);

	if (op->u.sendtrigger.trigger != XEN_DOMCTL_SENDTRIGGER_NMI)
		return -XEN_ENOSYS;
	if (!v)
		return -XEN_ESRCH;
	sched_raise_nmi(v);
	return 0;
}
