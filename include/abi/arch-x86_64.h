/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * include/abi/arch-x86_64.h
 *
 * x86-64 part of the PV ABI: registers, traps, vCPU context, address-space split.
 */
#ifndef SOCLE_ABI_ARCH_X86_64_H
#define SOCLE_ABI_ARCH_X86_64_H

#include <stdint.h>

/* Selectors of the reserved GDT entries. */
#define FLAT_RING3_CS32  0xe023
#define FLAT_RING3_CS64  0xe033
#define FLAT_RING3_DS32  0xe02b
#define FLAT_RING3_DS64  0
#define FLAT_RING3_SS32  0xe02b
#define FLAT_RING3_SS64  0xe02b
#define FLAT_KERNEL_DS64 0
#define FLAT_KERNEL_DS32 0xe02b
#define FLAT_KERNEL_DS   0
#define FLAT_KERNEL_CS64 0xe033
#define FLAT_KERNEL_CS32 0xe023
#define FLAT_KERNEL_CS   0xe033
#define FLAT_KERNEL_SS64 0xe02b
#define FLAT_KERNEL_SS32 0xe02b
#define FLAT_KERNEL_SS   0xe02b
#define FLAT_USER_DS64   0
#define FLAT_USER_DS32   0xe02b
#define FLAT_USER_DS     0
#define FLAT_USER_CS64   0xe033
#define FLAT_USER_CS32   0xe023
#define FLAT_USER_CS     0xe033
#define FLAT_USER_SS64   0xe02b
#define FLAT_USER_SS32   0xe02b
#define FLAT_USER_SS     0xe02b

/* GDT pages reserved for the hypervisor. */
#define FIRST_RESERVED_GDT_PAGE  0xe
#define FIRST_RESERVED_GDT_BYTE  0xe000
#define FIRST_RESERVED_GDT_ENTRY 0x1c00
#define XEN_LEGACY_MAX_VCPUS     32

/* set_segment_base(25): which base. */
#define SEGBASE_FS          0
#define SEGBASE_GS_USER     1
#define SEGBASE_GS_KERNEL   2
#define SEGBASE_GS_USER_SEL 3

/* vcpu_guest_context.flags and iret_context.flags. */
#define VGCF_i387_valid               0x1
#define VGCF_in_kernel                0x4
#define VGCF_failsafe_disables_events 0x8
#define VGCF_syscall_disables_events  0x10
#define VGCF_online                   0x20
#define VGCF_in_syscall               0x100

/* xen_arch_domainconfig: emulation_flags and misc_flags. */
#define XEN_X86_EMU_LAPIC      0x1
#define XEN_X86_EMU_HPET       0x2
#define XEN_X86_EMU_PM         0x4
#define XEN_X86_EMU_RTC        0x8
#define XEN_X86_EMU_IOAPIC     0x10
#define XEN_X86_EMU_PIC        0x20
#define XEN_X86_EMU_VGA        0x40
#define XEN_X86_EMU_IOMMU      0x80
#define XEN_X86_EMU_PIT        0x100
#define XEN_X86_EMU_USE_PIRQ   0x200
#define XEN_X86_EMU_VPCI       0x400
#define XEN_X86_EMU_ALL        0x7ff
#define XEN_X86_MSR_RELAXED    0x1
#define XEN_X86_MISC_FLAGS_MAX 0x1

/* Leaf without subleaves in a CPUID policy. */
#define XEN_CPUID_NO_SUBLEAF 0xffffffffu

/* Part of the address space owned by the hypervisor (PML4 slots 256..271). */
#define HYPERVISOR_VIRT_START UINT64_C(0xffff800000000000)
#define HYPERVISOR_VIRT_END   UINT64_C(0xffff880000000000)
#define MACH2PHYS_VIRT_START  UINT64_C(0xffff800000000000)
#define MACH2PHYS_VIRT_END    UINT64_C(0xffff804000000000)

/* trap_info.flags. */
#define TI_DPL_MASK    0x3
#define TI_MASK_EVENTS 0x4

