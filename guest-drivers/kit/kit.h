/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest kit: what a bare 64-bit PV kernel needs to run on Socle (or Xen) and no more.
 *
 * A kernel made with it is one ELF file: kit/entry.S has the ELF notes and the entry, kit/kit.lds the layout. It
 * defines kit_main(), which runs on the boot stack with events masked, on the first vCPU, and the boot page tables that
 * the domain builder made: everything from VIRT_BASE up to the end of the boot region is mapped linearly. It may be
 * started as dom0 or as another guest.
 *
 * Nothing here allocates: pages come from arrays in .bss.
 */
#ifndef SOCLE_KIT_KIT_H
#define SOCLE_KIT_KIT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <abi/arch-x86_64.h>
#include <abi/errno.h>
#include <abi/xen.h>
#include "kit/string.h"

#define KIT_VIRT_BASE	0xffffffff80000000UL
#define PAGE_SIZE	4096UL
#define PAGE_ALIGNED	__attribute__((aligned(4096)))

/* Page-table entry bits (SDM vol. 3, 4.5); GUEST_KERNEL marks a kernel page after the hypervisor's fix-up (pv-abi 4.2). */
#define PTE_P		(1UL << 0)
#define PTE_RW		(1UL << 1)
#define PTE_US		(1UL << 2)
#define PTE_PWT		(1UL << 3)
#define PTE_PCD		(1UL << 4)
#define PTE_A		(1UL << 5)
#define PTE_D		(1UL << 6)
#define PTE_PSE		(1UL << 7)
#define PTE_G		(1UL << 8)
#define PTE_NX		(1UL << 63)
#define PTE_FRAME(e)	((e) >> 12 & ((1UL << 40) - 1))

void kit_main(struct start_info *si);

/* ---- start.c ---- */
extern struct start_info *kit_start_info;
extern struct shared_info *kit_shared_info;	/* mapped by kit_map_shared_info() */
extern uint64_t kit_entry_rsp, kit_entry_rflags;	/* as the domain builder left them */
extern uint16_t kit_entry_sel[4];			/* cs ss ds es */
extern char kit_image_start[], kit_image_end[];

static inline bool kit_privileged(void)
{
	return kit_start_info->flags & SIF_PRIVILEGED;
}
void kit_shutdown(unsigned int reason) __attribute__((noreturn));
void kit_map_shared_info(void);
void kit_unmap_shared_info(void);

/* ---- hypercalls ---- */
static inline long hypercall5(unsigned long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
	register uint64_t r10 __asm__("r10") = d;
	register uint64_t r8 __asm__("r8") = e;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret), "+D"(a), "+S"(b), "+d"(c), "+r"(r10), "+r"(r8)
			 : "0"(nr)
			 : "rcx", "r11", "memory");
	return ret;
}
#define hypercall4(nr, a, b, c, d)	hypercall5(nr, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d), 0)
#define hypercall3(nr, a, b, c)		hypercall5(nr, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), 0, 0)
#define hypercall2(nr, a, b)		hypercall5(nr, (uint64_t)(a), (uint64_t)(b), 0, 0, 0)
#define hypercall1(nr, a)		hypercall5(nr, (uint64_t)(a), 0, 0, 0, 0)

/* ---- console.c: dom0's emergency console, or a guest's console ring ---- */
void kit_bail(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
void kit_console_drain(void);	/* waits until somebody has read a guest's console */
void kit_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* ---- mem.c: where the guest's pages are; memory.h maps those behind the boot region ---- */
#define KIT_LOW_PAGES	0x3fe00UL			/* one GiB less 2 MiB */
#define KIT_HIGH_BASE	0xffff888000000000UL
static inline void *kit_pfn_to_va(uint64_t pfn)
{
	return (void *)((pfn < KIT_LOW_PAGES ? KIT_VIRT_BASE : KIT_HIGH_BASE) + pfn * PAGE_SIZE);
}
static inline uint64_t kit_va_to_pfn(const void *va)
{
	return ((uint64_t)va - ((uint64_t)va >= KIT_VIRT_BASE ? KIT_VIRT_BASE : KIT_HIGH_BASE)) / PAGE_SIZE;
}
uint64_t kit_va_to_mfn(const void *va);
uint64_t kit_va_to_maddr(const void *va);
void *kit_mfn_to_va(uint64_t mfn);			/* NULL if it is none of ours */
uint64_t *kit_walk(const void *va, unsigned int level);	/* entry of the level's table (1 = L1) in the current root */
uint64_t kit_pte_maddr(const void *va);			/* machine address of va's L1 entry, for mmu_update */
int kit_set_pte(void *va, uint64_t pte);		/* update_va_mapping + INVLPG */
int kit_make_readonly(void *va);
int kit_make_writable(void *va);
long kit_mmu_update(uint64_t ptr, uint64_t val);	/* one NORMAL update */
long kit_mmuext(unsigned int cmd, uint64_t arg1);	/* one operation on SELF */

/* ---- trap.c ---- */
/* Register picture that a handler sees and may change (rip, for instance, to skip an instruction). */
struct kit_frame {
	uint64_t r15, r14, r13, r12, rbp, rbx, r10, r9, r8, rax, rdx, rsi, rdi;
	uint64_t vector;
	uint64_t rcx, r11;
	uint64_t error, rip, cs, rflags, rsp, ss;
};
typedef void (*kit_trap_fn)(struct kit_frame *f);
void kit_traps_init(void);
void kit_trap_handler(unsigned int vector, kit_trap_fn fn);
void kit_event_handler(kit_trap_fn fn);
/*
 * Instructions that may fault (assembly text, then outputs, inputs; not r11): the first fault is recorded in *fault, and
 * execution goes on behind them. Any vCPU may do it, with a record of its own.
 */
struct kit_fault { bool seen; uint64_t vector, error, cr2, rip; };
#define KIT_CATCH_TEXT(insn) \
	"mov %[kit_record], %%r11\n770:\n\t" insn "\n771:\n\t" \
	".pushsection .kit_catch, \"a\"\n\t.quad 770b, 771b\n\t.popsection"
#define KIT_CATCH(fault, insn, outputs, ...) do { \
	(fault)->seen = false; \
	__asm__ volatile(KIT_CATCH_TEXT(insn) : outputs : __VA_ARGS__, [kit_record] "r"(fault) : "r11", "memory", "cc"); \
} while (0)

