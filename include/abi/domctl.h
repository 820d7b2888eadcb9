/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * include/abi/domctl.h
 *
 * domctl(36): control of domains, interface version 0x15.
 */
#ifndef SOCLE_ABI_DOMCTL_H
#define SOCLE_ABI_DOMCTL_H

#include <stdint.h>

#include "xen.h"

/* Interface version. */
#define XEN_DOMCTL_INTERFACE_VERSION 0x15

/* Commands. */
#define XEN_DOMCTL_createdomain            1
#define XEN_DOMCTL_destroydomain           2
#define XEN_DOMCTL_pausedomain             3
#define XEN_DOMCTL_unpausedomain           4
#define XEN_DOMCTL_getdomaininfo           5
#define XEN_DOMCTL_setvcpuaffinity         9
#define XEN_DOMCTL_shadow_op               10
#define XEN_DOMCTL_max_mem                 11
#define XEN_DOMCTL_setvcpucontext          12
#define XEN_DOMCTL_getvcpucontext          13
#define XEN_DOMCTL_getvcpuinfo             14
#define XEN_DOMCTL_max_vcpus               15
#define XEN_DOMCTL_scheduler_op            16
#define XEN_DOMCTL_setdomainhandle         17
#define XEN_DOMCTL_setdebugging            18
#define XEN_DOMCTL_irq_permission          19
#define XEN_DOMCTL_iomem_permission        20
#define XEN_DOMCTL_ioport_permission       21
#define XEN_DOMCTL_hypercall_init          22
#define XEN_DOMCTL_settimeoffset           24
#define XEN_DOMCTL_getvcpuaffinity         25
#define XEN_DOMCTL_real_mode_area          26
#define XEN_DOMCTL_resumedomain            27
#define XEN_DOMCTL_sendtrigger             28
#define XEN_DOMCTL_subscribe               29
#define XEN_DOMCTL_gethvmcontext           33
#define XEN_DOMCTL_sethvmcontext           34
#define XEN_DOMCTL_set_address_size        35
#define XEN_DOMCTL_get_address_size        36
#define XEN_DOMCTL_assign_device           37
#define XEN_DOMCTL_bind_pt_irq             38
#define XEN_DOMCTL_memory_mapping          39
#define XEN_DOMCTL_ioport_mapping          40
#define XEN_DOMCTL_set_ext_vcpucontext     42
#define XEN_DOMCTL_get_ext_vcpucontext     43
#define XEN_DOMCTL_set_opt_feature         44
#define XEN_DOMCTL_test_assign_device      45
#define XEN_DOMCTL_set_target              46
#define XEN_DOMCTL_deassign_device         47
#define XEN_DOMCTL_unbind_pt_irq           48
#define XEN_DOMCTL_get_device_group        50
#define XEN_DOMCTL_debug_op                54
#define XEN_DOMCTL_gethvmcontext_partial   55
#define XEN_DOMCTL_vm_event_op             56
#define XEN_DOMCTL_mem_sharing_op          57
#define XEN_DOMCTL_gettscinfo              59
#define XEN_DOMCTL_settscinfo              60
#define XEN_DOMCTL_getpageframeinfo3       61
#define XEN_DOMCTL_setvcpuextstate         62
#define XEN_DOMCTL_getvcpuextstate         63
#define XEN_DOMCTL_set_access_required     64
#define XEN_DOMCTL_audit_p2m               65
#define XEN_DOMCTL_set_virq_handler        66
#define XEN_DOMCTL_set_broken_page_p2m     67
#define XEN_DOMCTL_setnodeaffinity         68
#define XEN_DOMCTL_getnodeaffinity         69
#define XEN_DOMCTL_cacheflush              71
#define XEN_DOMCTL_get_vcpu_msrs           72
#define XEN_DOMCTL_set_vcpu_msrs           73
#define XEN_DOMCTL_setvnumainfo            74
#define XEN_DOMCTL_psr_cmt_op              75
#define XEN_DOMCTL_monitor_op              77
#define XEN_DOMCTL_psr_alloc               78
#define XEN_DOMCTL_soft_reset              79
#define XEN_DOMCTL_vuart_op                81
#define XEN_DOMCTL_get_cpu_policy          82
#define XEN_DOMCTL_set_cpu_policy          83
#define XEN_DOMCTL_vmtrace_op              84
#define XEN_DOMCTL_get_paging_mempool_size 85
#define XEN_DOMCTL_set_paging_mempool_size 86
#define XEN_DOMCTL_gdbsx_guestmemio        1000
#define XEN_DOMCTL_gdbsx_pausevcpu         1001
#define XEN_DOMCTL_gdbsx_unpausevcpu       1002
#define XEN_DOMCTL_gdbsx_domstatus         1003

