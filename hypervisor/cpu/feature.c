/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the CPU has, what we turn on, and what guests are told. Guests see the intersection of the host's CPUID
 * with the lists below: a feature unknown to us is hidden, because a PV guest could use it without the
 * state being switched or the privilege being checked. CR4, EFER, XCR0 and PAT are set once, the same for all
 * guests; OSXSAVE alone follows the guest's own CR4 (pv-abi 1.11).
 */
#include <string.h>
#include "asm/cpuid.h"
#include "asm/cr.h"
#include "asm/msr.h"
#include "asm/smap.h"
#include "boot/cmdline.h"
#include "cpu/cpu.h"
#include "debug/log.h"
#include "domain/domain.h"
#include "lib/util.h"
#include "time/clock.h"

#define B(n) (1u << (n))

/* Pages 0..5: WB, WT, UC-, UC, WC, WP; the ABI fixes it (pv-abi 4.3). */
#define PAT_VALUE 0x050100070406ULL

#define XCR0_X87	(1ULL << 0)
#define XCR0_SSE	(1ULL << 1)
#define XCR0_AVX	(1ULL << 2)
#define XCR0_AVX512	(7ULL << 5)

/* Hypervisor leaves (pv-abi 1.11). */
#define HV_LEAF_BASE	0x40000000
#define HV_LEAF_LAST	0x40000005
#define ABI_VERSION	0x00040011	/* 4.17 */
#define MSR_HYPERCALL_PAGE 0x40000000
#define GUEST_MAX_LEAF	0xd
#define GUEST_MAX_EXT	0x80000021

/* SDM vol. 2, CPUID, leaf 1. Not here: PSE, PGE, PSE36, MTRR (no such page sizes or registers for guests),
 * HTT (every vCPU is a package of its own), VME, PBE, TM, DS. */
#define LEAF1_EDX (B(0) | B(2) | B(4) | B(5) | B(6) | B(7) | B(8) | B(9) | B(11) | B(14) | B(15) | B(16) | B(19) | \
		   B(22) | B(23) | B(24) | B(25) | B(26) | B(27))
#define EDX_SEP		B(11)
#define EDX_ACPI	B(22)
/* SSE3 PCLMULQDQ SSSE3 FMA CX16 SSE4.1 SSE4.2 MOVBE POPCNT AES XSAVE AVX F16C RDRAND */
#define LEAF1_ECX (B(0) | B(1) | B(9) | B(12) | B(13) | B(19) | B(20) | B(22) | B(23) | B(25) | B(26) | B(28) | \
		   B(29) | B(30))
#define ECX_XSAVE	B(26)
#define ECX_OSXSAVE	B(27)
#define ECX_AVX		B(28)
#define ECX_FMA		B(12)
#define ECX_F16C	B(29)
#define ECX_HYPERVISOR	B(31)
/* BMI1 AVX2 FDP_EXCPTN_ONLY BMI2 ERMS NO_FPU_SEL RDSEED ADX CLFLUSHOPT CLWB SHA; AVX512 F DQ IFMA CD BW VL */
#define LEAF7_EBX_AVX512 (B(16) | B(17) | B(21) | B(28) | B(30) | B(31))
#define LEAF7_EBX_AVX	B(5)
#define LEAF7_EBX (B(3) | B(5) | B(6) | B(8) | B(9) | B(13) | B(18) | B(19) | B(23) | B(24) | B(29) | LEAF7_EBX_AVX512)
/* VBMI VBMI2 VNNI BITALG VPOPCNTDQ; GFNI VAES VPCLMULQDQ RDPID CLDEMOTE MOVDIRI MOVDIR64B */
#define LEAF7_ECX_AVX512 (B(1) | B(6) | B(11) | B(12) | B(14))
#define LEAF7_ECX_AVX	(B(9) | B(10))
#define LEAF7_ECX (B(8) | B(22) | B(25) | B(27) | B(28) | LEAF7_ECX_AVX | LEAF7_ECX_AVX512)
/* 4VNNIW 4FMAPS VP2INTERSECT FP16; FSRM MD_CLEAR SERIALIZE */
#define LEAF7_EDX_AVX512 (B(2) | B(3) | B(8) | B(23))
#define LEAF7_EDX (B(4) | B(10) | B(14) | LEAF7_EDX_AVX512)
/* AVX-VNNI, AVX512-BF16; fast short REP forms */
#define LEAF71_EAX_AVX	(B(4) | B(5))
#define LEAF71_EAX (B(10) | B(11) | B(12) | LEAF71_EAX_AVX)
/* XSAVEOPT XSAVEC XGETBV(1); XSAVES is privileged */
#define LEAFD1_EAX (B(0) | B(1) | B(2))
/* APM vol. 3, appendix E. LAHF ABM SSE4A MISALIGNSSE 3DNOWPREFETCH XOP FMA4 TBM */
#define EXT1_ECX_AVX	(B(11) | B(16))
#define EXT1_ECX (B(0) | B(5) | B(6) | B(7) | B(8) | B(21) | EXT1_ECX_AVX)
/* SYSCALL NX MMXEXT FFXSR RDTSCP LM 3DNOWEXT 3DNOW; AMD repeats bits of leaf 1 */
#define EXT1_EDX (B(11) | B(20) | B(22) | B(25) | B(27) | B(29) | B(30) | B(31))
#define EXT1_EDX_COMMON	0x0183f3ffu
#define EXT7_EDX_ITSC	B(8)
#define EXT8_EBX_CLZERO	B(0)
/* LFENCE serialises; null selector clears base */
#define EXT21_EAX (B(2) | B(6))

