/* SPDX-License-Identifier: BSD-2-Clause */
/* The CPU that a domain sees: what the machine offers to PV guests, narrowed per domain by domctl set_cpu_policy. */
#ifndef SOCLE_DOMAIN_POLICY_H
#define SOCLE_DOMAIN_POLICY_H

#include <stdbool.h>
#include <stdint.h>
#include <abi/arch-x86_64.h>
#include "cpu/cpu.h"

struct domain;
struct vcpu;

#define POLICY_MAX_LEAVES	120u	/* what XEN_SYSCTL_get_cpu_policy announces, as 4.17 does */
#define POLICY_MSRS		2u
#define FEATURESET_WORDS	19u	/* of Xen 4.17's featureset */

enum policy_view { POLICY_RAW, POLICY_PV };	/* the bare machine; what PV guests may see */

/* What v sees: feature_guest_cpuid() narrowed by its domain's masks. */
void policy_guest_cpuid(const struct vcpu *v, uint32_t leaf, uint32_t subleaf, struct cpuid_regs *out);
/* All leaves, in ascending order; d NULL = an ordinary guest without masks. Returns the number, at most POLICY_MAX_LEAVES. */
unsigned int policy_leaves(enum policy_view view, const struct domain *d, struct xen_cpuid_leaf *out);
void policy_msrs(struct xen_msr_entry out[POLICY_MSRS]);
void policy_featureset(enum policy_view view, uint32_t out[FEATURESET_WORDS]);
/* One leaf of a wanted policy against what PV guests may see: narrows masks[], or false when it asks for more. */
bool policy_narrow(uint32_t masks[], const struct xen_cpuid_leaf *want);

#endif
