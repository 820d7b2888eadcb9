/* SPDX-License-Identifier: BSD-2-Clause */
/* domctl on what a domain sees of its processor: CPUID policy and TSC. */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include "domain/policy.h"
#include "domctl/domctl.h"
#include "lib/util.h"
#include "mm/mm.h"
#include "time/clock.h"

#define TSC_MODE_DEFAULT 0u		/* native as long as the host's is good */
#define TSC_MODE_ALWAYS_EMULATE 1u
#define TSC_MODE_NEVER_EMULATE 2u
#define NOTHING 0xffffffffu		/* in err_leaf, err_subleaf, err_msr */

/* ---- TSC ------------------------------------------------------------------------------------------------- */

/* Guests execute RDTSC themselves in each mode that is accepted: there is no emulated clock to tell. */
long domctl_gettscinfo(struct domain *d, struct xen_domctl *op)
{
	spin_lock(&d->lock);
	op->u.tsc_info = (struct xen_domctl_tsc_info){ .tsc_mode = d->tsc_mode, .incarnation = d->tsc_incarnation };
	spin_unlock(&d->lock);
	return 0;
}

long domctl_settscinfo(struct domain *d, struct xen_domctl *op)
{
	const struct xen_domctl_tsc_info *t = &op->u.tsc_info;

	if (t->tsc_mode > TSC_MODE_NEVER_EMULATE)
		return -XEN_EINVAL;
	if (t->tsc_mode == TSC_MODE_ALWAYS_EMULATE)
		return -XEN_EOPNOTSUPP;
	spin_lock(&d->lock);
	d->tsc_mode = t->tsc_mode;
	d->tsc_incarnation = t->incarnation;
	spin_unlock(&d->lock);
	return 0;
}

/* ---- CPUID ------------------------------------------------------------------------------------------------- */

int policy_copy_out(const struct xen_cpuid_leaf *l, unsigned int n, uint64_t to, uint32_t *room)
{
	if (*room < n)
		return -XEN_ENOBUFS;
	*room = n;
	return copy_to_guest(to, l, n * sizeof(*l)) ? -XEN_EFAULT : 0;
}

int policy_msrs_copy_out(uint64_t to, uint32_t *room)
{
	struct xen_msr_entry msrs[POLICY_MSRS];

	if (*room < POLICY_MSRS)
		return -XEN_ENOBUFS;
	*room = POLICY_MSRS;
	policy_msrs(msrs);
	return copy_to_guest(to, msrs, sizeof(msrs)) ? -XEN_EFAULT : 0;
}

long domctl_get_cpu_policy(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_cpu_policy *p = &op->u.cpu_policy;
	struct xen_cpuid_leaf *l;
	int rc;

	if (!p->leaves && !p->msrs) {
		p->nr_leaves = POLICY_MAX_LEAVES;
		p->nr_msrs = POLICY_MSRS;
		return 0;
	}
	l = hv_alloc(POLICY_MAX_LEAVES * sizeof(*l));
	if (!l)
		return -XEN_ENOMEM;
	rc = policy_copy_out(l, policy_leaves(POLICY_PV, d, l), p->leaves, &p->nr_leaves);
	hv_free(l);
	return rc ? rc : policy_msrs_copy_out(p->msrs, &p->nr_msrs);
}

/* Leaves that a policy can name at all. */
static bool leaf_known(uint32_t leaf)
{
	return leaf <= 0xd || (leaf >= 0x40000000 && leaf <= 0x400001ff) || (leaf >= 0x80000000 && leaf <= 0x80000021);
}

static int take_leaves(struct xen_domctl_cpu_policy *p, uint32_t masks[POLICY_WORDS])
{
	struct xen_cpuid_leaf l;
	uint32_t i;

	if (p->nr_leaves > POLICY_MAX_LEAVES)
		return -XEN_E2BIG;
	for (i = 0; i < p->nr_leaves; i++) {
		if (copy_from_guest(&l, p->leaves + i * sizeof(l), sizeof(l)))
			return -XEN_EFAULT;
		if (leaf_known(l.leaf) && policy_narrow(masks, &l))
			continue;
		p->err_leaf = l.leaf;
		p->err_subleaf = l.subleaf;
		return leaf_known(l.leaf) ? -XEN_EINVAL : -XEN_ERANGE;
	}
	return 0;
}

/* The two MSRs must be what guests see. */
static int take_msrs(struct xen_domctl_cpu_policy *p)
{
	struct xen_msr_entry have[POLICY_MSRS], m;
	uint32_t i, k;

	if (p->nr_msrs > POLICY_MSRS)
		return -XEN_E2BIG;
	policy_msrs(have);
	for (i = 0; i < p->nr_msrs; i++) {
		if (copy_from_guest(&m, p->msrs + i * sizeof(m), sizeof(m)))
			return -XEN_EFAULT;
		for (k = 0; k < POLICY_MSRS && have[k].idx != m.idx; k++)
			;
		if (k < POLICY_MSRS && !m.flags && have[k].val == m.val)
			continue;
		p->err_msr = m.idx;
		return k < POLICY_MSRS ? -XEN_EINVAL : -XEN_ERANGE;
	}
	return 0;
}

long domctl_set_cpu_policy(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_cpu_policy *p = &op->u.cpu_policy;
	uint32_t masks[POLICY_WORDS];
	int rc;

	p->err_leaf = p->err_subleaf = p->err_msr = NOTHING;
	if (d->creation_finished)
		return -XEN_EEXIST;
	memset(masks, 0xff, sizeof(masks));
	rc = take_leaves(p, masks);
	if (!rc)
		rc = take_msrs(p);
	if (rc)
		return rc;
	spin_lock(&d->lock);
	/* It may have been started meanwhile: a running domain's view does not change. */
	if (d->creation_finished)
		rc = -XEN_EEXIST;
	else
		memcpy(d->cpuid_mask, masks, sizeof(masks));
	spin_unlock(&d->lock);
	return rc;
}
