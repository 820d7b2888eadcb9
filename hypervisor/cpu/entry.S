/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ways in and the one way out.
 *
 * Every entry into C finds a struct cpu_user_regs. From ring 3 it lands exactly in cpu_info.guest_regs: rsp0 and
 * the SYSCALL trampoline start at .es, so the hardware frame, the error word and the pushes of SAVE_GPRS
 * fill it from .ss down to .r15. From ring 0 (an interrupt that ends the idle halt, a fault that the
 * exception table answers) the frame lies on the current stack and IRETQ goes back to it.
 *
 * #DB, NMI, #DF and #MC have stacks of their own (IST), because they can strike before SYSCALL's stack
 * switch. When they come from ring 3 their frame moves to guest_regs and they go the common way.
 *
 * Three SYSCALLs are so frequent that their common case stays here: hypercalls as such, the iret hypercall, and system calls
 * of guest users. What they leave undone they have not begun: C starts from the state that SYSCALL left.
 *
 * Interrupts are off all the time in here. The es/ds/fs/gs slots are filled at context switch only: ring 0
 * in 64-bit mode runs on whatever the guest left in those registers.
 */
#include "asm-offsets.h"
#include "asm/guest_ptr.h"
#include "mm/layout.h"

#define FLAT_CS64	0xe033
#define FLAT_CS32	0xe023
#define FLAT_SS		0xe02b
#define SYSCALL_FRAME_SIZE 56		/* rcx, r11, rip, cs, rflags, rsp, ss */

/* From rsp at a frame's rip, where the SYSCALL paths stand. */
#define CPU_INFO_RIP	(CPU_INFO_GUEST_REGS + UREGS_RIP)
#define SCRATCH		(CPU_INFO_SCRATCH - CPU_INFO_RIP)

#define VECTOR_SYSCALL	0x100	/* entry_vector of SYSCALL frames; above all real vectors */

	.text

/* What stands in the slot of rcx is told where rcx itself is lost. */
.macro SAVE_GPRS rcx=%rcx
	push %rdi
	push %rsi
	push %rdx
	push \rcx
	push %rax
	push %r8
	push %r9
	push %r10
	push %r11
	push %rbx
	push %rbp
	push %r12
	push %r13
	push %r14
	push %r15
.endm

.macro RESTORE_GPRS
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %rbp
	pop %rbx
	pop %r11
	pop %r10
	pop %r9
	pop %r8
	pop %rax
	pop %rcx
	pop %rdx
	pop %rsi
	pop %rdi
.endm

/* A SYSCALL's frame, from rip down. rcx is lost by then: its slot gets what SYSCALL left in it. */
.macro SAVE_SYSCALL
	push $0
	movl $VECTOR_SYSCALL, 4(%rsp)
	SAVE_GPRS (UREGS_RIP-UREGS_RDX)(%rsp)
.endm

/* Interrupt gates leave RFLAGS.AC as the guest set it, which would switch SMAP off. */
.macro CLEAR_AC
	cmpb $0, smap_enabled(%rip)
	je .Lno_smap\@
	clac
.Lno_smap\@:
.endm

/* Guest memory is reachable between the two. */
.macro GUEST_ACCESS
	cmpb $0, smap_enabled(%rip)
	je .Lno_smap\@
	stac
.Lno_smap\@:
.endm
.macro END_GUEST_ACCESS
	CLEAR_AC
.endm

/* A fault at \from goes on at \to. */
.macro EX_ENTRY from, to
	.pushsection .ex_table, "a"
	.balign 8
	.quad \from, \to
	.popsection
.endm

/* As tlb_load_root(): the clock is noted before CR3 is written (mm/tlb.c). \reg is lost. From then until LOAD_ROOT no guest
 * address may be touched. */
.macro NOTE_TLB_CLOCK reg
	mov tlb_clock(%rip), \reg
	mov \reg, CPU_INFO_TLB_SEEN - CPU_INFO_RIP(%rsp)
.endm

