/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * include/abi/sysctl.h
 *
 * sysctl(35): control of the machine, interface version 0x15.
 */
#ifndef SOCLE_ABI_SYSCTL_H
#define SOCLE_ABI_SYSCTL_H

#include <stdint.h>

#include "xen.h"

/* Interface version. */
#define XEN_SYSCTL_INTERFACE_VERSION 0x15

/* Commands. */
#define XEN_SYSCTL_readconsole            1
#define XEN_SYSCTL_tbuf_op                2
#define XEN_SYSCTL_physinfo               3
#define XEN_SYSCTL_sched_id               4
#define XEN_SYSCTL_perfc_op               5
#define XEN_SYSCTL_getdomaininfolist      6
#define XEN_SYSCTL_debug_keys             7
#define XEN_SYSCTL_getcpuinfo             8
#define XEN_SYSCTL_availheap              9
#define XEN_SYSCTL_get_pmstat             10
#define XEN_SYSCTL_cpu_hotplug            11
#define XEN_SYSCTL_pm_op                  12
#define XEN_SYSCTL_page_offline_op        14
#define XEN_SYSCTL_lockprof_op            15
#define XEN_SYSCTL_cputopoinfo            16
#define XEN_SYSCTL_numainfo               17
#define XEN_SYSCTL_cpupool_op             18
#define XEN_SYSCTL_scheduler_op           19
#define XEN_SYSCTL_coverage_op            20
#define XEN_SYSCTL_psr_cmt_op             21
#define XEN_SYSCTL_pcitopoinfo            22
#define XEN_SYSCTL_psr_alloc              23
#define XEN_SYSCTL_get_cpu_levelling_caps 25
#define XEN_SYSCTL_get_cpu_featureset     26
#define XEN_SYSCTL_livepatch_op           27
#define XEN_SYSCTL_get_cpu_policy         29

/* pm_op commands. */
#define XEN_SYSCTL_pm_op_set_sched_opt_smt        33
#define XEN_SYSCTL_pm_op_get_max_cstate           34
#define XEN_SYSCTL_pm_op_set_max_cstate           35
#define XEN_SYSCTL_pm_op_set_vcpu_migration_delay 36
#define XEN_SYSCTL_pm_op_get_vcpu_migration_delay 37
#define XEN_SYSCTL_pm_op_enable_turbo             38
#define XEN_SYSCTL_pm_op_disable_turbo            39

/* Indices of get_cpu_policy and get_cpu_featureset. */
#define XEN_SYSCTL_cpu_featureset_raw     0
#define XEN_SYSCTL_cpu_featureset_host    1
#define XEN_SYSCTL_cpu_featureset_pv      2
#define XEN_SYSCTL_cpu_featureset_hvm     3
#define XEN_SYSCTL_cpu_featureset_pv_max  4
#define XEN_SYSCTL_cpu_featureset_hvm_max 5
#define XEN_SYSCTL_cpu_policy_raw         0
#define XEN_SYSCTL_cpu_policy_host        1
#define XEN_SYSCTL_cpu_policy_pv_max      2
#define XEN_SYSCTL_cpu_policy_hvm_max     3
#define XEN_SYSCTL_cpu_policy_pv_default  4
#define XEN_SYSCTL_cpu_policy_hvm_default 5

/* physinfo capabilities. */
#define XEN_SYSCTL_PHYSCAP_hvm                0x1
#define XEN_SYSCTL_PHYSCAP_pv                 0x2
#define XEN_SYSCTL_PHYSCAP_directio           0x4
#define XEN_SYSCTL_PHYSCAP_hap                0x8
#define XEN_SYSCTL_PHYSCAP_shadow             0x10
#define XEN_SYSCTL_PHYSCAP_iommu_hap_pt_share 0x20
#define XEN_SYSCTL_PHYSCAP_vmtrace            0x40
#define XEN_SYSCTL_PHYSCAP_vpmu               0x80
#define XEN_SYSCTL_PHYSCAP_gnttab_v1          0x100
#define XEN_SYSCTL_PHYSCAP_gnttab_v2          0x200
#define XEN_SYSCTL_PHYSCAP_MAX                0x200

