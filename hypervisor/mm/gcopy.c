/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guest memory by virtual address: with words.S, which has the constant sizes, the only code that dereferences what a
 * guest names. An address is first checked against the guest's halves of the address space, so that the hypervisor can
 * not be made to touch its own, and masked, so that it is not touched speculatively either; then one
 * string instruction copies, and a page fault in it ends at the fix-up with the number of bytes left over.
 * CR0.WP makes read-only guest pages fault for us as they do for the guest.
 *
 * The copies may tear and the guest may change the source meanwhile: read once, then check.
 */
#include "asm/smap.h"
#include "cpu/cpu.h"
#include "mm/internal.h"

#define LOW_HALF_END 0x0000800000000000UL

bool guest_range_ok(uint64_t gva, size_t len)
{
	uint64_t end = gva + len;

	if (end < gva)
		return end == 0 && gva >= HV_VIRT_END;
	return end <= LOW_HALF_END || gva >= HV_VIRT_END;
}

/* The same as the macro GUEST_PTR: bit 63 of an address in the hypervisor's range is flipped, which makes it fault. */
static uint64_t guest_ptr(uint64_t gva)
{
	uint64_t above = (gva - HV_VIRT_START) >> 43;	/* 0: in the range */

	_Static_assert(HV_VIRT_END - HV_VIRT_START == 1UL << 43, "size of the range");
	return gva ^ ((above - 1) & 1UL << 63);
}

static size_t copy_raw(void *dst, const void *src, size_t len)
{
	stac();
	__asm__ volatile("1: rep movsb\n2:\n" EX_TABLE(1b, 2b)
			 : "+c"(len), "+D"(dst), "+S"(src) : : "memory");
	clac();
	return len;
}

static int copy_bytes(void *dst, const void *src, size_t len)
{
	return copy_raw(dst, src, len) ? -XEN_EFAULT : 0;
}

/* A size that only run time knows may still be one that words.S has. */
int guest_read_any(void *dst, uint64_t gva, size_t len)
{
#define CASE(n) case n: return guest_read_##n(dst, gva);
	switch (len) {
	FOR_GUEST_SIZES(CASE)
	default:
		return guest_range_ok(gva, len) ? copy_bytes(dst, (const void *)guest_ptr(gva), len) : -XEN_EFAULT;
	}
#undef CASE
}

int guest_write_any(uint64_t gva, const void *src, size_t len)
{
#define CASE(n) case n: return guest_write_##n(gva, src);
	switch (len) {
	FOR_GUEST_SIZES(CASE)
	default:
		return guest_range_ok(gva, len) ? copy_bytes((void *)guest_ptr(gva), src, len) : -XEN_EFAULT;
	}
#undef CASE
}

int clear_guest(uint64_t gva, size_t len)
{
	void *dst = (void *)guest_ptr(gva);

	if (!guest_range_ok(gva, len))
		return -XEN_EFAULT;
	stac();
	__asm__ volatile("1: rep stosb\n2:\n" EX_TABLE(1b, 2b)
			 : "+c"(len), "+D"(dst) : "a"(0) : "memory");
	clac();
	return len ? -XEN_EFAULT : 0;
}

size_t fetch_guest_insn(uint64_t rip, uint8_t *buf)
{
	size_t len = FETCH_LEN;

	/* Within a page all or nothing is there. */
	if ((rip & (PAGE_SIZE - 1)) <= PAGE_SIZE - FETCH_LEN)
		return copy_from_guest(buf, rip, FETCH_LEN) ? 0 : FETCH_LEN;
	/* The last bytes of a half: whatever lies before its end. */
	while (len && !guest_range_ok(rip, len))
		len--;
	return len - copy_raw(buf, (const void *)guest_ptr(rip), len);
}