/* \page: the root's struct page; lost. */
.macro LOAD_ROOT page
	sub frame_table(%rip), \page
	shl $(12 - 6), \page		/* 64 bytes a frame */
	mov \page, %cr3
.endm

	.pushsection .rodata
	.balign 8
frame_table:
	.quad FRAMETABLE_VIRT
	.popsection

/* CALL wants rsp on 16 bytes; a struct cpu_user_regs without its data selectors leaves it 8 off. */
.macro CALL_C func
	sub $8, %rsp
	call \func
	add $8, %rsp
.endm

/*
 * Anything to do before \to would run? \slow if so. One word for the CPU, then what waits for the vCPU: an exception,
 * a failsafe frame or an NMI, an event that is not masked. rsp is at guest_regs; \v and \info are lost.
 *
 * Something that another CPU makes pending after this look is followed by its interrupt, which strikes in ring 3.
 */
.macro JUMP_IF_PENDING v, info, slow
	cmpl $0, CPU_INFO_WORK - CPU_INFO_GUEST_REGS(%rsp)
	jne \slow
	mov CPU_INFO_CURRENT - CPU_INFO_GUEST_REGS(%rsp), \v
	cmpl $-1, VCPU_PENDING_TRAP(\v)
	jne \slow
	cmpw $0, VCPU_PENDING_FLAGS(\v)
	jne \slow
	mov VCPU_INFO(\v), \info
	cmpb $0, VCPU_INFO_UPCALL_PENDING(\info)
	je .Lnothing\@
	cmpb $0, VCPU_INFO_UPCALL_MASK(\info)
	je \slow
.Lnothing\@:
.endm

	.type trap_common, @function
trap_common:
	SAVE_GPRS
	cld
	CLEAR_AC
	mov %rsp, %rdi
	testb $3, UREGS_CS(%rsp)
	jz trap_from_hypervisor
	xor %ebp, %ebp
	CALL_C trap_handle
	JUMP_IF_PENDING %rax, %rcx, return_with_work
return_by_iret:
	RESTORE_GPRS
	add $8, %rsp
	.globl entry_iretq
entry_iretq:
	iretq

	.type return_with_work, @function
return_with_work:
	CALL_C exit_to_guest
	jmp return_by_iret

trap_from_hypervisor:
	CALL_C trap_handle
	RESTORE_GPRS
	add $8, %rsp
	iretq

	.type trap_ist, @function
trap_ist:
	testb $3, 16(%rsp)		/* error word, rip, cs */
	jz trap_common
	push %rax
	push %rcx
	mov %rsp, %rax
	or $(CPU_STACK_SIZE - 1), %rax
	sub $(CPU_INFO_SIZE - 1 - CPU_INFO_GUEST_REGS - UREGS_ERROR_CODE), %rax
	.irp slot, 0, 8, 16, 24, 32, 40	/* error word, rip, cs, rflags, rsp, ss */
	mov 16 + \slot(%rsp), %rcx
	mov %rcx, \slot(%rax)
	.endr
	pop %rcx
	xchg %rax, (%rsp)
	pop %rsp
	jmp trap_common

/*
 * A hypercall: number in rax, arguments in rdi, rsi, rdx, r10. Handlers take up to four arguments, and those that take
 * fewer do not look at the rest. A number beyond the table becomes that of the last row by data flow; rows without a
 * hypercall have a handler as well.
 */
.macro HYPERCALL_DISPATCH
	mov %r10, %rcx
	mov $(HYPERCALL_ROWS - 1), %r11d
	cmp %r11, %rax
	cmova %r11, %rax
	lea hypercall_table(%rip), %r11
	mov (%r11, %rax, 8), %r11
	xor %ebp, %ebp
	movq $0, CPU_INFO_ENTRY_TSC - CPU_INFO_GUEST_REGS(%rsp)
	CALL_C *%r11
	mov %rax, UREGS_RAX(%rsp)
.endm

	.globl entry_syscall
	.type entry_syscall, @function
