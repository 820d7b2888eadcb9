/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hypercalls: number -> row -> handler. Handlers get raw register arguments and return the guest's rax. A handler
 * that wants to continue later returns hypercall_continue(nr, args...), which rewinds rip over the syscall
 * instruction and stores updated argument registers (inside a multicall: into that entry).
 */
#ifndef SOCLE_HYPERCALL_HYPERCALL_H
#define SOCLE_HYPERCALL_HYPERCALL_H
#include <stdint.h>
#include <abi/errno.h>
struct cpu_user_regs;
#define HYPERCALL_ROWS 65	/* the last one stays empty: entry.S takes every larger number to it */
long hypercall_continue(unsigned int nr, unsigned int nargs, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4);
/* Debug builds log domain, operation and reason, rate-limited; the value is err. */
#define refuse(err, ...) refuse_at(err, __func__, __VA_ARGS__)
long refuse_at(long err, const char *where, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* handlers, one per row; owners in brackets */
long do_set_trap_table(uint64_t table);					/* pv */
long do_mmu_update(uint64_t req, uint64_t count, uint64_t done, uint64_t fd);	/* mm */
long do_set_gdt(uint64_t frames, uint64_t entries);			/* pv */
long do_stack_switch(uint64_t ss, uint64_t sp);				/* pv */
long do_set_callbacks(uint64_t ev, uint64_t fs, uint64_t sc);		/* pv */
long do_fpu_taskswitch(uint64_t set);					/* pv */
long do_platform_op(uint64_t op);					/* platform */
long do_set_debugreg(uint64_t reg, uint64_t val);			/* pv */
long do_get_debugreg(uint64_t reg);					/* pv */
long do_update_descriptor(uint64_t maddr, uint64_t desc);		/* pv */
long do_memory_op(uint64_t cmd, uint64_t arg);				/* mm */
long do_multicall(uint64_t list, uint64_t count);			/* hypercall */
long do_update_va_mapping(uint64_t va, uint64_t pte, uint64_t flags);	/* mm */
long do_update_va_mapping_otherdomain(uint64_t va, uint64_t pte, uint64_t flags, uint64_t domid);	/* mm */
long do_xen_version(uint64_t cmd, uint64_t arg);			/* hypercall */
long do_console_io(uint64_t cmd, uint64_t count, uint64_t buf);		/* hypercall */
long do_vm_assist(uint64_t cmd, uint64_t type);				/* pv */
long do_iret(void);							/* pv */
long do_vcpu_op(uint64_t cmd, uint64_t vcpu, uint64_t arg);		/* domctl */
long do_set_segment_base(uint64_t which, uint64_t base);		/* pv */
long do_mmuext_op(uint64_t op, uint64_t count, uint64_t done, uint64_t fd);	/* mm */
long do_nmi_op(uint64_t cmd, uint64_t arg);				/* pv */
long do_callback_op(uint64_t cmd, uint64_t arg);			/* pv */
long do_physdev_op(uint64_t cmd, uint64_t arg);				/* platform */
long do_sysctl(uint64_t op);						/* domctl */
long do_socle_op(uint64_t cmd, uint64_t arg);				/* domctl */
long do_domctl(uint64_t op);						/* domctl */
long do_xenpmu_op(uint64_t cmd, uint64_t arg);				/* hypercall */
long do_mca(uint64_t op);						/* platform */
#endif