/* CPU hotplug and power management. */
#define PMSTAT_CATEGORY_MASK               0xf0
#define PMSTAT_PX                          16
#define PMSTAT_CX                          32
#define PMSTAT_get_max_px                  17
#define PMSTAT_get_pxstat                  18
#define PMSTAT_reset_pxstat                19
#define PMSTAT_get_max_cx                  33
#define PMSTAT_get_cxstat                  34
#define PMSTAT_reset_cxstat                35
#define XEN_SYSCTL_CPU_HOTPLUG_ONLINE      0
#define XEN_SYSCTL_CPU_HOTPLUG_OFFLINE     1
#define XEN_SYSCTL_CPU_HOTPLUG_SMT_ENABLE  2
#define XEN_SYSCTL_CPU_HOTPLUG_SMT_DISABLE 3
#define CPUFREQ_NAME_LEN                   16
#define SCALING_MAX_FREQ                   1
#define SCALING_MIN_FREQ                   2
#define SCALING_SETSPEED                   3
#define SAMPLING_RATE                      4
#define UP_THRESHOLD                       5
#define PM_PARA_CATEGORY_MASK              0xf0
#define CPUFREQ_PARA                       16
#define GET_CPUFREQ_PARA                   17
#define SET_CPUFREQ_GOV                    18
#define SET_CPUFREQ_PARA                   19
#define GET_CPUFREQ_AVGFREQ                20
#define XEN_SYSCTL_CX_UNLIMITED            0xffffffffu

/* CPU pools and schedulers. */
#define XEN_SYSCTL_CPUPOOL_OP_CREATE      1
#define XEN_SYSCTL_CPUPOOL_OP_DESTROY     2
#define XEN_SYSCTL_CPUPOOL_OP_INFO        3
#define XEN_SYSCTL_CPUPOOL_OP_ADDCPU      4
#define XEN_SYSCTL_CPUPOOL_OP_RMCPU       5
#define XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN  6
#define XEN_SYSCTL_CPUPOOL_OP_FREEINFO    7
#define XEN_SYSCTL_CPUPOOL_PAR_ANY        0xffffffffu
#define ARINC653_MAX_DOMAINS_PER_SCHEDULE 64
#define XEN_SYSCTL_SCHED_RATELIMIT_MAX    0x7a120
#define XEN_SYSCTL_SCHED_RATELIMIT_MIN    100
#define XEN_SYSCTL_CSCHED_TSLICE_MAX      1000
#define XEN_SYSCTL_CSCHED_TSLICE_MIN      1
#define XEN_SYSCTL_CSCHED_MGR_DLY_MAX_US  0x186a0
#define XEN_SYSCTL_SCHEDOP_putinfo        0
#define XEN_SYSCTL_SCHEDOP_getinfo        1

/* Invalid identifiers. */
#define XEN_INVALID_CORE_ID   0xffffffffu
#define XEN_INVALID_SOCKET_ID 0xffffffffu
#define XEN_INVALID_NODE_ID   0xffffffffu
#define XEN_INVALID_MEM_SZ    0xffffffffu
#define XEN_INVALID_NODE_DIST 0xffffffffu
#define XEN_INVALID_DEV       0xfffffffeu

/* CPUID levelling. */
#define XEN_SYSCTL_CPU_LEVELCAP_faulting    0x1
#define XEN_SYSCTL_CPU_LEVELCAP_ecx         0x2
#define XEN_SYSCTL_CPU_LEVELCAP_edx         0x4
#define XEN_SYSCTL_CPU_LEVELCAP_extd_ecx    0x8
#define XEN_SYSCTL_CPU_LEVELCAP_extd_edx    0x10
#define XEN_SYSCTL_CPU_LEVELCAP_xsave_eax   0x20
#define XEN_SYSCTL_CPU_LEVELCAP_thermal_ecx 0x40
#define XEN_SYSCTL_CPU_LEVELCAP_l7s0_eax    0x80
#define XEN_SYSCTL_CPU_LEVELCAP_l7s0_ebx    0x100

