/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ways in and the one way out.
 *
 * Every entry builds a struct cpu_user_regs. From ring 3 it lands exactly in cpu_info.guest_regs: rsp0 and
 * the SYSCALL trampoline start at .es, so the hardware frame, the error word and the pushes of SAVE_GPRS
 * fill it from .ss down to .r15. From ring 0 (an interrupt that ends the idle halt, a fault that the
 * exception table answers) the frame lies on the current stack and IRETQ goes back to it.
 *
 * #DB, NMI, #DF and #MC have stacks of their own (IST), because they can strike before SYSCALL's stack
 * switch. When they come from ring 3 their frame moves to guest_regs and they go the common way.
 *
 * Interrupts are off all the time in here. The es/ds/fs/gs slots are filled at context switch only: ring 0
 * in 64-bit mode runs on whatever the guest left in those registers.
 */
#include "mm/layout.h"
#include "asm-offsets.h"

#define FLAT_CS64	0xe033
#define FLAT_CS32	0xe023
#define VECTOR_SYSCALL	0x100	/* entry_vector of SYSCALL frames; above all real vectors */

	.text

/* The error word: error code in the low half (pushed by the CPU or zero), vector in the high half. */
.macro SAVE_GPRS
	push %rdi
	push %rsi
	push %rdx
	push %rcx
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

/* Interrupt gates leave RFLAGS.AC as the guest set it, which would switch SMAP off. */
.macro CLEAR_AC
	cmpb $0, smap_enabled(%rip)
	je .Lno_smap\@
	clac
.Lno_smap\@:
.endm

/* CALL wants rsp on 16 bytes; a struct cpu_user_regs without its data selectors leaves it 8 off. */
.macro CALL_C func
	sub $8, %rsp
	call \func
	add $8, %rsp
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
	/* falls through */

	.globl return_to_guest
	.type return_to_guest, @function
return_to_guest:
	CALL_C exit_to_guest
	RESTORE_GPRS
	add $8, %rsp
	.globl entry_iretq
entry_iretq:
	iretq

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

	.globl entry_syscall
	.type entry_syscall, @function
entry_syscall:
	push %r11
	push $FLAT_CS64
	jmp syscall_common

	.globl entry_syscall32
	.type entry_syscall32, @function
entry_syscall32:
	push %r11
	push $FLAT_CS32
	/* falls through */

	.type syscall_common, @function
syscall_common:
	push %rcx
	push $0
	movl $VECTOR_SYSCALL, 4(%rsp)
	SAVE_GPRS
	mov %rsp, %rdi
	xor %ebp, %ebp
	mov CPU_INFO_CURRENT - CPU_INFO_GUEST_REGS(%rsp), %rax
	cmpb $0, VCPU_KERNEL_MODE(%rax)
	je 1f
	CALL_C hypercall_dispatch
	jmp return_to_guest
1:	CALL_C trap_user_syscall
	jmp return_to_guest

	.globl entry_resume_guest
	.type entry_resume_guest, @function
entry_resume_guest:
	or $(CPU_STACK_SIZE - 1), %rsp
	sub $(CPU_INFO_SIZE - 1 - CPU_INFO_GUEST_REGS), %rsp
	xor %ebp, %ebp
	jmp return_to_guest

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