/* vmtrace_op commands. */
#define XEN_DOMCTL_vmtrace_enable           1
#define XEN_DOMCTL_vmtrace_disable          2
#define XEN_DOMCTL_vmtrace_reset_and_enable 3
#define XEN_DOMCTL_vmtrace_output_position  4
#define XEN_DOMCTL_vmtrace_get_option       5
#define XEN_DOMCTL_vmtrace_set_option       6

/* createdomain flags. */
#define XEN_DOMCTL_CDF_hvm            0x1
#define XEN_DOMCTL_CDF_hap            0x2
#define XEN_DOMCTL_CDF_s3_integrity   0x4
#define XEN_DOMCTL_CDF_oos_off        0x8
#define XEN_DOMCTL_CDF_xs_domain      0x10
#define XEN_DOMCTL_CDF_iommu          0x20
#define XEN_DOMCTL_CDF_nested_virt    0x40
#define XEN_DOMCTL_CDF_vpmu           0x80
#define XEN_DOMCTL_CDF_MAX            0x80
#define XEN_DOMCTL_IOMMU_no_sharept   1
#define XEN_DOMCTL_IOMMU_MAX          1
#define XEN_DOMCTL_GRANT_version_mask 15

/* getdomaininfo flags. */
#define XEN_DOMINF_dying         0x1
#define XEN_DOMINF_hvm_guest     0x2
#define XEN_DOMINF_shutdown      0x4
#define XEN_DOMINF_paused        0x8
#define XEN_DOMINF_blocked       0x10
#define XEN_DOMINF_running       0x20
#define XEN_DOMINF_debugged      0x40
#define XEN_DOMINF_xs_domain     0x80
#define XEN_DOMINF_hap           0x100
#define XEN_DOMINF_shutdownmask  0xff
#define XEN_DOMINF_shutdownshift 16
#define XEN_INVALID_MAX_VCPU_ID  0xffffffffu

/* Page types of getpageframeinfo3. */
#define XEN_DOMCTL_PFINFO_LTAB_SHIFT    0x1c
#define XEN_DOMCTL_PFINFO_NOTAB         0x0
#define XEN_DOMCTL_PFINFO_L1TAB         0x10000000
#define XEN_DOMCTL_PFINFO_L2TAB         0x20000000
#define XEN_DOMCTL_PFINFO_L3TAB         0x30000000
#define XEN_DOMCTL_PFINFO_L4TAB         0x40000000
#define XEN_DOMCTL_PFINFO_LTABTYPE_MASK 0x70000000
#define XEN_DOMCTL_PFINFO_LPINTAB       0x80000000u
#define XEN_DOMCTL_PFINFO_XTAB          0xf0000000u
#define XEN_DOMCTL_PFINFO_XALLOC        0xe0000000u
#define XEN_DOMCTL_PFINFO_BROKEN        0xd0000000u
#define XEN_DOMCTL_PFINFO_LTAB_MASK     0xf0000000u

/* shadow_op operations and modes. */
#define XEN_DOMCTL_SHADOW_OP_OFF             0
#define XEN_DOMCTL_SHADOW_OP_ENABLE          32
#define XEN_DOMCTL_SHADOW_OP_CLEAN           11
#define XEN_DOMCTL_SHADOW_OP_PEEK            12
#define XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION  30
#define XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION  31
#define XEN_DOMCTL_SHADOW_OP_ENABLE_TEST     1
#define XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY 2
#define XEN_DOMCTL_SHADOW_ENABLE_REFCOUNT    0x2
#define XEN_DOMCTL_SHADOW_ENABLE_LOG_DIRTY   0x4
#define XEN_DOMCTL_SHADOW_ENABLE_TRANSLATE   0x8
#define XEN_DOMCTL_SHADOW_ENABLE_EXTERNAL    0x10
#define XEN_DOMCTL_SHADOW_LOGDIRTY_FINAL     1

