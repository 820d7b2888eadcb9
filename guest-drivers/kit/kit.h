/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest kit: what a bare 64-bit PV kernel needs to run on Socle (or Xen) and no more.
 *
 * A kernel made with it is one ELF file: kit/entry.S has the ELF notes and the entry, kit/kit.lds the layout. It
 * defines kit_main(), which runs on the boot stack with events masked, one vCPU, and the boot page tables that the
 * domain builder made: everything from VIRT_BASE up to the end of the boot region is mapped linearly.
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

void kit_shutdown(unsigned int reason) __attribute__((noreturn));
void kit_map_shared_info(void);

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

/* ---- console.c: dom0's emergency console ---- */
void kit_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int kit_vsnprintf(char *buf, size_t size, const char *fmt, va_list ap);

/* ---- mem.c: linear boot region ---- */
uint64_t kit_va_to_mfn(const void *va);			/* an address inside the boot region */
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
 * A fault that KIT_TRY() expects: recorded here, and execution goes on behind the instruction.
 */
extern struct kit_fault { bool seen; uint64_t vector, error, cr2, rip; } kit_fault;
extern uint64_t kit_resume;

/* Executes one instruction (assembly text, then outputs, inputs) that may fault; the result is in kit_fault. */
#define KIT_TRY(insn, outputs, ...) do { \
	kit_fault.seen = false; \
	__asm__ volatile("lea 771f(%%rip), %%r11\n\tmov %%r11, kit_resume(%%rip)\n\t" insn "\n771:\tmovq $0, kit_resume(%%rip)" \
			 : outputs : __VA_ARGS__ : "r11", "memory", "cc"); \
} while (0)

static inline struct vcpu_info *kit_vcpu_info(void)
{
	return &kit_shared_info->vcpu_info[0];
}
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
void tap_done(void) __attribute__((noreturn));

void *memcpy(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
int strncmp(const char *a, const char *b, size_t n);

#endif
