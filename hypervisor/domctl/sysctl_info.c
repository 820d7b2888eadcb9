/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sysctl: what the hardware is. Lists come in two steps: without a buffer the number of entries, with one as many as fit.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include "asm/cpuid.h"
#include "domain/policy.h"
#include "domctl/domctl.h"
#include "lib/util.h"
#include "mm/mm.h"
#include "sched/sched.h"
#include "time/clock.h"

#define LOCAL_DISTANCE 10u	/* of a node to itself (ACPI 6.5, 5.2.17) */
#define PHYS_FEATURES 8u

static uint64_t claimed_pages(void)
{
	uint64_t sum = 0;
	struct domain *d;
	uint32_t id = 0;

	while (id < DOMID_FIRST_RESERVED && (d = domain_get_next((domid_t)id)) != NULL) {
		sum += READ_ONCE(d->outstanding);
		id = d->id + 1u;
		domain_put(d);
	}
	return sum;
}

long sysctl_physinfo(struct xen_sysctl *op)
{
	struct xen_sysctl_physinfo *p = &op->u.physinfo;
	uint32_t features[FEATURESET_WORDS];

	memset(p, 0, sizeof(*p));
	p->threads_per_core = 1;
	p->cores_per_socket = smp_nr_cpus();
	p->nr_cpus = smp_nr_cpus();
	p->max_cpu_id = smp_nr_cpus() - 1;
	p->nr_nodes = 1;
	p->cpu_khz = (uint32_t)tsc_khz;
	p->capabilities = XEN_SYSCTL_PHYSCAP_pv | XEN_SYSCTL_PHYSCAP_gnttab_v1;
	p->total_pages = total_pages;
	p->free_pages = palloc_free_pages();
	p->outstanding_pages = claimed_pages();
	p->max_mfn = max_page - 1;
	policy_featureset(POLICY_RAW, features);
	memcpy(p->hw_cap, features, PHYS_FEATURES * sizeof(features[0]));
	return 0;
}

long sysctl_getcpuinfo(struct xen_sysctl *op)
{
	struct xen_sysctl_getcpuinfo *g = &op->u.getcpuinfo;
	struct xen_sysctl_cpuinfo info;
	uint32_t i, n = MIN(g->max_cpus, smp_nr_cpus());

	for (i = 0; i < n; i++) {
		info.idletime = sched_idle_time(i);
		if (copy_to_guest(g->info + i * sizeof(info), &info, sizeof(info)))
			return -XEN_EFAULT;
	}
	g->nr_cpus = n;
	return 0;
}

long sysctl_availheap(struct xen_sysctl *op)
{
	struct xen_sysctl_availheap *h = &op->u.availheap;

	/* All is on node 0; a negative number means any. */
	h->avail_bytes = h->node > 0 ? 0 : palloc_free_pages() << PAGE_SHIFT;
	return 0;
}

long sysctl_cputopoinfo(struct xen_sysctl *op)
{
	struct xen_sysctl_cputopoinfo *t = &op->u.cputopoinfo;
	uint32_t i, n = smp_nr_cpus();

	for (i = 0; t->cputopo && i < MIN(t->num_cpus, n); i++) {
		struct xen_sysctl_cputopo cpu = { .core = i };

		if (copy_to_guest(t->cputopo + i * sizeof(cpu), &cpu, sizeof(cpu)))
			return -XEN_EFAULT;
	}
	t->num_cpus = t->cputopo ? MIN(t->num_cpus, n) : n;
	return 0;
}

/* One node that holds all memory. */
long sysctl_numainfo(struct xen_sysctl *op)
{
	struct xen_sysctl_numainfo *n = &op->u.numainfo;
	struct xen_sysctl_meminfo mem = {
		.memsize = max_page << PAGE_SHIFT, .memfree = palloc_free_pages() << PAGE_SHIFT,
	};
	uint32_t distance = LOCAL_DISTANCE;

	if (n->num_nodes && n->meminfo && copy_to_guest(n->meminfo, &mem, sizeof(mem)))
		return -XEN_EFAULT;
	if (n->num_nodes && n->distance && copy_to_guest(n->distance, &distance, sizeof(distance)))
		return -XEN_EFAULT;
	n->num_nodes = 1;
	return 0;
}

/* Every device is as near as any other: no node is known for it. */
long sysctl_pcitopoinfo(struct xen_sysctl *op)
{
	struct xen_sysctl_pcitopoinfo *t = &op->u.pcitopoinfo;
	uint32_t i, node = XEN_INVALID_NODE_ID;

	if (!t->devs || !t->nodes)
		return -XEN_EINVAL;
	for (i = 0; i < t->num_devs; i++) {
		if (copy_to_guest(t->nodes + i * sizeof(node), &node, sizeof(node)))
			return -XEN_EFAULT;
		if (preempt_check()) {
			i++;
			break;
		}
	}
	t->num_devs = i;	/* the caller asks again for the rest */
	return 0;
}

/* Every CPUID that guests execute natively shows the machine: nothing can be levelled. */
long sysctl_levelling_caps(struct xen_sysctl *op)
{
	op->u.cpu_levelling_caps.caps = 0;
	return 0;
}

/* HVM has no featureset here. */
static bool view_of(uint32_t index, bool featureset, enum policy_view *view)
{
	const uint32_t pv = featureset ? XEN_SYSCTL_cpu_featureset_pv : XEN_SYSCTL_cpu_policy_pv_max;
	const uint32_t pv2 = featureset ? XEN_SYSCTL_cpu_featureset_pv_max : XEN_SYSCTL_cpu_policy_pv_default;

	*view = index <= XEN_SYSCTL_cpu_policy_host ? POLICY_RAW : POLICY_PV;
	return index <= XEN_SYSCTL_cpu_policy_host || index == pv || index == pv2;
}

long sysctl_get_cpu_featureset(struct xen_sysctl *op)
{
	struct xen_sysctl_cpu_featureset *f = &op->u.cpu_featureset;
	uint32_t features[FEATURESET_WORDS], n;
	enum policy_view view;

	if (!view_of(f->index, true, &view))
		return -XEN_EINVAL;
	if (!f->features) {
		f->nr_features = FEATURESET_WORDS;
		return 0;
	}
	n = MIN(f->nr_features, FEATURESET_WORDS);
	policy_featureset(view, features);
	if (copy_to_guest(f->features, features, n * sizeof(features[0])))
		return -XEN_EFAULT;
	f->nr_features = n;
	return n < FEATURESET_WORDS ? -XEN_ENOBUFS : 0;
}

long sysctl_get_cpu_policy(struct xen_sysctl *op)
{
	struct xen_sysctl_cpu_policy *p = &op->u.cpu_policy;
	struct xen_cpuid_leaf *l;
	enum policy_view view;
	int rc = 0;

	if (!view_of(p->index, false, &view))
		return p->index <= XEN_SYSCTL_cpu_policy_hvm_default ? -XEN_EOPNOTSUPP : -XEN_EINVAL;
	if (!p->leaves)
		p->nr_leaves = POLICY_MAX_LEAVES;
	if (!p->msrs)
		p->nr_msrs = POLICY_MSRS;
	if (p->leaves) {
		l = hv_alloc(POLICY_MAX_LEAVES * sizeof(*l));
		if (!l)
			return -XEN_ENOMEM;
		rc = policy_copy_out(l, policy_leaves(view, NULL, l), p->leaves, &p->nr_leaves);
		hv_free(l);
	}
	return !rc && p->msrs ? policy_msrs_copy_out(p->msrs, &p->nr_msrs) : rc;
}