entry_syscall:
	push %r11
	push $FLAT_CS64
	push %rcx
	mov CPU_INFO_CURRENT - CPU_INFO_RIP(%rsp), %rcx
	cmpb $0, VCPU_KERNEL_MODE(%rcx)
	je user_syscall
	/* falls through */

	.type hypercall, @function
hypercall:
	cmp $HYPERCALL_IRET, %rax
	je hypercall_iret
	SAVE_SYSCALL
	HYPERCALL_DISPATCH
	JUMP_IF_PENDING %rax, %rcx, return_with_work
	/* falls through */

/*
 * The guest kernel goes on behind its SYSCALL, so SYSRET can be the way back if rip is canonical: else Intel's CPUs raise
 * #GP before they leave ring 0, with the guest's rsp (SDM vol. 2, SYSRET). TF and RF need IRET.
 * From the load of rsp on only NMI and #MC can strike, and have stacks of their own.
 */
return_by_sysret:
	mov UREGS_RIP(%rsp), %rax
	sar $47, %rax
	add $1, %rax
	cmp $1, %rax
	ja return_by_iret
	testl $(RFLAGS_TF | RFLAGS_RF), UREGS_RFLAGS(%rsp)
	jnz return_by_iret
	RESTORE_GPRS
	mov UREGS_RIP - UREGS_ERROR_CODE(%rsp), %rcx
	mov UREGS_RFLAGS - UREGS_ERROR_CODE(%rsp), %r11
	mov UREGS_RSP - UREGS_ERROR_CODE(%rsp), %rsp
	sysretq

/*
 * The iret hypercall (pv-abi 3.5), unless something is unusual: then C does it all over. rcx is current; rcx, r11 and rax are
 * free, since the frame replaces them. Everything in the frame is read before rsp changes its meaning, that is before
 * the user's tables are loaded; a fault in one of the reads finds the guest's rsp in the scratch word, and the SYSCALL's rip,
 * cs and rflags do not matter to C.
 */
	.type hypercall_iret, @function
hypercall_iret:
	cmpl $0, CPU_INFO_WORK - CPU_INFO_RIP(%rsp)
	jne iret_in_c
	cmpb $0, VCPU_NMI_PENDING(%rcx)
	jne iret_in_c
	mov VCPU_DOMAIN(%rcx), %rax
	testl $ASSIST_IOPL, DOMAIN_VM_ASSIST(%rax)
	jnz iret_in_c
	mov UREGS_RSP - UREGS_RIP(%rsp), %rax
	mov %rax, SCRATCH(%rsp)
	GUEST_PTR %rax, %r11
	GUEST_ACCESS
1:	testl $VGCF_IN_SYSCALL, IRET_FLAGS(%rax)
	jnz iret_in_c_unlock
2:	mov IRET_RFLAGS(%rax), %r11
	mov VCPU_INFO(%rcx), %rcx
	test $RFLAGS_IF, %r11d
	jz iret_events_off
	/* Events on; any that waited are C's. Who raises one after this look sends an interrupt, whatever the mask says. */
	movb $0, VCPU_INFO_UPCALL_MASK(%rcx)
	cmpb $0, VCPU_INFO_UPCALL_PENDING(%rcx)
	jne iret_in_c_unlock
iret_events_set:
	and $RFLAGS_GUEST, %r11d
	or $(RFLAGS_IF | RFLAGS_ONE), %r11d
	mov %r11, UREGS_RFLAGS - UREGS_RIP(%rsp)
3:	mov IRET_RIP(%rax), %r11
	mov %r11, (%rsp)
4:	movzwl IRET_SS(%rax), %r11d
	or $3, %r11d
	mov %r11, UREGS_SS - UREGS_RIP(%rsp)
5:	movzwl IRET_CS(%rax), %ecx
	mov %ecx, %r11d
	or $3, %r11d
	mov %r11, UREGS_CS - UREGS_RIP(%rsp)
	cmp %r11d, %ecx
	je iret_to_user
	mov CPU_INFO_CURRENT - CPU_INFO_RIP(%rsp), %rcx
	movb $0, VCPU_NMI_MASKED(%rcx)
