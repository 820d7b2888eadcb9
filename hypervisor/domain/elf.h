/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hypervisor/domain/elf.h
 *
 * What a kernel's ELF64 image and its Xen notes say about starting it as a PV guest.
 *
 * Pure: no allocation, no global state, the input is only read. The file is untrusted: every
 * offset, length and sum is checked before use, and a refusal names its reason in *why (a string
 * constant, never NULL after a failure). The same source is compiled into the hypervisor, which
 * starts dom0, and into dom0's domain builder.
 *
 * Typical use: elf_parse(), then a placement computed from pstart/pend (pv_layout_compute), then
 * elf_load() with a callback that copies into the frames chosen.
 */
#ifndef SOCLE_DOMAIN_ELF_H
#define SOCLE_DOMAIN_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Value of an address note that the kernel does not carry. */
#define ELF_NOTE_ABSENT		(~UINT64_C(0))

/* More loadable pieces than any kernel has; bounds the work on a hostile file. */
#define ELF_MAX_SEGMENTS	64u

struct elf_segment {
	uint64_t offset;	/* of the bytes in the file */
	uint64_t filesz;
	uint64_t paddr;		/* p_paddr as written in the file */
	uint64_t memsz;		/* >= filesz; the difference is zeroes */
};

struct elf_image {
	uint64_t entry;			/* VA of the PV entry point */
	uint64_t virt_base;		/* VA of pfn 0 in the initial mapping */
	uint64_t paddr_offset;		/* what p_paddr counts from */
	uint64_t p2m_base;		/* VA wanted for the P2M list, or ELF_NOTE_ABSENT */
	uint64_t hypercall_page;	/* VA of the page to fill with stubs, or ELF_NOTE_ABSENT */
	uint64_t hv_start_low;		/* lowest hypervisor VA tolerated, or ELF_NOTE_ABSENT */
	uint64_t pstart;		/* lowest p_paddr loaded, page aligned downwards */
	uint64_t pend;			/* end of the highest, page aligned upwards */
	bool mod_start_pfn;		/* initrd may stay unmapped, mod_start is then a pfn */
	bool suspend_cancel;
	uint64_t l1_valid_mask;		/* PTE is valid when (pte & mask) == value; 1 and 1 unless noted */
	uint64_t l1_valid_value;
	uint32_t required_features;	/* bits 1 << XENFEAT_..., <abi/features.h> */
	uint32_t supported_features;
	char guest_os[16];
	char guest_version[16];
	unsigned int nr_segments;
	struct elf_segment segment[ELF_MAX_SEGMENTS];
};

/*
 * Parse and check. 0, or -XEN_ENOEXEC (not an ELF64 x86-64 executable, or broken), -XEN_EINVAL
 * (an ELF whose notes do not make a PV guest), -XEN_E2BIG (more segments than we take).
 * *out is complete on success and undefined after a failure.
 */
int elf_parse(const void *elf, size_t len, struct elf_image *out, const char **why);

/*
 * Hand each segment to copy() in file order: put filesz bytes of src at paddr and zero up to
 * memsz. paddr is already relative to pfn 0 (p_paddr - paddr_offset), and all pieces lie in
 * [pstart - paddr_offset, pend - paddr_offset). The first non-zero result of copy() ends the
 * walk and is returned. elf/len must be those given to elf_parse().
 */
int elf_load(const struct elf_image *img, const void *elf,
	     int (*copy)(void *ctx, uint64_t paddr, const void *src, size_t filesz, size_t memsz),
	     void *ctx);

#endif /* SOCLE_DOMAIN_ELF_H */