/* Tracing, counters, coverage, page offlining, live patching. */
#define XEN_SYSCTL_TBUFOP_get_info                 0
#define XEN_SYSCTL_TBUFOP_set_cpu_mask             1
#define XEN_SYSCTL_TBUFOP_set_evt_mask             2
#define XEN_SYSCTL_TBUFOP_set_size                 3
#define XEN_SYSCTL_TBUFOP_enable                   4
#define XEN_SYSCTL_TBUFOP_disable                  5
#define XEN_SYSCTL_PERFCOP_reset                   1
#define XEN_SYSCTL_PERFCOP_query                   2
#define sysctl_page_offline                        1
#define sysctl_page_online                         2
#define sysctl_query_page_offline                  3
#define PG_OFFLINE_STATUS_MASK                     0xff
#define PG_OFFLINE_INVALID                         0x1
#define PG_OFFLINE_OFFLINED                        0x2
#define PG_OFFLINE_PENDING                         0x4
#define PG_OFFLINE_FAILED                          0x8
#define PG_OFFLINE_AGAIN                           0x10
#define PG_ONLINE_FAILED                           0x8
#define PG_ONLINE_ONLINED                          0x2
#define PG_OFFLINE_STATUS_OFFLINED                 0x2
#define PG_OFFLINE_STATUS_ONLINE                   0x4
#define PG_OFFLINE_STATUS_OFFLINE_PENDING          0x8
#define PG_OFFLINE_STATUS_BROKEN                   0x10
#define PG_OFFLINE_MISC_MASK                       0xff0
#define PG_OFFLINE_XENPAGE                         0x100
#define PG_OFFLINE_DOM0PAGE                        0x200
#define PG_OFFLINE_ANONYMOUS                       0x400
#define PG_OFFLINE_NOT_CONV_RAM                    0x800
#define PG_OFFLINE_OWNED                           0x1000
#define PG_OFFLINE_BROKEN                          0x2000
#define PG_ONLINE_BROKEN                           0x2000
#define PG_OFFLINE_OWNER_SHIFT                     0x10
#define XEN_SYSCTL_LOCKPROF_reset                  1
#define XEN_SYSCTL_LOCKPROF_query                  2
#define XEN_SYSCTL_COVERAGE_get_size               0
#define XEN_SYSCTL_COVERAGE_read                   1
#define XEN_SYSCTL_COVERAGE_reset                  2
#define XEN_SYSCTL_PSR_CMT_get_total_rmid          0
#define XEN_SYSCTL_PSR_CMT_get_l3_upscaling_factor 1
#define XEN_SYSCTL_PSR_CMT_get_l3_cache_size       2
#define XEN_SYSCTL_PSR_CMT_enabled                 3
#define XEN_SYSCTL_PSR_CMT_get_l3_event_mask       4
#define XEN_SYSCTL_PSR_get_l3_info                 0
#define XEN_SYSCTL_PSR_get_l2_info                 1
#define XEN_SYSCTL_PSR_get_mba_info                2
#define XEN_SYSCTL_PSR_CAT_L3_CDP                  1
#define XEN_SYSCTL_PSR_MBA_LINEAR                  1
#define LIVEPATCH_PAYLOAD_VERSION                  2
#define XEN_LIVEPATCH_NAME_SIZE                    128
#define XEN_SYSCTL_LIVEPATCH_UPLOAD                0
#define XEN_SYSCTL_LIVEPATCH_GET                   1
#define LIVEPATCH_STATE_CHECKED                    1
#define LIVEPATCH_STATE_APPLIED                    2
#define XEN_SYSCTL_LIVEPATCH_LIST                  2
#define XEN_SYSCTL_LIVEPATCH_ACTION                3
#define LIVEPATCH_ACTION_UNLOAD                    1
#define LIVEPATCH_ACTION_REVERT                    2
#define LIVEPATCH_ACTION_APPLY                     3
#define LIVEPATCH_ACTION_REPLACE                   4
#define LIVEPATCH_ACTION_APPLY_NODEPS              1

/* Element of cputopoinfo; 12 bytes. */
struct xen_sysctl_cputopo {
    uint32_t core;
    uint32_t socket;
    uint32_t node;
};

/* Element of numainfo; 16 bytes. */
struct xen_sysctl_meminfo {
    uint64_t memsize;
    uint64_t memfree;
};

/* cmd 8: Element of getcpuinfo; 8 bytes. */
struct xen_sysctl_cpuinfo {
    uint64_t idletime;
};

/* cmd 1: index and count in/out; 24 bytes. */
struct xen_sysctl_readconsole {
    uint8_t clear;
    uint8_t incremental;
    uint8_t pad0;
    uint8_t pad1;
    uint32_t index;
    uint64_t buffer;
    uint32_t count;
    uint8_t _pad0[4];
};