6:	mov IRET_RSP(%rax), %r11
	mov %r11, UREGS_RSP - UREGS_RIP(%rsp)
7:	mov IRET_RCX(%rax), %rcx
8:	mov IRET_R11(%rax), %r11
9:	mov IRET_RAX(%rax), %rax
	END_GUEST_ACCESS
	jmp entry_iretq

iret_events_off:
	movb $1, VCPU_INFO_UPCALL_MASK(%rcx)
	jmp iret_events_set

iret_to_user:
	mov CPU_INFO_CURRENT - CPU_INFO_RIP(%rsp), %rcx
	cmpq $0, VCPU_ROOT_USER(%rcx)
	je iret_in_c_unlock
10:	mov IRET_RSP(%rax), %r11
	mov %r11, UREGS_RSP - UREGS_RIP(%rsp)
11:	mov IRET_RCX(%rax), %rcx
12:	mov IRET_R11(%rax), %r11
13:	mov IRET_RAX(%rax), %rax
	END_GUEST_ACCESS
	mov %rdi, SCRATCH(%rsp)
	NOTE_TLB_CLOCK %rdi
	mov CPU_INFO_CURRENT - CPU_INFO_RIP(%rsp), %rdi
	movb $0, VCPU_NMI_MASKED(%rdi)
	movb $0, VCPU_KERNEL_MODE(%rdi)
	mov VCPU_ROOT_USER(%rdi), %rdi
	LOAD_ROOT %rdi
	swapgs
	mov SCRATCH(%rsp), %rdi
	jmp entry_iretq

	.irp read, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13
	EX_ENTRY \read\()b, iret_read_fault
	.endr

iret_read_fault:
	mov SCRATCH(%rsp), %rax
	mov %rax, UREGS_RSP - UREGS_RIP(%rsp)
iret_in_c_unlock:
	END_GUEST_ACCESS
iret_in_c:
	mov UREGS_RFLAGS - UREGS_RIP(%rsp), %r11
	mov $HYPERCALL_IRET, %eax
	SAVE_SYSCALL
	xor %ebp, %ebp
	CALL_C do_iret
	mov %rax, UREGS_RAX(%rsp)
	jmp return_with_work

/*
 * SYSCALL in guest user mode: to the kernel's callback, with the frame that C would build (pv/inject.c, pv-abi 3.2). rcx is
 * current and free, as is r11; all other registers are passed on as they are. C does what is unusual: no or an odd
 * callback, a callback that leaves events on, events off in user mode, work to be done, a virtual IOPL in the frame.
 */
	.type user_syscall, @function
user_syscall:
	cmpl $0, CPU_INFO_WORK - CPU_INFO_RIP(%rsp)
	jne user_syscall_in_c
	cmpb $0, VCPU_SYSCALL_MASKS(%rcx)
	je user_syscall_in_c
	mov VCPU_DOMAIN(%rcx), %r11
	testl $ASSIST_IOPL, DOMAIN_VM_ASSIST(%r11)
	jnz user_syscall_in_c
	mov VCPU_INFO(%rcx), %r11
	cmpb $0, VCPU_INFO_UPCALL_MASK(%r11)
	jne user_syscall_in_c
	/* Upper half: canonical, so SYSRET may take it, and not null. */
	mov VCPU_SYSCALL_CALLBACK(%rcx), %r11
	sar $47, %r11
	cmp $-1, %r11
	jne user_syscall_in_c
	mov %rax, SCRATCH(%rsp)
	movb $1, VCPU_KERNEL_MODE(%rcx)
	NOTE_TLB_CLOCK %r11
	mov VCPU_ROOT_KERNEL(%rcx), %rax
	LOAD_ROOT %rax
	swapgs
	mov VCPU_KERNEL_SP(%rcx), %rax
	and $-16, %rax
	sub $SYSCALL_FRAME_SIZE, %rax
	GUEST_PTR %rax, %r11
	GUEST_ACCESS
	mov (%rsp), %r11