/* vCPU affinity, schedulers. */
#define XEN_VCPUAFFINITY_HARD          1
#define XEN_VCPUAFFINITY_SOFT          2
#define XEN_VCPUAFFINITY_FORCE         4
#define XEN_SCHEDULER_CREDIT           5
#define XEN_SCHEDULER_CREDIT2          6
#define XEN_SCHEDULER_ARINC653         7
#define XEN_SCHEDULER_RTDS             8
#define XEN_SCHEDULER_NULL             9
#define XEN_DOMCTL_SCHEDRT_extra       1
#define XEN_DOMCTL_SCHEDOP_putinfo     0
#define XEN_DOMCTL_SCHEDOP_getinfo     1
#define XEN_DOMCTL_SCHEDOP_putvcpuinfo 2
#define XEN_DOMCTL_SCHEDOP_getvcpuinfo 3

/* Triggers. */
#define XEN_DOMCTL_SENDTRIGGER_NMI   0
#define XEN_DOMCTL_SENDTRIGGER_RESET 1
#define XEN_DOMCTL_SENDTRIGGER_INIT  2
#define XEN_DOMCTL_SENDTRIGGER_POWER 3
#define XEN_DOMCTL_SENDTRIGGER_SLEEP 4

/* Device assignment and interrupts. */
#define XEN_DOMCTL_DEV_PCI               0
#define XEN_DOMCTL_DEV_DT                1
#define XEN_DOMCTL_DEV_RDM_RELAXED       1
#define XEN_DOMCTL_VMSI_X86_DEST_ID_MASK 0xff
#define XEN_DOMCTL_VMSI_X86_RH_MASK      0x100
#define XEN_DOMCTL_VMSI_X86_DM_MASK      0x200
#define XEN_DOMCTL_VMSI_X86_DELIV_MASK   0x7000
#define XEN_DOMCTL_VMSI_X86_TRIG_MASK    0x8000
#define XEN_DOMCTL_VMSI_X86_UNMASKED     0x10000
#define DPCI_ADD_MAPPING                 1
#define DPCI_REMOVE_MAPPING              0
#define PT_IRQ_TYPE_PCI                  0
#define PT_IRQ_TYPE_ISA                  1
#define PT_IRQ_TYPE_MSI                  2
#define PT_IRQ_TYPE_MSI_TRANSLATE        3
#define PT_IRQ_TYPE_SPI                  4

