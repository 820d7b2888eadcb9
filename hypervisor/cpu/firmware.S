/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one way into firmware: uint64_t firmware_call(uint64_t function, const uint64_t arg[5]), from our calling convention to that of UEFI
 * (2.10, 2.3.4.2): four arguments in rcx, rdx, r8 and r9, the fifth on the stack behind 32 bytes for the callee, rsp on 16. rdi and rsi are
 * the callee's to keep there and ours to lose; xmm registers are nobody's in the hypervisor. Flags are ours again afterwards: the
 * callee may leave interrupts on.
 *
 * Everything of ours lies in the upper half, so what faults in the lower half under this call is the firmware: trap.c goes on at
 * firmware_fault, which drops what the firmware had on the stack. Interrupts are off, and one CPU at a time is here.
 */
	.text
	.globl firmware_call, firmware_fault, firmware_stack, firmware_faulted
	.type firmware_call, @function
firmware_call:
	pushfq
	push %rbp
	push %rbx
	push %r12
	push %r13
	push %r14
	push %r15
	mov %rsp, firmware_stack(%rip)
	mov %rdi, %rax
	mov %rsi, %r10
	sub $40, %rsp
	and $-16, %rsp
	mov (%r10), %rcx
	mov 8(%r10), %rdx
	mov 16(%r10), %r8
	mov 24(%r10), %r9
	mov 32(%r10), %r10
	mov %r10, 32(%rsp)
	cld
	call *%rax
1:	mov firmware_stack(%rip), %rsp
	movq $0, firmware_stack(%rip)
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %rbx
	pop %rbp
	popfq
	ret

/* UEFI 2.10, appendix D: EFI_ABORTED. */
firmware_fault:
	movb $1, firmware_faulted(%rip)
	movabs $0x8000000000000015, %rax
	jmp 1b
	.size firmware_call, . - firmware_call

	.section .bss
	.balign 8
firmware_stack:			/* not 0: firmware runs */
	.quad 0
firmware_faulted:
	.byte 0

	.section .note.GNU-stack, "", @progbits
