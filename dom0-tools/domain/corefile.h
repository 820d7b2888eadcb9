/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/corefile.h
 *
 * The head of a guest's core, in the format of Xen's dump-core (docs/misc/dump-core-format.txt there, version 0.1): an ELF file
 * with sections and no segments, which crash(8) reads.  Pure.
 *
 *	ELF header, section headers, names, .note.Xen | .xen_prstatus | .xen_shared_info | .xen_p2m | .xen_pages
 */
#ifndef SOCLE_DOMAIN_COREFILE_H
#define SOCLE_DOMAIN_COREFILE_H

#include <stddef.h>
#include <stdint.h>

#include <abi/arch-x86_64.h>
#include <abi/version.h>
#include <abi/xen.h>

/* What the hypervisor says about itself. */
struct core_version {
	uint64_t major, minor;
	char extra[XEN_EXTRAVERSION_LEN];
	struct xen_compile_info compiled;
	char capabilities[XEN_CAPABILITIES_INFO_LEN], changeset[XEN_CHANGESET_INFO_LEN];
	struct xen_platform_parameters platform;
	uint64_t page_size;
};

/* Where everything stands. */
struct core_layout {
	uint64_t nr_vcpus, nr_pages;
	uint64_t note, names, prstatus, shared_info, p2m, pages, end;
};

struct core_p2m {
	uint64_t pfn, gmfn;
};

void core_layout_make(struct core_layout *l, uint64_t nr_vcpus, uint64_t nr_pages);

/* The file up to l->prstatus, malloc'ed; NULL: no memory. */
void *core_head_make(const struct core_layout *l, const struct core_version *v);

#endif /* SOCLE_DOMAIN_COREFILE_H */
