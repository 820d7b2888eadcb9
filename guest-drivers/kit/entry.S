/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ELF notes that a domain builder reads (pv-abi 1.3), the entry point (state as in pv-abi 1.7), trap stubs.
 */
/* Types as in abi/elfnote.h, which is C. */
	.set XEN_ELFNOTE_GUEST_OS, 6
	.set XEN_ELFNOTE_GUEST_VERSION, 7
	.set XEN_ELFNOTE_XEN_VERSION, 5
	.set XEN_ELFNOTE_VIRT_BASE, 3
	.set XEN_ELFNOTE_PADDR_OFFSET, 4
	.set XEN_ELFNOTE_ENTRY, 1
	.set XEN_ELFNOTE_FEATURES, 10
	.set XEN_ELFNOTE_SUPPORTED_FEATURES, 17
	.set XEN_ELFNOTE_PAE_MODE, 9
	.set XEN_ELFNOTE_LOADER, 8

#include "kit/note.inc"

	note XEN_ELFNOTE_GUEST_OS, .asciz "socle-kit"
	note XEN_ELFNOTE_GUEST_VERSION, .asciz "1"
	note XEN_ELFNOTE_XEN_VERSION, .asciz "xen-3.0"
	note XEN_ELFNOTE_VIRT_BASE, .quad 0xffffffff80000000
	note XEN_ELFNOTE_PADDR_OFFSET, .quad 0
	note XEN_ELFNOTE_ENTRY, .quad kit_entry
	note XEN_ELFNOTE_FEATURES, .asciz "!writable_page_tables|pae_pgdir_above_4gb"
	note XEN_ELFNOTE_SUPPORTED_FEATURES, .quad 0x801
	note XEN_ELFNOTE_PAE_MODE, .asciz "yes"
	note XEN_ELFNOTE_LOADER, .asciz "generic"

	.text
	.globl kit_entry
kit_entry:
	/* Kept for tests: rsp, rflags, selectors exactly as the builder left them. */
	mov	%rsp, kit_entry_rsp(%rip)
	lea	kit_boot_stack_end(%rip), %rsp
	pushf
	pop	kit_entry_rflags(%rip)
	mov	%cs, kit_entry_sel+0(%rip)
	mov	%ss, kit_entry_sel+2(%rip)
	mov	%ds, kit_entry_sel+4(%rip)
	mov	%es, kit_entry_sel+6(%rip)
	cld
	mov	%rsi, %rdi
	xor	%ebp, %ebp
	call	kit_start
	ud2

/*
 * Trap entry. The hypervisor's frame (pv-abi 3.2): rcx, r11, [error], rip, cs, rflags, rsp, ss. Stubs without an error
 * code make room for one between r11 and rip, so that all frames look alike.
 */
	.macro stub_error vector
	.balign 16
	push	$\vector
	jmp	trap_common
	.endm

	.macro stub_plain vector
	.balign 16
	sub	$8, %rsp
	push	%rax
	mov	16(%rsp), %rax		/* rcx */
	mov	%rax, 8(%rsp)
	mov	24(%rsp), %rax		/* r11 */
	mov	%rax, 16(%rsp)
	movq	$0, 24(%rsp)		/* error code */
	pop	%rax
	push	$\vector
	jmp	trap_common
	.endm

	.globl kit_stubs
	.balign 16
kit_stubs:
	.set i, 0
	.rept 33
	.balign 64
	.if i == 8 || i == 10 || i == 11 || i == 12 || i == 13 || i == 14 || i == 17 || i == 21
	stub_error i
	.else
	stub_plain i
	.endif
	.set i, i + 1
	.endr

	.globl kit_int80_stub, kit_event_stub, kit_failsafe_stub, kit_syscall_stub
	.balign 16
kit_int80_stub:
	stub_plain 0x80
	.balign 16
kit_event_stub:
	stub_plain 0x100
	.balign 16
kit_syscall_stub:
	stub_plain 0x101
	.balign 16
kit_failsafe_stub:
	/* rcx r11 ds es fs gs rip ..: the selectors are kept aside, the rest moves up to where a fault has it. */
	push	%rax
	.irp	i, 0, 1, 2, 3
	mov	24 + 8 * \i(%rsp), %rax
	mov	%rax, kit_failsafe_sel + 8 * \i(%rip)
	.endr
	mov	8(%rsp), %rax
	mov	%rax, 32(%rsp)
	mov	16(%rsp), %rax
	mov	%rax, 40(%rsp)
	movq	$0, 48(%rsp)		/* error code */
	pop	%rax
	add	$24, %rsp
	push	$0x102
	jmp	trap_common

trap_common:
	push	%rdi
	push	%rsi
	push	%rdx
	push	%rax
	push	%r8
	push	%r9
	push	%r10
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, %rdi
	mov	%rsp, %rbp
	and	$-16, %rsp
	cld
	call	kit_trap
	mov	%rbp, %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rax
	pop	%rdx
	pop	%rsi
	pop	%rdi
	add	$8, %rsp		/* vector */
	pop	%rcx
	pop	%r11
	add	$8, %rsp		/* error code */
	/* iret hypercall's frame (pv-abi 3.5): rax r11 rcx flags rip cs rflags rsp ss; the last five stand already. */
	push	$0
	push	%rcx
	push	%r11
	push	%rax
	mov	$23, %eax
	syscall
	ud2

/* void kit_iret_to(frame of nine words as above): leaves for user or kernel mode, does not return. */
	.globl kit_iret_to
kit_iret_to:
	mov	%rdi, %rsp
	mov	$23, %eax
	syscall
	ud2

/* First instructions of a vCPU other than the first. */
	.globl kit_secondary_entry
kit_secondary_entry:
	cld
	xor	%ebp, %ebp
	call	kit_secondary
	ud2

	.bss
	.balign 4096
	.skip	16384
	.globl kit_boot_stack_end
kit_boot_stack_end:
	.globl kit_entry_rsp, kit_entry_rflags, kit_entry_sel
kit_entry_rsp:		.skip 8
kit_entry_rflags:	.skip 8
kit_entry_sel:		.skip 8
	.globl kit_failsafe_sel
	.balign 8
kit_failsafe_sel:	.skip 32

	.section .note.GNU-stack, "", @progbits