/* Debugging, monitoring, cache allocation. */
#define XEN_DOMCTL_DEBUG_OP_SINGLE_STEP_OFF          0
#define XEN_DOMCTL_DEBUG_OP_SINGLE_STEP_ON           1
#define XEN_VM_EVENT_ENABLE                          0
#define XEN_VM_EVENT_DISABLE                         1
#define XEN_VM_EVENT_RESUME                          2
#define XEN_VM_EVENT_GET_VERSION                     3
#define XEN_DOMCTL_VM_EVENT_OP_PAGING                1
#define XEN_DOMCTL_VM_EVENT_OP_MONITOR               2
#define XEN_DOMCTL_VM_EVENT_OP_SHARING               3
#define XEN_DOMCTL_MEM_SHARING_CONTROL               0
#define XEN_DOMCTL_PSR_CMT_OP_DETACH                 0
#define XEN_DOMCTL_PSR_CMT_OP_ATTACH                 1
#define XEN_DOMCTL_PSR_CMT_OP_QUERY_RMID             2
#define XEN_DOMCTL_MONITOR_OP_ENABLE                 0
#define XEN_DOMCTL_MONITOR_OP_DISABLE                1
#define XEN_DOMCTL_MONITOR_OP_GET_CAPABILITIES       2
#define XEN_DOMCTL_MONITOR_OP_EMULATE_EACH_REP       3
#define XEN_DOMCTL_MONITOR_OP_CONTROL_REGISTERS      4
#define XEN_DOMCTL_MONITOR_EVENT_WRITE_CTRLREG       0
#define XEN_DOMCTL_MONITOR_EVENT_MOV_TO_MSR          1
#define XEN_DOMCTL_MONITOR_EVENT_SINGLESTEP          2
#define XEN_DOMCTL_MONITOR_EVENT_SOFTWARE_BREAKPOINT 3
#define XEN_DOMCTL_MONITOR_EVENT_GUEST_REQUEST       4
#define XEN_DOMCTL_MONITOR_EVENT_DEBUG_EXCEPTION     5
#define XEN_DOMCTL_MONITOR_EVENT_CPUID               6
#define XEN_DOMCTL_MONITOR_EVENT_PRIVILEGED_CALL     7
#define XEN_DOMCTL_MONITOR_EVENT_INTERRUPT           8
#define XEN_DOMCTL_MONITOR_EVENT_DESC_ACCESS         9
#define XEN_DOMCTL_MONITOR_EVENT_EMUL_UNIMPLEMENTED  10
#define XEN_DOMCTL_MONITOR_EVENT_INGUEST_PAGEFAULT   11
#define XEN_DOMCTL_MONITOR_EVENT_VMEXIT              12
#define XEN_DOMCTL_PSR_SET_L3_CBM                    0
#define XEN_DOMCTL_PSR_GET_L3_CBM                    1
#define XEN_DOMCTL_PSR_SET_L3_CODE                   2
#define XEN_DOMCTL_PSR_SET_L3_DATA                   3
#define XEN_DOMCTL_PSR_GET_L3_CODE                   4
#define XEN_DOMCTL_PSR_GET_L3_DATA                   5
#define XEN_DOMCTL_PSR_SET_L2_CBM                    6
#define XEN_DOMCTL_PSR_GET_L2_CBM                    7
#define XEN_DOMCTL_PSR_SET_MBA_THRTL                 8
#define XEN_DOMCTL_PSR_GET_MBA_THRTL                 9
#define XEN_DOMCTL_VUART_OP_INIT                     0
#define XEN_DOMCTL_VUART_TYPE_VPL011                 0

/* Parameters of credit; 4 bytes. */
struct xen_domctl_sched_credit {
    uint16_t weight;
    uint16_t cap;
};

/* Counters of shadow_op; 8 bytes. */
struct xen_domctl_shadow_op_stats {
    uint32_t fault_count;
    uint32_t dirty_count;
};

/* Element of the vcpu_msrs array; 16 bytes. */
struct xen_domctl_vcpu_msr {
    uint32_t index;
    uint32_t reserved;
    uint64_t value;
};

/* Parameters of credit2; 4 bytes. */
struct xen_domctl_sched_credit2 {
    uint16_t weight;
    uint16_t cap;
};

/* Parameters of rtds; 12 bytes. */
struct xen_domctl_sched_rtds {
    uint32_t period;
    uint32_t budget;
    uint32_t flags;
};

/* Element of the scheduler_op vcpus array; 16 bytes. */
struct xen_domctl_schedparam_vcpu {
    union {
        struct xen_domctl_sched_credit credit;
        struct xen_domctl_sched_credit2 credit2;
        struct xen_domctl_sched_rtds rtds;
    } u;
    uint32_t vcpuid;
};

/* cmd 1: in, domain id in/out; 64 bytes. */
struct xen_domctl_createdomain {
    uint32_t ssidref;
    uint8_t handle[16];
    uint32_t flags;
    uint32_t iommu_opts;
    uint32_t max_vcpus;
    uint32_t max_evtchn_port;
    int32_t max_grant_frames;
    int32_t max_maptrack_frames;
    uint32_t grant_opts;
    uint32_t vmtrace_size;
    uint32_t cpupool_id;
    struct xen_arch_domainconfig arch;
};

