/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Per-CPU data and what a CPU is doing. Each CPU owns one naturally aligned block of CPU_STACK_SIZE
 * bytes: IST stacks in the lowest pages, then the main stack, and struct cpu_info at its very top, so
 * that masking rsp finds it with no GS juggling (the guest owns both GS bases). A trap from ring 3 pushes
 * straight into cpu_info.guest_regs (TSS.rsp0 = &guest_regs.es).
 *
 * The hypervisor runs with interrupts off everywhere but in the idle loop; it is not preempted.
 */
#ifndef SOCLE_CPU_CPU_H
#define SOCLE_CPU_CPU_H

#include <stdbool.h>
#include <stdint.h>
#include <abi/arch-x86_64.h>
#include "mm/layout.h"

#define MAX_CPUS 256u

struct vcpu;
struct domain;

/* Work to be done before the next return to a guest: one word, tested once in cpu/exit.c. */
#define WORK_RESCHED	(1u << 0)	/* run the scheduler */
#define WORK_TIMER	(1u << 1)	/* expired timers wait in time/timer.c */
#define WORK_NMI	(1u << 2)	/* an NMI has come: cpu/trap.c */
#define WORK_DEBUG	(1u << 3)	/* debug keys, news of the log: debug/keys.c */

struct cpu_info {
	uint64_t flush_asked;			/* a: flushes that other CPUs have asked for so far, cpu/smp.c */
	struct cpu_user_regs guest_regs;	/* of current; what is above .ss is what rsp0 points at */
	uint32_t cpu;				/* index of this CPU */
	uint32_t work;				/* a: WORK_* */
	struct vcpu *current_vcpu;		/* never NULL after sched_init(); the idle vCPU when idle */
	uint64_t entry_tsc;			/* TSC at the first preempt_check() since the entry from ring 3; 0: none yet */
	uint64_t tlb_seen;			/* tlb_clock before the last CR3 write, ~0 without guest's entries: mm/tlb.c */
	uint64_t flush_done;			/* flush_asked as of the last flush that served it */
	int64_t tsc_offset;			/* what is added to this CPU's TSC; 0 when all count alike */
	uint64_t scratch;			/* entry.S */
} __attribute__((aligned(16)));

static inline struct cpu_info *this_cpu(void)
{
	uint64_t sp;

	__asm__("mov %%rsp, %0" : "=r"(sp));
	return (struct cpu_info *)((sp | (CPU_STACK_SIZE - 1)) + 1 - sizeof(struct cpu_info));
}

#define current (this_cpu()->current_vcpu)

/* Registers of the guest that trapped into us: valid in every hypercall and trap handler. */
static inline struct cpu_user_regs *guest_regs(void)
{
	return &this_cpu()->guest_regs;
}

/* Other CPUs set bits too: smp_raise_work(). */
static inline void cpu_raise_work(uint32_t bits)
{
	__atomic_fetch_or(&this_cpu()->work, bits, __ATOMIC_RELAXED);
}

/* True when the running operation should make itself a continuation (held the CPU too long). */
bool preempt_check(void);

/* cpu/desc.c: per-CPU GDT page, IDT, TSS, stacks, SYSCALL MSRs. Called once per CPU. */
void desc_init_cpu(unsigned int cpu);
/* Maps this CPU's reserved GDT page for the vCPU's window, loads GDTR and LDTR. Called at context switch. */
void desc_load_vcpu(struct vcpu *v);
/* GDTR points at the hypervisor's own view, which all roots map: before CR3 changes to another vCPU's, since an NMI loads
 * descriptors at any moment. */
void desc_leave_window(void);
/* mfn of this CPU's page that stands in pages 14 of each GDT window (page 15 is the zero page). */
uint64_t desc_gdt_mfn(unsigned int cpu);

/* cpu/feature.c */
struct cpu_features {
	uint32_t max_leaf, max_ext_leaf;
	bool intel, amd, nx, xsave, xsaveopt, avx, avx512, fsgsbase, smap, smep, pge, page1gb;
	bool tsc_deadline, tsc_invariant, rdtscp, x2apic, pcid, arat, syscall32;
	uint64_t xcr0_max;		/* bits that guests may set */
	uint32_t xsave_size;		/* bytes of the area for xcr0_max */
	unsigned int paddr_bits;
	char brand[49];
};
extern struct cpu_features host_features;
void feature_init(void);			/* boot CPU: detects, then does what feature_init_cpu() does */
void feature_init_cpu(void);			/* sets CR0/CR4/EFER/XCR0/PAT as on the boot CPU */
struct cpuid_regs { uint32_t a, b, c, d; };
/* The CPUID view of a PV domain (pv-abi 1.11). *out is what the guest sees for leaf/subleaf. */
void feature_guest_cpuid(const struct vcpu *v, uint32_t leaf, uint32_t subleaf, struct cpuid_regs *out);

/* cpu/xstate.c: eager FPU switching. */
int xstate_alloc(struct vcpu *v);		/* 0 or -XEN_ENOMEM; area is set to the reset state */
void xstate_free(struct vcpu *v);
void xstate_save(struct vcpu *v);
void xstate_restore(struct vcpu *v);		/* also loads XCR0 and CR0.TS (v->pv.ts) */
void xstate_reset(void);			/* after a save: the registers as firmware expects them */
bool xstate_set_xcr0(struct vcpu *v, uint64_t xcr0);	/* false: refuse with #GP */
void xstate_load_fxsave(struct vcpu *v, const void *fx512);	/* from vcpu_guest_context.fpu_ctxt */
void xstate_store_fxsave(struct vcpu *v, void *fx512);

/* cpu/exit.c: the way back to the guest, see its essay. Entered from entry.S with interrupts off. */
void exit_to_guest(void);
/* Starts the first vCPU on a fresh stack; never returns. */
void cpu_start_guest_loop(void) __attribute__((noreturn));

/* cpu/entry.S: one stub per vector; the SYSCALL targets, reached through the per-CPU trampoline of desc.c with
 * rsp = &guest_regs.rsp (ss and rsp already stored), rcx = rip, r11 = rflags. */
extern const uint64_t trap_stubs[256];
void entry_syscall(void);
void entry_syscall32(void);
/* Drops the whole stack and returns to the guest in guest_regs by way of exit_to_guest(). */
void entry_resume_guest(void) __attribute__((noreturn));
extern const char entry_iretq[];	/* the IRETQ that may fault on the guest's behalf */

/* cpu/trap.c: called by entry.S */
void trap_handle(struct cpu_user_regs *regs);
void trap_nmi_work(void);		/* WORK_NMI */
void trap_user_syscall(struct cpu_user_regs *regs);	/* SYSCALL in guest user mode */
/* cpu/firmware.S, under mm/firmware.c's root. A fault in the firmware ends the call, with firmware_faulted set. */
uint64_t firmware_call(uint64_t function, const uint64_t arg[5]);
extern const char firmware_fault[];
extern uint64_t firmware_stack;			/* 0 unless a call is under way */
extern bool firmware_faulted;
/* Instruction pointer fix-up for faults in hypervisor code that names it in the exception table. */
bool trap_fixup(struct cpu_user_regs *regs);

/* Assembly macro-less helper: adds (faulting rip, fixup rip) to .ex_table; two 64-bit absolute words per entry. */
#define EX_TABLE(from, to) ".pushsection .ex_table,\"a\"\n.balign 8\n.quad " #from "," #to "\n.popsection\n"

#endif
