/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * include/socle/op.h
 *
 * socle_op(63): what Socle tells its own tools and Xen has no call for. The number is the last one of the hypercall
 * table; Xen's grow from 0, and its last are the architecture's 48 to 55. Two arguments: the operation, and the
 * address of its structure. Only the control domain may call; an unknown operation is -ENOSYS. A structure never
 * changes its layout: what needs another one gets another operation.
 */
#ifndef SOCLE_SOCLE_OP_H
#define SOCLE_SOCLE_OP_H

#include <stdint.h>

#define __HYPERVISOR_socle_op 63

/* The hypervisor remembers how its last domains ended. In: seq. Out: the oldest end it still knows whose number is not
 * lower, so a reader that asks for "one more than the last" misses none, and a gap in the numbers shows what was
 * forgotten. -ENODATA: there is none. */
#define SOCLE_OP_last_words 1
#define SOCLE_LAST_WORDS_KEPT 128

/* By whom: kind. */
#define SOCLE_END_SHUTDOWN 0	/* the domain said so; reason is its SHUTDOWN_* */
#define SOCLE_END_CRASH    1	/* the hypervisor ended it; words say why */
#define SOCLE_END_DESTROY  2	/* the toolstack ended it while it ran, or before it did */

/* flags */
#define SOCLE_END_HAS_VCPU  (1u << 0)	/* it was the doing of this vCPU, whose registers are here */
#define SOCLE_END_IN_KERNEL (1u << 1)	/* the vCPU was in its kernel, not in user mode */
#define SOCLE_END_UNBORN    (1u << 2)	/* it never ran */

/* In the order in which people read them. */
struct socle_regs {
	uint64_t rip, rflags, rsp;
	uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp;
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t cr2;			/* the guest's: address of its last page fault */
	uint64_t cr3;			/* machine address of the page tables in use */
	uint16_t cs, ss, _pad0[2];
	uint32_t vector;		/* of the exception or interrupt that led here; 256: a hypercall */
	uint32_t error_code;
};

struct socle_last_words {
	uint64_t seq;			/* in/out; ends are numbered from 1 */
	uint64_t uptime_ns;		/* since the machine started */
	uint64_t wall_ns;		/* the same moment since 1970 */
	uint64_t cpu_ns;		/* processor time that the domain had used */
	uint8_t handle[16];		/* its UUID */
	uint32_t domid;
	uint32_t kind;			/* SOCLE_END_* */
	uint32_t reason;		/* SHUTDOWN_* of abi/sched.h */
	uint32_t flags;
	uint32_t vcpu;
	uint32_t cpu;			/* the machine's, on which it happened */
	struct socle_regs regs;
	char words[128];		/* terminated; empty unless kind is CRASH */
};

/* How long a vCPU was in each state. In: domid, vcpu. Out: the vCPU with that number, or the next higher one there is.
 * -ESRCH: there is none, or no such domain. */
#define SOCLE_OP_vcpu_times 2

#define SOCLE_VCPU_ONLINE (1u << 0)

struct socle_vcpu_times {
	uint32_t domid, vcpu;		/* in/out */
	uint32_t cpu;			/* where it runs, or ran last */
	uint32_t flags;			/* SOCLE_VCPU_* */
	uint32_t state;			/* RUNSTATE_* of abi/vcpu.h */
	uint32_t _pad0;
	uint64_t now_ns;		/* the machine's uptime when this was read */
	uint64_t time_ns[4];		/* by RUNSTATE_*, up to now */
};

#endif
