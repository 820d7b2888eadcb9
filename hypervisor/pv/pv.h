/* SPDX-License-Identifier: BSD-2-Clause */
/* The PV machine: trap bounce, privileged operations, segments. */
#ifndef SOCLE_PV_PV_H
#define SOCLE_PV_PV_H
#include <stdbool.h>
#include <stdint.h>
struct vcpu; struct domain; struct cpu_user_regs; struct vcpu_guest_context;
/* Deliver an exception to current's guest kernel now-ish (frame built at exit). */
void pv_inject_trap(uint8_t vector, bool has_error, uint32_t error);
void pv_inject_page_fault(uint64_t cr2, uint32_t error);
/* From exit.c: builds whatever frame is due (exception, NMI, event upcall). May crash the domain. */
void pv_deliver_pending(struct vcpu *v);
void pv_toggle_mode(struct vcpu *v);			/* kernel <-> user of current: CR3, GS bases */
void pv_context_save(struct vcpu *v);			/* segments, bases, debug registers of current */
void pv_context_load(struct vcpu *v);			/* the reverse; after mm_load_vcpu and desc_load_vcpu */
int pv_vcpu_init(struct vcpu *v);
void pv_vcpu_relinquish(struct vcpu *v);		/* GDT and LDT references */
/* vcpu_guest_context <-> pv fields except page-table roots (pv-abi 2.12): what can be refused by looking at it, what takes
 * frames, and the rest, which cannot fail. 0 or -XEN_EINVAL */
int pv_context_check(const struct vcpu_guest_context *c);
int pv_set_tables(struct vcpu *v, const struct vcpu_guest_context *c);
void pv_set_context(struct vcpu *v, const struct vcpu_guest_context *c);
void pv_get_context(struct vcpu *v, struct vcpu_guest_context *c);
int pv_set_gdt(struct vcpu *v, const uint64_t *mfns, unsigned int entries);
/* Descriptor rules of pv-abi 2.1: fixes *desc's DPL; false if it must be refused. Pure. */
bool pv_desc_fix(uint64_t *desc);
/* Emulation entry points used by cpu/trap.c: true = handled, resume; false = bounce the fault. */
bool pv_emulate_privileged(struct cpu_user_regs *regs);	/* #GP(0) */
bool pv_emulate_cpuid_ud(struct cpu_user_regs *regs);	/* #UD: forced-emulation prefix */
bool pv_handle_page_fault(struct cpu_user_regs *regs, uint64_t cr2);	/* write emulation, LDT window */
/* SYSCALL in guest user mode: to the syscall callback, or #UD if there is none. */
void pv_user_syscall(struct cpu_user_regs *regs);
/* The hardware refused to return to guest_regs: failsafe callback at the next exit. */
void pv_return_failed(struct vcpu *v);
/* True: va lies in v's LDT window, and the guest's page behind it is mapped now. */
bool pv_fill_ldt_window(struct vcpu *v, uint64_t va);
/* New LDT (MMUEXT_SET_LDT); pages are taken when used. 0 or -XEN_EINVAL. */
int pv_set_ldt(struct vcpu *v, uint64_t base, uint64_t ents);
#endif
