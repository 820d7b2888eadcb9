/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * include/abi/xen.h
 *
 * Core of the PV ABI: hypercall numbers, MMU operations, start_info, shared_info.
 */
#ifndef SOCLE_ABI_XEN_H
#define SOCLE_ABI_XEN_H

#include <stdint.h>

#include "arch-x86_64.h"

/* Hypercall numbers (rax of the SYSCALL instruction). */
#define __HYPERVISOR_set_trap_table                0
#define __HYPERVISOR_mmu_update                    1
#define __HYPERVISOR_set_gdt                       2
#define __HYPERVISOR_stack_switch                  3
#define __HYPERVISOR_set_callbacks                 4
#define __HYPERVISOR_fpu_taskswitch                5
#define __HYPERVISOR_sched_op_compat               6
#define __HYPERVISOR_platform_op                   7
#define __HYPERVISOR_set_debugreg                  8
#define __HYPERVISOR_get_debugreg                  9
#define __HYPERVISOR_update_descriptor             10
#define __HYPERVISOR_memory_op                     12
#define __HYPERVISOR_multicall                     13
#define __HYPERVISOR_update_va_mapping             14
#define __HYPERVISOR_set_timer_op                  15
#define __HYPERVISOR_event_channel_op_compat       16
#define __HYPERVISOR_xen_version                   17
#define __HYPERVISOR_console_io                    18
#define __HYPERVISOR_physdev_op_compat             19
#define __HYPERVISOR_grant_table_op                20
#define __HYPERVISOR_vm_assist                     21
#define __HYPERVISOR_update_va_mapping_otherdomain 22
#define __HYPERVISOR_iret                          23
#define __HYPERVISOR_vcpu_op                       24
#define __HYPERVISOR_set_segment_base              25
#define __HYPERVISOR_mmuext_op                     26
#define __HYPERVISOR_xsm_op                        27
#define __HYPERVISOR_nmi_op                        28
#define __HYPERVISOR_sched_op                      29
#define __HYPERVISOR_callback_op                   30
#define __HYPERVISOR_xenoprof_op                   31
#define __HYPERVISOR_event_channel_op              32
#define __HYPERVISOR_physdev_op                    33
#define __HYPERVISOR_hvm_op                        34
#define __HYPERVISOR_sysctl                        35
#define __HYPERVISOR_domctl                        36
#define __HYPERVISOR_kexec_op                      37
#define __HYPERVISOR_tmem_op                       38
#define __HYPERVISOR_argo_op                       39
#define __HYPERVISOR_xenpmu_op                     40
#define __HYPERVISOR_dm_op                         41
#define __HYPERVISOR_hypfs_op                      42
#define __HYPERVISOR_arch_0                        48
#define __HYPERVISOR_arch_1                        49
#define __HYPERVISOR_arch_2                        50
#define __HYPERVISOR_arch_3                        51
#define __HYPERVISOR_arch_4                        52
#define __HYPERVISOR_arch_5                        53
#define __HYPERVISOR_arch_6                        54
#define __HYPERVISOR_arch_7                        55
#define __HYPERVISOR_mca                           48
#define __HYPERVISOR_paging_domctl_cont            49

/* Virtual interrupts (EVTCHNOP_bind_virq); timer, debug, xenoprof and PMU are per vCPU. */
#define VIRQ_TIMER      0
#define VIRQ_DEBUG      1
#define VIRQ_CONSOLE    2
#define VIRQ_DOM_EXC    3
#define VIRQ_TBUF       4
#define VIRQ_DEBUGGER   6
#define VIRQ_XENOPROF   7
#define VIRQ_CON_RING   8
#define VIRQ_PCPU_STATE 9
#define VIRQ_MEM_EVENT  10
#define VIRQ_ARGO       11
#define VIRQ_ENOMEM     12
#define VIRQ_XENPMU     13
#define VIRQ_ARCH_0     16
#define VIRQ_ARCH_1     17
#define VIRQ_ARCH_2     18
#define VIRQ_ARCH_3     19
#define VIRQ_ARCH_4     20
#define VIRQ_ARCH_5     21
#define VIRQ_ARCH_6     22
#define VIRQ_ARCH_7     23
#define NR_VIRQS        24

