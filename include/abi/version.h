/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * include/abi/version.h
 *
 * xen_version(17).
 */
#ifndef SOCLE_ABI_VERSION_H
#define SOCLE_ABI_VERSION_H

#include <stdint.h>

/* Commands. */
#define XENVER_version             0
#define XENVER_extraversion        1
#define XENVER_compile_info        2
#define XENVER_capabilities        3
#define XENVER_changeset           4
#define XENVER_platform_parameters 5
#define XENVER_get_features        6
#define XENVER_pagesize            7
#define XENVER_guest_handle        8
#define XENVER_commandline         9
#define XENVER_build_id            10

/* Buffer lengths. */
#define XEN_EXTRAVERSION_LEN      16
#define XEN_CAPABILITIES_INFO_LEN 1024
#define XEN_CHANGESET_INFO_LEN    64

/* cmd 2, out; 144 bytes. */
struct xen_compile_info {
    char compiler[64];
    char compile_by[16];
    char compile_domain[32];
    char compile_date[32];
};

/* cmd 5, out; 8 bytes. */
struct xen_platform_parameters {
    uint64_t virt_start; /* start of the hypervisor range */
};

/* cmd 6; 8 bytes. */
struct xen_feature_info {
    uint32_t submap_idx; /* in */
    uint32_t submap; /* out: bit per XENFEAT_* */
};

/* cmd 10; the identifier follows the structure; 4 bytes. */
struct xen_build_id {
    uint32_t len; /* in: room, out: used */
};

#endif /* SOCLE_ABI_VERSION_H */