/* cmd 5: out; also the element of getdomaininfolist; 112 bytes. */
struct xen_domctl_getdomaininfo {
    uint16_t domain;
    uint16_t pad1;
    uint32_t flags;
    uint64_t tot_pages;
    uint64_t max_pages;
    uint64_t outstanding_pages;
    uint64_t shr_pages;
    uint64_t paged_pages;
    uint64_t shared_info_frame;
    uint64_t cpu_time;
    uint32_t nr_online_vcpus;
    uint32_t max_vcpu_id;
    uint32_t ssidref;
    uint8_t handle[16];
    uint32_t cpupool;
    uint8_t gpaddr_bits;
    uint8_t pad2[7];
    struct xen_arch_domainconfig arch_config;
};

/* cmd 61: array of u64, in frame, out type; 16 bytes. */
struct xen_domctl_getpageframeinfo3 {
    uint64_t num;
    uint64_t array;
};

/* cmd 68 and 69: in or out; 16 bytes. */
struct xen_domctl_nodeaffinity {
    struct xenctl_bitmap nodemap;
};

/* cmd 9 and 25: flags in, maps in or out; 40 bytes. */
struct xen_domctl_vcpuaffinity {
    uint32_t vcpu;
    uint32_t flags;
    struct xenctl_bitmap cpumap_hard;
    struct xenctl_bitmap cpumap_soft;
};

/* cmd 10: log-dirty control; 40 bytes. */
struct xen_domctl_shadow_op {
    uint32_t op;
    uint32_t mode;
    uint32_t mb;
    uint8_t _pad0[4];
    uint64_t dirty_bitmap;
    uint64_t pages;
    struct xen_domctl_shadow_op_stats stats;
};

/* cmd 11: in; 8 bytes. */
struct xen_domctl_max_mem {
    uint64_t max_memkb;
};

/* cmd 12 and 13: ctxt is a handle to struct vcpu_guest_context; 16 bytes. */
struct xen_domctl_vcpucontext {
    uint32_t vcpu;
    uint8_t _pad0[4];
    uint64_t ctxt;
};

/* cmd 14: vcpu in, rest out; 24 bytes. */
struct xen_domctl_getvcpuinfo {
    uint32_t vcpu;
    uint8_t online;
    uint8_t blocked;
    uint8_t running;
    uint8_t _pad0[1];
    uint64_t cpu_time;
    uint32_t cpu;
    uint8_t _pad1[4];
};

/* cmd 15: in; 4 bytes. */
struct xen_domctl_max_vcpus {
    uint32_t max;
};

/* cmd 16: parameters of a domain or its vCPUs; 24 bytes. */
struct xen_domctl_scheduler_op {
    uint32_t sched_id;
    uint32_t cmd;
    union {
        struct xen_domctl_sched_credit credit;
        struct xen_domctl_sched_credit2 credit2;
        struct xen_domctl_sched_rtds rtds;
        struct {
            uint64_t vcpus;
            uint32_t nr_vcpus;
            uint32_t padding;
        } v;
    } u;
};

/* cmd 17: in, new UUID; 16 bytes. */
struct xen_domctl_setdomainhandle {
    uint8_t handle[16];
};

/* cmd 18: in; 1 byte. */
struct xen_domctl_setdebugging {
    uint8_t enable;
};

/* cmd 19: in; 8 bytes. */
struct xen_domctl_irq_permission {
    uint32_t pirq;
    uint8_t allow_access;
    uint8_t pad[3];
};

/* cmd 20: in; 24 bytes. */
struct xen_domctl_iomem_permission {
    uint64_t first_mfn;
    uint64_t nr_mfns;
    uint8_t allow_access;
    uint8_t _pad0[7];
};

/* cmd 21: in; 12 bytes. */
struct xen_domctl_ioport_permission {
    uint32_t first_port;
    uint32_t nr_ports;
    uint8_t allow_access;
    uint8_t _pad0[3];
};

/* cmd 22: in, page to fill with stubs; 8 bytes. */
struct xen_domctl_hypercall_init {
    uint64_t gmfn;
};

/* cmd 24: in; 8 bytes. */
struct xen_domctl_settimeoffset {
    int64_t time_offset_seconds;
};