/* mmu_update: command in the two low bits of ptr. */
#define MMU_NORMAL_PT_UPDATE       0
#define MMU_MACHPHYS_UPDATE        1
#define MMU_PT_UPDATE_PRESERVE_AD  2
#define MMU_PT_UPDATE_NO_TRANSLATE 3

/* mmuext_op commands. */
#define MMUEXT_PIN_L1_TABLE       0
#define MMUEXT_PIN_L2_TABLE       1
#define MMUEXT_PIN_L3_TABLE       2
#define MMUEXT_PIN_L4_TABLE       3
#define MMUEXT_UNPIN_TABLE        4
#define MMUEXT_NEW_BASEPTR        5
#define MMUEXT_TLB_FLUSH_LOCAL    6
#define MMUEXT_INVLPG_LOCAL       7
#define MMUEXT_TLB_FLUSH_MULTI    8
#define MMUEXT_INVLPG_MULTI       9
#define MMUEXT_TLB_FLUSH_ALL      10
#define MMUEXT_INVLPG_ALL         11
#define MMUEXT_FLUSH_CACHE        12
#define MMUEXT_SET_LDT            13
#define MMUEXT_NEW_USER_BASEPTR   15
#define MMUEXT_CLEAR_PAGE         16
#define MMUEXT_COPY_PAGE          17
#define MMUEXT_FLUSH_CACHE_GLOBAL 18
#define MMUEXT_MARK_SUPER         19
#define MMUEXT_UNMARK_SUPER       20

/* update_va_mapping flags; with MULTI the upper bits point to a vCPU bitmap. */
#define UVMF_NONE           0
#define UVMF_TLB_FLUSH      1
#define UVMF_INVLPG         2
#define UVMF_FLUSHTYPE_MASK 0x3
#define UVMF_MULTI          0
#define UVMF_LOCAL          0
#define UVMF_ALL            4

/* console_io commands. */
#define CONSOLEIO_write 0
#define CONSOLEIO_read  1

/* vm_assist commands and types. */
#define VMASST_CMD_enable                0
#define VMASST_CMD_disable               1
#define VMASST_TYPE_4gb_segments         0
#define VMASST_TYPE_4gb_segments_notify  1
#define VMASST_TYPE_writable_pagetables  2
#define VMASST_TYPE_pae_extended_cr3     3
#define VMASST_TYPE_architectural_iopl   4
#define VMASST_TYPE_runstate_update_flag 5
#define VMASST_TYPE_m2p_strict           32
#define MAX_VMASST_TYPE                  5

/* Reserved domain identifiers. */
#define DOMID_FIRST_RESERVED 0x7ff0
#define DOMID_SELF           0x7ff0
#define DOMID_IO             0x7ff1
#define DOMID_XEN            0x7ff2
#define DOMID_COW            0x7ff3
#define DOMID_INVALID        0x7ff4
#define DOMID_IDLE           0x7fff
#define DOMID_MASK           0x7fff

/* start_info.flags. */
#define SIF_PRIVILEGED      0x1
#define SIF_INITDOMAIN      0x2
#define SIF_MULTIBOOT_MOD   0x4
#define SIF_MOD_START_PFN   0x8
#define SIF_VIRT_P2M_4TOOLS 0x10
#define SIF_PM_MASK         0xff00
#define MAX_GUEST_CMDLINE   1024

/* Console kinds in dom0_vga_console_info.video_type. */
#define XEN_VGATYPE_TEXT_MODE_3 3
#define XEN_VGATYPE_VESA_LFB    35
#define XEN_VGATYPE_EFI_LFB     112

/* vcpu_time_info.flags. */
#define XEN_PVCLOCK_TSC_STABLE_BIT 1
#define XEN_PVCLOCK_GUEST_STOPPED  2

/* xenpmu_op commands. */
#define XENPMU_mode_get    0
#define XENPMU_mode_set    1
#define XENPMU_feature_get 2
#define XENPMU_feature_set 3
#define XENPMU_init        4
#define XENPMU_finish      5
#define XENPMU_lvtpc_set   6
#define XENPMU_flush       7

/* mmu_update(1), in: one page-table or M2P write; 16 bytes. */
struct mmu_update {
    uint64_t ptr; /* machine address of the entry, command in bits 1:0 */
    uint64_t val; /* new contents */
};