struct cpu_features host_features;
bool smap_enabled;

static void detect_vendor(struct cpu_features *f)
{
	struct cpuid_regs r = cpuid(0);
	uint32_t id[3] = { r.b, r.d, r.c };

	f->max_leaf = r.a;
	f->intel = !memcmp(id, "GenuineIntel", 12);
	/* Hygon's CPUs are AMD's design. */
	f->amd = !memcmp(id, "AuthenticAMD", 12) || !memcmp(id, "HygonGenuine", 12);
	f->max_ext_leaf = cpuid(0x80000000).a;
}

static void detect_basic(struct cpu_features *f)
{
	struct cpuid_regs r = cpuid(1), r7 = { 0 }, ext;

	f->pge = r.d & B(13);
	f->xsave = r.c & ECX_XSAVE;
	f->avx = r.c & ECX_AVX;
	f->tsc_deadline = r.c & B(24);
	f->x2apic = r.c & B(21);
	f->pcid = r.c & B(17);
	if (f->max_leaf >= 7)
		r7 = cpuid_count(7, 0);
	f->fsgsbase = r7.b & B(0);
	f->smep = r7.b & B(7);
	f->smap = r7.b & B(20);
	f->avx512 = r7.b & B(16);
	if (f->max_leaf >= 6)
		f->arat = cpuid(6).a & B(2);
	ext = cpuid(0x80000001);
	f->nx = ext.d & B(20);
	f->page1gb = ext.d & B(26);
	f->rdtscp = ext.d & B(27);
	f->tsc_invariant = f->max_ext_leaf >= 0x80000007 && cpuid(0x80000007).d & EXT7_EDX_ITSC;
	f->paddr_bits = f->max_ext_leaf >= 0x80000008 ? cpuid(0x80000008).a & 0xff : 36;
	/* 32-bit SYSCALL exists on AMD only; Intel raises #UD. */
	f->syscall32 = f->amd;
}

static void detect_brand(struct cpu_features *f)
{
	const char *s = f->brand;

	if (f->max_ext_leaf < 0x80000004)
		return;
	for (uint32_t i = 0; i < 3; i++) {
		struct cpuid_regs r = cpuid(0x80000002 + i);

		memcpy(f->brand + 16 * i, &r, 16);
	}
	f->brand[48] = 0;
	while (*s == ' ')
		s++;
	memmove(f->brand, s, strlen(s) + 1);
}

static void detect_xsave(struct cpu_features *f)
{
	struct cpuid_regs r;
	uint64_t supported;

	f->xsave_size = 512;
	if (!f->xsave || f->max_leaf < 0xd) {
		f->xsave = f->avx = f->avx512 = false;
		return;
	}
	r = cpuid_count(0xd, 0);
	supported = (uint64_t)r.d << 32 | r.a;
	f->xcr0_max = XCR0_X87 | XCR0_SSE;
	if (supported & XCR0_AVX)
		f->xcr0_max |= XCR0_AVX;
	if (supported & XCR0_AVX && (supported & XCR0_AVX512) == XCR0_AVX512)
		f->xcr0_max |= XCR0_AVX512;
	f->avx = f->avx && f->xcr0_max & XCR0_AVX;
	f->avx512 = f->avx512 && f->xcr0_max & XCR0_AVX512;
	f->xsaveopt = cpuid_count(0xd, 1).a & B(0);
}