/* cmd 2: trace buffers; 48 bytes. */
struct xen_sysctl_tbuf_op {
    uint32_t cmd;
    uint8_t _pad0[4];
    struct xenctl_bitmap cpu_mask;
    uint32_t evt_mask;
    uint8_t _pad1[4];
    uint64_t buffer_mfn;
    uint32_t size;
    uint8_t _pad2[4];
};

/* cmd 3: out; 112 bytes. */
struct xen_sysctl_physinfo {
    uint32_t threads_per_core;
    uint32_t cores_per_socket;
    uint32_t nr_cpus;
    uint32_t max_cpu_id;
    uint32_t nr_nodes;
    uint32_t max_node_id;
    uint32_t cpu_khz;
    uint32_t capabilities;
    uint32_t arch_capabilities;
    uint32_t pad;
    uint64_t total_pages;
    uint64_t free_pages;
    uint64_t scrub_pages;
    uint64_t outstanding_pages;
    uint64_t max_mfn;
    uint32_t hw_cap[8];
};

/* cmd 16: num_cpus in/out; 16 bytes. */
struct xen_sysctl_cputopoinfo {
    uint32_t num_cpus;
    uint8_t _pad0[4];
    uint64_t cputopo;
};

/* cmd 22: num_devs in/out; 24 bytes. */
struct xen_sysctl_pcitopoinfo {
    uint32_t num_devs;
    uint8_t _pad0[4];
    uint64_t devs;
    uint64_t nodes;
};

/* cmd 17: num_nodes in/out; 24 bytes. */
struct xen_sysctl_numainfo {
    uint32_t num_nodes;
    uint8_t _pad0[4];
    uint64_t meminfo;
    uint64_t distance;
};

/* cmd 4: out; 4 bytes. */
struct xen_sysctl_sched_id {
    uint32_t sched_id;
};

/* cmd 5; 32 bytes. */
struct xen_sysctl_perfc_op {
    uint32_t cmd;
    uint32_t nr_counters;
    uint32_t nr_vals;
    uint8_t _pad0[4];
    uint64_t desc;
    uint64_t val;
};

/* cmd 6: buffer of struct xen_domctl_getdomaininfo; 24 bytes. */
struct xen_sysctl_getdomaininfolist {
    uint16_t first_domain;
    uint8_t _pad0[2];
    uint32_t max_domains;
    uint64_t buffer;
    uint32_t num_domains;
    uint8_t _pad1[4];
};

/* cmd 7: in; 16 bytes. */
struct xen_sysctl_debug_keys {
    uint64_t keys;
    uint32_t nr_keys;
    uint8_t _pad0[4];
};

/* cmd 8: info of struct xen_sysctl_cpuinfo; 24 bytes. */
struct xen_sysctl_getcpuinfo {
    uint32_t max_cpus;
    uint8_t _pad0[4];
    uint64_t info;
    uint32_t nr_cpus;
    uint8_t _pad1[4];
};

/* cmd 9: avail_bytes out; 24 bytes. */
struct xen_sysctl_availheap {
    uint32_t min_bitwidth;
    uint32_t max_bitwidth;
    int32_t node;
    uint8_t _pad0[4];
    uint64_t avail_bytes;
};

/* P-state statistics; 24 bytes. */
struct pm_px_stat {
    uint8_t total;
    uint8_t usable;
    uint8_t last;
    uint8_t cur;
    uint8_t _pad0[4];
    uint64_t trans_pt;
    uint64_t pt;
};

/* C-state statistics; 56 bytes. */
struct pm_cx_stat {
    uint32_t nr;
    uint32_t last;
    uint64_t idle_time;
    uint64_t triggers;
    uint64_t residencies;
    uint32_t nr_pc;
    uint32_t nr_cc;
    uint64_t pc;
    uint64_t cc;
};

/* cmd 10; 64 bytes. */
struct xen_sysctl_get_pmstat {
    uint32_t type;
    uint32_t cpuid;
    union {
        struct pm_px_stat getpx;
        struct pm_cx_stat getcx;
    } u;
};

/* cmd 11: in; 8 bytes. */
struct xen_sysctl_cpu_hotplug {
    uint32_t cpu;
    uint32_t op;
};

/* Parameters of the userspace governor; 4 bytes. */
struct xen_userspace {
    uint32_t scaling_setspeed;
};

