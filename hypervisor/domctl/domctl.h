/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shared by the files of domctl/ only. A handler gets the domain (referenced; NULL where its row says so) and the
 * operation in the hypervisor's memory; it returns 0, an errno, or -XEN_ERESTART to be called again with the same arguments.
 */
#ifndef SOCLE_DOMCTL_DOMCTL_H
#define SOCLE_DOMCTL_DOMCTL_H

#include <stdbool.h>
#include <stdint.h>
#include <abi/domctl.h>
#include <abi/errno.h>
#include <abi/sysctl.h>
#include "domain/domain.h"

typedef long domctl_fn(struct domain *d, struct xen_domctl *op);

#define DOMCTL_OUT	(1u << 0)	/* copied back on success */
#define DOMCTL_OUT_ERR	(1u << 1)	/* and on failure */
#define DOMCTL_NO_SELF	(1u << 2)	/* refused on the caller's own domain */
#define DOMCTL_ALIVE	(1u << 3)	/* refused on a dying domain */
#define DOMCTL_NO_DOM	(1u << 4)	/* op->domain is the handler's business */

struct domctl_row {
	domctl_fn *fn;
	uint32_t flags;
};

/* domctl_vcpu.c */
domctl_fn domctl_setvcpuaffinity, domctl_getvcpuaffinity, domctl_setvcpucontext, domctl_getvcpucontext,
	domctl_getvcpuinfo, domctl_max_vcpus, domctl_sendtrigger, domctl_set_ext_vcpucontext,
	domctl_get_ext_vcpucontext, domctl_setvcpuextstate, domctl_getvcpuextstate, domctl_get_vcpu_msrs,
	domctl_set_vcpu_msrs;
/* domctl_mem.c */
domctl_fn domctl_max_mem, domctl_shadow_op, domctl_irq_permission, domctl_iomem_permission, domctl_ioport_permission,
	domctl_hypercall_init, domctl_getpageframeinfo3, domctl_setnodeaffinity, domctl_getnodeaffinity,
	domctl_set_address_size, domctl_get_address_size;
/* domctl_policy.c */
domctl_fn domctl_gettscinfo, domctl_settscinfo, domctl_get_cpu_policy, domctl_set_cpu_policy;
/* Copies min(n, room) leaves and MSRs to the guest. -XEN_ENOBUFS when there is no room for all. */
int policy_copy_out(const struct xen_cpuid_leaf *l, unsigned int n, uint64_t to, uint32_t *room);
int policy_msrs_copy_out(uint64_t to, uint32_t *room);

/* domctl_ops.c */
void domain_fill_info(struct domain *d, struct xen_domctl_getdomaininfo *info);

/* args.c: bitmaps of CPUs and nodes; at most MAX_CPUS bits count. 0 or -XEN_EFAULT. */
int bitmap_copy_in(const struct xenctl_bitmap *from, uint64_t bits[CPU_WORDS]);
int bitmap_copy_out(const struct xenctl_bitmap *to, const uint64_t bits[CPU_WORDS]);
void bitmap_online(uint64_t bits[CPU_WORDS]);	/* the CPUs there are */

/* sysctl_info.c */
typedef long sysctl_fn(struct xen_sysctl *op);
sysctl_fn sysctl_physinfo, sysctl_getcpuinfo, sysctl_availheap, sysctl_cputopoinfo, sysctl_numainfo, sysctl_pcitopoinfo,
	sysctl_get_cpu_featureset, sysctl_get_cpu_policy, sysctl_levelling_caps;

#endif