/* cmd 59 and 60: in or out; 24 bytes. */
struct xen_domctl_tsc_info {
    uint32_t tsc_mode;
    uint32_t gtsc_khz;
    uint32_t incarnation;
    uint32_t pad;
    uint64_t elapsed_nsec;
};

/* cmd 34 and 33; 16 bytes. */
struct xen_domctl_hvmcontext {
    uint32_t size;
    uint8_t _pad0[4];
    uint64_t buffer;
};

/* cmd 55; 24 bytes. */
struct xen_domctl_hvmcontext_partial {
    uint32_t type;
    uint32_t instance;
    uint64_t bufsz;
    uint64_t buffer;
};

/* cmd 35 and 36: bits, in or out; 4 bytes. */
struct xen_domctl_address_size {
    uint32_t size;
};

/* cmd 28: in; 8 bytes. */
struct xen_domctl_sendtrigger {
    uint32_t trigger;
    uint32_t vcpu;
};

/* cmd 50; 24 bytes. */
struct xen_domctl_get_device_group {
    uint32_t machine_sbdf;
    uint32_t max_sdevs;
    uint32_t num_sdevs;
    uint8_t _pad0[4];
    uint64_t sdev_array;
};

/* cmd 37 and 45 and 47; 24 bytes. */
struct xen_domctl_assign_device {
    uint32_t dev;
    uint32_t flags;
    union {
        struct {
            uint32_t machine_sbdf;
        } pci;
        struct {
            uint32_t size;
            uint8_t _pad0[4];
            uint64_t path;
        } dt;
    } u;
};

/* cmd 38 and 48; 24 bytes. */
struct xen_domctl_bind_pt_irq {
    uint32_t machine_irq;
    uint32_t irq_type;
    union {
        struct {
            uint8_t isa_irq;
        } isa;
        struct {
            uint8_t bus;
            uint8_t device;
            uint8_t intx;
        } pci;
        struct {
            uint8_t gvec;
            uint8_t _pad0[3];
            uint32_t gflags;
            uint64_t gtable;
        } msi;
        struct {
            uint16_t spi;
        } spi;
    } u;
};

/* cmd 39; 32 bytes. */
struct xen_domctl_memory_mapping {
    uint64_t first_gfn;
    uint64_t first_mfn;
    uint64_t nr_mfns;
    uint32_t add_mapping;
    uint32_t padding;
};

/* cmd 40; 16 bytes. */
struct xen_domctl_ioport_mapping {
    uint32_t first_gport;
    uint32_t first_mport;
    uint32_t nr_ports;
    uint32_t add_mapping;
};

/* Virtual machine-check state of a vCPU; 32 bytes. */
struct hvm_vmce_vcpu {
    uint64_t caps;
    uint64_t mci_ctl2_bank0;
    uint64_t mci_ctl2_bank1;
    uint64_t mcg_ext_ctl;
};

/* cmd 42 and 43: syscall and machine-check state, in or out; 64 bytes. */
struct xen_domctl_ext_vcpucontext {
    uint32_t vcpu;
    uint32_t size;
    uint64_t syscall32_callback_eip;
    uint64_t sysenter_callback_eip;
    uint16_t syscall32_callback_cs;
    uint16_t sysenter_callback_cs;
    uint8_t syscall32_disables_events;
    uint8_t sysenter_disables_events;
    uint8_t _pad0[2];
    union {
        uint64_t mcg_cap;
        struct hvm_vmce_vcpu vmce;
    } u;
};

/* cmd 46; 2 bytes. */
struct xen_domctl_set_target {
    uint16_t target;
};

/* cmd 29; 4 bytes. */
struct xen_domctl_subscribe {
    uint32_t port;
};

/* cmd 54; 8 bytes. */
struct xen_domctl_debug_op {
    uint32_t op;
    uint32_t vcpu;
};

/* cmd 56; 12 bytes. */
struct xen_domctl_vm_event_op {
    uint32_t op;
    uint32_t mode;
    union {
        struct {
            uint32_t port;
        } enable;
        uint32_t version;
    } u;
};