/* Parameters of the ondemand governor; 16 bytes. */
struct xen_ondemand {
    uint32_t sampling_rate_max;
    uint32_t sampling_rate_min;
    uint32_t sampling_rate;
    uint32_t up_threshold;
};

/* pm_op: all parameters, out; 120 bytes. */
struct xen_get_cpufreq_para {
    uint32_t cpu_num;
    uint32_t freq_num;
    uint32_t gov_num;
    uint8_t _pad0[4];
    uint64_t affected_cpus;
    uint64_t scaling_available_frequencies;
    uint64_t scaling_available_governors;
    char scaling_driver[16];
    uint32_t cpuinfo_cur_freq;
    uint32_t cpuinfo_max_freq;
    uint32_t cpuinfo_min_freq;
    uint32_t scaling_cur_freq;
    char scaling_governor[16];
    uint32_t scaling_max_freq;
    uint32_t scaling_min_freq;
    union {
        struct xen_userspace userspace;
        struct xen_ondemand ondemand;
    } u;
    int32_t turbo_enabled;
    uint8_t _pad1[4];
};

/* pm_op: governor, in; 16 bytes. */
struct xen_set_cpufreq_gov {
    char scaling_governor[16];
};

/* pm_op: one parameter, in; 8 bytes. */
struct xen_set_cpufreq_para {
    uint32_t ctrl_type;
    uint32_t ctrl_value;
};

/* cmd 12; 128 bytes. */
struct xen_sysctl_pm_op {
    uint32_t cmd;
    uint32_t cpuid;
    union {
        struct xen_get_cpufreq_para get_para;
        struct xen_set_cpufreq_gov set_gov;
        struct xen_set_cpufreq_para set_para;
        uint64_t get_avgfreq;
        uint32_t set_sched_opt_smt;
        uint32_t get_max_cstate;
        uint32_t set_max_cstate;
    } u;
};

/* cmd 14; 24 bytes. */
struct xen_sysctl_page_offline_op {
    uint32_t cmd;
    uint32_t start;
    uint32_t end;
    uint8_t _pad0[4];
    uint64_t status;
};

/* cmd 15; 32 bytes. */
struct xen_sysctl_lockprof_op {
    uint32_t cmd;
    uint32_t max_elem;
    uint32_t nr_elem;
    uint8_t _pad0[4];
    uint64_t time;
    uint64_t data;
};

/* cmd 18: in/out; 40 bytes. */
struct xen_sysctl_cpupool_op {
    uint32_t op;
    uint32_t cpupool_id;
    uint32_t sched_id;
    uint32_t domid;
    uint32_t cpu;
    uint32_t n_dom;
    struct xenctl_bitmap cpumap;
};

/* Parameters of arinc653; 8 bytes. */
struct xen_sysctl_sched_arinc653 {
    uint64_t schedule;
};

/* Parameters of credit; 12 bytes. */
struct xen_sysctl_credit_schedule {
    uint32_t tslice_ms;
    uint32_t ratelimit_us;
    uint32_t vcpu_migr_delay_us;
};

/* Parameters of credit2; 4 bytes. */
struct xen_sysctl_credit2_schedule {
    uint32_t ratelimit_us;
};

/* cmd 19: in/out; 32 bytes. */
struct xen_sysctl_scheduler_op {
    uint32_t cpupool_id;
    uint32_t sched_id;
    uint32_t cmd;
    uint8_t _pad0[4];
    union {
        struct xen_sysctl_sched_arinc653 sched_arinc653;
        struct xen_sysctl_credit_schedule sched_credit;
        struct xen_sysctl_credit2_schedule sched_credit2;
    } u;
};

/* cmd 20; 16 bytes. */
struct xen_sysctl_coverage_op {
    uint32_t cmd;
    uint32_t size;
    uint64_t buffer;
};

/* cmd 21; 16 bytes. */
struct xen_sysctl_psr_cmt_op {
    uint32_t cmd;
    uint32_t flags;
    union {
        uint64_t data;
        struct {
            uint32_t cpu;
            uint32_t rsvd;
        } l3_cache;
    } u;
};

/* cmd 23; 20 bytes. */
struct xen_sysctl_psr_alloc {
    uint32_t cmd;
    uint32_t target;
    union {
        struct {
            uint32_t cbm_len;
            uint32_t cos_max;
            uint32_t flags;
        } cat_info;
        struct {
            uint32_t thrtl_max;
            uint32_t cos_max;
            uint32_t flags;
        } mba_info;
    } u;
};

