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

/* When a line of the hypervisor's log was written. In: at, the number of one of its bytes, as XEN_SYSCTL_readconsole counts
 * them. Out: written_ns. -ENODATA: it is not known, since the line is too old, or older than the machine's clock. */
#define SOCLE_OP_log_time 3

struct socle_log_time {
	uint32_t at;
	uint32_t _pad0;
	uint64_t written_ns;		/* uptime of the machine then */
	uint64_t now_ns;		/* and now */
};

/* Whose the machine's memory is: each page of RAM is counted once, at the moment at which it is looked at. In: next, the first
 * frame to look at, 0 to begin. Out: next, where to go on; rows of what was found up to there, in no order and with one kind
 * and domain in several rows. It is at the end when next is SOCLE_FRAMES_END, and then the sum of all rows of all calls is
 * total_pages: what is RAM by the firmware's map. */
#define SOCLE_OP_frames 4
#define SOCLE_FRAMES_END (~0ull)
#define SOCLE_FRAMES_ROWS 64

/* kind */
#define SOCLE_FRAMES_FREE      0
#define SOCLE_FRAMES_DOMAIN    1	/* owned by a domain */
#define SOCLE_FRAMES_TABLE     2	/* owned by a domain, in use as a page table */
#define SOCLE_FRAMES_SHARED    3	/* the hypervisor's, seen by a domain: start-of-day page, grant table */
#define SOCLE_FRAMES_HELD      4	/* the hypervisor's, kept for a domain: its structures, vCPUs, event channels, ... */
#define SOCLE_FRAMES_OBJECTS   5	/* the hypervisor's, small objects of all domains */
#define SOCLE_FRAMES_IMAGE     6	/* the hypervisor's text and data */
#define SOCLE_FRAMES_BOOT      7	/* loaded by the boot loader, not given back yet */
#define SOCLE_FRAMES_M2P       8	/* the table from machine frames to those of domains */
#define SOCLE_FRAMES_TABLES    9	/* the hypervisor's description of all frames */
#define SOCLE_FRAMES_OTHER    10	/* the hypervisor's: page tables, stacks, CPUs, logs */
#define SOCLE_FRAMES_FIRMWARE 11	/* the first MiB, and pieces of pages at the ends of RAM */
#define SOCLE_FRAMES_KINDS    12

#define SOCLE_FRAMES_NOBODY 0xffffffffu	/* domid of kinds that have none */

struct socle_frames {
	uint64_t next;			/* in/out */
	uint64_t total_pages;
	uint32_t nr_rows, _pad0;
	struct { uint32_t domid, kind; uint64_t frames; } row[SOCLE_FRAMES_ROWS];
};

/* How long a vCPU waited for a processor each time that it could run, in/out as for vcpu_times. Bucket i counts waits of less
 * than 2^(11+i) ns that fit no earlier one; the last takes all others. */
#define SOCLE_OP_wait_times 6
#define SOCLE_WAIT_BUCKETS 22

struct socle_wait_times {
	uint32_t domid, vcpu;
	uint64_t bucket[SOCLE_WAIT_BUCKETS];
};

/* The pages of a domain that it has given a place, pfn. In: domid, and next, the first machine frame to look at. Out: some of
 * them, and next; SOCLE_FRAMES_END: these were the last. -ESRCH: there is no such domain. */
#define SOCLE_OP_pages 7
#define SOCLE_PAGES_ROWS 60

struct socle_pages {
	uint64_t next;			/* in/out */
	uint32_t domid, nr_rows;
	struct { uint64_t mfn, pfn; } row[SOCLE_PAGES_ROWS];
};

/* Grants of a domain. In: domid. -ESRCH: there is none. */
#define SOCLE_OP_grants 5

struct socle_grants {
	uint32_t domid;
	uint32_t in_use;		/* entries of its table that others map or copy at this moment */
};

#endif