/* cmd 57; 2 bytes. */
struct xen_domctl_mem_sharing_op {
    uint8_t op;
    union {
        uint8_t enable;
    } u;
};

/* cmd 82 and 83: counts in/out, err_* out; 40 bytes. */
struct xen_domctl_cpu_policy {
    uint32_t nr_leaves;
    uint32_t nr_msrs;
    uint64_t leaves;
    uint64_t msrs;
    uint32_t err_leaf;
    uint32_t err_subleaf;
    uint32_t err_msr;
    uint8_t _pad0[4];
};

/* cmd 62 and 63: XSAVE state, in or out; 32 bytes. */
struct xen_domctl_vcpuextstate {
    uint32_t vcpu;
    uint8_t _pad0[4];
    uint64_t xfeature_mask;
    uint64_t size;
    uint64_t buffer;
};

/* cmd 73 and 72: handle to struct xen_domctl_vcpu_msr; 16 bytes. */
struct xen_domctl_vcpu_msrs {
    uint32_t vcpu;
    uint32_t msr_count;
    uint64_t msrs;
};

/* cmd 64; 1 byte. */
struct xen_domctl_set_access_required {
    uint8_t access_required;
};

/* cmd 65; 24 bytes. */
struct xen_domctl_audit_p2m {
    uint64_t orphans;
    uint64_t m2p_bad;
    uint64_t p2m_bad;
};

/* cmd 66: in; 4 bytes. */
struct xen_domctl_set_virq_handler {
    uint32_t virq;
};

/* cmd 1000: gdbsx memory access; 40 bytes. */
struct xen_domctl_gdbsx_memio {
    uint64_t pgd3val;
    uint64_t gva;
    uint64_t uva;
    uint32_t len;
    uint8_t gwr;
    uint8_t _pad0[3];
    uint32_t remain;
    uint8_t _pad1[4];
};

/* cmd 67; 8 bytes. */
struct xen_domctl_set_broken_page_p2m {
    uint64_t pfn;
};

/* cmd 71; 16 bytes. */
struct xen_domctl_cacheflush {
    uint64_t start_pfn;
    uint64_t nr_pfns;
};

/* cmd 1001 and 1002: gdbsx vCPU pause; 4 bytes. */
struct xen_domctl_gdbsx_pauseunp_vcpu {
    uint32_t vcpu;
};

/* cmd 1003: out; 12 bytes. */
struct xen_domctl_gdbsx_domstatus {
    uint8_t paused;
    uint8_t _pad0[3];
    uint32_t vcpu_id;
    uint32_t vcpu_ev;
};

/* cmd 74: in; 48 bytes. */
struct xen_domctl_vnuma {
    uint32_t nr_vnodes;
    uint32_t nr_vmemranges;
    uint32_t nr_vcpus;
    uint32_t pad;
    uint64_t vdistance;
    uint64_t vcpu_to_vnode;
    uint64_t vnode_to_pnode;
    uint64_t vmemrange;
};

/* cmd 75; 8 bytes. */
struct xen_domctl_psr_cmt_op {
    uint32_t cmd;
    uint32_t data;
};

/* cmd 77; 24 bytes. */
struct xen_domctl_monitor_op {
    uint32_t op;
    uint32_t event;
    union {
        struct {
            uint8_t index;
            uint8_t sync;
            uint8_t onchangeonly;
            uint8_t pad1;
            uint32_t pad2;
            uint64_t bitmask;
        } mov_to_cr;
        struct {
            uint32_t msr;
            uint8_t onchangeonly;
            uint8_t _pad0[3];
        } mov_to_msr;
        struct {
            uint8_t sync;
            uint8_t allow_userspace;
        } guest_request;
        struct {
            uint8_t sync;
        } debug_exception;
        struct {
            uint8_t sync;
        } vmexit;
    } u;
};

/* cmd 78; 16 bytes. */
struct xen_domctl_psr_alloc {
    uint32_t cmd;
    uint32_t target;
    uint64_t data;
};