/* cmd 25: out; 4 bytes. */
struct xen_sysctl_cpu_levelling_caps {
    uint32_t caps;
};

/* cmd 26: nr_features in/out; 16 bytes. */
struct xen_sysctl_cpu_featureset {
    uint32_t index;
    uint32_t nr_features;
    uint64_t features;
};

/* Name of a live patch; 16 bytes. */
struct xen_livepatch_name {
    uint64_t name;
    uint16_t size;
    uint16_t pad[3];
};

/* live patch: upload; 32 bytes. */
struct xen_sysctl_livepatch_upload {
    struct xen_livepatch_name name;
    uint64_t size;
    uint64_t payload;
};

/* live patch: list; 64 bytes. */
struct xen_sysctl_livepatch_list {
    uint32_t version;
    uint32_t idx;
    uint32_t nr;
    uint32_t pad;
    uint32_t name_total_size;
    uint32_t metadata_total_size;
    uint64_t status;
    uint64_t name;
    uint64_t len;
    uint64_t metadata;
    uint64_t metadata_len;
};

/* State of a live patch; 8 bytes. */
struct xen_livepatch_status {
    uint32_t state;
    int32_t rc;
};

/* live patch: state; 24 bytes. */
struct xen_sysctl_livepatch_get {
    struct xen_livepatch_name name;
    struct xen_livepatch_status status;
};

/* live patch: action; 32 bytes. */
struct xen_sysctl_livepatch_action {
    struct xen_livepatch_name name;
    uint32_t cmd;
    uint32_t timeout;
    uint32_t flags;
    uint32_t pad;
};

/* cmd 27; 72 bytes. */
struct xen_sysctl_livepatch_op {
    uint32_t cmd;
    uint32_t pad;
    union {
        struct xen_sysctl_livepatch_upload upload;
        struct xen_sysctl_livepatch_list list;
        struct xen_sysctl_livepatch_get get;
        struct xen_sysctl_livepatch_action action;
    } u;
};

/* cmd 29: counts in/out; 32 bytes. */
struct xen_sysctl_cpu_policy {
    uint32_t index;
    uint32_t nr_leaves;
    uint32_t nr_msrs;
    uint32_t _rsvd;
    uint64_t leaves;
    uint64_t msrs;
};

/* Argument of sysctl(35); results are copied back; 136 bytes. */
struct xen_sysctl {
    uint32_t cmd;
    uint32_t interface_version;
    union {
        struct xen_sysctl_readconsole readconsole;
        struct xen_sysctl_tbuf_op tbuf_op;
        struct xen_sysctl_physinfo physinfo;
        struct xen_sysctl_cputopoinfo cputopoinfo;
        struct xen_sysctl_pcitopoinfo pcitopoinfo;
        struct xen_sysctl_numainfo numainfo;
        struct xen_sysctl_sched_id sched_id;
        struct xen_sysctl_perfc_op perfc_op;
        struct xen_sysctl_getdomaininfolist getdomaininfolist;
        struct xen_sysctl_debug_keys debug_keys;
        struct xen_sysctl_getcpuinfo getcpuinfo;
        struct xen_sysctl_availheap availheap;
        struct xen_sysctl_get_pmstat get_pmstat;
        struct xen_sysctl_cpu_hotplug cpu_hotplug;
        struct xen_sysctl_pm_op pm_op;
        struct xen_sysctl_page_offline_op page_offline;
        struct xen_sysctl_lockprof_op lockprof_op;
        struct xen_sysctl_cpupool_op cpupool_op;
        struct xen_sysctl_scheduler_op scheduler_op;
        struct xen_sysctl_coverage_op coverage_op;
        struct xen_sysctl_psr_cmt_op psr_cmt_op;
        struct xen_sysctl_psr_alloc psr_alloc;
        struct xen_sysctl_cpu_levelling_caps cpu_levelling_caps;
        struct xen_sysctl_cpu_featureset cpu_featureset;
        struct xen_sysctl_livepatch_op livepatch;
        struct xen_sysctl_cpu_policy cpu_policy;
        uint8_t pad[128];
    } u;
};

#endif /* SOCLE_ABI_SYSCTL_H */
