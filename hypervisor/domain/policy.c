/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CPU policy. Features are words of bits spread over CPUID leaves; one table names those words, in the order of the
 * featureset that sysctl get_cpu_featureset returns, and says which of them a domain's policy may narrow.
 *
 * A policy that asks for a bit that PV guests do not get is refused; a policy with fewer bits is kept as a mask a word and
 * applied to every CPUID that the hypervisor answers. Identification, topology and cache leaves are the machine's.
 */
#include "domain/policy.h"
#include <stddef.h>
#include "asm/cpuid.h"
#include "domain/domain.h"
#include "lib/util.h"

enum reg { REG_A, REG_B, REG_C, REG_D };

/* Position = word of the featureset. mask: index into domain.cpuid_mask, -1 where nothing can be narrowed. */
static const struct feature_word {
	uint32_t leaf, subleaf;
	uint8_t reg;
	int8_t mask;
} words[FEATURESET_WORDS] = {
	{ 0x00000001, 0, REG_D, 0 },
	{ 0x00000001, 0, REG_C, 1 },
	{ 0x80000001, 0, REG_D, 2 },
	{ 0x80000001, 0, REG_C, 3 },
	{ 0x0000000d, 1, REG_A, 4 },
	{ 0x00000007, 0, REG_B, 5 },
	{ 0x00000007, 0, REG_C, 6 },
	{ 0x80000007, 0, REG_D, 7 },
	{ 0x80000008, 0, REG_B, 8 },
	{ 0x00000007, 0, REG_D, 9 },
	{ 0x00000007, 1, REG_A, 10 },
	{ 0x80000021, 0, REG_A, -1 },
	{ 0x00000007, 1, REG_B, -1 },
	{ 0x00000007, 2, REG_D, -1 },
	{ 0x00000007, 1, REG_C, -1 },
	{ 0x00000007, 1, REG_D, -1 },
	{ 0, 0, 0, -1 },		/* two halves of IA32_ARCH_CAPABILITIES: not shown */
	{ 0, 0, 0, -1 },
	{ 0x80000021, 0, REG_C, -1 },
};

/* Leaf 1 ECX bit 27, OSXSAVE, mirrors the guest's CR4 and is no feature (SDM vol. 2, CPUID). */
#define LEAF1C_OSXSAVE (1u << 27)
#define LEAF1C_HYPERVISOR (1u << 31)	/* always true */

static uint32_t *reg_of(struct cpuid_regs *r, uint8_t reg)
{
	uint32_t *const at[] = { &r->a, &r->b, &r->c, &r->d };

	return at[reg];
}

static uint32_t want_of(const struct xen_cpuid_leaf *l, uint8_t reg)
{
	const uint32_t values[] = { l->a, l->b, l->c, l->d };

	return values[reg];
}

/* ECX means something only for these among the leaves of the table. */
static bool has_subleaves(uint32_t leaf)
{
	return leaf == 7 || leaf == 0xd;
}

static void narrow(const struct domain *d, uint32_t leaf, uint32_t subleaf, struct cpuid_regs *out)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		const struct feature_word *w = &words[i];

		if (w->mask >= 0 && w->leaf == leaf && (w->subleaf == subleaf || !has_subleaves(leaf)))
			*reg_of(out, w->reg) &= d->cpuid_mask[w->mask];
	}
}

void policy_guest_cpuid(const struct vcpu *v, uint32_t leaf, uint32_t subleaf, struct cpuid_regs *out)
{
	feature_guest_cpuid(v, leaf, subleaf, out);
	narrow(v->domain, leaf, subleaf, out);
}

/* A domain's first vCPU is asked, or the idle one, which stands for an ordinary guest. */
static void view_cpuid(enum policy_view view, const struct domain *d, uint32_t leaf, uint32_t subleaf,
		       struct cpuid_regs *out)
{
	const struct vcpu *asked = d && d->vcpu[0] ? d->vcpu[0] : dom_idle->vcpu[0];

	if (view == POLICY_RAW) {
		*out = cpuid_count(leaf, subleaf);
		return;
	}
	feature_guest_cpuid(asked, leaf, subleaf, out);
	if (d)
		narrow(d, leaf, subleaf, out);
}

struct writer {
	enum policy_view view;
	const struct domain *d;
	struct xen_cpuid_leaf *out;
	unsigned int nr;
};