/* The same for the first vCPU, which has one record for all. */
extern struct kit_fault kit_fault;
#define KIT_TRY(insn, outputs, ...) do { \
	struct kit_fault *record_ = &kit_fault; \
	record_->seen = false; \
	__asm__ volatile(KIT_CATCH_TEXT(insn) : outputs : __VA_ARGS__, [kit_record] "r"(record_) : "r11", "memory", "cc"); \
} while (0)

/* For code that nobody knows the addresses of: the next fault outside of KIT_CATCH() goes on here, and is recorded in
 * kit_fault. One vCPU at a time. */
extern uint64_t kit_resume;

/* ds es fs gs as the last failsafe callback's frame had them. The callback is vector KIT_FAILSAFE; its frame has no
 * error code. Unless it has a handler it is a fault like others: a return that KIT_TRY() expects to fail. */
#define KIT_EVENT	0x100
#define KIT_SYSCALL	0x101
#define KIT_FAILSAFE	0x102
extern uint64_t kit_failsafe_sel[4];
extern char kit_stubs[];		/* the stub of vector n is at n * 64 */

/* ---- smp.c: the other vCPUs ---- */
/*
 * A vCPU other than the first has a stack, a GDT page and a vcpu_info of its own, the boot vCPU's page tables and the same
 * handlers. It sleeps until it is given a function. Whose code is running is told from the stack, so what runs on a
 * stack of the test's own counts as the first vCPU's.
 */
#define KIT_MAX_VCPUS	4
unsigned int kit_smp_init(unsigned int wanted);	/* brings them up; how many there are then, the first included */
bool kit_smp_used(void);			/* others than the first have been brought up */
unsigned int kit_vcpu_id(void);
void kit_vcpu_run(unsigned int id, void (*fn)(void *arg), void *arg);	/* returns at once */
void kit_vcpu_wait(unsigned int id);		/* until that function has returned */
struct vcpu_info *kit_vcpu_info_of(unsigned int id);
static inline struct vcpu_info *kit_vcpu_info(void)
{
	return kit_vcpu_info_of(kit_vcpu_id());
}
void kit_relax(void);				/* lets other vCPUs run */
/* All n vCPUs have to arrive before any goes on; reusable. */
struct kit_barrier { uint32_t arrived, round; };
void kit_barrier(struct kit_barrier *b, uint32_t n);
uint64_t kit_time(void);			/* system time in ns, of this vCPU's clock */
/* Waits for a condition; what never comes ends the kernel with a report. */
#define KIT_WAIT(cond, what) do { \
	uint64_t limit_ = kit_time() + 20000000000UL; \
	while (!(cond)) { \
		if (kit_time() > limit_) \
			kit_bail("%s never came (%s:%d)", what, __FILE__, __LINE__); \
		kit_relax(); \
	} \
} while (0)

/* ---- start.c; ports and their handlers: events.h ---- */
long kit_evtchn(unsigned int cmd, void *arg);
int kit_ipi_bind(unsigned int vcpu);		/* a port, or a negative errno */
long kit_send(uint32_t port);

static inline void kit_events_disable(void)
{
	__atomic_store_n(&kit_vcpu_info()->evtchn_upcall_mask, 1, __ATOMIC_SEQ_CST);
}
void kit_iret_to(uint64_t *frame) __attribute__((noreturn));	/* nine words: rax r11 rcx flags rip cs rflags rsp ss */
void kit_events_enable(void);	/* and delivers what is pending */

/* ---- tap.c ---- */
void tap_check(bool good, const char *file, int line, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
#define CHECK(cond, ...) tap_check(cond, __FILE__, __LINE__, __VA_ARGS__)
#define CHECK_EQ(got, want, what) do { \
	long got_ = (long)(got), want_ = (long)(want); \
	tap_check(got_ == want_, __FILE__, __LINE__, "%s: %ld, expected %ld", what, got_, want_); \
} while (0)
void tap_plan(void);		/* the last line, for a guest that stays */
void tap_done(void) __attribute__((noreturn));

#endif