/* mmuext_op(26), in: one extended MMU operation; 24 bytes. */
struct mmuext_op {
    uint32_t cmd; /* MMUEXT_* */
    uint8_t _pad0[4];
    union {
        uint64_t mfn; /* table, page or new base */
        uint64_t linear_addr; /* virtual address */
    } arg1;
    union {
        uint32_t nr_ents; /* LDT entries */
        uint64_t vcpumask; /* handle: vCPU bitmap */
        uint64_t src_mfn; /* source of COPY_PAGE */
    } arg2;
};

/* multicall(13), in/out: one batched call; 64 bytes. */
struct multicall_entry {
    uint64_t op; /* hypercall number */
    uint64_t result; /* out: its return value */
    uint64_t args[6];
};

/* Clock parameters of one vCPU (odd version = being updated); 32 bytes. */
struct vcpu_time_info {
    uint32_t version;
    uint32_t pad0;
    uint64_t tsc_timestamp;
    uint64_t system_time; /* ns since boot at tsc_timestamp */
    uint32_t tsc_to_system_mul; /* 32.32 multiplier */
    int8_t tsc_shift;
    uint8_t flags;
    uint8_t pad1[2];
};

/* Per-vCPU part of the shared page; 64 bytes. */
struct vcpu_info {
    uint8_t evtchn_upcall_pending;
    uint8_t evtchn_upcall_mask;
    uint8_t _pad0[6];
    uint64_t evtchn_pending_sel; /* selects words of evtchn_pending */
    struct arch_vcpu_info arch;
    struct vcpu_time_info time;
};

/* Page shared between a domain and the hypervisor; 3136 bytes. */
struct shared_info {
    struct vcpu_info vcpu_info[32];
    uint64_t evtchn_pending[64];
    uint64_t evtchn_mask[64];
    uint32_t wc_version; /* wall clock: odd = being updated */
    uint32_t wc_sec;
    uint32_t wc_nsec;
    uint32_t wc_sec_hi;
    struct arch_shared_info arch;
};

/* First page a PV kernel sees (address in rsi); 1168 bytes. */
struct start_info {
    char magic[32];
    uint64_t nr_pages;
    uint64_t shared_info; /* machine address */
    uint32_t flags; /* SIF_* */
    uint8_t _pad0[4];
    uint64_t store_mfn;
    uint32_t store_evtchn;
    uint8_t _pad1[4];
    union {
        struct {
            uint64_t mfn;
            uint32_t evtchn;
            uint8_t _pad0[4];
        } domU;
        struct {
            uint32_t info_off;
            uint32_t info_size;
        } dom0;
    } console;
    uint64_t pt_base; /* VA of the L4 table */
    uint64_t nr_pt_frames;
    uint64_t mfn_list; /* VA of the P2M list */
    uint64_t mod_start; /* VA, or pfn with SIF_MOD_START_PFN */
    uint64_t mod_len;
    char cmd_line[1024];
    uint64_t first_p2m_pfn;
    uint64_t nr_p2m_frames;
};

/* Boot video mode handed to dom0; 40 bytes. */
struct dom0_vga_console_info {
    uint8_t video_type; /* XEN_VGATYPE_* */
    uint8_t _pad0[3];
    union {
        struct {
            uint16_t font_height;
            uint16_t cursor_x;
            uint16_t cursor_y;
            uint16_t rows;
            uint16_t columns;
        } text_mode_3;
        struct {
            uint16_t width;
            uint16_t height;
            uint16_t bytes_per_line;
            uint16_t bits_per_pixel;
            uint32_t lfb_base;
            uint32_t lfb_size;
            uint8_t red_pos;
            uint8_t red_size;
            uint8_t green_pos;
            uint8_t green_size;
            uint8_t blue_pos;
            uint8_t blue_size;
            uint8_t rsvd_pos;
            uint8_t rsvd_size;
            uint32_t gbl_caps;
            uint16_t mode_attrs;
            uint16_t pad;
            uint32_t ext_lfb_base;
        } vesa_lfb;
    } u;
};

/* Bitmap argument of domctl and sysctl; 16 bytes. */
struct xenctl_bitmap {
    uint64_t bitmap; /* handle: bytes */
    uint32_t nr_bits;
    uint8_t _pad0[4];
};

#endif /* SOCLE_ABI_XEN_H */