/* Offset and size of each component are fixed (SDM vol. 1, 13.4.3), so the largest end is the size. */
static uint32_t xsave_size_for(uint64_t xcr0)
{
	uint32_t size = 512 + 64;

	for (uint32_t i = 2; i < 63; i++) {
		struct cpuid_regs r;

		if (!(xcr0 >> i & 1))
			continue;
		r = cpuid_count(0xd, i);
		size = MAX(size, r.a + r.b);
	}
	return size;
}

void feature_init_cpu(void)
{
	const struct cpu_features *f = &host_features;
	uint64_t cr4 = CR4_DE | CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT;

	if (cpuid(1).d & B(7))
		cr4 |= CR4_MCE;
	if (f->xsave)
		cr4 |= CR4_OSXSAVE;
	if (f->smep)
		cr4 |= CR4_SMEP;
	if (f->smap && options.smap) {
		cr4 |= CR4_SMAP;
		smap_enabled = true;
	}
	write_cr4(cr4);
	write_cr0(CR0_PG | CR0_AM | CR0_WP | CR0_NE | CR0_ET | CR0_MP | CR0_PE);
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_NXE | EFER_SCE);
	wrmsr(MSR_PAT, PAT_VALUE);
	if (f->xsave)
		xsetbv(0, f->xcr0_max);
}

void feature_init(void)
{
	struct cpu_features *f = &host_features;

	detect_vendor(f);
	if (f->max_ext_leaf < 0x80000001)
		panic("this CPU has no extended CPUID leaves; Socle needs one from 2004 or later");
	detect_basic(f);
	detect_brand(f);
	detect_xsave(f);
	if (!f->nx)
		panic("this CPU has no no-execute bit, or the firmware disabled it; enable it (XD, NX) in the setup");
	feature_init_cpu();
	if (f->xsave)
		f->xsave_size = xsave_size_for(f->xcr0_max);
	printk("CPU: %s, %u physical address bits%s%s%s%s\n", f->brand[0] ? f->brand : "unnamed", f->paddr_bits,
	       f->xsave ? ", xsave" : "", f->avx512 ? ", avx512" : f->avx ? ", avx" : "", f->smep ? ", smep" : "",
	       smap_enabled ? ", smap" : "");
}

/* ---- the guest's view ---- */

static void view_hypervisor(const struct vcpu *v, uint32_t leaf, uint32_t subleaf, struct cpuid_regs *out)
{
	const struct domain *d = v->domain;

	switch (leaf) {
	case HV_LEAF_BASE:
		*out = (struct cpuid_regs){ HV_LEAF_LAST, 0x566e6558, 0x65584d4d, 0x4d4d566e };	/* XenVMMXenVMM */
		break;
	case HV_LEAF_BASE + 1:
		out->a = ABI_VERSION;
		break;
	case HV_LEAF_BASE + 2:
		/* One hypercall page, through this MSR; accessed and dirty bits are preserved. */
		*out = (struct cpuid_regs){ 1, MSR_HYPERCALL_PAGE, 1, 0 };
		break;
	case HV_LEAF_BASE + 3:
		if (subleaf == 0)
			*out = (struct cpuid_regs){ (tsc_stable ? B(1) : 0) | (host_features.rdtscp ? B(2) : 0),
						    d->tsc_mode, (uint32_t)tsc_khz, d->tsc_incarnation };
		else if (subleaf == 1)
			*out = (struct cpuid_regs){ 0, 0, tsc_mul, (uint8_t)tsc_shift };
		else if (subleaf == 2)
			out->a = (uint32_t)tsc_khz;
		break;
	case HV_LEAF_BASE + 5:
		out->b = host_features.paddr_bits;
		break;
	}
}

static void view_leaf1(const struct vcpu *v, struct cpuid_regs *out)
{
	out->d &= LEAF1_EDX;
	if (!host_features.intel)
		out->d &= ~EDX_SEP;
	if (!v->domain->privileged)
		out->d &= ~EDX_ACPI;
	out->c &= LEAF1_ECX;
	if (!host_features.xsave)
		out->c &= ~ECX_XSAVE;
	if (!host_features.avx)
		out->c &= ~(ECX_AVX | ECX_FMA | ECX_F16C);
	if (host_features.xsave && v->pv.cr4 & CR4_OSXSAVE)
		out->c |= ECX_OSXSAVE;
	out->c |= ECX_HYPERVISOR;
	/* APIC id 2 * vCPU, one logical CPU. */
	out->b = (out->b & 0xff00) | (uint32_t)(v->id * 2) << 24 | 1u << 16;
}

