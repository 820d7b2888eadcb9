/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guest memory by virtual address, in the current address space and with the guest's rights (mm/gcopy.c, and
 * mm/words.S for the sizes of the ABI's structures). The address is the guest's; the hypervisor's own range is refused, by
 * data flow where a size is constant, so that no speculation reaches it either.
 *
 * All return 0 or -XEN_EFAULT; a failed copy may be partial.
 */
#ifndef SOCLE_ASM_GUEST_H
#define SOCLE_ASM_GUEST_H

#include <stddef.h>
#include <stdint.h>

int guest_read_any(void *dst, uint64_t gva, size_t len);
int guest_write_any(uint64_t gva, const void *src, size_t len);

#define FOR_GUEST_SIZES(do_size) \
	do_size(2) do_size(4) do_size(8) do_size(16) do_size(24) do_size(32) do_size(40) do_size(48) do_size(56) \
	do_size(64) do_size(72) do_size(88)

#define DECLARE(n) \
	int guest_read_##n(void *dst, uint64_t gva); \
	int guest_write_##n(uint64_t gva, const void *src);
FOR_GUEST_SIZES(DECLARE)
#undef DECLARE

static inline int copy_from_guest(void *dst, uint64_t gva, size_t len)
{
#define CASE(n) case n: return guest_read_##n(dst, gva);
	if (__builtin_constant_p(len))
		switch (len) {
		FOR_GUEST_SIZES(CASE)
		}
#undef CASE
	return guest_read_any(dst, gva, len);
}

static inline int copy_to_guest(uint64_t gva, const void *src, size_t len)
{
#define CASE(n) case n: return guest_write_##n(gva, src);
	if (__builtin_constant_p(len))
		switch (len) {
		FOR_GUEST_SIZES(CASE)
		}
#undef CASE
	return guest_write_any(gva, src, len);
}

/* A fault between begin and end goes on at fault, which returns -XEN_EFAULT to the copy's caller. */
extern const char guest_words_begin[], guest_words_end[], guest_words_fault[];

#endif
