/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Model-specific registers as guest kernels see them (pv-abi 3.9). Those of their own vCPU are real; those that describe
 * the machine are read as they are or as a harmless constant; the rest raise #GP, which Linux survives once it has
 * a handler. Until it has one, reads give zero and writes vanish, since the fault could not be delivered.
 */
#include "asm/msr.h"
#include "cpu/cpu.h"
#include "domain/domain.h"
#include "domain/hypercall_page.h"
#include "hypercall/hypercall.h"
#include "lib/util.h"
#include "mm/mm.h"
#include "pv/internal.h"
#include "pv/vectors.h"

#define GUEST_PAT		0x050100070406ul	/* the PTE encodings of the ABI assume it (pv-abi 4.3) */
#define EFER_SVME		(1ul << 12)
#define APIC_BASE_ENABLED	0xfee00800ul
#define APIC_BASE_BSP		0x100ul
#define MSR_HYPERCALL_PAGE	0x40000000

enum policy {
	READ_ZERO,		/* read 0, ignore writes */
	READ_HOST,		/* read the machine's, ignore writes */
	READ_ONLY_ZERO,		/* read 0, writes fault */
	READ_ONLY_HOST,
};

struct range {
	uint32_t first, last;
	enum policy policy;
};

/* SDM vol. 4, chapter 2; AMD's from 0xc0010000 on, BKDG. */
static const struct range ranges[] = {
	{ 0x17, 0x17, READ_ONLY_HOST },			/* PLATFORM_ID */
	{ 0x8b, 0x8b, READ_HOST },			/* microcode revision; written with 0 before it is read */
	{ 0xce, 0xce, READ_ONLY_ZERO },			/* PLATFORM_INFO: no CPUID faulting */
	{ 0x140, 0x140, READ_ZERO },			/* MISC_FEATURES_ENABLES */
	{ 0x179, 0x179, READ_ONLY_ZERO },		/* MCG_CAP: no banks */
	{ 0x17a, 0x17b, READ_ZERO },			/* MCG_STATUS, MCG_CTL */
	{ 0x198, 0x19c, READ_ZERO },			/* performance and thermal control: the hypervisor's */
	{ 0x1a0, 0x1a0, READ_HOST },			/* MISC_ENABLE */
	{ 0x1b0, 0x1b0, READ_ZERO },			/* energy bias */
	{ 0x345, 0x345, READ_ONLY_ZERO },		/* PERF_CAPABILITIES */
	{ 0x400, 0x47f, READ_ZERO },			/* machine-check banks */
	{ 0xc0010000, 0xc0010007, READ_ZERO },		/* performance counters of AMD */
	{ 0xc0010015, 0xc0010015, READ_HOST },		/* HWCR */
	{ 0xc0011029, 0xc0011029, READ_HOST },		/* DE_CFG: is LFENCE serialising? */
};

static const struct range *find_range(uint32_t msr)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ranges); i++)
		if (msr >= ranges[i].first && msr <= ranges[i].last)
			return &ranges[i];
	return NULL;
}

static bool has_gp_handler(const struct vcpu *v)
{
	return v->pv.traps[TRAP_GP].address != 0;
}

bool pv_read_msr(struct vcpu *v, uint32_t msr, uint64_t *val)
{
	const struct range *r;

	*val = 0;
	switch (msr) {
	case MSR_KERNEL_GS_BASE:
	case MSR_FS_BASE:
	case MSR_GS_BASE:
		*val = rdmsr(msr);
		return true;
	case MSR_TSC:
		*val = rdtsc();
		return true;
	case MSR_APIC_BASE:
		*val = APIC_BASE_ENABLED | (v->id == 0 ? APIC_BASE_BSP : 0);
		return true;
	case MSR_FEATURE_CONTROL:
		*val = 1;	/* locked, nothing enabled */
		return host_features.intel;
	case MSR_PAT:
		*val = GUEST_PAT;
		return true;
	case MSR_EFER:
		*val = rdmsr(MSR_EFER) & ~EFER_SVME;
		return true;
	case MSR_TSC_AUX:
		*val = v->pv.tsc_aux;
		return host_features.rdtscp;
	}
	r = find_range(msr);
	if (!r) {
		refuse(0, "rdmsr %x", msr);
		return !has_gp_handler(v);
	}
	if (r->policy == READ_HOST || r->policy == READ_ONLY_HOST)
		rdmsr_safe(msr, val);
	return true;
}

/* Old kernels ask for their page of hypercall stubs here: frame number and, in the low bits, page 0 of 1. */
static bool install_hypercall_page(struct vcpu *v, uint64_t val)
{
	mfn_t mfn = val >> PAGE_SHIFT;
	struct page *pg;

	if (val & ~PAGE_MASK || !mfn_is_ram(mfn))
		return false;
	pg = mfn_to_page(mfn);
	if (page_get_and_type(pg, v->domain, PGT_writable))
		return false;
	hypercall_page_fill(page_to_virt(pg));
	page_put_and_type(pg);
	return true;
}

static bool write_base(uint32_t msr, uint64_t val)
{
	if (!va_canonical(val))
		return false;
	wrmsr(msr, val);
	return true;
}

bool pv_write_msr(struct vcpu *v, uint32_t msr, uint64_t val)
{
	const struct range *r;

	switch (msr) {
	case MSR_FS_BASE:
	case MSR_GS_BASE:
	case MSR_KERNEL_GS_BASE:
		return write_base(msr, val);
	case MSR_TSC_AUX:
		if (!host_features.rdtscp || val >> 32)
			return false;
		v->pv.tsc_aux = val;
		wrmsr(MSR_TSC_AUX, val);
		return true;
	case MSR_PAT:
		return true;	/* fixed: see GUEST_PAT */
	case MSR_EFER:
		return val == (rdmsr(MSR_EFER) & ~EFER_SVME);
	case MSR_HYPERCALL_PAGE:
		return install_hypercall_page(v, val);
	}
	r = find_range(msr);
	if (r && (r->policy == READ_ZERO || r->policy == READ_HOST))
		return true;
	refuse(0, "wrmsr %x = %lx", msr, val);
	return !has_gp_handler(v);
}