static void view_leaf4(struct cpuid_regs *out)
{
	/* One core per package, caches shared by nobody: bits 31..14 count sharers. */
	out->a &= 0x3fff;
}

static void view_leaf7(uint32_t subleaf, struct cpuid_regs *out)
{
	uint32_t wide = host_features.avx512 ? ~0u : 0, avx = host_features.avx ? ~0u : 0;

	if (subleaf == 0) {
		out->a = MIN(out->a, 1u);
		out->b &= LEAF7_EBX & (~LEAF7_EBX_AVX512 | wide) & (~LEAF7_EBX_AVX | avx);
		out->c &= LEAF7_ECX & (~LEAF7_ECX_AVX512 | wide) & (~LEAF7_ECX_AVX | avx);
		out->d &= LEAF7_EDX & (~LEAF7_EDX_AVX512 | wide);
	} else {
		*out = (struct cpuid_regs){ subleaf == 1 ? out->a & LEAF71_EAX & (~LEAF71_EAX_AVX | avx) : 0, 0, 0, 0 };
	}
}

static void view_leafd(const struct vcpu *v, uint32_t subleaf, struct cpuid_regs *out)
{
	const uint64_t max = host_features.xcr0_max;

	if (!host_features.xsave || (subleaf > 1 && (subleaf > 62 || !(max >> subleaf & 1)))) {
		*out = (struct cpuid_regs){ 0 };
	} else if (subleaf == 0) {
		out->a = (uint32_t)max;
		out->b = xsave_size_for(v->xcr0);
		out->c = host_features.xsave_size;
		out->d = (uint32_t)(max >> 32);
	} else if (subleaf == 1) {
		out->a &= LEAFD1_EAX;
		out->c = out->d = 0;
	}
}

static void view_extended(const struct vcpu *v, uint32_t leaf, struct cpuid_regs *out)
{
	switch (leaf) {
	case 0x80000000:
		out->a = MIN(out->a, (uint32_t)GUEST_MAX_EXT);
		break;
	case 0x80000001:
		out->c &= EXT1_ECX & (host_features.avx ? ~0u : ~EXT1_ECX_AVX);
		out->d &= EXT1_EDX | (host_features.amd ? EXT1_EDX_COMMON & LEAF1_EDX & ~EDX_SEP : 0);
		/* Only 64-bit mode has it on Intel, and CPUID shows it there only; guests are 64-bit. */
		out->d |= B(11);
		break;
	case 0x80000002 ... 0x80000006:
		break;
	case 0x80000007:
		*out = (struct cpuid_regs){ 0, 0, 0, v->domain->privileged ? out->d & EXT7_EDX_ITSC : 0 };
		break;
	case 0x80000008:
		*out = (struct cpuid_regs){ out->a & 0xffff, out->b & EXT8_EBX_CLZERO, 0, 0 };
		break;
	case 0x80000021:
		*out = (struct cpuid_regs){ out->a & EXT21_EAX, 0, 0, 0 };
		break;
	default:
		*out = (struct cpuid_regs){ 0 };
		break;
	}
}

static void view_basic(const struct vcpu *v, uint32_t leaf, uint32_t subleaf, struct cpuid_regs *out)
{
	switch (leaf) {
	case 0:
		out->a = MIN(out->a, (uint32_t)GUEST_MAX_LEAF);
		break;
	case 1:
		view_leaf1(v, out);
		break;
	case 2:
		break;
	case 4:
		view_leaf4(out);
		break;
	case 7:
		view_leaf7(subleaf, out);
		break;
	case 0xd:
		view_leafd(v, subleaf, out);
		break;
	default:
		/* Serial number, MWAIT, thermal, performance counters, x2APIC topology: not a guest's. */
		*out = (struct cpuid_regs){ 0 };
		break;
	}
}

void feature_guest_cpuid(const struct vcpu *v, uint32_t leaf, uint32_t subleaf, struct cpuid_regs *out)
{
	*out = (struct cpuid_regs){ 0 };
	if (leaf >= HV_LEAF_BASE && leaf < HV_LEAF_BASE + 0x10000) {
		view_hypervisor(v, leaf, subleaf, out);
	} else if (leaf <= host_features.max_leaf) {
		*out = cpuid_count(leaf, subleaf);
		view_basic(v, leaf, subleaf, out);
	} else if (leaf >= 0x80000000 && leaf <= host_features.max_ext_leaf) {
		*out = cpuid_count(leaf, subleaf);
		view_extended(v, leaf, out);
	}
}
