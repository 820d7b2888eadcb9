/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by the files of pv/ only. */
#ifndef SOCLE_PV_INTERNAL_H
#define SOCLE_PV_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>
#include <abi/xen.h>

struct vcpu;
struct insn;
struct cpu_user_regs;

/* CR0 of the guest without TS (pv-abi 3.8): PG AM WP NE ET MP PE. */
#define PV_CR0 0x80050033ul
/* vm_assist types that may be switched (pv-abi 2.1); m2p_strict is bit 32 and not kept. */
#define PV_VM_ASSIST_VALID 0x3fu

/* context.c: load a selector; on a fault the null selector, and false. */
bool pv_load_ds(uint16_t sel);
bool pv_load_es(uint16_t sel);
bool pv_load_fs(uint16_t sel);
bool pv_load_gs(uint16_t sel);

/* segment.c */
bool pv_ldt_args_ok(uint64_t base, uint64_t ents);
bool pv_ldt_fault_va(const struct vcpu *v, uint64_t *va);

/* pv_ops.c */
void pv_init_state(struct vcpu *v);
uint64_t pv_cr4_view(uint64_t wanted);		/* what a guest that wants this CR4 gets to see */
int pv_debugreg_check(unsigned int n, uint64_t val);
void pv_store_debugreg(struct vcpu *v, unsigned int n, uint64_t val);	/* checked value: record only */
int pv_write_debugreg(struct vcpu *v, unsigned int n, uint64_t val);	/* of current: checks, records, loads; 0 or errno */
void pv_set_ts(struct vcpu *v, bool ts);	/* of current */

/* msr.c: of current, kernel mode; false = #GP */
bool pv_read_msr(struct vcpu *v, uint32_t msr, uint64_t *val);
bool pv_write_msr(struct vcpu *v, uint32_t msr, uint64_t val);

/* ioport.c: IN, OUT, INS, OUTS */
bool pv_emulate_io(struct vcpu *v, struct cpu_user_regs *regs, const struct insn *in);
/* Virtual IOPL against virtual CPL. */
bool pv_iopl_ok(const struct vcpu *v);

/* privop.c: fetches and decodes at rip; false if it cannot be. */
bool pv_fetch_insn(const struct cpu_user_regs *regs, struct insn *in);
/* Base of the segment that an instruction's memory operand uses. */
uint64_t pv_segment_base(const struct insn *in);

/* ptwr.c: a kernel write that faulted on a read-only mapping */
bool pv_emulate_pt_write(struct vcpu *v, struct cpu_user_regs *regs, uint64_t cr2);

#endif