static void put_leaf(struct writer *w, uint32_t leaf, uint32_t subleaf)
{
	struct xen_cpuid_leaf *l = &w->out[w->nr];
	struct cpuid_regs r;

	if (w->nr == POLICY_MAX_LEAVES)
		return;
	view_cpuid(w->view, w->d, leaf, subleaf == XEN_CPUID_NO_SUBLEAF ? 0 : subleaf, &r);
	if (leaf == 1)
		r.c &= ~LEAF1C_OSXSAVE;
	*l = (struct xen_cpuid_leaf){ leaf, subleaf, r.a, r.b, r.c, r.d };
	w->nr++;
}

/* Subleaves that a policy can carry: caches, features, topology, extended states. */
static void put_basic(struct writer *w, uint32_t leaf)
{
	struct cpuid_regs r;
	uint64_t states;
	uint32_t i;

	switch (leaf) {
	case 4:
		for (i = 0; i < 6; i++) {
			put_leaf(w, leaf, i);
			if (!(w->out[w->nr - 1].a & 0x1f))	/* cache type 0 ends the list */
				break;
		}
		break;
	case 7:
	case 0xb:
		put_leaf(w, leaf, 0);
		put_leaf(w, leaf, 1);
		break;
	case 0xd:
		put_leaf(w, leaf, 0);
		put_leaf(w, leaf, 1);
		view_cpuid(w->view, w->d, leaf, 0, &r);
		states = r.a | (uint64_t)r.d << 32;
		for (i = 2; i < 63; i++)
			if (states >> i & 1)
				put_leaf(w, leaf, i);
		break;
	default:
		put_leaf(w, leaf, XEN_CPUID_NO_SUBLEAF);
	}
}

unsigned int policy_leaves(enum policy_view view, const struct domain *d, struct xen_cpuid_leaf *out)
{
	struct writer w = { view, d, out, 0 };
	struct cpuid_regs r;
	uint32_t leaf;

	view_cpuid(view, d, 0, 0, &r);
	for (leaf = 0; leaf <= MIN(r.a, 0xdu); leaf++)
		put_basic(&w, leaf);
	if (view == POLICY_PV)
		put_leaf(&w, XEN_CPUID_FIRST_LEAF, XEN_CPUID_NO_SUBLEAF);
	view_cpuid(view, d, 0x80000000, 0, &r);
	for (leaf = 0x80000000; leaf <= MIN(r.a, 0x80000021u); leaf++)
		put_leaf(&w, leaf, XEN_CPUID_NO_SUBLEAF);
	return w.nr;
}

/* PLATFORM_INFO and ARCH_CAPABILITIES: guests see neither faulting nor immunity bits. */
void policy_msrs(struct xen_msr_entry out[POLICY_MSRS])
{
	out[0] = (struct xen_msr_entry){ .idx = 0xce };
	out[1] = (struct xen_msr_entry){ .idx = 0x10a };
}

void policy_featureset(enum policy_view view, uint32_t out[FEATURESET_WORDS])
{
	struct cpuid_regs basic, ext, r;
	unsigned int i;

	view_cpuid(view, NULL, 0, 0, &basic);
	view_cpuid(view, NULL, 0x80000000, 0, &ext);
	for (i = 0; i < FEATURESET_WORDS; i++) {
		const struct feature_word *w = &words[i];

		out[i] = 0;
		if (!w->leaf || w->leaf > (w->leaf >> 31 ? ext.a : basic.a))
			continue;
		view_cpuid(view, NULL, w->leaf, w->subleaf, &r);
		out[i] = *reg_of(&r, w->reg);
	}
	out[1] &= ~LEAF1C_OSXSAVE;
}

bool policy_narrow(uint32_t masks[], const struct xen_cpuid_leaf *want)
{
	uint32_t subleaf = want->subleaf == XEN_CPUID_NO_SUBLEAF ? 0 : want->subleaf;
	struct cpuid_regs most;
	unsigned int i;

	view_cpuid(POLICY_PV, NULL, want->leaf, subleaf, &most);
	for (i = 0; i < FEATURESET_WORDS; i++) {
		const struct feature_word *w = &words[i];
		uint32_t bits = want_of(want, w->reg);

		if (!w->leaf || w->leaf != want->leaf || w->subleaf != subleaf)
			continue;
		if (i == 1)
			bits &= ~LEAF1C_OSXSAVE;
		if (bits & ~*reg_of(&most, w->reg))
			return false;
		if (w->mask >= 0)
			masks[w->mask] = i == 1 ? bits | LEAF1C_OSXSAVE | LEAF1C_HYPERVISOR : bits;
	}
	return true;
}