1:	mov %r11, 0(%rax)		/* rcx, as SYSCALL leaves it */
2:	mov %r11, 16(%rax)		/* rip */
3:	movq $FLAT_CS64, 24(%rax)	/* cs, and above it an upcall mask of 0 */
	mov UREGS_RSP - UREGS_RIP(%rsp), %r11
4:	mov %r11, 40(%rax)		/* rsp */
5:	movq $FLAT_SS, 48(%rax)		/* ss */
	mov UREGS_RFLAGS - UREGS_RIP(%rsp), %r11
6:	mov %r11, 8(%rax)		/* r11, as SYSCALL leaves it */
7:	mov %r11, 32(%rax)		/* rflags: IF is on, as events are */
	END_GUEST_ACCESS
	mov VCPU_INFO(%rcx), %r11
	movb $1, VCPU_INFO_UPCALL_MASK(%r11)
	mov UREGS_RFLAGS - UREGS_RIP(%rsp), %r11
	and $~(RFLAGS_CLEARED | RFLAGS_DF), %r11d
	mov VCPU_SYSCALL_CALLBACK(%rcx), %rcx
	mov %rax, UREGS_RSP - UREGS_RIP(%rsp)
	mov SCRATCH(%rsp), %rax
	mov UREGS_RSP - UREGS_RIP(%rsp), %rsp
	sysretq

	.irp write, 1, 2, 3, 4, 5, 6, 7
	EX_ENTRY \write\()b, user_frame_fault
	.endr

/* Back to user mode, for C to find what it expects; it loads the root itself, and meets the fault again. */
user_frame_fault:
	END_GUEST_ACCESS
	movb $0, VCPU_KERNEL_MODE(%rcx)
	swapgs
	mov SCRATCH(%rsp), %rax
user_syscall_in_c:
	mov UREGS_RFLAGS - UREGS_RIP(%rsp), %r11
	SAVE_SYSCALL
	mov %rsp, %rdi
	xor %ebp, %ebp
	CALL_C trap_user_syscall
	jmp return_with_work

	.globl entry_syscall32
	.type entry_syscall32, @function
entry_syscall32:
	push %r11
	push $FLAT_CS32
	push %rcx
	mov CPU_INFO_CURRENT - CPU_INFO_RIP(%rsp), %rcx
	cmpb $0, VCPU_KERNEL_MODE(%rcx)
	je user_syscall_in_c
	SAVE_SYSCALL
	HYPERCALL_DISPATCH
	jmp return_with_work

	.globl entry_resume_guest
	.type entry_resume_guest, @function
entry_resume_guest:
	or $(CPU_STACK_SIZE - 1), %rsp
	sub $(CPU_INFO_SIZE - 1 - CPU_INFO_GUEST_REGS), %rsp
	xor %ebp, %ebp
	jmp return_with_work

/* Stubs. The CPU pushes an error code itself for 8, 10-14, 17, 21, 29, 30 (SDM vol. 3, 6.3; APM vol. 2, 8.2). */
.macro TRAP_STUB vec
	.balign 16
.Lstub_\vec:
	.if \vec == 8 || (\vec >= 10 && \vec <= 14) || \vec == 17 || \vec == 21 || \vec == 29 || \vec == 30
	.else
	push $0
	.endif
	movl $\vec, 4(%rsp)
	.if \vec == 1 || \vec == 2 || \vec == 8 || \vec == 18
	jmp trap_ist
	.else
	jmp trap_common
	.endif
	.pushsection .rodata.trap_stubs, "a"
	.quad .Lstub_\vec
	.popsection
.endm

	.pushsection .rodata.trap_stubs, "a"
	.balign 8
	.globl trap_stubs
trap_stubs:
	.popsection

	.altmacro
	.set vec, 0
	.rept 256
	TRAP_STUB %vec
	.set vec, vec + 1
	.endr
	.noaltmacro

	.section .note.GNU-stack, "", @progbits
