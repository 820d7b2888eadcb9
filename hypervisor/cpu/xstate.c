/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * FPU and vector state, switched eagerly at every context switch: a lazy scheme leaks registers to a speculating
 * neighbour (CVE-2018-3665). Areas are in the standard, non-compacted XSAVE format, or FXSAVE's on old CPUs.
 * Saving and restoring runs under the full XCR0, so that a component the guest has switched off again is
 * neither lost nor left in the registers for the next guest. A guest never writes into an area; the legacy part
 * that toolstacks hand in is made harmless (MXCSR, header) before it is loaded.
 */
#include <string.h>
#include <abi/errno.h>
#include "asm/cr.h"
#include "cpu/cpu.h"
#include "debug/log.h"
#include "domain/domain.h"
#include "lib/util.h"
#include "mm/mm.h"

#define FXSAVE_SIZE	512
#define FXSAVE_FCW	0		/* u16 */
#define FXSAVE_FTW	4		/* u8, abridged: 0 = all empty */
#define FXSAVE_MXCSR	24		/* u32 */
#define FXSAVE_MXCSR_MASK 28		/* u32 */
#define XSAVE_HEADER	512
#define XSAVE_HEADER_SIZE 64
#define FCW_RESET	0x37f
#define MXCSR_RESET	0x1f80
#define MXCSR_MASK_DEFAULT 0xffbfu	/* SDM vol. 1, 11.6.6: when the CPU reports 0 */
#define XCR0_X87_SSE	3ULL
#define XCR0_AVX	(1ULL << 2)
#define XCR0_AVX512	(7ULL << 5)

static uint32_t area_size(void)
{
	return MAX(host_features.xsave_size, (uint32_t)(XSAVE_HEADER + XSAVE_HEADER_SIZE));
}

/* Which MXCSR bits this CPU accepts; any other raises #GP when loaded. */
static uint32_t mxcsr_mask(void)
{
	static uint8_t probe[FXSAVE_SIZE] __attribute__((aligned(64)));
	static uint32_t mask;

	if (!mask) {
		clts();
		__asm__ volatile("fxsave64 %0" : "=m"(probe));
		memcpy(&mask, probe + FXSAVE_MXCSR_MASK, sizeof(mask));
		if (!mask)
			mask = MXCSR_MASK_DEFAULT;
	}
	return mask;
}

static void reset_area(uint8_t *area)
{
	const uint16_t fcw = FCW_RESET;
	const uint32_t mxcsr = MXCSR_RESET;
	const uint64_t components = XCR0_X87_SSE;

	memset(area, 0, area_size());
	memcpy(area + FXSAVE_FCW, &fcw, sizeof(fcw));
	memcpy(area + FXSAVE_MXCSR, &mxcsr, sizeof(mxcsr));
	memcpy(area + XSAVE_HEADER, &components, sizeof(components));
}

int xstate_alloc(struct vcpu *v)
{
	unsigned int order = 0;

	/* Whole pages: XSAVE wants 64-byte alignment. */
	while ((PAGE_SIZE << order) < area_size())
		order++;
	v->xsave = hv_alloc_pages(order);
	if (!v->xsave)
		return -XEN_ENOMEM;
	hv_charge(v->xsave, order, v->domain);
	reset_area(v->xsave);
	v->xcr0 = host_features.xsave ? XCR0_X87_SSE : 0;
	return 0;
}

void xstate_free(struct vcpu *v)
{
	unsigned int order = 0;

	while ((PAGE_SIZE << order) < area_size())
		order++;
	if (v->xsave)
		hv_free_pages(v->xsave, order);
	v->xsave = NULL;
}

static void load_xcr0(uint64_t xcr0)
{
	if (host_features.xsave && xgetbv(0) != xcr0)
		xsetbv(0, xcr0);
}

void xstate_save(struct vcpu *v)
{
	if (!v->xsave)
		return;
	clts();
	if (host_features.xsave) {
		load_xcr0(host_features.xcr0_max);
		/* Not XSAVEOPT: it may skip what it believes unmodified since an XRSTOR of the same area. */
		__asm__ volatile("xsave64 (%0)" : : "r"(v->xsave), "a"(~0u), "d"(~0u) : "memory");
	} else {
		__asm__ volatile("fxsave64 (%0)" : : "r"(v->xsave) : "memory");
	}
}

/* AMD saves and restores the x87 error pointers only while an exception is pending (APM vol. 2, 11.4.4), which
 * would show one guest the addresses of another: overwrite them first. */
static void clear_x87_pointers(void)
{
	static const uint32_t zero;

	if (host_features.amd)
		__asm__ volatile("fnclex\n\temms\n\tfildl %0" : : "m"(zero));
}

void xstate_restore(struct vcpu *v)
{
	if (!v->xsave)
		return;
	clts();
	clear_x87_pointers();
	if (host_features.xsave) {
		load_xcr0(host_features.xcr0_max);
		__asm__ volatile("xrstor64 (%0)" : : "r"(v->xsave), "a"(~0u), "d"(~0u) : "memory");
		load_xcr0(v->xcr0);
	} else {
		__asm__ volatile("fxrstor64 (%0)" : : "r"(v->xsave) : "memory");
	}
	if (v->pv.ts)
		stts();
}

/* UEFI 2.10, 2.3.4: exceptions masked, round to nearest. A guest may have set it otherwise, and #MF is not the firmware's fault then. */
void xstate_reset(void)
{
	static const uint32_t mxcsr = MXCSR_RESET;

	__asm__ volatile("fninit\n\tldmxcsr %0" : : "m"(mxcsr));
}

bool xstate_set_xcr0(struct vcpu *v, uint64_t xcr0)
{
	/* SDM vol. 1, 13.3: x87 always; AVX needs SSE; the three AVX-512 parts go together and need AVX. */
	if (!host_features.xsave || xcr0 & ~host_features.xcr0_max || !(xcr0 & 1))
		return false;
	if (xcr0 & XCR0_AVX && (xcr0 & XCR0_X87_SSE) != XCR0_X87_SSE)
		return false;
	if (xcr0 & XCR0_AVX512 && ((xcr0 & XCR0_AVX512) != XCR0_AVX512 || !(xcr0 & XCR0_AVX)))
		return false;
	v->xcr0 = xcr0;
	if (v == current)
		load_xcr0(xcr0);
	return true;
}

void xstate_load_fxsave(struct vcpu *v, const void *fx512)
{
	uint8_t *area = v->xsave;
	uint32_t mxcsr;

	reset_area(area);
	memcpy(area, fx512, FXSAVE_SIZE);
	memcpy(&mxcsr, area + FXSAVE_MXCSR, sizeof(mxcsr));
	mxcsr &= mxcsr_mask();
	memcpy(area + FXSAVE_MXCSR, &mxcsr, sizeof(mxcsr));
}

void xstate_store_fxsave(struct vcpu *v, void *fx512)
{
	uint8_t *area = v->xsave;
	uint64_t present = 0;

	memcpy(&present, area + XSAVE_HEADER, sizeof(present));
	memcpy(fx512, area, FXSAVE_SIZE);
	/* XSAVE leaves the bytes of a component in its initial state unwritten: say what that state is. */
	if (host_features.xsave && !(present & 1)) {
		const uint16_t fcw = FCW_RESET;

		memset(fx512, 0, FXSAVE_MXCSR);
		memset((uint8_t *)fx512 + 32, 0, 128);
		memcpy((uint8_t *)fx512 + FXSAVE_FCW, &fcw, sizeof(fcw));
	}
	if (host_features.xsave && !(present & 2))
		memset((uint8_t *)fx512 + 160, 0, 256);
}