/* cmd 81; 24 bytes. */
struct xen_domctl_vuart_op {
    uint32_t cmd;
    uint32_t type;
    uint64_t gfn;
    uint16_t console_domid;
    uint8_t pad[2];
    uint32_t evtchn;
};

/* cmd 84; 24 bytes. */
struct xen_domctl_vmtrace_op {
    uint32_t cmd;
    uint32_t vcpu;
    uint64_t key;
    uint64_t value;
};

/* cmd 85 and 86: in or out; 8 bytes. */
struct xen_domctl_paging_mempool {
    uint64_t size;
};

/* Argument of domctl(36); results are copied back; 144 bytes. */
struct xen_domctl {
    uint32_t cmd;
    uint32_t interface_version;
    uint16_t domain;
    uint16_t _pad[3];
    union {
        struct xen_domctl_createdomain createdomain;
        struct xen_domctl_getdomaininfo getdomaininfo;
        struct xen_domctl_getpageframeinfo3 getpageframeinfo3;
        struct xen_domctl_nodeaffinity nodeaffinity;
        struct xen_domctl_vcpuaffinity vcpuaffinity;
        struct xen_domctl_shadow_op shadow_op;
        struct xen_domctl_max_mem max_mem;
        struct xen_domctl_vcpucontext vcpucontext;
        struct xen_domctl_getvcpuinfo getvcpuinfo;
        struct xen_domctl_max_vcpus max_vcpus;
        struct xen_domctl_scheduler_op scheduler_op;
        struct xen_domctl_setdomainhandle setdomainhandle;
        struct xen_domctl_setdebugging setdebugging;
        struct xen_domctl_irq_permission irq_permission;
        struct xen_domctl_iomem_permission iomem_permission;
        struct xen_domctl_ioport_permission ioport_permission;
        struct xen_domctl_hypercall_init hypercall_init;
        struct xen_domctl_settimeoffset settimeoffset;
        struct xen_domctl_tsc_info tsc_info;
        struct xen_domctl_hvmcontext hvmcontext;
        struct xen_domctl_hvmcontext_partial hvmcontext_partial;
        struct xen_domctl_address_size address_size;
        struct xen_domctl_sendtrigger sendtrigger;
        struct xen_domctl_get_device_group get_device_group;
        struct xen_domctl_assign_device assign_device;
        struct xen_domctl_bind_pt_irq bind_pt_irq;
        struct xen_domctl_memory_mapping memory_mapping;
        struct xen_domctl_ioport_mapping ioport_mapping;
        struct xen_domctl_ext_vcpucontext ext_vcpucontext;
        struct xen_domctl_set_target set_target;
        struct xen_domctl_subscribe subscribe;
        struct xen_domctl_debug_op debug_op;
        struct xen_domctl_vm_event_op vm_event_op;
        struct xen_domctl_mem_sharing_op mem_sharing_op;
        struct xen_domctl_cpu_policy cpu_policy;
        struct xen_domctl_vcpuextstate vcpuextstate;
        struct xen_domctl_vcpu_msrs vcpu_msrs;
        struct xen_domctl_set_access_required access_required;
        struct xen_domctl_audit_p2m audit_p2m;
        struct xen_domctl_set_virq_handler set_virq_handler;
        struct xen_domctl_gdbsx_memio gdbsx_guest_memio;
        struct xen_domctl_set_broken_page_p2m set_broken_page_p2m;
        struct xen_domctl_cacheflush cacheflush;
        struct xen_domctl_gdbsx_pauseunp_vcpu gdbsx_pauseunp_vcpu;
        struct xen_domctl_gdbsx_domstatus gdbsx_domstatus;
        struct xen_domctl_vnuma vnuma;
        struct xen_domctl_psr_cmt_op psr_cmt_op;
        struct xen_domctl_monitor_op monitor_op;
        struct xen_domctl_psr_alloc psr_alloc;
        struct xen_domctl_vuart_op vuart_op;
        struct xen_domctl_vmtrace_op vmtrace_op;
        struct xen_domctl_paging_mempool paging_mempool;
        uint8_t pad[128];
    } u;
};

#endif /* SOCLE_ABI_DOMCTL_H */
