/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * include/abi/mca.h
 *
 * mca(48): machine-check interface for dom0.
 */
#ifndef SOCLE_ABI_MCA_H
#define SOCLE_ABI_MCA_H

#include <stdint.h>

#include "xen.h"

/* Interface version, commands and result flags. */
#define XEN_MCA_INTERFACE_VERSION   0x1ecc003
#define XEN_MC_NONURGENT            1
#define XEN_MC_URGENT               2
#define XEN_MC_ACK                  4
#define XEN_MC_OK                   0
#define XEN_MC_FETCHFAILED          1
#define XEN_MC_NODATA               2
#define XEN_MC_NOMATCH              4
#define XEN_MC_CANNOTHANDLE         8
#define XEN_MC_NOTDELIVERED         16
#define XEN_MC_VCPUID_INVALID       0xffff
#define MC_TYPE_GLOBAL              0
#define MC_TYPE_BANK                1
#define MC_TYPE_EXTENDED            2
#define MC_TYPE_RECOVERY            3
#define MC_FLAG_CORRECTABLE         0x1
#define MC_FLAG_UNCORRECTABLE       0x2
#define MC_FLAG_RECOVERABLE         0x4
#define MC_FLAG_POLLED              0x8
#define MC_FLAG_RESET               0x10
#define MC_FLAG_CMCI                0x20
#define MC_FLAG_MCE                 0x40
#define REC_ACTION_RECOVERED        1
#define REC_ACTION_NONE             2
#define REC_ACTION_NEED_RESET       4
#define MC_ACTION_PAGE_OFFLINE      1
#define MC_ACTION_CPU_OFFLINE       2
#define MC_ACTION_CACHE_SHRINK      4
#define MCINFO_HYPERCALLSIZE        1024
#define MCINFO_MAXSIZE              768
#define MCINFO_FLAGS_UNCOMPLETE     1
#define MC_NCAPS                    7
#define MC_CAPS_STD_EDX             0
#define MC_CAPS_AMD_EDX             1
#define MC_CAPS_TM                  2
#define MC_CAPS_LINUX               3
#define MC_CAPS_STD_ECX             4
#define MC_CAPS_VIA                 5
#define MC_CAPS_AMD_ECX             6
#define XEN_MC_fetch                1
#define XEN_MC_notifydomain         2
#define XEN_MC_physcpuinfo          3
#define XEN_MC_msrinject            4
#define MC_MSRINJ_MAXMSRS           8
#define MC_MSRINJ_F_INTERPOSE       1
#define MC_MSRINJ_F_GPADDR          2
#define XEN_MC_mceinject            5
#define XEN_MC_inject_v2            6
#define XEN_MC_INJECT_TYPE_MASK     0x7
#define XEN_MC_INJECT_TYPE_MCE      0
#define XEN_MC_INJECT_TYPE_CMCI     1
#define XEN_MC_INJECT_TYPE_LMCE     2
#define XEN_MC_INJECT_CPU_BROADCAST 8

/* Head of a telemetry entry; 4 bytes. */
struct mcinfo_common {
    uint16_t type;
    uint16_t size;
};

/* Telemetry returned by fetch; 768 bytes. */
struct mc_info {
    uint32_t mi_nentries;
    uint32_t flags;
    uint64_t mi_data[95];
};

/* One MSR; 16 bytes. */
struct mcinfo_msr {
    uint64_t reg;
    uint64_t value;
};

/* Element of physcpuinfo, out; 304 bytes. */
struct mcinfo_logical_cpu {
    uint32_t mc_cpunr;
    uint32_t mc_chipid;
    uint16_t mc_coreid;
    uint16_t mc_threadid;
    uint32_t mc_apicid;
    uint32_t mc_clusterid;
    uint32_t mc_ncores;
    uint32_t mc_ncores_active;
    uint32_t mc_nthreads;
    int32_t mc_cpuid_level;
    uint32_t mc_family;
    uint32_t mc_vendor;
    uint32_t mc_model;
    uint32_t mc_step;
    char mc_vendorid[16];
    char mc_brandid[64];
    uint32_t mc_cpu_caps[7];
    uint32_t mc_cache_size;
    uint32_t mc_cache_alignment;
    int32_t mc_nmsrvals;
    uint8_t _pad0[4];
    struct mcinfo_msr mc_msrvalues[8];
};

/* cmd 1, in/out; 24 bytes. */
struct xen_mc_fetch {
    uint32_t flags;
    uint32_t _pad0;
    uint64_t fetch_id;
    uint64_t data;
};

/* cmd 2; 8 bytes. */
struct xen_mc_notifydomain {
    uint16_t mc_domid;
    uint16_t mc_vcpuid;
    uint32_t flags;
};

/* cmd 3, ncpus in/out; 16 bytes. */
struct xen_mc_physcpuinfo {
    uint32_t ncpus;
    uint32_t _pad0;
    uint64_t info;
};

/* cmd 4, in; 144 bytes. */
struct xen_mc_msrinject {
    uint32_t mcinj_cpunr;
    uint32_t mcinj_flags;
    uint32_t mcinj_count;
    uint16_t mcinj_domid;
    uint16_t _pad0;
    struct mcinfo_msr mcinj_msr[8];
};

/* cmd 5, in; 4 bytes. */
struct xen_mc_mceinject {
    uint32_t mceinj_cpunr;
};

/* cmd 6, in; 24 bytes. */
struct xen_mc_inject_v2 {
    uint32_t flags;
    uint8_t _pad0[4];
    struct xenctl_bitmap cpumap;
};

/* Argument of mca(48); 152 bytes. */
struct xen_mc {
    uint32_t cmd;
    uint32_t interface_version;
    union {
        struct xen_mc_fetch mc_fetch;
        struct xen_mc_notifydomain mc_notifydomain;
        struct xen_mc_physcpuinfo mc_physcpuinfo;
        struct xen_mc_msrinject mc_msrinject;
        struct xen_mc_mceinject mc_mceinject;
        struct xen_mc_inject_v2 mc_inject_v2;
    } u;
};

#endif /* SOCLE_ABI_MCA_H */