/* CPUID leaves of the hypervisor range and the hypercall-page MSR. */
#define XEN_CPUID_FIRST_LEAF                      0x40000000
#define XEN_CPUID_SIGNATURE_EBX                   0x566e6558
#define XEN_CPUID_SIGNATURE_ECX                   0x65584d4d
#define XEN_CPUID_SIGNATURE_EDX                   0x4d4d566e
#define XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD 0x1
#define XEN_CPUID_LEAF5_MFN_WIDTH_MASK            0xff
#define XEN_CPUID_MAX_NUM_LEAVES                  5
#define XEN_HYPERCALL_PAGE_MSR                    0x40000000

/* x86 part of vcpu_info; 16 bytes. */
struct arch_vcpu_info {
    uint64_t cr2; /* faulting address of the last page fault */
    uint64_t pad;
};

/* x86 part of shared_info, filled by the guest (except nmi_reason); 48 bytes. */
struct arch_shared_info {
    uint64_t max_pfn;
    uint64_t pfn_to_mfn_frame_list_list;
    uint64_t nmi_reason;
    uint64_t p2m_cr3;
    uint64_t p2m_vaddr;
    uint64_t p2m_generation;
};

/* set_trap_table(0), in: one vector; 16 bytes. */
struct trap_info {
    uint8_t vector;
    uint8_t flags; /* TI_* */
    uint16_t cs;
    uint8_t _pad0[4];
    uint64_t address; /* 0 ends the table */
};

/* General registers of a vCPU; 200 bytes. */
struct cpu_user_regs {
    uint64_t r15;
    uint64_t r14;
    uint64_t r13;
    uint64_t r12;
    uint64_t rbp;
    uint64_t rbx;
    uint64_t r11;
    uint64_t r10;
    uint64_t r9;
    uint64_t r8;
    uint64_t rax;
    uint64_t rcx;
    uint64_t rdx;
    uint64_t rsi;
    uint64_t rdi;
    uint32_t error_code;
    uint32_t entry_vector;
    uint64_t rip;
    uint16_t cs;
    uint16_t _pad0[1];
    uint8_t saved_upcall_mask;
    uint8_t _pad1[3];
    uint64_t rflags;
    uint64_t rsp;
    uint16_t ss;
    uint16_t _pad2[3];
    uint16_t es;
    uint16_t _pad3[3];
    uint16_t ds;
    uint16_t _pad4[3];
    uint16_t fs;
    uint16_t _pad5[3];
    uint16_t gs;
    uint16_t _pad6[3];
};

/* iret(23), in: frame on the guest kernel stack; 72 bytes. */
struct iret_context {
    uint64_t rax;
    uint64_t r11;
    uint64_t rcx;
    uint64_t flags; /* VGCF_in_syscall */
    uint64_t rip;
    uint64_t cs;
    uint64_t rflags;
    uint64_t rsp;
    uint64_t ss;
};

/* VCPUOP_initialise in; domctl set/getvcpucontext in/out; 5168 bytes. */
struct vcpu_guest_context {
    struct {
        char x[512]; /* FXSAVE image */
    } fpu_ctxt;
    uint64_t flags; /* VGCF_* */
    struct cpu_user_regs user_regs;
    struct trap_info trap_ctxt[256];
    uint64_t ldt_base;
    uint64_t ldt_ents;
    uint64_t gdt_frames[16];
    uint64_t gdt_ents;
    uint64_t kernel_ss;
    uint64_t kernel_sp;
    uint64_t ctrlreg[8]; /* cr0, user cr3, cr2, kernel cr3, cr4 */
    uint64_t debugreg[8];
    uint64_t event_callback_eip;
    uint64_t failsafe_callback_eip;
    uint64_t syscall_callback_eip;
    uint64_t vm_assist;
    uint64_t fs_base;
    uint64_t gs_base_kernel;
    uint64_t gs_base_user;
};

/* x86 part of createdomain and getdomaininfo; 8 bytes. */
struct xen_arch_domainconfig {
    uint32_t emulation_flags; /* XEN_X86_EMU_* */
    uint32_t misc_flags; /* XEN_X86_MSR_RELAXED */
};

/* One CPUID leaf of a CPU policy; 24 bytes. */
struct xen_cpuid_leaf {
    uint32_t leaf;
    uint32_t subleaf;
    uint32_t a;
    uint32_t b;
    uint32_t c;
    uint32_t d;
};

/* One MSR of a CPU policy; 16 bytes. */
struct xen_msr_entry {
    uint32_t idx;
    uint32_t flags;
    uint64_t val;
};

#endif /* SOCLE_ABI_ARCH_X86_64_H */
